"""Methods for shapes, strides and the places of elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import reshape_in_place
from ...core.sparse_level import is_sparse
from ...core.value import TensorBase
from ...dtypes import dtype
from .. import joining, memory, rearranging, shape
from .._arguments import axis_of, sizes_of, takes_axis

if TYPE_CHECKING:
    from ..._tensor import Tensor


class ShapeMethods(TensorBase):
    """Methods for shapes, strides and the places of elements."""

    __slots__ = ()

    # -- sizes

    size = memory.size
    stride = memory.stride
    storage_offset = memory.storage_offset
    numel = nelement = memory.numel
    is_contiguous = memory.is_contiguous
    is_same_size = memory.is_same_size

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def element_size(self) -> int:
        """The bytes of one element."""
        return self._array.itemsize

    def data_ptr(self: Any) -> int:
        """The address of the first element; on the device "meta", where it would be if the storage began at 0.

        Whoever knows it may write there: the memory counts as shared with NumPy from now on.
        """
        from ...core.value import Lifted, writable
        from ...core.version import expose
        from ...core.views import values_of

        if self.is_meta:
            return self.storage_offset() * self.itemsize
        values = values_of(self, "calling .data_ptr() on a Tensor")
        if not isinstance(memory := writable(self), Lifted):
            values = memory
            expose(self)
        return values.__array_interface__["data"][0]

    # -- the shape

    def view(self: Any, *shape_: Any, **named: Any) -> Tensor:
        """The same memory in another shape, given as ints (one may be -1), or read as another dtype.

        Raises:
            RuntimeError: another number of elements, or strides that do not allow it without a copy.

        >>> import chainrule as torch
        >>> torch.arange(4).view(2, -1)
        tensor([[0, 1],
                [2, 3]])
        """
        given = shape_ or tuple(named.values())
        if len(given) == 1 and isinstance(given[0], dtype):
            return memory.view_dtype(self, given[0])
        if not given:
            raise TypeError("view() received an invalid combination of arguments: got none, wanted a shape or a dtype")
        return shape.view(self, sizes_of(given, "view"))

    def view_as(self: Any, other: Tensor) -> Tensor:
        """A view in the shape of ``other``."""
        return shape.view(self, tuple(other.shape))

    def reshape(self: Any, *shape_: Any, **named: Any) -> Tensor:
        """As :func:`chainrule.reshape`; the shape may be given as several ints."""
        given = shape_ or tuple(named.values())
        if not given:
            raise TypeError("reshape() received an invalid combination of arguments: got none, wanted a shape")
        return ops.reshape(self, shape.inferred(sizes_of(given, "reshape", "shape"), self._array.size, self))

    def reshape_as(self: Any, other: Tensor) -> Tensor:
        """As ``reshape``, to the shape of ``other``."""
        return ops.reshape(self, shape.inferred(tuple(other.shape), self._array.size, self))

    flatten = shape.flatten
    unflatten = shape.unflatten
    ravel = shape.ravel
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze

    def expand(self: Any, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
        """A view in which dimensions of size 1, and new leading ones, are repeated without a copy; -1 keeps a size.

        Args:
            sizes: the sizes, one by one or in a sequence.
            size: the sequence, by name.
            implicit: taken, as PyTorch does, and of no effect.

        >>> import chainrule as torch
        >>> torch.tensor([1, 2]).expand(2, -1)
        tensor([[1, 2],
                [1, 2]])
        """
        return shape.expand(self, sizes_of(sizes if size is None else (size,), "expand"))

    def expand_as(self: Any, other: Tensor) -> Tensor:
        """As ``expand``, to the shape of ``other``."""
        return shape.expand(self, tuple(other.shape))

    def broadcast_to(self: Any, *sizes: Any, size: Any = None) -> Tensor:
        """Another name of ``expand``."""
        return shape.expand(self, sizes_of(sizes if size is None else (size,), "broadcast_to"))

    # -- the order of the dimensions

    def permute(self: Any, *dims_: Any, **named: Any) -> Tensor:
        """A view with the dimensions in another order."""
        return shape.permute(self, sizes_of(dims_ or tuple(named.values()), "permute", "dims"))

    def transpose(self: Any, dim0: int | None = None, dim1: int | None = None) -> Tensor:
        """A view with two dimensions swapped."""
        for name, dim in (("dim0", dim0), ("dim1", dim1)):
            if dim is None:
                raise TypeError(f'transpose() missing 1 required positional arguments: "{name}"')
        return shape.transpose(self, dim0, dim1)  # type: ignore[arg-type]

    swapaxes = shape.swapaxes
    swapdims = shape.swapdims
    t = shape.t
    adjoint = shape.adjoint
    movedim = shape.movedim
    moveaxis = shape.moveaxis

    @property
    def T(self: Any) -> Tensor:  # noqa: N802 - PyTorch's name
        """A view with the dimensions in reverse order."""
        ndim = self._array.ndim
        if ndim != 2:
            from ...once import warn_once

            warn_once(
                "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases."
                if not ndim
                else "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
                "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
                "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
                stacklevel=2,
            )
        return ops.permute_dims(self, axes=tuple(range(-1, -ndim - 1, -1)))

    @property
    def mT(self: Any) -> Tensor:  # noqa: N802 - PyTorch's name
        """A view with the last two dimensions swapped."""
        return shape.matrix_transpose(self, "tensor.mT")

    @property
    def H(self: Any) -> Tensor:  # noqa: N802 - PyTorch's name
        """The conjugate transpose of a matrix."""
        if self._array.ndim not in (0, 2):
            raise RuntimeError(
                f"tensor.H is only supported on matrices (2-D tensors). Got {self._array.ndim}-D tensor."
                + (" For batches of matrices, consider using tensor.mH" if self._array.ndim > 2 else "")
            )
        return shape.conjugate_transpose(self, "tensor.H")

    @property
    def mH(self: Any) -> Tensor:  # noqa: N802 - PyTorch's name
        """The conjugate transpose of the last two dimensions."""
        return shape.conjugate_transpose(self, "tensor.mH")

    # -- other places

    def flip(self: Any, *dims_: Any, **named: Any) -> Tensor:
        """A copy with the order reversed along ``dims``."""
        if not dims_ and not named:
            raise TypeError('flip() missing 1 required positional arguments: "dims"')
        return rearranging.flip(self, sizes_of(dims_ or tuple(named.values()), "flip", "dims"))

    fliplr = rearranging.fliplr
    flipud = rearranging.flipud
    rot90 = rearranging.rot90
    roll = rearranging.roll
    narrow = rearranging.narrow
    select = rearranging.select
    unfold = rearranging.unfold
    diagonal = rearranging.diagonal
    diag = rearranging.diag
    diag_embed = rearranging.diag_embed
    diagflat = rearranging.diagflat
    tril = rearranging.tril
    triu = rearranging.triu
    repeat_interleave = rearranging.repeat_interleave

    def repeat(self: Any, *sizes: Any, repeats: Any = None) -> Tensor:
        """Copies side by side along each dimension.

        >>> import chainrule as torch
        >>> torch.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
        """
        return rearranging.repeat(self, sizes_of(sizes if repeats is None else (repeats,), "repeat", "repeats"))

    def tile(self: Any, *sizes: Any, dims: Any = None) -> Tensor:
        """Copies side by side along the last dimensions."""
        return rearranging.tile(self, sizes_of(sizes if dims is None else (dims,), "tile", "dims"))

    # -- splitting

    unbind = joining.unbind
    split_with_sizes = joining.split_with_sizes
    chunk = joining.chunk
    tensor_split = joining.tensor_split
    hsplit = joining.hsplit
    vsplit = joining.vsplit
    dsplit = joining.dsplit

    def split(self: Any, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """Views of ``split_size`` indices each, or of as many as each section says."""
        return joining.split(self, split_size, dim)

    # -- memory

    clone = memory.clone
    contiguous = memory.contiguous
    as_strided = memory.as_strided
    resize_ = memory.resize_

    def resize_as_(self: Any, the_template: Tensor, *, memory_format: Any = memory.contiguous_format) -> Tensor:
        """``resize_`` to the shape of another tensor."""
        return memory.resize_(self, tuple(the_template.shape), memory_format=memory_format)

    # -- in place

    @takes_axis
    def squeeze_(self: Any, dim: Any = None) -> Tensor:
        """``squeeze`` in place: the tensor itself loses the dimensions."""
        op, axis = shape.squeeze_axes(self, dim)
        written = {ops.squeeze_all: ops.squeeze_all_, ops.squeeze_one: ops.squeeze_one_, ops.squeeze: ops.squeeze_}[op]
        return reshape_in_place(written, self, axis=axis)

    @takes_axis
    def unsqueeze_(self: Any, dim: int) -> Tensor:
        """``unsqueeze`` in place: the tensor itself gains the dimension."""
        return reshape_in_place(ops.expand_dims_, self, axis=axis_of(dim, self._array.ndim + 1, "unsqueeze_"))

    def transpose_(self: Any, dim0: int, dim1: int) -> Tensor:
        """``transpose`` in place."""
        ndim = self._array.ndim
        axis1, axis2 = axis_of(dim0, ndim, "transpose_"), axis_of(dim1, ndim, "transpose_")
        if is_sparse(self._array):
            from .sparse import become

            return become(self, ops.swapaxes(self, axis1=axis1, axis2=axis2), "transpose_") if axis1 != axis2 else self
        return reshape_in_place(ops.swapaxes_, self, axis1=axis1, axis2=axis2) if ndim else self

    swapdims_ = transpose_

    def swapaxes_(self: Any, axis0: int, axis1: int) -> Tensor:
        """Another name of ``transpose_``."""
        return ShapeMethods.transpose_(self, axis0, axis1)

    def t_(self: Any) -> Tensor:
        """``t`` in place."""
        if self._array.ndim > 2:
            raise RuntimeError(f"t_() expects a tensor with <= 2 dimensions, but self is {self._array.ndim}D")
        if is_sparse(self._array):
            return self.transpose_(0, self._array.ndim - 1) if self._array.ndim else self
        return reshape_in_place(ops.t_, self)
