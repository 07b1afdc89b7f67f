"""What autograd knows of an operation: one static record each.

A record holds the forward function, one derivative formula per differentiable operand, and a *kind*. All forms of
execution are read off it: eager, recorded backward of any order, forward mode, batching.

The parameter names of a rule are its contract. They are read once, from ``__code__``:

========================  ==========================================================================
``g``                     the cotangent of the output (a tuple, None where absent, for several outputs)
``x``                     the operand of that name: the node keeps its array
``x_shape``, ``x_dtype``  its metadata only
``out``                   the output (or the name of one of several): the node keeps its array
``axis``                  a static parameter of the op
``xp``                    the namespace to compute in: raw arrays, or recorded tensors
``need``                  in a rule for all operands: which cotangents are wanted
========================  ==========================================================================

An operand with a default, ``x=None``, is one that the rule can do without: it gets None when the operand has been
overwritten since, or is not at hand, and ``_saved_...`` and saved-tensor hooks know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from ..backend import forward_for, numpy as numpy_namespace
from ..backend.shape_numpy import keeping_channels_last
from ..promotion import is_half
from .modes import set_modes
from .node import Node
from .value import new_tensor

Rule = Callable[..., Any]

OPTIONS = frozenset(
    {
        "forward",
        "node",
        "promotion",
        "domain",
        "outputs",
        "jvp",
        "batch",
        "all",
        "saved_names",
        "differentiable",
        "fused",
        "inplace_node",
        "layout",
        "mixed",
        "whole",
    }
)
ARRAY_WIDTH = 3  # an array is laid out as value, cell, version
IDENTITY, GENERAL = -1, -2  # see shortcut()
WRITTEN = __file__ + ":rule"  # where code that is written here is from: chainrule, so that no origin of a node is in it
OPERAND, OUTPUT, ABSENT, OF_OPERAND, MANY, OF_MANY = range(6)  # see Op.layout

OPS: dict[str, Op] = {}
"""All ops, by name."""

recorded_namespace: Any = None


def set_recorded_namespace(namespace: Any) -> None:
    """Called once by ``ops``: the namespace in which rules compute when the backward itself is recorded."""
    global recorded_namespace
    recorded_namespace = namespace


class Op:
    """The record of one operation."""

    __slots__ = (
        "all_rule",
        "apply",
        "args",
        "batch",
        "bound",
        "differentiable",
        "domain",
        "fields",
        "forward",
        "fused",
        "inplace_class",
        "inplace_node",
        "jvp",
        "kind",
        "layouts",
        "mixed",
        "name",
        "node_class",
        "node_name",
        "offsets",
        "outputs",
        "params",
        "promotion",
        "raw",
        "rules",
        "saved_names",
        "spare",
        "variadic",
        "whole",
    )

    name: str
    args: tuple[str, ...]
    """Names of the array operands; the last one takes any number when ``variadic``."""
    params: tuple[str, ...]
    """Names of the static, keyword-only parameters."""
    variadic: bool
    kind: str
    forward: Callable[..., Any] | None
    """(xp, *arrays, **params) -> array; None: the namespace's function of the op's name."""
    raw: Callable[..., Any]
    """The forward on NumPy arrays."""
    mixed: Callable[..., Any] | None
    """(raw, operands as given, operands promoted, **params) -> output: asked in place of ``raw`` where operands may differ
    in dtype or be numbers."""
    rules: dict[str, Rule]
    all_rule: Rule | None
    """One rule for all operands, for those that share work; also the rule of a variadic op."""
    jvp: Rule | None
    batch: Rule | None
    outputs: tuple[str, ...] | None
    """Names of the outputs of an op that returns a tuple; empty when their number depends on the parameters."""
    promotion: str | None
    """How mixed operands are brought to one dtype: "common", "float" (integers become the default float), "values"
    (common, but for the first operand, a condition), None."""
    domain: str
    """The NumPy dtype kinds that it accepts after promotion."""
    fused: bool
    """Whether PyTorch computes a whole rule in one kernel, so that half precision is rounded once."""
    whole: bool
    """Whether the rules are kernels that work block by block themselves."""
    differentiable: tuple[bool, ...] | None
    """For several outputs: which of them carry a gradient."""
    fields: tuple[str, ...]
    """What the rules may ask a node to keep, in the order in which ``node.saved`` lays it out."""
    spare: frozenset[str]
    """The fields that the rules can do without."""
    offsets: dict[str, int]
    layouts: dict[tuple[bool, ...], tuple[tuple[int, int, str], ...]]
    """need -> what :meth:`layout` says of it."""
    node_name: str
    node_class: type[Node] | None
    inplace_node: str
    """The name of the node of the in-place form, where PyTorch has one of its own."""
    inplace_class: type[Node] | None
    bound: tuple[Callable[..., Any], ...] | None
    saved_names: dict[str, str]
    """Where PyTorch's name for a saved value differs from what ``torch_names`` makes of ours."""
    apply: Callable[..., Any]
    """What callers call; made by ``core.dispatch``."""

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def rule_uses(self, name: str) -> tuple[str, ...]:
        rule = self.rules.get(name)
        return parameter_names(rule) if rule is not None else ()

    def plan(self, need: tuple[bool, ...]) -> tuple[str, ...]:
        """The fields that a node must keep when the operands ``need`` require grad."""
        used: set[str] = set()
        if self.all_rule is not None:
            used.update(parameter_names(self.all_rule))
        for name, needed in zip(self.args, need, strict=False):
            if needed:
                used.update(self.rule_uses(name))
        return tuple(f for f in self.fields if f in used)

    def layout(self, need: tuple[bool, ...]) -> tuple[tuple[int, int, str], ...]:
        """What is saved for each field, in order: (one of the codes above, which operand or output, which of its attributes).

        Nothing at all, if no field must be kept.
        """
        found = self.layouts.get(need)
        if found is None:
            plan = self.plan(need)
            found = self.layouts[need] = tuple([self._kept(field, field in plan) for field in self.fields if plan])
        return found

    def _kept(self, field: str, is_kept: bool) -> tuple[int, int, str]:
        if self.variadic and field == self.args[-1]:
            return MANY, len(self.args) - 1, ""
        outputs = self.outputs or ("out",)
        if field in self.args or field in outputs:
            code, names = (OPERAND, self.args) if field in self.args else (OUTPUT, outputs)
            return code if is_kept else ABSENT, names.index(field), ""
        name, _, what = field.rpartition("_")
        of_many = self.variadic and name == self.args[-1]
        return OF_MANY if of_many else OF_OPERAND, self.args.index(name), what

    def make_node_class(self) -> type[Node]:
        """The node class of the op, made when the op is first recorded: one, whichever path recorded it."""
        if self.node_class is not None:
            return self.node_class
        fields: dict[str, Any] = {"__slots__": ("params",) if self.params else (), "op": self, "__module__": "torch"}
        if self.all_rule is None:
            fields["pulls"] = tuple(shortcut(self, name) for name in self.args)
        else:
            fields["pull_all"] = staticmethod(bind(self, None))
            fields["cotangents"] = _cotangents
        names = torch_names(self)
        for field in (*[f for f in self.fields if f not in self.spare], *self.params):
            fields["_saved_" + names.get(field, field)] = property(_SavedField(self, field))
        fields["array_fields"] = tuple(
            at for field, at in self.offsets.items() if field in self.args or is_array_field(self, field)
        )
        namespace, _, name = self.node_name.rpartition("::")
        if namespace:
            fields["full_name"] = self.node_name
        cls: type[Node] = type(name, (Node,), fields)
        self.node_class = cls
        return cls

    def make_inplace_class(self) -> type[Node]:
        """The node class of the in-place form: the same under another name."""
        if self.inplace_class is None:
            self.inplace_class = type(
                self.inplace_node, (self.make_node_class(),), {"__slots__": (), "__module__": "torch"}
            )
        return self.inplace_class

    def bound_rules(self) -> tuple[Callable[..., Any], ...]:
        """The rule of each operand in its general form; see :func:`bind`."""
        if self.bound is None:
            self.bound = tuple(bind(self, name) for name in self.args)
        return self.bound


