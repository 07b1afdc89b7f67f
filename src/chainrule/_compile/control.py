"""Control flow that a compiled program can hold: ``cond``, ``scan``, ``while_loop``.

Outside of a trace, and inside of a transform, they are the Python that they stand for. In a trace they become XLA's own
branch and loop, whose body is traced once, however often it runs. Their derivatives are of the same kind: the vjp of a
scan is a scan in the other direction, so that every order compiles.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import ops
from ..autograd.function import Function
from ..core.modes import changed_modes
from ..core.value import Lifted, Parked, TensorBase, device_of, new_tensor
from ..core.xla_level import XlaArray
from ..func import vjp
from ..functions.filling import zeros_like
from ..functions.joining import stack
from ..utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_map, tree_structure, tree_unflatten
from .capture import Capture, standing_in
from .feeds import NoDraws

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..device import device


def cond(pred: Tensor | bool, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = ()) -> Any:
    """``true_fn(*operands)`` if ``pred`` holds, else ``false_fn(*operands)``.

    Args:
        pred: a bool, or a one-element tensor.
        true_fn: returns tensors, in any container.
        false_fn: returns as many, of the same shapes and dtypes, in the same container.
        operands: the tuple of their arguments.

    Under vmap, where elements may differ in ``pred``, both run and each element takes its own.

    >>> import chainrule as torch
    >>> torch.cond(torch.tensor(True), torch.sin, torch.cos, (torch.zeros(1),))
    tensor([0.])
    """
    if not isinstance(operands, (tuple, list)):
        raise RuntimeError(
            f"Expect operands to be a tuple of possibly nested dict/list/tuple, got {type(operands).__name__}"
        )
    array: Any = pred._array if isinstance(pred, TensorBase) else pred
    if getattr(array, "size", 1) != 1:
        raise RuntimeError(
            f"Expected pred to be bool or single-element tensor, but got a tensor of shape {list(array.shape)}"
        )
    if not isinstance(array, Lifted) or not needs_both(array):
        return true_fn(*operands) if pred else false_fn(*operands)
    if not isinstance(array, XlaArray) or any(is_of_transform(leaf) for leaf in tree_leaves(operands)):
        return selected(pred, true_fn(*operands), false_fn(*operands))
    branches = (Body(true_fn, operands), Body(false_fn, operands))
    captured = list({id(t): t for branch in branches for t in branch.captured}.values())
    inputs = [leaf for leaf in tree_leaves(operands) if isinstance(leaf, TensorBase)] + captured
    functions = [branch.of(len(inputs) - len(captured), captured) for branch in branches]
    outputs = Branch.apply(functions, pred, *inputs)
    if branches[0].spec != branches[1].spec:
        raise RuntimeError(
            "Unmatched output spec from torch.cond branches: true branch tree_spec "
            f"{branches[0].spec} vs false branch tree_spec {branches[1].spec}."
        )
    return tree_unflatten(outputs, branches[0].spec)


def needs_both(array: Any) -> bool:
    """Whether a lifted condition has no one truth value."""
    if isinstance(array, XlaArray):
        return array.is_traced
    return any(level.makes_batch or level.depth == 0 for level in array.levels)


def is_of_transform(leaf: Any) -> bool:
    """Whether a value belongs to a transform, whose batches and tangents XLA's loops know nothing of."""
    return (
        isinstance(leaf, TensorBase)
        and isinstance(leaf._array, Lifted)
        and not isinstance(leaf._array, (XlaArray, Parked))
    )


def is_traced(tree: Any) -> bool:
    """Whether to use XLA's control flow: some values are being traced, and none belongs to a transform."""
    leaves = tree_leaves(tree)
    return not any(map(is_of_transform, leaves)) and any(
        isinstance(leaf, TensorBase) and isinstance(leaf._array, XlaArray) and leaf._array.is_lent for leaf in leaves
    )


def selected(pred: Any, yes: Any, no: Any) -> Any:
    return tree_map(lambda a, b: ops.where(pred, a, b), yes, no)


