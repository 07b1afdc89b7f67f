"""Random matrices of correlations, by their Cholesky factors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..autograd.grad_mode import no_grad
from ..dtypes import finfo
from ..functions.special import mvlgamma
from ..functions.spread import norm
from . import constraints
from .distribution import Distribution, expanding
from .gamma import Beta
from .utils import broadcast_all

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Cholesky factors L of matrices of correlations, whose densities go with det(L L')^(``concentration`` - 1).

    So all are alike for a concentration of 1 (Lewandowski, Kurowicka and Joe 2009).

    Args:
        dim: the number of rows.
        concentration: the greater, the nearer are the matrices to the identity.
        validate_args: whether parameters and values are checked.

    >>> import chainrule as torch
    >>> torch.distributions.LKJCholesky(2).log_prob(torch.eye(2))
    tensor(-0.6931)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    expand = expanding("concentration", kept=("dim",))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Row by row, as an onion grows (section 3.2 there): a direction on the sphere, and a beta number, its squared length."""
        with no_grad():
            c = self.concentration
            steps = f.arange(self.dim - 1, dtype=c.dtype, device=c.device)
            steps = f.cat([steps.new_zeros(1), steps])
            lengths = Beta(steps + 0.5, (c + 0.5 * (self.dim - 2)).unsqueeze(-1) - 0.5 * steps).sample(sample_shape)
            noise = f.randn(self._extended_shape(sample_shape), dtype=c.dtype, device=c.device).tril(-1)
            # The first row is zeros, and stays so.
            directions = noise / norm(noise, dim=-1, keepdim=True).clamp(min=finfo(c.dtype).tiny)
            below = lengths.sqrt().unsqueeze(-1) * directions
            left = (1 - below.pow(2).sum(-1)).clamp(min=finfo(c.dtype).tiny)
            return below + left.sqrt().diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        """det(L L')^(c - 1) times how much L to L L' stretches: a product of L_ii^(2c - 2 + n - i), times page 1999 there."""
        self._validate_sample(value)
        c, less = self.concentration, self.dim - 1
        order = 2 * (c - 1).unsqueeze(-1) + self.dim - f.arange(2, self.dim + 1, device=c.device)
        found = (order * value.diagonal(dim1=-2, dim2=-1)[..., 1:].log()).sum(-1)
        alpha = c + 0.5 * less
        return found - (0.5 * less * math.log(math.pi) + mvlgamma(alpha - 0.5, less) - less * alpha.lgamma())
