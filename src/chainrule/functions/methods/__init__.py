"""The methods of ``Tensor`` that are functions: mostly the same objects, so one docstring and one behaviour."""

from __future__ import annotations

from .activation import ActivationMethods
from .comparison import ComparisonMethods
from .complex_numbers import ComplexMethods
from .conversion import ConversionMethods
from .creation import CreationMethods
from .elementwise import ElementwiseMethods
from .indexing import IndexingMethods
from .interop import InteropMethods
from .linalg import LinalgMethods
from .random import RandomMethods
from .reduction import ReductionMethods
from .shape import ShapeMethods
from .transcendental import TranscendentalMethods


class TensorMethods(
    ActivationMethods,
    ComparisonMethods,
    ComplexMethods,
    ConversionMethods,
    CreationMethods,
    ElementwiseMethods,
    IndexingMethods,
    InteropMethods,
    LinalgMethods,
    RandomMethods,
    ReductionMethods,
    ShapeMethods,
    TranscendentalMethods,
):
    """All families together."""

    __slots__ = ()
