"""Methods that ask for or change how a tensor lies in its memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import mul
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import ops
from ...core.modes import modes
from ...core.mutation import reshape_in_place
from ...core.origin import caller
from ...core.value import Lifted, TensorBase, new_tensor, writable
from ...core.version import bump
from ...core.views import memory_of, needs_grad
from .. import filling, memory, reduction
from .._arguments import sizes_of, tensor_argument

if TYPE_CHECKING:
    from ..._tensor import Tensor


class MemoryMethods(TensorBase):
    """Methods that ask for or change how a tensor lies in its memory."""

    __slots__ = ()

    def as_strided_(self: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
        """``as_strided`` in place: the tensor itself becomes that part of its storage."""
        _, params = memory.strided_part(self, size, stride, storage_offset, "as_strided_")
        return reshape_in_place(ops.as_strided_, self, **params)

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
        return MemoryMethods.resize(self, *tensor_argument(tensor, "resize_as", "tensor").shape)

    def set_(self: Any, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
        """Let the tensor stand for other memory, and have its shape: that of a tensor or of a storage, which is shared; or none.

        Args:
            source: a tensor of the same dtype, or a storage.
            storage_offset: where in the memory it begins, where a ``size`` is given.
            size: its shape; by default that of the source.
            stride: how far the elements along each dimension are from each other; by default they lie row by row.

        Raises:
            RuntimeError: it is of another dtype; or either of the two has a place in a graph, and gradients are recorded.

        >>> import chainrule as torch
        >>> x, y = torch.zeros(2), torch.arange(6.)
        >>> x.set_(y, 1, (2, 2), (2, 1))
        tensor([[1., 2.],
                [3., 4.]])
        >>> y[1] = 9
        >>> x[0, 0]
        tensor(9.)
        """
        if source is None:
            source = self.detach().new_empty(0)
        elif not isinstance(source, TensorBase):
            held = getattr(source, "_elements", None)
            held = getattr(source, "_bytes", None) if held is None else held
            if held is None:
                raise TypeError(f"set_(): argument 'source' must be Tensor or Storage, not {type(source).__name__}")
            source = new_tensor(held.view(self._array.dtype))
        if source.dtype != self.dtype:
            raise RuntimeError(f"Could not set tensor of type {source.dtype} to a tensor of type {self.dtype}")
        if modes().grad and (needs_grad(self) or needs_grad(source)):
            raise RuntimeError(
                "set_(): a leaf Variable that requires grad is being used in an in-place operation, or a result: other memory has no history "
                "here. Call it in torch.no_grad(), or give .detach()"
            )
        if size is not None:
            given = sizes_of((size,), "set_")
            steps = tuple(accumulate(given[:0:-1], mul, initial=1))[::-1] if stride is None else tuple(stride)
            source = source.detach().as_strided(given, steps, storage_offset)
        self.data = source
        if self._view is not None and self._node is None:
            self._view = None
        bump(self, caller())
        return self

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

    def is_distributed(self: Any) -> bool:
        """False: a tensor is in one place."""
        return False

    def record_stream(self: Any, stream: Any) -> None:
        """Refused: nothing here runs in streams of a GPU."""
        raise NotImplementedError("record_stream(): this tensor is on the CPU, which has no streams")
