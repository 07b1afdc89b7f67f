"""NumPy's Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import functions as F
from .._fourier import complex_to_complex, half_to_real, one, one_axis, real_to_half
from .operands import tensor
from .registry import covers

LAST_TWO = (-2, -1)
Transform = Callable[[Any, Any, Any, Any, Any, str, bool], Any]


@covers("fft.fft")
def fft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    return one_axis(tensor(a), n, axis, norm, None, "fft", True)


@covers("fft.ifft")
def ifft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    return one_axis(tensor(a), n, axis, norm, None, "ifft", False)


def _along_one(transform: Transform, name: str, forward: bool) -> None:
    """Record a transform along one axis of real numbers, or to them."""

    @covers(f"fft.{name}")
    def transformed(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
        x = tensor(a)
        return transform(x, *one(x, n, axis, name), norm, None, name, forward)


def _along_several(transform: Transform, name: str, forward: bool) -> None:
    """Record the transform along two axes, and that along any."""

    @covers(f"fft.{name}2")
    def along_two(a: Any, s: Any = None, axes: Sequence[int] = LAST_TWO, norm: str | None = None) -> Any:
        return transform(tensor(a), s, axes, norm, None, f"{name}2", forward)

    @covers(f"fft.{name}n")
    def along_any(a: Any, s: Any = None, axes: Sequence[int] | None = None, norm: str | None = None) -> Any:
        return transform(tensor(a), s, axes, norm, None, f"{name}n", forward)


_along_one(real_to_half, "rfft", True)
_along_one(half_to_real, "irfft", False)
_along_one(half_to_real, "hfft", True)
_along_one(real_to_half, "ihfft", False)
_along_several(complex_to_complex, "fft", True)
_along_several(complex_to_complex, "ifft", False)
_along_several(real_to_half, "rfft", True)
_along_several(half_to_real, "irfft", False)


@covers("fft.fftshift")
def fftshift(x: Any, axes: int | Sequence[int] | None = None) -> Any:
    return _shifted(tensor(x), axes, lambda size: size // 2)


@covers("fft.ifftshift")
def ifftshift(x: Any, axes: int | Sequence[int] | None = None) -> Any:
    return _shifted(tensor(x), axes, lambda size: -(size // 2))


def _shifted(x: Any, axes: Any, places: Callable[[int], int]) -> Any:
    along = range(x.ndim) if axes is None else [axes] if isinstance(axes, int) else axes
    return F.roll(x, [places(x.shape[axis]) for axis in along], tuple(along))
