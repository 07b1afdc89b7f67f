"""Maps from vectors to the simplex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import functions as f
from ...dtypes import finfo
from .. import constraints
from .._arguments import softplus
from .base import Transform
from .numbers import SigmoidTransform

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["SoftmaxTransform", "StickBreakingTransform"]


class SoftmaxTransform(Transform):
    """exp(x), scaled to the sum 1; not invertible, but for a constant.

    >>> import chainrule as torch
    >>> torch.distributions.SoftmaxTransform()(torch.zeros(4))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftmaxTransform)

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        return x.softmax(-1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()


class StickBreakingTransform(Transform):
    """Vectors to ones a component longer, of sum 1: each number breaks its part off what is left of a stick.

    >>> import chainrule as torch
    >>> torch.distributions.StickBreakingTransform()(torch.zeros(3))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StickBreakingTransform)

    __hash__ = object.__hash__

    def _offset(self, x: Tensor) -> Tensor:
        """The logarithm of how many pieces are to come: of a zero vector, all get the same."""
        count = x.shape[-1]
        return f.arange(count, 0, -1, dtype=x.dtype, device=x.device).log()

    def _call(self, x: Tensor) -> Tensor:
        z = SigmoidTransform()(x - self._offset(x))
        left = (1 - z).cumprod(-1)
        one = f.ones_like(x[..., :1])
        return f.cat([z, one], -1) * f.cat([one, left], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        cropped = y[..., :-1]
        left = (1 - cropped.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return cropped.log() - left.log() + self._offset(cropped)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The matrix is triangular: on its diagonal s(u) s(-u) times what was left, that is y s(-u), with u = x - offset."""
        u = x - self._offset(x)
        return (-softplus(u) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Any) -> Any:
        return (*shape[:-1], shape[-1] - 1)
