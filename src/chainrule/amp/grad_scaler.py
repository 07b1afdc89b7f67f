"""Losses scaled, so that small gradients of half precision do not vanish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops as _ops
from ..core.modes import changed_modes as _changed_modes
from ..dtypes import float16 as _float16

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["GradScaler"]


class GradScaler:
    """Multiplies losses, so that small gradients of half precision do not vanish, and divides the gradients again.

    The scale is halved when a gradient overflows (that step is left out), and doubled after many steps that went well.

    Args:
        device: "cuda", which is not here, so that nothing is done, with a warning; or "cpu".
        init_scale: the first scale.
        growth_factor: what it is multiplied with after ``growth_interval`` steps that went well; greater than 1.
        backoff_factor: what it is multiplied with after one that did not; less than 1.
        growth_interval: so many steps.
        enabled: whether to do anything.

    >>> import chainrule as torch
    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = torch.optim.SGD([w], lr=0.5)
    >>> scaler = torch.amp.GradScaler("cpu")
    >>> scaler.scale(w.sum()).backward()
    >>> scaler.step(optimizer); scaler.update()
    >>> w.data
    tensor([0.5000, 0.5000])
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        self._enabled = enabled
        if enabled and device == "cuda":
            import warnings

            warnings.warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
            self._enabled = False
        if self._enabled:
            assert growth_factor > 1.0, "The growth factor must be > 1.0."
            assert backoff_factor < 1.0, "The backoff factor must be < 1.0."
        self._scale = float(init_scale)
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval = growth_interval
        self._growth_tracker = 0
        self._begun = False
        self._done: dict[int, dict[str, Any]] = {}
        """Of each optimizer, by identity: what has been done since the last update."""

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def get_scale(self) -> float:
        """The scale; 1 if it does nothing."""
        return self._scale if self._enabled else 1.0

    def scale(self, outputs: Any) -> Any:
        """A tensor, or each in any lists and tuples, times the scale."""
        if not self._enabled:
            return outputs
        self._begun = True
        if hasattr(outputs, "_array"):
            return _ops.multiply(outputs, self._scale)
        if isinstance(outputs, (list, tuple)):
            scaled = [self.scale(one) for one in outputs]
            return scaled if isinstance(outputs, list) else tuple(scaled)
        raise ValueError(f"outputs must be a Tensor or an iterable of Tensors, not {type(outputs).__name__}")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the scale, in place: to clip them, say.

        Raises:
            RuntimeError: it has been done since the last ``update()``, or the step has.
        """
        if not self._enabled:
            return
        done = self._of(optimizer, "unscale_")
        if "found_inf" in done:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if "stepped" in done:
            raise RuntimeError("unscale_() is being called after step().")
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if any(g.dtype is _float16 for g in gradients):
            raise ValueError("Attempting to unscale FP16 gradients.")
        done["found_inf"] = any(not bool(_ops.isfinite(g).all()) for g in gradients)
        done["checked"] = len(gradients)
        with _changed_modes(grad=False):
            for g in gradients:
                g.mul_(1.0 / self._scale)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step, on gradients that are divided by the scale; left out if one of them is not finite.

        Returns:
            What the optimizer's ``step(*args, **kwargs)`` returns; None if it is left out.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        done = self._of(optimizer, "step")
        if "stepped" in done:
            raise RuntimeError("step() has already been called since the last update().")
        if "found_inf" not in done:
            self.unscale_(optimizer)
        assert done["checked"], "No inf checks were recorded for this optimizer."
        done["stepped"] = True
        return None if done["found_inf"] else optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """The scale for the next step: smaller if a gradient was not finite, greater after many that were; or a new one."""
        if not self._enabled:
            return
        self._check_begun("update")
        if new_scale is not None:
            self._scale = float(new_scale)
        else:
            found = [done["found_inf"] for done in self._done.values() if done.get("checked")]
            assert found, "No inf checks were recorded prior to update."
            if any(found):
                self._scale *= self._backoff_factor
                self._growth_tracker = 0
            else:
                self._growth_tracker += 1
                if self._growth_tracker == self._growth_interval:
                    self._scale *= self._growth_factor
                    self._growth_tracker = 0
        self._done = {}

    def _check_begun(self, doing: str) -> None:
        assert self._begun, f"Attempted {doing} before a loss was scaled: call scaler.scale(loss).backward() first"

    def _of(self, optimizer: Any, doing: str) -> dict[str, Any]:
        self._check_begun(doing)
        # The optimizer itself stands in it: nobody else may get its identity.
        return self._done.setdefault(id(optimizer), {"optimizer": optimizer})

    def get_growth_factor(self) -> float:
        """The factor by which the scale grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Change the factor by which the scale grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """The factor by which the scale shrinks."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Change the factor by which the scale shrinks."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps that went well the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Change after how many steps that went well the scale grows."""
        self._growth_interval = new_interval

    def state_dict(self) -> dict[str, Any]:
        """The scale and how it changes, to be kept; empty if it does nothing."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what ``state_dict`` kept."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._scale = float(state_dict["scale"])
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]
