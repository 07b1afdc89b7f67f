"""Samples of special functions."""

from __future__ import annotations

import numpy as np

from . import sample
from .elementwise import EMPTY, P, S, V, X, special

TAILS = np.array([-30.0, -7.0, -0.3, 2.5])
UNIT = np.array([0.001, 0.3, 0.9])
DEGREES = np.array([0, 1, 2, 3, 5, -1])
POINTS = np.array([0.3, -0.8, 1.2, 0.6, -0.4, 0.5])

SAMPLES = {
    "entr": [sample(P), sample(S), special("-1 0 1 inf nan", expected=("nan inf -1 -inf nan",))],
    "xlog1py": [
        sample(V, P),
        sample(X, S),
        special("0 0 0 1 1 2 2", "-1 0 1 -1 0 -2 nan", expected=(
            "0 0 0.6931471805599453 -inf 0 nan nan",
            "0 0 0 inf 1 -2 nan",
        )),
    ],
    "xlog1py_of": [sample(P, number=2), sample(P, number=0)],
    "xlog1py_number": [sample(X, other=2), sample(np.array([0.0, 2.0]), other=-1, smooth=False)],
    "ndtr": [
        sample(V),
        sample(S),
        sample(EMPTY),
        special("-inf 0 inf nan", expected=("0 0.3989422804014327 0 nan",)),
    ],
    "ndtri": [sample(UNIT), special("-0.5 0 0.5 1 nan", expected=("nan inf 2.5066282746310007 inf nan",))],
    "log_ndtr": [sample(TAILS), special("-inf inf nan", expected=("inf 0 nan",))],
    "normal_hazard": [sample(TAILS)],
    "erfcx": [sample(np.array([-1.25, 0.5, 7.0, 40.0]))],
    "erfcx_derivative": [sample(np.array([0.2, 5.5, 30.0]), n=2)],
    "bessel_i": [sample(np.array([-7.0, 0.5, 30.0]), n=3, scaled=True)],
    "bessel_k": [sample(P, n=0, scaled=True)],
    "bessel_j": [sample(np.array([12.5, 0.1, -2.0]), n=0)],
    "bessel_y": [sample(np.array([12.5, 2.1]), n=1)],
    "i0": [sample(V), sample(EMPTY), special("0 inf nan", expected=("0 nan nan",))],
    "i0e": [sample(np.array([-1.25, 0.5, 50.0])), special("0 nan", expected=("0 nan",))],
    "i1": [sample(V), special("0 nan", expected=("0.5 nan",))],
    "i1e": [sample(np.array([-1.25, 0.5, 50.0])), special("0 nan", expected=("0.5 nan",))],
    "airy_ai": [sample(V)],
    "airy_ai_prime": [sample(V)],
    "spherical_bessel_j0": [sample(np.array([0.0, -2.0, 12.5])), special("inf nan", expected=("0 nan",))],
    "igamma": [sample(P, P[::-1].copy())],
    "igammac": [sample(np.array(4.0), P)],
    "mvlgamma": [sample(P + 1, p=3)],
    "zeta": [sample(P + 1.5, P)],
    "zeta_of": [sample(P, number=2.5)],
    "zeta_number": [sample(P + 1.5, other=2)],
    "polynomial": [
        sample(POINTS, DEGREES, family="chebyshev_w", derivative=0),
        sample(X, np.array([4, 2, 3]), family="laguerre_l", derivative=1),
    ],
}
