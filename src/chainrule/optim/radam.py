"""Adam that waits until its averages of squares can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ._settings import Group, check_settings
from .stepwise import Stepwise, at_least, counted, either

__all__ = ["RAdam"]


class RAdam(Stepwise):
    """Adam, rectified: while too few gradients were seen to divide by the average of their squares, nothing is divided.

    With Adam's averages, ``rho = r - 2 * t * beta2 ** t / (1 - beta2 ** t)`` where ``r = 2 / (1 - beta2) - 1``: while ``rho <= 5``,
    ``p -= lr * m / (1 - beta1 ** t)``; from then on this is multiplied by ``sqrt((rho - 4) * (rho - 2) * r / ((r - 4) * (r - 2) *
    rho)) * sqrt(1 - beta2 ** t) / (sqrt(v) + eps)`` (Liu and others, 2020).

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        betas: how much of the two averages remains.
        eps: keeps the divisor from 0.
        weight_decay: what share of the parameter is added to the gradient.
        decoupled_weight_decay: shrink the parameter by ``lr * weight_decay`` of itself, not through the gradient.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.RAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8000], requires_grad=True)
    """

    absent: ClassVar[dict[str, Any]] = {**Stepwise.absent, "decoupled_weight_decay": False}

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        check_settings(defaults, "eps", "weight_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        t = counted(state["step"], exact)
        beta1, beta2 = settings["betas"]
        correction = 1 - beta2**t
        most = 2 / (1 - beta2) - 1
        rho = most - 2 * t * beta2**t / correction
        if isinstance(most, float) and most <= 5.0:
            return settings["lr"] / (1 - beta1**t), False, 1.0
        known = at_least(rho, 5.0)  # where it is less, the root is of no use
        rectified = ((known - 4) * (known - 2) * most / ((most - 4) * (most - 2) * known)) ** 0.5
        return settings["lr"] / (1 - beta1**t), rho > 5.0, rectified * correction**0.5

    @staticmethod
    def update(xp: Any, settings: Group, numbers: Any, p: Any, g: Any, m: Any, v: Any) -> None:
        scale, is_known, rectified = numbers
        beta1, beta2 = settings["betas"]
        xp.move(m, g, 1 - beta1)
        v *= beta2
        v += g * g * (1 - beta2)
        if is_known is False:  # a number's test: a tensor's is part of what is recorded or traced
            p -= m * scale
        else:
            p -= m * scale * either(is_known, rectified / (xp.root(v) + settings["eps"]), 1.0)
