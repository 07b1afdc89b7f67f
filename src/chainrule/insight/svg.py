"""A scene as SVG without a script: light and dark, for notebooks, pages and files."""

from __future__ import annotations

import hashlib
import re
from html import escape, unescape
from typing import TYPE_CHECKING

from .placing import FONT, LINE, Curve, Label, Placed, text_width
from .scene import NOT_RUN, Item, Line, Scene, broken

if TYPE_CHECKING:
    from collections.abc import Iterator

MARGIN = 18.0

# Green, orange, blue and vermilion are told apart in all common kinds of colour blindness (Okabe and Ito, Color Universal
# Design, 2008); shapes, dashes and words say the same once more.
LIGHT = """--cr-page:#fff;--cr-ink:#1b1b1f;--cr-soft:#5c5f66;--cr-line:#2b2b31;--cr-input:#d9f2e3;--cr-input-edge:#00724d;
--cr-const:#eef5f0;--cr-value:#fdecc8;--cr-value-edge:#a26a00;--cr-out:#e6dcf5;--cr-out-edge:#6a3fa0;--cr-op:#fff;
--cr-card:#f6f7f9;--cr-card-edge:#8b909a;--cr-group:#e3edf8;--cr-group-edge:#2f6db0;--cr-red:#b3261e;--cr-lit:#ffd54a"""
DARK = """--cr-page:#16181d;--cr-ink:#eceef2;--cr-soft:#a9aeb8;--cr-line:#d5d8de;--cr-input:#123a2a;--cr-input-edge:#4cc792;
--cr-const:#1c2a24;--cr-value:#41310f;--cr-value-edge:#e0b050;--cr-out:#33264a;--cr-out-edge:#b898ea;--cr-op:#16181d;
--cr-card:#23262d;--cr-card-edge:#767c88;--cr-group:#1a2c40;--cr-group-edge:#79b0ec;--cr-red:#ff9b8a;--cr-lit:#7a5f00"""
STYLE = (
    f".cr-graph{{{LIGHT}}}\n@media (prefers-color-scheme:dark){{.cr-graph{{{DARK}}}}}\n"
    ".cr-graph text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;"
    f"font-size:{FONT:g}px;fill:var(--cr-ink)}}\n"
    """.cr-graph .cr-page{fill:var(--cr-page)}
.cr-graph .cr-name{font-weight:600}
.cr-graph .cr-value{fill:var(--cr-red)}
.cr-graph .cr-grad,.cr-graph .cr-note,.cr-graph .cr-shape{font-size:12px;fill:var(--cr-soft)}
.cr-graph .cr-symbol{text-anchor:middle;font-size:15px}
.cr-graph .cr-card .cr-symbol,.cr-graph .cr-output .cr-symbol{font-size:12px}
.cr-graph .cr-shape-of{stroke-width:1.5}
.cr-graph .cr-input .cr-shape-of{fill:var(--cr-input);stroke:var(--cr-input-edge)}
.cr-graph .cr-constant .cr-shape-of{fill:var(--cr-const);stroke:var(--cr-input-edge);stroke-dasharray:4 3}
.cr-graph .cr-is-value .cr-shape-of{fill:var(--cr-value);stroke:var(--cr-value-edge)}
.cr-graph .cr-output .cr-shape-of{fill:var(--cr-out);stroke:var(--cr-out-edge)}
.cr-graph .cr-operation .cr-shape-of,.cr-graph .cr-badge{fill:var(--cr-op);stroke:var(--cr-line);stroke-width:1.5}
.cr-graph .cr-card .cr-shape-of{fill:var(--cr-card);stroke:var(--cr-card-edge)}
.cr-graph .cr-group .cr-shape-of{fill:var(--cr-group);stroke:var(--cr-group-edge)}
.cr-graph .cr-link{fill:none;stroke:var(--cr-line);stroke-width:1.4}
.cr-graph .cr-arc{fill:none;stroke:var(--cr-red);stroke-width:1.6}
.cr-graph .cr-head{fill:var(--cr-line)}
.cr-graph .cr-head-back{fill:var(--cr-red)}
.cr-graph .cr-label{font-size:12px;fill:var(--cr-red);paint-order:stroke;stroke:var(--cr-page);stroke-width:3px;stroke-linejoin:round}
.cr-graph .cr-rule{fill:var(--cr-ink)}
.cr-graph g:focus{outline:none}
.cr-graph g:focus-visible .cr-shape-of{stroke-width:3.5}"""
)