class _SavedField:
    """The getter of ``node._saved_<name>``: a saved array as a tensor, anything else as it is."""

    def __init__(self, op: Op, field: str) -> None:
        self.op = op
        self.field = field

    def __call__(self, node: Node) -> Any:
        from .saved import saved_field

        return saved_field(node, self.field)


def _cotangents(node: Any, g: Any, need: tuple[bool, ...], tensors: bool) -> Any:
    from .saved import unpacked

    xp = recorded_namespace if tensors else numpy_namespace
    return node.pull_all(xp, g, unpacked(node, tensors), node, need)


def parameter_names(function: Any) -> tuple[str, ...]:
    """The names of all parameters of a plain function."""
    code: CodeType = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def shortcut(op: Op, name: str) -> tuple[Callable[..., Any] | None, int]:
    """A rule as the reverse pass calls it: (rule, where its saved array lies), or one of the two codes above.

    The commonest rules take the cotangent and at most one saved array; they are called without going through
    :func:`bind`, and ``lambda g: g`` not at all.
    """
    rule = op.rules.get(name)
    if rule is not None:
        names = parameter_names(rule)
        if names == ("g",) and rule.__code__.co_code == (lambda g: g).__code__.co_code:
            return None, IDENTITY
        saved = names[1] if len(names) == 2 and names[0] == "g" and is_exact_in_halves(op, rule) else ""
        if (
            saved in op.offsets
            and saved not in op.spare
            and is_array_field(op, saved)
            and not (op.variadic and saved == op.args[-1])
        ):
            return _renamed(rule, f"{op.name}_vjp_{name}"), op.offsets[saved]
    return op.bound_rules()[op.args.index(name)], GENERAL


