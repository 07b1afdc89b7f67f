"""Samples of padding with a tensor's own elements, and of channels exchanged with space."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(18)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


LINE = [sample(real(2, 4), widths=((3, 2),)), sample(real(4), widths=((-1, 2),))]
PLANE = [sample(real(2, 3, 2), widths=((2, 0), (1, -1)))]
SPACE = [sample(real(2, 2, 3), widths=((1, 1), (0, 1), (2, -4)))]

SAMPLES = {
    "reflection_pad1d": LINE,
    "reflection_pad2d": PLANE,
    "reflection_pad3d": SPACE,
    "replication_pad1d": LINE,
    "replication_pad2d": PLANE,
    "replication_pad3d": SPACE,
    "circular_pad": [LINE[0], sample(real(2, 3, 2), widths=((2, 0), (1, 2)))],
    "pixel_shuffle": [sample(real(8, 2, 1), factor=2), sample(real(2, 9, 1, 2), factor=3)],
    "pixel_unshuffle": [sample(real(2, 4, 2), factor=2), sample(real(2, 1, 3, 6), factor=3)],
    "channel_shuffle": [sample(real(2, 6, 2), groups=3, axis=-2), sample(real(1, 4, 1, 2), groups=2, axis=-3)],
}
