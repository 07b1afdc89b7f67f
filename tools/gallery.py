"""Write docs/gallery.md and its pictures: graphs of small programs, drawn by ``chainrule.draw``.

python tools/gallery.py
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chainrule
import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn

if TYPE_CHECKING:
    from chainrule.insight import Drawing

PAGE = Path(__file__).parents[1] / "docs" / "gallery.md"
PICTURES = PAGE.parent / "gallery"
EXAMPLES: dict[str, Callable[[], Drawing]] = {}


def example(function: Callable[[], Drawing]) -> Callable[[], Drawing]:
    EXAMPLES[function.__name__] = function
    return function


@example
def lecture() -> Drawing:
    """The figure of the lecture: inputs, operations, values, local derivatives, and their products."""
    x = torch.tensor([3.0])
    w = torch.tensor([2.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    u = x * w
    v = u + b
    a = F.relu(v)
    return chainrule.draw(a)


@example
def minus_zero() -> Drawing:
    """At the kink of relu the derivative is taken as 0, and 0 times -1 is -0."""
    x = torch.tensor([-1.0])
    w = torch.tensor([1.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    return chainrule.draw(a)


@example
def shared() -> Drawing:
    """A weight that is used three times: its gradient is a sum over three ways."""
    w = torch.tensor(2.0, requires_grad=True)
    x = torch.tensor(3.0)
    h = w * x
    y = w * h + w
    return chainrule.draw(y)


@example
def least_squares() -> Drawing:
    """After a backward: gradients instead of dashes."""
    X = torch.tensor([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]])
    y = torch.tensor([1.0, 0.0, 2.0])
    w = torch.tensor([1.0, -1.0], requires_grad=True)
    b = torch.tensor(0.5, requires_grad=True)
    error = X @ w + b - y
    loss = (error**2).mean()
    loss.backward()
    return chainrule.draw(loss)


@example
def perceptron() -> Drawing:
    """A small network. What is too large to be written out is described: g is the cotangent that arrives."""
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4))
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.25)
    x, y = torch.ones(5, 3), torch.tensor([0, 1, 2, 3, 0])
    loss = F.cross_entropy(model(x), y)
    return chainrule.draw(loss)


@example
def recurrent() -> Drawing:
    """Three steps of a recurrence through shared weights: each operation and its result are one card."""
    w = torch.tensor([[1.0, 0.5], [0.0, 1.0]], requires_grad=True)
    v = torch.tensor([[0.5, 0.0], [0.5, 1.0]], requires_grad=True)
    h = torch.zeros(2)
    for x in torch.eye(2).tile(2, 1)[:3]:
        h = F.relu(w @ h + v @ x)
    loss = h.sum() * 2.0 - h.prod()
    return chainrule.draw(loss, fold=20)


@example
def attention() -> Drawing:
    """Attention of three words."""
    words = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    query = torch.eye(2).requires_grad_()
    key = torch.eye(2).requires_grad_()
    value = torch.eye(2).requires_grad_()
    scores = (words @ query) @ (words @ key).T / 2.0
    out = F.softmax(scores, dim=-1) @ (words @ value)
    total = out.sum()
    return chainrule.draw(total)


class Block(nn.Module):
    """A residual block."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        return x + self.second(F.relu(self.first(self.norm(x))))


@example
def folded() -> Drawing:
    """Four residual blocks, folded: a page made by ``html()`` opens them one by one."""
    model = nn.Sequential(Block(), Block(), Block(), Block(), nn.Linear(4, 1))
    out = model(torch.ones(3, 4)).mean()
    return chainrule.draw(out, fold=8)


@example
def unfolded() -> Drawing:
    """One of these blocks, open."""
    block = Block()
    for parameter in block.parameters():
        nn.init.constant_(parameter, 0.5)
    x = torch.tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    y = block(x)
    return chainrule.draw(y, seed=torch.ones(1, 4))


@example
def loop() -> Drawing:
    """A loop of 400 operations, in stretches. The weight that all of them read is named where it is read."""
    x = w = torch.tensor(0.5, requires_grad=True)
    for _ in range(200):
        x = torch.sin(x) * w
    return chainrule.draw(x)


@example
def batch() -> Drawing:
    """From outside of vmap an operation stands for several derivatives; drawn within the function, the first element is shown."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.func.vmap(lambda t: (t * w).sum())(torch.ones(3, 2)).sum()
    return chainrule.draw(y)


def source(function: Callable[[], Drawing]) -> str:
    """An example's lines, as a reader would type them."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    body = textwrap.dedent("\n".join(lines[2:])).partition("\n")[2]
    return body.replace("return chainrule", "chainrule")


def page() -> str:
    """The page's text."""
    parts = [
        "# Gallery",
        "",
        "Graphs of small programs, as `chainrule.draw` shows them. Written by `tools/gallery.py`; [drawing.md](drawing.md) says how.",
        "A residual block is `x + second(relu(first(norm(x))))`.",
    ]
    for name, function in EXAMPLES.items():
        title = name.replace("_", " ").capitalize()
        parts += ["", f"## {title}", "", str(function.__doc__), "", "```python", source(function), "```", ""]
        parts += [f"![{title}](gallery/{name}.svg)"]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write the page and the pictures."""
    PICTURES.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    for name, function in EXAMPLES.items():
        torch.manual_seed(0)
        function().save(PICTURES / f"{name}.svg")
    print(f"wrote {PAGE} and {len(EXAMPLES)} pictures")


if __name__ == "__main__":
    main()
