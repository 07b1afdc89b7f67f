"""Pages that tools write: what they say is what the code has."""

from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import chainrule

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.mark.parametrize("name", ["gallery", "kinks_table", "operators_table"])
def test_the_page_is_what_its_tool_writes(name: str) -> None:
    tool = runpy.run_path(str(TOOLS / f"{name}.py"))
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["page"](), f"run tools/{name}.py"


TOOL = runpy.run_path(str(TOOLS / "gallery.py"))


@pytest.mark.parametrize("name", TOOL["EXAMPLES"])
def test_each_picture_of_the_gallery_is_drawn(name: str) -> None:
    # Numbers may differ in their last digits between machines; what is drawn may not.
    chainrule.manual_seed(0)
    pictures = (TOOL["PICTURES"] / f"{name}.svg").read_text(encoding="utf-8"), TOOL["EXAMPLES"][name]().svg()
    kinds = [[node.get("class") for node in ET.fromstring(picture).iter()] for picture in pictures]
    assert kinds[0] == kinds[1], "run tools/gallery.py"
