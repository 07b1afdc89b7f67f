"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._base import LRScheduler, rates
from ._plateau import ReduceLROnPlateau

if TYPE_CHECKING:
    from ..optimizer import Optimizer


class SequentialLR(LRScheduler):
    """One schedule after another.

    Args:
        optimizer: see :class:`LRScheduler`.
        schedulers: schedulers of it, in their order.
        milestones: the epochs at which the next begins: one less than schedulers.
        last_epoch: see :class:`LRScheduler`.

    Raises:
        TypeError, ValueError: no schedulers, or not such ones; or not as many milestones.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> warmup = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=2)
    >>> decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, decay], milestones=[2])
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [0.25, 0.25, 1.0, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        check_schedulers(type(self).__name__, optimizer, schedulers)
        for number, scheduler in enumerate(schedulers):
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{type(self).__name__} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to "
                    f"be specified when calling `step`, but got one at index {number} in the given schedulers sequence."
                )
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone "
                f"points, but got number of schedulers {len(schedulers)} and the number of milestones to be equal to "
                f"{len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each of them took its first step when it was made: only the first should have.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self.recursive_undo()
        schedulers[0]._initial_step()
        self._last_lr = schedulers[0].get_last_lr()

    def recursive_undo(self, sched: LRScheduler | None = None) -> None:
        """Take back the first step of the schedulers, at any depth."""
        of = self if sched is None else sched
        if hasattr(of, "_schedulers"):
            for one in of._schedulers:
                self.recursive_undo(one)
        elif hasattr(of, "last_epoch"):
            of.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Go on to the next epoch, by the scheduler whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        """What it and its schedulers know."""
        return state_of(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what ``state_dict`` kept; the schedulers must be there already."""
        load_state(self, state_dict)


class ChainedScheduler(LRScheduler):
    """Several schedules at once: each changes what the one before it has made.

    Args:
        schedulers: schedulers of one optimizer.
        optimizer: which; None for that of the first.

    Raises:
        TypeError, ValueError: no schedulers, or not such ones.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> schedulers = [torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)]
    >>> schedulers += [torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)]
    >>> scheduler = torch.optim.lr_scheduler.ChainedScheduler(schedulers)
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError(
                f"{type(self).__name__} expects at least one scheduler to be chained, but got no scheduler."
            )
        optimizer = optimizer or schedulers[0].optimizer
        check_schedulers(type(self).__name__, optimizer, schedulers)
        for number, scheduler in enumerate(schedulers):
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{type(self).__name__} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to "
                    f"be specified when calling `step`, but got one at index {number} in the given schedulers sequence."
                )
        self._schedulers = schedulers
        self.optimizer = optimizer
        self._last_lr = rates(optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Go on to the next epoch, by all schedulers in their order."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = rates(self.optimizer, "lr")

    def state_dict(self) -> dict[str, Any]:
        """What it and its schedulers know."""
        return state_of(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what ``state_dict`` kept; the schedulers must be there already."""
        load_state(self, state_dict)


def check_schedulers(name: str, optimizer: Any, schedulers: Sequence[Any]) -> None:
    if len(schedulers) < 1:
        raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
    for number, scheduler in enumerate(schedulers):
        if not hasattr(scheduler, "optimizer"):
            raise TypeError(f"{name} at index {number} should have `optimizer` as its attribute.")
        if scheduler.optimizer is not optimizer:
            raise ValueError(
                f"{name} expects all schedulers to belong to the same optimizer, but got scheduler {type(scheduler).__name__} at "
                f"index {number} has {scheduler.optimizer}, which is different from {type(optimizer).__name__}."
            )


def state_of(scheduler: Any) -> dict[str, Any]:
    kept = {name: value for name, value in vars(scheduler).items() if name not in ("optimizer", "_schedulers")}
    return {**kept, "_schedulers": [one.state_dict() for one in scheduler._schedulers]}


def load_state(scheduler: Any, state_dict: dict[str, Any]) -> None:
    given = dict(state_dict)
    states = given.pop("_schedulers")
    vars(scheduler).update(given)
    for one, state in zip(scheduler._schedulers, states, strict=False):
        one.load_state_dict(state)
