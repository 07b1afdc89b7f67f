"""The raw value of a sparse tensor: values, and the pattern of their places. Loads with the first of them."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from ..backend import sparse_numpy as kernels
from .sparse_level import SPARSE
from .value import Lifted

NAMES = {"coo": "Sparse", "csr": "SparseCsr", "csc": "SparseCsc"}
"""What PyTorch calls the layouts in its errors."""
MOST = 2**63 - 1
"""Elements, of which each has a number in int64."""


class Pattern:
    """Where a sparse tensor has values. Never changed once made.

    ``indices`` (sparse dimensions, entries) are the places; of a compressed layout they are made from ``compressed`` and
    ``plain``, in the order in which the values lie.
    """

    def __init__(
        self, layout: str, shape: tuple[int, ...], indices: Any = None, *, is_coalesced: bool = False,
        compressed: Any = None, plain: Any = None,
    ) -> None:  # fmt: skip
        if prod(shape) > MOST:
            raise RuntimeError(
                f"numel: integer multiplication overflow: a sparse tensor has 2^63 - 1 elements at the most, got shape {list(shape)}"
            )
        self.layout = layout
        self.shape = shape
        self.compressed, self.plain = compressed, plain
        if indices is None:
            pair = (kernels.expanded(compressed), plain)
            indices = np.stack(pair if layout == "csr" else pair[::-1]).astype(np.int64, copy=False)
        self.indices = indices
        self.is_coalesced = is_coalesced or indices.shape[1] < 2
        """As PyTorch keeps it: whether it is known that the places are in order and distinct."""

    @property
    def sparse_dim(self) -> int:
        return len(self.indices)

    @property
    def nnz(self) -> int:
        count: int = self.indices.shape[1]
        return count

    @cached_property
    def keys(self) -> Any:
        """Each place as one number, by which they are ordered."""
        return kernels.keys(self.indices, self.shape)

    @cached_property
    def is_ordered(self) -> bool:
        """Whether the places are distinct, and in the order of the layout."""
        if self.layout == "csc":
            return kernels.is_increasing(kernels.keys(self.indices[::-1], self.shape[::-1]))
        return self.is_coalesced or kernels.is_increasing(self.keys)

    def dense_shape(self, dense: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of what has this pattern, and values of a shape each."""
        return (*self.shape[: self.sparse_dim], *dense)

    def as_coo(self) -> Pattern:
        """The same places, in the same order, in coordinates."""
        if self.layout == "coo":
            return self
        return Pattern("coo", self.shape, self.indices, is_coalesced=self.layout == "csr" and self.is_ordered)


class SparseArray(Lifted):
    """The raw value of a sparse tensor: a pattern, and an array of values, one (or one array) for each place."""

    __slots__ = ("is_open", "pattern", "values")

    pattern: Pattern
    values: np.ndarray[Any, Any]
    is_open: bool
    """Whether a tensor of the user's has these values as its memory: what is kept of them is watched by its version."""

    def __init__(self, pattern: Pattern, values: Any) -> None:
        super().__init__(SPARSE, frozenset(), pattern.shape, values.dtype)
        self.pattern = pattern
        self.values = values
        self.is_open = False

    @property
    def layout(self) -> str:
        return self.pattern.layout

    @property
    def nbytes(self) -> int:
        """What the values and their places take."""
        return self.values.nbytes + self.pattern.indices.nbytes

    def parts(self) -> tuple[Any, Any, Any]:
        """The arrays that it is made of: indices, None, values; or compressed indices, plain ones, values."""
        pattern = self.pattern
        places = (pattern.indices, None) if self.layout == "coo" else (pattern.compressed, pattern.plain)
        return (*places, self.values)

    def plain(self, doing: str) -> Any:
        name = NAMES[self.layout]
        if self.layout == "coo" and prod(self.shape) == 1 and not ("tolist" in doing or "numpy" in doing.lower()):
            return self.dense()  # the one number that it is
        if "numpy" in doing.lower():
            raise TypeError(f"can't convert {name} layout tensor to numpy. Use Tensor.to_dense() first.")
        raise (RuntimeError if "tolist" in doing or "item" in doing else NotImplementedError)(
            f"Cannot access data pointer of Tensor that doesn't have storage: it looks like you're {doing}, which has a {name} "
            "layout. Use .to_dense() first, or take its .values()."
        )

    def numbers(self) -> Any:
        return self.values

    def without_tangents(self) -> Any:
        return self

    def shown(self) -> tuple[Any, list[str]]:
        return f"sparse tensor of shape {list(self.shape)}", []

    # -- forms -----------------------------------------------------------------------------------------------------

    def coalesced(self) -> SparseArray:
        """In coordinates, places in order, values of the same place added."""
        pattern = self.pattern
        if pattern.is_ordered and pattern.layout != "csc":
            if pattern.layout == "coo" and pattern.is_coalesced:
                return self
            return SparseArray(Pattern("coo", self.shape, pattern.indices, is_coalesced=True), self.values)
        first, values = kernels.summed(pattern.keys, self.values)
        return SparseArray(Pattern("coo", self.shape, pattern.indices[:, first], is_coalesced=True), values)

    def as_coo(self) -> SparseArray:
        """In coordinates, places and values as they lie."""
        return self if self.layout == "coo" else SparseArray(self.pattern.as_coo(), self.values)

    def in_layout(self, layout: str) -> SparseArray:
        """In another layout."""
        if layout == self.layout:
            return self
        if layout == "coo":
            return self.as_coo()
        return compress(self.coalesced(), layout)

    def dense(self) -> Any:
        """As an ordinary array."""
        return kernels.dense(self.pattern.indices, self.values, self.shape)

    def at(self, pattern: Pattern) -> Any:
        """The values at the places of another pattern; zeros where there are none."""
        if pattern is self.pattern and (pattern.is_ordered or not pattern.nnz):
            return self.values
        mine = self.coalesced()
        return kernels.found(mine.pattern.keys, mine.values, pattern.keys)

    def with_values(self, values: Any) -> SparseArray:
        """Other values at the same places."""
        pattern = self.pattern
        shape = pattern.dense_shape(values.shape[1:])
        if shape != pattern.shape:
            pattern = Pattern("coo", shape, pattern.indices, is_coalesced=pattern.is_ordered)
        return SparseArray(pattern, values)


def ordered_places(array: SparseArray) -> Pattern:
    """The places of a gradient: those of a tensor, in its layout, each once."""
    if array.pattern.is_ordered:
        return array.pattern
    coo = array.coalesced()
    return coo.pattern if array.layout == "coo" else compress(coo, array.layout).pattern


def compress(coo: SparseArray, layout: str) -> SparseArray:
    """A coalesced matrix by rows ("csr") or by columns ("csc")."""
    rows, columns = coo.pattern.indices
    if layout == "csr":
        compressed, plain, values = kernels.compressed(rows, coo.shape[0]), columns, coo.values
    else:
        order = np.argsort(columns, kind="stable")
        compressed, plain = kernels.compressed(columns[order], coo.shape[1]), rows[order]
        values = coo.values[order]
    return SparseArray(Pattern(layout, coo.shape, compressed=compressed, plain=plain), values)


SPARSE.is_used = True
