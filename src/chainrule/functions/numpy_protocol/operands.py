"""What NumPy's callers pass, as tensors or as raw arrays; and tensors written to as NumPy writes to ``out``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ... import functions as F
from ...core.modes import met
from ...core.value import TensorBase, numbers_of
from ...core.views import values_of
from ...dtypes import int64
from ...promotion import can_cast
from . import is_lifted

Axis = Any
NUMBERS = (int, float, complex)
Operand = Any
"""A tensor, an array, a number, or nested sequences of these."""


def leaves(values: Any) -> Iterator[Any]:
    """What is in nested lists and tuples."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves(value)
        else:
            yield value


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """``function`` of all that is in nested lists, tuples and dicts."""
    if isinstance(value, dict):
        return {key: mapped(item, function) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(mapped(item, function) for item in value)
    return function(value)


def raw(x: Operand, name: str) -> np.ndarray[Any, Any]:
    """The values, where ``numpy.name`` cannot do without: for shapes that depend on them. Not for keeping.

    Raises:
        RuntimeError: there are none, since a transform runs.
    """
    return np.asarray(arrays(x, name))


def arrays(x: Any, name: str) -> Any:
    """Arrays of the values instead of tensors, where NumPy itself makes what it needs of the rest."""

    def array(value: Any) -> Any:
        if not isinstance(value, TensorBase):
            return value
        met(value)
        return values_of(value, f"calling numpy.{name}, whose result or its shape depends on values")

    return mapped(x, array)


def tensor(x: Operand) -> Any:
    """A tensor, of a sequence the stack of its elements; tensors in it keep their history."""
    if isinstance(x, TensorBase):
        return x
    if isinstance(x, (list, tuple)) and any(isinstance(value, TensorBase) for value in leaves(x)):
        return F.stack(promoted(*map(tensor, x)))
    array = np.asarray(x)
    return F.from_numpy(array if all(s >= 0 for s in array.strides) else array.copy())


def operand(x: Any) -> Any:
    """An argument of a recorded call: arrays become constants, NumPy's numbers Python's; all else stays."""
    kind = type(x)
    if kind is list or kind is tuple:
        return kind(map(operand, x))
    return tensor(x) if isinstance(x, np.ndarray) else x.item() if isinstance(x, np.generic) else x


def index(places: Operand) -> Any:
    """Places, as a tensor that indexes."""
    made = tensor(places)
    if made._array.dtype.kind not in "biu" and made._array.size:
        raise IndexError(f"arrays used as indices must be of integer (or boolean) type, not {made.dtype}")
    return made.to(int64)


def mask(condition: Operand) -> Any:
    """A condition, as a tensor of bool."""
    made = tensor(condition)
    return made if made._array.dtype.kind == "b" else made != 0


def in_range(places: Operand, size: int, mode: str, name: str) -> Any:
    """Places among ``size``, from 0 on, by the ``mode`` of NumPy's functions: "raise" (negative ones count from the end),
    "wrap" or "clip".
    """
    places = index(places)
    if mode == "wrap":
        return F.remainder(places, size)
    if mode == "clip":
        return F.clamp(places, 0, size - 1)
    numbers = numbers_of(places._array)
    if numbers.size and not -size <= numbers.min() <= numbers.max() < size:
        raise IndexError(
            f"numpy.{name}: an index is out of bounds for axis with size {size}: got {numbers.min()} to {numbers.max()}"
        )
    return F.where(places < 0, places + size, places)


def chosen(shape: tuple[int, ...], key: Any, name: str) -> Any:
    """The places, counted in C order, that an index of NumPy's chooses from an array of the shape."""
    numbers = np.arange(prod(shape)).reshape(shape)
    keys = key if isinstance(key, tuple) else (key,)
    if any(map(is_lifted, leaves(keys))):
        return tensor(numbers)[tuple([tensor(k) if isinstance(k, list) else k for k in keys])]
    return index(numbers[arrays(key, name)])


def promoted(*operands: Operand) -> tuple[Any, ...]:
    """All as tensors of the one dtype that holds them, as NumPy's products have it; Python's numbers adapt to the others."""
    made = [x if isinstance(x, NUMBERS) else tensor(x) for x in operands]
    tensors = [x for x in made if not isinstance(x, NUMBERS)]
    dtypes = {x.dtype for x in tensors}
    if len(tensors) == len(made) and len(dtypes) == 1:
        return tuple(made)
    # One element of each tells how the kinds of numbers, 0-d tensors and tensors promote each other.
    dtype = reduce(F.add, (F.zeros((1,) * min(x.ndim, 1), dtype=x.dtype) for x in tensors)).dtype
    for number in made:
        if isinstance(number, NUMBERS):
            dtype = F.result_type(F.zeros(1, dtype=dtype), number)
    return tuple(F.tensor(x, dtype=dtype) if isinstance(x, NUMBERS) else x.to(dtype) for x in made)


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Axes as NumPy reads them: None is all."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def merged(a: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """``a`` with the axes put together as its last one, and the shape that a result with ``keepdims`` has."""
    axes = axes_of(axis, a.ndim)
    kept = tuple(1 if d in axes else n for d, n in enumerate(a.shape))
    rest = [d for d in range(a.ndim) if d not in axes]
    size = prod([a.shape[d] for d in axes])
    return a.permute((*rest, *axes)).reshape(*(a.shape[d] for d in rest), size), kept


def take(a: Any, places: Any, axis: int | None = None) -> Any:
    """The elements at places of ``a``, flat; or along an axis, where the places' shape takes the axis' place."""
    if axis is None:
        return F.take(a, index(places))
    (at,) = normalize_axis_tuple(axis, a.ndim)
    return a[(slice(None),) * at + (index(places),)]


def write_into(out: Any, result: Any, name: str, stretch: bool = False) -> Any:
    """``out``, into which the result was written: a recorded write, as any other to a tensor."""
    refuse_array(out, name)
    wanted, given = tuple(result.shape), tuple(out.shape)
    fits = wanted == given or (stretch and _stretches(wanted, given))
    if not fits:
        raise ValueError(f"numpy.{name}: output parameter of shape {given} cannot take a result of shape {wanted}")
    if not can_cast(result.dtype, out.dtype):
        raise TypeError(
            f"numpy.{name}: cannot cast the output from {result.dtype} to {out.dtype} with casting rule 'same_kind'"
        )
    out.copy_(result)
    return out


def _stretches(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether a result broadcasts to the shape."""
    lack = len(target) - len(shape)
    return lack >= 0 and all(n in (1, m) for n, m in zip(shape, target[lack:], strict=True))


def refuse_array(out: Any, name: str) -> None:
    """Refuse to write to anything but a tensor."""
    if not isinstance(out, TensorBase):
        raise TypeError(
            f"numpy.{name} would write values that require grad into an array, which cannot keep their history: use the "
            "form that returns a tensor, make the array a tensor (numpy.zeros_like(tensor)), or detach() the operands."
        )
