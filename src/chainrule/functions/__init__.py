"""What users call: PyTorch's names and signatures, validated and documented, in terms of ``ops``."""

from __future__ import annotations

import types

from .activation import *
from .affine import *
from .bounds import *
from .comparison import *
from .complex_numbers import *
from .conversion import *
from .creation import *
from .cumulative import *
from .determinism import *
from .dropping import *
from .einsum import *
from .elementwise import *
from .filling import *
from .gathering import *
from .interop import *
from .joining import *
from .legacy import *
from .linalg import *
from .masking import *
from .matrices import *
from .memory import *
from .norms import *
from .powers import *
from .quantiles import *
from .random import *
from .rearranging import *
from .reduction import *
from .sampling import *
from .shape import *
from .sorting import *
from .spread import *
from .storage import *
from .transcendental import *

# Not the modules: torch.linalg is another than functions.linalg.
__all__ = [
    name
    for name, value in globals().items()
    if name[0] != "_" and not isinstance(value, (types.ModuleType, type(annotations)))
]
