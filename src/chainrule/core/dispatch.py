"""From a call of an op to its result, and to a node when a gradient is needed.

The commonest shapes of op have a path of their own, written out without loops: one and two operands, a view, one
operand with parameters, and (``number_path``) a tensor and a number; of one dtype, in no unusual mode. All else takes
:func:`general`. The lines that make a tensor and its node stand in each path on purpose, since a call costs as much as
they do: a change to them is one to all paths. ``known`` is the code of the path's last caller outside of the package: it
need not be looked up twice.

Each op gets its own copy of the path's code object, so that CPython's inline caches specialise for that op alone (and
a profile shows its name).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend.order_numpy import ELEMENTWISE, as_operands
from ..dtypes import default
from ..promotion import result_dtype, scalar_to
from ..quiet import NOISE, is_quiet, quietly
from .exits import note, note_all
from .lifted import computed, converted, interpret
from .messages import explained, refusal
from .modes import get_modes
from .node import AccumulateGrad, next_seq
from .number_path import make_with_number, unrounded
from .origin import OUTSIDE, getframe, outer, own_code
from .overriding import OF_PYTORCH, is_foreign
from .recording import HOT_DTYPES, record
from .sparse_level import stand_in
from .value import Lifted, TensorBase, allocate, at_rest, new_tensor, writable
from .version import INFERENCE_CELL, Cell, guard
from .views import ORDINARY, View, current_node, make_view

if TYPE_CHECKING:
    from .op import Op

HOT_REAL_DTYPES = frozenset(dtype for dtype in HOT_DTYPES if dtype.kind == "f")
NUMBERS = (float, int, complex, np.generic)
UNUSUAL = (ValueError, TypeError, AttributeError, MemoryError, *NOISE)
"""What a forward raises on shapes that do not fit, and on lifted values: ``general`` knows which, and what to do."""


def make_apply(op: Op) -> Any:
    """The function that callers of the op call."""
    hot_domain = "c" in op.domain or op.kind == "general"
    if "level" in op.params:  # it makes lifted values, which no hot path expects
        return _labelled(_make_general(op), op)
    plain = not op.params and not op.variadic and op.outputs is None and op.all_rule is None and op.kind != "step"
    fields_known = set(op.fields) <= {*op.args, "out"}
    apply: Any
    if plain and fields_known and op.promotion and len(op.args) == 1:
        apply = _make_unary(op)
    elif plain and fields_known and op.promotion and hot_domain and len(op.args) == 2 and "out" not in op.fields:
        apply = _make_binary(op)
    elif op.kind == "view" and op.outputs is None and op.all_rule is None and op.fields in ((), ("x_shape",)):
        apply = _make_view(op)
    elif op.params and op.promotion is None and op.kind != "view" and _one_array_in_and_out(op):
        apply = _make_parametrized(op)
    else:
        return _labelled(_make_general(op), op)
    return _labelled(own_code(apply, op.name), op)


def _labelled(apply: Any, op: Op) -> Any:
    apply.__name__ = apply.__qualname__ = op.name
    apply.op = op
    return apply


def _one_array_in_and_out(op: Op) -> bool:
    return len(op.args) == 1 and not op.variadic and op.outputs is None and op.all_rule is None


def _make_unary(op: Op) -> Any:
    forward: Any = op.raw
    keep_x, keep_out = op.args[0] in op.fields, "out" in op.fields
    hot = HOT_DTYPES if "c" in op.domain else HOT_REAL_DTYPES
    name = op.name
    node_class: Any = None
    known: Any = None

    def apply(x: Any) -> Any:
        nonlocal node_class, known
        try:
            array = x._array
        except AttributeError:
            return general(op, (x,), {})
        dtype = array.dtype
        mode = get_modes()
        if dtype not in hot or (mode is not None and name not in mode.unseen):
            return general(op, (x,), {})
        if x._view is None:
            parent = x._node
        else:
            parent = current_node(x)
            array = x._array
        try:
            result = forward(array)
        except UNUSUAL:
            return general(op, (x,), {})
        out = allocate()
        out._array = result
        out._view = out._meta_slot = None
        if parent is None:
            out._node = out._cell = None
            return out
        if node_class is None:
            node_class = op.make_node_class()
        node = node_class()
        out._node = node
        node.parents = (parent,)
        if keep_out:
            cell = out._cell = Cell()
            if keep_x:
                given = x._cell
                if type(given) is not Cell:
                    given = guard(x, array)
                node.saved = (array, given, given.version, result, cell, 0)
            else:
                node.saved = (result, cell, 0)
        else:
            out._cell = None
            if keep_x:
                cell = x._cell
                if type(cell) is not Cell:
                    cell = guard(x, array)  # type: ignore[assignment]
                node.saved = (array, cell, cell.version)
            else:
                node.saved = ()
        node.seq = next_seq()
        node.shape = result.shape
        node.dtype = dtype
        node.extra = None
        frame = getframe(1)
        code = frame.f_code
        if code is not known:
            if code.co_filename in OUTSIDE:
                known = code
            else:
                frame = outer(frame, 1)
                code = frame.f_code
        node.code = code
        node.lasti = frame.f_lasti
        return out

    return apply


def _make_binary(op: Op) -> Any:
    forward: Any = op.raw
    name_x, name_y = op.args
    uses = {"x": set(op.rule_uses(name_x)), "y": set(op.rule_uses(name_y))}
    uses["both"] = uses["x"] | uses["y"]

    # What to keep, by which operands need a gradient: 0 nothing, 1 the first, 2 the second, 3 both.
    keep_for_x, keep_for_y, keep_for_both = ((name_x in uses[n]) + 2 * (name_y in uses[n]) for n in ("x", "y", "both"))
    keeps_x, keeps_y = name_x in op.fields, name_y in op.fields
    if keeps_x != keeps_y:  # the layout of node.saved below has room for both or for none
        return _make_general(op)
    with_number = make_with_number(op, keep_for_x, general, UNUSUAL)
    is_laid = op.kind in ELEMENTWISE
    node_class: Any = None
    known: Any = None

    def apply(x: Any, y: Any) -> Any:
        nonlocal node_class, known
        try:
            xa = x._array
            ya = y._array
        except AttributeError:
            return with_number(x, y)
        dtype = xa.dtype
        if dtype is not ya.dtype or get_modes() is not None:
            return general(op, (x, y), {})
        if x._view is None:
            xn = x._node
        else:
            xn = current_node(x)
            xa = x._array
        if y._view is None:
            yn = y._node
        else:
            yn = current_node(y)
            ya = y._array
        if xn is None:
            if yn is None and dtype not in HOT_DTYPES:
                return general(op, (x, y), {})
            keep = keep_for_y
        elif yn is None:
            keep = keep_for_x
        else:
            keep = keep_for_both
        try:
            result = forward(xa, ya)
            if xa.ndim > 1 and is_laid and not xa.flags.c_contiguous:
                result = as_operands(result, (xa, ya))
        except UNUSUAL:
            return general(op, (x, y), {})
        out = allocate()
        out._array = result
        out._cell = out._view = out._meta_slot = None
        if xn is yn is None:
            out._node = None
            return out
        if node_class is None:
            node_class = op.make_node_class()
        node = node_class()
        out._node = node
        node.parents = (xn, yn)
        if keep == 1:
            cell = x._cell
            if type(cell) is not Cell:
                cell = guard(x, xa)
            node.saved = (xa, cell, cell.version, None, None, 0)
        elif keep == 2:
            cell = y._cell
            if type(cell) is not Cell:
                cell = guard(y, ya)
            node.saved = (None, None, 0, ya, cell, cell.version)
        elif keep == 0:
            node.saved = ()
        else:
            cell = x._cell
            if type(cell) is not Cell:
                cell = guard(x, xa)
            other = y._cell
            if type(other) is not Cell:
                other = guard(y, ya)
            node.saved = (xa, cell, cell.version, ya, other, other.version)
        node.seq = next_seq()
        node.shape = result.shape
        node.dtype = dtype
        node.extra = None
        frame = getframe(1)
        code = frame.f_code
        if code is not known:
            if code.co_filename in OUTSIDE:
                known = code
            else:
                frame = outer(frame, 1)
                code = frame.f_code
        node.code = code
        node.lasti = frame.f_lasti
        return out

    return apply


def _make_view(op: Op) -> Any:
    """A view of one operand: its result shares the operand's memory, cell and base."""
    forward = op.raw
    names = op.params
    name = op.name
    keeps_shape = bool(op.fields)
    node_class: Any = None
    known: Any = None

    def apply(x: Any, *args: Any, **params: Any) -> Any:
        nonlocal node_class, known
        if args:
            params.update(zip(names, args, strict=False))
        try:
            array = x._array
        except AttributeError:
            return general(op, (x,), params)
        if type(array) is not np.ndarray:
            array = writable(x)
            if isinstance(array, Lifted):
                return general(op, (x,), params)
        source = x._view
        mode = get_modes()
        if (mode is not None and name not in mode.unseen) or (source is not None and source.made_in is not ORDINARY):
            return general(op, (x,), params)
        if source is None:
            parent = x._node
        else:
            parent = current_node(x)
            array = x._array
            if isinstance(array, Lifted) or type(parent) is AccumulateGrad:
                return general(op, (x,), params)
        result = forward(array, **params)
        cell = x._cell
        if cell is None:
            cell = x._cell = Cell()
        elif type(cell) is not Cell:
            return general(op, (x,), params)
        out = allocate()
        out._array = result
        out._cell = cell
        out._meta_slot = None
        view = out._view = View()
        step = (op, tuple(params.items()), None)
        if source is None:
            view.base = x
            view.path = (step,)
        else:
            view.base = source.base
            view.path = (*source.path, step)
        view.made_in = ORDINARY
        view.version = cell.version
        if parent is None:
            out._node = None
            return out
        if node_class is None:
            node_class = op.make_node_class()
        node = node_class()
        out._node = node
        node.parents = (parent,)
        node.saved = (array.shape,) if keeps_shape else ()
        if names:
            node.params = params
        node.seq = next_seq()
        node.shape = result.shape
        node.dtype = result.dtype
        node.extra = None
        frame = getframe(1)
        code = frame.f_code
        if code is not known:
            if code.co_filename in OUTSIDE:
                known = code
            else:
                frame = outer(frame, 1)
                code = frame.f_code
        node.code = code
        node.lasti = frame.f_lasti
        return out

    return apply


