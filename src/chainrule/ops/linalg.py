"""Products of matrices and vectors, contractions, determinants, inverses."""

from __future__ import annotations

import math

import numpy as np

from ..core.batching import same_call
from ..core.op import general, linear, multilinear
from ..promotion import is_half
from . import linalg_batches as batches
from .elementwise import rounded_once

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "cofactors", "contract", "cross", "det", "dot", "inv", "kron",
    "linear_layer", "matmul", "mm", "mv", "slogdet", "slogdet_complex", "solve", "solve_system", "stacked_linear_layer",
    "tensordot", "trace", "transposed_matmul", "vdot", "vm",
]

NAMES = {"x": "self", "y": "mat2"}

# -- products: one op for each of PyTorch's node names -------------------------------------------------------------------

dot = multilinear("dot(x, y)", promotion="common", domain="iufcV", saved_names={"y": "tensor"}, batch=batches.each_dot,
    forward=lambda xp, x, y: xp.matmul(x, y),
    x=lambda g, y: g * y,
    y=lambda g, x: g * x,
)

# Conjugation is linear over the reals; a cotangent goes through it as its conjugate.
vdot = multilinear("vdot(x, y)", promotion="common", domain="iufcV", batch=batches.each_vdot,
    forward=lambda xp, x, y: xp.matmul(xp.conj(x), y),
    x=lambda xp, g, y: xp.conj(g * y),
    y=lambda xp, g, x: g * xp.conj(x),
)

mv = multilinear("mv(x, y)", promotion="common", domain="iufcV", saved_names={"y": "vec"}, batch=batches.each_mv,
    forward=lambda xp, x, y: xp.matmul(x, y),
    x=lambda xp, g, y: xp.expand_dims(g, axis=-1) * y,
    y=lambda xp, g, x: xp.matmul(xp.matrix_transpose(x), g),
)

vm = multilinear("vm(x, y)", node="SqueezeBackward4", promotion="common", domain="iufcV", batch=batches.each_vm,
    forward=lambda xp, x, y: xp.matmul(x, y),
    x=lambda xp, g, y: xp.matmul(y, g),
    y=lambda xp, g, x: xp.expand_dims(x, axis=-1) * g,
)


def product_x(xp, g, y):
    return xp.matmul(g, xp.matrix_transpose(y))


def product_y(xp, g, x):
    return xp.matmul(xp.matrix_transpose(x), g)


mm = multilinear("mm(x, y)", promotion="common", domain="iufcV", saved_names=NAMES,
    forward=lambda xp, x, y: xp.matmul(x, y), x=product_x, y=product_y,
)
bmm = multilinear("bmm(x, y)", promotion="common", domain="iufcV", saved_names=NAMES,
    forward=lambda xp, x, y: xp.matmul(x, y), x=product_x, y=product_y,
)


# x' y: what the weights of a linear layer get, and a kernel of its own since XLA is faster once x' lies in memory as such.
transposed_matmul = multilinear("transposed_matmul(x, y)", node="MmBackward0", promotion="common", domain="iufcV",
    x=lambda xp, g, y: xp.matmul(y, xp.matrix_transpose(g)),
    y=lambda xp, g, x: xp.matmul(x, g),
)


def rows(xp, x):
    """All rows of a stack of matrices as one matrix."""
    return xp.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def stacked_x(xp, g, y, x_shape):
    if len(y.shape) == 1:
        return xp.expand_dims(g, axis=-1) * y
    if len(x_shape) == 1:
        return xp.squeeze(xp.matmul(y, xp.expand_dims(g, axis=-1)), axis=-1)
    return xp.matmul(g, xp.matrix_transpose(y))


def stacked_y(xp, g, x, y_shape):
    if len(x.shape) == 1:
        return xp.expand_dims(x, axis=-1) * xp.expand_dims(g, axis=-2)
    if len(y_shape) == 1:
        return xp.matmul(xp.matrix_transpose(rows(xp, x)), xp.reshape(g, (math.prod(g.shape),)))
    if len(y_shape) == 2:  # one product sums over the stack
        return xp.matmul(xp.matrix_transpose(rows(xp, x)), rows(xp, g))
    return xp.matmul(xp.matrix_transpose(x), g)


