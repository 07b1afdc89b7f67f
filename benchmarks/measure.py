"""Timing that can be trusted on a shared machine: interleaved rounds, medians and minima, ratios within one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


def per_call(function: Callable[[], object], calls: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds per call, with the collector on, as users run it."""
    gc.collect()
    start = clock()
    for _ in range(calls):
        function()
    return (clock() - start) / calls


def compare(
    first: Callable[[], object], second: Callable[[], object], calls: int, rounds: int = 15
) -> tuple[float, float, float]:
    """Median seconds per call of each, and the median of the ratios first / second, taken round by round."""
    one, other = race({"first": first, "second": second}, calls, rounds).values()
    return one.median, other.median, one.against(other)


class Times(NamedTuple):
    """Seconds per call of one rival, round by round."""

    rounds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def least(self) -> float:
        return min(self.rounds)

    def against(self, other: Times) -> float:
        """The median of the ratios to another's, taken round by round: how many times faster the other is."""
        return statistics.median(a / b for a, b in zip(self.rounds, other.rounds, strict=True))


def race(
    rivals: dict[str, Callable[[], object]],
    calls: int,
    rounds: int = 15,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Times]:
    """Times of each rival, all of them in each round; one round goes before."""
    for function in rivals.values():
        per_call(function, calls)
    times = {name: Times([]) for name in rivals}
    for _ in range(rounds):
        for name, function in rivals.items():
            times[name].rounds.append(per_call(function, calls, clock))
    return times
