"""What a short program does, in PyTorch when recording, in chainrule when testing: as JSON can hold it.

A program is statements parted by ";", the last one an expression. Its outcome is the value, with what it says of itself,
and the gradients of its elements weighted 1, 2, 3 ...; or the exception.
"""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np

PRELUDE = """
x = torch.arange(24.).reshape(2, 3, 4).clone().requires_grad_()
m = torch.tensor([[3., -1., 2.], [.5, 4., -2.]], requires_grad=True)
v = torch.tensor([1., -2., 3., .5], requires_grad=True)
s = torch.tensor(2., requires_grad=True)
i = torch.tensor([0, 1]); b = torch.tensor([True, False]); k = torch.tensor([[True, False, True], [False, False, True]])
n = torch.arange(6).reshape(2, 3); a = torch.tensor([[0], [2]]); h = m * 2; e = torch.zeros(2, 3)
"""
LEAVES = ("x", "m", "v", "s")


def outcome(torch: ModuleType, program: str) -> dict[str, Any]:
    """What the program does."""
    namespace: dict[str, Any] = {"torch": torch, "np": np}
    exec(PRELUDE, namespace)
    *statements, last = program.split(";")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(";".join(statements).strip(), namespace)
            result = eval(last.strip(), namespace)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
            return {"raises": type(error).__name__, "says": str(error).split("\n")[0]}
    several = isinstance(result, (tuple, list)) and not isinstance(result, torch.Size)
    return {"values": [described(torch, one, namespace) for one in (result if several else [result])]}


def described(torch: ModuleType, value: Any, namespace: dict[str, Any]) -> Any:
    """A tensor as a dict of what is to agree; any other value as its text."""
    if not isinstance(value, torch.Tensor):
        return repr(value)
    facts = {"dtype": str(value.dtype), "shape": list(value.shape), "data": plain(value.detach().tolist())}
    if value._is_view() and value.is_floating_point() and value.numel() and 1 not in value.shape:
        facts["stride"] = list(value.stride())
    if value.grad_fn is not None:
        facts["nodes"] = nodes(value)
        facts["gradients"] = gradients(torch, value, namespace)
    return facts


def nodes(value: Any) -> list[str]:
    """The names of the nodes on the way from a tensor to a leaf or to a write, along the first inputs."""
    names, node = [], value.grad_fn
    while node is not None and "AccumulateGrad" not in node.name():
        names.append(node.name())
        if "CopySlices" in names[-1]:
            break
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return names


def gradients(torch: ModuleType, value: Any, namespace: dict[str, Any]) -> dict[str, Any] | None:
    """None where the backward fails."""
    weights = torch.arange(1.0, value.numel() + 1).reshape(value.shape).to(value.dtype)
    leaves = [namespace[name] for name in LEAVES]
    try:
        found = torch.autograd.grad([value], leaves, [weights], allow_unused=True, retain_graph=True)
    except RuntimeError:
        return None
    return {name: plain(g.tolist()) for name, g in zip(LEAVES, found, strict=True) if g is not None}


def plain(data: Any) -> Any:
    """Numbers that JSON has no words for, as text."""
    if isinstance(data, list):
        return [plain(item) for item in data]
    return str(data) if isinstance(data, complex) or data != data or data in (float("inf"), -float("inf")) else data


def differences(got: dict[str, Any], want: dict[str, Any]) -> list[str]:
    """Where an outcome is not the recorded one. An error may say more, and a gradient may be where PyTorch has none."""
    if "raises" in want or "raises" in got:
        kinds = got.get("raises"), want.get("raises")
        says = got.get("says", ""), want.get("says", "")[:20]
        return [] if kinds[0] == kinds[1] and says[0].startswith(says[1]) else [f"{got}, wanted {want}"]
    if len(got["values"]) != len(want["values"]):
        return [f"{len(got['values'])} values, wanted {len(want['values'])}"]
    found = []
    for one, other in zip(got["values"], want["values"], strict=True):
        if not isinstance(one, dict) or not isinstance(other, dict):
            found += [] if one == other else [f"{one}, wanted {other}"]
            continue
        for name, value in other.items():
            if one.get(name) != value and not (name == "gradients" and value is None):
                found.append(f"{name} {one.get(name)}, wanted {value}")
    return found


def close(got: Any, want: Any, tolerance: float) -> bool:
    """Whether numbers of two outcomes agree, in lists of lists: relative to the wanted, or to 1 if that is smaller."""
    if isinstance(want, list):
        return len(got) == len(want) and all(close(a, b, tolerance) for a, b in zip(got, want, strict=True))
    if isinstance(want, str):  # NaN, an infinity, or a complex number
        return got == want or abs(complex(got) - complex(want)) <= tolerance * max(1, abs(complex(want)))
    return abs(got - want) <= tolerance * max(1, abs(want))
