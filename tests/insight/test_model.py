"""The read-only model of a graph."""

from __future__ import annotations

import gc
from functools import partial
from typing import Any

import numpy as np
import pytest

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn
from chainrule.core.alive import alive
from chainrule.core.node import Node
from chainrule.insight import Graph


def slide() -> Any:
    x = torch.tensor([3.0])
    w = torch.tensor([2.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    u = x * w
    v = u + b
    a = F.relu(v)
    return x, w, b, u, v, a


def locals_of(graph: Graph) -> dict[tuple[str, str], Any]:
    """(output name, input name) -> local derivative."""
    return {
        (graph.by_id[graph.by_id[edge.target].outputs[0]].name, graph.by_id[edge.source].name): edge.local.number
        for edge in graph.edges
        if edge.backward and edge.local is not None
    }


SLIDE = {("a", "v"): 1.0, ("v", "u"): 1.0, ("u", "w"): 3.0, ("v", "b"): 1.0}


def test_the_slide() -> None:
    x, w, b, u, v, a = slide()
    graph = Graph.of(a)
    assert {one.name: one.numbers.number for one in graph.values if one.numbers} == {
        "x": 3, "w": 2, "u": 6, "b": 1, "v": 7, "a": 7,
    }  # fmt: skip
    assert [op.symbol for op in graph.operations] == ["*", "+", "relu"]
    assert locals_of(graph) == SLIDE
    assert {one.name: one.role for one in graph.values}["x"] == "constant"
    assert all(one.grad is None for one in graph.values)
    assert graph.value("w").cotangent.number == 3
    assert w.grad is None
    assert b.grad is None
    del x, u, v


def test_the_slide_once_it_is_freed_and_its_variables_are_gone() -> None:
    _, w, _b, *_, a = slide()
    del _
    a.backward()
    graph = Graph.of(a)
    assert [(one.name, one.known, one.numbers.number) for one in graph.values] == [
        ("3", "replayed", 3), ("w", "leaf", 2), ("u", "replayed", 6), ("b", "leaf", 1), ("v", "replayed", 7), ("a", "variable", 7),
    ]  # fmt: skip
    assert [one.number for edge in graph.edges if (one := edge.local)] == [3, 1, 1, 1]
    assert w.grad is not None
    assert graph.value("w").grad.number == 3


def test_what_cannot_be_told_of_a_freed_graph_is_not_known() -> None:
    w = torch.tensor([2.0], requires_grad=True)
    a = F.relu(w * -torch.rand(1) - 1)
    a.backward()
    graph = Graph.of(a)
    assert [one.name for one in graph.values] == ["w", "?", "u", "1", "v", "a"], "0 comes out whatever the factor was"
    assert graph.value("u").numbers is None
    assert graph.operations[0].problem
    assert "retain_graph=True" in graph.note
    assert graph.value("w").grad.number == 0


def test_a_freed_graph_of_modules_is_made_again() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    data, target = torch.randn(5, 2, 3), torch.tensor([0, 1, 1, 0, 1])
    loss = F.cross_entropy(model(data), target)
    before = Graph.of(loss)
    loss.backward()
    graph = Graph.of(loss)
    assert all(one.numbers is not None for one in graph.values)
    assert [edge.contribution for edge in graph.edges if edge.backward] == [
        edge.contribution for edge in before.edges if edge.backward
    ]
    assert {one.name for one in graph.values if one.role == "constant"} == {"target", "u"}
    with torch.no_grad():
        model[1].weight += 1
    assert any(one.numbers is None for one in Graph.of(loss).values), "the leaves are not what they were"


def test_a_freed_graph_of_a_recurrent_layer_is_made_again() -> None:
    torch.manual_seed(0)
    model = nn.LSTM(3, 4, batch_first=True)
    data = torch.randn(2, 5, 3)
    loss = model(data)[0].square().mean()
    loss.backward()
    assert all(one.numbers is not None for one in Graph.of(loss).values)
    del data


def test_a_freed_graph_is_replayed_from_leaves_and_variables() -> None:
    x, w = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True)
    a = F.relu(w * x - 4.0)
    a.backward()
    graph = Graph.of(a)
    assert [(one.name, one.known, one.numbers.number) for one in graph.values] == [
        ("w", "leaf", 2), ("x", "source", 3), ("u", "replayed", 6), ("4", "source", 4), ("v", "replayed", 2),
        ("a", "variable", 2),
    ]  # fmt: skip
    assert locals_of(graph) == {("u", "w"): 3.0, ("v", "u"): 1.0, ("a", "v"): 1.0}


def test_cotangents_are_those_of_autograd() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    data = torch.randn(5, 3)
    loss = F.cross_entropy(model(data), torch.tensor([0, 1, 1, 0, 1]))
    graph = Graph.of(loss, names=model)
    loss.backward()
    for name, parameter in model.named_parameters():
        value = graph.value(name)
        np.testing.assert_array_equal(value.cotangent.array, parameter.grad.numpy())
        total = sum(edge.contribution.array for edge in graph.edges_from[value.id])
        np.testing.assert_array_equal(total, parameter.grad.numpy())


def test_modules_give_scopes() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(2, 3), nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            hidden = F.relu(self.first(x))
            return x + self.second(hidden)

    blocks = nn.Sequential(Block(), Block())
    graph = Graph.of(blocks(torch.ones(1, 2)).sum())
    assert [op.scope for op in graph.operations] == [
        "blocks.0.first", "blocks.0", "blocks.0.second", "blocks.0", "blocks.1.first", "blocks.1", "blocks.1.second", "blocks.1", "",
    ]  # fmt: skip
    assert [one.name for one in graph.values if one.named == "source"] == ["hidden₁", "hidden₂"]


def test_json_there_and_back() -> None:
    w = torch.tensor([1.0, float("inf"), float("nan")], requires_grad=True)
    big = torch.arange(100.0).requires_grad_()
    graph = Graph.of((w * -0.0).sum() + big[1:].std())
    again = Graph.from_json(graph.to_json())
    assert again.to_json() == graph.to_json()
    assert again.value("big").numbers.stats == graph.value("big").numbers.stats
    assert again.operations[0].origin == graph.operations[0].origin
    with pytest.raises(ValueError, match="version"):
        Graph.from_json('{"version": 99}')


def hooked(seen: list[Any], *given: Any) -> None:
    seen.append(given)


def test_nothing_is_changed_or_kept() -> None:
    gc.collect()
    before = len(alive(Node))
    w = torch.tensor([2.0], requires_grad=True)
    seen: list[Any] = []
    out = w * 3
    out.grad_fn.register_hook(partial(hooked, seen))
    graph = Graph.of(out)
    out.backward()
    assert len(seen) == 1
    assert w.grad.item() == 3
    with torch.no_grad():
        w += 1
    assert graph.value("w").numbers.number == 2
    del out, w, seen
    gc.collect()
    assert len(alive(Node)) == before


@pytest.mark.parametrize(("what", "error"), [(3, TypeError), ([3], TypeError), (torch.ones(2), ValueError)])
def test_what_has_no_graph(what: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Graph.of(what)


def test_a_seed_of_another_shape() -> None:
    with pytest.raises(ValueError, match="seed"):
        Graph.of(torch.ones(2, requires_grad=True) * 2, seed=torch.ones(3))


def test_what_cannot_be_known() -> None:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    w = torch.ones(2, requires_grad=True)
    graph = Graph.of((Double.apply(w) + torch.ones(2).cos()).prod())
    names = {one.name: one for one in graph.values}
    assert names["?"].numbers is None
    assert names["?"].shape is None
    assert graph.operations[0].name == "Double"
    assert names["w"].cotangent is not None, "prod kept what it needs"
    batched = Graph.of(torch.func.vmap(lambda t: t * w)(torch.ones(3, 2)).sum())
    assert any("transform" in op.problem for op in batched.operations)
    assert batched.value("w").cotangent is None


def test_an_operand_that_stands_twice() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    base = torch.zeros(3)
    base[1:] = w
    graph = Graph.of((base * base).sum())
    assert [op.name for op in graph.operations] == ["copy", "put_path", "multiply", "sum_all"]
    assert graph.value("w").cotangent.data == [2.0, 4.0]
    assert len(graph.edges_from[graph.value("base").id]) == 2


def test_hooks_that_pack_are_not_run() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    run: list[Any] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: run.append(x) or x):
        y = w.exp().sin()
    graph = Graph.of(y)
    assert not run
    assert graph.value("y").numbers is not None
    # The operand of exp is a leaf, so that exp can be run again; sin, whose operand exp kept, too.
    assert all(edge.local is not None for edge in graph.edges)


def test_what_was_overwritten_is_not_shown_as_what_it_was() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    z = w * 2.0
    y = z.sin()
    z.add_(1)
    graph = Graph.of(y)
    assert "modified by an inplace operation" in graph.operations[-1].problem
    assert graph.by_id[graph.operations[-1].inputs[0]].numbers.data == [2.0, 4.0]


class Regression:
    """A model that is no module."""

    def __init__(self) -> None:
        self.w = torch.tensor([1.0, 2.0], requires_grad=True)
        self.parts = [torch.tensor(3.0, requires_grad=True)]

    def graph(self) -> Graph:
        layers = {"first": self.w * 2.0}
        return Graph.of((layers["first"] * self.parts[0]).sum())


def test_names_of_what_is_held_by_lists_dicts_and_self() -> None:
    names = {value.name: value.named for value in Regression().graph().values}
    assert names["self.w"] == "variable"
    assert names["layers['first']"] == "variable"


# -- inside of transforms ------------------------------------------------------------------------------------------------


def test_inside_of_vmap_the_first_element_is_shown() -> None:
    graphs = []

    def loss(w: Any, x: Any) -> Any:
        h = torch.tanh((x * w).sum())
        graphs.append(Graph.of(h, label={"w": w}))
        return h

    w, x = torch.tensor([0.5, 1.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    rows = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(w, x)
    (graph,) = graphs
    assert graph.note == "inside of vmap: the first of 3 elements"
    assert graph.value("h").numbers.number == torch.tanh(x[0] @ w).item()
    assert np.allclose(graph.value("w").cotangent.array, rows[0].numpy())
    assert not any(op.problem for op in graph.operations)
    assert Graph.from_json(graph.to_json()).note == graph.note
    assert graph.note in str(torch.explain(graph))
    assert "the first of 3 elements" in torch.draw(graph).svg()


def test_inside_of_forward_mode_the_primals_are_shown() -> None:
    graphs = []

    def loss(w: Any) -> Any:
        total = (w.sin() * w).sum()
        graphs.append(Graph.of(total))
        return total

    w = torch.tensor([0.5, 1.0], requires_grad=True)
    torch.func.jvp(loss, (w,), (torch.ones(2),))
    (graph,) = graphs
    assert graph.note == "forward mode: the primal numbers"
    (expected,) = torch.autograd.grad(loss(w), w)
    (leaf,) = (value for value in graph.values if value.role == "input")
    assert np.allclose(leaf.cotangent.array, expected.numpy())


def test_nested_batches() -> None:
    graphs = []

    def loss(w: Any) -> Any:
        y = (w * w).sum()
        graphs.append(Graph.of(y, label={"w": w}))
        return y

    table = torch.arange(12.0).reshape(2, 3, 2) + 1
    torch.func.vmap(torch.func.vmap(torch.func.grad(loss)))(table)
    assert graphs[0].note == "inside of vmap: the first of 2 elements; inside of vmap: the first of 3 elements"
    assert graphs[0].value("w").cotangent.data == [2.0, 4.0]


def test_seen_from_outside_of_vmap_the_first_element_is_shown() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    w = torch.tensor([2.0, 5.0], requires_grad=True)
    graph = Graph.of(torch.vmap(lambda row: (row * w).sum())(x).sum())
    assert graph.note == "inside of vmap: the first of 2 elements"
    product = next(op for op in graph.operations if op.symbol == "*")
    local = {edge.position: edge.local for edge in graph.edges if edge.target == product.id}
    assert [one.data for _, one in sorted(local.items()) if one is not None] == [[2.0, 5.0], [1.0, 2.0]]
    # What goes through the border of the batch stands for several derivatives; so no number is claimed behind it.
    assert any("stands for several derivatives" in op.problem for op in graph.operations)
    assert graph.value("w").cotangent is None


def test_a_number_added_in_place_is_known() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    h += 3
    h.view(2)[0] += 1
    assert all(value.numbers is not None for value in Graph.of(h.sum()).values)


def test_a_freed_graph_is_made_again_among_other_graphs_of_the_caller() -> None:
    others = [torch.ones(1, requires_grad=True) * number for number in range(20)]
    layer, x = nn.Linear(2, 1), torch.tensor([[1.0, 2.0]])
    loss = torch.tanh(layer(x)).sum()
    loss.backward()
    assert all(value.numbers is not None for value in Graph.of(loss).values)
    assert len(others) == 20


def test_the_zero_that_a_sum_begins_with() -> None:
    terms = [torch.tensor(float(number), requires_grad=True) for number in range(3)]
    graph = Graph.of(sum(terms))
    assert [value.name for value in graph.values if value.role == "constant"] == ["0"]
    assert all(value.numbers is not None for value in graph.values)


def test_a_dim_is_no_operand() -> None:
    a, b = torch.ones(2, 3, requires_grad=True), torch.zeros(2, 3)
    graph = torch.draw(torch.cat((a, b), 1)).graph
    assert [value.named for value in graph.values if value.role == "constant"] == ["derived"]


def test_parameters_of_modules_in_a_list() -> None:
    layers = [nn.Linear(2, 2) for _ in range(2)]
    x = torch.ones(1, 2)
    for layer in layers:
        x = layer(x)
    names = {value.name for value in torch.draw(x).graph.values if value.role == "input"}
    assert names == {"layers[0].weight", "layers[0].bias", "layer.weight", "layer.bias"}


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Linear(4, 4)
        self.out = nn.Linear(2, 1)

    def forward(self, x: Any) -> Any:
        a, b = [part.tanh() for part in self.into(x).split(2, 1)]
        return self.out(a * b)


def test_a_comprehension_is_of_the_module_it_stands_in() -> None:
    model = nn.Sequential(Heads(), nn.Linear(1, 1), nn.Linear(1, 1))
    graph = torch.draw(model(torch.ones(1, 4)), names=model).graph
    scopes = {op.symbol: op.scope for op in graph.operations}
    assert scopes["tanh"] == scopes["*"] == "0"
