"""Methods for special functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ... import ops
from ...core import mutation
from ...core.value import TensorBase
from .. import special

if TYPE_CHECKING:
    from ..._tensor import Tensor

inplace: Callable[..., Tensor] = mutation.inplace


class SpecialMethods(TensorBase):
    """Special functions."""

    __slots__ = ()

    i0 = special.i0
    igamma = special.igamma
    igammac = special.igammac
    mvlgamma = special.mvlgamma

    def i0_(self) -> Tensor:
        """:func:`chainrule.i0` in place."""
        return inplace(ops.i0, self)

    def igamma_(self, other: Any) -> Tensor:
        """:func:`chainrule.igamma` in place."""
        return inplace(ops.igamma, self, other)

    def igammac_(self, other: Any) -> Tensor:
        """:func:`chainrule.igammac` in place."""
        return inplace(ops.igammac, self, other)

    def mvlgamma_(self, p: int) -> Tensor:
        """:func:`chainrule.mvlgamma` in place."""
        return inplace(ops.mvlgamma, self, p=special.dimensions(p))
