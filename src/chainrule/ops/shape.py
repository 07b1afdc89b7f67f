"""Shapes, views and reorderings: the data stay, their places change.

The rule of each is its inverse, or the sum that undoes a repetition. Views share memory, so an in-place write can replay
them (``core.views``); PyTorch names a node after the function that was called, which is why some ops differ in name only.
"""

from __future__ import annotations

import math

from ..backend.shape_numpy import extent, is_viewable
from ..core.batching import same_call
from ..core.op import general, linear, view as declare_view
from ..core.sparse_level import is_sparse
from ..core.value import Lifted
from ..core.views import memory_of

__all__ = [
    "alias", "as_strided", "broadcast_to", "clone", "clone_laid", "contiguous", "diag_embed", "diagonal", "diagonal_adjoint",
    "diagonal_copy", "expand_dims", "expand_dims_", "flip", "matrix_transpose", "moveaxis", "pad", "permute_dims",
    "repeat", "reshape", "reshape_alias", "restride", "roll", "rot90", "select", "select_adjoint", "slice_adjoint",
    "slice_axis", "squeeze", "squeeze_", "squeeze_all", "squeeze_all_", "squeeze_one", "squeeze_one_", "swapaxes",
    "swapaxes_", "t", "t_", "tile", "to_laid", "tril", "triu", "unfold", "unfold_adjoint", "unsafe_view", "view",
]

# -- the shape ----------------------------------------------------------------------------------------------------------


def _reshaped(xp, x, shape):
    return xp.reshape(x, shape)


def _shape_restored(xp, g, x_shape):
    return xp.reshape(g, x_shape)


def _each_reshaped(xp, x, shape, size):
    return xp.reshape(x, (size, *shape))


RESHAPE = {"forward": _reshaped, "x": _shape_restored, "batch": _each_reshaped}
view = declare_view("view(x, *, shape)", **RESHAPE)
reshape_alias = declare_view("reshape_alias(x, *, shape)", **RESHAPE)
unsafe_view = declare_view("unsafe_view(x, *, shape)", **RESHAPE)


def reshape(x, shape):
    """A view where the strides allow it, else a copy; three node names, as in PyTorch."""
    array = x._array
    if isinstance(array, Lifted):
        if is_sparse(array):
            return view(x, shape=shape)
        array = memory_of(x)
    if array.flags.c_contiguous:
        return view(x, shape=shape)
    if is_viewable(array, shape):
        return reshape_alias(x, shape=shape)
    out = unsafe_view(contiguous(x), shape=shape)
    out._view = None  # nobody else has the copy that it is a view of
    return out


def _squeezed(xp, x, axis):
    return xp.squeeze(x, axis=axis)


SQUEEZE = {"forward": _squeezed, "x": _shape_restored}
squeeze_all = declare_view("squeeze_all(x, *, axis)", node="SqueezeBackward0", **SQUEEZE)
squeeze_one = declare_view("squeeze_one(x, *, axis)", node="SqueezeBackward1", **SQUEEZE)
squeeze = declare_view("squeeze(x, *, axis)", node="SqueezeBackward2", **SQUEEZE)

expand_dims = declare_view("expand_dims(x, *, axis)", node="UnsqueezeBackward0", x=_shape_restored)


def _each_broadcast(xp, x, shape, size):
    old = x.shape[1:]
    return xp.broadcast_to(xp.reshape(x, (size, *[1] * (len(shape) - len(old)), *old)), (size, *shape))


# The engine sums over broadcast axes when it projects the cotangent.
broadcast_to = declare_view("broadcast_to(x, *, shape)", node="ExpandBackward0", batch=_each_broadcast, x=lambda g: g)

alias = declare_view("alias(x)", forward=lambda xp, x: x[...], x=lambda g: g)

# -- the order of the axes ----------------------------------------------------------------------------------------------


def inverse(axes):
    """The permutation that undoes ``axes``, as negative axes."""
    n = len(axes)
    order = sorted(range(n), key=lambda at: axes[at] % n)
    return tuple([at - n for at in order])


def _each_permuted(xp, x, axes):
    return xp.permute_dims(x, (-1 - len(axes), *axes))


permute_dims = declare_view("permute_dims(x, *, axes)", node="PermuteBackward0", batch=_each_permuted,
    x=lambda xp, g, axes: xp.permute_dims(g, inverse(axes)),
)

def _swapped(xp, g, axis1, axis2):
    return xp.swapaxes(g, axis1=axis1, axis2=axis2)


swapaxes = declare_view("swapaxes(x, *, axis1, axis2)", node="TransposeBackward0",
    saved_names={"axis1": "dim0", "axis2": "dim1"},
    x=_swapped,
)

matrix_transpose = declare_view("matrix_transpose(x)", node="TransposeBackward0",
    x=lambda xp, g: xp.matrix_transpose(g),
)