# Stacks of matrices, with broadcasting; the engine sums over what was stretched.
stacked = multilinear("matmul(x, y)", node="UnsafeViewBackward0", promotion="common", domain="iufcV",
    x=stacked_x, y=stacked_y, batch=batches.each_product,
)


def matmul(x, y):
    """The array API's matmul on tensors."""
    return PRODUCTS.get((len(x.shape), len(y.shape)), stacked)(x, y)


PRODUCTS = {(1, 1): dot, (2, 1): mv, (1, 2): vm, (2, 2): mm}


# -- a product added to something ----------------------------------------------------------------------------------------


def scaled(x, factor):
    return x if factor == 1 else x * factor


def added(xp, input, product, beta, alpha):
    """The weighted sum of the two; with beta 0 it does not matter what ``input`` holds."""
    out = scaled(product, alpha)
    if beta:
        out += scaled(input, beta)  # the product is an array of its own
    return out if out.dtype == product.dtype else xp.astype(out, product.dtype)  # bfloat16 times a number is a float


def sum_of(*terms):
    """The sum of the terms that there are: None stands for a tangent of zero."""
    there = [term for term in terms if term is not None]
    return sum(there[1:], there[0])


def adding(signature, node, saved_names, product, x, y, batch=batches.each_added, domain="iufcV", forward=None):
    def tangent(xp, x, y, input_tangent, x_tangent, y_tangent, beta, alpha):
        return sum_of(
            None if x_tangent is None else scaled(product(xp, x_tangent, y), alpha),
            None if y_tangent is None else scaled(product(xp, x, y_tangent), alpha),
            None if input_tangent is None else scaled(input_tangent, beta) if beta else xp.zeros_like(input_tangent),
        )

    return general(signature, node=node, promotion="common", domain=domain, saved_names=saved_names, batch=batch,
        forward=forward or rounded_once(
            lambda xp, input, x, y, beta, alpha: added(xp, input, product(xp, x, y), beta, alpha)
        ),
        input=lambda xp, g, beta: scaled(g, beta) if beta else xp.zeros_like(g),
        x=x, y=y, jvp=tangent,
    )


addmm = adding("addmm(input, x, y, *, beta, alpha)", "AddmmBackward0", {"x": "mat1", "y": "mat2"},
    lambda xp, x, y: xp.matmul(x, y),
    x=lambda xp, g, y, alpha: scaled(xp.matmul(g, xp.matrix_transpose(y)), alpha),
    y=lambda xp, g, x, alpha: scaled(xp.matmul(xp.matrix_transpose(x), g), alpha),
)

baddbmm = adding("baddbmm(input, x, y, *, beta, alpha)", "BaddbmmBackward0", {"x": "batch1", "y": "batch2"},
    lambda xp, x, y: xp.matmul(x, y),
    x=lambda xp, g, y, alpha: scaled(xp.matmul(g, xp.matrix_transpose(y)), alpha),
    y=lambda xp, g, x, alpha: scaled(xp.matmul(xp.matrix_transpose(x), g), alpha),
)

def one_by_one(xp, input, x, y, beta, alpha):
    """In half precision PyTorch rounds what there is after each matrix of the stack."""
    if not is_half(x.dtype):
        return added(xp, input, xp.tensordot(x, y, axes=((-3, -1), (-3, -2))), beta, alpha)
    out = input
    for at in range(x.shape[-3]):
        product = xp.matmul(*[xp.widen(xp.select(one, axis=-3, index=at)) for one in (x, y)])
        out = rounded_sum(xp, out, product, 1 if at else beta, alpha)
    if out is input:  # a stack of none
        out = rounded_sum(xp, input, xp.zeros((x.shape[-2], y.shape[-1]), dtype=x.dtype), beta, alpha)
    return out


def rounded_sum(xp, input, product, beta, alpha):
    return xp.narrow(added(xp, xp.widen(input), xp.widen(product), beta, alpha), input)


