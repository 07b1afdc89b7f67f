"""Sparse tensors: how they are made, how they become dense, and products that keep a pattern.

Most ops on sparse tensors are the ordinary ones, computed by ``sparse_kernels``, and their rules are theirs. The ops here are
those that PyTorch has for sparse tensors alone. A pattern, the places of values, is a static parameter of an op: it has no
derivative. Cotangents of sparse tensors may be dense, or have values at other places: a rule takes what it is given, and
picks from it what stands at the places that it needs.

Making a tensor from values and picking values out of one are each other's adjoint:

    <make(v), g> = sum of v at the places times g there = <v, pick(g)>
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import sparse_numpy as arrays
from ..core.op import Op, _lay_out, general, linear, multilinear, parameter_names
from ..core.sparse_level import is_sparse
from ..core.sparse_values import Pattern, SparseArray, compress, ordered_places
from . import linalg
from .reduction import norm_rule, vector_norm
from .sparse_kernels import EVERYWHERE, KERNELS, LINEAR, UNARY, refused, sparse_product

__all__ = [
    "embedding_rows", "sparse_addmm", "sparse_coalesce", "sparse_constructor", "sparse_constructor_compressed",
    "sparse_dense", "sparse_log_softmax", "sparse_made", "sparse_mask", "sparse_mm", "sparse_pick", "sparse_product_of_sparse",
    "sparse_rows", "sparse_run", "sparse_sample", "sparse_sampled_addmm", "sparse_softmax", "sparse_stand_in", "sparse_sum",
    "sparse_to_coo", "sparse_to_coo_of", "sparse_to_csc", "sparse_to_csr", "sparse_values",
]


# -- values and patterns -------------------------------------------------------------------------------------------------


def made(xp, values, pattern):
    return SparseArray(pattern, np.asarray(values))


def picked(x, pattern):
    """The values of a raw x, sparse or not, at the places of a pattern."""
    if is_sparse(x):
        return x.at(pattern)
    if not pattern.sparse_dim:
        return np.broadcast_to(x, (pattern.nnz, *np.shape(x)))
    return x[tuple(pattern.indices)]


def picked_back(xp, g, pattern, is_dense):
    if not is_dense:
        return sparse_constructor(g, pattern=pattern.as_coo())
    if not pattern.sparse_dim:
        return xp.sum(g, axis=(-len(g.shape),), keepdims=False)
    shape = pattern.shape
    return xp.index_adjoint(g, *pattern.indices, axes=tuple(range(-len(shape), pattern.sparse_dim - len(shape))), shape=shape)


def in_kind(g, is_dense):
    return sparse_dense(g) if is_dense and is_sparse(g._array) else g


def pick(g, pattern):
    """The values of a cotangent at the places of a pattern, as a tensor."""
    return sparse_pick(g, pattern=pattern, is_dense=not is_sparse(g._array))


def unbatched(call):
    raise NotImplementedError(
        f"vmap: {call.op.name} over a batch is not supported: of sparse tensors, only what is the same for all {call.size} elements may be "
        "used inside of vmap. Make them dense there, or loop."
    )


# (With a promotion, an op of one operand has no hot path, which would know nothing of sparse values.)
ONE = {"promotion": "common", "batch": unbatched}


def unmoved(xp):
    raise NotImplementedError(
        "forward mode of a tensor that becomes sparse is not supported: differentiate backwards, or keep it dense inside of jvp"
    )


MAKE = {"forward": made, "values": pick, "jvp": unmoved, **ONE}
sparse_constructor = linear("sparse_constructor(values, *, pattern)",
    node="SparseCooTensorWithDimsAndTensorsBackward0", **MAKE)
sparse_constructor_compressed = linear("sparse_constructor_compressed(values, *, pattern)",
    node="SparseCompressedTensorBackward0", **MAKE)

sparse_pick = linear("sparse_pick(x, *, pattern, is_dense)", node="IndexBackward0", **ONE,
    forward=lambda xp, x, pattern, is_dense: picked(x, pattern),
    x=picked_back,
)

def made_back(g, pattern):
    return sparse_made(g, pattern)


sparse_values = linear("sparse_values(x, *, pattern)", node="ValuesBackward0", **ONE,
    forward=lambda xp, x, pattern: read_only(x.values),
    x=made_back,
)


def read_only(array):
    """A view that cannot be written to: a lifted value never changes."""
    view = array[...]
    view.flags.writeable = False
    return view


def sparse_made(values, pattern):
    """A tensor of values at the places of a pattern."""
    return (sparse_constructor if pattern.layout == "coo" else sparse_constructor_compressed)(values, pattern=pattern)


sparse_mask = linear("sparse_mask(x, *, pattern, is_dense)", jvp=unmoved, **ONE,
    forward=lambda xp, x, pattern, is_dense: SparseArray(pattern, picked(x, pattern)),
    x=lambda g, pattern, is_dense: in_kind(mask(g, pattern), is_dense),
)


def mask(g, pattern):
    """A cotangent at the places of a pattern."""
    return sparse_mask(g, pattern=pattern, is_dense=not is_sparse(g._array))


sparse_coalesce = linear("sparse_coalesce(x)", batch=unbatched, node="CoalesceBackward0",
    forward=lambda xp, x: x.coalesced(),
    x=lambda g: g,
)

# -- from layout to layout -----------------------------------------------------------------------------------------------


def dense_back(g, pattern):
    """With a pattern, the gradient has values at its places only; without, wherever it is not zero."""
    if pattern is not None:
        return mask(g, pattern)
    return g if is_sparse(g._array) else sparse_to_coo(g, back="strided", sparse_dim=g._array.ndim)


dense_op = linear("sparse_dense(x, *, pattern)", node="ToDenseBackward0", **ONE,
    forward=lambda xp, x, pattern: x.dense(),
    x=dense_back,
)


def sparse_dense(x, masked=True):
    return dense_op(x, pattern=ordered_places(x._array) if masked else None)


def back_in_layout(g, back):
    """A cotangent in the layout of the operand that was converted."""
    if back == "strided":
        return in_kind(g, True)
    if is_sparse(g._array) and g._array.layout == back:
        return g
    convert = {"coo": sparse_to_coo, "csr": sparse_to_csr, "csc": sparse_to_csc}[back]
    return convert(g, back=g._array.layout if is_sparse(g._array) else "strided", sparse_dim=2)


def from_dense(x, sparse_dim):
    """The elements that are not zero, in coordinates of the first dimensions."""
    there = x != 0
    if sparse_dim < x.ndim:
        there = there.any(axis=tuple(range(sparse_dim, x.ndim)))
    indices = np.array(np.nonzero(there), np.int64) if sparse_dim else np.zeros((0, int(there)), np.int64)
    values = x[tuple(indices)] if sparse_dim else x.reshape(1, *x.shape)[: int(there)]
    return SparseArray(Pattern("coo", x.shape, indices, is_coalesced=True), values)


def converted_to(layout):
    def forward(xp, x, back, sparse_dim):
        if is_sparse(x):
            return x.in_layout(layout)
        coo = from_dense(np.asarray(x), sparse_dim)
        return coo if layout == "coo" else compress(coo, layout)

    return {"forward": forward, "x": back_in_layout, "jvp": unmoved, **ONE}


sparse_to_coo = linear("sparse_to_coo(x, *, back, sparse_dim)", node="ToSparseBackward1", **converted_to("coo"))
sparse_to_coo_of = linear("sparse_to_coo_of(x, *, back, sparse_dim)", node="ToSparseBackward0", **converted_to("coo"))
sparse_to_csr = linear("sparse_to_csr(x, *, back, sparse_dim)", node="ToSparseCsrBackward0", **converted_to("csr"))
sparse_to_csc = linear("sparse_to_csc(x, *, back, sparse_dim)", node="ToSparseCscBackward0", **converted_to("csc"))

# -- products that keep the pattern --------------------------------------------------------------------------------------

# The elements of x y at some places. Each is sum_k x_ik y_kj, so that g there goes to x_ik as g_ij y_kj: the product of the
# sparse g and y'.
sparse_sample = multilinear("sparse_sample(x, y, *, pattern)", batch=unbatched, node="SparseMaskBackward0",
    forward=lambda xp, x, y, pattern: SparseArray(pattern, arrays.sampled(x, y, *pattern.indices)),
    x=lambda xp, g, y, pattern: sparse_mm(mask(g, pattern), xp.matrix_transpose(y), pattern=pattern),
    y=lambda xp, g, x, pattern: xp.matmul(xp.matrix_transpose(x), mask(g, pattern)),
)


def of_sparse(xp, g, y, pattern):
    return sparse_sample(in_kind(g, True), xp.matrix_transpose(y), pattern=pattern)


def of_dense(xp, g, x):
    return xp.matmul(xp.matrix_transpose(x), g)


# As mm, but a sparse operand's gradient has its pattern.
sparse_mm: Any = multilinear("sparse_mm(x, y, *, pattern)", node="SparseAddmmBackward0",
    forward=lambda xp, x, y, pattern: KERNELS["mm"](x, y),
    x=of_sparse, y=of_dense,
)

sparse_addmm = general("sparse_addmm(input, x, y, *, beta, alpha, pattern)", batch=unbatched, saved_names={"x": "sparse", "y": "mat2"},
    forward=lambda xp, input, x, y, beta, alpha, pattern: KERNELS["addmm"](input, x, y, beta=beta, alpha=alpha),
    input=lambda xp, g, beta: linalg.scaled(g, beta) if beta else xp.zeros_like(g),
    x=lambda xp, g, y, alpha, pattern: linalg.scaled(of_sparse(xp, g, y, pattern), alpha),
    y=lambda xp, g, x, alpha: linalg.scaled(of_dense(xp, g, x), alpha),
)

# A sum at the places of a pattern: of values there, and of a product.
sparse_sampled_addmm = general("sparse_sampled_addmm(input, x, y, *, beta, alpha, pattern)", batch=unbatched,
    forward=lambda xp, input, x, y, beta, alpha, pattern: SparseArray(
        pattern, input.at(pattern) * input.dtype.type(beta) + arrays.sampled(x, y, *pattern.indices) * input.dtype.type(alpha)
    ),
    input=lambda g, beta, pattern: linalg.scaled(mask(g, pattern), beta),
    x=lambda xp, g, y, alpha, pattern: linalg.scaled(
        sparse_mm(mask(g, pattern), xp.matrix_transpose(y), pattern=pattern), alpha),
    y=lambda xp, g, x, alpha, pattern: linalg.scaled(xp.matmul(xp.matrix_transpose(x), mask(g, pattern)), alpha),
)

sparse_product_of_sparse = multilinear("sparse_product_of_sparse(x, y, *, x_pattern, y_pattern)", batch=unbatched,
    node="SparseSparseMatmulBackward0",
    forward=lambda xp, x, y, x_pattern, y_pattern: sparse_product(x, y),
    x=lambda xp, g, y, x_pattern: mask(xp.matmul(g, xp.matrix_transpose(y)), x_pattern),
    y=lambda xp, g, x, y_pattern: mask(xp.matmul(xp.matrix_transpose(x), g), y_pattern),
)

# -- sums and softmax ----------------------------------------------------------------------------------------------------


def summed_back(xp, g, axis, pattern, shape):
    """What was summed gets the cotangent of its sum, at the places of the pattern."""
    kept = [at for at in range(len(shape)) if at - len(shape) not in axis]
    sparse_dim = pattern.sparse_dim
    rows = [pattern.indices[at] for at in kept if at < sparse_dim]
    values = pick(g, Pattern("coo", g._array.shape, np.array(rows, np.int64).reshape(len(rows), pattern.nnz)))
    sizes = tuple([shape[at] if at in kept else 1 for at in range(sparse_dim, len(shape))])
    values = xp.broadcast_to(xp.reshape(values, (pattern.nnz, *sizes)), (pattern.nnz, *shape[sparse_dim:]))
    return sparse_made(values, pattern)


def summed(xp, x, axis, pattern, shape):
    """Small integers stay small in a sum that is sparse, as PyTorch's do."""
    is_left = any(at - len(shape) not in axis for at in range(pattern.sparse_dim))
    return KERNELS["sum"](x, axis=axis, keepdims=False, dtype=x.dtype if is_left else None)


