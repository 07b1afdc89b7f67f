"""Covariances that are given in one of three forms: themselves, their inverse, or their Cholesky factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import functions as f
from ..linalg import cholesky, solve_triangular
from .distribution import Distribution
from .utils import lazy_property

if TYPE_CHECKING:
    from .._tensor import Tensor


class OfCovariances(Distribution):
    """A distribution that keeps the factor of its covariances, and makes the other forms when they are asked for."""

    _unbroadcasted_scale_tril: Tensor

    def _matrix(self, matrix: Tensor) -> Tensor:
        size = self._event_shape[-1]
        return matrix.expand((*self._batch_shape, size, size))

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular L of the covariances L L'."""
        return self._matrix(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariances."""
        return self._matrix(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariances."""
        tril = self._unbroadcasted_scale_tril
        inverse = solve_triangular(tril, f.eye(tril.shape[-1], dtype=tril.dtype, device=tril.device), upper=False)
        return self._matrix(inverse.mT @ inverse)


def given_form(
    covariance_matrix: Any, precision_matrix: Any, scale_tril: Any, error: type[Exception]
) -> tuple[str, Tensor]:
    """The name of the one form that is given, and the matrix; an ``error`` unless there is one."""
    forms = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
    given = [(name, matrix) for name, matrix in forms.items() if matrix is not None]
    if len(given) != 1:
        raise error(
            "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified. "
            f"Got {' and '.join(name for name, _ in given) or 'none'}"
        )
    name, matrix = given[0]
    if matrix.dim() < 2:
        raise ValueError(
            f"{name} must be at least two-dimensional, with optional leading batch dimensions: its shape is {list(matrix.shape)}"
        )
    return name, matrix


def factor_of_inverse(matrix: Tensor) -> Tensor:
    """The Cholesky factor of the inverse of P.

    With rows and columns in the opposite order it is L L'; so P = U U' with an upper U, and the factor is the inverse of U'.
    """
    transposed = cholesky(matrix.flip((-2, -1))).flip((-2, -1)).mT
    identity = f.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    return solve_triangular(transposed, identity, upper=False)


FACTOR_OF: dict[str, Callable[[Any], Tensor]] = {
    "covariance_matrix": cholesky,
    "precision_matrix": factor_of_inverse,
    "scale_tril": lambda matrix: matrix,
}
"""Form -> the lower triangular factor of the covariances."""
