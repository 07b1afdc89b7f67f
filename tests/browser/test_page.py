"""The page of a drawing, in a real browser: offline, by the keyboard, light and dark, narrow and wide.

Run by ``make test-browser``. Chromium is the one that ``CHROMIUM`` names, one on the path, or playwright's own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

import chainrule
import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


def slide() -> Any:
    x = torch.tensor([3.0])
    w = torch.tensor([2.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    u = x * w
    v = u + b
    a = F.relu(v)
    return chainrule.draw(a)


def shared() -> Any:
    w = torch.tensor(0.5, requires_grad=True)
    h = torch.tanh(w * 2.0)
    y = w * h + w
    return chainrule.draw(y)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(4), nn.Linear(4, 8), nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        return x + self.second(F.gelu(self.first(self.norm(x))))


def blocks() -> Any:
    torch.manual_seed(0)
    model = nn.Sequential(Block(), Block(), nn.Linear(4, 1))
    return chainrule.draw(model(torch.randn(3, 4)).pow(2).mean(), fold=5)


def loop() -> Any:
    x = w = torch.tensor(0.5, requires_grad=True)
    for _ in range(100):
        x = torch.sin(x) * w
    return chainrule.draw(x)


def batch() -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    return chainrule.draw(torch.func.vmap(lambda t: (t * w).sin().sum())(torch.ones(3, 2)).sum())


DRAWINGS = {"slide": slide, "shared": shared, "blocks": blocks, "loop": loop, "batch": batch}


class Visit:
    """A page that is open, and what went wrong in it."""

    def __init__(self, browser: Any, name: str, tmp_path: Path, width: int = 1200, scheme: Any = "light") -> None:
        file = tmp_path / f"{name}.html"
        DRAWINGS[name]().save(file)
        context = browser.new_context(offline=True, viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        self.file = file

    def said(self) -> str:
        return self.page.inner_text("#said")

    def column(self) -> dict[str, str]:
        rows = self.page.eval_on_selector_all(
            "#values tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
        )
        return dict(rows)

    def is_well(self) -> bool:
        assert self.problems == []
        assert self.requests == [self.file.as_uri()]
        return True


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("name", DRAWINGS)
def test_it_loads_offline_and_fits(browser: Any, tmp_path: Path, name: str, width: int, scheme: str) -> None:
    visit = Visit(browser, name, tmp_path, width, scheme)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "the page itself never scrolls sideways"
    )
    texts = visit.page.eval_on_selector_all(
        "#stage .cr-item:not(.cr-operation)",
        """items => items.flatMap(item => {
            const box = item.querySelectorAll('.cr-shape-of'), last = box[box.length - 1].getBoundingClientRect();
            return [...item.querySelectorAll('text')].filter(t => {
                const r = t.getBoundingClientRect();
                return r.left < last.left - 1 || r.right > last.right + 1 || r.top < last.top - 2 || r.bottom > last.bottom + 2;
            }).map(t => t.textContent);
        })""",
    )
    assert texts == [], "words that stick out of their boxes"
    SCREENSHOTS.mkdir(exist_ok=True)
    visit.page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    assert visit.is_well()


def test_the_backward_of_the_slide_by_the_keyboard(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "slide", tmp_path)
    assert set(visit.column().values()) == {"–"}
    told = []
    for _ in range(5):
        visit.page.keyboard.press("ArrowRight")
        told.append(visit.said())
        assert visit.page.locator(".cr-lit").count() > 0
    assert "times ∂u/∂w = 3, contributes 1 × 3 = 3 to w" in told[-1]
    assert visit.column() == {"a": "1", "v": "1", "u": "1", "b": "1", "w": "3"}
    assert visit.page.is_disabled("#step")
    visit.page.keyboard.press("ArrowLeft")
    assert visit.column()["w"] == "–"
    visit.page.keyboard.press("Home")
    assert "has not begun" in visit.said()
    visit.page.keyboard.press("End")
    assert visit.column()["w"] == "3"
    assert visit.is_well()


def test_contributions_add_up_where_ways_join(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "shared", tmp_path)
    seen = []
    for _ in range(visit.page.evaluate("JSON.parse(document.getElementById('data').textContent).steps.length")):
        visit.page.keyboard.press("ArrowRight")
        seen.append(visit.column()["w"])
    assert [one for at, one in enumerate(seen) if at == 0 or one != seen[at - 1]] == ["–", "1", "1.762", "2.182"]
    assert "(complete)" in visit.said()


def test_play_and_pause(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "slide", tmp_path)
    visit.page.keyboard.press(" ")
    for _ in range(100):  # the page's policy lets no test wait inside of it
        if visit.page.inner_text("#count") == "2 of 5":
            break
        visit.page.wait_for_timeout(50)
    assert visit.page.inner_text("#count") == "2 of 5"
    assert visit.page.inner_text("#play") == "pause"
    visit.page.keyboard.press(" ")
    assert visit.page.inner_text("#play") == "play"


def test_groups_open_and_fold_by_the_keyboard(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "blocks", tmp_path)
    page = visit.page
    groups = page.locator("#stage .cr-group")
    assert groups.count() >= 2
    before = page.locator("#stage .cr-item").count()
    groups.first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#stage .cr-item").count() > before
    assert page.locator("#stage .cr-group").count() < before
    page.keyboard.press("f")
    assert page.locator("#stage .cr-item").count() == before
    page.select_option("#scene", "all")
    assert page.locator("#stage .cr-group").count() == 0
    visit.page.keyboard.press("Escape")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.locator("#stage .cr-lit").count() > 0
    assert visit.is_well()


def test_zoom_by_the_keyboard(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "blocks", tmp_path)

    def width() -> float:
        return float(visit.page.evaluate("document.querySelector('#stage svg').getBoundingClientRect().width"))

    before = width()
    visit.page.keyboard.press("+")
    assert width() > before * 1.2
    visit.page.keyboard.press("-")
    visit.page.keyboard.press("-")
    assert width() < before
    visit.page.keyboard.press("0")
    assert abs(width() - before) < 2


def test_tab_reaches_every_control_and_item(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "slide", tmp_path)
    reached = set()
    for _ in range(30):
        visit.page.keyboard.press("Tab")
        reached.add(visit.page.evaluate("document.activeElement.id || document.activeElement.dataset.key || ''"))
    assert {"smaller", "fit", "larger", "play", "step", "stage", "v1", "op1", "v6"} <= reached
    named = visit.page.eval_on_selector_all("#stage [tabindex]", "all => all.every(e => e.getAttribute('aria-label'))")
    assert named
