"""One program: a function traced for one signature of its inputs, and run by XLA."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.modes import modes, set_modes
from ..core.mutation import replace
from ..core.node import AccumulateGrad, Freed, ancestors
from ..core.origin import caller
from ..core.value import Lifted, Parked, TensorBase, device_of, meta_of, new_tensor, writable
from ..core.version import Cell, bump
from ..core.views import current_array, current_node
from ..core.xla_level import XlaArray
from ..device import XLA_DEVICE, device
from ..utils._pytree import tree_flatten, tree_unflatten
from .capture import Capture, Loan, all_tensors, refuse_kept
from .feeds import FLOAT, Draws, Guard, Settings, Source, drawn_now

if TYPE_CHECKING:
    from ..core.generator import Draw, Generator

ATTEMPTS = 10
"""How often a function is traced anew because it used what had not been captured."""


class Program:
    """A traced function: what goes in, what comes out, and what of that is written where.

    In go the tensors among the arguments, the captured tensors, the random numbers that it draws, and the settings of
    optimizers that step inside.
    """

    def __init__(
        self,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        captured: list[Any],
        draws: list[Draw],
        settings: list[Source],
        optimizers: list[Any],
    ) -> None:
        import jax
        from jax.extend.core import jaxpr_as_fun

        self.function = function
        self.pull: Any = None
        """The compiled vjp, once it was needed."""
        leaves, self.spec = tree_flatten((args, kwargs))
        self.positions = [at for at, leaf in enumerate(leaves) if isinstance(leaf, TensorBase)]
        self.statics = [None if isinstance(leaf, TensorBase) else leaf for leaf in leaves]
        self.captured: list[Any] = []
        self.grad_owners: list[int] = []
        """Numbers of inputs whose gradients are inputs, too."""
        self.take([leaves[at] for at in self.positions], captured)
        self.draws, self.settings = draws, settings
        self.optimizers = optimizers
        self.left_behind: dict[int, Generator] = {}
        self.guards: list[Guard] = []
        start = time.perf_counter()
        with jax.enable_x64(True):
            for _ in range(ATTEMPTS):
                inputs = self.inputs(leaves)
                self.results = Results(inputs)
                fed = [*[tensor._array for tensor in inputs], *self.draws, *[np.float64(0)] * len(self.settings)]
                shapes = [jax.ShapeDtypeStruct(one.shape, one.dtype) for one in fed]
                known = all_tensors()
                jaxpr = jax.make_jaxpr(partial(self.trace, inputs))(*shapes)
                if self.is_complete:
                    break
                self.take(inputs[: len(self.positions)], self.used)
            else:
                raise RuntimeError(
                    "compile: the function uses other tensors, or draws other random numbers, each time that it is traced: a "
                    "program cannot do that."
                )
        self.results.values = []
        refuse_kept(known)
        self.results.kinds = jaxpr.out_avals
        self.seconds = time.perf_counter() - start
        self.signature = self.state_signature(leaves)
        # What the function writes gives its old memory up; an argument's belongs to the caller.
        self.given_up = tuple([number for number in self.results.written if number >= len(self.positions)])
        self.run = jax.jit(jaxpr_as_fun(jaxpr), donate_argnums=self.given_up)

    def take(self, given: list[Any], captured: list[Any]) -> None:
        """Make inputs of captured tensors, besides those that are given as arguments.

        A gradient is one as what it is: the gradient of another input, whichever tensor that may be at the time.
        """
        grads = {id(grad_of(one)) for one in (*given, *captured)} & {id(one) for one in captured}
        self.captured = [one for one in captured if id(one) not in grads]
        self.grad_owners = [at for at, one in enumerate((*given, *self.captured)) if id(grad_of(one)) in grads]

    def inputs(self, leaves: list[Any]) -> list[Any]:
        """All tensors that the program takes: those among the arguments, then the captured ones, then gradients."""
        inputs = [leaves[at] for at in self.positions] + self.captured
        return inputs + [grad_of(inputs[owner]) for owner in self.grad_owners]

    def state_signature(self, leaves: list[Any]) -> tuple[Any, ...]:
        """What of the captured tensors, and of gradients, a trace depends on."""
        return tuple([None if t is None else described(t) for t in self.inputs(leaves)[len(self.positions) :]])

    def fits(self, leaves: list[Any]) -> bool:
        """Whether what the program uses besides its arguments is as it was when it was traced."""
        return self.signature == self.state_signature(leaves) and all(guard.holds() for guard in self.guards)

    def call(self, inputs: list[Any]) -> Any:
        """The function with these tensors as its arguments."""
        leaves = list(self.statics)
        for at, tensor in zip(self.positions, inputs, strict=False):
            leaves[at] = tensor
        args, kwargs = tree_unflatten(leaves, self.spec)
        return self.function(*args, **kwargs)

    def trace(self, inputs: list[Any], *values: Any) -> list[Any]:
        """The function on tracers, lent to its inputs; the values of all that it gives back."""
        loans: list[Loan] = []
        first, last = len(inputs), len(inputs) + len(self.draws)
        draws = Draws(self.draws, [XlaArray(value) for value in values[first:last]])
        settings = Settings(self.settings, [XlaArray(value) for value in values[last:]])
        capture = Capture(inputs, settings)
        outside = set_modes(modes().replace(capture=capture, draws=draws))
        try:
            for tensor, value in zip(inputs, values[:first], strict=True):
                loans.append(Loan(tensor, value))
            with ExitStack() as stack:
                for optimizer in self.optimizers:
                    stack.enter_context(settings.lent(optimizer))
                found = self.results.found(self.call(inputs), loans, capture)
        finally:
            set_modes(outside)
            for loan in reversed([*loans, *capture.loans]):
                loan.end()
        given = inputs[: len(self.positions)]
        used = [one for number, one in enumerate(inputs) if id(one) in capture.used or self.results.changes(number)]
        self.used = [one for one in used if not any(one is other for other in given)] + capture.found
        is_known = len(self.used) == len(inputs) - len(given)
        self.is_complete = is_known and not capture.found and draws.are_expected and settings.are_expected
        self.draws, self.left_behind = draws.found, draws.left_behind()
        self.settings, self.guards = list(settings.found.values()), settings.guards
        return found

    def __call__(self, leaves: list[Any]) -> Any:
        """Run on the tensors of now; write what the function writes; return what it returns."""
        return self.run_on(leaves, drawn_now(self.draws, self.left_behind))

    def run_on(self, leaves: list[Any], drawn: list[Any]) -> Any:
        """The same with random numbers that have been drawn."""
        import jax

        inputs = self.inputs(leaves)
        refuse_overlaps(inputs, self.results.written)
        shared = {number for number in self.results.written if is_shared(inputs[number])}
        with jax.enable_x64(True):
            for tensor in inputs:
                if type(tensor._array) is np.ndarray:
                    park(tensor)
            values = [tensor._array.value if type(tensor._array) is Parked else readable(tensor) for tensor in inputs]
            for number in shared.intersection(self.given_up):
                values[number] = values[number].copy()
            results = self.run(*values, *drawn, *[FLOAT.type(source.number()) for source in self.settings])
        return self.results.delivered(inputs, shared, results)


def grad_of(tensor: Any) -> Any:
    return None if tensor._meta_slot is None else tensor._meta_slot.grad


class Results:
    """What the values are that a program gives back."""

    def __init__(self, inputs: list[Any]) -> None:
        self.numbers = {id(tensor): number for number, tensor in enumerate(inputs)}
        self.values: list[Any] = []
        self.places: list[device] = []
        """Where the tensors of these values live."""
        self.kinds: list[Any] = []
        """Something that has the shape and dtype of each."""
        self.ops = 0
        self.written: dict[int, int] = {}
        """Number of an input -> number of its new value."""
        self.writes: dict[int, int] = {}
        """Number of an input -> how often it is written to."""
        self.grads: dict[int, tuple[str, Any]] = {}
        """Number of an input -> its new ``.grad``, like an output."""
        self.outputs: list[tuple[str, Any]] = []
        """For each leaf of the result: ("value", its number), ("input", whose it is) or ("static", the leaf itself)."""
        self.recorded: list[int] = []
        """Numbers of the leaves of the result that have a history for a backward outside."""

    def found(self, result: Any, loans: list[Loan], capture: Capture) -> list[Any]:
        self.ops = capture.ops
        self.written = {number: self.add(loan.tensor) for number, loan in enumerate(loans) if loan.is_written}
        self.writes = {number: loans[number].writes for number in self.written}
        for number, loan in enumerate(loans):
            grad = grad_of(loan.tensor)
            if grad is not loan.grad:
                if not loan.is_leaf:
                    raise RuntimeError(
                        "compile: a backward() inside of the compiled function reaches the graph of a tensor that was made "
                        "outside of it. Detach that tensor, or compute it inside."
                    )
                self.grads[number] = self.described(grad)
        leaves, self.spec = tree_flatten(result)
        self.outputs = [self.described(leaf) for leaf in leaves]
        self.recorded = [at for at in self.made if is_differentiable(leaves[at])]
        return self.values

    @property
    def made(self) -> list[int]:
        """Numbers of the leaves of the result that are tensors of the program's own."""
        return [at for at, (what, _) in enumerate(self.outputs) if what == "value"]

    def changes(self, number: int) -> bool:
        """Whether an input is changed, or given back."""
        return (
            number in self.written or number in self.grads or ("input", number) in (*self.outputs, *self.grads.values())
        )

    def described(self, leaf: Any) -> tuple[str, Any]:
        if not isinstance(leaf, TensorBase):
            return "static", leaf
        if id(leaf) in self.numbers:
            return "input", self.numbers[id(leaf)]
        return "value", self.add(leaf)

    def add(self, tensor: Any) -> int:
        current_node(tensor)  # a view takes the value of its base
        array = tensor._array
        if isinstance(array, Lifted) and not isinstance(array, (XlaArray, Parked)):
            raise RuntimeError(
                "compile: a tensor of a transform that runs inside of the compiled function (vmap, jvp) leaves it without having "
                "left the transform. Return it from the transform."
            )
        self.values.append(array if isinstance(array, np.ndarray) else getattr(array, "value", array))
        self.places.append(device_of(array))
        return len(self.values) - 1

    def delivered(self, inputs: list[Any], shared: set[int], values: list[Any]) -> Any:
        """Put the values where they belong; return the result.

        Into the tensor's memory where others share that; else it is left with XLA, until somebody asks.
        """
        place = caller(4)
        for number, at in self.written.items():
            tensor = inputs[number]
            if self.places[at] is XLA_DEVICE:
                replace(tensor, XlaArray(values[at], XLA_DEVICE))
            elif number in shared:
                np.copyto(writable(tensor), np.asarray(values[at]))
            else:
                tensor._array = Parked(values[at], self.kinds[at])
            for _ in range(self.writes[number]):
                bump(tensor, place)

        def made(what: str, at: Any) -> Any:
            if what != "value":
                return inputs[at] if what == "input" else at
            is_far = self.places[at] is XLA_DEVICE
            return new_tensor(XlaArray(values[at], XLA_DEVICE) if is_far else Parked(values[at], self.kinds[at]))

        for number, grad in self.grads.items():
            meta_of(inputs[number]).grad = made(*grad)
        return tree_unflatten([made(*output) for output in self.outputs], self.spec)


