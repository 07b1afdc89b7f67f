"""A layered drawing of a directed acyclic graph: where each node goes, and by which points long edges pass.

The steps are those of Sugiyama, Tagawa and Toda, *Methods for Visual Understanding of Hierarchical System Structures* (1981):
layers; invisible nodes where an edge crosses a layer; orders within layers by sweeps of barycentres, and exchanges of
neighbours as in Gansner, Koutsofios, North and Vo, *A Technique for Drawing Directed Graphs* (1993), with crossings counted
as by Barth, Jünger and Mutzel, *Simple and Efficient Bilayer Cross Counting* (2002); coordinates by Brandes and Köpf, *Fast and
Simple Horizontal Coordinate Assignment* (2001), whose blocks are placed by longest paths between them, and then drawn near to
one another. Layers and that last step are the shortest edges that there are, by network simplex, as in Gansner and others.

Coordinates are (along, across): along the flow, and across it. The caller decides which of the two is x.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ._simplex import Rule, nearest

__all__ = ["Layout", "layered"]

SWEEPS = 12
"""How often the orders of layers are improved, downwards and upwards."""
PULL = (1.0, 2.0, 8.0)
"""How much shorter edges are worth by how many of their ends are invisible, as Gansner and others have it."""
NARROW = 3.0
"""How much less width is worth: as much as so many edges that are shorter by it."""
ALONE = 0.001
"""What it costs that a source stands later than the first one, so that parts that nothing connects begin together."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Where things are."""

    centers: list[Point]
    """(along, across) of each node's centre."""
    routes: list[list[Point]]
    """The points between its ends that each edge passes."""
    size: Point
    crossings: int


def layered(sizes: Sequence[Point], edges: Sequence[tuple[int, int]], gap: Point = (40.0, 24.0)) -> Layout:
    """Lay out nodes of the given sizes (along, across), numbered in topological order.

    Args:
        sizes: of each node; an edge leads from a smaller number to a larger.
        edges: pairs of nodes; the same pair may come several times.
        gap: between layers, and between neighbours of a layer.

    >>> from chainrule.insight.layout import layered
    >>> layered([(10, 10)] * 3, [(0, 2), (1, 2)], gap=(20, 10)).centers
    [(5.0, 5.0), (5.0, 25.0), (35.0, 15.0)]
    """
    if not sizes:
        return Layout([], [], (0.0, 0.0), 0)
    web = Web(sizes, edges)
    crossings = order(web)
    across = drawn_near(web, coordinates(web, gap[1]), gap[1])
    along, thick, depth = depths(web, gap[0])
    low = min(a - web.width[v] / 2 for v, a in enumerate(across))
    high = max(a + web.width[v] / 2 for v, a in enumerate(across))
    place = [(along[web.layer[v]], across[v] - low) for v in range(len(across))]
    routes = []
    # A long edge goes straight through a layer, so that it bends in the gaps only, where nothing stands.
    for chain in web.chains:
        halves = [(place[v], thick[web.layer[v]] / 2) for v in chain]
        route = [(u + side * half, v) for (u, v), half in halves for side in (-1, 1)]
        routes.append([point for at, point in enumerate(route) if not is_passed_straight(route, at)])
    return Layout(place[: len(sizes)], routes, (depth, high - low), crossings)


def is_passed_straight(route: list[Point], at: int) -> bool:
    """Whether the points on both sides of one lie in a line with it."""
    return 0 < at < len(route) - 1 and route[at - 1][1] == route[at][1] == route[at + 1][1]


