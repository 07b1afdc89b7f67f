"""Adafactor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..backend import numpy as kernels
from ..core.modes import modes
from ..core.origin import caller
from ..core.sparse_level import SPARSE
from ..core.value import TensorBase
from ..core.version import bump
from ..dtypes import FROM_NUMPY, finfo
from ..functions.filling import zeros_like
from ._sparse import refuse_sparse
from .optimizer import Closure, Optimizer, plain_number
from .stepwise import at_least, counted, memory_of, new_count, writes_memory

if TYPE_CHECKING:
    from ._settings import Group

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Adam without momentum, that keeps of a matrix of squares its row and column means only.

    Steps are relative to the size of the parameter, and no larger than ``lr`` of it (Shazeer and Stern, 2018).

    Args:
        params: see :class:`Optimizer`; real ones.
        lr: the largest relative step; a number or a one-element tensor.
        beta2_decay: the power of the step count with which the averages forget.
        eps: what keeps the divisor from 0, None for the dtype's precision; and the least size of a parameter.
        d: the updates' root mean square is not larger.
        weight_decay: the share of ``lr`` by which weights shrink in a step.
        foreach: accepted: one way of computing is all there is.
        maximize: go up instead of down.

    Raises:
        ValueError: a setting out of its range. RuntimeError: at the step, a complex parameter.

    >>> import chainrule as torch
    >>> x = torch.ones(2, 3, requires_grad=True)
    >>> optimizer = torch.optim.Adafactor([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x[0], list(optimizer.state[x])
    (tensor([0.9000, 0.9000, 0.9000], grad_fn=<SelectBackward0>), ['step', 'row_var', 'col_var'])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, TensorBase) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)
            for param in group["params"]:
                step = self.state.get(param, {}).get("step")
                if step is not None and not isinstance(step, TensorBase):
                    self.state[param]["step"] = new_count(group, float(step))

    def step(self, closure: Closure | None = None) -> Any:
        """Update the parameters that have a gradient; see :meth:`Optimizer.step`."""
        with no_grad():
            loss = self._loss(closure)
            if SPARSE.is_used:
                refuse_sparse(self)
            exact = modes().capture is not None
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        update(param, group, self.state[param], exact)
        return loss


def begin(param: Any, group: Group, state: dict[str, Any]) -> None:
    state["step"] = new_count(group)
    if param.ndim > 1:
        state["row_var"] = param.new_zeros((*param.shape[:-1], 1))
        state["col_var"] = param.new_zeros((*param.shape[:-2], 1, param.shape[-1]))
    else:
        state["variance"] = zeros_like(param.detach())


@np.errstate(all="ignore")
def update(param: Any, group: Group, state: dict[str, Any], exact: bool) -> None:
    if param.is_complex():
        raise RuntimeError("Adafactor does not support complex parameters")
    if not state:
        begin(param, group, state)
    t, lr = counted(state["step"], exact), plain_number(group["lr"])
    relative = 1 / at_least(t**0.5 * lr, 1.0) * lr if exact else min(lr, t**-0.5)
    kept = [state[name] for name in ("row_var", "col_var", "variance") if name in state]
    directly = writes_memory(modes()) and not exact
    arrays = [memory_of(tensors) if directly else None for tensors in ((param, param.grad), *[(one,) for one in kept])]
    if None in arrays:
        xp: Any = OnNumbers if exact else OnTensors
        move(xp, group, lr, relative, t, param, param.grad, *kept)
        return
    place = caller()
    move(OnMemory, group, lr, relative, t, *[array for one in arrays for array in one or ()])
    for written in (param, *kept):
        bump(written, place)


def move(xp: Any, group: Group, lr: Any, relative: Any, t: Any, p: Any, g: Any, *kept: Any) -> None:
    """The step of a parameter and its state, either of them as ``xp`` takes them."""
    tiny, smallest = group["eps"]
    if tiny is None:
        tiny = finfo(FROM_NUMPY.get(p.dtype, p.dtype)).eps
    fresh = t ** group["beta2_decay"]
    step = relative * at_least(xp.mean_size(p), smallest)
    if group["maximize"]:
        g = -g
    if group["weight_decay"] != 0:
        p *= 1 - lr * group["weight_decay"]
    squares = g * g
    if len(kept) > 1:
        rows, columns = kept
        xp.lerp(rows, xp.mean(squares, -1), fresh)
        xp.lerp(columns, xp.mean(squares, -2), fresh)
        variance = rows * columns / xp.clip(xp.mean(rows, -2), tiny)
    else:
        (variance,) = kept
        xp.lerp(variance, squares, fresh)
    direction = g / xp.root(xp.clip(variance, tiny * tiny))
    p -= direction * (step / at_least(xp.mean_size(direction) / group["d"], 1.0))


class OnTensors:
    """What a step needs besides operators."""

    @staticmethod
    def root(x: Any) -> Any:
        return x.sqrt()

    @staticmethod
    def clip(x: Any, low: float) -> Any:
        return x.clamp(min=low)

    @staticmethod
    def mean(x: Any, dim: int) -> Any:
        return x.mean(dim, keepdim=True)

    @staticmethod
    def lerp(target: Any, value: Any, weight: Any) -> None:
        target.lerp_(value, weight)

    @staticmethod
    def mean_size(x: Any) -> Any:
        """The root of the mean of squares."""
        return OnNumbers.mean_size(x).item()


class OnNumbers(OnTensors):
    """The same where numbers are tensors, too."""

    @staticmethod
    def mean_size(x: Any) -> Any:
        return x.norm() / x.numel() ** 0.5


class OnMemory:
    """The same on arrays."""

    root = staticmethod(np.sqrt)
    clip = staticmethod(np.maximum)

    @staticmethod
    def mean(x: Any, axis: int) -> Any:
        return kernels.mean(x, axis=axis, keepdims=True)

    @staticmethod
    def lerp(target: Any, value: Any, weight: Any) -> None:
        """From the nearer of both ends, so that a weight of 1 gives ``value``."""
        apart = value - target
        if weight < 0.5:
            target += apart * weight
        else:
            np.subtract(value, apart * (1 - weight), target)

    @staticmethod
    def mean_size(x: Any) -> Any:
        norm = kernels.vector_norm(x, ord=2, axis=tuple(range(x.ndim)), keepdims=False)
        return float(norm) / x.size**0.5
