"""Which tensors a function uses besides its arguments, and how tensors are lent to a trace.

A compiled function may read and write any tensor that it can reach: parameters, buffers, the state of an optimizer. Ops
tell the :class:`Capture` in force of each tensor that they meet; one that was there before the function began, and is no
argument, is captured.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.alive import alive
from ..core.node import AccumulateGrad
from ..core.value import Lifted, Parked, TensorBase, device_of, meta_of, writable
from ..core.version import COUNTER
from ..core.views import current_array, current_node
from ..core.xla_level import XlaArray

if TYPE_CHECKING:
    from .feeds import Settings


def all_tensors() -> dict[int, Any]:
    """All tensors that there are, by id."""
    return {id(tensor): tensor for tensor in alive(TensorBase)}


class Capture:
    """What ops met while a function ran."""

    def __init__(self, lent: list[Any], settings: Settings | None = None, in_body: bool = False) -> None:
        self.known = all_tensors()
        """One that is met later, and is not among them, was made by the function."""
        self.lent = {id(tensor) for tensor in lent}
        self.used: set[int] = set()
        """Ids of those among them that are met."""
        self.found: list[Any] = []
        self.loans: list[Loan] = []
        """Of a trace: those that were found, as they were."""
        self.settings = settings
        """Of a trace: the settings of optimizers."""
        self.in_body = in_body
        """Whether the function is the body of a loop or a branch. Of these, tensors that are lent to the trace outside are
        captured, too."""
        self.ops = 0

    def met(self, args: tuple[Any, ...]) -> None:
        """An op is about to compute on ``args``."""
        self.ops += 1
        for arg in args:
            if not isinstance(arg, TensorBase):
                continue
            if id(arg) in self.lent:
                self.used.add(id(arg))
            elif id(arg) in self.known:
                if is_lent(arg) and not self.in_body:
                    continue  # somebody lends it already
                self.lent.add(id(arg))
                self.found.append(arg)
                if self.settings is not None:  # whatever happens to it from here on happens to a copy
                    self.loans.append(Loan(arg, copied(arg)))

    def settings_of(self, optimizer: Any) -> AbstractContextManager[None]:
        """The ``step`` of an optimizer is about to run."""
        if self.in_body:
            raise RuntimeError(
                "compile: an optimizer cannot step in the body of cond, scan or while_loop. Carry what it updates instead."
            )
        return nullcontext() if self.settings is None else self.settings.lent(optimizer)


def is_lent(tensor: Any) -> bool:
    """Whether a tensor has a value of a trace, or of a transform, for the time being."""
    array = tensor._array
    return array.is_lent if isinstance(array, XlaArray) else isinstance(array, Lifted) and type(array) is not Parked


def copied(tensor: Any) -> Any:
    """The value of a tensor, for a trace to change: what is XLA's cannot change."""
    array = current_array(tensor)
    return array.value if isinstance(array, XlaArray) else np.array(writable(tensor))


class Loan:
    """A tensor that stands for an input of the program while that is traced, and what it was before."""

    __slots__ = ("array", "cell", "grad", "is_leaf", "lent", "node", "tensor", "version", "view", "writer")

    def __init__(self, tensor: Any, value: Any) -> None:
        self.tensor = tensor
        self.array = tensor._array
        self.node = current_node(tensor)
        self.is_leaf = self.node is None or type(self.node) is AccumulateGrad
        self.view = tensor._view
        self.cell = tensor._cell
        if self.cell is not None:
            self.version, self.writer = COUNTER.__get__(self.cell), self.cell.writer
        self.grad = None if tensor._meta_slot is None else tensor._meta_slot.grad
        self.lent = tensor._array = XlaArray(value, device_of(self.array))
        tensor._view = None
        if not self.is_leaf:  # the graph that it comes from is no part of the program
            tensor._node = AccumulateGrad.of(tensor)

    @property
    def is_written(self) -> bool:
        return self.tensor._array is not self.lent

    @property
    def writes(self) -> int:
        """How often it was written to, as its version counts."""
        count = 0 if self.tensor._cell is None else COUNTER.__get__(self.tensor._cell)
        return count - (0 if self.cell is None else self.version)

    def end(self) -> None:
        """The tensor as it was."""
        tensor = self.tensor
        tensor._array, tensor._node, tensor._view, tensor._cell = self.array, self.node, self.view, self.cell
        if self.cell is not None:
            COUNTER.__set__(self.cell, self.version)
            self.cell.writer = self.writer
        if tensor._meta_slot is not None or self.grad is not None:
            meta_of(tensor).grad = self.grad


@contextmanager
def standing_in(tensors: list[Any], values: list[Any], owners: list[Any], grads: list[Any]) -> Iterator[None]:
    """``tensors`` are ``values`` inside: their arrays, their places in the graph; and ``owners`` have ``grads``."""
    before = [(t._array, t._node, t._view, t._cell) for t in tensors]
    grads_before = [meta_of(owner).grad for owner in owners]
    try:
        for tensor, value in zip(tensors, values, strict=True):
            tensor._array, tensor._node, tensor._view, tensor._cell = value._array, value._node, None, value._cell
        for owner, grad in zip(owners, grads, strict=True):
            meta_of(owner).grad = grad
        yield
    finally:
        for tensor, old in zip(tensors, before, strict=True):
            tensor._array, tensor._node, tensor._view, tensor._cell = old
        for owner, grad in zip(owners, grads_before, strict=True):
            meta_of(owner).grad = grad


def refuse_kept(known: dict[int, Any]) -> None:
    """Raise where tensors of a trace that is over are still in somebody's hands: they have no values, and never will."""
    kept = still_traced(known)
    if kept:  # or only in a cycle that nobody refers to
        gc.collect()
        kept = still_traced(known)
    if not kept:
        return
    names = [
        repr(name) for holder in gc.get_referrers(kept[0]) if isinstance(holder, dict) for name, value in holder.items()
        if value is kept[0] and isinstance(name, str)
    ]  # fmt: skip
    where = f" as {names[0]}" if names else ""
    raise RuntimeError(
        f"compile: the function keeps a tensor that it makes, of shape {list(kept[0]._array.shape)}{where}, beyond the call. A "
        "program would not make it again in each call. Return it, or write into a tensor that is there before: copy_()."
    )


def still_traced(known: dict[int, Any]) -> list[Any]:
    from jax.core import Tracer

    return [
        tensor
        for at, tensor in all_tensors().items()
        if at not in known and isinstance(tensor._array, XlaArray) and isinstance(tensor._array.value, Tracer)
    ]
