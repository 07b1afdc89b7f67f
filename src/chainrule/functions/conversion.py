"""Change of dtype and device; questions about what a value is."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, ops
from ..core.sparse_level import is_sparse
from ..core.value import TensorBase
from ..core.views import memory_of
from ..core.xla_level import moved
from ..device import CPU, default_device, device as Device, place_of, set_default
from ..dtypes import FROM_NUMPY, as_dtype
from ..errors import UnavailableDeviceError
from ..promotion import result_dtype, scalar_type_name
from ._arguments import deliver, tensor_argument
from ._autocast import widened
from .memory import channels_last, channels_last_3d, check_format, contiguous_format, in_order

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "complex", "get_default_device", "is_complex", "is_floating_point", "is_nonzero", "is_tensor", "polar", "result_type",
    "set_default_device", "typename",
]  # fmt: skip

Dtype = Any


def convert(input: Tensor, dtype: dtypes.dtype, copy: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor in another dtype; itself if it has that dtype and no copy is asked for."""
    axes: Any = getattr(memory_format, "axes", None)
    if axes is not None:
        check_format(memory_format, input._array.ndim, "to")
    before = input
    is_in_order = axes is None or in_order(memory_of(input), memory_format)
    if input._array.dtype != dtype.numpy or (copy and is_in_order):
        if input._array.dtype.kind == "c" and not dtype.is_complex and dtype is not dtypes.bool:
            warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=3)
        input = ops.astype(input, dtype)
    if not is_in_order:
        return ops.to_laid(input, axis=1 - len(axes))
    if memory_format is contiguous_format and (
        input is not before
        or any(input.is_contiguous(memory_format=last) for last in (channels_last, channels_last_3d))
    ):  # PyTorch takes every tensor for contiguous that it does not copy and whose channels do not come last
        return input.contiguous()
    return input


def to(input: Tensor, *args: Any, **named: Any) -> Tensor:
    """The tensor on another device, in another dtype: ``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(other)``.

    Args:
        input: the tensor.
        args: a dtype, or a device ("cpu", "xla") and perhaps a dtype, or another tensor that has the device and the dtype
            wanted; then ``non_blocking`` (of no effect) and ``copy`` (whether to copy even where nothing changes).
        named: the same by name, and ``memory_format``, the order in memory of the result.

    Raises:
        RuntimeError, AssertionError: a device that there is not, or "xla" without JAX.

    >>> import chainrule as torch
    >>> torch.tensor([1, 2]).to(torch.float32)
    tensor([1., 2.])
    """
    where, dtype, copy, memory_format = to_arguments(args, named)
    moved = to_device(input, where)
    return convert(moved, dtype or input.dtype, copy and moved is input, memory_format)


def to_arguments(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Device | None, dtypes.dtype | None, bool, Any]:
    """The arguments of :func:`to`: device, dtype, whether to copy, memory format."""
    memory_format = named.pop("memory_format", None)
    names: tuple[str, ...] = ("device", "dtype", "non_blocking", "copy")
    if args and isinstance(args[0], TensorBase):
        names = ("other", "non_blocking", "copy")
    elif args and _is_dtype(args[0]):
        names = ("dtype", "non_blocking", "copy")
    twice, unknown = set(names[: len(args)]) & set(named), set(named) - set(names)
    flags = [
        value for name, value in (*zip(names, args, strict=False), *named.items()) if name in ("non_blocking", "copy")
    ]
    if len(args) > len(names) or twice or unknown or not all(isinstance(flag, bool) for flag in flags):
        raise TypeError(
            f"to() received an invalid combination of arguments - got {_described(args, named)}, but expected one of: (device, dtype, "
            "non_blocking, copy), (dtype, non_blocking, copy), (other, non_blocking, copy), each with memory_format"
        )
    given = dict(zip(names, args, strict=False)) | named
    where, dtype = given.get("device"), given.get("dtype")
    if (other := given.get("other")) is not None:
        other = tensor_argument(other, "to", "other")
        where, dtype = other.device, other.dtype
    elif dtype is not None:
        dtype = as_dtype(dtype, argument="to(): argument 'dtype'")
    return None if where is None else place_of(where), dtype, bool(given.get("copy", False)), memory_format


def to_device(input: Tensor, where: Device | None) -> Tensor:
    """The tensor on another device; itself if it is there (None: wherever it is)."""
    return input if where is None else moved(input, where)


def _is_dtype(value: Any) -> bool:
    return isinstance(value, (dtypes.dtype, np.dtype)) or (isinstance(value, type) and value is not Device)


def _described(args: tuple[Any, ...], named: dict[str, Any]) -> str:
    parts = [type(a).__name__ for a in args] + [f"{name}={type(a).__name__}" for name, a in named.items()]
    return f"({', '.join(parts)})"


def type_name(dtype: dtypes.dtype, where: Device = CPU, sparse: bool = False) -> str:
    return (
        f"torch.{'' if where is CPU else where.type + '.'}{'sparse.' if sparse else ''}{scalar_type_name(dtype)}Tensor"
    )


