"""Orthogonal polynomials, for ``torch.special``.

The degree ``n`` may be a tensor; it is cut to an integer, and of a negative one the result is 0, of one above 100 000 NaN.
Integers are taken as the default floating point dtype. PyTorch has no derivatives of these functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.dispatch import NUMBERS
from ._arguments import tensor_argument
from .elementwise import Number, one_tensor, plain

if TYPE_CHECKING:
    from .._tensor import Tensor


def _polynomial(function: str, family: str, input: Any, n: Any, out: Any) -> Tensor:
    def op(x: Any, n: Any) -> Any:
        return ops.polynomial(x, n, family=family, derivative=0)

    return one_tensor(op, f"special_{function}", input, n, out)


def _shifted(function: str, family: str, input: Any, n: Any, out: Any) -> Tensor:
    """From the interval [0, 1] to [-1, 1]."""
    if isinstance(input, NUMBERS):
        return _polynomial(function, family, 2 * plain(input) - 1, n, out)
    tensor_argument(input, f"special_{function}", "input")
    return _polynomial(function, family, ops.subtract(ops.multiply(input, 2), 1), n, out)


def chebyshev_polynomial_t(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial of the first kind, T_n.

    >>> import chainrule as torch
    >>> torch.special.chebyshev_polynomial_t(torch.tensor([0.5, 2.]), 3)
    tensor([-1., 26.])
    """
    return _polynomial("chebyshev_polynomial_t", "chebyshev_t", x, n, out)


def chebyshev_polynomial_u(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial of the second kind, U_n.

    >>> import chainrule as torch
    >>> torch.special.chebyshev_polynomial_u(torch.tensor([0.5, 2.]), 3)
    tensor([-1., 56.])
    """
    return _polynomial("chebyshev_polynomial_u", "chebyshev_u", x, n, out)


def chebyshev_polynomial_v(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial of the third kind, V_n.

    >>> import chainrule as torch
    >>> torch.special.chebyshev_polynomial_v(torch.tensor([0.5, 2.]), 3)
    tensor([-1., 41.])
    """
    return _polynomial("chebyshev_polynomial_v", "chebyshev_v", x, n, out)


def chebyshev_polynomial_w(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial of the fourth kind, W_n.

    >>> import chainrule as torch
    >>> torch.special.chebyshev_polynomial_w(torch.tensor([0.5, 2.]), 3)
    tensor([-1., 71.])
    """
    return _polynomial("chebyshev_polynomial_w", "chebyshev_w", x, n, out)


def shifted_chebyshev_polynomial_t(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial T_n of ``2 * input - 1``.

    >>> import chainrule as torch
    >>> torch.special.shifted_chebyshev_polynomial_t(torch.tensor([0.5, 2.]), 3)
    tensor([-0., 99.])
    """
    return _shifted("shifted_chebyshev_polynomial_t", "chebyshev_t", x, n, out)


def shifted_chebyshev_polynomial_u(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial U_n of ``2 * input - 1``.

    >>> import chainrule as torch
    >>> torch.special.shifted_chebyshev_polynomial_u(torch.tensor([0.5, 2.]), 3)
    tensor([ -0., 204.])
    """
    return _shifted("shifted_chebyshev_polynomial_u", "chebyshev_u", x, n, out)


def shifted_chebyshev_polynomial_v(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial V_n of ``2 * input - 1``.

    >>> import chainrule as torch
    >>> torch.special.shifted_chebyshev_polynomial_v(torch.tensor([0.5, 2.]), 3)
    tensor([  1., 169.])
    """
    return _shifted("shifted_chebyshev_polynomial_v", "chebyshev_v", x, n, out)


def shifted_chebyshev_polynomial_w(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Chebyshev polynomial W_n of ``2 * input - 1``.

    >>> import chainrule as torch
    >>> torch.special.shifted_chebyshev_polynomial_w(torch.tensor([0.5, 2.]), 3)
    tensor([ -1., 239.])
    """
    return _shifted("shifted_chebyshev_polynomial_w", "chebyshev_w", x, n, out)


def hermite_polynomial_h(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Hermite polynomial H_n of the physicists.

    >>> import chainrule as torch
    >>> torch.special.hermite_polynomial_h(torch.tensor([0.5, 2.]), 3)
    tensor([-5., 40.])
    """
    return _polynomial("hermite_polynomial_h", "hermite_h", x, n, out)


def hermite_polynomial_he(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Hermite polynomial He_n of the probabilists.

    >>> import chainrule as torch
    >>> torch.special.hermite_polynomial_he(torch.tensor([0.5, 2.]), 3)
    tensor([-1.3750,  2.0000])
    """
    return _polynomial("hermite_polynomial_he", "hermite_he", x, n, out)


def laguerre_polynomial_l(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Laguerre polynomial L_n.

    >>> import chainrule as torch
    >>> torch.special.laguerre_polynomial_l(torch.tensor([0.5, 2.]), 3)
    tensor([-0.1458, -0.3333])
    """
    return _polynomial("laguerre_polynomial_l", "laguerre_l", x, n, out)


def legendre_polynomial_p(x: Tensor | Number, n: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """The Legendre polynomial P_n.

    >>> import chainrule as torch
    >>> torch.special.legendre_polynomial_p(torch.tensor([0.5, 2.]), 3)
    tensor([-0.4375, 17.0000])
    """
    return _polynomial("legendre_polynomial_p", "legendre_p", x, n, out)
