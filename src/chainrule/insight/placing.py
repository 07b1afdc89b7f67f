"""Where the items of a scene go, and the lines between them."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

from .layout import Layout, layered

if TYPE_CHECKING:
    from .scene import Arc, Item, Line, Scene

FONT = 13.0
SIZES = {"grad": 12.0, "note": 12.0, "shape": 12.0, "name": 1.1 * FONT}
"""Of what is not written in that; a name is bold, and so is wider."""
LINE = 18.0
PADDING = (10.0, 8.0)
BEND = 13.0
"""How far from an operation its backward arcs pass."""
BESIDE = 7.0
"""How far from a link its arc runs, where nothing stands between its ends."""
FEW = 4
"""Links up to which those that arrive at a card need no more room before it than the gap."""
WORDS = 24.0
"""How bad it is to cover other words, by area: see ``Crowd``."""
WIDEST = 980.0
"""Beyond this a small graph flows down the page."""

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def text_width(text: str, size: float = FONT) -> float:
    """How wide a sans-serif font draws a text, rather too much than too little."""
    return size * sum(map(_character, text))


def _character(c: str) -> float:
    if c in "ijltfrI.,:;'|!()[]{} `∙·":
        return 0.39
    if c in "mwMWOQ@%—…⊙∂×<>=+~":
        return 0.93
    if unicodedata.east_asian_width(c) in "WF":
        return 1.05
    return 0.73 if c.isupper() else 0.62


def line_width(line: Line) -> float:
    return sum(text_width(text, SIZES.get(style, FONT)) for style, text in line)


@dataclass
class Curve:
    """A smooth line through points: between two of them a straight line, or a cubic whose ends point along the flow."""

    points: list[Point]
    across_page: bool
    lean: float = 0.0
    """How much later (or sooner, below 0) it turns where it goes to the right or down; a link and its arc, which lean
    to different sides, do not lie on each other."""
    straight: bool = False

    def handles(self, number: int) -> tuple[Point, Point]:
        """The control points of one of its cubics."""
        (x0, y0), (x1, y1) = self.points[number], self.points[number + 1]
        if self.straight:
            return (x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3), (x1 - (x1 - x0) / 3, y1 - (y1 - y0) / 3)
        aside = y1 - y0 if self.across_page else x1 - x0
        late = 0.5 + math.copysign(self.lean, self.lean * aside) * min(1.0, abs(aside) / 40)
        if self.across_page:
            return (x0 + (x1 - x0) * late, y0), (x1 - (x1 - x0) * (1 - late), y1)
        return (x0, y0 + (y1 - y0) * late), (x1, y1 - (y1 - y0) * (1 - late))

    def at(self, part: float) -> Point:
        """The point at a part of the way, from 0 to 1."""
        place = part * (len(self.points) - 1)
        number = min(int(place), len(self.points) - 2)
        t = place - number
        four = self.points[number], *self.handles(number), self.points[number + 1]
        weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        return tuple(sum(w * point[axis] for w, point in zip(weights, four, strict=True)) for axis in (0, 1))  # type: ignore[return-value]

    def samples(self, every: float) -> Iterator[Point]:
        """Points along it, about as far from one another as that; not its ends."""
        for number in range(len(self.points) - 1):
            yield from self.part(number, every)

    def part(self, number: int, every: float) -> Iterator[Point]:
        """Points along one of its cubics."""
        one, other = self.points[number : number + 2]
        count = max(3, min(200, round(math.dist(one, other) / every)))
        (ax, ay), (bx, by) = self.handles(number)
        for step in range(1, count):
            t = step / count
            u = 1 - t
            p, q, r, s = u * u * u, 3 * t * u * u, 3 * t * t * u, t * t * t
            yield p * one[0] + q * ax + r * bx + s * other[0], p * one[1] + q * ay + r * by + s * other[1]

    def boxes(self) -> Iterator[Box]:
        """What it covers: a box for a line along the flow, and small ones where it bends."""
        for number, (one, other) in enumerate(pairwise(self.points)):
            if one[0] == other[0] or one[1] == other[1]:
                xs, ys = sorted((one[0], other[0])), sorted((one[1], other[1]))
                yield xs[0] - 1.5, ys[0] - 1.5, xs[1] + 1.5, ys[1] + 1.5
                continue
            for x, y in self.part(number, 4.0):
                yield x - 1.5, y - 1.5, x + 1.5, y + 1.5


@dataclass
class Label:
    text: str
    x: float
    y: float
    anchor: str


class Placed:
    """A scene with places. All coordinates are (x, y) of the page, but for those called along and across."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.is_lecture = any(item.kind == "operation" for item in scene.items)
        self.sizes = [self.size_of(item) for item in scene.items]
        self.passing: dict[int, list[float]] = {}
        """Item -> how wide the words of the arcs past it are."""
        for arc in scene.arcs:
            if arc.via is not None:
                self.passing.setdefault(arc.via, []).append(text_width(arc.label, 12.0))
        self.across_page = self.is_lecture
        layout = self.lay_out()
        if self.is_lecture and layout.size[0] > WIDEST:
            self.across_page = False
            layout = self.lay_out()
        self.layout = layout
        self.ports = self.spread_ports()
        self.links = [self.link(number) for number in range(len(scene.links))]
        self.sides = self.choose_sides()
        self.arcs = [self.arc(number) for number in range(len(scene.arcs))]
        self.labels = self.place_labels()
        self.box = self.bounds()

    def size_of(self, item: Item) -> Point:
        """Width and height."""
        if item.kind == "operation":
            width = text_width(item.symbol, 15.0)
            return max(36.0, width + 18), 36.0
        width = max([line_width(line) for line in item.lines] or [0.0])
        if item.kind in ("card", "output") and item.symbol:
            width = max(width, text_width(item.symbol, 12.0)) + 34 + max(0.0, text_width(item.symbol, 12.0) - 22)
        return max(44.0, width + 2 * PADDING[0]), max(30.0, len(item.lines) * LINE + 2 * PADDING[1] - 4)

    def lay_out(self) -> Layout:
        sizes = []
        arriving = Counter(link.target for link in self.scene.links)
        for number, (width, height) in enumerate(self.sizes):
            labels = self.passing.get(number)
            if labels is not None:  # room for the arcs that pass it, and what is written on them
                rounds = -(-len(labels) // 2)
                along = max(width, max(labels) + 6) if self.across_page else height + 8
                beside = BEND + 18 if self.across_page else BEND + max(labels) + 8
                sizes.append((along, (height if self.across_page else width) + 2 * rounds * beside))
            else:
                room = 0.0 if self.is_lecture else min(120.0, 16.0 * max(0, arriving[number] - FEW))
                sizes.append((width, height) if self.across_page else (height + room, width))
        gap = (34.0, 22.0) if self.is_lecture else (56.0, 30.0)
        return layered(sizes, [(link.source, link.target) for link in self.scene.links], gap)

    def page(self, along: float, across: float) -> Point:
        return (along, across) if self.across_page else (across, along)

    def flow(self, number: int) -> tuple[float, float, float, float]:
        """(along, across, half the size along, half the size across) of an item."""
        along, across = self.layout.centers[number]
        width, height = self.sizes[number]
        return (along, across, width / 2, height / 2) if self.across_page else (along, across, height / 2, width / 2)

    def item_box(self, number: int) -> Box:
        x, y = self.page(*self.layout.centers[number])
        width, height = self.sizes[number]
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    # -- links ---------------------------------------------------------------------------------------------------------

    def spread_ports(self) -> dict[tuple[int, bool], float]:
        """(link, whether it is its end) -> how far across from the item's middle it starts or ends."""
        ports: dict[tuple[int, bool], float] = {}
        for is_end in (False, True):
            groups: dict[int, list[int]] = {}
            for number, link in enumerate(self.scene.links):
                groups.setdefault(link.target if is_end else link.source, []).append(number)
            for item, numbers in groups.items():
                if self.is_lecture:
                    continue
                numbers.sort(key=lambda n: self.next_point(n, is_end)[1])
                half = self.flow(item)[3]
                step = min(44.0, 2 * (half - 8) / max(len(numbers), 1))
                for at, number in enumerate(numbers):
                    ports[number, is_end] = (at - (len(numbers) - 1) / 2) * step
        return ports

    def next_point(self, number: int, is_end: bool) -> Point:
        """The first point that a link comes to after its start, or the last one before its end: (along, across)."""
        link, route = self.scene.links[number], self.layout.routes[number]
        if is_end:
            return route[-1] if route else self.layout.centers[link.source]
        return route[0] if route else self.layout.centers[link.target]

    def link(self, number: int) -> Curve:
        link, route = self.scene.links[number], self.layout.routes[number]
        along, across, half, _ = self.flow(link.source)
        first = along + half, across + self.ports.get((number, False), 0.0)
        along, across, half, wide = self.flow(link.target)
        last = along - half, across + self.ports.get((number, True), 0.0)
        if self.scene.items[link.target].kind == "operation":  # whose ends are round
            toward = self.next_point(number, True)[1] - across
            shift = max(-0.75, min(0.75, toward / 90)) * wide
            radius = min(half, wide)
            beyond = max(0.0, abs(shift) - (wide - radius))
            last = along - half + radius - math.sqrt(radius**2 - beyond**2), across + shift
        points = [first, *route, last]
        curve = Curve([self.page(*point) for point in points], self.across_page, 0.22)
        curve.straight = self.is_lecture and not route
        return curve

    # -- arcs ----------------------------------------------------------------------------------------------------------

    def choose_sides(self) -> list[tuple[int, float]]:
        """For each arc past an operation the side (-1 or 1, across), and how far out it passes."""
        found = [(1, BEND)] * len(self.scene.arcs)
        arcs = [(number, arc) for number, arc in enumerate(self.scene.arcs) if arc.via is not None]
        away = {n: self.next_point(arc.links[-1], True)[1] - self.layout.centers[arc.via or 0][1] for n, arc in arcs}
        free: dict[tuple[int, int], float] = {}
        taken: set[tuple[int, int, int]] = set()
        for number, arc in sorted(arcs, key=lambda one: abs(away[one[0]])):
            via = arc.via or 0
            side = 1 if away[number] > 2 else -1
            if abs(away[number]) <= 2 and sum(away[n] < -2 for n, other in arcs if other.via == via) > 0:
                side = 1
            if (via, side, arc.end) in taken and (via, -side) not in free:  # x * x: one arc on each side
                side = -side
            taken.add((via, side, arc.end))
            out = free.get((via, side), BEND)
            found[number] = side, out
            words = 20.0 if self.across_page else text_width(arc.label, 12.0) + 16
            free[via, side] = out + words
        return found

    def arc(self, number: int) -> Curve:
        arc = self.scene.arcs[number]
        side, out = self.sides[number]
        if arc.via is None:
            shift = self.page(0.0, BESIDE)
            points = [(x + shift[0], y + shift[1]) for x, y in self.links[arc.links[0]].points[::-1]]
            return Curve(points, self.across_page, -0.22)
        along, across, half, wide = self.flow(arc.start)
        points = [(along - half, across + side * min(wide * 0.55, 9.0 if out == BEND else 16.0))]
        along, across, half, wide = self.flow(arc.via)
        points.append((along, across + side * (wide + out)))
        route = self.layout.routes[arc.links[-1]]
        points += [(u, v + side * BESIDE) for u, v in reversed(route)]
        along, across, half, wide = self.flow(arc.end)
        points.append((along + half, across + side * min(wide * 0.55, 9.0)))
        return Curve([self.page(*point) for point in points], self.across_page)

    def place_labels(self) -> list[Label | None]:
        """Each arc's words beside it, where they cover nothing: no item, no other words, and no line if that can be."""
        covered = Crowd()
        for number in range(len(self.sizes)):
            covered.add(self.item_box(number), 8.0)
        for curve in (*self.links, *self.arcs):
            for box in curve.boxes():
                covered.add(box, 1.0)
            x, y = curve.points[-1]  # its arrow head
            covered.add((x - 6, y - 6, x + 6, y + 6), 4.0)
        found: list[Label | None] = [None] * len(self.scene.arcs)
        for attempt in range(2):  # the second time those that come later are known
            for number, arc in enumerate(self.scene.arcs):
                old = found[number]
                if old is not None:
                    covered.remove(label_box(old), WORDS)
                best: tuple[float, Label | None] = (math.inf, None)
                for rank, label in enumerate(self.candidates(number, arc) if arc.label else ()):
                    cost = rank * 0.5 + covered.cost(label_box(label))
                    if cost < best[0]:
                        best = cost, label
                    if cost <= rank * 0.5 + 0.5:
                        break  # those that follow are no better
                found[number] = best[1]
                if best[1] is not None:
                    covered.add(label_box(best[1]), WORDS)
            if attempt == 0 and not any(
                label is not None and covered.cost(label_box(label)) > WORDS * area(label) + 0.5 for label in found
            ):
                break
        return found

    def candidates(self, number: int, arc: Arc) -> Iterator[Label]:
        """Places for the words, the best first: at their place, then along the arc on either side."""
        curve, (side, _) = self.arcs[number], self.sides[number]
        parts: tuple[float, ...] = (0.22, 0.35, 0.5, 0.12, 0.65, 0.8, 0.28, 0.42, 0.58, 0.72, 0.88, 0.94)
        if arc.via is not None:
            x, y = curve.points[1]
            if self.across_page:
                for dx in (0.0, -18.0, 18.0, -36.0, 36.0):
                    yield Label(arc.label, x + dx, y - 6 if side < 0 else y + 15, "middle")
            else:
                for dy in (0.0, -14.0, 14.0):
                    yield Label(arc.label, x + side * 6, y + 4 + dy, "end" if side < 0 else "start")
            parts = (0.6, 0.7, 0.8, 0.88, 0.94, 0.4, 0.3)
        for part in parts:
            x, y = curve.at(part)
            yield Label(arc.label, x + 5, y + 4, "start")
            yield Label(arc.label, x + 5, y + 15, "start")
            yield Label(arc.label, x - 5, y - 5, "end")
            yield Label(arc.label, x - BESIDE - 6, y + 4, "end")
            yield Label(arc.label, x + 9, y - 6, "start")
            yield Label(arc.label, x - 6, y + 15, "end")
            yield Label(arc.label, x, y - 7, "middle")
            yield Label(arc.label, x, y + 17, "middle")

    def bounds(self) -> Box:
        """What the picture covers."""
        boxes = [self.item_box(number) for number in range(len(self.sizes))]
        boxes += [label_box(label) for label in self.labels if label is not None]
        for curve in (*self.links, *self.arcs):
            boxes += [(x, y, x, y) for x, y in curve.points]
        return union(boxes)


class Crowd:
    """Boxes, found by where they are."""

    CELL = 16.0

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], list[tuple[Box, float]]] = {}

    def cells_of(self, box: Box) -> Iterator[tuple[int, int]]:
        left, top, right, bottom = (int(edge // self.CELL) for edge in box)
        return product(range(left, right + 1), range(top, bottom + 1))

    def add(self, box: Box, weight: float) -> None:
        for cell in self.cells_of(box):
            self.cells.setdefault(cell, []).append((box, weight))

    def remove(self, box: Box, weight: float) -> None:
        for cell in self.cells_of(box):
            self.cells[cell].remove((box, weight))

    def cost(self, box: Box) -> float:
        """How much of the others a box would cover, by their weights."""
        near = {one for cell in self.cells_of(box) for one in self.cells.get(cell, ())}
        return sum(weight * overlap(box, other) for other, weight in near)


def label_box(label: Label) -> Box:
    width = text_width(label.text, 12.0)
    left = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return left, label.y - 11, left + width, label.y + 3


def area(label: Label) -> float:
    left, top, right, bottom = label_box(label)
    return (right - left) * (bottom - top)


def overlap(one: Box, other: Box) -> float:
    """The common area of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


def union(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
