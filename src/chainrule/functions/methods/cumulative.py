"""Methods that accumulate along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import cumulative
from .._reduction_arguments import refuse_kinds

if TYPE_CHECKING:
    from typing import Unpack

    from ..._tensor import Tensor
    from ...dtypes import dtype as Dtype
    from .._reduction_arguments import NumpyName


class CumulativeMethods(TensorBase):
    """Methods that accumulate along a dimension."""

    __slots__ = ()

    cummax = cumulative.cummax
    cummin = cumulative.cummin
    cumprod = cumulative.cumprod
    cumsum = cumulative.cumsum
    diff = cumulative.diff
    logcumsumexp = cumulative.logcumsumexp

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
