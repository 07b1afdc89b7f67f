"""``torch.nn.parallel.scatter_gather``: batches split among devices, and joined again."""

from __future__ import annotations

from typing import Any

from . import gather as gather, scatter as scatter

__all__ = ["gather", "is_namedtuple", "scatter", "scatter_kwargs"]


def scatter_kwargs(
    inputs: tuple[Any, ...], kwargs: dict[str, Any] | None, target_gpus: Any, dim: int = 0
) -> tuple[tuple[Any, ...], tuple[dict[str, Any], ...]]:
    """The arguments of each device's call, those by position and those by name.

    >>> import chainrule as torch
    >>> from chainrule.nn.parallel.scatter_gather import scatter_kwargs
    >>> scatter_kwargs((torch.arange(2),), {"scale": 2}, ["cpu"])
    (((tensor([0, 1]),),), ({'scale': 2},))
    """
    split = list(scatter(inputs, target_gpus, dim)) if inputs else []
    named = list(scatter(kwargs, target_gpus, dim)) if kwargs else []
    count = max(len(split), len(named))
    split.extend([()] * (count - len(split)))
    named.extend([{}] * (count - len(named)))
    return tuple(split), tuple(named)


def is_namedtuple(obj: Any) -> bool:
    """Whether it is a named tuple."""
    return isinstance(obj, tuple) and hasattr(obj, "_asdict") and hasattr(obj, "_fields")
