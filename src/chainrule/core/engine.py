"""The reverse pass.

Collect the nodes that the outputs depend on, order them by creation (a topological order), and go through them from
the newest: a node's cotangent is complete when its turn comes. Nothing here recurses.

A backward is a transaction. Cotangents live in a dict of the pass, never on nodes; gradients reach the leaves, and
saved values are let go, only after the last rule and the last hook have succeeded. The delivery itself is one C call,
so that not even a KeyboardInterrupt can fall in the middle of it.

Cotangents are plain transposes: no rule conjugates. PyTorch's gradient of a complex value is the conjugate of the
cotangent, so seeds are conjugated on the way in, and what reaches leaves, hooks and user functions on the way out.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import Context, ContextVar, copy_context
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from ..backend import numpy as numpy_namespace
from . import op as op_module
from .delivery import deliver
from .hook_results import check_many, check_one
from .modes import Modes, get_modes, modes, set_modes
from .node import AccumulateGrad, Freed, Node, Port
from .op import GENERAL, IDENTITY
from .origin import caller
from .ownership import copied, laid_out_as, own
from .saved import stale_error, unpacked
from .value import Lifted, faced, new_tensor, writable
from .xla_level import beside

seq_of, depth_of, extra_of = attrgetter("seq"), attrgetter("depth"), attrgetter("extra")

_running: ContextVar[Pass | None] = ContextVar("chainrule_pass", default=None)
current_pass = _running.get
"""The pass that is running in this thread or task, or None."""

NO_GRAD = modes().replace(grad=False)

LARGE = 4096
"""Elements from which adding into an existing array beats making a new one."""


class Pass:
    """One reverse pass: its cotangents, what is wanted of them, and in which mode it runs."""

    __slots__ = (
        "after",
        "anomaly",
        "at_end",
        "captured",
        "context",
        "cotangents",
        "leaves",
        "levels",
        "namespace",
        "needed",
        "order",
        "owned",
        "ran",
        "recorded",
        "runner",
        "targets",
        "tensors",
        "watch",
    )

    def __init__(
        self,
        recorded: bool,
        tensors: bool,
        targets: dict[Node, Any] | None,
        order: list[Node],
        after: dict[Node, list[AccumulateGrad]],
        needed: set[Node] | None,
    ) -> None:
        self.recorded = recorded
        """Whether the pass is itself part of a graph."""
        self.tensors = tensors
        """Whether cotangents are tensors, and rules compute in the recorded namespace; else they are raw arrays."""
        self.levels: frozenset[Any]
        """The levels that the roots belong to: the pass happens within them."""
        self.targets = targets
        """The nodes whose cotangents are wanted; None: the leaves'."""
        self.namespace = op_module.recorded_namespace if tensors else numpy_namespace
        self.cotangents: dict[Node, Any] = {}
        self.owned: set[Node] = set()
        """Nodes whose cotangent is a large sum made here, which may be added to in place."""
        self.captured: dict[Node, Any] = {}
        self.leaves: dict[Node, Any] = {}
        """What goes to the ``.grad`` of leaves, and of tensors that retain theirs."""
        self.order = order
        self.after = after
        self.needed = needed
        self.at_end: list[Any] = []
        self.ran: Any = None
        """The note that this pass has run (``Freed``)."""
        mode = modes()
        self.anomaly = mode.anomaly
        self.watch = None if mode.tape is None else getattr(mode.tape, "stepped", None)
        """Who is told of each step (``Modes.tape``), or None."""
        self.runner = None if mode.tape is None else getattr(mode.tape, "run_node", None)
        """Who runs each step, or None."""
        self.context: Context | None = None

    def will_reach(self, node: Node | None) -> bool:
        """Whether a cotangent will come to the node in this pass (a hook asks)."""
        if self.needed is not None:
            return node in self.needed
        return node in self.order or any(node in leaves for leaves in self.after.values())

    def whole(self, roots: list[tuple[Node, Any]], accumulate: bool) -> dict[Node, Any]:
        """The pass from its roots to the delivery."""
        captured: dict[Node, Any] = {}
        try:
            for node, g in roots:
                self.seed(node, g)
            self.run(self.order, self.needed, self.after)
            if self.targets is None:
                deliver(self, [])
            elif accumulate:
                deliver(self, [[self.targets[node], g] for node, g in self.captured.items()])
            else:
                if self.leaves:
                    deliver(self, [])
                while self.captured:
                    node, g = self.captured.popitem()
                    captured[node] = (
                        [self.outward(one) for one in g] if type(g) is list else self.handed_out(g, self.targets[node])
                    )
        finally:
            self.context = None  # which refers to this pass
            for action in self.at_end:
                action()
        return captured

    def inside(self, function: Any, *args: Any) -> Any:
        """Call what may run the user's code, or ops on tensors: in the modes of the pass, where ``current_pass`` finds it.

        In a context of its own: however it ends, the modes outside are what they were. Rules on raw arrays need none.
        """
        if current_pass() is self:
            return function(*args)
        if self.context is None:
            self.context = copy_context()
            self.context.run(self.enter)
        return self.context.run(function, *args)

    def enter(self) -> None:
        """Make the context that this runs in the pass's."""
        set_modes(pass_modes(get_modes(), self.recorded))
        _running.set(self)

    def seed(self, node: Node, g: Any) -> None:
        """Give a root its cotangent."""
        if type(g) is list:
            slots = self.cotangents.setdefault(node, [None] * len(g))
            for number, one in enumerate(g):
                if one is not None:
                    slots[number] = self.inward(one) if slots[number] is None else slots[number] + self.inward(one)
        elif node in self.cotangents:
            self.add(node, self.inward(g))
        else:
            self.cotangents[node] = self.inward(g)

    # -- cotangents ------------------------------------------------------------------------------------------------

    def add(self, node: Node, g: Any, giver: Node | None = None) -> None:
        """Add ``g``, which comes from ``giver``, to the node's cotangent."""
        before = self.cotangents.get(node)
        total = self.cotangents[node] = g if before is None else before + g
        if before is not None and self.watch is not None and giver is not None:
            self.watch(giver, [before, g], (total,))
        elif before is not None and self.watch is None and not self.tensors and total.size > LARGE:
            self.owned.add(node)

    def project(self, g: Any, node: Node) -> Any:
        """``g`` in the space of the node's output: broadcast axes summed away, realness and dtype restored."""
        xp = self.namespace
        shape, dtype = node.shape, node.dtype
        if g.shape != shape:
            g = sum_to_shape(xp, g, shape)
        raw = g._array.dtype if self.tensors else g.dtype
        if raw != dtype:
            if raw.kind == "c" and dtype.kind != "c":
                g = xp.real(g)
            g = xp.astype(g, dtype)
        return g

    def across(self, levels: frozenset[Any], node: Node, results: tuple[Any, ...]) -> tuple[Any, ...]:
        """The cotangents of operands that are not of all of the node's levels, led out of those that they are not of.

        A batch has used one operand many times: its cotangents add up. (The op that entered a level has led out itself.)
        """
        own = None if node.params is None else node.params.get("level")
        out = list(results)
        for at, parent in enumerate(node.parents):
            if parent is None:
                continue
            inside = frozenset() if parent.extra is None else parent.extra.levels
            for level in sorted(levels - inside, key=depth_of, reverse=True):
                if out[at] is not None and level is not own:
                    out[at] = level.led_out(out[at])
        return tuple(out)

    # -- the loop --------------------------------------------------------------------------------------------------

    def run(self, order: list[Node], needed: set[Node] | None, after: dict[Node, list[AccumulateGrad]]) -> None:
        cotangents, tensors, namespace = self.cotangents, self.tensors, self.namespace
        targets, owned, watch = self.targets, self.owned, self.watch
        special = self.anomaly or self.runner is not None
        pop, get, accumulate = cotangents.pop, cotangents.get, np.add
        for node in order:
            g = pop(node, None)
            if g is not None:
                extra = node.extra
                if extra is not None:
                    g = self.inside(self.tensor_hooks, node, g, extra)
                if targets is not None and node in targets:
                    self.captured[node] = g
                parents = node.parents
                if parents and (needed is None or not needed.isdisjoint(parents)):
                    pulls = node.pulls
                    if pulls is None or special or (extra is not None and extra.is_hooked()):
                        self.step(node, g, needed)
                    else:
                        saved = node.saved
                        if tensors or type(saved) is not tuple:
                            saved = self.inside(unpacked, node, tensors)
                        for (rule, at), parent in zip(pulls, parents):  # noqa: B905 - strict is slow here
                            if parent is None or (needed is not None and parent not in needed):
                                continue
                            if at == IDENTITY:
                                gp = g
                            elif at == GENERAL:
                                gp = rule(namespace, g, saved, node)
                                if gp is None:
                                    continue
                            else:  # the rule takes g and one saved array
                                cell = saved[at + 1]
                                if cell is not None and cell.version != saved[at + 2]:
                                    raise stale_error(node)
                                gp = rule(g, saved[at])
                            raw = gp._array if tensors else gp
                            if raw.dtype is not parent.dtype or raw.shape != parent.shape:
                                gp = self.project(gp, parent)
                            if watch is not None:
                                watch(node, g, (gp,))
                            before = get(parent)
                            if before is None:
                                cotangents[parent] = gp
                            elif parent in owned:
                                accumulate(before, gp, before)
                            else:
                                total = cotangents[parent] = before + gp
                                if watch is not None:
                                    watch(node, [before, gp], (total,))
                                elif not tensors and total.size > LARGE:
                                    owned.add(parent)
                elif targets is None and type(node) is AccumulateGrad:
                    if watch is not None and extra is not None:
                        watch(node, g, ())
                    self.leaves[node] = g if extra is None else self.inside(self.leaf_hooks, node, g, extra)
            if after and node in after:
                self.run(list(after[node]), None, {})

    def to_slot(self, port: Port, g: Any) -> None:
        """Hand the cotangent of one output to its place among those of the node."""
        owner: Any = port.parents[0]
        slots = self.cotangents.setdefault(owner, [None] * len(owner.shape))
        slots[port.number] = g if slots[port.number] is None else slots[port.number] + g

    def step(self, node: Node, g: Any, needed: set[Node] | None) -> None:
        """One node in its general form: ports, custom functions, hooks, rules for all operands."""
        if type(node) is Port:
            self.to_slot(node, g)
        else:
            self.inside(self.general_step, node, g, needed)

    def general_step(self, node: Node, g: Any, needed: set[Node] | None) -> None:
        extra = node.extra
        if extra is not None and extra.prehooks:
            g = self.prehooks(node, g, extra.prehooks)
        need = tuple([p is not None and (needed is None or p in needed) for p in node.parents])
        if self.anomaly:
            results = self.anomalous(node, g, need)
        elif self.runner is not None:
            results = self.runner(node, partial(self.cotangents_of, node, g, need))
        else:
            results = self.cotangents_of(node, g, need)
        levels = frozenset() if extra is None else extra.levels - self.levels
        if levels:
            results = self.across(levels, node, results)
        results = tuple(
            [None if r is None or p is None else self.project(r, p) for r, p in zip(results, node.parents, strict=True)]
        )
        if self.watch is not None:
            self.watch(node, g, results)
        if extra is not None and extra.hooks:
            results = self.hooks(node, g, results, extra.hooks)
        for parent, gp in zip(node.parents, results, strict=True):
            if parent is not None and gp is not None and (needed is None or parent in needed):
                self.add(parent, gp, node)

    def cotangents_of(self, node: Node, g: Any, need: tuple[bool, ...]) -> tuple[Any, ...]:
        if node.pulls is None:
            return node.cotangents(g, need, self.tensors)
        saved = unpacked(node, self.tensors)
        pulls = node.op.bound_rules()  # a variadic operand with a rule has an all_rule: any other has no gradient
        found = [pull(self.namespace, g, saved, node) if n else None for pull, n in zip(pulls, need, strict=False)]
        return (*found, *[None] * (len(need) - len(pulls)))

    # -- hooks -----------------------------------------------------------------------------------------------------

    def outward(self, g: Any) -> Any:
        """A cotangent as users see it: a tensor, conjugated if complex."""
        if g is None:
            return None
        tensor = faced(g) if self.tensors else new_tensor(g)
        return tensor.conj_physical() if tensor._array.dtype.kind == "c" else tensor

    def handed_out(self, g: Any, tensor: Any) -> Any:
        """A cotangent that users keep: a tensor with memory of its own, on the device of ``tensor``, whose gradient it is."""
        if not self.tensors:
            made = new_tensor(own(g))
        else:
            if self.recorded:
                return self.outward(beside(g, tensor))
            made = faced(new_tensor(copied(beside(g, tensor)._array)))
        return made.conj_physical() if made._array.dtype.kind == "c" else made

    def first_grad(self, g: Any, tensor: Any) -> Any:
        """A cotangent as the first ``.grad`` of ``tensor``: of a recorded pass, a copy that is part of the graph."""
        given = self.handed_out(g, tensor)
        if not self.recorded:
            return laid_out_as(given, tensor)
        if given._node is None:
            return faced(new_tensor(copied(given._array)))
        is_leaf, ops = type(tensor._node) is AccumulateGrad, self.namespace
        args = (ops.copy, new_tensor(given._array), given) if is_leaf else (ops.clone, given)
        return faced(self.inside(*args))

    def inward(self, tensor: Any) -> Any:
        if tensor is None:
            return None
        if tensor._array.dtype.kind == "c":
            tensor = tensor.conj_physical()
        if self.tensors:
            return tensor
        array = tensor._array  # (a NumPy scalar stays one: it is faster than a 0-d array)
        return writable(tensor) if isinstance(array, Lifted) else array

    def tensor_hooks(self, node: Node, g: Any, extra: Any) -> Any:
        """Run the hooks registered on the node's output tensor, then keep its grad if that was asked for."""
        if extra.tensor_hooks:
            given = self.outward(g)  # one for all, as in PyTorch: a hook may leave an attribute on it for another
            for hook in list(extra.tensor_hooks.values()):
                result = hook(given)
                if result is not None:
                    check_one(result, given, node)
                    given, g = result, self.inward(result)
        if extra.retained is not None and extra.retained() is not None:
            self.leaves[node] = g
        return g

    def leaf_hooks(self, node: Node, g: Any, extra: Any) -> Any:
        """Run the hooks registered on an AccumulateGrad node itself."""
        for hook in list((extra.prehooks or {}).values()):
            given = (self.outward(g),)
            result = hook(given)
            if result is not None:
                check_many(result, given, node)
                g = self.inward(result[0])
        return g

    def prehooks(self, node: Node, g: Any, hooks: dict[int, Any]) -> Any:
        several = type(g) is list
        outer = tuple([self.outward(one) for one in (g if several else [g])])
        for hook in list(hooks.values()):
            result = hook(outer)
            if result is not None:
                check_many(result, outer, node)
                outer = result
        return [self.inward(one) for one in outer] if several else self.inward(outer[0])

    def hooks(self, node: Node, g: Any, results: tuple[Any, ...], hooks: dict[int, Any]) -> tuple[Any, ...]:
        grad_inputs = tuple([self.outward(r) for r in results])
        grad_outputs = tuple([self.outward(one) for one in (g if type(g) is list else [g])])
        for hook in list(hooks.values()):
            result = hook(grad_inputs, grad_outputs)
            if result is not None:
                check_many(result, grad_inputs, node)
                grad_inputs = result
        return tuple([self.inward(r) for r in grad_inputs])

    def anomalous(self, node: Node, g: Any, need: tuple[bool, ...]) -> tuple[Any, ...]:
        """A step under anomaly mode: a failure shows the forward call, NaN is a failure."""
        import warnings

        traceback = None if node.extra is None else node.extra.traceback
        said = f"Error detected in {node.name()}. " + (
            f"Traceback of forward call that caused the error:\n{traceback}"
            if traceback
            else "No forward pass information available. Enable detect anomaly during forward pass for more information."
        )
        try:
            with np.errstate(all="ignore"):  # what NumPy would warn of is looked for here
                results = self.cotangents_of(node, g, need)
        except Exception:
            warnings.warn(said, stacklevel=2)
            raise
        for number, r in enumerate(results):
            if r is not None and modes().check_nan and np.isnan(np.asarray(r._array if self.tensors else r)).any():
                warnings.warn(said, stacklevel=2)
                raise RuntimeError(
                    f"Function '{node.name()}' returned nan values in its {number}th output. It is the backward of {node.origin()}."
                )
        return results


