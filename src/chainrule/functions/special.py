"""Special functions: of entropy and the normal distribution, Bessel and Airy functions, incomplete gamma functions,
orthogonal polynomials.

Integers are taken as the default floating point dtype. ``out=`` takes the result in place of a new tensor. ``torch.special``
has all of them, and the older ones of ``transcendental`` under its own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.dispatch import NUMBERS
from ._arguments import tensor_argument
from .elementwise import Number, plain, tensors, unary

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["i0", "igamma", "igammac", "mvlgamma"]

# -- entropy, the normal distribution -----------------------------------------------------------------------------------


def entr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``-input * log(input)``: 0 at 0, minus infinity below.

    >>> import chainrule as torch
    >>> torch.special.entr(torch.tensor([-1., 0., 0.5]))
    tensor([  -inf, 0.0000, 0.3466])
    """
    return unary(ops.entr, "special_entr", input, out)


def xlog1py(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input * log1p(other)``, and 0 where ``input`` is 0 (unless ``other`` is NaN).

    >>> import chainrule as torch
    >>> torch.special.xlog1py(torch.tensor([0., 2.]), -1 + torch.tensor([0., 2.]))
    tensor([0.0000, 1.3863])
    """
    if isinstance(other, NUMBERS):
        return unary(ops.xlog1py_number, "special_xlog1py", input, out, other=plain(other))
    if isinstance(input, NUMBERS):
        return unary(ops.xlog1py_of, "special_xlog1py", other, out, number=plain(input))
    return tensors(ops.xlog1py, "special_xlog1py", input, other, out)


def ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The distribution function of the normal distribution: how likely a value below ``input`` is.

    >>> import chainrule as torch
    >>> torch.special.ndtr(torch.tensor([-1., 0., 1.]))
    tensor([0.1587, 0.5000, 0.8413])
    """
    return unary(ops.ndtr, "special_ndtr", input, out)


def ndtri(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of :func:`ndtr`.

    >>> import chainrule as torch
    >>> torch.special.ndtri(torch.tensor([0.1, 0.5]))
    tensor([-1.2816,  0.0000])
    """
    return unary(ops.ndtri, "special_ndtri", input, out)


def log_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of :func:`ndtr`, accurate far left too, where that is 0.

    >>> import chainrule as torch
    >>> torch.special.log_ndtr(torch.tensor([-100., 0.]))
    tensor([-5.0055e+03, -6.9315e-01])
    """
    return unary(ops.log_ndtr, "special_log_ndtr", input, out)


def erfcx(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(input^2) * erfc(input)``, accurate far right too, where the second factor is 0.

    >>> import chainrule as torch
    >>> torch.special.erfcx(torch.tensor([0., 100.]))
    tensor([1.0000, 0.0056])
    """
    return unary(ops.erfcx, "special_erfcx", input, out)


# -- Bessel and Airy functions ------------------------------------------------------------------------------------------


def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind, of order 0.

    >>> import chainrule as torch
    >>> torch.i0(torch.tensor([0., 2.]))
    tensor([1.0000, 2.2796])
    """
    return unary(ops.i0, "i0", input, out)


def i0e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(-|input|) * i0(input)``, which does not overflow.

    >>> import chainrule as torch
    >>> torch.special.i0e(torch.tensor([0., 200.]))
    tensor([1.0000, 0.0282])
    """
    return unary(ops.i0e, "special_i0e", input, out)


def i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind, of order 1.

    >>> import chainrule as torch
    >>> torch.special.i1(torch.tensor([0., 2.]))
    tensor([0.0000, 1.5906])
    """
    return unary(ops.i1, "special_i1", input, out)


def i1e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(-|input|) * i1(input)``, which does not overflow.

    >>> import chainrule as torch
    >>> torch.special.i1e(torch.tensor([0., 200.]))
    tensor([0.0000, 0.0282])
    """
    return unary(ops.i1e, "special_i1e", input, out)


def bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the first kind, of order 0. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.bessel_j0(torch.tensor([0.5, 2.]))
    tensor([0.9385, 0.2239])
    """
    return unary(ops.bessel_j, "special_bessel_j0", input, out, n=0)


def bessel_y0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the second kind, of order 0. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.bessel_y0(torch.tensor([0.5, 2.]))
    tensor([-0.4445,  0.5104])
    """
    return unary(ops.bessel_y, "special_bessel_y0", input, out, n=0)


def bessel_j1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the first kind, of order 1. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.bessel_j1(torch.tensor([0.5, 2.]))
    tensor([0.2423, 0.5767])
    """
    return unary(ops.bessel_j, "special_bessel_j1", input, out, n=1)


def bessel_y1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the second kind, of order 1. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.bessel_y1(torch.tensor([0.5, 2.]))
    tensor([-1.4715, -0.1070])
    """
    return unary(ops.bessel_y, "special_bessel_y1", input, out, n=1)


def modified_bessel_i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as :func:`i0`.

    >>> import chainrule as torch
    >>> torch.special.modified_bessel_i0(torch.tensor([0.5, 2.]))
    tensor([1.0635, 2.2796])
    """
    return unary(ops.i0, "special_modified_bessel_i0", input, out)


def modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the second kind, of order 0. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.modified_bessel_k0(torch.tensor([0.5, 2.]))
    tensor([0.9244, 0.1139])
    """
    return unary(ops.bessel_k, "special_modified_bessel_k0", input, out, n=0, scaled=False)


def scaled_modified_bessel_k0(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(input) * modified_bessel_k0(input)``, which does not underflow.

    >>> import chainrule as torch
    >>> torch.special.scaled_modified_bessel_k0(torch.tensor([0.5, 200.]))
    tensor([1.5241, 0.0886])
    """
    return unary(ops.bessel_k, "special_scaled_modified_bessel_k0", x, out, n=0, scaled=True)


def modified_bessel_i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as :func:`i1`.

    >>> import chainrule as torch
    >>> torch.special.modified_bessel_i1(torch.tensor([0.5, 2.]))
    tensor([0.2579, 1.5906])
    """
    return unary(ops.i1, "special_modified_bessel_i1", input, out)


def modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the second kind, of order 1. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.modified_bessel_k1(torch.tensor([0.5, 2.]))
    tensor([1.6564, 0.1399])
    """
    return unary(ops.bessel_k, "special_modified_bessel_k1", input, out, n=1, scaled=False)


def scaled_modified_bessel_k1(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(input) * modified_bessel_k1(input)``, which does not underflow.

    >>> import chainrule as torch
    >>> torch.special.scaled_modified_bessel_k1(torch.tensor([0.5, 200.]))
    tensor([2.7310, 0.0888])
    """
    return unary(ops.bessel_k, "special_scaled_modified_bessel_k1", x, out, n=1, scaled=True)


def spherical_bessel_j0(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``sin(input) / input``, and 1 at 0. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.spherical_bessel_j0(torch.tensor([0., 2.]))
    tensor([1.0000, 0.4546])
    """
    return unary(ops.spherical_bessel_j0, "special_spherical_bessel_j0", x, out)


def airy_ai(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Airy's function Ai. PyTorch has no derivative of it.

    >>> import chainrule as torch
    >>> torch.special.airy_ai(torch.tensor([0., 2.]))
    tensor([0.3550, 0.0349])
    """
    return unary(ops.airy_ai, "special_airy_ai", x, out)


# -- gamma and zeta functions -------------------------------------------------------------------------------------------


def igamma(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The lower regularised incomplete gamma function of exponent ``input`` up to ``other``.

    That is the integral of t^(input - 1) exp(-t) from 0 to ``other``, divided by gamma(input): the distribution function of
    a gamma distribution. It has a derivative by ``other`` only.

    >>> import chainrule as torch
    >>> torch.igamma(torch.tensor([1., 4.]), torch.tensor([1., 4.]))
    tensor([0.6321, 0.5665])
    """
    return tensors(ops.igamma, "igamma", input, other, out)


def igammac(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 - igamma(input, other)``, accurate where that is small.

    >>> import chainrule as torch
    >>> torch.igammac(torch.tensor([1., 4.]), torch.tensor([1., 4.]))
    tensor([0.3679, 0.4335])
    """
    return tensors(ops.igammac, "igammac", input, other, out)


def mvlgamma(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the gamma function of ``p`` dimensions.

    That is ``p (p - 1) / 4 log(pi)`` plus the sum of ``lgamma(input - i / 2)`` for i from 0 to ``p - 1``.

    >>> import chainrule as torch
    >>> torch.mvlgamma(torch.tensor([2., 3.]), 2)
    tensor([0.4516, 1.5502])
    """
    tensor_argument(input, "mvlgamma", "input")
    return unary(ops.mvlgamma, "mvlgamma", input, out, p=dimensions(p))


def dimensions(p: Any) -> int:
    """The ``p`` of :func:`mvlgamma`, checked."""
    if isinstance(p, bool) or not hasattr(p, "__index__"):
        raise TypeError(f"mvlgamma(): argument 'p' (position 2) must be int, not {type(p).__name__}")
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1: mvlgamma() got {p}")
    return p.__index__()


def zeta(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Hurwitz' zeta function, the sum of ``(other + k)^-input`` over k from 0 on.

    It has a derivative by ``other`` only.

    >>> import chainrule as torch
    >>> torch.special.zeta(torch.tensor([2., 4.]), 1)
    tensor([1.6449, 1.0823])
    """
    if isinstance(other, NUMBERS):
        return unary(ops.zeta_number, "special_zeta", input, out, other=plain(other))
    if isinstance(input, NUMBERS):
        return unary(ops.zeta_of, "special_zeta", other, out, number=plain(input))
    return tensors(ops.zeta, "special_zeta", input, other, out)
