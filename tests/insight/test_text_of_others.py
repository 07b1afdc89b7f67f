"""Names of classes, parameters, files and values, and graphs from files, are text in every output: neither markup nor controls."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chainrule
import chainrule as torch
from chainrule.errors import NotFiniteError
from chainrule.insight import Graph, diff, draw, explain, guard, kinks, memory, warn_broadcasts, why

NAMES = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a\x1b[31mred\x1b]0;title\x07",
    "\u202eevil\u2066",
    "x\ny\r\nz",
    '"];n0->n1;[x="',
    "`|\\$}{#_^",
]
SOURCE = """
def run(model, function, x):
    y = function.apply(model(x))
    return y.sum()

def spread(x):
    return x[:, None] - x
"""


def renamed(kind: Any, name: str) -> Any:
    kind.__name__ = kind.__qualname__ = name
    return kind


def program(name: str) -> tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]:
    """A model, a function that calls it, of which all names are that one, and a function that broadcasts."""

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_parameter(name, torch.nn.Parameter(torch.tensor([1.0, 2.0])))
            self.inner = torch.nn.Linear(2, 1)
            self.others = [torch.nn.Linear(1, 1)]

        def forward(self, x: Any) -> Any:
            return self.inner(x * self._parameters[name]).relu()

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3

    torch.manual_seed(0)
    model = renamed(Model, name)().double()
    scope: dict[str, Any] = {}
    exec(compile(SOURCE, f"{name}.py", "exec"), scope)
    return model, lambda x: scope["run"](model, renamed(Wrong, name), x), scope["spread"]


def outputs(name: str) -> Iterator[tuple[str, str]]:
    """What there is to print, with its kind."""
    model, run, spread = program(name)
    x = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    y = run(x)
    graph = Graph.of(y, names=model, label={name: x})
    stranger = Graph.from_json(graph.to_json().replace('"name": "', f'"name": {json.dumps(name)[:-1]}'))
    for one in (graph, stranger):
        drawing, explanation = draw(one), explain(one)
        yield "svg", drawing.svg()
        yield "html", drawing.html()
        yield from (("text", text) for text in (drawing.text(), drawing.dot(), drawing.mermaid(), str(explanation)))
        yield from (("text", text) for text in (explanation.latex(), explanation.markdown()))
        yield "html", explanation.html()
    yield "text", str(diff(y, run(x * 2)))
    yield "html", diff(y, run(x * 2))._repr_html_()
    yield "text", str(memory(y, model))
    yield "html", memory(y, model)._repr_html_()
    for found in (why(x, y), why(model, y)):
        yield "text", str(found)
        yield "html", found._repr_html_()
    y.backward()
    yield "text", str(why(model))
    with kinks() as found_kinks:
        run(torch.zeros(2, dtype=torch.float64))
    yield "text", str(found_kinks)
    with pytest.warns(UserWarning, match="broadcast") as warned, warn_broadcasts():
        spread(x)
    yield from (("text", str(one.message)) for one in warned)
    with pytest.raises(NotFiniteError) as error, guard():
        run(x * float("nan"))
    yield "text", str(error.value)
    report = chainrule.check(run, x)
    assert not report.ok
    yield "text", str(report)


@pytest.mark.parametrize("name", NAMES)
def test_text_of_others_stays_text(name: str) -> None:
    for kind, text in outputs(name):
        assert text.replace("\n", "").isprintable(), text
        if kind == "svg":
            assert not any(node.tag.endswith(("script", "img")) for node in ET.fromstring(text).iter())
        elif kind == "html":
            assert "<img" not in text
            assert len(re.findall("</?script", text)) in (0, 4)
