"""NumPy kernels of the element-wise ops: what NumPy lacks, or does otherwise than PyTorch, or slower than it could.

A 0-d value may be a NumPy scalar; what comes back then is one too, or a 0-d array.
"""

from __future__ import annotations

import math
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy import maximum, minimum, ndarray

from ..dtypes import FROM_NUMPY, finfo
from . import common

Array = Any


class _Constants(dict["np.dtype[Any]", Array]):
    """A number as a 0-d array of each dtype: as an operand that is twice as fast as the Python number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __missing__(self, dtype: np.dtype[Any]) -> Array:
        made = self[dtype] = np.array(self.number, dtype)
        return made


ZERO = _Constants(0)
ONE = _Constants(1)

# -- selection ----------------------------------------------------------------------------------------------------------

SAME_SIZE: dict[int, np.dtype[Any]] = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}


def zero_where(x: Array, mask: Array) -> Array:
    """``x``, with zeros where ``mask`` is true."""
    if type(x) is not ndarray:
        return (type(x)(0) if mask else x) if type(mask) is not ndarray else np.where(mask, type(x)(0), x)
    if x.size == 1 and x.shape == mask.shape:  # to ask the mask costs a tenth of indexing by it
        return np.zeros(x.shape, x.dtype) if mask else x.copy()
    is_short = mask.size < 500 or x.dtype.kind != "f" or x.dtype.itemsize not in SAME_SIZE
    if is_short or x.shape not in (mask.shape, ()):
        if x.shape != (mask.shape if type(mask) is ndarray else ()):
            x, mask = np.broadcast_arrays(x, mask)
        out = x.copy("C" if 0 in x.strides else "K")
        out[mask] = ZERO[x.dtype]
        return out
    # As integers, times 0 or 1: no branch to mispredict (eight times as fast), and infinities become zeros too.
    bits = SAME_SIZE[x.dtype.itemsize]
    return np.multiply(x.view(bits), np.logical_not(mask)).view(x.dtype)


SHARED = 1 << 22
"""Bytes from which on a few passes over an array are worth a second thread."""


def zero_below(x: Array, y: Array, *, threshold: float) -> Array:
    """``x``, with zeros where ``y`` is at most the threshold."""
    if x.nbytes < SHARED or x.shape != y.shape or not y.flags.c_contiguous or x.dtype.itemsize not in SAME_SIZE:
        return zero_where(x, y <= threshold)
    from .threads_numpy import by_pieces

    out = np.empty(x.shape, x.dtype)
    bits, below, result = SAME_SIZE[x.dtype.itemsize], y.reshape(-1), out.reshape(-1)
    flat = x.reshape(-1) if any(x.strides) else np.broadcast_to(x[(0,) * x.ndim], x.size)

    def piece(some: slice) -> None:
        keep = below[some] <= threshold
        np.multiply(flat[some].view(bits), np.logical_not(keep, out=keep), out=result[some].view(bits))

    by_pieces(piece, x.size, x.itemsize)
    return out


def where(mask: Array, x: Array, y: Array) -> Array:
    """``x`` where ``mask`` is true, ``y`` elsewhere."""
    is_long = type(mask) is ndarray and mask.size >= MANY and isinstance(x, HAS_BITS) and isinstance(y, HAS_BITS)
    if is_long and x.dtype is y.dtype and x.dtype.itemsize in SAME_SIZE and {x.shape, y.shape} <= {mask.shape, ()}:
        return by_blocks_if_large(blend, mask, x, y)
    return np.where(mask, x, y)


HAS_BITS = (ndarray, np.generic)
MANY = 2048
"""From so many elements on, branches that the processor cannot foresee cost more than a few passes without any."""


def blend(mask: Array, x: Array, y: Array) -> Array:
    """``where`` without a branch, on bits: y ^ ((x ^ y) times 0 or 1) (seven times as fast)."""
    bits = SAME_SIZE[x.dtype.itemsize]
    out = x.view(bits) ^ y.view(bits)
    out = np.multiply(out, mask, out if out.shape == mask.shape else None)
    out ^= y.view(bits)
    return out.view(x.dtype)


def by_blocks_if_large(function: Any, *arrays: Array) -> Array:
    if arrays[0].size < SEVERAL_BLOCKS:
        return function(*arrays)
    from . import blocks_numpy

    return blocks_numpy.elementwise(function, *arrays)


ROW = 1 << 13


def bounded(extreme: np.ufunc, bound: Any, x: Array) -> Array:
    """``extreme`` of ``x``, maximum or minimum, and a number; of zeros ``x``, as PyTorch has it: NumPy's second, or first if half.

    For elements of four bytes, NumPy's loop takes three times as long with a number as it does with a row of it.
    """
    if x.size < 4 * ROW or x.dtype.itemsize != 4 or not x.flags.c_contiguous:
        return extreme(x, bound) if x.dtype.char == "e" else extreme(bound, x)
    out, row, end = np.empty(x.shape, x.dtype), np.full(ROW, bound, x.dtype), x.size // ROW * ROW
    given, result = x.reshape(-1), out.reshape(-1)
    extreme(row, given[:end].reshape(-1, ROW), out=result[:end].reshape(-1, ROW))
    extreme(row[: x.size - end], given[end:], out=result[end:])
    return out


def clip(x: Array, min: Any = None, max: Any = None) -> Array:
    """``x`` within bounds, which are numbers; NaNs stay, and zeros keep their sign."""
    if min is not None:
        x = bounded(maximum, min, x)
    return x if max is None else bounded(minimum, max, x)


def relu(x: Array) -> Array:
    """max(x, 0), that keeps the sign of zeros, as PyTorch does."""
    if type(x) is ndarray:
        return bounded(maximum, ZERO[x.dtype], x)
    return type(x)(0) if x < 0 else x


# -- division -----------------------------------------------------------------------------------------------------------


def _refuse_zero(y: Array) -> None:
    if y.dtype.kind in "iu" and not np.all(y):
        raise RuntimeError(
            "ZeroDivisionError: integer division or remainder by zero. Convert the operands to a floating point dtype for "
            "infinities and NaNs instead, or mask the zeros."
        )


def floor_divide(x: Array, y: Array) -> Array:
    _refuse_zero(y)
    return np.floor_divide(x, y)


def trunc_divide(x: Array, y: Array) -> Array:
    """The quotient rounded toward zero."""
    if x.dtype.kind not in "iu":
        return np.trunc(np.divide(x, y))
    _refuse_zero(y)
    return (x - np.fmod(x, y)) // y


def remainder(x: Array, y: Array) -> Array:
    """What division rounded downward leaves; a remainder of zero has the sign of ``x``, not of ``y`` as in NumPy."""
    if x.dtype.kind in "iu":
        _refuse_zero(y)
        return np.remainder(x, y)
    r = np.fmod(x, y)
    return np.where((r != 0) & ((y < 0) != (r < 0)), r + y, r)


def fmod(x: Array, y: Array) -> Array:
    _refuse_zero(y)
    return np.fmod(x, y)


# -- powers -------------------------------------------------------------------------------------------------------------


def pow(x: Array, y: Array) -> Array:
    """A power; of integers to negative powers what fits: 1, -1 and 0."""
    if x.dtype.kind != "i" or not np.any(y < 0):
        return power(x, y)
    sign = np.where(y & 1, x, x * x)  # of 1 and -1 their own power, if they are to the power of something negative
    return np.where(y < 0, np.where(np.abs(x) == 1, sign, ZERO[x.dtype]), power(x, np.maximum(y, 0)))


def power_to(x: Array, *, exponent: Any) -> Array:
    """``x`` to a Python number, of the dtype of ``x``: the common ones by multiplication, as PyTorch does."""
    if x.dtype.kind == "b":
        return x | (not exponent)
    if exponent in (3, -2) and x.dtype == np.float16:  # these in single precision; in bfloat16 each product is rounded
        return narrow(power_to(widen(x), exponent=exponent), x)
    if exponent == 2:
        return x * x
    if exponent == 3:
        return x * x * x
    if x.dtype.kind not in "biu":
        if exponent == 0.5:
            return np.sqrt(x)
        if exponent == -0.5:
            return np.reciprocal(np.sqrt(x))
        if exponent == -1:
            return np.reciprocal(x)
        if exponent == -2:
            return np.reciprocal(x * x)
    return power(x, x.dtype.type(exponent))


# -- sign, rounding, replacement ----------------------------------------------------------------------------------------


def conj(x: Array) -> Array:
    return np.conjugate(x) if x.dtype.kind == "c" else x


def sgn(x: Array) -> Array:
    """-1, 0 or 1, and 0 of a NaN; of a complex number x / |x|."""
    if x.dtype.kind == "b":
        return x.copy()
    out = np.sign(x)
    return out if x.dtype.kind in "iuc" else zero_where(out, np.isnan(x))


def signbit(x: Array) -> Array:
    return np.signbit(x) if x.dtype.kind in "fV" else x < 0


def round(x: Array) -> Array:
    """To the nearest, halves to even."""
    return np.rint(x) if x.dtype.kind not in "iu" else x.copy()


def round_decimals(x: Array, *, decimals: int) -> Array:
    """Rounded to ``decimals`` places after the point, half to even, as PyTorch computes it."""
    if x.dtype.kind in "iu":
        return x.copy()
    scale = x.dtype.type(10.0 ** abs(decimals))
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


def nan_to_num(x: Array, *, nan: float | None, posinf: float | None, neginf: float | None) -> Array:
    """NaNs (by default 0) and infinities (the limits of the dtype) replaced."""
    out = np.array(x)
    if x.dtype.kind in "biu":
        return out
    parts = (out.real, out.imag) if x.dtype.kind == "c" else (out,)
    limits = finfo(FROM_NUMPY[parts[0].dtype])
    for part in parts:
        part[np.isnan(part)] = 0.0 if nan is None else nan
        part[part == math.inf] = limits.max if posinf is None else posinf
        part[part == -math.inf] = limits.min if neginf is None else neginf
    return out


isclose = partial(common.isclose, np)

# -- exponentials, trigonometry -----------------------------------------------------------------------------------------

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
LOOKED_AT = 1000
"""Up to this size somebody may look at the digits of an array."""


def faster_if_large(
    name: str, function: Any, least: int = LOOKED_AT, dtypes: tuple[Any, ...] = (SINGLE,), home: str = "blocks_numpy"
) -> Any:
    """A function that has a kernel of its own for large arrays of some dtypes, in the module ``home``."""

    def kernel(x: Array) -> Array:
        if x.size > least and type(x) is ndarray and x.dtype in dtypes:
            return getattr(import_module(f".{home}", __package__), name)(x)
        return function(x)

    kernel.__name__ = name
    return kernel


def rounded_once(ufunc: Any, home: str | None = None) -> Any:
    """A function of float32 whose digits are PyTorch's. The module ``home`` has one for large arrays.

    NumPy's are off by up to 3 units in the last place (log10(1000) is 3.0000002), PyTorch's by little more than half of
    one. In float64 and rounded once, a small array costs half a microsecond more.
    """

    def function(x: Array) -> Array:
        if x.dtype is SINGLE and x.size <= LOOKED_AT:
            return ufunc(x, dtype=DOUBLE).astype(SINGLE) if type(x) is ndarray else np.float32(ufunc(float(x)))
        return many(x)

    many = faster_if_large(ufunc.__name__, ufunc, home=home) if home else ufunc
    function.__name__ = ufunc.__name__
    return function


def pair_rounded_once(ufunc: Any, many: Any = None) -> Any:
    """The same for two operands; ``many`` computes what ``ufunc`` does, of more of them."""
    many = many or ufunc

    def function(x: Array, y: Array) -> Array:
        if x.dtype is y.dtype is SINGLE and x.size <= LOOKED_AT and y.size <= LOOKED_AT:
            return ufunc(x, y, dtype=DOUBLE).astype(SINGLE)
        return many(x, y)

    function.__name__ = ufunc.__name__
    return function


cbrt = rounded_once(np.cbrt)
exp = rounded_once(np.exp)
exp2 = rounded_once(np.exp2)
expm1 = rounded_once(np.expm1, "exponentials_numpy")
log = rounded_once(np.log)
log2 = rounded_once(np.log2)
log10 = rounded_once(np.log10)
log1p = rounded_once(np.log1p, "exponentials_numpy")
sin = rounded_once(np.sin)
cos = rounded_once(np.cos)
tan = rounded_once(np.tan)
asin = rounded_once(np.arcsin)
acos = rounded_once(np.arccos)
atan = rounded_once(np.arctan)
sinh = rounded_once(np.sinh)
cosh = rounded_once(np.cosh)
tanh = rounded_once(np.tanh)
power = pair_rounded_once(np.power)
atan2 = pair_rounded_once(np.arctan2)


def _logaddexp(x: Array, y: Array) -> Array:
    """max(x, y) + log(1 + exp(-|x - y|)): NumPy's own takes its numbers one by one, at thirty times the cost."""
    if not x.ndim or x.dtype.char not in "fd":
        return np.logaddexp(x, y)

    def block(x: Array, y: Array) -> Array:
        apart: Array = x - y
        np.negative(np.abs(apart, out=apart), out=apart)
        np.fmax(apart, -np.inf, out=apart)  # of two equal infinities the larger one is left; a NaN is in the maximum
        out: Array = log1p(np.exp(apart, out=apart))
        out += maximum(x, y)
        return out

    return by_blocks_if_large(block, x, y)


