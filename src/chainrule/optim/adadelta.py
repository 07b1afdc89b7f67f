"""Steps whose size is that of the steps before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._settings import Group, check_settings
from .stepwise import Stepwise

__all__ = ["Adadelta"]


class Adadelta(Stepwise):
    """Steps along the gradient, as large as the steps before and the gradients before have it.

    With ``v = rho * v + (1 - rho) * g ** 2``: ``d = g * sqrt(u + eps) / sqrt(v + eps)``, ``u = rho * u + (1 - rho) * d ** 2`` and
    ``p -= lr * d`` (Zeiler, 2012).

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        rho: how much of the averages remains; between 0 and 1.
        eps: keeps the first steps and the divisor from 0.
        weight_decay: what share of the parameter is added to the gradient.
        foreach: accepted: one way of computing is all there is.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).
        maximize: go up instead of down.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.9997], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}, it must be between 0 and 1")
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        check_settings(defaults, "eps", "weight_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "square_avg", "acc_delta"

    @staticmethod
    def update(xp: Any, settings: Group, t: Any, p: Any, g: Any, v: Any, u: Any) -> None:
        rho, eps = settings["rho"], settings["eps"]
        v *= rho
        v += g * g * (1 - rho)
        step = xp.root(u + eps) / xp.root(v + eps) * g
        u *= rho
        u += step * step * (1 - rho)
        p -= step * settings["lr"]
