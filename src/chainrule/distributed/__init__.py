"""``torch.distributed`` for the programs that import it and then run in one process: there are no process groups.

What asks answers as PyTorch does before ``init_process_group``; what sends is refused, and so is ``init_process_group``.
"""

from __future__ import annotations

import enum
import importlib
from typing import Any

__all__ = [
    "Backend", "DistError", "GroupMember", "ProcessGroup", "ReduceOp", "all_gather", "all_gather_into_tensor", "all_gather_object",
    "all_reduce", "all_to_all", "all_to_all_single", "barrier", "broadcast", "broadcast_object_list",
    "destroy_process_group", "gather", "gather_object", "get_backend", "get_group_rank", "get_process_group_ranks",
    "get_rank", "get_world_size", "group", "init_process_group", "irecv", "is_available", "is_backend_available",
    "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available", "is_torchelastic_launched",
    "is_ucc_available", "isend", "monitored_barrier", "new_group", "recv", "reduce", "reduce_scatter",
    "reduce_scatter_tensor", "scatter", "scatter_object_list", "send",
]  # fmt: skip


class DistError(RuntimeError):
    """What went wrong between processes."""


class ReduceOp(enum.Enum):
    """How the values of several processes become one."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7


class Backend(str):  # noqa: SLOT000 - PyTorch's has attributes
    """The name of what carries the messages."""

    GLOO = "gloo"
    MPI = "mpi"
    NCCL = "nccl"
    UCC = "ucc"
    UNDEFINED = "undefined"


class group:  # noqa: N801 - PyTorch's name
    """The group of all processes: None, there is none."""

    WORLD = None


class ProcessGroup:
    """A group of processes. Nothing is one; to make one is refused."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return refuse()


class GroupMember:
    """What stands for a group in calls."""

    WORLD = None
    NON_GROUP_MEMBER = -100


def is_available() -> bool:
    """Whether processes can work together: False.

    >>> import chainrule as torch
    >>> torch.distributed.is_available(), torch.distributed.is_initialized()
    (False, False)
    """
    return False


def is_backend_available(backend: str) -> bool:
    """Whether something of that name can carry messages: False."""
    return False


is_gloo_available = is_initialized = is_mpi_available = is_nccl_available = is_ucc_available = is_available
is_torchelastic_launched = is_available


def init_process_group(*args: Any, **kwargs: Any) -> None:
    """Refused.

    >>> import chainrule as torch
    >>> torch.distributed.init_process_group("gloo")
    Traceback (most recent call last):
    RuntimeError: chainrule works in one process: ... Ask torch.distributed.is_available() first
    """
    raise RuntimeError(
        "chainrule works in one process: there are no process groups. Run the program without a launcher, on one device. "
        "Ask torch.distributed.is_available() first"
    )


def destroy_process_group(group: Any = None) -> None:
    """Refused: there is no group."""
    raise AssertionError("Process group cannot be None: there are no process groups in chainrule")


def refuse(*args: Any, **kwargs: Any) -> Any:
    """Refused, as PyTorch refuses it without a process group."""
    raise ValueError(
        "Default process group has not been initialized: there are no process groups in chainrule, which works in one "
        "process. Ask torch.distributed.is_initialized() first"
    )


all_gather = all_gather_into_tensor = all_gather_object = all_reduce = all_to_all = all_to_all_single = barrier = refuse
broadcast = broadcast_object_list = gather = gather_object = get_backend = get_group_rank = refuse
get_process_group_ranks = get_rank = get_world_size = irecv = isend = monitored_barrier = new_group = recv = refuse
reduce = reduce_scatter = reduce_scatter_tensor = scatter = scatter_object_list = send = refuse


def __getattr__(name: str) -> Any:
    if name in ("_composable", "_tensor", "device_mesh", "fsdp", "nn", "optim", "rpc", "tensor"):
        return importlib.import_module(f"{__name__}.{name}")
    from .._missing import missing_name

    raise missing_name(__name__, name)
