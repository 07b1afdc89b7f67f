"""A call of a NumPy function on tensors: recorded, answered by NumPy, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.value import TensorBase
from . import (  # noqa: F401 - fill COVERED
    METHODS,
    as_result,
    calculus,
    choosing,
    decompositions,
    fourier,
    is_followed,
    is_lifted,
    joining,
    order,
    polynomials,
    products,
    reductions,
    renamed,
    shaping,
    writing,
)
from .operands import arrays, leaves, mapped, operand, refuse_array, write_into
from .refusals import FOLLOWED, refusal
from .registry import COVERED, OF_SHAPES, STEPS, WITHOUT_GRADIENT, is_neutral, parameters

WRITES = {"copyto": "dst", "fill_diagonal": "a", "place": "arr", "put": "a", "put_along_axis": "arr", "putmask": "a"}
"""Functions that write to their first argument, and its name."""


def answer(function: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The result of a call, as the module's ``array_function`` promises."""
    name = f"{function.__module__}.{function.__name__}".removeprefix("numpy.")
    recorded = any(map(is_followed, leaves((*args, *named.values()))))
    if name in WRITES:
        target = args[0] if args else named[WRITES[name]]
        if recorded:
            refuse_array(target, name)
        recorded = isinstance(target, TensorBase)
    is_method = name in METHODS and not isinstance(named.get("out"), np.ndarray)
    if name in COVERED and (recorded or (is_method and name not in STEPS)):
        return call(name, function, args, named)
    if recorded and name not in WITHOUT_GRADIENT | OF_SHAPES:
        raise refusal(name, [*COVERED, *WITHOUT_GRADIENT, *OF_SHAPES])
    out = named.pop("out", None) if is_method else None

    def given(x: Any) -> Any:
        return _handed_out(x, name)

    result = function(*mapped(args, given), **mapped(named, given))
    if is_method:
        result = as_result(result)
    return result if out is None else write_into(out, result, name)


def _handed_out(x: Any, name: str) -> Any:
    """An array instead of a tensor; NumPy may keep it, so that its memory counts as known outside."""
    if not isinstance(x, TensorBase):
        return x
    if name in OF_SHAPES and is_lifted(x):
        return np.broadcast_to(np.zeros((), x._array.dtype), x.shape)
    return arrays(x, name) if is_followed(x) else x.detach().numpy()


def call(name: str, function: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """A recorded call of a covered function."""
    entry = COVERED[name]
    if not entry.open:
        named = dict(zip(parameters(name, function), args, strict=False)) | named
        args = ()
    out = named.pop("out", None)
    given = {key: value for key, value in named.items() if value is not np._NoValue}
    unknown = [key for key in given if key not in entry.parameters and not is_neutral(key, given[key])]
    if unknown and not entry.free:
        raise TypeError(
            f"numpy.{name}: the argument '{unknown[0]}' is not covered for {FOLLOWED}; covered are "
            f"{', '.join(entry.parameters)}"
        )
    given = {key: value for key, value in given.items() if key in entry.parameters or entry.free}
    result = entry.function(*map(operand, args), **{key: operand(value) for key, value in given.items()})
    return result if out is None else write_into(out, result, name)
