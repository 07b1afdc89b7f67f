"""Results into ``out=``, which may share memory with operands as far as PyTorch lets it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..core.mutation import refuse_overlap
from ..core.value import TensorBase, writable
from ._arguments import deliver

if TYPE_CHECKING:
    from .._tensor import Tensor


def put(result: Any, out: Any, function: str, *operands: Any, exact: bool | None = None) -> Tensor:
    """Write a result into ``out``, which may be one of the operands but not overlap with one in part."""
    refuse_overlaps(out, operands)
    return deliver(result, out, function, exact)


def put_resized(result: Any, out: Any, function: str, *operands: Any, exact: bool | None = None) -> Tensor:
    """The same of a function that asks so when ``out`` has been resized."""
    refuse_overlaps(out, operands, result._array.shape)
    return deliver(result, out, function, exact)


def put_apart(result: Any, out: Any, function: str, *operands: Any) -> Tensor:
    """The same of a function that reads its operands while it writes: ``out`` may not be one of them either."""
    refuse_overlaps(out, operands, result._array.shape, whole=True)
    return deliver(result, out, function)


def refuse_overlaps(out: Any, operands: Any, shape: tuple[int, ...] | None = None, whole: bool = False) -> None:
    """Raise where ``out``, resized to ``shape``, shares memory with an operand; where it is one, only if ``whole``."""
    if not isinstance(out, TensorBase):
        return
    memory = writable(out)
    if shape is not None and shape != memory.shape and memory.flags.c_contiguous:
        size = math.prod(shape)
        if size <= memory.size:
            memory = memory.reshape(-1)[:size].reshape(shape)
        elif not whole:  # it gets other memory
            return
    for operand in operands:
        if isinstance(operand, TensorBase):
            refuse_overlap(memory, operand._array, whole)
