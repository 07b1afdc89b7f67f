"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..autograd.grad_mode import set_grad_enabled
from ..core.modes import modes
from ..core.value import TensorBase
from ..dtypes import float64
from ..functions.bounds import maximum
from ..functions.complex_numbers import view_as_real
from ..functions.creation import tensor
from ..functions.filling import zeros_like
from .optimizer import Closure, Group, Optimizer, check_learning_rate, check_ways, plain_number, scalar_dtype

__all__ = ["Adam"]


class Adam(Optimizer):
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
        if isinstance(lr, TensorBase) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_learning_rate(lr)
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas, bool(foreach) and not capturable)
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
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
        check_ways(foreach, fused, differentiable)
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        absent = {"amsgrad": False, "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
                  "decoupled_weight_decay": False, "fused": None}  # fmt: skip
        for group in self.param_groups:
            group.update({name: value for name, value in absent.items() if name not in group})
            for param in group["params"]:
                step = self.state.get(param, {}).get("step")
                if step is not None and not isinstance(step, TensorBase):
                    self.state[param]["step"] = tensor(float(step), dtype=scalar_dtype(group["fused"]))

    def step(self, closure: Closure | None = None) -> Any:
        """Update the parameters that have a gradient; see :meth:`Optimizer.step`."""
        with set_grad_enabled(self.defaults["differentiable"]):
            loss = self._loss(closure)
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        self._update(param, group)
        return loss

    def _state_of(self, param: Any, group: Group) -> dict[str, Any]:
        state = self.state[param]
        if not state:
            state["step"] = tensor(0.0, dtype=scalar_dtype(group["fused"]))
            names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")
            state.update({name: zeros_like(param.detach()) for name in names})
        return state

    def _update(self, param: Any, group: Group) -> None:
        state = self._state_of(param, group)
        beta1, beta2 = group["betas"]
        lr, decay = plain_number(group["lr"]), group["weight_decay"]
        grad = -param.grad if group["maximize"] else param.grad
        step = state["step"].add_(1)
        if decay != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * decay)
            else:
                grad = grad + param * decay
        param, grad, average, squares, largest = parts(
            param, grad, state["exp_avg"], state["exp_avg_sq"], state.get("max_exp_avg_sq")
        )
        average.mul_(beta1).add_(grad * (1 - beta1))
        squares.mul_(beta2).add_((grad * grad).mul_(1 - beta2))
        keeps = group["differentiable"]  # what a recorded step has used is written to by the next
        if group["amsgrad"]:
            squares = largest.copy_(maximum(largest.clone(), squares.clone()) if keeps else maximum(largest, squares))
        # A program that is recorded takes the count as a tensor: the number would be that of the recording.
        is_number = not (keeps or group["capturable"] or modes().capture is not None)
        t = step.item() if is_number else step.to(float64)
        correction1, correction2 = 1 - beta1**t, (1 - beta2**t) ** 0.5
        # lr / correction1 * average / (sqrt(squares) / correction2 + eps), with one pass over the elements less.
        root = squares.sqrt()
        divisor = root + group["eps"] * correction2 if keeps else root.add_(group["eps"] * correction2)
        update = (average.clone() if keeps else average) / divisor
        param.sub_(update.mul_(lr * (correction2 / correction1)))


def check_betas(betas: tuple[Any, Any], numbers_only: bool) -> None:
    for n, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {n}: {beta}")
    if isinstance(betas[0], TensorBase) != isinstance(betas[1], TensorBase):
        raise ValueError("betas must be either both floats or both Tensors")
    for n, beta in enumerate(betas):
        if isinstance(beta, TensorBase):
            if numbers_only:
                raise ValueError(f"betas[{n}] as a Tensor is not supported for capturable=False and foreach=True")
            if beta.numel() != 1:
                raise ValueError(f"Tensor betas[{n}] must be 1-element")


def parts(*tensors: Any) -> Any:
    """The tensors; complex ones as views of their real and imaginary parts, which are optimized each for itself."""
    return [view_as_real(t) if t is not None and t.is_complex() else t for t in tensors]
