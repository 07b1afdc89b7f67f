"""Muon."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..core.sparse_level import SPARSE
from ..dtypes import bfloat16
from ..functions.affine import addmm
from ..functions.filling import zeros_like
from ._sparse import refuse_sparse
from .optimizer import Closure, Optimizer, plain_number

if TYPE_CHECKING:
    from ._settings import Group

__all__ = ["Muon"]

MOST_ITERATIONS = 100


class Muon(Optimizer):
    """Momentum whose matrix is made orthogonal: for the matrices of hidden layers. Give other parameters to :class:`AdamW`.

    With ``b = momentum * b + (1 - momentum) * g``: ``p -= lr * o``, where ``o`` is near the orthogonal factor of ``b`` by a
    Newton-Schulz iteration in bfloat16 (Jordan and others, 2024).

    Args:
        params: see :class:`Optimizer`; matrices.
        lr: how far a step goes; a number or a one-element tensor.
        weight_decay: the share of ``lr`` by which weights shrink in a step.
        momentum: how much of the last direction remains.
        nesterov: look ahead.
        ns_coefficients: of the iteration ``x = a * x + b * (x @ x.T) @ x + c * (x @ x.T) @ (x @ x.T) @ x``.
        eps: keeps the matrix's norm, which is divided by, from 0.
        ns_steps: so many iterations; less than 100.
        adjust_lr_fn: how ``lr`` follows the shape (A, B): None or "original": times ``sqrt(max(1, A / B))``; "match_rms_adamw":
            times ``0.2 * sqrt(max(A, B))``.

    Raises:
        ValueError: a setting out of its range, or a parameter that is no matrix. RuntimeError: a complex parameter.

    >>> import chainrule as torch
    >>> x = torch.eye(2).requires_grad_()
    >>> optimizer = torch.optim.Muon([x], lr=0.1, weight_decay=0)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> (x.diag() < 0.93).all(), x[0, 1] == 0
    (tensor(True), tensor(True))
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                    )

    def step(self, closure: Closure | None = None) -> Any:
        """Update the parameters that have a gradient; see :meth:`Optimizer.step`."""
        with no_grad():
            loss = self._loss(closure)
            if SPARSE.is_used:
                refuse_sparse(self)
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        update(param, group, self.state[param])
        return loss


@np.errstate(all="ignore")
def update(param: Any, group: Group, state: dict[str, Any]) -> None:
    if param.is_complex():
        raise RuntimeError("Muon does not support complex parameters")
    buffer = state.get("momentum_buffer")
    if buffer is None:
        buffer = state["momentum_buffer"] = zeros_like(param.grad)
    lr, momentum = plain_number(group["lr"]), group["momentum"]
    buffer.lerp_(param.grad, 1 - momentum)
    direction = param.grad.lerp(buffer, momentum) if group["nesterov"] else buffer
    direction = orthogonal(direction, group["ns_coefficients"], group["ns_steps"], group["eps"])
    rows, columns = param.shape
    wide = group["adjust_lr_fn"] == "match_rms_adamw"
    factor = 0.2 * max(rows, columns) ** 0.5 if wide else max(1, rows / columns) ** 0.5
    param.mul_(1 - lr * group["weight_decay"])
    param.sub_(direction.to(param.dtype) * (lr * factor))


def orthogonal(matrix: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """Singular values near 1, with the singular vectors of ``matrix``: an odd polynomial, again and again."""
    if steps >= MOST_ITERATIONS:
        raise ValueError(f"Number of steps must be less than {MOST_ITERATIONS} for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    x = matrix.to(bfloat16)
    is_tall = matrix.shape[0] > matrix.shape[1]
    if is_tall:
        x = x.T
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = addmm(x, addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if is_tall else x
