"""Bad calls are refused as PyTorch refuses them, with the facts, and change nothing (golden/bad_calls.json)."""

from __future__ import annotations

import builtins
import copy
import json
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as torch

GOLDEN = json.loads((Path(__file__).parent / "golden" / "bad_calls.json").read_text())


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in ``value``, through lists and tuples."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors(item)


def state(tensor: torch.Tensor) -> dict[str, Any]:
    """Everything that a refused call must leave alone; identities by ``id`` of objects that the tensor keeps alive."""
    gradient = tensor.grad if tensor.is_leaf or tensor.retains_grad else None
    return {
        "values": repr(tensor.detach().tolist()),
        "shape": tuple(tensor.shape),
        "dtype": tensor.dtype,
        "version": None if tensor.is_inference() else tensor._version,
        "requires_grad": tensor.requires_grad,
        "is_leaf": tensor.is_leaf,
        "grad_fn": tensor.grad_fn,
        "grad": gradient,
        "grad values": None if gradient is None else (repr(gradient.tolist()), gradient._version),
    }


def snapshot(namespace: dict[str, Any]) -> dict[str, Any]:
    states: dict[str, Any] = {"grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled())}
    for name, value in namespace.items():
        states |= {f"{name}.{i}": state(tensor) for i, tensor in enumerate(tensors(value))}
        if isinstance(value, np.ndarray):
            states[name] = (repr(value.tolist()), value.shape, value.flags.writeable)
    return states


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What changed; ``grad`` and ``grad_fn`` by identity."""
    changed = []
    for name, old in before.items():
        new = after.get(name)
        if not isinstance(old, dict) or not isinstance(new, dict):
            changed += [f"{name}: {old!r} -> {new!r}"] if old != new else []
            continue
        for field, value in old.items():
            same = value is new[field] if field in ("grad", "grad_fn") else value == new[field]
            changed += [] if same else [f"{name} {field}: {value!r} -> {new[field]!r}"]
    return changed


def label(entry: dict[str, Any]) -> str:
    setup, call = (" ".join(entry[part].split()) for part in ("setup", "call"))
    return f"{entry['area']}: {setup[-80:]} ;; {call}" if setup else f"{entry['area']}: {call}"


def refuse(entry: dict[str, Any]) -> tuple[BaseException, list[str]]:
    """Make the bad call in a fresh namespace: the exception and what it changed."""
    namespace: dict[str, Any] = {"torch": torch, "np": np, "copy": copy, "pickle": pickle}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(GOLDEN["common"] + entry["setup"], "<setup>", "exec"), namespace)
        before = snapshot(namespace)
        call = compile(entry["call"], "<call>", "exec")
        with pytest.raises(getattr(builtins, entry["error"])) as caught:
            exec(call, namespace)
        return caught.value, differences(before, snapshot(namespace))


@pytest.mark.parametrize("entry", GOLDEN["calls"], ids=label)
def test_refusal(entry: dict[str, Any]) -> None:
    """PyTorch's exception class (or one below it), and nothing changed."""
    _, changed = refuse(entry)
    assert changed == []


@pytest.mark.parametrize("entry", GOLDEN["calls"], ids=label)
def test_message(entry: dict[str, Any]) -> None:
    """What was got and what was wanted."""
    error, _ = refuse(entry)
    message = str(error).lower()
    missing = [needle for needle in entry["needles"] if not any(part.lower() in message for part in needle.split("|"))]
    assert not missing, f"{missing} not in: {error}\n(PyTorch: {entry['torch']})"


def test_the_table_covers_every_area() -> None:
    areas = {entry["area"] for entry in GOLDEN["calls"]}
    assert len(areas) >= 20
    assert len(GOLDEN["calls"]) >= 180
