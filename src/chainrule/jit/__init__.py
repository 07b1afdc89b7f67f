"""``torch.jit``: TorchScript, as a way of writing that changes nothing.

There is no TorchScript here. Decorated and scripted code is the Python that it was, and runs as such: same results, same
gradients. ``chainrule.compile`` makes one program of a function. What only a TorchScript program could do, its archive
foremost, is refused.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import warnings
from typing import TYPE_CHECKING, Any, Final as Final, NamedTuple, Union, get_args, get_origin

from ..core.value import TensorBase
from ..nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Attribute",
    "Error",
    "Future",
    "ScriptFunction",
    "ScriptModule",
    "annotate",
    "enable_onednn_fusion",
    "export",
    "fork",
    "freeze",
    "ignore",
    "interface",
    "isinstance",
    "load",
    "onednn_fusion_enabled",
    "optimize_for_inference",
    "save",
    "script",
    "script_if_tracing",
    "set_fusion_strategy",
    "strict_fusion",
    "trace",
    "trace_module",
    "unused",
    "wait",
]


class Error(RuntimeError):
    """What PyTorch raises from TorchScript."""


class TracerWarning(Warning):
    """What PyTorch warns of while it traces; nothing here does."""


class ScriptModule(Module):
    """A module whose methods :func:`script_method` marks; they run as they are."""


ScriptFunction = type(lambda: None)


class Attribute(NamedTuple):
    """A value with a type for TorchScript."""

    value: Any
    type: Any


def _note(name: str) -> None:
    warnings.warn(
        f"`torch.jit.{name}` is deprecated. Please switch to `torch.compile` or `torch.export`. Here there is no TorchScript: "
        "what it is given runs as it is.",
        DeprecationWarning,  # from a file of PyTorch's there, so that nobody sees it who does not ask for it
        stacklevel=1,
    )


def script(obj: Any, optimize: None = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None) -> Any:
    """A function, a module or a class, as it is. Also a decorator.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     double = torch.jit.script(lambda x: 2 * x)
    >>> double(torch.ones(2))
    tensor([2., 2.])
    """
    _note("script")
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, example_kwarg_inputs: Any = None, **accepted: Any) -> Any:
    """A function or a module, as it is. It runs once on the example, so that it fails here if it fails.

    Unlike a traced program, it follows Python's branches in each call.

    Args:
        func: a function or a module.
        example_inputs: a tensor, or a tuple of arguments.
        args: accepted.
        example_kwarg_inputs: or a dict of them.
        accepted: settings of PyTorch's checks, of no effect.

    Raises:
        RuntimeError: no example.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     double = torch.jit.trace(lambda x: 2 * x, torch.ones(3))
    >>> double(torch.ones(2))
    tensor([2., 2.])
    """
    _note("trace")
    if example_inputs is None and example_kwarg_inputs is None:
        raise RuntimeError("example_kwarg_inputs should be a dict: give trace() example_inputs or example_kwarg_inputs")
    if builtins.isinstance(example_inputs, (TensorBase, dict)):
        example_inputs = (example_inputs,)
    func(*(example_inputs or ()), **(example_kwarg_inputs or {}))
    return func


def trace_module(mod: Any, inputs: dict[str, Any], *args: Any, **accepted: Any) -> Any:
    """A module, as it is. Each method in ``inputs`` runs once on its example.

    Args:
        mod: a module.
        inputs: the name of a method -> a tensor, or a tuple of arguments.
        args: accepted.
        accepted: settings of PyTorch's checks, of no effect.
    """
    _note("trace_module")
    for name, given in inputs.items():
        getattr(mod, name)(*((given,) if builtins.isinstance(given, TensorBase) else given))
    return mod


def script_method(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a :class:`ScriptModule`'s method: the method, as it is."""
    return fn


def script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: the function, as it is."""
    return fn


def export(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a method that TorchScript should compile, too: the method, as it is."""
    return fn


