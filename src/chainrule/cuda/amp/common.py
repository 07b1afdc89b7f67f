"""What the old names share."""

from __future__ import annotations

import warnings

__all__ = ["amp_definitely_not_available"]


def amp_definitely_not_available() -> bool:
    """Whether there is no GPU that could compute in mixed precision: True.

    >>> import chainrule as torch
    >>> torch.cuda.amp.common.amp_definitely_not_available()
    True
    """
    return True


def deprecated(name: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )
