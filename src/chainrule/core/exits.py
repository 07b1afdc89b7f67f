"""Where values left the graph: ``detach()``, ``.item()``, ``no_grad``, a comparison, ... noted silently, for later blame.

An exit is noted by its *site*: the caller's instruction together with that of the node whose value left; under ``no_grad``, the
instruction that switched the recording off stands for the caller's, which then need not be looked for at each op. A program has few
sites however often they run, so what is kept is bounded by its text. Nothing is kept alive: tensors and nodes are known
weakly. A node may be gone by the time somebody asks which leaves lay behind it, so a new site looks for them at once, and an
old one again when the nearest leaf is a new one, and at its 2nd, 4th, 8th, ... time: over a whole run that costs next to nothing.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from itertools import islice
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any
from weakref import ref

from . import origin
from .node import RECENT, AccumulateGrad, Node, ancestors, next_seq
from .origin import OUTSIDE, PACKAGE, WATCHING, getframe

if TYPE_CHECKING:
    from .value import TensorBase

LIMIT = 1024
"""How many sites are kept; the oldest goes first."""
FAR = 20_000
"""How many nodes are looked at for the leaves behind a value."""
NEAR = 16
"""How many nodes are looked at for one of them."""
OFTEN = 256
"""How many times a site is looked at closely after a leaf that it had not met; then, every 16th time."""
RESULTS = 8
"""How many of its last results a site knows."""

LIBRARY = tuple(
    PACKAGE + part.replace("/", os.sep)
    for part in "optim/ printing.py testing/ insight/ func/ _compile/ autograd/ nn/init.py nn/utils/ distributions/constraints.py".split()
)
"""What in the package takes values out of the graph for its own ends."""

QUIET: set[str] = set()
"""Names of files known to be of ``LIBRARY``."""
PASSED: set[str] = set()
"""Names of other files known to be chainrule's."""


class Site:
    """A place in the program where values leave the graph, and what is known of the last of them."""

    __slots__ = (
        "before", "closely", "code", "count", "first", "how", "lasti", "leaves", "made_at", "made_before", "name", "results", "since", "source", "source_code",
        "source_lasti", "when",
    )  # fmt: skip

    code: CodeType
    lasti: int
    """The call by which they leave; under ``no_grad`` the first one."""
    how: str
    """What took the value out: ``"detach()"``, ``"item()"``, ... or the name of the op whose result has no gradient."""
    since: Any
    """(code, instruction) that had switched the recording off, where that is why."""
    source: ref[Node]
    """The node of the last value that left..."""
    source_code: CodeType
    source_lasti: int
    """...the instruction that made it, always the same..."""
    name: str
    """...and the name of the node."""
    leaves: set[ref[Node]]
    """The leaves that values which left here depended on."""
    results: deque[ref[Any]]
    """The tensors without history that came out last."""
    count: int
    closely: int
    """Up to this count it is looked at each time."""
    first: int
    """When it happened first..."""
    before: int
    """...the last time but one..."""
    when: int
    """...and last, by the clock that numbers nodes."""
    made_at: int
    """When the last value that left was computed..."""
    made_before: int
    """...and the last but one."""

    def place(self) -> origin.Place:
        """Where values leave: the ``with no_grad()``, or the call."""
        return self.call() if self.since is None else origin.resolve(*self.since)

    def call(self) -> origin.Place:
        """The call by which they leave."""
        return origin.resolve(self.code, self.lasti)

    def source_place(self) -> origin.Place:
        """Where they were computed."""
        return origin.resolve(self.source_code, self.source_lasti)

    def made(self, tensor: TensorBase) -> bool:
        """Whether the tensor is one of the last results."""
        return any(result() is tensor for result in list(self.results))


SITES: dict[tuple[int, int, int, int], Site] = {}
"""By the identities of two code objects, which the sites hold, and their instructions: of what lets values leave, and of their node."""


def note(how: str, node: Node, result: Any = None) -> None:
    """The value of ``node`` leaves the graph, at the caller's line; ``result`` is the tensor that comes of it, if one does."""
    frame: FrameType | None = getframe(2)
    code = frame.f_code  # type: ignore[union-attr]
    if code.co_filename not in OUTSIDE:
        frame = leaving(frame)  # type: ignore[arg-type]
        if frame is None:
            return
        code = frame.f_code
    lasti = frame.f_lasti  # type: ignore[union-attr]
    site = SITES.get((id(code), lasti, id(node.code), node.lasti))
    if site is None:
        site = new_site(how, code, lasti, node)
    else:
        site.how = how
    put_down(site, node, None if result is None else ref(result))


def note_all(how: str, parents: list[Any], out: Any, since: tuple[CodeType, int] | None = None) -> None:
    """The operands of an op that is not recorded leave the graph; ``out`` is its result, or a tuple of them.

    ``since`` is what switched the recording off. It is called by ``dispatch.general``, and that by a path of dispatch: the
    caller is beyond the two.
    """
    frame: FrameType | None = None
    if since is None:
        frame = leaving(getframe(3))
        if frame is None:
            return
        code, lasti = frame.f_code, frame.f_lasti
    else:
        code, lasti = since
    at, site = id(code), None
    result = ref(out[0] if type(out) is tuple else out)
    for parent in parents:
        if parent is None:
            continue
        if site is not None and parent.lasti == site.source_lasti and parent.code is site.source_code:
            if site.count > site.closely and site.count & 15:
                continue  # weight and bias of a layer, say: one stands for both, where that has been looked at often enough
        else:
            site = SITES.get((at, lasti, id(parent.code), parent.lasti))
        if site is None:
            frame = frame or leaving(getframe(3))
            if frame is None:
                return
            site = new_site(how, frame.f_code, frame.f_lasti, parent, since)
        put_down(site, parent, result)


