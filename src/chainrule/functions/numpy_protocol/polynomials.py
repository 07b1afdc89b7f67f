"""NumPy's polynomials: vectors of coefficients, of the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import functions as F
from .calculus import convolve
from .choosing import trim_zeros
from .operands import raw, tensor
from .refusals import FOLLOWED
from .registry import covers


@covers("polyval")
def polyval(p: Any, x: Any) -> Any:
    x = tensor(x)
    result = F.zeros_like(x)
    for coefficient in tensor(p):
        result = result * x + coefficient
    return result


@covers("polyadd")
def polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = F.atleast_1d(tensor(a1)), F.atleast_1d(tensor(a2))
    length = max(len(a1), len(a2))
    longer = (F.cat([F.zeros(length - len(a), dtype=a.dtype), a]) for a in (a1, a2))
    return next(longer) + next(longer)


@covers("polysub")
def polysub(a1: Any, a2: Any) -> Any:
    return polyadd(a1, -tensor(a2))


def _trimmed(a: Any) -> Any:
    """Without leading zeros; at least one coefficient."""
    a = F.atleast_1d(tensor(a))
    return trim_zeros(a, "f") if raw(a, "polymul").any() else a[-1:]


@covers("polymul")
def polymul(a1: Any, a2: Any) -> Any:
    return convolve(_trimmed(a1), _trimmed(a2))


@covers("polydiv")
def polydiv(u: Any, v: Any) -> Any:
    """Quotient and remainder, by long division."""
    rest, v = F.atleast_1d(tensor(u)) + 0.0, F.atleast_1d(tensor(v)) + 0.0
    quotient = []
    for _ in range(max(len(rest) - len(v) + 1, 1)):
        if len(rest) < len(v):
            quotient.append(rest[0] * 0.0)
            break
        factor = rest[0] / v[0]
        quotient.append(factor)
        rest = F.cat([rest[1 : len(v)] - factor * v[1:], rest[len(v) :]])
    if not len(rest):
        rest = F.zeros(1, dtype=rest.dtype)
    near = np.flatnonzero(~np.isclose(raw(rest, "polydiv"), 0, rtol=1e-14))
    return F.stack(quotient), rest[int(near[0]) if len(near) else len(rest) - 1 :]


@covers("polyder")
def polyder(p: Any, m: int = 1) -> Any:
    p = tensor(p)
    for _ in range(m):
        p = p[:-1] * F.arange(len(p) - 1, 0, -1, dtype=p.real.dtype)
    return p


@covers("polyint")
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p = tensor(p)
    constants = F.broadcast_to(F.atleast_1d(tensor(0.0 if k is None else k).to(p.dtype)), (m,))
    for constant in constants:
        p = F.cat([p / F.arange(len(p), 0, -1, dtype=p.real.dtype), constant[None]])
    return p


@covers("poly")
def poly(seq_of_zeros: Any) -> Any:
    zeros = F.atleast_1d(tensor(seq_of_zeros))
    if zeros.ndim != 1:
        raise TypeError(
            f"numpy.poly of a matrix is not covered for {FOLLOWED}: give its eigenvalues, of "
            "torch.linalg.eigvals, as a vector."
        )
    result = F.ones(1, dtype=zeros.dtype)
    for zero in zeros:
        result = convolve(result, F.stack([F.ones_like(zero), -zero]))
    return result


@covers("vander")
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    x = tensor(x)
    many = len(x) if N is None else N
    ones = F.ones(len(x), min(many, 1), dtype=x.dtype)
    powers = F.cat([ones, F.cumprod(F.broadcast_to(x[:, None], (len(x), max(many - 1, 0))), 1)], 1)
    return powers if increasing else powers.flip(1)
