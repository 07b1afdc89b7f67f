"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..autograd.grad_mode import set_grad_enabled
from .optimizer import Closure, Group, Optimizer, check_learning_rate, check_ways, plain_number

__all__ = ["SGD"]


class SGD(Optimizer):
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
        check_learning_rate(lr)
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
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
        check_ways(foreach, fused, differentiable)
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        absent = {"nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False}
        for group in self.param_groups:
            group.update({name: value for name, value in absent.items() if name not in group})

    def step(self, closure: Closure | None = None) -> Any:
        """Update the parameters that have a gradient; see :meth:`Optimizer.step`."""
        with set_grad_enabled(self.defaults["differentiable"]):
            loss = self._loss(closure)
            for group in self.param_groups:
                lr = plain_number(group["lr"])
                for param in group["params"]:
                    if param.grad is not None:
                        param.sub_(self._direction(param, group) * lr)
        return loss

    def _direction(self, param: Any, group: Group) -> Any:
        """Where to go from: the gradient, or what momentum makes of it."""
        grad = -param.grad if group["maximize"] else param.grad
        if group["weight_decay"] != 0:
            grad = grad + param * group["weight_decay"]
        momentum = group["momentum"]
        if momentum == 0:
            return grad
        state = self.state[param]
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = grad.clone()
        else:
            damped = grad if group["dampening"] == 0 else grad * (1 - group["dampening"])
            buffer.mul_(momentum).add_(damped)
        return grad + buffer * momentum if group["nesterov"] else buffer
