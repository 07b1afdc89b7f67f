"""How many floating-point operations a program takes: ``torch.utils.flop_counter``.

Products of matrices, convolutions and attention are counted, by the shapes of their operands, in the forward and in the backward;
a product of m x k and k x n is 2 m k n operations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import prod
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

from .. import ops
from ..core.custom import call
from ..core.dispatch import general
from ..core.lifted import levels_of
from ..core.modes import change_modes, changed_modes, set_modes
from ..core.node import edge_of
from ..core.value import TensorBase
from ..core.views import current_node
from ..library._operators import OpOverloadPacket
from ..nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from ._pytree import tree_leaves, tree_map

if TYPE_CHECKING:
    from ..core.custom import Function
    from ..core.node import Node
    from ..core.op import Op
    from ..nn.modules.module import Module

__all__ = ["FlopCounterMode", "register_flop_formula"]

Shape = Sequence[int]
Event = tuple[str, tuple[Any, ...], Any]
"""What runs: the name of PyTorch's operator, its arguments (shapes, where they are tensors), and the shape of its result."""

flop_registry: dict[Any, Callable[..., int]] = {}
"""PyTorch's operator -> how many operations a call is."""


def packet(name: str) -> OpOverloadPacket:
    """The operator of this name, by which counts are kept: one that PyTorch runs inside may have no function here."""
    return getattr(ops.aten, name, None) or INNER.setdefault(name, OpOverloadPacket("aten", name))


INNER: dict[str, OpOverloadPacket] = {}


