"""What ``weights_only=False`` takes besides modules: plain values of NumPy and the standard library, and plain classes."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from saved_objects import differences, objects
from test_serialization import Gadget, again, loaded, saved

import chainrule
from chainrule import torch_alias

SAVED = Path(__file__).parent / "golden" / "saved"


def test_values_of_numpy_and_of_the_standard_library() -> None:
    with pytest.raises(pickle.UnpicklingError):
        chainrule.load(SAVED / "objects.pt")
    want = objects(chainrule)
    for found in (chainrule.load(SAVED / "objects.pt", weights_only=False), again(want, weights_only=False)):
        assert not differences(found, want)
        for name in ("array", "columns", "text"):
            assert (found[name].dtype, found[name].strides) == (want[name].dtype, want[name].strides)


class Color(Enum):
    RED = 1


class Point(NamedTuple):
    x: Any
    y: int = 2


@dataclass
class Config:
    lr: float
    color: Color


class Closing(Config):
    def __del__(self) -> None:
        """A file must not have it called."""


def test_instances_of_plain_classes_of_the_program() -> None:
    config = [Config(0.1, Color.RED), Point(chainrule.ones(1)), chainrule.utils.data.TensorDataset(chainrule.ones(2))]
    found, point, data = again(config, weights_only=False)
    assert found == config[0]
    assert found.color is Color.RED
    assert type(point) is Point
    assert point.y == 2
    assert data[0][0] == 1
    for target in (
        saved(Closing(0.1, Color.RED)),
        saved(Gadget(Point, 1, 2)),
        saved(Gadget(Config, 1, 2)),
        saved(Gadget(Color, 2)),
    ):
        with pytest.raises(pickle.UnpicklingError):
            loaded(target, weights_only=False)


class Array:
    def __init__(self, *state: Any) -> None:
        self.state = state

    def __reduce__(self) -> Any:
        function, arguments = np.empty(1).__reduce__()[:2]
        return function, arguments, self.state


@pytest.mark.parametrize(
    "state",
    [
        (1, (3,), np.dtype("f8"), False, b"short"),
        (1, (1,), np.dtype("O"), False, [1]),
        (1, (-1,), np.dtype("i4"), False, b"ab"),
        (1, (1,), np.dtype([("a", "i4")]), False, b"abcd"),
        (1, (1,), 3, False, b"abcd"),
        (1,),
    ],
)
def test_a_hostile_array(state: Any) -> None:
    with pytest.raises((pickle.UnpicklingError, RuntimeError, ValueError)):
        loaded(saved(Array(*state)), weights_only=False)


def test_whole_objects_under_the_alias() -> None:
    with torch_alias.install():
        optimizer = chainrule.optim.SGD([chainrule.ones(1)], lr=0.5)
        assert again(optimizer, weights_only=False).param_groups[0]["lr"] == 0.5
