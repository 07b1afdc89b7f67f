"""Tensors of random numbers, and random numbers written into tensors: PyTorch's streams on the CPU."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend import random_numpy as kernels
from ..core.generator import Generator, draw
from ..core.mutation import refuse_write
from ..core.value import TensorBase, new_tensor, writable
from ..core.views import current_node
from ..device import place_of
from ..promotion import scalar_type_name
from ._arguments import check_out, deliver, tensor_argument
from .creation import dense_only, finish
from .filling import dtype_of, fill_like, filled, memory_order, shape_of
from .indexing import overwrite

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm"]

Dtype = Any
INT64 = np.dtype(np.int64)


# -- new tensors --------------------------------------------------------------------------------------------------------


def rand(
    *sizes: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None, dtype: Dtype = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Random numbers, uniform on [0, 1).

    Args:
        sizes: ints, or one sequence of ints.
        size: the same by name.
        generator: where they come from, by default the default generator.
        out: where to write the result.
        dtype: floating or complex; by default the default dtype.
        layout: ``torch.strided``.
        device: "cpu" or "xla"; by default the default device.
        requires_grad: whether gradients are to be computed for it.
        pin_memory: accepted, and of no effect.

    Raises:
        RuntimeError: a negative size, or more memory than there is; NotImplementedError: an integer dtype.

    >>> import chainrule as torch
    >>> torch.rand(2, 2, generator=torch.Generator().manual_seed(0))
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    dense_only(layout, "rand")
    shape = shape_of(sizes, size, "rand")
    wanted = floating(dtype_of(dtype, out, "rand"), "check_uniform_bounds")
    return made(kernels.uniform, "rand", shape, wanted, generator, out, device, requires_grad)


def randn(
    *sizes: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None, dtype: Dtype = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normal random numbers of mean 0 and variance 1; arguments as of :func:`rand`.

    >>> import chainrule as torch
    >>> torch.randn(3, generator=torch.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    dense_only(layout, "randn")
    shape = shape_of(sizes, size, "randn")
    wanted = floating(dtype_of(dtype, out, "randn"), "normal_kernel_cpu")
    return made(kernels.normal, "randn", shape, wanted, generator, out, device, requires_grad, std=part_std(wanted))


def randint(
    *args: Any, low: int | None = None, high: int | None = None, size: Any = None, generator: Generator | None = None,
    out: Tensor | None = None, dtype: Dtype = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Random integers from ``low`` to before ``high``: ``randint(high, size)`` or ``randint(low, high, size)``.

    Args:
        args: the bounds and the size.
        low: by default 0.
        high: not among them.
        size: a sequence of ints.
        generator: where they come from, by default the default generator.
        out: where to write the result.
        dtype: by default int64.
        layout: ``torch.strided``.
        device: "cpu" or "xla"; by default the default device.
        requires_grad: whether gradients are to be computed for it.
        pin_memory: accepted, and of no effect.

    Raises:
        RuntimeError: nothing lies between the bounds, or the dtype does not hold them.

    >>> import chainrule as torch
    >>> torch.randint(10, (5,), generator=torch.Generator().manual_seed(0))
    tensor([4, 9, 3, 0, 3])
    """
    dense_only(layout, "randint")
    given = list(args)
    if size is None and given:
        size = given.pop()
    if high is None and given:
        high = given.pop()
    if low is None and given:
        low = given.pop()
    if given or high is None or size is None:
        raise TypeError(
            f"randint() received an invalid combination of arguments: got {len(args)} by position. Call "
            "randint(high, size) or randint(low, high, size)"
        )
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    wanted = dtype_of(INT64 if dtype is None and out is None else dtype, out, "randint")
    first, span = integer_range(wanted, *_bounds("randint", low, high))
    shape = shape_of((), size, "randint")
    return made(kernels.integers, "randint", shape, wanted, generator, out, device, requires_grad, low=first, span=span)


