"""``torch.cuda``, as PyTorch has it where there is no GPU: it says so, and what needs one is refused.

Programs ask ``torch.cuda.is_available()`` and go on with the CPU.
"""

from __future__ import annotations

import importlib
from collections import OrderedDict
from typing import Any

from ..accelerator import AcceleratorError as AcceleratorError, OutOfMemoryError as OutOfMemoryError
from ..device import device as _device

__all__ = [
    "AcceleratorError",
    "CUDAGraph",
    "Event",
    "OutOfMemoryError",
    "Stream",
    "StreamContext",
    "can_device_access_peer",
    "current_device",
    "current_stream",
    "default_stream",
    "device",
    "device_count",
    "device_of",
    "empty_cache",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "graph",
    "init",
    "initial_seed",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_current_stream_capturing",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "memory_stats_as_nested_dict",
    "memory_summary",
    "reset_max_memory_allocated",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state_all",
    "stream",
    "synchronize",
]

Which = Any  # a device, its name or its number

# -- what there is ------------------------------------------------------------------------------------------------------


def is_available() -> bool:
    """Whether there is a GPU: False.

    >>> import chainrule as torch
    >>> torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device(type='cpu')
    """
    return False


def device_count() -> int:
    """How many GPUs there are: 0."""
    return 0


def is_initialized() -> bool:
    """Whether the GPU is in use: False."""
    return False


# What reversible networks ask, which replay the draws of their layers, before they ask for the states of GPUs.
_initialized = False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU knows bfloat16: False."""
    return False


def get_arch_list() -> list[str]:
    """The kinds of GPUs that this build knows: none."""
    return []


# -- what does nothing --------------------------------------------------------------------------------------------------


def manual_seed(seed: int) -> None:
    """Seed the generator of a GPU that is not there: does nothing. ``torch.manual_seed`` seeds the CPU's.

    >>> import chainrule as torch
    >>> torch.cuda.manual_seed(0)
    """
    int(seed)


def manual_seed_all(seed: int) -> None:
    """As :func:`manual_seed`, of all GPUs."""
    int(seed)


def seed() -> None:
    """Seed the generator of a GPU that is not there from a random number: does nothing."""


def seed_all() -> None:
    """As :func:`seed`, of all GPUs."""


def get_rng_state_all() -> list[Any]:
    """The states of the generators of all GPUs: none."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Set the states of the generators of all GPUs, of which there are none."""
    if list(new_states):
        refuse()


def empty_cache() -> None:
    """Give back the GPU's memory that nobody uses: does nothing."""


def memory_allocated(device: Which = None) -> int:
    """How many bytes of the GPU's memory tensors take: 0."""
    return 0


def max_memory_allocated(device: Which = None) -> int:
    """The most bytes of the GPU's memory that tensors took: 0."""
    return 0


def memory_reserved(device: Which = None) -> int:
    """How many bytes of the GPU's memory are kept: 0."""
    return 0


def max_memory_reserved(device: Which = None) -> int:
    """The most bytes of the GPU's memory that were kept: 0."""
    return 0


def memory_stats(device: Which = None) -> dict[str, Any]:
    """Statistics of the GPU's memory: none."""
    return OrderedDict()


def memory_stats_as_nested_dict(device: Which = None) -> dict[str, Any]:
    """Statistics of the GPU's memory, in dicts: none."""
    return {}


def memory_summary(device: Which = None, abbreviated: bool = False) -> str:
    """Statistics of the GPU's memory as a text: that there are none."""
    return "There is no GPU, and no memory of one."


def reset_peak_memory_stats(device: Which = None) -> None:
    """Begin to count the most memory anew: does nothing."""


reset_max_memory_allocated = reset_peak_memory_stats


# -- what needs a GPU ---------------------------------------------------------------------------------------------------


def refuse(*_: Any, **__: Any) -> Any:
    """Refused: there is no GPU."""
    raise AssertionError(
        "Torch not compiled with CUDA enabled: chainrule computes on the CPU, or on what XLA has, by device='xla'. Ask "
        "torch.cuda.is_available() before you use torch.cuda."
    )


init = initial_seed = get_rng_state = synchronize = mem_get_info = current_device = refuse
get_device_name = get_device_properties = get_device_capability = refuse
current_stream = default_stream = ipc_collect = can_device_access_peer = refuse


def number_of(which: Which) -> int:
    """The number of a GPU; -1 for none."""
    if which is None:
        return -1
    if isinstance(which, int):
        return which
    where = _device(which)
    if where.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {where}")
    return 0 if where.index is None else where.index


def set_device(device: Which) -> None:
    """Choose a GPU: refused, but for a negative number, which chooses none."""
    if number_of(device) >= 0:
        refuse()


class device:  # noqa: N801 - PyTorch's name
    """Context manager: a GPU is the current one inside. Refused on entry, but for a negative number or None."""

    def __init__(self, device: Which) -> None:
        self.idx = number_of(device)

    def __enter__(self) -> None:
        if self.idx >= 0:
            refuse()

    def __exit__(self, *exception: object) -> None:
        pass


class device_of(device):  # noqa: N801 - PyTorch's name
    """Context manager: the GPU that holds a tensor is the current one inside; for a tensor on the CPU, nothing changes."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if getattr(obj, "is_cuda", False) else -1)


class stream:  # noqa: N801 - PyTorch's name
    """Context manager: work goes to a stream of the GPU inside; None changes nothing, and there is no other stream."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            refuse()

    def __exit__(self, *exception: object) -> None:
        pass


class Stream:
    """A queue of work for a GPU: refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support, which chainrule does not have")


class Event:
    """A mark in a queue of work for a GPU: refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            "torch.cuda.Event requires CUDA support, which chainrule does not have. Use time.perf_counter()"
        )


class CUDAGraph:
    """Work for a GPU that was written down: refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.CUDAGraph writes work for a GPU down, and there is none: run the work itself")


class graph:  # noqa: N801 - PyTorch's name
    """Context manager that writes work for a GPU down: refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse()


def is_current_stream_capturing() -> bool:
    """Whether work for a GPU is being written down: False."""
    return False


StreamContext = stream


def __getattr__(name: str) -> Any:
    if name in ("amp", "nvtx"):
        return importlib.import_module(f"{__name__}.{name}")
    if name.endswith("Tensor"):
        from . import tensor_types

        if name in tensor_types.__all__:
            return getattr(tensor_types, name)
    from .._missing import missing_name

    raise missing_name(__name__, name)
