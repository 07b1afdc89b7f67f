"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ..functions.filling import zeros_like
from ._settings import Group, check_settings
from ._sparse import Entries, has_sparse_gradient
from .stepwise import Stepwise

__all__ = ["SGD"]


class SGD(Stepwise):
    """``p -= lr * g``, with momentum ``p -= lr * b`` where ``b = momentum * b + (1 - dampening) * g``.

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        momentum: how much of the last direction remains.
        dampening: how little of the gradient enters the direction.
        weight_decay: what share of the parameter is added to the gradient.
        nesterov: look ahead: ``p -= lr * (g + momentum * b)``.
        maximize: go up instead of down.
        foreach: accepted: one way of computing is all there is.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.
        fused: accepted: one way of computing is all there is.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.SGD([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8000], requires_grad=True)
    """

    absent: ClassVar[dict[str, Any]] = {
        "nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False,
    }  # fmt: skip

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"Nesterov momentum requires a momentum and zero dampening: got momentum={momentum}, dampening={dampening}"
            )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        check_settings(defaults, "momentum", "weight_decay")
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] != 0 else ()

    def _lacks_state(self, state: dict[str, Any], group: Group) -> bool:
        return group["momentum"] != 0 and state.get("momentum_buffer") is None

    def _begin(self, state: dict[str, Any], param: Any, group: Group) -> None:
        state["momentum_buffer"] = zeros_like(param.grad if has_sparse_gradient(param) else param.detach())

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        return begins

    @staticmethod
    def update(xp: Any, settings: Group, begins: bool, p: Any, g: Any, buffer: Any = None) -> None:
        if buffer is not None:
            momentum, dampening = settings["momentum"], settings["dampening"]
            if begins:
                xp.put(buffer, g)
            else:
                buffer *= momentum
                if dampening == 0:
                    buffer += g
                else:
                    xp.add(buffer, g, 1 - dampening)
            g = xp.plus(g, buffer, momentum) if settings["nesterov"] else buffer
        xp.add(p, g, -settings["lr"])

    @staticmethod
    def update_sparse(settings: Group, begins: bool, p: Any, g: Any, buffer: Any = None) -> None:
        if buffer is not None:
            momentum, dampening = settings["momentum"], settings["dampening"]
            if begins:
                buffer.copy_(g)
            else:
                buffer.mul_(momentum).add_(g, alpha=1 - dampening)
            g = g + buffer * momentum if settings["nesterov"] else buffer
        there = Entries(g)
        there.put(p, there.of(p) - there.values * p._array.dtype.type(settings["lr"]))