sparse_sum = linear("sparse_sum(x, *, axis, pattern, shape)", **ONE,
    forward=summed,
    x=summed_back,
)


def norm_back(xp, g, x, ord, axis, keepdims):
    """On the values, each place once."""
    x = x if x._array.pattern.is_ordered else sparse_coalesce(x)
    v = values_of(x)
    if not v._array.size:
        return sparse_made(v, x._array.pattern)
    flat = xp.reshape(v, (v._array.size,))
    found = norm_rule(xp, xp.reshape(g, ()), flat, vector_norm(flat, ord=ord, axis=(-1,), keepdims=False), ord, (-1,), False)
    return sparse_made(xp.reshape(found, v._array.shape), x._array.pattern)


sparse_norm = general("sparse_norm(x, *, ord, axis, keepdims)", node="LinalgVectorNormBackward0", domain="fV", **ONE,
    forward=lambda xp, x, ord, axis, keepdims: KERNELS["vector_norm"](x, ord=ord, axis=axis, keepdims=keepdims),
    x=norm_back,
)


def groups(pattern, axis):
    """Entries that differ along one axis only have one number."""
    at = len(pattern.shape) + axis
    others = [d for d in range(pattern.sparse_dim) if d != at]
    return arrays.keys(pattern.indices[others], tuple([pattern.shape[d] for d in others]))


