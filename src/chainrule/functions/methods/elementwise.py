"""Operators and element-wise methods."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import elementwise


class ElementwiseMethods(TensorBase):
    """Operators and element-wise methods."""

    __slots__ = ()

    __add__ = ops.add
    __mul__ = ops.multiply
    __sub__ = ops.subtract

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __rmul__(self, other: Any) -> Any:
        return ops.multiply(other, self)

    def __imul__(self, other: Any) -> Any:
        return inplace(ops.multiply, self, other)

    mul = elementwise.mul