class Body:
    """A function as XLA's control flow takes it: of raw values, with what it captures among them."""

    def __init__(self, function: Callable[..., Any], args: Any) -> None:
        import jax

        self.function = function
        self.spec: Any = None
        self.places: list[device] = []
        """Where the tensors live that it returns."""
        leaves, self.args_spec = tree_flatten(tuple(args))
        for leaf in leaves:
            if not isinstance(leaf, TensorBase):
                raise TypeError(
                    f"control flow in a compiled function takes tensors, got {type(leaf).__name__} among the operands"
                )
        self.takes = places_of(leaves)
        """Where its arguments live."""
        capture = Capture(leaves, in_body=True)

        def run(*values: Any) -> list[Any]:
            with changed_modes(capture=capture, grad=False, draws=NoDraws()):
                return self.raw(values, [], [])

        self.shapes = jax.eval_shape(run, *[raw_of(leaf) for leaf in leaves])
        self.captured = [t for t in capture.found if isinstance(t._array, XlaArray) or t._node is not None]

    def call(self, tensors: list[Any], captured: list[Any], values: list[Any]) -> list[Any]:
        """The function on tensors, with ``values`` in place of what it captured."""
        with standing_in(captured, values, [], []):
            result = self.function(*tree_unflatten(tensors, self.args_spec))
        leaves, self.spec = tree_flatten(result)
        for leaf in leaves:
            if not isinstance(leaf, TensorBase):
                raise TypeError(f"control flow in a compiled function returns tensors, got {type(leaf).__name__}")
        self.places = places_of(leaves)
        return leaves

    def raw(self, values: Any, captured: list[Any], captured_values: Any) -> list[Any]:
        """The same on raw values."""
        given = lifted(captured_values, places_of(captured))
        return [raw_of(one) for one in self.call(lifted(values, self.takes), captured, given)]

    def of(self, count: int, captured: list[Any]) -> Callable[..., list[Any]]:
        """The function of a flat list of tensors: ``count`` arguments, then values for ``captured``."""
        return lambda *inputs: self.call(list(inputs[:count]), captured, list(inputs[count:]))


def raw_of(tensor: Any) -> Any:
    """What JAX takes for a tensor."""
    array = tensor._array
    return array.value if isinstance(array, (XlaArray, Parked)) else array


def lifted(values: Any, places: list[device]) -> list[Any]:
    return [new_tensor(XlaArray(value, place)) for value, place in zip(values, places, strict=True)]


def places_of(tensors: Any) -> list[device]:
    return [device_of(tensor._array) for tensor in tensors]


class Branch(Function):
    """``lax.cond`` as one node."""

    @staticmethod
    def forward(ctx: Any, functions: Any, pred: Any, *inputs: Any) -> Any:
        from jax import lax

        ctx.functions = functions
        ctx.save_for_backward(pred, *inputs)
        takes = places_of(inputs)
        places: list[device] = []

        def raw(function: Any, *values: Any) -> Any:
            outputs = function(*lifted(values, takes))
            places[:] = places_of(outputs)
            return tuple([raw_of(one) for one in outputs])

        branches = [partial(raw, function) for function in functions]
        outputs = lax.cond(raw_of(pred).reshape(()), *branches, *[raw_of(one) for one in inputs])
        return tuple(lifted(outputs, places))

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        pred, *inputs = ctx.saved_tensors
        inexact = [at for at, one in enumerate(inputs) if one._array.dtype.kind not in "iub"]

        def pull_of(function: Any) -> Any:
            return lambda values, gs: pulled(function, values, inexact, gs)

        true_fn, false_fn = ctx.functions
        found = cond(pred, pull_of(true_fn), pull_of(false_fn), (tuple(inputs), tuple(cotangents)))
        grads = dict(zip(inexact, found, strict=True))
        return (None, None, *[grads.get(at) for at in range(len(inputs))])


def pulled(function: Any, values: Any, inexact: list[int], cotangents: Any) -> tuple[Any, ...]:
    """The vjp of a function of a flat list of tensors, by those numbered ``inexact``."""

    def of_inexact(*chosen: Any) -> Any:
        given = list(values)
        for at, value in zip(inexact, chosen, strict=True):
            given[at] = value
        return tuple(function(*given))

    outputs, vjp_fn = vjp(of_inexact, *[values[at] for at in inexact])
    given = [zeros_like(one) if g is None else g for g, one in zip(cotangents, outputs, strict=True)]
    return tuple(vjp_fn(tuple(given)))


