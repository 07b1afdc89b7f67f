"""Tensors from data."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, ops
from ..core import exits
from ..core.lifted import converted
from ..core.modes import get_modes
from ..core.node import AccumulateGrad
from ..core.value import TensorBase, allocate, new_tensor
from ..core.version import INFERENCE_CELL, ExposedCell
from ..core.views import values_of
from ..core.xla_level import placed
from ..device import CPU, device as Device, get_defaults, place_of
from ..dtypes import as_dtype, default, get_default_dtype
from ..errors import NotANumberError
from ..quiet import NOISE, quietly
from ..size import Size

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "as_tensor", "asarray", "from_numpy", "jagged", "layout", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr",
    "strided", "tensor",
]  # fmt: skip

Dtype = Any
FLOATS = {float}


class layout:  # noqa: N801 - PyTorch's name
    """How elements lie in memory.

    >>> import chainrule as torch
    >>> torch.ones(1).layout
    torch.strided
    """

    def __init__(self, name: str = "strided") -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided = layout()
jagged = layout("jagged")
sparse_coo, sparse_csr, sparse_csc = layout("sparse_coo"), layout("sparse_csr"), layout("sparse_csc")
sparse_bsr, sparse_bsc = layout("sparse_bsr"), layout("sparse_bsc")
LAYOUTS = {"coo": sparse_coo, "csr": sparse_csr, "csc": sparse_csc}
"""The layouts that sparse tensors may have here."""


def dense_only(layout: Any, function: str) -> None:
    """Raise where another layout is asked for than that of dense tensors."""
    if layout is not None and layout is not strided:
        raise NotImplementedError(
            f"{function}(): layout={layout}: the result has no zeros to leave out. Make it dense, and convert with .to_sparse(layout={layout})"
        )


def finish(array: Any, requires_grad: bool, where: Device = CPU) -> Tensor:
    """A new leaf around ``array``, on the device ``where``."""
    tensor = allocate()
    tensor._array = array if where is CPU else placed(array, where)
    tensor._node = tensor._cell = tensor._view = tensor._meta_slot = None
    mode = get_modes()
    if mode is not None and mode.inference:
        tensor._cell = INFERENCE_CELL
    if requires_grad is not False:
        if requires_grad is not True:
            raise TypeError(f"tensor(): argument 'requires_grad' must be bool, not {type(requires_grad).__name__}")
        if array.dtype.kind in "biu":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients: this one would be "
                f"{dtypes.FROM_NUMPY[array.dtype]}. Give floating point values, or dtype=torch.float32."
            )
        tensor._node = AccumulateGrad.of(tensor, 4)
    return tensor


# -- from data ----------------------------------------------------------------------------------------------------------


def tensor(
    data: Any, *, dtype: Dtype = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A tensor with a copy of ``data``.

    Args:
        data: a number, nested sequences of numbers, a NumPy array, or tensors (whose history is not kept).
        dtype: by default: of Python floats the default dtype, of ints ``int64``, of arrays and tensors their own.
        device: "cpu" or "xla"; by default the default device.
        requires_grad: whether gradients are to be computed for it.
        pin_memory: accepted, and of no effect.

    Raises:
        ValueError: sequences of unequal length; RuntimeError: no number, or a gradient asked for integers.

    >>> import chainrule as torch
    >>> torch.tensor([[1, 2.5], [3, 4]])
    tensor([[1.0000, 2.5000],
            [3.0000, 4.0000]])
    """
    if (
        dtype is None and device is None and type(data) is list and data and FLOATS.issuperset(map(type, data))
    ):  # the commonest
        try:
            array = np.array(data, default.dtype.numpy)
        except NOISE:  # the program has NumPy raise them
            array = quietly(np.array, data, default.dtype.numpy)
        return finish(array, requires_grad, get_defaults()[-1])
    where = data.device if device is None and isinstance(data, TensorBase) else place_of(device)
    wanted = None if dtype is None else as_dtype(dtype).numpy
    if isinstance(data, TensorBase):
        warn_of_copy("torch.tensor")
    array = values(data, wanted)
    if isinstance(array, np.ndarray) and not isinstance(data, (list, tuple)):
        array = array.copy()
    made = finish(placed(array, where), requires_grad, where)
    if isinstance(data, TensorBase):
        _note_copy(data, made)
    elif isinstance(data, (list, tuple)) and data and isinstance(data[0], TensorBase):
        for one in data:
            _note_copy(one, made)
    return made


