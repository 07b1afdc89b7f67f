"""What ``make bench`` and the other ``make bench-...`` commands measure."""

from __future__ import annotations

import os

# One thread each, before anything reads it: NumPy's BLAS against PyTorch on one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
