"""Complex numbers and their parts.

A rule's cotangent h is a plain transpose: the conjugate of PyTorch's gradient. Where an op has a real side, the engine
takes the real part.
"""

from __future__ import annotations

from ..core.op import elementwise, linear, view

__all__ = ["angle", "conj", "conj_physical", "imag", "polar", "real", "view_as_complex", "view_as_real"]

view_as_real = view("view_as_real(x)",
    x=lambda xp, g: xp.conj(xp.view_as_complex(g)),
)
view_as_complex = view("view_as_complex(x)",
    x=lambda xp, g: xp.view_as_real(xp.conj(g)),
)
real_part = view("real_part(x)", node="SelectBackward0",
    forward=lambda xp, x: xp.real(x),
    x=lambda g: g,
)
imag_part = view("imag_part(x)", node="SelectBackward0",
    forward=lambda xp, x: xp.imag(x),
    x=lambda xp, g: xp.complex(xp.zeros_like(g), -g),
)
conjugate = linear("conjugate(x)", node="ConjBackward0",
    forward=lambda xp, x: xp.conj(x),
    x=lambda xp, g: xp.conj(g),
)
conj_physical = linear("conj_physical(x)",
    forward=lambda xp, x: xp.conj(x),
    x=lambda xp, g: xp.conj(g),
)


def is_complex(x):
    return x._array.dtype.kind == "c"


def real(x):
    """The real part, a view; of real tensors themselves."""
    return real_part(x) if is_complex(x) else x


def imag(x):
    """The imaginary part, a view."""
    return imag_part(x)


def conj(x):
    """The conjugate; of real tensors themselves."""
    return conjugate(x) if is_complex(x) else x


def angle_x(xp, g, x, x_dtype):
    """Across the ray of x: -i conj(x) / |x|^2. Real numbers have only two angles."""
    if x_dtype.kind != "c":
        return xp.zeros_like(g)
    origin = x == 0
    r = xp.where(origin, 1, xp.abs(x))
    return xp.zero_where(g * (-1j * (xp.conj(x) / r / r)), origin)


angle = elementwise("angle(x)", promotion="float",
    x=angle_x,
)
polar = elementwise("polar(x, y)", domain="fV",
    forward=lambda xp, x, y: xp.complex(x * xp.cos(y), x * xp.sin(y)),
    x=lambda xp, g, y: g * xp.complex(xp.cos(y), xp.sin(y)),
    y=lambda g, out: g * (1j * out),
)
