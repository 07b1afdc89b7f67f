"""Drawings: the lecture's figure, hostile names, folding, and all the forms that a drawing has."""

from __future__ import annotations

import re
import time
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import chainrule
import chainrule as torch
import chainrule.nn.functional as F
from chainrule.insight import Drawing, Graph
from chainrule.insight.folding import visible
from chainrule.insight.placing import Placed, label_box, overlap
from chainrule.insight.scene import scene
from chainrule.insight.steps import steps

from .test_model import slide

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """What stands in the picture."""
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text")]


def figure() -> Drawing:
    x, w, b, u, v, a = slide()
    return chainrule.draw(a, label={"x": x, "w": w, "b": b, "u": u, "v": v, "a": a})


class TestTheSlide:
    def test_it_says_what_the_lecture_says(self) -> None:
        svg = figure().svg()
        found = texts(svg)
        # values, operations, local derivatives, products
        assert {"x = 3", "w = 2", "b = 1", "6", "7"} <= set(found)
        assert {"*", "+", "relu"} <= set(found)
        assert {"u = x * w", "v = u + b", "a = F.relu(v)"} <= set(found)
        assert {"∂a/∂v = 1", "∂v/∂u = 1", "∂u/∂w = 3", "∂v/∂b = 1"} <= set(found)
        assert "∂a/∂w = ∂u/∂w · ∂v/∂u · ∂a/∂v = 3 · 1 · 1 = 3" in found
        assert "∂a/∂b = ∂v/∂b · ∂a/∂v = 1 · 1 = 1" in found
        assert not any("∂x" in text for text in found), "x needs no gradient"

    def test_each_thing_has_its_shape_and_its_edges(self) -> None:
        drawing = figure()
        kinds = {item.key: item.kind for item in drawing.scene.items}
        names = {value.name: value.id for value in drawing.graph.values}
        assert [kinds[names[name]] for name in "xwbuva"] == [
            "constant", "input", "input", "value", "value", "output",
        ]  # fmt: skip
        assert len(drawing.scene.links) == 8
        at = {item.key: number for number, item in enumerate(drawing.scene.items)}
        arcs = {(arc.start, arc.end) for arc in drawing.scene.arcs}
        assert arcs == {(at[names[a]], at[names[b]]) for a, b in ("av", "vu", "uw", "vb")}

    def test_a_gradient_is_a_dash_until_a_backward_has_run(self) -> None:
        _, w, b, _, _, a = slide()
        before = chainrule.draw(a)
        assert before.svg().count("grad –</tspan>") == 2
        assert "grad 0" not in before.svg()
        a.backward()
        assert "grad 3" in chainrule.draw(a).svg()
        assert w.grad is not None
        assert b.grad is not None

    def test_minus_zero_is_shown(self) -> None:
        x = torch.tensor([-1.0])
        w = torch.tensor([1.0], requires_grad=True)
        a = F.relu(x * w + 1.0)
        assert "= (-1) · 1 · 0 = -0" in chainrule.draw(a).svg()

    def test_by_its_node_alone(self) -> None:
        *_, u, v, a = slide()
        found = texts(chainrule.draw(a.grad_fn).svg())
        assert {"u = x * w", "v = u + b"} <= set(found)
        del u, v


HOSTILE = [
    "<script>alert(1)</script>",
    "</text></svg><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "]]>&lt;&amp;",
    "-->",
    "a\x00b\x1bc\ud800",
    "\u202eevil\u2066",
    '\\"];n0->n1;x[label="',
    "`end`|[(",
    "${x}{{y}}</script>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str) -> None:
    w = torch.tensor(2.0, requires_grad=True)
    drawing = chainrule.draw(torch.sin(w) * w, label={name: w})
    svg, html = drawing.svg(), drawing.html()
    tree = ET.fromstring(svg)
    assert {node.tag.removeprefix(SVG) for node in tree.iter()} <= {
        "svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text", "tspan",
    }  # fmt: skip
    assert not any(attribute.lower().startswith("on") for node in tree.iter() for attribute in node.attrib)
    assert "\u202e" not in svg
    assert html.count("<script") == 2
    assert html.count("</script>") == 2
    assert "<img" not in html
    html.encode()
    assert drawing.text().replace("\n", "").isprintable()
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", drawing.dot())
    assert "n0->n1;x" not in unquoted
    assert drawing.mermaid().count("\n") == chainrule.draw(torch.sin(w) * w, label={"w": w}).mermaid().count("\n")


def test_a_name_is_shown_as_it_is() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    assert "a<b & c = 2" in texts(chainrule.draw(w * w, label={"a<b & c": w}).svg())


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(4, 8), torch.nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        return x + self.second(F.gelu(self.first(x)))