def randperm(
    n: int, *, generator: Generator | None = None, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The integers from 0 to ``n - 1`` in random order.

    Args:
        n: how many.
        generator: where they come from, by default the default generator.
        out: where to write the result.
        dtype: by default int64.
        layout: ``torch.strided``.
        device: "cpu" or "xla"; by default the default device.
        requires_grad: whether gradients are to be computed for it.
        pin_memory: accepted, and of no effect.

    Raises:
        RuntimeError: ``n`` is negative, or too large for the dtype.

    >>> import chainrule as torch
    >>> torch.randperm(4, generator=torch.Generator().manual_seed(0))
    tensor([0, 1, 3, 2])
    """
    dense_only(layout, "randperm")
    count = integer(n, "randperm", "n")
    wanted = dtype_of(INT64 if dtype is None and out is None else dtype, out, "randperm")
    if wanted.kind in "bc":
        raise NotImplementedError(
            f"\"randperm\" not implemented for '{scalar_type_name(wanted)}': choose dtype=torch.int64"
        )
    largest = 1 << kernels.DIGITS[wanted.name] if wanted.name in kernels.DIGITS else np.iinfo(wanted).max
    if count - 1 > largest:
        raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow: randperm({count})")
    return made(kernels.permutations, "randperm", (count,), wanted, generator, out, device, requires_grad, n=count)


def made(
    kernel: Any, function: str, shape: tuple[int, ...], wanted: Any, generator: Any, out: Any, device: Any,
    requires_grad: bool, **params: Any,
) -> Tensor:  # fmt: skip
    """A tensor of random numbers; whatever is refused is refused before one is drawn."""
    where = place_of(device)
    finish(np.empty(0, wanted), requires_grad)
    order = None
    if out is not None:
        check_out(out, function)
        order = order_into(out, shape)
        if kernel is kernels.normal:
            params["contiguous"] = order is None
    make = partial(draw, kernel, generator=generator, order=order, **params)
    return deliver(filled(make, function, shape, wanted, requires_grad, where), out, function)


def order_into(out: Any, shape: tuple[int, ...]) -> list[int] | None:
    """The order in which numbers come to lie in a tensor: that of its memory, if it keeps its shape."""
    memory = writable(out)
    if memory.shape != shape or memory.flags.c_contiguous:
        return None
    return sorted(range(memory.ndim), key=lambda axis: -memory.strides[axis])


# -- like another tensor ------------------------------------------------------------------------------------------------


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Dtype = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, memory_format: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Random numbers, uniform on [0, 1), with the shape, the dtype and the order in memory of ``input``.

    >>> import chainrule as torch
    >>> torch.rand_like(torch.ones(2), generator=torch.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    dense_only(layout, "rand_like")
    wanted = floating(dtype_like(input, dtype, "rand_like"), "check_uniform_bounds")
    return _like(kernels.uniform, "rand_like", input, wanted, generator, device, requires_grad, memory_format)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Dtype = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, memory_format: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normal random numbers of mean 0 and variance 1, with the shape, the dtype and the order in memory of ``input``.

    >>> import chainrule as torch
    >>> torch.randn_like(torch.ones(2), generator=torch.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    dense_only(layout, "randn_like")
    wanted = floating(dtype_like(input, dtype, "randn_like"), "normal_kernel_cpu")
    return _like(
        kernels.normal, "randn_like", input, wanted, generator, device, requires_grad, memory_format,
        std=part_std(wanted), contiguous=memory_order(input._array, memory_format, "randn_like") is None,
    )  # fmt: skip


def randint_like(
    input: Tensor, *args: Any, low: int | None = None, high: int | None = None, generator: Generator | None = None,
    dtype: Dtype = None, layout: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Random integers with the shape, the dtype and the order in memory of ``input``: ``randint_like(input, high)`` or
    ``randint_like(input, low, high)``; see :func:`randint`.

    >>> import chainrule as torch
    >>> torch.randint_like(torch.ones(3), 10, generator=torch.Generator().manual_seed(0))
    tensor([4., 9., 3.])
    """
    dense_only(layout, "randint_like")
    given = list(args)
    if high is None and given:
        high = given.pop()
    if low is None and given:
        low = given.pop()
    if given or high is None:
        raise TypeError(
            f"randint_like() received an invalid combination of arguments: got {len(args)} bounds by position. Call "
            "randint_like(input, high) or randint_like(input, low, high)"
        )
    wanted = dtype_like(input, dtype, "randint_like")
    first, span = integer_range(wanted, *_bounds("randint_like", low, high))
    return _like(
        kernels.integers, "randint_like", input, wanted, generator, device, requires_grad, memory_format,
        low=first, span=span,
    )  # fmt: skip


def dtype_like(input: Any, dtype: Dtype, function: str) -> Any:
    array = tensor_argument(input, function, "input")._array
    return array.dtype if dtype is None else dtype_of(dtype, None, function)


def _like(
    kernel: Any, function: str, input: Any, wanted: Any, generator: Any, device: Any, requires_grad: bool,
    memory_format: Any, **params: Any,
) -> Tensor:  # fmt: skip
    finish(np.empty(0, wanted), requires_grad)
    make = partial(draw, kernel, generator=generator, **params)
    return fill_like(make, function, input, wanted, device, requires_grad, memory_format)


# -- in place -----------------------------------------------------------------------------------------------------------


def refill(
    tensor: Any, op: Any, kernel: Any, generator: Any, dtype: Any = None, convert: Callable[[Any], Any] | None = None,
    given: tuple[Any, ...] = (), **params: Any,
) -> Any:  # fmt: skip
    """Overwrite a tensor with random numbers, in the order of its memory; ``op`` records the write.

    ``convert`` makes a tensor of values of that of the numbers, which are drawn in ``dtype``; raw values ``given`` take
    part in that.
    """
    memory = writable(tensor)
    refuse_write(tensor, memory, current_node(tensor) is not None)  # before a number is drawn
    if not memory.size:
        return tensor
    order = order_into(tensor, memory.shape)
    if kernel is kernels.normal:
        params["contiguous"] = order is None
    numbers = new_tensor(
        draw(kernel, memory.shape, dtype or memory.dtype, generator, order, into=memory, given=given, **params)
    )
    return overwrite(tensor, op, numbers if convert is None else convert(numbers))


def bounds_of(dtype: Any, low: Any, high: Any) -> tuple[int, int]:
    """The arguments of ``random_``, at least one of them given: the least integer, and how many there are."""
    low = 0 if low is None else integer(low, "random_", "from")
    if high is None and low == -(1 << 63) and (dtype.itemsize == 8 or dtype.name in ("float32", "bfloat16")):
        return low, 1 << 64
    return integer_range(dtype, low, None if high is None else integer(high, "random_", "to"))


def check_interval(dtype: Any, low: float, high: float) -> None:
    """Raise where a floating dtype cannot hold uniform numbers from ``low`` to ``high``."""
    least, largest = _float_limits(dtype)
    for name, bound in (("from", low), ("to", high)):
        if not least <= bound <= largest:
            raise RuntimeError(
                f"{name} is out of bounds for {dtype.name}, which goes from {least} to {largest}: {bound}"
            )
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}")
    if high - low > largest:
        raise RuntimeError(
            f"uniform_ expects to-from <= {largest}, the largest number of {dtype.name}, but found to={high} and from={low}"
        )


