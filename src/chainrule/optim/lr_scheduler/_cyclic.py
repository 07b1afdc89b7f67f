"""Schedules of the rate together with the momentum, by batches."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, pi
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

from ._base import LRScheduler, check_optimizer, per_group, put

if TYPE_CHECKING:
    from ..optimizer import Optimizer


class CyclicLR(LRScheduler):
    """The rate goes up and down between two rates, evenly; the momentum goes the other way (Smith, 2017).

    Call :meth:`step` after each batch.

    Args:
        optimizer: see :class:`LRScheduler`.
        base_lr: the lower rate, or a list, one a group.
        max_lr: the upper rate, or a list.
        step_size_up: so many steps go up.
        step_size_down: so many go down; None: as many.
        mode: "triangular"; "triangular2": half as high in each cycle; "exp_range": ``gamma ** step`` as high.
        gamma: the factor of "exp_range".
        scale_fn: how high as a function of the cycle or step, in the place of a mode.
        scale_mode: what it is a function of: "cycle" or "iterations".
        cycle_momentum: whether the momentum, or the first of ``betas``, goes the other way.
        base_momentum: the lower momentum, or a list.
        max_momentum: the upper momentum, or a list.
        last_epoch: see :class:`LRScheduler`.

    Raises:
        ValueError: an unknown mode, lists of the wrong length, or a momentum that the optimizer does not have.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0, momentum=0.9)
    >>> scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.5, max_lr=1.0, step_size_up=2)
    >>> rates = []
    >>> for batch in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [0.5, 0.75, 1.0, 0.75, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                put(group, "lr", rate)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        down = up if step_size_down is None else float(step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(
                f"mode is invalid and scale_fn is None: got mode={mode!r}, expected 'triangular', 'triangular2' or 'exp_range'"
            )
        self.mode = mode
        self.gamma = gamma
        self._scale_fn = scale_fn
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = has_beta1(optimizer)
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
            for group, most, least in zip(optimizer.param_groups, self.max_momentums, self.base_momentums, strict=True):
                put_momentum(group, most, self.use_beta1)
                group["max_momentum"], group["base_momentum"] = most, least
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """How high a cycle is, or a step."""
        if self._scale_fn is not None:
            return self._scale_fn(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[Any]:
        self._warn_unless_stepping()
        cycle = floor(1 + self.last_epoch / self.total_size)
        place = 1.0 + self.last_epoch / self.total_size - cycle
        height = place / self.step_ratio if place <= self.step_ratio else (place - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                put_momentum(group, high - (high - low) * height, self.use_beta1)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """What it knows; of ``scale_fn`` only the attributes of a callable object, since code cannot be kept."""
        kept = super().state_dict()
        scale = kept.pop("_scale_fn")
        kept["_scale_fn_custom"] = None if scale is None or isinstance(scale, FunctionType) else vars(scale).copy()
        return kept

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what ``state_dict`` kept; a ``scale_fn`` must be there already."""
        given = dict(state_dict)
        attributes = given.pop("_scale_fn_custom")
        super().load_state_dict(given)
        if attributes is not None:
            vars(self._scale_fn).update(attributes)


class OneCycleLR(LRScheduler):
    """The rate goes up once, then down to almost nothing; the momentum goes the other way (Smith and Topin, 2018).

    Call :meth:`step` after each batch.

    Args:
        optimizer: see :class:`LRScheduler`.
        max_lr: the upper rate, or a list, one a group.
        total_steps: so many steps; or None, and ``epochs`` and ``steps_per_epoch`` say how many.
        epochs: the number of epochs.
        steps_per_epoch: the number of batches in an epoch.
        pct_start: the share of the steps that go up.
        anneal_strategy: "cos": along a cosine; "linear": along a line.
        cycle_momentum: whether the momentum, or the first of ``betas``, goes the other way.
        base_momentum: the lower momentum, or a list.
        max_momentum: the upper momentum, or a list.
        div_factor: the first rate is ``max_lr`` divided by this.
        final_div_factor: the last is the first divided by this.
        three_phase: go down to the first rate as fast as up, and from there to the last.
        last_epoch: see :class:`LRScheduler`.

    Raises:
        ValueError: numbers of steps that are no positive integers, a share that is none, an unknown strategy, lists of the
            wrong length, or a momentum that the optimizer does not have; and at a step beyond the last.

    >>> import chainrule as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0, momentum=0.9)
    >>> scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=6, pct_start=0.5, div_factor=4)
    >>> rates = []
    >>> for batch in range(5):
    ...     rates += [round(lr, 4) for lr in scheduler.get_last_lr()]
    ...     optimizer.step(); scheduler.step()
    >>> rates
    [0.25, 0.625, 1.0, 0.75, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        if total_steps is not None:
            check_count("total_steps", total_steps)
            self.total_steps = total_steps
        elif epochs is not None and steps_per_epoch is not None:
            check_count("epochs", epochs)
            check_count("steps_per_epoch", steps_per_epoch)
            self.total_steps = epochs * steps_per_epoch
        else:
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        up, last = float(pct_start * self.total_steps) - 1, self.total_steps - 1
        if three_phase:
            down = float(2 * pct_start * self.total_steps) - 2
            self._schedule_phases = [
                phase(up, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum")),
                phase(down, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum")),
                phase(last, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
            ]
        else:
            self._schedule_phases = [
                phase(up, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum")),
                phase(last, ("max_lr", "min_lr"), ("base_momentum", "max_momentum")),
            ]
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        groups = optimizer.param_groups
        max_lrs = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, rate in zip(groups, max_lrs, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = has_beta1(optimizer)
            if last_epoch == -1:
                most, least = (
                    per_group(name, optimizer, value)
                    for name, value in (("max_momentum", max_momentum), ("base_momentum", base_momentum))
                )
                for group, high, low in zip(groups, most, least, strict=True):
                    put_momentum(group, high, self.use_beta1)
                    group["max_momentum"], group["base_momentum"] = high, low
        super().__init__(optimizer, last_epoch)

    def _anneal(self, start: Any, end: Any, share: float) -> Any:
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (cos(pi * share) + 1)
        return (end - start) * share + start

    def get_lr(self) -> list[Any]:
        self._warn_unless_stepping()
        step, start = self.last_epoch, 0.0
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is {self.total_steps}: give as many as you take."
            )
        for now in self._schedule_phases:
            if step <= now["end_step"]:
                break
            if now is not self._schedule_phases[-1]:
                start = now["end_step"]
        share = (step - start) / (now["end_step"] - start)
        values = []
        for group in self.optimizer.param_groups:
            values.append(self._anneal(group[now["start_lr"]], group[now["end_lr"]], share))
            if self.cycle_momentum:
                ends = group[now["start_momentum"]], group[now["end_momentum"]]
                put_momentum(group, self._anneal(*ends, share), self.use_beta1)
        return values


def phase(end_step: float, rates: tuple[str, str], momenta: tuple[str, str]) -> dict[str, Any]:
    """A part of a cycle: until when, and between which settings of a group."""
    (start_lr, end_lr), (start_momentum, end_momentum) = rates, momenta
    return {
        "end_step": end_step,
        "start_lr": start_lr,
        "end_lr": end_lr,
        "start_momentum": start_momentum,
        "end_momentum": end_momentum,
    }


def check_count(name: str, value: Any) -> None:
    if value <= 0 or not isinstance(value, int):
        raise ValueError(f"Expected positive integer {name}, but got {value}")


def has_beta1(optimizer: Any) -> bool:
    """Whether the optimizer's momentum is the first of its ``betas``."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            f"optimizer must support momentum or beta1 with `cycle_momentum` option enabled: {type(optimizer).__name__} has neither, "
            "give cycle_momentum=False"
        )
    return "betas" in optimizer.defaults


def put_momentum(group: dict[str, Any], value: Any, is_beta1: bool) -> None:
    if is_beta1:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
