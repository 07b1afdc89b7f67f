"""What the functions of ``torch.fft`` and ``numpy.fft`` have in common: their arguments, and the transforms that they are."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dtypes import get_default_dtype
from ..promotion import scalar_type_name
from ._arguments import axis_of, check_out, deliver, tensor_argument
from ._autocast import widened

if TYPE_CHECKING:
    from .._tensor import Tensor

# -- arguments ----------------------------------------------------------------------------------------------------------


def norm_of(norm: str | None, forward: bool, function: str) -> int:
    """The mode as PyTorch's number: divided by 0 nothing, 1 the root of the number of points, 2 that number."""
    if norm is None or norm == "backward":
        return 0 if forward else 2
    if norm == "forward":
        return 2 if forward else 0
    if norm == "ortho":
        return 1
    if not isinstance(norm, str):
        raise TypeError(f"fft_{function}(): argument 'norm' must be str or None, not {type(norm).__name__}")
    raise RuntimeError(f'Invalid normalization mode: "{norm}". The modes are "backward", "ortho" and "forward".')


def promoted(input: Any, function: str, real: bool = False, complex: bool = False) -> Any:
    """``input`` in a dtype that can be transformed; ``real``: refused if complex, ``complex``: made so if real."""
    array = tensor_argument(input, f"fft_{function}", "input")._array
    dtype = array.dtype
    if real and dtype.kind == "c":
        raise RuntimeError(
            f"{function} expects a real input tensor, but got {scalar_type_name(input.dtype)}. Give its real part, or use "
            f"{function.replace('rfft', 'fft').replace('ihfft', 'ifft')}."
        )
    if dtype.kind in "biu":
        dtype = get_default_dtype().numpy
    if dtype.itemsize == 2:
        (wide,) = widened(input)
        if wide is not input:
            return promoted(wide, function, real, complex)
        raise RuntimeError(
            f"Unsupported dtype {scalar_type_name(input.dtype)}: convert the input of {function} with .float()"
        )
    if complex:
        dtype = np.result_type(dtype, np.complex64)
    return input if dtype == array.dtype else ops.astype(input, dtype)


def axis_to_transform(input: Any, dim: Any, function: str) -> int:
    if not input._array.ndim:
        axis_of(dim, 0, f"fft_{function}")
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return axis_of(dim, input._array.ndim, f"fft_{function}")


def integer(value: Any, function: str, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"fft_{function}(): argument '{name}' must be int, not {type(value).__name__}")
    return operator.index(value)


def check_points(n: int) -> None:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified: a transform needs one at least")


def sizes_and_axes(input: Any, s: Any, dim: Any, function: str) -> tuple[list[int], tuple[int, ...]]:
    """The lengths of a transform along several dimensions, and its axes."""
    shape = input._array.shape
    given = None if s is None else [integer(n, function, "s") for n in (s if isinstance(s, (tuple, list)) else [s])]
    if dim is None:
        if given is not None and len(given) > len(shape):
            raise RuntimeError(
                f"Got shape with {len(given)} values but input tensor only has {len(shape)} dimensions. Give {function} one for "
                "each dimension at most."
            )
        axes = tuple(range(-len(shape) if given is None else -len(given), 0))
    else:
        axes = tuple(
            [axis_of(d, len(shape), f"fft_{function}") for d in (dim if isinstance(dim, (tuple, list)) else [dim])]
        )
        if len(set(axes)) != len(axes):
            raise RuntimeError(f"FFT dims must be unique, but {function} got {dim}")
        if given is not None and len(given) != len(axes):
            raise RuntimeError(
                f"When given, dim and shape arguments must have the same length, but {function} got {len(axes)} and {len(given)}"
            )
    if axes and not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    own = [shape[axis] for axis in axes]
    sizes = own if given is None else [size if n == -1 else n for n, size in zip(given, own, strict=True)]
    for n in sizes:
        check_points(n)
    return sizes, axes


