"""Graphs of tensors on the device "xla"."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule.insight import Graph

pytest.importorskip("jax")


def test_a_graph_on_the_device() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True, device="xla")
    u = w * w
    y = u.sum()
    graph = Graph.of(y)
    assert graph.value("u").numbers.data == [1.0, 4.0]
    assert graph.value("w").cotangent.data == [2.0, 4.0]
    assert [edge.local.data for edge in graph.edges] == [[1.0, 2.0], [1.0, 2.0], [1.0, 1.0]]


def test_a_program_is_one_operation() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    square = torch.compile(lambda t: (t * t).sum())
    square(w)
    y = square(w)
    graph = Graph.of(y)
    assert len(graph.operations) == 1
    assert graph.value("w").cotangent.data == [2.0, 4.0]


def test_a_value_that_moves_to_the_device_and_back() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (w.to("xla") * 3.0).to("cpu").sum()
    graph = Graph.of(y)
    assert [op.symbol for op in graph.operations] == ["to xla", "*", "to cpu", "sum"]
    assert graph.value("w").cotangent.data == [3.0, 3.0]
    assert all(value.numbers is not None for value in graph.values)
