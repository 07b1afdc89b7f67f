"""``torch.testing``: are two results close?"""

from __future__ import annotations

from typing import Any

from .._missing import missing_name
from ._comparison import assert_allclose, assert_close
from ._making import make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
