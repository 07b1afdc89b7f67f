"""``Parameter`` and ``Buffer``: the tensors that modules own."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .._tensor import Tensor, TensorMeta
from ..core.overriding import DisableTorchFunction, disabled, with_class
from ..core.value import Lifted
from ..device import CPU, device
from ..dtypes import FROM_NUMPY, bfloat16, dtype as dtype_class
from ..functions.conversion import to_arguments
from ..functions.filling import empty
from ..printing import tensor_repr

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


def made_from(data: Any, cls: type[Tensor]) -> Any:
    """The memory of ``data`` as a leaf of class ``cls``, or of the class of ``data`` if that is a subclass of its own."""
    kind = type(data)
    if data is None or kind in (Tensor, Parameter):
        with DisableTorchFunction():  # modes are not told of what it is made by
            return with_class(empty(0) if data is None else data.detach(), cls)
    alias = data.detach()
    return alias if type(alias) is kind else with_class(alias, kind)


class ParameterMeta(TensorMeta):
    """The type of :class:`Parameter`: an instance of another subclass of Tensor may be marked as a parameter."""

    def __instancecheck__(self, instance: object) -> bool:
        if type.__instancecheck__(self, instance):
            return True
        return self is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False)


class Parameter(Tensor, metaclass=ParameterMeta):
    """A tensor that a module counts among its parameters when it is assigned to one of its attributes.

    Args:
        data: the values, whose memory is shared. None: no elements. Of a subclass of Tensor, the result keeps the class
            and is marked, so that ``isinstance(p, Parameter)`` holds.
        requires_grad: whether gradients are computed for it, also when made under ``no_grad``.

    Raises:
        RuntimeError: it should require grad but is of no floating point or complex dtype.

    >>> import chainrule as torch
    >>> torch.nn.Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()

    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        made = made_from(data, cls)
        if not issubclass(type(made), cls):
            made._is_param = True
        with DisableTorchFunction():
            return made.requires_grad_(requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A parameter with memory of its own and, unlike the copy of a tensor, without gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self, **options: Any) -> str:  # type: ignore[override]  # mypy forgets the names of special methods' arguments
        """The printed form, with the options of a tensor's."""
        if type(self) is Parameter:
            return "Parameter containing:\n" + tensor_repr(self, contents=options.get("tensor_contents"))
        return f"Parameter containing:\nParameter({super().__repr__(**options)})"


class BufferMeta(TensorMeta):
    """The type of :class:`Buffer`: a buffer is a tensor that is marked as one."""

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=BufferMeta):
    """A tensor that a module counts among its buffers when it is assigned to one of its attributes.

    What is made is a tensor of the class of ``data``, marked so that ``isinstance(b, Buffer)`` holds.

    Args:
        data: the values, whose memory is shared. None: no elements.
        persistent: whether the module's ``state_dict`` holds it.

    >>> import chainrule as torch
    >>> torch.nn.Buffer(torch.ones(2))
    tensor([1., 1.])
    """

    __slots__ = ()

    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        made = made_from(data, Tensor)
        made.persistent = persistent
        made._is_buffer = True
        return made.requires_grad_(data is not None and data.requires_grad)