def softmax(log):
    # Within a group y = softmax(x): dx = y (g - sum y g); of its logarithm: dx = g - exp(y) sum g.
    def forward(xp, x, axis):
        x = x.coalesced()
        if len(x.shape) + axis < x.pattern.sparse_dim:
            values = arrays.by_groups(groups(x.pattern, axis), x.values, log)
        else:
            values = (xp.log_softmax if log else xp.softmax)(x.values, axis=axis)
        return SparseArray(x.pattern, values)

    def rule(xp, g, out, axis):
        pattern = out._array.pattern
        y, g = values_of(out), pick(g, pattern)
        term = g if log else y * g
        total = sum_of_group(term, pattern=pattern, axis=axis)
        return sparse_constructor(g - xp.exp(y) * total if log else y * (g - total), pattern=pattern)

    return {"forward": forward, "x": rule, "domain": "fV", **ONE}


def values_of(x):
    return sparse_values(x, pattern=x._array.pattern)


def summed_in_group(xp, v, pattern, axis):
    if len(pattern.shape) + axis < pattern.sparse_dim:
        return arrays.group_sums(groups(pattern, axis), v)
    return np.broadcast_to(xp.sum(v, axis=(axis,), keepdims=True), v.shape)


sum_of_group: Any = linear("sparse_sum_of_group(v, *, pattern, axis)", batch=unbatched, forward=summed_in_group,
    v=lambda g, pattern, axis: sum_of_group(g, pattern=pattern, axis=axis),
)
sparse_softmax = general("sparse_softmax(x, *, axis)", **softmax(False))
sparse_log_softmax = general("sparse_log_softmax(x, *, axis)", **softmax(True))

