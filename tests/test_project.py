"""The project's own promises: its commands, documents and wheel are what they say."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.version import VERSION

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
MAKEFILE = (ROOT / "Makefile").read_text()


def documents(function: Callable[[Path], None]) -> Callable[[Path], None]:
    """Run a test once for every page."""
    return pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))(function)


def commands(text: str) -> set[str]:
    """The goals of the ``make GOAL`` lines and snippets in ``text``."""
    return set(re.findall(r"(?:^|`)make (?:[A-Z]+=\S+ )*([a-z-]+)", text, flags=re.MULTILINE))


def targets() -> set[str]:
    return set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)[1].split())


@documents
def test_commands_in_documents_exist(page: Path) -> None:
    assert commands(page.read_text()) <= targets()


def test_ci_runs_what_the_readme_offers() -> None:
    offered = commands((ROOT / "README.md").read_text())
    run = commands((ROOT / ".ci" / "run").read_text())
    assert run == {"demo", "test", "test-xla"}
    assert run <= offered


@documents
def test_links_in_documents_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_lists_every_command() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    listed = subprocess.run(["make"], cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) +\S", listed, flags=re.MULTILINE)) == targets()


def test_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert newest[1] == VERSION


def test_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"chainrule-{VERSION}-py3-none-any.whl"

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    package = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "chainrule").rglob("*")
        if path.is_file() and not any(part.startswith(("__pycache__", ".")) for part in path.relative_to(ROOT).parts)
    }
    data, metadata = f"chainrule-{VERSION}.data/data/", f"chainrule-{VERSION}.dist-info/"
    assert package <= names
    assert "chainrule/py.typed" in names
    assert data + "share/jupyter/kernels/chainrule/kernel.json" in names
    assert metadata + "licenses/LICENSE" in names
    assert [name for name in names - package if not name.startswith((data, metadata))] == []

    # What was built also runs, away from the sources.
    code = "import chainrule; print(chainrule.__file__); print(chainrule.ones(2) + 1)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert printed == [str(tmp_path / "installed" / "chainrule" / "__init__.py"), "tensor([2., 2.])"]


@pytest.mark.parametrize(
    ("present", "way"),
    [
        ({"venv", "ensurepip", "pip"}, ["python -m venv DIR", "DIR/bin/python -m pip install"]),
        ({"venv", "ensurepip"}, ["python -m venv DIR", "DIR/bin/python -m pip install"]),
        ({"venv", "pip"}, ["python -m venv --without-pip DIR", "python -m pip --python DIR/bin/python install"]),
        ({"pip"}, ["python -m pip install --quiet --upgrade --target DIR/packages PROJECT"]),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_an_environment_is_made_the_way_this_python_can(
    present: set[str], way: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = load_tool("make_venv")
    ran: list[str] = []
    monkeypatch.setattr(tool, "find_spec", lambda name: name if name in present else None)
    monkeypatch.setattr(tool, "run", lambda *command: ran.append(" ".join(map(str, command))))
    tool.make_venv(tmp_path, "PROJECT")
    ran = [line.replace(str(tmp_path), "DIR").replace(sys.executable, "python") for line in ran]
    assert len(ran) == len(way)
    assert all(line.startswith(start) for line, start in zip(ran, way, strict=True)), ran


def test_without_pip_and_venv_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load_tool("make_venv")
    monkeypatch.setattr(tool, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"neither ensurepip nor pip[\s\S]*apt install python3-venv"):
        tool.make_venv(tmp_path, "PROJECT")


def load_tool(name: str):  # type: ignore[no-untyped-def]
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def test_the_page_of_the_architecture_names_every_package_and_file_of_the_core() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    source = ROOT / "src" / "chainrule"
    packages = {path.name for path in source.iterdir() if (path / "__init__.py").exists()}
    files = {path.name for folder in ("core", "insight") for path in (source / folder).glob("[!_]*.py")}
    private = {path.name for path in (source / "insight").glob("_[!_]*.py")}
    assert {name for name in packages if f"`{name}`" not in page and f"{name}/ " not in page} == set()
    assert {name for name in files | private if f"`{name}`" not in page} == set()


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} == set(
        re.findall(r"\((\w+\.md)\)", index)
    )