def svg(scene: Scene, styled: bool = True) -> str:
    """The picture as a document of its own; not ``styled``, one for a page that has the style."""
    placed = Placed(scene)
    left, top, right, bottom = placed.box
    rows = list(_below(scene, max(right - left, 420.0)))
    width = max(right - left, *[text_width(text, size) for _, text, size in rows], 160.0) + 2 * MARGIN
    below = bottom + 26
    height = bottom - top + 2 * MARGIN + (len(rows) * 20 + 8 if rows else 0)
    shift = (width - 2 * MARGIN - (right - left)) / 2
    frame = left - MARGIN - shift, top - MARGIN, width, height
    body = "\n".join((*_links(placed), *_arcs(placed), *_items(placed), *_labels(placed)))
    base = left - shift
    under = "\n".join(
        f'<text class="cr-{style}" x="{_n(base)}" y="{_n(below + 20 * row)}">{text_of(text)}</text>'
        for row, (style, text, _) in enumerate(rows)
    )
    body += "\n" + under
    mark = "cr" + hashlib.sha256(body.encode()).hexdigest()[:8]
    size = f' width="{_n(width)}" height="{_n(height)}" style="max-width:100%;height:auto"'
    style = f"<style>{STYLE}</style>\n" if styled else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cr-graph" viewBox="{" ".join(map(_n, frame))}"{size} '
        f'role="graphics-document document" aria-labelledby="{mark}-title {mark}-desc">\n'
        f'<title id="{mark}-title">{text_of(scene.title)}</title>\n'
        f'<desc id="{mark}-desc">{text_of(scene.description)}</desc>\n'
        f"{style}<defs>{_head(mark, 'head')}{_head(mark, 'head-back')}</defs>\n"
        f'<rect class="cr-page" x="{_n(frame[0])}" y="{_n(frame[1])}" width="{_n(width)}" height="{_n(height)}" rx="8"/>\n'
        + body.replace("url(#cr-", f"url(#{mark}-")
        + "\n</svg>\n"
    )


def flattened(document: str) -> str:
    """The same for programs that know little of style sheets: light, without variables or outlined letters."""
    start, end = document.index("<style>"), document.index("</style>")
    style = re.sub(r"@media[^{]*\{[^{}]*\{[^}]*\}\}", "", document[start:end])
    colours = dict(re.findall(r"(--cr-[a-z-]+):(#[0-9a-f]+)", LIGHT))
    style = re.sub(r"var\((--cr-[a-z-]+)\)", lambda match: colours[match[1]], style)
    style = re.sub(r"paint-order:stroke;stroke:[^;]*;stroke-width:3px;stroke-linejoin:round", "", style)
    before = document[:start].replace(' style="max-width:100%;height:auto"', "")
    return (
        before
        + style
        + re.sub(r'<text text-anchor="middle" x="(.*?)" y="(.*?)">(<tspan.*?)</text>', _apart, document[end:])
    )


def _apart(match: re.Match[str]) -> str:
    """A line of spans as a text for each."""
    spans = re.findall(r"<tspan class=\"(.*?)\">(.*?)</tspan>", match[3])
    widths = [0.94 * text_width(unescape(text)) for _, text in spans]
    at = float(match[1]) - sum(widths) / 2
    found = []
    for (style, text), width in zip(spans, widths, strict=True):
        found.append(
            f'<text class="{style}" text-anchor="middle" x="{_n(at + width / 2)}" y="{match[2]}">{text}</text>'
        )
        at += width
    return "".join(found)


