"""Ranks, condition numbers, matrices of powers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import ops
from ..functions._arguments import deliver, tensor_argument
from ..functions.decompositions import check_matrix, refuse_non_finite
from ..functions.factor_solves import powers, tolerances
from ..functions.matrices import check_square
from ..functions.norms import matrix_norm
from ._decompositions import svdvals
from ._solves import inv_ex

if TYPE_CHECKING:
    from .._tensor import Tensor

Tolerance = Any


def matrix_rank(
    input: Tensor,
    tol: Tolerance = None,
    hermitian: bool = False,
    *,
    atol: Tolerance = None,
    rtol: Tolerance = None,
    out: Tensor | None = None,
) -> Tensor:
    """How many singular values of a matrix, or of each in a stack, are above both tolerances.

    Args:
        input: A, of shape (..., m, n).
        tol: an absolute tolerance, in place of ``atol`` and ``rtol``.
        hermitian: whether A is symmetric or Hermitian: then only its lower triangle is read.
        atol: the absolute tolerance, a number or one for each matrix; 0 by default.
        rtol: the one relative to the largest; by default max(m, n) times the rounding of the dtype, or 0 if there is an absolute
            one.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.linalg.matrix_rank(torch.ones(2, 3))
    tensor(1)
    """
    function = "torch.linalg.matrix_rank"
    tensor_argument(input, "linalg_matrix_rank", "input")
    if input.ndim < 2:
        raise RuntimeError(f"{function}: The input tensor must have at least 2 dimensions. It has {input.ndim}.")
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError(
            f"This function doesn't handle types other than float and double, but got {input.dtype}: convert with .float()"
        )
    (check_square if hermitian else check_matrix)("linalg.matrix_rank", input)
    refuse_non_finite("linalg.eigh" if hermitian else "linalg.svd", input)
    input = input.detach()
    sizes = ops.abs(ops.eigvalsh(input, upper=False)) if hermitian else ops.svdvals(input)
    absolute, relative = tolerances(function, input, *((tol, 0.0) if tol is not None else (atol, rtol)))
    if sizes.shape[-1]:
        largest = sizes.amax(-1)
        cut = ops.maximum(ops.multiply(largest, relative), absolute)
        sizes = sizes > ops.expand_dims(cut, axis=-1)
    return deliver(sizes.sum(-1).long(), out, "linalg.matrix_rank")


def cond(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The condition number of a matrix, or of each in a stack: its norm times that of its inverse.

    Args:
        input: A, of shape (..., m, n), with m = n unless p is None, 2 or -2.
        p: the norm: None or 2 for the largest singular value by the smallest, -2 for its reciprocal, "fro", "nuc", 1, -1, inf
            or -inf as in :func:`matrix_norm`.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.linalg.cond(torch.tensor([[4., 0.], [0., 2.]]))
    tensor(2.)
    """
    known = p in ("fro", "nuc") if isinstance(p, str) else p is None or abs(p) in (1, 2, math.inf)
    if not known:
        raise RuntimeError(
            f"linalg.cond got an invalid norm type: {p}. It is one of 'fro', 'nuc', inf, -inf, 1, -1, 2, -2 and None."
        )
    if input.ndim < 2:
        raise RuntimeError(f"linalg.cond: The input tensor must have at least 2 dimensions. It has {input.ndim}.")
    if not isinstance(p, str) and (p is None or abs(p) == 2):
        s = svdvals(input)
        if not s.numel():
            return deliver(ops.sum(s, axis=(-1,), keepdims=False), out, "linalg.cond")
        largest, smallest = (ops.select(s, axis=-1, index=at) for at in (0, s.shape[-1] - 1))
        return deliver(smallest / largest if p == -2 else largest / smallest, out, "linalg.cond")
    check_square(f"linalg.cond(ord={p})", input)
    if p == "nuc":
        s = svdvals(input)
        return deliver(s.sum(-1) * ops.reciprocal(s).sum(-1), out, "linalg.cond")
    if not input.numel():
        return deliver(input.new_zeros(input.shape[:-2]).abs(), out, "linalg.cond")
    inverted, info = inv_ex(input)
    found = ops.multiply(
        matrix_norm(input, p), matrix_norm(ops.where((info != 0)[..., None, None], math.inf, inverted), p)
    )
    found = ops.nan_to_num(found, nan=math.inf, posinf=math.inf, neginf=-math.inf)  # of a matrix of zeros, 0 * inf
    return deliver(found, out, "linalg.cond")


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The matrix whose columns are the powers of a vector, or of each in a stack (..., n), from the zeroth on.

    Args:
        x: of shape (..., n); a number is taken for a vector.
        N: how many columns, at least 2; n by default.

    >>> import chainrule as torch
    >>> torch.linalg.vander(torch.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    if tensor_argument(x, "linalg_vander", "x")._array.dtype == bool:
        raise RuntimeError("linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    if not x.ndim:
        x = x.reshape(1)
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError(f"N must be greater than 1 in linalg.vander(), but is {count}")
    return powers(x, count)
