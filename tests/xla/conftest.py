"""How many samples of an op are compiled, and that what JAX has compiled is let go from time to time.

Thousands of programs of one test each would fill the memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EVERY = 300
_tests = 0
FEW = 2
"""So many samples of each op, unless all are asked for: to compile one takes half a second."""
AGAIN = ("single_precision", "half_precision", "of_integers", "special_values")
"""Tests of the same programs with other numbers, for which one sample is enough."""
STRIDE = 3
"""Of other long sweeps, one in so many."""


def pytest_addoption(parser: Any) -> None:
    parser.addoption(
        "--all-samples", action="store_true", help=f"compile all samples of each op, not {FEW}, and all of other sweeps"
    )


def some_of(samples: list[Any], config: Any) -> list[Any]:
    """The first, the last, and others between them; all of them if the command line says so."""
    count = len(samples)
    if count <= FEW or takes_all(config):
        return samples
    return [samples[at * (count - 1) // (FEW - 1)] for at in range(FEW)]


def some_items(test: str, items: list[Any], config: Any) -> list[Any]:
    return items[:1] if test.endswith(AGAIN) and not takes_all(config) else some_of(items, config)


def takes_all(config: Any) -> bool:
    return bool(config.getoption("--all-samples", False))


@pytest.fixture
def stride(request: pytest.FixtureRequest) -> int:
    """From one case of a long sweep to the next."""
    return 1 if takes_all(request.config) else STRIDE


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    samples: dict[tuple[str, str], list[Any]] = {}
    for item in items:
        case = getattr(item, "callspec", None) and item.callspec.params.get("case")
        if case is not None and item.path.parent == Path(__file__).parent:
            samples.setdefault((item.originalname, case.op.name), []).append(item)
    left_out = {id(item) for (test, _), ones in samples.items() for item in {*ones} - {*some_items(test, ones, config)}}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]


@pytest.fixture(autouse=True)
def few_compiled_programs() -> Iterator[None]:
    global _tests
    yield
    _tests += 1
    if _tests % EVERY == 0:
        import jax

        jax.clear_caches()