# The sum over the stack: the same cotangent goes to each matrix of it.
addbmm = adding("addbmm(input, x, y, *, beta, alpha)", "AddbmmBackward0", {"x": "batch1", "y": "batch2"},
    lambda xp, x, y: xp.tensordot(x, y, axes=((-3, -1), (-3, -2))), forward=one_by_one,
    x=lambda xp, g, y, alpha: scaled(xp.matmul(g, xp.matrix_transpose(y)), alpha),
    y=lambda xp, g, x, alpha: scaled(xp.matmul(xp.matrix_transpose(x), g), alpha),
    batch=batches.each_addbmm,
)

def addmv_forward(xp, input, x, y, beta, alpha):
    """In half precision PyTorch rounds the numbers, and what the first gives."""
    if not is_half(x.dtype):
        return added(xp, input, xp.matmul(x, y), beta, alpha)
    out = scaled(xp.matmul(xp.widen(x), xp.widen(y)), rounded(alpha, x))
    return xp.narrow(out + xp.widen(xp.narrow(scaled(xp.widen(input), rounded(beta, x)), x)) if beta else out, x)


def rounded(number, x):
    return float(np.asarray(number).astype(x.dtype))


addmv = adding("addmv(input, x, y, *, beta, alpha)", "AddmvBackward0", {"x": "mat", "y": "vec"},
    lambda xp, x, y: xp.matmul(x, y), forward=addmv_forward,
    x=lambda xp, g, y, alpha: scaled(xp.expand_dims(g, axis=-1) * y, alpha),
    y=lambda xp, g, x, alpha: scaled(xp.matmul(xp.matrix_transpose(x), g), alpha),
    batch=batches.each_addmv,
)

def addr_forward(xp, input, x, y, beta, alpha):
    """Op by op, as in PyTorch."""
    x = xp.expand_dims(x, axis=-1)
    if not is_half(x.dtype):
        return added(xp, input, x * y, beta, alpha)
    return added(xp, input, scaled(x, x.dtype.type(alpha)) * y, x.dtype.type(beta), 1)


addr = adding("addr(input, x, y, *, beta, alpha)", "AddrBackward0", {"x": "vec1", "y": "vec2"},
    lambda xp, x, y: xp.expand_dims(x, axis=-1) * y, forward=addr_forward,
    x=lambda xp, g, y, alpha: scaled(xp.matmul(g, y), alpha),
    y=lambda xp, g, x, alpha: scaled(xp.matmul(x, g), alpha),
    batch=batches.each_addr, domain="biufcV",
)


def layer_forward(xp, b, x, w):
    wide = xp.widen(x)
    if wide is x:
        return xp.affine(x, w, b)
    return xp.narrow(xp.matmul(wide, xp.matrix_transpose(xp.widen(w))) + xp.widen(b), x)  # half precision is rounded once


def layer_w(xp, g, x):
    return xp.transposed_matmul(rows(xp, g), rows(xp, x))


def layer_tangent(xp, x, w, b_tangent, x_tangent, w_tangent):
    return sum_of(
        None if x_tangent is None else xp.matmul(x_tangent, xp.matrix_transpose(w)),
        None if w_tangent is None else xp.matmul(x, xp.matrix_transpose(w_tangent)),
        b_tangent,
    )


# A linear layer, x w' + b with b first as in PyTorch's addmm: of a matrix, and of a vector or a stack of matrices.
linear_layer = general("linear_layer(b, x, w)", node="AddmmBackward0", promotion="common", domain="iufcV",
    batch=batches.each_layer, saved_names={"x": "mat1", "w": "mat2"},
    forward=layer_forward, jvp=layer_tangent,
    b=lambda g: g,
    x=lambda xp, g, w: xp.matmul(g, w),
    w=layer_w,
)
stacked_linear_layer = general("stacked_linear_layer(b, x, w)", node="ViewBackward0", promotion="common",
    domain="iufcV", batch=batches.each_layer, saved_names={"x": "mat1", "w": "mat2"},
    forward=layer_forward, jvp=layer_tangent,
    b=lambda g: g,
    x=lambda xp, g, w: xp.matmul(g, w),
    w=layer_w,
)

