"""Normal vectors whose covariances are a diagonal and few directions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..linalg import cholesky, solve_triangular
from ..size import Size
from . import constraints
from .distribution import Distribution
from .multivariate_normal import mahalanobis
from .utils import lazy_property

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """Normal vectors of mean ``loc`` and covariances W W' + D: ``cov_factor`` W, and the diagonal ``cov_diag`` of D.

    With C = I + W' D^-1 W, which is small, the inverse of the covariances is D^-1 - D^-1 W C^-1 W' D^-1 (Woodbury), and their
    determinant det C det D.

    Args:
        loc: the means, of shape (*, n).
        cov_factor: W, of shape (*, n, m).
        cov_diag: the diagonal, of shape (*, n).
        validate_args: whether parameters and values are checked.

    >>> import chainrule as torch
    >>> d = torch.distributions.LowRankMultivariateNormal(torch.zeros(2), torch.tensor([[1.], [0.]]), torch.ones(2))
    >>> d.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional. Give a vector, [x] for one number")
        event = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event:
            raise ValueError(
                f"cov_factor must be a batch of matrices with shape {event[0]} x m, not of shape {tuple(cov_factor.shape)}"
            )
        if cov_diag.shape[-1:] != event:
            raise ValueError(
                f"cov_diag must be a batch of vectors with shape {event}, not of shape {tuple(cov_diag.shape)}"
            )
        try:
            batch = f.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = loc.expand((*batch, -1)), cov_diag.expand((*batch, -1))
        self.cov_factor = cov_factor.expand((*batch, -1, -1))
        self._factor, self._diagonal = cov_factor, cov_diag
        scaled = self._scaled()
        identity = f.eye(scaled.shape[-2], dtype=scaled.dtype, device=scaled.device)
        self._tril = cholesky(scaled @ cov_factor + identity)
        super().__init__(batch, event, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        vectors = (*batch_shape, *self.event_shape)
        return self._expanded(
            batch_shape,
            _instance,
            loc=self.loc.expand(vectors),
            cov_diag=self.cov_diag.expand(vectors),
            cov_factor=self.cov_factor.expand((*vectors, self.cov_factor.shape[-1])),
            _factor=self._factor,
            _diagonal=self._diagonal,
            _tril=self._tril,
        )

    def _scaled(self) -> Tensor:
        """W' D^-1."""
        return self._factor.mT / self._diagonal.unsqueeze(-2)

    def _log_det(self) -> Tensor:
        return 2 * self._tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + self._diagonal.log().sum(-1)

    def _mahalanobis(self, x: Tensor) -> Tensor:
        """X' (W W' + D)^-1 x = x' D^-1 x - |L^-1 W' D^-1 x|^2, with C = L L'."""
        inside = (self._scaled() @ x.unsqueeze(-1)).squeeze(-1)
        return (x.pow(2) / self._diagonal).sum(-1) - mahalanobis(self._tril, inside)

    def _matrix(self, matrix: Tensor) -> Tensor:
        return matrix.expand((*self._batch_shape, *self._event_shape, *self._event_shape))

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular L of the covariances L L', by that of I + D^(-1/2) W W' D^(-1/2)."""
        roots = self._diagonal.sqrt().unsqueeze(-1)
        factor = self._factor / roots
        identity = f.eye(factor.shape[-2], dtype=factor.dtype, device=factor.device)
        return self._matrix(roots * cholesky(factor @ factor.mT + identity))

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariances."""
        return self._matrix(self._factor @ self._factor.mT + self._diagonal.diag_embed())

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariances."""
        inner = solve_triangular(self._tril, self._scaled(), upper=False)
        return self._matrix(self._diagonal.reciprocal().diag_embed() - inner.mT @ inner)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """The diagonal of the covariances."""
        return (self._factor.pow(2).sum(-1) + self._diagonal).expand((*self._batch_shape, *self._event_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        like = {"dtype": self.loc.dtype, "device": self.loc.device}
        of_factor = f.empty(Size((*shape[:-1], self.cov_factor.shape[-1])), **like).normal_()
        of_diagonal = f.empty(shape, **like).normal_()
        along = (self._factor @ of_factor.unsqueeze(-1)).squeeze(-1)
        return self.loc + along + self._diagonal.sqrt() * of_diagonal

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        squares = self._mahalanobis(value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + squares)

    def entropy(self) -> Tensor:
        found = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return found if not self._batch_shape else found.expand(self._batch_shape)
