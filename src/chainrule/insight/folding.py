"""Which operations are drawn as one: by module and scope, and where there are none, by stretches of the program.

A group is a stretch of operations in the order in which they were made. So what is drawn stays without cycles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Graph, Operation

WIDE = 40
"""Members of a group beyond which they are put into groups of their own."""


CROWD = 5
"""Readers of a leaf beyond which they name it, instead of lines to each of them."""
LONGEST = 400
"""Operations of a round up to which it is recognised by what it is made of."""


@dataclass(frozen=True)
class Group:
    """Operations ``start`` to ``stop``, in groups again where they are many."""

    key: str
    """Unique in the graph, like ``layers.0``."""
    label: str
    start: int
    stop: int
    members: list[Group | int] = field(default_factory=list)
    """Groups, and the numbers of single operations."""

    @property
    def count(self) -> int:
        return self.stop - self.start

    def groups(self) -> Iterator[Group]:
        """All groups inside, at any depth, each before those inside of it."""
        for member in self.members:
            if isinstance(member, Group):
                yield member
                yield from member.groups()


def folded(graph: Graph) -> Group:
    """The whole graph as a group."""
    operations = graph.operations
    paths = [path_of(op) for op in operations]
    steps = [(op.function, op.instruction, op.symbol) for op in operations]
    return fold(paths, lambda start, stop: summary([op.symbol for op in operations[start:stop]]), steps)


def path_of(op: Operation) -> tuple[str, ...]:
    """Module by module; outside of modules, the function."""
    if op.scope:
        return tuple(op.scope.split("."))
    function = op.function.partition(".<locals>.<")[0]  # of a comprehension, that which it stands in
    return () if function.startswith("<") else (f"{function}()",)


def fold(
    paths: Sequence[tuple[str, ...]], described: Callable[[int, int], str], steps: Sequence[tuple[str, int, str]]
) -> Group:
    """Groups of operations with these paths; ``steps`` are their (function, instruction, symbol), which tell rounds of a loop apart."""
    keys: Counter[str] = Counter()

    def unique(key: str) -> str:
        keys[key] += 1
        return key if keys[key] == 1 else f"{key} ({keys[key]})"

    def members(start: int, stop: int, depth: int, key: str) -> list[Group | int]:
        found: list[Group | int] = []
        at = start
        while at < stop:
            end = at + 1
            if len(paths[at]) > depth:
                while end < stop and paths[end][: depth + 1] == paths[at][: depth + 1]:
                    end += 1
            if end - at > 1 and (at, end) != (start, stop):
                name = ".".join(paths[at][: depth + 1])
                found.append(Group(one := unique(name), name, at, end, members(at, end, depth + 1, one)))
            elif end - at > 1:
                return members(start, stop, depth + 1, key)
            else:
                found.append(at)
            at = end
        return stretches(found, key)

    def stretches(found: list[Group | int], key: str) -> list[Group | int]:
        """At most WIDE members: neighbours put together, at the ends of rounds where there is a loop."""
        if len(found) <= WIDE:
            return found
        size = -(-len(found) // min(WIDE, max(10, isqrt(len(found)))))
        parts: list[Group | int] = []
        at = 0
        length = round_of(found)
        if length:
            size = -(-size // length) * length
        while at < len(found):
            end = min(at + size, len(found))
            while not length and end < min(at + 2 * size, len(found)) and not begins_round(found[end - 1], found[end]):
                end += 1
            if end == min(at + 2 * size, len(found)) and end < len(found):
                end = at + size  # no loop
            inside = found[at:end]
            at = end
            if len(inside) == 1:
                parts += inside
                continue
            start, stop = first(inside[0]), last(inside[-1])
            name = unique(f"{key} {start + 1}–{stop}".strip())
            parts.append(
                Group(name, f"{start + 1}–{stop}: {described(start, stop)}", start, stop, stretches(inside, name))
            )
        return parts

    def round_of(found: list[Group | int]) -> int:
        """After how many members, all single operations, the same ones come again and again; 0 where they do not."""
        if any(isinstance(one, Group) for one in found):
            return 0
        kinds = [steps[first(one)] for one in found]
        for length in range(2, min(len(kinds) // 3, LONGEST) + 1):
            whole = len(kinds) // length * length
            if kinds[:length] != kinds[length : 2 * length]:
                continue
            different = sum(one != other for one, other in zip(kinds[:whole], kinds[length:whole], strict=False))
            if 20 * different <= whole:
                return length
        return 0

    def begins_round(before: Group | int, after: Group | int) -> bool:
        one, other = steps[last(before) - 1], steps[first(after)]
        return one[0] != other[0] or other[1] < one[1]

    return Group("", "", 0, len(paths), members(0, len(paths), 0, ""))


def tangled(graph: Graph) -> float:
    """How many lines pass by a layer, on average, if each operation is drawn."""
    depth: dict[str, int] = {}
    readers: dict[str, set[int]] = {}
    for op in graph.operations:
        makers = [graph.by_id[name].maker for name in op.inputs]
        depth[op.id] = 1 + max([depth[maker] for maker in makers if maker is not None], default=0)
        for name in op.inputs:
            readers.setdefault(name, set()).add(depth[op.id])
    passing = 0
    for name, found in readers.items():
        maker = graph.by_id[name].maker
        if maker is not None or len(found) <= CROWD:
            start = min(found) - 1 if maker is None else depth[maker]
            passing += sum(at - start - 1 for at in found)
    return passing / max(depth.values(), default=1)


def first(member: Group | int) -> int:
    return member.start if isinstance(member, Group) else member


def last(member: Group | int) -> int:
    return member.stop if isinstance(member, Group) else member + 1


def summary(symbols: Sequence[str]) -> str:
    """``100× sin, 100× *``: the commonest."""
    common = Counter(symbols).most_common(3)
    text = ", ".join(f"{count}× {symbol}" if count > 1 else symbol for symbol, count in common)
    return text + (", …" if len(set(symbols)) > 3 else "")


def opened(whole: Group, limit: int, room: int) -> frozenset[str]:
    """Which groups to open at first: all where ``limit`` operations suffice; else, from above, as long as there is room."""
    if whole.count <= limit:
        return frozenset(group.key for group in whole.groups())
    found: set[str] = set()
    shown = len(whole.members)
    level = [member for member in whole.members if isinstance(member, Group)]
    while level:
        added = sum(len(group.members) - 1 for group in level)
        if shown + added > room:
            break
        shown += added
        found |= {group.key for group in level}
        level = [member for group in level for member in group.members if isinstance(member, Group)]
    return frozenset(found)


def above(whole: Group, key: str) -> frozenset[str]:
    """The group of that key and those that it is in."""
    for member in whole.members:
        if isinstance(member, Group):
            if member.key == key:
                return frozenset({key})
            inside = above(member, key)
            if inside:
                return inside | {member.key}
    return frozenset()


def visible(whole: Group, open_: frozenset[str]) -> list[Group | int]:
    """What is drawn, in order: closed groups, and the operations that are in none."""
    found: list[Group | int] = []
    for member in whole.members:
        if isinstance(member, Group) and member.key in open_:
            found += visible(member, open_)
        else:
            found.append(member)
    return found
