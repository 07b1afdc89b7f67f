"""``torch.PyTorchFileReader``: the records of a file of ``torch.save``, as bytes."""

from __future__ import annotations

import os
from typing import IO, Any

from ._archive import ArchiveReader

__all__ = ["PyTorchFileReader"]


class PyTorchFileReader:
    """Reads the records of an archive, each by its name, and checks what the file says of itself.

    Args:
        file: its path, or a binary file that can be read and moved in.

    Raises:
        CorruptFileError: it is no archive of ``torch.save``, or damaged. A RuntimeError, as PyTorch's.

    >>> import io
    >>> import chainrule as torch
    >>> file = io.BytesIO()
    >>> torch.save(torch.ones(2), file)
    >>> reader = torch.PyTorchFileReader(file)
    >>> reader.has_record("data.pkl"), len(reader.get_record("data/0"))
    (True, 8)
    """

    def __init__(self, file: str | os.PathLike[str] | IO[bytes]) -> None:
        self._own: IO[bytes] | None = None
        if isinstance(file, (str, os.PathLike)):
            file = self._own = open(file, "rb")  # noqa: SIM115 - it is read as long as the reader lives
        self._reader = ArchiveReader(file)

    def __del__(self) -> None:
        own = vars(self).get("_own")
        if own is not None:
            own.close()

    def get_record(self, name: str) -> bytes:
        """The bytes of a record."""
        return self._reader.bytes(name)

    def has_record(self, name: str) -> bool:
        """Whether there is such a record."""
        return name in self._reader.records

    def get_all_records(self) -> list[str]:
        """The names of all records."""
        return list(self._reader.records)

    def get_record_offset(self, name: str) -> int:
        """Where in the file the bytes of a record begin."""
        return self._reader.located(name)[0]

    def version(self) -> int:
        """The version of the file's layout."""
        return int(self.get_record("version"))

    def serialization_id(self) -> Any:
        """What tells this file from others; empty if it does not say."""
        name = ".data/serialization_id"
        return self.get_record(name).decode() if self.has_record(name) else ""