def warn_of_copy(name: str) -> None:
    """Say that ``name`` got a tensor, of which there are better ways to make a copy."""
    import warnings

    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {name}(sourceTensor).",
        UserWarning,
        stacklevel=3,
    )


def _note_copy(source: Any, made: Tensor) -> None:
    """Note that the values of a tensor with history are in a tensor without."""
    if isinstance(source, TensorBase) and source._node is not None:
        exits.note("tensor()", source._node, made)


def values(data: Any, wanted: Any) -> Any:
    """``data`` as an array of the dtype ``wanted``, or of the one that PyTorch infers; of an array, it may share memory."""
    if isinstance(data, TensorBase):
        return data._array if wanted is None else converted(data._array, wanted)
    if isinstance(data, np.ndarray):
        check_numpy(data)
        data = np.asarray(data)  # no mask, no matrix
        return data if wanted is None else quietly(data.astype, wanted)
    kind = type(data)
    if kind is float or kind is int or kind is bool or kind is complex:
        return _from_numbers(data, kind, wanted)
    if kind is list and data:
        first = type(data[0])
        if (first is float or first is int) and all([type(x) is first for x in data]):  # noqa: C419 - faster
            return _from_numbers(data, first, wanted)
    return _nested(data, wanted)


def _from_numbers(data: Any, kind: type, wanted: Any) -> Any:
    if wanted is None:
        wanted = _inferred(kind)
    try:
        if kind is float and wanted.kind in "iu":
            return np.array(data, np.float64).astype(wanted)
        return np.array(data, wanted) if isinstance(data, (list, tuple)) else wanted.type(data)
    except OverflowError:
        return _wrapped(data, wanted)
    except NOISE:
        return quietly(_from_numbers, data, kind, wanted)


def _wrapped(data: Any, wanted: Any) -> Any:
    """Python ints outside the dtype: negative ones wrap into unsigned types, all others are refused."""
    try:
        wide = np.array(data, np.int64)
    except OverflowError:
        if wanted.kind in "fc":
            return np.array(data, object).astype(np.float64).astype(wanted)
        raise ValueError(
            f"Overflow when unpacking long long: a value in {_short(data)} does not fit in 64 bits"
        ) from None
    info = np.iinfo(wanted)
    if wide.max() > info.max or wide.min() < (-info.max if wanted.kind == "u" else info.min):
        raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow: {_short(data)}")
    return wide.astype(wanted)


def _short(data: Any) -> str:
    text = repr(data)
    return text if len(text) < 60 else text[:57] + "..."


def _inferred(kind: type) -> Any:
    if kind is float:
        return get_default_dtype().numpy
    if kind is int:
        return np.dtype(np.int64)
    if kind is complex:
        return get_default_dtype().to_complex().numpy
    return np.dtype(np.bool_)


def check_numpy(array: np.ndarray[Any, Any]) -> None:
    """Raise for a NumPy array that no tensor can hold."""
    dtypes.from_numpy_dtype(array.dtype)
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
            "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
        )


def _nested(data: Any, wanted: Any) -> Any:
    """Any other data: nested sequences of numbers, arrays and tensors."""
    if isinstance(data, np.generic):
        return data if wanted is None else data.astype(wanted)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if hasattr(data, "__array_interface__") or hasattr(data, "__array__"):
        return values(np.asarray(data), wanted)
    if hasattr(data, "__dlpack__"):
        return values(np.from_dlpack(data), wanted)
    if not is_sequence(data):
        if isinstance(data, (bool, int, float, complex)):
            return _from_numbers(data, next(t for t in (bool, int, float, complex) if isinstance(data, t)), wanted)
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    if isinstance(data, (list, tuple)) and _are_alike(data):
        if data[0].size:
            _warn_of_arrays()
        return values(np.stack(data), wanted)
    kinds = _plain_kinds(data)
    if kinds:
        try:
            return _from_numbers(data, next(k for k in (complex, float, int, bool) if k in kinds), wanted)
        except (ValueError, TypeError):
            pass  # ragged or not numbers: what follows says where
    shape = _shape(data)
    arrays = _arrays(data)
    if arrays and all(shape):
        _warn_of_arrays()
    leaves: list[Any] = []
    _flatten(data, shape, 0, leaves)
    if wanted is None:
        wanted = _common(leaves or arrays)
    out = np.empty(shape, wanted)
    flat = out.reshape(-1)
    for position, leaf in enumerate(leaves):
        flat[position] = _from_numbers(leaf, type(leaf), wanted) if type(leaf) is int else leaf
    return out


