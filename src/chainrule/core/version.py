"""Version cells: how a node knows that a value it saved is still what it was.

A cell is shared by a tensor and its views. Every in-place write bumps it and notes where the write happened. A node
keeps (value, cell, version) for each value it saved, and compares the version when the value is used.

Two subclasses answer the same question, ``cell.version``, in their own way:

* memory that NumPy code can reach (``numpy()``, ``from_numpy``) may change without any bump. The cell of such memory is
  *exposed*: what a node saves is then a :class:`Fingerprint` of the values, taken again when they are used.
* inference tensors have no version: saving one is refused.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .value import TensorBase

SAMPLED_BYTES = 1 << 14
CHANGED_OUTSIDE = -1
"""The version of memory that was changed through NumPy: equal to no counter."""


class Cell:
    """A version counter, and where the last write to the memory was made."""

    __slots__ = ("exposures", "version", "writer")

    version: int
    writer: Any
    """(code, instruction) of the last write, or None."""
    exposures: list[Fingerprint] | None
    """Of an exposed cell: fingerprints taken when memory that nodes may already have saved was handed out."""

    def __init__(self) -> None:
        self.version = 0
        self.writer = None
        self.exposures = None


_counter: Any = Cell.version  # the slot descriptor, which the subclasses cover with a property


class ExposedCell(Cell):
    """The cell of memory that NumPy code can reach."""

    __slots__ = ()

    @property
    def version(self) -> int:  # type: ignore[override]
        count: int = _counter.__get__(self)
        if self.exposures and any(e.count == count and e.is_changed() for e in self.exposures):
            return CHANGED_OUTSIDE
        return count

    @version.setter
    def version(self, value: int) -> None:
        _counter.__set__(self, value)
        self.exposures = None


class InferenceCell(Cell):
    """The cell of an inference tensor."""

    __slots__ = ()

    @property
    def version(self) -> int:  # type: ignore[override]
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal "
            "tensor and use it in autograd."
        )


INFERENCE_CELL = InferenceCell.__new__(InferenceCell)
INFERENCE_CELL.writer = None
INFERENCE_CELL.exposures = None


class Fingerprint:
    """Stands for a cell in a node that saved exposed memory: its version changes when the values do."""

    __slots__ = ("array", "cell", "count", "print")

    def __init__(self, cell: Cell, array: np.ndarray[Any, Any]) -> None:
        self.cell = cell
        self.array = array
        self.count: int = _counter.__get__(cell)
        self.print = fingerprint(array)

    @property
    def version(self) -> int:
        if _counter.__get__(self.cell) == self.count and self.is_changed():
            return CHANGED_OUTSIDE
        return _counter.__get__(self.cell)  # type: ignore[no-any-return]

    @property
    def writer(self) -> Any:
        return self.cell.writer

    def is_changed(self) -> bool:
        return self.print != fingerprint(self.array)


def fingerprint(array: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Two numbers that change when the values do.

    A wrapping sum of all the bytes as 64-bit words sees every single change; a checksum of evenly spread blocks sees
    reorderings, which a sum cannot. (A reordering between blocks of more than 16 kB that were not sampled can be missed.)
    """
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = data.size & ~7
    total = int(np.add.reduce(data[:whole].view(np.uint64))) if whole else 0
    if data.size <= SAMPLED_BYTES:
        return total, zlib.crc32(data)
    blocks = data[: data.size // 64 * 64].reshape(-1, 64)
    step = max(1, len(blocks) * 64 // SAMPLED_BYTES)
    return total, zlib.crc32(np.ascontiguousarray(blocks[::step]), zlib.crc32(data[-64:]))


def new_cell(tensor: TensorBase) -> Cell:
    cell = tensor._cell = Cell()
    return cell


def cell_of(tensor: TensorBase) -> Cell:
    """The tensor's cell, made when there is none yet."""
    cell = tensor._cell
    return new_cell(tensor) if cell is None else cell


def guard(tensor: TensorBase, array: Any) -> Cell | Fingerprint:
    """What a node keeps beside ``array``, saved from ``tensor``, to know later that it did not change."""
    cell = tensor._cell
    if cell is None:
        return new_cell(tensor)
    if type(cell) is ExposedCell and isinstance(array, np.ndarray):
        return Fingerprint(cell, array)
    return cell


def expose(tensor: TensorBase) -> None:
    """NumPy code is about to get hold of the tensor's memory."""
    cell = cell_of(tensor)
    if type(cell) is InferenceCell:
        return
    if type(cell) is Cell:
        cell.__class__ = ExposedCell
    seen = cell.exposures = [e for e in cell.exposures or () if e.count == _counter.__get__(cell)]
    array = tensor._array
    if not any(e.array is array for e in seen):
        seen.append(Fingerprint(cell, array))


def bump(tensor: TensorBase, writer: Any) -> None:
    """Note an in-place write to the tensor's memory, made at ``writer``."""
    cell = cell_of(tensor)
    if type(cell) is InferenceCell:
        return
    cell.version = _counter.__get__(cell) + 1
    cell.writer = writer
