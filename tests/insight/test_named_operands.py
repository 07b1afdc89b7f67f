"""Errors of shapes name the expressions on both sides; slips of broadcasting are warned of on demand."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn

x, W, v = torch.ones(3, 4), torch.ones(5, 6), torch.ones(7)
image, pair = torch.ones(1, 3, 8, 8), torch.ones(2, 2, 8, 8)


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
stack = nn.Sequential(nn.Identity(), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))
rows = torch.tensor([0, 9])
sdpa = F.scaled_dot_product_attention
heads = nn.MultiheadAttention(4, 2)


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
        (lambda: F.linear(x, W), "F.linear(x, W)", "x is (3, 4), W is (5, 6)"),
        (lambda: net(x), "self.fc(h)", "h is (3, 4), self.fc.weight is (2, 5)"),
        (lambda: stack(x), "stack(x)", "stack.1.1.weight is (2, 5)"),
        (lambda: v.reshape(2, 3), "v.reshape(2, 3)", "v is (7,)"),
        (lambda: torch.relu(v).view(-1, 2), "torch.relu(v).view(-1, 2)", "torch.relu(v) is (7,)"),
        (lambda: x.T.view(12), "x.T.view(12)", "x.T is (4, 3)"),
        (lambda: x.expand(2, 4), "x.expand(2, 4)", "x is (3, 4)"),
        (lambda: x.permute(0, 2, 1), "x.permute(0, 2, 1)", "x is (3, 4)"),
        (lambda: x[5], "x[5]", "x is (3, 4)"),
        (lambda: x[0, 0, 0], "x[0, 0, 0]", "x is (3, 4)"),
        (lambda: x[rows], "x[rows]", "x is (3, 4), rows is (2,)"),
        (lambda: x[v > 0], "x[v > 0]", "x is (3, 4), v > 0 is (7,)"),
        (lambda: x.index_select(0, rows), "x.index_select(0, rows)", "x is (3, 4), rows is (2,)"),
        (lambda: x.clone().copy_(v), "x.clone().copy_(v)", "x.clone() is (3, 4), v is (7,)"),
        (lambda: x.masked_fill(W > 0, 0.0), "x.masked_fill(W > 0, 0.0)", "x is (3, 4), W > 0 is (5, 6)"),
        (lambda: nn.functional.embedding(rows, x), "nn.functional.embedding(rows, x)", "rows is (2,)"),
        (lambda: F.cross_entropy(x[:2], rows), "F.cross_entropy(x[:2], rows)", "x[:2] is (2, 4), rows is (2,)"),
        (lambda: F.binary_cross_entropy(x, v), "F.binary_cross_entropy(x, v)", "x is (3, 4), v is (7,)"),
        (lambda: F.max_pool2d(image[..., :1, :1], 3), "F.max_pool2d(image[..., :1, :1], 3)", "image[..., :1, :1] is (1, 3, 1, 1)"),
        (lambda: x @ W.double(), "x @ W.double()", "x is torch.float32, W.double() is torch.float64"),
        (lambda: net.conv(image), "net.conv(image)", "image is (1, 3, 8, 8), net.conv.weight is (2, 4, 3, 3)"),
        (lambda: F.cross_entropy(x, v.long()), "F.cross_entropy(x, v.long())", "x is (3, 4), v.long() is (7,)"),
        (lambda: x.sum(2), "x.sum(2)", "x is (3, 4)"),
        (lambda: torch.softmax(x + 1, dim=3), "torch.softmax(x + 1, dim=3)", "x + 1 is (3, 4)"),
        (lambda: torch.cat([x, x], dim=2), "torch.cat([x, x], dim=2)", "x is (3, 4)"),
        (lambda: v.unsqueeze(4), "v.unsqueeze(4)", "v is (7,)"),
        (lambda: x.transpose(0, 2), "x.transpose(0, 2)", "x is (3, 4)"),
        (lambda: x.argmax(dim=2), "x.argmax(dim=2)", "x is (3, 4)"),
        (lambda: x.size(2), "x.size(2)", "x is (3, 4)"),
        (lambda: nn.Softmax(dim=2)(x), "nn.Softmax(dim=2)(x)", "x is (3, 4)"),
        (lambda: x.scatter(0, rows.reshape(1, 2), v), "x.scatter(0, rows.reshape(1, 2), v)", "rows.reshape(1, 2) is (1, 2), v is (7,)"),
        (lambda: torch.einsum("ij,jk->ik", x, W), 'torch.einsum("ij,jk->ik", x, W)', "x is (3, 4), W is (5, 6)"),
        (lambda: torch.einsum("ijk->i", x), 'torch.einsum("ijk->i", x)', "x is (3, 4)"),
        (lambda: F.scaled_dot_product_attention(x, W, W), "F.scaled_dot_product_attention(x, W, W)", "x is (3, 4), W is (5, 6)"),
        (lambda: F.scaled_dot_product_attention(x, x, x[:2]), "F.scaled_dot_product_attention(x, x, x[:2])", "x is (3, 4), x is (3, 4), x[:2] is (2, 4)"),
        (lambda: sdpa(image, pair, image), "sdpa(image, pair, image)", "image is (1, 3, 8, 8), pair is (2, 2, 8, 8)"),
        (lambda: F.scaled_dot_product_attention(x, x, x, W), "F.scaled_dot_product_attention(x, x, x, W)", "W is (5, 6)"),
        (lambda: heads(x, x, v), "heads(x, x, v)", "x is (3, 4), x is (3, 4), v is (7,)"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_errors_of_shapes_name_both_sides(program: Any, expression: str, said: str) -> None:
    with pytest.raises((RuntimeError, ValueError, IndexError, AssertionError)) as caught:
        program()
    last = str(caught.value).splitlines()[-1]
    assert last.startswith(f"  in `{expression}`  (file ")
    assert said in last, last


def test_the_layer_is_named_by_its_path() -> None:
    with pytest.raises(RuntimeError, match=r"\n  stack\.1\.1 is Linear\(in_features=5, out_features=2, bias=True\)\n"):
        stack(x)


def test_what_an_assignment_writes_is_named() -> None:
    table = torch.zeros(3, 4)
    with pytest.raises(RuntimeError, match=r"in `table\[0\] = v`  \(file .*: table is \(3, 4\), v is \(7,\)"):
        table[0] = v
    with pytest.raises(RuntimeError, match=r"in `table\[rows % 3\] = v`  \(file .*: table is \(3, 4\), v is \(7,\)"):
        table[rows % 3] = v


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


def test_integers_are_to_become_floats_and_not_weights_integers() -> None:
    with pytest.raises(RuntimeError, match=r"for example the first with .to\(torch.float32\): it is torch.int64"):
        nn.Linear(3, 2)(torch.ones(2, 3, dtype=torch.int64))
    with pytest.raises(RuntimeError, match=r"for example the second with .to\(torch.float32\): it is torch.float64"):
        x @ torch.ones(4, 2, dtype=torch.float64)
