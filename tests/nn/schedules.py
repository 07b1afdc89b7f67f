"""Learning rates over some epochs: in PyTorch when recording, in chainrule when testing."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any


def rates(torch: ModuleType, schedule: str, optimizer: str, epochs: int) -> list[list[float]]:
    """Each group's rate, and its momentum where it has one, from the first epoch on.

    ``schedule`` is the text of a scheduler of ``o``, or of a list of them, which step one after the other.
    """
    params = [torch.ones(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.5}]
    names: dict[str, Any] = {"torch": torch, "L": torch.optim.lr_scheduler, "S": torch.optim.swa_utils}
    names["o"] = o = eval(optimizer, {**names, "groups": groups})
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = eval(schedule, names)
        for epoch in range(epochs):
            found.append([number for group in o.param_groups for number in numbers(group)])
            o.step()
            for one in made if isinstance(made, list) else [made]:
                looks = isinstance(one, torch.optim.lr_scheduler.ReduceLROnPlateau)
                one.step(*((LOSSES[epoch],) if looks else ()))
        made = made[-1] if isinstance(made, list) else made
        assert [float(lr) for lr in made.get_last_lr()] == [float(group["lr"]) for group in o.param_groups]
    return found


LOSSES = (5.0, 4.0, 4.0, 4.5, 3.9999, 3.9999, 3.0, 6.0, 6.0, 6.0, 2.0, 2.5, 2.5, 2.5, 2.5, 2.5)


def numbers(group: dict[str, Any]) -> list[float]:
    momentum = [group["betas"][0]] if "betas" in group else [group["momentum"]] if group.get("momentum") else []
    return [float(group["lr"]), *momentum]


def at_epochs(torch: ModuleType, schedule: str) -> list[float]:
    """The rate at epochs that are jumped to: what closed forms say."""
    o = torch.optim.SGD([torch.ones(1)], lr=1.0)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = eval(schedule, {"L": torch.optim.lr_scheduler, "o": o})
        for epoch in (3, 7, 1, 0, 12, 5):
            made.step(epoch)
            found.append(o.param_groups[0]["lr"])
    return found
