"""Context managers and decorators that switch the recording of gradients."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ..core.modes import change_modes, changed_modes, modes, set_modes
from ..core.origin import caller

F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "_unsafe_preserve_version_counter",
    "enable_grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


class _DecoratorContextManager:
    """A context manager that is a decorator of functions and generator functions, too: each call enters a clone of it."""

    def clone(self) -> Any:
        return type(self)()

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(self, *exc: object) -> Any:
        raise NotImplementedError

    def __call__(self, func: F) -> F:
        if inspect.isclass(func):
            import warnings

            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate functions or "
                "methods. To preserve the current behavior of class decoration, you can directly decorate the `__init__` method and "
                "nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            func.__init__ = self(func.__init__)  # type: ignore[method-assign]
            return cast("F", func)
        if inspect.isgeneratorfunction(func):
            return cast("F", _generator(self, func))

        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return func(*args, **kwargs)

        return cast("F", wrapped)


class _ModeContext(_DecoratorContextManager):
    """A change of modes."""

    _stack: Any = None
    """What was in force outside, innermost first: the same object may be entered again."""

    def _changes(self) -> dict[str, Any]:
        raise NotImplementedError

    def __enter__(self) -> None:
        self._stack = (change_modes(**self._changes()), self._stack)

    def __exit__(self, *exc: object) -> None:
        old, self._stack = self._stack
        set_modes(old)


def _generator(context: Any, func: Callable[..., Any]) -> Callable[..., Any]:
    """The generator runs in the mode, whoever consumes it does not."""

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        gen = func(*args, **kwargs)
        try:
            with context.clone():
                response = gen.send(None)
            while True:
                try:
                    request = yield response
                except GeneratorExit:
                    with context.clone():
                        gen.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - it is thrown into the generator
                    with context.clone():
                        response = gen.throw(error)
                else:
                    with context.clone():
                        response = gen.send(request)
        except StopIteration as stop:
            return stop.value

    return wrapped


class _NoParamDecoratorContextManager(_DecoratorContextManager):
    """``@no_grad`` works like ``@no_grad()``."""

    def __new__(cls, func: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        return self if func is None else self(func)

    def __init__(self, func: Any = None) -> None:
        pass


class _NoArguments(_NoParamDecoratorContextManager, _ModeContext):
    """A change of modes of the one kind or the other."""


class no_grad(_NoArguments):  # noqa: N801 - PyTorch's name
    """Nothing is recorded inside: results do not require grad.

    >>> import chainrule as torch
    >>> x = torch.ones(1, requires_grad=True)
    >>> with torch.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    def _changes(self) -> dict[str, Any]:
        return {"grad": False, "since": caller()}


class enable_grad(_NoArguments):  # noqa: N801
    """Gradients are recorded inside, also within ``no_grad``.

    >>> import chainrule as torch
    >>> with torch.no_grad(), torch.enable_grad():
    ...     torch.is_grad_enabled()
    True
    """

    def _changes(self) -> dict[str, Any]:
        return {"grad": True, "since": None}


class set_grad_enabled(_ModeContext):  # noqa: N801
    """Switch the recording of gradients, at the call; as a context manager, back at the end.

    >>> import chainrule as torch
    >>> with torch.set_grad_enabled(False):
    ...     torch.is_grad_enabled()
    False
    """

    _deferred = False
    """Whether the mode changes on entering only: so in the copies that a decorated function runs under."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._stack = (change_modes(**self._changes()), None)

    def _changes(self) -> dict[str, Any]:
        return {"grad": self.mode, "since": None if self.mode else caller()}

    def clone(self) -> Any:
        new = object.__new__(type(self))
        new.mode = self.mode
        new._deferred = True
        return new

    def __enter__(self) -> None:
        if self._deferred:
            super().__enter__()

    def __call__(self, func: F) -> F:
        set_modes(self._stack[0])
        return super().__call__(func)

    def __str__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    __repr__ = __str__


class inference_mode(_ModeContext):  # noqa: N801
    """Like ``no_grad``, and new tensors keep no version counter: they can never be saved for a backward.

    >>> import chainrule as torch
    >>> with torch.inference_mode():
    ...     torch.ones(2).is_inference()
    True
    """

    def __new__(cls, mode: Any = True) -> Any:
        if callable(mode):
            return cls()(mode)
        return super().__new__(cls)

    def __init__(self, mode: Any = True) -> None:
        self.mode = mode

    def _changes(self) -> dict[str, Any]:
        if self.mode:
            return {"inference": True, "grad": False, "since": caller()}
        return {"inference": False, "grad": True, "since": None}

    def clone(self) -> Any:
        return type(self)(self.mode)


class set_multithreading_enabled(_ModeContext):  # noqa: N801
    """Accepted for PyTorch's sake: one thread runs a backward here.

    >>> import chainrule as torch
    >>> with torch.autograd.set_multithreading_enabled(False):
    ...     pass
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def _changes(self) -> dict[str, Any]:
        return {}

    def clone(self) -> Any:
        return type(self)(self.mode)


class enforce_grad_layout_policy(set_multithreading_enabled):  # noqa: N801
    """Accepted for PyTorch's sake: ``.grad`` lies row by row here, whatever is asked.

    >>> import chainrule as torch
    >>> with torch.autograd.grad_mode.enforce_grad_layout_policy(False):
    ...     torch.ones(2, requires_grad=True).sum().backward()
    """

    def __init__(self, enable: bool = True) -> None:
        super().__init__(enable)


class _unsafe_preserve_version_counter(changed_modes):  # noqa: N801
    """In-place writes inside leave the version counters alone."""

    def __init__(self, tensors: Any) -> None:
        super().__init__(keep_versions=True)


def is_inference_mode_enabled() -> bool:
    """Whether ``inference_mode`` is on in this thread or task.

    >>> import chainrule as torch
    >>> torch.is_inference_mode_enabled()
    False
    """
    return modes().inference
