"""``torch.nn.utils._named_member_accessor``: a tensor of a module put in another's place, past what ``__setattr__`` allows."""

from __future__ import annotations

from typing import Any

from ...core.value import TensorBase
from ..modules.module import Module

__all__: list[str] = []

_MISSING: Any = object()
"""What stands for a tensor that is not there."""


def swap_tensor(module: Module, name: str, tensor: Any, allow_missing: bool = False) -> Any:
    """Put a tensor where a module has another, whether parameter, buffer or attribute, and return that one.

    Raises:
        AttributeError: there is none of that name, and that is not allowed.
        KeyError: it is no name. TypeError: it is no module, or no tensor.
    """
    if not isinstance(module, Module):
        raise TypeError(f"{module} is not an instance of torch.nn.Module")
    if tensor is not None and tensor is not _MISSING and not isinstance(tensor, TensorBase):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    if not name or "." in name:
        raise KeyError(f'tensor name must not be empty, nor contain ".": got {name!r}')
    homes: tuple[Any, ...] = (module._parameters, module._buffers)
    for home in homes:
        if name in home:
            found = home[name]
            if tensor is _MISSING:
                del home[name]
            else:
                home[name] = tensor
            return found
    found = getattr(module, name, _MISSING)
    if found is _MISSING and not allow_missing:
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    if found is not _MISSING and not isinstance(found, TensorBase):
        raise TypeError(f"attribute `{name}`: {found} is not an instance of torch.Tensor")
    if tensor is not _MISSING:
        setattr(module, name, tensor)
    elif found is not _MISSING:
        delattr(module, name)
    return found
