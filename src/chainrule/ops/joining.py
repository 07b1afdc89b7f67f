"""Several into one (concat, stack), and one into several views (unstack, split).

They are each other's adjoints.
"""

from __future__ import annotations

from itertools import accumulate

from ..core.op import linear, view as declare_view

__all__ = ["concat", "split", "split_with_sizes", "stack", "unstack"]


def _pieces(xp, g, need, xs_shape, axis):
    """Each operand gets the part of the cotangent that it was."""
    stops = tuple(accumulate([shape[axis] for shape in xs_shape]))
    return [
        xp.slice_axis(g, axis=axis, start=stop - shape[axis], stop=stop, step=1) if needed else None
        for stop, shape, needed in zip(stops, xs_shape, need, strict=True)
    ]


concat_all = linear("concat(*xs, axis)", layout="all", node="CatBackward0", saved_names={"axis": "dim"},
    forward=lambda xp, *xs, axis: xp.concat(xs, axis=axis),
    all=_pieces,
)


def concat(arrays, axis):
    """The array API's call form."""
    return concat_all(*arrays, axis=axis)


concat.op = concat_all.op  # type: ignore[attr-defined]

stack_all = linear("stack(*xs, axis)",
    forward=lambda xp, *xs, axis: xp.stack(xs, axis=axis),
    all=lambda xp, g, need, axis: [
        xp.select(g, axis=axis, index=at) if needed else None for at, needed in enumerate(need)
    ],
)


def stack(arrays, axis):
    """The array API's call form."""
    return stack_all(*arrays, axis=axis)


stack.op = stack_all.op  # type: ignore[attr-defined]


def _filled(xp, g, out_shape, out_dtype):
    """The cotangents of all outputs: zeros for those that nothing reached."""
    return [
        xp.zeros(shape, dtype=dtype) if one is None else one
        for one, shape, dtype in zip(g, out_shape, out_dtype, strict=True)
    ]


def _joined(xp, g, out_shape, out_dtype, axis):
    return xp.concat(_filled(xp, g, out_shape, out_dtype), axis=axis)


unstack = declare_view("unstack(x, *, axis)", node="UnbindBackward0", outputs="*",
    x=lambda xp, g, out_shape, out_dtype, axis: xp.stack(_filled(xp, g, out_shape, out_dtype), axis=axis),
)


def _split_with_sizes(xp, x, axis, sizes):
    stops = accumulate(sizes)
    return tuple(
        [xp.slice_axis(x, axis=axis, start=stop - size, stop=stop, step=1) for stop, size in zip(stops, sizes, strict=True)]
    )


def _split(xp, x, axis, split_size):
    length = x.shape[axis]
    starts = range(0, length, split_size) if length else (0,)
    return tuple(
        [xp.slice_axis(x, axis=axis, start=at, stop=min(at + split_size, length), step=1) for at in starts]
    )


split = declare_view("split(x, *, axis, split_size)", outputs="*", forward=_split, x=_joined)
split_with_sizes = declare_view("split_with_sizes(x, *, axis, sizes)", outputs="*", forward=_split_with_sizes, x=_joined,
    saved_names={"sizes": "split_sizes"},
)
