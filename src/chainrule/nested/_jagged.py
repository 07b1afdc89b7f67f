"""The jagged layout: parts that differ in one dimension lie one behind the other along it, and offsets say where each begins."""

from __future__ import annotations

import weakref
from itertools import accumulate, count, pairwise
from math import prod
from typing import TYPE_CHECKING, Any, Self

from .. import dtypes, functions, ops
from .._tensor import Tensor
from ..functions import creation
from ..size import Size
from ._tensor import Nested, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NestedInt(int):
    """The size of the dimension in which parts differ: a symbol, which equals itself and no number, and is at least 2.

    As a number, which is what a function sees that does not know it, it is -1: a size that ``view`` finds out.
    """

    symbol: int
    factor: int

    def __new__(cls, symbol: int, factor: int = 1) -> Self:
        made = super().__new__(cls, -1)
        made.symbol, made.factor = symbol, factor
        return made

    def __repr__(self) -> str:
        return f"j{self.symbol}" if self.factor == 1 else f"{self.factor}*j{self.symbol}"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NestedInt) and (self.symbol, self.factor) == (other.symbol, other.factor)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((NestedInt, self.symbol, self.factor))

    def __mul__(self, other: Any) -> Any:
        return NestedInt(self.symbol, self.factor * other)

    __rmul__ = __mul__

    def _at_least(self, other: Any) -> bool:
        if isinstance(other, NestedInt) or other > 2:
            raise ValueError(f"{self} and {other} cannot be compared: the parts differ in size, and each has 2 or more")
        return True

    def __ge__(self, other: Any) -> bool:
        return self == other or self._at_least(other)

    def __gt__(self, other: Any) -> bool:
        return self != other and self._at_least(other if isinstance(other, NestedInt) else other + 1)

    def __lt__(self, other: Any) -> bool:
        return not self >= other

    def __le__(self, other: Any) -> bool:
        return self == other or not self > other

    def _unknown(self, *others: Any) -> Any:
        raise TypeError(
            f"{self} is the size of parts that differ in it, and no number: ask each part of nt.unbind() for its size"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __floordiv__ = __rfloordiv__ = __truediv__ = __rtruediv__ = _unknown
    __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = _unknown


_next_symbol = count(1).__next__
_symbols: dict[int, tuple[weakref.ref[Any], NestedInt]] = {}


def symbol_of(source: Tensor) -> NestedInt:
    """The symbol for the sizes that one tensor of offsets (or lengths) says: the same one as long as it lives."""
    key = id(source)
    if key not in _symbols or _symbols[key][0]() is not source:
        _symbols[key] = weakref.ref(source, lambda _: _symbols.pop(key, None)), NestedInt(_next_symbol())
    return _symbols[key][1]


class NestedTensor(Nested):
    """A batch of tensors that differ in one dimension, in the jagged layout."""

    __slots__ = ()
    __module__ = "torch.nested._internal.nested_tensor"

    _offsets: Tensor
    """Where each part begins in the values, along the ragged dimension, and where the last one ends: int64, one more than parts."""
    _lengths: Tensor | None
    """How long each part is, where there is a gap behind it."""
    _ragged_idx: int
    """The dimension in which the parts differ, counted with the batch."""

    @property
    def _sizes(self) -> tuple[Any, ...]:
        sizes: list[Any] = [len(self._offsets) - 1, *self._values.shape]
        sizes[self._ragged_idx] = None
        return tuple(sizes)

    @property
    def _symbol(self) -> NestedInt:
        """The size of the ragged dimension."""
        return symbol_of(self._offsets if self._lengths is None else self._lengths)

    @property
    def shape(self) -> Size:
        return Size([self._symbol if size is None else size for size in self._sizes])

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[self._outer(dim)]

    @property
    def layout(self) -> Any:
        return creation.jagged

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def stride(self, dim: int | None = None) -> Any:
        strides = (prod(self.shape[1:]), *self._values.stride())
        return strides if dim is None else strides[self._outer(dim)]

    def is_contiguous(self, memory_format: Any = None) -> bool:
        return self._lengths is None and self._values.is_contiguous()

    def contiguous(self, memory_format: Any = None) -> NestedTensor:
        if self.is_contiguous():
            return self
        dense = self._without_gaps()
        return dense._like(dense._values.contiguous())

    def values(self) -> Tensor:
        """The parts, one behind the other along the ragged dimension: without the batch's dimension."""
        return self._values if not self.requires_grad else ops.alias(self._values)

    def offsets(self) -> Tensor:
        """Where each part begins in ``values()``, and where the last ends."""
        return self._offsets

    def lengths(self) -> Tensor | None:
        """How long each part is, if there are gaps behind them; or None."""
        return self._lengths

    @property
    def _part_lengths(self) -> list[int]:
        """How long each part is."""
        if self._lengths is not None:
            return list(map(int, self._lengths.tolist()))
        return [end - start for start, end in pairwise(self._offsets.tolist())]

    @property
    def _max_seqlen(self) -> int:
        return max(self._part_lengths)

    @property
    def _min_seqlen(self) -> int:
        return min(self._part_lengths)

    def _parts(self) -> tuple[Tensor, ...]:
        along = self._ragged_idx - 1
        if self._lengths is None:
            return tuple(self._values.split(self._part_lengths, along))
        starts = self._offsets.tolist()
        return tuple(
            [self._values.narrow(along, start, size) for start, size in zip(starts, self._part_lengths, strict=False)]
        )

    def _like(self, values: Tensor) -> NestedTensor:
        return self._wrapped(values)

    def _wrapped(self, values: Tensor, ragged: int | None = None) -> NestedTensor:
        """Another with the same offsets."""
        return jagged(values, self._offsets, self._lengths, ragged or self._ragged_idx)

    def _map(self, function: Callable[[Tensor], Any], ragged: int | None = None) -> Any:
        made: Any = function(self._values)
        if isinstance(made, Tensor):
            return self._wrapped(made, ragged)
        return type(made)([self._wrapped(one, ragged) for one in made])

    def _packed(self, parts: Sequence[Tensor], ragged: int | None = None) -> NestedTensor:
        along = (ragged or self._ragged_idx) - 1
        lengths = [part.shape[along] for part in parts]
        values = functions.cat(list(parts), along)
        if self._lengths is None and lengths == self._part_lengths:
            return self._wrapped(values, ragged)
        return jagged(values, offsets_of(lengths), None, along + 1)

    def _without_gaps(self) -> NestedTensor:
        """The same parts with nothing between them."""
        return self if self._lengths is None else self._packed(self._parts())

    def _fits(self, other: Nested) -> bool:
        return (
            isinstance(other, NestedTensor)
            and (self._symbol, self._ragged_idx, self.ndim) == (other._symbol, other._ragged_idx, other.ndim)
        )  # fmt: skip

    def _spread(self, dense: Tensor, function: str) -> Tensor:
        behind = self.ndim - 1 - self._ragged_idx
        along = self._ragged_idx - 1
        if dense.ndim <= behind or (dense.ndim < self.ndim and dense.shape[along - self.ndim + 1] == 1):
            return dense
        if dense.ndim != self.ndim:
            raise RuntimeError(
                f"cannot call binary pointwise function {function} with inputs of shapes {self.shape} and {dense.shape}: give the other one a "
                "dimension for the batch, or as many as lie behind the ragged one"
            )
        lengths = self._part_lengths
        rows = dense.expand(len(lengths), *dense.shape[1:])
        if dense.shape[along + 1] == 1:
            spread = [
                row.expand(*row.shape[:along], size, *row.shape[along + 1 :])
                for row, size in zip(rows, lengths, strict=True)
            ]
        elif dense.shape[along + 1] == max(lengths):
            spread = [row.narrow(along, 0, size) for row, size in zip(rows, lengths, strict=True)]
        else:
            raise RuntimeError(
                f"The expanded size of the tensor ({max(lengths)}) must match the existing size ({dense.shape[along + 1]}) at non-singleton "
                f"dimension {along + 1}: the longest part has {max(lengths)}"
            )
        return functions.cat(spread, along)

    def _padded_size(self, output_size: list[int], largest: list[int]) -> list[int]:
        size = largest.copy()  # the other dimensions are what they are
        size[self._ragged_idx - 1] = output_size[self._ragged_idx]
        return size

    def __reduce_ex__(self, protocol: Any) -> Any:
        return jagged, (self._values, self._offsets, self._lengths, self._ragged_idx)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:  # type: ignore[override]
        about = f", grad_fn={self.grad_fn}" if self.grad_fn else ", requires_grad=True" if self.requires_grad else ""
        return (
            f"NestedTensor(size={tuple(self.shape)}, offsets={self._offsets}{about}, contiguous={self.is_contiguous()})"
        )

    __str__ = __repr__


def jagged(values: Tensor, offsets: Tensor, lengths: Tensor | None = None, ragged: int = 1) -> NestedTensor:
    """A nested tensor around values that lie behind each other along dimension ``ragged`` - 1."""
    sizes: list[Any] = [len(offsets) - 1, *values.shape]
    sizes[ragged] = None
    made = shell(NestedTensor, values, tuple(sizes))
    made._offsets, made._lengths, made._ragged_idx = offsets, lengths, ragged
    return made


def offsets_of(lengths: Sequence[int]) -> Tensor:
    """Where parts of these lengths begin if they lie behind each other, and where the last ends."""
    return functions.tensor(list(accumulate(lengths, initial=0)), dtype=dtypes.int64)


def from_parts(parts: Sequence[Tensor]) -> NestedTensor:
    """A nested tensor of parts that autograd knows.

    Raises:
        RuntimeError: there are none, or they differ in more than the size of one dimension.
    """
    if not parts:
        raise RuntimeError("Cannot construct a nested tensor from an empty tensor list")
    first = parts[0]
    for name in ("ndim", "dtype", "device"):
        if any(getattr(part, name) != getattr(first, name) for part in parts):
            said = "dim" if name == "ndim" else name
            raise RuntimeError(
                f"When constructing a nested tensor, all tensors in list must have the same {said}: got "
                f"{[getattr(part, name) for part in parts]}"
            )
    if not first.ndim:
        raise RuntimeError("Cannot construct a nested tensor from a list of zero-dim tensors")
    ragged = [at for at, sizes in enumerate(zip(*[part.shape for part in parts], strict=True)) if len(set(sizes)) > 1]
    if len(ragged) > 1:
        raise RuntimeError(
            "Cannot represent given tensor list as a nested tensor with the jagged layout. Note that the jagged layout only allows for a single "
            f"ragged dimension, and these differ in {ragged}: {[tuple(part.shape) for part in parts]}"
        )
    along = ragged[0] if ragged else 0
    offsets = offsets_of([part.shape[along] for part in parts])
    return jagged(functions.cat(list(parts), along), offsets, None, along + 1)
