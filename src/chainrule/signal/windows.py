"""``torch.signal.windows``: weights for pieces of a signal.

All of them take

==================  =====================================================================================
``M``               the number of elements
``sym``             symmetric (the default), or a period of a window that repeats
``dtype``           ``torch.float32`` or ``torch.float64``, by default the default dtype
``layout``          strided
``device``          "cpu" or "xla"; by default the default device
``requires_grad``   whether gradients are to be computed for it
==================  =====================================================================================

and raise a ValueError for a negative ``M``, another dtype, or parameters outside of their range.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..device import place_of
from ..dtypes import as_dtype, float32, float64, get_default_dtype
from ..functions.creation import finish
from ..functions.windows import bartlett as triangle, cosines, kaiser as kaiser_at

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _window(function: str, M: Any, shape: Any, dtype: Any, layout: Any, device: Any, requires_grad: bool) -> Tensor:
    """``shape(M)`` as a tensor, computed in double precision and rounded once."""
    if isinstance(M, bool) or not hasattr(M, "__index__"):
        raise TypeError(f"{function}(): argument 'M' (position 1) must be int, not {type(M).__name__}")
    if M < 0:
        raise ValueError(f"{function} requires non-negative window length, got M={M}")
    if layout is not None and str(layout) != "torch.strided":
        raise ValueError(f"{function} is implemented for strided tensors only, got: {layout}")
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted not in (float32, float64):
        raise ValueError(f"{function} expects float32 or float64 dtypes, got: {wanted}")
    n = M.__index__()
    return finish((shape(n) if n else np.empty(0)).astype(wanted.numpy), requires_grad, place_of(device))


def _places(n: int, sym: bool) -> Any:
    """From 0 to 1, or up to what is one place before."""
    return np.arange(n) / ((n - 1 if sym else n) or 1)


def _period(n: int, sym: bool) -> int:
    """The distance of the first element from the last: of a period, from the one after it."""
    return n if not sym and n > 1 else n - 1


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """exp(-|n - center| / tau).

    >>> import chainrule as torch
    >>> torch.signal.windows.exponential(5)
    tensor([0.1353, 0.3679, 1.0000, 0.3679, 0.1353])
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")

    def shape(n: int) -> Any:
        return np.exp(-np.abs(np.arange(n) - (_period(n, sym) / 2 if center is None else center)) / tau)

    return _window("exponential", M, shape, dtype, layout, device, requires_grad)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Half a period of the sine.

    >>> import chainrule as torch
    >>> torch.signal.windows.cosine(5)
    tensor([0.3090, 0.8090, 1.0000, 0.8090, 0.3090])
    """

    def shape(n: int) -> Any:
        return np.sin((np.arange(n) + 0.5) * (np.pi / (_period(n, sym) + 1)))

    return _window("cosine", M, shape, dtype, layout, device, requires_grad)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """exp(-(n - middle)^2 / (2 std^2)).

    >>> import chainrule as torch
    >>> torch.signal.windows.gaussian(5)
    tensor([0.1353, 0.6065, 1.0000, 0.6065, 0.1353])
    """
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")

    def shape(n: int) -> Any:
        return np.exp(-(((np.arange(n) - _period(n, sym) / 2) / std) ** 2) / 2)

    return _window("gaussian", M, shape, dtype, layout, device, requires_grad)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """i0(beta sqrt(1 - u^2)) / i0(beta), u from -1 to 1.

    >>> import chainrule as torch
    >>> torch.signal.windows.kaiser(5, beta=2.)
    tensor([0.4387, 0.8348, 1.0000, 0.8348, 0.4387])
    """
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")

    def shape(n: int) -> Any:
        return kaiser_at(_places(n, sym), beta) if n > 1 else np.ones(1)

    return _window("kaiser", M, shape, dtype, layout, device, requires_grad)


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A triangle from 0 to 1 to 0.

    >>> import chainrule as torch
    >>> torch.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """

    def shape(n: int) -> Any:
        return triangle(_places(n, sym)) if n > 1 else np.ones(1)

    return _window("bartlett", M, shape, dtype, layout, device, requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The sum of a_i (-1)^i cos(i t), t from 0 to 2 pi.

    >>> import chainrule as torch
    >>> torch.signal.windows.general_cosine(5, a=[0.5, 0.5])
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    weights = list(a)
    if not weights:
        raise ValueError("Coefficients cannot be empty")

    def shape(n: int) -> Any:
        return cosines(_places(n, sym), weights) if n > 1 else np.ones(1)

    return _window("general_cosine", M, shape, dtype, layout, device, requires_grad)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``alpha - (1 - alpha) cos(t)``, t from 0 to 2 pi.

    >>> import chainrule as torch
    >>> torch.signal.windows.general_hamming(5)
    tensor([0.0800, 0.5400, 1.0000, 0.5400, 0.0800])
    """
    return general_cosine(
        M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """0.54 - 0.46 cos(t), t from 0 to 2 pi.

    >>> import chainrule as torch
    >>> torch.signal.windows.hamming(5)
    tensor([0.0800, 0.5400, 1.0000, 0.5400, 0.0800])
    """
    return general_cosine(
        M, a=[0.54, 0.46], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """(1 - cos(t)) / 2, t from 0 to 2 pi.

    >>> import chainrule as torch
    >>> torch.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return general_cosine(
        M, a=[0.5, 0.5], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """0.42 - 0.5 cos(t) + 0.08 cos(2 t), t from 0 to 2 pi.

    >>> import chainrule as torch
    >>> torch.signal.windows.blackman(5)
    tensor([-1.3878e-17,  3.4000e-01,  1.0000e+00,  3.4000e-01, -1.3878e-17])
    """
    return general_cosine(
        M, a=[0.42, 0.5, 0.08], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A sum of four cosines whose side lobes are small.

    >>> import chainrule as torch
    >>> torch.signal.windows.nuttall(5)
    tensor([3.6280e-04, 2.2698e-01, 1.0000e+00, 2.2698e-01, 3.6280e-04])
    """
    return general_cosine(
        M,
        a=[0.3635819, 0.4891775, 0.1365995, 0.0106411],
        sym=sym,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
