"""Methods that reduce, accumulate and sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import cumulative, quantiles, reduction, sorting, spread
from .._reduction_arguments import refuse_kinds

if TYPE_CHECKING:
    from typing import Unpack

    from ..._tensor import Tensor
    from ...dtypes import dtype as Dtype
    from .._reduction_arguments import NumpyName


class ReductionMethods(TensorBase):
    """Methods that reduce, accumulate and sort."""

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

    cummax = cumulative.cummax
    cummin = cumulative.cummin
    cumprod = cumulative.cumprod
    cumsum = cumulative.cumsum
    diff = cumulative.diff
    logcumsumexp = cumulative.logcumsumexp

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

    def cumsum_(self, dim: int | None = None, *, dtype: Dtype | None = None, **names: Unpack[NumpyName]) -> Tensor:
        """Put the running sum along a dimension in place of the elements; see :func:`chainrule.cumsum`."""
        return _running(self, "cumsum", ops.cumsum, dim, dtype, names)

    def cumprod_(self, dim: int | None = None, *, dtype: Dtype | None = None, **names: Unpack[NumpyName]) -> Tensor:
        """Put the running product along a dimension in place of the elements; see :func:`chainrule.cumprod`."""
        return _running(self, "cumprod", ops.cumprod, dim, dtype, names)


def _running(self: Any, function: str, op: Any, dim: Any, dtype: Any, names: Any) -> Tensor:
    axis = cumulative.running_axis(function, self, dim, names)
    refuse_kinds(self._array, "b", function + "_out_cpu")
    if dtype is not None and dtype is not self.dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {self.dtype} and output tensor dtype {dtype} should match. Use "
            f"{function}() without the underscore."
        )
    return inplace(op, self, axis=axis, dtype=self._array.dtype)
