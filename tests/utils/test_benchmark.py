"""torch.utils.benchmark: how often statements run, with how many threads, and what is printed of it."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
from chainrule.utils.benchmark import Compare, Measurement, TaskSpec, Timer


def test_a_statement_runs_as_often_as_is_asked_with_its_threads() -> None:
    seen: list[int] = []
    before = torch.get_num_threads()
    measured = Timer(
        "seen.append(threads())", "a = 1", globals={"seen": seen, "threads": torch.get_num_threads}
    ).timeit(300)
    assert len(seen) == 303
    assert set(seen) == {1}
    assert torch.get_num_threads() == before
    assert measured.number_per_run == 300
    assert measured.median == measured.mean > 0


def test_runs_until_the_time_is_over() -> None:
    def timer() -> Timer:
        clock = iter([0, 0, *[n + part for n in range(100) for part in (0, 1)]])  # to read it takes no time, to run 1 s
        return Timer("pass", timer=lambda: float(next(clock)))

    calls: list[tuple[int, float]] = []
    measured = timer().blocked_autorange(lambda number, taken: calls.append((number, taken)), min_run_time=5)
    assert measured.raw_times == [1.0] * 5
    assert calls == [(1, 1.0)] * 5
    assert timer().adaptive_autorange(min_run_time=2).raw_times == [1.0] * 4


def test_statistics_and_what_is_printed() -> None:
    times = [1e-3, 2e-3, 3e-3, 4e-3, 9e-3]
    measured = Measurement(10, times, TaskSpec("f(x)", "y = 1", label="f", sub_label="small", description="plain"))
    assert measured.median == pytest.approx(3e-4)
    assert measured.iqr == pytest.approx(2e-4)
    assert repr(measured).splitlines()[1:] == [
        "f: small", "plain", "setup: y = 1", "  Median: 300.00 us", "  IQR:    200.00 us (200.00 to 400.00)",
        "  5 measurements, 10 runs per measurement, 1 thread",
        "  WARNING: Interquartile range is 66.7% of the median measurement.",
        "           This suggests significant environmental influence.",
    ]  # fmt: skip
    (merged,) = Measurement.merge([measured, measured])
    assert merged.times == measured.times * 2


def test_a_table_trimmed_and_with_warnings() -> None:
    def measured(threads: int, seconds: list[float]) -> Measurement:
        return Measurement(1, seconds, TaskSpec("f(x)", "pass", label="f", sub_label="row", num_threads=threads))

    table = Compare([measured(2, [1.0, 2.0, 3.0, 4.0]), measured(1, [0.123456] * 4)])
    table.trim_significant_figures()
    table.highlight_warnings()
    lines = str(table).splitlines()
    assert [line.split(":")[0] for line in lines if "threads" in line] == ["1 threads", "2 threads"]
    assert "123.46" in lines[3]
    assert "(! 60%)" in lines[5]


@pytest.mark.parametrize("given", [{"language": "cpp"}, {"global_setup": "#include <vector>"}])
def test_what_is_for_cpp_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"language=|C\+\+ only"):
        Timer(**given)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        Timer("1").repeat(3, 10)
    with pytest.raises(RuntimeError, match="Valgrind"):
        Timer("1").collect_callgrind()
    with pytest.raises(ValueError, match="Measurement"):
        Compare([1])  # type: ignore[list-item]
