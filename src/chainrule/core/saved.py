"""Saved values when something is special about them: freed, packed by hooks, stale, or wanted as tensors."""

from __future__ import annotations

import weakref
from typing import Any

from . import origin, version
from .modes import Modes, changed_modes
from .node import AccumulateGrad, Freed, Node, Port, extra_of
from .op import ARRAY_WIDTH, Op, is_array_field, torch_names
from .value import TensorBase, new_tensor
from .version import Fingerprint


class Packed:
    """Saved values that went through the pack hook: ``fields`` are laid out as in ``node.saved``."""

    __slots__ = ("at", "fields", "unpack")

    def __init__(self, fields: list[Any], at: list[int], unpack: Any) -> None:
        self.fields = fields
        self.at = at
        self.unpack = unpack

    def restore(self) -> tuple[Any, ...]:
        """The saved values as they were laid out, with no cells: hooks take over the responsibility for versions."""
        fields = list(self.fields)
        with changed_modes(grad=False):
            for at in self.at:
                tensor = self.unpack(fields[at])
                if not hasattr(tensor, "_array"):
                    raise TypeError(
                        f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(tensor).__name__}."
                    )
                fields[at] = tensor._array
        return tuple(fields)


def array_offsets(op: Op) -> list[tuple[str, int]]:
    return [(f, op.offsets[f]) for f in op.fields if is_array_field(op, f) and f not in op.spare]


def apply_modes(node: Node, mode: Modes, args: tuple[Any, ...]) -> None:
    """What saved-tensor hooks, ``allow_mutation_on_saved_tensors`` and anomaly mode do to a new node of these operands."""
    if mode.anomaly:
        import traceback

        extra_of(node).traceback = "".join(traceback.format_stack()[:-1])
    if not node.saved:
        return
    offsets = [at for _, at in array_offsets(node.op) if node.saved[at + 1] is not None]
    if mode.hooks:
        drop_spare(node)
        pack, unpack = mode.hooks[-1]
        place = node.op.offsets
        operands = {place[name]: arg for name, arg in zip(node.op.args, args, strict=False) if name in place}
        offsets.sort(key=pytorch_order(node.op))
        node.saved = packed(list(node.saved), offsets, pack, unpack, operands)
    elif mode.clone_on_write is not None:
        for at in offsets:
            mode.clone_on_write.watch(node, at)


def pytorch_order(op: Op) -> Any:
    """The sort key of offsets that brings saved values to the order in which PyTorch packs them.

    It is that of its generated code: operands by their names there, then outputs and what else the op computes.
    """
    names = torch_names(op)
    operands = {op.offsets[name]: names.get(name, name) for name in op.args if name in op.offsets}
    return lambda at: (at not in operands, operands.get(at, ""))


def drop_spare(node: Node) -> None:
    """Under hooks nothing is kept that the hooks do not see, and they see what PyTorch saves."""
    fields = list(node.saved)
    for field in node.op.spare:
        at = node.op.offsets[field]
        fields[at : at + ARRAY_WIDTH] = (None, None, 0)
    node.saved = tuple(fields)


def packed(fields: list[Any], offsets: list[int], pack: Any, unpack: Any, operands: dict[int, Any]) -> Packed:
    """Hand each array to the pack hook: the operand that it is the value of, or else a tensor that shares its memory."""
    with changed_modes(grad=False, hooks=()):
        for at in offsets:
            tensor = operands.get(at)
            if not isinstance(tensor, TensorBase) or tensor._array is not fields[at]:
                tensor = new_tensor(fields[at])
                tensor._cell = _plain_cell(fields[at + 1])
            before = tensor._version
            fields[at] = pack(tensor)
            fields[at + 1] = None
            if tensor._version != before:
                raise RuntimeError(
                    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook "
                    "can not be modified by in-place operations as this can lead to unexpected side-effects. Please open "
                    "an issue if you need to perform in-place operations on the input to a pack hook: work on a clone."
                )
    return Packed(fields, offsets, unpack)


def _plain_cell(cell: Any) -> Any:
    return cell.cell if isinstance(cell, Fingerprint) else cell


class CloneOnWrite:
    """The store of ``allow_mutation_on_saved_tensors``: saved values are copied just before they are overwritten."""

    def __init__(self) -> None:
        self.watched: dict[int, list[tuple[weakref.ref[Node], int]]] = {}

    def watch(self, node: Node, at: int) -> None:
        cell = _plain_cell(node.saved[at + 1])
        if cell is not None:
            self.watched.setdefault(id(cell), []).append((weakref.ref(node), at))

    def before_write(self, cell: Any) -> None:
        for ref, at in self.watched.pop(id(cell), ()):
            node = ref()
            if node is not None and isinstance(node.saved, tuple):
                fields = list(node.saved)
                fields[at : at + ARRAY_WIDTH] = (fields[at].copy(), None, 0)
                node.saved = tuple(fields)

    def clear(self) -> None:
        self.watched.clear()


