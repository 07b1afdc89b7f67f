"""Normalization with statistics of a batch, or of each element of it, and running averages of them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ...dtypes import int64
from ...functions.creation import tensor
from ...functions.filling import empty, ones, zeros
from .. import functional as F, init
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "SyncBatchNorm",
]  # fmt: skip


class _NormBase(Module):
    """What the two kinds have in common: scale and shift, which are learned, and running mean and variance, which are not."""

    _version = 2
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(empty(num_features, **made)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_features, **made)) if affine and bias else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **made) if tracked else None)
        self.register_buffer("running_var", ones(num_features, **made) if tracked else None)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=int64, device=device) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget the batches seen, and let scale and shift be 1 and 0."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *others: Any
    ) -> None:
        """State that was saved before there was a count of batches is taken with the count as it is."""
        key = prefix + "num_batches_tracked"
        if local_metadata.get("version", 1) < 2 and self.track_running_stats and key not in state_dict:
            count = self.num_batches_tracked
            state_dict[key] = tensor(0, dtype=int64) if count is None else count
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *others)


class _BatchNorm(_NormBase):
    """Of each channel over the batch: the mean taken away, the variance made 1, then scaled and shifted.

    In training mode these are mean and variance of the batch, which running averages take in; in evaluation mode they are the
    running averages. See :func:`chainrule.nn.functional.batch_norm`.

    Args:
        num_features: the number of channels C.
        eps: what is added to the variance.
        momentum: how much a batch counts in the running averages; None for the mean over all batches.
        affine: whether to scale and shift.
        track_running_stats: whether there are running averages; if not, those of the batch are used in evaluation mode too.
        device: the CPU.
        dtype: of the parameters and averages (None: the default dtype).
        bias: whether to shift.
    """

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        tracked = self.num_batches_tracked if self.training and self.track_running_stats else None
        if tracked is not None and self.momentum is None:
            momentum = 1.0 / (float(tracked) + 1)
        running = not self.training or self.track_running_stats
        result = F.batch_norm(
            input,
            self.running_mean if running else None,
            self.running_var if running else None,
            self.weight,
            self.bias,
            self.training or (self.running_mean is None and self.running_var is None),
            momentum,
            self.eps,
        )
        if tracked is not None:
            tracked.add_(1)  # only now: a refused call changes nothing
        return result


def refuse(input: Tensor, expected: str) -> None:
    raise ValueError(f"expected {expected} input (got {input.ndim}D input)")


class BatchNorm1d(_BatchNorm):
    """Batch normalization of (N, C) or (N, C, L).

    >>> import chainrule as torch
    >>> torch.nn.BatchNorm1d(1)(torch.tensor([[1.], [3.]]))
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<NativeBatchNormBackward0>)
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in (2, 3):
            refuse(input, "2D or 3D")


class BatchNorm2d(_BatchNorm):
    """Batch normalization of images (N, C, H, W); otherwise as :class:`BatchNorm1d`.

    >>> import chainrule as torch
    >>> layer = torch.nn.BatchNorm2d(3)
    >>> y = layer(torch.rand(4, 3, 5, 5))
    >>> torch.allclose(y.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5)
    True
    >>> layer.running_mean.shape
    torch.Size([3])
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim != 4:
            refuse(input, "4D")


class BatchNorm3d(_BatchNorm):
    """Batch normalization of volumes (N, C, D, H, W); otherwise as :class:`BatchNorm1d`.

    >>> import chainrule as torch
    >>> torch.nn.BatchNorm3d(2)(torch.rand(4, 2, 3, 3, 3)).shape
    torch.Size([4, 2, 3, 3, 3])
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim != 5:
            refuse(input, "5D")


class _InstanceNorm(_NormBase):
    """Of each channel of each element of the batch: the mean taken away, the variance made 1, then scaled and shifted.

    See :func:`chainrule.nn.functional.instance_norm`. The arguments are those of :class:`BatchNorm1d`, but without ``affine``
    and ``track_running_stats`` by default.
    """

    dimensions: int
    """Of an input without a batch."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in (self.dimensions, self.dimensions + 1):
            refuse(input, f"{self.dimensions}D or {self.dimensions + 1}D")

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        dim = input.ndim - self.dimensions
        if input.shape[dim] != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: "
                    f"{input.shape[dim]}."
                )
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
                "num_features, which is not used because affine=False",
                stacklevel=4,
            )
        result = F.instance_norm(
            input if dim else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return result if dim else result.squeeze(0)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """State that has running averages, where there are none here, was saved when there were by default."""
        if local_metadata.get("version") is None and not self.track_running_stats:
            found = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
            if found:
                names = " and ".join(f'"{name}"' for name in found)
                kind = type(self).__name__
                error_msgs.append(
                    f"Unexpected running stats buffer(s) {names} for {kind} with track_running_stats=False. If state_dict is a "
                    "checkpoint saved before 0.4.0, this may be expected because "
                    f"{kind} does not track running stats by default since 0.4.0. Please remove these keys from state_dict. If "
                    f"the running stats are actually needed, instead set track_running_stats=True in {kind} to enable them. See "
                    f"the documentation of {kind} for details."
                )
                for name in found:
                    state_dict.pop(name)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalization of (N, C, L) or (C, L).

    >>> import chainrule as torch
    >>> torch.nn.InstanceNorm1d(1)(torch.tensor([[[1., 3.]]]))
    tensor([[[-1.0000,  1.0000]]])
    """

    dimensions = 2


class InstanceNorm2d(_InstanceNorm):
    """Instance normalization of images (N, C, H, W) or (C, H, W); see :func:`chainrule.nn.functional.instance_norm`.

    >>> import chainrule as torch
    >>> y = torch.nn.InstanceNorm2d(3)(torch.rand(4, 3, 5, 5))
    >>> torch.allclose(y.mean(dim=(2, 3)), torch.zeros(4, 3), atol=1e-5)
    True
    """

    dimensions = 3


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization of volumes (N, C, D, H, W) or (C, D, H, W); see
    :func:`chainrule.nn.functional.instance_norm`.

    >>> import chainrule as torch
    >>> torch.nn.InstanceNorm3d(2)(torch.rand(4, 2, 3, 3, 3)).shape
    torch.Size([4, 2, 3, 3, 3])
    """

    dimensions = 4


class SyncBatchNorm(_BatchNorm):
    """Batch normalization whose statistics are those of all processes; here there is one, and it is :class:`BatchNorm1d` of
    any rank.

    Args:
        num_features: the number of channels C, of (N, C, ...).
        eps: what is added to the variance.
        momentum: how much a batch counts in the running averages; None for the mean over all batches.
        affine: whether to scale and shift.
        track_running_stats: whether there are running averages.
        process_group: accepted.
        device: the CPU.
        dtype: of the parameters and averages (None: the default dtype).
        bias: whether to shift.

    >>> import chainrule as torch
    >>> torch.nn.SyncBatchNorm.convert_sync_batchnorm(torch.nn.Sequential(torch.nn.BatchNorm1d(3)))
    Sequential(
      (0): SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    )
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            refuse(input, "at least 2D")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Any:
        """``module`` with each batch normalization in it replaced by one of this class that has its parameters."""
        made: Any = module
        if isinstance(module, _BatchNorm):
            made = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
                bias=module.bias is not None,
            )
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked", "training"):
                setattr(made, name, getattr(module, name))
        for name, child in module.named_children():
            made.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return made