def continuous(dtype: Any, distribution: str) -> None:
    if dtype.kind in "biuc":
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {scalar_type_name(dtype)}"
        )


def no_others(named: dict[str, Any], function: str) -> None:
    if named:
        raise TypeError(f"{function}() got an unexpected keyword argument '{next(iter(named))}'")


# -- arguments ----------------------------------------------------------------------------------------------------------


def floating(wanted: Any, kernel: str) -> Any:
    """``wanted``, if it is a floating or complex dtype; else the error that PyTorch's ``kernel`` raises."""
    if wanted.kind in "biu":
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{scalar_type_name(wanted)}': choose a floating point dtype"
        )
    return wanted


def check_std(std: float) -> None:
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")


def part_std(wanted: Any, std: float = 1.0) -> float:
    """The standard deviation of each of the real numbers that make up numbers of the dtype."""
    return std / math.sqrt(2) if wanted.kind == "c" else std


def integer(value: Any, function: str, name: str) -> int:
    """An int, from an int or a tensor of one."""
    if isinstance(value, TensorBase) and not value.ndim and value._array.dtype.kind in "iu":
        value = value.item()
    if isinstance(value, (bool, float)) or not hasattr(value, "__index__") or isinstance(value, TensorBase):
        raise TypeError(f"{function}(): argument '{name}' must be int, not {type(value).__name__}")
    value = value.__index__()
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"Overflow when unpacking long long: {function}(): {name}={value} does not fit in 64 bits")
    return value


