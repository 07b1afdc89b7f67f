"""Arguments of functions with windows: a number for all dimensions, or one for each."""

from __future__ import annotations

from typing import Any

Ints = tuple[int, ...]

COUNTS = {1: "one int", 2: "two ints", 3: "three ints"}


def number_argument(value: Any, function: str, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{function}(): argument '{name}' must be int or a tuple of ints, not {type(value).__name__}")
    return int(value.__index__())


def each(value: Any, count: int, function: str, name: str) -> Ints | None:
    """One int for each of ``count`` dimensions; None for another number of them."""
    if not isinstance(value, (tuple, list)):
        return (number_argument(value, function, name),) * count
    numbers = tuple([number_argument(one, function, name) for one in value])
    return numbers * count if len(numbers) == 1 else numbers if len(numbers) == count else None


def times(numbers: Any) -> str:
    """Sizes as PyTorch writes them: 2 x 3."""
    return " x ".join(map(str, numbers))
