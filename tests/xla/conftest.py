"""What JAX has compiled is let go from time to time: thousands of programs of one test each would fill the memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

EVERY = 300
_tests = 0


@pytest.fixture(autouse=True)
def few_compiled_programs() -> Iterator[None]:
    global _tests
    yield
    _tests += 1
    if _tests % EVERY == 0:
        import jax

        jax.clear_caches()