logaddexp = pair_rounded_once(np.logaddexp, _logaddexp)


def logaddexp_complex(x: Array, y: Array) -> Array:
    """log(exp(x) + exp(y)), in the branch of the operand with the larger real part, as in PyTorch."""
    swapped = x.real < y.real
    high: Array = np.where(swapped, y, x)
    low: Array = np.where(swapped, x, y)
    at_infinity = np.where(low.real < 0, low, np.log(np.exp(low) + np.exp(high)))
    both_infinite = np.isinf(low.real) & (low.real == high.real)
    return np.where(both_infinite, at_infinity, np.log1p(np.exp(low - high)) + high)


def widen(x: Array) -> Array:
    """Half-precision numbers in single precision."""
    return x if x.dtype.itemsize > 2 or x.dtype.kind in "biu" else x.astype(np.float32)


def narrow(x: Array, like: Array) -> Array:
    """``x`` in the dtype of ``like``."""
    return x if x.dtype == like.dtype else x.astype(like.dtype)


def widened(function: Any) -> Any:
    """Half-precision operands are computed in single precision and rounded once at the end."""

    def wide(x: Array, *args: Any, **kwargs: Any) -> Array:
        return narrow(function(widen(x), *args, **kwargs), x)

    wide.__name__ = getattr(function, "__name__", "wide")
    wide.__doc__ = function.__doc__
    return wide


