"""A drawing as a page in one file: zoom, folding, and the backward step by step. It loads nothing, and needs no server."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .folding import Group, above, visible
from .scene import Scene, scene
from .steps import steps
from .svg import DARK, LIGHT, STYLE, svg, text_of

if TYPE_CHECKING:
    from .model import Graph

MOST_SCENES = 60
"""Groups that a page can open; more would make it too large."""
UNSEEDED = (
    "the output has several elements; give draw() a seed, the cotangent of the output.",
    "there are several outputs; draw the one that is differentiated, or give draw() a seed, the cotangent of each of them.",
)
LARGEST_SCENE = 250
"""Operations and groups beyond which a picture is left out."""
MOST_TEXT = 1_500_000
"""Characters of all pictures; those that would come after are left out."""

LIT = """
.cr-graph .cr-lit.cr-arc{stroke-width:4;stroke-dasharray:9 5}
.cr-graph .cr-lit.cr-label{font-weight:700;font-size:13px}
.cr-graph .cr-lit .cr-shape-of{stroke:var(--cr-red);stroke-width:3.5}
.cr-graph .cr-done.cr-arc{stroke-width:2.4}
.cr-graph .cr-group,.cr-graph [data-group]{cursor:pointer}"""


def html(graph: Graph, whole: Group, open_: frozenset[str]) -> str:
    """The page."""
    first = scene(graph, whole, open_)
    scenes = [{"key": "start", "name": "as drawn at first", "svg": svg(first, styled=False)}]
    scenes += more_scenes(graph, whole, open_)
    by_id = graph.by_id
    found = steps(graph)
    rows = [
        {"id": one, "name": by_id[one].name, "role": by_id[one].role}
        for one in dict.fromkeys((*[step.value for step in found], *graph.inputs))
    ]
    data = {
        "scenes": scenes,
        "steps": [vars(step) for step in found],
        "values": rows,
        "groups": {group.key: group.label for group in whole.groups()},
        "problems": sorted({op.problem for op in graph.operations if op.problem}),
        "unseeded": UNSEEDED[len(graph.outputs) > 1],
    }
    return page(first, data)


def more_scenes(graph: Graph, whole: Group, open_: frozenset[str]) -> list[dict[str, Any]]:
    """All folded, all open, and each group open by itself."""
    groups = list(whole.groups())
    wanted: list[tuple[str, str, frozenset[str]]] = []
    if groups:
        wanted.append(("folded", "all folded", frozenset()))
        wanted.append(("all", "all open", frozenset(group.key for group in groups)))
        wanted += [(f"group {one.key}", f"open: {one.label}", above(whole, one.key)) for one in groups[:MOST_SCENES]]
    found: list[dict[str, Any]] = []
    known = {open_}
    length = 0
    for key, name, which in wanted:
        if which in known or length > MOST_TEXT or len(visible(whole, which)) > LARGEST_SCENE:
            continue
        known.add(which)
        found.append({"key": key, "name": name, "svg": svg(scene(graph, whole, which), styled=False)})
        length += len(found[-1]["svg"])
    return found


def page(first: Scene, data: dict[str, Any]) -> str:
    """The document around the data. What is in it is text: ``<`` cannot end the element."""
    here = files(__package__)
    script, style = ((here / name).read_text("utf-8") for name in ("viewer.js", "viewer.css"))
    style = f":root{{{LIGHT}}}\n@media (prefers-color-scheme:dark){{:root{{{DARK}}}}}\n{STYLE}{LIT}\n{style}"
    said = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    mark = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{mark}'; style-src 'unsafe-inline'; img-src data:"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<title>{text_of(first.title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<h1>{text_of(first.title)}</h1>
<div class="bar" role="toolbar" aria-label="Picture">
<label>show <select id="scene"></select></label>
<button id="fold" type="button" title="fold (f)">fold</button>
<button id="smaller" type="button" aria-label="smaller" title="smaller (-)">−</button>
<button id="fit" type="button" title="fit the picture (0)">fit</button>
<button id="larger" type="button" aria-label="larger" title="larger (+)">+</button>
<span id="zoom" aria-live="off"></span>
</div>
<div class="bar" role="toolbar" aria-label="Backward, step by step">
<button id="first" type="button" title="to the start (Home)">start</button>
<button id="back" type="button" title="one step back (left)">back</button>
<button id="play" type="button" title="play or pause (space)">play</button>
<button id="step" type="button" title="one step (right)">step</button>
<button id="last" type="button" title="to the end (End)">end</button>
<span id="count"></span>
</div>
<p id="said" role="status" aria-live="polite"></p>
<div id="stage" tabindex="0" role="region" aria-label="The graph; arrows scroll, Enter opens a folded group"></div>
<details open><summary>Cotangents so far</summary>
<div class="rows">
<table><thead><tr><th scope="col">value</th><th scope="col">derivative of the output by it</th></tr></thead><tbody id="values"></tbody></table>
</div>
</details>
<details><summary>Keys</summary>
<p>right, left: a step on, a step back · space: play, pause · Home, End: start, end · +, −, 0: zoom · f: fold · Tab, Enter: to a group, open it</p>
</details>
<script type="application/json" id="data">{said}</script>
<script>{script}</script>
</body>
</html>
"""
