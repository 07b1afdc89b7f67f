"""Methods for short-time Fourier transforms."""

from __future__ import annotations

from ...core.value import TensorBase
from .. import short_time


class ShortTimeMethods(TensorBase):
    """Short-time Fourier transforms."""

    __slots__ = ()

    istft = short_time.istft
    stft = short_time.stft
