"""Writes under no_grad that NumPy makes in place: the general path's values, versions and refusals, and no temporary."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest

import chainrule as torch

WRITES = {
    "add_": lambda p, other: p.add_(other),
    "sub_": lambda p, other: p.sub_(other),
    "mul_": lambda p, other: p.mul_(other),
    "div_": lambda p, other: p.div_(other),
}
TARGETS = {
    "float32": lambda: torch.linspace(-2, 3.3, 6),
    "float64": lambda: torch.linspace(-2, 3.3, 6, dtype=torch.float64),
    "float16": lambda: torch.linspace(-2, 3.3, 6, dtype=torch.float16),
    "complex": lambda: torch.linspace(-2, 3.3, 6) * (1 + 2j),
    "0-d": lambda: torch.tensor(1.5),
    "empty": lambda: torch.ones(0),
    "transposed": lambda: torch.linspace(-2, 3.3, 6).reshape(2, 3).t(),
    "a view": lambda: torch.linspace(-2, 3.3, 8)[1:7],
}
OTHERS = {
    "of its kind": lambda p: torch.linspace(0.3, 1.7, p.numel(), dtype=p.dtype).reshape(p.shape),
    "itself": lambda p: p,
    "a float": lambda p: 0.3,
    "an int": lambda p: 3,
    "nan": lambda p: float("nan"),
    "0-d": lambda p: torch.tensor(0.7),
    "float64": lambda p: torch.full(p.shape, 0.3, dtype=torch.float64),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("target", "other"), list(itertools.product(TARGETS, OTHERS)))
def test_value_and_version_are_those_of_the_general_path(write: str, target: str, other: str) -> None:
    plain = TARGETS[target]()
    general = TARGETS[target]()
    before = plain._version, general._version
    with torch.no_grad():
        assert WRITES[write](plain, OTHERS[other](plain)) is plain
    WRITES[write](general, OTHERS[other](general))
    assert str(plain) == str(general)
    assert plain.equal(general) or other == "nan"
    assert plain._version - before[0] == general._version - before[1] == 1


def test_a_saved_value_that_is_updated_is_the_in_place_error() -> None:
    w = torch.ones(3, requires_grad=True)
    out = (w * w).sum()
    with torch.no_grad():
        w.sub_(torch.ones(3))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.backward()


def test_refusals() -> None:
    memory = torch.arange(6.0)
    with torch.no_grad():
        with pytest.raises(RuntimeError, match="single memory location"):
            memory[:4].add_(memory[2:])
        with pytest.raises(RuntimeError, match="more than one element"):
            torch.ones(1).expand(3).add_(1.0)
        with pytest.raises(RuntimeError, match="broadcast shape"):
            torch.ones(1).add_(torch.ones(3))
        with pytest.raises(RuntimeError, match="cast"):
            torch.ones(2).mul_(1j)
    assert memory.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.chainrule_only
def test_an_update_takes_no_memory() -> None:
    p, g = torch.ones(100_000, requires_grad=True), torch.ones(100_000)
    with torch.no_grad():
        p.sub_(g)  # whatever is made once
        tracemalloc.start()
        try:
            p.mul_(0.5).sub_(g)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < p.nbytes / 4
