"""Saving and loading on the device "xla"."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import nn

pytest.importorskip("jax")

SAVED = Path(__file__).parents[1] / "golden" / "saved"


def again(obj: Any, zipped: bool = True, **settings: Any) -> Any:
    file = io.BytesIO()
    chainrule.save(obj, file, _use_new_zipfile_serialization=zipped)
    file.seek(0)
    return chainrule.load(file, **settings)


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_come_back_to_their_device(zipped: bool) -> None:
    x = chainrule.arange(6.0, device="xla")
    found = again({"x": x, "rows": x.reshape(2, 3), "part": x[2:4], "cpu": chainrule.ones(2)}, zipped)
    assert [found[name].device.type for name in found] == ["xla", "xla", "xla", "cpu"]
    found["x"][3] = 10
    assert found["rows"].tolist() == [[0, 1, 2], [10, 4, 5]]
    assert found["part"].tolist() == [2, 10]
    assert again(x, zipped, map_location="cpu").device.type == "cpu"


def test_a_model_goes_on_elsewhere() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)).to("xla")
    net[1].bias = net[0].bias
    state = again(net.state_dict())
    assert state["0.weight"].device.type == "xla"
    state["0.bias"][0] = 5
    assert state["1.bias"][0].item() == 5
    here = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    here.load_state_dict(state)
    there = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)).to("xla")
    there.load_state_dict(again(here.state_dict(), map_location="xla"))
    x = chainrule.ones(1, 3)
    assert there(x.to("xla")).tolist()[0] == pytest.approx(here(x).tolist()[0])


def test_pytorchs_files_go_to_the_device() -> None:
    found, here = chainrule.load(SAVED / "values.pt", map_location="xla"), chainrule.load(SAVED / "values.pt")
    for key, value in here.items():
        if isinstance(value, chainrule.Tensor):
            assert found[key].device.type == "xla"
            assert type(found[key]) is type(value)
            assert (found[key].shape, found[key].requires_grad, found[key].tolist()) == (
                value.shape,
                value.requires_grad,
                value.tolist(),
            )