HARMFUL = re.compile(
    r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What XML forbids, and what turns the direction of writing."""


def text_of(text: str) -> str:
    """A text made harmless for XML."""
    return escape(HARMFUL.sub("", text))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _head(mark: str, kind: str) -> str:
    return (
        f'<marker id="{mark}-{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="cr-{kind}" d="M0 0.8 10 5 0 9.2z"/></marker>'
    )


def _below(scene: Scene, width: float) -> Iterator[tuple[str, str, float]]:
    """What is written under a picture of that width: (style, text, size)."""
    for rule in scene.notes:
        for line in broken(rule, int(width / 7.5)):
            yield "rule", line.replace("   ", "\u2003", 1), FONT
    said = ["black: forward"]
    if scene.arcs:
        labels = " ".join(arc.label for arc in scene.arcs)
        said.append("red: backward" + (", with the local derivative" if labels.strip() else ""))
        if "⊙" in labels:
            said.append("⊙: element by element")
        if re.search(r"(?<!\w)g(?=ᵀ|\W|$)", labels):
            said.append("g: the cotangent that arrives")
    if scene.waiting:
        said.append(f"grad {NOT_RUN}: no backward yet")
    if any(text == "?" for item in scene.items for line in item.lines for _, text in line):
        said.append("?: not known any more")
    if scene.folded:
        said.append("stacks: operations folded together")
    line = said[0]
    for one in said[1:]:
        if text_width(f"{line} · {one}", 12.0) > width:
            yield "note", line, 12.0
            line = one
        else:
            line += f" · {one}"
    yield "note", line, 12.0


def path(curve: Curve) -> str:
    """The curve as the ``d`` of a path."""
    parts = [f"M{_n(curve.points[0][0])} {_n(curve.points[0][1])}"]
    for number, (x, y) in enumerate(curve.points[1:]):
        if curve.straight:
            parts.append(f"L{_n(x)} {_n(y)}")
        else:
            (ax, ay), (bx, by) = curve.handles(number)
            parts.append(f"C{_n(ax)} {_n(ay)} {_n(bx)} {_n(by)} {_n(x)} {_n(y)}")
    return "".join(parts)


def _links(placed: Placed) -> Iterator[str]:
    for link, curve in zip(placed.scene.links, placed.links, strict=True):
        keys = f' data-edges="{text_of(" ".join(link.keys))}"' if link.keys else ""
        yield f'<path class="cr-link"{keys} d="{path(curve)}" marker-end="url(#cr-head)"/>'


def _arcs(placed: Placed) -> Iterator[str]:
    for arc, curve in zip(placed.scene.arcs, placed.arcs, strict=True):
        keys = text_of(" ".join(arc.keys))
        yield (
            f'<path class="cr-arc" data-edges="{keys}" d="{path(curve)}" '
            f'marker-end="url(#cr-head-back)"><title>{text_of(arc.title)}</title></path>'
        )


def _labels(placed: Placed) -> Iterator[str]:
    for arc, label in zip(placed.scene.arcs, placed.labels, strict=True):
        if label is not None:
            yield _label(label, " ".join(arc.keys))


def _label(label: Label, keys: str) -> str:
    return (
        f'<text class="cr-label" data-edges="{text_of(keys)}" x="{_n(label.x)}" y="{_n(label.y)}" '
        f'text-anchor="{label.anchor}">{text_of(label.text)}</text>'
    )


def _items(placed: Placed) -> Iterator[str]:
    for number, item in enumerate(placed.scene.items):
        left, top, right, bottom = placed.item_box(number)
        kind = "is-value" if item.kind == "value" else item.kind
        marks = f' data-ops="{text_of(" ".join(item.operations))}"' if item.operations else ""
        if item.group:
            marks += f' data-group="{text_of(item.group)}"'
        yield (
            f'<g class="cr-item cr-{kind}" data-key="{text_of(item.key)}"{marks} tabindex="0" role="img" '
            f'aria-label="{text_of(item.title)}"><title>{text_of(item.title)}</title>'
        )
        if item.kind == "operation":
            yield from _operation(item, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
        else:
            yield from _card(item, left, top, right - left, bottom - top)
        yield "</g>"


def _operation(item: Item, x: float, y: float, width: float, height: float) -> Iterator[str]:
    yield _rect(x - width / 2, y - height / 2, width, height, height / 2)
    yield f'<text class="cr-symbol" x="{_n(x)}" y="{_n(y + 5)}">{text_of(item.symbol)}</text>'


def _rect(left: float, top: float, width: float, height: float, rounded: float) -> str:
    return f'<rect class="cr-shape-of" x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(rounded)}"/>'


def _card(item: Item, left: float, top: float, width: float, height: float) -> Iterator[str]:
    if item.kind == "group":
        for step in (8, 4):
            yield _rect(left + step, top + step, width, height - 2 * step, 6)
    rounded = 4 if item.kind in ("input", "constant") else 9
    yield _rect(left, top, width, height, rounded)
    middle = left + width / 2
    if item.symbol and item.kind in ("card", "output"):
        badge = max(26.0, text_width(item.symbol, 12.0) + 12)
        yield f'<rect class="cr-badge" x="{_n(left + 7)}" y="{_n(top + height / 2 - 13)}" width="{_n(badge)}" height="26" rx="13"/>'
        yield f'<text class="cr-symbol" x="{_n(left + 7 + badge / 2)}" y="{_n(top + height / 2 + 4)}">{text_of(item.symbol)}</text>'
        middle = left + 7 + badge + (width - badge - 7) / 2
    start = top + height / 2 - (len(item.lines) - 1) * LINE / 2 + 4.5
    for row, line in enumerate(item.lines):
        yield f'<text text-anchor="middle" x="{_n(middle)}" y="{_n(start + row * LINE)}">{_spans(line)}</text>'


def _spans(line: Line) -> str:
    return "".join(f'<tspan class="cr-{style}">{text_of(text)}</tspan>' for style, text in line)
