"""What a drawing shows, before anything has a place: items, links and backward arcs, with their words.

Small graphs are drawn as the lecture draws them: boxes for values, circles for operations. In larger ones an operation and
its result are one card, and groups of operations one stack of cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .folding import CROWD, Group, summary, visible
from .model import Edge, Graph, Operation, Value, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

LECTURE = 12
"""Operations up to which values and operations are drawn apart..."""
ARCS = 5
"""...if no more operands than that go into one of them: their arcs would lie too close."""
SHARED = 8
"""Leaves that several stacks read, beyond which they are drawn as one."""
LONG = 24
"""Characters of numbers or an expression beyond which they are left to the tooltip."""
OPERAND = re.compile(r"(?<!\w)[xyw](?=ᵀ|\W|$)")
"""An operand's name in an action."""
NOT_RUN = "–"
"""Stands for a gradient as long as no backward has run."""

Span = tuple[str, str]
"""(style, text)."""
Line = tuple[Span, ...]


@dataclass(frozen=True)
class Item:
    """Something with a place: a value, an operation, both on a card, or a group."""

    key: str
    kind: str
    """"input", "constant", "value", "output", "operation", "card" or "group"."""
    lines: tuple[Line, ...]
    title: str
    """All that is known, for tooltips and screen readers."""
    symbol: str = ""
    operations: tuple[str, ...] = ()
    """Ids of the operations that it stands for."""
    group: str = ""
    """The key of the group that it is, or is in."""


@dataclass(frozen=True)
class Link:
    """A forward edge between items, by their numbers."""

    source: int
    target: int
    backward: bool
    """Whether a gradient goes back along it."""
    keys: tuple[str, ...]
    """The edges of the model that it stands for."""


@dataclass(frozen=True)
class Arc:
    """A backward edge: from a result to an operand, past the operation between them where that is drawn apart."""

    start: int
    via: int | None
    end: int
    label: str
    title: str
    keys: tuple[str, ...]
    links: tuple[int, ...]
    """The links that it runs beside, from the result."""


@dataclass(frozen=True)
class Scene:
    """One picture."""

    title: str
    description: str
    items: tuple[Item, ...]
    links: tuple[Link, ...]
    arcs: tuple[Arc, ...]
    notes: tuple[str, ...]
    """What is written below: the products of the chain rule, and what else there is to say of the numbers."""
    folded: bool
    waiting: bool
    """Whether some gradient is still a dash."""


def edge_key(edge: Edge) -> str:
    """An edge's name in a drawing."""
    return f"{edge.source}-{edge.target}-{edge.position}"


def scene(graph: Graph, whole: Group, open_: frozenset[str]) -> Scene:
    """The picture with these groups open."""
    shown_ = visible(whole, open_)
    is_folded = any(isinstance(one, Group) for one in shown_)
    is_small = len(graph.operations) <= LECTURE and all(len(op.inputs) <= ARCS for op in graph.operations)
    maker = Lecture if is_small and not is_folded else Cards
    return maker(graph, shown_, _parents(whole, open_)).scene()


def _parents(whole: Group, open_: frozenset[str]) -> dict[int, str]:
    """Operation number -> the innermost open group that it is in."""
    found: dict[int, str] = {}
    for group in whole.groups():
        if group.key in open_:
            found.update(dict.fromkeys(range(group.start, group.stop), group.key))
    return found


