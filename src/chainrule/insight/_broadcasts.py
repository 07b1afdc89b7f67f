"""``warn_broadcasts``: two tensors that were to be of one shape, and make a table instead."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..core.origin import getframe, outer
from ..core.source import operands_said, shape_of
from ..core.value import TensorBase
from ._watch import Watch

__all__ = ["warn_broadcasts"]


class warn_broadcasts(Watch):  # noqa: N801 - reads as a statement: ``with warn_broadcasts():``
    """Context manager: warn where shapes like (n, 1) and (n,) meet in one element-wise op, whose result is (n, n).

    That is right by the rules of broadcasting, and mostly a slip: predictions of a layer with one output against a vector of
    targets. It is said once a line, with both shapes and their expressions. Shapes of one rank, (n, 1) and (1, n), are taken as
    meant.

    >>> import chainrule as torch, warnings
    >>> prediction, target = torch.zeros(3, 1), torch.zeros(3)
    >>> with torch.warn_broadcasts(), warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     loss = (prediction - target).square().mean()
    >>> print(str(caught[0].message).split(chr(10))[0])
    shapes (3, 1) and (3,) broadcast to (3, 3): squeeze or unsqueeze one of them if each was to meet its own.
    """

    def ran(self, op: Any, args: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        if getattr(op, "promotion", None) is None or not isinstance(result, TensorBase):
            return
        tensors = [one for one in args if isinstance(one, TensorBase) and one._array.ndim]
        for at, one in enumerate(tensors):
            for other in tensors[at + 1 :]:
                shapes = tuple(one._array.shape), tuple(other._array.shape)
                if fit(*shapes) and slips(*shapes, out := np.broadcast_shapes(*shapes)):
                    frame = outer(getframe(1))
                    said = (
                        f"shapes {shapes[0]} and {shapes[1]} broadcast to {out}: squeeze or unsqueeze one "
                        f"of them if each was to meet its own.{operands_said(frame, (one, other), shape_of)}"
                    )
                    code, place = frame.f_code, frame.f_lineno
                    warnings.warn_explicit(
                        said,
                        UserWarning,
                        code.co_filename,
                        place,
                        registry=frame.f_globals.setdefault("__warningregistry__", {}),
                    )
                    return


def fit(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes broadcast."""
    return all(a == b or 1 in (a, b) for a, b in zip(reversed(one), reversed(other), strict=False))


def slips(one: tuple[int, ...], other: tuple[int, ...], out: tuple[int, ...]) -> bool:
    """Whether two shapes differ by axes of size 1 only, and make something larger than both."""
    if len(one) == len(other) or out in (one, other):
        return False
    return [size for size in one if size != 1] == [size for size in other if size != 1]
