"""NumPy's floating-point warnings are no errors, whatever a program does with warnings; its own of NumPy reach it as ever."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.core.dispatch import general
from chainrule.core.op import OPS
from chainrule.nn import functional as F

x = torch.tensor([0.0, -1.0, math.inf, math.nan, 1e30, -0.0])
CALLS: list[Callable[[], Any]] = [
    x.log,
    lambda: x / 0,
    lambda: x * x,
    (x * 1e30).half,
    (x * math.inf).int,
    lambda: x.bfloat16().sqrt(),
    lambda: F.max_pool1d(x.bfloat16()[None], 2, return_indices=True),
    x.var,
    lambda: torch.linspace(0, 1e39, 3),
    lambda: torch.logspace(0, 400, 3),
    lambda: torch.tensor([1e300]),
    lambda: torch.tensor(np.array([1e300]), dtype=torch.float32),
    lambda: torch.zeros(1).__setitem__(0, torch.tensor(1e300, dtype=torch.float64)),
    lambda: x.clone().mul_(x).div_(x),
    lambda: repr(x * x),
    lambda: F.softmax(x, 0),
    lambda: torch.linalg.inv_ex(torch.diag(x)),
]
BACKWARDS: list[Callable[[Any], Any]] = [
    lambda v: v.sqrt(),
    lambda v: v / v,
    lambda v: v.pow(1e3),
    lambda v: v.norm(),
    lambda v: v.prod(),
]


def run() -> None:
    for call in CALLS:
        call()
    for function in BACKWARDS:
        v = x.clone().requires_grad_()
        function(v).sum().backward()
        (slope,) = torch.autograd.grad(function(v).sum(), v, create_graph=True)
        slope.sum().backward()
    for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop, torch.optim.Adafactor, torch.optim.Muon):
        p = x.reshape(2, 3).clone().requires_grad_()
        p.grad = x.reshape(3, 2).mT.clone()
        kind([p]).step()  # type: ignore[operator]


def test_warnings_that_are_errors_are_none_of_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run()


def test_a_program_has_its_own_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning):
            np.log(np.zeros(1))
        with pytest.raises(UserWarning):
            warnings.warn("mine", stacklevel=1)
        warnings.simplefilter("ignore")
        np.log(np.zeros(1))


@pytest.mark.parametrize("before", [True, False])
def test_filters_of_the_command_line_and_of_before_the_import(before: bool) -> None:
    program = f"{'' if before else 'import chainrule; '}import warnings; warnings.simplefilter('error'); import chainrule; print(chainrule.zeros(1).log() / 0)"
    found = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "tensor([-inf])\n"
    assert not found.stderr


def test_what_numpy_raises_for_the_program_is_not_raised_for_us() -> None:
    with np.errstate(all="raise"):
        run()
        with pytest.raises(FloatingPointError):
            np.log(np.zeros(1))


def test_a_warning_of_something_else_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def warns(x: Any) -> Any:
        warnings.warn("of a kernel", RuntimeWarning, stacklevel=1)
        return x

    monkeypatch.setattr(OPS["sin"], "raw", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="of a kernel"):
            general(OPS["sin"], (torch.ones(1),), {})
