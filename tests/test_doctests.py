"""The examples in docstrings and pages run and print what they say, and no public function is without one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

import chainrule

ROOT = Path(__file__).parents[1]
HAS_JAX = find_spec("jax") is not None
if HAS_JAX:
    importlib.import_module("chainrule.backend.jax")  # some of its parts do not load before it
HAS_TENSORBOARD = find_spec("tensorboardX") is not None
MODULES = ["chainrule"] + [
    module.name
    for module in pkgutil.walk_packages(chainrule.__path__, "chainrule.")
    if not module.name.endswith("__main__")  # importing a program runs it
    and (HAS_JAX or not re.search(r"jax|\._compile", module.name))
    and (HAS_TENSORBOARD or not module.name.endswith("tensorboard.writer"))
]
PAGES = [page for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if ">>>" in page.read_text()]
NAMES = {"chainrule": chainrule, "torch": chainrule}


def run(tests: Iterable[doctest.DocTest]) -> None:
    """Run examples; each printed character counts, save where they say ``...``."""
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.REPORT_ONLY_FIRST_FAILURE)
    with warnings.catch_warnings():
        # The examples of what is deprecated or a prototype show what it does.
        warnings.filterwarnings("ignore", r"torch\.\w+ is deprecated|The PyTorch API of MaskedTensors")
        for test in tests:
            runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    run(doctest.DocTestFinder().find(importlib.import_module(name), name, extraglobs=NAMES))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_in_pages(page: Path) -> None:
    found = re.findall(r"^```python( jax)?\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    blocks = [block for needs_jax, block in found if HAS_JAX or not needs_jax]
    # One program a page: what a block defines, the next may use.
    run([doctest.DocTestParser().get_doctest("\n".join(blocks), dict(NAMES), page.name, str(page), 0)])


EXPLAINED = """
    chainrule amp autograd autograd.functional distributions distributions.constraints distributions.transforms fft func linalg masked
    nn nn.functional nn.init nn.utils nn.utils.parametrizations nn.utils.parametrize nn.utils.prune nn.utils.rnn optim
    optim.lr_scheduler optim.swa_utils random serialization signal.windows special testing utils.data
"""


@pytest.mark.parametrize("name", EXPLAINED.split())
def test_every_public_function_has_an_example(name: str) -> None:
    module = importlib.import_module(name if name == "chainrule" else f"chainrule.{name}")
    public = {one: getattr(module, one) for one in getattr(module, "__all__", None) or dir(module) if one[0] != "_"}
    without = [
        one
        for one, value in public.items()
        if (inspect.isroutine(value) or inspect.isclass(value))
        and value.__module__.partition(".")[0] in ("chainrule", "torch")
        and ">>>" not in (inspect.getdoc(value) or "")
    ]
    assert not without
