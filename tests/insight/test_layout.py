"""Layouts: nothing overlaps, edges lead onwards, and crossings are few and counted right."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings, strategies as st

from chainrule.insight._simplex import Rule, Tree
from chainrule.insight.layout import Web, crossings_of, layered


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    count = draw(st.integers(1, 25))
    sizes = draw(st.lists(st.tuples(st.floats(1, 50), st.floats(1, 50)), min_size=count, max_size=count))
    pairs = [(a, b) for b in range(count) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=40)) if pairs else []
    return sizes, edges


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_nothing_overlaps_and_edges_lead_onwards(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    sizes, edges = graph
    layout = layered(sizes, edges, gap=(10, 5))
    for (source, target), route in zip(edges, layout.routes, strict=True):
        along = [layout.centers[source][0], *[point[0] for point in route], layout.centers[target][0]]
        assert along == sorted(set(along))
    for one, other in combinations(range(len(sizes)), 2):
        apart = [abs(layout.centers[one][axis] - layout.centers[other][axis]) for axis in (0, 1)]
        needed = [(sizes[one][axis] + sizes[other][axis]) / 2 for axis in (0, 1)]
        assert apart[0] >= needed[0] - 1e-6 or apart[1] >= needed[1] - 1e-6
    assert layout == layered(sizes, edges, gap=(10, 5))


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_crossings_are_counted_as_by_comparing_all_pairs(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    web = Web(*graph)
    expected = 0
    for row in web.rows:
        edges = [(web.at[v], web.at[w]) for v in row for w in web.down[v]]
        expected += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(edges, 2))
    assert crossings_of(web) == expected


def test_a_tree_has_no_crossings() -> None:
    edges = [(child, (child - 16) // 2 + 24 if child >= 16 else child // 2 + 16) for child in range(16)]
    assert layered([(10, 10)] * 24, edges).crossings == 0


def test_a_chain_is_straight() -> None:
    layout = layered([(10, size) for size in (10, 30, 20, 40)], [(0, 1), (1, 2), (2, 3)])
    assert len({center[1] for center in layout.centers}) == 1


def test_an_input_stands_just_before_what_reads_it() -> None:
    layout = layered([(10, 10)] * 4, [(0, 1), (1, 3), (2, 3)], gap=(10, 10))
    assert layout.centers[2][0] == layout.centers[1][0]


def test_branches_that_leave_to_one_side_do_not_drift_away() -> None:
    """A chain of residual blocks, each a wide node beside a line that passes it, is about as wide as one of them."""
    edges, end = [], 0
    for _ in range(20):
        block, out = end + 1, end + 4
        edges += [(end, block), (block, block + 1), (block + 1, block + 2), (block + 2, out), (end, out)]
        end = out
    assert layered([(10, 100)] * (end + 1), edges, gap=(10, 10)).size[1] <= 180


def test_what_one_source_leads_to_stands_where_it_is_read() -> None:
    """Of sum(w * x for x in xs) each product stands just before the sum that reads it."""
    edges = []
    for step in range(5):
        product, total = 1 + 2 * step, 2 + 2 * step
        edges += [(0, product), (product, total), *([(total - 2, total)] if step else [])]
    layout = layered([(10, 10)] * 11, edges, gap=(10, 10))
    assert all(layout.centers[1 + 2 * step][0] + 20 == layout.centers[2 + 2 * step][0] for step in range(5))


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_simplex_finds_no_worse_places_than_any_that_keep_to_the_rules(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    """By weak duality: a tree whose sides all push against a rule is a proof that nothing is better."""
    sizes, edges = graph
    rules = [Rule(a, b, sizes[a][0], 1.0 + b % 3) for a, b in edges] + [
        Rule(len(sizes), v, 0.0, 0.25) for v in range(len(sizes))
    ]
    begin = [sum(size for size, _ in sizes[:v]) for v in range(len(sizes))] + [0.0]
    tree = Tree(list(begin), rules)
    tree.improve()
    assert all(tree.room(rule) > -1e-6 for rule in rules)
    for node, rule in enumerate(tree.above):
        if rule is not None:
            assert abs(tree.room(rule)) < 1e-6
            assert tree.slope[node] > -1e-5 if rule.high == node else tree.slope[node] < 1e-5
    moved = sum(rule.weight * (tree.place[rule.high] - tree.place[rule.low]) for rule in rules)
    assert moved <= sum(rule.weight * (begin[rule.high] - begin[rule.low]) for rule in rules) + 1e-6


def test_what_is_read_from_both_sides_stands_in_the_middle_and_chains_stay_straight() -> None:
    """Two inputs, what is made of them, and a chain behind it."""
    layout = layered([(10, 30), (10, 30), (10, 10), (10, 20), (10, 10)], [(0, 2), (1, 2), (2, 3), (3, 4)], gap=(10, 10))
    across = [center[1] for center in layout.centers]
    assert across[2] == across[3] == across[4] == (across[0] + across[1]) / 2
