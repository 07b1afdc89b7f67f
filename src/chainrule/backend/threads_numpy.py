"""How many threads NumPy's products use: the OpenBLAS that its wheels bring can be asked and told."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Blas(NamedTuple):
    """The two functions of OpenBLAS that are about its threads."""

    threads: Callable[[], int]
    set_threads: Callable[[int], None]


@cache
def blas() -> Blas | None:
    """The BLAS that NumPy computes with, if it is the OpenBLAS of its own wheels."""
    home = Path(np.__file__).parent
    for path in sorted([*home.with_name("numpy.libs").glob("*openblas*"), *home.glob(".dylibs/*openblas*")]):
        library = ctypes.CDLL(str(path))
        for before, after in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            if hasattr(library, f"{before}openblas_set_num_threads{after}"):
                return Blas(
                    getattr(library, f"{before}openblas_get_num_threads{after}"),
                    getattr(library, f"{before}openblas_set_num_threads{after}"),
                )
    return None


def threads() -> int:
    """As many as OpenBLAS uses; of another BLAS, as many as there are processors for this process."""
    if library := blas():
        return library.threads()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
