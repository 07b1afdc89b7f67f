"""NumPy's decompositions of matrices, and what is solved with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops, return_types
from .. import factor_solves
from ..decompositions import check_matrix, cholesky_factor, refuse_non_finite
from ..matrices import check_square
from . import is_lifted
from .operands import promoted, tensor
from .registry import covers


@covers("linalg.cholesky")
def cholesky(a: Any, upper: bool = False) -> Any:
    return cholesky_factor(tensor(a), upper)


@covers("linalg.eigh")
def eigh(a: Any, UPLO: str = "L") -> Any:
    return return_types.linalg_eigh(ops.eigh(_hermitian(a), upper=_is_upper(UPLO)))


@covers("linalg.eigvalsh")
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return ops.eigvalsh(_hermitian(a), upper=_is_upper(UPLO))


def _hermitian(a: Any) -> Any:
    a = tensor(a)
    check_square("linalg.eigh", a)
    refuse_non_finite("linalg.eigh", a)
    return a


def _is_upper(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper() == "U"


@covers("linalg.svd")
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    return return_types.linalg_svd(ops.svd(_finite(a), full=bool(full_matrices))) if compute_uv else svdvals(a)


@covers("linalg.svdvals")
def svdvals(x: Any) -> Any:
    return ops.svdvals(_finite(x))


def _finite(a: Any) -> Any:
    a = tensor(a)
    check_matrix("linalg.svd", a)
    refuse_non_finite("linalg.svd", a)
    return a


@covers("linalg.qr")
def qr(a: Any, mode: str = "reduced") -> Any:
    a = tensor(a)
    check_matrix("linalg.qr", a)
    if mode == "r":
        return ops.triangle_of_qr(a)
    if mode not in ("reduced", "complete"):
        raise ValueError(f"Unrecognized mode '{mode}': recorded are 'reduced', 'complete' and 'r'")
    return return_types.linalg_qr(ops.qr(a, complete=mode == "complete"))


@covers("linalg.pinv")
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = np._NoValue) -> Any:
    if rcond is None:  # NumPy's default, and how its own rtol=None asks for that of the standard
        rcond = 1e-15 if rtol is np._NoValue else rtol
    return factor_solves.pseudo_inverse("linalg.pinv", tensor(a), None, rcond, hermitian)


@covers("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    a, b = promoted(a, b)
    check_matrix("linalg.lstsq", a)
    refuse_non_finite("linalg.svd", a)
    m, n = a.shape
    cut = max(m, n) * float(np.finfo(a.dtype.numpy).eps) if rcond is None else max(float(rcond), 0.0)
    found, residuals, rank = ops.lstsq(a, b, rcond=cut, vector=b.ndim == 1)
    ranked = (
        rank if is_lifted(rank) else int(rank)
    )  # in a transform there is no number, and the rank is taken to be full
    determined = m > n and (is_lifted(rank) or ranked == n)
    return found, residuals if determined else residuals[:0], ranked, ops.svdvals(a)