def scan(combine_fn: Callable[[Any, Any], Any], init: Any, xs: Any, *, dim: int = 0, reverse: bool = False) -> Any:
    """A loop over a dimension that hands a carry from step to step.

    Args:
        combine_fn: of (carry, x), returns (next carry, y): containers of tensors; the carry keeps its shapes and dtypes.
        init: the first carry.
        xs: tensors, in any container, that are taken apart along ``dim``.
        dim: the dimension.
        reverse: start at the end.

    Returns:
        (last carry, ys), the ys stacked along ``dim``, each in the place of its x.

    >>> import chainrule as torch
    >>> torch.scan(lambda total, x: (total + x, total), torch.tensor(0.), torch.tensor([1., 2., 3.]))
    (tensor(6.), tensor([0., 1., 3.]))
    """
    leaves, spec = tree_flatten(xs)
    if not leaves or not all(isinstance(leaf, TensorBase) for leaf in leaves):
        raise RuntimeError("scan() takes at least one tensor to loop over, and only tensors, as xs")
    sizes = {leaf._array.shape[dim] for leaf in leaves}
    if len(sizes) != 1:
        raise RuntimeError(f"scan(): all xs must have one length along dim {dim}, got {sorted(sizes)}")
    (length,) = sizes
    if length and is_traced((init, xs)):
        return scanned(combine_fn, init, tree_unflatten([leaf.movedim(dim, 0) for leaf in leaves], spec), dim, reverse)
    carry, ys = init, []
    structure = tree_structure(init)
    for at in reversed(range(length)) if reverse else range(length):
        carry, y = combine_fn(carry, tree_unflatten([leaf.select(dim, at) for leaf in leaves], spec))
        check_carry(tree_structure(carry), structure)
        ys.append(y)
    if not ys:
        raise RuntimeError("scan() over a dimension of length 0 has no y to tell the shape of its result by")
    if reverse:
        ys.reverse()
    return carry, tree_map(lambda *parts: stack(list(parts), dim), *ys)


def check_carry(after: TreeSpec, before: TreeSpec) -> None:
    if after != before:
        raise RuntimeError(
            f"scan(): combine_fn returned a carry of another structure than it was given: {after} after {before}"
        )


def scanned(combine_fn: Any, init: Any, xs: Any, dim: int, reverse: bool) -> Any:
    """``scan`` by XLA, over the first dimension."""
    carry, carry_spec = tree_flatten(init)
    leaves = tree_leaves(xs)
    first = tree_map(lambda x: x[0], xs)
    body = Body(combine_fn, (init, first))
    check_carry(body.spec.children_specs[0], carry_spec)
    inputs = [*carry, *leaves, *body.captured]
    step = body.of(len(carry) + len(leaves), body.captured)
    outputs = Loop.apply(step, len(carry), len(leaves), reverse, *inputs)
    after, ys = outputs[: len(carry)], outputs[len(carry) : len(body.shapes)]
    moved = [y.movedim(0, dim) for y in ys]
    return tree_unflatten(list(after), carry_spec), tree_unflatten(moved, body.spec.children_specs[1])


