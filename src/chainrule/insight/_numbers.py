"""Why a gradient is zero or not finite: read off a pass that was run once more."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.custom import CustomNode
from ..core.node import AccumulateGrad, Node, Port
from ..core.origin import resolve
from ..core.source import syntax_of
from ._causes import Cause, Reason
from ._op_groups import (
    CHOOSING,
    CLAMPING,
    DRAWS,
    FILLING,
    HIDING,
    JOINING,
    NORMALIZING,
    PRODUCTS,
    RELUS,
    SATURATING,
    SOFTMAX,
    STEPS,
    suspects,
)
from ._replay import Step, operands, saved, values_of_nodes

if TYPE_CHECKING:
    from ..core.origin import Place


def is_finite(array: Any) -> bool:
    return array is None or bool(np.isfinite(array).all())


def first_bad(array: Any) -> tuple[int, ...]:
    """The index of the first number that is not finite, of NaN if there is one."""
    array = np.asarray(array)
    bad = np.isnan(array)
    return tuple(map(int, np.argwhere(bad if bad.any() else ~np.isfinite(array))[0]))


def is_zero(array: Any) -> bool:
    """Whether all numbers are 0, or too small to be told from it."""
    array = np.asarray(array)
    limit = np.finfo(array.dtype).tiny if array.dtype.kind in "fc" else 0
    return bool((np.abs(array) <= limit).all())


def shown_index(index: tuple[int, ...]) -> str:
    return f"element {list(index)}" if index else "the one element"


def name_of(step: Step) -> str:
    return step.node.name()


GIVEN = ": a tensor that was no result of the graph went into it"
LOOK = "look at what goes in (torch.isfinite(x).all(): missing values, a division by a deviation of 0), or leave those rows out."

# -- not finite ------------------------------------------------------------------------------------------------------


def why_not_finite(subject: str, gradient: Any, steps: list[Step], out: Any, on_path: set[Node]) -> Reason:
    """The first place at which numbers stop being finite: of the forward if its result is not, else of the backward."""
    value = np.asarray(out._array)
    if not is_finite(value):
        found = bad_forward(current_root(out), value)
        if found is not None:
            node, index, what, inputs = found
            gave = f"{node.name()} gave {what} in the forward"
            if isinstance(node, AccumulateGrad):
                gave = f"one of the tensors that the forward began with holds {what}"
            return Reason(
                Cause.NOT_FINITE_FORWARD,
                f"{subject} is {kind_of(gradient)}: {gave}, at {shown_index(index)}{inputs}.",
                place_of(node), by=node.name(), element=index, advice=LOOK if inputs.startswith(GIVEN) else "",
            )  # fmt: skip
    for step in steps:
        if not all(map(is_finite, step.arrived)):
            continue
        for parent, g in zip(step.node.parents, step.handed, strict=False):
            if parent in on_path and not is_finite(g):
                return bad_step(subject, gradient, step, g, steps)
    return Reason(Cause.UNKNOWN, f"{subject} is {kind_of(gradient)}, but a pass from this output is not.")


def kind_of(array: Any) -> str:
    """Which of the two words says what is wrong with the numbers: "NaN" or "infinite"."""
    if array is None or is_finite(array):
        return ""
    return "NaN" if np.isnan(np.asarray(array)).any() else "infinite"


def current_root(out: Any) -> Node:
    node: Node = out._node
    return node


def bad_forward(root: Node, value: Any) -> tuple[Node, tuple[int, ...], str, str] | None:
    """The first node in the order of the forward whose value is not finite, though those that it was made of are; where, what it
    gave there, and of what.
    """
    values = values_of_nodes(root, value)
    meant = has_nan(value) and any(suspects([node], FILLING) and not has_nan(values[node]) for node in values)
    is_fine = without_nan if meant else is_finite
    for node in sorted(values, key=lambda node: node.seq):
        array = values[node]
        if is_fine(array):
            continue
        index = first_bad(array)
        what = "NaN" if np.isnan(np.asarray(array)[index]) else "infinity"
        if isinstance(node, AccumulateGrad):
            return node, index, what, ""
        if isinstance(node, Port):
            continue
        names = getattr(node, "op").args  # noqa: B009 - whose value is known has one
        by_name = {name: a for name, a in operands(node).items() if isinstance(name, str)}
        for name, parent in zip(names, node.parents, strict=False):
            if parent is not None and parent in values:
                by_name.setdefault(name, values[parent])
        if all(map(is_fine, by_name.values())):
            return node, index, what, of_what(node, by_name, np.shape(array), index)
        given = {
            name: by_name[name]
            for name, parent in zip(names, node.parents, strict=False)
            if parent is None and name in by_name
        }
        bad = next((name for name, a in given.items() if not is_fine(a)), None)
        if bad is not None and all(is_fine(a) for name, a in by_name.items() if name not in given):
            at = first_bad(given[bad])
            held = "NaN" if np.isnan(np.asarray(given[bad])[at]) else "infinity"
            return node, index, what, f"{GIVEN}, {held} at {shown_index(at)} of it"
    return None


def has_nan(array: Any) -> bool:
    return bool(np.isnan(np.asarray(array)).any())


def without_nan(array: Any) -> bool:
    """Of a forward in which infinities were meant, as masks are: whether an array is as it should be."""
    return array is None or not has_nan(array)


def place_of(node: Node) -> Place:
    """Where a node was made; of a leaf, where it was written to last."""
    leaf = node.variable if isinstance(node, AccumulateGrad) else None
    cell = None if leaf is None else leaf._cell
    return node.origin() if cell is None or cell.writer is None else resolve(*cell.writer)


def of_what(node: Node, operands: dict[str, Any], shape: tuple[int, ...], index: tuple[int, ...]) -> str:
    """The numbers that an element was made of, where the op goes element by element; of a deviation of too few numbers, how many."""
    op = getattr(node, "op", None)
    axis = (node.params or {}).get("correction") and (node.params or {}).get("axis")
    if op is None or axis is not None:
        size = np.size(next(iter(operands.values()), 0)) // max(int(np.prod(shape)), 1)
        return f": the deviation of {size} number{'s' * (size != 1)}, which divides by {size} - {node.params['correction']}"
    given = [np.asarray(a) for a in operands.values()]
    if op.kind != "elementwise" or not given or any(a.dtype.kind not in "biuf" for a in given):
        return ""
    numbers = [f"{np.broadcast_to(a, shape)[index]:.6g}" for a in given]
    return f", where it was given {' and '.join(numbers)}"


def bad_step(subject: str, gradient: Any, step: Step, handed: Any, steps: list[Step]) -> Reason:
    index = first_bad(handed)
    what = "NaN" if np.isnan(np.asarray(handed)[index]) else "infinity"
    g = step.arrived[0] if len(step.arrived) == 1 else None
    at_zero = g is not None and np.shape(g) == np.shape(handed) and np.asarray(g)[index] == 0
    if at_zero:
        hiding = hider(step.node, steps)
        if hiding is not None:
            what, source = infinite_factor(step, index)
            return Reason(
                Cause.ZERO_TIMES_INF,
                f"{subject} is {kind_of(gradient)}: at {shown_index(index)} {hiding.name()} left this branch out and sent back 0, and "
                f"the {what} of {source.name()} is infinite there: 0 * inf = NaN.",
                hiding.origin(), ((f"the infinite {what}", source.origin()),), source.name(), index,
            )  # fmt: skip
    arrived = f", to which {np.asarray(g)[index]:.6g} came" if g is not None and np.shape(g) == np.shape(handed) else ""
    return Reason(
        Cause.NOT_FINITE_BACKWARD,
        f"{subject} is {kind_of(gradient)}: {name_of(step)}{arrived}, hands back {what} at {shown_index(index)}. All that came to it was "
        "finite.",
        step.node.origin(), by=name_of(step), element=index,
    )  # fmt: skip


def infinite_factor(step: Step, index: tuple[int, ...]) -> tuple[str, Node]:
    """What a zero was multiplied by: the other factor of a product, which a node gave, or the slope of the step itself."""
    known = operands(step.node)
    for parent in step.node.parents if step.op_name in PRODUCTS else ():
        value = np.asarray(known.get(parent, 0))
        if parent is not None and np.shape(value) == step.node.shape and not np.isfinite(value[index]):
            return "value", parent
    return "slope", step.node


def hider(node: Node, steps: list[Step]) -> Node | None:
    """The nearest node, from ``node`` toward the output, that leaves elements out."""
    front = {node}
    for step in reversed(steps):  # oldest first: each consumer comes after what it consumes
        if not front.isdisjoint(step.node.parents):
            if step.op_name in HIDING:
                return step.node
            front.add(step.node)
        elif any(isinstance(p, Port) and not front.isdisjoint(p.parents) for p in step.node.parents if p is not None):
            front.add(step.node)
    return None


# -- zero ------------------------------------------------------------------------------------------------------------


def why_zero(subject: str, steps: list[Step], on_path: set[Node]) -> Reason:
    """The step that something came to, and nothing left from."""
    killers: list[tuple[Step, int]] = []
    for step in steps:
        if all(g is None or is_zero(g) for g in step.arrived):
            continue
        for at, (parent, g) in enumerate(zip(step.node.parents, step.handed, strict=False)):
            if parent in on_path and (g is None or is_zero(g)):
                killers.append((step, at))
    if not killers:
        return cancelled(subject, steps)
    killers.sort(key=lambda pair: kind_of_zero(*pair) is Cause.TIMES_ZERO)
    step, at = killers[0]
    chooser = chose_nothing(step, at, steps)
    if chooser is not None:
        said = f"{subject} is 0: {name_of(chooser)} chose nothing. What goes on from there has no elements."
        return Reason(Cause.MASKED, said, chooser.node.origin(), by=name_of(chooser))
    if step.op_name in JOINING:
        step, at = made_zeros(step, at, steps)
    cause = kind_of_zero(step, at)
    others = tuple((f"also {name_of(s)}", s.node.origin()) for s, _ in killers[1:3] if s is not step)
    said = f"{subject} is 0: {name_of(step)} hands back 0 although something comes to it. {explained(cause, step, at)}"
    advice = LOGITS if cause is Cause.SATURATED and is_over_one(step.node) else DRAWN if step.op_name in DRAWS else ""
    return Reason(cause, said, step.node.origin(), others, name_of(step), advice=advice)


def chose_nothing(step: Step, at: int, steps: list[Step]) -> Step | None:
    """The step that made a result without elements, where such a one is why nothing came through."""
    parent: Any = step.node.parents[at]
    while parent is not None and step.handed[at] is not None and not np.size(step.handed[at]):
        found = next((one for one in steps if one.node is parent), None)
        if found is None:
            return None
        step, at = found, next((n for n, one in enumerate(found.node.parents) if one is not None), 0)
        if np.size(step.handed[at]):
            return step
        parent = step.node.parents[at]
    return None


def made_zeros(step: Step, at: int, steps: list[Step]) -> tuple[Step, int]:
    """From a step whose part of what came to it is zero, toward the output: the step that made these zeros."""
    first = step, at
    while True:
        node = step.node
        consumers = [(one, n) for one in steps for n, parent in enumerate(one.node.parents) if parent is node]
        if len(consumers) != 1:
            return first
        step, at = consumers[0]
        g, handed = step.arrived[0] if len(step.arrived) == 1 else None, step.handed[at]
        if step.op_name in JOINING:
            continue
        if (
            handed is None
            or g is None
            or np.size(g) != np.size(handed)
            or np.count_nonzero(g) != np.count_nonzero(handed)
        ):
            return step, at


OVER_ONE = "It is a softmax over an axis of size 1, which gives 1 whatever comes in."
LOGITS = (
    "for two classes by one output use binary_cross_entropy_with_logits (or a sigmoid); for several, one output a class, and the "
    "softmax along their axis."
)


DRAW = "It draws numbers at random, which have no slope by what they are drawn from."
DRAWN = (
    "write the draw so that it can be differentiated, mean + std * torch.randn_like(mean) (rsample); of discrete ones use a relaxed "
    "draw (gumbel_softmax), or weigh log_prob with the loss."
)


def is_over_one(node: Any) -> bool:
    """Whether a node is a softmax of single numbers."""
    op = getattr(node, "op", None)
    if op is None or not any("softmax" in one for one in (op.name, *(op.outputs or ()))):
        return False
    parent, axis = node.parents[0], (node.params or {}).get("axis")
    return parent is not None and axis is not None and len(parent.shape) > 0 and parent.shape[axis] == 1


def kind_of_zero(step: Step, at: int) -> Cause:
    name = step.op_name
    if isinstance(step.node, CustomNode):
        return Cause.NONE_RETURNED
    if name in RELUS:
        return Cause.DEAD_RELU
    if is_all_ignored(step.node):
        return Cause.MASKED
    if is_norm_of_one(step.node):
        return Cause.CANCELLED
    if is_cancelled_within(step, at):
        return Cause.CANCELLED
    if name in SATURATING:
        return Cause.SATURATED
    if name in CLAMPING:
        return Cause.CLAMPED
    if name in CHOOSING:
        return Cause.MASKED
    if name in STEPS:
        return Cause.STEP_FUNCTION
    if name == "multiply" and step.node.parents[1 - at] is None:  # a constant
        return Cause.TIMES_ZERO if np.ndim(other_factor(step, at)) == 0 and is_written(step.node) else Cause.MASKED
    return Cause.TIMES_ZERO if name in PRODUCTS else Cause.FLAT


def other_factor(step: Step, at: int) -> Any:
    """What a product multiplies an operand by; None where it cannot be known."""
    op: Any = getattr(step.node, "op", None)
    return None if op is None or len(op.args) != 2 else saved(step.node, op.args[1 - at])


def is_written(node: Node) -> bool:
    """Whether the program itself multiplies, and not a function that it calls, as dropout does."""
    syntax = syntax_of(node.code, node.lasti)
    if syntax is None or isinstance(syntax.node, (ast.BinOp, ast.AugAssign)):
        return True
    called = getattr(syntax.node, "func", None)
    return isinstance(called, ast.Attribute) and called.attr in ("mul", "mul_", "multiply", "multiply_")


def is_all_ignored(node: Any) -> bool:
    """Whether a node is a loss of classes of which all targets are to be ignored."""
    ignored = (node.params or {}).get("ignore_index")
    target = None if ignored is None else saved(node, "target")
    return target is not None and bool((np.asarray(target) == ignored).all())


def is_norm_of_one(node: Any) -> bool:
    """Whether a node normalizes single numbers, which leaves nothing of them."""
    op = getattr(node, "op", None)
    if op is None or op.name not in NORMALIZING or node.parents[0] is None:
        return False
    outs, groups = node.shape[0], node.shape[1]
    return bool(np.prod(outs) == np.prod(groups)) if isinstance(outs, tuple) else False


def is_cancelled_within(step: Step, at: int) -> bool:
    """Whether a step adds up cotangents to 0: those of an operand that was broadcast, or those that softmax takes the mean of."""
    g, parent = step.arrived[0] if len(step.arrived) == 1 else None, step.node.parents[at]
    if g is None or parent is None:
        return False
    if "softmax" in step.op_name:
        axis = (step.node.params or {}).get("axis", -1)
        return np.ndim(g) > 0 and np.shape(g)[axis] > 1 and bool((np.ptp(g, axis=axis) == 0).all())
    return is_summed(step, at)


def is_summed(step: Step, at: int) -> bool:
    """Whether an operand is added to what is larger, so that its cotangent is a sum."""
    op: Any = getattr(step.node, "op", None)
    parent = step.node.parents[at]
    if op is None or parent is None:
        return False
    is_added = op.args[at : at + 1] in (("b",), ("input",)) or step.op_name in ("add", "subtract", "expand")
    return is_added and parent.shape != np.shape(step.arrived[0])


def explained(cause: Cause, step: Step, at: int) -> str:
    if cause is Cause.DEAD_RELU:
        out = saved(step.node, "out")
        count = "" if out is None else f"all {np.size(out)} values that went in are at or below 0, where"
        return f"{count or 'Where what goes in is at or below 0,'} its slope is 0.".capitalize()
    if cause is Cause.SATURATED and is_over_one(step.node):
        return OVER_ONE
    if cause is Cause.SATURATED:
        values = operands(step.node)
        x = next(iter(values.values()), None)
        size = "" if x is None else f" (it was given numbers up to {np.abs(x).max():.4g} in size)"
        return f"It is flat there{size}."
    if cause is Cause.TIMES_ZERO:
        factor = other_factor(step, at)
        is_small = factor is not None and np.ndim(factor) == 0 and (factor != 0 or np.result_type(factor).itemsize < 4)
        if is_small and factor is not None:
            return f"The other factor, {factor:.3g}, is too small for {np.result_type(factor)}: what comes of it is rounded to 0."
        return "The other factor is 0."
    if cause is Cause.NONE_RETURNED:
        return "Its backward, which the program gives, returned zeros."
    if step.op_name in DRAWS:
        return DRAW
    if is_all_ignored(step.node):
        return "All targets are ignore_index, which the loss leaves out; the mean of what is left, of nothing, is NaN."
    if is_norm_of_one(step.node):
        return "It normalizes single numbers: minus their mean they are 0, whatever comes in."
    if cause is Cause.CANCELLED and "softmax" in step.op_name:
        return (
            "The same comes to all entries of a softmax, which always add up to 1 (of log_softmax: the entries cancel)."
        )
    if cause is Cause.CANCELLED:
        return "What came to it adds up to 0."
    return cause.value[0].upper() + cause.value[1:] + "."


def rounded_away(subject: str, steps: list[Step], on_path: set[Node]) -> Reason | None:
    """The step within which what came to it adds up to 0, but for rounding."""
    for step in steps:
        if "rounded" not in step.noted:
            step.noted["rounded"] = rounded_in(step)
        for at, largest, size in step.noted["rounded"]:
            if step.node.parents[at] in on_path:
                return Reason(
                    Cause.CANCELLED,
                    f"{subject} is 0 but for rounding ({largest:.2g} where numbers up to {size:.2g} come to {name_of(step)}): they cancel "
                    "each other there, as behind a batch norm or a softmax, which take no notice of a shift.",
                    step.node.origin(), by=name_of(step),
                )  # fmt: skip
    return None


def rounded_in(step: Step) -> list[tuple[int, float, float]]:
    """The operands of a step to which rounding alone is handed on: each with how large that is, and how large what came."""
    g = step.arrived[0] if step.arrived else None
    if g is None or np.asarray(g).dtype.kind != "f" or np.asarray(g).dtype.itemsize < 4:
        return []
    size = float(np.abs(g).max(initial=0))
    limit = 16 * float(np.finfo(np.asarray(g).dtype).eps) * size
    found = []
    for at, handed in enumerate(step.handed):
        largest = 0.0 if handed is None or not np.size(handed) else float(np.abs(handed).max())
        if 0 < largest <= limit and (step.op_name in NORMALIZING | SOFTMAX or is_summed(step, at)):
            found.append((at, largest, size))
    return found


def cancelled(subject: str, steps: list[Step]) -> Reason:
    arrivals: dict[Node, list[tuple[Step, Any]]] = {}
    for step in steps:
        for parent, g in zip(step.node.parents, step.handed, strict=False):
            if parent is not None and g is not None and not is_zero(g):
                arrivals.setdefault(parent, []).append((step, g))
    for node in sorted(arrivals, key=lambda node: node.seq, reverse=True):
        parts = arrivals[node]
        if len(parts) > 1 and is_zero(sum(np.asarray(g) for _, g in parts)):
            (first, a), (second, b) = parts[0], parts[-1]
            at = tuple(map(int, np.argwhere(np.asarray(a) != 0)[0]))
            return Reason(
                Cause.CANCELLED,
                f"{subject} is 0: two paths cancel, one brings {np.asarray(a)[at]:.6g} and the other {np.asarray(b)[at]:.6g} at "
                f"{shown_index(at)}.",
                first.node.origin(), (("the other path", second.node.origin()),), name_of(first), at,
            )  # fmt: skip
    one = steps[0].node if steps else None
    return Reason(
        Cause.CANCELLED,
        f"{subject} is 0: contributions of opposite sign add up to 0 within a step (a softmax, a mean that is subtracted).",
        None if one is None else one.origin(),
        certain=False,
    )
