"""What is to be said of a gradient that is an ordinary number, and yet not what was meant."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.node import Port

if TYPE_CHECKING:
    from ..core.node import Node
    from ..core.origin import Place

__all__ = ["Remark", "remark"]

Remark = tuple[str, tuple[tuple[str, "Place"], ...], str]
"""(sentence, places, advice)."""
TINY, HUGE = 1e-7, 1e7
"""Sizes beyond which a gradient is called small, or large."""
FEW = 3
"""Flattening steps from which on a small gradient is put down to them."""
FLATTENING = {"sigmoid": "0.25", "tanh": "1", "softmax": "0.25", "hardsigmoid": "0.17", "softsign": "1"}
"""Activations, and their steepest slope."""
OF_SCORES = {
    "cross_entropy": frozenset(("softmax",)),
    "cross_entropy_of_planes": frozenset(("softmax",)),
    "binary_cross_entropy_with_logits": frozenset(("sigmoid", "softmax")),
    "nll_loss": frozenset(("softmax", "sigmoid")),
    "nll_loss_of_planes": frozenset(("softmax", "sigmoid")),
}
"""Losses, and what they do not expect to come in."""


def remark(nodes: list[Node], gradient: Any) -> Remark | None:
    """What is remarkable about a gradient by the nodes on its way, newest first; None mostly."""
    return twice(nodes) or faint(nodes, gradient) or loud(gradient)


def twice(nodes: list[Node]) -> Remark | None:
    """A loss of scores that is given probabilities."""
    for node in nodes:
        unfit = OF_SCORES.get(name_of(node))
        before = None if unfit is None else behind(node)
        if unfit is None or before is None or name_of(before) not in unfit:
            continue
        given = name_of(before)
        if name_of(node).startswith("nll"):
            said, advice = "logarithms of probabilities", "give it log_softmax(scores), or the scores to cross_entropy."
        else:
            said = "scores, and takes the probabilities of them itself"
            advice = f"leave out the {given}: give the loss the scores."
        loss = name_of(node).removesuffix("_of_planes")
        return f"It goes through {given}, and then {loss}, which expects {said}.", (
            (f"the {given}", before.origin()),
            ("the loss", node.origin()),
        ), advice  # fmt: skip
    return None


def behind(node: Node) -> Node | None:
    """What made the first operand of a node, whatever shape that was given since."""
    found = node.parents[0] if node.parents else None
    while found is not None and (isinstance(found, Port) or getattr(getattr(found, "op", None), "kind", "") == "view"):
        found = found.parents[0] if found.parents else None
    return found


def faint(nodes: list[Node], gradient: Any) -> Remark | None:
    """A gradient that vanishes on a long way through flat activations."""
    if not 0 < np.abs(gradient).max(initial=0) < TINY:
        return None
    count = Counter(name_of(node) for node in nodes if name_of(node) in FLATTENING)
    name, most = count.most_common(1)[0] if count else ("", 0)
    if most < FEW:
        return None
    first = next(node for node in reversed(nodes) if name_of(node) == name)
    said = f"It vanishes: {most} {first.name()} lie on the way, each with a slope of at most {FLATTENING[name]}, mostly far less."
    advice = (
        "use relu, gelu or silu between the layers, normalize (BatchNorm, LayerNorm), add what went in to what comes out (residual "
        "blocks), or begin with larger weights (nn.init.xavier_uniform_)."
    )
    return said, (("the first of them", first.origin()),), advice


def loud(gradient: Any) -> Remark | None:
    """A gradient that explodes."""
    if np.abs(gradient).max(initial=0) < HUGE:
        return None
    advice = "clip it (nn.utils.clip_grad_norm_), take smaller steps, begin with smaller weights, or scale inputs and targets to about 1."
    return "That is so large that a step would throw the parameters far off.", (), advice


def name_of(node: Node) -> str:
    op = getattr(node, "op", None)
    return "" if op is None else op.name
