"""Modules that learn the size of their input from the first call, and are ordinary ones from then on."""

from __future__ import annotations

from typing import Any

from ...dtypes import int64
from ...functions.creation import tensor
from ..parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from .batchnorm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _NormBase,
)
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, _ConvNd
from .linear import Linear
from .module import Module

__all__ = [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d", "LazyConv3d",
    "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d",
    "LazyInstanceNorm3d", "LazyLinear",
]  # fmt: skip


class LazyModuleMixin(Module):
    """A module some of whose parameters get their shape from the arguments of the first call.

    A subclass defines ``initialize_parameters``, with the arguments of ``forward``, which materializes them.
    """

    cls_to_become: Any = None
    """What the module becomes when all its parameters have a shape."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters their shapes; defined by subclasses.

        Raises:
            NotImplementedError: this one does not.
        """
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(map(is_lazy, [*self._parameters.values(), *self._buffers.values()]))

    def _lazy_load_hook(self, state_dict: Any, prefix: str, *others: Any) -> None:
        """Parameters that are loaded take the shapes of what is loaded."""
        for name, value in [*self._parameters.items(), *self._buffers.items()]:
            given = state_dict.get(prefix + name)
            if is_lazy(value) and given is not None and not is_lazy(given):
                value.materialize(given.shape)  # type: ignore[union-attr]

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        self.initialize_parameters(*args, **(kwargs or {}))
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        self._initialize_hook.remove()
        self._load_hook.remove()
        del self._initialize_hook, self._load_hook
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become


class LazyLinear(LazyModuleMixin, Linear):
    """A :class:`chainrule.nn.Linear` that takes ``in_features`` from its first input.

    Args:
        out_features: the size of the last dimension of the output.
        bias: whether there is one.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyLinear(2)
    >>> layer(torch.ones(5, 3)).shape, layer
    (torch.Size([5, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight: Any = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias: Any = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have shapes."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Take the size of the last dimension."""
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
        if not self.in_features:
            self.in_features = self.weight.shape[-1]
            return
        self.reset_parameters()


