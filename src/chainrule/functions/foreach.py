"""``torch._foreach_*``: an elementwise function on each tensor of a list, as optimizers call it."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from typing import Any

from ..core.value import TensorBase

UNARY = """
    abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round rsqrt
    sigmoid sign sin sinh sqrt tan tanh trunc
""".split()
BINARY = "add clamp_max clamp_min div maximum minimum mul pow sub".split()
TERNARY = "addcdiv addcmul lerp".split()

__all__ = [  # noqa: PLE0604 - a table of names
    *[f"_foreach_{name}{end}" for name in (*UNARY, *BINARY, *TERNARY) for end in ("", "_")],
    "_foreach_copy_",
    "_foreach_max",
    "_foreach_norm",
    "_foreach_zero_",
]


def _rows(name: str, tensors: Sequence[Any], operands: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The operands of each tensor: an element of a list, or what is given for all of them."""
    if not (isinstance(tensors, (list, tuple)) and all(isinstance(one, TensorBase) for one in tensors)):
        raise TypeError(
            f"{name}(): argument 'self' (position 1) must be a list or a tuple of tensors, got {reprlib.repr(tensors)}"
        )
    if not tensors:
        raise RuntimeError(f"{name}: Tensor list must have at least one tensor.")
    columns = []
    for operand in operands:
        if isinstance(operand, (list, tuple)):
            if len(operand) != len(tensors):
                of_tensors = any(isinstance(one, TensorBase) for one in operand)
                kind = "Tensor lists" if of_tensors else "Tensor list and scalar list"
                raise RuntimeError(
                    f"{name}: {kind} must have the same number of tensors, got {len(tensors)} and {len(operand)}"
                )
            columns.append(operand)
        else:
            columns.append([operand] * len(tensors))
    return list(zip(tensors, *columns, strict=True))


def _make(name: str, call: Callable[..., Any]) -> None:
    """``_foreach_name``, of new tensors, from the function of one."""

    def each(self: Sequence[Any], *operands: Any, **named: Any) -> tuple[Any, ...]:
        return tuple([call(*row, **named) for row in _rows(own, self, operands)])

    own = each.__name__ = each.__qualname__ = f"_foreach_{name}"
    globals()[own] = each


def _make_inplace(name: str, method: str) -> None:
    """``_foreach_name_``, which writes and returns the list, from the method of one."""

    def each(self: Sequence[Any], *operands: Any, **named: Any) -> Any:
        for tensor, *row in _rows(own, self, operands):
            getattr(tensor, method)(*row, **named)
        return self

    own = each.__name__ = each.__qualname__ = f"_foreach_{name}_"
    globals()[own] = each


def _with_bound(name: str, bound: str) -> None:
    """The clamps, and minima and maxima: of a number or of a tensor, by ``clamp``."""

    def of(tensor: Any, other: Any) -> Any:
        return tensor.clamp(**{bound: other})

    def write(self: Sequence[Any], other: Any) -> Any:
        for tensor, one in _rows(f"_foreach_{name}_", self, (other,)):
            tensor.clamp_(**{bound: one})
        return self

    _make(name, of)
    write.__name__ = write.__qualname__ = f"_foreach_{name}_"
    globals()[write.__name__] = write


def _make_addc(method: str) -> None:
    """``addcdiv`` and ``addcmul``, whose ``value`` may be a list of numbers, or a tensor of them."""

    def rows(own: str, self: Any, tensor1: Any, tensor2: Any, value: Any) -> list[tuple[Any, ...]]:
        return _rows(own, self, (tensor1, tensor2, value.tolist() if isinstance(value, TensorBase) else value))

    def each(self: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> tuple[Any, ...]:
        found = rows(each.__name__, self, tensor1, tensor2, value)
        return tuple([getattr(tensor, method)(one, two, value=scale) for tensor, one, two, scale in found])

    def write(self: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
        for tensor, one, two, scale in rows(write.__name__, self, tensor1, tensor2, value):
            getattr(tensor, f"{method}_")(one, two, value=scale)
        return self

    each.__name__ = each.__qualname__ = f"_foreach_{method}"
    write.__name__ = write.__qualname__ = f"_foreach_{method}_"
    globals().update({each.__name__: each, write.__name__: write})


for _name in UNARY:
    _make(_name, lambda tensor, _method=_name: getattr(tensor, _method)())
    _make_inplace(_name, f"{_name}_")
for _name in ("add", "sub", "mul", "div", "lerp"):
    _make(_name, lambda tensor, *row, _method=_name, **named: getattr(tensor, _method)(*row, **named))
    _make_inplace(_name, f"{_name}_")
for _name, _bound in (("clamp_max", "max"), ("clamp_min", "min"), ("maximum", "min"), ("minimum", "max")):
    _with_bound(_name, _bound)


def _foreach_pow(self: Any, exponent: Any) -> tuple[Any, ...]:
    if isinstance(self, (list, tuple)):
        return tuple([base**power for base, power in _rows("_foreach_pow", self, (exponent,))])
    return tuple([self**power for power in exponent])


_make_inplace("pow", "pow_")
for _name in ("addcdiv", "addcmul"):
    _make_addc(_name)


def _foreach_copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    for tensor, source in _rows("_foreach_copy_", self, (src,)):
        tensor.copy_(source, non_blocking)
    return self


def _foreach_zero_(self: Any) -> Any:
    for (tensor,) in _rows("_foreach_zero_", self, ()):
        tensor.zero_()
    return self


def _foreach_norm(self: Any, ord: Any = 2, dtype: Any = None) -> tuple[Any, ...]:
    from .spread import norm

    return tuple([norm(tensor, ord, dtype=dtype) for (tensor,) in _rows("_foreach_norm", self, ())])


def _foreach_max(self: Any) -> tuple[Any, ...]:
    return tuple([tensor.max() for (tensor,) in _rows("_foreach_max", self, ())])
