"""Batching rules of products and contractions: vectors become matrices of one row or column. See ``core.batching``."""

from __future__ import annotations


def padded(xp, x, rank):
    """Axes of length 1 behind the batch axis, until there are ``rank`` of them."""
    lack = rank + 1 - len(x.shape)
    return xp.reshape(x, (x.shape[0], *[1] * lack, *x.shape[1:])) if lack else x


def column(xp, x):
    return xp.expand_dims(x, axis=-1)


def row(xp, x):
    return xp.expand_dims(x, axis=-2)


def each_dot(xp, x, y):
    return xp.sum(x * y, axis=(-1,), keepdims=False)


def each_vdot(xp, x, y):
    return xp.sum(xp.conj(x) * y, axis=(-1,), keepdims=False)


# Of a product with one matrix for all, the vectors are the rows of another matrix; nothing is stretched.


def times_vector(xp, x, y, x_has, y_has):
    if not x_has:
        return xp.matmul(y, xp.matrix_transpose(x)) if y_has else xp.expand_dims(xp.matmul(x, y), axis=-2)
    return xp.squeeze(xp.matmul(x, column(xp, y)), axis=-1) if y_has else xp.matmul(x, y)


def each_mv(call, xp):
    return times_vector(xp, *call.arrays, *call.batched)


def each_vm(call, xp):
    x, y = call.arrays
    if not call.batched[1]:
        return xp.matmul(x, y)
    return xp.squeeze(xp.matmul(row(xp, x), y), axis=-2)


def each_product(call, xp, run):
    """Vectors as matrices of one row or column, then as many axes on both sides."""
    (x, y), (x_shape, y_shape) = call.arrays, call.shapes()
    x = row(xp, x) if len(x_shape) == 1 else x
    y = column(xp, y) if len(y_shape) == 1 else y
    rank = max(2, len(x_shape), len(y_shape))
    out = run(*[padded(xp, a, rank) if has else a for a, has in zip((x, y), call.batched, strict=True)])
    lost = (-2,) * (len(x_shape) == 1) + (-1,) * (len(y_shape) == 1)
    return xp.squeeze(out, axis=lost) if lost else out


def combined(xp, input, product, beta, alpha):
    """The weighted sum of the two, for an ``input`` that broadcasts to the product."""
    out = product if alpha == 1 else product * alpha
    out = out if beta == 0 else out + padded(xp, input, len(product.shape) - 1) * beta
    return out if out.dtype == product.dtype else xp.astype(out, product.dtype)  # a half times a number is a float


def each_added(call, xp):
    """A product of matrices: operands with the batch axis have as many axes behind it as the others."""
    arrays = call.arrays if any(call.batched[1:]) else call.stretched()  # the product needs the batch axis
    rank = max(len(shape) for shape in call.shapes())
    return call.run(*[a if len(a.shape) == len(shape) else padded(xp, a, rank) for a, shape in zip(arrays, call.shapes(), strict=True)])


def each_addbmm(xp, input, x, y, beta, alpha):
    return combined(xp, input, xp.sum(xp.matmul(x, y), axis=(-3,), keepdims=False), beta, alpha)


def each_addmv(call, xp, input, beta, alpha):
    return combined(xp, input, times_vector(xp, *call.arrays[1:], *call.batched[1:]), beta, alpha)


def each_addr(xp, input, x, y, beta, alpha):
    return combined(xp, input, column(xp, x) * row(xp, y), beta, alpha)


def each_layer(call, xp, b, x):
    """A linear layer, x w' + b; with the same weights for all it is a layer of more rows."""
    w, rank = xp.matrix_transpose(call.arrays[2]), len(x.shape) - 1
    if not call.batched[2]:
        out = xp.matmul(x, w)
    elif rank == 1:
        out = xp.squeeze(xp.matmul(row(xp, call.arrays[1]), w), axis=-2)
    else:
        out = xp.matmul(call.arrays[1], padded(xp, w, rank))
    return out + padded(xp, b, len(out.shape) - 1)


def each_contract(call, run, x_labels, y_labels, out_labels):
    """A label more, for the batch axis."""
    new = 1 + max(x_labels + y_labels, default=0)
    x_labels, y_labels = (
        (new, *labels) if has else labels for labels, has in zip((x_labels, y_labels), call.batched, strict=True)
    )
    return run(*call.arrays, x_labels=x_labels, y_labels=y_labels, out_labels=(new, *out_labels))


def each_kron(xp, x, y, size):
    """The product with the axes of x and of y side by side, joined in pairs."""
    shapes = list(zip(x.shape[1:], y.shape[1:], strict=True))
    x = xp.reshape(x, (size, *[m for n, _ in shapes for m in (n, 1)]))
    y = xp.reshape(y, (size, *[m for _, n in shapes for m in (1, n)]))
    return xp.reshape(x * y, (size, *[n * m for n, m in shapes]))


def each_solved(call, vector):
    """Right-hand sides with as many axes behind the batch axis as the matrices have (one less, if they are vectors)."""
    x_shape, y_shape = call.shapes()
    rank = max(len(x_shape), len(y_shape) + vector)
    x, y = call.stretched()
    return call.run(padded(call.xp, x, rank), padded(call.xp, y, rank - vector))


CORE = {"pivots": 1, "tau": 1, "absolute": 0, "relative": 0}
"""How many axes one of a stack has, of operands that are no matrices."""


def each_stack(call):
    """Stacks of matrices, and of vectors or numbers that belong to them: as many axes of the stack behind the batch axis."""
    cores = [1 if name == "y" and call.params.get("vector") else CORE.get(name, 2) for name in call.op.args]
    depth = max(len(shape) - core for shape, core in zip(call.shapes(), cores, strict=True))
    return call.run(*[padded(call.xp, a, depth + core) for a, core in zip(call.stretched(), cores, strict=True)])


def each_triangular(call):
    """One triangle for all solves for more columns."""
    rank = max(map(len, call.shapes()))
    return call.run(*[padded(call.xp, a, rank) if has else a for a, has in zip(call.arrays, call.batched, strict=True)])
