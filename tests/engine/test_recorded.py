"""Names, graphs, saved values, versions, gradients after writes and autograd.functional, as PyTorch has them (golden/engine.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule as torch

from .programs import run

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "engine.json").read_text(encoding="utf-8"))


def label(entry: dict[str, Any]) -> str:
    return (
        entry["program"]
        .replace("\n", " ")
        .removeprefix("F = torch.autograd.functional ")
        .removeprefix("result = ")[:80]
    )


def same(got: Any, want: Any) -> bool:
    """Equal, numbers to float32's precision."""
    if isinstance(want, list):
        return isinstance(got, list) and len(got) == len(want) and all(map(same, got, want))
    if isinstance(want, dict):
        return isinstance(got, dict) and got.keys() == want.keys() and all(same(got[key], want[key]) for key in want)
    if isinstance(want, (int, float)) and not isinstance(want, bool):
        return got == pytest.approx(want, rel=1e-6, abs=1e-7)
    return type(got) is type(want) and got == want


def check(entry: dict[str, Any]) -> None:
    result = run(torch, entry["program"])
    assert same(result, entry["result"]), f"{result}\nPyTorch: {entry['result']}"


@pytest.mark.parametrize("entry", GOLDEN["names"], ids=label)
def test_name(entry: dict[str, Any]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", GOLDEN["graphs"], ids=label)
def test_graph(entry: dict[str, Any]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", GOLDEN["saved"], ids=label)
def test_saved_values(entry: dict[str, Any]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", GOLDEN["versions"], ids=label)
def test_version(entry: dict[str, Any]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", GOLDEN["writes"], ids=label)
def test_gradient_after_write(entry: dict[str, Any]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", GOLDEN["written"], ids=label)
def test_name_after_write(entry: dict[str, Any]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", GOLDEN["functional"], ids=label)
def test_functional(entry: dict[str, Any]) -> None:
    check(entry)
