"""The node of an op on the general path: what it is made of, and what it keeps for the rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exits import note_all
from .modes import modes
from .node import Node, Port, next_seq, note_levels
from .op import ABSENT, ARRAY_WIDTH, MANY, OF_OPERAND, OPERAND, OUTPUT, Op
from .origin import getframe, outer
from .sparse_level import sparse_among
from .value import TensorBase, new_tensor
from .version import guard
from .views import make_view

HOT_DTYPES = frozenset(np.dtype(name) for name in ("float16", "float32", "float64", "complex64", "complex128"))


def record(
    op: Op, args: tuple[Any, ...], arrays: list[Any], params: dict[str, Any], parents: tuple[Any, ...], result: Any
) -> Any:
    """The output tensors of an op, with the node that made them."""
    node: Any = (op.node_class or op.make_node_class())()
    node.parents = parents
    if op.params:
        node.params = params
    node.seq = next_seq()
    node.extra = None
    mode = modes()
    # Beyond general() and the path that has called it: a frame that nobody looks at costs nothing.
    frame = outer(getframe(3), 3)
    node.code, node.lasti = frame.f_code, frame.f_lasti
    if op.outputs is None:
        outs = (new_tensor(result, node),)
        node.shape, node.dtype = result.shape, result.dtype
        note_levels(node, result, *sparse_among(arrays))
    else:
        node.shape = tuple(array.shape for array in result)
        node.dtype = tuple(array.dtype for array in result)
        note_levels(node, *result, *sparse_among(arrays))
        outs = tuple(
            new_tensor(array, Port.of(node, number, array) if carries_gradient(op, number, array) else None)
            for number, array in enumerate(result)
        )
        if op.outputs[-1:] in (("indices",), ("counts",)):
            note_all(f"the {op.outputs[-1]} of {op.name.removesuffix('_index')}", list(parents), outs[-1])
    node.saved = save(op, node, args, arrays, parents, outs)
    if op.kind == "view":
        for number, out in enumerate(outs):
            make_view(out, op, args[0], params, None if op.outputs is None else number)
    if mode.hooks or mode.anomaly or mode.clone_on_write is not None:
        from .saved import apply_modes

        apply_modes(node, mode, args)
    return outs if op.outputs is not None else outs[0]


def carries_gradient(op: Op, number: int, array: Any) -> bool:
    if op.differentiable is not None:
        return op.differentiable[number]
    return array.dtype in HOT_DTYPES or array.dtype.kind == "V" or array.dtype.name == "bfloat16"


def save(
    op: Op, node: Node, args: tuple[Any, ...], arrays: list[Any], parents: tuple[Any, ...], outs: tuple[Any, ...]
) -> tuple[Any, ...]:
    """What the rules of the operands that need a gradient ask to keep, laid out by ``op.fields``."""
    need = tuple([parent is not None for parent in parents])
    if op.variadic:
        need = (*need[: len(op.args) - 1], True)
    saved: list[Any] = []
    for code, at, what in op.layout(need):
        if code == OPERAND:
            saved += _triple(args[at], arrays[at])
        elif code == OUTPUT:
            saved += _triple(outs[at], outs[at]._array)
        elif code == ABSENT:
            saved += (None, None, 0)
        elif code == OF_OPERAND:
            saved.append(getattr(arrays[at], what))
        elif code == MANY:
            saved.append(tuple([_triple(arg, array) for arg, array in zip(args[at:], arrays[at:], strict=True)]))
        else:
            saved.append(tuple([getattr(array, what) for array in arrays[at:]]))
    return tuple(saved)


def _triple(arg: Any, array: Any) -> tuple[Any, Any, int]:
    """(value, cell, version) of a saved operand; a number or a constant array has no cell."""
    if not isinstance(arg, TensorBase):
        return array, None, 0
    cell = guard(arg, array)
    return array, cell, cell.version


assert len(_triple(0, 0)) == ARRAY_WIDTH
