"""How gamma and Dirichlet draws move with their parameters, in the JAX backend."""

from __future__ import annotations

from . import gamma_numpy
from .special_jax import on_host

gamma_draw_slope = on_host(gamma_numpy.gamma_draw_slope)
beta_draw_slope = on_host(gamma_numpy.beta_draw_slope)
