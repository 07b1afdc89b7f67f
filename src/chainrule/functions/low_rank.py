"""The largest singular values of large matrices, approximately: from products with random vectors.

N. Halko, P. Martinsson and J. Tropp, Finding structure with randomness (2011): algorithm 4.4 for a subspace that holds most of
the matrix, 5.1 for the decomposition of what is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ._arguments import tensor_argument
from .decompositions import check_matrix, refuse_non_finite
from .linalg import matmul
from .random import randn

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["pca_lowrank", "svd_lowrank"]


def svd_lowrank(A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None) -> tuple[Any, Any, Any]:
    """U, S and V with ``A - M`` near ``U @ diag(S) @ V.mH``, of rank ``q``.

    Random numbers are drawn.

    Args:
        A: of shape (..., m, n).
        q: how many singular values; somewhat more than are wanted makes these better.
        niter: how many times to multiply with the matrix and its adjoint: more are more exact.
        M: what to take off, of a shape that stretches to that of A.

    >>> import chainrule as torch
    >>> A = torch.outer(torch.tensor([3., 0., 4.]), torch.tensor([0., 2.]))
    >>> U, S, V = torch.svd_lowrank(A, q=1)
    >>> torch.allclose(U * S @ V.T, A, atol=1e-5), torch.allclose(S, torch.tensor([10.]))
    (True, True)
    """
    check_matrix("svd_lowrank", A)
    if M is not None:
        A = ops.subtract(A, tensor_argument(M, "svd_lowrank", "M", 4).expand(A.shape))
    refuse_non_finite("linalg.svd", A)
    is_wide = A.shape[-2] < A.shape[-1]
    tall = A.mH if is_wide else A
    basis = _range(tall, 6 if q is None else q, 2 if niter is None else niter)
    U, S, Vh = ops.svd(matmul(basis.mH, tall), full=False)
    U, V = matmul(basis, U), Vh.mH
    return (V, S, U) if is_wide else (U, S, V)


def _range(A: Tensor, count: int, steps: int) -> Tensor:
    """Orthonormal columns whose span holds most of what A maps to."""
    Q, _ = ops.qr(matmul(A, randn(A.shape[-1], count, dtype=A.dtype, device=A.device)), complete=False)
    for _ in range(steps):
        for factor in (A.mH, A):
            Q, _ = ops.qr(matmul(factor, Q), complete=False)
    return Q


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Any, Any, Any]:
    """The principal components of the rows of a matrix: :func:`svd_lowrank` of what is left without their mean.

    Args:
        A: m samples of n features, (..., m, n).
        q: how many components; by default 6, or the smaller of m and n.
        center: whether to take off the mean.
        niter: how many times to multiply with the matrix and its adjoint.

    Raises:
        ValueError: more components than rows or columns, or ``niter`` negative.

    >>> import chainrule as torch
    >>> torch.pca_lowrank(torch.tensor([[1., 1.], [3., 3.], [5., 5.]]), q=1)[1]
    tensor([4.])
    """
    check_matrix("pca_lowrank", A)
    smaller = min(A.shape[-2:])
    q = min(6, smaller) if q is None else q
    if not 0 <= q <= smaller:
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={smaller}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(ops.subtract(A, A.mean(-2, keepdim=True)) if center else A, q, niter)