class Web:
    """The graph with invisible nodes: every edge leads from a layer to the next."""

    def __init__(self, sizes: Sequence[Point], edges: Sequence[tuple[int, int]]) -> None:
        self.real = len(sizes)
        self.sizes = sizes
        self.width = [size[1] for size in sizes]
        self.layer = layers_of(len(sizes), edges)
        self.up: list[list[int]] = [[] for _ in sizes]
        self.down: list[list[int]] = [[] for _ in sizes]
        self.chains: list[list[int]] = []
        known: dict[tuple[int, int], list[int]] = {}
        for source, target in edges:
            chain = known.get((source, target))
            if chain is None:
                chain = known[source, target] = self.joined(source, target)
            self.chains.append(chain)
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer) + 1)]
        for node in self.first_order():
            self.rows[self.layer[node]].append(node)
        self.at = [0] * len(self.layer)
        self.number()

    def joined(self, source: int, target: int) -> list[int]:
        """The invisible nodes of an edge."""
        chain = []
        before = source
        for layer in range(self.layer[source] + 1, self.layer[target]):
            node = len(self.layer)
            self.layer.append(layer)
            self.width.append(8.0)
            self.up.append([])
            self.down.append([])
            self.link(before, node)
            chain.append(node)
            before = node
        self.link(before, target)
        return chain

    def link(self, above: int, below: int) -> None:
        self.down[above].append(below)
        self.up[below].append(above)

    def first_order(self) -> list[int]:
        """Depth first from the ends: what belongs together starts together."""
        seen: set[int] = set()
        found = []
        for end in range(self.real - 1, -1, -1):
            stack = [(end, iter(self.up[end]))] if end not in seen else []
            seen.add(end)
            while stack:
                node, rest = stack[-1]
                for above in rest:
                    if above not in seen:
                        seen.add(above)
                        stack.append((above, iter(self.up[above])))
                        break
                else:
                    found.append(node)
                    stack.pop()
        return found

    def number(self) -> None:
        for row in self.rows:
            for at, node in enumerate(row):
                self.at[node] = at

    def is_invisible(self, node: int) -> bool:
        return node >= self.real


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Layers such that the edges are short. Those of a source that is read in many places count less: what reads it stands
    where its result is read, and not where the source is.
    """
    layer = [0] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        layer[target] = max(layer[target], layer[source] + 1)
    targets = {target for _, target in edges}
    readers = Counter(source for source, _ in edges if source not in targets)
    base = count  # at most on a level with the first: parts that nothing connects begin together
    rules = [Rule(source, target, 1.0, 0.5 / readers.get(source, 0.5)) for source, target in edges]
    rules += [Rule(base, node, 0.0, ALONE) for node in range(count) if node not in targets]
    found = nearest([*map(float, layer), 0.0], rules)
    low = min(found[:count])
    return [round(one - low) for one in found[:count]]


# -- orders --------------------------------------------------------------------------------------------------------------


def order(web: Web) -> int:
    """Order the rows so that few edges cross; returns how many still do."""
    best, fewest = [list(row) for row in web.rows], crossings_of(web)
    stale = 0
    for sweep in range(2 * SWEEPS):
        if fewest == 0 or stale >= 4:
            break
        downwards = sweep % 2 == 0
        rows = range(1, len(web.rows)) if downwards else range(len(web.rows) - 2, -1, -1)
        for at in rows:
            neighbours = web.up if downwards else web.down
            row = web.rows[at]
            wanted = {
                v: sum(web.at[n] for n in neighbours[v]) / len(neighbours[v]) if neighbours[v] else float(web.at[v])
                for v in row
            }
            # Equal barycentres keep their order in one half of the sweeps and change it in the other.
            turned = -1 if sweep % 4 > 1 else 1
            row.sort(key=lambda v: (wanted[v], turned * web.at[v]))
            for number, v in enumerate(row):
                web.at[v] = number
        exchange(web)
        count = crossings_of(web)
        stale += 1
        if count < fewest:
            best, fewest, stale = [list(row) for row in web.rows], count, 0
    web.rows = best
    web.number()
    return fewest


def exchange(web: Web) -> None:
    """Neighbours change places as long as that saves crossings."""
    for _ in range(4):
        better = False
        for row in web.rows:
            for at in range(len(row) - 1):
                v, w = row[at], row[at + 1]
                now = pair_crossings(web, v, w)
                if now and pair_crossings(web, w, v) < now:
                    row[at], row[at + 1] = w, v
                    web.at[v], web.at[w] = at + 1, at
                    better = True
        if not better:
            return


def pair_crossings(web: Web, left: int, right: int) -> int:
    """Crossings between the edges of two neighbours, the first of them on the left."""
    total = 0
    for neighbours in (web.up, web.down):
        others = sorted(web.at[n] for n in neighbours[right])
        if others:
            for n in neighbours[left]:
                place = web.at[n]
                total += sum(1 for other in others if other < place)
    return total


def crossings_of(web: Web) -> int:
    total = 0
    for row in web.rows[:-1]:
        seen: list[int] = []
        for v in row:
            ends = sorted(web.at[n] for n in web.down[v])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


# -- coordinates ---------------------------------------------------------------------------------------------------------


def coordinates(web: Web, gap: float) -> list[float]:
    """Across the flow: the middle of four alignments, each as far to one side as its blocks can go."""
    marked = conflicts(web)
    found: list[list[float]] = []
    for upwards in (False, True):
        for mirrored in (False, True):
            rows = [row[::-1] if mirrored else row for row in (web.rows[::-1] if upwards else web.rows)]
            at = [0] * len(web.layer)
            for row in rows:
                for number, v in enumerate(row):
                    at[v] = number
            root = aligned(rows, web.down if upwards else web.up, at, marked)
            across = compacted(rows, root, web.width, gap)
            found.append([-a for a in across] if mirrored else across)
    extents = [
        (
            min(a - web.width[v] / 2 for v, a in enumerate(across)),
            max(a + web.width[v] / 2 for v, a in enumerate(across)),
        )
        for across in found
    ]
    low, high = min(extents, key=lambda extent: extent[1] - extent[0])
    for number, (across, (left, right)) in enumerate(zip(found, extents, strict=True)):
        shift = high - right if number % 2 else low - left
        found[number] = [a + shift for a in across]
    return [median(four) for four in zip(*found, strict=True)]


def drawn_near(web: Web, across: list[float], gap: float) -> list[float]:
    """Edges as short as they can be, the long ones first, and the whole as narrow; the orders stay, and so do straight stretches.

    The alignments care for straight lines alone: where one branch after another leaves to the same side they drift away.
    """
    block = list(range(len(across)))
    for chain in web.chains:
        for v in chain[1:]:
            if across[v] == across[chain[0]]:
                block[v] = chain[0]
    number = {one: at for at, one in enumerate(dict.fromkeys(block))}
    of = [number[one] for one in block]
    place = [across[one] for one in number]
    apart: dict[tuple[int, int], float] = {}
    first, last = len(place), len(place) + 1
    for row in web.rows:
        for left, right in pairwise(row):
            pair = of[left], of[right]
            apart[pair] = max(apart.get(pair, 0.0), (web.width[left] + web.width[right]) / 2 + gap)
        for end, pair in ((row[0], (first, of[row[0]])), (row[-1], (of[row[-1]], last))):
            apart[pair] = max(apart.get(pair, 0.0), web.width[end] / 2)
    place.append(min(a - web.width[v] / 2 for v, a in enumerate(across)))
    place.append(max(a + web.width[v] / 2 for v, a in enumerate(across)))
    rules = [Rule(left, right, room) for (left, right), room in apart.items()]
    rules.append(Rule(first, last, 0.0, NARROW))
    pulls: dict[tuple[int, int], float] = {}
    for v, above in enumerate(web.up):
        for u in above:
            if of[u] != of[v]:
                pull = PULL[web.is_invisible(u) + web.is_invisible(v)]
                pulls[of[u], of[v]] = pulls.get((of[u], of[v]), 0.0) + pull
    for (u, v), pull in pulls.items():  # the distance of both: from a point that is on neither's right
        rules += Rule(len(place), u, 0.0, pull), Rule(len(place), v, 0.0, pull)
        place.append(min(place[u], place[v]))
    found = nearest(place, rules, Balance(pulls, first).is_even)
    return [found[one] for one in of]


class Balance:
    """Whether blocks are drawn to both sides alike, from above and from below: then they stand in the middle. One that is drawn to
    one side from above and to the other from below stays where it is, in line with one of the two.
    """

    def __init__(self, pulls: dict[tuple[int, int], float], count: int) -> None:
        self.count = count
        self.above: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        self.below: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for (u, v), pull in pulls.items():
            self.above[v].append((u, pull))
            self.below[u].append((v, pull))

    def is_even(self, place: list[float], nodes: list[int], goes_right: bool) -> bool:
        inside = {node for node in nodes if node < self.count}
        if self.count in nodes or self.count + 1 in nodes:  # the edges of the page
            return False
        for ends in (self.above, self.below):
            net = 0.0
            for node in inside:
                for other, pull in ends[node]:
                    if other not in inside:
                        away = place[other] - place[node] if goes_right else place[node] - place[other]
                        net += pull if away > 1e-6 else -pull
            if net:
                return False
        return True


def conflicts(web: Web) -> set[tuple[int, int]]:
    """Edges that cross a stretch between two invisible nodes: the stretch, not they, is to be straight."""
    marked = set()
    for row in web.rows[1:]:
        inner = sorted((web.at[v], web.at[web.up[v][0]]) for v in row if _is_inner(web, v))
        if inner:
            for v in row:
                if not _is_inner(web, v):
                    marked |= {
                        (u, v) for u in web.up[v] if any((web.at[v] < low) != (web.at[u] < high) for low, high in inner)
                    }
    return marked


def _is_inner(web: Web, node: int) -> bool:
    return web.is_invisible(node) and web.is_invisible(web.up[node][0])


def aligned(
    rows: list[list[int]], neighbours: list[list[int]], at: list[int], marked: set[tuple[int, int]]
) -> list[int]:
    """The block of each node, named by its first one: nodes that stand in one line with the median of their neighbours."""
    root = list(range(len(at)))
    taken = [False] * len(at)
    for row in rows:
        reached = -1
        for v in row:
            others = sorted(neighbours[v], key=lambda n: at[n])
            if not others:
                continue
            for middle in sorted({(len(others) - 1) // 2, len(others) // 2}):
                u = others[middle]
                free = root[v] == v and not taken[u] and (u, v) not in marked and (v, u) not in marked
                if free and reached < at[u]:
                    root[v] = root[u]
                    taken[u] = True
                    reached = at[u]
    return root


def compacted(rows: list[list[int]], root: list[int], width: list[float], gap: float) -> list[float]:
    """The blocks as far left as they can stand; then those with room on the right moved there, towards what they belong to."""
    after: dict[int, dict[int, float]] = {}
    waiting: dict[int, int] = dict.fromkeys(root, 0)
    for row in rows:
        for left, right in pairwise(row):
            apart = (width[left] + width[right]) / 2 + gap
            ends = after.setdefault(root[left], {})
            if root[right] not in ends:
                waiting[root[right]] += 1
            ends[root[right]] = max(apart, ends.get(root[right], 0.0))
    place = dict.fromkeys(waiting, 0.0)
    turn = [block for block, count in waiting.items() if not count]
    for block in turn:  # which grows
        for other, apart in after.get(block, {}).items():
            place[other] = max(place[other], place[block] + apart)
            waiting[other] -= 1
            if not waiting[other]:
                turn.append(other)
    for block in reversed(turn):
        room = [place[other] - apart for other, apart in after.get(block, {}).items()]
        if room:
            place[block] = max(place[block], min(room))
    return [place[block] for block in root]


def depths(web: Web, gap: float) -> tuple[list[float], list[float], float]:
    """The middle of each layer along the flow, how thick it is, and the whole length."""
    thick = [0.0] * len(web.rows)
    for v in range(web.real):
        thick[web.layer[v]] = max(thick[web.layer[v]], web.sizes[v][0])
    middles = []
    end = 0.0
    for one in thick:
        middles.append(end + one / 2)
        end += one + gap
    return middles, thick, end - gap
