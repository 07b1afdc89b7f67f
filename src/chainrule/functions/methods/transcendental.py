"""Methods for exponentials, logarithms, trigonometry, error and gamma functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ... import ops
from ...core import mutation
from ...core.dispatch import NUMBERS
from ...core.value import TensorBase
from .. import transcendental
from ..elementwise import plain

if TYPE_CHECKING:
    from ..._tensor import Tensor

inplace: Callable[..., Tensor] = mutation.inplace


class TranscendentalMethods(TensorBase):
    """Exponentials, logarithms, trigonometry, error and gamma functions."""

    __slots__ = ()

    acos = transcendental.acos
    acosh = transcendental.acosh
    arccos = transcendental.arccos
    arccosh = transcendental.arccosh
    arcsin = transcendental.arcsin
    arcsinh = transcendental.arcsinh
    arctan = transcendental.arctan
    arctan2 = transcendental.arctan2
    arctanh = transcendental.arctanh
    asin = transcendental.asin
    asinh = transcendental.asinh
    atan = transcendental.atan
    atan2 = transcendental.atan2
    atanh = transcendental.atanh
    cos = transcendental.cos
    cosh = transcendental.cosh
    deg2rad = transcendental.deg2rad
    digamma = transcendental.digamma
    erf = transcendental.erf
    erfc = transcendental.erfc
    erfinv = transcendental.erfinv
    exp = transcendental.exp
    exp2 = transcendental.exp2
    expm1 = transcendental.expm1
    hypot = transcendental.hypot
    lgamma = transcendental.lgamma
    log = transcendental.log
    log10 = transcendental.log10
    log1p = transcendental.log1p
    log2 = transcendental.log2
    logaddexp = transcendental.logaddexp
    logaddexp2 = transcendental.logaddexp2
    logit = transcendental.logit
    rad2deg = transcendental.rad2deg
    sigmoid = transcendental.sigmoid
    sin = transcendental.sin
    sinc = transcendental.sinc
    sinh = transcendental.sinh
    tan = transcendental.tan
    tanh = transcendental.tanh
    xlogy = transcendental.xlogy

    def polygamma(self, n: int) -> Tensor:
        """The ``n``-th derivative of :func:`chainrule.digamma`."""
        return transcendental.polygamma(n, self)  # type: ignore[arg-type]

    def polygamma_(self, n: int) -> Tensor:
        """:func:`chainrule.polygamma` in place."""
        return inplace(ops.digamma, self) if n == 0 else inplace(ops.polygamma, self, n=n)

    # -- in place ------------------------------------------------------------------------------------------------------

    def acos_(self) -> Tensor:
        """:func:`chainrule.acos` in place."""
        return inplace(ops.acos, self)

    arccos_ = acos_

    def acosh_(self) -> Tensor:
        """:func:`chainrule.acosh` in place."""
        return inplace(ops.acosh, self)

    arccosh_ = acosh_

    def asin_(self) -> Tensor:
        """:func:`chainrule.asin` in place."""
        return inplace(ops.asin, self)

    arcsin_ = asin_

    def asinh_(self) -> Tensor:
        """:func:`chainrule.asinh` in place."""
        return inplace(ops.asinh, self)

    arcsinh_ = asinh_

    def atan_(self) -> Tensor:
        """:func:`chainrule.atan` in place."""
        return inplace(ops.atan, self)

    arctan_ = atan_

    def atan2_(self, other: Any) -> Tensor:
        """:func:`chainrule.atan2` in place."""
        return inplace(ops.atan2, self, other)

    arctan2_ = atan2_

    def atanh_(self) -> Tensor:
        """:func:`chainrule.atanh` in place."""
        return inplace(ops.atanh, self)

    arctanh_ = atanh_

    def cos_(self) -> Tensor:
        """:func:`chainrule.cos` in place."""
        return inplace(ops.cos, self)

    def cosh_(self) -> Tensor:
        """:func:`chainrule.cosh` in place."""
        return inplace(ops.cosh, self)

    def deg2rad_(self) -> Tensor:
        """:func:`chainrule.deg2rad` in place."""
        return inplace(ops.deg2rad, self)

    def digamma_(self) -> Tensor:
        """:func:`chainrule.digamma` in place."""
        return inplace(ops.digamma, self)

    def erf_(self) -> Tensor:
        """:func:`chainrule.erf` in place."""
        return inplace(ops.erf, self)

    def erfc_(self) -> Tensor:
        """:func:`chainrule.erfc` in place."""
        return inplace(ops.erfc, self)

    def erfinv_(self) -> Tensor:
        """:func:`chainrule.erfinv` in place."""
        return inplace(ops.erfinv, self)

    def exp_(self) -> Tensor:
        """:func:`chainrule.exp` in place."""
        return inplace(ops.exp, self)

    def exp2_(self) -> Tensor:
        """:func:`chainrule.exp2` in place."""
        return inplace(ops.exp2, self)

    def expm1_(self) -> Tensor:
        """:func:`chainrule.expm1` in place."""
        return inplace(ops.expm1, self)

    def hypot_(self, other: Any) -> Tensor:
        """:func:`chainrule.hypot` in place."""
        return inplace(ops.hypot, self, other)

    def lgamma_(self) -> Tensor:
        """:func:`chainrule.lgamma` in place."""
        return inplace(ops.lgamma, self)

    def log_(self) -> Tensor:
        """:func:`chainrule.log` in place."""
        return inplace(ops.log, self)

    def log10_(self) -> Tensor:
        """:func:`chainrule.log10` in place."""
        return inplace(ops.log10, self)

    def log1p_(self) -> Tensor:
        """:func:`chainrule.log1p` in place."""
        return inplace(ops.log1p, self)

    def log2_(self) -> Tensor:
        """:func:`chainrule.log2` in place."""
        return inplace(ops.log2, self)

    def logit_(self, eps: float | None = None) -> Tensor:
        """:func:`chainrule.logit` in place."""
        return inplace(ops.logit, self, eps=eps)

    def rad2deg_(self) -> Tensor:
        """:func:`chainrule.rad2deg` in place."""
        return inplace(ops.rad2deg, self)

    def sigmoid_(self) -> Tensor:
        """:func:`chainrule.sigmoid` in place."""
        return inplace(ops.sigmoid, self)

    def sin_(self) -> Tensor:
        """:func:`chainrule.sin` in place."""
        return inplace(ops.sin, self)

    def sinc_(self) -> Tensor:
        """:func:`chainrule.sinc` in place."""
        return inplace(ops.sinc, self)

    def sinh_(self) -> Tensor:
        """:func:`chainrule.sinh` in place."""
        return inplace(ops.sinh, self)

    def tan_(self) -> Tensor:
        """:func:`chainrule.tan` in place."""
        return inplace(ops.tan, self)

    def tanh_(self) -> Tensor:
        """:func:`chainrule.tanh` in place."""
        return inplace(ops.tanh, self)

    def xlogy_(self, other: Any) -> Tensor:
        """:func:`chainrule.xlogy` in place."""
        if isinstance(other, NUMBERS):
            return inplace(ops.xlogy_number, self, other=plain(other))
        return inplace(ops.xlogy, self, other)
