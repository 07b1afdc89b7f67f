"""What both layouts of nested tensors share: a batch of tensors of several sizes, kept one behind the other in one tensor.

A nested tensor computes nothing itself. It is a shell around ``_values``, an ordinary tensor with all the elements, and knows how to
cut it into the parts. What is done with it, ``__torch_function__`` hands to ``_calls``, which computes on the values, or on each
part; so derivatives of any order are those of what is computed there, and a leaf's gradient is that of its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import functions
from .._overridable import NAMES
from .._tensor import Tensor
from ..autograd import _backward
from ..core.lifted import Level
from ..core.value import Lifted
from ..functions import padding as padding_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..core.node import Node


class NestedLevel(Level):
    """Where the shell itself would be computed on, behind the back of ``__torch_function__``."""

    __slots__ = ()

    def __init__(self) -> None:
        self.depth = 1 << 60

    def run(self, op: Any, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        raise no_array(op.name)


LEVEL = NestedLevel()


def no_array(doing: str) -> NotImplementedError:
    """The error where one array is wanted."""
    return NotImplementedError(
        f"{doing}: a nested tensor has no one array here. Give its parts (.unbind()), or the padded tensor (.to_padded_tensor(0.))"
    )


class NoArray(Lifted):
    """The raw value of the shell."""

    __slots__ = ()

    def plain(self, doing: str) -> Any:
        raise no_array(doing)

    def without_tangents(self) -> Any:
        raise no_array("forward mode")


class Nested(Tensor):
    """A nested tensor of either layout."""

    __slots__ = ()

    _values: Tensor  # type: ignore[assignment] # a method of sparse tensors
    """All elements, and what autograd sees."""
    is_nested = True

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        from ._calls import called

        return called(func, NAMES.get(func, func.__name__), args, kwargs or {})

    # -- the parts: what a layout says of itself -----------------------------------------------------------------------

    def _parts(self) -> tuple[Tensor, ...]:
        """The tensors of the batch, which autograd knows as parts of the values."""
        raise NotImplementedError

    def _packed(self, parts: Sequence[Tensor], ragged: int | None = None) -> Any:
        """Another of this layout, of other parts; ``ragged`` is the dimension of several sizes, where it moves."""
        raise NotImplementedError

    def _map(self, function: Callable[[Tensor], Any], ragged: int | None = None) -> Any:
        """What a function gives that leaves the dimension of several sizes as it is."""
        raise NotImplementedError

    def _like(self, values: Tensor) -> Any:
        """Another with the same sizes and other values, one for each."""
        raise NotImplementedError

    def _fits(self, other: Nested) -> bool:
        """Whether the elements of both lie at the same places."""
        raise NotImplementedError

    def _spread(self, dense: Tensor, function: str) -> Tensor:
        """An ordinary operand as it meets the values."""
        raise NotImplementedError

    def _padded_size(self, output_size: list[int], largest: list[int]) -> list[int]:
        """The size of each part when it is padded, where a size of the whole is asked for."""
        if len(output_size) != self.ndim:
            raise RuntimeError(f"output_size must have {self.ndim} sizes, that of the batch first, got {output_size}")
        return output_size[1:]

    def _each(self, function: Callable[[Tensor], Tensor]) -> Any:
        """What a function makes of each part, packed again."""
        return self._packed([function(part) for part in self._parts()])

    @property
    def _sizes(self) -> tuple[Any, ...]:
        """How large it is along each dimension: None where the parts differ."""
        raise NotImplementedError

    # -- what it is ----------------------------------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        return len(self._sizes)

    def dim(self) -> int:
        return self.ndim

    ndimension = dim

    @property
    def dtype(self) -> Any:
        return self._values.dtype

    @property
    def device(self) -> Any:
        return self._values.device

    @property
    def itemsize(self) -> int:
        return self._values.itemsize

    @property
    def nbytes(self) -> int:
        return self.numel() * self.itemsize

    def numel(self) -> int:
        return sum(part.numel() for part in self._parts())

    nelement = numel

    def element_size(self) -> int:
        return self.itemsize

    def is_floating_point(self) -> bool:
        return self._values.is_floating_point()

    def is_complex(self) -> bool:
        return self._values.is_complex()

    def _inner(self, dim: int, function: str) -> int:
        """A dimension of the whole as one of the parts.

        Raises:
            IndexError: there is no such dimension.
            RuntimeError: it is the batch.
        """
        found = self._outer(dim)
        if not found:
            raise RuntimeError(f"{function}(): not supported for nested tensors along the batch, dim=0: use unbind()")
        return found - 1

    def _outer(self, dim: int, more: int = 0) -> int:
        """A dimension counted from the front; there may be some ``more``."""
        count = self.ndim + more
        if not -count <= dim < count:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})"
            )
        return dim % count

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec)

    def __bool__(self) -> bool:
        return bool(self._values)

    def item(self) -> Any:
        return self._values.item()

    def tolist(self) -> Any:
        raise RuntimeError(".tolist() is not supported for nested tensors: [part.tolist() for part in nt.unbind()]")

    def numpy(self, *, force: bool = False) -> Any:
        raise RuntimeError(".numpy() is not supported for nested tensors: [part.numpy() for part in nt.unbind()]")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numpy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. Copy .detach()"
            )
        copied = memo[id(self)] = self._like(self._values.detach().clone().requires_grad_(self.requires_grad))
        return copied

    # -- its parts, to users -------------------------------------------------------------------------------------------

    def unbind(self, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
        dim = dim if axis is None else axis
        if self._outer(dim):
            raise RuntimeError(f"unbind(): nested tensors are unbound along dimension 0, got dimension {dim}")
        return self._parts()

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._parts())

    def __contains__(self, value: Any) -> bool:
        return any(value in part for part in self._parts())

    def to_padded_tensor(self, padding: float, output_size: Sequence[int] | None = None) -> Tensor:
        """See :func:`torch.nested.to_padded_tensor`."""
        parts = self._parts()
        count = self.ndim - 1
        largest = [max([part.shape[at] for part in parts], default=0) for at in range(count)]
        size = largest if output_size is None else self._padded_size(list(map(int, output_size)), largest)
        if any(wanted < needed for wanted, needed in zip(size, largest, strict=True)):
            raise RuntimeError(
                f"Value in output_size is less than NestedTensor padded size. Truncation is not supported: {size} does not hold {largest}"
            )
        rows = []
        for part in parts:
            width = [more for at in reversed(range(count)) for more in (0, size[at] - part.shape[at])]
            rows.append(padding_functions.pad(part, width, value=padding) if any(width) else part)
        return functions.stack(rows) if rows else functions.empty(0)

    # -- its place in the graph: that of the values --------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        return self._values.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._values.requires_grad = value

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        self._values.requires_grad_(requires_grad)
        return self

    @property
    def grad_fn(self) -> Node | None:
        return self._values.grad_fn

    @property
    def output_nr(self) -> int:
        return self._values.output_nr

    @property
    def is_leaf(self) -> bool:
        return self._values.is_leaf

    @property
    def grad(self) -> Any:
        found = self._values.grad
        return None if found is None else self._like(found)

    @grad.setter
    def grad(self, value: Any) -> None:
        self._values.grad = self._values_of(value)

    @grad.deleter
    def grad(self) -> None:
        self._values.grad = None

    def _values_of(self, value: Any) -> Any:
        """A gradient of this tensor as one of its values."""
        if isinstance(value, Nested):
            if not self._fits(value):
                raise RuntimeError("a gradient of a nested tensor must have its sizes")
            return value._values
        if value is not None:
            raise TypeError(f"a gradient of a nested tensor must be one of its sizes, got {type(value).__name__}")
        return None

    def retain_grad(self) -> None:
        self._values.retain_grad()

    @property
    def retains_grad(self) -> bool:
        return self._values.retains_grad

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        _backward.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook: Any) -> Any:
        def told(g: Tensor) -> Any:
            return self._values_of(hook(self._like(g)))

        return self._values.register_hook(told)

    def detach(self) -> Any:
        return self._like(self._values.detach())

    def detach_(self) -> Any:
        self._values.detach_()
        return self

    @property
    def data(self) -> Any:
        return self._like(self._values.data)

    @data.setter
    def data(self, value: Any) -> None:
        self._values.data = self._values_of(value)

    @property
    def _version(self) -> int:
        return self._values._version


def shell(cls: type[Any], values: Tensor, sizes: tuple[Any, ...]) -> Any:
    """An instance around values, whose own array says only that there is none."""
    made = object.__new__(cls)
    dtype = values._array.dtype
    made._array = NoArray(
        LEVEL, frozenset(), tuple([-1 if size is None else int(size) for size in sizes]), np.dtype(dtype)
    )
    made._node = made._cell = made._view = made._meta_slot = None
    made._values = values
    return made