def unpacked(node: Node, tensors: bool) -> tuple[Any, ...]:
    """The node's saved values for its rules: raw arrays, or tensors tied to the edges that they came in by."""
    saved = node.saved
    if type(saved) is Freed:
        raise freed_error(node, saved)
    if type(saved) is Packed:
        saved = saved.restore()
    if not tensors or not saved:
        return saved
    op, fields = node.op, list(saved)
    for field in op.fields:
        at = op.offsets[field]
        if op.variadic and field == op.args[-1]:
            first = len(op.args) - 1
            edges = node.parents[first:]
            fields[at] = tuple((_tied(v, e, c), c, n) for (v, c, n), e in zip(fields[at], edges, strict=True))
        elif is_array_field(op, field) and hasattr(fields[at], "dtype"):
            if field in op.args:
                edge = node.parents[op.args.index(field)]
            elif op.outputs is None:
                edge = node
            else:
                edge = _output_port(node, op.outputs.index(field), fields[at])
            fields[at] = _tied(fields[at], edge, fields[at + 1])
    return tuple(fields)


def _output_port(node: Node, number: int, array: Any) -> Node | None:
    from .recording import carries_gradient

    return Port.of(node, number, array) if carries_gradient(node.op, number, array) else None


def _tied(array: Any, edge: Node | None, cell: Any) -> Any:
    if not hasattr(array, "dtype"):
        return array
    if type(edge) is AccumulateGrad:
        leaf = edge.variable
        if leaf is not None and leaf._array is array:
            return leaf
    tensor = new_tensor(array, edge)
    tensor._cell = _plain_cell(cell)
    return tensor


def saved_field(node: Node, field: str) -> Any:
    """``node._saved_<name>``: an array as a tensor (checked against its version), anything else as it is."""
    op = node.op
    if field in op.params:
        return _counted_from_the_front(node, node.params[field]) if field.startswith("axis") else node.params[field]
    saved = node.saved
    if type(saved) is Freed:
        raise freed_error(node, saved)
    if not saved:
        return None
    at = op.offsets[field]
    if is_array_field(op, field) and type(saved) is tuple:
        cell = saved[at + 1]
        if cell is not None and cell.version != saved[at + 2]:
            raise stale_error(node)
    return unpacked(node, True)[at]


def _counted_from_the_front(node: Node, axis: Any) -> Any:
    """Axes as users write dims: ops count them from the back."""
    parent = node.parents[0]
    if parent is None or axis is None:
        return axis
    ndim = len(parent.shape)
    return tuple([a % ndim for a in axis]) if isinstance(axis, tuple) else axis % max(ndim, 1)


def freed_error(node: Node, freed: Freed) -> RuntimeError:
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
        "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
        "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
        "saved tensors after calling backward.\n"
        f"  the graph here: {node.name()} of {node.origin()}\n"
        f"  was freed by:   {freed.place()}\n"
        "What to do: for gradients of several outputs, ask for them in one call, or pass retain_graph=True to all but "
        "the last; in a loop, detach() the state that is carried over from the step before; if an intermediate "
        "value is reused, compute it again."
    )


def stale_error(node: Node) -> RuntimeError:
    """The in-place error for the first of the node's saved values that is not what it was."""
    return overwritten_error(node, *_stale_field(node))


def overwritten_error(node: Node, what: str, cell: Any, expected: int) -> RuntimeError:
    """The in-place error, with what saved the value and what overwrote it."""
    now = cell.version
    if now == version.CHANGED_OUTSIDE:
        how = "  and changed since: from outside, through a NumPy array that shares its memory (numpy(), from_numpy(), asarray)"
        fix = "What to do: give NumPy a copy (t.numpy().copy(), torch.tensor(array)), or change the array only after the backward."
        state = "no longer holds the values that were saved"
    else:
        how = f"  and overwritten by: {_writer(cell)}"
        fix = (
            "What to do: use the out-of-place form where it is overwritten (y = y + 1 for y += 1), or clone() the value "
            "before it is overwritten."
        )
        state = f"is at version {now}; expected version {expected} instead"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{what} {state}.\n  saved by: {node.name()} of {node.origin()}\n{how}\n{fix}"
    )


def _writer(cell: Any) -> origin.Place | str:
    return "an unknown line" if cell.writer is None else origin.resolve(*cell.writer)


def _stale_field(node: Node) -> tuple[str, Any, int]:
    op, saved = node.op, node.saved
    for field in op.fields:
        at = op.offsets[field]
        if op.variadic and field == op.args[-1]:
            triples = [(*t, p) for t, p in zip(saved[at], node.parents[len(op.args) - 1 :], strict=True)]
        elif is_array_field(op, field) and field not in op.spare:
            source = node.parents[op.args.index(field)] if field in op.args else node
            triples = [(*saved[at : at + ARRAY_WIDTH], source)]
        else:
            continue
        for array, cell, expected, source in triples:
            if cell is not None and cell.version != expected:
                return describe(array, source), cell, expected
    raise AssertionError("no saved value is stale")


def describe(array: Any, source: Node | None) -> str:
    """A saved tensor as PyTorch's in-place error names it."""
    from ..promotion import scalar_type_name

    text = f"[torch.{scalar_type_name(array.dtype)}Tensor {list(array.shape)}]"
    if source is None:
        return text
    from .node import edge_of

    owner, number = edge_of(source)
    assert owner is not None
    return f"{text}, which is output {number} of {owner.name()},"
