"""What ordinary ops do with sparse operands: by name, functions of raw values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import numpy as xp, sparse_numpy as arrays
from ..core.engine import current_pass
from ..core.sparse_level import is_sparse
from ..core.sparse_values import NAMES, Pattern, SparseArray, compress
from .sparse_joins import concat, joined

LINEAR = frozenset("negative positive conj_physical conjugate".split())
"""Ops of one operand that need no coalesced one."""
UNARY = LINEAR | frozenset(
    """
    abs abs_complex angle asin asinh atan atanh ceil deg2rad erf erfinv expm1 floor frac isinf isnan isneginf isposinf log1p
    nan_to_num power_to rad2deg relu round round_decimals sgn sgn_complex sign signbit sin sinh sqrt tan tanh trunc
    """.split()
)
"""Ops of one operand that leave zeros zero."""


def refused(name: str, operands: Any) -> NotImplementedError:
    layouts = [NAMES[one.layout] for one in operands if is_sparse(one)]
    return NotImplementedError(
        f"Could not run '{name}' with arguments from the '{layouts[0]}CPU' backend: chainrule has no such operation of sparse tensors. "
        "Convert with .to_dense() first, or compute on the .values() of a coalesced tensor and make a new one of them."
    )


def power_of_zero(exponent: Any) -> None:
    if exponent == 0:
        raise RuntimeError(
            "pow: cannot raise to zeroth power on sparse tensor; it would make the result tensor dense. Use .to_dense() first."
        )


EVERYWHERE = {"power_to": power_of_zero}
"""What refuses parameters with which an op does not leave zeros zero."""


def matrix(x: Any, name: str) -> Any:
    """The coordinates of a sparse matrix without dense dimensions."""
    if x.ndim != 2 or x.pattern.sparse_dim != 2:
        raise RuntimeError(
            f"{name}: matrices expected, got a sparse tensor of {x.pattern.sparse_dim} sparse and "
            f"{x.ndim - x.pattern.sparse_dim} dense dimensions"
        )
    return x


def like(x: SparseArray, pattern: Pattern, values: Any) -> SparseArray:
    """A coalesced matrix in the layout of another."""
    made = SparseArray(pattern, values)
    return made if x.layout == "coo" else compress(made, x.layout)


# -- sums ----------------------------------------------------------------------------------------------------------------


def add(x: Any, y: Any) -> Any:
    if not is_sparse(x):
        return added_to(x, y)
    if not is_sparse(y):
        if x.layout == "coo" and current_pass() is None:
            raise RuntimeError(
                "add(sparse, dense) is not supported. Use add(dense, sparse) instead: the result is dense, and numbers count as dense."
            )
        return added_to(y, x)
    if x.shape != y.shape:
        raise RuntimeError(
            f"add: expected sizes of 'self' and 'other' to match, but {list(x.shape)} != {list(y.shape)}"
        )
    if x.layout != y.layout:
        if current_pass() is None:
            raise RuntimeError(
                f"add: sparse tensors of one layout expected, got {NAMES[x.layout]} and {NAMES[y.layout]}. Convert one of them, "
                "for example with .to_sparse_coo()."
            )
        x, y = x.as_coo(), y.as_coo()
    if x.pattern.sparse_dim != y.pattern.sparse_dim:
        raise RuntimeError(
            f"add: expected 'self' and 'other' to have same number of sparse dimensions, got {x.pattern.sparse_dim} and "
            f"{y.pattern.sparse_dim}"
        )
    a, b = x.pattern, y.pattern
    if a is b and a.is_ordered:
        return SparseArray(a, x.values + y.values)
    values = np.concatenate([x.values, y.values])
    both = Pattern("coo", x.shape, np.concatenate([a.indices, b.indices], axis=1))
    if not (a.is_ordered and b.is_ordered) and x.layout == "coo":
        return SparseArray(both, values)
    total = SparseArray(both, values).coalesced()
    if x.layout != "coo":
        return compress(total, x.layout)
    is_coalesced = a.is_coalesced and b.is_coalesced
    return SparseArray(Pattern("coo", x.shape, total.pattern.indices, is_coalesced=is_coalesced), total.values)


def added_to(dense: Any, sparse: SparseArray) -> Any:
    dense = np.asarray(dense)
    if dense.shape != sparse.shape:
        raise RuntimeError(
            f"add: expected 'self' and 'other' to have same size, but self has size {list(dense.shape)} while other has size "
            f"{list(sparse.shape)} (FYI: dense-sparse addition does not currently support broadcasting)"
        )
    out = dense.astype(np.result_type(dense, sparse.values))
    first, values = arrays.summed(sparse.pattern.keys, sparse.values)
    places = tuple(sparse.pattern.indices[:, first])
    out[places] += values
    return out


def scaled(x: Any, number: Any) -> Any:
    factor = x.dtype.type(number)
    return x.with_values(x.values * factor) if is_sparse(x) else x * factor


def subtract(x: Any, y: Any) -> Any:
    return add(x, y.with_values(np.negative(y.values)) if is_sparse(y) else np.negative(y))


# -- products of elements ------------------------------------------------------------------------------------------------


def multiply(x: Any, y: Any) -> Any:
    if is_sparse(x) and is_sparse(y):
        return intersection(x, y)
    if not is_sparse(x):
        x, y = y, x
    if np.ndim(y) > x.ndim:
        x = broadcast_to(x, np.broadcast_shapes(x.shape, y.shape)).coalesced()
    return x.with_values(x.values * at_places(x, y))


def at_places(x: SparseArray, y: Any) -> Any:
    """The elements of a dense ``y`` that stand where x has values."""
    if not np.ndim(y):
        return y
    for dim in range(1, y.ndim + 1):
        if y.shape[-dim] not in (1, x.shape[-dim]):
            raise RuntimeError(
                f"The size of tensor a ({x.shape[-dim]}) must match the size of tensor b ({y.shape[-dim]}) at non-singleton dimension "
                f"{x.ndim - dim}"
            )
    return np.broadcast_to(y, x.shape)[tuple(x.pattern.indices)]


def intersection(x: SparseArray, y: SparseArray) -> SparseArray:
    if x.shape != y.shape or x.pattern.sparse_dim != y.pattern.sparse_dim:
        raise RuntimeError(
            "mul: expects sparse inputs with equal dimensionality, number of sparse dimensions, and shape of sparse dimensions: got "
            f"shapes {list(x.shape)} and {list(y.shape)}, {x.pattern.sparse_dim} and {y.pattern.sparse_dim} sparse dimensions"
        )
    if x.pattern is y.pattern and x.pattern.is_ordered:
        return SparseArray(x.pattern, x.values * y.values)
    a, b = x.coalesced(), y.coalesced()
    common = np.isin(a.pattern.keys, b.pattern.keys, assume_unique=True)
    pattern = Pattern("coo", x.shape, a.pattern.indices[:, common], is_coalesced=True)
    return like(x, pattern, a.values[common] * b.at(pattern))


def by_number(name: str, divide: Any, is_linear: bool = False) -> Any:
    """A division, whose divisor has to be a number. One that rounds does so with the sum of the values of one place."""

    def kernel(x: Any, y: Any, **params: Any) -> Any:
        shape = getattr(y, "shape", ())
        if not is_sparse(x) or is_sparse(y) or shape:
            raise RuntimeError(
                f"Sparse division requires a scalar or zero-dim dense tensor divisor (got shape {list(shape)} for divisor): {name} "
                "by other than a number would divide zeros by zeros"
            )
        if not is_linear and x.layout == "coo":
            x = x.coalesced()
        return x.with_values(divide(x.values, y, **params))

    return kernel


def rounded(x: Any, y: Any, rounding_mode: str) -> Any:
    return (xp.floor_divide if rounding_mode == "floor" else xp.trunc_divide)(x, y)


# -- products of matrices ------------------------------------------------------------------------------------------------


def mm(x: Any, y: Any) -> Any:
    if x.shape[-1] != y.shape[0 if y.ndim == 1 else -2]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({list(x.shape)} and {list(y.shape)}): expected dim {max(0, y.ndim - 2)} of the "
            f"second of size {x.shape[-1]}"
        )
    if is_sparse(x) and is_sparse(y):
        return sparse_product(x, y)
    if is_sparse(x):
        if y.ndim > 2:
            return stacked(x, y)
        matrix(x, "addmm")
        return arrays.product(x.pattern.indices, x.values, y, x.shape[0])
    matrix(y, "addmm")
    turned = arrays.product(y.pattern.indices[::-1], y.values, np.moveaxis(x, -1, 0), y.shape[1])
    return np.moveaxis(turned, 0, -1)


def sparse_product(x: SparseArray, y: SparseArray) -> SparseArray:
    """Each pair of an entry (i, k) and an entry (k, j) gives one of the sum at (i, j)."""
    matrix(x, "addmm")
    a, b = x.coalesced(), matrix(y, "addmm").coalesced()
    left, right = arrays.pairs(a.pattern.indices[1], b.pattern.indices[0])
    indices = np.stack([a.pattern.indices[0][left], b.pattern.indices[1][right]])
    shape = (x.shape[0], y.shape[1])
    total = SparseArray(Pattern("coo", shape, indices), a.values[left] * b.values[right]).coalesced()
    pattern = Pattern("coo", shape, total.pattern.indices, is_coalesced=True)
    return like(x, pattern, total.values)


def stacked(x: Any, y: Any) -> Any:
    if not is_sparse(x) or is_sparse(y):
        raise refused("matmul", (x, y))
    if x.ndim > 2:
        return bmm(x, y)
    matrix(x, "matmul")
    return np.moveaxis(arrays.product(x.pattern.indices, x.values, np.moveaxis(y, -2, 0), x.shape[0]), 0, -2)


def bmm(x: Any, y: Any) -> Any:
    """All matrices as the blocks of one."""
    if not is_sparse(x) or is_sparse(y) or x.pattern.sparse_dim != 3 or y.shape[:-2] != x.shape[:1]:
        raise refused("bmm", (x, y))
    block, row, column = x.pattern.indices
    count, rows, inner = x.shape
    indices = np.stack([block * rows + row, block * inner + column])
    out = arrays.product(indices, x.values, y.reshape(count * inner, y.shape[2]), count * rows)
    return out.reshape(count, rows, y.shape[2])


def addmm(input: Any, x: Any, y: Any, beta: Any, alpha: Any) -> Any:
    product = scaled(mm(x, y), alpha)
    if not beta:
        return product
    if is_sparse(product) or is_sparse(input):
        return add(scaled(input, beta), product)
    return scaled(input, beta) + product


def linear_layer(b: Any, x: Any, w: Any) -> Any:
    return mm(x, transpose(w)) + b


# -- the order of the axes -----------------------------------------------------------------------------------------------


def permute_dims(x: SparseArray, axes: tuple[int, ...]) -> SparseArray:
    order = [axis % x.ndim for axis in axes]
    if order == list(range(x.ndim)):
        return x
    pattern, count = x.pattern, x.pattern.sparse_dim
    if sorted(order[:count]) != list(range(count)):
        raise RuntimeError(
            f"transpose: a sparse tensor exchanges sparse dimensions with sparse ones only, dense with dense: it has {count} sparse and "
            f"{x.ndim - count} dense dimensions"
        )
    shape = tuple([x.shape[at] for at in order])
    if x.layout != "coo":  # rows become columns, and nothing moves
        layout = "csc" if x.layout == "csr" else "csr"
        return SparseArray(Pattern(layout, shape, compressed=pattern.compressed, plain=pattern.plain), x.values)
    values = x.values.transpose(0, *[at - count + 1 for at in order[count:]])
    same = order[:count] == list(range(count))
    return SparseArray(
        Pattern("coo", shape, pattern.indices[order[:count]], is_coalesced=same and pattern.is_coalesced), values
    )


def swapaxes(x: SparseArray, axis1: int, axis2: int) -> SparseArray:
    axes = list(range(x.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return permute_dims(x, tuple(axes))


def transpose(x: Any) -> Any:
    if not is_sparse(x):
        return x.swapaxes(-1, -2)
    return swapaxes(x, -1, -2) if x.ndim > 1 else x


def t(x: SparseArray) -> SparseArray:
    if x.pattern.sparse_dim > 2 or x.ndim > x.pattern.sparse_dim:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 sparse and 0 dense dimensions, but got {x.pattern.sparse_dim} sparse and "
            f"{x.ndim - x.pattern.sparse_dim} dense dimensions"
        )
    return transpose(x)


# -- parts and shapes ----------------------------------------------------------------------------------------------------


def part(x: SparseArray, at: int, kept: Any, row: Any, size: int | None, in_order: bool = True) -> Any:
    """The entries for which ``kept`` holds, with other indices in one dimension (None: without that dimension).

    ``in_order``: whether the new indices leave places distinct and in order, if they are.
    """
    x = x.as_coo()
    indices = x.pattern.indices[:, kept]
    shape: list[Any] = list(x.shape)
    if row is None:
        indices = np.delete(indices, at, axis=0)
        del shape[at]
    else:
        indices = indices.copy()
        indices[at] = row
        shape[at] = size
    if not len(indices) and row is None:  # no sparse dimension is left
        return x.values[kept].sum(axis=0, dtype=x.dtype)
    is_coalesced = in_order and x.pattern.is_coalesced
    return SparseArray(Pattern("coo", tuple(shape), indices, is_coalesced=is_coalesced), x.values[kept])


def select(x: SparseArray, axis: int, index: int) -> Any:
    at = x.ndim + axis
    index %= x.shape[at]
    count = x.pattern.sparse_dim
    if at < count:
        return part(x, at, x.pattern.indices[at] == index, None, None)
    return x.with_values(np.take(x.values, index, axis=at - count + 1))


def select_adjoint(x: SparseArray, axis: int, index: int, size: int) -> SparseArray:
    at = x.ndim + 1 + axis
    sizes = (*x.shape[:at], size, *x.shape[at:])
    indices = np.insert(x.as_coo().pattern.indices, at, index % size, axis=0)
    return SparseArray(Pattern("coo", sizes, indices), x.values)


def slice_axis(x: SparseArray, axis: int, start: int, stop: int, step: int) -> SparseArray:
    at, count = x.ndim + axis, x.pattern.sparse_dim
    if at >= count:
        picked: tuple[Any, ...] = (slice(None),) * (at - count + 1)
        return x.with_values(x.values[(*picked, slice(start, stop, step))])
    row = x.pattern.indices[at]
    kept = (row >= start) & (row < stop) & ((row - start) % step == 0)
    found: SparseArray = part(x, at, kept, (row[kept] - start) // step, len(range(start, stop, step)))
    return found


def slice_adjoint(x: SparseArray, axis: int, start: int, stop: int, step: int, size: int) -> Any:
    at = x.ndim + axis
    if at >= x.pattern.sparse_dim:
        raise refused("slice_adjoint", (x,))
    return part(x, at, slice(None), x.as_coo().pattern.indices[at] * step + start, size)


def take(x: SparseArray, indices: Any, axis: int) -> Any:
    at = x.ndim + axis
    if at >= x.pattern.sparse_dim:
        return x.with_values(np.take(x.values, indices, axis=at - x.pattern.sparse_dim + 1))
    coo = x.as_coo()
    row = coo.pattern.indices[at]
    order = np.argsort(row, kind="stable")
    wanted, found = arrays.pairs(np.asarray(indices), row[order])
    places = coo.pattern.indices[:, order[found]]
    places[at] = wanted
    shape = (*x.shape[:at], len(indices), *x.shape[at + 1 :])
    made = SparseArray(Pattern("coo", shape, places), coo.values[order[found]])
    return made.coalesced() if coo.pattern.is_ordered else made


def index_add(x: Any, indices: Any, v: Any, axis: int) -> Any:
    """The adjoint of ``take``, where x is a dense array of zeros to add to."""
    if is_sparse(x) or not is_sparse(v) or x.any():
        raise refused("index_add", (x, v))
    at = v.ndim + axis
    rows = np.asarray(indices)[v.as_coo().pattern.indices[at]]
    return part(v, at, slice(None), rows, x.shape[at], in_order=False)


def expand_dims(x: SparseArray, axis: int) -> SparseArray:
    at = x.ndim + 1 + axis
    coo = x.as_coo()
    shape = (*x.shape[:at], 1, *x.shape[at:])
    if at > coo.pattern.sparse_dim:
        values = np.expand_dims(coo.values, at - coo.pattern.sparse_dim + 1)
        return SparseArray(Pattern("coo", shape, coo.pattern.indices, is_coalesced=coo.pattern.is_coalesced), values)
    indices = np.insert(coo.pattern.indices, at, 0, axis=0)
    return SparseArray(Pattern("coo", shape, indices, is_coalesced=coo.pattern.is_coalesced), coo.values)


def broadcast_to(x: SparseArray, shape: tuple[int, ...]) -> SparseArray:
    """Repeated along new dimensions, and those of size 1."""
    coo = x.as_coo()
    for _ in range(len(shape) - x.ndim):
        coo = expand_dims(coo, -1 - coo.ndim)
    indices, values = coo.pattern.indices, coo.values
    count = len(indices)
    for at in range(count):
        if coo.shape[at] != shape[at]:
            if coo.shape[at] != 1:
                raise RuntimeError(f"expand: a sparse tensor of shape {list(x.shape)} cannot be stretched to {list(shape)}")
            times, entries = shape[at], indices.shape[1]
            indices, values = np.tile(indices, times), np.tile(values, (times, *[1] * (values.ndim - 1)))
            indices[at] = np.repeat(np.arange(times), entries)
    values = np.broadcast_to(values, (indices.shape[1], *shape[count:]))
    return SparseArray(Pattern("coo", tuple(shape), indices), values)


def view(x: SparseArray, shape: tuple[int, ...]) -> SparseArray:
    """Of sparse dimensions: a place keeps its number in C order."""
    if shape == x.shape:
        return x
    coo = x.as_coo()
    if coo.pattern.sparse_dim < x.ndim:
        raise RuntimeError("reshape is not implemented for sparse tensors with dense dimensions")
    indices = arrays.unkeyed(coo.pattern.keys, shape)
    return SparseArray(Pattern("coo", shape, indices, is_coalesced=coo.pattern.is_coalesced), coo.values)


def stack(*xs: Any, axis: int) -> SparseArray:
    return concat(*[expand_dims(x, axis) for x in joined("stack", xs)], axis=axis)


# -- reductions ----------------------------------------------------------------------------------------------------------


def sum_dtype(x: Any) -> Any:
    return np.dtype(np.int64) if x.dtype.kind in "biu" else x.dtype


def total(x: SparseArray, axis: tuple[int, ...]) -> Any:
    return x.values.sum(dtype=sum_dtype(x))


def sum_axes(x: SparseArray, axis: tuple[int, ...], keepdims: bool, dtype: Any = None) -> Any:
    ndim, count, dtype = x.ndim, x.pattern.sparse_dim, dtype or sum_dtype(x)
    gone = {at % ndim for at in axis}
    if x.layout != "coo" and not keepdims and len(gone) < ndim:
        raise RuntimeError(
            "reduction operations on CSR tensors with keepdim=False is unsupported: give keepdim=True, or convert with .to_sparse_coo()"
        )
    values = x.values.sum(axis=tuple([at - count + 1 for at in sorted(gone) if at >= count]), keepdims=keepdims, dtype=dtype)
    kept = [at for at in range(count) if at not in gone]
    shape = tuple([1 if at in gone else n for at, n in enumerate(x.shape) if keepdims or at not in gone])
    if not kept:
        return values.sum(axis=0, dtype=dtype).reshape(shape)
    indices = x.pattern.indices.copy() if keepdims else x.pattern.indices[kept]
    if keepdims:
        indices[[at for at in range(count) if at in gone]] = 0
    found = SparseArray(Pattern("coo", shape, indices), values).coalesced()
    return found if x.layout == "coo" else compress(found, x.layout)


def whole(name: str, x: SparseArray, axis: tuple[int, ...]) -> Any:
    """The sums of a tensor's values at distinct places, to be reduced all together."""
    if len({at % x.ndim for at in axis}) < x.ndim:
        raise refused(f"{name} along dimensions", (x,))
    return x.coalesced().values.reshape(-1)


