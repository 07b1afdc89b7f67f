"""How long a statement takes: Python's ``timeit``, with as many threads as are asked for, and as often as is needed."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from textwrap import dedent
from typing import Any, NoReturn

from ...functions.settings import get_num_threads, set_num_threads
from .measurement import Measurement, TaskSpec

__all__ = ["Language", "Timer", "timer"]

timer = timeit.default_timer
"""The clock, in seconds."""
OVERHEAD = 1e-4
"""Part of a run that reading the clock may take, at most, in :meth:`Timer.blocked_autorange`."""


class Language(Enum):
    """What a statement is written in."""

    PYTHON = 0
    CPP = 1


class Timer:
    """Measures a statement.

    Args:
        stmt: Python code.
        setup: code that runs once before each measured run.
        global_setup: code for C++ only; must be empty.
        timer: the clock, in seconds.
        globals: what the names in the code mean.
        label, sub_label, description, env: what the statement is called in a table.
        num_threads: how many threads operations may use meanwhile; 1 by default, for times that can be compared.
        language: ``Language.PYTHON``, or ``"python"``.

    Raises:
        ValueError: another language, or ``global_setup``.

    >>> import chainrule as torch
    >>> from chainrule.utils import benchmark
    >>> measured = benchmark.Timer("x.sum()", globals={"x": torch.ones(3)}).timeit(100)
    >>> measured.number_per_run, measured.median > 0
    (100, True)
    """

    def __init__(
        self, stmt: str = "pass", setup: str = "pass", global_setup: str = "", timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None, label: str | None = None, sub_label: str | None = None,
        description: str | None = None, env: str | None = None, num_threads: int = 1,
        language: Language | str = Language.PYTHON,
    ) -> None:  # fmt: skip
        if language not in (Language.PYTHON, "py", "python"):
            raise ValueError(f"Timer(language={language!r}): only statements in Python can be timed: language='python'")
        if global_setup:
            raise ValueError(
                f"global_setup is C++ only, got {global_setup!r}. Most likely, this code can simply be moved to setup."
            )
        stmt, setup = (dedent(code).strip("\n") for code in (stmt, setup))
        self._spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)
        # Names that the code defines are no names of the caller's.
        self._clock = timer
        self._timer = timeit.Timer(stmt, setup, timer, {} if globals is None else dict(globals))

    @contextmanager
    def _threads(self) -> Iterator[None]:
        before = get_num_threads()
        set_num_threads(self._spec.num_threads)
        try:
            yield
        finally:
            set_num_threads(before)

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """One run of ``number`` times the statement, after a hundredth as many to warm up."""
        with self._threads():
            self._timer.timeit(max(number // 100, 2))
            return Measurement(number, [self._timer.timeit(number)], self._spec)

    def repeat(self, repeat: int = -1, number: int = -1) -> NoReturn:
        """Refused, as in PyTorch: ask :meth:`blocked_autorange`."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    autorange = repeat

    def _number(self, min_run_time: float) -> int:
        """So many times the statement that reading the clock does not count, or that one run takes long enough."""
        overhead = timeit.Timer("pass", timer=self._clock).timeit(0)
        number = 1
        while True:
            taken = self._timer.timeit(number)
            if (overhead <= OVERHEAD * taken and taken >= min_run_time / 1000) or taken > min_run_time:
                return number
            number *= 10

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Runs of as many times the statement as are worth a measurement, until they have taken ``min_run_time`` seconds.

        ``callback`` is given the number and the time of each run.
        """
        return self._measured(callback, lambda measured: sum(measured.raw_times) >= min_run_time, min_run_time)

    def adaptive_autorange(
        self, threshold: float = 0.1, *, min_run_time: float = 0.01, max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:  # fmt: skip
        """The same, until the times spread over less than ``threshold`` of their median, or ``max_run_time`` is over."""

        def is_done(measured: Measurement) -> bool:
            taken = sum(measured.raw_times)
            return taken >= max_run_time or (
                taken >= min_run_time and len(measured.times) > 3 and measured.meets_confidence(threshold)
            )

        return self._measured(callback, is_done, min_run_time)

    def _measured(
        self, callback: Callable[[int, float], Any] | None, is_done: Callable[[Measurement], bool], min_run_time: float
    ) -> Measurement:
        with self._threads():
            number = self._number(min_run_time)
            measured = Measurement(number, [], self._spec)
            while not measured.raw_times or not is_done(measured):
                measured.raw_times.append(self._timer.timeit(number))
                if callback is not None:
                    callback(number, measured.raw_times[-1])
        return measured

    def collect_callgrind(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: Valgrind counts the instructions of compiled programs."""
        raise RuntimeError(
            "Timer.collect_callgrind needs Valgrind and a statement in C++, which chainrule does not run: measure time, with "
            "Timer.blocked_autorange()."
        )