def _t(xp, x):
    """Of a matrix or less."""
    return xp.matrix_transpose(x) if x.ndim == 2 else x[...]


def _t_back(xp, g):
    return _t(xp, g)


def _each_t(xp, x):
    return xp.matrix_transpose(x) if x.ndim == 3 else x[...]


TRANSPOSE = {"forward": _t, "x": _t_back, "batch": _each_t}
t = declare_view("t(x)", node="TBackward0", **TRANSPOSE)



def moveaxis(x, source, destination):
    """The array API's call form."""
    n = x.ndim
    source, destination = (
        [a % n for a in ((at,) if isinstance(at, int) else at)] for at in (source, destination)
    )
    order = [a for a in range(n) if a not in source]
    for to, a in sorted(zip(destination, source, strict=True)):
        order.insert(to, a)
    return permute_dims(x, axes=tuple([a - n for a in order]))


# -- in place -----------------------------------------------------------------------------------------------------------
# PyTorch counts the in-place forms of the above as functions of their own.

squeeze_all_ = declare_view("squeeze_all_(x, *, axis)", node="SqueezeBackward3", **SQUEEZE)
squeeze_one_ = declare_view("squeeze_one_(x, *, axis)", node="SqueezeBackward4", **SQUEEZE)
squeeze_ = declare_view("squeeze_(x, *, axis)", node="SqueezeBackward5", **SQUEEZE)
expand_dims_ = declare_view("expand_dims_(x, *, axis)", node="UnsqueezeBackward1",
    forward=lambda xp, x, axis: xp.expand_dims(x, axis=axis), x=_shape_restored,
)
swapaxes_ = declare_view("swapaxes_(x, *, axis1, axis2)", node="TransposeBackward1",
    saved_names={"axis1": "dim0", "axis2": "dim1"},
    forward=lambda xp, x, axis1, axis2: xp.swapaxes(x, axis1=axis1, axis2=axis2), x=_swapped,
)
t_ = declare_view("t_(x)", node="TBackward1", **TRANSPOSE)

# -- parts --------------------------------------------------------------------------------------------------------------
# A part is a view; its adjoint puts the cotangent into zeros. Each of the two is the rule of the other.

select = declare_view("select(x, *, axis, index)",
    x=lambda xp, g, x_shape, axis, index: xp.select_adjoint(g, axis=axis, index=index, size=x_shape[axis]),
)

select_adjoint = linear("select_adjoint(x, *, axis, index, size)", node="SelectBackwardBackward0",
    x=lambda xp, g, axis, index: xp.select(g, axis=axis, index=index),
)

slice_axis = declare_view("slice_axis(x, *, axis, start, stop, step)", node="SliceBackward0",
    saved_names={"stop": "end"},
    x=lambda xp, g, x_shape, axis, start, stop, step: xp.slice_adjoint(
        g, axis=axis, start=start, stop=stop, step=step, size=x_shape[axis]),
)

slice_adjoint = linear("slice_adjoint(x, *, axis, start, stop, step, size)", node="SliceBackwardBackward0",
    x=lambda xp, g, axis, start, stop, step: xp.slice_axis(g, axis=axis, start=start, stop=stop, step=step),
)


def _undiagonal(xp, g, x_shape, offset, axis1, axis2):
    return xp.diagonal_adjoint(g, offset=offset, axis1=axis1, axis2=axis2, sizes=(x_shape[axis1], x_shape[axis2]))


def _diagonal(xp, g, offset, axis1, axis2):
    return xp.diagonal(g, offset=offset, axis1=axis1, axis2=axis2)


diagonal = declare_view("diagonal(x, *, offset, axis1, axis2)", saved_names={"axis1": "dim1", "axis2": "dim2"},
    x=_undiagonal,
)

diagonal_copy = linear("diagonal_copy(x, *, offset, axis1, axis2)", node="DiagonalBackward0_copy",
    forward=lambda xp, x, offset, axis1, axis2: xp.clone(xp.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)),
    x=_undiagonal,
)

diagonal_adjoint = linear("diagonal_adjoint(x, *, offset, axis1, axis2, sizes)", node="DiagonalBackwardBackward0",
    x=_diagonal,
)

diag_embed = linear("diag_embed(x, *, offset, axis1, axis2, sizes)",
    forward=lambda xp, x, offset, axis1, axis2, sizes: xp.diagonal_adjoint(
        x, offset=offset, axis1=axis1, axis2=axis2, sizes=sizes),
    x=_diagonal,
)

unfold = declare_view("unfold(x, *, axis, size, step)",
    x=lambda xp, g, x_shape, axis, step: xp.unfold_adjoint(g, axis=axis, step=step, length=x_shape[axis]),
)

