"""Where PyTorch is no oracle: the reason for each, by op and check."""

from __future__ import annotations

UNDEFINED_VALUES = frozenset("empty empty_like empty_permuted empty_strided new_empty new_empty_strided".split())
"""Whatever the memory holds: only shapes and dtypes are compared."""

WRONG: dict[tuple[str, str], str] = {}
"""PyTorch's answer is wrong, or is one of many."""
