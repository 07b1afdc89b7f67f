"""The methods of ``Tensor`` that are functions: mostly the same objects, so one docstring and one behaviour."""

from __future__ import annotations

from .comparison import ComparisonMethods
from .elementwise import ElementwiseMethods
from .indexing import IndexingMethods
from .shape import ShapeMethods
from .transcendental import TranscendentalMethods


class TensorMethods(ComparisonMethods, ElementwiseMethods, IndexingMethods, ShapeMethods, TranscendentalMethods):
    """All families together."""

    __slots__ = ()
