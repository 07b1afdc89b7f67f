"""``torch.torch_version``: versions that compare as versions."""

from __future__ import annotations

from .version import TorchVersion, __version__

__all__ = ["TorchVersion", "__version__"]