class Maker:
    """The words of a scene."""

    def __init__(self, graph: Graph, shown_: list[Group | int], parents: dict[int, str]) -> None:
        self.graph = graph
        self.shown = shown_
        self.parents = parents
        self.items: list[Item] = []
        self.links: list[Link] = []
        self.arcs: list[Arc] = []
        self.at: dict[str, int] = {}
        self.places: dict[object, int] = {}
        for op in graph.operations:
            place = _place_key(op)
            self.places[place] = self.places.get(place, 0) + 1

    def scene(self) -> Scene:
        self.fill()
        graph = self.graph
        names = ", ".join(graph.by_id[one].name for one in graph.outputs[:3])
        operations, inputs = len(graph.operations), len(graph.inputs)
        title = f"The graph of {names}"
        description = f"{operations} operations from {inputs} inputs that require grad. " + " ".join(
            item.title.partition("\n")[0] + "." for item in self.items[:40]
        )
        waiting = any(value.grad is None and value.role == "input" and value.id in self.at for value in graph.values)
        return Scene(
            title,
            description,
            tuple(self.items),
            tuple(self.links),
            tuple(self.arcs),
            (*chain_rules(graph), *([graph.note] if graph.note else [])),
            any(item.kind == "group" for item in self.items),
            waiting,
        )

    def fill(self) -> None:
        raise NotImplementedError

    def put(self, item: Item, *keys: str) -> int:
        self.items.append(item)
        for key in keys or (item.key,):
            self.at[key] = len(self.items) - 1
        return len(self.items) - 1

    # -- words ---------------------------------------------------------------------------------------------------------

    def value_lines(self, value: Value, whole: bool = False) -> tuple[Line, ...]:
        """Name and numbers; ``whole`` adds the expression, as the lecture writes ``u = wx``."""
        number = "?" if value.numbers is None else value.numbers.text()
        few = value.numbers is None or value.numbers.data is not None
        if value.maker is None and few and len(number) <= 12 and len(value.name) <= 14:
            named: Line = (("value", number),)
            if value.named != "literal" and value.shape is not None:
                named = (("name", value.name), ("plain", " = "), *named)
            lines = [named]
        else:
            lines = [(("name", shortened(value.name, 26)),)]
            expression = self.expression_of(value) if whole and value.maker is not None else ""
            if expression:
                lines = [(("name", value.name), ("plain", " = "), ("code", expression))]
            lines += number_lines(value)
        if value.role == "input" or value.grad is not None:
            lines.append((("grad", f"grad {gradient(value)}"),))
        return tuple(lines)

    def expression_of(self, value: Value) -> str:
        """What made it, where that is short and made nothing else."""
        op = self.graph.by_id[value.maker or ""]
        expression = op.origin.expression
        if len(expression) > LONG or self.places[_place_key(op)] > 1 or len(op.outputs) > 1:
            return ""
        return expression

    def value_title(self, value: Value) -> str:
        """All about a value."""
        what = {"input": "input", "constant": "constant, no gradient", "output": "output"}.get(value.role, "value")
        parts = [f"{value.name}: {what} {shape_text(value.shape, value.dtype)}".rstrip()]
        if value.numbers is not None:
            how = "" if value.known in ("leaf", "variable") else f" ({value.known})"
            parts.append(f"value {value.numbers.text()}{how}")
        else:
            parts.append("value not known any more")
        if value.role == "input" or value.grad is not None:
            parts.append(f"grad {NOT_RUN if value.grad is None else value.grad.text()}")
        if value.cotangent is not None:
            parts.append(f"derivative of the output by it: {value.cotangent.text()}")
        return "\n".join(parts)

    def operation_title(self, op: Operation) -> str:
        """All about an operation."""
        where = op.origin
        parts = [f"{op.symbol}: {op.name}, {op.grad_fn}"]
        if where.expression:
            parts.append(shortened(where.expression, 120))
        if where.file:
            parts.append(f"{where.file.rpartition('/')[2]}, line {where.line}, in {where.function}")
        if op.scope:
            parts.append(f"module {op.scope}")
        parts.append(f"keeps {bytes_text(op.saved_bytes)}" + (" (freed by a backward)" if op.freed else ""))
        if op.problem:
            parts.append(f"no derivative here: {op.problem}")
        return "\n".join(parts)

    def arc_words(self, edge: Edge, short: bool) -> tuple[str, str]:
        """The local derivative as a label, and all about it."""
        op = self.graph.by_id[edge.target]
        result, operand = self.graph.by_id[op.outputs[0]], self.graph.by_id[edge.source]
        by = f"∂{result.name}/∂{operand.name}"
        text = local_text(self.graph, edge)
        plain = (
            short or len(by) > 16 or edge.form in ("", "action") or text in (edge.action, action_text(self.graph, edge))
        )
        label = text if plain else f"{by} = {text}"
        title = f"{by}: {edge.form or 'not known'} {text}\nbackward: {action_text(self.graph, edge)}"
        if edge.contribution is not None and result.cotangent is not None:
            title += f"\ncotangent {result.cotangent.text()}, contributes {edge.contribution.text()} to {operand.name}"
        return label, title


