"""Adam with weight decay of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .adam import Adam

__all__ = ["AdamW"]


class AdamW(Adam):
    """:class:`Adam`, but weights decay by ``lr * weight_decay`` of themselves and not through the gradient.

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        betas: how much of the two averages remains.
        eps: keeps the divisor from 0.
        weight_decay: the share of ``lr`` by which weights shrink in a step.
        amsgrad: divide by the largest average of squares so far.
        maximize: go up instead of down.
        foreach: accepted: one way of computing is all there is.
        capturable: compute with the step count as a tensor, never as a number.
        differentiable: record the update.
        fused: accepted: one way of computing is all there is.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.AdamW([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8990], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
