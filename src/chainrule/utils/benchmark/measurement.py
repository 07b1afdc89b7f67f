"""What was measured, of what, and how it is told."""

from __future__ import annotations

import dataclasses
import math
import statistics
import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["Measurement", "TaskSpec", "select_unit", "trim_sigfig", "unit_to_english"]

UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
MOST_DIGITS = 4
SHORTEST = 25e-9
"""Times are not known better than this, in seconds."""
Z = 1.645
"""The mean of normal numbers is within so many of its standard deviations in nine cases of ten."""
SUSPECT, DISTURBED = 0.1, 0.25
"""From which spread on, as a part of the median, measurements are doubtful, and very much so."""


@dataclasses.dataclass(init=True, repr=False, eq=True, frozen=True)
class TaskSpec:
    """What is timed, and what it is called."""

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
        """Its label, or else the statement."""
        name = self.label or _block("stmt", self.stmt, is_named=False)
        return f"{name}: {self.sub_label}" if self.sub_label else name

    def setup_str(self) -> str:
        """The setup, if it does anything."""
        return "" if self.setup in ("", "pass") else _block("setup", self.setup)

    def summarize(self) -> str:
        """Title, description and setup, those that there are."""
        parts = [part for part in (self.title, self.description or "", self.setup_str()) if part]
        return "\n".join(part + "\n" if "\n" in part else part for part in parts)


def _block(name: str, text: str, is_named: bool = True) -> str:
    if "\n" in text:
        return f"{name}:\n{textwrap.indent(text, '  ')}"
    return f"{name}: {text}" if is_named else text


class Measurement:
    """The times that a statement took.

    Args:
        number_per_run: how often it ran for each time.
        raw_times: the times, in seconds, each of ``number_per_run`` runs.
        task_spec: what was timed.
        metadata: anything else.

    >>> from chainrule.utils.benchmark import Measurement, TaskSpec
    >>> m = Measurement(10, [2e-5, 3e-5, 2.2e-5], TaskSpec("f(x)", "pass"))
    >>> m.median
    2.2e-06
    """

    def __init__(
        self, number_per_run: int, raw_times: list[float], task_spec: TaskSpec, metadata: dict[Any, Any] | None = None
    ) -> None:
        self.number_per_run = number_per_run
        self.raw_times = raw_times
        self.task_spec = task_spec
        self.metadata = metadata

    def __getattr__(self, name: str) -> Any:
        if name == "task_spec":  # not there yet while it is being unpickled
            raise AttributeError(name)
        return getattr(self.task_spec, name)

    @property
    def times(self) -> list[float]:
        """The times of one run."""
        return [time / self.number_per_run for time in self.raw_times]

    @property
    def median(self) -> float:
        """The middle one of them."""
        return float(np.median(self.times))

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.mean(self.times))

    @property
    def iqr(self) -> float:
        """How far the middle half of them spreads."""
        low, high = np.quantile(self.times, (0.25, 0.75))
        return float(high - low)

    @property
    def significant_figures(self) -> int:
        """How many digits of the median can be trusted, roughly, by the spread of the middle half."""
        times, count = sorted(self.times), len(self.times)
        middle = times[count // 4 : math.ceil(3 * count / 4)]
        spread = statistics.stdev(middle) if len(middle) > 1 else 0.0
        doubt = max(Z * spread / math.sqrt(len(middle)), SHORTEST)
        return min(max(math.floor(math.log10(self.median / doubt)), 1), MOST_DIGITS)

    @property
    def has_warnings(self) -> bool:
        """Whether they spread so far that something may have disturbed them."""
        return not self.meets_confidence(SUSPECT)

    @property
    def title(self) -> str:
        """What was timed."""
        return self.task_spec.title

    @property
    def as_row_name(self) -> str:
        """What its row of a table is called."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def meets_confidence(self, threshold: float = 0.05) -> bool:
        """Whether the spread is less than ``threshold`` of the median."""
        return self.iqr / self.median < threshold

    def __repr__(self) -> str:
        here = f"<{type(self).__module__}.{type(self).__name__} object at {id(self):#x}>"
        said = [here, self.task_spec.summarize()]
        unit, scale = select_unit(self.median)
        count, threads = len(self.times), self.task_spec.num_threads
        crew = f"{threads} thread{'s' if threads > 1 else ''}"
        if count == 1:
            said += [f"  {self.median / scale:.2f} {unit}", f"  1 measurement, {self.number_per_run} runs , {crew}"]
            return "\n".join(said)
        low, high = np.quantile(self.times, (0.25, 0.75)) / scale
        said += [
            f"  Median: {self.median / scale:.2f} {unit}",
            *([f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})"] if count > 2 else []),
            f"  {count} measurements, {self.number_per_run} runs per measurement, {crew}",
        ]
        part = self.iqr / self.median
        if part >= SUSPECT:
            said.append(f"  WARNING: Interquartile range is {part * 100:.1f}% of the median measurement.")
            why = (
                "suggests significant environmental influence"
                if part >= DISTURBED
                else "could indicate system fluctuation"
            )
            said.append(f"           This {why}.")
        return "\n".join(said)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Those of the same task and number of runs as one."""
        groups: dict[Any, list[Measurement]] = {}
        for one in measurements:
            groups.setdefault((one.number_per_run, one.task_spec), []).append(one)
        return [
            Measurement(number, [time for one in group for time in one.raw_times], task)
            for (number, task), group in groups.items()
        ]


def select_unit(t: float) -> tuple[str, float]:
    """The unit in which a time is told, and its length in seconds.

    >>> from chainrule.utils.benchmark import select_unit
    >>> select_unit(3e-5)
    ('us', 1e-06)
    """
    power = math.floor(math.log10(t)) // 3 if t else 0
    unit = {-1: "ms", -2: "us", -3: "ns"}.get(power, "s")
    return unit, UNITS[unit]


def unit_to_english(u: str) -> str:
    """The word for a unit: "us" is "microsecond"."""
    return {"ns": "nanosecond", "us": "microsecond", "ms": "millisecond", "s": "second"}[u]


def trim_sigfig(x: float, n: int) -> float:
    """A number with ``n`` significant digits."""
    magnitude = math.ceil(math.log10(abs(x))) if x else 0
    scale = 10.0 ** (magnitude - n)
    return float(round(x / scale) * scale)
