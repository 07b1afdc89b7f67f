"""Methods that give a tensor's one number, or all of them, as Python's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import exits
from ...core.value import Lifted, TensorBase
from ...core.views import current_array, current_node, values_of


class NumberMethods(TensorBase):
    """Methods that give a tensor's one number, or all of them, as Python's."""

    __slots__ = ()

    def item(self: Any) -> Any:
        """The value of a one-element tensor as a Python number."""
        if self._node is not None:
            exits.note("item()", self._node)
        return self._number()

    def _number(self: Any) -> Any:
        array = current_array(self)
        if isinstance(array, Lifted):
            array = array.plain("calling .item() on a Tensor")
        if array.size != 1:
            raise RuntimeError(
                f"a Tensor with {array.size} elements cannot be converted to Scalar: its shape is {list(array.shape)}. Reduce it "
                "(.sum(), .mean()), index one element, or use .tolist()."
            )
        value = array.item()
        return value if isinstance(value, (bool, int, float, complex)) else float(value)

    def tolist(self: Any) -> Any:
        """The values as nested lists of Python numbers (a number for a 0-d tensor)."""
        if self._node is not None:
            exits.note("tolist()", self._node)
        array = values_of(self, "calling .tolist() on a Tensor")
        return array.astype(np.float32).tolist() if array.dtype.kind == "V" else array.tolist()

    def __bool__(self: Any) -> bool:
        if self._node is not None:
            exits.note("bool()", self._node)
        array = current_array(self)
        if array.size != 1:
            if array.size == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous. Test its .numel().")
            raise RuntimeError(
                f"Boolean value of Tensor with more than one value is ambiguous: its shape is {list(array.shape)}. Say .any() or .all()."
            )
        if isinstance(array, Lifted):
            array = array.plain("attempting to use a Tensor in some data-dependent control flow")
        return bool(array.item() if isinstance(array, np.ndarray) else array)

    def _scalar(self: Any, wanted: type) -> Any:
        if self._node is not None:
            exits.note(f"{wanted.__name__}()", self._node)
        array = self._array
        if array.size != 1:
            raise ValueError(
                f"only one element tensors can be converted to Python scalars: this one has shape {list(array.shape)}"
            )
        value = self._number()
        if isinstance(value, complex) and wanted is not complex:
            if value.imag:
                raise RuntimeError(
                    f"value cannot be converted to type {wanted.__name__} without overflow: it is complex, {value}"
                )
            value = value.real
        return wanted(value)

    def _warn_of_lost_history(self: Any) -> None:
        if current_node(self) is not None:
            from ...once import warn_once

            warn_once(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first.",
                stacklevel=3,
            )

    def __float__(self: Any) -> float:
        self._warn_of_lost_history()
        return self._scalar(float)

    def __int__(self: Any) -> int:
        return self._scalar(int)

    def __complex__(self: Any) -> complex:
        self._warn_of_lost_history()
        return self._scalar(complex)

    def __index__(self: Any) -> int:
        if self._array.dtype.kind not in "biu" or self._array.size != 1:
            raise TypeError(
                f"only integer tensors of a single element can be converted to an index, not {self.dtype} of shape {list(self._array.shape)}"
            )
        return int(NumberMethods.item(self))
