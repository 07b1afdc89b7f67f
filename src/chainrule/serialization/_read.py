"""Loading: either layout of a saved file, through an unpickler that executes nothing."""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import sys
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..core.generator import Generator
from ..errors import CorruptFileError
from ._archive import ArchiveReader
from ._composites import Mark
from ._names import approved_here, is_tensor_class, known_values, ours_or_modules, plain_calls, refused
from ._plain_objects import call_of_program, more_calls, more_values, new_of_program, set_values
from ._rebuild import Storage, Tensors, swapped
from ._unpickler import Unpickler
from ._write import MAGIC, PROTOCOL

if TYPE_CHECKING:
    from ..dtypes import dtype

__all__ = ["Settings", "names_in", "read"]

NEWEST = 10
"""The newest version of the archive that PyTorch has announced."""


class Settings:
    """How to load."""

    def __init__(self, map_location: Any, weights_only: bool, encoding: str, big_endian: bool | None) -> None:
        self.map_location = map_location
        self.weights_only = weights_only
        self.encoding = encoding
        self.big_endian = big_endian
        """The order of bytes in archives that do not tell; None: this machine's."""


class Names:
    """What the names in one file stand for."""

    def __init__(self, tensors: Tensors, weights_only: bool) -> None:
        made = tensors.named()
        self.values = known_values() | made
        self.calls = plain_calls() | {function: function for function in made.values()}
        self.approved = approved_here()
        self.weights_only = weights_only
        self.classes: set[type] = set()
        """Those that ``weights_only=False`` has added."""
        if not weights_only:
            more = more_values()
            self.values |= more
            self.calls |= more_calls()
            self.classes |= {more["argparse.Namespace"], more["types.SimpleNamespace"]}
        self.wanted: list[str] = []

    def find(self, name: str) -> Any:
        if name in self.approved:
            return self.approved[name]
        if name in self.values:
            return self.values[name]
        found = None if self.weights_only else ours_or_modules(*name.rpartition(".")[::2])
        if found is None:
            raise refused(name, self.weights_only)
        if (
            isinstance(found, type)
            and found.__module__ not in ("builtins", "collections")
            and not is_tensor_class(found)
        ):
            self.classes.add(found)
        return found

    def make(self, found: Any, arguments: Any, keywords: dict[str, Any] | None = None, is_call: bool = False) -> Any:
        """An instance, or what a function gives, where the user has allowed it."""
        if any(found is one for one in self.approved.values()):
            return found(*arguments) if is_call else found.__new__(found, *arguments, **(keywords or {}))
        if found in self.classes and not keywords:
            made = call_of_program(found, arguments) if is_call else new_of_program(found, arguments)
            if made is not None:
                return made
        what = getattr(found, "__qualname__", type(found).__name__)
        raise pickle.UnpicklingError(
            f"Weights only load failed: the file calls {what}, which may be named in it but not called. If you trust the file, load it "
            f"`with torch.serialization.safe_globals([{what}])`"
        )

    def build(self, target: Any, state: Any) -> None:
        """Give an instance its state."""
        kind = type(target)
        if kind is Mark:
            return
        if kind is Generator and type(state) is tuple and len(state) == 3:
            target.set_state(state[2])
            return
        if not self.weights_only and set_values(target, state):
            return
        is_approved = any(kind is one for one in self.approved.values())
        if not is_approved and kind not in self.classes:
            raise CorruptFileError(f"the file is damaged or hostile: it sets the state of a {kind.__name__}")
        setter = getattr(kind, "__setstate__", None)
        if not is_approved and setter is not None and not setter.__module__.startswith(("chainrule.", "torch.")):
            raise refused(f"{kind.__module__}.{kind.__qualname__}", self.weights_only)
        if setter is not None:
            try:
                target.__setstate__(state)
            except Exception as error:
                if is_approved:
                    raise
                raise CorruptFileError(
                    f"the file is damaged: the state of a {kind.__name__} makes no sense ({type(error).__name__}: {error})"
                ) from error
            return
        attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
        if slots and not is_approved:
            raise refused(f"{kind.__module__}.{kind.__qualname__}", self.weights_only)
        if attributes:
            target.__dict__.update(attributes)
        for name, value in (slots or {}).items():
            setattr(target, name, value)


def read(file: IO[bytes], settings: Settings, map_file: bool) -> Any:
    """The object in a file of either layout."""
    start = file.tell()
    head = file.read(4)
    file.seek(start)
    if not isinstance(head, bytes):
        raise TypeError("the file is open for reading text: open it with open(path, 'rb')")
    if not head:
        raise EOFError("Ran out of input: the file is empty")
    if head == b"PK\3\4":
        return read_archive(ArchiveReader(file, map_file), settings)
    if map_file:
        raise RuntimeError(
            "mmap can only be used with files saved with `torch.save(..., _use_new_zipfile_serialization=True)`: load without mmap"
        )
    return read_legacy(file, settings)


def unpickler(file: Any, size: int, tensors: Tensors, settings: Settings) -> Unpickler:
    names = Names(tensors, settings.weights_only)
    remaining = lambda: size - file.tell()  # noqa: E731
    return Unpickler(
        file.read, remaining, names.find, names.calls, tensors.storage, names.make, names.build, settings.encoding
    )


# -- the zip layout -----------------------------------------------------------------------------------------------------