# -- contractions --------------------------------------------------------------------------------------------------------

# Each cotangent is again a contraction: of g, labelled as the output, and the other operand.
contract = multilinear("contract(x, y, *, x_labels, y_labels, out_labels)", node="ViewBackward0", promotion="common",
    domain="iufcV", batch=batches.each_contract,
    x=lambda xp, g, y, x_labels, y_labels, out_labels:
        xp.contract(g, y, x_labels=out_labels, y_labels=y_labels, out_labels=x_labels),
    y=lambda xp, g, x, x_labels, y_labels, out_labels:
        xp.contract(x, g, x_labels=x_labels, y_labels=out_labels, out_labels=y_labels),
)


def tensordot(x, y, *, axes=2):
    """The array API's tensordot: the last axes of ``x`` with the first of ``y``, or pairs of axes."""
    nx, ny = len(x.shape), len(y.shape)
    if isinstance(axes, int):
        axes = (range(-axes, 0), range(axes))
    x_labels, y_labels = list(range(nx)), list(range(nx, nx + ny))
    for i, j in zip(*axes, strict=True):
        y_labels[j] = x_labels[i]
    summed = {x_labels[i] for i in axes[0]}
    out = tuple(label for label in x_labels + y_labels if label not in summed)
    return contract(x, y, x_labels=tuple(x_labels), y_labels=tuple(y_labels), out_labels=out)


def apart(xp, x, before):
    """Axes of length 1 put before each axis, or after it."""
    return xp.reshape(x, tuple(m for n in x.shape for m in ((1, n) if before else (n, 1))))


def kron_forward(xp, x, y):
    product = apart(xp, x, False) * apart(xp, y, True)
    return xp.reshape(product, tuple(n * m for n, m in zip(x.shape, y.shape, strict=True)))


def kron_blocks(xp, g, other, shape, first):
    """The cotangent cut into blocks, and each weighed with what the operand was multiplied by."""
    pairs = zip(shape, other.shape, strict=True) if first else zip(other.shape, shape, strict=True)
    blocks = xp.reshape(g, tuple(n for pair in pairs for n in pair)) * apart(xp, other, first)
    return xp.sum(blocks, axis=tuple(range(-1 if first else -2, -2 * len(shape) - 1, -2)), keepdims=False)


# Of operands with as many axes each.
kron = multilinear("kron(x, y)", node="UnsafeViewBackward0", promotion="common", domain="biufcV",
    batch=batches.each_kron,
    forward=kron_forward,
    x=lambda xp, g, y, x_shape: kron_blocks(xp, g, y, x_shape, True),
    y=lambda xp, g, x, y_shape: kron_blocks(xp, g, x, y_shape, False),
)


def cross_product(xp, x, y, axis):
    def ahead(a, by):
        return xp.roll(a, -by, axis=axis)

    return ahead(x, 1) * ahead(y, 2) - ahead(x, 2) * ahead(y, 1)


# The triple product is the same in each cyclic order: g . (x * y) = x . (y * g) = y . (g * x), with * for the cross.
cross = multilinear("cross(x, y, *, axis)", node="LinalgCrossBackward0", promotion="common", domain="iufcV",
    forward=cross_product,
    x=lambda xp, g, y, axis: cross_product(xp, y, g, axis),
    y=lambda xp, g, x, axis: cross_product(xp, g, x, axis),  # noqa: PLW0108 - the names say what to save
)

# -- square matrices ------------------------------------------------------------------------------------------------------


def matrix_wide(xp, g):
    """A cotangent for each matrix of a stack, shaped to multiply the matrices."""
    return xp.expand_dims(xp.expand_dims(g, axis=-1), axis=-1)


def trace_x(xp, g, x_shape):
    # where, not a product with the identity: 0 * inf would be NaN.
    return xp.where(xp.eye(x_shape[-2], x_shape[-1], dtype=g.dtype) == 1, matrix_wide(xp, g), 0)


