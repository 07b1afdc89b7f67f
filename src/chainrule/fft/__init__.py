"""``torch.fft``: discrete Fourier transforms, and what lays out their results.

Each transform takes ``norm``: what the sum is divided by.

==============  ====================================================================
"backward"      nothing forward, the number n of points backward (the default)
"ortho"         the square root of n, both ways
"forward"       n forward, nothing backward
==============  ====================================================================

``n`` (for each dimension one: ``s``) cuts the input off, or fills it with zeros, to this length first. Integers are taken
as the default floating point dtype. Half precision is refused, as on PyTorch's CPU. ``axis`` is NumPy's name of ``dim``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._late import announce as _announce
from ..device import place_of
from ..dtypes import FROM_NUMPY
from ..functions._arguments import axis_of, deliver, takes_axis, tensor_argument
from ..functions._fourier import complex_to_complex, half_to_real, integer, one, one_axis, real_to_half
from ..functions.creation import finish
from ..functions.filling import dtype_of
from ..functions.rearranging import roll

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft",
    "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

Dim = int | Sequence[int]
LAST_TWO = (-2, -1)

# -- along one dimension ------------------------------------------------------------------------------------------------


def fft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The Fourier transform along ``dim``: the sums over j of ``input[j] * exp(-2 pi i j k / n)``.

    Args:
        input: real or complex.
        n: cut off or fill with zeros to this length first.
        dim: the dimension.
        norm: "backward", "ortho" or "forward".
        out: a complex tensor to write the result to.
        axis: NumPy's name of ``dim``.

    Raises:
        RuntimeError: ``n`` is less than 1, no such norm, or half precision. IndexError: no such dimension.

    >>> import chainrule as torch
    >>> torch.fft.fft(torch.tensor([1., 2., 3., 4.]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return one_axis(input, n, dim if axis is None else axis, norm, out, "fft", True)


def ifft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`fft`.

    >>> import chainrule as torch
    >>> torch.fft.ifft(torch.fft.fft(torch.tensor([1., 2., 3.]))).real
    tensor([1., 2., 3.])
    """
    return one_axis(input, n, dim if axis is None else axis, norm, out, "ifft", False)


def rfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The first half of :func:`fft` of a real tensor, n // 2 + 1 numbers; the others are their conjugates.

    >>> import chainrule as torch
    >>> torch.fft.rfft(torch.tensor([1., 2., 3., 4.]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return real_to_half(input, *one(input, n, dim if axis is None else axis, "rfft"), norm, out, "rfft", True)


def irfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`rfft`: ``n`` real numbers, by default 2 (m - 1) from m.

    >>> import chainrule as torch
    >>> torch.fft.irfft(torch.fft.rfft(torch.tensor([1., 2., 3.])), n=3)
    tensor([1., 2., 3.])
    """
    return half_to_real(input, *one(input, n, dim if axis is None else axis, "irfft"), norm, out, "irfft", False)


def hfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The (real) :func:`fft` of a signal of which half is given, the other half being conjugate to it.

    >>> import chainrule as torch
    >>> torch.fft.hfft(torch.tensor([1., 2., 3.]))
    tensor([ 8., -2.,  0., -2.])
    """
    return half_to_real(input, *one(input, n, dim if axis is None else axis, "hfft"), norm, out, "hfft", True)


def ihfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`hfft`: the first half of :func:`ifft` of a real tensor.

    >>> import chainrule as torch
    >>> torch.fft.ihfft(torch.tensor([8., -2., 0., -2.])).real
    tensor([1., 2., 3.])
    """
    return real_to_half(input, *one(input, n, dim if axis is None else axis, "ihfft"), norm, out, "ihfft", False)


# -- along several dimensions -------------------------------------------------------------------------------------------


def fft2(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim = LAST_TWO,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """:func:`fftn` along two dimensions, by default the last.

    >>> import chainrule as torch
    >>> torch.fft.fft2(torch.eye(2))
    tensor([[2.+0.j, 0.+0.j],
            [0.+0.j, 2.+0.j]])
    """
    return complex_to_complex(input, s, dim if axis is None else axis, norm, out, "fft2", True)


def ifft2(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim = LAST_TWO,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`fft2`.

    >>> import chainrule as torch
    >>> torch.fft.ifft2(torch.eye(2)).real
    tensor([[0.5000, 0.0000],
            [0.0000, 0.5000]])
    """
    return complex_to_complex(input, s, dim if axis is None else axis, norm, out, "ifft2", False)


def rfft2(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim = LAST_TWO,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """:func:`rfftn` along two dimensions, by default the last.

    >>> import chainrule as torch
    >>> torch.fft.rfft2(torch.ones(2, 3)).shape
    torch.Size([2, 2])
    """
    return real_to_half(input, s, dim if axis is None else axis, norm, out, "rfft2", True)


def irfft2(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim = LAST_TWO,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`rfft2`.

    >>> import chainrule as torch
    >>> torch.fft.irfft2(torch.fft.rfft2(torch.ones(2, 3)), s=(2, 3))
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return half_to_real(input, s, dim if axis is None else axis, norm, out, "irfft2", False)


def hfft2(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim = LAST_TWO,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """:func:`hfftn` along two dimensions, by default the last.

    >>> import chainrule as torch
    >>> torch.fft.hfft2(torch.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    return half_to_real(input, s, dim if axis is None else axis, norm, out, "hfft2", True)


def ihfft2(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim = LAST_TWO,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`hfft2`.

    >>> import chainrule as torch
    >>> torch.fft.ihfft2(torch.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return real_to_half(input, s, dim if axis is None else axis, norm, out, "ihfft2", False)


def fftn(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """:func:`fft` along several dimensions.

    Args:
        input: real or complex.
        s: cut off or fill with zeros to these lengths first; -1 stands for the dimension's own.
        dim: the dimensions, by default the last ``len(s)``, or all.
        norm: "backward", "ortho" or "forward"; n is the number of all points.
        out: a complex tensor to write the result to.
        axis: NumPy's name of ``dim``.

    Raises:
        RuntimeError: lengths less than 1, not one for each dimension, dimensions twice, no such norm, or half precision.

    >>> import chainrule as torch
    >>> torch.fft.fftn(torch.eye(2)).real
    tensor([[2., 0.],
            [0., 2.]])
    """
    return complex_to_complex(input, s, dim if axis is None else axis, norm, out, "fftn", True)


def ifftn(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`fftn`.

    >>> import chainrule as torch
    >>> torch.fft.ifftn(torch.eye(2)).real
    tensor([[0.5000, 0.0000],
            [0.0000, 0.5000]])
    """
    return complex_to_complex(input, s, dim if axis is None else axis, norm, out, "ifftn", False)


def rfftn(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """:func:`fftn` of a real tensor, of the last dimension the first half: the rest are conjugates.

    >>> import chainrule as torch
    >>> torch.fft.rfftn(torch.ones(2, 3)).real
    tensor([[6., 0.],
            [0., 0.]])
    """
    return real_to_half(input, s, dim if axis is None else axis, norm, out, "rfftn", True)


def irfftn(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`rfftn`; by default the last dimension gets 2 (m - 1) elements from m.

    >>> import chainrule as torch
    >>> torch.fft.irfftn(torch.fft.rfftn(torch.ones(2, 3)), s=(2, 3))
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return half_to_real(input, s, dim if axis is None else axis, norm, out, "irfftn", False)


def hfftn(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The (real) :func:`fftn` of a signal of which half is given in the last dimension, as in :func:`hfft`.

    >>> import chainrule as torch
    >>> torch.fft.hfftn(torch.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    return half_to_real(input, s, dim if axis is None else axis, norm, out, "hfftn", True)


def ihfftn(
    input: Tensor,
    s: Dim | None = None,
    dim: Dim | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
    axis: Dim | None = None,
) -> Tensor:
    """The inverse of :func:`hfftn`.

    >>> import chainrule as torch
    >>> torch.fft.ihfftn(torch.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return real_to_half(input, s, dim if axis is None else axis, norm, out, "ihfftn", False)


# -- the order of frequencies -------------------------------------------------------------------------------------------


def _shifted(input: Any, dim: Any, function: str, places: Any) -> Tensor:
    shape = tensor_argument(input, f"fft_{function}", "input")._array.shape
    if dim is None:
        dims = tuple(range(len(shape)))
    else:
        dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    axes = [axis_of(d, len(shape), f"fft_{function}") for d in dims]
    return roll(input, [places(shape[axis]) for axis in axes], dims)


@takes_axis
def fftshift(input: Tensor, dim: Dim | None = None) -> Tensor:
    """Frequency 0 in the middle, with the negative ones before it; along ``dim``, by default all dimensions.

    >>> import chainrule as torch
    >>> torch.fft.fftshift(torch.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shifted(input, dim, "fftshift", lambda n: n // 2)


@takes_axis
def ifftshift(input: Tensor, dim: Dim | None = None) -> Tensor:
    """The inverse of :func:`fftshift`.

    >>> import chainrule as torch
    >>> torch.fft.ifftshift(torch.arange(5))
    tensor([2, 3, 4, 0, 1])
    """
    return _shifted(input, dim, "ifftshift", lambda n: (n + 1) // 2)


def _frequencies(
    numbers: Any, n: Any, d: float, out: Any, dtype: Any, device: Any, requires_grad: bool, function: str
) -> Tensor:
    n = integer(n, function, "n")
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    wanted = dtype_of(dtype, out, f"fft_{function}")
    if wanted.kind not in "fV":
        error = NotImplementedError if wanted.kind == "c" else RuntimeError
        raise error(f"{function} requires a floating point dtype, but got {FROM_NUMPY[wanted]}")
    # As PyTorch: one division, then a product of each number.
    step = 1 / (n * d) if n and d else float("inf")
    made = finish((numbers(n) * step).astype(wanted), requires_grad, place_of(device))
    return deliver(made, out, f"fft_{function}")


def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies that :func:`fft` gives the parts of, for ``n`` samples that are ``d`` apart.

    The positive ones come first, then the negative: of an even n, the middle one is taken as negative.

    >>> import chainrule as torch
    >>> torch.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    return _frequencies(
        lambda n: np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)]),
        n, d, out, dtype, device, requires_grad, "fftfreq",
    )  # fmt: skip


def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies of :func:`rfft`: n // 2 + 1 that are not negative.

    >>> import chainrule as torch
    >>> torch.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return _frequencies(lambda n: np.arange(n // 2 + 1), n, d, out, dtype, device, requires_grad, "rfftfreq")


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)


_announce(__name__, globals())
