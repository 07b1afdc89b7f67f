"""The calls that a program makes, each with the values that it met, so that it can be run again by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.dispatch import general
from ..core.modes import changed_modes
from ..core.node import Node, edge_of
from ..core.origin import Place, caller, resolve
from ..core.value import Lifted, TensorBase, new_tensor, writable
from ..core.views import current_node
from ..func.custom_rules import Call, CustomFunction
from ..utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from ..core.custom import Function
    from ..core.op import Op


class Entry:
    """One call: of an op, or of a custom Function as a whole."""

    def __init__(self, target: Any, args: tuple[Any, ...], params: dict[str, Any]) -> None:
        self.target = target
        self.args = args
        self.params = params
        self.code, self.lasti = caller()
        self.at = [number for number, a in enumerate(args) if isinstance(a, TensorBase)]
        """Which of the arguments are tensors."""
        self.values = [np.array(writable(args[number])) for number in self.at]
        """What they held: later writes change the tensors."""
        self.nodes = [current_node(args[number]) for number in self.at]
        self.outputs: list[Any] = []
        self.numbers: list[int] = []
        """Which outputs of the node the floating and complex ones are."""
        self.node: Node | None = None

    def ended(self, result: Any) -> None:
        leaves = tree_leaves(result)
        self.outputs = [y for y in leaves if isinstance(y, TensorBase)]
        self.numbers = [number for number, y in enumerate(leaves) if is_smooth(y)]
        recorded = [edge_of(node)[0] for y in self.outputs if (node := current_node(y)) is not None]
        self.node = next((node for node in recorded if node is not None and node not in self.nodes), None)

    @property
    def is_op(self) -> bool:
        return not isinstance(self.target, type)

    @property
    def moving(self) -> list[int]:
        """Which of the tensors can move: those of a floating or complex dtype."""
        return [number for number, value in enumerate(self.values) if value.dtype.kind in "fc"]

    def array(self, number: int) -> Any:
        """The memory of one of the tensors."""
        return self.args[self.at[number]]._array

    def can_be_recorded(self) -> bool:
        """Whether a derivative can pass through."""
        is_step = self.is_op and self.target.kind == "step"
        return not is_step and bool(self.numbers)

    def name(self) -> str:
        """What to call it: by its node, if it has one."""
        if self.node is not None:
            return self.node.name()
        return self.target.name if self.is_op else self.target.__name__

    def place(self) -> Place:
        return resolve(self.code, self.lasti)

    def argument(self, number: int) -> str:
        """What the call knows one of its tensors as."""
        position = self.at[number]
        if self.is_op:
            named = self.target.args[: -1 if self.target.variadic else None]
            return f"operand '{named[position]}'" if position < len(named) else f"operand {position}"
        return f"argument {position - (self.custom_rule() is not None)}"

    def run(self, tensors: list[Any], discrete: bool = False) -> list[Any]:
        """The call on other values of what moves: its outputs, the integer and boolean ones too if ``discrete``."""
        moved = dict(zip(self.moving, tensors, strict=True))
        args = list(self.args)
        for number, (position, value) in enumerate(zip(self.at, self.values, strict=True)):
            args[position] = moved[number] if number in moved else new_tensor(value.copy())
        result = self.function()(*args, **self.params)
        outputs = [y for y in tree_leaves(result) if isinstance(y, TensorBase)]
        return outputs if discrete else [y for y in outputs if is_smooth(y)]

    def function(self) -> Callable[..., Any]:
        if self.is_op:
            return self.target.apply
        rule = self.custom_rule()
        if rule is None:
            return self.target.apply
        # The Function that records it knows nothing of forward mode.
        return lambda call, *tensors: rule(*call.arguments(tensors))

    def custom_rule(self) -> CustomFunction | None:
        """Of a call of a ``custom_vjp`` or ``custom_jvp`` function: that function."""
        return self.args[0].rule if self.args and isinstance(self.args[0], Call) else None


def is_smooth(value: Any) -> bool:
    """Whether a value is a tensor of a floating or complex dtype."""
    return isinstance(value, TensorBase) and value._array.dtype.kind in "fc"


def is_lifted(value: Any) -> bool:
    return isinstance(value, TensorBase) and isinstance(writable(value), Lifted)


class Tape:
    """What runs, in their order, while :meth:`recording`."""

    def __init__(self, inputs: list[Any]) -> None:
        self.inputs = inputs
        self.entries: list[Entry] = []
        self.exits: list[tuple[Any, tuple[CodeType, int]]] = []
        """Arrays of which a tensor without history was made (``detach``), or that were written to, and where."""

    @contextmanager
    def recording(self) -> Iterator[None]:
        with changed_modes(tape=self, capture=self):
            yield

    follows_values = True
    """Whether it must see what is written where."""

    def run_op(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op is called (``Modes.tape``)."""
        return self.run(op, args, params, lambda: general(op, args, params))

    def run_function(self, function: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A custom Function is applied (``Modes.tape``)."""
        return self.run(function, args, kwargs, lambda: function.apply(*args, **kwargs))

    def run_node(self, node: Any, call: Callable[[], Any]) -> Any:
        """A rule of the reverse pass runs, which is not noted."""
        return call()

    def run(self, target: Any, args: tuple[Any, ...], params: dict[str, Any], call: Callable[[], Any]) -> Any:
        entry = None if any(map(is_lifted, args)) else Entry(target, args, params)
        with changed_modes(tape=None, capture=None):
            result = call()
        # Inside of a transform, values are no arrays to move along a line.
        if entry is not None and result is not NotImplemented and not any(map(is_lifted, tree_leaves(result))):
            entry.ended(result)
            self.entries.append(entry)
        return result

    def met(self, tensors: tuple[Any, ...]) -> None:
        """Values are used other than by an op (``Modes.capture``)."""
        origin = caller()
        self.exits += [(writable(tensor), origin) for tensor in tensors]

    def first_cut(self) -> Place | None:
        """Where a value that depends on the inputs first loses its history."""
        depends = {id(x._array): x._array for x in self.inputs}
        for entry in self.entries:
            lost = [n for n in entry.moving if entry.nodes[n] is None and id(entry.array(n)) in depends]
            for number in lost:
                cuts = [origin for array, origin in self.exits if array is entry.array(number)]
                if cuts:
                    return resolve(*cuts[-1])
            if not lost and all(node is None for node in entry.nodes):
                continue
            if entry.node is None and entry.can_be_recorded():
                return entry.place()
            depends |= {id(y._array): y._array for y in entry.outputs}
        return None
