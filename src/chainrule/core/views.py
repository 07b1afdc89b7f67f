"""Views: a tensor that shares a base's memory knows the path of view ops that leads from the base to it.

A write to the base, or to any of its views, gives the base a new node and bumps the shared version cell. A view whose
version is behind has a stale node; the next time it is asked for, it is made anew: *get the path from the base*. The
other half of the pair, *put into the path*, is the node that a write leaves on the base. Each is the other's adjoint:

    <put(b, v), g> = <b, put(g, 0)> + <v, get(g)>,        <get(b), h> = <b, put(0, h)>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..backend.numpy import walk
from .lifted import part_of
from .modes import get_modes, met
from .node import AccumulateGrad, Node, next_seq, note_levels
from .origin import caller
from .sparse_level import is_sparse
from .value import Lifted, at_rest, new_tensor, writable
from .version import COUNTER, cell_of

if TYPE_CHECKING:
    from .op import Op
    from .value import TensorBase

Path = tuple[tuple["Op", tuple[tuple[str, Any], ...], int | None], ...]
"""Steps (view op, its parameters, which output) from a base to a view."""

ORDINARY, NO_GRAD, MULTI, CUSTOM, DETACHED = "ordinary", "no_grad", "multi", "custom", "detached"
OF_LEAF = "of a leaf"
"""The view of a tensor that is a leaf and a view itself: what is written there has no place in the history of either."""


class View:
    """That a tensor is a view: of what, by which path, and how it was made."""

    __slots__ = ("base", "made_in", "path", "version")

    base: TensorBase
    path: Path
    version: int
    """The base's version when the tensor's node was made."""
    made_in: str
    """How it came to be, which decides whether it may be written to: see ``mutation.refuse_write``."""


class Reshaped(View):
    """Of a tensor that was given another shape in place: it is reached by a path, but is nobody else's part."""

    __slots__ = ()


def make_view(out: TensorBase, op: Op, source: TensorBase, params: dict[str, Any], number: int | None) -> None:
    """Note that ``out`` = ``op(source)`` shares the source's memory, as it does unless that is sparse."""
    if is_sparse(source._array):
        return
    mode = get_modes()
    cell = out._cell = cell_of(source)
    if mode is not None and mode.inference:
        return
    view = View()
    step = (op, tuple(params.items()), number)
    if source._view is None:
        view.base, view.path = source, (step,)
    else:
        view.base, view.path = source._view.base, (*source._view.path, step)
    view.made_in = ORDINARY if number is None else MULTI
    if mode is not None and not mode.grad:
        view.made_in = NO_GRAD
        if current_node(view.base) is not None:  # PyTorch: it says that it requires grad, and is a leaf of its own
            out._node = AccumulateGrad.of(out)
    elif source._view is not None and source._view.made_in != ORDINARY:
        view.made_in = source._view.made_in
    elif source._view is not None and view.made_in == ORDINARY and type(source._node) is AccumulateGrad:
        view.made_in = OF_LEAF
    view.version = counter(cell)
    out._view = view


def counter(cell: Any) -> int:
    """The cell's count, without looking for changes made outside."""
    try:
        return COUNTER.__get__(cell)
    except AttributeError:  # an inference tensor counts nothing
        return 0


def current_node(tensor: TensorBase) -> Node | None:
    """The tensor's node; a view's is made anew when its base has been written to since."""
    view = tensor._view
    if view is None:
        return tensor._node
    if view.made_in == DETACHED:
        refresh_detached(tensor, view)
        return tensor._node
    version = counter(tensor._cell)
    if view.version == version:
        return tensor._node
    base = base_of(view)
    if isinstance(base._array, Lifted):
        tensor._array = part_of(base._array, view.path)
    if view.made_in == OF_LEAF:
        view.version = version
        return tensor._node
    parent = current_node(base)
    if view.made_in != ORDINARY and (parent is not None or tensor._node is not None):
        mode = get_modes()
        if mode is None or mode.grad:
            refuse_stale(view)
        return tensor._node
    if view.made_in == NO_GRAD or type(tensor._node) is AccumulateGrad:
        return tensor._node  # (a view that was made a leaf keeps that, whatever is written)
    view.version = version
    tensor._node = None if parent is None else get_node(parent, tensor, view)
    return tensor._node


