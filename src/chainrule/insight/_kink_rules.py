"""Where each op has a kink: for every op of docs/kinks.md, which of its outputs are at one.

A rule takes the operands as arrays, the parameters and the outputs. It gives a mask of the outputs (the first, where there are
several), and, for the first output at a kink, an index into the first operand along which there is a corner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Rule = Callable[[list[Any], dict[str, Any], list[Any]], tuple[Any, Any]]


def each(test: Callable[..., Any]) -> Rule:
    """Of an elementwise op: ``test`` takes the operands and the parameters, by name."""

    def rule(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
        mask = np.broadcast_to(test(*arrays, **params), np.shape(outs[0]))
        return mask, _operand_index(mask, np.shape(arrays[0]))

    return rule


def _operand_index(mask: Any, shape: tuple[int, ...]) -> Any:
    """The index of the first element at a kink, in an operand that was broadcast."""
    if not mask.any():
        return None
    index = tuple(map(int, np.argwhere(mask)[0]))
    return tuple([0 if size == 1 else at for at, size in zip(index[len(index) - len(shape) :], shape, strict=True)])


def at(*points: float) -> Rule:
    return each(lambda x, *_, **__: np.isin(x, points))


def chosen(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """Ops that choose one element along axes: several are equal to it (of aminmax to the smallest, or to the largest)."""
    x = np.asarray(arrays[0])
    axis = params["axis"]
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = axes or tuple(range(-x.ndim, 0))
    mask, index = None, None
    for out in outs:
        if not np.issubdtype(np.asarray(out).dtype, np.integer) or x.dtype.kind in "iu":
            whole = out if params.get("keepdims") else np.expand_dims(out, axes) if x.ndim else out
            equal = x == whole
            tied = equal.sum(axes, keepdims=True) > 1 if x.ndim else np.zeros((), bool)
            if index is None:
                index = _operand_index(equal & tied, x.shape)
            here = np.broadcast_to(tied, np.shape(whole)).reshape(np.shape(out))
            mask = here if mask is None else mask | here
    return mask, index


def ordered(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """Ops that order elements along an axis (sort, topk): neighbours among the results, or what just missed it, are equal."""
    x, out, axis = np.asarray(arrays[0]), np.asarray(outs[0]), params.get("axis", -1)
    if not x.ndim:
        return np.zeros((), bool), None
    whole = np.moveaxis(x, axis, -1)
    given = np.moveaxis(out, axis, -1)
    mask = (
        np.stack([(whole == given[..., n, None]).sum(-1) > 1 for n in range(given.shape[-1])], -1)
        if given.size
        else given == given
    )
    index = None
    if mask.any():
        place = tuple(np.argwhere(mask)[0])
        lane = whole[place[:-1]]
        found = list(map(int, place[:-1]))
        found.insert(axis % x.ndim, int(np.flatnonzero(lane == given[place])[0]))
        index = tuple(found)
    return np.moveaxis(mask, -1, axis), index


def running(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """The largest or smallest so far: several elements up to here are equal to it."""
    x, out, axis = np.asarray(arrays[0]), np.asarray(outs[0]), params["axis"]
    if not x.ndim:
        return np.zeros((), bool), None
    whole, given = np.moveaxis(x, axis, -1), np.moveaxis(out, axis, -1)
    again = np.zeros(whole.shape, bool)
    again[..., 1:] = whole[..., 1:] == given[..., :-1]
    index = _operand_index(np.moveaxis(again, -1, axis), x.shape)
    for n in range(1, whole.shape[-1]):
        again[..., n] |= again[..., n - 1] & (given[..., n] == given[..., n - 1])
    return np.moveaxis(again, -1, axis), index


def pooled(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """Max pooling: several elements of a window are the largest."""
    x, out = np.asarray(arrays[0]), np.asarray(outs[0])
    axes = params["axes"]
    rank = len(axes)
    padded = np.pad(x, [(0, 0)] * (x.ndim - rank) + [(pad, kernel * dilation + stride) for _, _, kernel, stride, pad, dilation in axes],
                    constant_values=-np.inf)  # fmt: skip
    places = np.ix_(*[np.arange(n * kernel) for _, n, kernel, _, _, _ in axes])
    lookup = []
    for place, (_, _, kernel, stride, _, dilation) in zip(places, axes, strict=True):
        lookup.append(place // kernel * stride + place % kernel * dilation)
    windows = padded[(..., *lookup)]
    shape = [size for _, n, kernel, *_ in axes for size in (n, kernel)]
    windows = windows.reshape(*x.shape[: x.ndim - rank], *shape)
    inner = tuple(range(-2 * rank + 1, 0, 2))
    equal = windows == np.expand_dims(out, tuple(range(-2 * rank + 1, 0, 2)))
    mask = equal.sum(inner) > 1
    if not mask.any():
        return mask, None
    first = tuple(np.argwhere(mask)[0])
    return mask, _operand_index(x == out[first], x.shape)


def normed(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """Norms: the zero vector; an entry that is 0 (p = 1); several of the largest size (p = inf)."""
    x, out = np.abs(np.asarray(arrays[0])), np.asarray(outs[0])
    if not x.ndim:
        return out == 0, () if out == 0 else None
    axes, order = params["axis"] or tuple(range(-x.ndim, 0)), params["ord"]
    whole = out if params.get("keepdims") else np.expand_dims(out, axes)
    corner = x == whole if np.isinf(order) else x == 0
    tied = (
        corner.sum(axes, keepdims=True) > 1
        if np.isinf(order)
        else corner.any(axes, keepdims=True)
        if order <= 1
        else whole == 0
    )
    return np.broadcast_to(tied, whole.shape).reshape(out.shape), _operand_index(corner & tied, x.shape)


def spread(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """The standard deviation of equal values."""
    out = np.asarray(outs[0])
    mask = out == 0
    x = np.asarray(arrays[0])
    return mask, (0,) * x.ndim if mask.any() else None


def singular(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """Singular values that are equal, or 0."""
    s = np.asarray(outs[0])
    near = np.finfo(s.dtype).eps * 8 * s.max(initial=0)
    close = np.abs(s[..., :-1] - s[..., 1:]) <= near
    mask = s <= near
    mask[..., :-1] |= close
    mask[..., 1:] |= close
    return mask, None


def margins(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """multi_margin_loss: a class exactly the margin away from the right one."""
    x, target = np.asarray(arrays[0]), np.asarray(arrays[1])
    rows = x.reshape(-1, x.shape[-1])
    right = target.reshape(-1).astype(np.intp)
    z = params["margin"] - rows[np.arange(len(rows)), right][:, None] + rows
    z[np.arange(len(rows)), right] = 1
    hit = (z == 0).reshape(x.shape)
    return np.broadcast_to(hit.any(), np.shape(outs[0])), _operand_index(hit, x.shape)


def between_pixels(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """grid_sample, bilinear: a place exactly on a pixel."""
    image, grid = np.asarray(arrays[0]), np.asarray(arrays[1])
    sizes = np.asarray(image.shape[2:][::-1])
    place = (grid + 1) / 2 * (sizes - 1) if params["align"] else ((grid + 1) * sizes - 1) / 2
    hit = ((place == np.floor(place)) & (sizes > 1)).any(-1)[:, None]
    return np.broadcast_to(hit, np.shape(outs[0])), None


def apart(arrays: list[Any], params: dict[str, Any], outs: list[Any]) -> tuple[Any, Any]:
    """Distances of all pairs of rows: rows that are equal."""
    mask = np.asarray(outs[0]) == 0
    if not mask.any():
        return mask, None
    rows = np.argwhere(mask)[0][:-1]
    x = np.asarray(arrays[0])
    return mask, (*map(int, rows[len(rows) - x.ndim + 1 :]), 0) if x.shape[-1] and x.ndim == mask.ndim else None


def exponent(x: Any, y: Any, **_: Any) -> Any:
    return (x == 0) & (y < 1)


RULES: dict[str, Rule] = {
    **dict.fromkeys("abs sign sgn sqrt relu leaky_relu rrelu rrelu_ heaviside entr abs_complex cbrt rsqrt".split(), at(0)),
    **dict.fromkeys("floor ceil trunc frac".split(), each(lambda x, **_: x == np.floor(x))),
    "round": each(lambda x, **_: np.abs(x - np.trunc(x)) == 0.5),
    "power_to": each(lambda x, exponent, **_: (x == 0) & (exponent < 1) & (exponent != 0)),
    "power_of": each(lambda *args, **params: np.zeros((), bool)),
    "pow": each(exponent),
    "clamp": each(lambda x, min, max, **_: (x == min) | (x == max)),
    "clamp_min": each(lambda x, min, **_: x == min),
    "clamp_max": each(lambda x, max, **_: x == max),
    **dict.fromkeys("clamp_low clamp_high clamp_min_tensor clamp_max_tensor maximum minimum fmax fmin".split(), each(lambda x, y, **_: x == y)),
    "clamp_tensor": each(lambda x, low, high, **_: (x == low) | (x == high)),
    "hardtanh": each(lambda x, min_val, max_val, **_: (x == min_val) | (x == max_val)),
    "hardsigmoid": at(-3, 3),
    "hardswish": at(-3, 3),
    **dict.fromkeys("hardshrink softshrink".split(), each(lambda x, lambd, **_: np.abs(x) == lambd)),
    "threshold": each(lambda x, threshold, **_: x == threshold),
    "prelu": each(lambda x, weight, **_: x == 0),
    "elu": each(lambda x, alpha, scale, input_scale, **_: (x == 0) & (alpha * input_scale != 1)),
    "celu": each(lambda x, **_: np.zeros((), bool)),
    **dict.fromkeys("fmod remainder fmod_number remainder_number".split(), each(lambda x, y=1, **p: x / p.get("number", y) % 1 == 0)),
    **dict.fromkeys("hypot atan2".split(), each(lambda x, y, **_: (x == 0) & (y == 0))),
    "xlogy": each(lambda x, y, **_: (x == 0) & (y == 0)),
    **dict.fromkeys("max min max_all min_all max_index min_index aminmax median median_all nanmedian nanmedian_all kthvalue mode".split(), chosen),
    **dict.fromkeys("sort_with_indices sort_stable topk".split(), ordered),
    **dict.fromkeys("cummax cummin".split(), running),
    **dict.fromkeys(
        "max_pool2d max_pool3d max_pool2d_indices max_pool3d_indices adaptive_max_pool2d adaptive_max_pool3d".split(), pooled
    ),
    **dict.fromkeys("vector_norm dist".split(), normed),
    **dict.fromkeys("std std_mean".split(), spread),
    "cdist": apart,
    "svdvals": singular,
    "multi_margin_loss": margins,
    "grid_sampler_2d": between_pixels,
    "grid_sampler_3d": between_pixels,
}  # fmt: skip
"""By the op's name."""
CHOOSING = (chosen, ordered, running, pooled)
"""The rules of ops that hand on one of several numbers."""
