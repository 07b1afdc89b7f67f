"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ..core.value import TensorBase
from ._settings import Group, check_settings
from .optimizer import plain_number
from .stepwise import Stepwise, counted

__all__ = ["Adam"]


class Adam(Stepwise):
    """Steps along a moving average of the gradients, divided by the root of one of their squares.

    With ``m = beta1 * m + (1 - beta1) * g`` and ``v = beta2 * v + (1 - beta2) * g ** 2``, both divided by how far they have
    come from the zeros they begin with (``1 - beta ** t``): ``p -= lr * m / (sqrt(v) + eps)``.

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        betas: how much of the two averages remains; both numbers or both one-element tensors.
        eps: keeps the divisor from 0.
        weight_decay: what share of the parameter is added to the gradient.
        amsgrad: divide by the largest average of squares so far.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.
        fused: accepted: one way of computing is all there is.
        decoupled_weight_decay: as :class:`AdamW` does: shrink the parameter, not through the gradient.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    absent: ClassVar[dict[str, Any]] = {
        "amsgrad": False, "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
        "decoupled_weight_decay": False, "fused": None,
    }  # fmt: skip

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": (plain_number(betas[0]), plain_number(betas[1])),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        if foreach and not capturable:
            for name, value in {"lr": lr, "betas[0]": betas[0], "betas[1]": betas[1]}.items():
                if isinstance(value, TensorBase):
                    raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
        check_settings(defaults, "eps", "weight_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        t = counted(state["step"], exact)
        beta1, beta2 = settings["betas"]
        correction1, correction2 = 1 - beta1**t, (1 - beta2**t) ** 0.5
        # lr * (m / correction1) / (sqrt(v) / correction2 + eps), with one pass over the elements less.
        return settings["lr"] * (correction2 / correction1), settings["eps"] * correction2

    @staticmethod
    def update(xp: Any, settings: Group, numbers: Any, p: Any, g: Any, m: Any, v: Any, largest: Any = None) -> None:
        beta1, beta2 = settings["betas"]
        scale, eps = numbers
        xp.move(m, g, 1 - beta1)
        v *= beta2
        v += g * g * (1 - beta2)
        if largest is not None:
            xp.lift(largest, v)
            v = largest
        p -= m / (xp.root(v) + eps) * scale
