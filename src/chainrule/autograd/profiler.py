"""``torch.autograd.profiler``: how long ops take, rules of the reverse pass, and regions that a program names."""

from __future__ import annotations

import functools
import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from ..core.dispatch import general
from ..core.modes import change_modes, changed_modes, modes
from ..core.value import TensorBase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from ..core.op import Op

__all__ = ["EventList", "FunctionEvent", "profile", "record_function"]

COLUMN = 12
WIDEST_NAME = 55
SORTS = {
    "cpu_time": "cpu_time", "cpu_time_total": "cpu_time_total", "self_cpu_time_total": "self_cpu_time_total",
    "count": "count",
}  # fmt: skip
"""What tables can be sorted by. Columns of devices that are not here have zeros only, and leave the order as it is."""


class FunctionEvent:
    """One call: its name, when it began and ended, in microseconds, and the calls in it."""

    count = 1
    is_async = False

    def __init__(self, name: str, shapes: list[Any], thread: int) -> None:
        self.name = name
        self.input_shapes = shapes
        self.thread = thread
        self.cpu_parent: FunctionEvent | None = None
        self.cpu_children: list[FunctionEvent] = []
        self.start = perf_counter_ns() / 1000
        self.end = self.start

    @property
    def key(self) -> str:
        """The name under which calls are added up."""
        return "ProfilerStep*" if self.name.startswith("ProfilerStep#") else self.name

    @property
    def cpu_time_total(self) -> float:
        """How long it took."""
        return self.end - self.start

    cpu_time = cpu_time_total

    @property
    def self_cpu_time_total(self) -> float:
        """How long it took without the calls in it."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    def __repr__(self) -> str:
        return f"<FunctionEvent name={self.name} cpu_time={duration(self.cpu_time_total)} input_shapes={self.input_shapes}>"


class FunctionEventAvg:
    """All calls of one name added up."""

    def __init__(self, key: str, shapes: list[Any]) -> None:
        self.key = key
        self.input_shapes = shapes
        self.count = 0
        self.cpu_time_total = 0.0
        self.self_cpu_time_total = 0.0

    def add(self, event: Any) -> Self:
        """Add a call, or others that are added up."""
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        return self

    @property
    def cpu_time(self) -> float:
        """How long a call took on average."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def __repr__(self) -> str:
        own, mean = duration(self.self_cpu_time_total), duration(self.cpu_time)
        return f"<FunctionEventAvg key={self.key} self_cpu_time={own} cpu_time={mean} input_shapes={self.input_shapes}>"


class EventList(list[Any]):
    """Calls, or calls added up."""

    with_shapes = False

    @property
    def self_cpu_time_total(self) -> float:
        """How long all of them took, each without the calls in it."""
        return float(sum(event.self_cpu_time_total for event in self))

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The calls added up by name.

        Args:
            group_by_input_shape: calls on other shapes are others.
            group_by_stack_n: accepted: call stacks are not kept.
        """
        found: dict[Any, FunctionEventAvg] = {}
        for event in self:
            key = event.key, str(event.input_shapes) if group_by_input_shape else ""
            if key not in found:
                found[key] = FunctionEventAvg(event.key, event.input_shapes if group_by_input_shape else [])
            found[key].add(event)
        averages = EventList(found.values())
        averages.with_shapes = group_by_input_shape
        return averages

    def total_average(self) -> FunctionEventAvg:
        """All of them added up."""
        total = FunctionEventAvg("Total", [])
        for event in self:
            total.add(event)
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = WIDEST_NAME,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """A table with a row an entry.

        Args:
            sort_by: the column to sort by, the greatest first: "cpu_time", "cpu_time_total", "self_cpu_time_total" or
                "count". None: in the order of their ends.
            row_limit: so many rows at most; -1 for all.
            max_src_column_width: accepted: there is no such column.
            max_name_column_width: longer names are cut.
            max_shapes_column_width: longer shapes are cut.
            header: a line above.
            top_level_events_only: only calls that are in no other.
            time_unit: "s", "ms" or "us"; None: what suits each number.
        """
        rows = [e for e in self if not (top_level_events_only and getattr(e, "cpu_parent", None) is not None)]
        if sort_by in SORTS:
            rows.sort(key=lambda event: getattr(event, SORTS[sort_by]), reverse=True)
        total = self.self_cpu_time_total
        cells = [
            [
                cut(event.key, max_name_column_width),
                percent(event.self_cpu_time_total, total),
                duration(event.self_cpu_time_total, time_unit),
                percent(event.cpu_time_total, total),
                duration(event.cpu_time_total, time_unit),
                duration(event.cpu_time, time_unit),
                str(event.count),
                *([cut(str(event.input_shapes), max_shapes_column_width)] if self.with_shapes else []),
            ]
            for event in (rows if row_limit < 0 else rows[:row_limit])
        ]
        titles = ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "# of Calls"]
        widths = [min(max([len(e.key) for e in rows], default=4) + 4, max_name_column_width), *[COLUMN] * 6]
        if self.with_shapes:
            titles.append("Input Shapes")
            widths.append(max(len(title) for title in ["Input Shapes", *[row[-1] for row in cells]]))
        line = "".join("-" * width + "  " for width in widths)

        def laid_out(row: list[str]) -> str:
            return "".join(f"{cell:>{width}}  " for cell, width in zip(row, widths, strict=True))

        above = [] if header is None else ["=" * len(line), header]
        body = [line, laid_out(titles), line, *map(laid_out, cells), line]
        return "\n".join([*above, *body, f"Self CPU time total: {duration(total, time_unit)}", ""])

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str) -> None:
        """Write the calls as a file that chrome://tracing and Perfetto show."""
        events = [
            {
                "ph": "X", "cat": "cpu_op", "name": event.name, "pid": os.getpid(), "tid": event.thread,
                "ts": event.start, "dur": event.cpu_time_total, "args": {"Input Dims": event.input_shapes},
            }
            for event in self
        ]  # fmt: skip
        text = json.dumps({"traceEvents": events})
        if path.endswith(".gz"):
            import gzip

            Path(path).write_bytes(gzip.compress(text.encode()))
        else:
            Path(path).write_text(text, encoding="utf-8")


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole if whole else 0.0:.2f}%"


