"""Version cells: how a node knows that a value it saved is still what it was.

A cell is shared by a tensor and its views. Every in-place write bumps it and notes where the write happened. A node
keeps (value, cell, version) for each value it saved, and compares the version when the value is used.

Two subclasses answer the same question, ``cell.version``, in their own way:

* memory that NumPy code can reach (``numpy()``, ``from_numpy``) may change without any bump. The cell of such memory is
  *exposed*: what a node saves is then a :class:`Fingerprint` of the values, taken again when they are used.
* inference tensors have no version: saving one is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .value import TensorBase

SMALL_BYTES = 1 << 14
ROW_BYTES = 1 << 13
CHANGED_OUTSIDE = -1
"""The version of memory that was changed through NumPy: equal to no counter."""


class Cell:
    """A version counter, and where the last write to the memory was made."""

    __slots__ = ("exposures", "version", "writer")

    version: int
    writer: Any
    """(code, instruction) of the last write, or None."""
    exposures: dict[Any, Fingerprint] | None
    """Of an exposed cell: fingerprints taken when memory that nodes may already have saved was handed out, by what was."""

    def __init__(self) -> None:
        self.version = 0
        self.writer = None
        self.exposures = None


COUNTER: Any = vars(Cell)["version"]  # the slot descriptor, which the subclasses cover with a property


class ExposedCell(Cell):
    """The cell of memory that NumPy code can reach."""

    __slots__ = ()

    @property
    def version(self) -> int:
        count: int = COUNTER.__get__(self)
        if self.exposures and any(e.count == count and e.is_changed() for e in self.exposures.values()):
            return CHANGED_OUTSIDE
        return count

    @version.setter
    def version(self, value: int) -> None:
        COUNTER.__set__(self, value)
        self.exposures = None


class DataCell(Cell):
    """The cell of ``t.data``: a counter of its own over the memory of another."""

    __slots__ = ("of",)

    def __init__(self, of: Cell) -> None:
        super().__init__()
        self.of = of


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
        self.count: int = COUNTER.__get__(cell)
        self.print = fingerprint(array)

    @property
    def version(self) -> int:
        if COUNTER.__get__(self.cell) == self.count and self.is_changed():
            return CHANGED_OUTSIDE
        return COUNTER.__get__(self.cell)

    @property
    def writer(self) -> Any:
        return self.cell.writer

    def is_changed(self) -> bool:
        return self.print != fingerprint(self.array)


def fingerprint(array: np.ndarray[Any, Any]) -> tuple[int, int, int]:
    """Numbers that change when the values do.

    Small arrays: a checksum of all bytes. Large ones, at the speed of memory: the bytes as rows of 64-bit words, summed
    (wrapping) along each row and down each column. A change of one word changes a sum; two words that are exchanged
    lie in different rows or in different columns.
    """
    import zlib

    data: Any = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    if data.size <= SMALL_BYTES:
        return zlib.crc32(data), 0, 0
    whole = data.size // ROW_BYTES * ROW_BYTES
    rows = data[:whole].view(np.uint64).reshape(-1, ROW_BYTES // 8)
    along, down = np.add.reduce(rows, axis=1), np.add.reduce(rows, axis=0)
    return zlib.crc32(data[whole:]), zlib.crc32(along), zlib.crc32(down)


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
        cell = tensor._cell = Cell()
        return cell
    if (type(cell) is ExposedCell or cell.exposures is not None) and isinstance(array, np.ndarray):
        return Fingerprint(cell, array)
    return cell


def expose(tensor: TensorBase) -> None:
    """NumPy code is about to get hold of the tensor's memory."""
    expose_cell(cell_of(tensor), tensor._array)


def expose_cell(cell: Cell, array: Any) -> None:
    if type(cell) is InferenceCell:
        return
    if type(cell) is DataCell:
        expose_cell(cell.of, array)
    if type(cell) is Cell:
        cell.__class__ = ExposedCell
    seen = cell.exposures
    if seen is None:
        seen = cell.exposures = {}
    # Programs ask row by row for a whole data set: what has been handed out before is found without a search.
    part = (array.__array_interface__["data"], array.shape, array.strides, array.dtype)
    if part not in seen:
        seen[part] = Fingerprint(cell, array)


def bump(tensor: TensorBase, writer: Any) -> None:
    """Note an in-place write to the tensor's memory, made at ``writer``."""
    cell = cell_of(tensor)
    if type(cell) is InferenceCell:
        return
    cell.version = COUNTER.__get__(cell) + 1
    cell.writer = writer
