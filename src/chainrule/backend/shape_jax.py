"""Shapes of the JAX backend. Views are values here; a write into a view is a new value of its base (``put_path``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from . import forward_for
from .elementwise_jax import number, view_as_complex, view_as_real
from .numpy import walk
from .shape_numpy import Geometry, extent, positions, select, slice_axis

Array = Any


def roll(x: Array, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Array:
    return jnp.roll(x, shift, axis)


def rot90(x: Array, k: int, axes: tuple[int, int]) -> Array:
    return jnp.rot90(x, k, axes)


def clone(x: Array) -> Array:
    """The same: nobody can write to it."""
    return jnp.asarray(x)


contiguous = row_major = clone


# -- views --------------------------------------------------------------------------------------------------------------


def unfold(x: Array, axis: int, size: int, step: int) -> Array:
    """The windows of ``size`` elements, every ``step``: the window is a new last axis."""
    starts = np.arange((x.shape[axis] - size) // step + 1) * step
    return jnp.moveaxis(jnp.moveaxis(x, axis, -1)[..., starts[:, None] + np.arange(size)], -2, axis - 1)


def as_strided(x: Array, size: tuple[int, ...], stride: tuple[int, ...], offset: int, origin: Geometry) -> Array:
    """What a geometry reads from the storage in which ``x`` lies as ``origin`` says."""
    return jnp.asarray(x).reshape(-1)[_places_in(origin, (size, stride, offset))]


def _places_in(origin: Geometry, target: Geometry) -> Array:
    """Which elements, in C order, of the array that lies as ``origin`` a target reads."""
    table = np.full(max(extent(origin), extent(target)), -1)
    table[positions(origin).reshape(-1)] = np.arange(math.prod(origin[0]))
    places = table[positions(target)]
    if np.any(places < 0):
        raise RuntimeError(
            f"as_strided: size {target[0]}, stride {target[1]} and storage_offset {target[2]} reach parts of the storage that "
            "the tensor is not made of; a compiled function knows the tensor only. Call as_strided on the base of the view."
        )
    return places


def restride(x: Array, source: Geometry, target: Geometry) -> Array:
    """What ``target`` reads from a storage of zeros to which ``x`` was added as ``source``."""
    memory = jnp.zeros(max(extent(source), extent(target)), x.dtype)
    return memory.at[positions(source).reshape(-1)].add(x.reshape(-1))[positions(target)]


# -- the adjoints of views: zeros, with the cotangent in its place ------------------------------------------------------


def _padded(x: Array, axis: int, before: int, after: int, between: int) -> Array:
    widths = [(0, 0, 0)] * x.ndim
    widths[axis] = (before, after, between)
    return lax.pad(x, number(0, x), widths)


def select_adjoint(g: Array, axis: int, index: int, size: int) -> Array:
    index %= size
    return _padded(jnp.expand_dims(g, axis), axis, index, size - 1 - index, 0)


def slice_adjoint(g: Array, axis: int, start: int, stop: int, step: int, size: int) -> Array:
    covered = len(range(start, stop, step)) and (g.shape[axis] - 1) * step + 1
    return _padded(g, axis, start, size - start - covered, step - 1)


def diagonal_adjoint(g: Array, offset: int, axis1: int, axis2: int, sizes: tuple[int, int]) -> Array:
    places = np.arange(g.shape[-1])
    out = jnp.zeros((*g.shape[:-1], *sizes), g.dtype)
    out = out.at[..., places + max(-offset, 0), places + max(offset, 0)].set(g)
    return jnp.moveaxis(out, (-2, -1), (axis1, axis2))


def unfold_adjoint(g: Array, axis: int, step: int, length: int) -> Array:
    """The windows added up where they overlap; ``axis`` is that of the unfolded array, without the windows."""
    g = jnp.moveaxis(g, axis - 1, -2)
    places = np.arange(g.shape[-2])[:, None] * step + np.arange(g.shape[-1])
    return jnp.moveaxis(jnp.zeros((*g.shape[:-2], length), g.dtype).at[..., places].add(g), -1, axis)


def view_dtype(x: Array, dtype: Any) -> Array:
    """The bytes, read as another dtype."""
    return jnp.asarray(x).view(dtype)


def pad(x: Array, widths: tuple[tuple[int, int], ...], value: Any) -> Array:
    """``x`` between constants: (before, after) for each of the last axes; negative widths cut off."""
    all_widths = [(0, 0, 0)] * (x.ndim - len(widths)) + [(before, after, 0) for before, after in widths]
    return lax.pad(x, number(value, x), all_widths)


# -- paths of views -----------------------------------------------------------------------------------------------------


def get_path(x: Array, *, path: Any, shape: tuple[int, ...]) -> Array:
    """The part of ``x`` that a path of views (op, its parameters, which output) leads to."""
    for step in path:
        x = _follow(x, step)
    return x


def _follow(x: Array, step: Any) -> Array:
    from . import jax as xp

    op, params, which = step
    out = forward_for(op, xp)(x, **dict(params))
    return out if which is None else out[which]


def put_path(x: Array, v: Array, *, path: Any, shape: tuple[int, ...]) -> Array:
    """``x`` with ``v`` in the part that a path of views leads to."""
    x = jnp.asarray(x)
    if not path:
        return jnp.broadcast_to(v, x.shape).astype(x.dtype)
    if any(op.name == "unfold" for op, *_ in path) and not any(op.name in REREAD for op, *_ in path):
        # Its windows overlap: what is not in the part must not be put back.
        places = walk(np.arange(x.size).reshape(x.shape), path)
        return _put_flat(x, jnp.broadcast_to(v, places.shape).astype(x.dtype), places)
    first, *rest = path
    part = put_path(_follow(x, first), v, path=rest, shape=shape)
    return PUT.get(first[0].name, _put_by_places)(x, part, first)


REREAD = frozenset({"view_as_real", "view_as_complex", "real_part", "imag_part"})
"""Views whose elements are not those of what they view."""

Put = Callable[[Array, Array, Any], Array]
"""(x, part, the view that leads from x to the part) -> x with that part."""


def _put_reshaped(x: Array, part: Array, step: Any) -> Array:
    return part.reshape(x.shape)


def _put_swapped(x: Array, part: Array, step: Any) -> Array:
    """Into views that are their own inverses."""
    op, params, _ = step
    return _follow(part, (op, params, None))


def _put_permuted(x: Array, part: Array, step: Any) -> Array:
    axes = dict(step[1])["axes"]
    return jnp.moveaxis(part, range(x.ndim), axes)


def _put_selected(x: Array, part: Array, step: Any) -> Array:
    _, params, which = step
    axis, index = dict(params)["axis"], which if which is not None else dict(params)["index"]
    return _updated(x, jnp.expand_dims(part, axis), axis, index % x.shape[axis])


def _put_sliced(x: Array, part: Array, step: Any) -> Array:
    values = dict(step[1])
    axis, start, by = values["axis"], values["start"], values["step"]
    if by == 1:
        return _updated(x, part, axis, start)
    places = start + np.arange(part.shape[axis]) * by
    return x.at[..., places, *[slice(None)] * (-axis - 1)].set(part)


def _put_piece(x: Array, part: Array, step: Any) -> Array:
    op, params, which = step
    axis = dict(params)["axis"]
    pieces = _follow(x, (op, params, None))
    return _updated(x, part, axis, [0, *accumulate([piece.shape[axis] for piece in pieces])][which])


def _updated(x: Array, part: Array, axis: int, start: int) -> Array:
    return lax.dynamic_update_slice_in_dim(x, part, start, axis % x.ndim)


def _put_strided(x: Array, part: Array, step: Any) -> Array:
    values = dict(step[1])
    places = _places_in(values["origin"], (values["size"], values["stride"], values["offset"]))
    return _put_flat(x, part, places)


def _put_by_places(x: Array, part: Array, step: Any) -> Array:
    """Where the elements of the part stand in ``x`` is the view, by NumPy, of their numbers."""
    op, params, _ = step
    return _put_flat(x, part, op.raw(np.arange(x.size).reshape(x.shape), **dict(params)))


def _put_flat(x: Array, part: Array, places: Array) -> Array:
    return x.reshape(-1).at[places.reshape(-1)].set(part.reshape(-1)).reshape(x.shape)


PUT: dict[str, Put] = {
    **dict.fromkeys(("view", "reshape_alias", "unsafe_view", "alias", "expand_dims", "expand_dims_"), _put_reshaped),
    **dict.fromkeys(
        ("squeeze", "squeeze_", "squeeze_one", "squeeze_one_", "squeeze_all", "squeeze_all_"), _put_reshaped
    ),
    **dict.fromkeys(("swapaxes", "swapaxes_", "matrix_transpose", "t", "t_"), _put_swapped),
    **dict.fromkeys(("select", "unstack"), _put_selected),
    **dict.fromkeys(("split", "split_with_sizes"), _put_piece),
    "permute_dims": _put_permuted,
    "slice_axis": _put_sliced,
    "as_strided": _put_strided,
    "real_part": lambda x, part, step: lax.complex(part, x.imag),
    "imag_part": lambda x, part, step: lax.complex(x.real, part),
    "view_as_real": lambda x, part, step: view_as_complex(part),
    "view_as_complex": lambda x, part, step: view_as_real(part),
}
"""How to put a part back, by the name of the view; into the others by places."""
