"""Compare the output that a notebook's cell recorded with the one that came out.

What no second run can repeat is masked on both sides before: object addresses, timings, versions, progress bars and
warnings. Images count by their presence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Comparison", "compare"]


class Comparison(NamedTuple):
    """How the output of one cell compares.

    `status` is "same" (to the character), "close" (the same but for numbers within the tolerance, or an error message
    that goes on where the recorded one ends), "differ", "missing" (nothing came out), or "extra" (nothing was
    recorded).
    """

    status: str
    recorded: str
    came_out: str
    masked: tuple[str, ...]


def compare(source: str, recorded: Sequence[Any], outputs: Sequence[Any], *, rtol: float = 1e-3) -> Comparison:
    """Compare two lists of outputs of one cell, in the notebook format.

    Args:
        source: the cell's source; magics in it say what its output is.
        recorded: the outputs that the notebook holds.
        outputs: the outputs that came out now.
        rtol: relative difference up to which two numbers are close; a difference of one in the last of at least three
            printed decimals is close as well. With 0 nothing is close that is not the same.

    >>> cell = [{"output_type": "stream", "name": "stdout", "text": "loss 0.3333"}]
    >>> again = [{"output_type": "stream", "name": "stdout", "text": "loss 0.3334"}]
    >>> compare("print(...)", cell, again).status
    'close'
    """
    masks: set[str] = set()
    expected, got = (_pieces(side, source, masks) for side in (recorded, outputs))
    if expected == got:
        status = "same"
    elif not got:
        status = "missing"
    elif not expected:
        status = "extra"
    elif len(expected) == len(got) and all(_is_close(old, new, rtol) for old, new in zip(expected, got, strict=True)):
        status = "close"
    else:
        status = "differ"
    return Comparison(status, _shown(recorded), _shown(outputs), tuple(sorted(masks)))


class _Piece(NamedTuple):
    kind: str  # stdout, stderr, data, image or error
    text: str


def _pieces(outputs: Sequence[Any], source: str, masks: set[str]) -> list[_Piece]:
    """The outputs as masked text. Streams are joined, since where they are split is chance."""
    is_watermark = re.search(r"^\s*%+watermark", source, re.MULTILINE) is not None
    pieces = []
    for kind, text in _merged(outputs):
        if kind == "widget":  # the progress bars of notebooks
            masks.add("progress")
        elif kind == "image":
            pieces.append(_Piece(kind, "<image>"))
        elif kind == "stdout" and is_watermark:
            masks.add("version")
            pieces.append(_Piece(kind, "<version>"))
        else:
            masked = _masked(_as_seen(text), masks, is_stderr=kind == "stderr")
            if masked.strip():
                pieces.append(_Piece(kind, masked))
    return pieces


def _merged(outputs: Sequence[Any]) -> list[_Piece]:
    merged: list[_Piece] = []
    streams: dict[str, int] = {}
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            name, text = output["name"], _text(output["text"])
            if name in streams:
                merged[streams[name]] = _Piece(name, merged[streams[name]].text + text)
            else:
                streams[name] = len(merged)
                merged.append(_Piece(name, text))
        elif kind == "error":
            merged.append(_Piece("error", f"{output['ename']}: {output['evalue']}"))
        else:
            merged.append(_displayed(output["data"]))
    return merged


def _displayed(data: dict[str, Any]) -> _Piece:
    if "application/vnd.jupyter.widget-view+json" in data:
        return _Piece("widget", _text(data.get("text/plain", "")))
    if any(mime.startswith("image/") for mime in data):
        return _Piece("image", "<image>")
    for mime in ("text/plain", "text/markdown", "text/latex", "text/html"):
        if mime in data:
            return _Piece("data", _text(data[mime]))
    return _Piece("data", " ".join(sorted(data)))


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _as_seen(text: str) -> str:
    """What a terminal shows: without colours, and of a line that was overwritten the last state."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "\n".join(line.removesuffix("\r").rpartition("\r")[2] for line in text.split("\n"))


