"""A scene as text for other programs: DOT for Graphviz, Mermaid for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scene import Item, Scene

SHAPES = {"operation": "circle", "constant": "box", "input": "box", "group": "box3d"}
FILLS = {
    "input": "#d9f2e3", "constant": "#eef5f0", "value": "#fdecc8", "output": "#e6dcf5", "card": "#f6f7f9",
    "group": "#e3edf8", "operation": "#ffffff",
}  # fmt: skip


def lines_of(item: Item) -> list[str]:
    lines = ["".join(text for _, text in line) for line in item.lines]
    return [item.symbol, *lines] if item.symbol else lines


def dot(scene: Scene) -> str:
    """Graphviz's language."""
    rows = ["digraph chainrule {", f"  label={quoted(scene.title)};", "  node [style=filled, fontname=Helvetica];"]
    for number, item in enumerate(scene.items):
        shape, style = SHAPES.get(item.kind, "box"), "filled,dashed" if item.kind == "constant" else "filled"
        if item.kind in ("value", "output", "card"):
            style = "filled,rounded"
        label, tip = quoted("\n".join(lines_of(item))), quoted(item.title)
        rows.append(
            f'  n{number} [label={label}, shape={shape}, style="{style}", fillcolor="{FILLS[item.kind]}", tooltip={tip}];'
        )
    rows += [f"  n{link.source} -> n{link.target};" for link in scene.links]
    rows += [
        f'  n{arc.start} -> n{arc.end} [label={quoted(arc.label)}, color="#b3261e", fontcolor="#b3261e", constraint=false];'
        for arc in scene.arcs
    ]
    return "\n".join([*rows, "}"]) + "\n"


def quoted(text: str) -> str:
    """A string of DOT."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", " ").replace("\0", " ")
    return f'"{escaped}"'


def mermaid(scene: Scene) -> str:
    """Mermaid's language, which GitHub and many documentation tools draw."""
    rows = ["flowchart TB" if scene.folded or len(scene.items) > 24 else "flowchart LR"]
    for number, item in enumerate(scene.items):
        label = "<br/>".join(entities(line) for line in lines_of(item))
        left, right = {
            "operation": ("((", "))"),
            "group": ("[[", "]]"),
            "input": ("[", "]"),
            "constant": ("[", "]"),
        }.get(item.kind, ("(", ")"))
        rows.append(f'  n{number}{left}"{label}"{right}')
    rows += [f"  n{link.source} --> n{link.target}" for link in scene.links]
    rows += [f'  n{arc.start} -. "{entities(arc.label) or " "}" .-> n{arc.end}' for arc in scene.arcs]
    back = range(len(scene.links), len(scene.links) + len(scene.arcs))
    if back:
        rows.append(f"  linkStyle {','.join(map(str, back))} stroke:#b3261e,color:#b3261e")
    for kind in ("input", "value", "output"):
        members = [f"n{number}" for number, item in enumerate(scene.items) if item.kind == kind]
        if members:
            rows.append(f"  classDef {kind} fill:{FILLS[kind]},stroke:#555,color:#111")
            rows.append(f"  class {','.join(members)} {kind}")
    return "\n".join(rows) + "\n"


def entities(text: str) -> str:
    """A text of Mermaid: letters, digits and a few signs as they are, the rest by number."""
    return "".join(c if c.isalnum() or c in " .,=+*/∂–…·" else f"#{ord(c)};" for c in text)
