"""Why a gradient is zero or not finite when the numbers that would tell are gone: by the shape of the graph that is left."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..core.custom import CustomNode
from ..core.node import AccumulateGrad, Node, ancestors
from ..core.source import syntax_of
from ..core.value import numbers_of
from ._causes import Cause, Reason
from ._numbers import DRAW, DRAWN, LOGITS, OVER_ONE, is_finite, is_over_one, kind_of, place_of
from ._op_groups import (
    CHOOSING,
    CLAMPING,
    DISTANCES,
    DRAWS,
    FILLING,
    HIDING,
    PERHAPS,
    PRODUCTS,
    RELUS,
    SATURATING,
    SINGULAR,
    SOFTMAX,
    STEPS,
    SUMS,
    suspects,
)


def not_reached_without(cuts: list[Node], nodes: list[Node]) -> bool:
    """Whether each way from the first of the nodes to the last goes through one of ``cuts``."""
    reached: set[Any] = {nodes[0]}
    for node in nodes:
        if node in reached and node not in cuts:
            reached.update(node.parents)
    return nodes[-1] not in reached


EMPTY = "look at what chose these elements, or rows: there are none here. Leave the term out where there are none."
GROWN = (
    "keep the factors near 1 in size (a smaller or orthogonal init, a normalization, fewer steps between detach()), or clip the gradients "
    "before this happens."
)


def holds_bad(node: AccumulateGrad) -> bool:
    """Whether a leaf holds numbers that are not finite."""
    return node.variable is not None and not is_finite(numbers_of(node.variable._array))


FEW = 4
"""Products more than which, in a row, make numbers too large."""
NOTHING_LEFT = (
    "leave at least one entry of each row unmasked, or take a large negative number for -inf and mask the result."
)


def is_softmax_of_masked(node: Any) -> bool:
    """Whether a node is a softmax of what was filled with -inf."""
    if not suspects([node], SOFTMAX) or not suspects(node.parents[:1], FILLING):
        return False
    value = (node.parents[0].params or {}).get("value")
    return value is not None and bool(np.isneginf(value))


SHIFTED = "A softmax does not change when the same is added to all its entries."


def is_given_the_same(node: Any, on_path: set[Node]) -> bool:
    """Whether what a softmax has from the path is one number along its axis, by which all entries are shifted."""
    axis, size = (node.params or {}).get("axis", -1), len(node.shape)
    below = node
    while len(parents := [one for one in below.parents if one in on_path]) == 1:
        below = parents[0]
        if len(below.shape) < -axis or (below.shape[axis] == 1 < node.shape[axis]):
            return size > 0
        if not suspects([below], frozenset(("add", "subtract"))):
            return False
    return False


def is_mean_of_nothing(node: Any) -> bool:
    """Whether a node divides by a count of elements that is 0."""
    parent = node.parents[0] if node.parents else None
    return (
        parent is not None
        and node.name().startswith(("Mean", "Var", "Std"))
        and 0 in parent.shape
        and 0 not in node.shape
    )


def is_singular(node: Any) -> bool:
    """Whether an op has an infinite slope somewhere."""
    exponent = (node.params or {}).get("exponent")
    is_root = exponent is not None and isinstance(exponent, (int, float)) and exponent < 1 and exponent != 0
    return is_root or bool(suspects([node], SINGULAR))


def leaf_factors(node: Node, on_path: set[Node]) -> list[Any]:
    """The leaves, but for biases, that something is multiplied by."""
    others = [one for one in node.parents if isinstance(one, AccumulateGrad) and one not in on_path]
    return [leaf for one in others if (leaf := one.variable) is not None and leaf._array.ndim > 1]


def is_by_live_leaf(node: Node, on_path: set[Node]) -> bool:
    """Whether the other factor of a product is a leaf, which is not 0 now."""
    return any(bool(np.asarray(numbers_of(leaf._array)).any()) for leaf in leaf_factors(node, on_path))


def shift_before_norm(leaf: Node, nodes: list[Node]) -> Any:
    """The batch norm right behind what a leaf is added to, which takes it away again; None where there is none."""
    users = [one for one in nodes if leaf in one.parents]
    if len(users) != 1 or getattr(users[0], "op", None) is None:
        return None
    user: Any = users[0]
    at = user.parents.index(leaf)
    is_added = user.op.args[at : at + 1] in (("b",), ("input",)) or user.op.name in ("add", "subtract")
    behind: list[Any] = [one for one in nodes if user in one.parents]
    is_norm = len(behind) == 1 and getattr(behind[0], "op", None) is not None and behind[0].op.name == "batch_norm"
    return behind[0] if is_added and is_norm else None


def softmax_shifted(nodes: list[Node]) -> Any:
    """The softmax to all of whose entries the same is added; None where there is none."""
    return next((node for node in suspects(nodes, SOFTMAX) if is_given_the_same(node, set(nodes))), None)


def is_by_number(node: Node) -> bool:
    """Whether a product's text shows a number other than 0 as the other factor."""
    syntax = syntax_of(node.code, node.lasti)
    parts = [] if syntax is None or not isinstance(syntax.node, ast.BinOp) else syntax.arguments()
    return any(isinstance(part, ast.Constant) and part.value not in (0, None) for _, part in parts)


