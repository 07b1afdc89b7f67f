"""``torch.distributed.tensor``: tensors whose parts are in several processes. There are none; whether one is there can be asked."""

from __future__ import annotations

from typing import Any, Self

from ..._missing import missing_name

__all__ = ["DTensor"]


class DTensor:
    """The class of them, for ``isinstance``."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        raise NotImplementedError("DTensor: chainrule runs in one process, which has the whole of each tensor")


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
