"""Determinants, inverses, linear systems and powers of square matrices; distances between rows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import numbers_of
from ..promotion import scalar_type_name
from ._arguments import deliver, takes_axis, tensor_argument
from ._autocast import lowered
from ._reduction_arguments import named
from .linalg import is_mixed, matmul

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["det", "inverse", "logdet", "matrix_power", "slogdet"]


class _LinAlgError(RuntimeError):
    """A matrix is singular where it must not be.

    >>> import chainrule as torch
    >>> try:
    ...     torch.inverse(torch.zeros(2, 2))
    ... except torch.linalg.LinAlgError:
    ...     print("singular")
    singular
    """


LinAlgError = _LinAlgError  # PyTorch's two names: the first is what a traceback shows


def check_square(function: str, A: Any, name: str = "A") -> None:
    """Raise unless ``A`` is a matrix, or a stack of them, square and of a float or complex dtype."""
    tensor_argument(A, function, name)
    if A.ndim < 2:
        raise RuntimeError(
            f"{function}: The input tensor A must have at least 2 dimensions. Its shape is {list(A.shape)}."
        )
    if A.shape[-1] != A.shape[-2]:
        raise RuntimeError(
            f"{function}: A must be batches of square matrices, but they are {A.shape[-2]} by {A.shape[-1]} matrices"
        )
    check_float(function, A)


WIDENED = frozenset(
    f"{prefix}{name}"
    for prefix in ("", "linalg.", "torch.", "torch.linalg.")
    for name in (
        "cholesky cholesky_inverse cholesky_solve eig eigh eigvals householder_product inv lstsq ormqr qr solve svd"
    ).split()
)
"""Those whose ops compute in float32 under autocast."""


def check_float(function: str, A: Tensor, halves: bool = False) -> None:
    dtype = A.dtype
    name = scalar_type_name(dtype)
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(
            f"{function}: Expected a floating point or complex tensor as input. Got {name}. Convert it with .float()."
        )
    if dtype.itemsize == 2 and not halves and not (function in WIDENED and lowered(A) is not None):
        raise NotImplementedError(
            f"{function}: Low precision dtypes not supported. Got {name}. Convert it with .float()."
        )


def delivered(result: Tensor, out: Tensor | None, function: str) -> Tensor:
    """As ``deliver``, but that ``out`` must have the dtype of the result."""
    if out is not None and tensor_argument(out, function, "out").dtype is not result.dtype:
        raise RuntimeError(f"Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead")
    return deliver(result, out, function)


# -- determinants --------------------------------------------------------------------------------------------------------


def det(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The determinant of a square matrix, or of each in a stack (..., n, n).

    All derivatives are right for singular matrices too.

    >>> import chainrule as torch
    >>> torch.det(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)
    """
    check_square("linalg.det", input)
    return delivered(ops.det(input), out, "det")


