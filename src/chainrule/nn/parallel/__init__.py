"""Modules on several devices. Here there is one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ..._missing import missing_name
from ...core.value import TensorBase
from ...functions import cat
from ...utils._pytree import tree_flatten, tree_map, tree_unflatten
from ..modules.module import Module

__all__ = [
    "DataParallel",
    "DistributedDataParallel",
    "data_parallel",
    "gather",
    "parallel_apply",
    "replicate",
    "scatter",
]


def __getattr__(name: str) -> Any:
    if name == "scatter_gather":
        return import_module(f"{__name__}.{name}")
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

    >>> import chainrule as torch
    >>> torch.nn.parallel.data_parallel(torch.nn.ReLU(), torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    args = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*args, **(module_kwargs or {}))


def scatter(inputs: Any, target_gpus: Sequence[Any], dim: int = 0) -> tuple[Any, ...]:
    """Batches split among devices; here all of them are the CPU. What is no tensor goes to each.

    Args:
        inputs: a tensor, or tensors in any containers.
        target_gpus: the devices, of which the number counts.
        dim: along which tensors are split.

    Returns:
        One tree like ``inputs`` for each device, or for each part, if there are fewer.

    >>> import chainrule as torch
    >>> torch.nn.parallel.scatter((torch.arange(3), "all"), ["cpu", "cpu"])
    ((tensor([0, 1]), 'all'), (tensor([2]), 'all'))
    """
    leaves, spec = tree_flatten(inputs)
    parts = [leaf.chunk(len(target_gpus), dim) if isinstance(leaf, TensorBase) else None for leaf in leaves]
    count = min([len(part) for part in parts if part is not None], default=len(target_gpus))
    return tuple(
        tree_unflatten([leaf if part is None else part[at] for leaf, part in zip(leaves, parts, strict=True)], spec)
        for at in range(count)
    )


def gather(outputs: Sequence[Any], target_device: Any, dim: int = 0) -> Any:
    """What the parts gave, in one: tensors are joined, numbers (0-d) become a vector.

    Args:
        outputs: a tensor for each device, or tensors in containers that are alike.
        target_device: accepted.
        dim: along which tensors are joined.

    >>> import chainrule as torch
    >>> torch.nn.parallel.gather([torch.arange(2), torch.arange(1)], "cpu")
    tensor([0, 1, 0])
    """

    def joined(*parts: Any) -> Any:
        if not isinstance(parts[0], TensorBase):
            return parts[0]
        return cat([part if part.ndim else part.unsqueeze(0) for part in parts], dim)

    return tree_map(joined, *outputs)


def replicate(network: Module, devices: Sequence[Any], detach: bool = False) -> list[Module]:
    """A module for each device. With one device there is nothing to copy: each has the same parameters.

    Args:
        network: the module.
        devices: of which the number counts.
        detach: whether parameters are cut from the graph.

    >>> import chainrule as torch
    >>> layer = torch.nn.Linear(1, 1)
    >>> one, other = torch.nn.parallel.replicate(layer, ["cpu", "cpu"])
    >>> one.weight is layer.weight, one is other
    (True, False)
    """
    return [replica(network, detach) for _ in devices]


def replica(module: Module, detach: bool) -> Module:
    """A module of its own around the same parameters and buffers."""
    copy = object.__new__(type(module))
    state = vars(copy)
    state.update(vars(module))
    parameters = module._parameters
    state["_parameters"] = {n: p.detach() if detach and p is not None else p for n, p in parameters.items()}
    state["_buffers"] = dict(module._buffers)
    state["_modules"] = {n: None if m is None else replica(m, detach) for n, m in module._modules.items()}
    return copy


def parallel_apply(
    modules: Sequence[Module],
    inputs: Sequence[Any],
    kwargs_tup: Sequence[dict[str, Any]] | None = None,
    devices: Sequence[Any] | None = None,
) -> list[Any]:
    """A call of each module; one after another, since there is one device.

    Args:
        modules: what to call.
        inputs: for each a tuple of arguments, or the only one.
        kwargs_tup: for each, arguments by name.
        devices: accepted.

    Raises:
        AssertionError: not as many inputs as modules.

    >>> import chainrule as torch
    >>> torch.nn.parallel.parallel_apply([torch.nn.ReLU(), torch.nn.Tanh()], [torch.tensor(-1.), torch.tensor(0.)])
    [tensor(0.), tensor(0.)]
    """
    assert len(modules) == len(inputs), (
        f"The number of modules {len(modules)} is not equal to the number of inputs {len(inputs)}"
    )
    named = kwargs_tup if kwargs_tup is not None else [{}] * len(modules)
    return [
        data_parallel(module, given, module_kwargs=by) for module, given, by in zip(modules, inputs, named, strict=True)
    ]


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