@cache
def programs() -> dict[str, Any]:
    torch.manual_seed(0)
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    chain = torch.tensor(0.5, requires_grad=True)
    x = chain
    for _ in range(100):
        x = torch.sin(x) * chain
    blocks = torch.nn.Sequential(*[Block() for _ in range(3)])
    deep = torch.nn.Sequential(*[Block() for _ in range(42)])
    return {
        "slide": slide()[-1],
        "shared": torch.tanh(w * 3) * w + w,
        "modules": torch.nn.ModuleDict({"mlp": model, "blocks": blocks, "deep": deep}),
        "mlp": F.cross_entropy(model(torch.randn(5, 4)), torch.tensor([0, 1, 2, 0, 1])),
        "blocks": blocks(torch.randn(2, 4)).pow(2).mean(),
        "deep": deep(torch.randn(2, 4)).sum(),
        "loop": x,
        "vmap": torch.func.vmap(lambda t: (t * w).sin())(torch.ones(3, 2)).sum(),
        "several": torch.stack([w, w * 2]).unbind()[1] + w.sort()[0],
        "leaf": w,
        "wide": torch.cat([w * float(k) for k in range(30)]).sum(),
    }


NAMES = [name for name in programs() if name != "modules"]


def picture(name: str) -> Drawing:
    return chainrule.draw(programs()[name], names=programs()["modules"] if name in ("mlp", "blocks", "deep") else None)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_things_lie_on_each_other(name: str) -> None:
    placed = Placed(picture(name).scene)
    boxes = [placed.item_box(number) for number in range(len(placed.sizes))]
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    labels = [label_box(label) for label in placed.labels if label is not None]
    assert not any(overlap(one, other) for one, other in combinations(labels, 2))
    assert not any(overlap(one, other) > 15 for one in labels for other in boxes)


@pytest.mark.parametrize("name", NAMES)
def test_all_forms_are_made(name: str, tmp_path: Path) -> None:
    drawing = picture(name)
    ET.fromstring(drawing.svg())
    assert drawing.svg() == Drawing(Graph.from_json(drawing.graph.to_json())).svg()
    for suffix in ("svg", "html", "txt", "dot", "mmd", "md", "json"):
        drawing.save(tmp_path / f"picture.{suffix}")
    assert drawing.text(ascii_only=True).isascii()
    assert max(map(len, drawing.text(60).splitlines())) <= 60


def test_modules_are_folded_and_opened() -> None:
    drawing = picture("deep")
    assert len(drawing.graph.operations) > 150
    assert len(drawing.scene.items) <= 60
    assert any(item.kind == "group" for item in drawing.scene.items)
    whole = drawing.whole
    for open_ in (frozenset(), frozenset(group.key for group in whole.groups())):
        numbers: list[int] = []
        for one in visible(whole, open_):
            numbers += [one] if isinstance(one, int) else list(range(one.start, one.stop))
        assert numbers == list(range(len(drawing.graph.operations)))
    assert {item.kind for item in scene(drawing.graph, whole, open_).items} == {"input", "constant", "card", "output"}
    assert {group.label for group in whole.groups()} >= {"deep.0", "deep.41"}


def test_a_huge_graph_is_summarised_in_two_seconds() -> None:
    w = torch.tensor([1.5], requires_grad=True)
    x = w
    for _ in range(50_000):
        x = torch.sin(x) * w
    start = time.process_time()
    drawing = chainrule.draw(x)
    svg = drawing.svg()
    assert time.process_time() - start < 2
    assert len(drawing.scene.items) <= 45
    assert sum(op.params["nodes"] for op in drawing.graph.operations) == 100_000
    assert "w" in {value.name for value in drawing.graph.values}
    ET.fromstring(svg)


@pytest.mark.parametrize("name", ["slide", "shared", "mlp", "blocks", "loop"])
def test_the_steps_add_up_to_the_gradient(name: str) -> None:
    out = programs()[name].sum()
    graph = Graph.of(out)
    found = steps(graph)
    leaves = [graph.by_id[one] for one in graph.inputs]
    assert [step.edge for step in found if not step.edge] == [""]
    assert len(found) == 1 + sum(edge.backward for edge in graph.edges)
    last = {step.value: step for step in found}
    for leaf in leaves:
        assert last[leaf.id].complete
        assert last[leaf.id].so_far in (leaf.cotangent.text(), leaf.cotangent.range_text(3))


def test_a_seed_gives_several_outputs_their_cotangents() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    out = w * w
    assert steps(Graph.of(out)) == []
    assert "give draw() a seed" in chainrule.draw(out).html()
    assert steps(Graph.of(out, seed=torch.tensor([1.0, 10.0])))[-1].so_far == "[2, 40]"


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.svg"):
        figure().save(tmp_path / "picture.gif")
    with pytest.raises(TypeError, match="str"):
        chainrule.draw("w")


def test_drawing_changes_nothing() -> None:
    *_, w, b, _, _, a = slide()
    chainrule.draw(a).html()
    a.backward()
    assert (w.grad.item(), b.grad.item()) == (3, 1)


