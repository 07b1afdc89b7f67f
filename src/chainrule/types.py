"""``torch.types``: names for type hints."""

from __future__ import annotations

import builtins
import os
from typing import IO, TYPE_CHECKING, Any

from .device import device as _device
from .dtypes import dtype
from .size import Size

if TYPE_CHECKING:
    from .functions.storage import TypedStorage as Storage

__all__ = ["Device", "FileLike", "Number", "Size", "Storage"]

Number = int | float | bool
"""A number of Python's."""
Device = _device | str | int | None
"""What may name a device; None is the default one."""
FileLike = str | os.PathLike[str] | IO[bytes]
"""What may be saved to or loaded from."""


class DeviceObjType:
    """What TorchScript calls the type of devices: a name for hints."""


_dtype = dtype
_int, _float, _bool, _bytes, _complex, _str = int, float, bool, bytes, complex, str
_size = Size | builtins.list[int] | tuple[int, ...]


def __getattr__(name: str) -> Any:
    if name == "Storage":
        from .functions.storage import TypedStorage

        return TypedStorage
    from ._missing import missing_name

    raise missing_name(__name__, name)
