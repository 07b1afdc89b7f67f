"""User-defined functions: the engine behind ``autograd.Function``.

The ``ctx`` that a Function's methods get is the node itself, so what they leave on it lives as long as the graph does.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..errors import NotATensorError
from . import views
from .modes import changed_modes, modes
from .mutation import refuse_write
from .node import AccumulateGrad, Freed, Node, Port, extra_of, next_seq, note_levels
from .origin import caller
from .saved import describe, freed_error, overwritten_error, packed
from .value import Lifted, TensorBase, faced, new_tensor, writable
from .version import bump, cell_of, guard
from .views import View, alias_without_history, base_of, current_node


class FunctionCtx:
    """What a Function's ``forward`` and ``setup_context`` call on ``ctx``."""

    if not TYPE_CHECKING:
        __slots__ = ()  # the node below has the slots

    to_save: tuple[Any, ...]
    saved_for_forward: tuple[Any, ...]
    dirty_tensors: tuple[Any, ...]
    non_differentiable: tuple[Any, ...]
    materialize_grads: bool

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (inputs, outputs, or intermediate ones; None allowed) for ``backward``.

        They are checked there: one that was changed in place meanwhile raises. Read them as ``ctx.saved_tensors``.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for ``jvp``."""
        for tensor in tensors:
            if not (tensor is None or isinstance(tensor, TensorBase)):
                raise TypeError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes on ctx. "
                    f"Got {type(tensor).__name__}."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Tell that ``forward`` changed these inputs in place. They must be returned as outputs."""
        self.dirty_tensors = only_tensors("mark_dirty can only accept variables, but argument", tensors)

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Tell that these outputs carry no gradient."""
        self.non_differentiable = only_tensors(
            "mark_non_differentiable only accepts variable arguments, but got", tensors
        )

    def set_materialize_grads(self, value: bool) -> None:
        """With False, gradients that did not arrive come to ``backward`` as None, not as zeros."""
        self.materialize_grads = value

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Deprecated in PyTorch: does nothing but warn."""
        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages are automatically tracked. Note that calls to "
            "`set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )


def only_tensors(said: str, things: tuple[Any, ...]) -> tuple[Any, ...]:
    for number, thing in enumerate(things):
        if not isinstance(thing, TensorBase):
            raise RuntimeError(f"{said} {number} is of type {type(thing).__name__}, which is no tensor")
    return things


class SavedTensor:
    """A tensor that a Function saved: its array, how to know that it did not change, and where it hangs in the graph."""

    __slots__ = ("array", "cell", "edge", "ref", "unpack", "version")

    def __init__(self, tensor: Any, edge: Node | int | None) -> None:
        self.array = tensor._array
        self.cell: Any = guard(tensor, self.array)
        self.version = self.cell.version
        self.edge = edge
        """A node, or the number of one of the function's own outputs: its own node would be a cycle."""
        self.ref = weakref.ref(tensor)
        self.unpack: Any = None
        hooks = modes().hooks
        if hooks:
            pack, self.unpack = hooks[-1]
            own = {} if isinstance(edge, int) else {0: tensor}
            self.array = packed([self.array, self.cell, self.version], [0], pack, self.unpack, own).fields[0]
            self.cell = None

    def read(self, node: CustomNode) -> Any:
        """The tensor, tied to its place in the graph."""
        edge = node.port(self.edge) if isinstance(self.edge, int) else self.edge
        if self.unpack is not None:
            return new_tensor(self.unpack(self.array)._array, edge)
        if self.cell.version != self.version:
            raise overwritten_error(node, describe(self.array, edge), self.cell, self.version)
        tensor = self.ref()
        if tensor is not None and tensor._array is self.array and current_node(tensor) is edge:
            return tensor
        tensor = new_tensor(self.array, edge)
        tensor._cell = getattr(self.cell, "cell", self.cell)
        return tensor


SPENT = (None,)
"""Stands where saved tensors were that may be read once."""