def slogdet(input: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """The sign of the determinant (of modulus 1 if complex) and the logarithm of its absolute value.

    >>> import chainrule as torch
    >>> torch.slogdet(torch.tensor([[1., 2.], [3., 4.]]))
    torch.return_types.slogdet(
    sign=tensor(-1.),
    logabsdet=tensor(0.6931))
    """
    return named("slogdet", sign_and_logarithm(input), out)


def sign_and_logarithm(input: Tensor) -> tuple[Tensor, Tensor]:
    check_square("linalg.slogdet", input)
    return (ops.slogdet_complex if input.is_complex() else ops.slogdet)(input)


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant: -inf if it is 0, NaN if it is negative.

    >>> import chainrule as torch
    >>> torch.logdet(torch.eye(3) * 2)
    tensor(2.0794)
    """
    check_square("logdet", input)
    sign, logabsdet = sign_and_logarithm(input)
    if input.is_complex():
        return ops.add(ops.log(sign), logabsdet)
    return ops.where(sign == -1, float("nan"), logabsdet)


# -- inverses and systems ------------------------------------------------------------------------------------------------


def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of a square matrix, or of each in a stack (..., n, n).

    Raises:
        torch.linalg.LinAlgError: a matrix is singular.

    >>> import chainrule as torch
    >>> torch.inverse(torch.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    check_square("linalg.inv", input)
    result = ops.inv(input)
    if not np.isfinite(numbers_of(result._array)).all():
        refuse_singular("linalg.inv", ops.lu_factor(input.detach())[2])
    return delivered(result, out, "inverse")


def refuse_singular(function: str, info: Tensor) -> None:
    """Raise if a matrix is singular: ``info`` says which pivot is zero."""
    from .decompositions import failure

    found = failure(info)
    if found is not None:
        batch, pivot = found
        raise _LinAlgError(
            f"{function}: {batch}The diagonal element {pivot} is zero, the inversion could not be completed because the input matrix "
            "is singular."
        )


def solve(A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """X with ``A @ X = B`` (or ``X @ A = B`` if not ``left``).

    Args:
        A: square matrices (..., n, n).
        B: vectors (..., n) with the batch shape of A, or matrices (..., n, k).
        left: whether A is on the left.
        out: where to write the result.

    Raises:
        torch.linalg.LinAlgError: a matrix is singular.

    >>> import chainrule as torch
    >>> torch.linalg.solve(torch.tensor([[2., 0.], [0., 4.]]), torch.tensor([1., 1.]))
    tensor([0.5000, 0.2500])
    """
    vector = system("linalg.solve", A, B, left)
    try:
        x = ops.solve_system(A, B, left=left, vector=vector)
    except np.linalg.LinAlgError:
        refuse_unsolvable("solve", ops.lu_factor(A.detach())[2])
        raise
    return delivered(x, out, "solve")


def system(function: str, A: Tensor, B: Tensor, left: bool) -> bool:
    """Whether ``B`` is vectors; raises unless ``A @ X = B`` (or ``X @ A = B``) can be."""
    check_square(function, A)
    tensor_argument(B, function, "B", 2)
    if is_mixed(A, B):
        a, b = scalar_type_name(A.dtype), scalar_type_name(B.dtype)
        raise RuntimeError(
            f"{function}: Expected A and B to have the same dtype, but found A of type {a} and B of type {b} instead"
        )
    vector = B.ndim == 1 or (B.ndim + 1 == A.ndim and B.shape == A.shape[:-1])
    if not B.ndim:
        raise RuntimeError(f"{function}: The input tensor B must have at least 1 dimension.")
    rows, columns = (B.shape[-1], 1) if vector else B.shape[-2:]
    if (rows if left else columns) != A.shape[-1]:
        sizes = f"{A.shape[-2]}x{A.shape[-1]} and {rows}x{columns}"
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B ({sizes})"
        )
    if vector and not left:
        raise RuntimeError(f"{function}: Vector broadcasting of the left hand side is not supported for left=False.")
    return vector


def refuse_unsolvable(function: str, info: Tensor) -> None:
    """Raise if a matrix of a system is singular."""
    from .decompositions import failure

    found = failure(info)
    if found is not None:
        raise _LinAlgError(
            f"torch.linalg.{function}: {found[0]}The solver failed because the input matrix is singular."
        ) from None


# -- powers and chains ---------------------------------------------------------------------------------------------------


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """The matrix (or each in a stack) multiplied with itself; a negative ``n`` takes the inverse.

    >>> import chainrule as torch
    >>> torch.matrix_power(torch.tensor([[1., 1.], [0., 1.]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    tensor_argument(input, "matrix_power", "input", 1)
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            "linalg.matrix_power: A must be batches of square matrices, but they are "
            f"{' by '.join(map(str, input.shape[-2:]))} matrices"
        )
    if n < 0:
        input, n = inverse(input), -n
    power, square = None, input
    while n:
        if n & 1:
            power = square if power is None else matmul(power, square)
        n >>= 1
        if n:
            square = matmul(square, square)
    if power is None:  # constant, but in the graph as any power
        identity = np.broadcast_to(np.eye(input.shape[-1], dtype=input._array.dtype), input.shape)
        power = ops.where(np.True_, identity, input)
    elif power is input:
        power = ops.clone(input)
    return deliver(power, out, "matrix_power")


def multi_dot(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """The product of matrices (the first and the last may be vectors), in the cheapest order.

    >>> import chainrule as torch
    >>> torch.linalg.multi_dot([torch.ones(3), torch.ones(3, 4), torch.ones(4)])
    tensor(12.)
    """
    from .linalg import cheapest_product

    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for at, t in enumerate(tensors):
        tensor_argument(t, "multi_dot", "tensors")
        if t.ndim != 2 and not (t.ndim == 1 and at in (0, len(tensors) - 1)):
            raise RuntimeError(f"multi_dot(): tensor {at} must be 2D but got {t.ndim}D")
    first, last = tensors[0], tensors[-1]
    if first.ndim == 1:
        tensors[0] = ops.expand_dims(first, axis=-2)
    if last.ndim == 1:
        tensors[-1] = ops.expand_dims(last, axis=-1)
    for at, (x, y) in enumerate(pairwise(tensors)):
        if x.shape[1] != y.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {at} and {at + 1} with shapes {list(x.shape)} and {list(y.shape)} cannot be multiplied"
            )
    product = cheapest_product(tensors)
    shape = (*first.shape[:-1], *last.shape[1:])
    return deliver(product if product.shape == shape else ops.reshape(product, shape), out, "multi_dot")


@takes_axis
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The sum of ``conj(x) * y`` along ``dim``, with broadcasting.

    >>> import chainrule as torch
    >>> torch.linalg.vecdot(torch.ones(2, 3), torch.ones(3))
    tensor([3., 3.])
    """
    from ._arguments import axis_of

    tensor_argument(x, "vecdot", "x", 1)
    tensor_argument(y, "vecdot", "y", 2)
    axis = axis_of(dim, max(x.ndim, y.ndim), "vecdot")
    x, y = lowered(x, y) or (x, y)
    product = ops.multiply(ops.conj(x) if x.is_complex() else x, y)
    return deliver(ops.sum(product, axis=(axis,), keepdims=False), out, "vecdot")