def needs_grad(tensor: TensorBase) -> bool:
    """Whether the tensor requires grad, also of a view whose history can no longer be asked for."""
    view = tensor._view
    if view is None or view.made_in == ORDINARY or view.version == counter(tensor._cell):
        return current_node(tensor) is not None
    return tensor._node is not None or current_node(base_of(view)) is not None


def refuse_stale(view: View) -> None:
    """Raise where the history of a view is asked for that its base's new history has no place for."""
    number = view.path[-1][2]
    made = {
        MULTI: f"Output {number} of {view.path[-1][0].name}",
        NO_GRAD: "A view that was created in no_grad mode",
        CUSTOM: "A view that was created inside a custom Function",
    }[view.made_in]
    raise RuntimeError(
        f"{made} is a view and its base or another view of its base has been modified inplace. What was written has no place "
        "in the history of this view: make the view after the write, write to a clone(), or use the out-of-place form."
    )


def current_array(tensor: TensorBase) -> Any:
    """The tensor's raw value; a view that is lifted takes it from its base anew."""
    if isinstance(tensor._array, Lifted) and tensor._view is not None:
        current_node(tensor)
    return tensor._array


def values_of(tensor: TensorBase, doing: str) -> Any:
    """The tensor's values as an ndarray, to be read; raises for one that has none, saying what was being done.

    ``doing`` completes "It looks like you're ...".
    """
    array = current_array(tensor)
    return array.plain(doing) if isinstance(array, Lifted) else writable(tensor)


def memory_of(tensor: TensorBase) -> Any:
    """The tensor's memory; where it is lifted, memory of the layout that it would have: of a base in C order, the part that
    the tensor's path leads to. Its values mean nothing.
    """
    array = writable(tensor)
    if not isinstance(array, Lifted):
        return array
    view = tensor._view
    whole = array if view is None else base_of(view)._array
    if is_sparse(whole):
        raise RuntimeError("sparse tensors have no strides: .to_dense() has, or take the .values()")
    memory = whole.outline()
    return memory if view is None else walk(memory, view.path)


def alias_without_history(tensor: TensorBase) -> Any:
    """The same memory without history: what ``detach`` gives, but for the version counter.

    A lifted value is no memory that could be shared, so its alias is a view, which takes the base's value when asked for.
    """
    met(tensor)
    array = writable(tensor)
    alias = new_tensor(at_rest(array))
    if isinstance(array, Lifted) and not array.is_constant:
        view = alias._view = View()
        view.base, view.path = (tensor, ()) if tensor._view is None else (base_of(tensor._view), tensor._view.path)
        view.made_in, view.version = DETACHED, 0
    return alias


def refresh_detached(tensor: TensorBase, view: View) -> None:
    base = base_of(view)
    current_node(base)
    if isinstance(base._array, Lifted):
        tensor._array = at_rest(part_of(base._array, view.path))


def base_of(view: View) -> TensorBase:
    """The tensor that the view's path starts from.

    A base that was reshaped in place (``unsqueeze_``) has become a view itself: of what it was, where older paths start.
    """
    reshaped = view.base._view
    if reshaped is not None:
        view.base = reshaped.base
    return view.base


def get_node(parent: Node, tensor: TensorBase, view: View) -> Node:
    """The node of a view regenerated from its base's."""
    return path_node(get_path, (parent,), tensor._array, view)


def put_node(view: View, old: Node | None, value: Node | None) -> Node:
    """The node of a base after ``value`` was written into ``view`` of it."""
    return path_node(put_path, (old, value), view.base._array, view)


def path_node(op: Op, parents: tuple[Node | None, ...], array: Any, view: View) -> Node:
    node = (op.node_class or op.make_node_class())()
    node.parents = parents
    node.saved = ()
    node.params = {"path": view.path, "shape": view.base._array.shape}
    node.seq = next_seq()
    node.code, node.lasti = caller()
    node.shape, node.dtype = array.shape, array.dtype
    node.extra = None
    note_levels(node, array)
    return node


get_path: Op
put_path: Op


def set_path_ops(get: Op, put: Op) -> None:
    """Called once by ``ops.views``, which declares the pair of ops as it declares any other."""
    global get_path, put_path
    get_path, put_path = get, put
