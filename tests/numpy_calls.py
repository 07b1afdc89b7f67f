"""What the tests of NumPy's names share: the operands, the sample calls, and how a call is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy_samples
from finite import direction

import chainrule as torch

RNG = np.random.default_rng(3)
OPERANDS = {
    "x": RNG.uniform(0.5, 2, (3, 3)),
    "v": RNG.uniform(0.5, 2, 3),
    "w": RNG.uniform(0.5, 2, 3),
    "u": RNG.uniform(0.5, 2, 4),
    "b": RNG.uniform(0.5, 2, (2, 3, 4)),
    "n": RNG.uniform(0.5, 2, (3, 3)),
    "c": RNG.uniform(0.5, 2, (3, 3)) + 1j * RNG.uniform(0.5, 2, (3, 3)),
}
OPERANDS["n"][[0, 1], [1, 2]] = np.nan
CONSTANTS = {"np": np, "a": RNG.uniform(0.5, 2, (3, 3)), "k": np.arange(9).reshape(3, 3)}
CONSTANTS["m"] = OPERANDS["x"] > 1


def parsed(table: str) -> list[tuple[str, str]]:
    """(name, call) of each sample; a line may begin with a name that holds for all of its calls."""
    pairs = []
    for line in filter(None, table.replace("\n    ", " | ").splitlines()):
        name = ""
        for entry in line.split(" | "):
            head, colon, rest = entry.partition(": ")
            name, call = (head, rest) if colon and "(" not in head else (name, entry)
            pairs.append((name, call))
    return pairs


def available(*names: str) -> bool:
    """Whether this NumPy has the functions of these names."""
    return all(hasattr(np, name) for name in names if "." not in name and name not in GROUPS)


GROUPS = frozenset("accumulate at out reduceat".split())
"""Names of samples that are no functions of NumPy's."""

NEWEST = np.lib.NumpyVersion(np.__version__) >= "2.4.0"

SAMPLES = parsed(numpy_samples.SAMPLES)
STEPS = parsed(numpy_samples.STEPS)
REFUSED = numpy_samples.REFUSED.strip().replace("\n", " | ").split(" | ")


def called(call: str, operands: dict[str, Any]) -> Any:
    """The call's value, of arrays or of tensors."""

    def into(statement: str, **given: Any) -> Any:
        (value,) = given.values()
        z = np.zeros_like(value, shape=(3, 3)) + CONSTANTS["a"]
        exec(statement, {**CONSTANTS, **given, "z": z})
        return z

    def kept(value: Any) -> Any:
        return value.detach().numpy() if isinstance(value, torch.Tensor) else value

    return eval(call, {**CONSTANTS, **operands, "into": into, "kept": kept})


def tensors(dtype: Any = None) -> dict[str, Any]:
    return {name: torch.tensor(a, dtype=dtype, requires_grad=True) for name, a in OPERANDS.items()}


def direction_of(array: Any) -> Any:
    """A direction that moves NaNs nowhere."""
    return direction(np.random.default_rng(0), np.nan_to_num(np.asarray(array)))
