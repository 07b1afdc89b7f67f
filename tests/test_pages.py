"""Pages that tools write: what they say is what the code has."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.mark.parametrize("name", ["kinks_table", "operators_table"])
def test_the_page_is_what_its_tool_writes(name: str) -> None:
    tool = runpy.run_path(str(TOOLS / f"{name}.py"))
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["page"](), f"run tools/{name}.py"
