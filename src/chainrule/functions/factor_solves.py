"""Factored systems, pseudo-inverses and exponentials of matrices under their names in ``torch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import TensorBase
from ..once import warn_once
from ..promotion import scalar_type_name
from ._arguments import deliver, tensor_argument
from ._reduction_arguments import named
from .decompositions import check_matrix, refuse_non_finite
from .linalg import is_mixed
from .matrices import check_square, delivered

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "cholesky_inverse", "cholesky_solve", "lu_solve", "matrix_exp", "orgqr", "ormqr", "pinverse", "triangular_solve", "vander",
]  # fmt: skip

Tolerance = Any


# -- what can be wrong ---------------------------------------------------------------------------------------------------


def check_same_dtype(function: str, A: Tensor, B: Tensor, names: tuple[str, str] = ("A", "B")) -> None:
    if is_mixed(A, B):
        a, b = scalar_type_name(A.dtype), scalar_type_name(B.dtype)
        raise RuntimeError(
            f"{function}: Expected {names[0]} and {names[1]} to have the same dtype, but found {names[0]} of type {a} and "
            f"{names[1]} of type {b} instead"
        )


def check_equation(function: str, A: Tensor, B: Tensor, left: bool = True) -> None:
    """Raise unless ``A @ X = B`` (or ``X @ A = B``) can be: square matrices A, matrices B."""
    check_square(function, A)
    tensor_argument(B, function, "B", 2)
    if B.ndim < 2:
        raise RuntimeError(
            f"{function}: The input tensor B must have at least 2 dimensions. Its shape is {list(B.shape)}."
        )
    check_same_dtype(function, A, B)
    rows, columns = B.shape[-2:]
    if (rows if left else columns) != A.shape[-1]:
        sizes = f"{A.shape[-2]}x{A.shape[-1]} and {rows}x{columns}"
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B ({sizes})"
        )
    check_stacks(A, B)


def check_stacks(A: Tensor, B: Tensor) -> None:
    """Raise unless the dimensions before the last two broadcast."""
    a, b = A.shape[:-2], B.shape[:-2]
    for back in range(1, min(len(a), len(b)) + 1):
        if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
            raise RuntimeError(
                f"The size of tensor a ({a[-back]}) must match the size of tensor b ({b[-back]}) at non-singleton dimension "
                f"{max(len(a), len(b)) - back}: the shapes are {list(A.shape)} and {list(B.shape)}"
            )


def check_triangle(function: str, A: Tensor, B: Tensor, left: bool = True) -> None:
    """Raise unless ``A @ X = B`` (or ``X @ A = B``) can be solved for a triangle A."""
    for position, (name, X) in enumerate((("A", A), ("B", B)), 1):
        tensor_argument(X, function, name, position)
        if not (X.dtype.is_floating_point or X.dtype.is_complex):
            raise NotImplementedError(
                f"\"triangular_solve_cpu\" not implemented for '{scalar_type_name(X.dtype)}'. Convert it with .float()."
            )
    check_equation(function, A, B, left)


# -- systems -------------------------------------------------------------------------------------------------------------


def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: tuple[Tensor, Tensor] | None = None,
) -> Any:
    """X with ``A @ X = b``, A a triangle, and a copy of A; see ``torch.linalg.solve_triangular``.

    Args:
        input: of shape (..., n, k).
        A: of shape (..., n, n), of which one triangle is read.
        upper: whether that is the upper one.
        transpose: whether to solve with ``A.mT`` for A.
        unitriangular: whether to take the diagonal for ones.
        out: two tensors to write the results into.

    >>> import chainrule as torch
    >>> torch.triangular_solve(torch.tensor([[4.], [2.]]), torch.tensor([[1., 1.], [0., 2.]])).solution
    tensor([[3.],
            [1.]])
    """
    warn_once(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular and will be "
        "removed in a future PyTorch release. torch.triangular_solve(B, A).solution is "
        "torch.linalg.solve_triangular(A, B, upper=True)."
    )
    for name, X in (("b", input), ("A", A)):
        if tensor_argument(X, "triangular_solve", name).ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {X.ndim}"
            )
    check_triangle("triangular_solve", A, input)
    results = ops.triangular_solve(input, A, upper=bool(upper), transpose=bool(transpose), unit=bool(unitriangular))
    return named("triangular_solve", results, out)


def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """X with ``(L @ L.mH) @ X = B``, L a Cholesky factor; with ``upper``, ``(L.mH @ L) @ X = B``.

    Args:
        input: of shape (..., n, k).
        input2: of shape (..., n, n), of which one triangle is read.
        upper: whether that is the upper one.
        out: where to write the result.

    >>> import chainrule as torch
    >>> L = torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 5.]]))
    >>> torch.cholesky_solve(torch.tensor([[6.], [7.]]), L)
    tensor([[1.],
            [1.]])
    """
    for name, X in (("b", input), ("u", input2)):
        if tensor_argument(X, "cholesky_solve", name).ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {X.ndim} dimensions instead")
    check_equation("cholesky_solve", input2, input)
    return deliver(ops.cholesky_solve(input, input2, upper=bool(upper)), out, "cholesky_solve")


def cholesky_inverse(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The inverse of ``L @ L.mH``, ``input`` being a Cholesky factor L; with ``upper``, of ``L.mH @ L``.

    >>> import chainrule as torch
    >>> torch.cholesky_inverse(torch.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0625]])
    """
    check_square("cholesky_inverse", input, "input")
    return deliver(ops.cholesky_inverse(input, upper=bool(upper)), out, "cholesky_inverse")


