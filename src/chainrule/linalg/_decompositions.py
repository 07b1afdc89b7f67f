"""Decompositions of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import numbers_of, writable
from ..functions._arguments import deliver
from ..functions._reduction_arguments import named
from ..functions.decompositions import (
    check_matrix,
    failure,
    refuse_indefinite,
    refuse_no_pivots,
    refuse_non_finite,
    refuse_zero_pivot,
)
from ..functions.matrices import LinAlgError, check_square, delivered

if TYPE_CHECKING:
    from .._tensor import Tensor


# -- Cholesky ------------------------------------------------------------------------------------------------------------


def cholesky(input: Tensor, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    """The Cholesky factor of a positive definite matrix, or of each in a stack (..., n, n).

    Its gradient is symmetric, or Hermitian.

    Args:
        input: A, symmetric, or Hermitian: only one triangle is read.
        upper: whether the factor is U in ``A = U.mH @ U`` (of the upper triangle), and not L in ``A = L @ L.mH``.
        out: where to write the result.

    Raises:
        torch.linalg.LinAlgError: a matrix is not positive definite.

    >>> import chainrule as torch
    >>> torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    check_square("linalg.cholesky", input)
    factor, info = ops.cholesky(input, upper=bool(upper))
    refuse_indefinite("linalg.cholesky", info)
    return delivered(factor, out, "linalg.cholesky")


def cholesky_ex(
    input: Tensor, *, upper: bool = False, check_errors: bool = False, out: tuple[Tensor, Tensor] | None = None
) -> Any:
    """The Cholesky factor, and for each matrix 0, or the order of the first leading minor that is not positive.

    >>> import chainrule as torch
    >>> torch.linalg.cholesky_ex(torch.tensor([[1., 2.], [2., 1.]])).info
    tensor(2, dtype=torch.int32)
    """
    check_square("linalg.cholesky_ex", input)
    factor, info = ops.cholesky(input, upper=bool(upper))
    if check_errors:
        refuse_indefinite("linalg.cholesky_ex", info)
    return named("linalg_cholesky_ex", (factor, info), out)


# -- eigenvalues ---------------------------------------------------------------------------------------------------------


