"""The end of a reverse pass: what it found reaches the ``.grad`` of tensors, all or nothing."""

from __future__ import annotations

import os
from collections import deque
from operator import add
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from ..quiet import summed
from .hook_results import check_many
from .node import AccumulateGrad, Node
from .origin import caller
from .value import Meta, TensorBase, faced, meta_of, writable
from .version import bump

if TYPE_CHECKING:
    from .engine import Pass


class _Turn:
    """Backwards of several threads add to the ``.grad`` of a leaf one after the other: each reads it and writes the sum."""

    lock = RLock()

    @classmethod
    def forget(cls) -> None:
        """In a child process, where the thread does not live whose turn it was."""
        cls.lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Turn.forget)


def deliver(run: Pass, pairs: list[list[Any]]) -> None:
    """Add what was found to the ``.grad`` of tensors (``pairs`` of tensor and cotangent, and the leaves'), all or nothing."""
    watched = [(n, n.extra.hooks, g) for n, g in run.leaves.items() if n.extra is not None and n.extra.hooks]
    while run.leaves:
        node, g = run.leaves.popitem()
        tensor = delivered_to(node)
        if tensor is not None:
            pairs.append([tensor, g])
        del g
    pairs.reverse()
    tensors = [tensor for tensor, _ in pairs]
    with _Turn.lock:
        add_to_grads(run, pairs)
    for node, leaf_hooks, g in watched:
        for hook in list(leaf_hooks.values()):
            if (result := run.inside(hook, (), (run.outward(g),))) is not None:
                check_many(result, (), node)
    for tensor in tensors:
        hooks = tensor._meta_slot.post_hooks
        if hooks:
            for hook in list(hooks.values()):
                if (result := run.inside(hook, tensor)) is not None and result is not tensor:
                    said = f"Tensor post accumulate grad hooks should return None, but one returned a {type(result).__name__}"
                    raise RuntimeError(said) if isinstance(result, TensorBase) else TypeError(said)


def add_to_grads(run: Pass, pairs: list[list[Any]]) -> None:
    """Compute all sums, then write them."""
    metas, replaced, replacements, buffers, sums = [], [], [], [], []
    for pair in pairs:
        tensor, g = pair[0], pair.pop()
        meta = meta_of(tensor)
        metas.append(meta)
        old = meta.grad
        if old is None:
            replaced.append(meta)
            replacements.append(run.first_grad(g, tensor))
            continue
        if run.tensors or type(writable(old)) is not np.ndarray:
            replaced.append(meta)
            replacements.append(total := faced(run.inside(add, old, run.outward(g))))
        else:
            buffers.append(old)
            if is_rewritten(old, meta):
                meta.count = 0
            total = summed(old._array, writable(run.outward(g)))
            sums.append(total)
        if run.watch is not None:
            run.watch(tensor._node or meta.accumulator, [old, g], (total,))
    if buffers:
        place = caller()
        for old in buffers:
            bump(old, place)
    # map() over C functions: no bytecode runs in between, hence no signal handler either.
    drain = deque[Any](maxlen=0).extend
    drain(map(set_grad, replaced, replacements))
    drain(map(np.copyto, [old._array for old in buffers], sums))
    for meta in metas:
        meta.backward = run.ran
        meta.count += 1


def is_rewritten(gradient: Any, meta: Meta) -> bool:
    """Whether somebody else than a backward was the last to write to a gradient in place: to make it zero, mostly."""
    ran, writer = meta.backward, None if gradient._cell is None else gradient._cell.writer
    return writer is not None and ran is not None and (writer[0] is not ran.code or writer[1] != ran.lasti)


set_grad = vars(Meta)["grad"].__set__


def delivered_to(node: Node) -> Any:
    """The tensor whose ``.grad`` gets the node's cotangent: a leaf, or one that retains it.

    None if nobody holds it, and if it is a leaf that has been frozen (``requires_grad = False``) after the forward.
    """
    if isinstance(node, AccumulateGrad):
        leaf = node.ref()
        return None if leaf is None or leaf._node is None else leaf
    retained = None if node.extra is None else node.extra.retained
    return None if retained is None else retained()
