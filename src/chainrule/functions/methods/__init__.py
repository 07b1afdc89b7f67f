"""The methods of ``Tensor`` that are functions: mostly the same objects, so one docstring and one behaviour."""

from __future__ import annotations

from .elementwise import ElementwiseMethods


class TensorMethods(ElementwiseMethods):
    """All families together."""

    __slots__ = ()
