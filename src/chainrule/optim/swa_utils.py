"""``torch.optim.swa_utils``: averages of a model's weights over training."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from copy import deepcopy
from math import cos, pi
from typing import TYPE_CHECKING, Any, Literal

from ..autograd.grad_mode import no_grad
from ..functions.creation import tensor
from ..nn.modules.batchnorm import _BatchNorm
from ..nn.modules.module import Module
from .lr_scheduler import LRScheduler
from .lr_scheduler._base import per_group

if TYPE_CHECKING:
    from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """A function that moves averages ``1 - decay`` of the way to the parameters, in place.

    Args:
        decay: how much of the averages remains; between 0 and 1.

    Raises:
        ValueError: another decay.

    >>> import chainrule as torch
    >>> averages = [torch.zeros(2)]
    >>> torch.optim.swa_utils.get_ema_multi_avg_fn(0.75)(averages, [torch.ones(2)], 1)
    >>> averages
    [tensor([0.2500, 0.2500])]
    """
    average = get_ema_avg_fn(decay)

    def update(averages: Any, params: Any, _: Any) -> None:
        with no_grad():
            for old, param in zip(averages, params, strict=True):
                old.copy_(average(old, param, _))

    return update


def get_swa_multi_avg_fn() -> Callable[..., None]:
    """A function that makes averages of ``n`` parameters averages of ``n + 1``, in place.

    >>> import chainrule as torch
    >>> averages = [torch.zeros(2)]
    >>> torch.optim.swa_utils.get_swa_multi_avg_fn()(averages, [torch.ones(2)], 3)
    >>> averages
    [tensor([0.2500, 0.2500])]
    """

    def update(averages: Any, params: Any, num_averaged: Any) -> None:
        with no_grad():
            for old, param in zip(averages, params, strict=True):
                old.add_((param - old) / (num_averaged + 1))

    return update


def get_ema_avg_fn(decay: float = 0.999) -> Callable[..., Any]:
    """A function of an average and a parameter: ``decay * average + (1 - decay) * parameter``.

    Args:
        decay: how much of the average remains; between 0 and 1.

    Raises:
        ValueError: another decay.

    >>> import chainrule as torch
    >>> torch.optim.swa_utils.get_ema_avg_fn(0.75)(torch.zeros(2), torch.ones(2), 1)
    tensor([0.2500, 0.2500])
    """
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    def average(old: Any, param: Any, _: Any) -> Any:
        with no_grad():
            return decay * old + (1 - decay) * param

    return average


def get_swa_avg_fn() -> Callable[..., Any]:
    """A function of an average of ``n`` parameters and one more: the average of ``n + 1``.

    >>> import chainrule as torch
    >>> torch.optim.swa_utils.get_swa_avg_fn()(torch.zeros(2), torch.ones(2), 3)
    tensor([0.2500, 0.2500])
    """

    def average(old: Any, param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return old + (param - old) / (num_averaged + 1)

    return average


class AveragedModel(Module):
    """A copy of a model whose parameters are averages over the calls of :meth:`update_parameters`.

    Args:
        model: what to copy, and how it was when the averages begin.
        device: where the copy lives; None: where the model does.
        avg_fn: a function of an average, a parameter and the number of calls so far: the new average.
        multi_avg_fn: a function of lists of averages and parameters, and the number: it writes into the averages. With
            neither, averages are equally weighted.
        use_buffers: whether buffers are averaged, too; otherwise they are the model's.

    Raises:
        AssertionError: both functions.

    >>> import chainrule as torch
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> averaged = torch.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 4.0):
    ...     _ = torch.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged
    (2.5, tensor(2))
    """

    n_averaged: Any

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable[..., Any] | None = None,
        multi_avg_fn: Callable[..., None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        assert avg_fn is None or multi_avg_fn is None, "Only one of avg_fn and multi_avg_fn should be provided"
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's parameters into the averages; the first ones are copied."""
        own, given = (
            list(itertools.chain(one.parameters(), one.buffers() if self.use_buffers else ()))
            for one in (self.module, model)
        )
        averages, params = [a.detach() for a in own], [p.detach().to(a.device) for a, p in zip(own, given, strict=True)]
        with no_grad():
            if self.n_averaged == 0:
                for average, param in zip(averages, params, strict=True):
                    average.copy_(param)
            elif self.avg_fn is not None:
                count = self.n_averaged
                for average, param in zip(averages, params, strict=True):
                    average.copy_(self.avg_fn(average, param, count.to(average.device)))
            else:
                (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, params, self.n_averaged)
            if not self.use_buffers:
                for buffer, other in zip(self.module.buffers(), model.buffers(), strict=True):
                    buffer.detach().copy_(other.detach())
            self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch norms anew, as averages over all batches.

    Args:
        loader: batches; of a tuple or list, the first counts.
        model: it is run on each, in training mode; its mode is then what it was.
        device: where to bring the batches.

    >>> import chainrule as torch
    >>> model = torch.nn.BatchNorm1d(1)
    >>> torch.optim.swa_utils.update_bn([torch.tensor([[1.], [3.]]), torch.tensor([[3.], [5.]])], model)
    >>> model.running_mean
    tensor([3.])
    """
    momenta = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    for module in momenta:
        module.reset_running_stats()
    was_training = model.training
    model.train()
    for module in momenta:
        module.momentum = None
    with no_grad():
        for batch in loader:
            first = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(first if device is None else first.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """The rate goes to ``swa_lr`` within some epochs, and stays there.

    Args:
        optimizer: see :class:`LRScheduler`.
        swa_lr: the rate to go to, or a list, one a group.
        anneal_epochs: within so many epochs.
        anneal_strategy: "cos": along a cosine; "linear": along a line.
        last_epoch: see :class:`LRScheduler`.

    Raises:
        ValueError: an unknown strategy, epochs that are no positive integer or 0, or a list of the wrong length.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float,
        anneal_epochs: Any = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        for rate, group in zip(per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How far on the way to ``swa_lr`` a step is."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - cos(pi * t)) / 2

    def get_lr(self) -> list[Any]:
        self._warn_unless_stepping()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        found = []
        for group in self.optimizer.param_groups:
            goal, lr = group["swa_lr"], group["lr"]
            first = goal if before == 1 else (lr - before * goal) / (1 - before)  # where it came from
            found.append(goal * now + first * (1 - now))
        return found