class Lecture(Maker):
    """Boxes for values, circles for operations."""

    def fill(self) -> None:
        graph = self.graph
        for value in graph.values:
            if value.maker is None:
                self.put_value(value)
                continue
            op = graph.by_id[value.maker]
            if op.id not in self.at:
                self.put(Item(op.id, "operation", (), self.operation_title(op), op.symbol, (op.id,)))
            self.put_value(value)
        for op in graph.operations:
            into = list(graph.edges_into.get(op.id, []))
            outs = [(self.link(self.at[op.id], self.at[one], True, ()), self.at[one]) for one in op.outputs]
            for edge in into:
                link = self.link(self.at[edge.source], self.at[op.id], edge.backward, (edge_key(edge),))
                if edge.backward:
                    label, title = self.arc_words(edge, False)
                    out, result = outs[0]
                    arc = Arc(
                        result, self.at[op.id], self.at[edge.source], label, title, (edge_key(edge),), (out, link)
                    )
                    self.arcs.append(arc)

    def put_value(self, value: Value) -> None:
        kind = "value" if value.role == "intermediate" else value.role
        self.put(Item(value.id, kind, self.value_lines(value, True), self.value_title(value)))

    def link(self, source: int, target: int, backward: bool, keys: tuple[str, ...]) -> int:
        self.links.append(Link(source, target, backward, keys))
        return len(self.links) - 1


