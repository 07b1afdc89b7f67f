"""Random covariances: Wishart's distribution."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from .. import functions as f
from ..dtypes import finfo
from ..functions.special import mvlgamma
from ..linalg import slogdet, solve_triangular
from ..size import Size
from . import constraints
from ._arguments import holds
from ._covariances import FACTOR_OF, OfCovariances, given_form
from .exp_family import ExponentialFamily
from .gamma import Chi2
from .utils import vec_to_tril_matrix

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["Wishart"]


class Wishart(OfCovariances, ExponentialFamily):
    """The sums of x x' over ``df`` normal vectors of mean 0, of these covariances (or their inverse, or their Cholesky factor).

    Args:
        df: the degrees of freedom, greater than n - 1 for n x n matrices; need not be whole.
        covariance_matrix: the covariances, of shape (*, n, n).
        precision_matrix: their inverse instead.
        scale_tril: their Cholesky factor instead.
        validate_args: whether parameters and values are checked.

    >>> import chainrule as torch
    >>> torch.distributions.Wishart(torch.tensor(3.), torch.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0.0

    @property
    def arg_constraints(self) -> dict[str, Any]:  # type: ignore[override]
        """Where the parameters may lie."""
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = given_form(covariance_matrix, precision_matrix, scale_tril, AssertionError)
        df = f.as_tensor(df, dtype=matrix.dtype, device=matrix.device)
        batch, event = f.broadcast_shapes(matrix.shape[:-2], df.shape), matrix.shape[-2:]
        self.df = df if not batch or not df.dim() else df.expand(batch)
        if not holds(self.df > event[-1] - 1):
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {event[-1] - 1}.")
        setattr(self, name, matrix.expand((*batch, -1, -1)))
        if not holds(self.df >= event[-1]):
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        super().__init__(batch, event, validate_args=validate_args)
        self._unbroadcasted_scale_tril = FACTOR_OF[name](matrix)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        matrices = (*batch_shape, *self.event_shape)
        names = ("covariance_matrix", "scale_tril", "precision_matrix", "_unbroadcasted_scale_tril")
        given = {name: self.__dict__[name].expand(matrices) for name in names if name in self.__dict__}
        return self._expanded(batch_shape, _instance, df=self.df.expand(batch_shape), **given)

    @property
    def _scalars(self) -> Tensor:
        return self.df.expand(self._batch_shape)[..., None, None]

    @property
    def mean(self) -> Tensor:
        return self._scalars * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self._scalars - self._event_shape[-1] - 1
        return f.where(factor <= 0, math.nan, factor) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self._scalars * (v.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _draw(self, sample_shape: Any) -> Tensor:
        """Bartlett's decomposition: L A A' L', A lower triangular, with roots of chi-squared numbers and normal ones below."""
        n, tril = self._event_shape[-1], self._unbroadcasted_scale_tril
        degrees = self.df.expand(self._batch_shape).unsqueeze(-1) - f.arange(n, dtype=tril.dtype, device=tril.device)
        roots = Chi2(degrees, validate_args=False).rsample(sample_shape).sqrt()
        shape = Size((*sample_shape, *self._batch_shape, n * (n - 1) // 2))
        below = f.randn(shape, dtype=roots.dtype, device=roots.device)
        a = roots.clamp(min=finfo(roots.dtype).eps).diag_embed()
        factor = tril @ (a + vec_to_tril_matrix(below, diag=-1) if n > 1 else a)
        return factor @ factor.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: int = 10) -> Tensor:
        """A draw; those that are singular to the last digit are drawn again, ``max_try_correction`` times at most."""
        count, batch = math.prod(sample_shape), self._batch_shape
        self._draw((count,))  # PyTorch throws a first draw away; so the stream is the same
        found = self._draw((count,))
        left = f.arange(count, device=found.device)
        for _ in range(max_try_correction - 1):
            regular = self.support.check(found[left]).reshape((len(left), -1)).all(-1)
            if holds(regular):
                break
            left = left[~regular]
            found = found.index_copy(0, left, self._draw((len(left),)))
        return found.reshape((*sample_shape, *batch, *self._event_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n, tril = self._event_shape[-1], self._unbroadcasted_scale_tril
        inner = solve_triangular(tril, solve_triangular(tril, value, upper=False).mT, upper=False)
        trace = inner.diagonal(dim1=-2, dim2=-1).sum(-1)  # of L^-1 X L'^-1
        logs = (self.df - n - 1) / 2 * slogdet(value).logabsdet
        return logs - trace / 2 - self.df * self._half_log_det() - mvlgamma(self.df / 2, n)

    def _half_log_det(self) -> Tensor:
        """Half the logarithm of the determinant of twice the covariances."""
        diagonal = self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1)
        return self._event_shape[-1] * math.log(2.0) / 2 + diagonal.log().sum(-1)

    def entropy(self) -> Tensor:
        n, half = self._event_shape[-1], self.df / 2
        steps = f.arange(n, dtype=half.dtype, device=half.device) / 2
        digammas = (half.unsqueeze(-1) - steps).digamma().sum(-1)
        found = (n + 1) * self._half_log_det() + mvlgamma(half, n)
        return found - (self.df - n - 1) / 2 * digammas + n * half

    @property
    def _natural_params(self) -> Any:
        return (-self.precision_matrix / 2, (self.df.expand(self._batch_shape) - self._event_shape[-1] - 1) / 2)

    def _log_normalizer(self, *natural_params: Any) -> Tensor:
        """With x = -P / 2 and y = (df - n - 1) / 2: log of 2^(df n / 2) det(P)^(-df / 2) and the multivariate gamma function."""
        (x, y), n = natural_params, self._event_shape[-1]
        half = y + (n + 1) / 2
        return half * (n * math.log(2.0) - slogdet(-2 * x).logabsdet) + mvlgamma(half, n)
