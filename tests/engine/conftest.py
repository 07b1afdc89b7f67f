"""The marker of tests that real PyTorch would fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "chainrule_only: what PyTorch gets wrong or lacks; tools/run_engine_tests_on_torch.py leaves it out",
    )