class CustomNode(FunctionCtx, Node):
    """The node of a custom Function, which is the ``ctx`` of its methods. ``saved``: SavedTensors and None."""

    __slots__ = (
        "__dict__",
        "dirty_tensors",
        "materialize_grads",
        "needs_input_grad",
        "non_differentiable",
        "saved_for_forward",
        "spaces",
        "tensor_positions",
        "to_save",
    )

    function: ClassVar[Any] = None
    needs_input_grad: tuple[bool, ...]
    spaces: tuple[Any, ...]
    """(shape, dtype) of each output; None for one that is no tensor."""
    tensor_positions: tuple[int, ...]
    """Which arguments of forward are tensors: the edges are theirs."""

    @classmethod
    def of(cls, args: tuple[Any, ...], parents: tuple[Node | None, ...], positions: tuple[int, ...]) -> CustomNode:
        node = cls()
        node.parents = parents
        node.tensor_positions = positions
        needed = dict(zip(positions, parents, strict=True))
        node.needs_input_grad = tuple([needed.get(i) is not None for i in range(len(args))])
        node.saved = ()
        node.seq = next_seq()
        node.code, node.lasti = caller(4)
        node.extra = None
        node.to_save = node.saved_for_forward = node.dirty_tensors = node.non_differentiable = ()
        node.materialize_grads = True
        node.spaces = node.shape = ()
        node.dtype = None
        return node

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` was given; raises when freed, or when one was changed in place since.

        In ``jvp``: what ``save_for_forward`` was given.
        """
        if type(self.saved) is Freed:
            raise freed_error(self, self.saved)
        if self.saved is SPENT:
            raise RuntimeError(
                "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the autograd.Function: "
                f"{self.function.__name__} has it. Keep what the first access gives, in a variable of backward."
            )
        if self.to_save:  # still inside forward
            return tuple(self.to_save)
        read = tuple([None if one is None else one.read(self) for one in self.saved])
        if self.function.clear_saved_tensors_on_access:
            self.saved = SPENT
        return read

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """What ``saved_tensors`` was called once."""
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    @contextmanager
    def saved_for_jvp(self) -> Iterator[None]:
        """``saved_tensors`` is what was saved for forward mode, if anything was."""
        before = self.to_save
        self.to_save = self.saved_for_forward or before
        try:
            yield
        finally:
            self.to_save = before

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"

    _repr_pretty_ = Node._repr_pretty_

    @property
    def _forward_cls(self) -> Any:
        return self.function

    def port(self, number: int) -> Node:
        """The edge of one of the outputs."""
        if len(self.spaces) == 1:
            return self
        port = Port.of(self, number, Space(*self.spaces[number]))
        if self.extra is not None and self.extra.levels:
            extra_of(port).levels = self.extra.levels
        return port

    def release(self, freed: Freed) -> None:
        if any(one is not None for one in self.saved):
            self.saved = freed

    def cotangents(self, g: Any, need: tuple[bool, ...], tensors: bool) -> tuple[Any, ...]:
        function = self.function
        arriving = [
            self.gradient(*pair, tensors) for pair in zip(g if type(g) is list else [g], self.spaces, strict=True)
        ]
        if overrides(function, "backward") and overrides(function, "vjp"):
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one "
                f"of them: {function.__name__} has both."
            )
        backward = function.backward if overrides(function, "backward") else function.vjp
        results = backward(self, arriving) if function.boxed_grads_call else backward(self, *arriving)
        results = tuple(results) if isinstance(results, (tuple, list)) else (results,)
        wanted = len(self.needs_input_grad)
        if len(results) > wanted and all(r is None for r in results[wanted:]):
            results = results[:wanted]
        if len(results) != wanted:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {wanted}, got {len(results)}). "
                f"backward must return one gradient, or None, for each argument of forward.\n  it was applied here: {self.origin()}"
            )
        for number, result in enumerate(results):
            if result is not None and number not in self.tensor_positions:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different from None at position {number + 1}, but the "
                    f"corresponding forward input was not a Variable\n  it was applied here: {self.origin()}"
                )
        return tuple(
            [self.cotangent(at, results[at], n, tensors) for at, n in zip(self.tensor_positions, need, strict=True)]
        )

    def gradient(self, g: Any, space: Any, tensors: bool) -> Any:
        """What arrived for an output, as the user's backward gets it."""
        if space is None:
            return None
        if g is None:
            return new_tensor(np.zeros(*space)) if self.materialize_grads else None
        tensor = faced(g) if tensors else new_tensor(g)
        return tensor.conj_physical() if tensor._array.dtype.kind == "c" else tensor

    def cotangent(self, number: int, result: Any, needed: bool, tensors: bool) -> Any:
        """What the user's backward returned for an argument, checked."""
        if result is None:
            return None
        if not isinstance(result, TensorBase):
            raise NotATensorError(
                f"expected Variable or None (got {type(result).__name__}): {self.name()} returned it as gradient {number + 1}"
            )
        parent = self.parents[self.tensor_positions.index(number)]
        if not needed or parent is None:
            return None
        shape = result._array.shape
        if shape != parent.shape and not sums_down(shape, parent.shape):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {number} - got {list(shape)} but expected "
                f"shape compatible with {list(parent.shape)}\n  it was applied here: {self.origin()}"
            )
        if result._array.dtype.kind == "c":
            result = result.conj_physical()
        return result if tensors else writable(result)


class Space:
    """Shape and dtype of an output whose tensor is not at hand."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


def sums_down(large: tuple[int, ...], small: tuple[int, ...]) -> bool:
    """Whether a gradient of shape ``large`` can be summed to shape ``small``."""
    if len(small) > len(large):
        return False
    return all(s in (1, n) for s, n in zip(reversed(small), reversed(large), strict=False))


class FunctionMeta(type):
    """Gives each Function its node class, named after it."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls._backward_cls: Any = type(name + "Backward", (CustomNode,), {"__slots__": (), "function": cls})


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

    generate_vmap_rule = False
    """Whether ``vmap`` runs forward and backward themselves on batches."""
    clear_saved_tensors_on_access = False
    """Whether backward may read ``ctx.saved_tensors`` once only, and holds them alone from then on."""
    boxed_grads_call = False
    """Whether backward gets the gradients of the outputs in one list, which it may empty as it goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke "
            f"them on the class itself: {type(self).__name__}.apply(...). Instantiating an autograd function will raise an "
            "error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raises: what is called is the class, by ``apply``."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
            f"with static forward method: call it by {type(self).__name__}.apply(...), with static forward and backward methods"
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

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """The outputs of batched arguments. To be overridden for vmap."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap static method or set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run the function on ``args`` and record it as one node."""
        return apply_function(cls, args, kwargs)


def overrides(function: Any, name: str) -> bool:
    return getattr(function, name) is not getattr(Function, name)


def apply_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a Function's forward and record it as one node; or what its methods say of lifted operands."""
    tape = modes().tape
    if tape is not None:
        return tape.run_function(function, args, kwargs)
    if any(isinstance(a, TensorBase) and isinstance(a._array, Lifted) for a in args):
        from .custom_levels import level_to_take_off, with_level_taken_off

        level = level_to_take_off(function, args)
        if level is not None:
            return with_level_taken_off(function, args, kwargs, level)
    return call(function, args, kwargs)[1]


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[CustomNode, Any]:
    """Run a Function's forward; its node (which is its ctx) and what it returned, recorded if that is needed."""
    positions = tuple([i for i, a in enumerate(args) if isinstance(a, TensorBase)])
    parents = tuple([current_node(args[i]) for i in positions])
    node = function._backward_cls.of(args, parents, positions)
    with changed_modes(grad=False):
        if overrides(function, "setup_context"):
            raw = function.forward(*args, **kwargs)
            function.setup_context(node, args, raw)
        else:
            raw = function.forward(node, *args, **kwargs)
    outputs = raw if isinstance(raw, tuple) else (raw,)
    for tensor in node.dirty_tensors:
        if not any(tensor is out for out in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
                "modified inplace must all be outputs of the Function."
            )
    inputs = {id(args[i]) for i in positions}
    if not (modes().grad and any(node.needs_input_grad)):
        for tensor in node.dirty_tensors:
            bump(tensor, (node.code, node.lasti))
        parted = tuple([without_history(node, out) if id(out) in inputs else out for out in outputs])
        return node, parted if isinstance(raw, tuple) else parted[0]
    numbers = {id(out): number for number, out in enumerate(outputs) if isinstance(out, TensorBase)}
    if len(outputs) > 1 and any(isinstance(out, TensorBase) and isinstance(out._array, Lifted) for out in outputs):
        from .custom_levels import evened

        outputs = evened(outputs)
    finish_node(node, outputs)
    wrapped = tuple([output(node, out, number, inputs) for number, out in enumerate(outputs)])
    node.saved = tuple([saved(node, tensor, args, numbers, inputs) for tensor in node.to_save])
    node.to_save = node.dirty_tensors = node.non_differentiable = ()
    return node, wrapped if isinstance(raw, tuple) else wrapped[0]


def without_history(node: CustomNode, tensor: Any) -> Any:
    """An input that is returned, of a call that is not recorded: the same memory, as a result of its own."""
    if any(tensor is dirty for dirty in node.dirty_tensors) and current_node(tensor) is None:
        return tensor
    alias = alias_without_history(tensor)
    alias._cell = cell_of(tensor)
    return alias


def finish_node(node: CustomNode, outputs: tuple[Any, ...]) -> None:
    node.spaces = tuple([(o._array.shape, o._array.dtype) if isinstance(o, TensorBase) else None for o in outputs])
    if len(outputs) == 1 and node.spaces[0] is not None:
        node.shape, node.dtype = node.spaces[0]
    else:
        node.shape = tuple([None if s is None else s[0] for s in node.spaces])  # type: ignore[misc]
        node.dtype = tuple([None if s is None else s[1] for s in node.spaces])
    note_levels(node, *[o._array for o in outputs if isinstance(o, TensorBase)])
    if modes().anomaly:
        import traceback

        extra_of(node).traceback = "".join(traceback.format_stack()[:-2])


def output(node: CustomNode, out: Any, number: int, inputs: set[int]) -> Any:
    """An output of forward with its history: a dirty input is rebased, an input returned as it is becomes a view."""
    if not isinstance(out, TensorBase):
        return out
    if out._array.dtype.kind in "iub" or any(out is plain for plain in node.non_differentiable):
        return out
    edge = node.port(number)
    if any(out is dirty for dirty in node.dirty_tensors):
        rebase(node, out, edge)
        return out
    if id(out) in inputs:
        alias = new_tensor(out._array, edge)
        alias._cell = cell_of(out)
        alias._view = custom_view(out, alias)
        return alias
    if out._view is not None and id(out._view.base) in inputs:
        out._view.made_in = views.CUSTOM
        out._view.version = views.counter(out._cell)
    elif out._node is not None or out._view is not None:
        alias = new_tensor(out._array, edge)
        alias._cell = out._cell
        return alias
    out._node = edge
    return out


def rebase(node: CustomNode, tensor: Any, edge: Node) -> None:
    """A tensor that forward changed in place gets the function as its history."""
    if type(tensor._node) is AccumulateGrad and tensor._view is None:
        raise RuntimeError(
            "a leaf Variable that requires grad has been used in an in-place operation: "
            f"{node.name()} marked it dirty. Pass a clone() of the leaf, or do not mark it dirty."
        )
    refuse_write(tensor, writable(tensor), True)
    bump(tensor, (node.code, node.lasti))
    if tensor._view is None:
        tensor._node = edge
    else:
        base = base_of(tensor._view)
        base._node = views.put_node(tensor._view, base._node, edge)


def custom_view(source: Any, alias: Any) -> View:
    view = View()
    view.base = source if source._view is None else source._view.base
    view.path = () if source._view is None else source._view.path
    view.made_in = views.CUSTOM
    view.version = views.counter(alias._cell)
    return view


def saved(node: CustomNode, tensor: Any, args: tuple[Any, ...], numbers: dict[int, int], inputs: set[int]) -> Any:
    """What ``save_for_backward`` was given, as the node keeps it."""
    if tensor is None:
        return None
    if not isinstance(tensor, TensorBase):
        raise TypeError(
            f"save_for_backward can only save variables, but got an object of type {type(tensor).__name__}: keep it as an attribute of ctx"
        )
    if id(tensor) in numbers:
        return SavedTensor(tensor, numbers[id(tensor)])
    if id(tensor) in inputs:
        at = next(i for i, position in enumerate(node.tensor_positions) if args[position] is tensor)
        return SavedTensor(tensor, node.parents[at])
    return SavedTensor(tensor, current_node(tensor))
