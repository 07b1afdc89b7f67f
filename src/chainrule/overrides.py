"""``torch.overrides``: classes and modes that take calls of public functions over, by ``__torch_function__``.

A class that has it is asked where one of its instances is an argument; a :class:`TorchFunctionMode` is asked of every call in
its ``with`` block. See ``docs/subclasses.md``.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, Self

from ._missing import missing_name
from ._overridable import MAKING, NAMES, TOP, activate
from ._tensor import Tensor
from .core import overriding
from .core.overriding import get_overriding, modes_in_force, overrides, overriding_among, put

__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]

activate()


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)


# -- asking, in functions of your own -----------------------------------------------------------------------------------


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether a call with these arguments is to be handed to :func:`handle_torch_function`.

    Args:
        relevant_args: those arguments that may be tensors, or of classes with ``__torch_function__``.

    >>> import chainrule as torch
    >>> torch.overrides.has_torch_function((torch.ones(1), 2))
    False
    """
    if not isinstance(relevant_args, Iterable):
        raise TypeError(f"expected a sequence of arguments, got {type(relevant_args).__name__}")
    return has_torch_function_variadic(*relevant_args)


def has_torch_function_variadic(*args: Any) -> bool:
    """As :func:`has_torch_function`, of arguments given one by one."""
    state = get_overriding()
    if state is not None and (state.modes or state.off):
        return bool(state.modes) and state.off != overriding.EVERYTHING
    return any(overrides(type(arg)) for arg in args)


def has_torch_function_unary(arg: Any) -> bool:
    """As :func:`has_torch_function`, of one argument."""
    return has_torch_function_variadic(arg)


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Ask the mode in force, then the arguments, who takes a call over.

    Args:
        public_api: the function of yours that was called; it is what they are told of.
        relevant_args: the arguments that are asked, if they have ``__torch_function__``.
        args: the arguments of the call by position.
        kwargs: those by name.

    Returns:
        What the first of them answers that does not return NotImplemented.

    Raises:
        TypeError: all of them return NotImplemented.

    >>> import chainrule as torch
    >>> from chainrule.overrides import handle_torch_function, has_torch_function
    >>> def double(x):
    ...     if has_torch_function((x,)):
    ...         return handle_torch_function(double, (x,), x)
    ...     return x + x
    >>> class Named(torch.Tensor):
    ...     @classmethod
    ...     def __torch_function__(cls, func, types, args=(), kwargs=None):
    ...         return func.__name__
    >>> double(torch.ones(1)), double(Named([1.]))
    (tensor([2.]), 'double')
    """
    relevant = list(relevant_args)
    found = overriding_among(relevant)
    types = tuple([type(one) for one in overriding_among(relevant, Tensor)])
    modes = modes_in_force()
    if modes:
        with _Popped():
            result = modes[-1].__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    for one in found:
        result = one.__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    raise overriding.nobody(f"{public_api.__module__}.{public_api.__name__}", found, modes)


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function of yours ask.

    Args:
        dispatcher: called with the arguments of a call; gives those that are asked.

    Returns:
        A decorator.

    >>> import chainrule as torch
    >>> @torch.overrides.wrap_torch_function(lambda x: (x,))
    ... def double(x):
    ...     return x + x
    >>> double(torch.ones(1))
    tensor([2.])
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def asking(*args: Any, **kwargs: Any) -> Any:
            relevant = tuple(dispatcher(*args, **kwargs))
            if has_torch_function(relevant):
                return handle_torch_function(asking, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return asking

    return decorate


def is_tensor_like(inp: Any) -> bool:
    """Whether it is a tensor, or of a class with ``__torch_function__``.

    >>> import chainrule as torch
    >>> torch.overrides.is_tensor_like(torch.ones(1)), torch.overrides.is_tensor_like([1.])
    (True, False)
    """
    return type(inp) is Tensor or hasattr(inp, "__torch_function__")


# -- modes --------------------------------------------------------------------------------------------------------------


class _Popped:
    """Inside, the mode that is asked is not in force."""

    __slots__ = ("_state",)

    def __enter__(self) -> None:
        self._state = get_overriding()
        if self._state is not None:
            put(self._state.off, self._state.modes[:-1])

    def __exit__(self, *exc: object) -> None:
        state = self._state
        put(0 if state is None else state.off, () if state is None else state.modes)


class TorchFunctionMode:
    """What is asked of every call of a public function in its ``with`` block, before the arguments are.

    Write ``__torch_function__(self, func, types, args=(), kwargs=None)``. While it runs, the mode is not in force: what it
    calls goes to the mode around it.

    >>> import chainrule as torch
    >>> class Log(torch.overrides.TorchFunctionMode):
    ...     def __torch_function__(self, func, types, args=(), kwargs=None):
    ...         print(torch.overrides.resolve_name(func))
    ...         return func(*args, **(kwargs or {}))
    >>> with Log():
    ...     y = torch.ones(2) * 2
    torch.ones
    torch.Tensor.mul
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has to define __torch_function__(self, func, types, args, kwargs)"
        )

    def __enter__(self) -> Self:
        state = get_overriding()
        put(0 if state is None else state.off, (*modes_in_force(), self))
        return self

    def __exit__(self, *exc: object) -> None:
        state = get_overriding()
        put(0 if state is None else state.off, modes_in_force()[:-1])


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that makes each call as it is.

    >>> import chainrule as torch
    >>> with torch.overrides.BaseTorchFunctionMode():
    ...     torch.ones(1) + 1
    tensor([2.])
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def _get_current_function_mode() -> Any:
    """The mode that is asked next, or None."""
    modes = modes_in_force()
    return modes[-1] if modes else None