def read_archive(archive: ArchiveReader, settings: Settings) -> Any:
    if "constants.pkl" in archive.records:
        raise RuntimeError(
            "the file holds a TorchScript program, which torch.load does not run with weights_only=True, and chainrule not at all. "
            "Save the module's state_dict() with PyTorch instead"
        )
    version = archive.bytes("version" if "version" in archive.records else ".data/version")
    if not version.strip().isdigit() or int(version) > NEWEST:
        raise CorruptFileError(f"the file has version {version!r}, the newest known is {NEWEST}: update chainrule")
    swap = byte_order(archive, settings) != sys.byteorder

    def memory(key: str, kind: dtype | None, count: int) -> Any:
        name, width = f"data/{key}", kind.itemsize if kind else 1
        size = archive.located(name)[1]
        if size != count * width:
            raise CorruptFileError(
                f"record size ({size} bytes) of {name} does not match expected size ({count * width} bytes = {count} elements * "
                f"{width} bytes/element): the file is damaged"
            )
        of = kind.numpy if kind else np.dtype(np.uint8)
        if archive.mapped is not None and not swap:
            return archive.map(name, of)
        made = np.empty(count, of)
        archive.into(name, made)
        return checked(made, kind, swap)

    data = archive.bytes("data.pkl")
    tensors = Tensors(memory, settings.map_location)
    return unpickler(io.BytesIO(data), len(data), tensors, settings).load()


def byte_order(archive: ArchiveReader, settings: Settings) -> str:
    if "byteorder" not in archive.records:
        return sys.byteorder if settings.big_endian is None else "big" if settings.big_endian else "little"
    order = archive.bytes("byteorder").decode("ascii", "replace")
    if order not in ("little", "big"):
        raise CorruptFileError(f"the file is damaged: its bytes are in {order!r} order, neither little nor big")
    return order


def checked(memory: Any, kind: dtype | None, swap: bool) -> Any:
    """The elements in this machine's order of bytes; of booleans, nothing but 0 and 1."""
    if kind is not None and swap:
        swapped(memory, kind)
    if memory.dtype == np.bool_:
        np.not_equal(memory.view(np.uint8), 0, out=memory)
    return memory


# -- the layout before PyTorch 1.6 --------------------------------------------------------------------------------------


def read_legacy(file: IO[bytes], settings: Settings) -> Any:
    start = file.tell()
    size = file.seek(0, 2)
    file.seek(start)
    promised = 0

    def memory(key: str, kind: dtype | None, count: int) -> Any:
        nonlocal promised
        promised += count * (kind.itemsize if kind else 1)
        if promised > size:
            raise CorruptFileError(
                f"the file is damaged or truncated: its tensors take {promised} bytes, it has {size}"
            )
        return np.zeros(count, kind.numpy if kind else np.uint8)

    tensors = Tensors(memory, settings.map_location, on_cpu=True)

    def load() -> Any:
        return unpickler(file, size, tensors, settings).load()

    if load() != MAGIC:
        raise CorruptFileError("the file is no file of torch.save, or is damaged: it does not begin as one")
    if load() != PROTOCOL:
        raise CorruptFileError("the file is damaged: it has an unknown protocol")
    system = load()
    if type(system) is not dict or type(system.get("little_endian")) is not bool:
        raise CorruptFileError("the file is damaged: it does not tell the order of its bytes")
    swap = system["little_endian"] != (sys.byteorder == "little")
    begin = file.tell()
    result = load()
    keys = load()
    if type(keys) is not list or {*map(str, keys)} != {*tensors.storages} or len(keys) != len(tensors.storages):
        raise CorruptFileError("the file is damaged: its storages are not those of its tensors")
    for key in keys:
        fill(file, tensors.storages[key], swap)
    if tensors.is_elsewhere:  # the values are known now: once more, for the tensors of other devices
        filled, end = tensors.storages, file.tell()
        file.seek(begin)
        tensors = Tensors(lambda key, kind, count: filled[key]._elements, settings.map_location)
        result = load()
        file.seek(end)
    return result


def fill(file: IO[bytes], storage: Storage, swap: bool) -> None:
    """Read the elements of a storage whose tensors are made already."""
    memory = storage._elements
    head = file.read(8)
    width = storage.given.itemsize if storage.given else 1
    if len(head) != 8 or struct.unpack("<q", head)[0] * width != memory.nbytes:
        raise CorruptFileError("the file is damaged or truncated: a storage is not of the size that its tensors need")
    data = file.read(memory.nbytes)
    if len(data) != memory.nbytes:
        raise CorruptFileError(
            f"unexpected EOF, expected {memory.nbytes - len(data)} more bytes. The file is truncated"
        )
    memory.view(np.uint8)[:] = np.frombuffer(data, np.uint8)
    checked(memory, storage.given, swap)


# -- what is in it ------------------------------------------------------------------------------------------------------


def names_in(file: IO[bytes]) -> list[str]:
    """The names in a file that nothing stands for yet."""
    archive = ArchiveReader(file)
    data = archive.bytes("data.pkl")
    tensors = Tensors(lambda key, kind, count: None, None)
    names = Names(tensors, weights_only=True)
    return found_names(io.BytesIO(data), names)


def found_names(file: IO[bytes], names: Names) -> list[str]:
    wanted, texts = [], []
    for code, argument, _ in pickletools.genops(file):
        if isinstance(argument, str):
            texts.append(argument)
        if code.name == "GLOBAL" and isinstance(argument, str):
            wanted.append(argument.replace(" ", "."))
        elif code.name == "STACK_GLOBAL":
            wanted.append(".".join(texts[-2:]))
    known = {*names.values, *names.approved}
    return sorted({name.replace("__builtin__", "builtins") for name in wanted} - known)