SEVERAL = 30
SEVERAL_BLOCKS = 1 << 16
BOTH = (SINGLE, DOUBLE)


def _sigmoid(x: Array) -> Array:
    """One over 1 + exp(-x): exp overflows to infinity on the left, where the result is 0."""
    if type(x) is ndarray and x.ndim and x.dtype.itemsize > 2:
        one = ONE[x.dtype]
        e = exp(-x)
        e += one
        return np.divide(one, e, e)
    return _sigmoid_of_halves(x)


_sigmoid_of_halves = widened(lambda x: 1 / (1 + exp(-x)))
sigmoid = faster_if_large("sigmoid", _sigmoid, SEVERAL_BLOCKS, BOTH)
sigmoid_slope = faster_if_large("sigmoid_slope", widened(partial(common.sigmoid_slope, np)), SEVERAL_BLOCKS, BOTH)
silu = faster_if_large("silu", widened(lambda x: x * sigmoid(x)), SEVERAL_BLOCKS, BOTH)
silu_slope = faster_if_large("silu_slope", widened(lambda x: sigmoid(x) * (x * sigmoid(-x) + 1)), SEVERAL_BLOCKS, BOTH)

mish = faster_if_large(
    "mish", widened(lambda x: by_blocks_if_large(lambda x: narrow(common.mish(np, exp, DOUBLE, x), x), x))
)


