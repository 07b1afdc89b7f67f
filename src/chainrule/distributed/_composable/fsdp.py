"""``torch.distributed._composable.fsdp``: an older place of what ``torch.distributed.fsdp`` has."""

from __future__ import annotations

from ..fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

__all__ = ["FSDPModule", "MixedPrecisionPolicy", "fully_shard"]