def test_pictures_in_notebooks() -> None:
    drawing = figure()
    assert drawing._repr_svg_() == drawing.svg() == drawing.graph._repr_svg_()
    assert "max-width:100%" in drawing.svg()
    assert "prefers-color-scheme:dark" in drawing.svg()
    assert str(drawing).splitlines()[0] == "a = F.relu(v)  7"


def test_notebook_shows_a_grad_fn_as_its_graph() -> None:
    w = torch.tensor([2.0], requires_grad=True)
    a = torch.relu(w * 3.0)
    node = a.grad_fn
    assert node is not None
    text = node._repr_svg_()
    assert text.startswith("<svg ")
    assert "relu" in text
    assert "<script" not in text
    assert repr(node).startswith("<ReluBackward0 object at 0x")
    assert node.next_functions[0][0].next_functions[0][0]._repr_svg_() is None  # the end at w


def covered_lines(placed: Placed) -> int:
    """How many labels lie on a line."""
    points = [point for curve in (*placed.links, *placed.arcs) for point in curve.samples(2.0)]
    boxes = [label_box(label) for label in placed.labels if label is not None]
    return sum(
        any(left < x < right and top + 2 < y < bottom - 2 for x, y in points) for left, top, right, bottom in boxes
    )


def test_labels_lie_beside_the_lines() -> None:
    x, w, v = (torch.tensor([1.0, 2.0, 3.0], requires_grad=True) for _ in range(3))
    s = torch.tensor(3.0, requires_grad=True)
    h = torch.relu(x * w) + x
    lstm = torch.sigmoid(w) * torch.tanh(x) + torch.sigmoid(v) * torch.tanh(torch.sigmoid(x) * w) + w
    for out in (s * s, s * s * s + s**3, (v / (v * v).sum().sqrt()).sum(), torch.tanh(h) + h + x, lstm):
        drawing = chainrule.draw(out)
        assert covered_lines(Placed(drawing.scene)) == 0, drawing.text()


def test_two_arcs_to_one_operand_pass_on_either_side() -> None:
    s = torch.tensor(3.0, requires_grad=True)
    placed = Placed(chainrule.draw(s * s).scene)
    assert sorted(side for side, _ in placed.sides) == [-1, 1]


def test_long_lines_keep_clear_of_what_they_pass() -> None:
    a, b, c = (torch.ones(2, 2, requires_grad=True) for _ in range(3))
    placed = Placed(chainrule.draw(torch.trace(a @ b @ c + a @ c)).scene)
    for link, curve in zip(placed.scene.links, placed.links, strict=True):
        others = set(range(len(placed.sizes))) - {link.source, link.target}
        boxes = [placed.item_box(number) for number in others]
        assert not any(
            left < x < right and top < y < bottom for x, y in curve.samples(3.0) for left, top, right, bottom in boxes
        )


def test_rounds_of_a_recurrent_cell_are_folded() -> None:
    cell, x = torch.nn.LSTMCell(2, 3), torch.randn(5, 1, 2)
    h = c = torch.zeros(1, 3)
    for step in x:
        h, c = cell(step, (h, c))
    drawing = torch.draw(h.sum())
    labels = [item.lines[0][0][1] for item in drawing.scene.items if item.kind == "group"]
    assert labels == ["1–13", "14–26", "27–39", "40–52", "53–65"]
    assert "sum" in {item.symbol for item in drawing.scene.items}
    assert not any(item.kind == "group" for item in torch.draw(h.sum(), fold=100).scene.items)


def test_inputs_that_several_stacks_read_are_one() -> None:
    model = torch.nn.Sequential(*[layer for _ in range(40) for layer in (torch.nn.Linear(2, 2), torch.nn.Tanh())])
    scene = torch.draw(model(model(torch.ones(1, 2))).sum()).scene
    shared = [item for item in scene.items if item.key == "shared inputs"]
    assert [item.lines[0][0][1] for item in shared] == ["80 inputs"]
    assert len(scene.items) < 30
    assert any("← " in text for item in scene.items for line in item.lines for _, text in line)


def test_sparse_gradient_is_shown() -> None:
    table = torch.nn.Embedding(4, 1, sparse=True)
    out = table(torch.tensor([1, 3, 1])).sum()
    out.backward()
    assert "grad [[0], [2], [0], [1]]" in str(torch.draw(out))


def test_names_that_mean_something_else_are_not_given() -> None:
    u, v = torch.nn.Linear(2, 2), "text"
    w = torch.ones(2, requires_grad=True)
    assert [value.name for value in torch.draw((w * w).exp().sum()).graph.values] == ["w", "p", "q", "r"]
    assert u is not v


def test_both_uses_of_an_operand_are_told() -> None:
    weights = [torch.tensor(float(n), requires_grad=True) for n in range(8)]
    labels = {arc.label for arc in chainrule.draw(sum(w * w for w in weights)).scene.arcs}
    assert {"3 + 3", "1"} <= labels
    assert "3" not in labels
    w = weights[3]
    assert "∂u/∂w = 3 + 3" in str(chainrule.draw(w * w, label={"w": w}))