def logit(x: Array, *, eps: float | None) -> Array:
    """log(x / (1 - x)), of x brought into [eps, 1 - eps] first."""
    if eps is not None:
        low, high = x.dtype.type(eps), x.dtype.type(1 - eps)
        x = np.where(x < low, low, np.where(x > high, high, x))
    return log(x / (1 - x))


def xlogy(x: Array, y: Array) -> Array:
    """``x`` log ``y``, and 0 where x = 0, unless y is a NaN."""
    y = y.astype(x.dtype)
    return np.where((x == 0) & ~np.isnan(y), ZERO[x.dtype], x * log(y))


# -- functions with series of their own ---------------------------------------------------------------------------------


@widened
def rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


@widened
def sech_squared(x: Array) -> Array:
    return common.sech_squared(np, x)


@widened
def sinc_derivative(x: Array, *, n: int) -> Array:
    return common.sinc_derivative(np, x, n=n)


def _from_scipy(name: str) -> Any:
    def kernel(x: Array) -> Array:
        import scipy.special

        return getattr(scipy.special, name)(x)

    return widened(kernel)


@widened
def _gaussian(x: Array) -> Array:
    """exp(-x^2). The rounding error of x^2 would be multiplied by x^2: so the square is summed from exact parts."""
    a = np.minimum(np.abs(x), ONE[x.dtype] * 64)
    head = np.floor(a * 16) / 16
    return exp(-(head * head)) * exp(-((a - head) * (a + head)))


