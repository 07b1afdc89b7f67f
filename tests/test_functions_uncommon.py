"""Functions that few programs call, as PyTorch does them (golden/uncommon.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expressions import close, outcome

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "uncommon.json").read_text())

TOLERANCE = 2e-6

OTHER_NODE = {
    "torch.index_reduce(s, 0, torch.tensor(0), s * 3, 'prod')", "torch.vander(v, 2, increasing=True)", "m.resize(3, 2)",
    "m.resize_as(n.T)", "torch.norm_except_dim(m)", "torch.norm_except_dim(x, 2, 1)",
    "torch.norm_except_dim(v)", "torch.frobenius_norm(m, (0, 1))", "torch.frobenius_norm(x, 1, True)",
}  # fmt: skip
"""Programs whose last node PyTorch calls otherwise: it takes other steps there."""


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    if "raises" in want:
        assert got["raises"] == want["raises"], got
        return
    assert "raises" not in got, got
    assert len(got["values"]) == len(want["values"])
    for one, other in zip(got["values"], want["values"], strict=True):
        if isinstance(other, str):
            assert one == other
            continue
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        assert close(one["data"], other["data"], TOLERANCE)
        assert program in OTHER_NODE or one.get("nodes", [""])[0] == other.get("nodes", [""])[0]
        for leaf, gradient in (other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient, TOLERANCE), leaf


# -- in batches, in forward mode, in every grad mode ----------------------------------------------------------------------

MASK = torch.tensor([True, False, True])
FUNCTIONS = {
    "cov": torch.cov,
    "corrcoef": torch.corrcoef,
    "gradient": lambda x: torch.gradient(x, spacing=[0.5, 2.0])[1],
    "gradient at coordinates": lambda x: torch.gradient(x, dim=1, spacing=(x[0].cumsum(0),), edge_order=2)[0],
    "vander": lambda x: torch.vander(x[0], 4),
    "segment_reduce": lambda x: torch.segment_reduce(x, "prod", lengths=torch.tensor([2, 1])),
    "renorm": lambda x: x.renorm(2, 0, 1.0),
    "index_reduce": lambda x: x.index_reduce(0, torch.tensor([0, 0]), x[1:] * 2, "mean"),
    "select_scatter": lambda x: torch.select_scatter(x, x[0] * 2, 1, -1),
    "as_strided_scatter": lambda x: torch.as_strided_scatter(x, x[0] * 2, (3,), (2,)),
    "unfold_copy": lambda x: torch.unfold_copy(x, 0, 2, 1),
    "unsafe_chunk": lambda x: torch.cat([part.mul_(x[:2]) for part in torch.unsafe_chunk(x[:2] * 1, 1)]),
    "masked.mean": lambda x: torch.masked.mean(x, 1, mask=MASK),
    "masked.std": lambda x: torch.masked.std(x, mask=x > 0.2),
    "masked.softmax": lambda x: torch.masked.softmax(x, 1, mask=MASK),
    "sum_to_size": lambda x: x.sum_to_size(3, 1) * x,
    "histogram": lambda x: torch.histogram(x.detach(), 3).hist + x[0] * 0,
    "nonzero_static": lambda x: torch.nonzero_static(x > 0.4, size=4) * x[0, 0],
    "resize_": lambda x: x.detach().clone().resize_(2, 2) * x[0, 0],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_batch_is_a_loop_and_both_modes_agree(name: str) -> None:
    f = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    batch, direction = (torch.tensor(rng.uniform(0.1, 1, (2, 3, 3))) for _ in range(2))
    torch.testing.assert_close(torch.vmap(f)(batch), torch.stack([f(x) for x in batch]))
    x, v = batch[0], direction[0]
    value, tangent = torch.func.jvp(f, (x,), (v,))
    torch.testing.assert_close(value, f(x))
    torch.testing.assert_close(tangent, torch.einsum("...ij,ij->...", torch.func.jacrev(f)(x), v))


def test_copies_in_every_mode() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        with mode():
            y = torch.transpose_copy(x, 0, 1)
            assert y.equal(x.t())
            assert not y._is_view()
            y.zero_()
            assert torch.unbind_copy(x)[1].equal(x[1])
    assert x.sum() == 15


def test_a_refused_call_changes_nothing() -> None:
    x, out = torch.ones(2, 3), torch.zeros(2, 3)
    for call in (
        lambda: torch.select_scatter(x, torch.ones(2), 0, 0, out=out),
        lambda: x.index_reduce_(0, torch.tensor([0, 5]), x, "mean"),
        lambda: x.renorm_(2, 0, -1.0),
        lambda: x.gcd_(x),
        lambda: x.apply_(lambda number: "a"),
        lambda: torch.narrow_copy(x, 1, 0, 2, out=out.int()),
    ):
        before = x._version, out._version
        with pytest.raises((RuntimeError, IndexError, NotImplementedError, ValueError)):
            call()
        assert (x._version, out._version) == before
        assert x.sum() == 6
        assert out.sum() == 0
