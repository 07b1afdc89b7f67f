"""What autograd knows: one record an op, by family.

This module is also the *recorded namespace*: the ``xp`` of a rule whose backward is itself being recorded.
"""

from __future__ import annotations

import sys

from ..core.op import set_recorded_namespace
from .activation import *  # noqa: F403
from .bounds import *  # noqa: F403
from .comparison import *  # noqa: F403
from .complex_numbers import *  # noqa: F403
from .conversion import *  # noqa: F403
from .creation import *  # noqa: F403
from .cumulative import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .linalg import *  # noqa: F403
from .indexing import *  # noqa: F403
from .joining import *  # noqa: F403
from .reduction import *  # noqa: F403
from .shape import *  # noqa: F403
from .sorting import *  # noqa: F403
from .transcendental import *  # noqa: F403
from .views import *  # noqa: F403

set_recorded_namespace(sys.modules[__name__])
