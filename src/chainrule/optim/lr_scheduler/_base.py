"""``LRScheduler``: what all schedulers share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.value import TensorBase
from ..optimizer import Optimizer

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` is deprecated: call `scheduler.step()` without it. A schedule that knows its "
    "rate at any epoch has jumped to that of this epoch."
)


class LRScheduler:
    """The base of schedulers: a subclass defines ``get_lr``, a list of the groups' next rates.

    Call :meth:`step` after each epoch, or batch, and after the optimizer's ``step``.

    Args:
        optimizer: whose groups' ``"lr"`` is to change. What it is now is kept as ``"initial_lr"``.
        last_epoch: -1 to begin, or the last epoch that was, to go on from there; the groups then have an ``"initial_lr"``.

    Attributes:
        last_epoch: the number of the epoch.
        base_lrs: the groups' first rates.

    Raises:
        TypeError: no optimizer. KeyError: it goes on, and a group has no first rate.

    >>> import chainrule as torch
    >>> class Halving(torch.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2 ** self.last_epoch for lr in self.base_lrs]
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = Halving(optimizer)
    >>> optimizer.step(); scheduler.step()
    >>> optimizer.param_groups[0]["lr"], scheduler.get_last_lr()
    (0.5, [0.5])
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler with "
                    f"last_epoch >= 0: got last_epoch = {last_epoch}. Give each group its first rate, or begin with -1."
                )
        self.base_lrs: list[Any] = rates(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        # Its step notes in it that it ran, so that steps in the wrong order can be told.
        vars(optimizer).setdefault("_opt_called", False)
        vars(optimizer).setdefault("_step_when_scheduled", vars(optimizer).get("step"))
        self._initial_step()

    def _initial_step(self) -> None:
        """Give the optimizer its first rate."""
        self._step_count = 0
        with self._set("_is_initial"):
            self.step()

    @contextmanager
    def _set(self, name: str) -> Iterator[None]:
        setattr(self, name, True)
        try:
            yield
        finally:
            setattr(self, name, False)

    def state_dict(self) -> dict[str, Any]:
        """All that it knows but the optimizer, to be kept."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what ``state_dict`` kept. The optimizer's rates are kept in its own."""
        vars(self).update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The groups' rates that the last step gave."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The groups' rates of this epoch, from those of the last; for :meth:`step` to call.

        Raises:
            NotImplementedError: a subclass does not define it.
        """
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch, and give the optimizer its rates.

        Args:
            epoch: the epoch to go to instead; deprecated.
        """
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _check_order(self) -> None:
        known = vars(self.optimizer)
        if known.get("step") is not known.get("_step_when_scheduled"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make "
                "sure to call `optimizer.step()` before `lr_scheduler.step()`.",
                UserWarning,
                stacklevel=3,
            )
        elif not known.get("_opt_called"):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`. Otherwise the first learning rate of the schedule is never used.",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        with self._set("_get_lr_called_within_step"):
            if epoch is None:
                self.last_epoch += 1
                values = self.get_lr()
            else:
                self.last_epoch = epoch
                closed = getattr(self, "_get_closed_form_lr", self.get_lr)
                values = closed()
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            put(group, "lr", value)
        self._last_lr: list[Any] = rates(self.optimizer, "lr")

    def _warn_unless_stepping(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    @property
    def _lrs(self) -> list[Any]:
        """The groups' rates now."""
        return rates(self.optimizer, "lr")


def check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copied(value: Any) -> Any:
    return value.clone() if isinstance(value, TensorBase) else value


def rates(optimizer: Any, name: str) -> list[Any]:
    """A setting of each group; tensors as copies."""
    return [copied(group[name]) for group in optimizer.param_groups]


def put(group: dict[str, Any], name: str, value: Any) -> None:
    """Change a setting; a tensor in place, since compiled steps hold it."""
    if isinstance(group[name], TensorBase):
        if isinstance(value, TensorBase):
            group[name].copy_(value)
        else:
            group[name].fill_(value)
    else:
        group[name] = value


def per_group(name: str, optimizer: Any, value: Any) -> list[Any]:
    """One value a group, of one for all or a list of them.

    Raises:
        ValueError: there are more groups, or fewer.
    """
    groups = optimizer.param_groups
    if not isinstance(value, (list, tuple)):
        return [copied(value) for _ in groups]
    if len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups has "
            f"{len(groups)}."
        )
    return [copied(one) for one in value]
