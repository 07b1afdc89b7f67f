"""Stands first on the path of the child processes of a program in which chainrule stands for torch.

So the first `import torch` of a child comes here, installs the same alias, and gets chainrule.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

if importlib.util.find_spec("chainrule") is None:
    sys.path.append(str(Path(__file__).parents[2]))

from chainrule.torch_alias import install

del sys.modules["torch"]  # this file, which is not the real torch that `install` would refuse to replace
install()
sys.modules["torch"] = importlib.import_module("chainrule")
