"""``torch._inductor.utils``: of the tools of PyTorch's compiler, the one that programs use when they measure it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["fresh_cache", "fresh_inductor_cache"]


@contextmanager
def fresh_cache(
    cache_entries: dict[str, Any] | None = None, dir: str | None = None, delete: bool = True
) -> Iterator[None]:
    """A context in which nothing that was compiled before is found again on the disk. Nothing is kept on the disk here.

    Args:
        cache_entries: accepted, and left as it is.
        dir: accepted.
        delete: accepted.

    >>> from chainrule._inductor.utils import fresh_inductor_cache
    >>> with fresh_inductor_cache() as nothing:
    ...     print(nothing)
    None
    """
    yield


fresh_inductor_cache = fresh_cache