def as_type(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, as in "torch.FloatTensor"; or the tensor in another dtype.

    Args:
        input: the tensor.
        dtype: a dtype, the name of a type of tensors, or such a type.
        non_blocking: accepted, and of no effect.

    Raises:
        ValueError: no such type.
        UnavailableDeviceError: a type of tensors on a GPU.

    >>> import chainrule as torch
    >>> torch.tensor([1]).type()
    'torch.LongTensor'
    >>> torch.tensor([1]).type(torch.float64)
    tensor([1.], dtype=torch.float64)
    """
    if dtype is None:
        return type_name(input.dtype, input.device, is_sparse(input._array))
    if isinstance(dtype, dtypes.dtype):
        return convert(input, dtype)
    if isinstance(dtype, type) and issubclass(dtype, TensorBase):
        return convert(input, dtypes.get_default_dtype())
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", type(dtype).__name__)
    if getattr(dtype, "is_cuda", False) or name.startswith("torch.cuda."):
        raise UnavailableDeviceError(
            f"Cannot initialize CUDA: there is no GPU for a tensor of type {name}. Use torch.{name.rpartition('.')[2]}, or a dtype"
        )
    wanted = getattr(dtype, "dtype", None)
    if not isinstance(wanted, dtypes.dtype):
        wanted = next((known for known in dtypes.ALL if name == type_name(known)), None)
    if wanted is None and not isinstance(dtype, (str, type)):
        raise TypeError(f"dtype must be a type, str, or dtype object, not {name}: write torch.float32")
    if wanted is None:
        raise ValueError(f"invalid type: '{name}'. Give a dtype (torch.float32), or a name like 'torch.FloatTensor'.")
    return convert(input, wanted)


# -- complex numbers -----------------------------------------------------------------------------------------------------


def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers from their real and imaginary parts, of one float dtype.

    >>> import chainrule as torch
    >>> torch.complex(torch.tensor([1.]), torch.tensor([2.]))
    tensor([1.+2.j])
    """
    _check_parts("complex", real, imag, ("real", "imag"))
    result = ops.complex(real, imag)
    if isinstance(out, TensorBase) and out.dtype != result.dtype:
        wanted, have = (scalar_type_name(t._array.dtype) for t in (result, out))
        raise RuntimeError(f"Expected object of scalar type {wanted} but got scalar type {have} for argument 'out'")
    return deliver(result, out, "complex")


def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers from their absolute values and angles, of one float dtype.

    >>> import chainrule as torch
    >>> torch.polar(torch.tensor([2.]), torch.tensor([0.]))
    tensor([2.+0.j])
    """
    abs, angle = widened(abs, angle)
    _check_parts("polar", abs, angle, ("abs", "angle"))
    return deliver(ops.complex(abs * ops.cos(angle), abs * ops.sin(angle)), out, "polar")


def _check_parts(function: str, x: Tensor, y: Tensor, names: tuple[str, str]) -> None:
    tensor_argument(x, function, names[0], 1)
    tensor_argument(y, function, names[1], 2)
    a, b = (scalar_type_name(t._array.dtype) for t in (x, y))
    if a not in ("Half", "Float", "Double") or b not in ("Half", "Float", "Double"):
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {a} and {b}. Convert them with .float()."
        )
    if a != b:
        raise RuntimeError(
            f"Expected object of scalar type {a} but got scalar type {b} for second argument. Convert it with .to({x.dtype})."
        )


# -- questions -----------------------------------------------------------------------------------------------------------


def typename(obj: Any) -> str:
    """The name of a tensor's type, or the full name of a class, of a function, or of the class of anything else.

    >>> import chainrule as torch
    >>> torch.typename(torch.ones(1)), torch.typename(1), torch.typename(torch.nn.Module)
    ('torch.FloatTensor', 'int', 'torch.nn.modules.module.Module')
    """
    if isinstance(obj, TensorBase):
        return type_name(obj.dtype, obj.device)
    named = obj if getattr(obj, "__module__", None) and hasattr(obj, "__qualname__") else type(obj)
    module = named.__module__.replace("chainrule", "torch", 1)
    return named.__qualname__ if module == "builtins" else f"{module}.{named.__qualname__}"


def is_tensor(obj: object) -> bool:
    """Whether ``obj`` is a tensor.

    >>> import chainrule as torch
    >>> torch.is_tensor(torch.ones(1)), torch.is_tensor([1.])
    (True, False)
    """
    return isinstance(obj, TensorBase)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a floating point one.

    >>> import chainrule as torch
    >>> torch.is_floating_point(torch.ones(1)), torch.is_floating_point(torch.tensor([1]))
    (True, False)
    """
    return tensor_argument(input, "is_floating_point", "input").dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is a complex one.

    >>> import chainrule as torch
    >>> torch.is_complex(torch.tensor(1j))
    True
    """
    return tensor_argument(input, "is_complex", "input").dtype.is_complex


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element of a tensor is not zero.

    Raises:
        RuntimeError: the tensor has none, or several.

    >>> import chainrule as torch
    >>> torch.is_nonzero(torch.tensor([0.]))
    False
    """
    return bool(tensor_argument(input, "is_nonzero", "input"))


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype in which two tensors or numbers meet in arithmetic.

    >>> import chainrule as torch
    >>> torch.result_type(torch.tensor([1]), 2.5)
    torch.float32
    """
    raw = [
        t._array if isinstance(t, TensorBase) else t.item() if isinstance(t, np.generic) else t
        for t in (tensor1, tensor2)
    ]
    return FROM_NUMPY[result_dtype(*raw)]


def get_default_device() -> Device:
    """Where tensors are made by those who name no device: at first, on the CPU.

    >>> import chainrule as torch
    >>> torch.get_default_device()
    device(type='cpu')
    """
    return default_device()


def set_default_device(device: Any) -> None:
    """Choose where tensors are made by those who name no device, in this thread or task. None: the CPU.

    >>> import chainrule as torch
    >>> torch.set_default_device("cpu")
    """
    set_default(device)
