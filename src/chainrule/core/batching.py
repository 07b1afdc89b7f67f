"""Batching: one call of an op on operands that carry a batch axis, read off the op's record.

With the batch axis in front and the op's own axes counted from the end, most ops need no more than the same call: an
element-wise op, or a product of matrices, on operands whose ranks are made equal behind the batch axis; a linear op or
a view as it is. An op that needs more says so in its record (``batch=``), by a rule whose parameter names are its
contract:

=============  =====================================================================================
``x``          the operand of that name, batch axis first; one without a batch is broadcast to have it
``axis``       a static parameter of the op
``run``        the op itself: ``run(x, shape=...)``, parameters as in this call unless given
``size``       the length of the batch axis
``xp``         the namespace
``call``       the whole :class:`Call`, for what the others do not tell
=============  =====================================================================================

The rule returns the output, or the tuple of outputs, with the batch axis first. An op of kind ``general`` without a
rule runs once for each element of the batch, and warns. (:func:`same_call` is the rule of those that need none.)
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .dispatch import promote
from .forward import Arrays, evaluate, raw
from .op import Op, Rule, parameter_names


def batch(op: Any, arrays: Arrays, in_axes: tuple[int | None, ...], params: dict[str, Any], xp: Any) -> Any:
    """``op`` on each element of a batch: its output, or outputs, with the batch axis first.

    ``in_axes`` says where each operand has its batch axis (None: the same operand for all elements); at least one has.
    """
    op = getattr(op, "op", op)
    call = Call(op, arrays, in_axes, params, xp)
    rule = op.batch or KINDS.get(op.kind, one_by_one)
    return call.by_name(rule)


class Call:
    """One call of an op on a batch."""

    __slots__ = ("arrays", "batched", "op", "params", "size", "xp")

    def __init__(
        self, op: Op, arrays: Arrays, in_axes: tuple[int | None, ...], params: dict[str, Any], xp: Any
    ) -> None:
        self.op = op
        self.params = params
        self.xp = xp
        self.batched = tuple(axis is not None for axis in in_axes)
        fronted = tuple(
            [a if axis in (None, 0) else xp.moveaxis(a, axis, 0) for a, axis in zip(arrays, in_axes, strict=True)]
        )
        sizes = {a.shape[0] for a, has in zip(fronted, self.batched, strict=True) if has}
        if len(sizes) != 1:
            have = sorted(sizes) or "none"
            raise ValueError(f"op {op.name}: the batch axes of its operands must have one length, but have {have}")
        (self.size,) = sizes
        self.arrays = fronted if op.promotion is None else self.promoted(fronted)

    def promoted(self, arrays: Arrays) -> Arrays:
        """The operands in the dtypes that those of one element of the batch take: the batch axis is no dimension there."""
        if len({raw(a).dtype for a in arrays if hasattr(a, "dtype")}) == 1:
            return arrays
        of_one = [
            np.zeros([1] * (len(a.shape) - has), raw(a).dtype) if hasattr(a, "dtype") else a
            for a, has in zip(arrays, self.batched, strict=True)
        ]
        return tuple(
            self.xp.astype(a, one.dtype) if hasattr(a, "dtype") and raw(a).dtype != one.dtype else a
            for a, one in zip(arrays, promote(self.op, of_one), strict=True)
        )

    def run(self, *arrays: Any, **changes: Any) -> Any:
        return evaluate(self.op, arrays, {**self.params, **changes}, self.xp)

    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each operand without the batch axis."""
        return [getattr(a, "shape", ())[has:] for a, has in zip(self.arrays, self.batched, strict=True)]

    def stretched(self) -> Arrays:
        """The operands, each with the batch axis."""
        return tuple(
            self.xp.broadcast_to(a, (self.size, *a.shape)) if not has and hasattr(a, "shape") else a
            for a, has in zip(self.arrays, self.batched, strict=True)
        )

    def by_name(self, rule: Rule) -> Any:
        """Call a rule with what its parameter names ask for."""
        names, op = parameter_names(rule), self.op
        if names == ("call",):
            return rule(self)
        values = {**self.params, "call": self, "run": self.run, "size": self.size, "xp": self.xp}
        if not set(op.args).isdisjoint(names):
            arrays = self.stretched()
            values |= zip(op.args, arrays, strict=False)
            if op.variadic:
                values[op.args[-1]] = arrays[len(op.args) - 1 :]
        return rule(**{name: values[name] for name in names})


def same_call(call: Call) -> Any:
    """Linear ops and views, whose parameters count axes from the end: every operand with the batch axis."""
    arrays = call.stretched() if len(call.arrays) > 1 else call.arrays
    if "axis" in call.params and call.shapes() == [()]:
        # What counts as the last axis of a 0-d element is not the batch axis, but an axis of length 1.
        out = call.run(call.xp.reshape(arrays[0], (call.size, 1)))
        outs = (out,) if call.op.outputs is None else out
        if all(len(one.shape) <= 2 for one in outs):
            outs = tuple(call.xp.reshape(one, (call.size,)) for one in outs)
            return outs[0] if call.op.outputs is None else outs
        # The axis is a new one, of the result.
    return call.run(*arrays)


def aligned(call: Call) -> Any:
    """Ops that broadcast: ranks are made equal behind the batch axis."""
    shapes = call.shapes()
    if len(shapes) == 1:
        return same_call(call)
    rank = max(len(shape) for shape in shapes)
    return call.run(
        *[
            call.xp.reshape(a, (call.size, *[1] * (rank - len(shape)), *shape)) if has and len(shape) < rank else a
            for a, has, shape in zip(call.arrays, call.batched, shapes, strict=True)
        ]
    )


def one_by_one(call: Call) -> Any:
    """One element of the batch after the other."""
    name = call.op.name
    if not call.size:
        raise RuntimeError(f"op {name} has no batching rule, and cannot run on a batch of size 0")
    warnings.warn(
        f"There is a performance drop because op {name} has no batching rule: it runs once for each of the {call.size} "
        "elements of the batch.",
        stacklevel=4,
    )
    pairs = list(zip(call.arrays, call.batched, strict=True))
    results = [call.run(*[a[at] if has else a for a, has in pairs]) for at in range(call.size)]
    columns = [results] if call.op.outputs is None else list(zip(*results, strict=True))
    if any(one.shape != column[0].shape for column in columns for one in column):
        refused(call)
    stacks = tuple(call.xp.stack(list(column), axis=-1 - len(column[0].shape)) for column in columns)
    return stacks[0] if call.op.outputs is None else stacks


def refused(call: Call) -> Any:
    """Ops whose result has a shape that depends on values."""
    raise RuntimeError(
        "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over "
        f"{call.op.name}, whose result has a shape that depends on values, and so may differ from one of the {call.size} elements "
        "of the batch to another. Use a form whose result has the same shape for all values: torch.where, a mask, a sum."
    )


KINDS: dict[str, Rule] = {
    "elementwise": aligned,
    "multilinear": aligned,
    "step": aligned,
    "linear": same_call,
    "view": same_call,
}
