"""``torch.utils.benchmark``: that it times. What it says of times is in golden/names.json."""

from __future__ import annotations

import pickle
from itertools import count

import pytest

import chainrule as torch
from chainrule.utils.benchmark import Compare, Measurement, TaskSpec, Timer


def test_the_clock_is_asked() -> None:
    ticks = count()
    timer = Timer("calls.append(x)", "x = 3", timer=lambda: next(ticks), globals={"calls": (calls := [])})
    assert timer.timeit(200).times == [1 / 200]
    assert calls == [3] * 202
    assert timer.blocked_autorange(min_run_time=5).times == [1] * 5
    seen: list[tuple[int, float]] = []
    adaptive = timer.adaptive_autorange(min_run_time=2, callback=lambda number, time: seen.append((number, time)))
    assert adaptive.times == [1] * 4
    assert seen == [(1, 1)] * 4


def test_threads_are_set_while_it_runs() -> None:
    before = torch.get_num_threads()
    seen: list[int] = []
    Timer("seen.append(torch.get_num_threads())", globals={"seen": seen}).timeit(1)
    assert set(seen) == {1}
    assert torch.get_num_threads() == before


def test_it_gives_up_on_times_that_spread() -> None:
    clock = iter(range(10**6))
    pace = count(1)
    timer = Timer(timer=lambda: sum(next(clock) for _ in range(next(pace))))
    assert len(timer.adaptive_autorange(max_run_time=1000).times) < 100


def test_measurements_are_pickled_and_doubted() -> None:
    steady = Measurement(1, [1.0] * 4, TaskSpec("a", "", label="L"))
    shaky = Measurement(1, [1.0, 2.0, 3.0, 9.0], TaskSpec("b", "", label="L"))
    assert pickle.loads(pickle.dumps(shaky)).task_spec == shaky.task_spec
    table = Compare([steady, shaky])
    table.highlight_warnings()
    assert "2.5 (! 110%)" in str(table)
    assert "1.0 (!" not in str(table)


@pytest.mark.parametrize("given", [{"language": "cpp"}, {"global_setup": "#include <vector>"}])
def test_what_is_for_cpp_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"times Python alone|C\+\+ only"):
        Timer(**given)


def test_instructions_are_not_counted() -> None:
    with pytest.raises(RuntimeError, match="Valgrind"):
        Timer("1").collect_callgrind()
