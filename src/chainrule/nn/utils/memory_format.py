"""The memory order of the weights of convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d

if TYPE_CHECKING:
    from ..modules.module import AModule

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def convert_conv2d_weight_memory_format(module: AModule, memory_format: Any) -> AModule:
    """Lay the weights of the convolutions of images in ``module`` out in another order, in place.

    Args:
        module: a module.
        memory_format: the order, such as ``torch.channels_last``.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.convert_conv2d_weight_memory_format(torch.nn.Conv2d(2, 2, 2), torch.channels_last)
    >>> layer.weight.is_contiguous(memory_format=torch.channels_last)
    True
    """
    return _converted(module, memory_format, (Conv2d, ConvTranspose2d))


def convert_conv3d_weight_memory_format(module: AModule, memory_format: Any) -> AModule:
    """Lay the weights of the convolutions of volumes in ``module`` out in another order, in place.

    Args:
        module: a module.
        memory_format: the order, such as ``torch.channels_last_3d``.

    >>> import chainrule as torch
    >>> conv = torch.nn.Conv3d(2, 2, 2)
    >>> conv = torch.nn.utils.convert_conv3d_weight_memory_format(conv, torch.channels_last_3d)
    >>> conv.weight.is_contiguous(memory_format=torch.channels_last_3d)
    True
    """
    return _converted(module, memory_format, (Conv3d, ConvTranspose3d))


def _converted(module: AModule, memory_format: Any, kinds: tuple[Any, ...]) -> AModule:
    for one in module.modules():
        if isinstance(one, kinds):
            one.weight.data = one.weight.detach().clone().contiguous(memory_format=memory_format)
    return module
