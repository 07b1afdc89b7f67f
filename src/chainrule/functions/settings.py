"""PyTorch's settings of threads, precision and warnings. NumPy computes as it does: most of these only remember."""

from __future__ import annotations

from typing import Any

from ..backend.threads_numpy import set_threads, threads
from ..once import Setting

__all__ = [
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "is_warn_always_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "set_warn_always",
]

PRECISIONS = ("highest", "high", "medium")
DEBUG_MODES = {"default": 0, "warn": 1, "error": 2}


class _Said:
    """What was asked for last."""

    interop_threads: int | None = None
    precision = "highest"
    debug_mode = 0


def _count(function: str, number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{function} expects an int, but got {type(number).__name__}")
    if number < 1:
        raise RuntimeError(f"{function} expects a positive integer, got {number}")
    return number


def get_num_threads() -> int:
    """How many threads an operation may use: what ``set_num_threads`` was told, or what NumPy's BLAS takes by itself.

    >>> import chainrule as torch
    >>> torch.get_num_threads() >= 1
    True
    """
    return threads()


def set_num_threads(int: int) -> None:
    """Say how many threads an operation may use: one on large arrays, and products of matrices by OpenBLAS.

    Another BLAS than that of NumPy's wheels (Apple's Accelerate, MKL) takes its number from an environment variable before
    Python starts.

    >>> import chainrule as torch
    >>> before = torch.get_num_threads()
    >>> torch.set_num_threads(1); torch.get_num_threads()
    1
    >>> torch.set_num_threads(before)
    """
    set_threads(_count("set_num_threads", int))


def get_num_interop_threads() -> int:
    """How many operations may run at a time: what ``set_num_interop_threads`` was told, or the number of processors.

    >>> import chainrule as torch
    >>> torch.get_num_interop_threads() >= 1
    True
    """
    return _Said.interop_threads or get_num_threads()


def set_num_interop_threads(int: int) -> None:
    """Say how many operations may run at a time. It is remembered: here it is one, in each thread of the program's own.

    >>> import chainrule as torch
    >>> torch.set_num_interop_threads(1)
    """
    _Said.interop_threads = _count("set_num_interop_threads", int)


def get_float32_matmul_precision() -> str:
    """What ``set_float32_matmul_precision`` was told; at first "highest".

    >>> import chainrule as torch
    >>> torch.get_float32_matmul_precision()
    'highest'
    """
    return _Said.precision


def set_float32_matmul_precision(precision: str) -> None:
    """Say how precise products of float32 matrices have to be: "highest", "high" or "medium". Here they always are highest.

    >>> import chainrule as torch
    >>> torch.set_float32_matmul_precision("highest")
    """
    if not isinstance(precision, str):
        raise TypeError(
            f"set_float32_matmul_precision(): argument 'precision' must be str, not {type(precision).__name__}"
        )
    if precision not in PRECISIONS:
        import warnings

        warnings.warn(
            f"{precision} is not one of {', '.join(PRECISIONS)}: the precision stays {_Said.precision}", stacklevel=2
        )
        return
    _Said.precision = precision


def set_flush_denormal(mode: bool) -> bool:
    """Ask that denormal numbers be treated as zero; False: it cannot be done here, and nothing changed.

    >>> import chainrule as torch
    >>> torch.set_flush_denormal(True)
    False
    """
    return False


def is_warn_always_enabled() -> bool:
    """What ``set_warn_always`` was told.

    >>> import chainrule as torch
    >>> torch.is_warn_always_enabled()
    False
    """
    return Setting.always


def set_warn_always(b: bool) -> None:
    """Say whether warnings that PyTorch gives once in a process come each time, as far as Python's filters let them.

    >>> import chainrule as torch
    >>> torch.set_warn_always(False)
    """
    if not isinstance(b, bool):
        raise TypeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    Setting.always = b


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2 for what ``set_deterministic_debug_mode`` was told: "default", "warn" or "error".

    >>> import chainrule as torch
    >>> torch.get_deterministic_debug_mode()
    0
    """
    return _Said.debug_mode


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Ask for warnings ("warn" or 1) or errors ("error" or 2) where an algorithm is not deterministic. All of chainrule's are.

    >>> import chainrule as torch
    >>> torch.set_deterministic_debug_mode("default")
    """
    from .determinism import use_deterministic_algorithms

    if isinstance(debug_mode, bool) or not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode).__name__}")
    if isinstance(debug_mode, str):
        if debug_mode not in DEBUG_MODES:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = DEBUG_MODES[debug_mode]
    if debug_mode not in DEBUG_MODES.values():
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)
    _Said.debug_mode = debug_mode
