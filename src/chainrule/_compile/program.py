"""One program: a function traced for one signature of its inputs, and run by XLA."""

from __future__ import annotations

import time
from functools import partial
from sys import getrefcount
from typing import Any

import numpy as np

from ..core.modes import modes, set_modes
from ..core.node import AccumulateGrad, Freed
from ..core.origin import caller
from ..core.value import Lifted, Parked, TensorBase, meta_of, new_tensor, writable
from ..core.version import bump
from ..core.views import current_node
from ..core.xla_level import XlaArray
from ..utils._pytree import tree_flatten, tree_unflatten
from .capture import Capture, Loan


class Program:
    """A traced function: what goes in, what comes out, and what of that is written where."""

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], captured: list[Any]) -> None:
        import jax
        from jax.extend.core import jaxpr_as_fun

        self.function = function
        self.pull: Any = None
        """The compiled vjp, once it was needed."""
        leaves, self.spec = tree_flatten((args, kwargs))
        self.positions = [at for at, leaf in enumerate(leaves) if isinstance(leaf, TensorBase)]
        self.statics = [None if isinstance(leaf, TensorBase) else leaf for leaf in leaves]
        self.captured = captured
        start = time.perf_counter()
        with jax.enable_x64(True):
            while True:
                inputs = self.inputs(leaves)
                self.results = Results(inputs)
                shapes = [jax.ShapeDtypeStruct(t._array.shape, t._array.dtype) for t in inputs]
                jaxpr = jax.make_jaxpr(partial(self.trace, inputs))(*shapes)
                if not self.results.missed:
                    break
                self.captured = [*self.captured, *self.results.missed]
        self.seconds = time.perf_counter() - start
        self.signature = self.state_signature()
        # What the function writes gives its old memory up; an argument's belongs to the caller.
        self.given_up = tuple([number for number in self.results.written if number >= len(self.positions)])
        self.run = jax.jit(jaxpr_as_fun(jaxpr), donate_argnums=self.given_up)

    def inputs(self, leaves: list[Any]) -> list[Any]:
        """All tensors that the program takes: those among the arguments, then the captured ones."""
        return [leaves[at] for at in self.positions] + self.captured

    def state_signature(self) -> tuple[Any, ...]:
        """What of the captured tensors a trace depends on."""
        return tuple([described(tensor) for tensor in self.captured])

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
        capture = Capture(inputs, is_trace=True)
        outside = set_modes(modes().replace(capture=capture))
        try:
            for tensor, value in zip(inputs, values, strict=True):
                loans.append(Loan(tensor, value))
            return self.results.found(self.call(inputs), loans, capture)
        finally:
            set_modes(outside)
            for loan in reversed([*loans, *capture.loans]):
                loan.end()

    def __call__(self, leaves: list[Any]) -> Any:
        """Run on the tensors of now; write what the function writes; return what it returns."""
        import jax

        inputs = self.inputs(leaves)
        shared = {number for number in self.results.written if is_shared(inputs[number])}
        values = [value_of(tensor) for tensor in inputs]
        for number in shared.intersection(self.given_up):
            values[number] = np.array(values[number])
        with jax.enable_x64(True):
            results = self.run(*values)
        return self.results.delivered(inputs, shared, results)


class Results:
    """What the values are that a program gives back."""

    def __init__(self, inputs: list[Any]) -> None:
        self.numbers = {id(tensor): number for number, tensor in enumerate(inputs)}
        self.values: list[Any] = []
        self.missed: list[Any] = []
        """Tensors that the function used and nobody had captured: it must be traced again, with them."""
        self.ops = 0
        self.written: dict[int, int] = {}
        """Number of an input -> number of its new value."""
        self.grads: dict[int, tuple[str, Any]] = {}
        """Number of an input -> its new ``.grad``, like an output."""
        self.outputs: list[tuple[str, Any]] = []
        """For each leaf of the result: ("value", its number), ("input", whose it is) or ("static", the leaf itself)."""
        self.needs_graph = False

    def found(self, result: Any, loans: list[Loan], capture: Capture) -> list[Any]:
        self.missed, self.ops = capture.found, capture.ops
        self.written = {number: self.add(loan.tensor) for number, loan in enumerate(loans) if loan.is_written}
        for number, loan in enumerate(loans):
            grad = None if loan.tensor._meta is None else loan.tensor._meta.grad
            if grad is not loan.grad:
                if not loan.is_leaf:
                    raise RuntimeError(
                        "compile: a backward() inside of the compiled function reaches the graph of a tensor that was made "
                        "outside of it. Detach that tensor, or compute it inside."
                    )
                self.grads[number] = self.described(grad)
        leaves, self.spec = tree_flatten(result)
        self.outputs = [self.described(leaf) for leaf in leaves]
        self.needs_graph = any(
            what == "value" and is_differentiable(leaf) for (what, _), leaf in zip(self.outputs, leaves, strict=True)
        )
        return self.values

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
        return len(self.values) - 1

    def delivered(self, inputs: list[Any], shared: set[int], values: list[Any]) -> Any:
        """Put the values where they belong; return the result.

        Into the tensor's memory where others share that; else it is left with XLA, until somebody asks.
        """
        place = caller(4)
        for number, at in self.written.items():
            tensor = inputs[number]
            if number in shared:
                np.copyto(writable(tensor), np.asarray(values[at]))
            else:
                tensor._array = Parked(values[at])
            bump(tensor, place)

        def made(what: str, at: Any) -> Any:
            return new_tensor(Parked(values[at])) if what == "value" else inputs[at] if what == "input" else at

        for number, grad in self.grads.items():
            meta_of(inputs[number]).grad = made(*grad)
        return tree_unflatten([made(*output) for output in self.outputs], self.spec)


def is_differentiable(leaf: Any) -> bool:
    """Whether a result has a history that a backward could still go through, if it is not inside, it comes from outside."""
    node = current_node(leaf)
    stack = [] if node is None or type(node) is AccumulateGrad else [node]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if type(node.saved) is Freed:  # a backward inside has been through it
            return False
        new = [parent for parent in node.parents if parent is not None and parent not in seen]
        seen.update(new)
        stack += new
    return bool(seen)


def described(tensor: Any) -> tuple[Any, ...]:
    """What of an input a trace depends on: shape, dtype, whether it requires grad, whether it has a grad."""
    array, meta = tensor._array, tensor._meta
    return array.shape, array.dtype, tensor._node is not None, meta is not None and meta.grad is not None


def value_of(tensor: Any) -> Any:
    """What XLA takes for a tensor: its own array as it is, or NumPy's."""
    array = tensor._array
    return array.value if type(array) is Parked else array


SOLE = 3
"""What getrefcount says of a value that one tensor has and nobody else: the slot, a local name, the argument."""


def is_shared(tensor: Any) -> bool:
    """Whether others may see the memory of a tensor: views, NumPy arrays, a graph that saved it."""
    array = tensor._array
    if getrefcount(array) > SOLE or tensor._view is not None:
        return True
    return isinstance(array, np.ndarray) and array.base is not None
