"""Samples of images made larger or smaller."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(8)
SIZES = {1: (3,), 2: (3, 2), 3: (2, 1, 3)}
TO = {1: (5,), 2: (2, 5), 3: (3, 2, 2)}


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def tables(mode: str, n: int, align: bool = False):
    return tuple((mode, length, size, None, align) for length, size in zip(SIZES[n], TO[n], strict=True))


def up(mode: str, n: int):
    return [sample(real(1, 2, *SIZES[n]), tables=tables(mode, n))]


SAMPLES = {
    "resample": [
        sample(real(2, 3), axis=-1, table=("linear", 3, 5, None, True)),
        sample(real(3, 2), axis=-2, table=("cubic", 3, 2, 1.4, False)),
        sample(real(4, 2), axis=-2, table=("nearest", 4, 2, None, False)),
        sample(np.array([1.0, np.inf, 2.0, 3.0]), axis=-1, table=("nearest", 4, 3, None, False), smooth=False),
    ],
    "resample_adjoint": [
        sample(real(2, 5), axis=-1, table=("linear", 3, 5, None, True)),
        sample(real(2, 2), axis=-2, table=("cubic", 3, 2, 1.4, False)),
        sample(real(3, 2, 1), axis=-3, table=("area", 4, 3, None, False)),
        sample(np.array([1.0, np.inf, 2.0]), axis=-1, table=("nearest", 4, 3, None, False), smooth=False),
    ],
    **{f"upsample_nearest_{n}d": up("nearest", n) for n in (1, 2, 3)},
    **{f"upsample_nearest_exact_{n}d": up("nearest-exact", n) for n in (1, 2, 3)},
    **{f"upsample_area_{n}d": up("area", n) for n in (1, 2, 3)},
    **{f"upsample_linear_{n}d": up("linear", n) for n in (1, 2, 3)},
    "upsample_cubic_2d": up("cubic", 2),
    "upsample_antialiased_linear_2d": up("antialiased-linear", 2),
    "upsample_antialiased_cubic_2d": up("antialiased-cubic", 2),
    "upsample_antialiased_lanczos_2d": up("antialiased-lanczos", 2),
}
