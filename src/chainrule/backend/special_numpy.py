"""Special functions on NumPy arrays, by SciPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from . import special_common as common
from .elementwise_numpy import faster_if_large, gaussian, narrow, widen, widened

Array = Any


def of_scipy(name: str) -> Any:
    """SciPy's function of that name; half-precision operands are computed in single precision."""

    def kernel(*arrays: Array) -> Array:
        import scipy.special

        return narrow(getattr(scipy.special, name)(*map(widen, arrays)), arrays[0])

    return kernel


entr = of_scipy("entr")


def fast(name: str, function: Any) -> Any:
    """A function that is read from a table where the array is large."""
    return faster_if_large(name, function, home="tables_numpy")


ndtr = fast("ndtr", of_scipy("ndtr"))
ndtri = of_scipy("ndtri")
log_ndtr = fast("log_ndtr", of_scipy("log_ndtr"))
igamma = of_scipy("gammainc")
igammac = of_scipy("gammaincc")
zeta = of_scipy("zeta")
erfcx = of_scipy("erfcx")


def xlog1py(x: Array, y: Array) -> Array:
    """``x`` log(1 + ``y``), and 0 where x = 0, unless y is a NaN."""
    return narrow(np.where((x == 0) & ~np.isnan(y), 0, widen(x) * np.log1p(widen(y))), x)


gelu_slope = fast("gelu_slope", widened(lambda x: common.gelu_slope(ndtr, gaussian, x)))


@widened
def erfcx_derivative(x: Array, *, n: int) -> Array:
    return common.erfcx_derivative(np, erfcx, x, n)


normal_hazard = fast("normal_hazard", widened(lambda x: common.normal_hazard(erfcx, x)))


def bessel(name: str, of_zero: str, of_one: str) -> Any:
    """A Bessel function of integer order: SciPy computes those of order 0 and 1 several times faster."""

    def kernel(x: Array, n: int) -> Array:
        import scipy.special

        if n < 2:
            return getattr(scipy.special, of_one if n else of_zero)(x)
        return getattr(scipy.special, name)(x.dtype.type(n), x)

    return kernel


_i, _ie = bessel("iv", "i0", "i1"), bessel("ive", "i0e", "i1e")
_i0e, _i1e = fast("i0e", partial(_ie, n=0)), fast("i1e", partial(_ie, n=1))
_k, _ke = bessel("kv", "k0", "k1"), bessel("kve", "k0e", "k1e")
_j, _y = bessel("jv", "j0", "j1"), bessel("yv", "y0", "y1")


@widened
def bessel_i(x: Array, *, n: int, scaled: bool) -> Array:
    if scaled and n < 2:
        return (_i1e if n else _i0e)(x)
    return (_ie if scaled else _i)(x, n)


@widened
def bessel_k(x: Array, *, n: int, scaled: bool) -> Array:
    return (_ke if scaled else _k)(x, n)


@widened
def bessel_j(x: Array, *, n: int) -> Array:
    return _j(x, n)


@widened
def bessel_y(x: Array, *, n: int) -> Array:
    return _y(x, n)


def _airy(x: Array, which: int) -> Array:
    import scipy.special

    return scipy.special.airy(x)[which]


@widened
def airy_ai(x: Array) -> Array:
    return _airy(x, 0)


@widened
def airy_ai_prime(x: Array) -> Array:
    return _airy(x, 1)


@widened
def polynomial(x: Array, n: Array, *, family: str, derivative: int) -> Array:
    """By the recurrence up to the highest degree; of degrees below 0, zero."""
    x, n = np.broadcast_arrays(x, widen(n))
    degrees = common.degrees(np, n)
    out = np.where(n <= common.HIGHEST, np.zeros_like(x), np.nan).astype(x.dtype)
    before, now = common.first_two(np, x, family, derivative)
    top = int(degrees.max(initial=-1))
    for k in range(top + 1):
        np.copyto(out, before[derivative], where=degrees == k)
        before, now = now, common.next_one(x, k + 1, before, now, family)
    return out