def is_exact_in_halves(op: Op, rule: Rule) -> bool:
    """Whether a rule gives the same on arrays of half precision as op by op: there are no numbers to be rounded."""
    code = rule.__code__
    return not (op.fused or code.co_names or any(isinstance(number, float) for number in code.co_consts))


def bind(op: Op, name: str | None) -> Callable[..., Any]:
    """A rule as a function of (xp, g, saved, node[, need]) that hands it what its parameter names ask for.

    Written as source once per rule, so that the reverse pass loops over nothing. Each saved array is checked against
    its version where it is used. In half precision, what a rule computes is rounded where PyTorch rounds it: after each
    op, which is how the ops of the recorded namespace compute, or at the end (``op.fused``; the engine does that).
    """
    rule = op.all_rule if name is None else op.rules.get(name)
    if rule is None:
        return _missing_rule(op, name)
    direct = {"g": "g", "xp": "xp", "need": "need", "out_shape": "node.shape", "out_dtype": "node.dtype"}
    checks: list[str] = []
    values: list[str] = []
    arrays = set()
    for parameter in parameter_names(rule):
        if parameter == "g" or parameter in (*op.args, *(op.outputs or ("out",))):
            arrays.add(len(values))
        if parameter in direct:
            values.append(direct[parameter])
        elif op.variadic and parameter == op.args[-1]:
            values.append(f"many(s[{op.offsets[parameter]}], node)")
        elif parameter in op.offsets:
            at = op.offsets[parameter]
            if parameter in op.spare:
                values.append(f"s[{at}] if s[{at + 1}] is None or s[{at + 1}].version == s[{at + 2}] else None")
                continue
            values.append(f"s[{at}]")
            if is_array_field(op, parameter):
                checks.append(f"s[{at + 1}] is not None and s[{at + 1}].version != s[{at + 2}]")
        elif parameter in op.params:
            values.append(f"node.params[{parameter!r}]")
        else:
            raise TypeError(
                f"op {op.name}: the rule of {name} asks for '{parameter}', which is no operand or parameter"
            )
    arguments = "xp, g, s, node" + (", need" if name is None else "")
    call = f"rule({', '.join(values)})"
    asks_shape = any(asked.endswith("_shape") for asked in parameter_names(rule))
    if op.kind == "elementwise" and name and not (op.whole or asks_shape):
        call = f"raw.elementwise(rule, {', '.join(values)}) if xp is raw and g.size >= large else {call}"
    exact = [f"exact(xp, {value})" if at in arrays else value for at, value in enumerate(values)]
    half = "is_half(g.dtype)" if op.outputs is None else "has_half(g)"
    if op.fused:
        call = f"rule({', '.join(exact)}) if {half} else {call}"
    else:
        exact = ["recorded()" if value == "xp" else value for value in exact]
        call = f"rounded(rule, {', '.join(exact)}) if {half} and xp is raw else {call}"
    body = f"stale(node) if {' or '.join(checks)} else {call}" if checks else call
    label = f"{op.name}_vjp_{name or 'all'}"
    rule = _renamed(rule, label)
    scope = {"rule": rule, "stale": _stale, "many": _many, "raw": numpy_namespace, "large": LARGE}
    scope |= {"is_half": is_half, "has_half": has_half, "exact": _wide if op.fused else _as_tensors}
    scope |= {"rounded": _rounded_op_by_op, "recorded": lambda: recorded_namespace}
    return eval(compile(f"lambda {arguments}: {body}", WRITTEN, "eval"), scope)  # noqa: S307


def has_half(g: Any) -> bool:
    return any(one is not None and is_half(one.dtype) for one in g)


def each(function: Callable[[Any], Any], values: Any) -> Any:
    """A function of the arrays in tuples or lists, which may lack some."""
    if isinstance(values, (tuple, list)):
        return type(values)([each(function, value) for value in values])
    return function(values) if hasattr(values, "dtype") else values


