"""``Timer``: how long a statement takes."""

from __future__ import annotations

import contextlib
import textwrap
import timeit
from collections.abc import Callable, Iterator
from importlib import import_module
from time import perf_counter as timer
from typing import Any

from ...functions.settings import get_num_threads, set_num_threads
from .measurement import Measurement, TaskSpec

__all__ = ["Timer", "set_torch_threads", "timer"]


@contextlib.contextmanager
def set_torch_threads(n: int) -> Iterator[None]:
    """So many threads inside of the ``with`` statement."""
    before = get_num_threads()
    try:
        set_num_threads(n)
        yield
    finally:
        set_num_threads(before)


class Timer:
    """Times a statement, after runs that warm it up, with one thread unless told otherwise.

    Args:
        stmt: Python statements.
        setup: statements that run once before.
        global_setup: for C++ alone, which is not timed here: must be empty.
        timer: what tells the time.
        globals: the names that the statements see; ``torch`` is among them.
        label: what the statement is called.
        sub_label: what tells it from others of the same label, such as the size of its input.
        description: what tells it from others in the same row of a table.
        env: in which environment.
        num_threads: how many threads it may take.
        language: Python.

    Raises:
        ValueError: no string, or another language.

    >>> from chainrule.utils.benchmark import Timer
    >>> m = Timer("x + x", globals={"x": 1}, label="sum").timeit(100)
    >>> m.number_per_run, len(m.times), m.title
    (100, 1, 'sum')
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = "python",
    ) -> None:
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if str(getattr(language, "name", language)).lower() not in ("python", "py"):
            raise ValueError(f"Timer times Python alone, not {language}")
        if global_setup:
            raise ValueError("global_setup is for C++ only, which is not timed here. Put it into setup.")
        stmt, setup = (textwrap.dedent(text).strip("\n").rstrip() for text in (stmt, setup))
        self._task = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)
        self._timer = timeit.Timer(stmt, setup, timer, {"torch": import_module("chainrule"), **(globals or {})})

    def _time(self, number: int) -> float:
        return max(self._timer.timeit(number), 1e-9)  # no clock may say that it took no time

    def timeit(self, number: int = 1000000) -> Measurement:
        """One time, of ``number`` runs."""
        with set_torch_threads(self._task.num_threads):
            self._time(max(number // 100, 2))
            return Measurement(number, [self._time(number)], self._task)

    def repeat(self, repeat: int = -1, number: int = -1) -> None:
        """Refused: :meth:`blocked_autorange` does more."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Callable[[int, float], Any] | None = None) -> None:
        """Refused: :meth:`blocked_autorange` does more."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def collect_callgrind(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: it counts the instructions of PyTorch's kernels."""
        raise RuntimeError(
            "collect_callgrind counts instructions with Valgrind, which is not done here. Use blocked_autorange()."
        )

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Several times, of so many runs each that the clock does not count, over at least ``min_run_time`` seconds.

        Args:
            callback: called with the number of runs and their time, after each.
            min_run_time: in seconds.
        """
        with set_torch_threads(self._task.num_threads):
            number = self._block(min_run_time)
            return Measurement(number, self._measure(number, min_run_time, callback, lambda times: True), self._task)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """As :meth:`blocked_autorange`, until the times spread by less than ``threshold`` of their median.

        Args:
            threshold: how far they may spread.
            min_run_time: in seconds.
            max_run_time: after how many seconds to give up.
            callback: called with the number of runs and their time, after each.
        """
        with set_torch_threads(self._task.num_threads):
            number = self._block(0.05)

            def enough(times: list[float]) -> bool:
                sure = len(times) > 3 and Measurement(number, times, self._task).meets_confidence(threshold)
                return sure or sum(times) >= max_run_time

            return Measurement(number, self._measure(number, min_run_time, callback, enough), self._task)

    def _block(self, min_run_time: float) -> int:
        """How many runs take a hundredth of the time, at least one."""
        number = 1
        while self._time(number) < min_run_time / 100:
            number *= 2
        return number

    def _measure(
        self, number: int, min_run_time: float, callback: Callable[[int, float], Any] | None, enough: Any
    ) -> list[float]:
        times: list[float] = []
        while sum(times) < min_run_time or not enough(times):
            times.append(self._time(number))
            if callback is not None:
                callback(number, times[-1])
        return times
