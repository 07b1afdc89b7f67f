"""What the values of a graph are, as far as it can be known, and what derivatives do along its edges.

Nodes keep only what their rules need. A value that no node kept is a leaf's, or the caller's, or is computed once more
from those: an op is a record, so a node whose operands are known can be run again.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..backend import numpy as numpy_namespace
from ..core.batch_level import Batched
from ..core.custom import CustomNode
from ..core.dual_level import Dual
from ..core.modes import changed_modes
from ..core.node import AccumulateGrad, Node, Port
from ..core.plain_pass import RAW
from ..core.saved import Packed
from ..core.sparse_level import SPARSE
from ..core.value import Lifted, TensorBase, new_tensor, numbers_of
from ..core.xla_level import XLA

JACOBIAN = 64
"""Entries up to which a Jacobian is written out."""
UNFIT = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
"""What ops raise when they are given what is not theirs."""
DENSE = 4096
"""Elements up to which a sparse gradient is shown with its zeros."""
Key = tuple[Any, int]
"""A value of the graph: (node, output number)."""


def plain(array: Any, inside: frozenset[Any] = frozenset()) -> Any:
    """A raw value as an ndarray; None where it stands for several arrays, or none. Of the levels that one looks from ``inside``
    of, it is that of the first element of a batch, and the primal of a dual.
    """
    if isinstance(array, Lifted):
        if array.levels - {XLA} - inside:
            return None
        if isinstance(array, Batched):
            return plain(array.value, inside)[0]
        if isinstance(array, Dual):
            return plain(array.primal, inside)
        try:
            return np.asarray(array.plain("looking at a graph"))
        except RuntimeError:  # it has no memory: it is sparse
            return None
    return np.asarray(array)


def argument_name(op: Any, position: int) -> str:
    """What an op calls its operand."""
    if op is None:
        return f"argument {position}"
    if op.variadic and position >= len(op.args) - 1:
        return f"{op.args[-1]}[{position - len(op.args) + 1}]"
    return op.args[position] if position < len(op.args) else f"operand {position}"


def saved_operands(node: Any) -> dict[int, Any]:
    """Position -> the operand that the node kept, if it still is what it was."""
    op, saved = getattr(node, "op", None), node.saved
    if op is None or type(saved) is not tuple or not saved:
        return {}
    found = {}
    for position, name in enumerate(op.args):
        if name not in op.offsets:
            continue
        at = op.offsets[name]
        if op.variadic and name == op.args[-1]:
            triples = list(enumerate(saved[at], position))
        else:
            triples = [(position, saved[at : at + 3])]
        for where, (array, cell, version) in triples:
            if array is not None and (cell is None or cell.version == version):
                found[where] = array
    return found


def saved_outputs(node: Any) -> dict[int, Any]:
    """Output number -> the output that the node kept, if it still is what it was."""
    op, saved = getattr(node, "op", None), node.saved
    if op is None or type(saved) is not tuple or not saved:
        return {}
    found = {}
    for number, name in enumerate(op.outputs or ("out",)):
        if name in op.offsets:
            array, cell, version = saved[op.offsets[name] : op.offsets[name] + 3]
            if array is not None and (cell is None or cell.version == version):
                found[number] = array
    return found


def saved_bytes(node: Any) -> int:
    """The memory of the arrays that a node keeps."""
    saved = node.saved
    if isinstance(node, CustomNode):
        return sum(
            array.nbytes
            for kept in getattr(node, "to_save", None) or ()
            if isinstance(array := getattr(kept, "_array", None), np.ndarray)
        )
    if type(saved) is not tuple:
        return 0
    total = 0
    for part in saved:
        if isinstance(part, np.ndarray | np.generic):
            total += part.nbytes
        elif type(part) is tuple:
            total += sum(
                one[0].nbytes
                for one in part
                if type(one) is tuple and one and isinstance(one[0], np.ndarray | np.generic)
            )
    return total


def rerun(node: Any, operands: list[Any], leaves: bool = False) -> tuple[Any, ...] | None:
    """The outputs of a node's op, called again on arrays and numbers; None where they do not fit the node.

    With ``leaves``, operands that needed a gradient are leaves of a graph of their own.
    """
    op = node.op
    if is_transfer(node) or op.name == "dual_in":
        return (new_tensor(operands[0]),)
    if "level" in op.params:  # it makes lifted values
        return None
    args = []
    for operand, parent in zip(operands, node.parents, strict=True):
        arg = new_tensor(np.array(operand)) if isinstance(operand, np.ndarray | np.generic) else operand
        if leaves and parent is not None:
            arg.requires_grad_()
        args.append(arg)
    try:
        with changed_modes(grad=leaves, hooks=()):
            result = op.apply(*args, **(node.params or {}))
    except UNFIT:
        return None
    results = result if isinstance(result, tuple) else (result,)
    shapes = node.shape if op.outputs is not None else (node.shape,)
    dtypes = node.dtype if op.outputs is not None else (node.dtype,)
    for one, shape, dtype in zip(results, shapes, dtypes, strict=False):
        if not isinstance(one, TensorBase) or one._array.shape != shape or one._array.dtype != dtype:
            return None
    return results


class Unknown(Exception):  # noqa: N818
    """Why a derivative cannot be computed."""


def puller(node: Any, operands: list[Any], inside: frozenset[Any] = frozenset()) -> Any:
    """(g, need) -> the cotangents of the node's operands, as seen from ``inside`` of some levels.

    Raises:
        Unknown: the node does not have what it kept at hand, and its operands are not known.
    """
    if is_transfer(node):
        return lambda g, need: [g]
    level = node.params.get("level") if getattr(node, "params", None) else None
    levels = frozenset() if node.extra is None else node.extra.levels
    if level in inside and node.op.name == "dual_in":
        return lambda g, need: [g, None]
    if SPARSE in levels:
        raise Unknown("its operands, or its gradients, are sparse tensors, which are not looked into")
    if level is not None or levels - {XLA} - inside:
        raise Unknown(
            "it is inside a transform (vmap, forward mode) and stands for several derivatives; within the transformed function, one "
            "of them is shown"
        )
    if isinstance(node, CustomNode) and not levels:
        return node_pull(node)
    if type(node.saved) is not tuple or levels:  # (on another device: what it does is looked at on this one)
        gone = "a backward has freed what it kept (retain_graph=True keeps it)"
        if levels:
            gone = "an operand is not known, and it is on the device xla or inside a transform"
        elif type(node.saved) is Packed:
            gone = "what it kept is packed by saved-tensor hooks, or a checkpoint, which are not run here"
        if isinstance(node, CustomNode) or any(operand is None for operand in operands):
            raise Unknown(gone)
        results = rerun(node, operands, leaves=True)
        made = None if results is None else next((one._node for one in results if one._node is not None), None)
        if type(made) is Port:
            made = made.parents[0]
        if type(made) is not type(node):
            raise Unknown(f"{gone}, and it cannot be run again")
        node = made
    return node_pull(node)


def is_transfer(node: Any) -> bool:
    """Whether a node only moves a value from one device to another."""
    op = getattr(node, "op", None)
    return op is not None and op.name in ("xla_in", "xla_out")


def node_pull(node: Any) -> Any:
    def pull(g: Any, need: tuple[bool, ...]) -> list[Any]:
        if node.pulls is None:
            return list(node.cotangents(g, need, False))
        rules = node.op.bound_rules()
        return [
            rule(numpy_namespace, g, node.saved, node) if wanted else None
            for rule, wanted in zip(rules, need, strict=False)  # operands with a default may be left out
        ]

    return pull


def projected(g: Any, parent: Node) -> Any:
    """A cotangent in the space of an operand."""
    g = np.asarray(g)
    return g if g.dtype == parent.dtype and g.shape == parent.shape else RAW.project(g, parent)


def local_derivative(node: Any, parent: Any, position: int, pull: Any) -> tuple[str, Any]:
    """(form, array) of one edge; see ``Edge.form``. An action has no array."""
    op = getattr(node, "op", None)
    if not isinstance(node.shape, tuple) or (node.shape and not isinstance(node.shape[0], int)) or ported(node):
        return "action", None
    need = tuple(at == position for at in range(len(node.parents)))
    if np.dtype(node.dtype).kind == "c" and not is_holomorphic(node, parent, position, pull):
        return "action", None
    size = int(np.prod(node.shape, dtype=np.int64)) if node.shape else 1
    inner = int(np.prod(parent.shape, dtype=np.int64)) if parent.shape else 1
    ones = np.ones(node.shape, node.dtype)
    if size == inner == 1:
        g = pull(ones, need)[position]
        return ("number", projected(g, parent)) if g is not None else ("number", np.zeros(parent.shape, parent.dtype))
    if op is not None and op.kind == "elementwise":
        g = pull(ones, need)[position]
        if g is None:
            return "elementwise", np.zeros(node.shape, node.dtype)
        return "elementwise", np.broadcast_to(np.asarray(g), node.shape)
    if not 0 < size * inner <= JACOBIAN:
        return "action", None
    rows = []
    for at in np.ndindex(node.shape):
        basis = np.zeros(node.shape, node.dtype)
        basis[at] = 1
        g = pull(basis, need)[position]
        rows.append(np.zeros(parent.shape, parent.dtype) if g is None else projected(g, parent))
    return "jacobian", np.stack(rows).reshape(*node.shape, *parent.shape)


def is_holomorphic(node: Any, parent: Any, position: int, pull: Any) -> bool:
    """Whether a complex cotangent is multiplied on its way to an operand: not if its real part is taken, or its conjugate."""
    need = tuple(at == position for at in range(len(node.parents)))
    one, turned = (pull(np.full(node.shape, g, node.dtype), need)[position] for g in (1, 1j))
    if one is None or turned is None:
        return True
    return np.dtype(parent.dtype).kind == "c" and np.allclose(turned, 1j * np.asarray(one))


def ported(node: Any) -> bool:
    """Whether the node has several outputs."""
    op = getattr(node, "op", None)
    if op is not None:
        return op.outputs is not None
    return bool(node.extra is not None and node.extra.ports)


def grad_of(node: Any, held: Any) -> Any:
    """The array in the ``.grad`` of the tensor that a node stands for; None where there is none."""
    tensor = held
    if type(node) is AccumulateGrad:
        tensor = node.variable
    elif tensor is None and node.extra is not None and node.extra.retained is not None:
        tensor = node.extra.retained()
    meta = None if tensor is None else tensor._meta_slot
    if meta is None or meta.grad is None:
        return None
    array = plain(meta.grad._array)
    if array is not None or not meta.grad.is_sparse:
        return array
    is_small = prod(meta.grad._array.shape) <= DENSE
    return plain(meta.grad.detach().to_dense()._array) if is_small else np.asarray(numbers_of(meta.grad._array))
