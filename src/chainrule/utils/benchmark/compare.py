"""A table of measurements: a row for each sub-label, a column for each description, a block for each number of threads."""

from __future__ import annotations

from collections.abc import Iterable

from .measurement import Measurement, in_unit, rounded

__all__ = ["Compare"]


class Compare:
    """Tables of measurements, one for each label.

    Args:
        results: measurements, of which those of the same statement are put together.

    >>> from chainrule.utils.benchmark import Compare, Measurement, TaskSpec
    >>> def measured(size, name, seconds):
    ...     return Measurement(1, [seconds], TaskSpec("f(x)", "pass", label="sum", sub_label=size, description=name))
    >>> Compare([measured("small", "plain", 2e-6), measured("large", "plain", 3e-4), measured("small", "fast", 1e-6)]).print()
    [----------- sum ------------]
                 |  plain  |  fast
    1 threads: -------------------
          small  |    2.0  |   1.0
          large  |  300.0  |...
    <BLANKLINE>
    Times are in microseconds (us).
    <BLANKLINE>
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self.extend_results(results)
        self._trims = self._colors = False

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Take more measurements in. Raises a ValueError for anything else."""
        results = list(results)
        for one in results:
            if not isinstance(one, Measurement):
                raise ValueError(
                    f"Expected an instance of `Measurement`, got {type(one)} instead: pass what Timer.timeit() and "
                    "Timer.blocked_autorange() return."
                )
        self._results += results

    def trim_significant_figures(self) -> None:
        """Print the digits that can be relied on."""
        self._trims = True

    def colorize(self, rowwise: bool = False) -> None:
        """Accepted: the table is printed without colours."""

    def highlight_warnings(self) -> None:
        """Mark times that spread over more than a tenth of their median."""
        self._warns = True

    _warns = False

    def print(self) -> None:
        """Print the tables."""
        print(str(self))  # noqa: T201 - what it is asked for

    def __str__(self) -> str:
        labels = dict.fromkeys(one.task_spec.label for one in self._results)
        merged = Measurement.merge(self._results)
        return "\n".join(self._table([one for one in merged if one.task_spec.label == label]) for label in labels)

    def _table(self, results: list[Measurement]) -> str:
        columns = list(dict.fromkeys(one.task_spec.description for one in results))
        rows = list(dict.fromkeys((one.task_spec.num_threads, one.task_spec.env, one.as_row_name) for one in results))
        rows.sort(key=lambda row: row[0])
        scale, unit, units = in_unit(min(one.median for one in results))
        cells = {
            (one.task_spec.num_threads, one.task_spec.env, one.as_row_name, one.task_spec.description): self._cell(
                one, scale
            )
            for one in results
        }
        heads = [f"{'' if env is None else f'({env}) '}      {name}" for _, env, name in rows]
        first = max(map(len, heads))
        texts = {column: [cells.get((*row, column), "") for row in rows] for column in columns}
        widths = {column: max(len(column or ""), *map(len, texts[column])) for column in columns}
        top = " " * first + "".join(f"  |  {column or '':^{widths[column]}}" for column in columns)
        lines = [f"[{f' {results[0].task_spec.label or results[0].task_spec.stmt} ':-^{len(top) - 2}}]", top]
        threads = None
        for number, (row, head) in enumerate(zip(rows, heads, strict=True)):
            if row[0] != threads:
                threads = row[0]
                lines.append(f"{f'{threads} threads: ':-<{len(top)}}")
            lines.append(f"{head:<{first}}" + "".join(f"  |  {texts[c][number]:>{widths[c]}}" for c in columns))
        warning = "\n(! XX%) Measurement has high variance, where XX is the IQR / median * 100." if self._warns else ""
        return "\n".join([*lines, "", f"Times are in {units} ({unit}).{warning}", ""])

    def _cell(self, one: Measurement, scale: float) -> str:
        value = one.median / scale
        if self._trims:
            value = rounded(value, one.significant_figures)
            text = f"{value:.{max(0, one.significant_figures - len(str(int(value))))}f}"
        else:
            text = f"{value:.1f}"
        return f"(! {one.iqr / one.median:.0%}) {text}" if self._warns and one.has_warnings else text
