"""``torch.backends``: which libraries there are, and their switches. The switches are remembered, and change nothing.

``torch.backends.cudnn.deterministic = True`` is a line of many programs; here all is deterministic anyway.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import cpu, cuda, cudnn, mkl, mkldnn, mps, openmp, opt_einsum

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    from .._missing import missing_name

    raise missing_name(__name__, name)
