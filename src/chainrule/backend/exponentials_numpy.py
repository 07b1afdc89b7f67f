"""exp(x) - 1 and log(1 + x) of large arrays of float32, for processors that NumPy has no loops for that take several numbers.

Each where the ops need it, by what NumPy computes quickly everywhere; other numbers go to NumPy's own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .blocks_numpy import by_blocks

Array = Any

TWO, HALF = np.float32(2), np.float32(0.5)


def by_blocks_or(ufunc: np.ufunc, block: Any, x: Array) -> Array:
    """``block`` on parts of ``x``, or NumPy's function where that is fast, or keeps an order of axes that is another."""
    return ufunc(x) if takes_several(ufunc.__name__) or not x.flags.c_contiguous else by_blocks(block, x)


@cache
def takes_several(name: str) -> bool:
    """Whether NumPy computes several numbers of float32 at a time."""
    try:
        from numpy.lib.introspect import opt_func_info
    except ImportError:  # NumPy 2.0 does not say
        return False
    loops = opt_func_info(func_name=f"^{name}$").get(name, {}).get("ff", {})
    return not loops.get("current", "baseline").startswith("baseline")


def expm1(x: Array) -> Array:
    """With t = tanh(x / 2) it is 2 t / (1 - t), where no digit is lost if x is not positive."""
    return by_blocks_or(np.expm1, expm1_block, x)


def expm1_block(x: Array, out: Array, scratch: list[Array]) -> None:
    if not x.max(initial=0) <= 0:  # a NaN too
        np.expm1(x, out=out)
        return
    t, rest, _ = scratch
    np.tanh(np.multiply(x, HALF, out=t), out=t)
    np.subtract(1, t, out=rest)
    np.divide(np.add(t, t, out=t), rest, out=out)


def log1p(x: Array) -> Array:
    return by_blocks_or(np.log1p, log1p_block, x)


def log1p_block(x: Array, out: Array, scratch: list[Array]) -> None:
    """Of numbers from 0 to 1: with s = x / (2 + x) it is 2 artanh(s) = 2 s (1 + s^2 (1/3 + s^2/5 + ...)), and s up to 1/3."""
    if not (x.min(initial=0) >= 0 and x.max(initial=0) <= 1):
        np.log1p(x, out=out)
        return
    s, square, series = scratch
    np.divide(x, np.add(x, TWO, out=s), out=s)
    np.multiply(s, s, out=square)
    first, *others = artanh_series()
    series[...] = first
    for coefficient in others:
        series *= square
        series += coefficient
    series *= square
    np.add(s, s, out=s)
    np.multiply(s, series, out=out)
    out += s


@cache
def artanh_series() -> list[Any]:
    """Coefficients of (artanh(s) / s - 1) / s^2 in powers of s^2, the highest first, right to 2e-8 for s up to 1/3.

    They are those of the polynomial that meets the function at Chebyshev's nodes.
    """

    def function(square: Array) -> Array:
        s = np.sqrt(square)
        return (np.arctanh(s) / s - 1) / square

    series = np.polynomial.Chebyshev.interpolate(function, 4, [0, 1 / 9]).convert(kind=np.polynomial.Polynomial)
    return list(series.coef[::-1].astype(np.float32))
