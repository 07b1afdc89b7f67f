"""Autocast on the CPU has PyTorch's dtypes (golden/autocast.json, by tools/record_autocast.py)."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import ops, torch_alias
from chainrule._late import homes
from chainrule.amp import autocast_mode
from chainrule.core.modes import get_modes

from .autocasts import dtypes, train
from .programs import agree, outcome

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "autocast.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", GOLDEN["dtypes"], ids=lambda entry: entry["call"])
def test_dtypes(entry: dict[str, Any]) -> None:
    assert dtypes(chainrule, entry["call"]) == entry["gives"]


def test_training_under_autocast() -> None:
    (want,) = GOLDEN["losses"]
    assert train(chainrule) == pytest.approx(
        want, rel=2**-7
    )  # bfloat16 has 8 bits: what is summed first decides the last


@pytest.mark.parametrize(
    "entry", GOLDEN["programs"], ids=lambda entry: entry["program"].split("\n", 1)[1].replace("\n", " ")[:90]
)
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"


def test_the_lists_name_ops() -> None:
    names = [*dir(ops), *homes(ops.LATE)]
    known = {getattr(ops, name).op.name for name in names if hasattr(getattr(ops, name, None), "op")}
    assert known >= autocast_mode.LOWER | autocast_mode.FULL
    assert not autocast_mode.LOWER & autocast_mode.FULL


def test_other_threads_and_what_comes_after_are_not_in_force() -> None:
    seen = []
    with chainrule.autocast("cpu"):
        thread = threading.Thread(target=lambda: seen.append(get_modes()))
        thread.start()
        thread.join()
    assert [*seen, get_modes()] == [None, None]
    with pytest.raises(ZeroDivisionError), chainrule.autocast("cpu"):
        _ = 1 / 0
    assert get_modes() is None


def test_vmap_and_forward_mode_under_autocast() -> None:
    x, w = chainrule.rand(3, 2, 4), chainrule.rand(4, 5)
    with chainrule.autocast("cpu"):
        assert chainrule.vmap(lambda one: one @ w)(x).dtype is chainrule.bfloat16
        y, dy = chainrule.func.jvp(lambda one: one @ w, (x[0],), (x[1],))
        assert y.dtype is dy.dtype is chainrule.bfloat16
        slope = chainrule.func.grad(lambda one: (one @ w).sum())(x[0])
    assert slope.dtype is chainrule.float32


def test_where_it_is_not_pytorch_s() -> None:
    """What docs/differences.md says of autocast."""
    a, bilinear = chainrule.ones(2, 2), chainrule.ones(1, 2, 2)
    x = chainrule.ones(1, 2)
    x.requires_grad_()
    with chainrule.autocast("cpu"):
        assert chainrule.mv(a, a[0]).dtype is chainrule.bfloat16
        assert chainrule.nn.functional.bilinear(a, a, bilinear).dtype is chainrule.bfloat16
        with pytest.raises(RuntimeError, match="same dtype"):
            a.index_copy(0, chainrule.tensor([0]), a[:1].bfloat16())
        with pytest.raises(NotImplementedError, match="Low precision"):
            chainrule.pinverse(a.bfloat16())
        y = (x @ a).float().sum()
        (slope,) = chainrule.autograd.grad(y, x, create_graph=True)
    assert slope.dtype is chainrule.float32