def ignore(drop: Any = False, **accepted: Any) -> Any:
    """Decorator of a method that TorchScript should leave to Python: the method, as it is."""
    return drop if callable(drop) else lambda fn: fn


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a method that TorchScript should replace by an error: the method, as it is."""
    return fn


def interface(obj: Any) -> Any:
    """Decorator of a class that only describes methods: the class, as it is."""
    if not inspect.isclass(obj):
        raise RuntimeError("interface must be applied to a class")
    return obj


def annotate(the_type: Any, the_value: Any) -> Any:
    """A value to which TorchScript gives a type: the value."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether a value is of a type, also of a type with parameters such as ``list[int]``.

    >>> import chainrule as torch
    >>> torch.jit.isinstance([1, 2], list[int]), torch.jit.isinstance(["a"], list[int])
    (True, False)
    """
    if builtins.isinstance(target_type, tuple):
        return any(isinstance(obj, one) for one in target_type)
    origin, args = get_origin(target_type), get_args(target_type)
    if origin is None:
        return obj is None if target_type is None else builtins.isinstance(obj, target_type)
    if origin is Union or not inspect.isclass(origin):
        return any(isinstance(obj, one) for one in args)
    return builtins.isinstance(obj, origin) and _holds(obj, args)


def _holds(container: Any, kinds: tuple[Any, ...]) -> bool:
    """Whether what is in a dict, a tuple or a list is of these types."""
    if builtins.isinstance(container, dict):
        return all(isinstance(key, kinds[0]) and isinstance(value, kinds[1]) for key, value in container.items())
    if builtins.isinstance(container, tuple):
        return len(container) == len(kinds) and all(map(isinstance, container, kinds))
    return all(isinstance(one, kinds[0]) for one in container)


def is_scripting() -> bool:
    """Whether TorchScript compiles this code: False.

    >>> import chainrule as torch
    >>> torch.jit.is_scripting()
    False
    """
    return False


def is_tracing() -> bool:
    """Whether PyTorch traces this code: False.

    >>> import chainrule as torch
    >>> torch.jit.is_tracing()
    False
    """
    return False


def freeze(mod: Any, preserved_attrs: list[str] | None = None, optimize_numerics: bool = True) -> Any:
    """A module in evaluation mode, as it is.

    Raises:
        RuntimeError: it is in training mode.
    """
    if mod.training:
        raise RuntimeError("Freezing is currently only implemented for modules in eval mode. Call .eval() on it first.")
    return mod


def optimize_for_inference(mod: Any, other_methods: list[str] | None = None) -> Any:
    """A module, in evaluation mode from here on."""
    return mod.eval()


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Refused: an archive of TorchScript holds a program, and there is none.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        f"jit.save: {type(m).__name__} is no TorchScript program here, so that there is no archive to write. Save what it has "
        "learned: torch.save(module.state_dict(), f), and load it into the module that its Python code makes."
    )


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> Any:
    """Refused: an archive of TorchScript holds a program, which only PyTorch can run.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        f"jit.load: {f!r} would be an archive of TorchScript, a program that only PyTorch runs. Save the module's state_dict() "
        "with PyTorch, and load it into the module that its Python code makes: module.load_state_dict(torch.load(f))."
    )


class Future:
    """The result of :func:`fork`, which is there at once."""

    def __init__(self, value: Any = None) -> None:
        self._value = value

    def wait(self) -> Any:
        """The result."""
        return self._value

    def value(self) -> Any:
        """The result."""
        return self._value

    def done(self) -> bool:
        """Whether the result is there: True."""
        return True

    def then(self, callback: Callable[[Future], Any]) -> Future:
        """The future of what ``callback`` makes of this one."""
        return Future(callback(self))


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future:
    """Call a function, at once.

    >>> import chainrule as torch
    >>> torch.jit.wait(torch.jit.fork(lambda x: 2 * x, 3))
    6
    """
    return Future(func(*args, **kwargs))


def wait(future: Future) -> Any:
    """The result of a :func:`fork`."""
    return future.wait()


def enable_onednn_fusion(enabled: bool) -> None:
    """Accepted, and of no effect."""


def onednn_fusion_enabled() -> bool:
    """Whether PyTorch would use a library of fused operations: False.

    >>> import chainrule as torch
    >>> torch.jit.onednn_fusion_enabled()
    False
    """
    return False


def set_fusion_strategy(strategy: list[tuple[str, int]]) -> None:
    """Accepted, and of no effect."""


@contextlib.contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """Context manager: accepted, and of no effect."""
    yield


fuser = optimized_execution


class strict_fusion(contextlib.nullcontext[None]):  # noqa: N801 - PyTorch's name
    """Context manager: accepted, and of no effect."""


def _overload(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself: a signature of another one, for TorchScript to choose from."""
    return func


_overload_method = _overload


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