def _make_parametrized(op: Op) -> Any:
    """One operand with static parameters: reductions, cumulative sums, conversions."""
    forward: Any = op.raw
    names, recorded = op.params, op.kind != "step"
    (name,) = op.args
    keep_x, keep_out = name in op.fields, "out" in op.fields
    metadata = tuple([field.removeprefix(name + "_") for field in op.fields if field not in (name, "out")])
    node_class: Any = None
    known: Any = None

    def apply(x: Any, *args: Any, **params: Any) -> Any:
        nonlocal node_class, known
        if args:
            params.update(zip(names, args, strict=False))
        try:
            array = x._array
        except AttributeError:
            return general(op, (x,), params)
        if get_modes() is not None:
            return general(op, (x,), params)
        if x._view is None:
            parent = x._node
        else:
            parent = current_node(x)
            array = x._array
        try:
            result = forward(array, **params)
        except UNUSUAL:
            return general(op, (x,), params)
        out = allocate()
        out._array = result
        out._cell = out._view = out._meta_slot = None
        if parent is None:
            out._node = None
            return out
        if not recorded or result.dtype.kind in "iub":
            out._node = None
            note(op.name, parent, out)
            return out
        if node_class is None:
            node_class = op.make_node_class()
        node = node_class()
        out._node = node
        node.parents = (parent,)
        saved: tuple[Any, ...] = ()
        if keep_x:
            cell = x._cell
            if type(cell) is not Cell:
                cell = guard(x, array)
            saved = (array, cell, cell.version)
        if keep_out:
            cell = out._cell = Cell()
            saved = (*saved, result, cell, 0)
        for what in metadata:
            saved = (*saved, getattr(array, what))
        node.saved = saved
        node.params = params
        node.seq = next_seq()
        node.shape = result.shape
        node.dtype = result.dtype
        node.extra = None
        frame = getframe(1)
        code = frame.f_code
        if code is not known:
            if code.co_filename in OUTSIDE:
                known = code
            else:
                frame = outer(frame, 1)
                code = frame.f_code
        node.code = code
        node.lasti = frame.f_lasti
        return out

    return apply


