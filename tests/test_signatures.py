"""Functions and classes take what PyTorch's take, by the same names and in the same order (golden/signatures.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from signatures import MODULES, parameters, public

import chainrule

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "signatures.json").read_text())
DECORATES = "the decorated function is given by position"
OTHERWISE = {
    "torch.Size": "takes several sizes, too",
    "torch.TypedStorage": "is made of memory, by chainrule alone",
    "torch.cdist": "every way to compute it is the same here",
    "torch.compile": "compiles by XLA, whole functions",
    "torch.enable_grad": DECORATES,
    "torch.autograd.enable_grad": DECORATES,
    "torch.autograd.graph.GradientEdge": "holds nothing but the node",
    "torch.random.fork_rng": "has no parameters for PyTorch's own use",
}
"""Why a signature is another."""


def read(written: list[str]) -> tuple[list[str], dict[str, str | None]]:
    """The names of those that may be given by position, and all defaults by name."""
    places, defaults = [], {}
    for one in written:
        name, has_default, default = one.partition("=")
        defaults[name] = default if has_default else None
        if not any(star[0] == "*" for star in defaults):
            places.append(name)
    return places, defaults


def differences(theirs: list[str], ours: list[str]) -> list[str]:
    """What a call that PyTorch takes would meet here."""
    (places, wanted), (our_places, known) = read(theirs), read(ours)
    takes_any_name = any(name.startswith("**") for name in known)
    takes_any_number = any(name.startswith("*") and name[1:2] not in ("", "*") for name in known)
    said = []
    for name, default in wanted.items():
        if name.startswith("*"):
            continue
        if name not in known:
            if not takes_any_name:
                said.append(f"lacks {name}")
        elif default is not None and known[name] is None:
            said.append(f"{name} has no default, PyTorch's is {default}")
        elif default != known[name] and "..." not in f"{default}{known[name]}" and default is not None:
            said.append(f"{name} is {known[name]}, PyTorch's {default}")
    if not takes_any_number and places != our_places[: len(places)]:
        said.append(f"the order is {our_places}, PyTorch's {places}")
    return said


@pytest.mark.parametrize("module", MODULES)
def test_signatures(module: str) -> None:
    ours = public(chainrule, module)
    found = {}
    for name, theirs in GOLDEN.items():
        home, _, last = name.rpartition(".")
        told = parameters(ours[last]) if home == module and last in ours else None
        if told is not None:
            said = differences(theirs, told)
            if said and name not in OTHERWISE:
                found[name] = said
    assert not found


def test_each_reason_is_needed() -> None:
    for name in OTHERWISE:
        home, _, last = name.rpartition(".")
        told = parameters(public(chainrule, home)[last])
        assert told is not None, name
        assert differences(GOLDEN[name], told), name
