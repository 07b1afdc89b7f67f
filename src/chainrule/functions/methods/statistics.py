"""Methods that describe samples."""

from __future__ import annotations

from ...core.value import TensorBase
from .. import statistics


class StatisticsMethods(TensorBase):
    """Methods that describe samples."""

    __slots__ = ()

    corrcoef = statistics.corrcoef
    cov = statistics.cov
    histogram = statistics.histogram
