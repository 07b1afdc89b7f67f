"""What was measured of a statement, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Measurement", "TaskSpec", "in_unit", "rounded"]

UNITS = ((1e-9, "ns", "nanoseconds"), (1e-6, "us", "microseconds"), (1e-3, "ms", "milliseconds"), (1.0, "s", "seconds"))
NOISY, VERY_NOISY = 0.1, 0.25
"""Spreads, as parts of the median, from which a measurement is not to be relied on."""


@dataclass(frozen=True)
class TaskSpec:
    """The statement that is measured, and what it is called in a table."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """Its label, or its first line."""
        if self.label is not None:
            return self.label + (f": {self.sub_label}" if self.sub_label else "")
        if "\n" not in self.stmt:
            return self.stmt
        return f"stmt:{f' ({self.sub_label})' if self.sub_label else ''}\n{indented(self.stmt)}"

    def summarize(self) -> str:
        """Title, description and what is set up before, on lines of their own."""
        lines = [self.title, self.description or ""]
        if self.setup and self.setup != "pass":
            lines.append(f"setup:\n{indented(self.setup)}\n" if "\n" in self.setup else f"setup: {self.setup}")
        return "\n".join(line for line in lines if line)


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().split("\n"))


def in_unit(seconds: float) -> tuple[float, str, str]:
    """The largest unit that is not larger than a time: in seconds, short and long.

    >>> in_unit(2.5e-05)
    (1e-06, 'us', 'microseconds')
    """
    return max((unit for unit in UNITS if unit[0] <= seconds), default=UNITS[0])


def rounded(value: float, digits: int) -> float:
    """``value`` with so many significant digits."""
    return value if not value else round(value, digits - 1 - math.floor(math.log10(abs(value))))


@dataclass(repr=False)
class Measurement:
    """Times of one statement.

    Attributes:
        number_per_run: how often the statement ran in each of the measured runs.
        raw_times: how long each run took, in seconds.
        task_spec: the statement.

    >>> from chainrule.utils.benchmark import Measurement, TaskSpec
    >>> m = Measurement(10, [2e-5, 4e-5, 3e-5], TaskSpec(stmt="f(x)", setup="pass"))
    >>> m.median
    3e-06
    >>> m.has_warnings
    True
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = field(default=None)

    @property
    def times(self) -> list[float]:
        """Seconds for one run of the statement, for each measured run."""
        return [time / self.number_per_run for time in self.raw_times]

    def _quantile(self, part: float) -> float:
        ordered = sorted(self.times)
        at = part * (len(ordered) - 1)
        low = math.floor(at)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (at - low)

    @property
    def median(self) -> float:
        """In seconds."""
        return statistics.median(self.times)

    @property
    def mean(self) -> float:
        """In seconds."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """How far the middle half of the times reaches, in seconds."""
        return self._quantile(0.75) - self._quantile(0.25)

    @property
    def significant_figures(self) -> int:
        """How many digits of the median can be relied on, between 1 and 5: those above the middle half of what it may be.

        For times like those of a normal distribution, the standard error of the median is 1.25 iqr / 1.35 / sqrt(n).
        """
        spread = max(self.iqr / 1.349 * 1.2533 / math.sqrt(len(self.times)), abs(self.median) * 1e-5, 1e-12)
        return min(5, max(1, math.ceil(math.log10(max(abs(self.median), 1e-12) / spread))))

    @property
    def has_warnings(self) -> bool:
        """Whether the times spread over more than a tenth of the median."""
        return self.iqr > NOISY * self.median

    def meets_confidence(self, threshold: float = NOISY) -> bool:
        """Whether the times spread over less than this part of the median."""
        return self.iqr < threshold * self.median

    @property
    def title(self) -> str:
        """The title of the statement."""
        return self.task_spec.title

    @property
    def env(self) -> str:
        """What the statement ran in, as its timer was told."""
        return "Unspecified env" if self.task_spec.env is None else self.task_spec.env

    @property
    def as_row_name(self) -> str:
        """How a table calls it."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def __repr__(self) -> str:
        scale, unit, _ = in_unit(self.median)
        n, per_run = len(self.times), self.number_per_run
        lines = [
            f"<torch.utils.benchmark.utils.common.Measurement object at {hex(id(self))}>",
            self.task_spec.summarize(),
        ]
        if n == 1:
            lines += [f"  {self.median / scale:.2f} {unit}"]
        else:
            lines += [f"  Median: {self.median / scale:.2f} {unit}"]
        if n > 3:
            low, high = self._quantile(0.25) / scale, self._quantile(0.75) / scale
            lines += [f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})"]
        runs = f"{per_run} runs" + (" per measurement" if n > 1 else " ")
        threads = self.task_spec.num_threads
        lines += [f"  {n} measurement{'s' * (n > 1)}, {runs}, {threads} thread{'s' * (threads > 1)}"]
        if self.has_warnings:
            part = self.iqr / self.median
            why = (
                "This suggests significant environmental influence." if part > VERY_NOISY
                else "This could indicate system fluctuation."
            )  # fmt: skip
            lines += [f"  WARNING: Interquartile range is {part:.1%} of the median measurement.", f"           {why}"]
        return "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement for each statement, with the times of all that are of it, divided by their own numbers of runs."""
        grouped: dict[TaskSpec, list[Measurement]] = {}
        for one in measurements:
            grouped.setdefault(one.task_spec, []).append(one)
        return [
            Measurement(1, [time for one in group for time in one.times], spec)
            for spec, group in grouped.items()
        ]  # fmt: skip