gaussian = faster_if_large("gaussian", _gaussian)
erf = faster_if_large("erf", _from_scipy("erf"), home="tables_numpy")
erfc = faster_if_large("erfc", _from_scipy("erfc"), home="tables_numpy")
digamma = faster_if_large("digamma", _from_scipy("psi"), SEVERAL, BOTH, "polygamma_numpy")


@widened
def erfinv(x: Array) -> Array:
    import scipy.special

    return np.copysign(scipy.special.erfinv(x), x)  # SciPy drops the sign of a zero


@widened
def lgamma(x: Array) -> Array:
    """The logarithm of |gamma(x)|, which is infinite at minus infinity too."""
    import scipy.special

    return np.where(np.isinf(x), np.abs(x), scipy.special.gammaln(x))


@widened
def polygamma(x: Array, *, n: int) -> Array:
    """The n-th derivative of digamma."""
    import scipy.special

    return trigamma(x) if n == 1 else scipy.special.polygamma(n, x).astype(x.dtype)


def _trigamma(x: Array) -> Array:
    import scipy.special

    return np.where(x == -math.inf, x.dtype.type(math.nan), scipy.special.polygamma(1, x).astype(x.dtype))


trigamma = faster_if_large("trigamma", _trigamma, SEVERAL, BOTH, "polygamma_numpy")


# -- complex numbers ----------------------------------------------------------------------------------------------------


def complex(x: Array, y: Array) -> Array:
    """``x`` + i ``y``."""
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), np.result_type(x.dtype, np.complex64))
    out.real = x
    out.imag = y
    return out


def angle(x: Array) -> Array:
    """The argument of a complex number; of a real one 0 or pi."""
    if x.dtype.kind == "c":
        return np.arctan2(x.imag, x.real)
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(math.pi), ZERO[x.dtype]))


def view_as_real(x: Array) -> Array:
    """The same memory with a last axis (real, imaginary)."""
    return x[..., None].view(x.real.dtype)


def view_as_complex(x: Array) -> Array:
    """Pairs (real, imaginary) along the last axis as complex numbers: the same memory, if the pairs are together there."""
    if x.strides[-1] != x.itemsize:
        x = np.ascontiguousarray(x)
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]