trace = linear("trace(x)", x=trace_x)

# Not det(x) inv(x)', which does not exist at singular matrices, where the cofactors are as smooth as anywhere.
det = general("det(x)", node="LinalgDetBackward0", domain="fc", saved_names={"x": "A"}, batch=same_call,
    x=lambda xp, g, x: matrix_wide(xp, g) * xp.cofactors(x),
)


def cofactors_rule(xp, g, need, xs):
    """With D the derivatives of det: <g, cofactors(x, *e)> = D[g, *e] is symmetric in g and each direction e, so that
    the cotangent of x has g as one more direction, and that of a direction has g in its place.
    """
    x, *e = xs
    return [
        None if not wanted else xp.cofactors(x, *e, g) if i < 0 else xp.cofactors(x, *e[:i], g, *e[i + 1 :])
        for i, wanted in enumerate(need, -1)
    ]


# x, then the directions along which the matrix of cofactors is differentiated.
cofactors = general("cofactors(*xs)", domain="fc", all=cofactors_rule, batch=same_call)

# d log|det x| = tr(inv(x) dx)
slogdet = general("slogdet(x)", node="LinalgSlogdetBackward0", domain="f", outputs="sign logabsdet", saved_names={"x": "A"},
    differentiable=(True, True), batch=same_call,
    x=lambda xp, g, x: xp.zeros_like(x) if g[1] is None else matrix_wide(xp, g[1]) * xp.matrix_transpose(xp.inv(x)),
)


def slogdet_complex_x(xp, g, x, sign):
    """With z = tr(inv(x) dx): d logabsdet = Re z and d sign = i sign Im z; Re(h i sign Im z) = Re(i Im(h sign) z)."""
    h = g[1]
    if g[0] is not None:
        turn = g[0] * sign
        turn = (turn - xp.conj(turn)) / 2  # i Im
        h = turn if h is None else turn + h
    return matrix_wide(xp, h) * xp.matrix_transpose(xp.inv(x))


slogdet_complex = general("slogdet_complex(x)", node="LinalgSlogdetBackward0", domain="c", outputs="sign logabsdet",
    saved_names={"x": "A"}, batch=same_call,
    forward=lambda xp, x: xp.slogdet(x),
    x=slogdet_complex_x,
)

# d inv(x) = -inv(x) dx inv(x)
inv = general("inv(x)", node="LinalgInvExBackward0", domain="fc", saved_names={"out": "inverse"}, batch=same_call,
    x=lambda xp, g, out: -xp.matmul(xp.matrix_transpose(out), xp.matmul(g, xp.matrix_transpose(out))),
)


def solve_forward(xp, x, y, left, vector):
    if vector:
        return xp.squeeze(xp.solve(x, xp.expand_dims(y, axis=-1)), axis=-1)
    if left:
        return xp.solve(x, y)
    return xp.matrix_transpose(xp.solve(xp.matrix_transpose(x), xp.matrix_transpose(y)))


def solve_rule(xp, g, need, x, out, left, vector):
    """From x out = y, dx out + x dout = dy: the cotangent of y solves x' gy = g, and gx = -gy out'."""
    if vector:
        g, out = xp.expand_dims(g, axis=-1), xp.expand_dims(out, axis=-1)
    gy = solve_forward(xp, xp.matrix_transpose(x), g, left, False)
    first, second = (gy, out) if left else (out, gy)
    if not left:
        first, second = xp.matrix_transpose(first), xp.matrix_transpose(second)
    gx = -xp.matmul(first, xp.matrix_transpose(second)) if need[0] else None
    return gx, xp.squeeze(gy, axis=-1) if vector else gy


# The solution of x out = y (of out x = y, if not ``left``); the ys are matrices, or vectors.
solve_system = general("solve_system(x, y, *, left, vector)", node="LinalgSolveExBackward0", domain="fc",
    saved_names={"x": "A"}, batch=batches.each_solved, forward=solve_forward, all=solve_rule,
)


def solve(x, y):
    """Of matrices, as rules call it."""
    return solve_system(x, y, left=True, vector=False)
