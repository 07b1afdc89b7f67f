"""NumPy's ufuncs and their methods, recorded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import inf, nan
from typing import Any

import numpy as np

from ... import functions as F, ops
from ...core.value import TensorBase
from ...dtypes import as_dtype
from ...promotion import can_cast
from .. import matrices
from . import is_followed
from .operands import axes_of, chosen, mask, merged, operand, promoted, raw, refuse_array, tensor, write_into
from .reductions import cumprod, cumsum, max_, min_, prod, sum_, truth
from .refusals import FOLLOWED, INTEGERS_ONLY, refusal
from .registry import is_neutral

SAME = {
    name: getattr(F, theirs or name)
    for name, _, theirs in (
        entry.partition(":")
        for entry in """
    absolute:abs add arccos:acos arccosh:acosh arcsin:asin arcsinh:asinh arctan:atan arctan2:atan2 arctanh:atanh
    bitwise_and bitwise_or bitwise_xor ceil conjugate:conj copysign cos cosh deg2rad degrees:rad2deg divide:div equal:eq
    exp exp2 expm1 fabs:abs float_power floor floor_divide fmax fmin fmod greater:gt greater_equal:ge hypot
    invert:bitwise_not isfinite isinf isnan ldexp less:lt less_equal:le log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor maximum minimum multiply:mul negative:neg nextafter
    not_equal:ne positive power:pow rad2deg radians:deg2rad reciprocal remainder rint:round sign signbit sin sinh sqrt
    square subtract:sub tan tanh trunc
    """.split()
    )
}
"""NumPy's ufuncs and our functions."""

OPERATORS = {
    "add": operator.add, "bitwise_and": operator.and_, "bitwise_or": operator.or_, "bitwise_xor": operator.xor,
    "divide": operator.truediv, "equal": operator.eq, "greater": operator.gt,
    "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le, "multiply": operator.mul,
    "not_equal": operator.ne, "power": operator.pow, "remainder": operator.mod, "subtract": operator.sub,
}  # fmt: skip
"""Ufuncs that are operators: these take a number on the left, where PyTorch's functions want a tensor."""

TENSORS_ONLY = frozenset("arctan2 fmax fmin hypot ldexp logaddexp logaddexp2 maximum minimum nextafter".split())
"""Ufuncs whose counterparts take no numbers."""

STEPS = frozenset(
    """
    ceil equal floor floor_divide greater greater_equal isfinite isinf isnan less less_equal logical_and logical_not
    logical_or logical_xor not_equal rint sign signbit spacing trunc
    """.split()
)
"""Ufuncs whose derivative is zero wherever they have one."""

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": sum_, "logical_and": partial(truth, F.all), "logical_or": partial(truth, F.any), "maximum": max_, "minimum": min_,
    "multiply": prod,
}  # fmt: skip
"""Ufuncs and what their ``reduce`` is; of others it is made step by step."""

ACCUMULATIONS = {"add": cumsum, "multiply": cumprod}
"""Ufuncs and what their ``accumulate`` is; of others it is made step by step."""

REORDERABLE = frozenset("add fmax fmin hypot logaddexp logaddexp2 maximum minimum multiply".split())
"""Ufuncs that reduce several axes at once."""


# -- ufuncs that PyTorch lacks -------------------------------------------------------------------------------------------


def _floor_divide(x: Any, y: Any) -> Any:
    return F.div(*promoted(x, y), rounding_mode="floor")


def _divmod(x: Any, y: Any) -> tuple[Any, Any]:
    x, y = promoted(x, y)
    return _floor_divide(x, y), F.remainder(x, y)


def _modf(x: Any) -> tuple[Any, Any]:
    """Fraction and whole; an infinity has the fraction 0."""
    return F.where(F.isinf(x), F.copysign(F.zeros_like(x), x), F.fmod(x, 1)), F.trunc(x)


def _frexp(x: Any) -> tuple[Any, Any]:
    _, exponent = np.frexp(raw(x, "frexp"))
    half = -exponent // 2  # what scales the smallest numbers up would overflow at once
    one = np.ones((), x.dtype.numpy)
    mantissa = x * tensor(np.ldexp(one, half)) * tensor(np.ldexp(one, -exponent - half))
    return mantissa, tensor(np.asarray(exponent))


def _heaviside(x: Any, y: Any) -> Any:
    x, y = promoted(x, y)
    return F.where(x == 0, y, F.where(F.isnan(x), x, (x > 0).to(x.dtype)))


