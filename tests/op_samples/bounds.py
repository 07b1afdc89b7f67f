"""Samples of bounds."""

from __future__ import annotations

from . import sample
from .elementwise import EMPTY, P, S, V, W, X, special

# Each special value with each.
LEFT = (
    "-inf -inf -inf -inf -inf -inf 1 1 1 1 1 1 -0 -0 -0 -0 -0 -0 0 0 0 0 0 0 inf inf inf inf inf inf "
    "nan nan nan nan nan nan"
)
RIGHT = (
    "-inf 1 -0 0 inf nan -inf 1 -0 0 inf nan -inf 1 -0 0 inf nan -inf 1 -0 0 inf nan -inf 1 -0 0 inf "
    "nan -inf 1 -0 0 inf nan"
)


SAMPLES = {
    "maximum": [
        sample(V, W),
        sample(X[:, :1], V),
        sample(S, 0.1),
        special(
            LEFT,
            RIGHT,
            expected=(
                "0.5 0 0 0 0 1 1 0.5 1 1 0 1 1 0 0.5 0.5 0 1 1 0 0.5 0.5 0 1 1 1 1 1 0.5 1 1 1 1 1 1 1",
                "0.5 1 1 1 1 1 0 0.5 0 0 1 1 0 1 0.5 0.5 1 1 0 1 0.5 0.5 1 1 0 0 0 0 0.5 1 1 1 1 1 1 1",
            ),
        ),
    ],
    "minimum": [
        sample(V, W),
        sample(X[:, :1], V),
        sample(S, 0.1),
        special(
            LEFT,
            RIGHT,
            expected=(
                "0.5 1 1 1 1 1 0 0.5 0 0 1 1 0 1 0.5 0.5 1 1 0 1 0.5 0.5 1 1 0 0 0 0 0.5 1 1 1 1 1 1 1",
                "0.5 0 0 0 0 1 1 0.5 1 1 0 1 1 0 0.5 0.5 0 1 1 0 0.5 0.5 0 1 1 1 1 1 0.5 1 1 1 1 1 1 1",
            ),
        ),
    ],
    "fmax": [
        sample(V, W),
        sample(X[:, :1], V),
        sample(S, 0.1),
        special(
            LEFT,
            RIGHT,
            expected=(
                "1 0 0 0 0 1 1 1 1 1 0 1 1 0 1 1 0 1 1 0 1 1 0 1 1 1 1 1 1 1 0 0 0 0 0 1",
                "0 1 1 1 1 0 0 0 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 0 0 0 0 0 1 1 1 1 1 0",
            ),
        ),
    ],
    "fmin": [
        sample(V, W),
        sample(X[:, :1], V),
        sample(S, 0.1),
        special(
            LEFT,
            RIGHT,
            expected=(
                "1 1 1 1 1 1 0 1 0 0 1 1 0 1 1 1 1 1 0 1 1 1 1 1 0 0 0 0 1 1 0 0 0 0 0 1",
                "0 0 0 0 0 0 1 0 1 1 0 0 1 0 0 0 0 0 1 0 0 0 0 0 1 1 1 1 0 0 1 1 1 1 1 0",
            ),
        ),
    ],
    "clamp": [
        sample(X, min=-1, max=1),
        sample(X, min=0.5, max=None),
        sample(S, min=None, max=0.5),
        sample(EMPTY, min=0, max=1),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=("0 1 1 1 1 1 1 0 0 0",), min=-1, max=1),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=("0 0 0 1 1 1 1 1 1 0",), min=0, max=None),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=("1 1 1 1 1 0 0 0 0 0",), min=None, max=0),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=(0.,), min=1, max=-1),
    ],
    "clamp_min": [
        sample(X, min=0.5),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=("0 0 0 1 1 1 1 1 1 0",), min=0),
    ],
    "clamp_max": [
        sample(X, max=0.5),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=("1 1 1 1 1 0 0 0 0 0",), max=0),
    ],
    "clamp_tensor": [
        sample(X, W, P),
        sample(S, W, V),
        special(
            "0 1 2 3 nan 1 2 0 5",
            "1 1 1 1 1 nan 3 3 3",
            "2 2 2 2 2 2 1 1 1",
            expected=("0 1 1 0 0 0 0 0 0", "1 0 0 0 0 0 0 0 0", "0 0 0 1 0 0 1 1 1"),
        ),
    ],
    "clamp_low": [
        sample(X, W),
        sample(S, V),
        special("0 1 2 3 nan 1 2 0 5", "1 1 1 1 1 nan 3 3 3", expected=("0 1 1 1 0 0 0 0 1", "1 0 0 0 0 0 1 1 0")),
    ],
    "clamp_high": [
        sample(X, W),
        sample(S, V),
        special("0 1 2 3 nan 1 2 0 5", "2 2 2 2 2 2 1 1 1", expected=("1 1 1 0 0 1 0 1 0", "0 0 0 1 0 0 1 0 1")),
    ],
    "clamp_min_tensor": [
        sample(X, W),
        sample(S, V),
        special("0 1 2 3 nan 1 2 0 5", "1 1 1 1 1 nan 3 3 3", expected=("0 1 1 1 0 0 0 0 1", "1 0 0 0 0 0 1 1 0")),
    ],
    "clamp_max_tensor": [
        sample(X, W),
        sample(S, V),
        special("0 1 2 3 nan 1 2 0 5", "2 2 2 2 2 2 1 1 1", expected=("1 1 1 0 0 1 0 1 0", "0 0 0 1 0 0 1 0 1")),
    ],
}
