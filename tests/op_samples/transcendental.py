"""Samples of exponentials, logarithms, trigonometry, error and gamma functions."""

from __future__ import annotations

import numpy as np

from . import sample
from .elementwise import EMPTY, P, S, V, W, X, special

SAMPLES = {
    "tan": [
        sample(X / 2),
        sample(S),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("nan 3.42551882081476 1 1 3.42551882081476 nan nan",)),
    ],
    "exp": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.36787944117144233 1 1 2.718281828459045 inf nan",)),
    ],
    "exp2": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special(
            "-inf -1 -0 0 1 inf nan",
            expected=("0 0.34657359027997264 0.6931471805599453 0.6931471805599453 1.3862943611198906 inf nan",),
        ),
    ],
    "expm1": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.36787944117144233 1 1 2.7182818284590455 inf nan",)),
    ],
    "sigmoid": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.19661193324148185 0.25 0.25 0.19661193324148185 0 nan",)),
    ],
    "sigmoid_slope": [sample(V), sample(S), sample(X), sample(EMPTY), special("-inf inf nan", expected=("0 -0 nan",))],
    "sin": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("nan 0.5403023058681398 1 1 0.5403023058681398 nan nan",)),
    ],
    "cos": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("nan 0.8414709848078965 0 -0 -0.8414709848078965 nan nan",)),
    ],
    "atan": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.5 1 1 0.5 0 nan",)),
    ],
    "sinh": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("inf 1.5430806348152437 1 1 1.5430806348152437 inf nan",)),
    ],
    "cosh": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("-inf -1.1752011936438014 -0 0 1.1752011936438014 inf nan",)),
    ],
    "tanh": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.41997434161402614 1 1 0.41997434161402614 0 nan",)),
    ],
    "erf": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special(
            "-inf -1 -0 0 1 inf nan",
            expected=("0 0.4151074974205947 1.1283791670955126 1.1283791670955126 0.4151074974205947 0 nan",),
        ),
    ],
    "erfc": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special(
            "-inf -1 -0 0 1 inf nan",
            expected=("-0 -0.4151074974205947 -1.1283791670955126 -1.1283791670955126 -0.4151074974205947 -0 nan",),
        ),
    ],
    "asinh": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.7071067811865475 1 1 0.7071067811865475 0 nan",)),
    ],
    "asinh_complex": [
        sample(V + 1j * W),
    ],
    "gaussian": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
    ],
    "log": [
        sample(P),
        sample(S),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 -1 -inf inf 1 0 nan",)),
    ],
    "log2": [
        sample(P),
        sample(S),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 -1.4426950408889634 -inf inf 1.4426950408889634 0 nan",)),
    ],
    "log10": [
        sample(P),
        sample(S),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 -0.43429448190325187 -inf inf 0.43429448190325187 0 nan",)),
    ],
    "log1p": [
        sample(X / 3),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 inf 1 1 0.5 0 nan",)),
    ],
    "asin": [
        sample(X / 3),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=("nan inf 1 1 inf nan nan",)),
    ],
    "acos": [
        sample(X / 3),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=("nan -inf -1 -1 -inf nan nan",)),
    ],
    "atanh": [
        sample(X / 3),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=("-0 inf 1 1 inf -0 nan",)),
    ],
    "acosh": [
        sample(P + 1),
        sample(S + 1),
        special("-inf -1 -0 0 1 inf nan", expected=("nan nan nan nan inf 0 nan",)),
    ],
    "deg2rad": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=(0.017453292519943295,)),
    ],
    "rad2deg": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
    ],
    "logaddexp": [
        sample(V, W),
        sample(X, S),
        special(
            "-inf -inf -inf 0 0 0 1000 1000 1000",
            "-inf 0 1000 -inf 0 1000 -inf 0 1000",
            expected=("nan 0 0 1 0.5 0 1 1 0.5", "nan 1 1 0 0.5 1 0 0 0.5"),
        ),
    ],
    "logaddexp_complex": [
        sample(V + 1j * W, W - 1j * V),
        sample(X + 1j, S + 0j),
    ],
    "logaddexp2": [
        sample(V, W),
        sample(X, S),
    ],
    "xlogy": [
        sample(V, P),
        sample(X, S),
        special(
            "0 0 0 1 1 1 2 2 2",
            "0 1 2 0 1 2 0 1 2",
            expected=(
                "0 0 0.6931471805599453 -inf 0 0.6931471805599453 -inf 0 0.6931471805599453",
                "0 0 0 inf 1 0.5 inf 2 1",
            ),
        ),
    ],
    "xlogy_of": [
        sample(P, number=2),
        sample(S, number=0.5),
        sample(P, number=0),
    ],
    "xlogy_number": [
        sample(X, other=2),
        sample(np.array([0.0, 2.0]), other=0, smooth=False),
    ],
    "logit": [
        sample(np.array([0.3, 0.5, 0.7]), eps=None),
        sample(np.array([0.05, 0.5, 0.9]), eps=0.2),
        special("-0.5 -0 0 0.25 1 1.5 nan", expected=("nan inf inf 5.333333333333333 inf nan nan",), eps=None),
        special(
            "-0.5 -0 0 0.2 0.25 0.8 1 1.5 nan",
            expected=("0 0 0 6.249999999999999 5.333333333333333 6.250000000000001 0 0 nan",),
            eps=0.2,
        ),
    ],
    "atan2": [
        sample(V, W),
        sample(X, S),
        special(
            "-1 -1 -1 -1 -0 -0 -0 -0 0 0 0 0 2 2 2 2",
            "-1 -0 0 2 -1 -0 0 2 -1 -0 0 2 -1 -0 0 2",
            expected=(
                "-0.5 -0 0 0.4 -1 -0 0 0.5 -1 -0 0 0.5 -0.2 -0 0 0.25",
                "0.5 1 1 0.2 0 0 0 0 -0 -0 -0 -0 -0.4 -0.5 -0.5 -0.25",
            ),
        ),
    ],
    "hypot": [
        sample(V, W),
        sample(X, S),
        special(
            "-1 -1 -1 -1 -0 -0 -0 -0 0 0 0 0 2 2 2 2",
            "-1 -0 0 2 -1 -0 0 2 -1 -0 0 2 -1 -0 0 2",
            expected=(
                (
                    "-0.7071067811865475 -1 -1 -0.4472135954999579 -0 nan nan -0 0 nan nan 0 0.8944271909999159 1 1 "
                    "0.7071067811865475"
                ),
                (
                    "-0.7071067811865475 -0 0 0.8944271909999159 -1 nan nan 1 -1 nan nan 1 -0.4472135954999579 -0 0 "
                    "0.7071067811865475"
                ),
            ),
        ),
    ],
    "sinc": [
        sample(X),
        sample(S),
        sample(np.zeros(2)),
        sample(np.array([1e-3, 1.0, -2.0])),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("nan 1 0 0 -1 nan nan",)),
    ],
    "sech_squared": [
        sample(V),
        sample(S),
        sample(np.array([-400.0, 0.0, 20.0])),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0.6397000084492246 0 -0 -0.6397000084492246 -0 nan",)),
    ],
    "sinc_derivative": [
        sample(X, n=1),
        sample(np.array([0.0, 0.4, 5.0]), n=2),
    ],
    "erfinv": [
        sample(X / 3),
        sample(S),
        special("-inf -1 -0 0 1 inf nan", expected=("nan inf 0.8862269254527579 0.8862269254527579 inf nan nan",)),
    ],
    "lgamma": [
        sample(P),
        sample(X),
        sample(S),
    ],
    "digamma": [
        sample(P),
        sample(S),
    ],
    "polygamma": [
        sample(P, n=1),
        sample(S, n=2),
    ],
}
