"""``__torch_function__``: calls of public functions that the class of an operand, or a mode, takes over.

A program that has neither pays nothing, for nothing asks: the public functions are what they are written as. Once there is a
class that may take calls over, ``hook`` gives each of these function objects the code of ``_asking`` instead of its own,
so that whoever holds one (a program that imported it by name, a table that has it as a key) holds the same object as before.
"""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from functools import cache
from types import CodeType, FunctionType, NoneType
from typing import Any

import numpy as np

from ..device import device
from ..dtypes import dtype
from ..size import Size
from .value import TensorBase

SUBCLASSES, EVERYTHING = 1, 2
"""What is switched off: what classes ask for, or what modes ask for as well."""


class Overriding:
    """What is unusual about who takes calls over. Never changed once made; the ordinary state is None."""

    __slots__ = ("modes", "off")

    off: int
    modes: tuple[Any, ...]
    """The modes in force; the last is asked first."""

    def __init__(self, off: int, modes: tuple[Any, ...]) -> None:
        self.off = off
        self.modes = modes


ORDINARY = Overriding(0, ())

_current: ContextVar[Overriding | None] = ContextVar("chainrule_overriding", default=None)
get_overriding = _current.get


def in_force() -> Overriding:
    """The state, as a record even when it is ordinary."""
    return get_overriding() or ORDINARY


def put(off: int, modes: tuple[Any, ...]) -> None:
    """Put another state in force."""
    _current.set(Overriding(off, modes) if off or modes else None)


class _Switch:
    """A context inside of which some of the asking is off."""

    __slots__ = ("_old",)
    off: int

    def __enter__(self) -> None:
        self._old = get_overriding()
        state = in_force()
        put(max(self.off, state.off), state.modes)

    def __exit__(self, *exc: object) -> None:
        _current.set(self._old)


class DisableTorchFunctionSubclass(_Switch):
    """``with`` it, classes do not take calls over; modes do."""

    __slots__ = ()
    off = SUBCLASSES


class DisableTorchFunction(_Switch):
    """``with`` it, neither classes nor modes take calls over."""

    __slots__ = ()
    off = EVERYTHING


_in_calls: ContextVar[tuple[Any, ...]] = ContextVar("chainrule_in_calls", default=())


def called(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
    """The call itself, in which no class takes calls over.

    A function that asks again all the same is another library's, which knows classes by their ``__torch_function__`` too.
    """
    within = _in_calls.get()
    if func in within:
        raise foreign(func)
    token = _in_calls.set((*within, func))
    try:
        with DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))
    finally:
        _in_calls.reset(token)


def foreign(func: Any) -> TypeError:
    """The error where PyTorch itself was given a tensor of ours."""
    module, name = getattr(func, "__module__", None) or "torch.Tensor", getattr(func, "__name__", "its function")
    return TypeError(
        f"{module}.{name} of the PyTorch that is installed was given a chainrule.Tensor, which only chainrule's own functions "
        "take. Import one of the two in this program, or hand over a copy of the numbers: torch.tensor(x.tolist()), or "
        "torch.from_numpy(x.detach().numpy()), which shares the memory. Gradients do not cross either."
    )


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The ``__torch_function__`` of a class that takes no calls over: the call itself."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


# -- who is asked -------------------------------------------------------------------------------------------------------

PLAIN: set[type] = {
    NoneType, bool, int, float, complex, str, slice, type(...), dtype, device, Size, np.ndarray,
}  # fmt: skip
"""Types of arguments that take nothing over, known without asking; ``Tensor`` itself comes in when anything is hooked."""
LISTS = frozenset([list, tuple])
"""Types of arguments of which it is asked what is in them."""


def overrides(kind: type) -> bool:
    """Whether instances of a class take calls over. Those of PyTorch itself know its own functions only."""
    if kind in PLAIN:
        return False
    takes = getattr(kind, "__torch_function__", disabled)
    return takes is not disabled and not is_foreign(takes)


OF_PYTORCH = "of PyTorch itself: from_numpy(x.detach().numpy()) makes one of chainrule's of it, in the same memory"


def is_foreign(named: Any) -> bool:
    """Whether a class or function is of PyTorch itself, if a program imports that too."""
    return str(getattr(named, "__module__", "")).partition(".")[0] == "torch"


