"""Fourier transforms along any axes: complex to complex, real to complex and complex to real.

The sign of the exponent is - for ``forward``, + else. ``norm`` is PyTorch's number for what the sum is divided by: 0
nothing, 1 the square root of the number n of points, 2 that number. The matrix F of a transform (F_jk = exp(-2 pi i jk/n),
times a number) is symmetric, so that the transpose of a transform is the same transform.
"""

from __future__ import annotations

import numpy as np

from ..core.op import linear

__all__ = ["fft_c2c", "fft_c2r", "fft_r2c"]

NAMES = {"axes": "dim", "norm": "normalization"}

fft_c2c = linear("fft_c2c(x, *, axes, norm, forward)", node="FftC2CBackward0", domain="c", saved_names=NAMES,
    x=lambda xp, g, axes, norm, forward: xp.fft_c2c(g, axes=axes, norm=norm, forward=forward),
)


def multiplicities(size, axis):
    """How often each element of a half spectrum, along this axis, stands in the whole one of ``size`` elements.

    Twice, with its mirror image; once at frequency 0, and at the middle one of an even number.
    """
    found = np.full(size // 2 + 1, 2.0)
    found[0] = 1
    if size % 2 == 0:
        found[-1] = 1
    return found.reshape(-1, *[1] * (-1 - axis))


def r2c_x(xp, g, x_shape, x_dtype, axes, norm, forward, onesided):
    """The real part of F'g: by the engine, or by the transform to real numbers, which counts mirror images twice."""
    if not onesided:
        return xp.fft_c2c(g, axes=axes, norm=norm, forward=forward)
    size = x_shape[axes[-1]]
    once = xp.asarray(1 / multiplicities(size, axes[-1]), dtype=x_dtype)
    return xp.fft_c2r(g * once, axes=axes, norm=norm, forward=forward, size=size)


fft_r2c = linear("fft_r2c(x, *, axes, norm, forward, onesided)", node="FftR2CBackward0", domain="f", saved_names=NAMES,
    x=r2c_x,
)


def c2r_x(xp, g, axes, norm, forward, size):
    """The output is Re(F m x) with the multiplicities m; the transpose, of a real g, is m F'g."""
    half = xp.fft_r2c(g, axes=axes, norm=norm, forward=forward, onesided=True)
    return half * xp.asarray(multiplicities(size, axes[-1]), dtype=g.dtype)


# ``size`` elements along the last axis, from half a spectrum.
fft_c2r = linear("fft_c2r(x, *, axes, norm, forward, size)", node="FftC2RBackward0", domain="c",
    saved_names=NAMES | {"size": "last_dim_size"},
    x=c2r_x,
)