def _warn_of_arrays() -> None:
    from ..once import warn_once

    warn_once(
        "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a single "
        "numpy.ndarray with numpy.array() before converting to a tensor.",
        stacklevel=5,
    )


def _are_alike(data: Any) -> bool:
    """Whether these are arrays of numbers, of one shape and dtype, which NumPy stacks faster than element by element."""
    first = data[0] if data else None
    return (
        type(first) is np.ndarray
        and first.ndim > 0
        and first.dtype.kind in "biufc"
        and all(type(one) is np.ndarray and one.dtype == first.dtype and one.shape == first.shape for one in data)
    )


def _plain_kinds(data: Any) -> set[type] | None:
    """The types of the leaves of nested lists and tuples of Python numbers; None if anything else is in them."""
    level = [data]
    for _ in range(64):
        kinds = set(map(type, level))
        if kinds <= {bool, int, float, complex}:
            return kinds
        if not kinds <= {list, tuple}:
            return None
        level = list(chain.from_iterable(level))
    return None


def _arrays(data: Any) -> list[Any]:
    """The arrays in nested sequences."""
    if isinstance(data, np.ndarray):
        return [data]
    return [*chain.from_iterable(map(_arrays, data))] if isinstance(data, (list, tuple)) else []


def is_sequence(data: Any) -> bool:
    return hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, (str, bytes, dict, set))


def _length(data: Any) -> int | None:
    """The length of what counts as a level of nesting; None for a scalar."""
    if isinstance(data, TensorBase):
        if data._array.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars: a tensor of shape "
                f"{list(data._array.shape)} in a sequence. Join tensors with torch.stack or torch.cat."
            )
        return None
    if isinstance(data, np.ndarray):
        return len(data) if data.ndim else None
    return len(data) if is_sequence(data) else None


def _shape(data: Any) -> tuple[int, ...]:
    """The shape by the first element of each level."""
    shape: list[int] = []
    seen = set()
    while (length := _length(data)) is not None:
        if id(data) in seen:
            raise ValueError("too many dimensions: a sequence contains itself")
        seen.add(id(data))
        shape.append(length)
        if not length:
            break
        if isinstance(data, np.ndarray):
            return (*shape[:-1], *data.shape)
        if len(shape) > 64:
            raise ValueError("too many dimensions: sequences are nested more than 64 deep")
        data = data[0]
    return tuple(shape)


def _flatten(data: Any, shape: tuple[int, ...], depth: int, leaves: list[Any]) -> None:
    length = _length(data)
    if depth == len(shape):
        if length is not None:
            raise TypeError(
                f"'{type(data).__name__}' object cannot be interpreted as a number: the nesting is deeper here than in the first element"
            )
        if isinstance(data, TensorBase):
            data = values_of(data, "making a Tensor from another").reshape(())[()]
        if isinstance(data, str):
            raise NotANumberError(
                f"too many dimensions '{type(data).__name__}': new(): invalid data type '{type(data).__name__}'"
            )
        if not isinstance(data, (bool, int, float, complex, np.generic)):
            if not isinstance(data, np.ndarray):
                raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
            data = data[()]
        if isinstance(data, (str, bytes)):
            raise NotANumberError(f"too many dimensions 'str': {_short(data)} is no number")
        leaves.append(data)
        return
    if length is None:
        raise TypeError(
            f"not a sequence: a number ({type(data).__name__}) where the first element has {len(shape) - depth} more dimension(s)"
        )
    if length != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {length})")
    if isinstance(data, np.ndarray):
        if data.dtype.kind in "SU":
            raise NotANumberError(f"too many dimensions 'str': an array of texts, {_short(data)}")
        if data.shape != shape[depth:]:
            raise ValueError(
                f"expected sequence of shape {list(shape[depth:])} at dim {depth} (got {list(data.shape)})"
            )
        leaves.extend(data.reshape(-1))
        return
    for element in data:
        _flatten(element, shape, depth + 1, leaves)


