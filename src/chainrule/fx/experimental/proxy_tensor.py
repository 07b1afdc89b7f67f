"""Whether the program is traced by tensors that write down what is done to them: it never is."""

from __future__ import annotations

from typing import Any

from ..._missing import missing_name

__all__ = ["get_proxy_mode"]


def get_proxy_mode() -> None:
    """The mode that traces: None.

    >>> from chainrule.fx.experimental.proxy_tensor import get_proxy_mode
    >>> get_proxy_mode() is None
    True
    """


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
