"""Local derivatives as formulas: of numbers and of what goes element by element, and as actions on a cotangent ``g``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .model import Edge, Graph

SLOPES = {
    "abs": {"x": ("sign({x})", r"\operatorname{{sign}}({x})")},
    "acos": {"x": ("-1 / sqrt(1 - {x}²)", r"-1/\sqrt{{1-{x}^2}}")},
    "asin": {"x": ("1 / sqrt(1 - {x}²)", r"1/\sqrt{{1-{x}^2}}")},
    "atan": {"x": ("1 / (1 + {x}²)", r"1/(1+{x}^2)")},
    "cos": {"x": ("-sin({x})", r"-\sin {x}")},
    "cosh": {"x": ("sinh({x})", r"\sinh {x}")},
    "divide": {"x": ("1 / {y}", "1/{y}"), "y": ("-{x} / {y}²", "-{x}/{y}^2")},
    "exp": {"x": ("{out}", "{out}")},
    "expm1": {"x": ("{out} + 1", "{out}+1")},
    "log": {"x": ("1 / {x}", "1/{x}")},
    "log1p": {"x": ("1 / (1 + {x})", "1/(1+{x})")},
    "multiply": {"x": ("{y}", "{y}"), "y": ("{x}", "{x}")},
    "reciprocal": {"x": ("-{out}²", "-{out}^2")},
    "relu": {"x": ("[{x} > 0]", "[{x}>0]")},
    "rsqrt": {"x": ("-{out}³ / 2", "-{out}^3/2")},
    "sigmoid": {"x": ("{out} (1 - {out})", "{out}(1-{out})")},
    "sin": {"x": ("cos({x})", r"\cos {x}")},
    "sinh": {"x": ("cosh({x})", r"\cosh {x}")},
    "softplus": {"x": ("sigmoid({x})", r"\sigma({x})")},
    "sqrt": {"x": ("1 / (2 {out})", "1/(2{out})")},
    "tan": {"x": ("1 + {out}²", "1+{out}^2")},
    "tanh": {"x": ("1 - {out}²", "1-{out}^2")},
}
"""op -> operand -> the derivative of each output element by the input element at its place: as text, in LaTeX."""

ACTIONS = {
    ("matmul", "x"): ("{g} @ {y}ᵀ", r"{g}\,{y}^\top"),
    ("matmul", "y"): ("{x}ᵀ @ {g}", r"{x}^\top {g}"),
    ("linear_layer", "x"): ("{g} @ {w}", "{g}\\,{w}"),
    ("linear_layer", "w"): ("{g_}ᵀ @ {x}", r"{g_}^\top {x}"),
    ("linear_layer", "b"): ("{g} summed over the batch", r"\textstyle\sum_{{\mathrm{{batch}}}} {g}"),
    ("stacked_linear_layer", "x"): ("{g} @ {w}", "{g}\\,{w}"),
    ("stacked_linear_layer", "b"): ("{g} summed over the batch", r"\textstyle\sum_{{\mathrm{{batch}}}} {g}"),
    ("addmm", "input"): ("{g}", "{g}"),
    ("addmm", "x"): ("{g} @ {y}ᵀ", r"{g}\,{y}^\top"),
    ("addmm", "y"): ("{x}ᵀ @ {g}", r"{x}^\top {g}"),
    ("mv", "x"): ("outer({g}, {y})", r"{g}\,{y}^\top"),
    ("mv", "y"): ("{x}ᵀ @ {g}", r"{x}^\top {g}"),
    ("vm", "x"): ("{y} @ {g}", r"{y}\,{g}"),
    ("vm", "y"): ("outer({x}, {g})", r"{x}\,{g}^\top"),
    ("dot", "x"): ("{g} * {y}", "{g}\\,{y}"),
    ("dot", "y"): ("{g} * {x}", "{g}\\,{x}"),
    ("softmax", "x"): ("{out} * ({g} - sum({out} * {g}))", r"{out}\odot({g}-\textstyle\sum {out}\odot {g})"),
    ("log_softmax", "x"): ("{g} - softmax({x}) * sum({g})", r"{g}-\operatorname{{softmax}}({x})\textstyle\sum {g}"),
    ("cross_entropy", "x"): (
        "{g} * (softmax({x}) - one_hot) / n",
        r"{g}\,(\operatorname{{softmax}}({x})-\mathrm{{onehot}})/n",
    ),
    ("mse_loss", "x"): ("{g} * 2 ({x} - {y}) / n", r"{g}\cdot 2({x}-{y})/n"),
    ("mse_loss", "y"): ("{g} * 2 ({y} - {x}) / n", r"{g}\cdot 2({y}-{x})/n"),
    ("cumsum", "x"): ("{g} summed up from the end", r"\operatorname{{cumsum}}^\top({g})"),
}
"""(op, operand) -> what becomes of the cotangent: as text, in LaTeX."""
SAME_AS = {"mm": "matmul", "bmm": "matmul", "baddbmm": "addmm"}

MEAN = (1, "mean")
GIVEN: dict[str, dict[str, tuple[Any, ...]]] = {
    "cross_entropy": {"reduction": MEAN, "ignore_index": (None, -100)},
    "mse_loss": {"reduction": MEAN},
    "addmm": {"beta": (1,), "alpha": (1,)},
    "softplus": {"beta": (1,)},
}
"""The parameters for which the formulas above are right."""
RESHAPED = "view reshape_alias unsafe_view squeeze squeeze_all squeeze_one expand_dims".split()
TURNED = "t matrix_transpose swapaxes permute_dims".split()
READ = "index take gather select slice_axis diagonal unstack split get_path".split()
REPEATED = "sum sum_all".split()
MEANS = "mean mean_all".split()


class Formula(NamedTuple):
    """A local derivative in symbols; ``latex`` with names in place of ``{x}``, like ``text``."""

    text: str
    latex: str
    is_factor: bool
    """Whether it is multiplied with the cotangent, element by element; else it says what becomes of it."""


def formula_of(edge: Edge, graph: Graph) -> Formula | None:
    """The formula of an edge's derivative, to be filled with names; None where there is none to show."""
    op = graph.by_id[edge.target]
    source = graph.by_id[edge.source]
    name = SAME_AS.get(op.name, op.name)
    if name == "power_to":
        return power(op.params.get("exponent"))
    given = GIVEN.get(name, {})
    if any(op.params.get(key, values[0]) not in values for key, values in given.items()):
        return None
    slope = SLOPES.get(name, {}).get(edge.argument)
    if edge.form == "action" and graph.by_id[op.outputs[0]].dtype.startswith("complex"):
        if name == "conjugate":
            return Formula("conj({g})", r"\overline{{{g}}}", False)
        if not source.dtype.startswith("complex"):
            part = real_part(name, edge.argument, slope)
            if part is not None:
                return part
        elif slope is not None:
            return None
    if slope is not None:
        return Formula(*slope, True)
    if edge.form in ("number", "elementwise"):
        return None
    known = ACTIONS.get((name, edge.argument))
    if known is not None:
        return Formula(*known, False)
    shape = list(source.shape or ())
    if name in REPEATED:
        return words("{g} repeated to " + str(shape))
    if name == "broadcast_to":
        return words("{g} summed to " + str(shape))
    if name in MEANS:
        out = graph.by_id[op.outputs[0]]
        count = max(product(shape) // max(product(out.shape or ()), 1), 1)
        return words("{g} / " + str(count) + " repeated to " + str(shape))
    if name in RESHAPED:
        return words("{g} reshaped to " + str(shape))
    if name in TURNED and len(shape) == 2:
        return Formula("{g_}ᵀ", r"{g_}^\top", False)
    if name in TURNED:
        return words("{g} with its axes put back")
    if name in READ:
        return words("{g} put back where it was read, zeros elsewhere, " + str(shape))
    if name in ("concat", "stack"):
        return words("the part of {g} that is " + edge.argument.replace("{", "").replace("}", ""))
    return None


def real_part(name: str, argument: str, slope: tuple[str, str] | None) -> Formula | None:
    """What becomes of a complex cotangent on its way to a real operand."""
    if slope is not None:
        text, latex = (one if re.fullmatch(r"[{\w}]+", one) else f"({one})" for one in slope)
        return Formula(f"Re({{g}} * {text})", rf"\operatorname{{{{Re}}}}({{g}}\cdot {latex})", False)
    if (name, argument) == ("complex", "y"):
        return Formula("Im({g})", r"\operatorname{{Im}}({g})", False)
    if name in ("add", "astype", "complex") or (name, argument) == ("subtract", "x"):
        return Formula("Re({g})", r"\operatorname{{Re}}({g})", False)
    return None


def power(exponent: object) -> Formula | None:
    if exponent == 2:
        return Formula("2 {x}", "2{x}", True)
    if not isinstance(exponent, (int, float)):
        return None
    from .model import shown

    less = shown(exponent - 1)
    return Formula(f"{shown(exponent)} {{x}}^{less}", f"{shown(exponent)}{{x}}^{{{{{less}}}}}", True)


def words(text: str) -> Formula:
    """An action told in words."""
    before, after = text.split("{g}")
    latex = "{g}"
    if before:
        latex = rf"\text{{{{{before}}}}}{latex}"
    if after:
        latex = rf"{latex}\text{{{{{after}}}}}"
    return Formula(text, latex, False)


def product(shape: tuple[int, ...] | list[int]) -> int:
    size = 1
    for one in shape:
        size *= one
    return size


def filled(pattern: str, names: dict[str, str]) -> str:
    """A formula with names in it."""
    try:
        return pattern.format_map(names)
    except KeyError:  # the op has an operand that the graph does not know
        return ""