class _LazyConv(LazyModuleMixin, _ConvNd):
    """What lazy convolutions have in common: ``in_channels`` is taken from the first input.

    The other arguments are those of the convolution.
    """

    def _make(self, settings: dict[str, Any], out_channels: int, bias: bool, made: dict[str, Any]) -> None:
        super().__init__(0, 0, bias=False, **settings, **made)
        self.weight: Any = UninitializedParameter(**made)
        self.out_channels = out_channels
        if bias:
            self.bias: Any = UninitializedParameter(**made)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have shapes."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels."""
        if not self.has_uninitialized_params():
            if not self.in_channels:
                self.in_channels = self.weight.shape[0 if self.transposed else 1] * (
                    1 if self.transposed else self.groups
                )
            return
        channels = self._channels(input)
        if channels % self.groups:
            raise ValueError(f"in_channels must be divisible by groups, but got {channels} and {self.groups}")
        self.in_channels = channels
        first, second = (channels, self.out_channels) if self.transposed else (self.out_channels, channels)
        self.weight.materialize((first, second // self.groups, *self.kernel_size))
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()

    def _channels(self, input: Any) -> int:
        if input.ndim not in (self.dims + 1, self.dims + 2):
            raise RuntimeError(
                f"Expected {self.dims + 1}D (unbatched) or {self.dims + 2}D (batched) input to {type(self).__name__}, but "
                f"got input of size: {input.shape}"
            )
        return int(input.shape[-self.dims - 1])


class _LazyForward(_LazyConv):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        settings = {
            "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
            "padding_mode": padding_mode,
        }  # fmt: skip
        self._make(settings, out_channels, bias, {"device": device, "dtype": dtype})


class _LazyTransposed(_LazyConv):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        settings = {
            "kernel_size": kernel_size, "stride": stride, "padding": padding, "output_padding": output_padding,
            "groups": groups, "dilation": dilation, "padding_mode": padding_mode,
        }  # fmt: skip
        self._make(settings, out_channels, bias, {"device": device, "dtype": dtype})


class LazyConv1d(_LazyForward, Conv1d):
    """A :class:`chainrule.nn.Conv1d` that takes ``in_channels`` from its first input; the other arguments are the same.

    >>> import chainrule as torch
    >>> torch.nn.LazyConv1d(4, 2)(torch.ones(5, 3, 6)).shape
    torch.Size([5, 4, 5])
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyForward, Conv2d):
    """A :class:`chainrule.nn.Conv2d` that takes ``in_channels`` from its first input; the other arguments are the same.

    >>> import chainrule as torch
    >>> torch.nn.LazyConv2d(4, kernel_size=3, padding=1)(torch.ones(5, 3, 6, 6)).shape
    torch.Size([5, 4, 6, 6])
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyForward, Conv3d):
    """A :class:`chainrule.nn.Conv3d` that takes ``in_channels`` from its first input; the other arguments are the same.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyConv3d(4, 2)
    >>> layer(torch.rand(1, 3, 2, 2, 2)).shape, layer.in_channels
    (torch.Size([1, 4, 1, 1, 1]), 3)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyTransposed, ConvTranspose1d):
    """A :class:`chainrule.nn.ConvTranspose1d` that takes ``in_channels`` from its first input; the other arguments are the
    same.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyConvTranspose1d(4, 2)
    >>> layer(torch.rand(1, 3, 5)).shape, layer.in_channels
    (torch.Size([1, 4, 6]), 3)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposed, ConvTranspose2d):
    """A :class:`chainrule.nn.ConvTranspose2d` that takes ``in_channels`` from its first input; the other arguments are the
    same.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyConvTranspose2d(4, 2)
    >>> layer(torch.rand(1, 3, 5, 5)).shape, layer.in_channels
    (torch.Size([1, 4, 6, 6]), 3)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyTransposed, ConvTranspose3d):
    """A :class:`chainrule.nn.ConvTranspose3d` that takes ``in_channels`` from its first input; the other arguments are the
    same.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyConvTranspose3d(4, 2)
    >>> layer(torch.rand(1, 3, 2, 2, 2)).shape, layer.in_channels
    (torch.Size([1, 4, 3, 3, 3]), 3)
    """

    cls_to_become = ConvTranspose3d


class _LazyNorm(LazyModuleMixin, _NormBase):
    """What lazy normalizations have in common: ``num_features`` is taken from the first input.

    The other arguments are those of the normalization.
    """

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, False, **made)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight: Any = UninitializedParameter(**made)
            if bias:
                self.bias: Any = UninitializedParameter(**made)
        if track_running_stats:
            self.running_mean: Any = UninitializedBuffer(**made)
            self.running_var: Any = UninitializedBuffer(**made)
            self.num_batches_tracked = tensor(0, dtype=int64)

    def reset_parameters(self) -> None:
        """Forget the batches seen, once there are shapes."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Take the number of channels."""
        if not self.has_uninitialized_params():
            self.num_features = self.num_features or input.shape[1]
            return
        self.num_features = input.shape[1]
        for value in [*self._parameters.values(), *self._buffers.values()]:
            if is_lazy(value):
                value.materialize((self.num_features,))  # type: ignore[union-attr]
        self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A :class:`chainrule.nn.BatchNorm1d` that takes ``num_features`` from its first input; the other arguments are the same.

    >>> import chainrule as torch
    >>> torch.nn.LazyBatchNorm1d()(torch.tensor([[1.], [3.]]))
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<NativeBatchNormBackward0>)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A :class:`chainrule.nn.BatchNorm2d` that takes ``num_features`` from its first input; the other arguments are the same.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyBatchNorm2d()
    >>> _ = layer(torch.rand(2, 3, 4, 4))
    >>> layer
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A :class:`chainrule.nn.BatchNorm3d` that takes ``num_features`` from its first input; the other arguments are the same.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyBatchNorm3d()
    >>> layer(torch.rand(2, 3, 2, 2, 2)).shape, layer.num_features
    (torch.Size([2, 3, 2, 2, 2]), 3)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """A :class:`chainrule.nn.InstanceNorm1d` that takes ``num_features`` from its first input; the other arguments are the
    same, but that ``affine`` and ``track_running_stats`` are True by default.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyInstanceNorm1d()
    >>> layer(torch.rand(2, 3, 4)).shape, layer.num_features
    (torch.Size([2, 3, 4]), 3)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """A :class:`chainrule.nn.InstanceNorm2d` that takes ``num_features`` from its first input; the other arguments are the
    same, but that ``affine`` and ``track_running_stats`` are True by default.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyInstanceNorm2d()
    >>> layer(torch.rand(2, 3, 4, 4)).shape, layer.num_features
    (torch.Size([2, 3, 4, 4]), 3)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """A :class:`chainrule.nn.InstanceNorm3d` that takes ``num_features`` from its first input; the other arguments are the
    same, but that ``affine`` and ``track_running_stats`` are True by default.

    >>> import chainrule as torch
    >>> layer = torch.nn.LazyInstanceNorm3d()
    >>> layer(torch.rand(2, 3, 2, 2, 2)).shape, layer.num_features
    (torch.Size([2, 3, 2, 2, 2]), 3)
    """

    cls_to_become = InstanceNorm3d