def sum_to_shape(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` over the axes along which ``shape`` was broadcast to it."""
    have = g.shape
    lead = len(have) - len(shape)
    axes = tuple(i - len(have) for i in range(len(have)) if i < lead or (shape[i - lead] == 1 and have[i] != 1))
    if axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    return xp.reshape(g, shape) if g.shape != shape else g


def reachable(roots: list[tuple[Node, Any]]) -> tuple[list[Node], dict[Node, list[AccumulateGrad]], bool]:
    """All nodes that the roots depend on, newest first; and whether any of their values are lifted.

    A leaf with hooks runs, as in PyTorch, as soon as its gradient is complete: those are given apart, by the last node
    that contributes to them.
    """
    found: list[Any] = [node for node, _ in roots]
    seen: set[Any] = {None, *found}
    push, see = found.append, seen.add
    for node in found:  # which grows
        for parent in node.parents:
            if parent not in seen:
                see(parent)
                push(parent)
    seen.discard(None)
    order = sorted(seen, key=seq_of, reverse=True)
    after: dict[Node, list[Any]] = {}
    is_lifted = False
    if any(map(extra_of, order)):
        special = [node for node in order if node.extra is not None]
        is_lifted = any(node.extra.levels for node in special)
        waiting = {node for node in special if type(node) is AccumulateGrad and not node.parents}
        waiting.difference_update([node for node, _ in roots])
        order = [node for node in order if node not in waiting]
        for node in reversed(order):  # from the oldest: the first contributor met is the last to run
            for parent in node.parents:
                if parent in waiting:
                    waiting.discard(parent)
                    after.setdefault(node, []).append(parent)
    return order, after, is_lifted


def needed_for(targets: dict[Node, Any], oldest_first: Iterable[Node]) -> set[Node]:
    """The nodes through which a cotangent must pass to reach a target."""
    needed = set(targets)
    need, is_needless = needed.add, needed.isdisjoint
    for node in oldest_first:
        if not is_needless(node.parents):
            need(node)
    return needed


def backward_pass(
    roots: list[tuple[Node, Any]],
    targets: dict[Node, Any] | None,
    retain_graph: bool,
    recorded: bool,
    accumulate: bool,
) -> dict[Node, Any]:
    """Run a reverse pass from ``roots``: (node, cotangent as a tensor in PyTorch's convention).

    For a node with several outputs the cotangent is a list of tensors and None. ``targets`` maps the nodes whose
    cotangents are wanted to their tensors (None: all leaves). With ``accumulate`` the cotangents are added to
    ``.grad``; else they are returned, by node, and nothing is added anywhere.
    """
    order, after, is_lifted = reachable(roots)
    needed = None if targets is None else needed_for(targets, reversed(order))
    tensors = recorded or is_lifted or any(holds_lifted(g) for _, g in roots)
    run = Pass(recorded, tensors, targets, order, after, needed)
    run.levels = levels_at([node for node, _ in roots]) if is_lifted else frozenset()
    if roots:
        run.ran = Freed(caller(3), max([node for node, _ in roots], key=seq_of), targets is None, recorded)
    with np.errstate(all="ignore"):  # which ops leave to a filter, since it costs as much as they do
        captured = run.inside(run.whole, roots, accumulate) if tensors else run.whole(roots, accumulate)
    if not retain_graph:
        for node in order:
            if node.saved and (needed is None or not needed.isdisjoint(node.parents)) and not is_shared(node):
                node.release(run.ran)
    return captured


def is_shared(node: Node) -> bool:
    """Whether the node is of a dual: in PyTorch, primal and tangent have graphs of their own, and one outlives the other."""
    return node.extra is not None and any(level.is_dual for level in node.extra.levels)


def levels_at(nodes: list[Node]) -> frozenset[Any]:
    """The transforms that nodes are in; a device is none, and cotangents leave it wherever they began."""
    levels = frozenset[Any]().union(*[node.extra.levels for node in nodes if node.extra is not None])
    return frozenset([level for level in levels if not level.is_place])


def holds_lifted(g: Any) -> bool:
    return any(holds_lifted(one) for one in g) if type(g) is list else g is not None and isinstance(g._array, Lifted)


def pass_modes(current: Modes | None, recorded: bool) -> Modes | None:
    """The modes inside a backward: gradients recorded or not, the rest as outside."""
    if current is None:
        return None if recorded else NO_GRAD
    new = current.replace(grad=recorded, since=None)
    return None if new.is_ordinary() else new