def duration(us: float, unit: str | None = None) -> str:
    """Microseconds as text."""
    if unit == "s" or (unit is None and us >= 1e6):
        return f"{us / 1e6:.3f}s"
    return f"{us / 1e3:.3f}ms" if unit == "ms" or (unit is None and us >= 1e3) else f"{us:.3f}us"


class Recorder:
    """Runs ops and takes their times (``Modes.tape``)."""

    follows_values = False

    def __init__(self, with_shapes: bool = False) -> None:
        self.with_shapes = with_shapes
        self.events = EventList()
        self.open: list[FunctionEvent] = []

    @contextmanager
    def region(self, name: str, args: Iterable[Any] = ()) -> Iterator[None]:
        """What runs inside is a call of this name."""
        shapes = [list(a.shape) if isinstance(a, TensorBase) else [] for a in args] if self.with_shapes else []
        event = FunctionEvent(name, shapes, threading.get_ident())
        if self.open:
            event.cpu_parent = self.open[-1]
            self.open[-1].cpu_children.append(event)
        self.open.append(event)
        try:
            yield
        finally:
            event.end = perf_counter_ns() / 1000
            while self.open and self.open.pop() is not event:
                pass
            self.events.append(event)

    def run_op(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op is called."""
        with changed_modes(tape=None), self.region(pytorch_name(op), args):
            return general(op, args, params)

    def run_function(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A custom Function is applied."""
        with changed_modes(tape=None), self.region(function.__name__, args):
            return function.apply(*args, **kwargs)

    def run_node(self, node: Any, call: Callable[[], Any]) -> Any:
        """A rule of the reverse pass runs."""
        with self.region(node.name()):
            return call()


@functools.cache
def pytorch_name(op: Op) -> str:
    """PyTorch's name of an op, which is in that of its node: MaxPool2DBackward0 -> aten::max_pool2d."""
    made = re.fullmatch(r"([A-Za-z0-9]+?)Backward\d*", op.node_name.rpartition("::")[2] or "")
    if made is None:
        return f"aten::{op.name}"
    words = re.sub(r"(\d)([DCR])", lambda pair: pair[0].lower(), made[1])
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=L1)(?=L)", "_", words).lower()
    return f"aten::{words}"


class record_function:  # noqa: N801 - PyTorch's name
    """Context manager and decorator: what runs inside is a call of this name to a profiler.

    Args:
        name: the name.
        args: accepted.

    >>> import chainrule as torch
    >>> with torch.autograd.profiler.profile() as profiler, torch.autograd.profiler.record_function("model"):
    ...     y = torch.ones(2) * 3
    >>> [event.name for event in profiler.function_events]
    ['aten::mul', 'model']
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> Self:
        tape = modes().tape
        self._region: Any = tape.region(self.name) if isinstance(tape, Recorder) else None
        if self._region is not None:
            self._region.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._region is not None:
            self._region.__exit__(*exception)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return func(*args, **kwargs)

        return recorded


class profile:  # noqa: N801 - PyTorch's name
    """Context manager: the calls of ops inside, in this thread, with their times.

    Args:
        enabled: whether to do anything.
        use_cuda: accepted: there is no such device.
        use_device: accepted.
        record_shapes: keep the shapes of operands.
        with_flops: accepted.
        profile_memory: accepted.
        with_stack: accepted.
        with_modules: accepted.
        use_kineto: accepted.
        use_cpu: accepted.

    >>> import chainrule as torch
    >>> x = torch.ones(2, 2, requires_grad=True)
    >>> with torch.autograd.profiler.profile() as profiler:
    ...     (x * x).sum().backward()
    >>> [event.name for event in profiler.function_events]
    ['aten::mul', 'aten::sum', 'SumBackward0', 'MulBackward0']
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        **accepted: Any,
    ) -> None:
        self.enabled = enabled
        self.record_shapes = record_shapes
        self.function_events: EventList | None = None
        """The calls, in the order of their ends; None before."""

    def __enter__(self) -> Self:
        if self.enabled:
            self._recorder = Recorder(self.record_shapes)
            self._outside = modes().tape
            change_modes(tape=self._recorder)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.enabled:
            change_modes(tape=self._outside)
            self.function_events = self._recorder.events

    def _events(self) -> EventList:
        if self.function_events is None:
            raise RuntimeError("Profiler didn't finish running: ask after the with block")
        return self.function_events

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """See :meth:`EventList.key_averages`."""
        return self._events().key_averages(group_by_input_shape, group_by_stack_n)

    def total_average(self) -> FunctionEventAvg:
        """See :meth:`EventList.total_average`."""
        return self._events().total_average()

    def table(self, *args: Any, **kwargs: Any) -> str:
        """See :meth:`EventList.table`."""
        return self._events().table(*args, **kwargs)

    def export_chrome_trace(self, path: str) -> None:
        """See :meth:`EventList.export_chrome_trace`."""
        self._events().export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """How long all calls took, in microseconds."""
        return self._events().self_cpu_time_total

    def __str__(self) -> str:
        return "<unfinished torch.autograd.profile>" if self.function_events is None else str(self.function_events)

    __repr__ = __str__


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
