"""Neural networks: modules, their parameters, and functions in ``nn.functional``."""

from __future__ import annotations

from typing import Any

from .._missing import missing_name
from . import (
    functional as functional,
    grad as grad,
    init as init,
    modules as modules,
    parallel as parallel,
    parameter as parameter,
    utils as utils,
)
from .modules import *
from .parallel import DataParallel as DataParallel
from .parameter import (
    Buffer as Buffer,
    Parameter as Parameter,
    UninitializedBuffer as UninitializedBuffer,
    UninitializedParameter as UninitializedParameter,
)


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
