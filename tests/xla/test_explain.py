"""Graphs of values on the device "xla", and of compiled calls: their numbers are those of the same on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as torch
from chainrule.autograd import grad
from chainrule.insight import explain, memory

pytest.importorskip("jax")


def test_numbers_of_a_device() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    h = w.to("xla") * 3.0
    q = (h.exp() * h).cpu().sum()
    (chain,) = explain(q, w).chains
    np.testing.assert_allclose(chain.gradient.array, grad(q, w, retain_graph=True)[0].numpy(), rtol=1e-6)
    assert chain.count == 2


def test_memory_of_a_device() -> None:
    x = torch.ones(100, device="xla", requires_grad=True)
    y = (x.exp() * x).sum()
    report = memory(y)
    assert (report.bytes, report.retained) == (800, 400)
    assert [holder.name for holder in report.holders] == ["x"]
