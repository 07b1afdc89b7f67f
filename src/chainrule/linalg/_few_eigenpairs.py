"""``torch.lobpcg``: the first few eigenvalues of symmetric matrices, and their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..functions._arguments import tensor_argument
from ..functions.random import randn
from ._decompositions import cholesky, eigh
from ._solves import solve_triangular

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["lobpcg"]


def lobpcg(
    A: Tensor,
    k: int | None = None,
    B: Tensor | None = None,
    X: Tensor | None = None,
    n: int | None = None,
    iK: Tensor | None = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Any = None,
    ortho_iparams: dict[str, int] | None = None,
    ortho_fparams: dict[str, float] | None = None,
    ortho_bparams: dict[str, bool] | None = None,
) -> tuple[Tensor, Tensor]:
    """The ``k`` largest or smallest eigenvalues of A x = lambda B x, the first first, and their vectors as columns.

    Here all of them are computed, by a decomposition of the whole matrix, which is exact and has derivatives of any order;
    PyTorch iterates. What steers an iteration (``iK``, ``niter``, ``tol`` and all after ``largest``) is accepted, and of no effect.

    Args:
        A: symmetric, of shape (..., m, m).
        k: how many, by default as many as X has columns, or 1; at most m / 3.
        B: symmetric and positive definite, of the same shape; by default the identity.
        X: where an iteration would begin; without it as many random numbers are drawn as PyTorch draws.
        n: how many columns these have, by default k.
        iK: a preconditioner.
        niter: the most steps.
        tol: when to stop.
        largest: whether the largest are wanted; by default yes.
        method: "basic" or "ortho".
        tracker: a function to call at each step.
        ortho_iparams: settings.
        ortho_fparams: settings.
        ortho_bparams: settings.

    Raises:
        ValueError: m is below 3 k.
        AssertionError: A is not square.

    >>> import chainrule as torch
    >>> values, vectors = torch.lobpcg(torch.diag(torch.tensor([1., 4., 2., 3.])))
    >>> values, vectors.abs().ravel()
    (tensor([4.]), tensor([0., 1., 0., 0.]))
    """
    m = tensor_argument(A, "lobpcg", "A").shape[-1]
    if A.ndim < 2 or A.shape[-2] != m:
        raise AssertionError(f"A must be square, got shape {A.shape}")
    if not A.is_floating_point():
        raise RuntimeError(f"lobpcg wants floating point numbers, not {A.dtype}: convert A with .float()")
    count = (1 if X is None else X.shape[-1]) if k is None else k
    if m < 3 * count:
        raise ValueError(
            f"LOBPCG algorithm is not applicable when the number of A rows (={m}) is smaller than 3 x the number of requested "
            f"eigenpairs (={count}): use torch.linalg.eigh"
        )
    if X is None:
        randn((*A.shape[:-2], m, count if n is None else n), dtype=A.dtype)
    if B is None:
        values, vectors = eigh(A)
    else:  # with B = L L' and x = L'^-1 y: L^-1 A L'^-1 y = lambda y
        factor = cholesky(B)
        half = solve_triangular(factor, A, upper=False)
        values, vectors = eigh(solve_triangular(factor, half.mT, upper=False))
        vectors = solve_triangular(factor.mT, vectors, upper=True)
    if largest is None or largest:
        return values[..., m - count :].flip(-1), vectors[..., m - count :].flip(-1)
    return values[..., :count], vectors[..., :count]
