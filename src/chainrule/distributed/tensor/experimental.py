"""``torch.distributed.tensor.experimental``."""

from __future__ import annotations

from contextlib import nullcontext

__all__ = ["implicit_replication"]


class implicit_replication(nullcontext[None]):  # noqa: N801 - PyTorch's name
    """Context manager, of no effect: tensors that would be told to be in all processes are in the one there is."""