unfold_adjoint = linear("unfold_adjoint(x, *, axis, step, length)", node="UnfoldBackwardBackward0",
    x=lambda xp, g, x_shape, axis, step: xp.unfold(g, axis=axis, size=x_shape[-1], step=step),
)

def _each_restrided(xp, x, size, source, target):
    """A storage for each element of the batch, one behind the other."""
    length = max(extent(source), extent(target))
    a, b = (((size, *sizes), (length, *strides), offset) for sizes, strides, offset in (source, target))
    return xp.restride(x, source=a, target=b)


def _each_strided(call, xp, x, stride, offset, origin):
    return _each_restrided(xp, x, call.size, origin, (call.params["size"], stride, offset))


# Through the storage that the operand (``origin``) and the result share: what one reads, the other gets.
as_strided = declare_view("as_strided(x, *, size, stride, offset, origin)", batch=_each_strided,
    x=lambda xp, g, size, stride, offset, origin: xp.restride(g, source=(size, stride, offset), target=origin),
)

restride = linear("restride(x, *, source, target)", node="AsStridedBackward0", batch=_each_restrided,
    x=lambda xp, g, source, target: xp.restride(g, source=target, target=source),
)

# -- copies -------------------------------------------------------------------------------------------------------------

clone = linear("clone(x)", promotion="common", x=lambda g: g)
contiguous = linear("contiguous(x)", promotion="common", node="CloneBackward0", x=lambda g: g)


def laid(name, node):
    """A copy in which an axis is the last in memory."""
    return linear(f"{name}(x, *, axis)", node=node,
        forward=lambda xp, x, axis: xp.moveaxis(xp.contiguous(xp.moveaxis(x, axis, -1)), -1, axis),
        x=lambda g: g,
    )


clone_laid = laid("clone_laid", "CloneBackward0")
to_laid = laid("to_laid", "ToCopyBackward0")

flip = linear("flip(x, *, axis)", layout="first", saved_names={"axis": "dims"}, x=lambda xp, g, axis: xp.flip(g, axis=axis))

rot90 = linear("rot90(x, *, k, axes)", x=lambda xp, g, k, axes: xp.rot90(g, k=-k, axes=axes))


def _rolled_back(xp, g, shift, axis):
    return xp.roll(g, -shift if isinstance(shift, int) else tuple([-s for s in shift]), axis=axis)


def _each_rolled(xp, run, x, axis, size):
    return run(x) if axis is not None else xp.reshape(run(xp.reshape(x, (size, math.prod(x.shape[1:]))), axis=-1), x.shape)


roll = linear("roll(x, *, shift, axis)", layout="first", batch=_each_rolled, saved_names={"shift": "shifts", "axis": "dims"}, x=_rolled_back)


def _copies_summed(xp, g, x_shape, repetitions):
    """Each axis of the result is (copies, elements): sum over the copies."""
    shape = (1,) * (len(repetitions) - len(x_shape)) + tuple(x_shape)
    split = tuple([n for pair in zip(repetitions, shape, strict=True) for n in pair])
    axes = tuple(range(-len(split), 0, 2))
    return xp.reshape(xp.sum(xp.reshape(g, split), axis=axes, keepdims=False), x_shape)


def _each_tiled(xp, x, repetitions, size):
    old = x.shape[1:]
    return xp.tile(xp.reshape(x, (size, *[1] * (len(repetitions) - len(old)), *old)), (1, *repetitions))


tile = linear("tile(x, *, repetitions)", node="RepeatBackward0", saved_names={"repetitions": "repeats"},
    forward=lambda xp, x, repetitions: xp.tile(x, repetitions), batch=_each_tiled,
    x=_copies_summed,
)


def repeat(x, repeats, *, axis):
    """The array API's call form, for an int ``repeats``; the copies of an element are neighbours."""
    shape = list(x.shape)
    at = axis % len(shape)
    wide = broadcast_to(expand_dims(x, axis=at - len(shape)), shape=(*shape[: at + 1], repeats, *shape[at + 1 :]))
    shape[at] *= repeats
    return view(contiguous(wide), shape=tuple(shape))


tril = linear("tril(x, *, k)", saved_names={"k": "diagonal"}, x=lambda xp, g, k: xp.tril(g, k=k))
triu = linear("triu(x, *, k)", saved_names={"k": "diagonal"}, x=lambda xp, g, k: xp.triu(g, k=k))


def _unpadded(xp, g, widths):
    return xp.pad(g, widths=tuple([(-before, -after) for before, after in widths]), value=0)


# Affine in x for a value other than zero, so not of kind linear.
pad = general("pad(x, *, widths, value)", layout="first", node="ConstantPadNdBackward0", batch=same_call,
    jvp=lambda xp, x_tangent, widths: xp.pad(x_tangent, widths=widths, value=0),
    x=_unpadded,
)
