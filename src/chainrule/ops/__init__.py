"""What autograd knows: one record an op, by family.

This module is also the *recorded namespace*: the ``xp`` of a rule whose backward is itself being recorded.
"""

from __future__ import annotations

import sys

from ..core.op import set_recorded_namespace
from .activation import *
from .bounds import *
from .comparison import *
from .complex_numbers import *
from .conversion import *
from .creation import *
from .cumulative import *
from .elementwise import *
from .indexing import *
from .joining import *
from .levels import *
from .linalg import *
from .powers import *
from .random import *
from .reduction import *
from .shape import *
from .sorting import *
from .transcendental import *
from .views import *

set_recorded_namespace(sys.modules[__name__])
