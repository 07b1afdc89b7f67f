"""What both backends compute by the same lines: functions of ``xp``, here plain ``numpy`` or ``jax.numpy``.

Each backend binds them under its own names. What is called often, or is faster in another way on one of the two,
stands in the backends instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Axis = Any

# -- elements -----------------------------------------------------------------------------------------------------------


def unsigned_zeros(xp: Any, x: Array) -> Array:
    """``x``, with each zero a positive one: XLA makes nothing of adding 0."""
    return xp.where(x == 0, 0, x)


def isclose(xp: Any, x: Array, y: Array, *, rtol: float, atol: float, equal_nan: bool) -> Array:
    """|x - y| <= atol + rtol |y|; infinities are close to themselves only."""
    close = x == y
    if x.dtype.kind not in "biu":
        close = close | (xp.isfinite(y) & (xp.abs(x - y) <= atol + xp.abs(rtol * y)))
        if equal_nan:
            close = close | (xp.isnan(x) & xp.isnan(y))
    elif rtol or atol:
        close = close | (xp.abs(x.astype(np.float64) - y) <= atol + xp.abs(rtol * y))
    return close


def sech_squared(xp: Any, x: Array) -> Array:
    """1 / cosh(x)^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|): one exponential, and no difference that loses digits.

    It is even, so that of complex x the half-plane can be chosen in which the exponential does not overflow.
    """
    e = xp.exp(-2 * (xp.where(xp.real(x) < 0, -x, x) if x.dtype.kind == "c" else xp.abs(x)))
    d = e + 1
    return 4 * e / (d * d)


def sigmoid_slope(xp: Any, x: Array) -> Array:
    """The derivative of the sigmoid, e / (1 + e)^2 with e = exp(-|x|): no difference that loses digits."""
    e = xp.exp(-x if x.dtype.kind == "c" else -xp.abs(x))
    d = e + 1
    return e / (d * d)


def mish(xp: Any, exp: Any, wide: Any, x: Array) -> Array:
    """X tanh(log(1 + e)) with e = exp(x), where the tangent is e (e + 2) / (e (e + 2) + 2).

    All but the exponential of -|x|, which does not overflow, is computed in ``wide``, and the result is of that dtype.
    """
    e = exp(-xp.abs(x)).astype(wide)
    positive = x > 0
    n = xp.where(positive, 1 + 2 * e, e * (e + 2))
    return x * (n / (n + 2 * xp.where(positive, e * e, 1)))


def sinc_derivative(xp: Any, x: Array, *, n: int) -> Array:
    """The n-th derivative of sin(pi x) / (pi x).

    With t = pi x and S(t) = sin(t) / t: differentiating t S = sin t gives t S^(n) + n S^(n-1) = sin^(n) t. Dividing by a
    small t loses digits, so there the series sum_k (-1)^k t^(2k-n) / ((2k+1) (2k-n)!) is summed.
    """
    t = x * math.pi
    small = xp.abs(t) < 1 + n / 2
    near, far = xp.where(small, t, 0), xp.where(small, 1, t)
    first = (n + 1) // 2
    series = xp.zeros_like(t)
    for k in range(first + 14, first - 1, -1):
        series = series * (near * near) + (-1) ** k / ((2 * k + 1) * math.factorial(2 * k - n))
    if n % 2:
        series = unsigned_zeros(xp, series * near)
    cycle = (xp.sin(far), xp.cos(far))
    rest = cycle[0] / far
    for m in range(1, n + 1):
        rest = ((-1) ** (m // 2) * cycle[m % 2] - m * rest) / far
    return xp.where(small, series, rest) * math.pi**n


# -- cofactors ----------------------------------------------------------------------------------------------------------


def cofactors(xp: Any, x: Array, *directions: Array) -> Array:
    """The matrix of cofactors, or its mixed derivative along ``directions``: right for matrices of any rank.

    Cofactors of a product are the product of the cofactors, so that x = U diag(s) V' leaves those of a diagonal matrix.
    """
    n = x.shape[-1]
    if n <= 3:
        return _small_cofactors(xp, x, directions, n)
    if not directions:
        u, s, vh, outer = _svd(xp, x)
        return outer(_others(xp, s)[..., None] * np.eye(n))
    first, *rest = directions
    if rest:
        return _along(xp, x, rest[-1], n, lambda y: cofactors(xp, y, first, *rest[:-1]))
    # To first order, F added to diag(s) changes the cofactor i, j by -F[j, i] and i, i by F[k, k] for each k, times the
    # product of all s but the two.
    u, s, vh, outer = _svd(xp, x)
    f = xp.conj(u.swapaxes(-1, -2)) @ first @ xp.conj(vh.swapaxes(-1, -2))
    p = _others_of_pairs(xp, s)
    traces = p @ xp.diagonal(f, axis1=-2, axis2=-1)[..., None]
    return outer(traces * np.eye(n) - f.swapaxes(-1, -2) * p)


def _small_cofactors(xp: Any, x: Array, directions: tuple[Array, ...], n: int) -> Array:
    """Up to 3 by 3: the textbook's formulas, exact for small integers."""
    if len(directions) >= n:
        return xp.zeros_like(x)
    if n <= 1:
        return xp.ones_like(x)
    if n == 2:
        m = directions[0] if directions else x
        return unsigned_zeros(xp, m[..., ::-1, ::-1] * np.array([[1, -1], [-1, 1]], x.dtype))
    if not directions:
        return unsigned_zeros(xp, _minors(xp, x, x))
    y, z = (x, *directions)[-2:]
    return _minors(xp, y, z) + _minors(xp, z, y)