class Cards(Maker):
    """A card for an operation and its result; a stack for a group."""

    crowded: set[str]

    def fill(self) -> None:
        graph = self.graph
        owner = {
            op.id: (one.key if isinstance(one, Group) else op.id) for one in self.shown for op in self.members(one)
        }
        readers: dict[str, set[str]] = {}
        for edge in graph.edges:
            readers.setdefault(edge.source, set()).add(owner[edge.target])
        closed = {one.key for one in self.shown if isinstance(one, Group)}
        self.crowded = {
            name for name, found in readers.items() if len(found) > CROWD and graph.by_id[name].maker is None
        }
        self.put_shared(
            {
                name: found
                for name, found in readers.items()
                if found <= closed and len(found) > 1 and graph.by_id[name].maker is None
            }
        )
        for one in self.shown:
            for op in self.members(one):
                for name in op.inputs:
                    value = graph.by_id[name]
                    inside = readers[name] <= closed and len(readers[name]) == 1
                    if value.maker is None and name not in self.at and not inside and value.named != "literal":
                        lines = self.value_lines(value)
                        if name in self.crowded:
                            lines = (*lines, (("note", f"read in {len(readers[name])} places: ← {value.name}"),))
                        self.put(Item(name, value.role, lines, self.value_title(value)))
            self.put_member(one)
        self.join(owner)

    def put_shared(self, readers: dict[str, set[str]]) -> None:
        """Many leaves that several stacks read, as one stack: lines for each would hide the picture."""
        names = [name for name in readers if name not in self.crowded]
        if len(names) <= SHARED:
            return
        values = [self.graph.by_id[name] for name in names]
        said = ", ".join(value.name for value in values[:2])
        lines: tuple[Line, ...] = (
            (("name", f"{len(names)} inputs"),),
            (("note", shortened(f"{said}, …", 30)),),
            (("note", "each read by several stacks"),),
        )
        if len(set().union(*[readers[name] for name in names])) > CROWD:
            self.crowded |= set(names)
        title = f"{len(names)} inputs, each read by several stacks: " + ", ".join(value.name for value in values)
        self.put(Item("shared inputs", "group", lines, title), *names)

    def members(self, one: Group | int) -> Iterable[Operation]:
        operations = self.graph.operations
        return operations[one.start : one.stop] if isinstance(one, Group) else (operations[one],)

    def put_member(self, one: Group | int) -> None:
        if isinstance(one, Group):
            members = list(self.members(one))
            label = one.label.rpartition(": ")
            lines: list[Line] = [(("name", shortened(label[0] or label[2], 30)),)]
            lines.append((("note", summary([op.symbol for op in members])),))
            kept = sum(op.saved_bytes for op in members)
            lines.append((("note", f"{one.count} operations, keeps {bytes_text(kept)}"),))
            lines += self.read_from_afar(members)
            title = f"{label[0] or label[2]}: {one.count} operations, folded\n{summary([op.symbol for op in members])}"
            self.put(Item(one.key, "group", tuple(lines), title, "", tuple(op.id for op in members), one.key), one.key)
            return
        op = self.graph.operations[one]
        value = self.graph.by_id[op.outputs[0]]
        if "nodes" in op.params:
            count = f"{op.params['nodes']} operations"
            lines = [
                (("name", value.name),),
                (("note", op.name),),
                (("note", f"{count}, keeps {bytes_text(op.saved_bytes)}"),),
            ]
            lines += self.read_from_afar([op])
            title = f"{value.name}: {count}, folded\n{op.name}\nmade in {op.function}"
            self.put(Item(op.id, "group", tuple(lines), title, "", (op.id,)), op.id, *op.outputs)
            return
        literals = [self.graph.by_id[name].name for name in op.inputs if self.graph.by_id[name].named == "literal"]
        kind = "output" if any(self.graph.by_id[name].role == "output" for name in op.outputs) else "card"
        lines = list(self.value_lines(value))
        if literals and not op.symbol.isidentifier():  # what a function has by default is not worth a line
            lines.insert(1, (("note", f"{op.symbol} {', '.join(literals)}"),))
        lines += self.read_from_afar([op])
        title = f"{self.operation_title(op)}\n{self.value_title(value)}"
        item = Item(op.id, kind, tuple(lines), title, op.symbol, (op.id,), self.parents.get(one, ""))
        self.put(item, op.id, *op.outputs)

    def read_from_afar(self, members: Sequence[Operation]) -> list[Line]:
        """The values that too many read for lines to be drawn."""
        names = dict.fromkeys(self.graph.by_id[one].name for op in members for one in op.inputs if one in self.crowded)
        said = ", ".join(names) if len(names) <= SHARED else f"{len(names)} of the inputs"
        return [(("note", shortened(f"← {said}", 34)),)] if names else []

    def join(self, owner: dict[str, str]) -> None:
        """Links between what is drawn, each pair once, with an arc beside it where a gradient goes back."""
        graph = self.graph
        pairs: dict[tuple[int, int], list[Edge]] = {}
        for edge in graph.edges:
            value = graph.by_id[edge.source]
            source = self.at.get(edge.source) if value.maker is None else self.at[owner[value.maker]]
            target = self.at[owner[edge.target]]
            if source is not None and source != target and edge.source not in self.crowded:
                pairs.setdefault((source, target), []).append(edge)
        for (source, target), edges in pairs.items():
            backward = [edge for edge in edges if edge.backward]
            self.links.append(Link(source, target, bool(backward), tuple(map(edge_key, edges))))
            if not backward:
                continue
            grouped = "group" in (self.items[source].kind, self.items[target].kind)
            words = [self.arc_words(edge, True) for edge in backward]
            several = dict.fromkeys(edge.source for edge in backward)
            labels = [label for label, _ in words]  # of x * x both are told: their sum goes back
            label = "" if grouped else " + ".join(labels) if len(several) == 1 else ", ".join(dict.fromkeys(labels))
            title = "\n".join(title for _, title in words[:4])
            keys = tuple(map(edge_key, backward))
            self.arcs.append(Arc(target, None, source, label, title, keys, (len(self.links) - 1,)))


# -- text ----------------------------------------------------------------------------------------------------------------


def _place_key(op: Operation) -> object:
    return op.origin.file, op.function, op.instruction


