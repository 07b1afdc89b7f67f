"""Samples of activation functions and losses."""

from __future__ import annotations

import numpy as np

from . import sample
from .elementwise import EMPTY, S, V, W, X, special

SAMPLES = {
    "glu": [sample(X, axis=-2), sample(np.linspace(-3, 3, 8).reshape(2, 4), axis=-1), sample(np.empty((0, 2)), axis=-1)],
    "relu": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special("-inf -1 -0 0 1 inf nan", expected=("0 0 0 0 1 1 1",)),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan", expected=("0 0 0 0 0 1 1 1 1 1",)),
    ],
    "threshold": [
        sample(X, threshold=0.5, value=9),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf", expected=("0 0 0 0 0 0 0 1 1 1 0 1",), threshold=1, value=9),
    ],
    "leaky_relu": [
        sample(X, negative_slope=0.1),
        sample(S, negative_slope=-0.5),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=("0.1 0.1 0.1 0.1 0.1 1 1 1 1 0.1 0.1 1",),
            negative_slope=0.1,
        ),
    ],
    "rrelu": [sample(X, np.abs(X)), sample(S, S)],
    "rrelu_": [sample(X, np.abs(X))],
    "prelu": [
        sample(X, S),
        sample(X, np.array([0.1, 0.2, 0.3])),
        special("-1 -0 0 2", "0.5", expected=("0.5 0.5 0.5 1", -1.)),
    ],
    "hardtanh": [
        sample(X, min_val=-1.0, max_val=1.0),
        sample(S, min_val=0, max_val=6),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=("0 0 1 1 1 1 0 0 0 1 0 0",),
            min_val=-1.0,
            max_val=1.0,
        ),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf", expected=("0 0 0 0 0 1 1 1 0 1 0 0",), min_val=0, max_val=6),
    ],
    "hardsigmoid": [
        sample(X),
        sample(X * 3),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "0 0.16666666666666666 0.16666666666666666 0.16666666666666666 0.16666666666666666 "
                    "0.16666666666666666 0.16666666666666666 0 0 0 0 0"
                ),
            ),
        ),
    ],
    "hardswish": [
        sample(X),
        sample(X * 3),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                "0 0.16666666666666669 0.33333333333333337 0.5 0.5 0.6666666666666666 0.8333333333333333 1 1 1 0 1",
            ),
        ),
    ],
    "hardshrink": [
        sample(X, lambd=0.5),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf", expected=("1 1 0 0 0 0 1 1 1 1 1 1",), lambd=0.5),
    ],
    "softshrink": [
        sample(X, lambd=0.5),
        special("-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf", expected=("1 1 0 0 0 0 1 1 1 1 1 1",), lambd=0.5),
    ],
    "elu": [
        sample(X, alpha=1.0, scale=1, input_scale=1),
        sample(X, alpha=0.5, scale=2.0, input_scale=1.5),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=("0.049787068367863944 0.36787944117144233 0.6065306597126334 1 1 1 1 1 1 1 0 1",),
            alpha=1.0,
            scale=1,
            input_scale=1,
        ),
    ],
    "celu": [
        sample(X, alpha=2.0),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=("0.22313016014842982 0.6065306597126334 0.7788007830714049 1 1 1 1 1 1 1 0 1",),
            alpha=2.0,
        ),
    ],
    "softplus": [
        sample(X, beta=1, threshold=20),
        sample(X * 30, beta=2.0, threshold=20),
        sample(X, beta=1.5, threshold=2),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "0.04742587317756679 0.2689414213699951 0.37754066879814546 0.5 0.5 0.6224593312018546 "
                    "0.7310585786300049 0.9525741268224333 0.9975273768433652 nan 0 1"
                ),
            ),
            beta=1,
            threshold=20,
        ),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "0.04742587317756679 0.2689414213699951 0.37754066879814546 0.5 0.5 0.6224593312018546 "
                    "0.7310585786300049 1 1 nan 0 1"
                ),
            ),
            beta=1,
            threshold=2,
        ),
    ],
    "logsigmoid": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "0.9525741268224333 0.7310585786300049 0.6224593312018545 0.5 0.5 0.37754066879814546 "
                    "0.2689414213699951 0.04742587317756679 0.0024726231566347748 nan 1 0"
                ),
            ),
        ),
    ],
    "gelu_slope": [sample(V), sample(S), sample(X), sample(EMPTY)],
    "silu_slope": [sample(V), sample(S), sample(X), sample(EMPTY)],
    "silu": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "-0.08810410601516962 0.07232948812851325 0.2600388126973482 0.5 0.5 0.7399611873026519 "
                    "0.9276705118714869 1.0881041060151693 1.0123264325915249 nan nan nan"
                ),
            ),
        ),
    ],
    "mish": [
        sample(V),
        sample(S),
        sample(X),
        sample(EMPTY),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "-0.09339311453232084 0.059216755877395014 0.28951067791351226 0.6 0.6 0.8864243753577272 "
                    "1.0490362200997922 1.0211069109294435 1.00013414050621 nan nan nan"
                ),
            ),
        ),
    ],
    "gelu": [
        sample(X, approximate="none"),
        sample(X, approximate="tanh"),
        sample(S, approximate="none"),
        special(
            "-3 -1 -0.5 -0 0 0.5 1 3 6 nan -inf inf",
            expected=(
                (
                    "-0.01194564720418392 -0.08331547058768635 0.13250487534383712 0.5 0.5 0.8674951246561629 "
                    "1.0833154705876864 1.011945647204184 1.0000000354687093 nan nan nan"
                ),
            ),
            approximate="none",
        ),
    ],
    "softmax": [
        sample(X, axis=-1),
        sample(X, axis=-2),
        sample(V, axis=-1),
        special("1 -inf 2", expected=(0.,), axis=-1),
    ],
    "log_softmax": [
        sample(X, axis=-1),
        sample(X, axis=-2),
        sample(V, axis=-1),
        special("1 -inf 2", expected=("0.1931757358900147 1 -1.1931757358900148",), axis=-1),
    ],
    "mse_loss": [
        sample(X, V, reduction=0),
        sample(X, X[::-1], reduction=1),
        sample(V, W, reduction=2),
        sample(X, V, reduction=1),
        sample(S, S + 1, reduction=1),
        sample(V + 1j, W - 2j, reduction=1),
    ],
}
