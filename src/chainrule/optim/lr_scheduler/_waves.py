"""Schedules along a cosine."""

from __future__ import annotations

from math import cos, floor, log, pi
from typing import TYPE_CHECKING, Any

from ._base import LRScheduler, put, rates

if TYPE_CHECKING:
    from ..optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """The rate follows half a cosine from the first rate down to ``eta_min``, and up again if it goes on.

    ``eta_min + (lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2``, where nothing else changes the rate (Loshchilov and Hutter,
    2017).

    Args:
        optimizer: see :class:`LRScheduler`.
        T_max: after so many epochs it is lowest.
        eta_min: the lowest rate.
        last_epoch: see :class:`LRScheduler`.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += [round(lr, 4) for lr in scheduler.get_last_lr()]
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [1.0, 0.5, 0.0, 0.5]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_unless_stepping()
        epoch, lowest = self.last_epoch, self.eta_min
        if self._is_initial:
            return self._lrs
        if self._step_count == 1 and epoch > 0:
            return self._get_closed_form_lr()
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # it was lowest: there is nothing to multiply
            rise = (1 - cos(pi / self.T_max)) / 2
            return [lr + (base - lowest) * rise for base, lr in zip(self.base_lrs, self._lrs, strict=True)]
        factor = (1 + cos(pi * epoch / self.T_max)) / (1 + cos(pi * (epoch - 1) / self.T_max))
        return [factor * (lr - lowest) + lowest for lr in self._lrs]

    def _get_closed_form_lr(self) -> list[Any]:
        height = (1 + cos(pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """The rate follows half a cosine down to ``eta_min``, again and again.

    Args:
        optimizer: see :class:`LRScheduler`.
        T_0: so many epochs has the first.
        T_mult: so many times as many has the next each time.
        eta_min: the lowest rate.
        last_epoch: see :class:`LRScheduler`.

    Raises:
        ValueError: numbers of epochs that are no positive integers, or an ``eta_min`` that is no number.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += [round(lr, 4) for lr in scheduler.get_last_lr()]
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_unless_stepping()
        height = (1 + cos(pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to ``epoch``, which may be a fraction: ``epoch + batch / batches``.

        Raises:
            ValueError: a negative epoch.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            if epoch < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self._go_to(epoch)
        self.last_epoch = floor(epoch)
        with self._set("_get_lr_called_within_step"):
            values = self.get_lr()
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            put(group, "lr", value)
        self._last_lr = rates(self.optimizer, "lr")

    def _go_to(self, epoch: float) -> None:
        """Where in which wave an epoch is: n waves have T_0 * (T_mult**n - 1) / (T_mult - 1) epochs."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            n = int(log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n