def resized(x: Any, sizes: Sequence[int], axes: Sequence[int]) -> Any:
    """``x`` cut off or filled with zeros along some axes."""
    shape = x._array.shape
    widths = [(0, 0)] * len(shape)
    for n, axis in zip(sizes, axes, strict=True):
        if n < shape[axis]:
            x = ops.slice_axis(x, axis=axis, start=0, stop=n, step=1)
        elif n > shape[axis]:
            widths[axis] = (0, n - shape[axis])
    return ops.pad(x, widths=tuple(widths), value=0) if any(after for _, after in widths) else x


def delivered(result: Tensor, out: Any, function: str) -> Tensor:
    if out is None:
        return result
    check_out(out, f"fft_{function}")
    if result.is_complex() != out.is_complex():
        wanted = "complex" if result.is_complex() else "floating point"
        raise RuntimeError(f"{function} expects a {wanted} output tensor, but got {scalar_type_name(out.dtype)}")
    return deliver(result, out, f"fft_{function}")


# -- the three transforms, along any number of axes ---------------------------------------------------------------------


def complex_to_complex(input: Any, s: Any, dim: Any, norm: Any, out: Any, function: str, forward: bool) -> Tensor:
    x = promoted(input, function, complex=True)
    sizes, axes = sizes_and_axes(x, s, dim, function)
    mode = norm_of(norm, forward, function)
    return delivered(ops.fft_c2c(resized(x, sizes, axes), axes=axes, norm=mode, forward=forward), out, function)


def one_axis(input: Any, n: Any, dim: Any, norm: Any, out: Any, function: str, forward: bool) -> Tensor:
    """To complex numbers along one axis; real ones need half the work."""
    x = promoted(input, function)
    axis = axis_to_transform(x, dim, function)
    size = x._array.shape[axis] if n is None else integer(n, function, "n")
    check_points(size)
    x, axes, mode = resized(x, [size], [axis]), (axis,), norm_of(norm, forward, function)
    if x.is_complex():
        return delivered(ops.fft_c2c(x, axes=axes, norm=mode, forward=forward), out, function)
    return delivered(ops.fft_r2c(x, axes=axes, norm=mode, forward=forward, onesided=False), out, function)


def real_to_half(input: Any, s: Any, dim: Any, norm: Any, out: Any, function: str, forward: bool) -> Tensor:
    x = promoted(input, function, real=True)
    sizes, axes = sizes_and_axes(x, s, dim, function)
    if not axes:
        raise RuntimeError(f"{function} must transform at least one axis")
    mode = norm_of(norm, forward, function)
    half = ops.fft_r2c(resized(x, sizes, axes), axes=axes, norm=mode, forward=forward, onesided=True)
    return delivered(half, out, function)


def half_to_real(input: Any, s: Any, dim: Any, norm: Any, out: Any, function: str, forward: bool) -> Tensor:
    """From half a spectrum: by default of an even number of elements, 2 (m - 1) from m."""
    x = promoted(input, function, complex=True)
    sizes, axes = sizes_and_axes(x, s, dim, function)
    if not axes:
        raise RuntimeError(f"{function} must transform at least one axis")
    last = s[-1] if isinstance(s, (tuple, list)) else s
    size = 2 * (x._array.shape[axes[-1]] - 1) if last is None or last == -1 else sizes[-1]
    check_points(size)
    x = resized(x, [*sizes[:-1], size // 2 + 1], axes)
    return delivered(
        ops.fft_c2r(x, axes=axes, norm=norm_of(norm, forward, function), forward=forward, size=size), out, function
    )


def one(input: Any, n: Any, dim: Any, function: str) -> tuple[Any, Any]:
    """The arguments of a transform along one dimension as those of one along several."""
    tensor_argument(input, f"fft_{function}", "input")
    return None if n is None else [integer(n, function, "n")], [axis_to_transform(input, dim, function)]