def _spacing(x: Any) -> Any:
    """The distance to the next number away from zero, with the sign of x."""
    size = F.abs(x)
    above = F.nextafter(size, F.full_like(size, inf)) - size
    below = size - F.nextafter(size, F.zeros_like(size))
    return F.copysign(F.where(F.isinf(x), nan, F.where(F.isinf(above), below, above)), x)


def _matmul(x: Any, y: Any) -> Any:
    return F.matmul(*promoted(x, y))


def _matvec(x: Any, y: Any) -> Any:
    return _matmul(x, tensor(y).unsqueeze(-1)).squeeze(-1)


def _vecmat(x: Any, y: Any) -> Any:
    return _matmul(F.conj(tensor(x)).unsqueeze(-2), y).squeeze(-2)


def _vecdot(x: Any, y: Any, axis: int = -1, keepdims: bool = False) -> Any:
    result = matrices.vecdot(*promoted(x, y), dim=axis)
    return result.unsqueeze(axis) if keepdims else result


MADE: dict[str, Callable[..., Any]] = {
    "cbrt": ops.cbrt, "divmod": _divmod, "floor_divide": _floor_divide, "frexp": _frexp, "heaviside": _heaviside,
    "matmul": _matmul, "matvec": _matvec, "modf": _modf, "spacing": _spacing, "vecdot": _vecdot, "vecmat": _vecmat,
}  # fmt: skip
"""Ufuncs made of several functions of ours."""

NAMES = frozenset({*SAME, *MADE} - INTEGERS_ONLY)
"""The ufuncs that are recorded."""

# -- calls ---------------------------------------------------------------------------------------------------------------


