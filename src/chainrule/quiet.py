"""NumPy's floating-point warnings are nobody's news here: infinities and NaN are values, as in PyTorch, and the result says it all.

A filter by module silences them at no cost per op, where ``np.errstate`` would cost a fifth of one. A program may put a filter of
its own before that one, to make all warnings errors, or have NumPy raise (``np.seterr(all="raise")``): where such an error comes out
of a kernel, that runs again by ``quietly``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from operator import add
from typing import Any, TypeVar

import numpy as np

__all__ = ["NOISE", "is_quiet", "quietly", "silence", "summed"]

T = TypeVar("T")

NOISE = (FloatingPointError, RuntimeWarning)
"""What a floating-point warning is where a program makes errors of them."""


def silence() -> None:
    """Filter them out."""
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"chainrule\..*")


def quietly(function: Callable[..., T], *args: Any) -> T:
    """``function(*args)``, whatever NumPy was told to do about floating-point errors."""
    with np.errstate(all="ignore"):
        return function(*args)


def is_quiet() -> bool:
    """Whether this is within ``quietly``."""
    return set(np.geterr().values()) == {"ignore"}


def summed(x: Any, y: Any) -> Any:
    """``x + y``."""
    try:
        return x + y
    except NOISE:
        return quietly(add, x, y)
