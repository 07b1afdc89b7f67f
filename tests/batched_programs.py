"""The programs whose outcomes ``golden`` has, on variables that are elements of a batch; in PyTorch when recording."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from expressions import PRELUDE

GOLDEN = Path(__file__).parent / "golden"
SIZE = 3


def recorded(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def setups() -> dict[str, str]:
    """The statements that make the variables of each family of programs."""
    elementwise, reduction = recorded("elementwise")["setup"], recorded("reduction")["common"]
    made = dict.fromkeys(("shape", "indexing", "linalg"), PRELUDE) | {
        "elementwise": elementwise,
        "reduction": reduction,
    }
    return {
        name: setup.replace(".clone().requires_grad_()", "").replace(", requires_grad=True", "")
        for name, setup in made.items()
    }


SETUPS = setups()


def rows(array: Any) -> list[Any]:
    """Values like an array's, one for each element of the batch: scaled (indices and masks: turned round)."""
    if array.dtype.kind in "fc":
        return [array, array * array.dtype.type(1.25), array * array.dtype.type(0.75)]
    return [array, np.flip(array).copy() if array.ndim else array, array.copy()]


class Batch:
    """A program and the rows of its variables."""

    def __init__(self, torch: ModuleType, family: str, program: str) -> None:
        self.torch = torch
        self.setup = compile(SETUPS[family], family, "exec")
        *statements, last = program.split(";")
        self.first, self.last = (
            compile(";".join(statements).strip(), program, "exec"),
            compile(last.strip(), program, "eval"),
        )
        start = self.namespace()
        known = {name: value for name, value in start.items() if isinstance(value, torch.Tensor)}
        used = set(re.findall(r"\b[a-z]\w*\b", program))
        self.h_is_made = SETUPS[family] == SETUPS["shape"]  # there it is computed from m
        if self.h_is_made and "h" in used:
            used = used - {"h"} | {"m"}
        self.names = [name for name in known if name in used and known[name].dtype != torch.bfloat16]
        self.rows = [rows(known[name].numpy()) for name in self.names]

    def namespace(self) -> dict[str, Any]:
        names: dict[str, Any] = {"torch": self.torch, "np": np}
        exec(self.setup, names)
        return names

    def function(self, *values: Any) -> tuple[Any, ...]:
        """All tensors that the program gives."""
        names = self.namespace() | dict(zip(self.names, values, strict=True))
        if self.h_is_made:
            names["h"] = names["m"] * 2
        exec(self.first, names)
        return tuple(tensors(self.torch, eval(self.last, names)))

    def stacked(self) -> list[Any]:
        return [self.torch.from_numpy(np.stack(column)) for column in self.rows]

    def element(self, at: int) -> list[Any]:
        return [self.torch.tensor(column[at]) for column in self.rows]

    def moving(self) -> tuple[int, ...]:
        """The numbers of the variables that can have a gradient."""
        return tuple(at for at, column in enumerate(self.rows) if column[0].dtype.kind in "fc")


def tensors(torch: ModuleType, result: Any) -> list[Any]:
    """The tensors of a result."""
    if isinstance(result, torch.Tensor):
        return [result]
    return [one for part in result for one in tensors(torch, part)] if isinstance(result, (tuple, list)) else []
