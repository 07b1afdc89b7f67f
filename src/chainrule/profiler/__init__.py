"""``torch.profiler``: how long ops take, over steps of a schedule.

What it sees are the calls of ops in the thread that profiles, the rules of the reverse pass, and regions that
:class:`record_function` names; times are those of the processor. Memory, call stacks and other devices it does not follow.
"""

from __future__ import annotations

import enum
import os
import socket
import time
from typing import TYPE_CHECKING, Any

from ..autograd.profiler import Recorder as _Recorder, record_function as record_function
from ..autograd.profiler_util import EventList as _EventList
from ..core.modes import change_modes as _change_modes, modes as _modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerActivity(enum.Enum):
    """What to profile: the CPU; the others are not here.

    >>> import chainrule as torch
    >>> torch.profiler.supported_activities() == {torch.profiler.ProfilerActivity.CPU}
    True
    """

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a profiler does in a step.

    >>> import chainrule as torch
    >>> [action.name for action in torch.profiler.ProfilerAction]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'DEVICE_STOPPED']
    """

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3
    DEVICE_STOPPED = 4


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def kineto_available() -> bool:
    """Whether PyTorch's library of tracing is there: False.

    >>> import chainrule as torch
    >>> torch.profiler.kineto_available()
    False
    """
    return False


def supported_activities() -> set[ProfilerActivity]:
    """What can be profiled.

    >>> import chainrule as torch
    >>> torch.profiler.supported_activities()
    {<ProfilerActivity.CPU: 0>}
    """
    return {ProfilerActivity.CPU}


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """What to do in each step: cycles of waiting, warming up and recording.

    Args:
        wait: so many steps of a cycle do nothing.
        warmup: so many after them record nothing yet.
        active: so many after them are recorded; at the end, the calls are handed over.
        repeat: so many cycles; 0: without end.
        skip_first: so many steps come before the first cycle.
        skip_first_wait: if not 0, the first cycle does not wait.

    Returns:
        A function of the step's number.

    Raises:
        AssertionError: negative numbers, or no step to record.

    >>> import chainrule as torch
    >>> plan = torch.profiler.schedule(wait=1, warmup=1, active=2, repeat=1)
    >>> [plan(step).name for step in range(5)]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    least = min(wait, warmup, active - 1, repeat, skip_first, skip_first_wait)
    assert least >= 0, "Invalid profiler schedule arguments"

    def plan(step: int) -> ProfilerAction:
        assert step >= 0, f"Step must be non-negative. Got {step}."
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if skip_first_wait != 0:
            step += wait
        length = wait + warmup + active
        if repeat > 0 and step // length >= repeat:
            return ProfilerAction.NONE
        step %= length
        if step < wait:
            return ProfilerAction.NONE
        if step < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if step < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return plan


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False, use_python_export: bool = False
) -> Callable[[profile], None]:
    """For ``on_trace_ready``: write a trace into a directory, one file each time.

    Args:
        dir_name: the directory; it is made where there is none.
        worker_name: what the files' names begin with; by default host and process.
        use_gzip: compress them.
        use_python_export: accepted.
    """

    def handle(profiler: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        ending = "pt.trace.json.gz" if use_gzip else "pt.trace.json"
        profiler.export_chrome_trace(os.path.join(dir_name, f"{name}.{time.time_ns()}.{ending}"))

    return handle


class profile:  # noqa: N801 - PyTorch's name
    """Context manager: the calls of ops inside, with their times.

    Args:
        activities: what to profile; only the CPU is there.
        schedule: a function of the step's number, such as :func:`schedule` makes; None: all is recorded.
        on_trace_ready: called with the profiler when a part of the schedule is over.
        record_shapes: keep the shapes of operands.
        profile_memory: accepted.
        with_stack: accepted.
        with_flops: accepted.
        with_modules: accepted.
        acc_events: keep the calls of earlier cycles, too.

    >>> import chainrule as torch
    >>> net = torch.nn.Linear(3, 2)
    >>> with torch.profiler.profile() as profiler:
    ...     with torch.profiler.record_function("forward"):
    ...         y = net(torch.ones(1, 3)).relu()
    >>> averages = profiler.key_averages()
    >>> [(entry.key, entry.count) for entry in averages]
    [('aten::addmm', 1), ('aten::relu', 1), ('forward', 1)]
    >>> print(averages.table(sort_by="self_cpu_time_total"))  # doctest: +ELLIPSIS
    -----------...
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[..., Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        acc_events: bool = False,
        **accepted: Any,
    ) -> None:
        self.activities = set(activities) if activities else supported_activities()
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self.on_trace_ready = on_trace_ready
        self.record_shapes = record_shapes
        self.record_steps = schedule is not None
        self.acc_events = acc_events
        self.step_num = 0
        self.current_action = self.schedule(0)
        self._recorder: _Recorder | None = None
        self._events: _EventList | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin."""
        self._outside = _modes().tape
        if self.current_action in _RECORDING:
            self._record()
        self._begin_step()

    def stop(self) -> None:
        """End; what was recorded is handed over."""
        self._end_step()
        if self._recorder is not None:
            self._save()

    def step(self) -> None:
        """A step of the program is over."""
        self._end_step()
        before, self.step_num = self.current_action, self.step_num + 1
        self.current_action = self.schedule(self.step_num)
        goes_on = before is ProfilerAction.RECORD and self.current_action in _RECORDING
        if self._recorder is not None and not goes_on:
            self._save()
        if self._recorder is None and self.current_action in _RECORDING:
            self._record()
        self._begin_step()

    def _record(self) -> None:
        self._recorder = _Recorder(self.record_shapes)
        _change_modes(tape=self._recorder)

    def _save(self) -> None:
        assert self._recorder is not None
        _change_modes(tape=self._outside)
        earlier = self._events if self.acc_events and self._events is not None else ()
        self._events = _EventList([*earlier, *self._recorder.events])
        self._recorder = None
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def _begin_step(self) -> None:
        self._step = None
        if self.record_steps and self._recorder is not None:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__(None, None, None)
            self._step = None

    def events(self) -> _EventList:
        """The calls, in the order of their ends.

        Raises:
            AssertionError: nothing has been recorded.
        """
        assert self._events is not None, "Profiler must be initialized before exporting or asking for events"
        return self._events

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> _EventList:
        """The calls added up by name; ``.table()`` prints them."""
        return self.events().key_averages(group_by_input_shape, group_by_stack_n)

    def export_chrome_trace(self, path: str) -> None:
        """Write the calls as a file that chrome://tracing and Perfetto show."""
        self.events().export_chrome_trace(path)


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
