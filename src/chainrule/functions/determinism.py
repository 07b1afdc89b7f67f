"""PyTorch's switches for deterministic algorithms. There are no others here, so they only remember what was said."""

from __future__ import annotations

__all__ = [
    "are_deterministic_algorithms_enabled", "is_deterministic_algorithms_warn_only_enabled", "use_deterministic_algorithms",
]  # fmt: skip


class _Switch:
    on = False
    warn_only = False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for deterministic algorithms. All of chainrule's are, so this changes nothing.

    >>> import chainrule as torch
    >>> torch.use_deterministic_algorithms(True); torch.are_deterministic_algorithms_enabled()
    True
    >>> torch.use_deterministic_algorithms(False)
    """
    if not isinstance(mode, bool):
        raise TypeError(
            f"_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not {type(mode).__name__}"
        )
    _Switch.on, _Switch.warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """What ``use_deterministic_algorithms`` was last told.

    >>> import chainrule as torch
    >>> torch.are_deterministic_algorithms_enabled()
    False
    """
    return _Switch.on


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether ``use_deterministic_algorithms`` was last told to warn only.

    >>> import chainrule as torch
    >>> torch.is_deterministic_algorithms_warn_only_enabled()
    False
    """
    return _Switch.warn_only