def leaving(frame: FrameType) -> FrameType | None:
    """The nearest frame, from ``frame`` outward, that is not chainrule's; None if a part of ``LIBRARY`` lies before it."""
    while True:
        name = frame.f_code.co_filename
        if name in PASSED:
            back = frame.f_back
            if back is None:
                return None
            frame = back
        elif name in OUTSIDE:
            return frame
        elif name in QUIET:
            return None
        elif name.startswith(LIBRARY) and name not in WATCHING:
            QUIET.add(name)
        else:
            (PASSED if name.startswith(PACKAGE) else OUTSIDE).add(name)


def put_down(site: Site, node: Node, result: ref[Any] | None) -> None:
    """Note an exit at its site."""
    source = site.source = ref(node)
    site.made_before, site.before = site.made_at, site.when
    site.made_at = node.seq
    site.when = next_seq()
    count = site.count = site.count + 1
    if count < site.closely or not count & 15:
        nearest = source if type(node) is AccumulateGrad else nearest_leaf(node)
        is_new = not (nearest is None or nearest in site.leaves)
        if is_new:
            site.closely = count + OFTEN
        if is_new or not count & (count - 1):
            known = {leaf for leaf in (*site.leaves, nearest) if leaf is not None and leaf() is not None}
            known.update(map(ref, leaves_behind(node)))
            site.leaves = known
    if result is not None:
        site.results.append(result)


def new_site(how: str, code: CodeType, lasti: int, node: Node, since: tuple[CodeType, int] | None = None) -> Site:
    if len(SITES) >= LIMIT:
        for oldest in list(SITES)[: len(SITES) + 1 - LIMIT]:  # of a copy: another thread may be here, too
            SITES.pop(oldest, None)
    site = Site()
    site.how, site.since = how, since
    site.code, site.lasti = code, lasti
    site.source_code, site.source_lasti = node.code, node.lasti
    site.name = node.name()
    site.leaves = set()
    site.results = deque(maxlen=RESULTS)
    site.count, site.closely = 0, OFTEN
    site.made_at = -1
    site.first = site.when = next_seq()
    key_code, key_lasti = (code, lasti) if since is None else since
    SITES[id(key_code), key_lasti, id(node.code), node.lasti] = site
    return site


def nearest_leaf(node: Any) -> ref[Node] | None:
    """One of the leaves that a node depends on, found in few steps; None where it takes more. It stands for all of them."""
    for _ in range(NEAR):
        if type(node) is AccumulateGrad:
            return ref(node)
        below = None
        for parent in node.parents:
            if parent is not None:
                if type(parent) is AccumulateGrad:
                    return ref(parent)
                below = parent
        if below is None:
            return None
        node = below
    return None


def leaves_behind(node: Node) -> Iterator[AccumulateGrad]:
    """The leaves that a node depends on: all there are, in a graph of ordinary size."""
    for one in islice(ancestors([node]), FAR):
        if isinstance(one, AccumulateGrad):
            yield one


def sites() -> list[Site]:
    """The sites known, the latest first."""
    return sorted(SITES.copy().values(), key=lambda site: site.when, reverse=True)


def maker(tensor: TensorBase) -> Site | None:
    """The site that a tensor without history came out of."""
    return next((site for site in sites() if site.made(tensor)), None)


def last_cut() -> Site | None:
    """The latest site since the last backward: what to suspect where a result turns out to have no history."""
    since = RECENT[-1].when if RECENT else -1
    return next((site for site in sites() if site.when > since), None)


WHOLE = (
    "no_grad",
    "inference_mode",
    "detach()",
    "detach_()",
    ".data",
    ".data = ...",
    "tensor()",
    "requires_grad = False",
)
"""Exits by which a tensor goes on without its history, as it is."""
READ = ("item()", "tolist()", "float()", "int()", "complex()", "bool()")
"""Exits by which numbers are read: mostly to be shown."""


def cuts(node: Node, before: int | None = None) -> list[Site]:
    """The sites at which what depends on a node left the graph (before a root was made), the likeliest first."""
    mine, found = ref(node), []
    for site in sites():
        source = site.source()
        behind = mine in site.leaves or source is node
        if not behind and type(node) is not AccumulateGrad and source is not None and source.seq > node.seq:
            behind = any(one is node for one in ancestors([source]))
        if behind and (before is None or site.first < before):
            found.append(site)

    def likelihood(site: Site) -> tuple[int, int]:
        rank = 2 if site.how in WHOLE else 0 if site.how in READ else 1
        return rank, site.when if before is None or site.when < before else site.first

    return sorted(found, key=likelihood, reverse=True)