def is_differentiable(leaf: Any) -> bool:
    """Whether a result has a history that a backward could still go through, and none inside has been through."""
    end = current_node(leaf)
    if end is None or type(end) is AccumulateGrad:
        return False
    return not any(type(node.saved) is Freed for node in ancestors([end]))


def described(tensor: Any) -> tuple[Any, ...]:
    """What of an input a trace depends on: shape, dtype, device, whether it requires grad, whether it has a grad."""
    array, meta = tensor._array, tensor._meta_slot
    is_recorded, has_grad = tensor._node is not None, meta is not None and meta.grad is not None
    return array.shape, array.dtype, device_of(array), is_recorded, has_grad


def readable(tensor: Any) -> Any:
    """What XLA takes for a tensor: its own array as it is, or NumPy's; a copy of memory that XLA would read in place."""
    array = current_array(tensor)
    if isinstance(array, (Parked, XlaArray)):
        return array.value
    return array.copy() if is_read_in_place(array) else array


def park(tensor: Any) -> None:
    """Leave the memory of an input with XLA, which then takes it as it is in this call and in each later one.

    Only what nobody else can see or write to. A tensor that has been written to will be again: it stays where it is.
    """
    import jax

    array, cell = tensor._array, tensor._cell
    if not (array.flags.c_contiguous and array.flags.writeable):
        return
    if cell is not None and (type(cell) is not Cell or cell.version):
        return
    del array
    if not is_shared(tensor):
        array = tensor._array
        tensor._array = Parked(jax.device_put(array), array)