def register_flop_formula(targets: Any, get_raw: bool = False) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Decorator: the operations that a call of an operator is.

    Args:
        targets: as ``torch.ops.namespace.name``, one or several.
        get_raw: whether the formula gets tensors, and the result as ``out_val``; else their shapes, and ``out_shape``.

    Raises:
        ValueError: no operator.
        RuntimeError: it has a formula.

    >>> import chainrule as torch
    >>> from chainrule.utils.flop_counter import FlopCounterMode, register_flop_formula
    >>> @torch.library.custom_op("example::square_sum", mutates_args=())
    ... def square_sum(x: torch.Tensor) -> torch.Tensor:
    ...     return (x * x).sum()
    >>> @register_flop_formula(torch.ops.example.square_sum)
    ... def _(x_shape, *args, out_shape=None, **kwargs):
    ...     return 2 * x_shape[0]
    >>> with FlopCounterMode(display=False) as counter:
    ...     y = square_sum(torch.ones(5))
    >>> counter.get_total_flops()
    10
    """

    def register(formula: Callable[..., int]) -> Callable[..., int]:
        formula = formula if get_raw else by_shapes(formula)
        for target in targets if isinstance(targets, (list, tuple)) else [targets]:
            if not isinstance(target, OpOverloadPacket):
                raise ValueError(
                    "register_flop_formula(targets): expected each target to be OpOverloadPacket (i.e. torch.ops.mylib.foo), got "
                    f"{target} which is of type {type(target)}"
                )
            if target in flop_registry:
                raise RuntimeError(f"duplicate registrations for {target}")
            flop_registry[target] = formula
        return formula

    return register


def by_shapes(formula: Callable[..., int]) -> Callable[..., int]:
    """A formula of shapes as one of tensors."""

    def counted(*args: Any, out_val: Any = None, **kwargs: Any) -> int:
        args, kwargs, out = tree_map(shape_of, (args, kwargs, out_val))
        return formula(*args, out_shape=out, **kwargs)

    return counted


def shape_of(value: Any) -> Any:
    return value.shape if isinstance(value, TensorBase) else value


# -- formulas ------------------------------------------------------------------------------------------------------------


def mm_flop(a: Shape, b: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """``m x k`` times ``k x n``; with a batch in front, so often."""
    return 2 * prod(a) * b[-1]


def addmm_flop(added: Any, a: Shape, b: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    return mm_flop(a, b)


def conv_flop(
    x: Shape,
    w: Shape,
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: bool,
    *args: Any,
    out_shape: Shape,
    **kwargs: Any,
) -> int:
    """Each place of the output (transposed: of the input) is met by all weights."""
    return 2 * x[0] * prod(w) * prod((x if transposed else out_shape)[2:])


def conv_backward_flop(
    g: Shape,
    x: Shape,
    w: Shape,
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: bool,
    _output_padding: Any,
    _groups: int,
    output_mask: Sequence[bool],
    *args: Any,
    out_shape: Any = None,
    **kwargs: Any,
) -> int:
    """The input's gradient is the transposed convolution; the weight's is, as PyTorch counts it, without regard to groups."""
    small, large = (x, g) if transposed else (g, x)
    by_input = 2 * x[0] * prod(w) * prod(small[2:])
    by_weight = 2 * prod(small) * large[1] * prod(w[2:])
    return by_input * output_mask[0] + by_weight * output_mask[1]


def sdpa_flop(q: Shape, k: Shape, v: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """Scores, and the values weighted by them."""
    b, h, length, width = q
    return 2 * b * h * length * k[-2] * (width + v[-1])


def sdpa_backward_flop(g: Shape, q: Shape, k: Shape, v: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """Scores once more; the gradients of scores and values from g, of queries and keys from those of the scores."""
    b, h, length, width = q
    return 2 * b * h * length * k[-2] * (3 * width + 2 * v[-1])


flop_registry.update(
    {
        packet("mm"): by_shapes(mm_flop),
        packet("bmm"): by_shapes(mm_flop),
        packet("addmm"): by_shapes(addmm_flop),
        packet("baddbmm"): by_shapes(addmm_flop),
        packet("convolution"): by_shapes(conv_flop),
        packet("convolution_backward"): by_shapes(conv_backward_flop),
        packet("_scaled_dot_product_flash_attention"): by_shapes(sdpa_flop),
        packet("_scaled_dot_product_flash_attention_backward"): by_shapes(sdpa_backward_flop),
    }
)


# -- which of PyTorch's operators our ops are ----------------------------------------------------------------------------


class Counted:
    """The operators that a call of an op is in PyTorch, and those of its backward, by operand."""

    def __init__(self, forward: list[Event], backward: Callable[[Sequence[bool]], list[Event]]) -> None:
        self.forward, self.backward = forward, backward


def product(name: str, x: Shape, y: Shape, out: Shape, added: bool = False) -> Counted:
    """A product of matrices: each of its gradients is another."""
    plain = {"addmm": "mm", "baddbmm": "bmm"}.get(name, name)

    def backward(need: Sequence[bool]) -> list[Event]:
        turned_x, turned_y = ((*s[:-2], s[-1], s[-2]) for s in (x, y))
        return [(plain, (out, turned_y), x)] * need[-2] + [(plain, (turned_x, out), y)] * need[-1]

    return Counted([(name, (None, x, y) if added else (x, y), out)], backward)


def rows(shape: Shape) -> Shape:
    """The shape of a stack of vectors as a matrix."""
    return (prod(shape[:-1]), shape[-1])


def stacked(args: Any, params: Any, out: Shape) -> Counted:
    """As PyTorch: one product of matrices, where one of the two has no batch; else a batch of them."""
    x, y = args[0].shape, args[1].shape
    if len(y) <= 2:
        y = y if len(y) == 2 else (*y, 1)
        return product("mm", rows(x), y, (prod(x[:-1]), y[1]))
    if len(x) <= 2:
        x = x if len(x) == 2 else (1, *x)
        turned = (*y[:-2], y[-1], y[-2])
        return product("mm", rows(turned), x[::-1], (prod(turned[:-1]), x[0]))
    batch = prod(out[:-2])
    return product("bmm", (batch, *x[-2:]), (batch, *y[-2:]), (batch, x[-2], y[-1]))


def layer(args: Any, params: Any, out: Shape) -> Counted:
    _, x, w = args
    is_whole = len(x.shape) == 2 or x.is_contiguous()
    return product("addmm" if is_whole else "mm", rows(x.shape), w.shape[::-1], rows(out), is_whole)


def contracted(args: Any, params: Any, out: Shape) -> Counted:
    """A product in batches: labels of both operands and of the result count the batches."""
    x, y = args
    sizes = {
        **dict(zip(params["x_labels"], x.shape, strict=True)),
        **dict(zip(params["y_labels"], y.shape, strict=True)),
    }
    in_x, in_y, in_out = (set(params[name]) for name in ("x_labels", "y_labels", "out_labels"))

    def size(labels: set[Any]) -> int:
        return prod(sizes[label] for label in labels)

    batch = size(in_x & in_y & in_out)
    m, k, n = size(in_x - in_y), size((in_x & in_y) - in_out), size(in_y - in_x)
    return product("bmm", (batch, m, k), (batch, k, n), (batch, m, n))


def convolved(args: Any, params: Any, out: Shape, transposed: bool) -> Counted:
    x, w = args[0].shape, args[1].shape
    rest = (None, params["stride"], params["padding"], params["dilation"], transposed, None, params["groups"])

    def backward(need: Sequence[bool]) -> list[Event]:
        mask = [need[0], need[1], len(need) > 2 and need[2]]
        return [("convolution_backward", (out, x, w, *rest, mask), (x, w))]

    return Counted([("convolution", (x, w, *rest), out)], backward)


def attended(args: Any, params: Any, out: Any) -> Counted:
    q, k, v = (x.shape for x in args[:3])
    name = "_scaled_dot_product_flash_attention"
    return Counted([(name, (q, k, v), out)], lambda need: [(name + "_backward", (out, q, k, v), None)])


def recurred(args: Any, params: Any, out: Any, weight: int) -> Counted:
    """A product of the state and the weights in each step; the first state mostly needs no gradient."""
    steps, batch = args[0].shape[:2]
    h, w = (batch, args[1].shape[-1]), args[weight].shape[::-1]
    one = product("addmm", h, w, (batch, w[1]), True)

    def backward(need: Sequence[bool]) -> list[Event]:
        by_state = one.backward([True, False]) * (steps if need[1] else steps - 1)
        return by_state + one.backward([False, True]) * (steps * need[weight])

    return Counted(one.forward * steps, backward)


COUNTED: dict[str, Callable[[Any, Any, Any], Counted]] = {
    "mm": lambda args, params, out: product("mm", args[0].shape, args[1].shape, out),
    "bmm": lambda args, params, out: product("bmm", args[0].shape, args[1].shape, out),
    "transposed_matmul": lambda args, params, out: product("mm", args[0].shape, args[1].shape[::-1], out),
    "vm": lambda args, params, out: product("mm", (1, *args[0].shape), args[1].shape, (1, *out)),
    "matmul": stacked,
    "addmm": lambda args, params, out: product("addmm", args[1].shape, args[2].shape, out, True),
    "baddbmm": lambda args, params, out: product("baddbmm", args[1].shape, args[2].shape, out, True),
    "linear_layer": layer,
    "stacked_linear_layer": layer,
    "contract": contracted,
    "conv": lambda args, params, out: convolved(args, params, out, False),
    "convolution": lambda args, params, out: convolved(args, params, out, False),
    "conv_input": lambda args, params, out: convolved(args, params, out, True),
    "convolution_transpose": lambda args, params, out: convolved(args, params, out, True),
    "dot_product_attention": attended,
    "rnn_steps": lambda args, params, out: recurred(args, params, out, 2),
    "gru_steps": lambda args, params, out: recurred(args, params, out, 2),
    "lstm_steps": lambda args, params, out: recurred(args, params, out, 3),
}
NAMES = {
    "multiply": "mul", "subtract": "sub", "divide": "div", "negative": "neg", "power": "pow", "maximum": "maximum",
    "permute_dims": "permute", "astype": "_to_copy",
}  # fmt: skip
"""Ops that PyTorch has under another name."""


# -- counting ------------------------------------------------------------------------------------------------------------


class FlopCounterMode:
    """Context manager: counts the operations of what runs inside, by module and by operator.

    Args:
        mods: accepted: all modules are told apart.
        depth: of the table: so many levels of modules (None: all).
        display: whether to print the table at the end.
        custom_mapping: ``torch.ops.namespace.name`` -> a formula, beside those that are registered.

    >>> import chainrule as torch
    >>> from chainrule.utils.flop_counter import FlopCounterMode
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> with FlopCounterMode(display=False) as counter:
    ...     model(torch.ones(3, 4)).sum().backward()
    >>> counter.get_total_flops()
    672
    >>> print(counter.get_table(1))
    Module          FLOP    % Total
    ------------  ------  ---------
    Sequential       672    100.00%
    - aten.addmm     288     42.86%
    - aten.mm        384     57.14%
    """

    follows_values = False

    def __init__(
        self,
        mods: Module | list[Module] | None = None,
        depth: int | None = 2,
        display: bool = True,
        custom_mapping: dict[Any, Any] | None = None,
    ) -> None:
        self.depth, self.display = depth, display
        self.flop_counts: dict[str, dict[Any, int]] = {}
        custom = {key: by_shapes(formula) for key, formula in (custom_mapping or {}).items()}
        self.flop_registry = {**flop_registry, **custom}

    def __enter__(self) -> Self:
        self.flop_counts = defaultdict(lambda: defaultdict(int))
        self.names: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self.inside: list[str] = []
        self.made: WeakKeyDictionary[Node, tuple[Counted, tuple[str, ...], int]] = WeakKeyDictionary()
        self.handles = [
            register_module_forward_pre_hook(self.entered),
            register_module_forward_hook(self.left, always_call=True),
        ]
        self.old = change_modes(tape=self)
        return self

    def __exit__(self, *exception: object) -> None:
        set_modes(self.old)
        for handle in self.handles:
            handle.remove()
        if self.display:
            print(self.get_table(self.depth))  # noqa: T201 - it was asked for

    def get_total_flops(self) -> int:
        """All operations."""
        return sum(self.flop_counts["Global"].values()) if "Global" in self.flop_counts else 0

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """By module ("Global": all), by operator."""
        return {name: dict(counts) for name, counts in self.flop_counts.items()}

    def get_table(self, depth: int | None = None) -> str:
        """The counts as a table.

        Args:
            depth: so many levels of modules (default: that of the counter).
        """
        wanted = self.depth if depth is None else depth
        total = self.get_total_flops()
        unit = max(0, min(4, (len(str(total)) - 2) // 3))
        covered = False
        table: list[tuple[str, str, str]] = []
        for name in sorted(self.flop_counts):
            if name == "Global" or (wanted is not None and name.count(".") >= wanted):
                continue
            covered |= sum(self.flop_counts[name].values()) >= total
            table += self._rows(name, total, unit)
        if "Global" in self.flop_counts and not covered:
            table = self._rows("Global", total, unit) + table
        if not table:
            table = [("Global", "0", "0%")]
        return tabulated(("Module", "FLOP", "% Total"), table)

    def _rows(self, name: str, total: int, unit: int) -> list[tuple[str, str, str]]:
        def row(first: str, count: int) -> tuple[str, str, str]:
            text = f"{count / 1000**unit:.3f}{('', 'K', 'M', 'B', 'T')[unit]}" if unit else str(count)
            return first, text, f"{count / total:.2%}" if total else "0%"

        counts = self.flop_counts[name]
        return [row(name, sum(counts.values())), *[row(f"- {op}", count) for op, count in counts.items()]]

    # -- what it is told -------------------------------------------------------------------------------------------------

    def entered(self, module: Module, args: Any) -> None:
        """A module is called."""
        if module not in self.names:
            root = type(module).__name__
            for path, part in module.named_modules():
                self.names.setdefault(part, f"{root}.{path}" if path else root)
        self.inside.append(self.names[module])

    def left(self, module: Module, args: Any, output: Any) -> None:
        """A module's call is over."""
        if self.inside:
            self.inside.pop()

    def region(self, name: str, args: Any = ()) -> AbstractContextManager[Any]:
        """A named stretch begins (``Modes.tape``)."""
        return nullcontext()

    def run_op(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op is called (``Modes.tape``)."""
        with changed_modes(tape=None):
            result = general(op, args, params)
        if result is NotImplemented:
            return result
        sizes = prod(level.size for level in self._levels(args))
        rule = COUNTED.get(op.name)
        scopes = tuple(dict.fromkeys(self.inside))
        if rule is None:
            name = NAMES.get(op.name, op.name)
            formula = self._formula(name)
            if formula is not None:
                self._note(packet(name), formula(*args, out_val=result, **params) * sizes, scopes)
            return result
        first = result[0] if isinstance(result, tuple) else result
        counted = rule(args, params, tuple(first.shape))
        self._run(counted.forward, scopes, sizes)
        node = current_node(first)
        if node is not None:
            owner, _ = edge_of(node)
            if owner is not None:
                self.made[owner] = counted, scopes, sizes
        return result

    def run_function(self, function: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A custom Function is applied (``Modes.tape``): what it calls is counted."""
        return call(function, args, kwargs)[1]

    def run_operator(self, op: Any, args: Any, kwargs: Any, run: Callable[[], Any]) -> Any:
        """An operator of ``torch.library`` is called: it counts as its formula says, and not by what it calls."""
        with changed_modes(tape=None):
            result = run()
        formula = self.flop_registry.get(op.overloadpacket)
        if formula is not None:
            self._note(op.overloadpacket, formula(*args, out_val=result, **kwargs), tuple(dict.fromkeys(self.inside)))
        return result

    def run_node(self, node: Any, call: Callable[[], Any]) -> Any:
        """A step of a backward: its operations belong to the modules whose forward made the node."""
        counted, scopes, sizes = self.made.get(node, (None, (), 1))
        before, self.inside = self.inside, list(scopes)
        try:
            results = call()
        finally:
            self.inside = before
        # Where the backward runs on tensors, its ops have been counted as they ran.
        if counted is not None and not any(isinstance(r, TensorBase) for r in results):
            need = [p is not None and r is not None for p, r in zip(node.parents, results, strict=True)]
            self._run(counted.backward(need), scopes, sizes)
        return results

    def _levels(self, args: Iterable[Any]) -> set[Any]:
        tensors = [x for x in tree_leaves(args) if isinstance(x, TensorBase)]
        return {level for x in tensors for level in levels_of(x._array) if level.makes_batch}

    def _formula(self, name: str) -> Callable[..., int] | None:
        return next((f for op, f in self.flop_registry.items() if str(op) == f"aten.{name}"), None)

    def _run(self, events: Sequence[Event], scopes: tuple[str, ...], times: int) -> None:
        for name, args, out in events:
            formula = self.flop_registry.get(packet(name))
            if formula is not None:
                self._note(packet(name), formula(*args, out_val=out) * times, scopes)

    def _note(self, op: Any, count: int, scopes: tuple[str, ...]) -> None:
        for name in ("Global", *scopes):
            self.flop_counts[name][op] += count


def tabulated(headers: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    """Columns under their headers, the first to the left and the others to the right."""
    widths = [max(len(header) + 2, *[len(row[at]) for row in table]) for at, header in enumerate(headers)]
    lines = [headers, ["-" * width for width in widths], *table]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]]
        )
        for row in lines
    )
