"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..linalg import solve_triangular
from ..size import Size
from . import constraints
from ._covariances import FACTOR_OF, OfCovariances, factor_of_inverse, given_form
from .distribution import Distribution as Distribution

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["MultivariateNormal"]


class MultivariateNormal(OfCovariances):
    """Normal vectors of mean ``loc``, and one of: their covariances, the inverse of these, their Cholesky factor.

    >>> import chainrule as torch
    >>> d = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
    >>> d.log_prob(torch.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional. Give a vector, [x] for one number")
        name, matrix = given_form(covariance_matrix, precision_matrix, scale_tril, ValueError)
        batch = f.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand((*batch, -1, -1)))
        self.loc = loc.expand((*batch, -1))
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = FACTOR_OF[name](matrix)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        n = self.event_shape[0]
        sizes = {"loc": (n,), "covariance_matrix": (n, n), "scale_tril": (n, n), "precision_matrix": (n, n)}
        given = {name: self.__dict__[name] for name in sizes if name in self.__dict__}
        return self._expanded(
            batch_shape,
            _instance,
            _unbroadcasted_scale_tril=self._unbroadcasted_scale_tril,
            **{name: value.expand(Size((*batch_shape, *sizes[name]))) for name, value in given.items()},
        )

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        squares = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return squares.expand(Size((*self._batch_shape, *self._event_shape)))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        noise = f.empty(shape, dtype=self.loc.dtype, device=self.loc.device).normal_()
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        squares = mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + squares) - self._half_log_det()

    def _half_log_det(self) -> Tensor:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def entropy(self) -> Tensor:
        found = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_det()
        return found if not self._batch_shape else found.expand(self._batch_shape)


def mahalanobis(tril: Tensor, x: Tensor) -> Tensor:
    """|L^-1 x|^2, of vectors and factors whose batch dimensions broadcast."""
    return solve_triangular(tril, x.unsqueeze(-1), upper=False).squeeze(-1).pow(2).sum(-1)


# By these names packages know them.
_batch_mahalanobis, _precision_to_scale_tril = mahalanobis, factor_of_inverse
