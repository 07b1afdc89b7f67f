"""Lines of older programs do, and warn of, what they do in PyTorch (golden/older.json)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from older_programs import PROGRAMS, told
from test_courses import compare

import chainrule
from chainrule import once, torch_alias

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "older.json").read_text())


@pytest.mark.parametrize("expression", PROGRAMS)
def test_as_recorded(expression: str) -> None:
    with torch_alias.install():
        got = told(chainrule, expression)
    want = GOLDEN[expression]
    assert got["warns"] == want["warns"]
    if "raises" in want or "raises" in got:
        assert got["raises"] == want["raises"]
        return
    for one, other in zip(got["values"], want["values"], strict=True):
        compare(one, other)


def test_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = chainrule
    monkeypatch.setattr(once.Setting, "always", False)  # put back at the end
    torch.set_warn_always(True)
    with pytest.warns(UserWarning, match="This overload of add is deprecated") as caught:
        assert torch.ones(1).add(2, torch.ones(1)).tolist() == [3.0]
    assert caught[0].filename == __file__
    torch.set_warn_always(False)
    with warnings.catch_warnings(action="error"):
        torch.ones(1).add(2, torch.ones(1))


def test_factors_first_meet_who_takes_calls_over(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = chainrule

    class Mine(torch.Tensor):
        """A subclass, so that functions ask."""

    monkeypatch.setattr(once.Setting, "always", True)
    x = torch.ones(2).as_subclass(Mine)
    for call in (lambda: x.add(2, x), lambda: torch.add(x, 2, x), lambda: x.clone().add_(2, x)):
        with pytest.warns(UserWarning, match="overload"):
            found = call()
        assert (type(found), found.tolist()) == (Mine, [3.0, 3.0])
