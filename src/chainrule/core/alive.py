"""The objects of a class that are alive in the process, as the garbage collector knows them."""

from __future__ import annotations

import gc
import sys
from contextvars import copy_context
from inspect import CO_OPTIMIZED
from itertools import chain
from sys import getrefcount
from types import FrameType
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

UNASKED = 3
"""The references to a frame's variables if the program has no ``locals()`` of its own: the frame's, a name's, an argument's."""


def alive(kind: type[T]) -> list[T]:
    """All instances, those of the youngest generation of the collector first, and the youngest of each first.

    Last come those that ``gc.freeze()`` has hidden.
    """
    # An object refers to its class. gc.get_objects() has more than is asked for, among it the tuples that other threads
    # are in the middle of making: ``tuple(generator)`` raises a SystemError where anybody else has the tuple when it is filled.
    # And not by isinstance: it would ask strangers for their __class__, which may run code of theirs.
    shown = [thing for thing in gc.get_referrers(*kinds(kind)) if issubclass(type(thing), kind)]
    young, younger = [set(map(id, chain.from_iterable(map(gc.get_objects, [age])))) for age in (1, 0)]
    shown.reverse()
    shown.sort(key=lambda thing: 0 if id(thing) in younger else 1 if id(thing) in young else 2)
    return shown + hidden(kind, shown) if gc.get_freeze_count() else shown


def kinds(kind: type) -> set[type]:
    """A class and all that are derived from it."""
    return {kind}.union(*map(kinds, type.__subclasses__(kind)))


def hidden(kind: type[T], shown: list[T]) -> list[T]:
    """Those that the collector was told to leave alone: it does not show them, and to thaw them would undo what it was told.

    So they are sought where all that is alive is held: by modules, frames and contexts, and by what the collector shows.
    """
    mine = sys._getframe()
    front: list[Any] = [sys.modules, copy_context(), *gc.get_objects()]
    seen = {id(shown), *map(id, front)}
    for frame in sys._current_frames().values():
        add_variables(front, frame if frame is not mine else mine.f_back)
    del mine, frame
    found: list[T] = []
    while front:
        reached = gc.get_referents(*front)
        for thing in front:
            if type(thing) is np.ndarray:  # which the collector does not look into
                reached.extend(thing.ravel().tolist())
        front.clear()  # and not let go: what the collector shows may be this list
        for thing in reached:
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if gc.is_tracked(thing):
                front.append(thing)
                if issubclass(type(thing), kind):
                    found.append(thing)
            elif type(thing) is np.ndarray and thing.dtype.hasobject:
                front.append(thing)
    return found


def add_variables(front: list[Any], frame: FrameType | None) -> None:
    """A frame that runs is not looked into either, so add what its variables, and its callers', are."""
    while frame is not None:
        variables = frame.f_locals
        front += variables.values()
        if frame.f_code.co_flags & CO_OPTIMIZED and type(variables) is dict and getrefcount(variables) == UNASKED:
            variables.clear()  # they were collected for this question, and would keep what the program lets go
        frame = frame.f_back
