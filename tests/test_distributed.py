"""A program that imports torch.distributed and runs in one process: what it asks is answered, what it sends is refused."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule import distributed as dist
from chainrule.nn.parallel import DistributedDataParallel


def test_there_are_no_other_processes() -> None:
    assert torch.distributed is dist
    assert not any(
        (dist.is_available(), dist.is_initialized(), dist.is_nccl_available(), dist.is_torchelastic_launched())
    )
    assert (dist.group.WORLD, dist.GroupMember.WORLD) == (None, None)
    assert (dist.Backend.GLOO, dist.ReduceOp.SUM.name) == ("gloo", "SUM")


@pytest.mark.parametrize("name", ["get_rank", "get_world_size", "barrier", "all_reduce", "broadcast", "new_group"])
def test_what_needs_a_group_is_refused_as_in_pytorch(name: str) -> None:
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        getattr(dist, name)()


def test_so_are_the_messages_that_can_be_differentiated() -> None:
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        dist.nn.all_reduce(torch.ones(1))


def test_no_group_can_be_made_or_destroyed() -> None:
    with pytest.raises(RuntimeError, match="works in one process"):
        dist.init_process_group("gloo", rank=0, world_size=1)
    with pytest.raises(AssertionError, match="Process group cannot be None"):
        dist.destroy_process_group()


def test_a_module_is_not_copied_to_other_processes() -> None:
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        DistributedDataParallel(torch.nn.Linear(1, 1))


def test_no_value_is_in_another_process() -> None:
    assert not isinstance(torch.ones(1), torch.distributed.rpc.api.RRef)
    assert not dist.rpc.is_available()
    with pytest.raises(RuntimeError, match="Current RPC agent is not set"):
        dist.rpc.RRef(torch.ones(1))
    with pytest.raises(AttributeError, match=r"module 'torch.distributed.rpc' has no attribute 'rpc_sync'"):
        dist.rpc.rpc_sync  # noqa: B018


def test_what_is_not_here_is_named() -> None:
    with pytest.raises(AttributeError, match=r"module 'torch.distributed' has no attribute 'TCPStore'"):
        dist.TCPStore  # noqa: B018
