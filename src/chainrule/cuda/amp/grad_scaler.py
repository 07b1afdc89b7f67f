"""The scaler for GPUs, by its old name."""

from __future__ import annotations

from ... import amp as _amp
from .common import deprecated as _deprecated

__all__ = ["GradScaler"]


class GradScaler(_amp.GradScaler):
    """``torch.amp.GradScaler("cuda", ...)``, which is off here: it scales nothing."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _deprecated("GradScaler")
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