def recorded(ufunc: Any, method: str, inputs: tuple[Any, ...], targets: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """A call with a tensor that requires grad, or with numbers of NumPy's."""
    name = ufunc.__name__
    if method == "__call__" and name in NAMES and not (named or targets):
        return evaluate(name, [_operand(x) for x in inputs], named)
    if name not in NAMES and (name not in SAME or any(map(is_followed, inputs))):
        raise refusal(name, sorted(NAMES))
    for target in targets:
        if target is not None:
            refuse_array(target, name)
    if method == "at":
        return at(ufunc, *inputs)
    operands = [_operand(x) for x in inputs]
    asked = {key: value for key, value in named.items() if not is_neutral(key, value) or key == "axis"}
    if asked.get("dtype") is not None:
        dtype = as_dtype(asked.pop("dtype"))
        operands = [_cast(name, x, dtype) if isinstance(x, TensorBase) else x for x in operands]
    if method == "__call__":
        if "where" in asked:
            return _where(ufunc, operands, targets, asked)
        result = evaluate(name, operands, asked)
    elif ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature:
        raise ValueError(f"numpy.{name}.{method}: only ufuncs with two operands and one result have it")
    else:
        made_by, allowed = BY_METHOD[method]
        result = made_by(name, *operands, **_checked(f"{name}.{method}", asked, allowed))
    if not targets:
        return result
    made = result if isinstance(result, tuple) else (result,)
    written = tuple(
        value if out is None else write_into(out, value, name, stretch=method == "__call__")
        for value, out in zip(made, targets, strict=True)
    )
    return written if isinstance(result, tuple) else written[0]


def _operand(x: Any) -> Any:
    return tensor(x) if isinstance(x, (list, tuple)) else operand(x)


def _cast(name: str, x: Any, dtype: Any) -> Any:
    if not can_cast(x.dtype, dtype):
        raise TypeError(f"numpy.{name}: cannot cast an operand from {x.dtype} to {dtype} with casting rule 'same_kind'")
    return x.to(dtype)


def _checked(what: str, asked: dict[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    for key in asked:
        if key not in allowed:
            known = ", ".join(("out", "dtype", *allowed))
            raise TypeError(f"numpy.{what}: the argument '{key}' is not covered for {FOLLOWED}; covered are {known}")
    return asked


def evaluate(name: str, operands: list[Any], asked: dict[str, Any]) -> Any:
    if name in MADE:
        return MADE[name](*operands, **_checked(name, asked, ("axis", "keepdims") if name == "vecdot" else ()))
    _checked(name, asked, ("where",))
    if name in OPERATORS and not isinstance(operands[0], TensorBase):
        return OPERATORS[name](*operands)
    if name in TENSORS_ONLY or not isinstance(operands[0], TensorBase):
        operands = list(promoted(*operands))
    return SAME[name](*operands)


def _where(ufunc: Any, operands: Any, targets: tuple[Any, ...], asked: dict[str, Any]) -> Any:
    """The ufunc, written where the mask holds. In other places it is computed of 1, so that these have no derivative at all,
    not even NaN.
    """
    name, there = ufunc.__name__, mask(asked.pop("where"))
    if ufunc.signature or ufunc.nout != 1:
        raise TypeError(f"numpy.{name}: the argument 'where' is not covered for {FOLLOWED}")
    if not targets:
        raise TypeError(
            f"numpy.{name}: 'where' without 'out' leaves the other values undefined: give out=, or use numpy.where"
        )
    out: Any = targets[0]
    given = [F.where(there, x, F.ones((), dtype=x.dtype)) if isinstance(x, TensorBase) else x for x in operands]
    return write_into(out, F.where(there, evaluate(name, given, asked).to(out.dtype), out), name)


def at(ufunc: Any, a: Any, indices: Any, *values: Any) -> None:
    """``ufunc.at``: a write that adds up where places are named twice."""
    name = ufunc.__name__
    if name not in ("add", "subtract"):
        raise TypeError(
            f"numpy.{name}.at is not covered for tensors: numpy.add.at and numpy.subtract.at are. Where no place is named twice, "
            f"t[indices] = numpy.{name}(t[indices]) writes the same."
        )
    refuse_array(a, f"{name}.at")
    places = chosen(a.shape, indices, f"{name}.at")
    value = F.broadcast_to(tensor(values[0]).to(a.dtype), places.shape)
    a.put_(places, value if name == "add" else -value, accumulate=True)


# -- methods -------------------------------------------------------------------------------------------------------------


def reduce(name: str, a: Any, axis: Any = 0, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    if name in REDUCTIONS:
        return REDUCTIONS[name](a, axis, keepdims=keepdims, initial=initial, where=where)
    if name in STEPS:
        named: dict[str, Any] = {} if initial is None else {"initial": initial}
        named |= {"where": raw(where, f"{name}.reduce"), "keepdims": keepdims}
        return tensor(np.asarray(getattr(np, name).reduce(raw(a, f"{name}.reduce"), axis, **named)))
    axes = axes_of(axis, a.ndim)
    if len(axes) > 1 and name not in REORDERABLE:
        raise ValueError(f"reduction operation '{name}' is not reorderable, so at most one axis may be specified")
    start = initial
    if initial is None and (where is not True or not np.prod([a.shape[d] for d in axes])):
        start = getattr(np, name).identity
        if start is None:
            raise ValueError(
                f"reduction operation '{name}' has no identity, so that no elements, or a where mask, need an 'initial'"
            )
    flat, kept = merged(a, axis)
    there = None if where is True else merged(F.broadcast_to(mask(where), a.shape), axis)[0]
    result = None if start is None else F.full(tuple(flat.shape[:-1]), start, dtype=a.dtype)
    for k, x in enumerate(flat.unbind(-1)):
        step = x if result is None else evaluate(name, [result, x], {})
        result = step if there is None else F.where(there[..., k], step, result)
    return result.reshape(kept) if keepdims else result  # type: ignore[union-attr]


def accumulate(name: str, a: Any, axis: int = 0) -> Any:
    if name in ACCUMULATIONS:
        return ACCUMULATIONS[name](a, axis)
    if name in STEPS:
        return tensor(np.asarray(getattr(np, name).accumulate(raw(a, f"{name}.accumulate"), axis=axis)))
    running: list[Any] = []
    for x in a.unbind(axis):
        running.append(evaluate(name, [running[-1], x], {}) if running else x)
    return F.stack(running, axis) if running else a


def reduceat(name: str, a: Any, indices: Any, axis: int = 0) -> Any:
    """Of each place to the next; only the element there where that is not ahead."""
    (axis,) = axes_of(axis, a.ndim)
    places = [*raw(indices, f"{name}.reduceat").tolist(), a.shape[axis]]
    parts = [F.narrow(a, axis, i, max(j - i, 1)) for i, j in pairwise(places)]
    return F.stack([reduce(name, part, axis) for part in parts], axis)


def outer(name: str, x: Any, y: Any) -> Any:
    x, y = tensor(x), tensor(y)
    return evaluate(name, [x.reshape(*x.shape, *[1] * y.ndim), y], {})


BY_METHOD: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "reduce": (reduce, ("axis", "keepdims", "initial", "where")),
    "accumulate": (accumulate, ("axis",)),
    "reduceat": (reduceat, ("axis",)),
    "outer": (outer, ()),
}
"""Methods, and which arguments are covered beside ``out`` and ``dtype``."""
