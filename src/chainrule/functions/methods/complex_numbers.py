"""Complex attributes and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import complex_numbers

if TYPE_CHECKING:
    from ..._tensor import Tensor


class ComplexMethods(TensorBase):
    """Complex attributes and methods."""

    __slots__ = ()

    @property
    def real(self) -> Tensor:
        """The real part, a view; of a real tensor itself."""
        return complex_numbers.real(self)  # type: ignore[arg-type]

    @real.setter
    def real(self, value: Any) -> None:
        self.real.copy_(value)

    @property
    def imag(self) -> Tensor:
        """The imaginary part, a view; only complex tensors have one."""
        return complex_numbers.imag(self)  # type: ignore[arg-type]

    @imag.setter
    def imag(self, value: Any) -> None:
        self.imag.copy_(value)

    angle = complex_numbers.angle
    conj = complex_numbers.conj
    conj_physical = complex_numbers.conj_physical
    is_conj = complex_numbers.is_conj
    is_neg = complex_numbers.is_neg
    resolve_conj = complex_numbers.resolve_conj
    resolve_neg = complex_numbers.resolve_neg

    def conj_physical_(self) -> Tensor:
        """:func:`chainrule.conj_physical` in place."""
        return inplace(ops.conj_physical, self)
