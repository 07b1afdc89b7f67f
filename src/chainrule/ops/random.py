"""Random numbers in place of values: as functions of the values, they are flat."""

from __future__ import annotations

from ..core.op import elementwise, linear
from .indexing import OVERWRITE

__all__ = [
    "bernoulli", "bernoulli_by", "bernoulli_with", "binomial", "cauchy", "exponential", "geometric", "log_normal", "normal",
    "normal_both", "normal_mean", "normal_std", "poisson", "random_any", "random_below", "random_between", "uniform",
]  # fmt: skip

# In place: ``v`` are the numbers.
bernoulli_by = linear("bernoulli_by(x, v)", node="BernoulliBackward1", **OVERWRITE)
bernoulli_with = linear("bernoulli_with(x, v)", node="BernoulliBackward2", **OVERWRITE)
cauchy = linear("cauchy(x, v)", **OVERWRITE)
exponential = linear("exponential(x, v)", **OVERWRITE)
geometric = linear("geometric(x, v)", **OVERWRITE)
log_normal = linear("log_normal(x, v)", **OVERWRITE)
normal = linear("normal(x, v)", **OVERWRITE)
random_any = linear("random_any(x, v)", node="RandomBackward2", **OVERWRITE)
random_below = linear("random_below(x, v)", node="RandomBackward1", **OVERWRITE)
random_between = linear("random_between(x, v)", node="RandomBackward0", **OVERWRITE)
uniform = linear("uniform(x, v)", **OVERWRITE)

# Of parameters: ``x`` is one, and has the shape of the numbers ``v``.
bernoulli = linear("bernoulli(x, v)", **OVERWRITE)
normal_mean = linear("normal_mean(x, v)", node="NormalBackward1", **OVERWRITE)
normal_std = linear("normal_std(x, v)", node="NormalBackward2", **OVERWRITE)
normal_both = linear("normal_both(x, y, v)", node="NormalBackward3", batch=lambda xp, x, y, v, size: xp.clone(v),
    forward=lambda xp, x, y, v: xp.clone(v),
    x=lambda xp, g: xp.zeros_like(g),
    y=lambda xp, g: xp.zeros_like(g),
    v=lambda g: g,
)
poisson = linear("poisson(x, v)", **OVERWRITE)

# PyTorch has no derivative of it, and its node says so.
binomial = elementwise("binomial(x, y, v)", node="torch::autograd::NotImplemented", promotion=None,
    forward=lambda xp, x, y, v: xp.clone(xp.broadcast_to(v, (x + y + v).shape)),
)
