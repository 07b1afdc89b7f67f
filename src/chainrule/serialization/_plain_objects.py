"""What ``weights_only=False`` makes besides modules and optimizers, still without running what a file names.

Values of NumPy and of the standard library are made by functions of our own, which look at what they get. Instances of a
class that the program has defined are made without a call and get their attributes, where no code of the class would run
by that: it has neither a ``__new__`` nor a ``__setstate__`` nor a ``__del__``. Members of enumerations are looked up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import prod
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..errors import CorruptFileError

__all__ = ["call_of_program", "is_plain_class", "more_calls", "more_values", "new_of_program", "set_values"]

TEXTS = (date, datetime, time, timedelta, timezone, Decimal, Fraction, range, slice)
"""Classes whose call makes a value of plain values."""


def dtype_from(code: Any, align: bool = False, copy: bool = True) -> np.dtype[Any]:
    made = np.dtype(code, copy=True) if type(code) is str and code[:1] in "biufcSUmM?" else None
    if made is None or made.hasobject:
        raise ValueError(f"the file is damaged or hostile: a NumPy dtype {code!r}")
    return made


def scalar_from(dtype: Any, data: Any) -> Any:
    if type(data) is not bytes or len(data) != dtype.itemsize:
        raise ValueError("the file is damaged: a NumPy number of another size than its dtype's")
    return np.frombuffer(data, dtype)[0]


def empty_array(kind: Any, shape: Any, code: Any) -> np.ndarray[Any, Any]:
    """What an array is before it gets its state."""
    if kind is not np.ndarray:
        raise ValueError("the file is damaged or hostile: an array of another class than NumPy's")
    return np.ndarray((0,), np.int8)


def set_values(target: Any, state: Any) -> bool:
    """Give an array its values, or a dtype its byte order, if ``target`` is either."""
    if type(target) is np.ndarray:
        values: Any = state if type(state) is tuple and len(state) == 5 else (None,) * 5
        _, shape, dtype, _, data = values
        is_plain = isinstance(dtype, np.dtype) and not dtype.hasobject and type(data) is bytes and type(shape) is tuple
        if not (
            is_plain and all(type(n) is int and n >= 0 for n in shape) and len(data) == prod(shape) * dtype.itemsize
        ):
            raise CorruptFileError("the file is damaged or hostile: the values of a NumPy array do not fit it")
        target.__setstate__(state)
        return True
    if isinstance(target, np.dtype):
        if type(state) is not tuple or len(state) != 8 or any(part is not None for part in state[2:5]):
            raise CorruptFileError("structured NumPy dtypes and those of dates are not loaded")
        target.__setstate__(state)  # type: ignore[attr-defined]
        return True
    return False


def empty_bytes(*content: Any) -> bytes:
    """Protocol 2 has a call for bytes that are none."""
    if content:
        raise ValueError("the file is damaged: bytes are made of text, by a codec")
    return b""


def path_from(*parts: str) -> Path:
    return Path(*parts)


def more_values() -> dict[str, Any]:
    """Name in a file -> what it stands for, in addition."""
    import argparse

    named: dict[str, Any] = {
        "argparse.Namespace": argparse.Namespace,
        "types.SimpleNamespace": SimpleNamespace,
        "numpy.dtype": np.dtype,
        "numpy.ndarray": np.ndarray,
        "builtins.xrange": range,
        "builtins.bytes": bytes,
        "pathlib.PurePosixPath": PurePosixPath,
        "pathlib.PureWindowsPath": PureWindowsPath,
    }
    for core in ("numpy.core", "numpy._core"):
        named[f"{core}.multiarray._reconstruct"] = empty_array
        named[f"{core}.multiarray.scalar"] = scalar_from
    for name in ("pathlib.PosixPath", "pathlib.WindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath"):
        named[name] = path_from
    return named | {f"{kind.__module__}.{kind.__name__}": kind for kind in TEXTS}


def more_calls() -> dict[Any, Callable[..., Any]]:
    """What a file may call in addition."""
    calls: dict[Any, Callable[..., Any]] = {bytes: empty_bytes, np.dtype: dtype_from}
    by_itself = (empty_array, scalar_from, path_from, *TEXTS, SimpleNamespace, PurePosixPath, PureWindowsPath)
    return calls | {function: function for function in by_itself}


def is_plain_class(found: Any, module: str) -> bool:
    """Whether a class of the program is one whose instances, or members, may be made."""
    if not isinstance(found, type) or module.partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
        return False
    if issubclass(found, Enum):
        return True
    is_record = issubclass(found, tuple) and hasattr(found, "_fields")
    runs_code = any(hasattr(found, name) for name in ("__setstate__", "__del__"))
    return type(found) is type and not runs_code and (is_record or found.__new__ is object.__new__)


def new_of_program(found: Any, arguments: Any) -> Any:
    """An instance of a plain class, without a call; None if these are no arguments for that."""
    if issubclass(found, tuple):
        return tuple.__new__(found, arguments) if len(arguments) == len(found._fields) else None
    return None if arguments else object.__new__(found)


def call_of_program(found: Any, arguments: Any) -> Any:
    """The member of an enumeration; None if it is none."""
    if not issubclass(found, Enum) or len(arguments) != 1:
        return None
    return next((member for member in found if member._value_ == arguments[0]), None)