# -- tables looked up, whose gradient has the rows that were ------------------------------------------------------------------


def row_pattern(indices, rows, shape):
    """The rows that indices name."""
    return Pattern("coo", (rows, *shape), np.asarray(indices).reshape(1, -1).astype(np.int64))


def rows_made(xp, g, indices, rows, kept):
    values = np.ascontiguousarray(g).reshape(-1, *g.shape[indices.ndim :])
    pattern = row_pattern(indices, rows, values.shape[1:])
    if kept is None:
        return SparseArray(pattern, values)
    there = kept.reshape(-1)
    return SparseArray(Pattern("coo", pattern.shape, pattern.indices[:, there]), values[there])


def rows_back(xp, g, g_shape, indices, rows, kept):
    indices = indices._array
    found = xp.reshape(pick(g, row_pattern(indices, rows, g_shape[indices.ndim :])), g_shape)
    return found if kept is None else xp.where(np.expand_dims(kept, -1), found, 0)


# ``kept`` says which indices count, None: all.
sparse_rows = linear("sparse_rows(g, indices, *, rows, kept)", batch=unbatched, node="EmbeddingSparseBackward0",
    forward=rows_made,
    g=rows_back,
)

embedding_rows = linear("embedding_rows(w, indices, *, kept)", batch=unbatched, node="EmbeddingBackward0", saved_names={"indices": "indices"},
    forward=lambda xp, w, indices, kept: xp.index(w, indices, axes=(-2,)),
    w=lambda g, w_shape, indices, kept: sparse_rows(g, indices, rows=w_shape[0], kept=kept),
)

