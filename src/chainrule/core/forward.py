"""Forward mode: the tangent of an op's output from those of its operands, read off the op's record.

An element-wise rule multiplies by a derivative, place by place, so that it serves tangents as it serves cotangents. A
linear op maps tangents as it maps values, a multilinear one slot by slot. Of any other op the vjp is a linear function
of the cotangent, whose transpose is the jvp:

    y = f(x),    vjp: g -> J'g,    its own vjp: t -> Jt

So the rule is recorded on a cotangent of zeros, and the tangent pulled back through what was recorded. An op may say
better (``jvp=``): a rule by parameter names like any other, in which ``x_tangent`` is the tangent of the operand x.

A tangent is None where it is zero. No formula conjugates here either (see ``engine``), and a real output of a complex
operand takes the real part, as a real operand of a complex output does on the way back.
"""

from __future__ import annotations

from typing import Any

from . import op as op_module
from .dispatch import promote
from .engine import Pass, levels_at, needed_for, pass_modes, seq_of
from .lifted import BELOW_RECORDED
from .modes import get_modes, modes, set_modes
from .node import AccumulateGrad, Node
from .op import Op, Rule, parameter_names
from .recording import carries_gradient
from .value import TensorBase, new_tensor
from .views import current_node
from .xla_level import zeros_beside

Arrays = tuple[Any, ...]
"""Operands, tangents or outputs: raw arrays where ``xp`` is a backend's namespace, tensors where it is ``ops``."""


def jvp(op: Any, primals: Arrays, tangents: Arrays, params: dict[str, Any], xp: Any, out: Any = None) -> Any:
    """The tangent of ``op(*primals, **params)``, or one for each output, when the operands move along ``tangents``.

    ``out`` is the output, for callers that have it; with tensors it must be recorded if higher derivatives are wanted.
    """
    op = getattr(op, "op", op)
    several = op.outputs is not None
    if op.promotion is not None:
        primals = promoted(op, primals, xp)
    if out is None:
        out = evaluate(op, primals, params, xp)
    outs = out if several else (out,)
    if op.kind == "step" or all(t is None for t in tangents):
        return (None,) * len(outs) if several else None
    call = Call(op, primals, tangents, params, xp, outs)
    if op.jvp is not None:
        found = call.by_name(op.jvp)
    elif op.kind in ("linear", "view"):
        found = call.mapped()
    elif op.kind == "multilinear":
        found = call.slot_by_slot()
    elif op.kind == "elementwise" and op.all_rule is None and not several:
        found = call.fed_to_rules()
    else:
        found = call.pulled_back()
    placed = tuple(
        None if t is None or not carries_gradient(op, number, raw(y)) else lifted(xp, t, y.shape, raw(y).dtype)
        for number, (t, y) in enumerate(zip(found if several else (found,), outs, strict=True))
    )
    return placed if several else placed[0]


def evaluate(op: Op, arrays: Arrays, params: dict[str, Any], xp: Any) -> Any:
    """The op's output: recorded on tensors, plain on raw arrays."""
    if xp is op_module.recorded_namespace:
        return op.apply(*arrays, **params)
    return op.raw(*(arrays if op.promotion is None else promote(op, list(arrays))), **params)


def promoted(op: Op, arrays: Arrays, xp: Any) -> Arrays:
    """Operands in the dtype in which the op computes them: what its rules are written for."""
    targets = promote(op, [raw(a) for a in arrays])
    if xp is not op_module.recorded_namespace:
        return tuple(targets)
    return tuple(
        t if not isinstance(a, TensorBase) else a if a._array.dtype == t.dtype else xp.astype(a, t.dtype)
        for a, t in zip(arrays, targets, strict=True)
    )


def raw(x: Any) -> Any:
    """The raw array of a tensor; anything else as it is."""
    return x._array if isinstance(x, TensorBase) else x