def any_(x: SparseArray, axis: tuple[int, ...], keepdims: bool) -> Any:
    return np.asarray(whole("any", x, axis).any()).reshape((1,) * x.ndim if keepdims else ())


def vector_norm(x: SparseArray, ord: float, axis: tuple[int, ...], keepdims: bool) -> Any:
    values = whole("norm", x, axis)
    if ord < 0 and values.size < x.size:
        raise refused(f"norm of order {ord:g}", (x,))
    if not values.size:
        values = np.zeros(1, x.dtype)
    norm = xp.vector_norm(values, ord=ord, axis=(-1,), keepdims=False)
    return np.asarray(norm).reshape((1,) * x.ndim if keepdims else ())


# -- copies --------------------------------------------------------------------------------------------------------------


def copy(x: Any, v: Any) -> Any:
    if not is_sparse(x) or not is_sparse(v):
        raise RuntimeError(
            "copy_() between dense and sparse Tensors is not implemented! Convert with .to_dense() or .to_sparse() first."
        )
    if x.shape != v.shape:
        raise RuntimeError(f"copy_: sparse tensors of one shape expected, got {list(x.shape)} and {list(v.shape)}")
    return astype(v, x.dtype)


def astype(x: SparseArray, dtype: Any) -> SparseArray:
    return x.with_values(x.values.astype(getattr(dtype, "numpy", dtype)))


