"""``torch._tensor_str``: the numbers of a tensor as text, which packages ask PyTorch's own printing for."""

from __future__ import annotations

from typing import Any

from .core.views import values_of
from .printing import PRINT_OPTS, _contents, get_printoptions, printoptions, set_printoptions

__all__ = ["PRINT_OPTS", "get_printoptions", "printoptions", "set_printoptions"]


def _tensor_str(self: Any, indent: int) -> str:
    """The numbers in their brackets, behind ``indent`` characters of the line."""
    return _contents(values_of(self, "printing a Tensor"), indent, is_complex=self.is_complex())
