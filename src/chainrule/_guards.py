"""``torch._guards``: what PyTorch's compiler knows while it traces, by the names under which packages ask: nothing is traced so here."""

from __future__ import annotations

from typing import Any

from ._missing import missing_name

__all__: list[str] = []


def active_fake_mode() -> None:
    """The mode in which tensors have no numbers: None, there is none (see the device "meta")."""


def detect_fake_mode(inputs: Any = None) -> None:
    """That of some tensors: None."""


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
