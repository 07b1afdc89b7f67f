"""Complex numbers and their parts.

A rule's cotangent h is a plain transpose: the conjugate of PyTorch's gradient. Where an op has a real side, the engine
takes the real part.
"""

from __future__ import annotations

from ..core.op import elementwise, linear, view
from .elementwise import by_kind

__all__ = ["angle", "conj", "conj_physical", "imag", "polar", "real", "view_as_complex", "view_as_real"]

view_as_real = view("view_as_real(x)",
    x=lambda xp, g: xp.conj(xp.view_as_complex(g)),
)
view_as_complex = view("view_as_complex(x)", domain="f",
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
conjugate = linear("conjugate(x)", node="ConjBackward0", domain="c",
    forward=lambda xp, x: xp.conj(x),
    x=lambda xp, g: xp.conj(g),
)
conj_physical = linear("conj_physical(x)", domain="c", inplace_node="ConjPhysicalBackward1",
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


def around(xp, g, x):
    """Only the way across the ray of x counts: -i conj(x) / |x|^2, and 0 at 0."""
    origin = x == 0
    r = xp.where(origin, 1, xp.abs(x))
    return xp.zero_where(g * (-1j * (xp.conj(x) / r / r)), origin)


angle = by_kind(
    elementwise("angle(x)", promotion="float", domain="fV",
        x=lambda xp, g: xp.zeros_like(g),
    ),
    elementwise("angle_complex(x)", node="AngleBackward0", domain="c", forward=lambda xp, x: xp.angle(x),
        x=lambda xp, g, x, x_dtype: around(xp, g, x),
    ),
)
polar = elementwise("polar(x, y)", domain="fV",
    forward=lambda xp, x, y: xp.complex(x * xp.cos(y), x * xp.sin(y)),
    x=lambda xp, g, y: g * xp.complex(xp.cos(y), xp.sin(y)),
    y=lambda g, out: g * (1j * out),
)
