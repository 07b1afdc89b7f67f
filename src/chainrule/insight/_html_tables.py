"""Tables and equations as HTML: without scripts or colours, so that they look right on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

CELL = "text-align: left; vertical-align: top; padding: 0.1em 1.2em 0.1em 0"
CAPTION = "text-align: left; padding: 0.8em 0 0.2em; opacity: 0.75"
EQUATIONS = "white-space: pre-wrap; margin: 0.3em 0"


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], is_code: bool = False) -> str:
    """A table of texts; nothing if it has no rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col" style="{CELL}">{escape(one)}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(cell(one, is_code) for one in row)}</tr>" for row in rows)
    return (
        f'<table style="border-collapse: collapse"><caption style="{CAPTION}">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def cell(text: str, is_code: bool) -> str:
    inside = f"<code>{escape(text)}</code>" if is_code and text else escape(text)
    return f'<td style="{CELL}">{inside}</td>'


def equations(lines: Sequence[str]) -> str:
    """Lines of mathematics in a font of equal widths."""
    return f'<pre style="{EQUATIONS}">{escape(chr(10).join(lines))}</pre>'


def paragraph(text: str, is_strong: bool = False) -> str:
    inside = f"<strong>{escape(text)}</strong>" if is_strong else escape(text)
    return f'<p style="margin: 0.3em 0">{inside}</p>'
