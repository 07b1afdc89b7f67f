"""The gradient over the root of the sum of all its squares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ..functions.filling import full_like
from ._settings import Group, check_settings
from ._sparse import Entries
from .stepwise import Stepwise, counted, new_count

__all__ = ["Adagrad"]


class Adagrad(Stepwise):
    """Steps along the gradient, divided by the root of the sum of the squares of all gradients so far.

    With ``s = s + g ** 2``: ``p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)`` (Duchi and others, 2011).

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor.
        lr_decay: how fast steps become shorter by themselves.
        weight_decay: what share of the parameter is added to the gradient.
        initial_accumulator_value: what the sum begins with.
        eps: keeps the divisor from 0.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.
        fused: accepted: one way of computing is all there is.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    absent: ClassVar[dict[str, Any]] = {
        "foreach": None, "maximize": False, "differentiable": False, "fused": None,
    }  # fmt: skip

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        check_settings(defaults, "lr_decay", "weight_decay", "initial_accumulator_value", "eps")
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:
                self._begin(self.state[param], param, group)

    def share_memory(self) -> None:
        """Accepted: memory that several processes share is no different here."""

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("sum",)

    def _begin(self, state: dict[str, Any], param: Any, group: Group) -> None:
        first = group["initial_accumulator_value"]
        state["step"] = new_count(group)
        state["sum"] = full_like(param.detach(), complex(first, first) if param.is_complex() else first)

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        return settings["lr"] / (1 + (counted(state["step"], exact) - 1) * settings["lr_decay"])

    @staticmethod
    def update(xp: Any, settings: Group, lr: Any, p: Any, g: Any, total: Any) -> None:
        total += g * g
        p -= g * lr / (xp.root(total) + settings["eps"])

    @staticmethod
    def update_sparse(settings: Group, lr: Any, p: Any, g: Any, total: Any) -> None:
        there = Entries(g)
        squares = there.of(total) + there.values * there.values
        there.put(total, squares)
        step = there.values / (np.sqrt(squares) + squares.dtype.type(settings["eps"]))
        there.put(p, there.of(p) - step * squares.dtype.type(lr))
