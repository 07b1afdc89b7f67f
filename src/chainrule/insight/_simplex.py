"""Network simplex: numbers as near to one another as wishes ask, and as far apart as rules demand.

The method is that of Gansner, Koutsofios, North and Vo, *A Technique for Drawing Directed Graphs* (1993), section 2: a tree of
rules that hold with equality; of a tree that still pays to take apart one rule is let go, the side of it that gains is moved
until another rule stops it, and that rule takes its place in the tree. Instead of the cut values of edges the gain of whole sides
is kept, which is a sum over their nodes: the cost is linear in where each node is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

__all__ = ["Rule", "nearest"]

WORK = 400_000
"""Nodes that may be moved in all: what is found by then is as good as can be had at once."""
EQUAL = 1e-6


@dataclass(frozen=True)
class Rule:
    """``place[high] - place[low] >= apart``; each unit of that difference costs ``weight``."""

    low: int
    high: int
    apart: float
    weight: float = 0.0


def nearest(
    place: list[float], rules: list[Rule], may_center: Callable[[list[float], list[int], bool], bool] | None = None
) -> list[float]:
    """The places that cost least among those that keep to the rules, which connect all of them.

    Args:
        place: where to begin; they keep to the rules already.
        rules: what holds between the places, and what a distance costs.
        may_center: of places, some nodes and whether they go up: whether those, which could at no cost, are to go half of the way.

    >>> from chainrule.insight._simplex import Rule, nearest
    >>> nearest([0.0, 7.0, 9.0], [Rule(0, 1, 2.0, 1.0), Rule(1, 2, 2.0), Rule(0, 2, 5.0, 1.0)])
    [4.0, 6.0, 9.0]
    """
    tree = Tree(list(place), rules)
    tree.improve()
    if may_center is not None:
        tree.center(may_center)
    return tree.place


class Tree:
    """A tree of rules that hold with equality, hung up at node 0."""

    def __init__(self, place: list[float], rules: list[Rule]) -> None:
        self.place = place
        self.rules = rules
        self.touching: list[list[Rule]] = [[] for _ in place]
        for rule in rules:
            self.touching[rule.low].append(rule)
            self.touching[rule.high].append(rule)
        self.parent = [-1] * len(place)
        self.above: list[Rule | None] = [None] * len(place)
        """The rule between a node and its parent."""
        self.below: list[dict[int, None]] = [{} for _ in place]
        self.slope = [0.0] * len(place)
        """What it costs to move a node, and all that hang below it, by 1 upwards."""
        order = self.grow()
        for rule in rules:
            self.slope[rule.high] += rule.weight
            self.slope[rule.low] -= rule.weight
        for node in reversed(order[1:]):
            self.slope[self.parent[node]] += self.slope[node]

    def room(self, rule: Rule) -> float:
        return self.place[rule.high] - self.place[rule.low] - rule.apart

    def hang(self, node: int, parent: int, rule: Rule) -> None:
        self.parent[node], self.above[node] = parent, rule
        self.below[parent][node] = None

    def grow(self) -> list[int]:
        """Make the tree, from node 0 on: again and again all that is in it moves until it meets the next. Returns the order of joining.

        What the tree was moved since is a node's ``moved``, so that joining costs no walk over the tree.
        """
        moved = 0.0
        joined_at: dict[int, float] = {}
        order: list[int] = []
        turns = count()
        ups: list[tuple[float, int, int, Rule]] = []
        downs: list[tuple[float, int, int, Rule]] = []

        def join(node: int) -> None:
            joined_at[node] = moved
            order.append(node)
            for rule in self.touching[node]:
                other = rule.high if rule.low == node else rule.low
                if other not in joined_at:
                    room, turn = self.room(rule), next(turns)
                    if rule.low == node:
                        heappush(ups, (room + moved, turn, other, rule))
                    else:
                        heappush(downs, (room - moved, turn, other, rule))

        join(0)
        while len(order) < len(self.place):
            for heap in (ups, downs):
                while heap and heap[0][2] in joined_at:
                    heappop(heap)
            up = ups[0][0] - moved if ups else None
            down = downs[0][0] + moved if downs else None
            if down is None or (up is not None and up <= down):
                _, _, node, rule = heappop(ups)
                moved += up or 0.0
                parent = rule.low
            else:
                _, _, node, rule = heappop(downs)
                moved -= down
                parent = rule.high
            self.hang(node, parent, rule)
            join(node)
        for node, then in joined_at.items():
            self.place[node] += moved - then
        return order

    def improve(self) -> None:
        """Take rules out of the tree as long as that pays."""
        work, idle, at = 0, 0, 0
        while idle < len(self.place) and work < WORK:
            at = (at + 1) % len(self.place)
            rule = self.above[at]
            idle += 1
            if rule is None:
                continue
            goes_up = rule.high == at
            if self.slope[at] < -EQUAL if goes_up else self.slope[at] > EQUAL:
                work += self.take_out(at, goes_up)
                idle = 0

    def take_out(self, top: int, goes_up: bool) -> int:
        """Move what hangs at ``top`` until a rule stops it, and hang it there; returns how much that is."""
        side, stop, room = self.side(top, goes_up)
        if stop is None:
            raise ValueError("a side costs less the further it moves, and no rule stops it")
        self.move(side, room if goes_up else -room)
        node, parent = (stop.low, stop.high) if goes_up else (stop.high, stop.low)
        self.rehang(top, node, parent, stop)
        return len(side)

    def center(self, may: Callable[[list[float], list[int], bool], bool]) -> None:
        """Sides that may move at no cost go half of the way, if asked to. The tree is of no use after that."""
        work = 0
        for top, rule in enumerate(self.above):
            if rule is not None and abs(self.slope[top]) <= EQUAL and work < WORK:
                side, stop, room = self.side(top, rule.high == top)
                work += len(side)
                if stop is not None and room > EQUAL and may(self.place, side, rule.high == top):
                    self.move(side, room / 2 if rule.high == top else -room / 2)

    def side(self, top: int, goes_up: bool) -> tuple[list[int], Rule | None, float]:
        """What hangs at ``top``, the rule that stops it on its way up or down, and how far that is."""
        side = [top]
        for node in side:  # which grows
            side += self.below[node]
        inside = set(side)
        stop: Rule | None = None
        room = 0.0
        for node in side:
            for rule in self.touching[node]:
                mine, other = (rule.low, rule.high) if goes_up else (rule.high, rule.low)
                if mine == node and other not in inside and (stop is None or self.room(rule) < room):
                    stop, room = rule, self.room(rule)
        return side, stop, max(room, 0.0)

    def move(self, side: list[int], step: float) -> None:
        for node in side:
            self.place[node] += step

    def rehang(self, top: int, node: int, parent: int, rule: Rule) -> None:
        """Hang the side below ``top`` at another of its nodes, to another parent."""
        total = self.slope[top]
        self.raise_slopes(self.parent[top], -total)
        del self.below[self.parent[top]][top]
        below, link, rest = parent, rule, total
        while True:  # from the new top to the old one: parents become children
            above, old_link, old_slope = self.parent[node], self.above[node], self.slope[node]
            if node != top:
                del self.below[above][node]
            self.hang(node, below, link)
            self.slope[node] = rest
            if node == top or old_link is None:
                break
            below, link, rest, node = node, old_link, total - old_slope, above
        self.raise_slopes(parent, total)

    def raise_slopes(self, node: int, by: float) -> None:
        while node >= 0:
            self.slope[node] += by
            node = self.parent[node]
