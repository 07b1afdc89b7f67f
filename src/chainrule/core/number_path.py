"""The hot path of an op beside a Python number: ``x * 2.0``, ``x + 1``. Why it is written out, ``dispatch`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..promotion import is_half, scalar_to
from .modes import get_modes
from .node import next_seq
from .origin import OUTSIDE, getframe, outer
from .value import TensorBase, new_tensor
from .version import guard
from .views import current_node

if TYPE_CHECKING:
    from .op import Op

WIDE_DTYPES = frozenset(np.dtype(name) for name in ("float32", "float64", "complex64", "complex128"))


def unrounded(args: tuple[Any, ...], arrays: list[Any]) -> list[Any]:
    """For rules: numbers beside half precision, tensors of one among them, take part as they are, not rounded to it."""
    if arrays[0].dtype.itemsize != 2 or not is_half(arrays[0].dtype):
        return arrays
    return [
        np.float32(arg) if not hasattr(arg, "dtype") else arg._array if is_number(arg, array) else array
        for arg, array in zip(args, arrays, strict=True)
    ]


def is_number(arg: Any, array: Any) -> bool:
    return not array.ndim and isinstance(arg, TensorBase) and arg._array.dtype.kind == "f"


def make_with_number(op: Op, keep: int, general: Any, unusual: tuple[type[Exception], ...]) -> Any:
    """The path of a binary op for a floating-point tensor and a Python number on its right.

    ``keep``: what the rule of the tensor needs, 1 for itself and 2 for the number. Anything else, and what raises an
    ``unusual`` error, goes to ``general``.
    """
    forward, mixed = op.raw, op.mixed
    known: Any = None

    def with_number(x: Any, y: Any) -> Any:
        nonlocal known
        if (type(y) is not float and type(y) is not int) or not isinstance(x, TensorBase) or get_modes() is not None:
            return general(op, (x, y), {})
        parent = x._node if x._view is None else current_node(x)
        array = x._array
        dtype = array.dtype
        if dtype not in WIDE_DTYPES:  # in half precision the number has a say
            return general(op, (x, y), {})
        number = scalar_to(dtype, y)
        try:
            result = forward(array, number) if mixed is None else mixed(forward, (array, y), (array, number))
        except unusual:
            return general(op, (x, y), {})
        if parent is None:
            return new_tensor(result)
        node = (op.node_class or op.make_node_class())()
        node.parents = (parent, None)
        saved: tuple[Any, ...] = ()
        if keep:
            saved = (None, None, 0)
            if keep & 1:
                cell = guard(x, array)
                saved = (array, cell, cell.version)
            saved = (*saved, number, None, 0) if keep & 2 else (*saved, None, None, 0)
        node.saved = saved
        node.seq = next_seq()
        node.shape = result.shape
        node.dtype = result.dtype
        node.extra = None
        frame = getframe(2)
        code = frame.f_code
        if code is not known:
            if code.co_filename in OUTSIDE:
                known = code
            else:
                frame = outer(frame, 2)
                code = frame.f_code
        node.code = code
        node.lasti = frame.f_lasti
        return new_tensor(result, node)

    return with_number
