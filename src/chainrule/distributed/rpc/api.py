"""``torch.distributed.rpc.api``: the class that programs ask for before they take a value from elsewhere."""

from __future__ import annotations

from typing import Any

__all__ = ["RRef"]


class RRef:
    """A reference to a value in another process. There is none, so nothing is one, and none can be made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            "Current RPC agent is not set! Did you initialize the RPC framework? chainrule works in one process, and has none"
        )
