"""Shapes, views, joining and splitting, as PyTorch does them (golden/shape.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from expressions import differences, outcome

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "shape.json").read_text())


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    assert differences(outcome(torch, program), GOLDEN[program]) == []


# -- what a recorded outcome cannot tell --------------------------------------------------------------------------------

VIEWS = [
    "x[1]", "x[:, 1:]", "x[None]", "x[...]", "x.view(24)", "x.reshape(4, 6)", "x.t()", "x.T", "x.mT", "x.permute(1, 0)",
    "x.transpose(0, 1)", "x.unsqueeze(0)", "x.expand(1, 6, 4)", "x.squeeze()", "x.diagonal()", "x.unfold(0, 2, 2)",
    "x.narrow(0, 1, 2)", "x.select(1, 0)", "x.unbind()[2]", "x.split(2)[1]", "x.chunk(2)[0]", "x.tensor_split(2)[1]",
    "x.as_strided((3,), (5,))", "x.flatten()", "x.unflatten(1, (2, 2))", "x.movedim(0, 1)", "x.view(torch.int32)",
]  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_views_share_memory(view: str) -> None:
    x = torch.arange(24.0).reshape(6, 4)
    part = eval(view, {"x": x, "torch": torch})
    part.zero_()
    assert (x.numpy() == 0).sum() > 1
    assert part._version == x._version == 1


@pytest.mark.parametrize(
    "copy", ["x.flip(0)", "x.roll(1)", "x.repeat(1, 1)", "x.clone()", "x.tril()", "torch.cat([x])", "x.t().reshape(24)"]
)
def test_copies_do_not(copy: str) -> None:
    x = torch.arange(24.0).reshape(6, 4)
    eval(copy, {"x": x, "torch": torch}).fill_(-1.0)
    assert x.min() == 0
    assert x._version == 0


def test_a_view_of_a_0d_result_shares_its_memory() -> None:
    x = torch.ones(3, requires_grad=True)
    total = (x * 2).sum()
    total.view(1).mul_(5)
    assert total.item() == 30.0
    total.backward()
    assert x.grad.tolist() == [10.0, 10.0, 10.0]


def test_older_views_follow_a_base_that_is_reshaped_in_place() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    h = x * 2
    row = h[0]
    h.t_()
    h[:, 0].mul_(torch.tensor([1.0, 2.0, 3.0]))
    assert row.tolist() == [2.0, 4.0, 6.0]
    (row * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [[2.0, 40.0, 600.0], [0.0, 0.0, 0.0]]


def test_a_write_through_a_reshape_of_memory_in_column_order() -> None:
    """The base of the view lies in memory otherwise than the zeros into which its cotangent is put."""
    x = torch.ones(3, 2, requires_grad=True)
    h = x.t() * 2
    assert not h.is_contiguous()
    h.t().view(6).mul_(torch.arange(6.0))
    (h * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert x.grad.tolist() == [[0.0, 6.0], [4.0, 24.0], [16.0, 50.0]]


def test_a_leaf_that_is_a_view_stays_a_leaf() -> None:
    w = torch.ones(6).view(2, 3).requires_grad_()
    with torch.no_grad():
        w.sub_(1.0)
    assert w.requires_grad
    assert w.is_leaf
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        w.mul_(2)


def test_reshaping_a_leaf_in_place_under_no_grad() -> None:
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        w.unsqueeze_(0)
    (w * torch.tensor([[1.0, 2.0, 3.0]])).sum().backward()
    assert w.grad.tolist() == [[1.0, 2.0, 3.0]]


def test_expanded_memory_is_not_written() -> None:
    with pytest.raises(RuntimeError, match="more than one element"):
        torch.ones(1).expand(3).mul_(2)
    one = torch.ones(2, 3)
    one.expand(1, 2, 3).mul_(2)  # nothing is repeated here
    assert one.tolist() == [[2.0] * 3] * 2


def test_memory_formats() -> None:
    x = torch.ones(2, 3, 4, 5)
    assert repr(torch.channels_last) == "torch.channels_last"
    assert x.contiguous() is x
    assert x.contiguous(memory_format=torch.channels_last).stride() == (60, 1, 15, 3)
    with pytest.raises(RuntimeError, match="required rank 4 tensor to use channels_last format"):
        torch.ones(2).contiguous(memory_format=torch.channels_last)
    with pytest.raises(TypeError, match=r"torch\.memory_format, not int"):
        x.clone(memory_format=3)


def test_flip_by_name() -> None:
    assert torch.tensor([1, 2]).flip(dims=(0,)).tolist() == [2, 1]
    with pytest.raises(TypeError, match="missing 1 required positional"):
        torch.tensor([1, 2]).flip()