def _get_current_function_mode_stack() -> list[Any]:
    """The modes in force, the last of which is asked first."""
    return list(modes_in_force())


def _len_torch_function_stack() -> int:
    """How many modes are in force."""
    return len(modes_in_force())


# -- which functions ----------------------------------------------------------------------------------------------------


def resolve_name(f: Any) -> str | None:
    """The name of a function that ``__torch_function__`` was told of, as programs write it; None for one of yours.

    >>> import chainrule as torch
    >>> torch.overrides.resolve_name(torch.add), torch.overrides.resolve_name(torch.Tensor.shape.__get__)
    ('torch.add', 'torch.Tensor.shape.__get__')
    """
    return NAMES.get(f) if callable(f) else None


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether it is a method of ``Tensor``, or the getter or setter of a property.

    >>> import chainrule as torch
    >>> torch.overrides.is_tensor_method_or_property(torch.Tensor.add), torch.overrides.is_tensor_method_or_property(torch.add)
    (True, False)
    """
    return (resolve_name(func) or "").startswith("torch.Tensor.")


def _namespaces() -> dict[Any, dict[str, Any]]:
    """Module or class -> what it has, late families included."""
    found: dict[Any, dict[str, Any]] = {}
    for home in ("", "functional", "nn.functional", "linalg", "fft", "special"):
        name = f"{TOP}.{home}" if home else TOP
        module: ModuleType = sys.modules.get(name) or __import__(name, fromlist=["*"])
        names = getattr(module, "__all__", None) or dir(module)
        found[module] = {one: getattr(module, one) for one in names if not one.startswith("_")}
    found[Tensor] = {one: getattr(Tensor, one) for one in dir(Tensor)}
    return found


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """The functions that ``__torch_function__`` is told of: a list for each module, for ``Tensor``, and for its properties.

    >>> import chainrule as torch
    >>> torch.add in torch.overrides.get_overridable_functions()[torch]
    True
    """
    found: dict[Any, list[Callable[..., Any]]] = {}
    for home, names in _namespaces().items():
        for name, value in names.items():
            if name in MAKING:
                continue
            if isinstance(value, property):
                getters = [value.__get__] if value.__get__ in NAMES else []
                found.update({value: getters} if getters else {})
            elif type(value) is FunctionType and value in NAMES:
                found.setdefault(home, []).append(value)
    return found


def get_ignored_functions() -> set[Callable[..., Any]]:
    """The public functions that ``__torch_function__`` of a class is not told of.

    >>> import chainrule as torch
    >>> torch.is_tensor in torch.overrides.get_ignored_functions()
    True
    """
    return {
        value
        for names in _namespaces().values()
        for name, value in names.items()
        if type(value) is FunctionType and (value not in NAMES or name in MAKING)
    }


def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., Any]]:
    """A stand-in for each function that ``__torch_function__`` is told of: of its parameters, returning -1.

    >>> import chainrule as torch
    >>> torch.overrides.get_testing_overrides()[torch.add](1, 2)
    -1
    """
    return {
        function: _stand_in(function) for functions in get_overridable_functions().values() for function in functions
    }


def _stand_in(function: Callable[..., Any]) -> Callable[..., Any]:
    def stand_in(*args: Any, **kwargs: Any) -> int:
        return -1

    vars(stand_in)["__signature__"] = inspect.signature(function)
    return stand_in
