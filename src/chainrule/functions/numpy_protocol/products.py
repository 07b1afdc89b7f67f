"""NumPy's products, contractions and linear algebra."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ... import functions as F
from .. import matrices, norms
from .operands import Axis, promoted, tensor
from .reductions import average
from .registry import covers


@covers("dot")
def dot(a: Any, b: Any) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return a * b
    a, b = promoted(a, b)
    return F.matmul(a, b) if b.ndim <= 2 else F.tensordot(a, b, dims=([a.ndim - 1], [b.ndim - 2]))


@covers("vdot")
def vdot(a: Any, b: Any) -> Any:
    return F.vdot(*promoted(tensor(a).reshape(-1), tensor(b).reshape(-1)))


@covers("outer")
def outer(a: Any, b: Any) -> Any:
    return F.outer(*promoted(tensor(a).reshape(-1), tensor(b).reshape(-1)))


@covers("cross")
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = F.broadcast_tensors(*promoted(F.moveaxis(tensor(a), axisa, -1), F.moveaxis(tensor(b), axisb, -1)))
    return F.moveaxis(F.cross(a, b, -1), -1, axisc)


@covers("linalg.cross")
def linalg_cross(x1: Any, x2: Any, axis: int = -1) -> Any:
    return cross(x1, x2, axis=axis)


@covers("einsum")
def einsum(*operands: Any) -> Any:
    if isinstance(operands[0], str):
        return F.einsum(operands[0], *promoted(*operands[1:]))
    tensors = promoted(*operands[: len(operands) // 2 * 2 : 2])
    pairs = zip(tensors, operands[1::2], strict=True)
    return F.einsum(*(part for pair in pairs for part in pair), *operands[len(tensors) * 2 :])


@covers("trace")
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    from .reductions import sum_

    return sum_(F.diagonal(tensor(a), offset, axis1, axis2), -1, dtype)


@covers("linalg.trace")
def linalg_trace(x: Any, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


@covers("linalg.multi_dot")
def multi_dot(arrays: Any) -> Any:
    return matrices.multi_dot(list(promoted(*arrays)))


# -- solving -------------------------------------------------------------------------------------------------------------


@covers("linalg.solve")
def solve(a: Any, b: Any) -> Any:
    """Only a 1-D ``b`` is a vector: PyTorch takes some stacks of them for such, too."""
    a, b = promoted(a, b)
    if b.ndim == 1:
        return matrices.solve(a, b.unsqueeze(-1)).squeeze(-1)
    return matrices.solve(a, b.reshape((1,) * (a.ndim - b.ndim) + tuple(b.shape)))


@covers("linalg.tensorsolve")
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = tensor(a), tensor(b)
    for axis in axes or ():
        a = F.moveaxis(a, axis, -1)
    shape = tuple(a.shape[b.ndim :])
    return solve(a.reshape(-1, prod(shape)), b.reshape(-1)).reshape(shape)


@covers("linalg.tensorinv")
def tensorinv(a: Any, ind: int = 2) -> Any:
    a = tensor(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    return F.inverse(a.reshape(-1, prod(a.shape[ind:]))).reshape(*a.shape[ind:], *a.shape[:ind])


# -- norms ---------------------------------------------------------------------------------------------------------------


@covers("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    x = tensor(x)
    if isinstance(axis, (tuple, list)) and len(axis) == 1:
        axis = axis[0]
    return norms.norm(x, ord, axis, keepdims)


@covers("linalg.vector_norm")
def vector_norm(x: Any, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return norms.vector_norm(tensor(x), ord, axis, keepdims)


@covers("linalg.matrix_norm")
def matrix_norm(x: Any, keepdims: bool = False, ord: Any = "fro") -> Any:
    return norms.matrix_norm(tensor(x), ord, (-2, -1), keepdims)


@covers("linalg.cond")
def cond(x: Any, p: Any = None) -> Any:
    x = tensor(x)
    if p is None or p in (2, -2):
        largest, smallest = norms.matrix_norm(x, 2), norms.matrix_norm(x, -2)
        return smallest / largest if p == -2 else largest / smallest
    return norms.matrix_norm(x, p) * norms.matrix_norm(F.inverse(x), p)


# -- covariances ---------------------------------------------------------------------------------------------------------


@covers("cov")
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: float | None = None, fweights: Any = None,
    aweights: Any = None, dtype: Any = None,
) -> Any:  # fmt: skip
    rows = _variables(m, rowvar) if y is None else F.cat([_variables(m, rowvar), _variables(y, rowvar)])
    if dtype is not None:
        from .shaping import astype

        rows = astype(rows, dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    given = [tensor(w) for w in (fweights, aweights) if w is not None]
    weights = prod(given) if given else None
    middle, total = average(rows, axis=1, weights=weights, returned=True)
    away = rows - middle[:, None]
    total = total[0]
    if aweights is None or not ddof:
        freedom = total - ddof
    else:
        freedom = total - ddof * (weights * given[-1]).sum() / total
    weighted = away if weights is None else away * weights
    return F.squeeze(F.matmul(*promoted(away, F.conj(weighted.T))) / F.clamp(freedom.real, min=0))


def _variables(x: Any, rowvar: bool) -> Any:
    """A matrix with a variable in each row."""
    x = tensor(x)
    if x.ndim < 2:
        return x.reshape(1, -1)
    return x if rowvar else x.T


@covers("corrcoef")
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    deviation = F.sqrt(F.diagonal(c).real)
    c = c / deviation[:, None] / deviation[None, :]
    if c.is_complex():
        return F.complex(F.clamp(c.real, -1, 1), F.clamp(c.imag, -1, 1))
    return F.clamp(c, -1, 1)
