"""Write docs/kinks.md: which derivative each op takes at each point where it has several, and which ones are valid.

The value comes from the op; the interval from finite differences to either side along each coordinate by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import chainrule as torch
import chainrule.nn.functional as F
from chainrule.insight._kinks import STEP, interval, number

PAGE = Path(__file__).parents[1] / "docs" / "kinks.md"

ABOUT = """\
# Kinks

Where a function has a kink, several slopes are right: all between those to its left and to its right. Which one a
gradient takes is a convention, and chainrule's is PyTorch's. This page lists them; `tools/kinks_table.py` writes it by
running each op at each point, in float64. An entry per coordinate: the derivative that is taken, and the interval between
the slopes to its two sides. (Where the function jumps, or its slope is infinite, the interval is said in words.)

`with chainrule.kinks() as report:` notes which of these points a program meets: the op, the line, how many numbers were at
a kink and how many of them a backward used, the slope that was taken and those that are valid.

| function | point | derivative taken | valid |
|---|---|---|---|
"""


class Kink(NamedTuple):
    """A function with its text, and a point at which it has a kink."""

    text: str
    function: Callable[..., Any]
    point: tuple[float, ...]


def of(text: str, function: str | Callable[..., Any], *points: float) -> list[Kink]:
    """The kinks of a function of one number, which is given by its name in ``torch`` or as itself."""

    def of_one(x: Any) -> Any:
        return (attrgetter(function)(torch) if isinstance(function, str) else function)(x[0])

    return [Kink(text, of_one, (point,)) for point in points]


def between_pixels(x: Any) -> Any:
    """A row of three pixels, looked at in one place."""
    image = torch.tensor([[[[1.0, 2.0, 4.0]]]], dtype=torch.float64)
    place = torch.stack([x[0], 0 * x[0]]).reshape(1, 1, 1, 2)
    return F.grid_sample(image, place, align_corners=True).sum()


KINKS: list[Kink] = [
    *of("abs(x)", "abs", 0),
    *of("sign(x)", "sign", 0),
    *of("floor(x), ceil(x), trunc(x)", "floor", 1),
    *of("round(x)", "round", 0.5),
    *of("frac(x)", "frac", 1),
    *of("sqrt(x)", "sqrt", 0),
    *of("x ** 0.5", lambda x: x**0.5, 0),
    *of("clamp(x, 0, 1)", lambda x: x.clamp(0, 1), 0, 1),
    *of("relu(x)", "nn.functional.relu", 0),
    *of("relu6(x)", "nn.functional.relu6", 0, 6),
    *of("hardtanh(x)", "nn.functional.hardtanh", -1, 1),
    *of("hardsigmoid(x)", "nn.functional.hardsigmoid", -3, 3),
    *of("hardswish(x)", "nn.functional.hardswish", -3, 3),
    *of("hardshrink(x)", "nn.functional.hardshrink", -0.5, 0.5),
    *of("softshrink(x)", "nn.functional.softshrink", -0.5, 0.5),
    *of("threshold(x, 1, 0)", lambda x: F.threshold(x, 1, 0), 1),
    *of("leaky_relu(x)", "nn.functional.leaky_relu", 0),
    *of("prelu(x, 0.25)", lambda x: F.prelu(x[None], torch.tensor([0.25], dtype=torch.float64))[0], 0),
    *of("elu(x, alpha=2)", lambda x: F.elu(x, 2.0), 0),
    *of("celu(x)", "nn.functional.celu", 0),
    *of("selu(x)", "nn.functional.selu", 0),
    *of("softsign(x)", "nn.functional.softsign", 0),
    *of("l1_loss(x, 1)", lambda x: F.l1_loss(x, torch.ones((), dtype=torch.float64)), 1),
    Kink("maximum(x, y)", lambda x: torch.maximum(x[0], x[1]), (1, 1)),
    Kink("minimum(x, y)", lambda x: torch.minimum(x[0], x[1]), (1, 1)),
    Kink("fmax(x, y)", lambda x: torch.fmax(x[0], x[1]), (1, 1)),
    Kink("fmin(x, y)", lambda x: torch.fmin(x[0], x[1]), (1, 1)),
    Kink("fmod(x, y)", lambda x: torch.fmod(x[0], x[1]), (2, 1)),
    Kink("remainder(x, y)", lambda x: torch.remainder(x[0], x[1]), (2, 1)),
    Kink("hypot(x, y)", lambda x: torch.hypot(x[0], x[1]), (0, 0)),
    Kink("atan2(y, x)", lambda x: torch.atan2(x[0], x[1]), (0, 0)),
    Kink("abs(x + iy)", lambda x: torch.complex(x[0], x[1]).abs(), (0, 0)),
    Kink("max(x)", lambda x: x.max(), (1, 1, 0)),
    Kink("min(x)", lambda x: x.min(), (1, 1, 2)),
    Kink("max(x, dim=0)", lambda x: x.max(0).values, (1, 1, 0)),
    Kink("min(x, dim=0)", lambda x: x.min(0).values, (1, 1, 2)),
    Kink("amax(x)", lambda x: x.amax(), (1, 1, 0)),
    Kink("amin(x)", lambda x: x.amin(), (1, 1, 2)),
    Kink("aminmax(x).max", lambda x: x.aminmax().max, (1, 1, 0)),
    Kink("cummax(x)[-1]", lambda x: x.cummax(0).values[-1], (1, 1, 0)),
    Kink("cummin(x)[-1]", lambda x: x.cummin(0).values[-1], (1, 1, 2)),
    Kink("median(x)", lambda x: x.median(), (0, 1, 1, 2)),
    Kink("median(x, dim=0)", lambda x: x.median(0).values, (0, 1, 1, 2)),
    Kink("kthvalue(x, 2)", lambda x: x.kthvalue(2).values, (0, 1, 1, 2)),
    Kink("mode(x)", lambda x: x.mode().values, (1, 1, 2)),
    Kink("quantile(x, 0.5)", lambda x: x.quantile(0.5), (0, 1, 1)),
    Kink("sort(x)[0]", lambda x: x.sort().values[0], (1, 1, 2)),
    Kink("topk(x, 1)", lambda x: x.topk(1).values[0], (1, 1, 0)),
    Kink("norm(x)", lambda x: x.norm(), (0, 0)),
    Kink("norm(x, 1)", lambda x: x.norm(1), (0, 1)),
    Kink("norm(x, inf)", lambda x: x.norm(math.inf), (1, -1, 0)),
    Kink("linalg.vector_norm(x, 3)", lambda x: torch.linalg.vector_norm(x, 3), (0, 0)),
    Kink("dist(x, 0)", lambda x: torch.dist(x, torch.zeros_like(x)), (0, 0)),
    Kink("cdist(x, 0)", lambda x: torch.cdist(x[None], torch.zeros_like(x[None]))[0, 0], (0, 0)),
    Kink("std(x)", lambda x: x.std(), (1, 1)),
    Kink("xlogy(x, y)", lambda x: torch.xlogy(x[0], x[1]), (0, 0)),
    Kink("linalg.matrix_norm(diag(x), 'nuc')", lambda x: torch.linalg.matrix_norm(torch.diag(x), "nuc"), (1, 0)),
    Kink("linalg.matrix_norm(diag(x), 2)", lambda x: torch.linalg.matrix_norm(torch.diag(x), 2), (1, 1)),
    Kink("linalg.svdvals(diag(x))[-1]", lambda x: torch.linalg.svdvals(torch.diag(x))[-1], (1, 0)),
    Kink("max_pool1d(x, 2)", lambda x: F.max_pool1d(x[None], 2).sum(), (1, 1)),
    Kink("max_pool2d(x, 2)", lambda x: F.max_pool2d(x.reshape(1, 2, 2), 2).sum(), (0, 1, 1, 1)),
    Kink("adaptive_max_pool1d(x, 1)", lambda x: F.adaptive_max_pool1d(x[None], 1).sum(), (1, 1)),
    Kink("pairwise_distance(x, 0, eps=0)", lambda x: F.pairwise_distance(x, torch.zeros_like(x), eps=0), (0, 0)),
    Kink("pdist([x, 0])", lambda x: F.pdist(torch.stack([x, torch.zeros_like(x)]))[0], (0, 0)),
    Kink("margin_ranking_loss(x, y, 1)", lambda x: F.margin_ranking_loss(x[:1], x[1:], torch.ones(1, dtype=torch.float64)), (1, 1)),
    Kink("hinge_embedding_loss(x, -1)", lambda x: F.hinge_embedding_loss(x, -torch.ones(1, dtype=torch.float64)), (1,)),
    Kink("multi_margin_loss(x, 0)", lambda x: F.multi_margin_loss(x[None], torch.tensor([0])), (1, 0)),
    Kink("triplet_margin_loss(x, 0, 1)", lambda x: F.triplet_margin_loss(x[None], 0 * x[None] + 0, 0 * x[None] + 1, eps=0), (0,)),
    Kink("grid_sample(image, x)", between_pixels, (0,)),
    *of("special.entr(x)", "special.entr", 0),
    Kink("x ** y", lambda x: x[0] ** x[1], (0, 0)),
]  # fmt: skip


def taken(kink: Kink) -> list[float]:
    """The derivative by each coordinate that comes out."""
    gradient: list[float] = torch.func.grad(kink.function)(torch.tensor(kink.point, dtype=torch.float64)).tolist()
    return gradient


def row(kink: Kink) -> str:
    point = torch.tensor(kink.point, dtype=torch.float64)
    value = kink.function(point)
    intervals = []
    for at in range(len(point)):
        step = torch.zeros_like(point)
        step[at] = STEP
        right = ((kink.function(point + step) - value) / STEP).item()
        left = ((value - kink.function(point - step)) / STEP).item()
        intervals.append(interval(left, right))
    return f"| `{kink.text}` | {listed(kink.point)} | {listed(taken(kink))} | {listed(intervals)} |"


def listed(numbers: Any) -> str:
    return ", ".join(one if isinstance(one, str) else number(one) for one in numbers)


def page() -> str:
    return ABOUT + "\n".join(map(row, KINKS)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
