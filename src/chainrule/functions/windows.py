"""The windows of PyTorch's top namespace: weights for pieces of a signal. ``torch.signal.windows`` has more of them.

A *periodic* window is one of a length more without its last element: its copies join without a break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..device import place_of
from ..dtypes import as_dtype, get_default_dtype
from .creation import finish

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def cosines(places: Any, a: Any) -> Any:
    """The sum of a_i (-1)^i cos(i t) over t from 0 to 2 pi: ``places`` from 0 to 1 are t / (2 pi)."""
    return sum((-1) ** i * weight * np.cos(2 * np.pi * i * places) for i, weight in enumerate(a))


def bartlett(places: Any) -> Any:
    return 1 - np.abs(2 * places - 1)


def kaiser(places: Any, beta: float) -> Any:
    from scipy.special import i0

    inside = 1 - (2 * places - 1) ** 2
    return i0(beta * np.sqrt(np.maximum(inside, 0))) / i0(beta)


def window(
    function: str, length: Any, periodic: Any, shape: Any, dtype: Any, layout: Any, device: Any, requires_grad: bool
) -> Tensor:
    """A window by its ``shape``, a function of the places from 0 to 1; computed in double precision, and rounded once."""
    if isinstance(length, bool) or not hasattr(length, "__index__"):
        raise TypeError(f"{function}(): argument 'window_length' (position 1) must be int, not {type(length).__name__}")
    if not isinstance(periodic, bool):
        raise TypeError(f"{function}(): argument 'periodic' (position 2) must be bool, not {type(periodic).__name__}")
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if not wanted.is_floating_point:
        error = NotImplementedError if wanted.is_complex else RuntimeError
        raise error(f"{function} expects floating point dtypes, got: {wanted}")
    if layout is not None and str(layout) != "torch.strided":
        raise RuntimeError(f"{function} is not implemented for sparse types, got: {layout}")
    n = length.__index__()
    if n < 0:
        raise RuntimeError(f"{function} requires non-negative window_length, got window_length={n}")
    values = shape(np.arange(n) / (n if periodic else n - 1)) if n > 1 else np.ones(n)
    return finish(values.astype(wanted.numpy), requires_grad, place_of(device))


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A triangle from 0 to 1 to 0.

    Args:
        window_length: the number of elements.
        periodic: of a length more, without the last element; else symmetric.
        dtype: a floating point one, by default the default dtype.
        layout: strided.
        device: "cpu" or "xla"; by default the default device.
        pin_memory: accepted, and of no effect.
        requires_grad: whether gradients are to be computed for it.

    Raises:
        RuntimeError: a negative length, or another dtype.

    >>> import chainrule as torch
    >>> torch.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return window("bartlett_window", window_length, periodic, bartlett, dtype, layout, device, requires_grad)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """0.42 - 0.5 cos(t) + 0.08 cos(2 t); arguments as of :func:`bartlett_window`.

    >>> import chainrule as torch
    >>> torch.blackman_window(4, dtype=torch.float64)[1:]
    tensor([0.3400, 1.0000, 0.3400], dtype=torch.float64)
    """

    def shape(places: Any) -> Any:
        return cosines(places, (0.42, 0.5, 0.08))

    return window("blackman_window", window_length, periodic, shape, dtype, layout, device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """``alpha`` - ``beta`` cos(t); other arguments as of :func:`bartlett_window`.

    >>> import chainrule as torch
    >>> torch.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """

    def shape(places: Any) -> Any:
        return cosines(places, (alpha, beta))

    return window("hamming_window", window_length, periodic, shape, dtype, layout, device, requires_grad)


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """(1 - cos(t)) / 2; arguments as of :func:`bartlett_window`.

    >>> import chainrule as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def shape(places: Any) -> Any:
        return cosines(places, (0.5, 0.5))

    return window("hann_window", window_length, periodic, shape, dtype, layout, device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """i0(beta sqrt(1 - u^2)) / i0(beta), u from -1 to 1; other arguments as of :func:`bartlett_window`.

    >>> import chainrule as torch
    >>> torch.kaiser_window(4, beta=2.)
    tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """

    def shape(places: Any) -> Any:
        return kaiser(places, beta)

    return window("kaiser_window", window_length, periodic, shape, dtype, layout, device, requires_grad)
