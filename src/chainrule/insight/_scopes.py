"""Which module each node belongs to, read off the parameters that nodes use and the code that called them.

Modules leave no mark on nodes: that would cost every program. But a node that reads a parameter is of the parameter's module.
And the nodes that one run through a function's code has made are of one call of it, so of the module that holds all the
parameters which that run has read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.node import AccumulateGrad

WITHIN = ("<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")
"""Code that is a function of its own for Python (until 3.12) and a part of one for its author."""


def scopes_of(nodes: Sequence[Any], module_of: dict[int, str]) -> list[str]:
    """For nodes in order of creation, the paths of their modules ("" where there is none)."""
    if not module_of:
        return [""] * len(nodes)
    own = [
        next((module_of[id(p)] for p in node.parents if type(p) is AccumulateGrad and id(p) in module_of), None)
        for node in nodes
    ]
    runs: dict[Any, list[int]] = {}
    last: dict[Any, int] = {}
    finished: list[list[int]] = []
    for at, node in enumerate(nodes):
        code = node.code
        if code in runs and node.lasti < last[code]:
            finished.append(runs.pop(code))
        runs.setdefault(code, []).append(at)
        last[code] = node.lasti
    found = [path or "" for path in own]
    for run in (*finished, *runs.values()):
        paths = [path for at in run if (path := own[at]) is not None]
        if not paths:
            continue
        common = _common(paths)
        for number, at in enumerate(run):
            if own[at] is None:
                found[at] = _between(run, number, own, common)
    after = ""
    for at in range(len(nodes) - 1, -1, -1):  # a comprehension is of the call that it stands in, which goes on after it
        if nodes[at].code is None or nodes[at].code.co_name not in WITHIN:
            after = found[at]
        elif not found[at]:
            found[at] = after
    return found


def _between(run: list[int], number: int, own: list[str | None], common: str) -> str:
    """Of a node without parameters: in a run that is one call of one module, that module; where the run calls several one
    after another (a Sequential), what those on both sides share.
    """
    before = next((p for at in reversed(run[:number]) if (p := own[at]) is not None), None)
    after = next((p for at in run[number + 1 :] if (p := own[at]) is not None), None)
    if before is None or after is None:
        return common
    return _common([before, after])


def _common(paths: Sequence[str]) -> str:
    """The path that all of them are in; of a single one, that which holds it."""
    if len(set(paths)) == 1:
        return paths[0].rpartition(".")[0]
    split = [path.split(".") for path in paths]
    shared = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join(shared)