def solved_factors(
    function: str, LU: Tensor, pivots: Tensor, B: Tensor, left: bool = True, adjoint: bool = False
) -> Tensor:
    tensor_argument(LU, function, "LU")
    tensor_argument(pivots, function, "pivots", 2)
    check_equation(function, LU, B, left)
    if str(pivots.dtype) != "torch.int32":
        raise RuntimeError(
            f"{function}: pivots should be a Tensor of scalar type torch.int32, as torch.linalg.lu_factor returns them. Got "
            f"{pivots.dtype}."
        )
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(
            f"{function}: Number of pivots per batch should be same as the dimension of the matrix: LU has the shape {list(LU.shape)} "
            f"and pivots {list(pivots.shape)}"
        )
    return ops.lu_solve(LU, pivots, B, left=bool(left), adjoint_of=bool(adjoint))


def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
    """X with ``A @ X = b``, A given by what ``torch.linalg.lu_factor`` returns; see ``torch.linalg.lu_solve``.

    >>> import chainrule as torch
    >>> LU, pivots = torch.linalg.lu_factor(torch.tensor([[0., 2.], [4., 0.]]))
    >>> torch.lu_solve(torch.tensor([[2.], [4.]]), LU, pivots)
    tensor([[1.],
            [1.]])
    """
    warn_once(
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solve and will be removed in a future "
        "PyTorch release. torch.lu_solve(B, LU, pivots) is torch.linalg.lu_solve(LU, pivots, B)."
    )
    return delivered(solved_factors("torch.lu_solve", LU_data, LU_pivots, input), out, "lu_solve")


# -- pseudo-inverses -----------------------------------------------------------------------------------------------------


def tolerances(function: str, A: Tensor, atol: Tolerance, rtol: Tolerance) -> tuple[Any, Any]:
    """The absolute and the relative tolerance as arrays or tensors: a number each, or one for each matrix.

    By default the absolute one is 0, and the relative one the rounding of the larger dimension; but 0, where there is an
    absolute one.
    """
    for name, given in (("atol", atol), ("rtol", rtol)):
        if isinstance(given, TensorBase) and given.is_complex():
            raise RuntimeError(f"{function}: {name} tensor of complex type is not supported.")
    if rtol is None:
        rounding = max(A.shape[-2:]) * float(np.finfo(A.dtype.numpy).eps)
        if isinstance(atol, TensorBase):
            rtol = ops.where(ops.greater(atol, 0), 0.0, rounding)
        else:
            rtol = 0.0 if atol is not None and atol > 0 else rounding
    given = (0.0 if atol is None else atol, rtol)
    return tuple(one if isinstance(one, TensorBase) else np.asarray(float(one)) for one in given)  # type: ignore[return-value]


