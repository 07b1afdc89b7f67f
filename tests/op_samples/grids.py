"""Samples of images read at the places of a grid."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(9)
BILINEAR, NEAREST, BICUBIC = 0, 1, 2
ZEROS, BORDER, REFLECTION = 0, 1, 2


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


IMAGE, PLACES = real(1, 2, 3, 2), np.round(RNG.uniform(-1.4, 1.4, (1, 2, 2, 2)), 3)
KINKS = np.array([[[[-1.0, 1.0], [1.0, 0.0]]]])

SAMPLES = {
    "grid_sampler_2d": [
        sample(IMAGE, PLACES, mode=BILINEAR, padding=ZEROS, align=True, n=2),
        sample(IMAGE, PLACES, mode=BILINEAR, padding=REFLECTION, align=False, n=2),
        sample(IMAGE, PLACES, mode=NEAREST, padding=BORDER, align=False, n=2),
        sample(IMAGE, PLACES, mode=BICUBIC, padding=BORDER, align=True, n=2),
        sample(np.array([[[[1.0, 2.0], [4.0, 8.0]]]]), KINKS, mode=BILINEAR, padding=BORDER, align=True, n=2, smooth=False,
               expected=(np.array([[[[0.0, 0.5], [1.0, 0.5]]]]), np.array([[[[0.0, -0.0], [-0.0, 3.0]]]]))),
    ],
    "grid_sampler_3d": [
        sample(real(1, 1, 2, 2, 2), np.round(RNG.uniform(-0.9, 0.9, (1, 1, 1, 2, 3)), 3),
               mode=BILINEAR, padding=ZEROS, align=True, n=3),
    ],
    "affine_grid_generator": [
        sample(real(2, 2, 3), sizes=(2, 3), align=True),
        sample(real(1, 3, 4), sizes=(1, 2, 2), align=False),
    ],
}  # fmt: skip
