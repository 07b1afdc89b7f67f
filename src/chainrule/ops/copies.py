"""What a view shows, as a copy: PyTorch has each view in this form too, with a node of its own.

A copy is the view's record, its memory its own.
"""

from __future__ import annotations

from ..core.batching import same_call
from ..core.op import linear, view
from . import complex_numbers, joining, shape

__all__ = [
    "alias_copy", "as_strided_", "as_strided_copy", "expand_copy", "narrow_copy", "permute_copy", "select_copy", "slice_copy", "split_copy",
    "split_with_sizes_copy", "squeeze_all_copy", "squeeze_copy", "squeeze_one_copy", "t_copy", "transpose_copy", "unbind_copy",
    "unfold_copy", "unsafe_split", "unsafe_split_with_sizes", "unsqueeze_copy", "view_as_complex_copy",
    "view_as_real_copy", "view_copy",
]


def _own(xp, result):
    """Copies of a view, or of several."""
    return tuple([xp.contiguous(one) for one in result]) if isinstance(result, tuple) else xp.contiguous(result)


def copied(of, name, node=None):
    """The op that copies what the view op ``of`` shows."""
    op = of.op

    def forward(xp, x, **params):
        return _own(xp, op.forward(xp, x, **params) if op.forward is not None else getattr(xp, op.name)(x, **params))

    def batch(call):
        return _own(call.xp, call.by_name(op.batch or same_call))

    signature = f"{name}({', '.join(['x', *(['*', *op.params] if op.params else [])])})"
    several = {"outputs": "*"} if op.outputs is not None else {}
    return linear(signature, node=node or op.node_name + "_copy", forward=forward, batch=batch, x=op.rules["x"],
        domain=op.domain, saved_names=op.saved_names, **several,
    )


alias_copy = copied(shape.alias, "alias_copy")
as_strided_copy = copied(shape.as_strided, "as_strided_copy")
expand_copy = copied(shape.broadcast_to, "expand_copy")
narrow_copy = copied(shape.slice_axis, "narrow_copy", "NarrowCopyBackward0")
permute_copy = copied(shape.permute_dims, "permute_copy")
select_copy = copied(shape.select, "select_copy")
slice_copy = copied(shape.slice_axis, "slice_copy")
split_copy = copied(joining.split, "split_copy")
split_with_sizes_copy = copied(joining.split_with_sizes, "split_with_sizes_copy")
squeeze_all_copy = copied(shape.squeeze_all, "squeeze_all_copy")
squeeze_one_copy = copied(shape.squeeze_one, "squeeze_one_copy")
squeeze_copy = copied(shape.squeeze, "squeeze_copy")
t_copy = copied(shape.t, "t_copy")
transpose_copy = copied(shape.swapaxes, "transpose_copy")
unbind_copy = copied(joining.unstack, "unbind_copy")
unfold_copy = copied(shape.unfold, "unfold_copy")
unsqueeze_copy = copied(shape.expand_dims, "unsqueeze_copy")
view_as_complex_copy = copied(complex_numbers.view_as_complex, "view_as_complex_copy")
view_as_real_copy = copied(complex_numbers.view_as_real, "view_as_real_copy")
view_copy = copied(shape.view, "view_copy")

# Writes to one of these parts are nothing to the others.
unsafe_split = copied(joining.split, "unsafe_split", "UnsafeSplitBackward0")
unsafe_split_with_sizes = copied(joining.split_with_sizes, "unsafe_split_with_sizes", "UnsafeSplitWithSizesBackward0")

as_strided_ = view("as_strided_(x, *, size, stride, offset, origin)", node="AsStridedBackward1",
    forward=lambda xp, x, size, stride, offset, origin: xp.as_strided(x, size=size, stride=stride, offset=offset, origin=origin),
    batch=shape.as_strided.op.batch, x=shape.as_strided.op.rules["x"],
)
