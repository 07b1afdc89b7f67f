"""The norms of torch.linalg, and distances between rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import ops
from ._arguments import axis_of, deliver, takes_axis, tensor_argument
from ._autocast import widened
from ._reduction_arguments import converted, numpy_names, reduced_axes
from .linalg import is_mixed, mixed
from .matrices import check_float
from .spread import norm as tensor_norm, vector_norm as along

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from .._tensor import Tensor
    from ._reduction_arguments import NumpyNames

__all__ = ["cdist", "frobenius_norm", "norm_except_dim", "nuclear_norm"]

Order = Any


def vector_norm(
    input: Tensor,
    ord: Order = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The norm of all elements as one vector, or of the vectors along ``dim``.

    ``axis`` and ``keepdims`` are NumPy's names of ``dim`` and ``keepdim``.

    >>> import chainrule as torch
    >>> torch.linalg.vector_norm(torch.tensor([3., 4.]))
    tensor(5.)
    """
    tensor_argument(input, "linalg.vector_norm", "input")
    if names:
        dim, keepdim = numpy_names("linalg.vector_norm", names, dim, keepdim)
    axis = reduced_axes(dim, keepdim, input.ndim, "linalg_vector_norm")
    if isinstance(ord, str):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type(ord).__name__}")
    return deliver(along(input, float(ord), axis, keepdim, dtype), out, "linalg.vector_norm")


