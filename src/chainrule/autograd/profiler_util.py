"""``torch.autograd.profiler_util``: calls with their times, added up and as tables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg"]

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
