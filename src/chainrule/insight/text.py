"""A scene as text for terminals: from the output back to the inputs, as a tree whose trunk is the deepest way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scene import Scene, broken, shortened

if TYPE_CHECKING:
    from .scene import Item

ASCII = str.maketrans(
    {
        "├": "|", "└": "`", "─": "-", "│": "|", "∂": "d", "–": "-", "…": "..", "·": "*", "⊙": "(.)", "←": "<-", "×": "x",
        "Σ": "sum", "ᵀ": "^T", "²": "^2", "³": "^3", "√": "sqrt ", "−": "-", "₀": "_0", "₁": "_1", "₂": "_2", "₃": "_3",
        "₄": "_4", "₅": "_5", "₆": "_6", "₇": "_7", "₈": "_8", "₉": "_9",
    }
)  # fmt: skip


def text(scene: Scene, width: int = 100, ascii_only: bool = False) -> str:
    """Lines of at most ``width`` characters."""
    notes = [line for rule in scene.notes for line in broken(rule, width)]
    lines = [*tree(scene), *([""] if notes else []), *notes]
    if ascii_only:
        lines = [line.translate(ASCII).encode("ascii", "replace").decode() for line in lines]
    ellipsis = "..." if ascii_only else "…"
    room = width + 1 - len(ellipsis)
    lines = [line if len(line) <= width else shortened_line(line, room).replace("…", ellipsis) for line in lines]
    return "\n".join(lines) + "\n"


def shortened_line(line: str, width: int) -> str:
    start = len(line) - len(line.lstrip(" │├└─|`-"))
    return line[:start] + shortened(line[start:], max(width - start, 8))


def tree(scene: Scene) -> list[str]:
    """The scene line by line."""
    operands = operands_of(scene)
    depth = depths(scene, operands)
    read = {one for found in operands.values() for one, _ in found}
    drawn = [n for n, item in enumerate(scene.items) if item.kind != "operation"]
    roots = [n for n in reversed(drawn) if n not in read]
    lines: list[str] = []
    seen: set[int] = set()
    # Each entry is what stands in front, the item, and whether it goes on with the trunk.
    stack: list[tuple[str, str, int, str]] = [("", "", root, "") for root in reversed(roots)]
    while stack:
        before, branch, number, label = stack.pop()
        words = described(scene.items[number])
        if label and not branch:
            lines.append(f"{before}│ {label}")
        if number in seen:
            lines.append(
                f"{before}{branch}{label + ': ' if label and branch else ''}{words.partition('  ')[0]} (above)"
            )
            continue
        seen.add(number)
        lines.append(f"{before}{branch}{label + ': ' if label and branch else ''}{words}")
        inner = before + {"": "", "├─ ": "│  "}[branch]
        found = operands[number]
        if not found:
            continue
        trunk = max(range(len(found)), key=lambda at: (depth[found[at][0]], at))
        aside = [pair for at, pair in enumerate(found) if at != trunk]
        operand, label = found[trunk]
        stack.append((inner, "", operand, label or " "))
        stack += [(inner, "├─ ", one, said) for one, said in reversed(aside)]
    return [line.rstrip() for line in lines]


def described(item: Item) -> str:
    """An item on one line."""
    lines = ["".join(text for _, text in line) for line in item.lines]
    mark = f"  [{item.symbol}]" if item.symbol else ""
    end = {"constant": "  (no gradient)", "group": "  (folded)"}.get(item.kind, "")
    return lines[0] + mark + "".join(f"  {line}" for line in lines[1:]) + end


def operands_of(scene: Scene) -> dict[int, list[tuple[int, str]]]:
    """Item -> (operand, local derivative) of what it was made from, past the operation between."""
    into: dict[int, list[int]] = {}
    for link in scene.links:
        into.setdefault(link.target, []).append(link.source)
    labels: dict[tuple[int, int], list[str]] = {}
    for arc in scene.arcs:
        labels.setdefault((arc.start, arc.end), []).append(arc.label)
    found: dict[int, list[tuple[int, str]]] = {}
    for number, item in enumerate(scene.items):
        if item.kind == "operation":
            continue
        sources: list[int] = []
        for one in into.get(number, []):
            sources += into.get(one, []) if scene.items[one].kind == "operation" else [one]
        found[number] = [(one, summed(labels.get((number, one), [""]))) for one in dict.fromkeys(sources)]
    return found


def summed(labels: list[str]) -> str:
    """``∂u/∂w = 3 + 3`` of the labels of an operand that stands twice."""
    first, *others = labels
    name = first.partition(" = ")[0]
    return " + ".join([first, *[one.removeprefix(f"{name} = ") for one in others]])


def depths(scene: Scene, operands: dict[int, list[tuple[int, str]]]) -> dict[int, int]:
    """How long the way back is; items come after their operands."""
    depth: dict[int, int] = {}
    for number in range(len(scene.items)):
        if number in operands:
            depth[number] = 1 + max((depth[one] for one, _ in operands[number]), default=0)
    return depth