def _minors(xp: Any, x: Array, y: Array) -> Array:
    """Of 3 by 3 matrices, with x = y the cofactors: 2 by 2 determinants of the rows and columns that follow, in a circle."""

    def ahead(a: Array, rows: int, columns: int) -> Array:
        return xp.roll(a, (-rows, -columns), (-2, -1))

    return ahead(x, 1, 1) * ahead(y, 2, 2) - ahead(x, 1, 2) * ahead(y, 2, 1)


def _svd(xp: Any, x: Array) -> tuple[Array, Array, Array, Callable[[Array], Array]]:
    """U, s, V', and the function that takes the cofactors of diag(s), or a change of them, to those of x."""
    finite = xp.isfinite(x).all(axis=(-2, -1), keepdims=True)
    u, s, vh = xp.linalg.svd(xp.where(finite, x, 0))  # LAPACK may search for ever among infinities
    sign = xp.where(finite, (xp.linalg.det(u) * xp.linalg.det(vh))[..., None, None], np.nan)
    return u, s, vh, lambda c: (sign * (xp.conj(u) @ c.astype(x.dtype) @ xp.conj(vh))).astype(x.dtype)


def _others(xp: Any, s: Array) -> Array:
    """For each element along the last axis the product of the others."""
    return xp.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(axis=-1)


def _others_of_pairs(xp: Any, s: Array) -> Array:
    """For each pair the product of all but the two; 0 on the diagonal."""
    alone = np.eye(s.shape[-1], dtype=bool)
    return xp.where(alone, 0, _others(xp, xp.where(alone, 1, s[..., None, :])))


def _along(xp: Any, x: Array, direction: Array, n: int, function: Callable[[Array], Array]) -> Array:
    """The derivative along ``direction`` of a polynomial of degree below n, from its values at the n-th roots of unity."""
    size = xp.linalg.norm(direction, axis=(-2, -1), keepdims=True)
    scale = xp.linalg.norm(x, axis=(-2, -1), keepdims=True)
    radius = xp.where(scale > 0, scale, 1) / xp.where(size > 0, size, 1)
    steps = radius * np.exp(2j * np.pi * np.arange(n) / n).reshape(-1, *[1] * x.ndim)
    total = xp.mean(function(x + steps * direction) / steps, axis=0)
    return (total if x.dtype.kind == "c" else xp.real(total)).astype(x.dtype)


# -- pseudo-inverses ----------------------------------------------------------------------------------------------------


def pinv(xp: Any, x: Array, absolute: Array, relative: Array, *, hermitian: bool) -> Array:
    """The pseudo-inverse: singular values up to the tolerances, one of each kind for each matrix, count as zeros."""
    if hermitian:
        below = xp.tril(x, -1)
        s, u = xp.linalg.eigh(below + xp.conj(xp.tril(x)).swapaxes(-1, -2))
        vh = xp.conj(u).swapaxes(-1, -2)
    else:
        u, s, vh = xp.linalg.svd(x, full_matrices=False)
    sizes = xp.abs(s)
    tolerance = xp.maximum(absolute[..., None], relative[..., None] * xp.max(sizes, -1, keepdims=True, initial=0))
    counts = sizes > tolerance
    inverse = xp.where(counts, 1 / xp.where(counts, s, 1), 0)
    v, uh = (xp.conj(a).swapaxes(-1, -2) for a in (vh, u))
    return (v * inverse[..., None, :]) @ uh


# -- exponentials -------------------------------------------------------------------------------------------------------

PADE = (
    1, 1 / 2, 3 / 25, 11 / 600, 11 / 5520, 3 / 18400, 1 / 96600, 1 / 1932000, 1 / 48944000, 1 / 1585785600, 1 / 67395888000,
    1 / 3953892096000, 1 / 355850288640000, 1 / 64764752532480000,
)  # fmt: skip
"""The Padé approximant of exp of degree 13 is p(x) / p(-x): the coefficients of p."""
PADE_RADIUS = 5.37
"""The 1-norm up to which it is exp to double precision."""


