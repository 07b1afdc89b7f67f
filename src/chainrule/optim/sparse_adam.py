"""Adam for sparse gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..functions.conversion import typename
from ._settings import check_betas, check_learning_rate
from .optimizer import Closure, Optimizer

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Adam that updates only the elements of which a sparse gradient has entries.

    Gradients are dense here, always; and as PyTorch's does, it refuses dense ones at the step. Use :class:`Adam`.

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor, greater than 0.
        betas: how much of the two averages remains.
        eps: keeps the divisor from 0; greater than 0.
        maximize: go up instead of down.

    Raises:
        ValueError: a setting out of its range. RuntimeError: at the step, a dense gradient.

    >>> import chainrule as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.optim.SparseAdam([x]).step()  # it has no gradient
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if lr == 0.0:
            raise ValueError(f"Invalid learning rate: {lr}, it must be greater than 0")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}, it must be greater than 0")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def step(self, closure: Closure | None = None) -> Any:
        """Refuse dense gradients; see :meth:`Optimizer.step`."""
        loss = self._loss(closure)
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    raise RuntimeError(
                        "SparseAdam does not support dense gradients, please consider Adam instead: got a gradient of type "
                        f"{typename(param.grad)} and shape {list(param.grad.shape)}. Gradients of sparse=True are dense here. "
                        "SGD without momentum and Adagrad (both without weight_decay) move the rows that a sparse gradient would."
                    )
        return loss
