"""User-defined functions: the engine behind ``autograd.Function``."""

from __future__ import annotations

from typing import Any

from . import views
from .modes import changed_modes, modes
from .node import Freed, Node, Port, extra_of, next_seq
from .origin import caller
from .saved import freed_error, packed
from .value import TensorBase, new_tensor
from .version import bump, guard
from .views import View, current_node


class FunctionCtx:
    """What a Function's forward leaves for its backward."""

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._to_save_forward: tuple[Any, ...] = ()
        self._saved: Any = None
        self._dirty: tuple[Any, ...] = ()
        self._non_differentiable: tuple[Any, ...] = ()
        self._materialize = True
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (inputs, outputs, or intermediate ones; None allowed) for ``backward``.

        They are checked there: one that was changed in place meanwhile raises. Read them as ``ctx.saved_tensors``.
        """
        self._to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for ``jvp``."""
        for tensor in tensors:
            if not (tensor is None or isinstance(tensor, TensorBase)):
                raise TypeError(f"save_for_forward expects all arguments to be tensors; you should save non-tensors as "
                                f"attributes on ctx. Got {type(tensor).__name__}.")
        self._to_save_forward = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Tell that ``forward`` changed these inputs in place. They must be returned as outputs."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Tell that these outputs carry no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """With False, gradients that did not arrive come to ``backward`` as None, not as zeros."""
        self._materialize = value

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Deprecated in PyTorch: does nothing but warn."""
        import warnings

        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages are automatically tracked. Note that calls to "
            "`set_()` are not tracked", FutureWarning, stacklevel=2)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` was given; raises when freed, or when one was changed in place since."""
        if self._saved is None:
            return tuple(self._to_save)
        return self._saved()  # type: ignore[no-any-return]

    @property
    def saved_for_forward(self) -> tuple[Any, ...]:
        return self._to_save_forward

    @property
    def to_save(self) -> tuple[Any, ...]:
        return self._to_save

    @property
    def dirty_tensors(self) -> tuple[Any, ...]:
        return self._dirty

    @property
    def non_differentiable(self) -> tuple[Any, ...]:
        return self._non_differentiable

    @property
    def materialize_grads(self) -> bool:
        return self._materialize


class CustomNode(Node):
    """The node of a custom Function. ``saved`` holds (tensor or packed object, cell, version, edge) for each value."""

    __slots__ = ("__dict__", "counts", "ctx", "outputs_meta")

    function: Any = None

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        return self.read_saved()

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        return self.ctx.needs_input_grad  # type: ignore[no-any-return]

    @property
    def _forward_cls(self) -> Any:
        return self.function

    def read_saved(self) -> tuple[Any, ...]:
        if type(self.saved) is Freed:
            raise freed_error(self, self.saved)
        out = []
        for value, cell, version, edge, unpack in self.saved:
            if value is None:
                out.append(None)
                continue
            if unpack is not None:
                array = unpack(value)._array
            else:
                array = value
                if cell is not None and cell.version != version:
                    raise self.stale(array, cell, version)
            tensor = new_tensor(array, self.edge(edge))
            tensor._cell = getattr(cell, "cell", cell)
            out.append(tensor)
        return tuple(out)

    def edge(self, edge: Any) -> Node | None:
        """An edge as it was kept: a node, or the number of one of this node's own outputs."""
        if isinstance(edge, int):
            return self if len(self.counts) == 1 else Port.of(self, edge, _Meta(*self.outputs_meta[edge]))
        return edge  # type: ignore[no-any-return]

    def stale(self, array: Any, cell: Any, version: int) -> RuntimeError:
        from .saved import _writer, describe

        return RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"{describe(array, None)} is at version {cell.version}; expected version {version} instead.\n"
            f"  saved by: {self.name()} of {self.origin()}\n  and overwritten by: {_writer(cell)}\n"
            "What to do: use the out-of-place form where it is overwritten, or save a clone() of the value."
        )

    def release(self, freed: Freed) -> None:
        if self.saved:
            self.saved = freed

    def cotangents(self, g: Any, need: tuple[bool, ...], recorded: bool) -> tuple[Any, ...]:
        several = len(self.counts) > 1
        ctx, function = self.ctx, self.function
        arriving = list(g) if several else [g]
        grads = []
        for one, (shape, dtype) in zip(arriving, self.outputs_meta, strict=True):
            if one is None:
                grads.append(new_tensor(_zeros(shape, dtype)) if ctx._materialize else None)
            else:
                tensor = one if recorded else new_tensor(one)
                grads.append(tensor.conj_physical() if tensor._array.dtype.kind == "c" else tensor)
        ctx._saved = self.read_saved
        with changed_modes(grad=recorded):
            backward = function.backward if overrides(function, "backward") else function.vjp
            results = backward(ctx, *grads)
        results = tuple(results) if isinstance(results, (tuple, list)) else (results,)
        wanted = len(ctx.needs_input_grad)
        if len(results) > wanted and all(r is None for r in results[wanted:]):
            results = results[:wanted]
        if len(results) != wanted:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {wanted}, got {len(results)}). "
                "backward must return one gradient, or None, for each argument of forward."
            )
        out = []
        for number, (result, needed) in enumerate(zip(results, ctx.needs_input_grad, strict=True)):
            if number in self.tensor_positions:
                out.append(self.checked(result, number, needed, recorded))
            elif result is not None:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different from None at position {number + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
        return tuple(out)

    @property
    def tensor_positions(self) -> tuple[int, ...]:
        return self.ctx._tensor_positions  # type: ignore[no-any-return]

    def checked(self, result: Any, number: int, needed: bool, recorded: bool) -> Any:
        if result is None or not needed:
            return None
        if not isinstance(result, TensorBase):
            raise TypeError(
                f"expected Variable or None (got {type(result).__name__}): {self.name()} returned it as gradient {number + 1}"
            )
        parent = self.parents[self.tensor_positions.index(number)]
        shape = result._array.shape
        if parent is not None and shape != parent.shape and not _broadcasts(parent.shape, shape):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {number} - got {list(shape)} but expected "
                f"shape compatible with {list(parent.shape)}"
            )
        if result._array.dtype.kind == "c":
            result = result.conj_physical()
        return result if recorded else result._array


class _Meta:
    __slots__ = ("dtype", "shape")

    def __init__(self, shape: Any, dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether ``large`` sums down to ``small``."""
    if len(small) > len(large):
        return False
    return all(s in (1, n) for s, n in zip(reversed(small), reversed(large), strict=False))


def _zeros(shape: Any, dtype: Any) -> Any:
    from ..backend import numpy as xp

    return xp.zeros(shape, dtype=dtype)


class FunctionMeta(type):
    """Gives each Function its node class, named after it."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls._backward_cls = type(name + "Backward", (CustomNode,), {"__slots__": (), "function": cls})


class Function(metaclass=FunctionMeta):
    """A differentiable operation of your own.

    Subclass it with static methods ``forward(ctx, *args)`` and ``backward(ctx, *grad_outputs)``, and call it by
    ``apply``. With a static ``setup_context(ctx, inputs, output)`` the forward takes no ctx. ``backward`` returns one
    gradient, or None, for each argument of forward; under ``create_graph=True`` it is itself differentiated.

    >>> import chainrule as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * 3 * x ** 2
    >>> x = torch.tensor(2., requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    _ctx_class = FunctionCtx
    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} is a Function and is not to be instantiated: call it by {type(self).__name__}.apply(...), "
            "with static forward and backward methods"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs. To be overridden."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Save what backward needs, apart from forward. To be overridden, or left out."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the arguments of forward. To be overridden."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The tangents of the outputs. To be overridden for forward mode."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run the function on ``args`` and record it as one node."""
        return apply_function(cls, args, kwargs)


def overrides(function: type[Function], name: str) -> bool:
    return getattr(function, name) is not getattr(Function, name)


def apply_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a Function's forward and record it as one node."""
    ctx = function._ctx_class()
    tensors = [(i, a) for i, a in enumerate(args) if isinstance(a, TensorBase)]
    parents = tuple(current_node(a) for _, a in tensors)
    recorded = modes().grad and any(p is not None for p in parents)
    edges = {i: p for (i, _), p in zip(tensors, parents, strict=True)}
    ctx.needs_input_grad = tuple(modes().grad and edges.get(i) is not None for i in range(len(args)))
    ctx._tensor_positions = tuple(i for i, _ in tensors)
    with changed_modes(grad=False):
        if overrides(function, "setup_context"):
            raw = function.forward(*args, **kwargs)
            function.setup_context(ctx, args, raw)
        else:
            raw = function.forward(ctx, *args, **kwargs)
    single = not isinstance(raw, tuple)
    outputs = (raw,) if single else raw
    dirty = {id(t) for t in ctx._dirty}
    for tensor in ctx._dirty:
        if not any(tensor is out for out in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
                "modified inplace must all be outputs of the Function."
            )
    non_differentiable = {id(t) for t in ctx._non_differentiable}
    if not recorded:
        for tensor in ctx._dirty:
            bump(tensor, caller())
        return raw
    node = function._backward_cls()
    node.parents = parents
    node.ctx = ctx
    node.seq = next_seq()
    node.code, node.lasti = caller()
    node.extra = None
    inputs = {id(a): a for _, a in tensors}
    metas = [(o._array.shape, o._array.dtype) for o in outputs if isinstance(o, TensorBase)]
    node.outputs_meta = metas
    node.counts = range(len(metas))
    node.shape = metas[0][0] if len(metas) == 1 else tuple(m[0] for m in metas)
    node.dtype = metas[0][1] if len(metas) == 1 else tuple(m[1] for m in metas)
    wrapped: list[Any] = []
    numbers: dict[int, int] = {}
    number = 0
    for out in outputs:
        if not isinstance(out, TensorBase):
            wrapped.append(out)
            continue
        numbers[id(out)] = number
        wrapped.append(_output(node, out, number, len(metas) > 1, inputs, dirty, non_differentiable))
        number += 1
    save_tensors(node, ctx, inputs, edges, args, numbers)
    if modes().anomaly:
        import traceback

        extra_of(node).traceback = "".join(traceback.format_stack()[:-1])
    return wrapped[0] if single else tuple(wrapped)


def _output(
    node: CustomNode, out: Any, number: int, several: bool, inputs: dict[int, Any], dirty: set[int], plain: set[int]
) -> Any:
    """An output of forward with its history: a dirty input is rebased, an input returned as it is becomes a view."""
    kind = out._array.dtype.kind
    if id(out) in plain or kind in "iub":
        return out
    edge = Port.of(node, number, out._array) if several else node
    if id(out) in dirty:
        from .mutation import refuse_write
        from .value import writable

        refuse_write(out, writable(out), True)
        bump(out, caller())
        if out._view is None:
            out._node = edge
        else:
            out._view.base._node = views.put_node(out._view, out._view.base._node, edge)
        return out
    if id(out) in inputs:
        source = out
        out = new_tensor(source._array, edge)
        from .version import cell_of

        out._cell = cell_of(source)
        _custom_view(out, source)
        return out
    if out._view is not None and id(out._view.base) in inputs:
        out._view.made_in = views.CUSTOM
        out._view.version = views.counter(out._cell)
    elif out._node is not None or out._view is not None:
        fresh = new_tensor(out._array, edge)
        fresh._cell = out._cell
        return fresh
    out._node = edge
    return out


def _custom_view(out: Any, source: Any) -> None:
    view = View()
    view.base = source if source._view is None else source._view.base
    view.path = () if source._view is None else source._view.path
    view.made_in = views.CUSTOM
    view.version = views.counter(out._cell)
    out._view = view


def save_tensors(
    node: CustomNode, ctx: Any, inputs: dict[int, Any], edges: dict[int, Any], args: tuple[Any, ...], numbers: dict[int, int]
) -> None:
    """Move what ``save_for_backward`` was given onto the node."""
    position = {id(a): i for i, a in enumerate(args)}
    saved: list[Any] = []
    mode = modes()
    for tensor in ctx._to_save:
        if tensor is None:
            saved.append((None, None, 0, None, None))
            continue
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"save_for_backward can only save variables, but argument {len(saved)} is of type {type(tensor).__name__}")
        edge = edges[position[id(tensor)]] if id(tensor) in inputs and id(tensor) not in numbers else current_node(tensor)
        if id(tensor) in numbers and id(tensor) not in inputs:
            edge = numbers[id(tensor)]
        cell = guard(tensor, tensor._array)
        entry: tuple[Any, ...] = (tensor._array, cell, cell.version, edge, None)
        if mode.hooks:
            pack, unpack = mode.hooks[-1]
            fields: list[Any] = [tensor._array, cell, cell.version]
            entry = (packed(fields, [0], pack, unpack).fields[0], None, 0, edge, unpack)
        saved.append(entry)
    ctx._to_save = ()
    node.saved = tuple(saved)
    ctx._saved = None
