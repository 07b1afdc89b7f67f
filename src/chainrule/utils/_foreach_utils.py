"""Tensors of one dtype and device, together: as the optimizers of packages put them into ``torch._foreach_*``."""

from __future__ import annotations

from typing import Any

from .._missing import missing_name

__all__: list[str] = []


def _group_tensors_by_device_and_dtype(
    tensorlistlist: list[list[Any]], with_indices: bool = False
) -> dict[tuple[Any, Any], tuple[list[list[Any]], list[int]]]:
    """(device, dtype) of the first list's tensors -> the lists of those places, and the places."""
    places: dict[tuple[Any, Any], list[int]] = {}
    for place, tensor in enumerate(tensorlistlist[0]):
        places.setdefault((tensor.device, tensor.dtype), []).append(place)
    return {
        key: (
            [[tensors[place] for place in chosen] if tensors else [] for tensors in tensorlistlist],
            chosen if with_indices else [],
        )
        for key, chosen in places.items()
    }


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
