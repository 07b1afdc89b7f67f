"""Methods that reduce."""

from __future__ import annotations

from ...core.value import TensorBase
from .. import reduction, spread


class ReductionMethods(TensorBase):
    """Methods that reduce."""

    __slots__ = ()

    all = reduction.all
    amax = reduction.amax
    amin = reduction.amin
    aminmax = reduction.aminmax
    any = reduction.any
    argmax = reduction.argmax
    argmin = reduction.argmin
    count_nonzero = reduction.count_nonzero
    logsumexp = reduction.logsumexp
    max = reduction.max
    mean = reduction.mean
    min = reduction.min
    nanmean = reduction.nanmean
    nansum = reduction.nansum
    prod = reduction.prod
    sum = reduction.sum

    dist = spread.dist
    norm = spread.norm
    std = spread.std
    var = spread.var
