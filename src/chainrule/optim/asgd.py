"""Stochastic gradient descent that averages where it was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..functions.filling import zeros_like
from ._settings import Group, check_settings
from .stepwise import Stepwise, at_least, counted, new_count, number, read, store

__all__ = ["ASGD"]


class ASGD(Stepwise):
    """Descends with ever shorter steps, and keeps the average of where it was in the state ``"ax"``.

    ``p = (1 - lambd * eta) * p - eta * g``, where ``eta = lr / (1 + lambd * lr * t) ** alpha``; the average begins after ``t0`` steps
    (Polyak and Juditsky, 1992).

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        lambd: how fast steps become shorter, and parameters smaller.
        alpha: the power with which steps become shorter.
        t0: after how many steps to begin to average.
        weight_decay: what share of the parameter is added to the gradient.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.ASGD([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        check_settings(defaults, "weight_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("ax",)

    def _begin(self, state: dict[str, Any], param: Any, group: Group) -> None:
        state["step"], state["eta"], state["mu"] = (
            new_count(group),
            new_count(group, number(group["lr"])),
            new_count(group, 1.0),
        )
        state["ax"] = zeros_like(param.detach())

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        t, lr = counted(state["step"], exact), settings["lr"]
        now = read(state["eta"], exact), read(state["mu"], exact)
        store(state["eta"], lr / (1 + settings["lambd"] * lr * t) ** settings["alpha"])
        store(state["mu"], 1 / at_least(t - settings["t0"], 1.0))
        return now

    @staticmethod
    def update(xp: Any, settings: Group, numbers: Any, p: Any, g: Any, average: Any) -> None:
        eta, mu = numbers
        p *= 1 - settings["lambd"] * eta
        xp.add(p, g, -eta)
        if isinstance(mu, float) and mu == 1:
            xp.put(average, p)
        else:
            average += (p - average) * mu
