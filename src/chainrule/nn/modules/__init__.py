"""The modules of ``nn``, by family."""

from __future__ import annotations

from . import activation, container, conv, dropout, flatten, linear, loss, module, padding, pooling
from .activation import *
from .container import *
from .conv import *
from .dropout import *
from .flatten import *
from .linear import *
from .loss import *
from .module import Module as Module
from .padding import *
from .pooling import *

__all__ = [
    *activation.__all__,
    *container.__all__,
    *conv.__all__,
    *dropout.__all__,
    *flatten.__all__,
    *linear.__all__,
    *loss.__all__,
    *padding.__all__,
    *pooling.__all__,
    "Module",
]
