"""Methods that make new tensors with the dtype and on the device of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.sparse_level import is_sparse
from ...core.value import Lifted, TensorBase
from ...device import CPU, place_of
from .. import creation, filling

if TYPE_CHECKING:
    from ..._tensor import Tensor


class CreationMethods(TensorBase):
    """Methods that make new tensors with the dtype and on the device of this one."""

    __slots__ = ()

    @property
    def layout(self: Any) -> Any:
        """``torch.strided`` of a dense tensor, or how a sparse one lies in memory.

        >>> import chainrule as torch
        >>> torch.eye(2).to_sparse().layout
        torch.sparse_coo
        """
        array = self._array
        return creation.LAYOUTS[array.layout] if is_sparse(array) else creation.strided

    @property
    def is_sparse(self: Any) -> bool:
        """Whether it is sparse, in coordinates."""
        return is_sparse(self._array) and self._array.layout == "coo"

    @property
    def is_sparse_csr(self: Any) -> bool:
        """Whether it is sparse, by rows."""
        return is_sparse(self._array) and self._array.layout == "csr"

    def new_tensor(
        self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
        pin_memory: bool = False,
    ) -> Tensor:  # fmt: skip
        """A tensor with a copy of ``data``, by default of this tensor's dtype.

        >>> import chainrule as torch
        >>> torch.ones(1).new_tensor([1, 2])
        tensor([1., 2.])
        """
        if isinstance(data, TensorBase):
            creation.warn_of_copy("tensor.new_tensor")
        where = self.device if device is None else place_of(device)
        wanted = filling.dtype_of(self.dtype if dtype is None else dtype, None, "new_tensor")
        array = creation.values(data, wanted)
        return creation.finish(array if isinstance(array, Lifted) else np.array(array), requires_grad, where)

    def new_zeros(self: Any, *sizes: Any, size: Any = None, dtype: Any = None, **rest: Any) -> Tensor:
        """Zeros of a shape, by default of this tensor's dtype.

        >>> import chainrule as torch
        >>> torch.tensor([1]).new_zeros(2)
        tensor([0, 0])
        """
        return self._new(np.zeros, "new_zeros", sizes, size, dtype, **rest)

    def new_ones(self: Any, *sizes: Any, size: Any = None, dtype: Any = None, **rest: Any) -> Tensor:
        """Ones of a shape, by default of this tensor's dtype."""
        return self._new(np.ones, "new_ones", sizes, size, dtype, **rest)

    def new_empty(self: Any, *sizes: Any, size: Any = None, dtype: Any = None, **rest: Any) -> Tensor:
        """Memory as it is, of a shape, by default of this tensor's dtype."""
        return self._new(np.empty, "new_empty", sizes, size, dtype, **rest)

    def new_full(
        self: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
        layout: Any = None, pin_memory: bool = False,
    ) -> Tensor:  # fmt: skip
        """One number in a shape, by default of this tensor's dtype."""
        where = None if device is None else place_of(device)
        made = filling.full(size, fill_value, dtype=self.dtype if dtype is None else dtype, device=CPU)
        return filling.settled(made, self, where, requires_grad)

    def new(self: Any, *args: Any, device: Any = None, **named: Any) -> Tensor:
        """The legacy constructor for this tensor's dtype: sizes make uninitialised memory, a sequence values."""
        return creation.legacy_tensor(args, self.dtype, **named).to(self.device if device is None else device)

    def _new(
        self: Any, make: Any, function: str, sizes: tuple[Any, ...], size: Any, dtype: Any, *, device: Any = None,
        requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
    ) -> Tensor:  # fmt: skip
        where = None if device is None else place_of(device)
        wanted = filling.dtype_of(self.dtype if dtype is None else dtype, None, function)
        if is_sparse(self._array) and layout is None:
            layout = self.layout
        if layout is not None and layout is not creation.strided:
            if make not in (np.zeros, np.empty):
                creation.dense_only(layout, function)
            return filling.no_values(filling.shape_of(sizes, size, function), wanted, layout, requires_grad)
        made = filling.filled(make, function, filling.shape_of(sizes, size, function), wanted, False)
        return filling.settled(made, self, where, requires_grad)
