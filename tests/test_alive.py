"""Objects that are alive are found, whatever the garbage collector was told."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.core.alive import alive
from chainrule.core.node import Node
from chainrule.core.value import TensorBase


@pytest.fixture
def freeze() -> Iterator[Callable[[], None]]:
    gc.collect()
    yield gc.freeze
    gc.unfreeze()


class Holder:
    __slots__ = ("kept",)
    kept: Any


HELD: list[Any] = []


def generated(tensor: Any) -> Iterator[Any]:
    yield tensor
    yield tensor * 2


def test_frozen_tensors_are_found_and_stay_frozen(freeze: Callable[[], None]) -> None:
    """Wherever they are held: by a frame, a module, a slot, a graph, an array, a suspended generator, a younger object."""
    local = torch.ones(3)
    HELD[:] = [torch.ones(3), Holder(), torch.ones(3, requires_grad=True) * 2, np.empty(2, object)]
    HELD[1].kept = torch.ones(3)
    HELD[3][0] = torch.ones(3)
    HELD.append(generated(torch.ones(3)))
    next(HELD[-1])
    old = [torch.ones(3)]
    freeze()
    young = [*old]
    old.clear()
    count = gc.get_freeze_count()
    found = {id(one) for one in alive(TensorBase)}
    wanted = [local, HELD[0], HELD[1].kept, HELD[2], HELD[3][0], HELD[4].gi_frame.f_locals["tensor"], young[0]]
    assert [id(one) in found for one in wanted] == [True] * len(wanted)
    assert HELD[2].grad_fn in alive(Node)
    assert count - 100 < gc.get_freeze_count() <= count  # what has died since is gone
    HELD.clear()


def test_what_a_frame_lets_go_is_let_go(freeze: Callable[[], None]) -> None:
    def program(asks: bool) -> bool:
        tensor = torch.ones(3)
        seen = weakref.ref(tensor)
        variables = locals() if asks else {}
        assert any(one is tensor for one in alive(TensorBase))
        assert ("tensor" in variables) is asks
        variables.clear()
        del tensor
        return seen() is None

    freeze()
    assert program(asks=False)
    assert program(asks=True)


def test_nothing_is_found_twice(freeze: Callable[[], None]) -> None:
    tensor = torch.ones(3)
    freeze()
    younger = torch.ones(3)
    found = [id(one) for one in alive(TensorBase)]
    assert found.count(id(tensor)) == found.count(id(younger)) == 1
    assert len(found) == len(set(found))


def test_the_youngest_come_first() -> None:
    old = torch.ones(3)
    gc.collect()
    young = torch.ones(3)
    mine = [found for found in alive(TensorBase) if found is old or found is young]
    assert mine[0] is young
    assert mine[1] is old


def test_strangers_are_not_asked_what_they_are() -> None:
    class Stranger:
        @property
        def __class__(self) -> type:  # type: ignore[override]
            raise AssertionError("asked")

    stranger = [Stranger()]
    alive(TensorBase)
    assert len(stranger) == 1


def test_other_threads_may_make_tuples_meanwhile() -> None:
    """Whoever refers to a tuple that ``tuple(generator)`` is filling makes Python raise a SystemError there."""
    before, done = sys.getswitchinterval(), threading.Event()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(1) as pool:
            makes = pool.submit(lambda: [tuple(n for n in range(100)) for _ in iter(done.is_set, True)])
            for _ in range(20):
                alive(TensorBase)
            done.set()
            assert len(makes.result()) > 20
    finally:
        sys.setswitchinterval(before)