def _shown(outputs: Sequence[Any]) -> str:
    return "\n".join(_as_seen(text).rstrip("\n") for _, text in _merged(outputs))


_NUMBER = r"\d+(?:\.\d*)?(?:e[+-]?\d+)?"
_UNIT = r"(?:ns|us|\u00b5s|\u03bcs|ms|s|secs?|seconds?|mins?|minutes?|hrs?|hours?)"

# What is masked, how it is found, and what stands for it. The first two take whole lines away.
_MASKS = (
    ("progress", re.compile(r"^.*(?:\d%\||\b(?:it|s)/(?:it|s)\b|\d(?:it|s)?\s?\[\d+:\d\d).*\n?", re.MULTILINE), ""),
    (
        "timing",
        re.compile(r"^(?:CPU times:|Wall time:|Compiler {5}:|.* per loop\b|The slowest run took ).*\n?", re.MULTILINE),
        "",
    ),
    ("address", re.compile(r"\b0x[0-9a-fA-F]{7,}"), "<address>"),
    # sys.version names the compiler after the version, sometimes in a second line
    ("version", re.compile(r"\b\d+\.\d+\.\d+[^\n]{0,99}(?:\n\s*)?\[(?:GCC|Clang|MSC)[^\]\n]*\]"), "<version>"),
    ("version", re.compile(r"\bv?\d+\.\d+\.\d+(?:[.+-]?[A-Za-z0-9]+)*"), "<version>"),
    ("timing", re.compile(r"\b\d+:\d\d:\d\d(?:\.\d+)?"), "<time>"),
    ("timing", re.compile(rf"(?<![\w.]){_NUMBER}\s?{_UNIT}(?![\w/])"), "<time>"),
    (
        "timing",
        re.compile(rf"\b((?:time|elapsed|took|duration)\b(?:\s(?:taken|elapsed))?\s*[:=]?\s*){_NUMBER}", re.IGNORECASE),
        r"\1<time>",
    ),
)
# A warning: its place and category, its text, and the line of source that Python adds.
_WARNING = re.compile(r"^.*:\d+: \w*Warning: [\s\S]*?(?:\n {2}\S.*(?:\n|\Z)|\Z)|^\[W\S* .*\n?", re.MULTILINE)


def _masked(text: str, masks: set[str], *, is_stderr: bool) -> str:
    for label, pattern, replacement in _MASKS:
        text, count = pattern.subn(replacement, text)
        if count:
            masks.add(label)
    if is_stderr:
        text, count = _WARNING.subn("", text)
        if count:
            masks.add("warning")
    return text


_PRINTED_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\b(?:nan|inf)\b")


def _is_close(old: _Piece, new: _Piece, rtol: float) -> bool:
    if old.kind != new.kind or rtol == 0:
        return False
    if old.kind == "error" and new.text.startswith(old.text):
        return True
    if _frame(old.text) != _frame(new.text):
        return False
    pairs = zip(_PRINTED_NUMBER.findall(old.text), _PRINTED_NUMBER.findall(new.text), strict=True)
    return all(_are_close(first, second, rtol) for first, second in pairs)


def _frame(text: str) -> str:
    """The text around the numbers. Spaces don't count: columns are as wide as their numbers."""
    return re.sub(r"\s+", "", _PRINTED_NUMBER.sub("#", text))


def _are_close(first: str, second: str, rtol: float) -> bool:
    a, b = float(first), float(second)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    if first.lstrip("+-").isdigit() and second.lstrip("+-").isdigit():  # integers count something
        return False
    # Numbers with three or more decimals were rounded for printing: one unit in the last place may be all there is.
    decimals = min(len(number.lower().partition("e")[0].partition(".")[2]) for number in (first, second))
    exponent = max(int(number.lower().partition("e")[2] or 0) for number in (first, second))
    unit = 1.001 * 10.0 ** (exponent - decimals) if decimals >= 3 else 0.0
    return abs(a - b) <= max(rtol * max(abs(a), abs(b)), unit)
