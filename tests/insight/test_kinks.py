"""``kinks`` reports every point of docs/kinks.md, with the derivative that is taken."""

from __future__ import annotations

import importlib
import pkgutil
import runpy
from pathlib import Path
from typing import Any

import pytest

import chainrule as torch
import chainrule.ops
from chainrule.core.op import OPS
from chainrule.insight._kink_rules import RULES

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "kinks_table.py"))
SMOOTH = {"celu(x)", "softsign(x)"}
"""Rows of the page that show that there is no kink: the derivatives from both sides are one. (softsign uses abs, times 0.)"""


@pytest.mark.parametrize("kink", TOOL["KINKS"], ids=lambda k: f"{k.text} at {k.point}")
def test_every_row_of_the_page_is_met(kink: Any) -> None:
    x = torch.tensor(kink.point, dtype=torch.float64, requires_grad=True)
    with torch.kinks() as report:
        kink.function(x).backward()
    assert bool(sum(hit.used for hit in report.hits)) is (kink.text not in SMOOTH)
    if kink.text in SMOOTH:
        return
    *_, taken, valid = (part.strip() for part in TOOL["row"](kink).strip("|").split("|"))
    hit = report.hits[-1]
    alone = len(kink.point) == 1 and len(report.hits) == 1 and "loss" not in kink.text
    if alone and hit.taken is not None:
        assert TOOL["number"](hit.taken) == taken
        assert hit.valid == valid
        assert hit.point == kink.point[0]


def test_rules_are_of_ops_that_there_are() -> None:
    for module in pkgutil.iter_modules(chainrule.ops.__path__):
        importlib.import_module(f"chainrule.ops.{module.name}")
    assert set(RULES) <= set(OPS)


def test_counts_lines_and_uses() -> None:
    x = torch.tensor([0.0, 0.0, 1.0], requires_grad=True)
    with torch.kinks() as report:
        for _ in range(2):
            y = torch.relu(x) * torch.tensor([1.0, 0.0, 1.0])
            y.sum().backward()
        with torch.no_grad():
            x.abs()
        x.detach().abs()
    (hit,) = report.hits
    assert (hit.name, hit.count, hit.calls, hit.used) == ("relu", 4, 2, 2)
    assert hit.place.expression == "torch.relu(x)"
    assert "took 0, valid [0, 1]" in str(report)


def test_nothing_to_report_costs_nothing_after() -> None:
    x = torch.ones(3, requires_grad=True)
    with torch.kinks() as report:
        x.relu().sum().backward()
    assert str(report) == "no kinks"
    x.abs()
    assert not report.hits


def test_ties_in_a_pool_and_a_sort() -> None:
    image = torch.tensor([[[1.0, 1.0, 0.0, 2.0], [0.0, 1.0, 2.0, 2.0]]], requires_grad=True)
    with torch.kinks() as report:
        torch.nn.functional.max_pool2d(image, 2).sum().backward()
        torch.sort(image.flatten()).values.sum().backward()
    pool, sort = report.hits
    assert (pool.name, pool.count, pool.used) == ("max_pool2d", 2, 2)
    assert (sort.name, sort.count) == ("sort_with_indices", 8)


def test_under_transforms() -> None:
    with torch.kinks() as report:
        torch.func.grad(lambda x: x.abs().sum())(torch.zeros(2))
        torch.vmap(torch.func.grad(lambda x: x.relu().sum()))(torch.zeros(2, 3))
    assert [(hit.name, hit.count) for hit in report.hits] == [("abs", 2), ("relu", 6)]


def test_rrelu_and_equal_rows() -> None:
    x = torch.zeros(2, 2, requires_grad=True)
    with torch.kinks() as report:
        torch.nn.functional.rrelu(x, training=True).sum().backward()
        torch.cdist(x[None], torch.tensor([[[0.0, 0.0], [1.0, 1.0]]])).sum().backward()
    assert [(hit.name, hit.count) for hit in report.hits] == [("rrelu", 4), ("cdist", 2)]


@pytest.mark.parametrize("kink", TOOL["KINKS"], ids=lambda k: f"{k.text} at {k.point}")
def test_explain_speaks_of_every_row_of_the_page(kink: Any) -> None:
    x = torch.tensor(kink.point, dtype=torch.float64, requires_grad=True)
    y = kink.function(x)
    text = str(torch.explain(y, x))
    if kink.text in SMOOTH:
        assert "is a choice" not in text or kink.text == "softsign(x)"
        return
    is_known = kink.text != "multi_margin_loss(x, 0)"  # whose target nobody holds
    assert ("has no derivative at" in text) is is_known, text


def test_one_output_is_looked_at_and_not_their_sum() -> None:
    x = torch.tensor([1.0, 1.0, 2.0], requires_grad=True)
    with torch.kinks() as report:
        (x.sort().values * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
        x[[0, 0, 1]].median().backward()
    sort, median = report.hits
    assert (sort.element, sort.taken, sort.valid) == ((0,), 1.0, "[0, 1]")
    assert (median.count, median.valid) == (1, "[0, 1]")


def test_op_without_a_derivative_is_reported_all_the_same() -> None:
    x = torch.zeros(1, requires_grad=True)
    with torch.kinks() as report:
        torch.heaviside(x, torch.ones(1))
    (kink,) = report.hits
    assert (kink.name, kink.taken) == ("heaviside", None)
    assert "took" not in str(kink)


def test_inside_of_a_transform_nobody_knows_what_was_used() -> None:
    with torch.kinks() as report:
        torch.vmap(torch.func.grad(torch.relu))(torch.zeros(3))
    (kink,) = report.hits
    assert kink.used is None
    assert "used by" not in str(kink)