def pseudo_inverse(function: str, A: Tensor, atol: Tolerance, rtol: Tolerance, hermitian: bool) -> Tensor:
    tensor_argument(A, function, "A")
    if A.ndim < 2 or not (A.dtype.is_floating_point or A.dtype.is_complex):
        raise RuntimeError(
            f"{function}({scalar_type_name(A.dtype)}{{{list(A.shape)}}}): expected a tensor with 2 or more dimensions of float, "
            "double, cfloat or cdouble types"
        )
    (check_square if hermitian else check_matrix)(function, A)
    refuse_non_finite("linalg.eigh" if hermitian else "linalg.svd", A)
    return ops.pinv(A, *tolerances(f"torch.{function}", A, atol, rtol), hermitian=bool(hermitian))


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudo-inverse; see ``torch.linalg.pinv``. Singular values up to ``rcond`` times the largest count as zeros.

    >>> import chainrule as torch
    >>> torch.pinverse(torch.tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    return pseudo_inverse("linalg.pinv", input, None, rcond, False)


# -- exponentials, reflectors, powers ------------------------------------------------------------------------------------


def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of a square matrix, or of each in a stack (..., n, n): the sum of ``A^k / k!``.

    >>> import chainrule as torch
    >>> torch.matrix_exp(torch.tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    half = tensor_argument(input, "matrix_exp", "input").dtype.is_floating_point and input.dtype.itemsize == 2
    matrix = input.float() if half else input
    check_square("linalg.matrix_exp", matrix)
    result = ops.matrix_exp(matrix)
    return result.to(input.dtype) if half else result


def check_reflectors(function: str, A: Any, tau: Any) -> None:
    """Raise unless ``A`` and ``tau`` are what ``torch.geqrf`` returns."""
    check_matrix(function, A, "input")
    tensor_argument(tau, function, "tau", 2)
    said = f"The shapes are {list(A.shape)} and {list(tau.shape)}."
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(f"{function}: input.shape[-2] must be greater than or equal to input.shape[-1]. {said}")
    if tau.ndim != A.ndim - 1 or tau.shape[:-1] != A.shape[:-2]:
        raise RuntimeError(
            f"{function}: Expected tau to have one dimension less than input, and batch dimensions equal to input.shape[:-2]. {said}"
        )
    if tau.shape[-1] > A.shape[-1]:
        raise RuntimeError(f"{function}: input.shape[-1] must be greater than or equal to tau.shape[-1]. {said}")
    check_same_dtype(function, A, tau, ("input", "tau"))


def orgqr(input: Tensor, input2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first columns of a product of reflections; the same as ``torch.linalg.householder_product``.

    >>> import chainrule as torch
    >>> torch.orgqr(torch.tensor([[0.], [1.]]), torch.tensor([1.]))
    tensor([[ 0.],
            [-1.]])
    """
    check_reflectors("torch.linalg.householder_product", input, input2)
    return deliver(ops.householder_product(input, input2), out, "householder_product")


def ormqr(
    input: Tensor,
    input2: Tensor,
    input3: Tensor,
    left: bool = True,
    transpose: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The product of a matrix and all of Q, of which ``torch.geqrf`` gave the reflectors.

    Args:
        input: the reflectors, of shape (..., m, k).
        input2: their factors, of shape (..., k).
        input3: the matrix, of shape (..., m, n) (or (..., n, m), if Q is on its right).
        left: whether Q is on its left.
        transpose: whether it is ``Q.mH``.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.ormqr(torch.tensor([[0.], [1.]]), torch.tensor([1.]), torch.eye(2))
    tensor([[ 0., -1.],
            [-1.,  0.]])
    """
    check_matrix("torch.ormqr", input, "input")
    tensor_argument(input2, "ormqr", "input2", 2)
    check_matrix("torch.ormqr", tensor_argument(input3, "ormqr", "input3", 3), "input3")
    said = f"The shapes are {list(input.shape)}, {list(input2.shape)} and {list(input3.shape)}."
    axis = -2 if left else -1
    if (
        input3.shape[axis] < input2.shape[-1]
        or input3.shape[axis] != input.shape[-2]
        or input2.shape[-1] > input.shape[-1]
    ):
        raise RuntimeError(
            f"torch.ormqr: other.shape[{axis}] must be equal to input.shape[-2], and tau.shape[-1] not larger than that and "
            f"input.shape[-1]. {said}"
        )
    stacks = {input.shape[:-2], input2.shape[:-1], input3.shape[:-2]}
    if input2.ndim != input.ndim - 1 or len(stacks) > 1:
        raise RuntimeError(f"torch.ormqr: batch dimensions of tau and other to be equal to input.shape[:-2]. {said}")
    check_same_dtype("torch.ormqr", input, input2, ("input", "input2"))
    check_same_dtype("torch.ormqr", input, input3, ("input", "input3"))
    if left:
        product = ops.ormqr(input, input2, input3, adjoint_of=bool(transpose))
    else:  # C Q = (Q^H C^H)^H
        product = ops.ormqr(input, input2, input3.mH, adjoint_of=not transpose).mH
    return delivered(product, out, "ormqr")


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The matrix whose columns are the powers of a vector, the highest first.

    Args:
        x: a vector.
        N: how many columns; as many as there are elements by default.
        increasing: whether the lowest power comes first.

    >>> import chainrule as torch
    >>> torch.vander(torch.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    if tensor_argument(x, "vander", "x").ndim != 1:
        raise RuntimeError(f"x must be a one-dimensional tensor, but has {x.ndim} dimensions")
    if N is not None and N < 0:
        raise RuntimeError(f"N must be non-negative, but is {N}")
    columns = powers(x, len(x) if N is None else N)
    return columns if increasing else columns.flip(-1)


def powers(x: Tensor, count: int) -> Tensor:
    """The powers of each element, from the zeroth on, in a new last dimension."""
    factors = x.unsqueeze(-1)
    if not count:
        return ops.concat([ops.slice_axis(factors, axis=-1, start=0, stop=0, step=1)], axis=-1)
    if x._array.dtype.kind in "biu":
        factors = factors.long()
    ones = factors.new_ones(factors.shape)
    if count == 1:
        return ones
    factors = factors.expand(*x.shape, count - 1)
    return ops.concat([ones, factors.cumprod(-1)], axis=-1)
