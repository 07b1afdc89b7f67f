"""Methods for products of matrices and vectors, determinants and inverses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.value import TensorBase
from .. import affine, linalg, matrices

if TYPE_CHECKING:
    from ..._tensor import Tensor

Number = Any


class LinalgMethods(TensorBase):
    """Methods for products of matrices and vectors, determinants and inverses."""

    __slots__ = ()

    def __matmul__(self: Any, other: Any) -> Any:
        return linalg.matmul(self, other) if hasattr(other, "_array") else NotImplemented

    def __rmatmul__(self: Any, other: Any) -> Any:
        return linalg.matmul(other, self) if hasattr(other, "_array") else NotImplemented

    matmul = linalg.matmul
    mm = linalg.mm
    bmm = linalg.bmm
    mv = linalg.mv
    dot = linalg.dot
    vdot = linalg.vdot
    inner = linalg.inner
    outer = linalg.outer
    ger = linalg.ger
    kron = linalg.kron
    trace = linalg.trace
    cross = linalg.cross

    addmm = affine.addmm
    addmv = affine.addmv
    addr = affine.addr
    addbmm = affine.addbmm
    baddbmm = affine.baddbmm

    def addmm_(self: Any, mat1: Any, mat2: Any, *factors_first: Any, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """``addmm`` in place."""
        return affine.added("addmm_", (self, mat1, mat2), factors_first, beta, alpha)

    def addmv_(self: Any, mat: Any, vec: Any, *factors_first: Any, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """``addmv`` in place."""
        return affine.added("addmv_", (self, mat, vec), factors_first, beta, alpha)

    def addr_(self: Any, vec1: Any, vec2: Any, *factors_first: Any, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """``addr`` in place."""
        return affine.added("addr_", (self, vec1, vec2), factors_first, beta, alpha)

    def addbmm_(
        self: Any, batch1: Any, batch2: Any, *factors_first: Any, beta: Number = 1, alpha: Number = 1
    ) -> Tensor:
        """``addbmm`` in place."""
        return affine.added("addbmm_", (self, batch1, batch2), factors_first, beta, alpha)

    def baddbmm_(
        self: Any, batch1: Any, batch2: Any, *factors_first: Any, beta: Number = 1, alpha: Number = 1
    ) -> Tensor:
        """``baddbmm`` in place."""
        return affine.added("baddbmm_", (self, batch1, batch2), factors_first, beta, alpha)

    det = matrices.det
    logdet = matrices.logdet
    slogdet = matrices.slogdet
    inverse = matrices.inverse
    matrix_power = matrices.matrix_power
