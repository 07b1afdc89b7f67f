"""The same as `torch.py` beside it, for a child process that imports functorch first."""

from __future__ import annotations

import importlib
import sys

del sys.modules["functorch"]  # as in torch.py
importlib.import_module("torch")
sys.modules["functorch"] = importlib.import_module("chainrule.functorch")
