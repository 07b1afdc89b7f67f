"""``torch.linalg``: products, decompositions, determinants, inverses, systems and norms, in the conventions of linear algebra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._late import announce as _announce
from ..functions import linalg as _products, matrices as _matrices
from ..functions._arguments import takes_axis as _takes_axis
from ..functions._reduction_arguments import named as _named
from ..functions.linalg import matmul
from ..functions.matrices import LinAlgError, multi_dot, solve, vecdot
from ..functions.norms import matrix_norm, norm, vector_norm
from ..functions.rearranging import diagonal as _diagonal
from ._decompositions import (
    cholesky,
    cholesky_ex,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    ldl_factor,
    ldl_factor_ex,
    lu,
    lu_factor,
    lu_factor_ex,
    qr,
    svd,
    svdvals,
)
from ._properties import cond, matrix_rank, vander
from ._solves import (
    householder_product,
    inv_ex,
    ldl_solve,
    lstsq,
    lu_solve,
    matrix_exp,
    pinv,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matmul",
    "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve",
    "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip


def det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The determinant; see :func:`chainrule.det`.

    >>> import chainrule as torch
    >>> torch.linalg.det(torch.eye(2) * 3)
    tensor(9.)
    """
    return _matrices.det(A, out=out)


def slogdet(A: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """The sign and the logarithm of the absolute value of the determinant; see :func:`chainrule.slogdet`.

    >>> import chainrule as torch
    >>> torch.linalg.slogdet(torch.eye(2)).logabsdet
    tensor(0.)
    """
    return _named("linalg_slogdet", _matrices.sign_and_logarithm(A), out)


def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse; see :func:`chainrule.inverse`.

    >>> import chainrule as torch
    >>> torch.linalg.inv(torch.eye(2) * 2)
    tensor([[0.5000, 0.0000],
            [0.0000, 0.5000]])
    """
    return _matrices.inverse(A, out=out)


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """A power; see :func:`chainrule.matrix_power`.

    >>> import chainrule as torch
    >>> torch.linalg.matrix_power(torch.eye(2) * 2, 3).diagonal()
    tensor([8., 8.])
    """
    return _matrices.matrix_power(input, n, out=out)


@_takes_axis
def cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The cross product of vectors of three elements in dimension ``dim``, the others broadcast.

    >>> import chainrule as torch
    >>> torch.linalg.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    return _products.cross(input, other, dim, out=out)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of the matrices in two dimensions, by default the last.

    >>> import chainrule as torch
    >>> torch.linalg.diagonal(torch.eye(2))
    tensor([1., 1.])
    """
    return _diagonal(A, offset, dim1, dim2)


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)


_announce(__name__, globals())