def guessed(subject: str, gradient: Any, nodes: list[Node], value: Any = None) -> Reason | None:
    """What is left of the graph's shape: the one kind of op on the path that can do this. ``value`` is the output's, if it is known."""
    is_output_finite = is_finite(value)
    if not is_output_finite and nodes:
        nodes = sorted(ancestors(nodes[:1]), key=lambda node: node.seq, reverse=True)
    custom = [node for node in nodes if isinstance(node, CustomNode)]
    if not is_finite(gradient):
        leaf = next((node for node in nodes if isinstance(node, AccumulateGrad) and holds_bad(node)), None)
        if leaf is not None and not is_output_finite:
            said = (
                f"{subject} is {kind_of(gradient)}: one of the tensors that the forward began with is not finite now."
            )
            return Reason(Cause.NOT_FINITE_FORWARD, said, place_of(leaf), by="a leaf")
        means = [node for node in nodes if is_mean_of_nothing(node)]
        if means:
            said = f"{subject} is {kind_of(gradient)}: {means[-1].name()} is of a tensor without elements, where it is 0/0 = NaN."
            return Reason(Cause.NOT_FINITE_FORWARD, said, means[-1].origin(), by=means[-1].name(), advice=EMPTY)
        singular = [node for node in nodes if is_singular(node)] or suspects(nodes, PERHAPS)
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
        if custom and not singular:
            said = f"{subject} is {kind_of(gradient)}: on the way lies {custom[0].name()}, whose backward the program gives."
            return Reason(Cause.NOT_FINITE_BACKWARD, said, custom[0].origin(), by=custom[0].name(), certain=False)
        masked = [node for node in nodes if is_softmax_of_masked(node)]
        if len({(node.code, node.lasti) for node in masked}) == 1 and not is_output_finite:
            said = f"{subject} is {kind_of(gradient)}: the output is not finite, and {masked[0].name()} gives NaN where a mask has left nothing."
            return Reason(
                Cause.NOT_FINITE_FORWARD,
                said,
                masked[-1].origin(),
                by=masked[-1].name(),
                certain=False,
                advice=NOTHING_LEFT,
            )
        products = suspects(nodes, PRODUCTS | PERHAPS | {"power_to"})
        if (
            not is_output_finite
            and len(products) > FEW
            and len({(node.code, node.lasti) for node in products}) == 1
            and not singular
        ):
            said = (
                f"{subject} is {kind_of(gradient)}: the output is not finite, and {products[-1].name()}, done {len(products)} times, "
                "is the one step that can have made numbers too large."
            )
            return Reason(
                Cause.NOT_FINITE_FORWARD,
                said,
                products[-1].origin(),
                by=products[-1].name(),
                certain=False,
                advice=GROWN,
            )
        return None
    empty = [node for node in nodes if 0 in node.shape and 0 not in nodes[-1].shape]
    if empty:
        said = f"{subject} is 0: {empty[-1].name()} gave a result without elements, so that nothing came through."
        return Reason(Cause.MASKED, said, empty[-1].origin(), by=empty[-1].name(), advice=EMPTY)
    if custom:
        said = f"{subject} is 0: on the way lies {custom[0].name()}, whose backward the program gives. It may have returned zeros."
        return Reason(Cause.NONE_RETURNED, said, custom[0].origin(), by=custom[0].name(), certain=False)
    last = nodes[1:2] if suspects(nodes[:1], SUMS) else nodes[:1]
    if value is not None and np.size(value) == 1 and value == 0 and suspects(last, DISTANCES):
        said = f"{subject} is 0: {nodes[0].name()} is 0 itself, the least that it can be. All that it is of fits."
        return Reason(Cause.FLAT, said, nodes[0].origin(), by=nodes[0].name())
    constant = [node for node in nodes if is_over_one(node)]
    if constant:
        said = f"{subject} is 0: on the way lies {constant[0].name()}. {OVER_ONE}"
        return Reason(Cause.SATURATED, said, constant[0].origin(), by=constant[0].name(), advice=LOGITS)
    shared = softmax_shifted(nodes)
    if shared is not None:
        said = f"{subject} is 0: it is added to all entries of {shared.name()} alike. {SHIFTED}"
        return Reason(Cause.CANCELLED, said, shared.origin(), by=shared.name())
    for names, cause in (
        (STEPS, Cause.STEP_FUNCTION),
        (RELUS, Cause.DEAD_RELU),
        (CLAMPING, Cause.CLAMPED),
        (SATURATING, Cause.SATURATED),
    ):
        found = suspects(nodes, names)
        if found:
            what = DRAW if found[-1].op.name in DRAWS else f"{cause.value[0].upper()}{cause.value[1:]}."
            said = f"{subject} is 0: on the way lies {found[-1].name()}. {what}"
            is_cut = names is STEPS and not_reached_without(found, nodes)
            advice = DRAWN if found[-1].op.name in DRAWS else ""
            return Reason(cause, said, found[-1].origin(), by=found[-1].name(), certain=is_cut, advice=advice)
    chosen = suspects(nodes, CHOOSING)
    on_path = set(nodes)
    products = [
        node for node in suspects(nodes, PRODUCTS) if not is_by_number(node) and not is_by_live_leaf(node, on_path)
    ]
    if len({(node.code, node.lasti) for node in chosen}) == 1 and not products:
        said = f"{subject} is 0: on the way lies {chosen[0].name()}. {Cause.MASKED.value[0].upper()}{Cause.MASKED.value[1:]}."
        return Reason(Cause.MASKED, said, chosen[-1].origin(), by=chosen[-1].name(), certain=False)
    products = [] if chosen else products
    masks = [node for node in suspects(products, frozenset(("multiply",))) if None in node.parents]
    if len(masks) == 1 and not any(leaf_factors(node, on_path) for node in products):
        said = (
            f"{subject} is 0: {masks[0].name()} is the one step on the way that can have stopped it, a product with a tensor "
            "that has no gradient, as a mask. All of it was 0 then."
        )
        return Reason(Cause.MASKED, said, masks[0].origin(), by=masks[0].name(), certain=False)
    if len(products) == 1:
        said = f"{subject} is 0: {products[0].name()} is the one product on the way. The other factor was 0."
        return Reason(Cause.TIMES_ZERO, said, products[0].origin(), by=products[0].name(), certain=False)
    return None
