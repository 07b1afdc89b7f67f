"""Training goes on across the two libraries: what one optimizer has become, the other takes over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import chainrule

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Adamax": {"weight_decay": 0.1},
    "NAdam": {"decoupled_weight_decay": True, "weight_decay": 0.1},
    "RAdam": {"betas": (0.5, 0.7)},
    "RMSprop": {"momentum": 0.5, "centered": True, "eps": 0.1},
    "Adadelta": {"eps": 0.1},
    "Adagrad": {"lr_decay": 0.1},
    "Rprop": {},
    "ASGD": {"t0": 2.0},
    "Adafactor": {},
    "LBFGS": {"line_search_fn": "strong_wolfe", "max_iter": 3},
}


class Training:
    """A regression in one of the libraries."""

    def __init__(self, library: Any, name: str, settings: dict[str, Any]) -> None:
        self.x = library.linspace(-2, 2, 12, dtype=library.float64).reshape(4, 3)
        self.w = library.linspace(-0.5, 0.7, 6, dtype=library.float64).reshape(3, 2).requires_grad_()
        self.optimizer = getattr(library.optim, name)([self.w], lr=0.05, **settings)
        self.schedule = library.optim.lr_scheduler.ExponentialLR(self.optimizer, 0.9)

    def closure(self) -> Any:
        self.optimizer.zero_grad()
        loss = ((self.x @ self.w).tanh() - self.x[:, :2].sin()).square().mean()
        loss.backward()
        return loss

    def steps(self, count: int) -> np.ndarray[Any, Any]:
        for _ in range(count):
            self.optimizer.step(self.closure)
            self.schedule.step()
        return self.w.detach().numpy().copy()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("here", "there"), [(chainrule, torch), (torch, chainrule)], ids=["out", "in"])
def test_training_goes_on_in_the_other_library(here: Any, there: Any, name: str, tmp_path: Path) -> None:
    first, second = (Training(library, name, OPTIMIZERS[name]) for library in (here, there))
    first.steps(3)
    here.save([first.w.detach(), first.optimizer.state_dict(), first.schedule.state_dict()], tmp_path / "state.pt")
    w, optimizer, schedule = there.load(tmp_path / "state.pt")
    with there.no_grad():
        second.w.copy_(w)
    second.optimizer.load_state_dict(optimizer)
    second.schedule.load_state_dict(schedule)
    np.testing.assert_allclose(second.steps(4), first.steps(4), rtol=1e-9)
