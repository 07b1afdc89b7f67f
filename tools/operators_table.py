"""Write docs/operators.md: what each op is declared as, and what comparing it with PyTorch found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from chainrule import ops
from chainrule.core.batching import refused, same_call
from chainrule.core.op import OPS, Op

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "operators.md"
RESULTS = ROOT / "tests" / "golden" / "conformance.json"
KINDS_OF_DTYPES = {"b": "bool", "u": "uint8", "i": "int", "f": "float", "c": "complex", "V": "bfloat16"}
FORWARD = {
    "elementwise": "its rules", "linear": "itself", "multilinear": "itself", "view": "itself", "step": "zero",
    "general": "vjp of the vjp",
}  # fmt: skip

ABOUT = """\
# Operators

`tools/operators_table.py` writes this page: from the declarations of the ops, and from what `make conformance` found.

## Compared with PyTorch

Each entry of PyTorch's own operator tests (`op_db`) that chainrule has, on PyTorch's sample inputs, live against PyTorch {torch}:
{compared} of {entries} entries. ok: equal · -: PyTorch itself refuses · \\*: PyTorch is wrong, or one of several right
answers is meant (tests/conformance/exceptions.py says which and why) · FAIL: not equal; several: for several samples; blank:
nothing to compare.

"""
MIDDLE = """
Not here yet: {missing}.

## As they are declared

All but the steps have derivatives of any order: a rule is made of ops itself. *Forward mode*: where tangents come from.
*Batches*: what `vmap` does. Both follow from the kind, or are given with the op. XLA runs the same forward.

| op | node | kind | dtypes | forward mode | batches |
|---|---|---|---|---|---|
"""


def families() -> Iterator[tuple[str, list[Op]]]:
    """The ops of each module of ``chainrule.ops``."""
    for module in iter_modules(ops.__path__):
        names = getattr(import_module(f"chainrule.ops.{module.name}"), "__all__", ())
        if found := [OPS[name] for name in names if name in OPS]:
            yield module.name, found


def row(op: Op) -> str:
    call = ", ".join([*op.args, *(["\\*", *op.params] if op.params else [])])
    dtypes = " ".join(name for kind, name in KINDS_OF_DTYPES.items() if kind in op.domain)
    forward = "its own rule" if op.jvp is not None else FORWARD[op.kind]
    has_rule = bool(op.rules) or op.all_rule is not None
    forward = forward if has_rule or op.kind == "step" else "none"
    return f"| `{op.name}`({call}) | {op.node_name} | {op.kind} | {dtypes} | {forward} | {batches(op)} |"


def batches(op: Op) -> str:
    if op.batch is same_call:
        return "the same call"
    if op.batch is refused:
        return "refused"
    return "its own rule" if op.batch is not None else "from its kind"


def compared() -> Iterator[str]:
    """The table of what was compared."""
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    checks = results["checks"]
    yield ABOUT.format(torch=results["torch"], compared=len(results["found"]), entries=results["entries"])
    yield "| entry | " + " | ".join(checks) + " |"
    yield "|---" * (len(checks) + 1) + "|"
    for name, cells in results["found"].items():
        yield f"| {name} | " + cells.replace("*", "\\*").replace("|", " | ") + " |"
    yield MIDDLE.format(missing=", ".join(results["missing"]) or "none").rstrip("\n")


def page() -> str:
    declared = [row(op) for _, found in families() for op in found]
    return "\n".join([*compared(), *declared]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
