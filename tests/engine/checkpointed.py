"""What the tests of checkpoints share: functions to checkpoint, and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainrule as torch
from chainrule.utils.checkpoint import checkpoint


def leaf(*values: float) -> Any:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


class Counted:
    """A function that counts how often it was called, and how often it came to its end."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.calls = self.ends = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        result = self.function(*args, **kwargs)
        self.ends += 1
        return result


def chain(x: Any) -> Any:
    return x.exp().sin().exp().cos()


def gradients(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    outputs = function(*leaves)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    sum((out * (n + 1)).sum() for n, out in enumerate(outputs)).backward()
    return [None if x.grad is None else x.grad.tolist() for x in leaves]


def run(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return checkpoint(function, *args, use_reentrant=False, **options)
