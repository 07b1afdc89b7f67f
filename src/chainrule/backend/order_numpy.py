"""The order in memory of what element-wise functions return: PyTorch's, where operands lie in several orders.

NumPy keeps an order on which all operands agree, and goes back to rows where one of them lies in rows. In PyTorch the first
operand decides, and the next one only of axes that the first repeats: the sum of a transposed matrix and an ordinary one is
transposed. What is drawn for a tensor is drawn in the order of its memory, so ``dropout`` of such a sum depends on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
ELEMENTWISE = frozenset({"elementwise", "step"})
"""The kinds of op whose result lies in memory as its operands do."""


def order_of(operands: list[Array], shape: tuple[int, ...]) -> list[int]:
    """The axes of the result, outermost first.

    >>> order_of([np.ones((3, 2)).T, np.ones((2, 3))], (2, 3)), order_of([np.ones((2, 3)), np.ones((3, 2)).T], (2, 3))
    ([1, 0], [0, 1])
    """
    n = len(shape)
    strides = []
    for a in operands:
        missing = n - a.ndim
        own = [
            0 if one == 1 and many != 1 else s for one, many, s in zip(a.shape, shape[missing:], a.strides, strict=True)
        ]
        strides.append([0] * missing + own)

    def is_outer(axis: int, other: int) -> bool | None:
        for own in strides:
            if own[axis] and own[other]:
                if own[axis] != own[other]:
                    return own[axis] > own[other]
                if shape[axis] > shape[other]:
                    return True
        return None

    # An insertion sort, innermost first, since "undecided" is no order: what comes out depends on the steps.
    order = list(range(n - 1, -1, -1))
    for start in range(1, n):
        at = start
        for before in range(start - 1, -1, -1):
            outer = is_outer(order[before], order[at])
            if outer is None:
                continue
            if not outer:
                break
            order[before], order[at] = order[at], order[before]
            at = before
    return order[::-1]


def as_operands(result: Array, operands: Any) -> Array:
    """The result of an element-wise function in the order in which PyTorch leaves it: itself, or a copy."""
    if type(result) is not np.ndarray or result.ndim < 2:
        return result
    several = [a for a in operands if getattr(a, "ndim", 0) > 1]
    first = several[0] if several else result
    if all([a.flags.c_contiguous for a in several[:-1]]) or all([a.strides == first.strides for a in several[1:]]):  # noqa: C419
        return result  # the order of NumPy is PyTorch's
    order = order_of(several, result.shape)
    laid = np.empty([result.shape[axis] for axis in order], result.dtype).transpose(np.argsort(order))
    if laid.strides == result.strides:
        return result
    laid[...] = result
    return laid
