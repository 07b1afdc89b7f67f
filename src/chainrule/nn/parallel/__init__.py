"""Modules on several devices. Here there is one."""

from __future__ import annotations

from typing import Any

from ..._missing import missing_name
from ..modules.module import Module

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)


class DataParallel(Module):
    """A module whose batches are split among GPUs; without one, a call is a call of ``module``.

    Args:
        module: what to call.
        device_ids: accepted.
        output_device: accepted.
        dim: along which a batch would be split.

    >>> import chainrule as torch
    >>> torch.nn.DataParallel(torch.nn.ReLU())(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: Any = None,
) -> Any:
    """A call of ``module``, as :class:`DataParallel` does it.

    Args:
        module: what to call.
        inputs: a tuple of arguments, or the only one.
        device_ids: accepted.
        output_device: accepted.
        dim: along which a batch would be split.
        module_kwargs: arguments by name.
    """
    args = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*args, **(module_kwargs or {}))


class DistributedDataParallel(Module):
    """A module of which each of several processes has a copy: refused, since there are no process groups.

    >>> import chainrule as torch
    >>> torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1))
    Traceback (most recent call last):
    ValueError: Default process group has not been initialized: ...
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        from ... import distributed

        super().__init__()
        distributed.refuse()
