"""Linear layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...functions.filling import empty
from .. import functional as F, init
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["Bilinear", "Identity", "Linear"]  # and, as in PyTorch, of this module only: NonDynamicallyQuantizableLinear


class Identity(Module):
    """What comes in goes out; arguments of the constructor do not matter.

    >>> import chainrule as torch
    >>> torch.nn.Identity(54)(torch.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """``input @ weight.T + bias``: (..., in_features) -> (..., out_features).

    Both parameters begin as random numbers, uniform within ``1 / sqrt(in_features)`` of 0.

    Args:
        in_features: the size of the last dimension of the input.
        out_features: that of the output.
        bias: whether there is one.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Attributes:
        weight: of shape (out_features, in_features).
        bias: of shape (out_features,), or None.

    >>> import chainrule as torch
    >>> torch.nn.Linear(3, 2)(torch.ones(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        # The slope sqrt(5) makes the bound of kaiming_uniform_ the 1 / sqrt(fan_in) of the class's description.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer under the name that PyTorch prints for the last one of :class:`chainrule.nn.MultiheadAttention`.

    >>> import chainrule as torch
    >>> torch.nn.modules.linear.NonDynamicallyQuantizableLinear(3, 2)(torch.ones(5, 3)).shape
    torch.Size([5, 2])
    """


class Bilinear(Module):
    """``x1 @ weight[k] @ x2 + bias[k]`` for each k: (..., in1_features), (..., in2_features) -> (..., out_features).

    Args:
        in1_features: the size of the last dimension of the first input.
        in2_features: that of the second.
        out_features: that of the output.
        bias: whether there is one.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Raises:
        ValueError: ``in1_features`` is not positive.

    >>> import chainrule as torch
    >>> torch.nn.Bilinear(2, 3, 4)(torch.ones(5, 2), torch.ones(5, 3)).shape
    torch.Size([5, 4])
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={in1_features})")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.weight.shape[1])
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
