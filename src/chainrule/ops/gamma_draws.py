"""Draws from gamma and Dirichlet distributions, which move with their parameters: so that the quantile stays the same.

For a distribution function F(x; a), F(x(a); a) constant gives dx/da = -(dF/da) / (dF/dx).
"""

from __future__ import annotations

from ..core.batching import same_call
from ..core.op import elementwise, general

__all__ = ["beta_draw_slope", "dirichlet_draw", "gamma_draw", "gamma_draw_slope"]

# ``v`` are the numbers drawn for the parameters ``x``.
gamma_draw = elementwise("gamma_draw(x, v)", node="StandardGammaBackward0", promotion=None, domain="fV",
    forward=lambda xp, x, v: xp.clone(xp.broadcast_to(v, (x + v).shape)),
    x=lambda xp, g, x, v: g * xp.gamma_draw_slope(x, v),
)
gamma_draw_slope = elementwise("gamma_draw_slope(x, v)", promotion=None)


def dirichlet_x(xp, g, x, v):
    """Each component v_i is a beta draw of parameters x_i and the sum of the others; what it gains by dx_i the others lose
    in proportion: dv_j/dx_i = b_i ((i = j) - v_j) with b_i = dv_i/dx_i / (1 - v_i).
    """
    total = xp.sum(x, axis=-1, keepdims=True)
    return xp.beta_draw_slope(x, xp.broadcast_to(total, x.shape), v) * (g - xp.sum(v * g, axis=-1, keepdims=True))


dirichlet_draw = general("dirichlet_draw(x, v)", node="SampleDirichletBackward0", promotion=None, domain="f",
    batch=same_call,
    forward=lambda xp, x, v: xp.clone(v),
    x=dirichlet_x,
)
beta_draw_slope = elementwise("beta_draw_slope(x, y, v)", promotion=None)