def overriding_among(values: Any, also: type | None = None) -> list[Any]:
    """Those of the values that take calls over (or are of the class ``also``), one of each class, in the order of asking.

    That is the order of the arguments, but for a subclass, which goes before the classes that it is made from.
    """
    found: list[Any] = []
    for value in values:
        kind = type(value)
        if (overrides(kind) or kind is also) and all(type(other) is not kind for other in found):
            at = next((at for at, other in enumerate(found) if issubclass(kind, type(other))), len(found))
            found.insert(at, value)
    return found


def _flat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The arguments, and what is in those that are sequences."""
    values: list[Any] = []
    for value in (*args, *kwargs.values()):
        if type(value) in LISTS:
            values += value
        else:
            values.append(value)
    return values


# -- what is asked ------------------------------------------------------------------------------------------------------


class Public:
    """A public function as those who are asked are told of it."""

    __slots__ = ("_signature", "func", "in_python", "makes", "name", "named_only", "operator", "original", "unrolls")

    func: Any
    """What is handed to ``__torch_function__``: what programs compare with ``torch.add`` or ``torch.Tensor.add``."""
    original: Any
    """The function as it is written."""
    name: str
    operator: bool
    """Whether Python tries the other operand's method if nobody takes the call."""
    makes: bool
    """Whether it makes tensors of what are not, so that only modes are asked."""
    in_python: bool
    """Whether PyTorch has it in Python. It then tells of all that is optional by name, and of a plain tensor's type."""
    named_only: bool
    """Whether it tells of everything by name."""
    unrolls: bool
    """Whether it calls itself with the operands of a list, so that no list is told of, but to modes."""

    def __init__(self, name: str, original: Any) -> None:
        self.name = name
        self.func = self.original = original
        self.operator = self.makes = self.in_python = self.named_only = self.unrolls = False
        self._signature: Any = None

    def told(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any] | None]:
        """The arguments in the layout in which PyTorch hands them on."""
        if not self.in_python:
            return args, kwargs or None
        if self._signature is None:
            self._signature = inspect.signature(self.original)
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            return args, kwargs
        bound.apply_defaults()
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for name, parameter in self._signature.parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += bound.arguments[name]
            elif parameter.kind is parameter.VAR_KEYWORD:
                named.update(bound.arguments[name])
            elif parameter.default is parameter.empty and not self.named_only and not named:
                positional.append(bound.arguments[name])
            else:
                named[name] = bound.arguments[name]
        return tuple(positional), named


