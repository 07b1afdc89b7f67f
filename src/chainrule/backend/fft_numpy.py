"""Fourier transforms on NumPy arrays, by SciPy, whose transforms are several times as fast as NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
Axes = tuple[int, ...]

FORWARD = ("backward", "ortho", "forward")
INVERSE = ("forward", "ortho", "backward")
"""SciPy's words for what a transform is divided by: nothing, the root of the number of points, that number."""


def fft_c2c(x: Array, *, axes: Axes, norm: int, forward: bool) -> Array:
    import scipy.fft

    if not axes or not x.size:
        return np.array(x)
    return scipy.fft.fftn(x, None, axes, FORWARD[norm]) if forward else scipy.fft.ifftn(x, None, axes, INVERSE[norm])


def fft_r2c(x: Array, *, axes: Axes, norm: int, forward: bool, onesided: bool) -> Array:
    import scipy.fft

    if type(x) is np.ndarray and not x.size:  # what is lifted is not this kernel's
        shape = half(x.shape, axes[-1]) if onesided else x.shape
        return np.empty(shape, np.result_type(x.dtype, np.complex64))
    if not onesided:
        last = fft_r2c(x, axes=axes[-1:], norm=norm, forward=forward, onesided=True)
        return fft_c2c(mirrored(last, x.shape[axes[-1]], axes[-1]), axes=axes[:-1], norm=norm, forward=forward)
    return scipy.fft.rfftn(x, None, axes, FORWARD[norm]) if forward else scipy.fft.ihfftn(x, None, axes, INVERSE[norm])


def mirrored(x: Array, size: int, axis: int) -> Array:
    """A whole spectrum from its first half along an axis; SciPy, which can do it too, makes minus zeros."""
    m = x.shape[axis]
    shape = list(x.shape)
    shape[axis] = size
    out: Array = np.empty(shape, x.dtype)
    behind = (slice(None),) * (-1 - axis)
    out[(..., slice(0, m), *behind)] = x
    np.conjugate(x[(..., slice(size - m, 0, -1), *behind)], out[(..., slice(m, size), *behind)])
    return out


def fft_c2r(x: Array, *, axes: Axes, norm: int, forward: bool, size: int) -> Array:
    import scipy.fft

    if type(x) is np.ndarray and not x.size:  # what is lifted is not this kernel's
        shape = list(x.shape)
        shape[axes[-1]] = size
        return np.zeros(shape, x.real.dtype)
    sizes = (*[x.shape[axis] for axis in axes[:-1]], size)
    if forward:
        return scipy.fft.hfftn(x, sizes, axes, FORWARD[norm])
    return scipy.fft.irfftn(x, sizes, axes, INVERSE[norm])


def half(shape: tuple[int, ...], axis: int) -> list[int]:
    """The shape of half a spectrum along an axis."""
    sizes = list(shape)
    sizes[axis] = sizes[axis] // 2 + 1
    return sizes
