"""The modules of ``nn``, by family."""

from __future__ import annotations

from . import activation, container, dropout, flatten, linear, loss, module
from .activation import *
from .container import *
from .dropout import *
from .flatten import *
from .linear import *
from .loss import *
from .module import Module as Module

__all__ = [
    *activation.__all__,
    *container.__all__,
    *dropout.__all__,
    *flatten.__all__,
    *linear.__all__,
    *loss.__all__,
    "Module",
]
