"""Decompositions of matrices under their names in ``torch``, and what these share with ``torch.linalg``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import new_tensor, numbers_of, writable
from ..once import warn_once
from ..promotion import scalar_type_name
from ._arguments import deliver, tensor_argument
from ._reduction_arguments import named
from .matrices import LinAlgError, check_float, check_square

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["cholesky", "geqrf", "lu", "lu_unpack", "qr", "svd"]


# -- what can be wrong ---------------------------------------------------------------------------------------------------


def check_matrix(function: str, A: Any, name: str = "A") -> None:
    """Raise unless ``A`` is a matrix, or a stack of them, of a float or complex dtype."""
    tensor_argument(A, function, name)
    if A.ndim < 2:
        raise RuntimeError(
            f"{function}: The input tensor {name} must have at least 2 dimensions. Its shape is {list(A.shape)}."
        )
    check_float(function, A)


def failure(info: Tensor) -> tuple[str, int] | None:
    """Of the first matrix that something failed for: its place in the batch, in words, and the number that says where."""
    numbers = np.asarray(numbers_of(info._array))
    if not numbers.any():
        return None
    at = int(np.flatnonzero(numbers)[0])
    return f"(Batch element {at}): " if numbers.ndim else "", int(numbers.reshape(-1)[at])


def refuse_non_finite(function: str, A: Tensor) -> None:
    """Raise as PyTorch does where LAPACK finds no eigenvalues or singular values, of infinities and NaNs."""
    numbers = numbers_of(writable(A))
    if np.isfinite(numbers).all():
        return
    finite = np.isfinite(numbers).all(axis=(-2, -1))
    batch = f"(Batch element {int(np.flatnonzero(~finite)[0])}): " if finite.ndim else ""
    raise LinAlgError(
        f"{function}: {batch}The algorithm failed to converge because the input matrix contained non-finite values."
    )


def refuse_no_pivots(function: str, pivot: bool) -> None:
    if not pivot:
        raise RuntimeError(f"{function}: LU without pivoting is not implemented on the CPU. Leave pivot=True.")


def refuse_indefinite(function: str, info: Tensor) -> None:
    found = failure(info)
    if found is not None:
        batch, order = found
        raise LinAlgError(
            f"{function}: {batch}The factorization could not be completed because the input is not positive-definite (the leading "
            f"minor of order {order} is not positive-definite)."
        )


def refuse_zero_pivot(function: str, info: Tensor) -> None:
    found = failure(info)
    if found is not None:
        batch, at = found
        raise RuntimeError(
            f"torch.linalg.{function}: {batch}U[{at},{at}] is zero and using it on lu_solve would result in a division by zero. If you "
            "still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )


# -- functions -----------------------------------------------------------------------------------------------------------


def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The Cholesky factor of a positive definite matrix, or of each in a stack (..., n, n); see also ``torch.linalg.cholesky``.

    Args:
        input: symmetric, or Hermitian: only one triangle is read.
        upper: whether the factor is U in ``U.mH @ U`` (of the upper triangle), and not L in ``L @ L.mH``.
        out: where to write the result.

    Raises:
        torch.linalg.LinAlgError: a matrix is not positive definite.

    >>> import chainrule as torch
    >>> torch.cholesky(torch.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    warn_once(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future "
        "PyTorch release. torch.cholesky(A, upper=True) is torch.linalg.cholesky(A).mH."
    )
    return deliver(cholesky_factor(input, upper), out, "cholesky")


def cholesky_factor(input: Tensor, upper: bool) -> Tensor:
    """What :func:`cholesky` gives."""
    check_square("cholesky", input, "input")
    factor, info = ops.cholesky_legacy(input, upper=bool(upper))
    refuse_indefinite("cholesky", info)
    return factor


def qr(input: Tensor, some: bool = True, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """Q with orthonormal columns and an upper triangle R, whose product is the matrix; see ``torch.linalg.qr``.

    Args:
        input: of shape (..., m, n).
        some: whether Q has as many columns as the smaller of m and n, and not m.
        out: two tensors to write the results into.

    >>> import chainrule as torch
    >>> q, r = torch.qr(torch.tensor([[3., 1.], [4., 2.]]))
    >>> torch.allclose(q @ r, torch.tensor([[3., 1.], [4., 2.]]))
    True
    """
    warn_once(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch "
        "release. torch.qr(A, some) is torch.linalg.qr(A, 'reduced' if some else 'complete')."
    )
    check_matrix("linalg.qr", input)
    return named("qr", ops.qr(input, complete=not some), out)


def svd(
    input: Tensor, some: bool = True, compute_uv: bool = True, *, out: tuple[Tensor, Tensor, Tensor] | None = None
) -> Any:
    """U, the singular values S in descending order, and V with ``input = U @ diag(S) @ V.mH``; see ``torch.linalg.svd``.

    Args:
        input: of shape (..., m, n).
        some: whether U and V have as many columns as there are singular values, and are not square.
        compute_uv: if False, U and V are zeros.
        out: three tensors to write the results into.

    Raises:
        torch.linalg.LinAlgError: there are infinities or NaNs.

    >>> import chainrule as torch
    >>> torch.svd(torch.tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    tensor_argument(input, "svd", "input")
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    check_float("linalg.svd", input)
    refuse_non_finite("linalg.svd", input)
    if compute_uv:
        u, s, vh = ops.svd(input, full=not some)
        return named("svd", (u, s, vh.mH), out)
    u, v = (input.new_zeros(*input.shape[:-2], n, n) for n in input.shape[-2:])
    return named("svd", (u, ops.svdvals(input), v), out)


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """L and U in one matrix, and the pivots; see ``torch.linalg.lu_factor``.

    Args:
        A: of shape (..., m, n).
        pivot: must be True, as on PyTorch's CPU.
        get_infos: whether to return, as a third result, where a pivot is zero (0 for nowhere).
        out: tensors to write the results into.

    >>> import chainrule as torch
    >>> torch.lu(torch.tensor([[1., 2.], [4., 4.]]))
    (tensor([[4.0000, 4.0000],
            [0.2500, 1.0000]]), tensor([2, 2], dtype=torch.int32))
    """
    warn_once(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will "
        "be removed in a future PyTorch release."
    )
    check_matrix("torch.lu_factor", A)
    refuse_no_pivots("linalg.lu_factor", pivot)
    factors, pivots, info = ops.lu_factor(A)
    if get_infos:
        return named("linalg_lu_factor_ex", (factors, pivots, info), out)
    return tuple(named("linalg_lu_factor", (factors, pivots), out))


def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True, *, out: Any = None
) -> Any:
    """P, L and U from what ``torch.linalg.lu_factor`` returns: ``P @ L @ U`` is the matrix.

    Args:
        LU_data: L and U in one, of shape (..., m, n).
        LU_pivots: int32, of shape (..., min(m, n)).
        unpack_data: if False, L and U are empty.
        unpack_pivots: if False, P is empty.
        out: three tensors to write the results into.

    >>> import chainrule as torch
    >>> A = torch.tensor([[1., 2.], [4., 4.]])
    >>> P, L, U = torch.lu_unpack(*torch.linalg.lu_factor(A))
    >>> torch.equal(P @ L @ U, A)
    True
    """
    check_matrix("torch.lu_unpack", LU_data, "LU_data")
    tensor_argument(LU_pivots, "lu_unpack", "LU_pivots", 2)
    if unpack_pivots:
        if str(LU_pivots.dtype) != "torch.int32":
            raise RuntimeError(
                "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype. Note: this function is "
                f"intended to be used with the output produced by torch.linalg.lu_factor. Got {scalar_type_name(LU_pivots.dtype)}."
            )
        if LU_pivots.shape[-1:] != (min(LU_data.shape[-2:]),):
            raise RuntimeError(
                f"torch.lu_unpack: {min(LU_data.shape[-2:])} pivots are expected of matrices of shape "
                f"{list(LU_data.shape[-2:])}, but LU_pivots has the shape {list(LU_pivots.shape)}"
            )
    else:  # pivots that leave every row where it is
        LU_pivots = new_tensor(np.arange(1, 1 + min(LU_data.shape[-2:]), dtype=np.int32))
    P, L, U = ops.lu_unpack(LU_data, LU_pivots)
    nothing = LU_data.new_empty(0)
    return named("lu_unpack", (P if unpack_pivots else nothing, *((L, U) if unpack_data else (nothing, nothing))), out)


def geqrf(input: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """R of the QR decomposition, with the reflectors below it whose product is Q, and the reflectors' factors tau.

    It has no derivative, as in PyTorch.

    >>> import chainrule as torch
    >>> a, tau = torch.geqrf(torch.tensor([[3., 1.], [4., 2.]]))
    >>> torch.allclose(torch.linalg.householder_product(a, tau) @ a.triu(), torch.tensor([[3., 1.], [4., 2.]]))
    True
    """
    check_matrix("torch.geqrf", input, "input")
    return named("geqrf", ops.geqrf(input), out)
