"""PyTorch's ``torch.serialization``: objects with tensors in files, in PyTorch's own formats.

A file is written so that, whenever the process is killed, the old file or the new one is there. A file is read as data: what it
names is neither imported nor called, except what tensors and plain containers are made of, and what
:func:`add_safe_globals` allows.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from typing import IO, Any

from ..device import device as _device
from ..errors import CorruptFileError
from ._names import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals

__all__ = [
    "LoadEndianness",
    "add_safe_globals",
    "clear_safe_globals",
    "get_default_load_endianness",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
    "set_default_load_endianness",
    "skip_data",
]

DEFAULT_PROTOCOL = 2
MAP_LOCATION = Callable[[Any, str], Any] | _device | str | dict[str, str] | None
"""What ``map_location`` may be, for type hints."""


class LoadEndianness(Enum):
    """The order of bytes in files that do not tell.

    >>> import chainrule as torch
    >>> [order.name for order in torch.serialization.LoadEndianness]
    ['NATIVE', 'LITTLE', 'BIG']
    """

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Options:
    endianness: LoadEndianness | None = None
    skips_data = False


class skip_data:  # noqa: N801 - PyTorch's name
    """Context manager: :func:`save` leaves the memory of tensors empty in the file, of its full size, to be filled in later.

    Args:
        materialize_fake_tensors: accepted.

    >>> import io
    >>> import chainrule as torch
    >>> file = io.BytesIO()
    >>> with torch.serialization.skip_data():
    ...     torch.save(torch.ones(2), file)
    >>> torch.load(io.BytesIO(file.getvalue()))
    tensor([0., 0.])
    """

    def __init__(self, materialize_fake_tensors: bool = False) -> None:
        self.materialize_fake_tensors = materialize_fake_tensors

    def __enter__(self) -> None:
        self._before, _Options.skips_data = _Options.skips_data, True

    def __exit__(self, *exception: object) -> None:
        _Options.skips_data = self._before


def get_default_load_endianness() -> LoadEndianness | None:
    """The order of bytes that is assumed in files that do not tell; None is this machine's.

    >>> import chainrule as torch
    >>> torch.serialization.get_default_load_endianness() is None
    True
    """
    return _Options.endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Choose the order of bytes that is assumed in files that do not tell.

    Raises:
        TypeError: it is no :class:`LoadEndianness`.

    >>> import chainrule as torch
    >>> torch.serialization.set_default_load_endianness(None)
    """
    if not isinstance(endianness, LoadEndianness) and endianness is not None:
        raise TypeError("Invalid argument type in function set_default_load_endianness: give a LoadEndianness or None")
    _Options.endianness = endianness