def empty(x: SparseArray) -> SparseArray:
    """Nothing but zeros."""
    values = np.zeros((0, *x.values.shape[1:]), x.dtype)
    if x.layout == "coo":
        return SparseArray(Pattern("coo", x.shape, np.zeros((x.pattern.sparse_dim, 0), np.int64), is_coalesced=True), values)
    count = len(x.pattern.compressed)
    pattern = Pattern(x.layout, x.shape, compressed=np.zeros(count, np.int64), plain=np.zeros(0, np.int64))
    return SparseArray(pattern, values)


def of_parts(name: str, function: Any) -> Any:
    """A function of complex values."""

    def run(x: SparseArray) -> SparseArray:
        if x.layout != "coo":
            raise refused(name, (x,))
        return x.with_values(function(x.values))

    return run


KERNELS: dict[str, Any] = {
    "real_part": of_parts("real", np.real),
    "imag_part": of_parts("imag", np.imag),
    "view_as_real": of_parts("view_as_real", xp.view_as_real),
    "add": add,
    "add_scaled": lambda x, y, alpha: add(x, scaled(y, alpha)),
    "subtract": subtract,
    "subtract_scaled": lambda x, y, alpha: subtract(x, scaled(y, alpha)),
    "reverse_subtract": lambda x, y, alpha: subtract(y, scaled(x, alpha)),
    "reverse_subtract_number": lambda x, number, alpha: add(x, number),
    "multiply": multiply,
    "divide": by_number("div", np.divide, is_linear=True),
    "floor_divide": by_number("floor_divide", xp.floor_divide),
    "divide_rounded": by_number("div", rounded),
    "mm": mm,
    "mv": mm,
    "vm": mm,
    "matmul": stacked,
    "bmm": bmm,
    "addmm": addmm,
    "addmv": addmm,
    "linear_layer": linear_layer,
    "transposed_matmul": lambda x, y: mm(transpose(x), y),
    "permute_dims": permute_dims,
    "swapaxes": swapaxes,
    "matrix_transpose": transpose,
    "t": t,
    "select": select,
    "select_adjoint": select_adjoint,
    "slice_axis": slice_axis,
    "narrow_copy": slice_axis,
    "unstack": lambda x, axis: tuple([select(x, axis, at) for at in range(x.shape[axis])]),
    "slice_adjoint": slice_adjoint,
    "take": take,
    "index_add": index_add,
    "expand_dims": expand_dims,
    "broadcast_to": broadcast_to,
    "view": view,
    "concat": concat,
    "stack": stack,
    "sum_all": total,
    "sum": sum_axes,
    "any": any_,
    "vector_norm": vector_norm,
    "alias": lambda x: x,
    "clone": lambda x: x.with_values(x.values.copy()),
    "copy": copy,
    "astype": astype,
    "zero": empty,
    "zeros_like": empty,
}


