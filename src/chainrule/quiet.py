"""NumPy's floating-point warnings are nobody's news here: infinities and NaN are values, as in PyTorch, and the result says it all.

A filter by module silences them at no cost per op, where ``np.errstate`` would cost a fifth of one. But a program that makes
all warnings errors, or shows all of them, puts its filter in front of those that there are, and a test runner brings a list
of its own. So whenever a filter is added, ours is put first again; all else about filters is as it was.

What a program has NumPy raise (``np.seterr(all="raise")``) no filter concerns: where an error comes out of a kernel, that runs
again by ``quietly``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from operator import add
from typing import Any, TypeVar

import numpy as np

__all__ = ["quietly", "silence", "summed"]

T = TypeVar("T")

OURS: Any = ("ignore", None, RuntimeWarning, re.compile(r"chainrule\..*"), 0)


def silence() -> None:
    """Put our filter first, now and whenever one is added."""
    add_filter: Any = getattr(warnings, "_add_filter", None)
    if add_filter is None:  # no Python that we know of
        warnings.filterwarnings(OURS[0], category=OURS[2], module=OURS[3].pattern)
        return

    def added(*item: Any, **how: Any) -> None:
        filters = filters_in_force()
        if OURS in filters:
            filters.remove(OURS)
        add_filter(*item, **how)
        filters.insert(0, OURS)

    added(*OURS, append=False)
    warnings._add_filter = added  # type: ignore[attr-defined]


def filters_in_force() -> list[Any]:
    """From Python 3.14 on, a context may have its own."""
    found: list[Any] = getattr(warnings, "_get_filters", lambda: warnings.filters)()
    return found


def quietly(function: Callable[..., T], *args: Any) -> T:
    """``function(*args)``, whatever NumPy was told to do about floating-point errors."""
    with np.errstate(all="ignore"):
        return function(*args)


def summed(x: Any, y: Any) -> Any:
    """``x + y``."""
    try:
        return x + y
    except FloatingPointError:
        return quietly(add, x, y)
