"""Are the expectations of the engine's tests PyTorch's? Run them on real PyTorch.

Needs torch, pytest and hypothesis. ``import chainrule`` gives torch in this process. Left out are the tests marked
``chainrule_only`` (what PyTorch gets wrong or lacks: origins, transactions, memory shared with NumPy, live nodes), our
own messages, and the calls that PyTorch takes in silence. Arguments go to pytest.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
FILES = [TESTS / "engine", TESTS / "test_bad_calls.py", TESTS / "test_views_state_machine.py"]

for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == torch.__name__:
        sys.modules["chainrule" + name.removeprefix(torch.__name__)] = module

LEAVES = "in place on leaves and views: v = torch.eye(3); u = v + 1; k = torch.zeros(3, 3).long()"
WRITES_THEN_REFUSES = [
    f"tests/test_bad_calls.py::test_refusal[{call}]"
    for call in (
        "inference mode: with torch.inference_mode(): v = torch.ones(3) ;; v.add_(1)",
        f"{LEAVES} ;; torch.cat([v, v], out=v)",
        f"{LEAVES} ;; torch.kron(v, v, out=v)",
    )
]


class LookAtViews:
    """After each step of the state machine, look at every grad_fn.

    PyTorch takes a view that a write to its base made stale for a leaf until somebody has looked.
    """

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for machine in {item.module.Recorded for item in items if hasattr(item.module, "Recorded")}:
            machine.do = self.looking(machine.do)

    @staticmethod
    def looking(do: Any) -> Any:
        def do_and_look(self: Any, step: Any) -> None:
            do(self, step)
            for tensor in self.tensors:
                _ = tensor.grad_fn

        return do_and_look


OPTIONS = [
    *("-m", "not chainrule_only"),
    *("-k", "not test_message and not NumPy:"),
    *("-W", "ignore"),  # PyTorch's deprecations are not ours
    "--noconftest",  # the fixtures there look at chainrule's own state
    *("-o", "markers=chainrule_only"),
    *[option for name in WRITES_THEN_REFUSES for option in ("--deselect", name)],
]
chosen = any(Path(argument.partition("::")[0]).exists() for argument in sys.argv[1:])
arguments = [*OPTIONS, *sys.argv[1:], *([] if chosen else map(str, FILES))]
raise SystemExit(pytest.main(arguments, plugins=[LookAtViews()]))
