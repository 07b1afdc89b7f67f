"""An :class:`Explanation` as text, Markdown, LaTeX and HTML: one account of it, four ways of writing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os.path import basename
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _html_tables
from ._formulas import filled
from .model import Numbers, shown

if TYPE_CHECKING:
    from ._explain import Chain, Explanation, Path
    from .model import Edge, Value

STEPS = 24
"""How many steps, factors and lines are shown; of more, the first and the last."""
PATHS = 6
"""How many paths are written out."""
WIDTH = 72
WAY = 12
"""How many values of a path are named."""


@dataclass
class Writer:
    """How one of the forms writes names and derivatives."""

    is_latex: bool

    def name(self, value: Value) -> str:
        return tex_name(value.name) if self.is_latex else value.name

    def derivative(self, of: str, by: str) -> str:
        return rf"\frac{{\partial {of}}}{{\partial {by}}}" if self.is_latex else f"d{of}/d{by}"

    def numbers(self, numbers: Numbers | None) -> str:
        if numbers is None:
            return "?"
        if self.is_latex and numbers.data and numbers.size and numbers.number is None and len(numbers.shape) in (1, 2):
            return tex_matrix(numbers.data)
        text = numbers.text()
        return tex_number(text) if self.is_latex else text

    def times(self, factors: Iterable[str]) -> str:
        return (r"\cdot ".join if self.is_latex else " * ".join)(factors)


PLAIN, TEX = Writer(False), Writer(True)


# -- what is said ------------------------------------------------------------------------------------------------------


class Account:
    """What all forms say of an explanation, in the words of one of them."""

    def __init__(self, explanation: Explanation, writer: Writer) -> None:
        self.it = explanation
        self.graph = explanation.graph
        self.write = writer
        self.between = {edge.source for edge in explanation.edges} | {explanation.out.id}

    # -- derivatives

    def targets(self, edge: Edge) -> list[Value]:
        """The values that an edge leads to: the outputs of its operation through which the derivative flows."""
        outputs = [self.graph.by_id[one] for one in self.graph.by_id[edge.target].outputs]
        return [one for one in outputs if one.id in self.between] or outputs[:1]

    def target(self, edge: Edge) -> Value:
        """The first of them."""
        return self.targets(edge)[0]

    def listed(self, texts: list[str]) -> str:
        """What stands for several outputs."""
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"

    def symbol(self, edge: Edge) -> str:
        """``du/dw``; numbered where an operation reads one value several times."""
        write, source = self.write, self.graph.by_id[edge.source]
        same = [e for e in self.graph.edges_into[edge.target] if e.source == edge.source]
        by = write.name(source)
        if len(same) > 1:
            number = same.index(edge) + 1
            by += f"_{{({number})}}" if write.is_latex else str(number).translate(SUBSCRIPTS)
        return write.derivative(self.listed([write.name(one) for one in self.targets(edge)]), by)

    def formula(self, edge: Edge, g: str) -> tuple[str, bool]:
        """The local derivative in symbols ("" where there is nothing to show), and whether it is a factor."""
        found = self.it.formula(edge)
        if found is None:
            return ("", True) if edge.form in ("number", "elementwise", "jacobian") else (self.in_words(edge, g), False)
        is_conjugated = not found.is_factor
        names = {
            e.argument: self.operand(self.graph.by_id[e.source], is_conjugated)
            for e in self.graph.edges_into[edge.target]
        }
        names |= {"out": self.operand(self.target(edge), is_conjugated), "g": g, "g_": self.whole_of(g)}
        text = filled(found.latex if self.write.is_latex else found.text, names)
        if not text or "?" in text:  # an operand is not known
            return ("", True) if found.is_factor else (self.in_words(edge, g), False)
        return text, found.is_factor

    def whole_of(self, g: str) -> str:
        """A cotangent as the base of a power."""
        if g in ("g", "1"):
            return g
        return rf"\left({g}\right)" if self.write.is_latex else f"({g})"

    def operand(self, value: Value, is_conjugated: bool) -> str:
        name = self.write.name(value)
        if not is_conjugated or not value.dtype.startswith("complex"):
            return name
        if name[:1] + name[-1:] == "()":  # a number of two parts
            name = name[1:-1]
        return rf"\overline{{{name}}}" if self.write.is_latex else f"conj({name})"

    def in_words(self, edge: Edge, g: str) -> str:
        """What becomes of a cotangent where there is no formula."""
        op = self.graph.by_id[edge.target]
        source = self.write.name(self.graph.by_id[edge.source])
        if self.write.is_latex:
            return rf"J_{{{tex_name(op.symbol)},\,{source}}}^\top {g}"
        return f"Jᵀ {g}, J the Jacobian of {op.symbol} by {source}"

    def local(self, edge: Edge) -> tuple[str, str]:
        """What a local derivative is, in symbols and in numbers."""
        g = "g"
        text, is_factor = self.formula(edge, g)
        value = "" if edge.local is None else self.write.numbers(edge.local)
        if edge.form == "number" or not is_factor:
            return text, value if is_factor else ""
        if edge.form == "jacobian" and not text:
            return (r"\text{Jacobian}" if self.write.is_latex else "Jacobian"), value
        if not text and all_ones(edge.local):
            return (r"\text{identity}" if self.write.is_latex else "identity"), ""
        diag = r"\operatorname{diag}" if self.write.is_latex else "diag"
        return f"{diag}({text})" if text else "", f"{diag}({value})" if value else ""

    # -- the parts

    def forward(self) -> list[tuple[str, str, str, str]]:
        """(name, expression, value, place) of each step, and of what else the formulas speak of and the program has no name for."""
        rows = []
        spoken = self.spoken_of()
        for value in self.graph.values:
            if value.maker is None:
                if value.id in spoken and value.named == "derived":
                    rows.append((value.name, "a constant", self.known(value), ""))
                continue
            op = self.graph.by_id[value.maker]
            is_step = op in self.it.steps and value.id in self.between and value.slot == self.first_slot(op)
            if not is_step and value.id not in spoken:
                continue
            place = op.origin
            where = f"{basename(place.file)}:{place.line}" if place.file else ""
            rows.append((value.name, place.expression or op.name, self.known(value), where))
        return rows

    def first_slot(self, op: Any) -> int:
        """The first of an operation's outputs through which the derivative flows."""
        return next((v.slot for one in op.outputs if (v := self.graph.by_id[one]).id in self.between), 0)

    def known(self, value: Value) -> str:
        """A value's numbers, of several with their shape."""
        known = "" if value.numbers is None else value.numbers.text()
        if value.numbers is None or value.numbers.size > 1:
            known = f"{list(value.shape or ())}  {known}".rstrip()
        return known

    def spoken_of(self) -> set[str]:
        """The values beside the path that stand in formulas."""
        found = set()
        for edge in self.it.edges:
            text = self.formula(edge, "g")[0]
            for one in self.graph.edges_into[edge.target]:
                name = self.write.name(self.graph.by_id[one.source])
                if one.source not in self.between and re.search(rf"(?<![\w.]){re.escape(name)}(?![^\Wᵀ²³]|\.)", text):
                    found.add(one.source)
        return found

    def locals(self) -> list[tuple[str, str, str]]:
        """(derivative, formula, numbers) of each edge."""
        return [(self.symbol(edge), *self.local(edge)) for edge in self.it.edges]

    def is_product(self, chain: Chain) -> bool:
        """Whether all along the way there are numbers, so that products say it best."""
        return bool(chain.paths) and all(edge.form == "number" for path in chain.paths for edge in path.edges)

    def sections(self) -> Iterator[tuple[str, list[tuple[str, list[str]]], list[str]]]:
        """The chain rule: (title, left sides with what they are equal to, remarks), by products or in one pass for all."""
        together = []
        for chain in self.it.chains:
            if self.is_product(chain):
                yield self.title(chain), self.products(chain), list(chain.notes)
            else:
                together.append(chain)
        if not together:
            return
        rows = self.backward([chain.wrt for chain in together])
        rows = rows if len(rows) <= 2 * STEPS else [*rows[:STEPS], ("…", []), *rows[-STEPS:]]
        several = len(self.it.chains) > 1
        notes = []
        for chain in together:
            said = [self.title(chain)] if chain.count != 1 else []
            if chain.count > 1:
                said[0] += f"; step by step, the largest is {self.way(chain)}"
            notes += [f"{self.whole(chain.wrt)}: {note}" if several else note for note in (*said, *chain.notes)]
        yield "from the output back", rows, notes

    def whole(self, value: Value) -> str:
        return self.write.derivative(self.write.name(self.it.out), self.write.name(value))

    def products(self, chain: Chain) -> list[tuple[str, list[str]]]:
        """Each path as a product; their sum."""
        left, total = self.whole(chain.wrt), self.write.numbers(chain.gradient)
        if chain.count == 1:
            return [(left, [*[part for part in self.product(chain.paths[0]) if part != left], total])]
        rows = []
        for number, path in enumerate(chain.paths[:PATHS], 1):
            rows.append((self.path_name(number), [*self.product(path), self.write.numbers(path.product)]))
        terms = [self.write.numbers(path.product) for path in chain.paths[:PATHS]]
        more = chain.paths[PATHS:]
        if more:
            terms.append(self.rest(more))
        rows.append((left, [signed_sum(terms), total]))
        return rows

    def path_name(self, number: int) -> str:
        return rf"\text{{path {number}}}" if self.write.is_latex else f"path {number}"

    def rest(self, paths: tuple[Path, ...]) -> str:
        """The sum over the paths that are not shown."""
        total = sum(path.product.array for path in paths if path.product is not None)
        text, more = shown(total.item()), f"{len(paths)} more path{'s' * (len(paths) > 1)}"
        if self.write.is_latex:
            return rf"\underbrace{{{tex_number(text)}}}_{{\text{{{more}}}}}"
        return f"{text} ({more})"

    def product(self, path: Path) -> list[str]:
        """The factors in symbols, and in numbers."""
        factors = [self.conjugated(self.symbol(edge), edge) for edge in path.edges]
        if len(factors) < 2:
            return factors
        numbers = [parenthesised(self.write.numbers(conjugate_of(edge.local))) for edge in path.edges]
        return [self.write.times(elided(factors)), self.write.times(elided(numbers))]

    def conjugated(self, text: str, edge: Edge) -> str:
        """A local derivative as a factor: PyTorch's gradients of complex values are conjugates."""
        if edge.local is None or not edge.local.dtype.startswith("complex"):
            return text
        return rf"\overline{{{text}}}" if self.write.is_latex else f"conj({text})"

    def backward(self, wanted: list[Value]) -> list[tuple[str, list[str]]]:
        """From the output back: the derivative by each value on the way, as the sum of what arrives there."""
        inside = {value.id for value in wanted}
        for op in self.graph.operations:
            if any(edge.backward and edge.source in inside for edge in self.graph.edges_into.get(op.id, ())):
                inside.update(op.outputs)
        rows: list[tuple[str, list[str]]] = []
        for value in reversed(self.graph.values):
            if value.id not in inside or value.id == self.it.out.id or value.id not in self.between:
                continue
            edges = [e for e in self.graph.edges_from.get(value.id, ()) if e.backward]
            if not edges:
                continue
            terms = [self.term(edge) for edge in edges]
            numbers = [self.write.numbers(edge.contribution) for edge in edges]
            last = self.write.numbers(value.cotangent)
            small = value.cotangent is not None and value.cotangent.data is not None
            middle = [signed_sum(numbers)] if len(edges) > 1 and small else []
            left = self.whole(value)
            parts = dict.fromkeys((" + ".join(terms), *middle, last))
            rows.append((left, [part for part in parts if part != left]))
        return rows

    def term(self, edge: Edge) -> str:
        """What one edge adds to the derivative by its source, in symbols."""
        target = self.target(edge)
        is_start = target.id == self.it.out.id and not self.it.seed  # where the cotangent is 1
        g = "1" if is_start else self.listed([self.whole(one) for one in self.targets(edge)])
        text, is_factor = self.formula(edge, g)
        if not is_factor:
            return text.removeprefix("1 * ").removeprefix(r"1\cdot ").removeprefix(r"1\,") if is_start else text
        source = self.graph.by_id[edge.source]
        summed = f" summed to {list(source.shape or ())}" if target.shape != source.shape else ""
        if edge.form != "elementwise":
            summed = ""
        if summed and self.write.is_latex:
            summed = rf"\text{{{summed}}}"
        if not text and all_ones(edge.local) and edge.form != "jacobian":
            return g + summed
        if not text:
            text = self.symbol(edge)
        elif not re.fullmatch(r"[\w.]+|\[.*\]", text):
            text = f"({text})"
        text = self.conjugated(text, edge)
        if is_start:
            return text + summed
        if edge.form == "jacobian":
            return rf"{g}\,{text}" if self.write.is_latex else f"{g} @ {text}"
        if not self.write.is_latex:
            return f"{g} * {text}{summed}"
        return (rf"{g}\odot {text}" if edge.form == "elementwise" else rf"{g}\cdot {text}") + summed

    def way(self, chain: Chain) -> str:
        """The values along the path of the largest contributions."""
        names = [chain.wrt.name, *[self.target(edge).name for edge in chain.largest]]
        return " → ".join(names if len(names) <= WAY else [*names[: WAY // 2], "…", *names[-WAY // 2 :]])

    def title(self, chain: Chain) -> str:
        if chain.count == 0:
            return "no path leads there: it is 0"
        if chain.count == 1:
            return ""
        text = f"the sum over {chain.count} paths"
        shown_ = min(PATHS, len(chain.paths))
        if self.is_product(chain) and chain.count > shown_:
            text += f", the {shown_} largest of which are shown"
        return text


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def all_ones(numbers: Numbers | None) -> bool:
    return numbers is not None and numbers.array is not None and bool((numbers.array == 1).all())


def conjugate_of(numbers: Numbers | None) -> Numbers | None:
    if numbers is None or numbers.array is None or not numbers.dtype.startswith("complex"):
        return numbers
    return Numbers.of(np.conj(numbers.array))


def elided(parts: list[str]) -> list[str]:
    """The first and the last of many."""
    return parts if len(parts) <= STEPS else [*parts[: STEPS // 2], "…", *parts[-STEPS // 2 :]]


def parenthesised(number: str) -> str:
    return f"({number})" if number.startswith("-") or number.endswith("i") else number


def signed_sum(terms: list[str]) -> str:
    """``1 + 2 - 3``."""
    terms = [f"({term})" if term.endswith("i") else term for term in terms]
    text = terms[0]
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text


def headline(account: Account, chain: Chain) -> str:
    return f"{account.whole(chain.wrt)} = {account.write.numbers(chain.gradient)}"


# -- text --------------------------------------------------------------------------------------------------------------


def text(explanation: Explanation) -> str:
    return "\n".join(text_lines(explanation))


def text_lines(explanation: Explanation) -> Iterator[str]:
    account = Account(explanation, PLAIN)
    for chain in explanation.chains:
        yield headline(account, chain)
    if explanation.seed:
        yield f"starting with {explanation.seed}"
    if explanation.graph.note:
        yield explanation.graph.note
    steps = [(f"{name} = {said}", value) for name, said, value, _ in account.forward()]
    if steps:
        yield ""
        yield "forward"
        yield from aligned(middle_left_out(steps, ("…", "")))
    rows = [(f"{symbol} = {formula}" if formula else symbol, numbers) for symbol, formula, numbers in account.locals()]
    if rows:
        yield ""
        yield "local derivatives" + (
            ", of a cotangent g" if any(" g" in left or "g " in left for left, _ in rows) else ""
        )
        yield from aligned(middle_left_out(rows, ("…", "")))
    for title, equations, notes in account.sections():
        yield ""
        yield f"chain rule{', ' + title if title else ''}"
        for left, right in equations:
            yield from equation_lines(left, right)
        yield from (f"  {note}" for note in notes)


def equation_lines(left: str, right: list[str]) -> Iterator[str]:
    """An equation on one line if it fits, else with each side on a line of its own."""
    line = f"  {' = '.join([left, *right])}"
    if len(line) <= WIDTH or len(right) < 2:
        yield line
        return
    yield f"  {left} = {right[0]}"
    yield from (f"  {' ' * len(left)} = {part}" for part in right[1:])


def middle_left_out(rows: list[Any], mark: Any) -> list[Any]:
    return rows if len(rows) <= 2 * STEPS else [*rows[:STEPS], mark, *rows[-STEPS:]]


def aligned(rows: list[tuple[str, str]]) -> Iterator[str]:
    width = min(max((len(left) for left, _ in rows), default=0), WIDTH)
    for left, right in rows:
        yield f"  {left:{width}}  {right}".rstrip()


# -- LaTeX -------------------------------------------------------------------------------------------------------------


def latex(explanation: Explanation) -> str:
    account = Account(explanation, TEX)
    rows = []
    for _, equations, _ in account.sections():
        for left, right in equations:
            rows.append(f"{left} &= " + " = ".join(right) if right else r"&\;\,\vdots")
    inside = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{inside}\n\\end{{aligned}}"


def tex_name(name: str) -> str:
    """A variable's name in mathematics: letters stay letters, digits below them subscripts; words are upright."""
    found = re.fullmatch(r"([A-Za-z])([₀-₉]+|\d*)", name)
    if found:
        letter, digits = found[1], "".join(str("₀₁₂₃₄₅₆₇₈₉".find(d)) if d in "₀₁₂₃₄₅₆₇₈₉" else d for d in found[2])
        return f"{letter}_{{{digits}}}" if digits else letter
    if re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", name):
        return tex_number(name)
    return rf"\mathrm{{{tex_escaped(name)}}}"


def tex_matrix(data: list[Any]) -> str:
    """A vector or a matrix: a vector as a row."""
    rows = data if isinstance(data[0], list) else [data]
    inside = r" \\ ".join(" & ".join(tex_number(shown(one)) for one in row) for row in rows)
    return rf"\begin{{pmatrix}} {inside} \end{{pmatrix}}"


TEX_SPECIAL = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\hat{\ }", "~": r"\sim ", "<": r"\lt ", ">": r"\gt ", " ": r"\ ",
    "|": r"\vert ", "`": r"\grave{\ }",
}  # fmt: skip


def tex_escaped(text: str) -> str:
    return "".join(TEX_SPECIAL.get(letter, letter) for letter in text)


def tex_number(text: str) -> str:
    """Numbers as LaTeX: powers of ten, and words as text."""
    text = re.sub(r"(\d(?:\.\d+)?)e([+-])0*(\d+)", lambda m: rf"{m[1]}\cdot 10^{{{m[2].strip('+')}{m[3]}}}", text)
    text = text.replace("…", r"\ldots ").replace("inf", r"\infty ").replace("?", r"\text{?}")
    return re.sub(r"(mean|nan|True|False)", r"\\text{\1 }", text)


# -- Markdown ----------------------------------------------------------------------------------------------------------


def markdown(explanation: Explanation) -> str:
    account = Account(explanation, PLAIN)
    tex = Account(explanation, TEX)
    parts = [", ".join(f"**{code(headline(account, chain))}**" for chain in explanation.chains)]
    if explanation.seed:
        parts.append(f"starting with {explanation.seed}")
    if explanation.graph.note:
        parts.append(explanation.graph.note)
    rows = [(cell(name), cell(said), cell(value), cell(where)) for name, said, value, where in account.forward()]
    parts.append(table(["value", "expression", "is", "where"], middle_left_out(rows, ("…", "", "", ""))))
    locals_ = [
        (f"${symbol}$", f"${formula}$" if formula else "", cell(numbers))
        for (symbol, formula, _), (_, _, numbers) in zip(tex.locals(), account.locals(), strict=True)
    ]
    if locals_:
        parts.append(table(["derivative", "is", "here"], middle_left_out(locals_, ("…", "", ""))))
    parts.append(f"$$\n{latex(explanation)}\n$$")
    for title, _, notes in account.sections():
        parts += [code_free(note) for note in ([title] if title else []) + notes]
    return "\n\n".join(parts)


def code(text: str) -> str:
    """A code span of any text."""
    if not text:
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def cell(text: str) -> str:
    """A code span in a table."""
    return code(text).replace("|", r"\|")


def code_free(text: str) -> str:
    """Text in which nothing is taken for markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", text)


def table(heads: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


# -- HTML --------------------------------------------------------------------------------------------------------------


def html(explanation: Explanation) -> str:
    account = Account(explanation, PLAIN)
    parts = ['<div class="chainrule-explanation">']
    parts += [_html_tables.paragraph(headline(account, chain), is_strong=True) for chain in explanation.chains]
    if explanation.seed:
        parts.append(_html_tables.paragraph(f"starting with {explanation.seed}"))
    if explanation.graph.note:
        parts.append(_html_tables.paragraph(explanation.graph.note))
    steps = middle_left_out(account.forward(), ("…", "", "", ""))
    parts.append(_html_tables.table("forward", ["value", "expression", "is", "where"], steps, is_code=True))
    locals_ = middle_left_out(account.locals(), ("…", "", ""))
    parts.append(_html_tables.table("local derivatives", ["derivative", "formula", "here"], locals_, is_code=True))
    for title, equations, notes in account.sections():
        parts.append(_html_tables.paragraph(f"chain rule{', ' + title if title else ''}"))
        parts.append(_html_tables.equations([line[2:] for row in equations for line in equation_lines(*row)]))
        parts += map(_html_tables.paragraph, notes)
    parts.append("</div>")
    return "\n".join(filter(None, parts))
