"""docs/kinks.md says which derivatives are taken at kinks."""

from __future__ import annotations

import runpy
from pathlib import Path

TOOL = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "kinks_table.py"))


def test_the_page_says_what_comes_out() -> None:
    assert TOOL["PAGE"].read_text(encoding="utf-8") == TOOL["page"](), "run tools/kinks_table.py"
