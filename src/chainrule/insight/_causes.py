"""The closed list of causes that ``why`` gives, and its answer."""

from __future__ import annotations

import html
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.origin import Place

__all__ = ["Cause", "Reason"]


class Cause(Enum):
    """Why a gradient is what it is. The value says it in words."""

    # no gradient
    NOT_WANTED = "it does not require grad"
    NOT_USED = "it was never used by what was differentiated"
    DETACHED = "the path to it was cut"
    WRITTEN_TO_COPY = "it was written into a copy that nothing reads"
    LATE = "it came to require grad after the graph was built"
    NOT_RETAINED = "it is no leaf, and retain_grad() was not called"
    NOT_RUN = "no backward has run"
    CLEARED = "the gradient was taken away or overwritten since the backward"
    NONE_RETURNED = "a hook, a custom Function or the arguments of the backward gave it none"
    # zero
    DEAD_RELU = "a relu was off"
    SATURATED = "an activation is so flat here that its slope is 0"
    CLAMPED = "the value was outside of the bounds of a clamp"
    MASKED = "what was chosen, or a mask, leaves it out"
    STEP_FUNCTION = "a function that is constant between its jumps"
    TIMES_ZERO = "it was multiplied by 0"
    CANCELLED = "two paths that cancel"
    FLAT = "the slope is 0 just there: a minimum, or a kink"
    # not finite
    ZERO_TIMES_INF = "0 times infinity in the branch of a where that was not taken"
    NOT_FINITE_FORWARD = "the forward was not finite already"
    NOT_FINITE_BACKWARD = "the first step of the backward that makes infinity or NaN of finite numbers"
    # a number
    PARTLY_CUT = "part of the dependence was cut off"
    ACCUMULATED = "it is the sum of several backwards"
    NUMBER = "it is what the chain rule gives"
    UNKNOWN = "the numbers that would tell have been let go"


FIXES = {
    Cause.NOT_WANTED: "call requires_grad_() on it before it is used (only floating point and complex tensors can).",
    Cause.NOT_USED: "use it in the computation of the loss, or take it out of the optimizer.",
    Cause.WRITTEN_TO_COPY: "write to the tensor itself, in one step: x[i, j] = v, not y = x[i]; y[j] = v with a list or mask i.",
    Cause.LATE: "set requires_grad before the forward, and compute the loss again.",
    Cause.NOT_RETAINED: "make it a leaf, by requires_grad_() on the result; or call retain_grad() on it before the backward, or ask "
    "autograd.grad(loss, t).",
    Cause.NOT_RUN: "call loss.backward() before you look at .grad (autograd.grad returns gradients and adds them nowhere).",
    Cause.CLEARED: "look at .grad between backward() and zero_grad().",
    Cause.NONE_RETURNED: "return a gradient for it from backward, or name it in inputs=.",
    Cause.DEAD_RELU: "start with smaller biases or weights, a smaller learning rate, or use leaky_relu, elu or gelu.",
    Cause.SATURATED: "bring what goes in nearer to 0 (scale the inputs, normalize, smaller weights); of a sigmoid before a "
    "loss use the loss with logits.",
    Cause.CLAMPED: "let the value lie inside, or use a smooth bound (sigmoid, softplus).",
    Cause.MASKED: "if it should count, choose or weigh it otherwise: max, where, masks and indices hand on to what they chose only.",
    Cause.STEP_FUNCTION: "use a smooth function in the loss, or a straight-through estimator: x + (x.round() - x).detach().",
    Cause.TIMES_ZERO: "do not start both factors at 0.",
    Cause.CANCELLED: "this is the derivative; if it surprises, look at the two paths.",
    Cause.FLAT: "if the loss is at its minimum, nothing; if not, start elsewhere: no step leads away from here.",
    Cause.ZERO_TIMES_INF: "make the argument safe before, not after: torch.where(ok, f(torch.where(ok, x, 1.)), 0.).",
    Cause.NOT_FINITE_FORWARD: "keep the argument inside of the function's domain (clamp(min=eps), log1p, log_softmax, smaller steps).",
    Cause.NOT_FINITE_BACKWARD: "add a small number inside (sqrt(x + eps)), or keep away from the point.",
    Cause.PARTLY_CUT: "if that was not meant, keep the tensor itself.",
    Cause.ACCUMULATED: "call zero_grad() of the right optimizer, or of the module, before each backward.",
    Cause.NUMBER: "nothing.",
    Cause.UNKNOWN: "ask before the backward, why(t, loss), or with a function that computes the loss again: why(t, lambda: loss(x)).",
}


CUTTING = {
    "item()": "add up and average the tensors themselves; take numbers out for printing only.",
    "numpy(force=True)": "compute with functions of torch, or of NumPy on the tensor itself, which are differentiated.",
    "tensor()": "use the tensor as it is; of several, torch.stack([...]).",
    "no_grad": "compute it outside of the block: no_grad is for evaluation and for updates of parameters.",
    "detach()": "leave it out on the way to the loss.",
    "nn.Parameter": "make the Parameter once, in __init__, and compute with it; it is a leaf, and forgets what it was made from.",
    "autograd.grad": "differentiate with create_graph=True where the gradients go into the loss (a penalty, a differential equation).",
    "requires_grad = False": "let it require grad again before the forward.",
    "sample()": "draw by rsample(), which is differentiated; where there is none, weigh log_prob(sample) with what it brought.",
}
"""What to do about a cut, by what cut."""
CUTTING |= dict.fromkeys(("tolist()", "float()", "int()", "complex()", "bool()"), CUTTING["item()"])
CUTTING |= dict.fromkeys((".data", ".data = ...", "detach_()"), CUTTING["detach()"])
CUTTING["inference_mode"] = CUTTING["no_grad"]
DISCRETE = "make the loss of the numbers before (cross_entropy of the scores, not of their argmax): what is discrete has no slope."


PRODUCTS = "explain(out, t) shows the products. "
"""After this a reason says what is remarkable about a number."""


@dataclass(frozen=True)
class Reason:
    """The answer of ``why``.

    ``str()`` of it is the text; notebooks show it as HTML.
    """

    cause: Cause
    said: str
    """What happened, in one sentence."""
    where: Place | None = None
    """The line and expression to look at first."""
    others: tuple[tuple[str, Place], ...] = ()
    """Other places that matter, and what they are."""
    by: str = ""
    """What did it: ``"detach()"``, ``"item()"``, the name of a node."""
    element: tuple[int, ...] | None = None
    """The index of the element that shows it first."""
    certain: bool = True
    """False where numbers or nodes that would prove it are gone, and this is what is left."""
    advice: str = ""
    """What to do, where that is not what the cause alone says."""

    @property
    def text(self) -> str:
        """The whole answer: what happened, where, and what to do."""
        lines = [self.said + ("" if self.certain else " (the likely cause: what would prove it is gone)")]
        if self.where is not None:
            lines.append(f"  here: {self.where}")
        lines += [f"  {what}: {place}" for what, place in self.others]
        lines.append(f"What to do: {self.fix}")
        return "\n".join(lines)

    @property
    def fix(self) -> str:
        """What to do."""
        if self.cause is Cause.DETACHED:
            return CUTTING.get(self.by, DISCRETE)
        return self.advice or FIXES[self.cause]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.cause.name}: {self.text}>"

    def _repr_html_(self) -> str:
        head, *rest = self.text.split("\n")
        return "<p><b>" + html.escape(head) + "</b></p>" + "".join(f"<p>{html.escape(one)}</p>" for one in rest)