def _wide(xp: Any, values: Any) -> Any:
    """Numbers of half precision in single precision."""
    return each(lambda x: xp.astype(x, SINGLE) if x.dtype.itemsize == 2 and is_inexact(x) else x, values)


def is_inexact(x: Any) -> bool:
    dtype = x.dtype
    return dtype.kind in "fV" if isinstance(dtype, np.dtype) else dtype.is_floating_point


SINGLE = np.dtype(np.float32)


def _as_tensors(xp: Any, values: Any) -> Any:
    return each(new_tensor, values)


def _rounded_op_by_op(rule: Rule, *values: Any) -> Any:
    """A rule on tensors, whose ops round each result: raw arrays would round the numbers in a formula, or nothing."""
    from .lifted import BELOW

    old = set_modes(BELOW)
    try:
        return each(lambda x: x._array, rule(*values))
    finally:
        set_modes(old)


LARGE = 1 << 17
"""Elements from which the formulas of an element-wise op are computed block by block."""


def by_blocks(xp: Any, formula: Callable[..., Any], *values: Any, **params: Any) -> Any:
    """``formula(xp, *values, **params)``, each element of which depends on those at its place: block by block, if that pays."""
    if xp is numpy_namespace and max(getattr(value, "size", 0) for value in values) >= LARGE:
        return numpy_namespace.elementwise(formula, xp, *values, **params)
    return formula(xp, *values, **params)


def by_items(xp: Any, function: Callable[..., Any], *arrays: Any, axes: int = 1) -> Any:
    """``function(xp, *arrays)``, results that each depend on one item: of some at a time, if that pays.

    Items lie along the first ``axes``.
    """
    if xp is numpy_namespace and arrays[0].size >= LARGE:
        return numpy_namespace.by_items(partial(function, xp), *arrays, axes=axes)
    return function(xp, *arrays)


def blockwise(raw: Callable[..., Any]) -> Callable[..., Any]:
    """A formula that is computed block by block where its arrays are large."""

    def forward(*arrays: Any, **params: Any) -> Any:
        if arrays[0].size >= LARGE:
            return numpy_namespace.elementwise(raw, *arrays, **params)
        return raw(*arrays, **params)

    return forward


def _stale(node: Node) -> Any:
    from .saved import stale_error

    raise stale_error(node)


def _many(saved: Any, node: Node) -> tuple[Any, ...]:
    """The arrays of a variadic operand, each checked against its version."""
    for _, cell, version in saved:
        if cell is not None and cell.version != version:
            _stale(node)
    return tuple(value for value, _, _ in saved)


def _missing_rule(op: Op, name: str | None) -> Callable[..., Any]:
    def missing(xp: Any, g: Any, s: Any, node: Node) -> Any:
        raise NotImplementedError(
            f"derivative for '{op.name}' with respect to '{name}' is not implemented: {op.name} was called at "
            f"{node.origin()}. Detach that operand if its gradient is not wanted."
        )

    return missing


def _renamed(function: Any, name: str) -> Any:
    """The same function under a name that tracebacks and profiles show."""
    if not isinstance(function, FunctionType) or function.__name__ != "<lambda>":
        return function
    code = function.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, function.__globals__, name, function.__defaults__, function.__closure__)


def is_array_field(op: Op, field: str) -> bool:
    if op.variadic and field == op.args[-1]:
        return False
    return field in op.args or field in (op.outputs or ("out",))


def declare(kind: str, signature: str | None, **spec: Any) -> Any:
    """Make the record of an op and return the function that callers call.

    ``signature`` is ``"name(x, y, *, axis)"``, or None to read it from the decorated forward function.
    """
    if signature is None:
        return lambda forward: _declare(kind, _signature_of(forward), dict(spec, forward=forward))
    return _declare(kind, _parse(signature), spec)


def _parse(signature: str) -> tuple[str, list[str], list[str], bool]:
    name, _, inside = signature.removesuffix(")").partition("(")
    operands, star, rest = inside.partition("*")
    if not star:
        return name, operands.split(", "), [], False
    args = operands.split(", ")[:-1]
    if rest.startswith(", "):
        return name, args, rest[2:].split(", "), False
    last, *params = rest.split(", ")
    return name, [*args, last], params, True


def _signature_of(forward: Any) -> tuple[str, list[str], list[str], bool]:
    code: CodeType = forward.__code__
    names = code.co_varnames
    args = list(names[1 : code.co_argcount])
    variadic = bool(code.co_flags & 0x04)
    end = code.co_argcount + code.co_kwonlyargcount
    params = list(names[code.co_argcount : end])
    if variadic:
        args.append(names[end])
    return forward.__name__.rstrip("_"), args, params, variadic


