"""In-place writes: ``x[...] = v``, ``add_``, ``copy_``, ``out=`` all end in :func:`write`.

A write is the out-of-place op on the old value, recorded as always, whose result then takes the place of the old value:
the memory is overwritten, the cell bumped, and the tensor gets the op's node. When the tensor is a view, the base gets
the node *put the result into the path* (see ``views``), and all views of it are stale from then on.
"""

from __future__ import annotations

import operator
import weakref
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ..promotion import check_cast
from ..quiet import NOISE
from . import views
from .lifted import converted, levels_of, put_into
from .modes import ORDINARY, changed_modes, get_modes, met, modes
from .node import AccumulateGrad, Node, edge_of, extra_of
from .op import is_array_field
from .origin import caller
from .sparse_level import is_sparse
from .value import Lifted, TensorBase, at_rest, device_of, is_constant, new_tensor, writable
from .version import Cell, InferenceCell, bump, cell_of, guard
from .views import base_of, current_node, needs_grad, put_node
from .xla_level import placed

IN_MEMORY: dict[Any, Any] = {
    operator.add: operator.iadd,
    operator.sub: operator.isub,
    operator.mul: operator.imul,
    operator.truediv: operator.itruediv,
}
"""The operators whose result NumPy can put where their first operand is."""
WIDE_FLOATS = frozenset(np.dtype(name) for name in ("float32", "float64"))


def inplace(op: Any, tensor: Any, *args: Any, **params: Any) -> Any:
    """``tensor`` becomes ``op(tensor, *args, **params)``, in its own memory. ``op`` is an op's apply function."""
    mode = get_modes()
    if mode is not None and not mode.grad and written_directly(op.op, tensor, writable(tensor), args, params, mode):
        bump(tensor, caller())
        if mode.tape is not None and hasattr(mode.tape, "wrote"):
            mode.tape.wrote(op.op, tensor, args)
        return tensor
    mode = mode or ORDINARY
    refuse_write(tensor, writable(tensor), any(_needs(a) for a in (tensor, *args)) and mode.grad)
    memory = writable(tensor)
    for arg in args:
        if isinstance(arg, TensorBase) and arg._cell is tensor._cell and arg._cell is not None:
            refuse_overlap(memory, arg._array)
    record = op.op
    keeps_self = mode.grad and record.args[0] in record.fields and any(_needs(a) for a in args)
    keeps_self = keeps_self or (mode.grad and record.args[0] in record.fields and _needs(tensor))
    keeps_self = keeps_self and not isinstance(memory, Lifted)  # which the write replaces
    old = new_tensor(memory.copy() if keeps_self else memory, current_node(tensor) if mode.grad else None)
    result = op(old, *args, **params)
    if result is NotImplemented:
        raise TypeError(f"{record.name}_(): unsupported operand: {', '.join(type(a).__name__ for a in args)}")
    check_fits(tensor, result._array)
    if record.inplace_node and type(result._node) is record.node_class:
        result._node.__class__ = record.make_inplace_class()
    return write(tensor, result)


def written_directly(op: Any, tensor: Any, memory: Any, args: Any, params: Any, mode: Any) -> bool:
    """Let NumPy put the result of a plain operator where its first operand is, if nothing is recorded or refused.

    The update of a parameter is such a write: this saves it a temporary and a copy.
    """
    raw, cell = IN_MEMORY.get(op.raw), tensor._cell
    ordinary = not (mode.inference or mode.keep_versions or mode.clone_on_write is not None or mode.capture is not None)
    if raw is None or params or len(args) != 1 or not ordinary or not (cell is None or type(cell) is Cell):
        return False
    if type(memory) is not np.ndarray or memory.dtype not in WIDE_FLOATS or not memory.flags.carray:
        return False
    (other,) = args
    if isinstance(other, TensorBase):
        array = other._array
        if type(array) is not np.ndarray or array.dtype != memory.dtype or array.shape != memory.shape:
            return False
        if other is not tensor and cell is not None and other._cell is cell:
            return False
        other = array
    elif type(other) is not float:
        return False
    try:
        raw(memory, other)
    except NOISE:  # the program has NumPy raise them, which it does when all is written
        return True
    return True


def _needs(arg: Any) -> bool:
    return isinstance(arg, TensorBase) and needs_grad(arg)


