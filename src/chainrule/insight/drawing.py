"""``draw``: a graph as a picture, in all its forms."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import dot as _dot, folding
from .model import Graph
from .scene import Scene, scene
from .svg import svg
from .text import text

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..nn import Module

__all__ = ["Drawing", "draw"]

FOLD = 150
"""Operations beyond which groups are folded."""
TANGLED = 4.0
"""Lines that pass by a layer, on average, beyond which less is drawn."""
SUFFIXES = ".svg .html .txt .dot .gv .mmd .md .json .png .pdf"


def draw(
    out: Tensor | Sequence[Tensor] | Graph,
    *,
    names: Module | Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
    label: Mapping[str, Tensor] | Sequence[str] | None = None,
    seed: Tensor | None = None,
    fold: int | None = None,
    depth: int = 0,
) -> Drawing:
    """The graph of ``out`` as a picture: values, local derivatives and, once a backward has run, gradients.

    A notebook shows it where it is the last line of a cell; ``print`` gives text; ``save`` writes a file. Nothing about the
    tensors or the graph changes.

    Args:
        out: a tensor that requires grad (or its ``grad_fn``), or several; or a :class:`~chainrule.insight.Graph`.
        names: a module, or names and their tensors, that go before the caller's variables.
        label: names and their tensors, which go before all else; or a list of names for those results that the caller has no
            variable for, in the order in which they were made.
        seed: the cotangent of ``out``; by default 1 where it has one element.
        fold: operations up to which each is drawn; beyond, modules and stretches of the program are folded. By default 150; 40 where
            many long lines would run side by side, as of an unrolled recurrent cell.
        depth: how many frames above the caller's the variables are looked for.

    Raises:
        TypeError: ``out`` is no tensor.
        ValueError: ``out`` has no graph.

    >>> x, w = torch.tensor(3.0), torch.tensor(2.0, requires_grad=True)
    >>> a = torch.relu(x * w)
    >>> print(chainrule.draw(a))
    a = torch.relu(x * w)  6
    │ ∂a/∂u = 1
    u = x * w  6
    ├─ x = 3  (no gradient)
    │ ∂u/∂w = 3
    w = 2  grad –
    <BLANKLINE>
    ∂a/∂w = ∂u/∂w · ∂a/∂u = 3 · 1 = 3
    <BLANKLINE>
    """
    if isinstance(out, Graph):
        return Drawing(out, fold)
    from ._build import graph_or_summary

    return Drawing(graph_or_summary(out, names, label, seed, depth + 2), fold)


def svg_of_node(node: Any) -> str:
    """How a notebook shows a ``grad_fn``: the graph behind it, with the names of the program's variables."""
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__") != "__main__":
        depth, frame = depth + 1, frame.f_back
    return draw(node, depth=depth - 1).svg()


class Drawing:
    """A picture of a graph; what :func:`draw` returns."""

    def __init__(self, graph: Graph, fold: int | None = None) -> None:
        self.graph = graph
        """The model that is drawn."""
        if fold is None:
            fold = folding.WIDE if folding.tangled(graph) > TANGLED else FOLD
        self.whole = folding.folded(graph)
        self.open = folding.opened(self.whole, fold, min(fold, folding.WIDE))
        """The groups that are drawn open."""

    @cached_property
    def scene(self) -> Scene:
        """What is drawn, before it has a place."""
        return scene(self.graph, self.whole, self.open)

    def svg(self) -> str:
        """A picture without scripts, for light and dark pages."""
        return svg(self.scene)

    def html(self) -> str:
        """A page in one file: zoom, folding, and the backward step by step. It loads nothing from anywhere."""
        from .html import html

        return html(self.graph, self.whole, self.open)

    def text(self, width: int | None = None, ascii_only: bool = False) -> str:
        """Lines for a terminal, from the output back to the inputs.

        Args:
            width: characters of a line; by default the terminal's.
            ascii_only: whether to do without Unicode.
        """
        return text(self.scene, width or max(40, shutil.get_terminal_size((100, 24)).columns), ascii_only)

    def dot(self) -> str:
        """Graphviz's language."""
        return _dot.dot(self.scene)

    def mermaid(self) -> str:
        """Mermaid's language."""
        return _dot.mermaid(self.scene)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture in the form that the file's suffix names.

        ``.svg``, ``.html``, ``.txt``, ``.dot`` or ``.gv``, ``.mmd`` or ``.md`` (Mermaid; in Markdown as a block), ``.json`` (the
        model); ``.png`` and ``.pdf`` by the package cairosvg.

        Raises:
            ValueError: another suffix.
            ImportError: cairosvg is not there.
        """
        target = Path(path)
        forms: dict[str, Any] = {
            ".svg": self.svg,
            ".html": self.html,
            ".txt": lambda: self.text(100),
            ".dot": self.dot,
            ".gv": self.dot,
            ".mmd": self.mermaid,
            ".md": lambda: f"```mermaid\n{self.mermaid()}```\n",
            ".json": self.graph.to_json,
            ".png": lambda: self.converted("png"),
            ".pdf": lambda: self.converted("pdf"),
        }
        form = forms.get(target.suffix.lower())
        if form is None:
            raise ValueError(f"a drawing cannot be saved as {target.suffix!r}; the suffixes are {SUFFIXES}")
        made = form()
        target.write_bytes(made if isinstance(made, bytes) else made.encode())

    def converted(self, kind: str) -> bytes:
        """PNG or PDF."""
        try:
            import cairosvg
        except ImportError as error:
            raise ImportError(
                f"{kind.upper()} needs the package cairosvg: pip install cairosvg (or chainrule[draw]). SVG and HTML need nothing."
            ) from error
        from .svg import flattened

        made: bytes = getattr(cairosvg, f"svg2{kind}")(
            bytestring=flattened(self.svg()).encode(), **({"scale": 2} if kind == "png" else {})
        )
        return made

    def _repr_svg_(self) -> str:
        return self.svg()

    def __str__(self) -> str:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return self.text(ascii_only=not encoding.lower().startswith("utf"))

    def __repr__(self) -> str:
        return f"<drawing of {len(self.graph.operations)} operations: print it, or save it as {SUFFIXES}>"
