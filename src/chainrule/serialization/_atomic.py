"""Writing a file so that, whatever happens, what stands there is the old file or the new one."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO, Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["replacing"]

SUFFIX = ".saving"


@contextlib.contextmanager
def replacing(path: Any) -> Iterator[IO[bytes]]:
    """A file to be written, which takes the place of ``path`` when all of it is on the disk.

    It is written under another name in the same folder. If writing fails it is removed; if the process is killed it stays,
    until the next save to the same path.

    Raises:
        RuntimeError: there is no such folder, or ``path`` is a folder.
    """
    target = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(os.fspath(path))} does not exist.")
    if os.path.isdir(target):
        raise RuntimeError(f"cannot save to {os.fspath(path)}: Is a directory. Give the path of a file")
    if os.path.exists(target) and not os.path.isfile(target):  # a device or a pipe
        with open(target, "wb") as special:
            yield special
        return
    remove_stale(folder, name)
    file, temporary = create(folder, name)
    try:
        with file:
            yield file
            file.flush()
            if os.path.exists(target):
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def create(folder: str, name: str) -> tuple[IO[bytes], str]:
    """A new file of a name that no other save uses, locked for as long as it is open."""
    while True:
        temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}{SUFFIX}")
        try:
            number = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        except FileExistsError:
            continue
        file = open(number, "wb")  # noqa: SIM115 - the caller closes it
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.exists(temporary):  # taken for a stale one, before it was locked
                file.close()
                continue
        return file, temporary


def remove_stale(folder: str, name: str) -> None:
    """Remove what saves to the same path left behind when they were killed: nobody holds their locks."""
    if fcntl is None:
        return
    for one in os.listdir(folder):
        if one.startswith(f".{name}.") and one.endswith(SUFFIX) and len(one) == len(name) + 14 + len(SUFFIX):
            with contextlib.suppress(OSError), open(os.path.join(folder, one), "rb") as left:
                fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(left.name)


def sync_folder(folder: str) -> None:
    """Let the disk know the new name of the file, where folders can be asked that."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
