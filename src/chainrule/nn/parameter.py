"""``Parameter`` and ``Buffer``: the tensors that modules own."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor, TensorMeta
from ..functions.filling import empty
from ..printing import tensor_repr

__all__ = ["Buffer", "Parameter"]


def made_from(data: Any, cls: type[Tensor]) -> Any:
    """The memory of ``data`` as a leaf of class ``cls``, or of the class of ``data`` if that is a subclass of its own."""
    if data is None:
        data = empty(0)
    alias = data.detach()
    kind = type(data) if type(data) not in (Tensor, Parameter) else cls
    return alias if type(alias) is kind else alias.as_subclass(kind)


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

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        made = made_from(data, cls)
        if not issubclass(type(made), cls):
            made._is_param = True
        return made.requires_grad_(requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A parameter with memory of its own and, unlike the copy of a tensor, without gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + tensor_repr(self)


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

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        made = made_from(data, Tensor)
        made.persistent = persistent
        made._is_buffer = True
        return made.requires_grad_(data is not None and data.requires_grad)
