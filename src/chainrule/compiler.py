"""``torch.compiler``: what programs ask of the compiler, :func:`chainrule.compile`, and tell it."""

from __future__ import annotations

from functools import wraps
from typing import Any

from .core.modes import modes as _modes

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "nested_compile_region",
    "reset",
    "set_stance",
]


def is_compiling() -> bool:
    """Whether the program that asks is being traced by ``torch.compile``.

    >>> import chainrule as torch
    >>> torch.compiler.is_compiling()
    False
    """
    return _modes().capture is not None


is_dynamo_compiling = is_compiling


def is_exporting() -> bool:
    """Whether it is being exported: False."""
    return False


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """The function itself (without one, a decorator that gives it): what calls it is traced through it.

    >>> import chainrule as torch
    >>> @torch.compiler.disable
    ... def double(x):
    ...     return x * 2
    >>> double(torch.ones(1))
    tensor([2.])
    """
    return fn if fn is not None else lambda function: function


def allow_in_graph(fn: Any) -> Any:
    """The function itself: every function may be part of a program."""
    return fn


assume_constant_result = nested_compile_region = allow_in_graph


def cudagraph_mark_step_begin() -> None:
    """Tell that a new step begins, so that a GPU may use memory again: does nothing."""


def reset() -> None:
    """Forget what has been compiled. Each compiled function keeps its own programs: there is nothing else to forget."""


class set_stance:  # noqa: N801 - PyTorch's name
    """Say how compiled functions run from now on; also a context manager, and a decorator.

    Args:
        stance: "force_eager": as they stand. "default", and any other of PyTorch's: by their programs.
        skip_guard_eval_unsafe: accepted.
        force_backend: accepted.

    >>> import chainrule as torch
    >>> with torch.compiler.set_stance("force_eager"):
    ...     torch.ones(1) * 2
    tensor([2.])
    """

    _now = "default"
    """What was said last, in the process."""

    def __init__(
        self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend: Any = None
    ) -> None:
        self.stance = stance
        self._before = set_stance._now
        set_stance._now = stance

    def __enter__(self) -> None:
        set_stance._now = self.stance

    def __exit__(self, *exception: object) -> None:
        set_stance._now = self._before

    def __call__(self, fn: Any) -> Any:
        set_stance._now = self._before

        @wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            with set_stance(self.stance):
                return fn(*args, **kwargs)

        return call


def list_backends(exclude_tags: Any = ()) -> list[str]:
    """What can compile: XLA, under the name of PyTorch's default."""
    return ["inductor"]


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
