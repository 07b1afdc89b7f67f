"""Adam for sparse gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..core.sparse_level import is_sparse
from ..core.value import TensorBase
from ..functions.conversion import typename
from ..functions.filling import zeros_like
from ._settings import check_betas, check_learning_rate
from ._sparse import Entries, has_sparse_gradient
from .optimizer import Closure, Optimizer

if TYPE_CHECKING:
    from ._settings import Group

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Adam that updates only the elements for which a sparse gradient has values, and only their averages.

    For gradients of ``nn.Embedding(sparse=True)``, ``nn.EmbeddingBag(sparse=True)`` and ``torch.sparse.mm``.

    Args:
        params: see :class:`Optimizer`.
        lr: how far a step goes; a number or a one-element tensor, greater than 0.
        betas: how much of the two averages remains.
        eps: keeps the divisor from 0; greater than 0.
        maximize: go up instead of down.

    Raises:
        ValueError: a setting out of its range. RuntimeError: at the step, a dense gradient.

    >>> import chainrule as torch
    >>> x = torch.ones(3, 1, requires_grad=True)
    >>> torch.nn.functional.embedding(torch.tensor([1, 1]), x, sparse=True).sum().backward()
    >>> torch.optim.SparseAdam([x], lr=0.1).step()
    >>> x.flatten()
    tensor([1.0000, 0.9000, 1.0000], grad_fn=<ViewBackward0>)
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
        params = list(params)
        if any(isinstance(one, TensorBase) and is_sparse(one._array) for one in params):
            raise ValueError("SparseAdam requires dense parameter tensors: gradients may be sparse, parameters not")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def step(self, closure: Closure | None = None) -> Any:
        """Update the elements for which the gradients have values; see :meth:`Optimizer.step`.

        Raises:
            RuntimeError: a dense gradient; nothing has changed.
        """
        with no_grad():
            loss = self._loss(closure)
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None and not has_sparse_gradient(param):
                        raise RuntimeError(
                            "SparseAdam does not support dense gradients, please consider Adam instead: got a gradient of type "
                            f"{typename(param.grad)} and shape {list(param.grad.shape)}. nn.Embedding(sparse=True) has sparse ones."
                        )
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        update(param, group, self.state[param])
        return loss


@np.errstate(all="ignore")
def update(param: Any, group: Group, state: dict[str, Any]) -> None:
    if not state:
        state.update(step=0, exp_avg=zeros_like(param.detach()), exp_avg_sq=zeros_like(param.detach()))
    state["step"] += 1
    there = Entries(param.grad)
    g = -there.values if group["maximize"] else there.values
    number = g.dtype.type
    lr, (beta1, beta2) = plain(group["lr"]), map(plain, group["betas"])
    mean, square = there.of(state["exp_avg"]), there.of(state["exp_avg_sq"])
    mean = mean + (g - mean) * number(1 - beta1)
    square = square + (g * g - square) * number(1 - beta2)
    there.put(state["exp_avg"], mean)
    there.put(state["exp_avg_sq"], square)
    length = lr * math.sqrt(1 - beta2 ** state["step"]) / (1 - beta1 ** state["step"])
    there.put(param, there.of(param) - mean / (np.sqrt(square) + number(group["eps"])) * number(length))


def plain(number: Any) -> Any:
    return number.item() if isinstance(number, TensorBase) else number