def _common(leaves: list[Any]) -> Any:
    """The dtype that PyTorch infers: what NumPy made counts with its own, Python numbers with the default."""
    if not leaves:
        return get_default_dtype().numpy
    kinds = {leaf.dtype if isinstance(leaf, (np.generic, np.ndarray)) else _inferred(type(leaf)) for leaf in leaves}
    common = kinds.pop()
    for kind in kinds:
        common = dtypes_promote(common, kind)
    return common


def dtypes_promote(a: Any, b: Any) -> Any:
    from ..promotion import promote_types

    return promote_types(dtypes.FROM_NUMPY[a], dtypes.FROM_NUMPY[b]).numpy


def as_tensor(data: Any, dtype: Dtype = None, device: Any = None) -> Tensor:
    """``data`` as a tensor, sharing memory where it can: a tensor of that dtype is returned as it is.

    >>> import chainrule as torch
    >>> torch.as_tensor([1, 2])
    tensor([1, 2])
    """
    if isinstance(data, TensorBase):
        return data.to(device, dtype)
    where = place_of(device)
    wanted = None if dtype is None else as_dtype(dtype).numpy
    if isinstance(data, np.ndarray) and (wanted is None or wanted == data.dtype) and where is CPU:
        return from_numpy(data)
    return finish(np.array(values(data, wanted)), False, where)


def asarray(
    obj: Any, *, dtype: Dtype = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """``obj`` as a tensor; ``copy`` True: always with memory of its own, False: never.

    >>> import chainrule as torch
    >>> torch.asarray([1., 2.])
    tensor([1., 2.])
    """
    if copy:
        return tensor(values(obj, None), dtype=dtype, device=device, requires_grad=requires_grad)
    if hasattr(obj, "__dlpack__") and not isinstance(obj, (TensorBase, np.ndarray)):
        from .interop import from_dlpack

        obj = from_dlpack(obj)
    made = as_tensor(obj, dtype, device)
    if copy is False and not isinstance(obj, (TensorBase, np.ndarray)):
        raise ValueError("can't alias arbitrary sequence into a tensor: leave copy=False away")
    if isinstance(obj, TensorBase) and not requires_grad and made.requires_grad:
        made = made.detach()
    return made.requires_grad_() if requires_grad else made


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares the array's memory.

    Raises:
        TypeError: no array, or of a dtype that tensors do not have. ValueError: negative strides.

    >>> import chainrule as torch, numpy as np
    >>> a = np.zeros(2); t = torch.from_numpy(a); a[0] = 5; t
    tensor([5., 0.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    check_numpy(ndarray)
    shared = new_tensor(np.asarray(ndarray))
    shared._cell = ExposedCell()
    return shared


def legacy_tensor(args: tuple[Any, ...], dtype: Any, device: Any = None, **named: Any) -> Tensor:
    """``Tensor(2, 3)``, ``Tensor([1, 2])``, ``FloatTensor(...)``: sizes make uninitialised memory, a sequence values.

    The one argument may be named: ``size``, ``data`` or ``other``.
    """
    from .filling import empty

    if named:
        args = (_legacy_argument(args, named),)
    if device is not None and place_of(device) is not CPU:
        raise RuntimeError(
            f"legacy constructor expects device type: cpu but device type: {device} was passed. Use torch.tensor or torch.empty."
        )
    if len(args) == 1 and not isinstance(args[0], (int, np.integer)):
        (data,) = args
        if isinstance(data, Size):
            return empty(*data, dtype=dtype, device=CPU)
        if isinstance(data, TensorBase):
            return ops.alias(data)
        if isinstance(data, str):
            raise TypeError("new(): invalid data type 'str'")
        if not is_sequence(data) and not isinstance(data, np.ndarray):
            raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
        return finish(np.array(values(data, dtype.numpy)), False)
    return empty(*(args or (0,)), dtype=dtype, device=CPU)


def _legacy_argument(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The argument of a legacy constructor that was given by name, as it is given by position."""
    (name, value), *others = named.items()
    if args or others or name not in ("size", "data", "other"):
        raise TypeError(
            f"new() received an invalid combination of arguments - got {len(args)} by position and {', '.join(named)}: give sizes, a "
            "sequence or a tensor, or one of size=, data= and other="
        )
    wanted = {"size": is_sequence(value), "other": isinstance(value, TensorBase)}
    if not wanted.get(name, not isinstance(value, (int, np.integer))):
        raise TypeError(f"new() received an invalid combination of arguments - got ({name}={type(value).__name__}, )")
    return Size(value) if name == "size" else value
