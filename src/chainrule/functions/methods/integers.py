"""Methods of whole numbers and of the bits of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.mutation import inplace
from ...core.value import TensorBase
from .. import integers
from .._arguments import tensor_argument

if TYPE_CHECKING:
    from ..._tensor import Tensor


class IntegerMethods(TensorBase):
    """Methods of whole numbers and of the bits of numbers."""

    __slots__ = ()

    frexp = integers.frexp
    gcd = integers.gcd
    hash_tensor = integers.hash_tensor
    lcm = integers.lcm
    nonzero_static = integers.nonzero_static

    def gcd_(self: Any, other: Tensor) -> Tensor:
        """``gcd`` in place."""
        return inplace(ops.gcd, self, tensor_argument(other, "gcd_", "other"))

    def lcm_(self: Any, other: Tensor) -> Tensor:
        """``lcm`` in place."""
        return inplace(ops.lcm, self, tensor_argument(other, "lcm_", "other"))