@takes_axis
def matrix_norm(
    input: Tensor,
    ord: Order = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of a matrix, or of each matrix in two dimensions.

    Args:
        input: floating point or complex.
        ord: "fro", the norm of all elements as one vector; "nuc", the sum of the singular values; 2 and -2, the largest and
            the smallest of them; 1 and -1, the largest and smallest sum of the absolute values of a column; inf and -inf, of a
            row.
        dim: the two dimensions of the matrices.
        keepdim: whether these stay, with size 1.
        dtype: what to convert the elements to first.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.linalg.matrix_norm(torch.tensor([[3., 0.], [0., 4.]]))
    tensor(5.)
    """
    check_float(
        "linalg.matrix_norm", tensor_argument(input, "linalg.matrix_norm", "input"), halves=ord not in (2, -2, "nuc")
    )
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.matrix_norm: The input tensor must have at least 2 dimensions. Its shape is {list(input.shape)}."
        )
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    row, column = (axis_of(d, input.ndim, "linalg.matrix_norm") for d in dim)
    if row == column:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return deliver(along(input, 2.0, (row, column), keepdim, dtype), out, "linalg.matrix_norm")
    if ord in (2, -2, "nuc"):
        found = of_singular_values(
            input if dtype is None else converted(input, dtype, "linalg.matrix_norm"), ord, row, column, keepdim
        )
        return deliver(found, out, "linalg.matrix_norm")
    if isinstance(ord, str) or abs(ord) not in (1, math.inf):
        raise RuntimeError(
            f"linalg.matrix_norm: Order {ord} not supported. Supported are 'fro', 'nuc', 1, -1, 2, -2, inf and -inf."
        )
    summed, compared = (row, column) if abs(ord) == 1 else (column, row)
    sums = along(input, 1.0, (summed,), keepdim, dtype)
    if not keepdim and compared < summed:
        compared += 1
    return deliver(
        (ops.amax if ord > 0 else ops.amin)(sums, axis=(compared,), keepdims=keepdim), out, "linalg.matrix_norm"
    )


def of_singular_values(A: Tensor, ord: Order, row: int, column: int, keepdim: bool) -> Tensor:
    """The largest singular value of the matrices in two dimensions, the smallest, or the sum of all."""
    from .decompositions import refuse_non_finite

    refuse_non_finite("linalg.svd", A)
    values = ops.svdvals(A if (row, column) == (-2, -1) else A.movedim((row, column), (-2, -1)))
    reduce = ops.sum if ord == "nuc" else ops.amax if ord == 2 else ops.amin
    if not values.shape[-1]:
        if ord == -2:
            raise IndexError(f"linalg.matrix_norm: matrices of shape {list(A.shape)} have no smallest singular value")
        reduce = ops.sum  # of nothing, 0
    found = reduce(values, axis=(-1,), keepdims=False)
    for axis in sorted(at + A.ndim for at in (row, column)) if keepdim else ():
        found = found.unsqueeze(axis)
    return found


def norm(
    input: Tensor,
    ord: Order = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The norm of all elements as one vector; with ``ord``, of a vector or a matrix, or along one or two dimensions.

    ``axis`` and ``keepdims`` are NumPy's names of ``dim`` and ``keepdim``.

    >>> import chainrule as torch
    >>> torch.linalg.norm(torch.tensor([3., 4.])), torch.linalg.norm(torch.ones(2, 3), 1)
    (tensor(5.), tensor(2.))
    """
    tensor_argument(input, "linalg.norm", "input")
    if names:
        dim, keepdim = numpy_names("linalg.norm", names, dim, keepdim)
    if isinstance(dim, (tuple, list)):
        if len(dim) not in (1, 2):
            raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
        if len(dim) == 1:
            dim = dim[0]
    if ord is None or isinstance(dim, int) or (dim is None and input.ndim == 1):
        return vector_norm(input, 2 if ord is None else ord, dim, keepdim, dtype=dtype, out=out)
    if dim is None and input.ndim != 2:
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {input.ndim}D."
        )
    return matrix_norm(input, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """The distances between the rows of two matrices, or of two stacks of them, in the ``p``-norm.

    Args:
        x1: of shape (..., n, m).
        x2: of shape (..., k, m).
        p: which norm, not negative.
        compute_mode: accepted, and of no effect: distances are always computed from differences.

    Raises:
        RuntimeError: rows of different length, or ``p`` negative.

    >>> import chainrule as torch
    >>> torch.cdist(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    x1, x2 = widened(x1, x2)
    for at, (name, x) in enumerate((("X1", x1), ("X2", x2)), 1):
        tensor_argument(x, "cdist", f"x{at}", at)
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
        if not x.dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype}")
    if is_mixed(x1, x2):
        raise mixed(x1, x2, "cdist: expected X1 and X2 of one dtype, but got {} and {}", c=False)
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, got {p}")
    if p == 2:
        return ops.cdist(x1, x2)
    differences = ops.subtract(ops.expand_dims(x1, axis=-2), ops.expand_dims(x2, axis=-3))
    return along(differences, float(p), (-1,), False)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norms of the slices along a dimension, which stays, the others with size 1; of all elements for ``dim=-1``.

    >>> import chainrule as torch
    >>> torch.norm_except_dim(torch.tensor([[3., 4.], [0., 2.]]))
    tensor([[5.],
            [2.]])
    """
    ndim = tensor_argument(v, "norm_except_dim", "v")._array.ndim
    if dim == -1:
        return tensor_norm(v, pow)
    kept = axis_of(dim, ndim, "norm_except_dim")
    others = [a for a in range(-ndim, 0) if a != kept]
    if not others:
        return tensor_norm(ops.expand_dims(v, axis=-1), pow, -1)
    return tensor_norm(v, pow, others, keepdim=True)


def frobenius_norm(
    input: Tensor, dim: int | Sequence[int], keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The square root of the sum of squares along dimensions, of all for an empty ``dim``.

    >>> import chainrule as torch
    >>> torch.frobenius_norm(torch.tensor([[3., 4.]]), ())
    tensor(5.)
    """
    tensor_argument(input, "frobenius_norm", "input")
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    if len(dims) > 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    return tensor_norm(input, 2, dims or None, keepdim, out)


def nuclear_norm(
    input: Tensor, dim: Sequence[int] = (0, 1), keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The sum of the singular values of a matrix, or of those in two dimensions.

    >>> import chainrule as torch
    >>> torch.nuclear_norm(torch.eye(3))
    tensor(3.)
    """
    tensor_argument(input, "nuclear_norm", "input")
    return tensor_norm(input, "nuc", tuple(dim), keepdim, out)