def _declare(kind: str, signature: tuple[str, list[str], list[str], bool], options: dict[str, Any]) -> Any:
    from .dispatch import make_apply

    op = Op()
    op.name, args, params, op.variadic = signature
    op.args, op.params, op.kind = tuple(args), tuple(params), kind
    op.rules = {arg: options.pop(arg) for arg in args if arg in options}
    unknown = options.keys() - OPTIONS
    if unknown:
        raise TypeError(
            f"op {op.name}: rules for {sorted(unknown)}, which are no operands of it ({', '.join(op.args)})"
        )
    if op.name in OPS:
        raise TypeError(f"op {op.name} is declared twice")
    op.all_rule = options.get("all")
    op.forward = options.get("forward")
    op.raw = forward_for(op, numpy_namespace)
    if kind == "elementwise" and op.forward is not None and "outputs" not in options:
        op.raw = blockwise(op.raw)
    if options.get("layout"):
        op.raw = keeping_channels_last(op.raw, options["layout"])
    op.mixed = options.get("mixed")
    op.jvp = options.get("jvp")
    op.batch = options.get("batch")
    outputs = options.get("outputs")
    op.outputs = () if outputs == "*" else tuple(outputs.split()) if outputs else None
    op.differentiable = options.get("differentiable")
    op.fused, op.whole = options.get("fused", False), options.get("whole", False)
    op.promotion = options.get("promotion", "common" if kind == "elementwise" else None)
    op.domain = options.get("domain", "biufcV")
    op.node_name = options.get("node") or _camel(op.name) + "Backward0"
    op.node_class = op.inplace_class = None
    op.inplace_node = options.get("inplace_node", "")
    op.bound = None
    op.saved_names = options.get("saved_names", {})
    op.layouts = {}
    _lay_out(op)
    OPS[op.name] = op
    op.apply = make_apply(op)
    return op.apply


def _lay_out(op: Op) -> None:
    rules = [*op.rules.values()] if op.all_rule is None else [op.all_rule, *op.rules.values()]
    used = {name for rule in rules for name in parameter_names(rule)}
    offsets: dict[str, int] = {}
    at = 0
    for name in (*op.args, *(op.outputs or ("out",))):
        if name in used:
            offsets[name] = at
            at += ARRAY_WIDTH if is_array_field(op, name) else 1
    for ending in ("_shape", "_dtype"):
        for arg in op.args:
            if (name := arg + ending) in used:
                offsets[name] = at
                at += 1
    op.offsets = offsets
    op.fields = tuple(offsets)
    op.spare = frozenset([name for rule in op.rules.values() if rule.__defaults__ for name in names_with_default(rule)])


def names_with_default(rule: Rule) -> tuple[str, ...]:
    code: CodeType = rule.__code__
    return code.co_varnames[code.co_argcount - len(rule.__defaults__ or ()) : code.co_argcount]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def torch_names(op: Op) -> dict[str, str]:
    """PyTorch's names for what a node saved: the operands self and other, the output result, axis dim, unless the op says."""
    names = dict(zip(op.args, ("self", "other"), strict=False))
    names |= {
        f"{ours}_{what}": f"{theirs}_{what}s" for ours, theirs in list(names.items()) for what in ("shape", "dtype")
    }
    names |= {f"{a}_shape": f"{names[a]}_sym_sizes" for a in op.args if a in names}
    return names | {"out": "result", "axis": "dim", "keepdims": "keepdim"} | op.saved_names


def elementwise(signature: str | None = None, **spec: Any) -> Any:
    """Each output element from the elements at its place: broadcasts and promotes. Rules serve forward mode as they are."""
    return declare("elementwise", signature, **spec)


def linear(signature: str | None = None, **spec: Any) -> Any:
    """Linear in all its operands together: the tangent is the op of the tangents."""
    return declare("linear", signature, **spec)


def multilinear(signature: str | None = None, **spec: Any) -> Any:
    """Linear in each operand: the tangent is the sum of the op with one operand replaced by its tangent."""
    return declare("multilinear", signature, **spec)


def view(signature: str | None = None, **spec: Any) -> Any:
    """Linear in one operand, and the output shares its memory."""
    return declare("view", signature, **spec)


def step(signature: str | None = None, **spec: Any) -> Any:
    """Zero derivative everywhere it has one (comparisons, rounding, argmax): never recorded."""
    return declare("step", signature, **spec)


def general(signature: str | None = None, **spec: Any) -> Any:
    """Anything else: forward mode is the vjp of the vjp unless ``jvp`` is given."""
    return declare("general", signature, **spec)
