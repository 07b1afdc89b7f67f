"""Adam with the largest gradient in the place of the root mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._settings import Group, check_settings
from .stepwise import Stepwise, counted

__all__ = ["Adamax"]


class Adamax(Stepwise):
    """Steps along a moving average of the gradients, divided by a decaying maximum of their sizes.

    With ``m = beta1 * m + (1 - beta1) * g`` and ``u = max(beta2 * u, abs(g) + eps)``: ``p -= lr / (1 - beta1 ** t) * m / u``
    (Kingma and Ba, 2015, section 7).

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        betas: how much of the average and of the maximum remains.
        eps: keeps the divisor from 0.
        weight_decay: what share of the parameter is added to the gradient.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.Adamax([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        check_settings(defaults, "eps", "weight_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_inf"

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        return settings["lr"] / (1 - settings["betas"][0] ** counted(state["step"], exact))

    @staticmethod
    def update(xp: Any, settings: Group, scale: Any, p: Any, g: Any, m: Any, largest: Any) -> None:
        beta1, beta2 = settings["betas"]
        xp.move(m, g, 1 - beta1)
        largest *= beta2
        xp.lift(largest, xp.size(g) + settings["eps"])
        p -= m * scale / largest
