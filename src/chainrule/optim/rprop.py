"""Steps whose sizes depend on the signs of gradients only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..functions.filling import full_like, zeros_like
from ._settings import Group, check_settings
from .stepwise import Stepwise, new_count, number

__all__ = ["Rprop"]


class Rprop(Stepwise):
    """Each element has a step size of its own, which grows while its gradient keeps its sign and shrinks when that changes.

    Where the sign changed, the element rests for a step (Riedmiller and Braun, 1993).

    Args:
        params: see :class:`Optimizer`.
        lr: the first step size; a number or a one-element tensor.
        etas: the factors by which a step size shrinks and grows.
        step_sizes: the least and the greatest step size.
        capturable: compute with the step count as a tensor, never as a number (as a compiled step does in any case).
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.
        differentiable: record the update, so that gradients flow through it; the parameters are then no leaves.

    Raises:
        ValueError: a setting out of its range.

    >>> import chainrule as torch
    >>> x = torch.tensor([1.], requires_grad=True)
    >>> optimizer = torch.optim.Rprop([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(
                f"Invalid eta values: {etas[0]}, {etas[1]}: a factor between 0 and 1 and one above 1 are expected"
            )
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        check_settings(defaults)
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "prev", "step_size"

    def _begin(self, state: dict[str, Any], param: Any, group: Group) -> None:
        lr = number(group["lr"])
        state["step"] = new_count(group)
        state["prev"] = zeros_like(param.detach())
        state["step_size"] = full_like(param.detach(), complex(lr, lr) if param.is_complex() else lr)

    @staticmethod
    def update(xp: Any, settings: Group, t: Any, p: Any, g: Any, previous: Any, size: Any) -> None:
        shrink, grow = settings["etas"]
        agreement = g * previous
        turned = agreement < 0
        factor = xp.where(agreement > 0, xp.like(g, grow), xp.where(turned, xp.like(g, shrink), xp.like(g, 1.0)))
        xp.put(size, xp.clip(size * factor, *settings["step_sizes"]))
        g = xp.where(turned, xp.like(g, 0.0), g)
        p -= xp.sign(g) * size
        xp.put(previous, g)
