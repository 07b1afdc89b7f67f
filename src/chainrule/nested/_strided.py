"""The strided layout: parts of any sizes, one behind the other in a tensor of one dimension."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes, functions
from ..core.value import TensorBase
from ..functions import creation
from ._tensor import Nested, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._tensor import Tensor


class StridedNestedTensor(Nested):
    """A batch of tensors with as many dimensions, of any sizes."""

    __slots__ = ()

    _part_sizes: tuple[tuple[int, ...], ...]
    """The shape of each part."""
    _in_order: bool
    """Whether it is told to be contiguous. The values are always row by row; a transposed one says that they are not."""

    @property
    def _sizes(self) -> tuple[Any, ...]:
        return sizes_of(self._part_sizes)

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "a nested tensor of the strided layout has no one shape: ask for .size(dim), or each part of nt.unbind()"
        )

    def size(self, dim: int | None = None) -> Any:
        if dim is None:
            return self.shape
        found = self._sizes[self._outer(dim)]
        if found is None:
            raise RuntimeError(f"Given dimension {dim} is irregular and does not have a size.")
        return found

    @property
    def layout(self) -> Any:
        return creation.strided

    def __len__(self) -> int:
        return len(self._part_sizes)

    def stride(self, dim: int | None = None) -> Any:
        raise RuntimeError(
            "a nested tensor of the strided layout has no strides of its own: ask each part of nt.unbind()"
        )

    def is_contiguous(self, memory_format: Any = None) -> bool:
        return self._in_order

    def contiguous(self, memory_format: Any = None) -> StridedNestedTensor:
        return self if self._in_order else strided(self._values, self._part_sizes)

    def values(self) -> Tensor:
        """All elements, part behind part, in one dimension."""
        return self._values.view(-1)

    def _nested_tensor_size(self) -> Tensor:
        return functions.tensor([list(size) for size in self._part_sizes], dtype=dtypes.int64)

    def _parts(self) -> tuple[Tensor, ...]:
        ends = accumulate(map(prod, self._part_sizes), initial=0)
        return tuple(
            [
                self._values[start:end].view(size)
                for (start, end), size in zip(pairwise(ends), self._part_sizes, strict=True)
            ]
        )

    def _packed(self, parts: Sequence[Tensor], ragged: int | None = None) -> StridedNestedTensor:
        return from_parts(parts)

    def _map(self, function: Callable[[Tensor], Any], ragged: int | None = None) -> Any:
        made = [function(part) for part in self._parts()]
        if made and not isinstance(made[0], TensorBase):
            return type(made[0])([from_parts(parts) for parts in zip(*made, strict=True)])
        return from_parts(made)

    def _like(self, values: Tensor) -> StridedNestedTensor:
        return strided(values, self._part_sizes, self._in_order)

    def _fits(self, other: Nested) -> bool:
        return isinstance(other, StridedNestedTensor) and self._part_sizes == other._part_sizes

    def _spread(self, dense: Tensor, function: str) -> Tensor:
        raise RuntimeError(
            f"{function}: Expected both self and other to be nested, but got a nested and a non-nested one. The jagged layout takes ordinary ones"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        return strided, (self._values, self._part_sizes, self._in_order)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:  # type: ignore[override]
        shown = [repr(part.detach().requires_grad_(self.requires_grad)) for part in self._parts()]
        inside = ",\n".join(shown).replace("\n", "\n  ")
        about = (
            f", grad_fn=<{self.grad_fn.name()}>"
            if self.grad_fn
            else ", requires_grad=True"
            if self.requires_grad
            else ""
        )
        return f"nested_tensor([\n  {inside}\n]{about})" if shown else f"nested_tensor([\n\n]{about})"

    __str__ = __repr__


def sizes_of(part_sizes: Sequence[tuple[int, ...]]) -> tuple[Any, ...]:
    """How large the whole is along each dimension: None where the parts differ."""
    along = zip(*part_sizes, strict=True)
    return (len(part_sizes), *[sizes[0] if len(set(sizes)) == 1 else None for sizes in along])


def strided(values: Tensor, part_sizes: Sequence[tuple[int, ...]], in_order: bool = True) -> StridedNestedTensor:
    """A nested tensor around the elements of all parts."""
    made = shell(StridedNestedTensor, values, sizes_of(part_sizes))
    made._part_sizes, made._in_order = tuple(part_sizes), in_order
    return made


def from_parts(parts: Sequence[Tensor]) -> StridedNestedTensor:
    """A nested tensor of parts that autograd knows.

    Raises:
        RuntimeError: the parts have other numbers of dimensions.
    """
    for at, part in enumerate(parts):
        if part.ndim != parts[0].ndim:
            raise RuntimeError(
                f"All Tensors given to nested_tensor must have the same dimension. Found dimension {part.ndim} for Tensor at index {at} and "
                f"dimension {parts[0].ndim} for Tensor at index 0."
            )
    values = functions.cat([part.reshape(-1) for part in parts]) if parts else functions.empty(0)
    in_order = all(part.is_contiguous() for part in parts)
    return strided(values, [tuple(part.shape) for part in parts], in_order)
