"""``kinks``: every point without a derivative that a program meets, and which derivative was taken there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from ..autograd._backward import grad
from ..core.modes import set_modes
from ..core.node import edge_of
from ..core.origin import Place, caller, resolve
from ..core.value import Lifted, TensorBase, new_tensor, numbers_of
from ..core.views import current_node
from ._kink_rules import CHOOSING, RULES
from ._replay import unnoted
from ._symbols import spoken
from ._watch import Watch

if TYPE_CHECKING:
    from types import CodeType

    from ..core.node import Node
    from ..core.op import Op

__all__ = ["Kink", "interval", "kinks", "number"]

STEP = 1e-7
STEEP = 1e3
"""The slope from which a finite difference is that of a jump, or of an infinite slope."""
NEAR = 1e-4
"""How far apart two slopes must be to be told apart: they are finite differences."""


class Kink:
    """One line at which an op met points where it has no derivative."""

    def __init__(self, name: str, code: CodeType, lasti: int) -> None:
        self.name = name
        """The op's name."""
        self.code, self.lasti = code, lasti
        self.count = 0
        """How many outputs of the op were at a kink, over all its calls."""
        self.used: int | None = 0
        """To how many of them a backward brought something else than 0; None if some were inside of a transform, or on "xla"."""
        self.calls = 0
        """How many calls met one."""
        self.element: tuple[int, ...] | None = None
        """The index of the first such number in the op's first operand, where one coordinate has the corner..."""
        self.point: float | None = None
        """...its value..."""
        self.taken: float | None = None
        """...the derivative by it that is taken..."""
        self.valid = ""
        """...and the interval of those that are right, as docs/kinks.md has it."""

    @property
    def place(self) -> Place:
        """File, line and expression."""
        return resolve(self.code, self.lasti)

    def __str__(self) -> str:
        outputs, calls = (f"{n} {what}{'s' * (n != 1)}" for n, what in ((self.count, "output"), (self.calls, "call")))
        said = f"{spoken(self.name)}: {outputs} in {calls}"
        if self.used is not None:
            said += f", {self.used} used by a backward"
        if self.element is not None and self.point is not None and self.taken is not None:
            index = list(self.element)
            said += f"; first at {index or 'the one element'} = {number(self.point)}: took {number(self.taken)}, valid {self.valid}"
        return f"{said}\n  {self.place}"


