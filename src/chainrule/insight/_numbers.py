"""Why a gradient is zero or not finite: read off a pass that was run once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.node import AccumulateGrad, Node, Port
from ._causes import Cause, Reason
from ._replay import Step, operands, saved, values_of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

SATURATING = frozenset(
    """sigmoid tanh softmax log_softmax safe_softmax erf erfc hardsigmoid gelu silu elu celu selu softplus logsigmoid mish softsign
    cross_entropy cross_entropy_of_planes binary_cross_entropy_with_logits binary_cross_entropy exp exp2 sech_squared ndtr
    atan hardswish""".split()
)
CLAMPING = frozenset(
    """clamp clamp_high clamp_low clamp_max clamp_max_tensor clamp_min clamp_min_tensor clamp_tensor hardtanh hardshrink
    softshrink nan_to_num""".split()
)
CHOOSING = frozenset(
    """where zero_where masked_fill masked_fill_number masked_scatter masked_select index_fill index_fill_number index_put
    put_path put_flat get_path index index_add index_copy gather take take_flat select select_copy slice_axis slice_copy
    narrow_copy split split_with_sizes unstack tril triu max max_all max_index min min_all min_index maximum minimum fmax fmin
    aminmax kthvalue median median_all mode topk sort_stable sort_with_indices cummax cummin max_pool2d max_pool2d_indices
    max_pool3d max_pool3d_indices adaptive_max_pool2d adaptive_max_pool3d diagonal as_strided embedding index_adjoint
    select_scatter slice_scatter diagonal_scatter nll_loss nll_loss_of_planes window_pick filled filled_number fill fill_number zero
    unfold copy scatter scatter_number""".split()
)
STEPS = frozenset("floor ceil round round_decimals trunc sign sgn heaviside floor_divide divide_rounded".split())
RELUS = frozenset(("relu", "threshold"))
HIDING = frozenset(
    (
        "where",
        "zero_where",
        "masked_fill",
        "masked_fill_number",
        "multiply",
        "masked_select",
        "index",
        "index_put",
        "put_path",
    )
)
"""What can hand a zero to an element that it left out."""
PRODUCTS = frozenset(
    "multiply matmul mm mv vm bmm dot vdot addmm addcmul linear_layer stacked_linear_layer conv convolution contract divide".split()
)

SINGULAR = frozenset(
    """sqrt rsqrt log log2 log10 log1p divide reciprocal vector_norm dist std std_mean hypot acos asin atanh
    acosh exp logit norm prod prod_all cumprod entr xlogy""".split()
)
"""What has an infinite slope somewhere..."""
PERHAPS = frozenset("pow power_of power_to".split())
"""...and what has, for some exponents."""


def is_finite(array: Any) -> bool:
    return array is None or bool(np.isfinite(array).all())


def first_bad(array: Any) -> tuple[int, ...]:
    """The index of the first number that is not finite."""
    return tuple(map(int, np.argwhere(~np.isfinite(np.asarray(array)))[0]))


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
                node.origin(), by=node.name(), element=index, advice=LOOK if inputs.startswith(GIVEN) else "",
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
    for node in sorted(values, key=lambda node: node.seq):
        array = values[node]
        if is_finite(array):
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
        if all(map(is_finite, by_name.values())):
            return node, index, what, of_what(node, by_name, np.shape(array), index)
        given = {
            name: by_name[name]
            for name, parent in zip(names, node.parents, strict=False)
            if parent is None and name in by_name
        }
        bad = next((name for name, a in given.items() if not is_finite(a)), None)
        if bad is not None and all(is_finite(a) for name, a in by_name.items() if name not in given):
            at = first_bad(given[bad])
            held = "NaN" if np.isnan(np.asarray(given[bad])[at]) else "infinity"
            return node, index, what, f"{GIVEN}, {held} at {shown_index(at)} of it"
    return None


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
    cause = kind_of_zero(step, at)
    others = tuple((f"also {name_of(s)}", s.node.origin()) for s, _ in killers[1:3] if s is not step)
    said = f"{subject} is 0: {name_of(step)} hands back 0 although something comes to it. {explained(cause, step, at)}"
    advice = LOGITS if cause is Cause.SATURATED and is_over_one(step.node) else ""
    return Reason(cause, said, step.node.origin(), others, name_of(step), advice=advice)


OVER_ONE = "It is a softmax over an axis of size 1, which gives 1 whatever comes in."
LOGITS = (
    "for two classes by one output use binary_cross_entropy_with_logits (or a sigmoid); for several, one output a class, and the "
    "softmax along their axis."
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
    if name in RELUS:
        return Cause.DEAD_RELU
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
        return Cause.MASKED
    return Cause.TIMES_ZERO if name in PRODUCTS else Cause.FLAT


def is_cancelled_within(step: Step, at: int) -> bool:
    """Whether a step adds up cotangents to 0: those of an operand that was broadcast, or those that softmax takes the mean of."""
    g, parent = step.arrived[0] if len(step.arrived) == 1 else None, step.node.parents[at]
    if g is None or parent is None:
        return False
    if "softmax" in step.op_name:
        axis = (step.node.params or {}).get("axis", -1)
        return np.ndim(g) > 0 and np.shape(g)[axis] > 1 and bool((np.ptp(g, axis=axis) == 0).all())
    op: Any = getattr(step.node, "op", None)
    is_added = op.args[at : at + 1] in (("b",), ("input",)) or step.op_name in ("add", "subtract", "expand")
    return is_added and parent.shape != np.shape(g)


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
        return "The other factor is 0."
    if cause is Cause.CANCELLED and "softmax" in step.op_name:
        return (
            "The same comes to all entries of a softmax, which always add up to 1 (of log_softmax: the entries cancel)."
        )
    if cause is Cause.CANCELLED:
        return "What came to it adds up to 0."
    return cause.value[0].upper() + cause.value[1:] + "."


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


# -- when the numbers are gone -----------------------------------------------------------------------------------------


def suspects(nodes: Iterable[Node], names: frozenset[str]) -> list[Node]:
    """The nodes of these ops, newest first."""
    return [node for node in nodes if getattr(node, "op", None) is not None and node.op.name in names]


def guessed(subject: str, gradient: Any, nodes: list[Node], is_output_finite: bool = True) -> Reason | None:
    """What is left of the graph's shape: the one kind of op on the path that can do this."""
    if not is_finite(gradient):
        singular = suspects(nodes, SINGULAR) or suspects(nodes, PERHAPS)
        by_variables = [node for node in singular if node.op.name != "divide" or node.parents[1] is not None]
        singular = by_variables or singular  # a division by a constant is suspected last
        hidden = [node for node in suspects(nodes, HIDING - {"multiply"}) if singular and node.seq > singular[-1].seq]
        if hidden and singular and kind_of(gradient) == "NaN" and is_output_finite:
            return Reason(
                Cause.ZERO_TIMES_INF,
                f"{subject} is NaN: {hidden[0].name()} leaves elements out and sends back 0, and the slope of {singular[-1].name()} can be "
                "infinite there: 0 * inf = NaN.",
                hidden[0].origin(), (("the infinite slope", singular[-1].origin()),), singular[-1].name(), certain=False,
            )  # fmt: skip
        if len({node.code.co_filename + str(node.lasti) for node in singular}) == 1:
            if not is_output_finite:
                said = f"{subject} is {kind_of(gradient)}: the output is not finite, and {singular[0].name()} is the one step that can have done it."
                return Reason(
                    Cause.NOT_FINITE_FORWARD, said, singular[0].origin(), by=singular[0].name(), certain=False
                )
            said = f"{subject} is {kind_of(gradient)}: {singular[0].name()} is the one step on the way whose slope can be infinite."
            return Reason(Cause.NOT_FINITE_BACKWARD, said, singular[0].origin(), by=singular[0].name(), certain=False)
        return None
    constant = [node for node in nodes if is_over_one(node)]
    if constant:
        said = f"{subject} is 0: on the way lies {constant[0].name()}. {OVER_ONE}"
        return Reason(Cause.SATURATED, said, constant[0].origin(), by=constant[0].name(), advice=LOGITS)
    for names, cause in (
        (STEPS, Cause.STEP_FUNCTION),
        (RELUS, Cause.DEAD_RELU),
        (CLAMPING, Cause.CLAMPED),
        (SATURATING, Cause.SATURATED),
    ):
        found = suspects(nodes, names)
        if found:
            said = f"{subject} is 0: on the way lies {found[0].name()}. {cause.value[0].upper()}{cause.value[1:]}."
            return Reason(cause, said, found[-1].origin(), by=found[-1].name(), certain=False)
    products = [] if suspects(nodes, CHOOSING) else suspects(nodes, PRODUCTS)
    if len(products) == 1:
        said = f"{subject} is 0: {products[0].name()} is the one product on the way. The other factor was 0."
        return Reason(Cause.TIMES_ZERO, said, products[0].origin(), by=products[0].name(), certain=False)
    return None
