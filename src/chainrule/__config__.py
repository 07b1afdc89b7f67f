"""``torch.__config__``: what chainrule computes with, in PyTorch's form, which programs look through for words."""

from __future__ import annotations

import os
import platform
from typing import Any

import numpy as np

from .version import TORCH, VERSION

__all__ = ["parallel_info", "show"]


def _blas() -> str:
    """The library that NumPy multiplies matrices with."""
    built: Any = np.show_config(mode="dicts")
    found = built.get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def show() -> str:
    """What it is made of, as text.

    >>> import chainrule as torch
    >>> torch.__config__.show().splitlines()[0]
    'PyTorch built with:'
    >>> "USE_MKL=OFF" in torch.__config__.show()
    True
    """
    settings = {"BLAS_INFO": _blas().partition(" ")[0], "TORCH_VERSION": TORCH}
    switched_off = "CUDA CUDNN GLOO MKL MKLDNN MPI NCCL NNPACK OPENMP ROCM XPU".split()
    settings |= dict.fromkeys([f"USE_{name}" for name in switched_off], "OFF")
    lines = [
        f"chainrule {VERSION}, which stands for it",
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__}",
        f"BLAS of NumPy: {_blas()}",
        "Build settings: " + "".join(f"{name}={value}, " for name, value in settings.items()),
    ]
    return "PyTorch built with:\n" + "".join(f"  - {line}\n" for line in lines)


def parallel_info() -> str:
    """How many threads compute, as text.

    >>> import chainrule as torch
    >>> torch.__config__.parallel_info().splitlines()[0]
    'ATen/Parallel:'
    """
    from .functions.settings import get_num_interop_threads, get_num_threads

    lines = [
        "ATen/Parallel:",
        f"\tat::get_num_threads() : {get_num_threads()}",
        f"\tat::get_num_interop_threads() : {get_num_interop_threads()}",
        _blas(),
        f"std::thread::hardware_concurrency() : {os.cpu_count()}",
        "Environment variables:",
        *[f"\t{name} : {os.environ.get(name, '[not set]')}" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")],
        "ATen parallel backend: threads of Python",
    ]
    return "\n".join(lines) + "\n"