class kinks(Watch):  # noqa: N801 - reads as a statement: ``with kinks() as report:``
    """Context manager and report: the kinks that recorded ops meet, by line, and which derivative was taken.

    A kink is a point where an op has several slopes, or none: ``relu`` at 0, two equal numbers under ``max`` or ``sort``, the
    bounds of a ``clamp``, ``sqrt`` and norms at 0, the jumps of ``floor``. docs/kinks.md is the list. Only ops that are recorded
    count: others have no derivative to choose.

    Attributes:
        hits: a list of :class:`Kink`, in the order in which they were first met.

    >>> import chainrule as torch
    >>> x = torch.tensor([-1., 0., 2.], requires_grad=True)
    >>> with torch.kinks() as report:
    ...     torch.relu(x).sum().backward()
    >>> (kink,) = report.hits
    >>> kink.name, kink.count, kink.used, kink.element, kink.taken, kink.valid
    ('relu', 1, 1, (1,), 0.0, '[0, 1]')
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int], Kink] = {}
        self._masks: WeakKeyDictionary[Node, tuple[Kink, Any]] = WeakKeyDictionary()

    @property
    def hits(self) -> list[Kink]:
        return list(self._found.values())

    def __str__(self) -> str:
        return "\n".join(map(str, self.hits)) or "no kinks"

    def __repr__(self) -> str:
        return f"<kinks: {self}>"

    def ran(self, op: Any, args: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        rule = RULES.get(getattr(op, "name", ""))
        if rule is None or not args:
            return
        outs = list(result) if isinstance(result, tuple) else [result]
        nodes = [node for node in map(current_node, outs) if node is not None]
        if not nodes:
            return
        is_lifted = any(isinstance(one, TensorBase) and isinstance(one._array, Lifted) for one in (*args, *outs))
        arrays = [numbers_of(one._array) if isinstance(one, TensorBase) else one for one in args]
        try:
            mask, index = rule(arrays, params, [numbers_of(one._array) for one in outs])
        except ValueError:
            if is_lifted:  # a batch beside something that is none: they broadcast by their levels only
                return
            raise
        count = int(np.count_nonzero(mask))
        if not count:
            return
        code, lasti = caller()
        key = op.name, id(code), lasti
        kink = self._found.get(key)
        if kink is None:
            kink = self._found[key] = Kink(op.name, code, lasti)
            if index is not None and not is_lifted:
                kink.element, kink.point = (
                    index,
                    float(
                        np.abs(np.asarray(arrays[0])[index])
                        if op.name == "abs_complex"
                        else np.asarray(arrays[0])[index]
                    ),
                )
                kink.taken, kink.valid = slopes(op, arrays, params, index, mask)
        kink.count += count
        kink.calls += 1
        owner = edge_of(nodes[0])[0]
        if is_lifted:
            kink.used = None
        elif owner is not None:
            self._masks[owner] = kink, mask

    def pulled(self, node: Node, arrived: list[Any], handed: tuple[Any, ...]) -> None:
        found = self._masks.pop(node, None)
        if found is not None:
            kink, mask = found
            given = [np.asarray(numbers_of(getattr(g, "_array", g))) for g in arrived if g is not None]
            used = [mask & (g != 0) for g in given if g.shape == np.shape(mask)]
            if used and kink.used is not None:
                kink.used += int(np.count_nonzero(np.logical_or.reduce(used)))


def slopes(
    op: Op, arrays: list[Any], params: dict[str, Any], index: tuple[int, ...], mask: Any
) -> tuple[float | None, str]:
    """The derivative of the first output element at a kink that is taken by one number of the first operand; those that are right.

    An op that chooses among several that are equal has slope 1 by one of them, and 0 by the others: any number from 0 to 1
    will do, though moving one of three alone may change nothing.
    """
    place = tuple(map(int, np.argwhere(mask)[0]))
    wide = [
        a.astype(np.float64) if isinstance(a, (np.ndarray, np.generic)) and a.dtype.kind == "f" else a for a in arrays
    ]
    x = np.array(wide[0])
    if x.dtype.kind != "f":
        return None, ""

    def value(step: float) -> Any:
        moved = x.copy()
        moved[index] += step
        out = op.raw(moved, *wide[1:], **params)
        out = np.asarray(out[0] if isinstance(out, tuple) else out)
        return out[place]

    here = value(0)
    right, left = (difference(value(sign * STEP), here) * sign / STEP for sign in (1, -1))
    old = set_modes(None)
    try:
        leaf = new_tensor(x).requires_grad_()
        others = [new_tensor(a) if isinstance(a, (np.ndarray, np.generic)) else a for a in wide[1:]]
        out = op.apply(leaf, *others, **params)
        first = out[0] if isinstance(out, tuple) else out
        seed = np.zeros(first._array.shape)
        seed[place] = 1
        with unnoted():
            (found,) = grad(first, leaf, new_tensor(seed), allow_unused=True)
    except NotImplementedError:  # heaviside has no derivative to take
        return None, ""
    finally:
        set_modes(old)
    taken = 0.0 if found is None else float(np.asarray(found._array)[index])
    is_choice = RULES[op.name] in CHOOSING and abs(left - right) < NEAR
    return taken, "[0, 1]" if is_choice else interval(left, right)


def difference(one: Any, other: Any) -> float:
    """The sum of differences; equal infinities differ by 0."""
    with np.errstate(all="ignore"):
        return float(np.where(one == other, 0, one - other).sum())


def interval(left: float, right: float) -> str:
    """What lies between two slopes, in words where there is no such interval."""
    if math.isnan(left) and math.isnan(right):
        return "no value beside it"
    if math.isnan(left) or math.isnan(right):
        side, other, slope = ("left", "right", right) if math.isnan(left) else ("right", "left", left)
        return f"no value to the {side}; {number(slope) if abs(slope) <= STEEP else 'an infinite slope'} to the {other}"
    low, high = sorted((left, right))
    if max(abs(low), abs(high)) > STEEP:
        return "a jump, or an infinite slope"
    return number(low) if high - low < NEAR else f"[{number(low)}, {number(high)}]"


def number(x: float) -> str:
    """A number as the table of kinks has it."""
    return f"{round(x, 4) + 0.0:g}"
