"""Methods that few programs call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import ops
from ...core.mutation import inplace, refuse_write, reshape_in_place
from ...core.origin import caller
from ...core.value import Lifted, TensorBase, writable
from ...core.version import bump
from ...core.views import current_node, memory_of
from .. import copies, filling, integers, memory, reduction, replacing, slices, statistics
from .._arguments import sizes_of, tensor_argument
from .gathering import written

if TYPE_CHECKING:
    from ..._tensor import Tensor


class UncommonMethods(TensorBase):
    """Methods that few programs call."""

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
    frexp = integers.frexp
    gcd = integers.gcd
    hash_tensor = integers.hash_tensor
    lcm = integers.lcm
    nonzero_static = integers.nonzero_static
    corrcoef = statistics.corrcoef
    cov = statistics.cov
    histogram = statistics.histogram

    def hardshrink(self: Any, lambd: float = 0.5) -> Tensor:
        """The elements whose absolute value is above ``lambd``; 0 for the others."""
        return ops.hardshrink(self, lambd=lambd)

    # -- in place ------------------------------------------------------------------------------------------------------

    def index_reduce_(
        self: Any, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
    ) -> Tensor:
        """``index_reduce`` in place."""
        return written(self, ops.index_reduce, *slices.reducing(self, dim, index, source, reduce, include_self))

    def renorm_(self: Any, p: float, dim: int, maxnorm: float) -> Tensor:
        """``renorm`` in place."""
        return inplace(ops.renorm, self, **slices.norms(self, p, dim, maxnorm))

    def gcd_(self: Any, other: Tensor) -> Tensor:
        """``gcd`` in place."""
        return inplace(ops.gcd, self, tensor_argument(other, "gcd_", "other"))

    def lcm_(self: Any, other: Tensor) -> Tensor:
        """``lcm`` in place."""
        return inplace(ops.lcm, self, tensor_argument(other, "lcm_", "other"))

    def as_strided_(self: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
        """``as_strided`` in place: the tensor itself becomes that part of its storage."""
        _, params = memory.strided_part(self, size, stride, storage_offset, "as_strided_")
        return reshape_in_place(ops.as_strided_, self, **params)

    def apply_(self: Any, callable: Callable[[Any], Any]) -> Tensor:
        """Put what a Python function makes of each element in its place; slow, and without a gradient.

        >>> import chainrule as torch
        >>> torch.tensor([1., 2.]).apply_(lambda number: number + 1)
        tensor([2., 3.])
        """
        return mapped(self, callable, (), "apply_")

    def map_(self: Any, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
        """As ``apply_``, of a function of this tensor's elements and those of another."""
        return mapped(self, callable, (tensor,), "map_")

    def map2_(self: Any, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
        """As ``map_``, with two other tensors."""
        return mapped(self, callable, (x, y), "map2_")

    # -- shapes and memory ---------------------------------------------------------------------------------------------

    def sum_to_size(self: Any, *size: Any, **named: Any) -> Tensor:
        """The sum over what broadcasting from ``size`` would have repeated; the tensor itself if it has that shape.

        >>> import chainrule as torch
        >>> torch.ones(2, 3).sum_to_size(1, 3)
        tensor([[2., 2., 2.]])
        """
        given = size or tuple(named.values())
        if not given:
            raise TypeError('sum_to_size() missing 1 required positional arguments: "size"')
        wanted, have = sizes_of(given, "sum_to_size"), self._array.shape
        lead = len(have) - len(wanted)
        if lead < 0 or any(n not in (1, m) for n, m in zip(wanted, have[lead:], strict=True)):
            raise RuntimeError(f"size {list(wanted)} is not expandable to size {list(have)}.")
        if not wanted:
            return reduction.sum(self)
        if wanted == have:
            return self
        summed = [at for at in range(len(have)) if at < lead or wanted[at - lead] == 1 != have[at]]
        total = reduction.sum(self, summed, keepdim=True)
        return ops.reshape(total, wanted) if lead else total

    def resize(self: Any, *sizes: Any) -> Tensor:
        """The elements in another shape, as ``reshape``; PyTorch deprecates it.

        >>> import chainrule as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.ones(2).resize(2, 1).shape
        torch.Size([2, 1])
        """
        import warnings

        warnings.warn("non-inplace resize is deprecated", stacklevel=2)
        wanted = sizes_of(sizes, "resize")
        if int(np.prod(wanted, dtype=int)) != self._array.size:
            raise RuntimeError(
                f"requested resize to {'x'.join(map(str, wanted))}, but the given tensor has {self._array.size} elements. "
                "autograd's resize can only change the shape of a given tensor, while preserving the number of elements."
            )
        return ops.reshape(ops.contiguous(self), wanted)

    def resize_as(self: Any, tensor: Tensor) -> Tensor:
        """``resize`` to the shape of another tensor."""
        return self.resize(*tensor_argument(tensor, "resize_as", "tensor").shape)

    def new_empty_strided(self: Any, size: Sequence[int], stride: Sequence[int], **rest: Any) -> Tensor:
        """Memory as it is, of a shape and strides, by default of this tensor's dtype and on its device."""
        return filling.empty_strided(size, stride, **{"dtype": self.dtype, "device": self.device, **rest})

    def dim_order(self: Any, *, ambiguity_check: bool | list[Any] = False) -> tuple[int, ...]:
        """The dimensions in the order in which they lie in memory, that of the largest strides first.

        >>> import chainrule as torch
        >>> torch.ones(2, 3).t().dim_order()
        (1, 0)
        """
        strides = memory.strides_of(memory_of(self))
        order = sorted(range(len(strides)), key=lambda dim: -strides[dim])
        if ambiguity_check:
            sizes = self._array.shape
            pairs = list(pairwise(order))
            if any(strides[a] == strides[b] or sizes[a] == 1 for a, b in pairs) or (order and sizes[order[-1]] == 1):
                raise RuntimeError(
                    f"The tensor does not have unique dim order, or cannot map to exact one of the given memory formats: its sizes are "
                    f"{list(sizes)}, its strides {list(strides)}"
                )
        return tuple(order)

    def is_set_to(self: Any, tensor: Tensor) -> bool:
        """Whether both are the same part of the same memory, in one shape.

        >>> import chainrule as torch
        >>> x = torch.ones(2)
        >>> x.is_set_to(x[:]), x.is_set_to(x.clone())
        (True, False)
        """
        pair = [writable(one) for one in (self, tensor_argument(tensor, "is_set_to", "tensor"))]
        if any(isinstance(one, Lifted) for one in pair):
            return self is tensor
        a, b = (one.__array_interface__ for one in pair)
        return a["data"][0] == b["data"][0] and pair[0].shape == pair[1].shape and pair[0].strides == pair[1].strides

    def const_data_ptr(self: Any) -> int:
        """The address of the first element, to read from."""
        return self.data_ptr()

    # -- dense tensors as what they are ----------------------------------------------------------------------------------

    def to_dense(self: Any, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
        """The tensor itself, which is dense as all are; of another dtype if one is given."""
        return self if dtype is None else self.to(dtype)

    def dense_dim(self: Any) -> int:
        """The number of dimensions: all of them are dense."""
        return self._array.ndim

    def sparse_dim(self: Any) -> int:
        """0: no dimension is sparse."""
        return 0

    def is_distributed(self: Any) -> bool:
        """False: a tensor is in one place."""
        return False

    def record_stream(self: Any, stream: Any) -> None:
        """Refused: nothing here runs in streams of a GPU."""
        raise NotImplementedError("record_stream(): this tensor is on the CPU, which has no streams")

    # -- old names -----------------------------------------------------------------------------------------------------

    def __div__(self: Any, other: Any) -> Any:
        return self / other

    def __rdiv__(self: Any, other: Any) -> Any:
        return self.reciprocal() * other

    def __idiv__(self: Any, other: Any) -> Any:
        return self.div_(other)

    def __nonzero__(self: Any) -> bool:
        return bool(self)

    def __long__(self: Any) -> int:
        return int(self)

    def reinforce(self: Any, reward: Any) -> None:
        """Gone, in PyTorch too."""
        raise RuntimeError(
            "reinforce() was removed: sample with torch.distributions, and call backward() on -log_prob * reward"
        )

    def module_load(self: Any, other: Any, assign: bool = False) -> Any:
        """What ``load_state_dict`` puts in this tensor's place for the tensor ``other``, if PyTorch is told to swap them."""
        return other.detach() if assign else self.detach().copy_(other).detach()


def mapped(self: Any, function: Any, others: tuple[Any, ...], name: str) -> Tensor:
    """Write a Python function of the elements of tensors into the first of them."""
    for other in others:
        tensor_argument(other, name, "other")
        if other._array.dtype != self._array.dtype:
            raise TypeError(f"{name}: expected a tensor of {self.dtype} for 'other' (got one of {other.dtype})")
    if any(current_node(one) is not None for one in (self, *others)):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    if not callable(function):
        raise TypeError(f"'{type(function).__name__}' object is not callable")
    arrays = [writable(one) for one in (self, *others)]
    if any(isinstance(one, Lifted) for one in arrays):
        raise RuntimeError(
            f"{name}(): a Python function of the elements cannot be called inside of a transform, or on another device"
        )
    array = arrays[0]
    arrays = [np.broadcast_to(one, array.shape) for one in arrays]
    refuse_write(self, array, False)
    results = [function(*numbers) for numbers in zip(*[one.reshape(-1).tolist() for one in arrays], strict=True)]
    array[...] = np.array(results, object).reshape(array.shape)
    bump(self, caller())
    return self
