"""Short-time Fourier transforms: of a signal, cut into overlapping windows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import numbers_of
from ..core.xla_level import beside
from ..promotion import scalar_type_name
from ._arguments import tensor_argument
from ._autocast import widened
from .padding import pad

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["istft", "stft"]

LEAST = 1e-11
"""What the overlapping squares of windows must sum up to, for their sum to be divided by."""


def integer(value: Any, function: str, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{function}(): argument '{name}' must be int, not {type(value).__name__}")
    return value.__index__()


def lengths(function: str, n_fft: Any, hop_length: Any, win_length: Any) -> tuple[int, int, int]:
    """The length of a transform, the distance of windows (by default a quarter of it), their length."""
    n_fft = integer(n_fft, function, "n_fft")
    hop = n_fft // 4 if hop_length is None else integer(hop_length, function, "hop_length")
    return n_fft, hop, n_fft if win_length is None else integer(win_length, function, "win_length")


def centred(window: Any, n_fft: int) -> Any:
    """The window in the middle of ``n_fft`` places, zeros around it."""
    size = window._array.shape[0]
    left = (n_fft - size) // 2
    return window if size == n_fft else ops.pad(window, widths=((left, n_fft - size - left),), value=0)


def ones_like_window(win_length: int, like: Any) -> Any:
    return beside(ops.ones((win_length,), dtype=np.empty(0, like._array.dtype).real.dtype), like)


def warn_of_no_window(advice: str) -> None:
    warnings.warn(
        "A window was not provided. A rectangular window will be applied, which is known to cause spectral leakage. "
        f"{advice} To keep a rectangular window without this warning, give window=torch.ones(win_length).",
        stacklevel=3,
    )


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """Fourier transforms of overlapping windows of a signal: (frequencies, windows), behind a batch dimension if there is one.

    Args:
        input: a signal, or a batch of them; real or complex.
        n_fft: the length of each transform.
        hop_length: how far apart windows begin, by default ``n_fft // 4``.
        win_length: the length of the window, by default ``n_fft``; a shorter one stands in the middle, between zeros.
        window: what each piece is multiplied with, of length ``win_length``; by default ones.
        center: fill up ``n_fft // 2`` elements on both sides, so that windows are centred at multiples of ``hop_length``.
        pad_mode: how: "reflect", "constant", "replicate" or "circular".
        normalized: divide by the square root of ``n_fft``.
        onesided: only the frequencies up to ``n_fft // 2``; by default if the signal and the window are real.
        return_complex: must be given for real signals: True, or False for pairs (real, imaginary) in a last dimension.
        align_to_window: if not ``center``: begin with the first place of the window, not of the zeros before it.

    Raises:
        RuntimeError: lengths do not fit, no signal of floats, ``return_complex`` is missing, or ``onesided`` with complex ones.

    >>> import chainrule as torch
    >>> torch.stft(torch.ones(8), 4, window=torch.ones(4), return_complex=True).shape
    torch.Size([3, 9])
    """
    (input,) = widened(input)
    array = tensor_argument(input, "stft", "input")._array
    n_fft, hop, win_length = lengths("stft", n_fft, hop_length, win_length)
    if center:
        if align_to_window is not None:
            raise RuntimeError("stft align_to_window should only be set when center = false")
        size = array.shape[-1] if array.shape else 0
        if not size:
            raise RuntimeError(f"Expected a signal with elements for input, but got: {list(array.shape)}")
        # Padding other than by constants is of images of one dimension, in channels, in a batch.
        image = ops.reshape(input, shape=(*[1] * (3 - array.ndim), *array.shape))
        image = pad(image, (n_fft // 2, n_fft // 2), pad_mode)
        input = ops.reshape(image, shape=(*array.shape[:-1], image._array.shape[-1]))
    if window is None:
        warn_of_no_window("Windows such as torch.hann_window reduce it.")
    else:
        tensor_argument(window, "stft", "window", 5)
    is_complex = input.is_complex() or (window is not None and window.is_complex())
    if return_complex is None:
        if not is_complex:
            raise RuntimeError(
                "stft requires the return_complex parameter be given for real inputs, and will further require that "
                "return_complex=True in a future PyTorch release. Give return_complex=True."
            )
        return_complex = True
    elif not return_complex:
        warnings.warn(
            "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for "
            "all inputs, and return_complex=False will raise an error. Use torch.view_as_real on the complex result instead.",
            stacklevel=2,
        )
    check_signal(input, n_fft, hop, win_length, window)
    batched = input._array.ndim == 2
    x = input if batched else ops.expand_dims(input, axis=-2)
    if not center and align_to_window:
        left = (n_fft - win_length) // 2
        x = ops.pad(x, widths=((0, 0), (left, n_fft - win_length - left)), value=0)
    pieces = ops.unfold(x, axis=-1, size=n_fft, step=hop)
    if window is not None or win_length < n_fft:
        pieces = ops.multiply(pieces, centred(ones_like_window(win_length, x) if window is None else window, n_fft))
    how = {"axes": (-1,), "norm": 1 if normalized else 0, "forward": True}
    if is_complex:
        if onesided:
            raise RuntimeError("Cannot have onesided output if window or input is complex: leave onesided=True away")
        out = ops.fft_c2c(pieces, **how)
    else:
        check_precision(pieces)
        out = ops.fft_r2c(pieces, onesided=onesided is None or bool(onesided), **how)
    out = ops.swapaxes_(out, axis1=-1, axis2=-2)
    if not batched:
        out = ops.squeeze_one_(out, axis=-3)
    return out if return_complex else ops.view_as_real(out)


def check_precision(x: Any) -> None:
    if x._array.dtype.itemsize == 2:
        raise RuntimeError(f"Unsupported dtype {scalar_type_name(x.dtype)}: convert the signal with .float()")


def check_signal(input: Any, n_fft: int, hop: int, win_length: int, window: Any) -> None:
    """The checks of :func:`stft`, of the signal as it is after filling up."""
    array = input._array
    told = f"stft({input.type()}{list(array.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={win_length}) : "
    if array.dtype.kind in "biu":
        raise RuntimeError(told + "expected a tensor of floating point or complex values")
    if array.ndim not in (1, 2):
        raise RuntimeError(told + "expected a 1D or 2D tensor")
    if not 0 < n_fft <= array.shape[-1]:
        raise RuntimeError(told + f"expected 0 < n_fft < {array.shape[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(told + f"expected hop_length > 0, but got hop_length={hop}")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(told + f"expected 0 < win_length <= n_fft, but got win_length={win_length}")
    if window is not None and window._array.shape != (win_length,):
        raise RuntimeError(
            told + f"expected a 1D window tensor of size equal to win_length={win_length}, but got window with size "
            f"{list(window._array.shape)}"
        )


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal with these short-time Fourier transforms: the inverse of :func:`stft` with the same arguments.

    Pieces that overlap are averaged, weighted by their windows: of transforms of no signal, it gives the nearest one's.

    Args:
        input: complex, (frequencies, windows), behind a batch dimension if there is one.
        n_fft: the length of each transform.
        hop_length: how far apart windows begin, by default ``n_fft // 4``.
        win_length: the length of the window, by default ``n_fft``.
        window: the window that :func:`stft` had; by default ones.
        center: whether :func:`stft` filled up both sides.
        normalized: whether it divided by the square root of ``n_fft``.
        onesided: whether only half of the frequencies are there; by default if there are not ``n_fft``.
        length: of the signal: cut off, or filled with zeros, to this.
        return_complex: whether the signal is complex.

    Raises:
        RuntimeError: lengths do not fit, a real ``input``, or somewhere no window reaches, so that nothing can be said there.

    >>> import chainrule as torch
    >>> w = torch.hann_window(4)
    >>> torch.istft(torch.stft(torch.arange(6.), 4, window=w, return_complex=True), 4, window=w)[1:]
    tensor([1., 2., 3., 4., 5.])
    """
    array = tensor_argument(input, "istft", "input")._array
    n_fft, hop, win_length = lengths("istft", n_fft, hop_length, win_length)
    if window is None:
        warn_of_no_window("Give the window that stft had, for a lossless inversion.")
    else:
        tensor_argument(window, "istft", "window", 5)
    if array.dtype.kind != "c":
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    if array.ndim < 2:
        raise IndexError(f"Dimension out of range: istft expects (frequencies, windows), but got {list(array.shape)}")
    frames, frequencies = array.shape[-1], array.shape[-2]
    told = f"istft({input.type()}{list(array.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={win_length}) : "
    onesided = frequencies != n_fft if onesided is None else onesided
    check_transforms(told, array, n_fft, hop, win_length, window, onesided)
    if window is None:
        window = ones_like_window(win_length, input)
    window = centred(window, n_fft)
    batched = array.ndim == 3
    x = ops.swapaxes(input if batched else ops.expand_dims(input, axis=-3), axis1=-1, axis2=-2)
    how = {"axes": (-1,), "norm": 1 if normalized else 2, "forward": False}
    if return_complex:
        if onesided:
            raise RuntimeError("Cannot have onesided output if window or input is complex: leave return_complex away")
        pieces = ops.fft_c2c(x, **how)
    else:
        if window.is_complex():
            raise RuntimeError("Complex windows are incompatible with return_complex=False")
        half = x if onesided else ops.slice_axis(x, axis=-1, start=0, stop=n_fft // 2 + 1, step=1)
        pieces = ops.fft_c2r(half, size=n_fft, **how)
    whole = n_fft + hop * (frames - 1)
    start = n_fft // 2 if center else 0
    stop = whole - start if length is None else start + integer(length, "istft", "length")
    if stop <= start:
        raise RuntimeError(told + f"expected a signal with elements, but got length={length}")

    def overlapped(pieces: Any) -> Any:
        summed = ops.unfold_adjoint(pieces, axis=-1, step=hop, length=whole)
        return ops.slice_axis(summed, axis=-1, start=start, stop=min(stop, whole), step=1)

    weights = overlapped(ops.broadcast_to(ops.multiply(window, window), shape=(frames, n_fft)))
    if np.any(np.abs(numbers_of(weights._array)) < LEAST):
        raise RuntimeError(
            told
            + "window overlap add min: 1. The squares of the windows sum up to 0 somewhere, where the signal cannot be "
            "known: give a window without zeros at its ends, center=True, or a smaller hop_length."
        )
    y = ops.divide(overlapped(ops.multiply(pieces, window)), weights)
    if not batched:
        y = ops.squeeze_one(y, axis=-2)
    if stop > whole:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. Please "
            "check your center and hop_length settings.",
            stacklevel=2,
        )
        y = ops.pad(y, widths=(*[(0, 0)] * batched, (0, stop - whole)), value=0)
    return y


def check_transforms(told: str, array: Any, n_fft: int, hop: int, win_length: int, window: Any, onesided: bool) -> None:
    """The checks of :func:`istft`."""
    if not array.size:
        raise RuntimeError(told + "input tensor cannot be empty.")
    if array.ndim > 3:
        raise RuntimeError(told + f"expected a tensor with 3 or 4 dimensions, but got {array.ndim + 1}")
    wanted = n_fft // 2 + 1 if onesided else n_fft
    if array.shape[-2] != wanted:
        raise RuntimeError(
            told + f"expected the frequency dimension (3rd to the last) of the input tensor to match {wanted} when "
            f"onesided={bool(onesided)}, but got {array.shape[-2]}"
        )
    if not 0 < hop <= win_length:
        raise RuntimeError(told + "expected 0 < hop_length <= win_length")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(told + "expected 0 < win_length <= n_fft")
    if window is not None and window._array.shape != (win_length,):
        raise RuntimeError(
            told
            + f"Invalid window shape. window has to be 1D and length of `win_length`={win_length}, but its shape is "
            f"{list(window._array.shape)}"
        )
