"""Methods that sort, rank and count."""

from __future__ import annotations

from ...core.value import TensorBase
from .. import quantiles, sorting


class SortingMethods(TensorBase):
    """Methods that sort, rank and count."""

    __slots__ = ()

    nanquantile = quantiles.nanquantile
    quantile = quantiles.quantile

    argsort = sorting.argsort
    bincount = sorting.bincount
    histc = sorting.histc
    kthvalue = sorting.kthvalue
    median = sorting.median
    mode = sorting.mode
    msort = sorting.msort
    nanmedian = sorting.nanmedian
    sort = sorting.sort
    topk = sorting.topk
    unique = sorting.unique
    unique_consecutive = sorting.unique_consecutive
