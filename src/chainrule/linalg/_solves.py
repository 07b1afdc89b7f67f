"""Systems of equations, inverses, pseudo-inverses, least squares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import Lifted, new_tensor, numbers_of
from ..core.xla_level import placed
from ..dtypes import int32
from ..functions import factor_solves as _shared
from ..functions._arguments import axis_of, deliver, tensor_argument
from ..functions._autocast import widened
from ..functions._reduction_arguments import named
from ..functions.decompositions import failure, refuse_non_finite
from ..functions.factor_solves import (
    check_equation,
    check_reflectors,
    check_same_dtype,
    check_stacks,
    check_triangle,
    pseudo_inverse,
)
from ..functions.matrices import (
    LinAlgError,
    check_square,
    delivered,
    inverse,
    refuse_singular,
    refuse_unsolvable,
    solve,
    system,
)

if TYPE_CHECKING:
    from .._tensor import Tensor

Tolerance = Any

# -- systems -------------------------------------------------------------------------------------------------------------


def solve_triangular(
    input: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """X with ``A @ X = B`` (or ``X @ A = B`` if not ``left``), A a triangle. Its elements beyond are not read.

    Args:
        input: A, of shape (..., n, n).
        B: of shape (..., n, k) (or (..., k, n)).
        upper: whether A is an upper triangle, and not a lower one.
        left: whether A is on the left.
        unitriangular: whether to take the diagonal of A for ones.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.linalg.solve_triangular(torch.tensor([[1., 1.], [0., 2.]]), torch.tensor([[4.], [2.]]), upper=True)
    tensor([[3.],
            [1.]])
    """
    function = "linalg.solve_triangular"
    check_triangle(function, input, B, left)
    solved = ops.solve_triangular(input, B, upper=bool(upper), left=bool(left), unit=bool(unitriangular))
    return delivered(solved, out, function)


def lu_solve(
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    *,
    left: bool = True,
    adjoint: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """X with ``A @ X = B`` (or ``X @ A = B`` if not ``left``), A given by what :func:`lu_factor` returns.

    Args:
        LU: of shape (..., n, n).
        pivots: int32, of shape (..., n).
        B: of shape (..., n, k) (or (..., k, n)).
        left: whether A is on the left.
        adjoint: whether to solve with ``A.mH`` for A.
        out: where to write the result.

    >>> import chainrule as torch
    >>> LU, pivots = torch.linalg.lu_factor(torch.tensor([[0., 2.], [4., 0.]]))
    >>> torch.linalg.lu_solve(LU, pivots, torch.tensor([[2.], [4.]]))
    tensor([[1.],
            [1.]])
    """
    return delivered(_shared.solved_factors("linalg.lu_solve", LU, pivots, B, left, adjoint), out, "linalg.lu_solve")


def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False, out: Tensor | None = None) -> Tensor:
    """X with ``A @ X = B``, A given by what :func:`ldl_factor` returns. It has no derivative.

    Args:
        LD: of shape (..., n, n).
        pivots: of shape (..., n).
        B: of shape (..., n, k).
        hermitian: as in :func:`ldl_factor`.
        out: where to write the result.

    >>> import chainrule as torch
    >>> LD, pivots = torch.linalg.ldl_factor(torch.tensor([[4., 2.], [2., 3.]]))
    >>> torch.linalg.ldl_solve(LD, pivots, torch.tensor([[6.], [5.]]))
    tensor([[1.],
            [1.]])
    """
    function = "torch.linalg.ldl_solve"
    tensor_argument(pivots, function, "pivots", 2)
    if tensor_argument(B, function, "B", 3).ndim < 2:
        raise IndexError(f"{function}: Dimension out of range: B must have at least 2 dimensions, but has {B.ndim}")
    check_equation(function, LD, B)
    if pivots.is_floating_point() or pivots.is_complex() or pivots._array.dtype == bool:
        raise RuntimeError(f"{function}: Expected pivots to be integers. Got {pivots.dtype}")
    if pivots.shape != LD.shape[:-1]:
        raise RuntimeError(
            f"{function}: Expected LD.shape[:-1] and pivots.shape to be the same, but got {list(LD.shape)} and {list(pivots.shape)}"
        )
    solved = ops.ldl_solve(LD, pivots.to(int32), B, hermitian=bool(hermitian))
    return delivered(solved, out, function)


def solve_ex(
    A: Tensor,
    B: Tensor,
    *,
    left: bool = True,
    check_errors: bool = False,
    out: tuple[Tensor, Tensor] | None = None,
) -> Any:
    """As :func:`solve`, and for each matrix 0, or the place of the first zero pivot, counted from 1; its result is NaN.

    >>> import chainrule as torch
    >>> torch.linalg.solve_ex(torch.ones(2, 2), torch.ones(2)).info
    tensor(2, dtype=torch.int32)
    """
    vector = system("linalg.solve_ex", A, B, left)
    try:
        solved = ops.solve_system(A, B, left=left, vector=vector)
    except np.linalg.LinAlgError:
        solved = None
    if solved is not None and not isinstance(solved._array, Lifted):
        info = new_tensor(np.zeros(A.shape[:-2], np.int32))
        return named("linalg_solve_ex", (solved, info), out)
    info = _zero_pivot(A)
    if check_errors:
        refuse_unsolvable("solve_ex", info)
    if failure(info) is not None:
        singular = ops.expand_dims(ops.expand_dims(info != 0, axis=-1), axis=-1)
        solved = ops.solve_system(ops.where(singular, math.nan, A), B, left=left, vector=vector)
    return named("linalg_solve_ex", (solved, info), out)


def inv_ex(A: Tensor, *, check_errors: bool = False, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """The inverse, and for each matrix 0, or the place of the first zero pivot, counted from 1, if it is singular.

    >>> import chainrule as torch
    >>> torch.linalg.inv_ex(torch.ones(2, 2)).info
    tensor(2, dtype=torch.int32)
    """
    check_square("linalg.inv_ex", A)
    inverted = ops.inv(A)
    if isinstance(inverted._array, Lifted) or not np.isfinite(numbers_of(inverted._array)).all():
        info = _zero_pivot(A)
    else:
        info = new_tensor(np.zeros(A.shape[:-2], np.int32))
    if check_errors:
        refuse_singular("linalg.inv_ex", info)
    return named("linalg_inv_ex", (inverted, info), out)


def _zero_pivot(A: Tensor) -> Tensor:
    _, _, info = ops.lu_factor(A.detach())
    return info


def tensorinv(input: Tensor, ind: int = 2, *, out: Tensor | None = None) -> Tensor:
    """The inverse of what ``tensordot(A, x, x.ndim)`` does: ``tensordot(tensorinv(A), A @ x, ind)`` is x again.

    Args:
        input: A, whose first ``ind`` dimensions have as many elements as the others.
        ind: how many dimensions are those of the result of the map.
        out: where to write the result.

    Raises:
        torch.linalg.LinAlgError: A is singular.

    >>> import chainrule as torch
    >>> torch.linalg.tensorinv(torch.eye(6).reshape(2, 3, 6)).shape
    torch.Size([6, 2, 3])
    """
    tensor_argument(input, "linalg.tensorinv", "input")
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    first, last = input.shape[:ind], input.shape[ind:]
    if math.prod(first) != math.prod(last):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{math.prod(last)} != {math.prod(first)}"
        )
    inverted = inverse(input.reshape(math.prod(first), math.prod(last)))
    return deliver(inverted.reshape(*last, *first), out, "linalg.tensorinv")


def tensorsolve(
    input: Tensor, other: Tensor, dims: tuple[int, ...] | None = None, *, out: Tensor | None = None
) -> Tensor:
    """X with ``tensordot(A, X, X.ndim) = B``.

    Args:
        input: A, whose first dimensions are those of B, and the others, of as many elements, those of X.
        other: B, the right-hand side.
        dims: dimensions of A to move to the end first.
        out: where to write the result.

    Raises:
        torch.linalg.LinAlgError: A is singular.

    >>> import chainrule as torch
    >>> torch.linalg.tensorsolve(torch.eye(6).reshape(2, 3, 6), torch.ones(2, 3))
    tensor([1., 1., 1., 1., 1., 1.])
    """
    tensor_argument(input, "linalg.tensorsolve", "input")
    tensor_argument(other, "linalg.tensorsolve", "other", 2)
    if dims is not None:
        axes = [axis_of(dim, input.ndim, "linalg.tensorsolve") for dim in dims]
        input = input.movedim(axes, [at - len(axes) for at in range(len(axes))])
    shape = input.shape[other.ndim :]
    size = math.prod(shape)
    if size * size != input.numel() or size != other.numel():
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but got "
            f"{size} != {math.prod(input.shape[: other.ndim])}; and that B has as many elements, which has {other.numel()}"
        )
    return deliver(solve(input.reshape(size, size), other.reshape(-1)).reshape(shape), out, "linalg.tensorsolve")


# -- pseudo-inverses, least squares --------------------------------------------------------------------------------------


def pinv(
    input: Tensor,
    rcond: Tolerance = None,
    hermitian: bool = False,
    *,
    atol: Tolerance = None,
    rtol: Tolerance = None,
    out: Tensor | None = None,
) -> Tensor:
    """The pseudo-inverse (of Moore and Penrose) of a matrix, or of each in a stack.

    Singular values up to the larger of ``atol`` and ``rtol`` times the largest of them count as zeros. The gradient is right
    where the rank stays the same.

    Args:
        input: A, of shape (..., m, n).
        rcond: an older name of ``rtol``.
        hermitian: whether A is symmetric or Hermitian: then only its lower triangle is read.
        atol: the absolute tolerance, a number or one for each matrix; 0 by default.
        rtol: the relative one; by default max(m, n) times the rounding of the dtype, or 0 if there is an absolute one.
        out: where to write the result.

    Raises:
        torch.linalg.LinAlgError: there are infinities or NaNs.

    >>> import chainrule as torch
    >>> torch.linalg.pinv(torch.tensor([[2., 0.], [0., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000, 0.0000],
            [0.0000, 0.0000, 0.0000]])
    """
    inverted = pseudo_inverse("linalg.pinv", input, atol, rtol if rcond is None else rcond, hermitian)
    return deliver(inverted, out, "linalg.pinv")


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None, out: Any = None) -> Any:
    """The X that makes ``|A @ X - B|`` smallest, and of several the smallest.

    All drivers compute the same, by singular values; they differ, as in PyTorch, in what else they return.

    Args:
        input: A, of shape (..., m, n).
        b: B, of shape (..., m, k), or (..., m) if A has one dimension more.
        rcond: singular values up to this times the largest count as zeros; by default max(m, n) times the rounding of the
            dtype.
        driver: "gels", "gelsy" (the default), "gelsd" or "gelss".
        out: a tuple of the four tensors that take the results.

    Raises:
        torch.linalg.LinAlgError: there are infinities or NaNs, or, with "gels", a matrix has less than full rank.

    Returns:
        solution: X.
        residuals: the sums of squares of the columns of ``A @ X - B``, if m > n and all ranks are n; else, and with "gelsy",
            empty.
        rank: of each matrix; with "gels" empty.
        singular_values: with "gelsd" and "gelss"; else empty.

    >>> import chainrule as torch
    >>> torch.linalg.lstsq(torch.tensor([[1.], [0.]]), torch.tensor([[2.], [4.]])).solution
    tensor([[2.]])
    """
    function = "torch.linalg.lstsq"
    for position, (name, X) in enumerate((("input", input), ("other", b)), 1):
        tensor_argument(X, "linalg_lstsq", name, position)
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError(
            f"This function doesn't handle types other than float and double, but got {input.dtype}: convert with .float()"
        )
    if input.ndim < 2:
        raise RuntimeError(f"{function}: input must have at least 2 dimensions. Its shape is {list(input.shape)}.")
    if b.ndim < 1:
        raise RuntimeError(f"{function}: other must have at least 1 dimension.")
    vector = input.ndim - 1 == b.ndim
    if not vector and input.ndim != b.ndim:
        raise RuntimeError(
            f"{function}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1, but they are "
            f"{input.ndim} and {b.ndim}"
        )
    axis = -1 if vector else -2
    if input.shape[-2] != b.shape[axis]:
        raise RuntimeError(
            f"{function}: input.size(-2) should match other.size({axis}): the shapes are {list(input.shape)} and {list(b.shape)}"
        )
    input, b = widened(input, b)
    check_same_dtype(function, input, b, ("input", "other"))
    if driver is not None and driver not in DRIVERS:
        raise RuntimeError(
            f"{function}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), but is {driver}"
        )
    driver = driver or "gelsy"
    check_stacks(input, ops.expand_dims(b, axis=-1) if vector else b)
    refuse_non_finite("linalg.svd", input)
    m, n = input.shape[-2:]
    cut = max(m, n) * float(np.finfo(input.dtype.numpy).eps) if rcond is None else float(rcond)
    solution, residuals, rank = ops.lstsq(input, b, rcond=cut, vector=vector)
    if driver == "gels":
        triangle = ops.triangle_of_qr((input if m >= n else input.mH).detach())
        if (numbers_of(triangle.diagonal(dim1=-2, dim2=-1)._array) == 0).any():
            raise LinAlgError(
                f"{function}: The least squares solution could not be computed because the input matrix does not have full rank. "
                "Leave driver='gels' away: the other drivers find the smallest of several solutions."
            )
    determined = driver != "gelsy" and m > n and (driver == "gels" or (numbers_of(rank._array) == n).all())
    numbers = ops.svdvals(input.detach()) if driver in ("gelsd", "gelss") else None
    real = new_tensor(placed(np.empty(0, np.abs(np.empty(0, input.dtype.numpy)).dtype), input.device))
    results = (
        solution,
        residuals if determined else residuals.reshape(-1)[:0],
        real.long() if driver == "gels" else rank,
        real if numbers is None else numbers,
    )
    return named("linalg_lstsq", results, out)


# -- others --------------------------------------------------------------------------------------------------------------


def matrix_exp(input: Tensor) -> Tensor:
    """The exponential; see :func:`chainrule.matrix_exp`.

    >>> import chainrule as torch
    >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _shared.matrix_exp(input)


def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first n columns of a product of reflections ``I - tau v v^H``.

    Args:
        input: A, of shape (..., m, n), m >= n: the vectors v are its columns below the diagonal, with ones on it.
        tau: their factors, of shape (..., k), k <= n.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.linalg.householder_product(torch.tensor([[0.], [1.]]), torch.tensor([1.]))
    tensor([[ 0.],
            [-1.]])
    """
    check_reflectors("torch.linalg.householder_product", input, tau)
    return deliver(ops.householder_product(input, tau), out, "linalg.householder_product")
