"""PyTorch's ``torch.utils.data._utils``: samples to batches, and the processes that make them."""

from __future__ import annotations

from . import collate, fetch, pin_memory, worker