class Unmade(Lifted):
    """What stands for the values of a tensor whose shape is not known yet: to ask for more than dtype and device is an error."""

    __slots__ = ("place",)

    def __init__(self, dtype: Any, place: device) -> None:
        self.dtype = dtype
        self.place = place

    @property
    def device(self) -> device:
        return self.place

    @property
    def levels(self) -> Any:  # type: ignore[override]
        raise ValueError(
            "Attempted to use an uninitialized parameter in an operation. This error happens when you are using a "
            "`LazyModule` or explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using "
            "LazyModules Call `forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    shape = levels


def is_lazy(param: Any) -> bool:
    """Whether it is a parameter or buffer without a shape.

    >>> import chainrule as torch
    >>> torch.nn.parameter.is_lazy(torch.nn.UninitializedParameter())
    True
    """
    return isinstance(param, UninitializedTensorMixin)


class UninitializedTensorMixin:
    """What parameters and buffers without a shape have in common."""

    __slots__ = ()

    cls_to_become: type
    _array: Any
    requires_grad: bool

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` "
            "when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the "
            "parameters before accessing their attributes."
        )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give it memory of this shape, uninitialised, and the class that it has then.

        Args:
            shape: of any rank.
            device: another one.
            dtype: another one.
        """
        made = empty(shape, device=device or self.device, dtype=dtype or FROM_NUMPY[self._array.dtype])
        self._array = made._array
        self.__class__ = self.cls_to_become
        ready: Any = self
        ready.data = made

    def _as(self, dtype: Any, place: Any = None) -> Self:
        return type(self)(self.requires_grad, place or self.device, dtype)  # type: ignore[call-arg]

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Another one, of the dtype and on the device that are among the arguments."""
        place, dtype, _, _ = to_arguments(args, kwargs)
        return self._as(dtype or FROM_NUMPY[self._array.dtype], place)

    def type(self, dtype: Any) -> Self:
        """Another one, of that dtype."""
        return self._as(dtype) if isinstance(dtype, dtype_class) else self

    def float(self) -> Self:
        return self._as(FROM_NUMPY[np.dtype(np.float32)])

    def double(self) -> Self:
        return self._as(FROM_NUMPY[np.dtype(np.float64)])

    def half(self) -> Self:
        return self._as(FROM_NUMPY[np.dtype(np.float16)])

    def bfloat16(self) -> Self:
        return self._as(bfloat16)

    def cpu(self) -> Self:
        return self.to(CPU)

    def detach(self) -> Self:
        return self

    def is_floating_point(self) -> bool:
        return FROM_NUMPY[self._array.dtype].is_floating_point

    def is_complex(self) -> bool:
        return FROM_NUMPY[self._array.dtype].is_complex

    @property
    def data(self) -> Tensor:
        """No elements: programs fill ``.data`` before the first call, and the values that are made then don't show it."""
        return empty(0, dtype=FROM_NUMPY[self._array.dtype])

    @data.setter
    def data(self, value: Any) -> None:
        if not is_lazy(value):
            raise ValueError("a parameter without a shape takes values by materialize() only")
        self._array = value._array

    @property
    def device(self) -> Any:
        return self._array.device

    def share_memory_(self) -> Self:
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before "
            "calling `module.share_memory()`."
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if id(self) not in memo:
            memo[id(self)] = self._as(FROM_NUMPY[self._array.dtype])
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, self.device, FROM_NUMPY[self._array.dtype])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A parameter whose shape is not known yet: lazy modules make it, and know it at their first call.

    Args:
        requires_grad: whether gradients are computed for it.
        device: where it will live.
        dtype: of the values to come (None: the default dtype).

    Raises:
        ValueError: something is done with it before :meth:`materialize`.

    >>> import chainrule as torch
    >>> p = torch.nn.UninitializedParameter()
    >>> p
    <UninitializedParameter>
    >>> p.materialize((2, 3))
    >>> p.shape
    torch.Size([2, 3])
    """

    __slots__ = ()

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        made = with_class(empty(0, device=device, dtype=dtype), cls).requires_grad_(requires_grad)
        made._array = Unmade(made._array.dtype, made.device)
        return made


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer whose shape is not known yet; see :class:`UninitializedParameter`.

    Args:
        requires_grad: whether gradients are computed for it.
        device: where it will live.
        dtype: of the values to come (None: the default dtype).
        persistent: whether the module's ``state_dict`` holds it.

    >>> import chainrule as torch
    >>> buffer = torch.nn.UninitializedBuffer()
    >>> buffer.materialize((2, 3))
    >>> buffer.shape
    torch.Size([2, 3])
    """

    __slots__ = ()

    __torch_function__ = staticmethod(disabled)

    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        made: Any = with_class(empty(0, device=device, dtype=dtype), cls).requires_grad_(requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        made._array = Unmade(made._array.dtype, made.device)
        return made
