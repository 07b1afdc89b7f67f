"""Which of the places where values left the graph cut off what depends on a tensor, and which of them came back into it."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

import numpy as np

from ..core import exits
from ..core.node import RECENT, Node, ancestors
from ..core.source import syntax_of
from ._flow import came_back

if TYPE_CHECKING:
    from ..core.exits import Site

__all__ = ["GOING_ON", "coming_back", "cuts_of", "is_draw", "matched", "partial_cuts"]

GOING_ON = (*exits.WHOLE, *exits.READ, "numpy(force=True)")
"""Exits after which the value may go on without its history."""


def partial_cuts(node: Node, nodes: list[Node]) -> list[Site]:
    """The sites at which a value of this very graph left it and may have come back: of this forward, in a function that made the
    graph, and not to be shown only.
    """
    root = nodes[0]
    found = [site for site in cuts_of(node, root.seq) if site.how in GOING_ON]
    seen = matched(found, root)
    if seen is not None:
        return [seen]
    since = max((ran.when for ran in list(RECENT) if ran.when < root.seq), default=-1)
    mine = [site for site in found if site.since is None and is_of(site, since, root.seq)]
    inside = set(ancestors([root])) if mine else set()
    later = {site: [one for one in inside if one.seq > max(site.first, since)] for site in mine}
    told = {site: came_back(site, later[site], root) for site in mine}
    silent = [site for site in mine if told[site] is None and site.source() in inside - {root} and not is_shown(site)]
    return [site for site in mine if told[site]] + silent  # where the text does not tell, the graph does


def is_of(site: Site, since: int, end: int) -> bool:
    """Whether a value left at a site that had been computed after the time ``since``, and did so before ``end``."""
    times = (site.made_at, site.when), (site.made_before, site.before)
    return any(since < made and time < end for made, time in times)


def is_shown(site: Site) -> bool:
    """Whether the text shows that a value is printed or kept for the record only, or does not tell."""
    syntax = syntax_of(site.code, site.lasti)
    return syntax is None or syntax.is_shown()


def cuts_of(node: Node, before: int | None) -> list[Site]:
    """The sites at which what depends on a node left the graph, but for updates of it; the likeliest first: draws of a distribution
    after numbers that are read to compute with, since most draws are there to be judged.
    """
    found = [site for site in exits.cuts(node, before) if not is_update(site)]
    draws = [site for site in found if is_draw(site)]
    if not any(site.how in exits.READ and not is_shown(site) for site in found):
        return found
    return [site for site in found if site not in draws] + draws


def is_draw(site: Site) -> bool:
    """Whether a value was cut off by ``sample()`` of a distribution."""
    if site.how not in ("detach()", "no_grad"):
        return False
    syntax = syntax_of(site.code, site.lasti)
    called = None if syntax is None or not isinstance(syntax.node, ast.Call) else syntax.node.func
    return isinstance(called, ast.Attribute) and called.attr in ("sample", "sample_n")


def coming_back(cuts: list[Site], root: Node | None) -> Site | None:
    """Of several cuts the likeliest: one of which the text says that what left came back into the graph, if there is one."""
    if root is None or (len(cuts) < 2 and not any(map(is_state, cuts))):
        return cuts[0] if cuts else None
    inside = list(ancestors([root]))
    told = sorted([site for site in cuts if came_back(site, inside, root)], key=is_draw)
    return next((site for site in (*told, *cuts) if told or not is_state(site)), None)


def is_state(site: Site) -> bool:
    """Whether a value left by ``state_dict()``: to be kept or copied, mostly."""
    syntax = syntax_of(site.code, site.lasti)
    called = None if syntax is None or not isinstance(syntax.node, ast.Call) else syntax.node.func
    return isinstance(called, ast.Attribute) and called.attr == "state_dict"


def is_update(site: Site) -> bool:
    """Whether the exit is the usual way to write to a tensor, ``w.data -= ...``, or a copy of a module."""
    if site.code.co_filename == copy.__file__:
        return True
    if site.how not in (".data", "detach()"):
        return False
    syntax = syntax_of(site.code, site.lasti)
    return syntax is not None and syntax.is_update()


def matched(cuts: list[Site], root: Node | None) -> Site | None:
    """The cut of which a result is among the values that the graph saved."""
    if root is None or not cuts:
        return None
    arrays = set()
    for node in ancestors([root]):
        if type(node.saved) is tuple:
            arrays |= {id(one) for one in node.saved if isinstance(one, np.ndarray)}
    for site in cuts:
        results = [result() for result in list(site.results)]
        if any(one is not None and id(one._array) in arrays for one in results):
            return site
    return None