# -- ops of one operand that leave zeros zero: computed on the values ---------------------------------------------------------

_stand_ins: dict[str, Op] = {}


def sparse_stand_in(op: Op) -> Op:
    """What is recorded in place of an op: for one of a single operand, the same on the values, which pulls back there too.

    (The rule of sin asks for a cosine, which is 1 wherever no value is kept.)
    """
    if op.name not in UNARY:
        return sparse_norm.op if op.name == "vector_norm" else op
    found = _stand_ins.get(op.name)
    if found is None:
        found = _stand_ins[op.name] = _on_values(op)
    return found


def _on_values(op: Op) -> Op:
    rule: Any = op.rules.get(op.args[0])

    def at_values(x: Any) -> Any:
        return x if op.name in LINEAR or (x.layout != "coo" and x.pattern.is_ordered) else x.coalesced()

    def forward(x: Any, **params: Any) -> Any:
        check = EVERYWHERE.get(op.name)
        if check is not None:
            check(**params)
        x = at_values(x)
        return x.with_values(op.raw(x.values, **params))

    def pull(xp: Any, g: Any, x: Any, **params: Any) -> Any:
        if not x._array.pattern.is_ordered:
            x = sparse_coalesce(x)  # the gradient has each place once
        pattern = x._array.pattern
        v = values_of(x)
        asked = {"xp": xp, "g": pick(g, pattern), op.args[0]: v, f"{op.args[0]}_dtype": v._array.dtype, **params}
        names = parameter_names(rule)
        if "out" in names:
            asked["out"] = op.apply(v, **params)
        return sparse_made(rule(**{name: asked[name] for name in names}), pattern)

    made = Op()
    for slot in Op.__slots__:
        if hasattr(op, slot):
            setattr(made, slot, getattr(op, slot))
    made.name, made.raw, made.forward = f"sparse {op.name}", forward, None
    made.args, made.node_class, made.bound, made.layouts = ("x",), None, None, {}
    made.mixed = made.jvp = made.batch = None
    given = ", ".join(op.params)
    passed = ", ".join([f"{name}={name}" for name in op.params])
    source = f"lambda xp, g, x{', ' + given if given else ''}: pull(xp, g, x{', ' + passed if passed else ''})"
    made.rules = {} if rule is None else {"x": eval(compile(source, __file__, "eval"), {"pull": pull})}  # noqa: S307 - its names are its contract
    _lay_out(made)
    return made


# -- what the level of sparse values does ------------------------------------------------------------------------------------


def sparse_run(op: Op, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """An op on raw values of which some are sparse."""
    if op.name.startswith("sparse"):
        return op.raw(*operands, **params)
    if op.name in UNARY:
        return sparse_stand_in(op).raw(*operands, **params)
    kernel = KERNELS.get(op.name)
    if kernel is None:
        raise refused(op.name, operands)
    return kernel(*operands, **params)

