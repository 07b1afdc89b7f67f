"""Errors of shapes name the expressions on both sides; slips of broadcasting are warned of on demand."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn

x, W, v = torch.ones(3, 4), torch.ones(5, 6), torch.ones(7)
image = torch.ones(1, 3, 8, 8)


class Holder:
    def __init__(self) -> None:
        self.weight = torch.ones(5, 6)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(5, 2)
        self.conv = nn.Conv2d(4, 2, 3)

    def forward(self, h: Any) -> Any:
        return self.fc(h)


holder, net = Holder(), Net()


@pytest.mark.parametrize(
    ("program", "expression", "said"),
    [
        (lambda: x @ W, "x @ W", "x is (3, 4), W is (5, 6)"),
        (lambda: torch.matmul(x, holder.weight), "torch.matmul(x, holder.weight)", "x is (3, 4), holder.weight is (5, 6)"),
        (lambda: x.mm(W), "x.mm(W)", "x is (3, 4), W is (5, 6)"),
        (lambda: torch.mm(W, mat2=x), "torch.mm(W, mat2=x)", "W is (5, 6), x is (3, 4)"),
        (lambda: (x + 1) @ W, "(x + 1) @ W", "x + 1 is (3, 4), W is (5, 6)"),
        (lambda: torch.relu(x) @ torch.relu(W), "torch.relu(x) @ torch.relu(W)", "torch.relu(x) is (3, 4), torch.relu(W) is (5, 6)"),
        (lambda: x + v, "x + v", "x is (3, 4), v is (7,)"),
        (lambda: x.mul(W), "x.mul(W)", "x is (3, 4), W is (5, 6)"),
        (lambda: torch.where(x > 0, x, W), "torch.where(x > 0, x, W)", "x > 0 is (3, 4), W is (5, 6)"),
        (lambda: F.mse_loss(x, v), "F.mse_loss(x, v)", "x is (3, 4), v is (7,)"),
        (lambda: torch.cat([x, W]), "torch.cat([x, W])", "x is (3, 4), W is (5, 6)"),
        (lambda: torch.stack([x, W]), "torch.stack([x, W])", "x is (3, 4), W is (5, 6)"),
        (lambda: torch.bmm(x[None], W[None]), "torch.bmm(x[None], W[None])", "x[None] is (1, 3, 4), W[None] is (1, 5, 6)"),
        (lambda: torch.addmm(v, x, W), "torch.addmm(v, x, W)", "x is (3, 4), W is (5, 6)"),
        (lambda: F.linear(x, W), "F.linear(x, W)", "x is (3, 4)"),
        (lambda: net(x), "self.fc(h)", "h is (3, 4)"),
        (lambda: net.conv(image), "net.conv(image)", "image is (1, 3, 8, 8), net.conv.weight is (2, 4, 3, 3)"),
        (lambda: F.cross_entropy(x, v.long()), "F.cross_entropy(x, v.long())", "x is (3, 4), v.long() is (7,)"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_errors_of_shapes_name_both_sides(program: Any, expression: str, said: str) -> None:
    with pytest.raises((RuntimeError, ValueError)) as caught:
        program()
    last = str(caught.value).splitlines()[-1]
    assert last.startswith(f"  in `{expression}`  (file ")
    assert said in last, last


def test_no_source_no_names() -> None:
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(3x4 and 5x6\)") as caught:
        eval("x @ W")
    assert len(str(caught.value).splitlines()) == 1


def test_nothing_that_would_run_code_is_asked() -> None:
    class Trap:
        @property
        def weight(self) -> Any:
            self.asked = getattr(self, "asked", 0) + 1
            return W

    trap = Trap()
    with pytest.raises(RuntimeError, match=r"x is \(3, 4\), trap.weight is \(5, 6\)"):
        x @ trap.weight
    assert trap.asked == 1


# -- slips of broadcasting -----------------------------------------------------------------------------------------------


def warned(program: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught, torch.warn_broadcasts():
        warnings.simplefilter("always")
        program()
    assert all(one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def test_column_against_vector() -> None:
    prediction, target = nn.Linear(2, 1)(torch.ones(5, 2)), torch.ones(5)
    (said,) = warned(lambda: prediction - target)
    assert said.startswith("shapes (5, 1) and (5,) broadcast to (5, 5)")
    assert "in `prediction - target`" in said
    assert said.endswith("prediction is (5, 1), target is (5,)")


@pytest.mark.parametrize(
    "program",
    [
        lambda: torch.ones(5, 1) * torch.ones(1, 5),
        lambda: torch.ones(5, 3) + torch.ones(3),
        lambda: torch.ones(5, 1) + torch.ones(1),
        lambda: torch.ones(5, 1) + torch.ones(()),
        lambda: torch.ones(5, 1) + torch.ones(3),
        lambda: torch.ones(5, 5) @ torch.ones(5),
    ],
)
def test_broadcasts_that_are_meant(program: Any) -> None:
    assert warned(program) == []
