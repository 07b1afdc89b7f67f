"""What every test gets: hypothesis profiles, and the check that no test leaves a mode or the alias behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module

import pytest
from hypothesis import settings

import chainrule
from chainrule import once, ops, torch_alias
from chainrule.core import modes
from chainrule.printing import get_printoptions, set_printoptions

# No deadline: how long one example takes says more about the machine than about the code. `make test` uses "ci", which
# draws the same examples every time; plain pytest uses "dev", which finds new ones.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("dev")

for family in ops.LATE:  # many tests go through all ops that there are
    import_module(f"chainrule.ops.{family}")


@pytest.fixture(autouse=True)
def warned_of_nothing() -> None:
    """No test depends on which warnings others have had."""
    once.forget()


@pytest.fixture(autouse=True)
def modes_put_back() -> Iterator[None]:
    """Fail a test that leaves a grad mode, the default dtype, the print options or the alias, and put them back."""
    before = (modes.get_modes(), chainrule.get_default_dtype(), get_printoptions(), False)
    yield
    is_alias_there = any(isinstance(finder, torch_alias.TorchFinder) for finder in sys.meta_path)
    after = (modes.get_modes(), chainrule.get_default_dtype(), get_printoptions(), is_alias_there)
    modes.set_modes(before[0])
    chainrule.set_default_dtype(before[1])
    set_printoptions(**before[2])
    torch_alias.uninstall()
    names = ("grad modes", "default dtype", "print options", "alias of torch")
    leaked = [name for name, old, new in zip(names, before, after, strict=True) if old != new]
    assert not leaked, f"the test left these changed: {', '.join(leaked)}"


@pytest.fixture
def alias_put_back() -> Iterator[None]:
    """For tests of commands that install the alias for good: their process would end with them."""
    yield
    torch_alias.uninstall()
