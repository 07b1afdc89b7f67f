"""Numbers that may be unknown sizes in PyTorch's traces: here they are numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = [
    "SymBool",
    "SymFloat",
    "SymInt",
    "sym_float",
    "sym_int",
    "sym_ite",
    "sym_max",
    "sym_min",
    "sym_not",
    "sym_sqrt",
    "sym_sum",
]


class _Unknown:
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{cls.__name__}: there are no unknown sizes in chainrule, give the number itself")


class SymInt(_Unknown):
    """A size that is unknown in PyTorch's traces, for ``isinstance``: nothing is one, sizes are plain numbers here.

    >>> import chainrule as torch
    >>> isinstance(torch.ones(2).shape[0], torch.SymInt)
    False
    """


class SymFloat(_Unknown):
    """A number made of such sizes.

    >>> import chainrule as torch
    >>> isinstance(torch.ones(2).shape[0] / 2, torch.SymFloat)
    False
    """


class SymBool(_Unknown):
    """What a comparison of such sizes gives.

    >>> import chainrule as torch
    >>> isinstance(torch.ones(2).shape[0] > 1, torch.SymBool)
    False
    """


def sym_float(a: Any) -> float:
    """``float(a)``.

    >>> import chainrule as torch
    >>> torch.sym_float(2)
    2.0
    """
    return float(a)


def sym_int(a: Any) -> int:
    """``a`` as an int, rounded toward zero.

    >>> import chainrule as torch
    >>> torch.sym_int(2.5)
    2
    """
    return math.trunc(a)


def sym_not(a: Any) -> bool:
    """``not a``.

    >>> import chainrule as torch
    >>> torch.sym_not(True)
    False
    """
    return not a


def sym_max(a: Any, b: Any) -> Any:
    """The larger of two numbers, a float if one of them is.

    >>> import chainrule as torch
    >>> torch.sym_max(2, 3.)
    3.0
    """
    return _like(max(a, b), a, b)


def sym_min(a: Any, b: Any) -> Any:
    """The smaller of two numbers, a float if one of them is.

    >>> import chainrule as torch
    >>> torch.sym_min(2, 3.)
    2.0
    """
    return _like(min(a, b), a, b)


def _like(chosen: Any, a: Any, b: Any) -> Any:
    return float(chosen) if isinstance(a, float) or isinstance(b, float) else chosen


def sym_sum(args: Sequence[Any]) -> Any:
    """The sum of several numbers.

    >>> import chainrule as torch
    >>> torch.sym_sum([1, 2, 3])
    6
    """
    return sum(args)


def sym_sqrt(a: Any) -> float:
    """The square root.

    >>> import chainrule as torch
    >>> torch.sym_sqrt(4)
    2.0
    """
    return math.sqrt(a)


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """``t`` if ``b``, else ``f``.

    >>> import chainrule as torch
    >>> torch.sym_ite(True, 1, 2)
    1
    """
    return t if b else f
