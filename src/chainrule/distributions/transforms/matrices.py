"""Maps to triangular and to positive definite matrices, and to factors of correlations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ... import functions as f
from ...dtypes import finfo
from ...linalg import cholesky
from .. import constraints
from .._arguments import softplus
from ..utils import tril_matrix_to_vec, vec_to_tril_matrix
from .base import Transform

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["CorrCholeskyTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform"]


class LowerCholeskyTransform(Transform):
    """Square matrices to lower triangular ones, with the exponentials of the diagonal on the diagonal.

    >>> import chainrule as torch
    >>> torch.distributions.LowerCholeskyTransform()(torch.tensor([[0., 5.], [2., 0.]]))
    tensor([[1., 0.],
            [2., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LowerCholeskyTransform)

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """Square matrices to L L', with the factor L of :class:`LowerCholeskyTransform`.

    >>> import chainrule as torch
    >>> torch.distributions.PositiveDefiniteTransform()(torch.tensor([[0., 5.], [2., 0.]]))
    tensor([[1., 2.],
            [2., 5.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PositiveDefiniteTransform)

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """Vectors of n (n - 1) / 2 numbers to Cholesky factors of n x n matrices of correlations: rows of length 1.

    The numbers fill the triangle below the diagonal, row by row. In each row tanh of the first is the first component; tanh of
    each other is its part of the length that the components before it leave; the diagonal gets what is left at last.

    >>> import chainrule as torch
    >>> torch.distributions.CorrCholeskyTransform()(torch.zeros(1))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CorrCholeskyTransform)

    __hash__ = object.__hash__

    def _call(self, x: Tensor) -> Tensor:
        eps = finfo(x.dtype).eps
        parts = vec_to_tril_matrix(x.tanh().clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - parts.pow(2)).sqrt().cumprod(-1)
        before = f.cat([f.ones_like(left[..., :1]), left[..., :-1]], -1)
        return (parts + f.eye(parts.shape[-1], dtype=x.dtype, device=x.device)) * before

    def _left(self, y: Tensor) -> Tensor:
        """The squares of the lengths that are left after each component."""
        return 1 - (y * y).cumsum(-1)

    def _inverse(self, y: Tensor) -> Tensor:
        left = self._left(y)
        before = f.cat([f.ones_like(left[..., :1]), left[..., :-1]], -1)
        return (tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(before, diag=-1).sqrt()).atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the numbers below the diagonal: each is tanh(x) sqrt(what the row has left before it).

        The matrix is triangular. Its diagonal: 1 - tanh(x)^2, as in :class:`TanhTransform`, times that root, which is 1 in the
        first column; what is left before a component is what is left after the one to its left.
        """
        stretched = -2 * (x + softplus(-2.0 * x) - math.log(2.0)).sum(-1)
        return 0.5 * tril_matrix_to_vec(self._left(y), diag=-2).log().sum(-1) + stretched

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("Too few dimensions on input")
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return (*shape[:-1], n, n)

    def inverse_shape(self, shape: Any) -> Any:
        if len(shape) < 2:
            raise ValueError("Too few dimensions on input")
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)
