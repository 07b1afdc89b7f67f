"""The hot path of the reverse pass, as ``dispatch`` has hot paths for ops: an ordinary graph on raw arrays.

Ordinary means: one root, the modes as they are by default, nothing extra on any node (hooks, retained gradients) but ports,
ops only and saved values at hand. Nothing of the user's can run during such a pass, so that it needs no
context and no :class:`~chainrule.core.engine.Pass`. All else takes ``engine.backward_pass``, to the same result; what the
two share is written out here without the questions that such a graph does not raise.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from ..backend import numpy as numpy_namespace
from ..quiet import NOISE, quietly
from .delivery import deliver
from .engine import LARGE, Pass, backward_pass, seq_of
from .modes import get_modes
from .node import LAST, STRUCTURE, Freed, Node, Port
from .op import GENERAL, IDENTITY
from .origin import caller
from .saved import stale_error
from .value import Lifted

parents_of, pulls_of = attrgetter("parents"), attrgetter("pulls")

RAW = Pass(False, False, None, [], {}, None)
"""For what a pass on raw arrays does with a cotangent."""


def reverse_pass(
    roots: list[tuple[Node, Any]],
    targets: dict[Node, Any] | None,
    retain_graph: bool,
    recorded: bool,
    accumulate: bool,
) -> dict[Node, Any]:
    """What :func:`engine.backward_pass` does, by the hot path where the graph is ordinary."""
    cotangents = None
    current = get_modes()
    pulls = pulled_back if current is None else getattr(current.tape, "pull_back", None)
    if len(roots) == 1 and not recorded and pulls is not None and (targets is None or not accumulate):
        ((root, seed),) = roots
        plan = planned(root, targets)
        if plan is not None and type(seed) is not list:
            g = seed._array
            if not isinstance(g, Lifted):
                steps, wanted = plan
                given = (root, RAW.inward(seed) if g.dtype.kind == "c" else g, steps, wanted)
                try:
                    cotangents = pulls(*given)
                except NOISE:
                    cotangents = quietly(pulls, *given)
    if cotangents is None:  # nothing has happened so far
        return backward_pass(roots, targets, retain_graph, recorded, accumulate)
    captured: dict[Node, Any] = {}
    ran = Freed(caller(3), root, targets is None)
    if targets is None:
        run = Pass(False, False, None, steps, {}, None)
        run.ran = ran
        run.leaves = cotangents
        deliver(run, [])
    else:
        for node, tensor in targets.items():
            if node in cotangents:
                captured[node] = RAW.handed_out(cotangents.pop(node), tensor)
    if not retain_graph:
        for node in steps:
            if node.saved:
                node.release(ran)
        if targets is None and len(steps) < STRUCTURE:
            LAST.append(root)
    return captured


def planned(root: Node, targets: dict[Node, Any] | None) -> tuple[list[Node], set[Node]] | None:
    """The nodes to run, from the oldest, and those that want a cotangent; None where the graph is not ordinary.

    Targets are leaves: all there are, by default.
    """
    if root.extra is not None and not root.extra.has_ports_only():
        return None
    found: list[Any] = [root]
    seen: set[Any] = {None, root}
    push, see = found.append, seen.add
    for node in found:  # which grows
        for parent in node.parents:
            if parent not in seen:
                if parent.extra is not None and not parent.extra.has_ports_only():
                    return None
                see(parent)
                push(parent)
    found.sort(key=seq_of)
    if targets is None:
        seen.discard(None)
        wanted, steps = seen, [node for node in found if node.parents]
    elif any(map(parents_of, targets)):
        return None
    else:
        wanted, steps = set(targets), []
        is_unwanted = wanted.isdisjoint
        for node in found:
            if not is_unwanted(node.parents):
                wanted.add(node)
                steps.append(node)
    if None in map(pulls_of, steps) and any(node.pulls is None and not is_known(node) for node in steps):
        return None
    return steps, wanted


def is_known(node: Node) -> bool:
    """Whether a node without a rule for each operand is a port, or has one rule for all."""
    return type(node) is Port or hasattr(node, "pull_all")


def pulled_back(
    root: Node, g: Any, steps: list[Node], wanted: set[Node], is_fine: Callable[[Node, Any], bool] | None = None
) -> dict[Node, Any] | None:
    """The cotangents of the leaves among ``wanted``, from that of the root; None where saved values are not at hand.

    ``is_fine`` is asked of what each rule makes; the answer no ends the pass, and None is returned.
    """
    cotangents = {root: g}
    pop, get = cotangents.pop, cotangents.get
    owned: set[Node] = set()
    for node in reversed(steps):
        g = pop(node, None)
        if g is None:
            continue
        saved = node.saved
        if type(saved) is not tuple:
            return None
        pulls = node.pulls
        if pulls is None:
            if not pulled_by_all(node, g, cotangents, wanted, is_fine):
                return None
            continue
        for (rule, at), parent in zip(pulls, node.parents):  # noqa: B905 - strict is slow here
            if parent in wanted:
                if at == IDENTITY:
                    gp = g
                elif at == GENERAL:
                    gp = rule(numpy_namespace, g, saved, node)
                    if gp is None:
                        continue
                else:
                    cell = saved[at + 1]
                    if cell is not None and cell.version != saved[at + 2]:
                        raise stale_error(node)
                    gp = rule(g, saved[at])
                if is_fine is not None and gp is not g and not is_fine(node, gp):
                    return None
                if gp.dtype is not parent.dtype or gp.shape != parent.shape:
                    gp = RAW.project(gp, parent)
                before = get(parent)
                if before is None:
                    cotangents[parent] = gp
                elif parent in owned:
                    np.add(before, gp, before)
                else:
                    total = cotangents[parent] = before + gp
                    if total.size > LARGE:
                        owned.add(parent)
    return cotangents


def pulled_by_all(
    node: Any, g: Any, cotangents: dict[Node, Any], wanted: set[Node], is_fine: Callable[[Node, Any], bool] | None
) -> bool:
    """A port, which hands its cotangent to its slot of the node that it belongs to; or one rule for all operands."""
    if type(node) is Port:
        owner: Any = node.parents[0]
        slots = cotangents.setdefault(owner, [None] * len(owner.shape))
        slots[node.number] = g if slots[node.number] is None else slots[node.number] + g
        return True
    need = tuple([parent in wanted for parent in node.parents])
    for gp, parent in zip(node.pull_all(numpy_namespace, g, node.saved, node, need), node.parents, strict=True):
        if gp is not None and parent in wanted:
            if is_fine is not None and not is_fine(node, gp):
                return False
            fits = gp.dtype is parent.dtype and gp.shape == parent.shape
            one = gp if fits else RAW.project(gp, parent)
            before = cotangents.get(parent)
            cotangents[parent] = one if before is None else before + one
    return True
