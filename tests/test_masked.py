"""Masked tensors: PyTorch's golden programs, and what goes beyond them."""

from __future__ import annotations

import copy
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from masked_programs import HEAD, programs
from sparse_programs import outcome

import chainrule as torch
from chainrule.masked import as_masked_tensor, masked_tensor

GOLDEN = json.loads((Path(__file__).parent / "golden" / "masked.json").read_text(encoding="utf-8"))
AT_ONCE = 30


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No warning that the API is in prototype stage; and `from torch.masked import` finds it."""
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch.masked", torch.masked)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The PyTorch API of MaskedTensors")
        yield


@pytest.mark.parametrize("start", range(0, len(GOLDEN), AT_ONCE))
def test_as_pytorch(start: int) -> None:
    for program in programs()[start : start + AT_ONCE]:
        assert outcome(program, torch, HEAD) == GOLDEN[program], program


def test_all_programs_are_recorded() -> None:
    assert list(GOLDEN) == programs()


DATA = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.25, -1.0]])
MASK = torch.tensor([[True, False, True], [False, False, True]])


def gradient(f: Any) -> torch.Tensor:
    m = masked_tensor(DATA, MASK, requires_grad=True)
    f(m).sum().backward()
    assert m.grad.get_mask().tolist() == MASK.tolist()
    return m.grad.to_tensor(0)


@pytest.mark.parametrize(
    ("f", "plain"),
    [
        (torch.sigmoid, torch.sigmoid),
        (torch.tanh, torch.tanh),
        (torch.relu, torch.relu),
        (lambda m: m.clamp(0, 2), lambda x: x.clamp(0, 2)),
        (lambda m: torch.maximum(m, m * 2), lambda x: torch.maximum(x, x * 2)),
        (lambda m: m.to_sparse_coo().sin(), torch.sin),
        (lambda m: m.to_sparse_csr().sin() * 2, lambda x: x.sin() * 2),
        (lambda m: m[MASK], lambda x: x),
        (lambda m: m.T.unsqueeze(0).squeeze(0), lambda x: x),
        (lambda m: torch.where(MASK, m, m * 2) + m.softmax(1), lambda x: x),
    ],
)
def test_gradients_that_pytorch_lacks(f: Any, plain: Any) -> None:
    """Where a mask only hides elements, the gradient is that of an ordinary tensor at the others."""
    x = DATA.clone().requires_grad_()
    plain(x).sum().backward()
    assert torch.allclose(gradient(f), x.grad * MASK, atol=1e-6)


def test_a_part_that_is_not_used_has_no_gradient() -> None:
    m = masked_tensor(DATA, MASK, requires_grad=True)
    m.split(1)[0].sum().backward()
    assert m.grad.get_mask().tolist() == [[True, False, True], [False] * 3]


def test_norms_and_spreads() -> None:
    m = masked_tensor(DATA, MASK)
    assert m.norm().item() == pytest.approx(11**0.5)
    assert m.norm(1, 1).to_tensor(0).tolist() == [4, 1]
    assert m.var(unbiased=False).item() == pytest.approx(8 / 3)
    assert torch.masked.mean(m).item() == m.mean().item() == 1


def test_sparse_places_are_those_of_the_tensor() -> None:
    for sparse in (masked_tensor(DATA, MASK).to_sparse_coo(), masked_tensor(DATA, MASK).to_sparse_csr()):
        assert sparse.argmin().item() == 5


def test_copies() -> None:
    m = masked_tensor(DATA, MASK, requires_grad=True)
    other = copy.deepcopy(m)
    with torch.no_grad():
        other.add_(1)
    assert other.requires_grad
    assert m.to_tensor(0).tolist() == (DATA * MASK).tolist()


def test_it_warns() -> None:
    with pytest.warns(UserWarning, match="prototype"):
        masked_tensor(DATA, MASK)
    with pytest.warns(UserWarning, match="detach"):
        masked_tensor(DATA.clone().requires_grad_(), MASK)


def test_an_empty_one_is_shown() -> None:
    assert repr(as_masked_tensor(torch.empty(0), torch.empty(0, dtype=torch.bool))) == "MaskedTensor(\n  []\n)"