def refuse_write(tensor: TensorBase, memory: Any, recorded: bool) -> None:
    """Raise where a write to the tensor would break gradients or touch memory that is not the tensor's to write."""
    mode = modes()
    met(tensor)
    view = tensor._view
    with_history = needs_grad(tensor)
    node = tensor._node if view is not None and view.made_in != views.ORDINARY else current_node(tensor)
    if mode.grad and type(node) is AccumulateGrad and view is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation. A leaf's value has no history to "
            "put the write into: wrap the update in torch.no_grad(), or use the out-of-place form, which gives a new tensor."
            f"\n  the leaf: {node.origin()}"
        )
    if mode.grad and view is not None and view.made_in != views.DETACHED:
        if view.made_in == views.NO_GRAD and with_history:
            refuse_view(tensor, view, node)
        made_leaf = type(node) is AccumulateGrad and view.made_in != views.NO_GRAD
        if made_leaf or view.made_in == views.OF_LEAF or type(base_of(view)._node) is AccumulateGrad:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place operation. Wrap the update in "
                "torch.no_grad(), or write to a clone() of the leaf."
                + ("" if node is None else f"\n  the leaf: {(base_of(view)._node or node).origin()}")
            )
        if recorded:
            refuse_view(tensor, view, node)
    if type(tensor._cell) is InferenceCell and not mode.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a normal "
            "tensor before doing inplace update."
        )
    if is_constant(memory):  # where nothing is written, nothing is written twice
        return
    if isinstance(memory, Lifted) and view is not None and not is_sparse(memory):
        memory = views.memory_of(tensor)
    if memory.size and any(stride == 0 and size > 1 for stride, size in zip(memory.strides, memory.shape, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location "
            f"(shape {list(memory.shape)}, made by expand). Please clone() the tensor before performing the operation."
        )
    if not memory.flags.writeable:
        raise RuntimeError(
            "the written-to tensor shares the memory of a read-only NumPy array, so that it cannot be changed in place. "
            "Please clone() the tensor before performing the operation, or make it with torch.tensor(array), which copies."
        )


def refuse_overlap(memory: Any, source: Any, whole: bool = False) -> None:
    """Raise where source and target are different parts of one memory that overlap; or, if ``whole``, one part.

    As in PyTorch, that is asked only of parts without gaps: there, it is a question of where they begin and end.
    """
    if not (isinstance(source, np.ndarray) and isinstance(memory, np.ndarray)):
        return
    (start, end), (first, last) = byte_bounds(memory), byte_bounds(source)
    apart = end <= first or last <= start or not (memory.size and source.size)
    same = not whole and (start, end, memory.strides) == (first, last, source.strides)
    if not (apart or same) and has_no_gaps(memory) and has_no_gaps(source):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
            "location. Please clone() the tensor before performing the operation."
        )


def has_no_gaps(array: Any) -> bool:
    """Whether the elements fill their memory, each in a place of its own, in whatever order of the axes."""
    step = array.itemsize
    for stride, size in sorted(zip(array.strides, array.shape, strict=True)):
        if size > 1 and stride != step:
            return False
        step *= size
    return True


def refuse_view(tensor: TensorBase, view: views.View, node: Node | None) -> None:
    if view.made_in == views.MULTI:
        owner = edge_of(node)[0]
        name = owner.name().partition("Backward")[0] if owner is not None else "a function with several outputs"
        raise RuntimeError(
            f"Output {view.path[-1][2]} of {name} is a view and is being modified inplace. This view is the output of a "
            "function that returns multiple views. Such functions do not allow the output views to be modified inplace. "
            "You should replace the inplace operation by an out-of-place one."
            + ("" if node is None else f"\n  the view: {node.origin()}")
        )
    if view.made_in == views.NO_GRAD:
        raise RuntimeError(
            "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use "
            "case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the "
            "inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside "
            "(if you want the inplace to be tracked)."
        )
    if view.made_in == views.CUSTOM:
        raise RuntimeError(
            f"Output of {node.name() if node is not None else 'a custom Function'} is a view and is being modified "
            "inplace. This view was created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated with the custom "
            "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output "
            "of the custom Function."
        )


def check_fits(tensor: TensorBase, result: Any) -> None:
    """Raise where ``result`` cannot be written into the tensor: another shape, or a dtype of a higher category."""
    memory = tensor._array
    if result.shape != memory.shape:
        from .source import naming

        said = (
            f"output with shape {list(memory.shape)} doesn't match the broadcast shape {list(result.shape)}. An in-place "
            "operation cannot change the shape of its tensor: use the out-of-place form."
        )
        raise naming(RuntimeError(said), tensor)
    check_cast(result.dtype, memory.dtype)


