"""The messages between processes that can be differentiated: refused, since there are no process groups."""

from __future__ import annotations

from . import refuse

__all__ = [
    "all_gather", "all_reduce", "all_to_all", "all_to_all_single", "broadcast", "gather", "reduce", "reduce_scatter",
    "scatter",
]  # fmt: skip

all_gather = all_reduce = all_to_all = all_to_all_single = broadcast = gather = reduce = reduce_scatter = scatter = (
    refuse
)
