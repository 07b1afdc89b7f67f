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
    "ndtri": [sample(UNIT), sample(S), special("-0.5 0 0.5 1 nan", expected=("nan inf 2.5066282746310007 inf nan",))],
    "log_ndtr": [sample(TAILS), sample(S), special("-inf inf nan", expected=("inf 0 nan",))],
    "normal_hazard": [sample(TAILS), sample(S)],
    "erfcx": [sample(V), sample(S), sample(np.array([7.0, 40.0]))],
    "erfcx_derivative": [sample(V, n=1), sample(np.array([0.2, 5.5, 30.0]), n=2)],
    "bessel_i": [sample(V, n=2, scaled=False), sample(np.array([-7.0, 0.5, 30.0]), n=3, scaled=True)],
    "bessel_k": [sample(P, n=0, scaled=False), sample(P, n=2, scaled=True)],
    "bessel_j": [sample(V, n=0), sample(np.array([12.5, 0.1]), n=1)],
    "bessel_y": [sample(P, n=0), sample(np.array([12.5, 2.1]), n=1)],
    "i0": [sample(V), sample(S), sample(EMPTY), special("0 inf nan", expected=("0 nan nan",))],
    "i0e": [sample(V), sample(np.array([50.0])), special("0 nan", expected=("0 nan",))],
    "i1": [sample(V), sample(S), special("0 nan", expected=("0.5 nan",))],
    "i1e": [sample(V), sample(np.array([50.0])), special("0 nan", expected=("0.5 nan",))],
    "airy_ai": [sample(V), sample(S)],
    "airy_ai_prime": [sample(V)],
    "spherical_bessel_j0": [sample(V), sample(np.array([0.0, 12.5])), special("inf nan", expected=("0 nan",))],
    "igamma": [sample(P, P[::-1].copy()), sample(P, S)],
    "igammac": [sample(P, P[::-1].copy()), sample(np.array(4.0), P)],
    "mvlgamma": [sample(P + 1, p=3), sample(S, p=1)],
    "zeta": [sample(P + 1.5, P), sample(np.array(3), S)],
    "zeta_of": [sample(P, number=2.5)],
    "zeta_number": [sample(P + 1.5, other=2)],
    "polynomial": [
        *[
            sample(POINTS, DEGREES, family=family, derivative=0)
            for family in ("chebyshev_t", "chebyshev_u", "chebyshev_v", "chebyshev_w")
        ],
        sample(POINTS, DEGREES, family="hermite_h", derivative=1),
        sample(POINTS, np.array(4), family="hermite_he", derivative=0),
        sample(X, np.array([4, 2, 3]), family="laguerre_l", derivative=0),
        sample(S, np.array(3), family="legendre_p", derivative=0),
    ],
}
