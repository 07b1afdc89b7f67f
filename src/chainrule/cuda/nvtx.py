"""``torch.cuda.nvtx``: marks for NVIDIA's profilers. Nothing is marked here; to ask for it is refused, as without a GPU."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mark", "range", "range_end", "range_pop", "range_push", "range_start"]


def mark(*args: Any, **kwargs: Any) -> Any:
    """Refused.

    >>> import chainrule as torch
    >>> torch.cuda.nvtx.mark("here")
    Traceback (most recent call last):
    RuntimeError: NVTX functions not installed. Are you sure you have a CUDA build? torch.profiler measures on the CPU
    """
    raise RuntimeError(
        "NVTX functions not installed. Are you sure you have a CUDA build? torch.profiler measures on the CPU"
    )


range_end = range_pop = range_push = range_start = mark


@contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """Context manager; refused."""
    mark()
    yield
