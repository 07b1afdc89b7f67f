"""``torch.masked.maskedtensor``: where PyTorch has the class and what makes its instances."""

from __future__ import annotations

from ._tensor import MaskedTensor, as_masked_tensor, is_masked_tensor, masked_tensor

__all__ = ["MaskedTensor", "as_masked_tensor", "is_masked_tensor", "masked_tensor"]
