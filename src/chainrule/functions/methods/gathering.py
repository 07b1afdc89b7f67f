"""The methods that read and write at given places, or where a mask says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import gathering, masking
from .._arguments import takes_axis, tensor_argument
from ..rearranging import tril, triu

if TYPE_CHECKING:
    from ..._tensor import Tensor


class GatheringMethods(TensorBase):
    """The methods that read and write at given places, or where a mask says so."""

    __slots__ = ()

    # -- reading

    take = gathering.take
    gather = gathering.gather
    take_along_dim = gathering.take_along_dim
    index_select = gathering.index_select
    masked_select = masking.masked_select
    nonzero = masking.nonzero
    argwhere = masking.argwhere

    def where(self: Any, condition: Tensor, other: Any) -> Tensor:
        """This tensor where the condition holds, else ``other``."""
        return masking.where(condition, self, other)

    # -- writing to a copy

    scatter = gathering.scatter
    scatter_add = gathering.scatter_add
    scatter_reduce = gathering.scatter_reduce
    index_add = gathering.index_add
    index_copy = gathering.index_copy
    index_fill = gathering.index_fill
    index_put = gathering.index_put
    put = gathering.put
    masked_fill = masking.masked_fill
    masked_scatter = masking.masked_scatter

    # -- in place

    @takes_axis
    def scatter_(
        self: Any, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
    ) -> Tensor:
        """``scatter`` in place."""
        op, operands, params = gathering.scattering(self, dim, index, value if src is None else src, reduce)
        return written(self, op, operands[1:], params)

    @takes_axis
    def scatter_add_(self: Any, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """``scatter_add`` in place."""
        tensor_argument(src, "scatter_add_", "src", 3)
        op, operands, params = gathering.scattering(self, dim, index, src, "add")
        return written(self, op, operands[1:], params)

    @takes_axis
    def scatter_reduce_(
        self: Any, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
    ) -> Tensor:
        """``scatter_reduce`` in place."""
        operands, params = gathering.reducing(self, dim, index, src, reduce, include_self)
        return written(self, ops.scatter_reduce, operands[1:], params)

    @takes_axis
    def index_add_(self: Any, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
        """``index_add`` in place."""
        return written(self, ops.index_add, *gathering.adding(self, dim, index, source, alpha))

    @takes_axis
    def index_copy_(self: Any, dim: int, index: Tensor, source: Tensor) -> Tensor:
        """``index_copy`` in place."""
        return written(self, ops.index_copy, *gathering.copying(self, dim, index, source))

    @takes_axis
    def index_fill_(self: Any, dim: int, index: Tensor, value: Any) -> Tensor:
        """``index_fill`` in place."""
        return written(self, *gathering.filling_slices(self, dim, index, value, "index_fill_"))

    def index_put_(self: Any, indices: Sequence[Any], values: Tensor, accumulate: bool = False) -> Tensor:
        """``index_put`` in place."""
        return written(self, *gathering.putting(self, indices, values, accumulate))

    def put_(self: Any, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
        """``put`` in place."""
        return written(self, ops.put_flat, *gathering.putting_flat(self, index, source, accumulate))

    def masked_fill_(self: Any, mask: Tensor, value: Any) -> Tensor:
        """``masked_fill`` in place."""
        return written(self, *masking.filling(self, mask, value, "masked_fill_"))

    def masked_scatter_(self: Any, mask: Tensor, source: Tensor) -> Tensor:
        """``masked_scatter`` in place."""
        return written(self, ops.masked_scatter, masking.scattering_masked(self, mask, source), {})

    def tril_(self: Any, diagonal: int = 0) -> Tensor:
        """``tril`` in place."""
        tril(self.detach(), diagonal)
        return inplace(ops.tril, self, k=diagonal)

    def triu_(self: Any, diagonal: int = 0) -> Tensor:
        """``triu`` in place."""
        triu(self.detach(), diagonal)
        return inplace(ops.triu, self, k=diagonal)


def written(x: Any, op: Any, operands: list[Any], params: dict[str, Any]) -> Tensor:
    """The in-place form of an op on ``x`` and ``operands``."""
    if not x._array.ndim:  # the axis of a 0-d tensor is that of a vector
        target = ops.view(x, shape=(1,))
        inplace(op, target, *operands, **params)
        return x
    return inplace(op, x, *operands, **params)
