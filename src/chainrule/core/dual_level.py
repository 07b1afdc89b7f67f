"""The level of forward mode: values that move along a tangent.

A dual x + t e, with e*e = 0, is a number like any other: rules of the reverse pass compute with duals as they do with
arrays. What the pass then carries is the cotangent in the same algebra. The value read at the end is a pair, the primal
part p and the tangent part t, with cotangents p' and t'; p' p + t' t is the e-part of (t' + p' e)(p + t e). So leaving the
level turns p' and t' into the dual t' + p' e, and entering it reads them off the other way round. An operand that was
not of the level is one whose tangent is zero: its cotangent is the e-part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import op as op_module
from .forward import evaluate, jvp
from .lifted import Level, bare, computed, levels_of, lowered, own
from .value import Lifted, TensorBase, at_rest, device_of, like, new_tensor, numbers_of
from .xla_level import placed, zeros_beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..device import device
    from .op import Op


class Dual(Lifted):
    """A value and its tangent, of one shape and dtype."""

    __slots__ = ("given", "primal", "tangent")

    level: DualLevel
    primal: Any
    tangent: Any
    given: tuple[Callable[[], Any], Any] | None
    """Of what ``make_dual`` made: a weak reference to that tensor, and the tangent as the user gave it."""

    def __init__(self, level: DualLevel, primal: Any, tangent: Any) -> None:
        inside = frozenset().union(*[a.levels for a in (primal, tangent) if isinstance(a, Lifted)])
        super().__init__(level, inside, primal.shape, primal.dtype)
        self.primal = primal
        self.tangent = tangent
        self.given = None

    @property
    def device(self) -> device:
        return device_of(self.primal)

    def plain(self, doing: str) -> Any:
        return self.primal.plain(doing) if isinstance(self.primal, Lifted) else np.asarray(self.primal)

    def numbers(self) -> Any:
        return numbers_of(self.primal)

    def like(self, array: Any) -> Any:
        return like(self.primal, array)

    def without_tangents(self) -> Any:
        return at_rest(self.primal)

    def shown(self) -> tuple[Any, list[str]]:
        array, more = self.primal.shown() if isinstance(self.primal, Lifted) else (self.primal, [])
        return array, [*more, f"tangent={new_tensor(self.tangent)}"] if self.level.is_open else more


class DualLevel(Level):
    """A ``jvp``, or a ``dual_level``, that runs."""

    __slots__ = ("is_jvp", "is_open")

    is_dual = True
    is_jvp: bool
    """Whether it is one function's: then NumPy gets no array of its tensors, which would lose the tangent unseen."""
    is_open: bool
    """Whether it still runs: afterwards its tensors are seen without their tangents."""

    def __init__(self, is_jvp: bool = False) -> None:
        super().__init__()
        self.is_jvp = is_jvp
        self.is_open = True

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        given = tuple([a.primal if self.is_mine(a) else a for a in arrays])
        moves = tuple([a.tangent if self.is_mine(a) else None for a in arrays])
        xp, both = lowered((*given, *moves))
        primals, tangents = both[: len(given)], both[len(given) :]
        out = evaluate(op, primals, params, xp)
        change = jvp(op, primals, tangents, params, xp, out)
        if op.outputs is None:
            return self.dual(out, change)
        return tuple([self.dual(*pair) for pair in zip(out, change, strict=True)])

    def dual(self, primal: Any, tangent: Any) -> Any:
        """Both, the tangent where the primal is: a derivative that is always 0 is NumPy's."""
        array = bare(primal)
        return array if tangent is None else Dual(self, array, placed(bare(tangent), device_of(array)))

    def led_out(self, g: Any) -> Any:
        """The e-part; a cotangent without one is zero."""
        if self not in levels_of(g._array):
            return None
        return op_module.recorded_namespace.tangent_part(g, level=self)


def enter(x: Any, t: Any, level: DualLevel) -> Any:
    """Raw ``x`` moving along ``t``, which comes to where ``x`` is."""
    return Dual(level, x, placed(t, device_of(x)))


def primal_part(x: Any, level: DualLevel, copy: bool) -> Any:
    """Raw ``x`` without its tangent; ``copy`` as for :func:`lifted.own`."""
    return batched_as(own(x.primal if level.is_mine(x) else x, copy), x)


def tangent_part(x: Any, level: DualLevel, copy: bool) -> Any:
    """The tangent of raw ``x``, likewise."""
    if level.is_mine(x):
        return batched_as(own(x.tangent, copy), x)
    return zeros_beside(x)


def batched_as(part: Any, x: Any) -> Any:
    """A part of x in the batches that x is in, even if it is the same for all their elements.

    The cotangent of the part is then that of one element, as x's is, and not their sum.
    """
    missing: list[Any] = [one for one in levels_of(x) - levels_of(part) if one.makes_batch]
    for one in sorted(missing, key=lambda level: level.depth):
        xp, (value,) = lowered((part,))
        whole = bare(xp.broadcast_to(value, (one.size, *part.shape)))
        part = computed(op_module.OPS["batch_in"], whole, level=one, axis=-1 - len(part.shape))
    return part


def is_moving(tensor: TensorBase, level: DualLevel) -> bool:
    """Whether a tensor has a tangent at the level."""
    return level in levels_of(tensor._array)
