"""Which call is to blame: for a wrong derivative the first whose own derivative is wrong, for a kink the first that has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd._backward import grad
from ..core.value import writable
from ..core.views import current_node
from ._lines import Directions, Movable, Program, Vector, flat, inner, moved, slope_along, tensors, weighed
from ._tape import Entry, Tape

if TYPE_CHECKING:
    from ..core.origin import Place

NEAR = 2.0**-20
"""How far from the point, on either side, a kink is looked for."""
TRIES = 3
"""Random directions for each tensor of a call."""
WIDE = (np.dtype(np.float64), np.dtype(np.complex128))
SAME = 1e-6
"""How close a ratio of two derivatives must be to a simple number to be called that."""


@dataclass(frozen=True, slots=True)
class Kink:
    """Where there is no derivative."""

    name: str
    """The call, by its node's name."""
    place: Place
    rounds: bool = False
    """Whether its results are of a smaller type than float64: perhaps they are only rounded."""

    def __str__(self) -> str:
        return f"{self.name}: {self.place}"


@dataclass(frozen=True, slots=True)
class Fault:
    """The call to blame for a wrong derivative."""

    mode: str
    """Whose derivative it is: "reverse" or "forward"."""
    name: str
    """The call, by its node's name; empty where a value loses its history."""
    place: Place
    """The line and expression of the call."""
    argument: str = ""
    """Which of the call's tensors the derivative is by."""
    got: float = 0.0
    """The derivative along a random direction, as the mode has it..."""
    expected: float = 0.0
    """...and as finite differences have it."""

    def __str__(self) -> str:
        if not self.name:
            return f"the {self.mode} pass sees no dependence through {self.place}, but the values do"
        return (
            f"{self.name} of {self.place}\n    {self.mode} derivative by {self.argument}: got {self.got:.7g}, expected "
            f"{self.expected:.7g}{self.hint()}"
        )

    def hint(self) -> str:
        """What the two numbers say, where it is simple."""
        ratio = self.got / self.expected if self.expected else 0.0
        if abs(ratio + 1) < SAME:
            return ", the opposite"
        factors = [sign * factor for one in range(2, 10) for factor in (one, 1 / one) for sign in (1, -1)]
        factor = next((factor for factor in factors if abs(ratio / factor - 1) < SAME), None)
        return "" if factor is None else f", {factor:.4g} times as much"


def recorded(program: Program) -> tuple[Tape, list[Any], list[Any]]:
    """The program run once more: its tape, its inputs as leaves, its outputs."""
    leaves = [x.requires_grad_() for x in tensors(program.arrays)]
    tape = Tape(leaves)
    with tape.recording():
        outputs = program.call(leaves)
    return tape, leaves, outputs


# -- reverse ---------------------------------------------------------------------------------------------------------


def wrong_reverse(program: Program, u: Vector, rng: np.random.Generator, rtol: float) -> Fault | None:
    """The first call whose node hands back something else than the transpose of its derivative.

    The nodes are watched in the pass that went wrong: one that is right by itself may be wrong there, because what it
    kept has changed since.
    """
    tape, leaves, outputs = recorded(program)
    pairs = [(y, g) for y, g in zip(outputs, program.cotangents(u), strict=True) if y.requires_grad]
    if pairs:
        ends, cotangents = zip(*pairs, strict=True)
        inside = nodes_between([current_node(y) for y in ends], [current_node(x) for x in leaves])
        watched = [(entry, Watch(entry.node)) for entry in tape.entries if entry.node in inside]
        grad(ends, leaves, cotangents, allow_unused=True)
        for entry, watch in watched:
            for number in entry.moving:
                if entry.nodes[number] in inside and watch.outputs:
                    fault = wrong_pull(entry, number, watch, rng, rtol)
                    if fault is not None:
                        return fault
    return cut(tape, "reverse")


