"""Objects that are alive are found, whatever the garbage collector was told."""

from __future__ import annotations

import gc

import pytest

import chainrule as torch
from chainrule.core.alive import alive
from chainrule.core.value import TensorBase

pytestmark = pytest.mark.chainrule_only


def test_frozen_tensors_are_found() -> None:
    tensor = torch.ones(3)
    gc.freeze()
    assert any(found is tensor for found in alive(TensorBase))


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