def ask(public: Public, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a hooked function, of which somebody may have to be asked."""
    state = in_force()
    off, modes = state.off, state.modes
    if off == EVERYTHING:
        return public.original(*args, **kwargs)
    asked = not off and not public.makes
    found = overriding_among(_flat(args, kwargs)) if asked else []
    if not found and not modes:
        if not public.makes:
            return public.original(*args, **kwargs)
        with DisableTorchFunctionSubclass():
            return public.original(*args, **kwargs)
    if public.unrolls and not modes and len(args) == 2 and isinstance(args[1], (list, tuple)):
        args = (args[0], *args[1])
    given, named = public.told(args, kwargs)
    named_in_types = overriding_among(_flat(args, kwargs), _plain_tensor) if asked and public.in_python else found
    types = tuple([type(one) for one in named_in_types])
    if modes:
        put(off, modes[:-1])
        try:
            result = modes[-1].__torch_function__(public.func, types, given, named)
        finally:
            put(off, modes)
        if result is not NotImplemented:
            return result
    for one in found:
        result = one.__torch_function__(public.func, types, given, named)
        if result is not NotImplemented:
            return result
    if public.operator:
        return NotImplemented
    raise nobody(public.name, found, modes)


_plain_tensor: type | None = None


def set_plain_tensor(kind: type) -> None:
    """Called once, before the first hook: the class ``Tensor``, which takes nothing over."""
    global _plain_tensor
    _plain_tensor = kind
    PLAIN.add(kind)


def nobody(name: str, found: list[Any], modes: tuple[Any, ...] = ()) -> TypeError:
    """The error where all who were asked declined."""
    asked = f" nor in mode {modes[-1]}" if modes else ""
    return TypeError(
        f"no implementation found for '{name}' on types that implement __torch_function__: {[type(one) for one in found]}{asked}. "
        "Each of them was asked and returned NotImplemented."
    )


# -- hooking ------------------------------------------------------------------------------------------------------------


HIDDEN = __file__ + ":importlib._bootstrap"
"""The file that code which asks says it is from.

``warnings`` counts no frames of the import system, which it knows by these words. So a warning names the line that its
``stacklevel`` means, whether its function asks or not.
"""

ask.__code__ = ask.__code__.replace(co_filename=HIDDEN)

PLACES = ("public", "original", "state", "is_plain", "is_list", "ask", "type_of")


def _asking(*args: Any, **kwargs: Any) -> Any:
    # Runs with the globals of other modules, so that all it needs is a constant of its own copy of this code: see hook.
    needed: Any = ("public", "original", "state", "is_plain", "is_list", "ask", "type_of")
    public, original, state, is_plain, is_list, ask, type_of = needed
    if state() is None:
        for value in args:
            if not is_plain(type_of(value)):
                if is_list(type_of(value)):
                    for one in value:
                        if not is_plain(type_of(one)):
                            break
                    else:
                        continue
                break
        else:
            for value in kwargs.values():
                if not is_plain(type_of(value)):
                    break
            else:
                return original(*args, **kwargs)
    return ask(public, args, kwargs)


@cache
def _keeping_cells(count: int) -> CodeType:
    """The code of a function with so many cells, which calls a constant of its code with what it is given."""
    cells = ", ".join([f"cell{at}" for at in range(count)])
    source = f"lambda {cells}: lambda *args, **kwargs: (call := 'asking')(*args, **kwargs) if True else ({cells},)"
    code = compile(source, HIDDEN, "eval")
    for _ in range(2):
        code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return code


def _with_constant(code: CodeType, place: Any, constant: Any, like: CodeType) -> CodeType:
    """The code with a constant in some place, under the name of another, whose cells it has if it has as many."""
    return code.replace(
        co_name=like.co_name,
        co_qualname=like.co_qualname,
        co_filename=HIDDEN,
        co_freevars=like.co_freevars if code.co_freevars else (),
        co_consts=tuple([constant if one == place else one for one in code.co_consts]),
    )


def hook(function: FunctionType, name: str) -> Public:
    """Let calls of a function object ask first; what it did so far is what it does when nobody takes the call over."""
    original = copy_of(function, function.__name__)
    public = Public(name, original)
    public.func = function
    code = function.__code__
    needed = (public, original, get_overriding, PLAIN.__contains__, LISTS.__contains__, ask, type)
    asking = _with_constant(_asking.__code__, PLACES, needed, code)
    if code.co_freevars:  # it keeps its cells, and code that has cells must begin with taking them over
        call = FunctionType(asking, function.__globals__, function.__name__)
        asking = _with_constant(_keeping_cells(len(code.co_freevars)), "asking", call, code)
    function.__code__ = asking
    function.__defaults__ = function.__kwdefaults__ = None
    vars(function)["__wrapped__"] = original  # where `inspect.signature` looks
    _as_written[function] = original
    return public


_as_written: dict[FunctionType, FunctionType] = {}
"""Hooked function -> what it did before."""


def copy_of(function: FunctionType, name: str) -> FunctionType:
    """Another function object that does the same, under a name; of a hooked function, what it did before."""
    function = _as_written.get(function, function)
    made = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    vars(made).update(vars(function))
    return made


# -- subclasses ---------------------------------------------------------------------------------------------------------


def undispatched(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The ``__torch_dispatch__`` of a class that asks for nothing."""
    return func(*args, **(kwargs or {}))


NO_DISPATCH = (
    "chainrule has no __torch_dispatch__: its ops are not PyTorch's ATen operators, so there is nothing to dispatch on below the public "
    "functions. Write __torch_function__ (or a torch.overrides.TorchFunctionMode), which is told of each public function."
)


def with_class(tensor: Any, cls: Any) -> Any:
    """The same memory, cell and view as an instance of a subclass: of a tensor that nobody else will hold."""
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    if not issubclass(cls, TensorBase):
        raise TypeError(
            f"Creating a Tensor subclass from a class that does not inherit from Tensor is not possible: {cls.__name__} is none"
        )
    if getattr(cls, "__torch_dispatch__", undispatched) is not undispatched:
        raise NotImplementedError(f"{cls.__name__} defines __torch_dispatch__: {NO_DISPATCH}")
    made: Any = object.__new__(cls)
    for slot in ("_array", "_node", "_cell", "_view", "_meta_slot"):
        setattr(made, slot, getattr(tensor, slot))
    return made