def write(tensor: Any, result: Any) -> Any:
    """Put the values and the history of ``result`` (same shape) into ``tensor``."""
    memory = writable(tensor)
    mode = modes()
    if mode.clone_on_write is not None:
        mode.clone_on_write.before_write(cell_of(tensor))
    if isinstance(memory, Lifted) or isinstance(result._array, Lifted):
        memory = replace(tensor, result._array)
    else:
        np.copyto(memory, result._array, casting="unsafe")
    if not mode.keep_versions:
        bump(tensor, caller())
    if not mode.grad:
        return tensor
    node = result._node
    if node is not None:
        node.dtype = memory.dtype
        keep_written(node, tensor, memory)
    view = tensor._view
    if view is None or view.made_in == views.DETACHED:
        if tensor._meta_slot is not None and tensor._meta_slot.retains_grad and node is not None:
            extra_of(tensor._node).retained = None
            extra_of(node).retained = weakref.ref(tensor)
        tensor._node = node
        return tensor
    base = base_of(view)
    old = base._node
    if node is not None or old is not None:
        base._node = put_node(view, old, node)
    return tensor


def replace(tensor: TensorBase, array: Any) -> Any:
    """A write of which the old value or the new one is lifted. There is no memory to overwrite: tensors get the new value.

    Of a view, its base does, with the value put into its path; other views of it get theirs when next asked for.
    """
    refuse_unbatched(tensor._array, array)
    if is_constant(tensor._array) and levels_of(array) <= tensor._array.levels:
        return tensor._array
    if is_sparse(array) != is_sparse(tensor._array):
        was, wanted = ("sparse", "dense") if is_sparse(array) else ("dense", "sparse")
        raise RuntimeError(
            f"a {wanted} tensor of shape {list(tensor._array.shape)} cannot take a {was} result in place: use the out-of-place form, or "
            "convert with .to_dense() or .to_sparse()"
        )
    array = placed(converted(array, tensor._array.dtype), device_of(tensor._array))
    if tensor._view is not None:
        base = base_of(tensor._view)
        base._array = put_into(base._array, array, tensor._view.path)
    tensor._array = array
    return array


def refuse_unbatched(memory: Any, array: Any) -> None:
    """Raise where one value would have to become a batch of values."""
    # A tangent may be a batch where its primal is not: all elements have the same value, and move along their own directions.
    missing: list[Any] = [level for level in levels_of(at_rest(array)) - levels_of(memory) if level.makes_batch]
    if missing:
        raise RuntimeError(
            "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that "
            "has more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over in "
            f"a vmap: `self`, of shape {list(memory.shape)}, is one tensor for all {missing[0].size} elements of the batch. Please "
            "try to use out-of-place operators instead of inplace arithmetic; to fill a new tensor in vmap, make it from a batched "
            "one, as x.new_zeros(...) or torch.zeros_like(x) do."
        )


def reshape_in_place(op: Any, tensor: Any, **params: Any) -> Any:
    """``tensor`` becomes ``op(tensor, **params)``, a view of the memory that it has. ``op`` is a view op's apply function."""
    node = current_node(tensor)
    if modes().grad and (tensor._view is not None or type(node) is AccumulateGrad):
        refuse_write(tensor, writable(tensor), node is not None)
    old = new_tensor(writable(tensor), node)
    old._cell = tensor._cell
    is_leaf = type(node) is AccumulateGrad
    with changed_modes(grad=not is_leaf):  # a shape has to fit its history, whatever the mode
        result = op(old, **params)
    tensor._array = result._array
    if type(node) is AccumulateGrad:
        node.shape = tensor._array.shape
    else:
        tensor._node = result._node
        if tensor._view is not None:
            tensor._view.path += result._view.path
        elif tensor._cell is not None or isinstance(
            tensor._array, Lifted
        ):  # its views, or its level, start from what it was
            tensor._view = result._view
            tensor._view.made_in = views.ORDINARY
            tensor._view.__class__ = views.Reshaped
    if not modes().keep_versions:
        bump(tensor, caller())
        if tensor._view is not None:
            tensor._view.version = views.counter(tensor._cell)
    return tensor


def keep_written(node: Node, tensor: TensorBase, memory: np.ndarray[Any, Any]) -> None:
    """A node that saved its output saved the op's own array: what it must watch is the memory that was written."""
    field = "out"
    op = getattr(node, "op", None)
    if op is None or field not in op.offsets or type(node.saved) is not tuple or not is_array_field(op, field):
        return
    at = op.offsets[field]
    if node.saved[at] is None:
        return
    cell = guard(tensor, memory)
    fields = list(node.saved)
    fields[at : at + 3] = (memory, cell, cell.version)
    node.saved = tuple(fields)
