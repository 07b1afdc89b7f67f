"""``torch.backends``: which libraries there are, and their switches. The switches are remembered, and change nothing.

``torch.backends.cudnn.deterministic = True`` is a line of many programs; here all is deterministic anyway.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from . import cpu, cuda, cudnn, mkl, mkldnn, mps, openmp, opt_einsum

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]


@contextmanager
def __allow_nonbracketed_mutation() -> Iterator[None]:
    """A block in which PyTorch lets switches be set; here they may be anywhere."""
    yield


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    from .._missing import missing_name

    raise missing_name(__name__, name)
