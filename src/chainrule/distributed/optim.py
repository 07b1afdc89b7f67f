"""Optimizers whose state is spread over processes: refused, since there are no process groups."""

from __future__ import annotations

from typing import Any

from . import refuse

__all__ = ["DistributedOptimizer", "ZeroRedundancyOptimizer"]


class DistributedOptimizer:
    """Nothing is one; to make one is refused."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return refuse()


class ZeroRedundancyOptimizer(DistributedOptimizer):
    """Nothing is one; to make one is refused."""
