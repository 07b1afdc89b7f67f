"""``torch.distributed.rpc.api``: the class that programs ask for before they take a value from elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["RRef"]


class RRef:
    """A reference to a value in another process. There is none, so nothing is one, and none can be made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            "Current RPC agent is not set! Did you initialize the RPC framework? chainrule works in one process, and has none"
        )


def _require_initialized(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which is refused when it is called: there is nobody to talk to."""

    @functools.wraps(func)
    def refused(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"RPC has not been initialized: {func.__name__} needs other processes, and chainrule works in one. Ask "
            "torch.distributed.rpc.is_available() first"
        )

    return refused
