"""Record how PyTorch refuses bad calls: tests/golden/bad_calls.json (needs torch).

The tables in bad_calls_functions.py, bad_calls_nn.py and bad_calls_autograd.py are the source: areas of programs, each ``setup ;;
refused call`` followed by the facts ("needles") that our message must state: what was got and what was wanted.
``a|b`` in a needle means that either will do. The recorder adds PyTorch's exception class and the first line of its
message, 300 characters at most. The areas in ``OURS`` hold calls that PyTorch takes in silence and chainrule refuses.

Run ``python tools/record_bad_calls.py`` to write the file, ``--show`` to print what PyTorch says instead.
"""

from __future__ import annotations

import copy
import json
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from bad_calls_autograd import AUTOGRAD
from bad_calls_functions import FUNCTIONS
from bad_calls_nn import NN

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "bad_calls.json"
MESSAGE_LENGTH = 300

# One leaf that requires grad, plain tensors of the common kinds and a 0-d one: what most programs need.
COMMON = """
x = torch.ones(2, 3); y = torch.ones(4); s = torch.tensor(1.5); e = torch.ones(0, 3)
i = torch.tensor([1, 2, 3]); b = torch.tensor([True, False, True]); c = torch.tensor([1 + 2j, 3j])
w = torch.tensor([1., 2., 3.], requires_grad=True)
"""

AREAS = FUNCTIONS | AUTOGRAD | NN

# What PyTorch does without a word and chainrule refuses (docs/differences.md), with the class that we raise.
OURS = {"memory shared with NumPy": "RuntimeError"}


def refusal(torch: Any, setup: str, call: str) -> BaseException | None:
    """The exception that ``call`` raises after ``setup``, or None when it is accepted."""
    namespace: dict[str, Any] = {"torch": torch, "np": np, "copy": copy, "pickle": pickle}
    exec(COMMON + setup, namespace)
    try:
        exec(call, namespace)
    except BaseException as error:
        return error
    return None


def builtin_class(error: BaseException) -> str:
    """The name of the nearest class of ``error`` that Python itself defines: what a user can catch without torch."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def record(torch: Any) -> list[dict[str, Any]]:
    entries = []
    for area, rows in AREAS.items():
        for program, *needles in rows:
            setup, _, call = program.rpartition(" ;; ")
            error = refusal(torch, setup, call)
            if (error is None) != (area in OURS):
                raise SystemExit(f"{area}: PyTorch {'accepts' if error is None else 'refuses'}: {program}\n{error!r}")
            entries.append(
                {
                    "area": area,
                    "setup": setup,
                    "call": call,
                    "needles": needles,
                    "error": OURS[area] if error is None else builtin_class(error),
                    "torch": None if error is None else str(error).partition("\n")[0][:MESSAGE_LENGTH],
                }
            )
    return entries


def main() -> None:
    import torch

    warnings.simplefilter("ignore")
    entries = record(torch)
    if "--show" in sys.argv:
        for entry in entries:
            message = (entry["torch"] or "").lower()
            missing = [n for n in entry["needles"] if not any(part.lower() in message for part in n.split("|"))]
            print(f"{entry['area']}: {entry['call']!r}: {entry['error']}: {entry['torch']!r} {missing or ''}")
        return
    GOLDEN.write_text(json.dumps({"common": COMMON, "calls": entries}, indent=1) + "\n")
    print(f"{len(entries)} calls in {len(AREAS)} areas")


if __name__ == "__main__":
    main()
