"""Slices of a tensor as wholes: reduced to places, kept within a norm, summed up segment by segment."""

from __future__ import annotations

from ..core.batching import same_call
from ..core.op import general
from . import indexing_batches as batches
from .indexing import reduced
from .reduction import norm_rule

__all__ = ["index_reduce", "renorm"]


def _at_places(xp, indices, v, axis):
    """An index of slices, for each element of the slices."""
    ones = [1] * len(v.shape)
    ones[axis] = v.shape[axis]
    return xp.broadcast_to(xp.reshape(indices, tuple(ones)), v.shape)


def _index_reduce(xp, x, indices, v, axis, reduce, include_self):
    indices = _at_places(xp, indices, v, axis)
    return xp.scatter_reduce(x, indices, v, axis=axis, reduce=reduce, include_self=include_self)


def _slices_reduced(xp, g, need, x, indices, v, out, axis, reduce, include_self):
    return reduced(xp, g, need, x, _at_places(xp, indices, v, axis), v, out, axis, reduce, include_self)


def _each_reduced(xp, x, indices, v, axis, reduce, include_self):
    indices = batches.wide(xp, indices, v.shape, axis)
    return xp.scatter_reduce(x, indices, v, axis=axis, reduce=reduce, include_self=include_self)


index_reduce = general("index_reduce(x, indices, v, *, axis, reduce, include_self)",
    saved_names={"indices": "index", "v": "source"}, batch=_each_reduced,
    forward=_index_reduce, all=_slices_reduced,
)

# -- norms ---------------------------------------------------------------------------------------------------------------

TINY = 1e-7
"""PyTorch's: what is added to a norm before it divides."""


def _size(xp, x):
    return xp.abs(x) if is_complex(x) else x


def is_complex(x):
    return "complex" in str(x.dtype)


def _renorm(xp, x, ord, axis, maxnorm, others):
    norm = xp.vector_norm(_size(xp, x), ord=ord, axis=others, keepdims=True)
    factor = xp.where(norm > maxnorm, maxnorm / (norm + TINY), 1)
    return x * xp.astype(factor, norm.dtype)


def _renorm_x(xp, g, x, ord, maxnorm, others):
    """With n the norm of a slice and f(n) its factor: d(x f) = dx f + x f'(n) dn, where f is not 1.

    Of dn the coefficient is c = sum(g x) f'(n), f'(n) = -maxnorm / (n + tiny)^2.
    """
    size = _size(xp, x)
    norm = xp.vector_norm(size, ord=ord, axis=others, keepdims=True)
    scaled = norm > maxnorm
    c = xp.sum(g * x, axis=others, keepdims=True)
    c = (xp.real(c) if is_complex(c) else c) * xp.where(scaled, -maxnorm / (norm + TINY) ** 2, 0)
    through = norm_rule(xp, c, size, norm, ord, others, True)
    if is_complex(x):
        through = through * xp.conj(xp.sgn(x))
    return g * xp.where(scaled, maxnorm / (norm + TINY), 1) + through


# Each slice along ``axis``, so that the norms are over all ``others``.
renorm = general("renorm(x, *, ord, axis, maxnorm, others)", domain="fcV", saved_names={"ord": "p"}, batch=same_call,
    forward=_renorm, x=_renorm_x,
)