def save(
    obj: object,
    f: str | os.PathLike[str] | IO[bytes],
    pickle_module: Any = None,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Save an object with its tensors, so that :func:`load` and PyTorch can read it.

    Tensors that share memory do so when they are loaded. A file that is named by its path is replaced only when the new one
    is complete and on the disk.

    Args:
        obj: mostly a ``state_dict()``, or a dict of several, with numbers and strings.
        f: a path, or a file open for writing bytes.
        pickle_module: Python's ``pickle``, or none.
        pickle_protocol: 2, which PyTorch reads, or up to 5.
        _use_new_zipfile_serialization: False writes the layout that PyTorch had before 1.6.
        _disable_byteorder_record: do not tell the order of bytes.

    Raises:
        RuntimeError: the older layout under :class:`skip_data`.
        RuntimeError: the folder does not exist, or tensors share memory and differ in dtype.
        AttributeError: ``f`` is neither path nor file.
        pickle.PicklingError, AttributeError, TypeError: ``obj`` holds what cannot be pickled, such as a lambda.

    >>> import io
    >>> import chainrule as torch
    >>> file = io.BytesIO()
    >>> torch.save({"weight": torch.ones(2), "epoch": 3}, file)
    >>> torch.load(io.BytesIO(file.getvalue()))
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    from ._atomic import replacing
    from ._write import folder_of, write_archive, write_legacy

    _refuse_module(pickle_module)
    is_path = isinstance(f, (str, os.PathLike))
    if not is_path and not hasattr(f, "write"):
        raise AttributeError(
            f"expected 'f' to be string, path, or a file-like object with a 'write' attribute, not {type(f).__name__}"
        )
    folder = folder_of(f) if is_path else "archive"

    def write(file: Any) -> None:
        if _use_new_zipfile_serialization:
            tells_order = not _disable_byteorder_record
            write_archive(obj, file, folder, pickle_protocol, tells_order=tells_order, skips_data=_Options.skips_data)
        else:
            if _Options.skips_data:
                raise RuntimeError("Cannot use skip_data=True with _use_new_zipfile_serialization=False")
            write_legacy(obj, file, pickle_protocol)

    if is_path:
        with replacing(f) as file:
            write(file)
    else:
        write(f)


def load(
    f: str | os.PathLike[str] | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Load what :func:`save`, or PyTorch's, has saved. Nothing that the file names is imported or called.

    Args:
        f: a path, or a file open for reading bytes that can be sought in.
        map_location: the device for tensors: a device or its name, a dict from saved names to others, or a function of
            (storage, name) that gives a storage or None. By default tensors go where they were.
        pickle_module: not to be given.
        weights_only: True (the default) takes tensors, plain containers, and what
            :func:`~chainrule.serialization.add_safe_globals` allows. False takes, in addition, modules and optimizers of
            chainrule, and subclasses of ``nn.Module`` that this program has defined: they get their attributes, and no
            code of theirs is run.
        mmap: read the values of tensors only when they are used; the file stays as it is. It must be a path.
        **pickle_load_args: ``encoding``, of strings that Python 2 has saved.

    Returns:
        What was saved. Parameters and leaves that required grad do so again.

    Raises:
        pickle.UnpicklingError: the file names something that is not allowed. The error says what, and what to do.
        RuntimeError: the file is damaged, truncated or hostile; a device is not there.
        EOFError: it is empty; FileNotFoundError: it is not there.

    >>> import io
    >>> import chainrule as torch
    >>> file = io.BytesIO()
    >>> torch.save(torch.nn.Linear(2, 1).state_dict(), file)
    >>> model = torch.nn.Linear(2, 1)
    >>> model.load_state_dict(torch.load(io.BytesIO(file.getvalue())))
    <All keys matched successfully>
    """
    from ._read import Settings, read

    if pickle_module is not None and weights_only:
        raise RuntimeError(
            "Can not safely load weights when explicit pickle_module is specified: leave pickle_module= away"
        )
    _refuse_module(pickle_module)
    encoding = pickle_load_args.pop("encoding", "utf-8")
    if pickle_load_args:
        raise TypeError(
            f"load() got an unexpected keyword argument '{next(iter(pickle_load_args))}': chainrule has its own unpickler, which takes encoding="
        )
    endianness = _Options.endianness
    big = None if endianness in (None, LoadEndianness.NATIVE) else endianness is LoadEndianness.BIG
    settings = Settings(map_location, weights_only is None or bool(weights_only), encoding, big)
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return read(file, settings, bool(mmap))
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    return read(_seekable(f), settings, False)


def get_unsafe_globals_in_checkpoint(f: str | os.PathLike[str] | IO[bytes]) -> list[str]:
    """The names in a saved file that :func:`load` would refuse.

    Args:
        f: as for :func:`load`, in the zip layout.

    >>> import io
    >>> import chainrule as torch
    >>> file = io.BytesIO()
    >>> torch.save(torch.nn.ReLU(), file)
    >>> torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(file.getvalue()))
    ['torch.nn.modules.activation.ReLU']
    """
    from ._read import names_in

    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return names_in(file)
    return names_in(_seekable(f))


def _seekable(file: Any) -> Any:
    for method in ("seek", "tell", "read"):
        if not hasattr(file, method):
            raise AttributeError(
                f"'{type(file).__name__}' object has no attribute '{method}'. You can only torch.load from a file that is seekable: "
                "pre-load the data into a buffer, io.BytesIO(file.read())"
            )
    return file


def _refuse_module(module: Any) -> None:
    if module is not None and getattr(module, "__name__", None) != "pickle":
        raise RuntimeError(
            f"pickle_module={getattr(module, '__name__', module)!r} is not taken: chainrule writes and reads the format itself, so that "
            "loading executes nothing. Leave pickle_module= away"
        )
