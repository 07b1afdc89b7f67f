"""Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ..functions.filling import zeros_like
from ._settings import Group, check_settings
from .stepwise import Stepwise, counted, new_count, scaled

__all__ = ["NAdam"]


class NAdam(Stepwise):
    """Adam that looks ahead: its momentum grows over the steps, and that of the next step is in the update already.

    With Adam's averages ``m`` and ``v``, ``mu(t) = beta1 * (1 - 0.96 ** (t * momentum_decay) / 2)`` and the products ``M(t)`` of
    all ``mu`` up to ``t``: ``p -= lr * (mu(t + 1) * m / (1 - M(t + 1)) + (1 - mu(t)) * g / (1 - M(t))) / (sqrt(v / (1 - beta2 **
    t)) + eps)`` (Dozat, 2016).

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        betas: how much of the two averages remains.
        eps: keeps the divisor from 0.
        weight_decay: what share of the parameter is added to the gradient.
        momentum_decay: how fast the momentum grows to ``beta1``.
        decoupled_weight_decay: shrink the parameter by ``lr * weight_decay`` of itself, not through the gradient.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.NAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8944], requires_grad=True)
    """

    absent: ClassVar[dict[str, Any]] = {**Stepwise.absent, "decoupled_weight_decay": False}

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        check_settings(defaults, "eps", "weight_decay", "momentum_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def _begin(self, state: dict[str, Any], param: Any, group: Group) -> None:
        state["step"], state["mu_product"] = new_count(group), new_count(group, 1.0)
        state.update({name: zeros_like(param.detach()) for name in self._kept(group)})

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        t, lr = counted(state["step"], exact), settings["lr"]
        beta1, beta2 = settings["betas"]
        mu, following = (beta1 * (1 - 0.5 * 0.96 ** (n * settings["momentum_decay"])) for n in (t, t + 1))
        product = scaled(state["mu_product"], mu, exact)
        return -lr * (1 - mu) / (1 - product), -lr * following / (1 - product * following), (1 - beta2**t) ** -0.5

    @staticmethod
    def update(xp: Any, settings: Group, numbers: Any, p: Any, g: Any, m: Any, v: Any) -> None:
        of_gradient, of_average, correction = numbers
        beta1, beta2 = settings["betas"]
        xp.move(m, g, 1 - beta1)
        v *= beta2
        v += g * g * (1 - beta2)
        p += (g * of_gradient + m * of_average) / (xp.root(v) * correction + settings["eps"])