def is_read_in_place(value: Any) -> bool:
    """Whether JAX would read the memory of an input as it is while its owner may go on and write to it.

    It does so with NumPy's memory that begins as XLA's does; all other it copies first.
    """
    return type(value) is np.ndarray and value.__array_interface__["data"][0] % ALIGNMENT == 0


ALIGNMENT = 64
"""Bytes."""


def holders(tensor: Any) -> int:
    """How many references there are to a tensor's raw value."""
    return getrefcount(tensor._array)


ONE_HOLDER = holders(new_tensor(np.zeros(1)))


def value_holders(tensor: Any) -> int:
    """The same of the JAX array that XLA holds for a tensor."""
    return getrefcount(tensor._array.value)


ONE_VALUE_HOLDER = value_holders(new_tensor(XlaArray(np.zeros(1))))


def base_holders(array: Any) -> int:
    """How many references there are to the array whose memory an array uses."""
    return getrefcount(array.base)


ONE_BASE_HOLDER = base_holders(np.zeros(1)[:])


def is_shared(tensor: Any) -> bool:
    """Whether others may see the memory of a tensor: views, NumPy arrays, a graph that saved it."""
    array = tensor._array
    if tensor._view is not None:
        return True
    if isinstance(array, np.ndarray) and array.base is not None:
        if type(array.base) is not np.ndarray or array.base.base is not None or base_holders(array) > ONE_BASE_HOLDER:
            return True
    elif isinstance(array, XlaArray) and value_holders(tensor) > ONE_VALUE_HOLDER:
        return True
    del array
    return holders(tensor) > ONE_HOLDER


def refuse_overlaps(inputs: list[Any], written: dict[int, int]) -> None:
    """Raise where a program would write to memory that another of its inputs has as well, which a trace knows nothing of."""
    for number in written:
        memory = inputs[number]._array
        if not isinstance(memory, np.ndarray):  # what XLA holds, a single tensor has
            continue
        for other in inputs:
            array = other._array
            if other is not inputs[number] and isinstance(array, np.ndarray) and np.may_share_memory(memory, array):
                raise RuntimeError(
                    f"compile: the function writes to a tensor of shape {list(memory.shape)} whose memory it uses through another "
                    f"tensor, too, of shape {list(other._array.shape)}, which is a view or an alias made outside. Make the view "
                    "inside of the function."
                )
