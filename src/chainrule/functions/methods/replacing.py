"""Methods that put values into the place of parts, and copies of parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import copies, replacing, slices
from .._arguments import takes_axis
from .gathering import written

if TYPE_CHECKING:
    from ..._tensor import Tensor


class ReplacingMethods(TensorBase):
    """Methods that put values into the place of parts, and copies of parts."""

    __slots__ = ()

    as_strided_scatter = replacing.as_strided_scatter
    diagonal_scatter = replacing.diagonal_scatter
    select_scatter = replacing.select_scatter
    slice_scatter = replacing.slice_scatter
    narrow_copy = copies.narrow_copy
    unsafe_chunk = copies.unsafe_chunk
    unsafe_split = copies.unsafe_split
    unsafe_split_with_sizes = copies.unsafe_split_with_sizes
    index_reduce = slices.index_reduce
    renorm = slices.renorm

    @takes_axis
    def index_reduce_(
        self: Any, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
    ) -> Tensor:
        """``index_reduce`` in place."""
        return written(self, ops.index_reduce, *slices.reducing(self, dim, index, source, reduce, include_self))

    @takes_axis
    def renorm_(self: Any, p: float, dim: int, maxnorm: float) -> Tensor:
        """``renorm`` in place."""
        return inplace(ops.renorm, self, **slices.norms(self, p, dim, maxnorm))