def shortened(text: str, length: int) -> str:
    """The text, its middle left out where it is long."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[: length - 1 - half]}…{text[-half:]}"


def shape_text(shape: tuple[int, ...] | None, dtype: str) -> str:
    if shape is None:
        return ""
    return f"{dtype} [{', '.join(map(str, shape))}]" if shape else dtype


def number_lines(value: Value) -> list[Line]:
    """What a value holds: numbers where they are few, else shape and statistics."""
    if value.numbers is None:
        return [(("shape", shape_text(value.shape, value.dtype)),), (("value", "?"),)]
    text = value.numbers.text()
    if value.numbers.data is not None and len(text) <= LONG:
        return [(("value", text),)]
    text = value.numbers.range_text(3)
    return [(("shape", shape_text(value.shape, value.dtype)),), (("value", text),)]


def gradient(value: Value) -> str:
    """What ``.grad`` holds, in few characters; a dash where no backward has run."""
    if value.grad is None:
        return NOT_RUN
    text = value.grad.text()
    return text if len(text) <= LONG else value.grad.range_text(3)


def action_text(graph: Graph, edge: Edge) -> str:
    """What is done to the cotangent, with the operands called as the graph calls them."""
    names = {one.argument: graph.by_id[one.source].name for one in graph.edges_into[edge.target]}
    return OPERAND.sub(lambda match: names.get(match[0], match[0]), edge.action)


def local_text(graph: Graph, edge: Edge) -> str:
    """A local derivative in few characters."""
    action = action_text(graph, edge)
    if edge.form == "action":
        return action if len(action) <= 26 else edge.action if len(edge.action) <= 12 else "Jᵀ g"
    if edge.local is None:
        return ""
    if edge.local.size == 1:
        return shown(edge.local.number)
    text = edge.local.text()
    if edge.local.data is not None and len(text) <= 20:
        return text
    if edge.form == "jacobian" and len(edge.action) <= 12:
        return action if len(action) <= 26 else edge.action
    if edge.local.stats.get("min") == edge.local.stats.get("max") and edge.form == "jacobian":
        return edge.local.range_text(3)
    if edge.form == "jacobian":
        return f"J {'×'.join(map(str, edge.local.shape))}"
    return f"⊙ {edge.local.range_text(3, mean=False)}"


def bytes_text(count: int) -> str:
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"


# -- the chain rule ------------------------------------------------------------------------------------------------------

PATHS, FACTORS, RULES = 4, 8, 6


def chain_rules(graph: Graph) -> list[str]:
    """The products, written out as the lecture does: ∂a/∂w = ∂u/∂w · ∂v/∂u · ∂a/∂v = 3 · 1 · 1 = 3. For small scalar graphs."""
    if len(graph.outputs) != 1 or len(graph.inputs) > RULES or len(graph.operations) > 2 * LECTURE:
        return []
    (end,) = graph.outputs
    rules = []
    for name in graph.inputs:
        paths = list(_paths(graph, name, end))
        total = graph.by_id[name].cotangent
        if not paths or total is None or total.number is None or len(paths) > PATHS:
            return []
        if any(len(path) > FACTORS or any(e.local is None or e.local.number is None for e in path) for path in paths):
            return []
        by = f"∂{graph.by_id[end].name}/∂{graph.by_id[name].name}"
        steps = [by]
        if max(map(len, paths)) > 1 or len(paths) > 1:
            steps.append(" + ".join(" · ".join(_partial(graph, edge) for edge in path) for path in paths))
            numbers = [" · ".join(_factor(edge) for edge in path) for path in paths]
            steps.append(" + ".join(numbers))
        steps.append(shown(total.number))
        rules.append(" = ".join(dict.fromkeys(steps)))
    return rules


def broken(rule: str, length: int) -> list[str]:
    """A rule on several lines, where it is long."""
    lines = [""]
    for number, part in enumerate(rule.split(" = ")):
        for at, term in enumerate(part.split(" + ")):
            sign = "" if at == number == 0 else " + " if at else " = "
            if lines[-1] and len(lines[-1]) + len(sign) + len(term) > length:
                lines.append("   ")
            lines[-1] += sign + term
    return lines


def _factor(edge: Edge) -> str:
    text = shown(edge.local.number) if edge.local is not None else "?"
    return f"({text})" if text.startswith("-") or text.endswith("i") else text


def _partial(graph: Graph, edge: Edge) -> str:
    result = graph.by_id[graph.by_id[edge.target].outputs[0]]
    return f"∂{result.name}/∂{graph.by_id[edge.source].name}"


def _paths(graph: Graph, start: str, end: str) -> Iterator[list[Edge]]:
    """The ways from a value to the output, at most one more than are written out."""
    stack: list[tuple[str, list[Edge]]] = [(start, [])]
    count = 0
    while stack and count <= PATHS:
        name, path = stack.pop()
        if name == end:
            count += 1
            yield path
            continue
        if len(path) > FACTORS:
            count += 1
            yield path
            continue
        for edge in reversed(graph.edges_from.get(name, [])):
            if edge.backward:
                stack += [(out, [*path, edge]) for out in graph.by_id[edge.target].outputs]