def _make_general(op: Op) -> Any:
    if op.variadic or not op.params:
        return lambda *args, **params: general(op, args, params)
    count, names = len(op.args), op.params

    def apply(*args: Any, **params: Any) -> Any:
        if len(args) > count:  # static parameters may be given by position, after the operands
            params.update(zip(names, args[count:], strict=False))
            args = args[:count]
        return general(op, args, params)

    return apply


def general(op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Any op, any operands, any mode: unwrap, promote, run, wrap, record."""
    mode = get_modes()
    if mode is not None:
        if mode.tape is not None:
            return mode.tape.run_op(op, args, params)
        if mode.autocast is not None:
            args = mode.autocast.operands(op, args)
        if mode.capture is not None:
            mode.capture.met(args)
    arrays, parents, is_lifted = [], [], False
    for arg in args:
        parent = None
        if isinstance(arg, TensorBase):
            parent = arg._node if arg._view is None else current_node(arg)
            array = arg._array
            if isinstance(array, Lifted):
                array = writable(arg)
                is_lifted = is_lifted or isinstance(array, Lifted)
            arrays.append(array)
        elif isinstance(arg, NUMBERS):
            arrays.append(arg.item() if isinstance(arg, np.generic) else arg)
        elif isinstance(arg, np.ndarray):
            arrays.append(arg)
        else:
            if is_foreign(type(arg)):
                raise TypeError(f"{op.name}(): an operand is a {type(arg).__name__} {OF_PYTORCH}")
            return NotImplemented
        parents.append(parent)
    if is_lifted and mode is not None and not mode.forward:
        arrays = [at_rest(array) for array in arrays]
        is_lifted = any(isinstance(array, Lifted) for array in arrays)
    if is_lifted:
        op = stand_in(op, args, arrays)
    given = arrays
    if op.promotion is not None:
        arrays = promote(op, given)
    elif op.kind == "view" and isinstance(args[0], TensorBase):
        arrays[0] = writable(args[0])
    try:
        if op.mixed is not None:
            result = op.mixed(partial(computed, op) if is_lifted else op.raw, given, arrays, **params)
        else:
            result = interpret(op, *arrays, **params) if is_lifted else op.raw(*arrays, **params)
    except (ValueError, MemoryError) as error:
        raise explained(error, *arrays) from None
    except NOISE:
        if is_quiet():  # it is of something else
            raise
        return quietly(general, op, args, params)
    if op.promotion is not None and op.kind in ELEMENTWISE:  # the others lay their results themselves
        result = as_operands(result, arrays)
    if parents.count(None) == len(parents):
        return _wrap(op, result, args, params, mode)
    if mode is not None and (not mode.grad or mode.inference):
        out = _wrap(op, result, args, params, mode)
        if mode.since is not None:  # what we do without gradients for our own ends cuts nothing
            note_all("inference_mode" if mode.inference else "no_grad", parents, out, mode.since)
        return out
    if op.kind == "step" or (op.outputs is None and result.dtype.kind in "iub"):
        out = _wrap(op, result, args, params, mode)
        note_all(op.name, parents, out)
        return out
    return record(op, args, arrays if op.mixed is None else unrounded(args, arrays), params, tuple(parents), result)


def promote(op: Op, arrays: list[Any]) -> list[Any]:
    """Operands of an element-wise op brought to the dtype in which PyTorch computes it."""
    first = 1 if op.promotion == "values" else 0  # a condition takes no part
    dtype = getattr(arrays[first], "dtype", None)
    if (
        dtype in HOT_REAL_DTYPES
        and "f" in op.domain
        and all([getattr(a, "dtype", None) is dtype for a in arrays[first:]])  # noqa: C419 - half the time
    ):
        return arrays
    common = result_dtype(*arrays[first:])
    if op.promotion == "float" and common.kind in "iub":
        common = default.dtype.numpy
    if common.kind not in op.domain:
        raise NotImplementedError(refusal(op, common))
    return arrays[:first] + [
        a
        if getattr(a, "dtype", None) is common
        else scalar_to(common, a)
        if not hasattr(a, "dtype")
        else converted(a, common)
        if isinstance(a, Lifted)
        else a.astype(common)
        for a in arrays[first:]
    ]


def _wrap(op: Op, result: Any, args: tuple[Any, ...], params: dict[str, Any], mode: Any) -> Any:
    """The output tensors of an op that is not recorded."""
    outs = tuple(map(new_tensor, (result,) if op.outputs is None else result))
    if mode is not None and mode.inference:
        for out in outs:
            out._cell = INFERENCE_CELL
    if op.kind == "view":
        for number, out in enumerate(outs):
            make_view(out, op, args[0], params, None if op.outputs is None else number)
    return outs if op.outputs is not None else outs[0]