def matrix_exp(xp: Any, repeated: Callable[..., Array], x: Array) -> Array:
    """By scaling and squaring: N. J. Higham, The scaling and squaring method for the matrix exponential revisited (2005).

    ``repeated(count, step, x)`` is x after that many steps, each a function of its number and x.
    """
    if not x.size:
        return xp.array(x)
    norms = xp.abs(x).sum(axis=-2).max(axis=-1)[..., None, None]
    large = xp.isfinite(norms) & (norms > PADE_RADIUS)
    halvings = xp.ceil(xp.log2(xp.where(large, norms / PADE_RADIUS, 1)))
    x = (x * xp.exp2(-halvings)).astype(x.dtype)
    c, one = PADE, np.eye(x.shape[-1], dtype=x.dtype)
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    odd = x @ (x6 @ (c[13] * x6 + c[11] * x4 + c[9] * x2) + c[7] * x6 + c[5] * x4 + c[3] * x2 + c[1] * one)
    even = x6 @ (c[12] * x6 + c[10] * x4 + c[8] * x2) + c[6] * x6 + c[4] * x4 + c[2] * x2 + c[0] * one
    start = xp.linalg.solve(even - odd, even + odd)
    return repeated(halvings.max(), lambda number, y: xp.where(number < halvings, y @ y, y), start)


# -- sorting, order statistics ------------------------------------------------------------------------------------------
# NaN is the largest value; equal elements keep their order. ``axis`` is an int, or () for a 0-d array (and then the
# elements of a batch of those stay what they are).


def sort_keys(x: Array) -> Array:
    """What to sort by: NumPy cannot order bfloat16."""
    return x.astype(np.float32) if x.dtype.kind == "V" else x


def argsort(xp: Any, x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The places of the elements in sorted order; always stable."""
    keys = sort_keys(x)
    if not descending:
        return xp.argsort(keys, axis, stable=True)
    # Sorted backwards from the back, equal elements come out in their order.
    order = xp.argsort(xp.flip(keys, axis), axis, stable=True)
    return x.shape[axis] - 1 - xp.flip(order, axis)


def sort(xp: Any, x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    return sort_with_indices(xp, x, axis=axis, descending=descending)[0]


def sort_with_indices(xp: Any, x: Array, *, axis: Axis, descending: bool) -> tuple[Array, Array]:
    """(the elements in order, their places in x)."""
    if axis == ():
        return alone(xp, x)
    return pick(xp, x, argsort(xp, x, axis=axis, descending=descending), axis)


def alone(xp: Any, x: Array) -> tuple[Array, Array]:
    """What is left to pick of 0-d arrays: (the elements, their places)."""
    return xp.array(x), xp.zeros(x.shape, np.int64)


def pick(xp: Any, x: Array, indices: Array, axis: int) -> tuple[Array, Array]:
    """(the elements at the indices along the axis, the indices)."""
    return (xp.asarray(x)[indices] if x.ndim == 1 else xp.take_along_axis(x, indices, axis)), indices


def kthvalue(xp: Any, x: Array, *, k: int, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the k-th smallest element, its place)."""
    return _ranked(xp, x, axis, keepdims, lambda n, numbers: xp.full_like(numbers, k - 1))


def median(xp: Any, x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the lower median, its place); NaN where there is one."""
    return _ranked(xp, x, axis, keepdims, lambda n, numbers: xp.where(numbers < n, numbers, (n - 1) // 2))


def nanmedian(xp: Any, x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the lower median of the numbers, its place); NaN where there are none."""
    return _ranked(xp, x, axis, keepdims, lambda n, numbers: xp.maximum(numbers - 1, 0) // 2)


def _ranked(xp: Any, x: Array, axis: Axis, keepdims: bool, rank: Callable[[int, Array], Array]) -> tuple[Array, Array]:
    """The element of a rank: ``rank`` gives it from the number of elements and how many of them are not NaN."""
    if axis == ():
        return alone(xp, x)
    numbers = xp.add.reduce(x == x, axis, np.int64, keepdims=True)
    order = argsort(xp, x, axis=axis)
    values, indices = pick(xp, x, xp.take_along_axis(order, rank(x.shape[axis], numbers), axis), axis)
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def mode(
    xp: Any, running_max: Callable[[Array], Array], x: Array, *, axis: Axis, keepdims: bool
) -> tuple[Array, Array]:
    """(the commonest element, the smallest of several, its last place); ``running_max`` runs along the last axis."""
    if axis == ():
        return alone(xp, x)
    order = xp.moveaxis(argsort(xp, x, axis=axis), axis, -1)
    ordered = xp.take_along_axis(xp.moveaxis(x, axis, -1), order, -1)
    places = np.arange(ordered.shape[-1])
    starts = xp.concatenate([xp.zeros_like(ordered[..., :1], bool), ordered[..., 1:] != ordered[..., :-1]], -1)
    lengths = places - running_max(xp.where(starts, places, 0))
    at = xp.argmax(lengths, -1, keepdims=True)
    values, indices = (xp.moveaxis(xp.take_along_axis(a, at, -1), -1, axis) for a in (ordered, order))
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def lowest(dtype: np.dtype[Any]) -> float:
    """The median of no elements, as in PyTorch."""
    return np.nan if dtype.kind in "fV" else int(np.iinfo(dtype).min)
