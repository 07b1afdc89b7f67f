"""Timing that can be trusted on a shared machine: interleaved rounds, medians, ratios within one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def per_call(function: Callable[[], object], calls: int) -> float:
    """Seconds per call, with the collector on, as users run it."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def compare(
    first: Callable[[], object], second: Callable[[], object], calls: int, rounds: int = 15
) -> tuple[float, float, float]:
    """Median seconds per call of each, and the median of the ratios first / second, taken round by round."""
    per_call(first, calls)
    per_call(second, calls)
    pairs = [(per_call(first, calls), per_call(second, calls)) for _ in range(rounds)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )
