"""``x[...]`` and overwriting a whole tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.value import TensorBase
from .. import indexing

if TYPE_CHECKING:
    from ..._tensor import Tensor


class IndexingMethods(TensorBase):
    """``x[...]`` and overwriting a whole tensor."""

    __slots__ = ()

    __getitem__ = indexing.getitem
    __setitem__ = indexing.setitem

    def __delitem__(self, key: Any) -> None:
        raise TypeError(
            "Tensor does not support deleting items: join what is to stay with torch.cat, or select it with a mask"
        )

    def copy_(self: Any, other: Tensor, non_blocking: bool = False) -> Tensor:
        """Overwrite with the values of ``other``, broadcast and converted."""
        return indexing.copy_(self, other)

    def fill_(self: Any, value: Any) -> Tensor:
        """Overwrite with a number or a 0-d tensor."""
        if isinstance(value, TensorBase):
            if value._array.ndim:
                raise RuntimeError(
                    f"fill_ only supports 0-dimension value tensor but got tensor with {value._array.ndim} dimensions."
                )
            return indexing.overwrite(self, ops.fill, value)
        return indexing.overwrite(self, ops.fill_number, value=indexing.filling_number(self, value, "fill_"))

    def zero_(self: Any) -> Tensor:
        """Overwrite with zeros."""
        return indexing.overwrite(self, ops.zero)

    def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Tensor:
        """Overwrite the diagonal with a number; with ``wrap``, that of a tall matrix starts again after each full square."""
        return indexing.fill_diagonal_(self, fill_value, wrap)
