"""``Compare``: measurements side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .measurement import Measurement, select_unit, trim_sigfig, unit_to_english

__all__ = ["Compare"]

INDENT, BETWEEN = 6, "  |  "
WARNING = "(! XX%) Measurement has high variance, where XX is the IQR / median * 100.\n"


class Compare:
    """A table for each label: a row for each ``sub_label`` and number of threads, a column for each ``description``.

    Args:
        results: the measurements; the same ones more than once are merged.

    >>> from chainrule.utils.benchmark import Compare, Measurement, TaskSpec
    >>> task = TaskSpec("", "", label="sums", sub_label="10 numbers", description="add")
    >>> print(Compare([Measurement(1, [2e-6], task)]))
    [-------- sums --------]
                      |  add
    1 threads: -------------
          10 numbers  |  2.0
    <BLANKLINE>
    Times are in microseconds (us).
    <BLANKLINE>
    """

    def __init__(self, results: list[Measurement]) -> None:
        self._results: list[Measurement] = []
        self.extend_results(results)
        self._trims = self._warns = False

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Take more measurements.

        Raises:
            ValueError: something else.
        """
        results = list(results)
        for one in results:
            if not isinstance(one, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(one)} instead.")
        self._results.extend(results)

    def trim_significant_figures(self) -> None:
        """Show no more digits than can be trusted."""
        self._trims = True

    def highlight_warnings(self) -> None:
        """Mark times that something may have disturbed, with how far they spread."""
        self._warns = True

    def colorize(self, rowwise: bool = False) -> None:
        """Accepted: tables have no colours."""

    def print(self) -> None:
        """Print the tables."""
        print(self)  # noqa: T201 - it is what it is for

    def __str__(self) -> str:
        groups: dict[Any, list[Measurement]] = {}
        for one in Measurement.merge(self._results):
            groups.setdefault(one.task_spec.label, []).append(one)
        return "\n".join(self._table(label or "", group) for label, group in groups.items())

    def _table(self, label: str, group: list[Measurement]) -> str:
        unit, scale = select_unit(min(one.median for one in group))
        cells: dict[tuple[int, str, str], dict[str, Measurement]] = {}
        for one in group:
            task = one.task_spec
            key = task.num_threads, "" if task.env is None else f"({task.env})", one.as_row_name
            cells.setdefault(key, {})[task.description or ""] = one
        columns = list(dict.fromkeys(one.task_spec.description or "" for one in group))
        margin = (
            max(INDENT, *[len(env) + 4 for _, env, _ in cells if env]) if any(env for _, env, _ in cells) else INDENT
        )
        names = {key: f"  {key[1]}".ljust(margin) + key[2] for key in cells}
        texts = {column: self._column([row.get(column) for row in cells.values()], scale) for column in columns}
        first = max(len(name) for name in names.values())
        widths = {column: max(len(column), *map(len, texts[column])) for column in columns}
        head = BETWEEN.join([" " * first, *[column.center(widths[column]) for column in columns]])
        lines = [f"[{f' {label} '.center(len(head) - 2, '-')}]", head]
        threads = None
        for at, key in sorted(enumerate(cells), key=lambda one: one[1][0]):
            if key[0] != threads:
                threads = key[0]
                lines.append(f"{threads} threads: ".ljust(len(head), "-"))
            row = [texts[column][at].center(widths[column]) for column in columns]
            lines.append(BETWEEN.join([names[key].ljust(first), *row]))
        note = WARNING if self._warns and any(one.has_warnings for one in group) else ""
        return "\n".join(lines) + f"\n\nTimes are in {unit_to_english(unit)}s ({unit}).\n{note}"

    def _column(self, column: list[Measurement | None], scale: float) -> list[str]:
        """The times as text; of one column all with as many decimals."""
        there = [one for one in column if one is not None]
        whole = max(math.ceil(math.log10(one.median / scale)) for one in there)
        digits = 1
        if self._trims:
            figures = [one.significant_figures - math.ceil(math.log10(one.median / scale)) for one in there]
            digits = max(min(figures), 0)
        width = whole + (digits + 1 if digits else 0)
        texts = []
        for one in column:
            if one is None:
                texts.append("")
                continue
            time = trim_sigfig(one.median, one.significant_figures) if self._trims else one.median
            mark = ""
            if self._warns:
                mark = f" (! {one.iqr / one.median * 100:.0f}%)" if one.has_warnings else " " * 7
            texts.append(f"{time / scale:>{max(width, 0)}.{digits}f}{mark}")
        return texts
