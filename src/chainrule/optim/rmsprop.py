"""The gradient over the root of the mean of its squares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ..dtypes import FROM_NUMPY, finfo
from ._settings import Group, check_settings
from .stepwise import Stepwise

__all__ = ["RMSprop"]


class RMSprop(Stepwise):
    """Steps along the gradient, divided by the root of a moving average of its squares.

    With ``v = alpha * v + (1 - alpha) * g ** 2``: ``p -= lr * g / (sqrt(v) + eps)``; with momentum ``p -= lr * b`` where ``b = momentum
    * b + g / (sqrt(v) + eps)``. If ``centered``, ``v`` minus the square of an average of ``g`` is under the root.

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        alpha: how much of the average remains.
        eps: keeps the divisor from 0.
        weight_decay: what share of the parameter is added to the gradient.
        momentum: how much of the last direction remains.
        centered: divide by the root of the variance.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([x], lr=0.05)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.5000], requires_grad=True)
    """

    absent: ClassVar[dict[str, Any]] = {"momentum": 0, "centered": False, **Stepwise.absent}

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        check_settings(defaults, "eps", "momentum", "weight_decay", "alpha")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return tuple(names)

    @staticmethod
    def update(xp: Any, settings: Group, t: Any, p: Any, g: Any, v: Any, *others: Any) -> None:
        alpha = settings["alpha"]
        v *= alpha
        v += g * (1 - alpha) * g
        if settings["centered"]:
            mean = others[-1]
            xp.move(mean, g, 1 - alpha)
            most = finfo(FROM_NUMPY.get(p.dtype, p.dtype)).max
            v = v - xp.clip(
                mean * mean, None, most
            )  # as a fused multiply-add, which keeps infinity - a number infinite
        divisor = xp.root(v) + settings["eps"]
        if settings["momentum"] > 0:
            buffer = others[0]
            buffer *= settings["momentum"]
            buffer += g / divisor
            xp.add(p, buffer, -settings["lr"])
        else:
            p -= g * settings["lr"] / divisor
