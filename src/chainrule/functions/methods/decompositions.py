"""Methods for decompositions of matrices, and what is solved with them."""

from __future__ import annotations

from ...core.value import TensorBase
from .. import decompositions, factor_solves


class DecompositionMethods(TensorBase):
    """Methods for decompositions of matrices, and what is solved with them."""

    __slots__ = ()

    cholesky = decompositions.cholesky
    geqrf = decompositions.geqrf
    lu = decompositions.lu
    qr = decompositions.qr
    svd = decompositions.svd

    cholesky_inverse = factor_solves.cholesky_inverse
    cholesky_solve = factor_solves.cholesky_solve
    lu_solve = factor_solves.lu_solve
    matrix_exp = factor_solves.matrix_exp
    orgqr = factor_solves.orgqr
    ormqr = factor_solves.ormqr
    pinverse = factor_solves.pinverse
    triangular_solve = factor_solves.triangular_solve
