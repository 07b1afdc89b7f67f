"""Normalization of each element of a batch by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...functions.filling import empty
from .. import functional as F, init
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LayerNorm(Module):
    """Over the last dimensions: the mean taken away, the variance made 1, then scaled and shifted.

    Args:
        normalized_shape: the sizes of these dimensions, or the size of the last one.
        eps: what is added to the variance.
        elementwise_affine: whether to scale and shift.
        bias: whether to shift.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Attributes:
        weight: the scale, at first 1, or None.
        bias: the shift, at first 0, or None.

    >>> import chainrule as torch
    >>> torch.nn.LayerNorm(2)(torch.tensor([[1., 3.]]))
    tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = {"device": device, "dtype": dtype}
        self.register_parameter(
            "weight", Parameter(empty(self.normalized_shape, **made)) if elementwise_affine else None
        )
        self.register_parameter(
            "bias", Parameter(empty(self.normalized_shape, **made)) if elementwise_affine and bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Let scale and shift be 1 and 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def shape_of(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class GroupNorm(Module):
    """Over groups of channels: the mean taken away, the variance made 1; then each channel scaled and shifted.

    Args:
        num_groups: how many groups.
        num_channels: of how many channels together.
        eps: what is added to the variance.
        affine: whether to scale and shift.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).
        bias: whether to shift.

    Raises:
        ValueError: the channels do not divide into the groups.

    >>> import chainrule as torch
    >>> torch.nn.GroupNorm(2, 4, affine=False)(torch.tensor([[1., 3., 5., 9.]]))
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        made = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(empty(num_channels, **made)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_channels, **made)) if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Let scale and shift be 1 and 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"


class RMSNorm(Module):
    """Over the last dimensions: divided by the root of the mean of the squares, then scaled.

    Args:
        normalized_shape: the sizes of these dimensions, or the size of the last one.
        eps: what is added to the mean (None: the epsilon of the dtype; for half precision that of float32).
        elementwise_affine: whether to scale.
        device: the CPU.
        dtype: of the scale (None: the default dtype).

    >>> import chainrule as torch
    >>> torch.nn.RMSNorm(2)(torch.tensor([[3., 4.]]))
    tensor([[0.8485, 1.1314]], grad_fn=<MulBackward0>)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Let the scale be 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LocalResponseNorm(Module):
    """Divided by what neighbouring channels say; see :func:`chainrule.nn.functional.local_response_norm`.

    Args:
        size: how many channels.
        alpha: how much their squares count.
        beta: the exponent.
        k: what is added.

    >>> import chainrule as torch
    >>> torch.nn.LocalResponseNorm(1, alpha=3.0, beta=1.0)(torch.ones(1, 2, 1)).flatten()
    tensor([0.2500, 0.2500])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """Images, each channel divided by what it and its neighbours say, as many on either side.

    For odd sizes it is :class:`LocalResponseNorm`; of an even ``size`` the window is one channel smaller, though the mean
    divides by ``size``.

    Args:
        size: how many channels, this one in the middle; beyond the first and the last there are zeros.
        alpha: how much the mean of their squares counts.
        beta: the exponent.
        k: what is added.

    Raises:
        ValueError: the input is not 4-dimensional.

    >>> import chainrule as torch
    >>> torch.nn.CrossMapLRN2d(1, alpha=3.0, beta=1.0)(torch.ones(1, 2, 1, 1)).flatten()
    tensor([0.2500, 0.2500])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        beside = (self.size - 1) // 2
        squares = F.pad(input * input, (0, 0, 0, 0, beside, beside))
        sums = squares.unfold(1, 2 * beside + 1, 1).sum(-1)
        return input / (sums * (self.alpha / self.size) + self.k) ** self.beta

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
