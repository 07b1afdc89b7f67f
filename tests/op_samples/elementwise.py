"""Samples of arithmetic, powers, signs and rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Sample, sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
W = np.array([-0.75, 1.5, 0.3])
P = np.array([0.5, 1.25, 2.0])
X = np.array([[0.3, -0.8, 1.7], [-1.1, 2.4, 0.6]])
EMPTY = np.empty((0, 3))


def special(*operands: Any, expected: tuple[Any, ...], **params: Any) -> Sample:
    """Kinks, ties, zeros, infinities: gradients as PyTorch gives them. Numbers in a string are an array."""
    return sample(*map(read, operands), smooth=False, expected=tuple(map(read, expected)), **params)


def read(values: Any) -> Any:
    return np.array([float(word) for word in values.split()]) if isinstance(values, str) else values


SAMPLES = {
    "zero_where": [
        sample(X, X > 0),
        sample(V, np.array([[True], [False]])),
        sample(S, np.array(True)),
    ],
    "zero_below": [sample(X, X + 0.1, threshold=0), sample(V, W, threshold=0.5), sample(S, X, threshold=-1)],
    "add": [
        sample(V, W),
        sample(S, X),
        sample(X[:, :1], V),
        sample(V, 2.5),
        sample(-1.5, X),
        sample(EMPTY, V),
    ],
    "add_scaled": [
        sample(V, W, alpha=-2.5),
        sample(X[:, :1], V, alpha=3),
    ],
    "subtract": [
        sample(V, W),
        sample(S, X),
        sample(X[:, :1], V),
        sample(V, 2.5),
        sample(-1.5, X),
        sample(EMPTY, V),
    ],
    "subtract_scaled": [
        sample(V, W, alpha=-2.5),
        sample(X[:, :1], V, alpha=3),
    ],
    "reverse_subtract": [
        sample(V, W, alpha=1),
        sample(X[:, :1], V, alpha=3),
    ],
    "reverse_subtract_number": [
        sample(V, number=2, alpha=1),
        sample(X, number=0.5, alpha=-2.5),
    ],
    "multiply": [
        sample(V, W),
        sample(S, X),
        sample(X[:, :1], V),
        sample(V, 2.5),
        sample(-1.5, X),
        sample(EMPTY, V),
        special(
            "0 0 0 -1 -1 -1 inf inf inf",
            "0 -1 inf 0 -1 inf 0 -1 inf",
            expected=("0 -1 inf 0 -1 inf 0 -1 inf", "0 0 0 -1 -1 -1 inf inf inf"),
        ),
    ],
    "divide": [
        sample(V, W),
        sample(S, X),
        sample(X[:, :1], V),
        sample(V, 2.5),
        sample(-1.5, X),
        sample(EMPTY, V),
        special(
            "0 0 0 0 0 -0 -0 -0 -0 -0 1 1 1 1 1 -2 -2 -2 -2 -2 inf inf inf inf inf",
            "0 -0 1 -2 inf 0 -0 1 -2 inf 0 -0 1 -2 inf 0 -0 1 -2 inf 0 -0 1 -2 inf",
            expected=(
                "inf -inf 1 -0.5 0 inf -inf 1 -0.5 0 inf -inf 1 -0.5 0 inf -inf 1 -0.5 0 inf -inf 1 -0.5 0",
                "nan nan -0 -0 -0 nan nan 0 0 0 -inf -inf -1 -0.25 -0 inf inf 2 0.5 0 -inf -inf -inf -inf nan",
            ),
        ),
    ],
    "negative": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=(-1.,)),
    ],
    "positive": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
    ],
    "reciprocal": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 -1 -inf -inf -1 -0 nan",)),
    ],
    "addcmul": [
        sample(V, W, P, value=1),
        sample(X, V, S, value=-0.5),
    ],
    "addcdiv": [
        sample(V, W, P, value=1),
        sample(X, V, S, value=-0.5),
    ],
    "lerp_number": [
        sample(V, W, weight=0.25),
        sample(X, V, weight=-1.5),
        sample(S, V, weight=0.75),
        special("1 inf", "2 1", expected=(0.5, 0.5), weight=0.5),
    ],
    "lerp": [
        sample(V, W, np.array([0.25, 0.75, -1.5])),
        sample(S, X, V),
    ],
    "floor_divide": [
        sample(np.array([7, -7, 6]), np.array([2, 2, -4]), smooth=False),
        sample(V, 0.3, smooth=False),
    ],
    "divide_rounded": [
        sample(V, W, rounding_mode="floor"),
        sample(X, 0.35, rounding_mode="trunc"),
        sample(np.array([7, -7, 6]), np.array([2, 2, -4]), smooth=False, rounding_mode="trunc"),
    ],
    "remainder": [
        sample(V, W),
        sample(X, S),
        special(
            "-3 -3 -3 -3 -0 -0 -0 -0 2 2 2 2 3 3 3 3",
            "-3 -0 2 3 -3 -0 2 3 -3 -0 2 3 -3 -0 2 3",
            expected=(1., "-1 -inf 2 1 -0 nan 0 0 1 inf -1 -0 1 inf -1 -1"),
        ),
    ],
    "fmod": [
        sample(V, W),
        sample(X, S),
        special(
            "-3 -3 -3 -3 -0 -0 -0 -0 2 2 2 2 3 3 3 3",
            "-3 -0 2 3 -3 -0 2 3 -3 -0 2 3 -3 -0 2 3",
            expected=(1., "-1 -inf 1 1 -0 nan 0 0 0 inf -1 -0 1 inf -1 -1"),
        ),
    ],
    "remainder_number": [
        sample(X, number=0.35),
        sample(S, number=-0.3),
    ],
    "fmod_number": [
        sample(X, number=0.35),
        sample(S, number=-0.3),
    ],
    "pow": [
        sample(P, V),
        sample(X, 2),
        sample(S, X),
        sample(EMPTY, V),
        special(
            "-1 -1 -1 -0 -0 -0 0 0 0 2 2 2",
            "-1 0 2 -1 0 2 -1 0 2 -1 0 2",
            expected=(
                "-1 0 -2 -inf 0 -0 -inf 0 0 -0.25 0 4",
                "nan nan nan inf 0 0 -inf 0 0 0.34657359027997264 0.6931471805599453 2.772588722239781",
            ),
        ),
        special(
            "0 0 0 2 2 2 inf inf inf",
            "0 2 inf 0 2 inf 0 2 inf",
            expected=("0 0 nan 0 4 inf 0 inf inf", "0 0 0 0.6931471805599453 2.772588722239781 inf inf inf inf"),
        ),
    ],
    "power_to": [
        sample(X, exponent=2),
        sample(X, exponent=3),
        sample(P, exponent=0.5),
        sample(P, exponent=-2.5),
        sample(X, exponent=0),
        sample(S, exponent=-1),
        sample(P, exponent=-0.5),
        sample(X, exponent=-2),
        sample(EMPTY, exponent=4),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,), exponent=0),
        special("-inf -1 -0 0 1 inf nan", expected=(1.,), exponent=1),
        special("-inf -1 -0 0 1 inf nan", expected=("-inf -2 -0 0 2 inf nan",), exponent=2),
        special("-inf -1 -0 0 1 inf nan", expected=("inf 3 0 0 3 inf nan",), exponent=3),
        special("-inf -1 -0 0 1 inf nan", expected=("nan nan -inf inf 0.5 0 nan",), exponent=0.5),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 -1 -inf -inf -1 -0 nan",), exponent=-1),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 nan -inf -inf -0.5 -0 nan",), exponent=-0.5),
        special("-inf -1 -0 0 1 inf nan", expected=("nan nan -0 0 1.5 inf nan",), exponent=1.5),
    ],
    "power_of": [
        sample(X, base=2),
        sample(V, base=0.3),
        sample(S, base=1.5),
        special("-inf -1 -0 0 1 inf nan", expected=("-inf -inf 0 0 0 0 nan",), base=0.0),
        special(
            "-inf -1 -0 0 1 inf nan",
            expected=("0 0.34657359027997264 0.6931471805599453 0.6931471805599453 1.3862943611198906 inf nan",),
            base=2.0,
        ),
        special("-inf -1 -0 0 1 inf nan", expected=("nan nan nan nan nan nan nan",), base=-2.0),
        special(
            "-inf -1 -0 0 1 inf nan",
            expected=("-inf -1.3862943611198906 -0.6931471805599453 -0.6931471805599453 -0.34657359027997264 -0 nan",),
            base=0.5,
        ),
    ],
    "sqrt": [
        sample(P),
        sample(S),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("nan nan -inf inf 0.5 0 nan",)),
    ],
    "cbrt": [
        sample(P),
        sample(S),
        sample(EMPTY),
        special("-inf -8 -0 0 1 inf nan", expected=("0 0.08333333333333333 inf inf 0.3333333333333333 0 nan",)),
    ],
    "rsqrt": [
        sample(P),
        sample(S),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("nan nan inf -inf -0.5 -0 nan",)),
    ],
    "ldexp": [
        sample(V, W),
        sample(X, np.array([1, 2, 3])),
        sample(S, 2),
    ],
    "abs": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("-1 -1 0 0 1 1 0",)),
    ],
    "abs_complex": [
        sample(V + 1j * W),
    ],
    "sign": [
        sample(V),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,)),
    ],
    "sgn": [
        sample(V),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,)),
    ],
    "sgn_complex": [
        sample(V + 1j * W),
    ],
    "copysign": [
        sample(V, W),
        sample(X, S),
        special(
            "-1 -1 -1 -1 -0 -0 -0 -0 0 0 0 0 2 2 2 2",
            "-1 -0 0 2 -1 -0 0 2 -1 -0 0 2 -1 -0 0 2",
            expected=("1 1 -1 -1 0 0 0 0 0 0 0 0 -1 -1 1 1", 0.),
        ),
    ],
    "copysign_number": [
        sample(X, other=-2.0),
        special("-1 -0 0 2", expected=("1 0 0 -1",), other=-2.0),
    ],
    "nextafter": [
        sample(V, W, smooth=False, expected=(1.0, 0.0)),
    ],
    "heaviside": [
        sample(V, W, smooth=False),
    ],
    "nan_to_num": [
        sample(V, nan=0.0, posinf=None, neginf=None),
        special("-inf -1 -0 0 1 inf nan", expected=("0 1 1 1 1 0 0",), nan=0.0, posinf=None, neginf=None),
    ],
    "floor": [
        sample(X),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,)),
    ],
    "ceil": [
        sample(X),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,)),
    ],
    "trunc": [
        sample(X),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,)),
    ],
    "round": [
        sample(X),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=(0.,)),
    ],
    "frac": [
        sample(X),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=(1.,)),
    ],
    "round_decimals": [
        sample(X, decimals=1),
        sample(X * 100, decimals=-1),
    ],
}