class Loop(Function):
    """``lax.scan`` as one node: outputs are the last carry, the ys, and the carry before each step."""

    @staticmethod
    def forward(ctx: Any, step: Any, carries: int, count: int, reverse: bool, *inputs: Any) -> Any:
        from jax import lax

        ctx.step, ctx.carries, ctx.count, ctx.reverse = step, carries, count, reverse
        values, takes = [raw_of(one) for one in inputs], places_of(inputs)
        gives: list[device] = []
        init, xs, captured = values[:carries], values[carries : carries + count], values[carries + count :]

        def body(carry: Any, x: Any) -> Any:
            made = step(*lifted([*carry, *x, *captured], takes))
            gives[:] = places_of(made)
            outputs = [raw_of(one) for one in made]
            return tuple(outputs[:carries]), (tuple(outputs[carries:]), carry)

        last, (ys, before) = lax.scan(body, tuple(init), tuple(xs), reverse=reverse)
        ctx.ys = len(ys)
        outputs = tuple(lifted([*last, *ys, *before], [*gives, *takes[:carries]]))
        ctx.save_for_backward(*inputs, *outputs[carries + len(ys) :])
        return outputs

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        carries, count, step = ctx.carries, ctx.count, ctx.step
        inputs, before = ctx.saved_tensors[:-carries], ctx.saved_tensors[-carries:]
        xs, captured = inputs[carries : carries + count], inputs[carries + count :]
        g_last, g_ys, g_before = (
            cotangents[:carries],
            cotangents[carries : carries + ctx.ys],
            cotangents[carries + ctx.ys :],
        )
        sample = (*before, *xs, *captured)
        inexact = [at for at, one in enumerate(sample) if one._array.dtype.kind not in "iub"]

        def back(state: Any, now: Any) -> Any:
            g_carry, g_captured = state
            carry, x, g_y, g_extra = now
            found = pulled(step, (*carry, *x, *captured), inexact, (*g_carry, *g_y))
            grads = dict(zip(inexact, found, strict=True))
            g_in = [grads.get(at, g) for at, g in enumerate(g_carry)]
            g_in = [g + extra for g, extra in zip(g_in, g_extra, strict=True)]
            g_x = [grads[carries + at] for at in range(count) if carries + at in grads]
            g_held = [grads[carries + count + at] for at in range(len(captured)) if carries + count + at in grads]
            return (g_in, [a + b for a, b in zip(g_captured, g_held, strict=True)]), g_x

        zeros = [zeros_like(one) for at, one in enumerate(captured) if carries + count + at in inexact]
        now = (list(before), list(xs), list(g_ys), list(g_before))
        (g_init, g_captured), g_xs = scan(back, (list(g_last), zeros), now, reverse=not ctx.reverse)
        moving = iter(g_xs)
        held = iter(g_captured)
        grads = [g if at in inexact else None for at, g in enumerate(g_init)]
        grads += [next(moving) if carries + at in inexact else None for at in range(count)]
        grads += [next(held) if carries + count + at in inexact else None for at in range(len(captured))]
        return (None, None, None, None, *grads)


def while_loop(cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried_inputs: Any) -> Any:
    """Repeat ``values = body_fn(*values)`` as long as ``cond_fn(*values)`` holds.

    Args:
        cond_fn: returns a bool or a one-element tensor.
        body_fn: returns the tuple of next values, of the same shapes and dtypes.
        carried_inputs: the tuple of first values.

    In a compiled function it has no reverse mode (how often it runs is not known beforehand): use :func:`scan` for that.

    >>> import chainrule as torch
    >>> torch.while_loop(lambda x: x < 10, lambda x: (2 * x,), (torch.tensor(1.),))
    (tensor(16.),)
    """
    values = tuple(carried_inputs)
    if not is_traced(values):
        while cond_fn(*values):
            values = body_fn(*values)
            values = tuple(values) if isinstance(values, (tuple, list)) else (values,)
        return values
    from jax import lax

    test, body = Body(lambda *v: as_tensor(cond_fn(*v)), values), Body(body_fn, values)
    leaves, spec = tree_flatten(values)
    if any(one._node is not None for one in (*leaves, *body.captured)):
        raise RuntimeError(
            "while_loop in a compiled function has no reverse mode, since how often it runs is not known beforehand, and some of its "
            "values require grad. Use scan, with a fixed number of steps, or detach them."
        )
    with changed_modes(grad=False):
        outputs = lax.while_loop(
            lambda state: test.raw(state, [], [])[0].reshape(()),
            lambda state: tuple(body.raw(state, [], [])),
            tuple([raw_of(leaf) for leaf in leaves]),
        )
    return tree_unflatten(lifted(outputs, body.places), spec)


def as_tensor(condition: Any) -> Any:
    return condition if isinstance(condition, TensorBase) else ops.asarray(condition)