def lifted(xp: Any, t: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """``t`` in the space of a value that it is a part of: broadcast, in its dtype, real if that is."""
    if t.shape != shape:
        t = xp.broadcast_to(t, shape)
    have = raw(t).dtype
    if have != dtype:
        if have.kind == "c" and dtype.kind != "c":
            t = xp.real(t)
        t = xp.astype(t, dtype)
    return t


class Call:
    """One call of an op with the tangents of its operands."""

    __slots__ = ("op", "outs", "params", "primals", "tangents", "xp")

    def __init__(
        self, op: Op, primals: Arrays, tangents: Arrays, params: dict[str, Any], xp: Any, outs: Arrays
    ) -> None:
        self.op = op
        self.primals = primals
        self.tangents = tangents
        self.params = params
        self.xp = xp
        self.outs = outs

    def by_name(self, rule: Rule, **given: Any) -> Any:
        """Call a rule with what its parameter names ask for."""
        values = {**self.params, "xp": self.xp, **given}
        return rule(**{name: values[name] if name in values else self.value(name) for name in parameter_names(rule)})

    def value(self, asked: str) -> Any:
        """What a rule gets for a parameter of that name: an operand, an output, or something about one."""
        op, outs = self.op, self.outs
        if asked in op.args:
            return self.operand(asked, self.primals)
        if op.outputs is not None and asked in op.outputs:
            return outs[op.outputs.index(asked)]
        if asked == "out":
            return outs[0]
        name, _, what = asked.rpartition("_")
        if what == "tangent":
            return self.operand(name, self.tangents)
        if name != "out":
            of = self.operand(name, self.primals)
        else:
            of = outs[0] if op.outputs is None else outs
        return tuple([about(x, what) for x in of]) if type(of) is tuple else about(of, what)

    def operand(self, name: str, values: Arrays) -> Any:
        """Of values, one an operand: that of the operand, or the tuple of those of a variadic one."""
        at = self.op.args.index(name)
        return values[at:] if self.op.variadic and at == len(self.op.args) - 1 else values[at]

    def names(self) -> list[str]:
        """The operand name of each primal: a variadic one stands for several."""
        names = self.op.args
        return [names[min(at, len(names) - 1)] for at in range(len(self.primals))]

    def mapped(self) -> Any:
        """A linear op: its value at the tangents. Operands that it is not linear in, indices and masks, stay."""
        at = []
        for name, x, t in zip(self.names(), self.primals, self.tangents, strict=True):
            if t is not None:
                at.append(t)
            elif name not in self.op.rules and (self.op.all_rule is None or not is_inexact(x)):
                at.append(x)
            else:
                at.append(self.xp.zeros_like(x) if hasattr(x, "dtype") else 0)
        return evaluate(self.op, tuple(at), self.params, self.xp)

    def slot_by_slot(self) -> Any:
        """A multilinear op: the sum of its values with one operand replaced by its tangent."""
        total = None
        for at, t in enumerate(self.tangents):
            if t is not None:
                term = evaluate(self.op, (*self.primals[:at], t, *self.primals[at + 1 :]), self.params, self.xp)
                total = term if total is None else total + term
        return total

    def fed_to_rules(self) -> Any:
        """An element-wise op: its rules, with tangents for cotangents."""
        total, shape = None, self.outs[0].shape
        for name, x, t in zip(self.op.args, self.primals, self.tangents, strict=True):
            if t is not None:
                term = self.by_name(self.rule(name), g=lifted(self.xp, t, shape, raw(x).dtype))
                total = term if total is None else total + term
        return total

    def rule(self, name: str) -> Rule:
        rule = self.op.rules.get(name)
        if rule is None:
            raise RuntimeError(
                f"derivative for '{self.op.name}' with respect to '{name}' is not implemented. Give that operand no "
                "tangent if its derivative is not wanted."
            )
        return rule

    def pulled_back(self) -> Any:
        """Any op: the vjp of its vjp."""
        recorded = self.xp is op_module.recorded_namespace
        seeds = [
            zero_leaf(y) if carries_gradient(self.op, number, raw(y)) else None for number, y in enumerate(self.outs)
        ]
        outside = set_modes(BELOW_RECORDED)
        try:
            results = self.vjp_of(seeds)
        finally:
            set_modes(outside)
        leaves = {s._node: s for s in seeds if s is not None}
        ends = [
            (current_node(h), lifted(self.xp, t, h.shape, h._array.dtype))
            for h, t in zip(results, self.tangents, strict=True)
            if h is not None and t is not None
        ]
        found = transposed([(node, t) for node, t in ends if node is not None], leaves, recorded)
        tangents = tuple(None if s is None else found.get(s._node) for s in seeds)
        return tangents if self.op.outputs is not None else tangents[0]

    def vjp_of(self, seeds: list[Any]) -> Any:
        """The recorded cotangents of the operands that have a tangent."""
        op, xp = self.op, op_module.recorded_namespace
        call = Call(op, as_tensors(self.primals), self.tangents, self.params, xp, as_tensors(self.outs))
        g = seeds[0] if op.outputs is None else seeds
        need = tuple(t is not None for t in self.tangents)
        if op.all_rule is not None:
            return call.by_name(op.all_rule, g=g, need=need)
        return [call.by_name(self.rule(name), g=g) if n else None for name, n in zip(call.names(), need, strict=True)]


def about(x: Any, what: str) -> Any:
    """The shape or the dtype of an operand, which may be a number."""
    return getattr(x, "shape", ()) if what == "shape" else getattr(raw(x), "dtype", None)


def is_inexact(x: Any) -> bool:
    return getattr(raw(x), "dtype", None) is not None and raw(x).dtype.kind not in "biu"


def as_tensors(arrays: Arrays) -> Arrays:
    return tuple(new_tensor(a) if hasattr(a, "dtype") and not isinstance(a, TensorBase) else a for a in arrays)


def zero_leaf(like: Any) -> Any:
    """A leaf of zeros where ``like`` is: cotangents that came to another device would leave its level."""
    leaf = new_tensor(zeros_beside(raw(like)))
    leaf._node = AccumulateGrad.of(leaf)
    return leaf


def transposed(ends: list[tuple[Node, Any]], leaves: dict[Node, Any], recorded: bool) -> dict[Node, Any]:
    """What arrives at the leaves from tangents put at the ends, through the nodes made since the leaves were."""
    start = min(leaf.seq for leaf in leaves)
    seen = {node for node, _ in ends}
    stack = list(seen)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent.seq >= start and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    order = sorted(seen, key=seq_of, reverse=True)
    needed = needed_for(leaves, reversed(order))
    run = Pass(recorded and modes().grad, recorded, leaves, order, {}, needed)
    run.levels = levels_at([node for node, _ in ends])
    outside = get_modes()
    set_modes(pass_modes(outside, run.recorded))
    try:
        for node, t in ends:
            run.add(node, t)
        run.run(order, needed, {})
    finally:
        set_modes(outside)
        run.context = None  # which refers to the pass
    return run.captured