def eigh(input: Tensor, UPLO: str = "L", *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """The eigenvalues of a symmetric or Hermitian matrix, or of each in a stack, in ascending order, and its eigenvectors.

    The eigenvectors are the columns of a matrix V with ``A = V @ diag(L) @ V.mH``. Gradients through them exist where the
    eigenvalues are distinct, and, for complex matrices, where the loss does not depend on the phase of each vector.

    Args:
        input: A, of shape (..., n, n); only one triangle is read.
        UPLO: which, "L" for the lower or "U" for the upper one.
        out: two tensors to write the results into.

    Raises:
        torch.linalg.LinAlgError: there are infinities or NaNs.

    >>> import chainrule as torch
    >>> torch.linalg.eigh(torch.tensor([[2., 1.], [1., 2.]])).eigenvalues
    tensor([1., 3.])
    """
    return named("linalg_eigh", ops.eigh(input, upper=_checked_hermitian("linalg.eigh", input, UPLO)), out)


def eigvalsh(input: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of a symmetric or Hermitian matrix, in ascending order; see :func:`eigh`.

    Their gradient always exists.

    >>> import chainrule as torch
    >>> torch.linalg.eigvalsh(torch.tensor([[2., 1.], [1., 2.]]))
    tensor([1., 3.])
    """
    return delivered(ops.eigvalsh(input, upper=_checked_hermitian("linalg.eigh", input, UPLO)), out, "linalg.eigvalsh")


def _checked_hermitian(function: str, A: Tensor, UPLO: Any) -> bool:
    """Whether the upper triangle is to be read."""
    check_square(function, A)
    if not isinstance(UPLO, str):
        raise TypeError(f"{function.replace('.', '_')}(): argument 'UPLO' must be str, not {type(UPLO).__name__}")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    refuse_non_finite(function, A)
    return UPLO.upper() == "U"


def eig(input: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """The eigenvalues of a square matrix, or of each in a stack, in no order, and its eigenvectors; complex.

    The eigenvectors are the columns, of norm 1, of a matrix V with ``A @ V = V @ diag(L)``. Gradients through them exist where
    the eigenvalues are distinct and the loss does not depend on the phase of each vector.

    Args:
        input: A, of shape (..., n, n).
        out: two tensors to write the results into.

    Raises:
        RuntimeError: there are infinities or NaNs.

    >>> import chainrule as torch
    >>> torch.linalg.eig(torch.tensor([[0., -1.], [1., 0.]])).eigenvalues
    tensor([0.+1.j, 0.-1.j])
    """
    return named("linalg_eig", _eigenvectors("linalg.eig", input), out)


def eigvals(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of a square matrix, complex and in no order; see :func:`eig`.

    >>> import chainrule as torch
    >>> torch.linalg.eigvals(torch.tensor([[0., -1.], [1., 0.]]))
    tensor([0.+1.j, 0.-1.j])
    """
    return deliver(_eigenvectors("linalg.eigvals", input)[0], out, "linalg.eigvals")


def _eigenvectors(function: str, A: Tensor) -> Any:
    check_square(function, A)
    if not np.isfinite(numbers_of(writable(A))).all():
        raise RuntimeError(f"torch.{function}: input tensor should not contain infs or NaNs.")
    return ops.eig(A)


# -- singular values -----------------------------------------------------------------------------------------------------


def svd(
    A: Tensor,
    full_matrices: bool = True,
    *,
    driver: str | None = None,
    out: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Any:
    """U, the singular values S in descending order, and Vh with ``A = U @ diag(S) @ Vh``, of a matrix or of each in a stack.

    Gradients through U and Vh exist where the singular values are distinct, of a matrix that is not square also different
    from 0, and, for complex matrices, where the loss does not depend on the phases. None goes through the columns of U and
    the rows of Vh that belong to no singular value.

    Args:
        A: of shape (..., m, n).
        full_matrices: whether U and Vh are square; else they have as many columns (rows) as there are singular values.
        driver: must be None, as on PyTorch's CPU.
        out: three tensors to write the results into.

    Raises:
        torch.linalg.LinAlgError: there are infinities or NaNs.

    >>> import chainrule as torch
    >>> torch.linalg.svd(torch.tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    _check_svd(A, driver)
    return named("linalg_svd", ops.svd(A, full=bool(full_matrices)), out)


def svdvals(A: Tensor, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
    """The singular values in descending order; see :func:`svd`. Their gradient exists even where they are equal.

    >>> import chainrule as torch
    >>> torch.linalg.svdvals(torch.tensor([[3., 0.], [0., 4.]]))
    tensor([4., 3.])
    """
    _check_svd(A, driver)
    return delivered(ops.svdvals(A), out, "linalg.svdvals")


def _check_svd(A: Tensor, driver: str | None) -> None:
    check_matrix("linalg.svd", A)
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend. Leave it away."
        )
    refuse_non_finite("linalg.svd", A)


# -- QR, LU --------------------------------------------------------------------------------------------------------------


def qr(A: Tensor, mode: str = "reduced", *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """Q with orthonormal columns and an upper triangle R with ``A = Q @ R``, of a matrix or of each in a stack.

    Gradients exist where the first min(m, n) columns are independent.

    Args:
        A: of shape (..., m, n).
        mode: "reduced", Q has as many columns as the smaller of m and n; "complete", Q is square, and not differentiable if
            m > n; "r", Q is empty.
        out: two tensors to write the results into.

    >>> import chainrule as torch
    >>> Q, R = torch.linalg.qr(torch.tensor([[3., 1.], [4., 2.]]))
    >>> torch.allclose(Q @ R, torch.tensor([[3., 1.], [4., 2.]]))
    True
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    check_matrix("linalg.qr", A)
    if mode == "r":
        return named("linalg_qr", (A.new_empty(0), ops.triangle_of_qr(A)), out)
    return named("linalg_qr", ops.qr(A, complete=mode == "complete"), out)


def lu(A: Tensor, *, pivot: bool = True, out: tuple[Tensor, Tensor, Tensor] | None = None) -> Any:
    """A permutation P, a lower triangle L with ones on its diagonal, and an upper triangle U with ``A = P @ L @ U``.

    Args:
        A: of shape (..., m, n).
        pivot: must be True, as on PyTorch's CPU.
        out: three tensors to write the results into.

    >>> import chainrule as torch
    >>> torch.linalg.lu(torch.tensor([[0., 2.], [4., 0.]])).U
    tensor([[4., 0.],
            [0., 2.]])
    """
    check_matrix("linalg.lu", A)
    refuse_no_pivots("linalg.lu", pivot)
    return named("linalg_lu", ops.lu(A), out)


def lu_factor(A: Tensor, *, pivot: bool = True, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """L and U of :func:`lu` in one matrix, and with which row each row was swapped, counted from 1: for :func:`lu_solve`.

    Args:
        A: of shape (..., m, n).
        pivot: must be True, as on PyTorch's CPU.
        out: two tensors to write the results into.

    Raises:
        RuntimeError: a diagonal element of U is zero.

    >>> import chainrule as torch
    >>> torch.linalg.lu_factor(torch.tensor([[0., 2.], [4., 0.]]))
    torch.return_types.linalg_lu_factor(
    LU=tensor([[4., 0.],
            [0., 2.]]),
    pivots=tensor([2, 2], dtype=torch.int32))
    """
    factors, pivots, info = _factored("linalg.lu_factor", A, pivot)
    refuse_zero_pivot("lu_factor", info)
    return named("linalg_lu_factor", (factors, pivots), out)


def lu_factor_ex(
    A: Tensor, *, pivot: bool = True, check_errors: bool = False, out: tuple[Tensor, Tensor, Tensor] | None = None
) -> Any:
    """As :func:`lu_factor`, and for each matrix 0, or the place of the first zero on the diagonal of U, counted from 1.

    >>> import chainrule as torch
    >>> torch.linalg.lu_factor_ex(torch.ones(2, 2)).info
    tensor(2, dtype=torch.int32)
    """
    factors, pivots, info = _factored("linalg.lu_factor_ex", A, pivot)
    if check_errors:
        refuse_zero_pivot("lu_factor_ex", info)
    return named("linalg_lu_factor_ex", (factors, pivots, info), out)


def ldl_factor(input: Tensor, *, hermitian: bool = False, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """L and D with ``A = L @ D @ L.mT`` in one matrix, and LAPACK's pivots: for :func:`ldl_solve`. It has no derivative.

    Args:
        input: A, symmetric, of shape (..., n, n); only the lower triangle is read.
        hermitian: whether A is Hermitian, and ``A = L @ D @ L.mH``.
        out: two tensors to write the results into.

    Raises:
        torch.linalg.LinAlgError: a diagonal element of D is zero.

    >>> import chainrule as torch
    >>> torch.linalg.ldl_factor(torch.tensor([[4., 2.], [2., 3.]])).LD
    tensor([[4.0000, 0.0000],
            [0.5000, 2.0000]])
    """
    check_square("torch.linalg.ldl_factor", input)
    factors, pivots, info = ops.ldl_factor(input, hermitian=bool(hermitian))
    _refuse_zero_of_d("ldl_factor", info)
    return named("linalg_ldl_factor", (factors, pivots), out)


def ldl_factor_ex(
    input: Tensor,
    *,
    hermitian: bool = False,
    check_errors: bool = False,
    out: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Any:
    """As :func:`ldl_factor`, and for each matrix 0, or the place of the first zero on the diagonal of D, counted from 1.

    >>> import chainrule as torch
    >>> torch.linalg.ldl_factor_ex(torch.zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    check_square("torch.linalg.ldl_factor_ex", input)
    factors, pivots, info = ops.ldl_factor(input, hermitian=bool(hermitian))
    if check_errors:
        _refuse_zero_of_d("ldl_factor_ex", info)
    return named("linalg_ldl_factor_ex", (factors, pivots, info), out)


def _refuse_zero_of_d(function: str, info: Tensor) -> None:
    found = failure(info)
    if found is not None:
        raise LinAlgError(
            f"torch.linalg.{function}: {found[0]}D[{found[1]},{found[1]}] is zero: the matrix is singular."
        )


def _factored(function: str, A: Tensor, pivot: bool) -> Any:
    check_matrix(function, A)
    refuse_no_pivots(function, pivot)
    return ops.lu_factor(A)
