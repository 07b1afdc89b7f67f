"""Samples of convolutions."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(16)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def complex_(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def settings(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, *, lengths):
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "lengths": lengths}


LINE = settings((2,), (1,), (2,), 2, lengths=(3,))
PLANE = settings(padding=(1, 1), lengths=(3, 2))
STRIDED = settings((2, 1), (1, -1), (1, 2), lengths=(2, 1))
POINT = settings(lengths=(2, 2))
FULL = settings((1, 2, 1), (0, 1, 1), (1, 1, 2), lengths=(1, 2, 1))

SAMPLES = {
    "conv": [
        sample(real(2, 4, 7), real(2, 2, 3), **LINE),
        sample(real(2, 2, 3, 2), real(3, 2, 3, 3), **PLANE),
        sample(real(1, 2, 3, 5), real(2, 2, 2, 2), **STRIDED),
        sample(real(2, 2, 2, 2), real(3, 2, 1, 1), **POINT),
        sample(real(1, 1, 1, 2, 2), real(1, 1, 1, 2, 2), **FULL),
        sample(np.empty((0, 2, 3, 2)), real(3, 2, 3, 3), **PLANE),
    ],
    "conv_input": [
        sample(real(2, 2, 3), real(2, 2, 3), **{**LINE, "lengths": (7,)}),
        sample(real(2, 3, 3, 2), real(3, 2, 3, 3), **PLANE),
        sample(real(1, 8, 2, 2), real(8, 1, 2, 2), **settings(lengths=(3, 3))),
        sample(real(1, 2, 2, 1), real(2, 2, 2, 2), **{**STRIDED, "lengths": (3, 5)}),
    ],
    "conv_weight": [
        sample(real(2, 4, 7), real(2, 2, 3), **LINE),
        sample(real(2, 2, 3, 2), real(2, 3, 3, 2), **{**PLANE, "lengths": (3, 3)}),
        sample(real(1, 2, 3, 5), real(1, 2, 2, 1), **{**STRIDED, "lengths": (2, 2)}),
    ],
    "convolution": [
        sample(real(2, 4, 7), real(2, 2, 3), real(2), **LINE),
        sample(real(2, 2, 3, 2), real(3, 2, 3, 3), real(3), **PLANE),
        sample(real(2, 2, 2, 2), real(3, 2, 1, 1), real(3), **POINT),
        sample(complex_(1, 2, 3, 5), complex_(2, 2, 2, 2), complex_(2), **STRIDED),
    ],
    "convolution_transpose": [
        sample(real(2, 2, 3), real(2, 2, 3), real(4), **{**LINE, "lengths": (7,)}),
        sample(real(2, 3, 3, 2), real(3, 2, 3, 3), real(2), **PLANE),
        sample(complex_(1, 2, 2, 1), complex_(2, 2, 2, 2), complex_(2), **{**STRIDED, "lengths": (3, 5)}),
    ],
    "im2col": [
        sample(real(2, 3, 4), axes=((3, 2, 2, 1, 0, 1), (4, 2, 2, 2, 0, 1))),
        sample(real(1, 2, 3, 4), axes=((3, 3, 3, 1, 1, 1), (4, 2, 2, 2, 1, 2))),
    ],
    "col2im": [
        sample(real(8, 4), axes=((3, 2, 2, 1, 0, 1), (4, 2, 2, 2, 0, 1))),
        sample(real(1, 12, 6), axes=((3, 3, 3, 1, 1, 1), (4, 2, 2, 2, 1, 2))),
    ],
}