class Watch:
    """What a node got in a pass, and what it handed on."""

    def __init__(self, node: Any) -> None:
        self.inputs: tuple[Any, ...] = ()
        self.outputs: tuple[Any, ...] = ()
        node.register_hook(self.seen)

    def seen(self, inputs: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        self.inputs, self.outputs = inputs, outputs


def nodes_between(ends: Sequence[Any], leaves: Sequence[Any]) -> set[Any]:
    """The nodes through which the ends depend on the leaves."""
    stack, seen = list(ends), set(ends)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    found = set(leaves)
    for node in sorted(seen, key=lambda node: node.seq):  # creation order is a topological order
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found


def wrong_pull(entry: Entry, number: int, watch: Watch, rng: np.random.Generator, rtol: float) -> Fault | None:
    """Whether the cotangent of one tensor is what it should be, given those of the outputs."""
    program = program_of(entry)
    given = [watch.outputs[at] for at in entry.numbers]
    u = flat([np.zeros(*like) if g is None else writable(g) for g, like in zip(given, program.likes, strict=True)])
    g = watch.inputs[entry.at[number] if entry.is_op else number]
    g = np.zeros_like(entry.values[number]) if g is None else writable(g)
    one = Movable(program, entry.moving.index(number), rng, rtol)
    for _ in range(TRIES):
        directions, slope = one.line(u)
        if slope is None:
            one.search(u)
            continue
        v = directions[one.at]
        got, expected = inner(g, v), float(u @ slope.vector)
        if not abs(got - expected) <= slope.limit + rtol * weighed(np.abs(v), g):
            return Fault("reverse", entry.name(), entry.place(), entry.argument(number), got, expected)
    return None


def program_of(entry: Entry) -> Program:
    """One call as a function of its floating and complex tensors."""
    return Program(entry.run, [entry.values[number] for number in entry.moving])


# -- forward ---------------------------------------------------------------------------------------------------------


def wrong_forward(program: Program, rng: np.random.Generator, rtol: float) -> Fault | None:
    """The first call whose tangent is not its derivative."""
    tape, _, _ = recorded(program)
    for entry in tape.entries:
        if not entry.numbers:
            continue
        alone = program_of(entry)
        for number in entry.moving:
            fault = wrong_push(entry, number, alone, rng, rtol)
            if fault is not None:
                return fault
    return cut(tape, "forward")


def wrong_push(entry: Entry, number: int, alone: Program, rng: np.random.Generator, rtol: float) -> Fault | None:
    """Whether the outputs of one call move along one of its tensors as forward mode says."""
    one = Movable(alone, entry.moving.index(number), rng, rtol)
    u = alone.random_cotangent(rng)
    for _ in range(TRIES):
        directions, slope = one.line(u)
        if slope is None:
            one.search(u)
            continue
        tangent = alone.pushed(directions)
        if not weighed(np.abs(u), tangent - slope.vector) <= slope.limit:
            got, expected = float(u @ tangent), float(u @ slope.vector)
            return Fault("forward", entry.name(), entry.place(), entry.argument(number), got, expected)
    return None


def cut(tape: Tape, mode: str) -> Fault | None:
    """Where a value loses its history, when all calls are right."""
    place = tape.first_cut()
    return None if place is None else Fault(mode, "", place)


# -- kinks -----------------------------------------------------------------------------------------------------------


def find_kink(program: Program, directions: Directions, rng: np.random.Generator, rtol: float) -> Kink | None:
    """The first call that has no derivative where the program is, moving as it does along a line.

    Integers and booleans count as outputs here: a comparison that changes is the kink of what is chosen by it.
    """
    middle, behind, ahead = (
        recorded(Program(program.call, moved(program.arrays, directions, step)))[0].entries for step in (0, -NEAR, NEAR)
    )
    for entry, one, other in zip(middle, behind, ahead, strict=False):
        if not entry.target is one.target is other.target:
            return Kink("another branch", entry.place())
        values = [entry.values[number] for number in entry.moving]
        moves = [(other.values[number] - one.values[number]) / (2 * NEAR) for number in entry.moving]
        alone = Program(partial(entry.run, discrete=True), values)
        u = alone.random_cotangent(rng)
        if slope_along(alone.along(moves), alone.value, u, rtol) is None:
            rounds = any(dtype.kind in "fcV" and dtype not in WIDE for _, dtype in alone.likes)
            return Kink(entry.name(), entry.place(), rounds)
    return None
