"""Maps of numbers, element by element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ... import functions as f
from ...core.value import TensorBase
from ...dtypes import finfo
from .. import constraints
from .._arguments import softplus, sum_rightmost
from .base import Transform

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "AbsTransform", "AffineTransform", "CumulativeDistributionTransform", "ExpTransform", "PowerTransform", "SigmoidTransform",
    "SoftplusTransform", "TanhTransform",
]  # fmt: skip


class _OfNumbers(Transform):
    """A map of numbers without parameters that keeps their order."""

    domain = constraints.real
    bijective = True

    @property
    def sign(self) -> Any:
        return 1

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = object.__hash__


class ExpTransform(_OfNumbers):
    """y = exp(x).

    >>> import chainrule as torch
    >>> t = torch.distributions.ExpTransform()
    >>> x = torch.tensor([0., 1.])
    >>> t(x), t.inv(t(x))
    (tensor([1.0000, 2.7183]), tensor([0.0000, 1.0000]))
    >>> t.log_abs_det_jacobian(x, t(x))
    tensor([0., 1.])
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(Transform):
    """y = x ** exponent, of positive numbers.

    >>> import chainrule as torch
    >>> torch.distributions.PowerTransform(2.)(torch.tensor([1., 3.]))
    tensor([1., 9.])
    """

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent: Any = exponent if isinstance(exponent, TensorBase) else f.tensor(exponent)

    @property
    def sign(self) -> Any:
        return self.exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and bool(self.exponent.eq(other.exponent).all())

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()


def _clipped_sigmoid(x: Tensor) -> Tensor:
    info = finfo(x.dtype)
    return x.sigmoid().clamp(min=info.tiny, max=1 - info.eps)


class SigmoidTransform(_OfNumbers):
    """y = 1 / (1 + exp(-x)), kept off 0 and 1.

    >>> import chainrule as torch
    >>> torch.distributions.SigmoidTransform()(torch.tensor([0., 100.]))
    tensor([0.5000, 1.0000])
    """

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return _clipped_sigmoid(x)

    def _inverse(self, y: Tensor) -> Tensor:
        info = finfo(y.dtype)
        y = y.clamp(min=info.tiny, max=1 - info.eps)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(_OfNumbers):
    """y = log(1 + exp(x)).

    >>> import chainrule as torch
    >>> torch.distributions.SoftplusTransform()(torch.tensor([0., 100.]))
    tensor([  0.6931, 100.0000])
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class TanhTransform(_OfNumbers):
    """y = tanh(x).

    >>> import chainrule as torch
    >>> torch.distributions.TanhTransform()(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """1 - tanh(x)^2 = 4 / (e^x + e^-x)^2, whose logarithm is 2 (log 2 - x - softplus(-2 x))."""
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(Transform):
    """y = |x|; its inverse gives the positive one.

    >>> import chainrule as torch
    >>> torch.distributions.AbsTransform()(torch.tensor([-1., 1.]))
    tensor([1., 1.])
    """

    domain = constraints.real
    codomain = constraints.positive

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbsTransform)

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class AffineTransform(Transform):
    """y = loc + scale * x; ``event_dim`` dimensions belong to one element.

    >>> import chainrule as torch
    >>> t = torch.distributions.AffineTransform(loc=1., scale=2.)
    >>> x = torch.tensor([0., 1.])
    >>> t(x), t.log_abs_det_jacobian(x, t(x))
    (tensor([1., 3.]), tensor([0.6931, 0.6931]))
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    @property
    def domain(self) -> Any:
        return constraints.independent(constraints.real, self._event_dim) if self._event_dim else constraints.real

    codomain = domain

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @property
    def sign(self) -> Any:
        if isinstance(self.scale, TensorBase):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AffineTransform) and all(
            bool((a == b).all()) if isinstance(a, TensorBase) or isinstance(b, TensorBase) else a == b
            for a, b in ((self.loc, other.loc), (self.scale, other.scale))
        )

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, TensorBase):
            logs = self.scale.abs().log()
        else:
            logs = f.full_like(x, math.log(abs(self.scale)))
        kept = x.dim() - self._event_dim
        return sum_rightmost(logs.expand(x.shape), self._event_dim).expand(x.shape[:kept])


class CumulativeDistributionTransform(Transform):
    """y = the probability that ``distribution`` has of what is not above x.

    >>> import chainrule as torch
    >>> D = torch.distributions
    >>> t = D.CumulativeDistributionTransform(D.Exponential(1.))
    >>> t(torch.tensor(1.))
    tensor(0.6321)
    """

    codomain = constraints.unit_interval
    bijective = True

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    domain = property(lambda self: self.distribution.support)

    @property
    def sign(self) -> Any:
        return 1

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The slope of the probability is the density."""
        return self.distribution.log_prob(x)
