"""Anomaly mode: a backward that fails, or makes NaN, shows the forward call that it belongs to."""

from __future__ import annotations

import warnings

from ..core.modes import change_modes, changed_modes, modes, set_modes

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class detect_anomaly(changed_modes):  # noqa: N801 - PyTorch's name
    """Context manager: nodes keep the traceback of their forward call, and NaN in a backward raises.

    >>> import chainrule as torch, warnings
    >>> warnings.simplefilter("ignore")
    >>> with torch.autograd.detect_anomaly(check_nan=False):
    ...     torch.is_anomaly_enabled()
    True
    """

    def __init__(self, check_nan: bool = True) -> None:
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
            stacklevel=2,
        )
        super().__init__(anomaly=True, check_nan=check_nan)


class set_detect_anomaly:  # noqa: N801
    """Switch anomaly mode, at the call; as a context manager, back at the end.

    >>> import chainrule as torch
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     print(torch.is_anomaly_enabled())
    True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._old = change_modes(anomaly=bool(mode), check_nan=check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *args: object) -> None:
        set_modes(self._old)


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switch anomaly mode.

    >>> import chainrule as torch
    >>> torch.set_anomaly_enabled(True); torch.is_anomaly_enabled()
    True
    >>> torch.set_anomaly_enabled(False)
    """
    change_modes(anomaly=bool(mode), check_nan=check_nan)


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on.

    >>> import chainrule as torch
    >>> torch.is_anomaly_enabled()
    False
    """
    return modes().anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode looks for NaN.

    >>> import chainrule as torch
    >>> torch.is_anomaly_check_nan_enabled()
    True
    """
    return modes().check_nan