def _bounds(function: str, low: Any, high: Any) -> tuple[int, int]:
    return 0 if low is None else integer(low, function, "low"), integer(high, function, "high")


def integer_range(dtype: Any, low: int, high: int | None) -> tuple[int, int]:
    """The least integer and how many there are from ``low`` to before ``high``, or to the largest that the dtype holds.

    Raises:
        RuntimeError: there are none, or the dtype does not hold them.
    """
    if dtype.kind == "c":
        raise RuntimeError(
            f"check_random_bounds handles only integral, floating-point and boolean types: got {scalar_type_name(dtype)}"
        )
    digits = kernels.DIGITS.get(dtype.name)
    if high is None:
        largest = 1 if dtype.kind == "b" else 1 << digits if digits else int(np.iinfo(dtype).max)
        return _checked(dtype, digits, low, largest)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if digits:
        low, high = _rounded_up(dtype, digits, low), _rounded_down(dtype, digits, high)
        if low >= high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                f"from={low} >= to={high}"
            )
    return _checked(dtype, digits, low, high - 1)


def _checked(dtype: Any, digits: int | None, low: int, last: int) -> tuple[int, int]:
    if digits:
        least, largest = (int(bound) for bound in _float_limits(dtype))
    else:
        least, largest = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    for name, bound in (("from", low), ("to - 1", last)):
        if not least <= bound <= largest:
            raise RuntimeError(
                f"{name} is out of bounds for {dtype.name}, which goes from {least} to {largest}: {bound}"
            )
        if digits and abs(bound) > 1 << digits:
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {dtype.name} can support "
                "discrete uniform distribution only within this range.",
                UserWarning,
                stacklevel=4,
            )
    return low, last - low + 1


def _float_limits(dtype: Any) -> tuple[Any, Any]:
    from ..dtypes import FROM_NUMPY, finfo

    limits = finfo(FROM_NUMPY[dtype].to_real())
    return limits.min, limits.max


def _rounded_up(dtype: Any, digits: int, low: int) -> int:
    """The least number of a float dtype from ``low`` on, as PyTorch finds it."""
    rounded = _as_float(dtype, low + 1)
    return low if rounded >= low else int(rounded) + (1 << abs(low + 1).bit_length() - digits)


def _rounded_down(dtype: Any, digits: int, high: int) -> int:
    """One more than the largest number of a float dtype below ``high``, as PyTorch finds it."""
    rounded = _as_float(dtype, high - 1)
    return high if rounded < high or math.isinf(rounded) else int(rounded) - (1 << abs(high - 1).bit_length() - digits)


def _as_float(dtype: Any, number: int) -> float:
    return float(kernels.narrowed(np.array(number), dtype))
