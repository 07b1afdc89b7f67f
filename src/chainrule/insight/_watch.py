"""Looking on while ops and backward steps run, in this thread or task, inside of a ``with``."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..core.dispatch import general
from ..core.modes import Modes, change_modes, get_modes, modes, put_modes as put, set_modes

if TYPE_CHECKING:
    from ..core.custom import Function
    from ..core.node import Node
    from ..core.op import Op


class Watch:
    """A context manager to which each call of an op is handed, and each step of a backward."""

    _old: Modes | None
    _outer: Any = None
    """Who was looking on before: it goes on to."""
    _known: tuple[Any, Any] = (None, None)
    """Modes inside, and the same without this watch."""

    UNSEEN: ClassVar[frozenset[str]] = frozenset()
    """The names of ops that it need not see (``Modes.unseen``)."""
    _inside: Any = None
    """The modes inside, if nothing else is in force there."""

    def __enter__(self) -> Self:
        self._outer = modes().tape
        if get_modes() is None:
            self._old = change_modes(tape=self, unseen=self.UNSEEN)
            self._inside = get_modes()
        else:
            self._old = change_modes(tape=self)
            self._inside = None
        return self

    def __exit__(self, *exc: object) -> None:
        set_modes(self._old)

    @property
    def follows_values(self) -> bool:
        """Whether it must see what is written where: if who looks on outside must. An optimizer's step then goes by ops."""
        return self._outer is not None and bool(self._outer.follows_values)

    def region(self, name: str, args: Any = ()) -> AbstractContextManager[Any]:
        """What runs inside is a call of this name, to a profiler outside."""
        given: AbstractContextManager[Any] = nullcontext() if self._outer is None else self._outer.region(name, args)
        return given

    def run_op(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op is called (``Modes.tape``)."""
        current = get_modes()
        known, plain = self._known
        if current is not known:
            plain = self._without(current)
        put(plain)
        try:
            result = op.apply(*args, **params) if plain is None else general(op, args, params)
        finally:
            put(current)
        if result is not NotImplemented:
            self.ran(op, args, params, result)
        return result

    def run_function(self, function: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A custom Function is applied (``Modes.tape``)."""
        current = get_modes()
        put(self._without(current))
        try:
            result = function.apply(*args, **kwargs)
        finally:
            put(current)
        self.ran(function, args, kwargs, result)
        return result

    def _without(self, current: Any) -> Modes | None:
        """The modes without this watch: none, if nothing else is in force, so that ops take their hot path."""
        new = current.replace(tape=self._outer)
        plain = None if new.is_ordinary() else new
        self._known = current, plain
        return plain

    def stepped(self, node: Node, arrived: Any, handed: tuple[Any, ...]) -> None:
        """A step of a backward has run, or its part for one parent (``Pass.run``, ``Pass.general_step``)."""
        self.pulled(node, arrived if type(arrived) is list else [arrived], handed)
        if self._outer is not None and hasattr(self._outer, "stepped"):
            self._outer.stepped(node, arrived, handed)

    def wrote(self, op: Op, tensor: Any, args: tuple[Any, ...]) -> None:
        """An op's result was put directly into its first operand (``mutation.inplace``); ``args`` are the others."""
        self.ran(op, args, {}, tensor)
        if self._outer is not None and hasattr(self._outer, "wrote"):
            self._outer.wrote(op, tensor, args)

    # -- what a watch looks at -------------------------------------------------------------------------------------------

    def ran(self, op: Any, args: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """A call of an op, or of a custom Function, has given a result."""

    def pulled(self, node: Node, arrived: list[Any], handed: tuple[Any, ...]) -> None:
        """The cotangents that arrived at a node, as arrays or tensors, and what it hands to a parent, or to all of them."""
