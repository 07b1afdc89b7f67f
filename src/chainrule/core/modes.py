"""The modes that change what an op does, kept per thread and per asyncio task.

The ordinary state (gradients recorded, nothing else going on) is ``None``, so the hot path of an op asks a single
question: ``get_modes() is None``. Everything unusual lives in one immutable ``Modes`` record.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

Hooks = tuple[Callable[[Any], Any], Callable[[Any], Any]]


class Modes:
    """One combination of modes. Never changed once made: ``replace`` gives another."""

    grad: bool
    """Whether ops on tensors that require grad are recorded."""
    forward: bool
    """Whether tangents follow through ops."""
    inference: bool
    """Whether new tensors are inference tensors: no version counter, never recorded."""
    hooks: tuple[Hooks, ...]
    """The stack of saved-tensor hooks; the last pair is in force."""
    hooks_refused: str | None
    """The message under which saved-tensor hooks are refused."""
    anomaly: bool
    """Whether nodes keep the whole forward traceback."""
    autocast: Any
    """Who brings the operands of ops to another dtype (``amp.autocast`` does), or None."""
    capture: Any
    """Whom ops tell of the operands that they meet (``compile`` asks), or None."""
    check_nan: bool
    """Whether a backward under anomaly mode stops at NaN."""
    clone_on_write: Any
    """The store of ``allow_mutation_on_saved_tensors``, or None."""
    draws: Any
    """Who is asked for random numbers (a vmap, a trace), or None: their generators."""
    keep_versions: bool
    """Whether in-place writes leave the version counters alone."""
    since: Any
    """(code, instruction) of the user's line that switched ``grad`` off; None where none did."""
    tape: Any
    """Who runs the calls of ops and of custom Functions, to note or check them (``check`` and ``guard`` do), or None. If it has the
    methods, it is told of each step of a backward (``stepped``) and of each write by the short way (``wrote``), and runs
    the hot path of a backward (``pull_back``), which tells of no steps."""
    unseen: frozenset[str]
    """The names of ops that the tape need not run, where nothing else is in force: they take their hot path. Other modes made of
    these begin without."""

    def replace(self, **changes: Any) -> Modes:
        new = Modes()
        values = new.__dict__
        values.update(self.__dict__)
        values["unseen"] = NONE
        values.update(changes)
        return new

    def is_ordinary(self) -> bool:
        return self.__dict__ == ORDINARY.__dict__


NONE: frozenset[str] = frozenset()
ORDINARY = Modes()
ORDINARY.grad = True
ORDINARY.forward = True
ORDINARY.inference = False
ORDINARY.hooks = ()
ORDINARY.hooks_refused = None
ORDINARY.anomaly = False
ORDINARY.autocast = None
ORDINARY.capture = None
ORDINARY.check_nan = True
ORDINARY.clone_on_write = None
ORDINARY.draws = None
ORDINARY.keep_versions = False
ORDINARY.since = None
ORDINARY.tape = None
ORDINARY.unseen = NONE

_current: ContextVar[Modes | None] = ContextVar("chainrule_modes", default=None)
get_modes, put_modes = _current.get, _current.set


def modes() -> Modes:
    """The modes in force, as a record even when they are ordinary."""
    return get_modes() or ORDINARY


def met(*tensors: Any) -> None:
    """Tell whoever asks (``Modes.capture``) that the values of tensors are used, other than by an op."""
    current = get_modes()
    if current is not None and current.capture is not None:
        current.capture.met(tensors)


def set_modes(new: Modes | None) -> Modes | None:
    """Put ``new`` in force; return what was."""
    old = get_modes()
    _current.set(new)
    return old


def change_modes(**changes: Any) -> Modes | None:
    """Put the current modes with ``changes`` in force; return what was."""
    new = modes().replace(**changes)
    return set_modes(None if new.is_ordinary() else new)


def is_grad_enabled() -> bool:
    """Whether ops on tensors that require grad are being recorded in this thread or task.

    >>> import chainrule as torch
    >>> torch.is_grad_enabled()
    True
    """
    current = get_modes()
    return current is None or current.grad


class changed_modes:  # noqa: N801 - reads as a statement: ``with changed_modes(grad=False):``
    """Context manager: ``changes`` are in force inside."""

    __slots__ = ("_changes", "_old")

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def __enter__(self) -> None:
        self._old = change_modes(**self._changes)

    def __exit__(self, *exc: object) -> None:
        set_modes(self._old)
