"""The zip layout of saved files: named records, each stored as it is and aligned, so that it can be mapped."""

from __future__ import annotations

import mmap
import struct
import zipfile
import zlib
from typing import IO, Any

import numpy as np

from ..errors import CorruptFileError

__all__ = ["ArchiveReader", "ArchiveWriter"]

ALIGNMENT = 64
"""Where the bytes of a record begin, as PyTorch has it."""
LOCAL_HEADER = 30  # bytes, before a name and extra fields
ZIP64_FIELD = 20
UNREADABLE = (
    zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, EOFError, OSError, IndexError,
)  # fmt: skip
"""What `zipfile` raises for damaged archives."""
LARGE = 1 << 30  # from here on, sizes are written in 64 bits


class ArchiveWriter:
    """Writes records.

    Args:
        file: with ``write`` and ``flush``.
        folder: the name in front of each record.
    """

    def __init__(self, file: IO[bytes], folder: str) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.start = 0 if not hasattr(file, "tell") else self.zip.start_dir
        self.folder = folder

    def add(self, name: str, data: Any) -> None:
        """Write a record of these bytes."""
        info = zipfile.ZipInfo(f"{self.folder}/{name}", (1980, 1, 1, 0, 0, 0))
        is_large = len(data) >= LARGE
        start = self.zip.start_dir + LOCAL_HEADER + len(info.filename.encode()) + ZIP64_FIELD * is_large
        padding = -(start + 4) % ALIGNMENT
        info.extra = struct.pack("<2sH", b"FB", padding) + bytes(padding)
        info.external_attr = 0o600 << 16
        with self.zip.open(info, "w", force_zip64=is_large) as entry:
            entry.write(data)

    def close(self) -> None:
        self.zip.close()


class ArchiveReader:
    """Reads records, and believes nothing that the file says of itself.

    Records must be stored uncompressed, lie in the file, and not overlap: so reading all of them takes no more memory
    than the file has bytes.

    Raises:
        CorruptFileError: it is no archive, or one of the above does not hold.
    """

    def __init__(self, file: IO[bytes], map_file: bool = False) -> None:
        self.file = file
        self.mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) if map_file else None
        self.size = file.seek(0, 2)
        try:
            entries = zipfile.ZipFile(file).infolist()
        except UNREADABLE as error:
            raise CorruptFileError(
                f"PytorchStreamReader failed reading zip archive: the file is truncated or damaged ({error})"
            ) from error
        folders = {entry.filename.partition("/")[0] for entry in entries}
        if len(folders) != 1:
            raise CorruptFileError("the file is no file of torch.save: a zip archive of one folder was expected")
        self.records: dict[str, tuple[int, int, int]] = {}
        """Name -> where its bytes begin, how many they are, their checksum."""
        for entry in entries:
            name = entry.filename.partition("/")[2]
            if name.startswith("/") or ".." in name.split("/") or "\\" in name or name in self.records:
                raise CorruptFileError(f"the file is damaged or hostile: a record is named {entry.filename!r}")
            self.records[name] = self.span(entry)
        end = 0
        for start, size, _ in sorted(self.records.values()):
            if start < end:
                raise CorruptFileError("the file is damaged or hostile: its records overlap")
            end = start + size

    def span(self, entry: zipfile.ZipInfo) -> tuple[int, int, int]:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size or entry.flag_bits & 1:
            raise CorruptFileError(
                f"the record {entry.filename!r} is compressed or encrypted, which torch.save never does: a small file could "
                "claim any amount of memory. Unpack the archive and pack it again without compression (zip -0 -r)"
            )
        self.file.seek(max(entry.header_offset, 0))
        header = self.file.read(LOCAL_HEADER)
        if len(header) != LOCAL_HEADER or header[:4] != b"PK\3\4":
            raise CorruptFileError(f"the file is damaged: the record {entry.filename!r} is not where it should be")
        name_size, extra_size = struct.unpack("<HH", header[26:])
        start = entry.header_offset + LOCAL_HEADER + name_size + extra_size
        if start + entry.file_size > self.size:
            raise CorruptFileError(f"the file is truncated: the record {entry.filename!r} reaches beyond its end")
        return start, entry.file_size, entry.CRC

    def located(self, name: str) -> tuple[int, int, int]:
        if name not in self.records:
            raise CorruptFileError(
                f"PytorchStreamReader failed locating file {name}: file not found. The file is damaged, or none of torch.save"
            )
        return self.records[name]

    def bytes(self, name: str) -> bytes:
        """The bytes of a record."""
        memory = np.empty(self.located(name)[1], np.uint8)
        self.into(name, memory)
        return memory.tobytes()

    def into(self, name: str, memory: np.ndarray[Any, Any]) -> None:
        """Read the bytes of a record into memory of its size, and compare its checksum."""
        start, size, checksum = self.located(name)
        view = memory.reshape(-1).view(np.uint8).data
        self.file.seek(start)
        done = 0
        while done < size:
            if hasattr(self.file, "readinto"):
                count = self.file.readinto(view[done:])
            else:
                data = self.file.read(size - done)
                count = len(data)
                view[done : done + count] = data
            if not count:
                raise CorruptFileError(f"the file is truncated: the record {name} breaks off")
            done += count
        if zlib.crc32(view) != checksum:
            raise CorruptFileError(f"the file is damaged: the bytes of the record {name} do not match its checksum")

    def map(self, name: str, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        """The bytes of a record where they lie in the file: read when they are looked at, and never written back."""
        start, size, _ = self.located(name)
        assert self.mapped is not None
        return np.frombuffer(self.mapped, dtype, size // dtype.itemsize, start) if size else np.empty(0, dtype)
