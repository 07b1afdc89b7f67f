"""Calls of operators: which kernel runs, and how autograd, ``vmap`` and forward mode see it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import grad
from ..autograd.function import Function, FunctionMeta
from ..core.lifted import levels_of
from ..core.modes import changed_modes, is_grad_enabled, modes
from ..core.origin import caller
from ..core.value import Lifted, TensorBase, new_tensor
from ..core.version import bump
from ..utils._pytree import tree_flatten, tree_leaves, tree_unflatten
from ._operators import without_grad

if TYPE_CHECKING:
    from ._operators import OpOverload

__all__ = ["call"]


def call(op: OpOverload, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call an operator on arguments that fit its schema."""
    run = getattr(modes().tape, "run_operator", None)
    if run is not None and (op.registered.is_opaque or op.registered.backward is not None):
        return run(op, args, kwargs, lambda: called(op, args, kwargs))
    return called(op, args, kwargs)


def called(op: OpOverload, args: list[Any], kwargs: dict[str, Any]) -> Any:
    registered = op.registered
    if registered.autocast:
        args = autocasted(registered.autocast, args)
    if not registered.is_opaque and registered.backward is None:
        # As PyTorch, which records what such a kernel calls.
        return run_kernel(op, args, kwargs)
    if op._schema.is_mutable:
        return run_mutable(op, args, kwargs)
    leaves, spec = tree_flatten((args, kwargs))
    tensors = [leaf for leaf in leaves if isinstance(leaf, TensorBase)]
    if any(isinstance(x._array, Lifted) for x in tensors) or (
        is_grad_enabled() and any(x.requires_grad for x in tensors)
    ):
        record = Call(op, spec)
        outputs = function_of(op).apply(record, *leaves)
        return tree_unflatten(list(outputs), record.out_spec)
    with without_grad():
        return run_kernel(op, args, kwargs)


def autocasted(dtypes: dict[str, Any], args: list[Any]) -> list[Any]:
    """The arguments in the dtype that was registered for the autocast in force."""
    from ..functions.autocasting import is_autocast_enabled

    def one(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return type(x)(map(one, x))
        wanted = dtypes.get(x.device.type) if isinstance(x, TensorBase) else None
        if wanted is None or not is_autocast_enabled(x.device.type):
            return x
        return x.to(wanted) if x.is_floating_point() and x._array.dtype != np.float64 else x

    return [one(x) for x in args]


class Call:
    """A call that is recorded: what its Function is given beside the leaves of the arguments."""

    def __init__(self, op: OpOverload, spec: Any) -> None:
        self.op, self.spec = op, spec
        self.out_spec: Any = None
        self.outputs: list[Any] = []
        """(shape, dtype) of each output; None for one that is no tensor."""

    def arguments(self, leaves: Any) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = tree_unflatten(list(leaves), self.spec)
        return args, kwargs

    def structured(self, leaves: Any) -> tuple[Any, ...]:
        """Of one value for each leaf, those for the arguments by position: one each, and a list for a list of tensors."""
        args = self.arguments(leaves)[0]
        return tuple(
            [
                next(iter(tree_leaves(value)), None) if not is_listed(argument) else value
                for argument, value in zip(self.op._schema.arguments, args, strict=False)
            ]
        )


def is_listed(argument: Any) -> bool:
    """Whether an argument is a list of tensors."""
    return argument.kind.startswith("Tensor") and argument.is_list


def function_of(op: OpOverload) -> Any:
    """The Function that records calls of an operator as one node."""
    if op._function is None:
        name = f"GeneratedBackwardFor_{op.namespace}_{op._opname}_{op._overloadname}"
        op._function = FunctionMeta(name, (Recorded,), {})
    return op._function


class Recorded(Function):
    """An operator as autograd sees it."""

    @staticmethod
    def forward(ctx: Any, record: Call, *leaves: Any) -> Any:
        args, kwargs = record.arguments(leaves)
        # Forward mode comes here with what it moves along, which may be a batch.
        is_batched = any(is_batch(leaf) for leaf in leaves)
        result = record.op(*args, **kwargs) if is_batched else run_kernel(record.op, args, kwargs)
        outputs, record.out_spec = tree_flatten(result)
        record.outputs = [(y._array.shape, y._array.dtype) if isinstance(y, TensorBase) else None for y in outputs]
        ctx.record, ctx.kwargs = record, kwargs
        setup = record.op.registered.setup_context
        if setup is not None:
            more = {"keyword_only_inputs": kwargs} if kwargs else {}
            with needs_structured(ctx, record):
                setup(ctx=ctx, inputs=tuple(args), output=result, **more)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        record = ctx.record
        backward = record.op.registered.backward
        if backward is None:
            raise RuntimeError(
                f"Trying to backward through {record.op} but no autograd formula was registered. Please use register_autograd to add "
                "one."
            )
        given = tree_unflatten(list(grads), record.out_spec)
        is_single = len(record.op._schema.returns) == 1
        with needs_structured(ctx, record):
            result = backward(ctx, given) if is_single else backward(ctx, *given)
        return (None, *matched(record, result))

    @staticmethod
    def vmap(info: Any, in_dims: Any, record: Call, *leaves: Any) -> Any:
        rule = record.op.registered.vmap
        if rule is None:
            return looped(info, in_dims, record, leaves)
        args, kwargs = record.arguments(leaves)
        outputs, dims = rule(info, record.structured(in_dims[1:]), *args, **kwargs)
        flat, record.out_spec = tree_flatten(outputs)
        flat_dims = list(dims) if isinstance(dims, (tuple, list)) else [dims] * len(flat)
        return tuple(flat), tuple(flat_dims)

    @staticmethod
    def jvp(ctx: Any, _: Any, *tangents: Any) -> Any:
        # The backward is linear in the cotangents, s -> J^T s; the derivative of <t, J^T s> by s is J t.
        recorded = is_grad_enabled()
        with changed_modes(grad=True):
            seeds = [
                None if space is None else new_tensor(np.zeros(*space)).requires_grad_(space[1].kind in "fc")
                for space in ctx.record.outputs
            ]
            back = Recorded.backward(ctx, *seeds)[1:]
            pairs = [
                (g, t)
                for g, t in zip(back, tangents, strict=True)
                if g is not None and t is not None and g.requires_grad
            ]
            wanted = [s for s in seeds if s is not None and s.requires_grad]
            if not pairs:
                return tuple([None] * len(seeds))
            ends, moves = zip(*pairs, strict=True)
            found = iter(grad(ends, wanted, moves, create_graph=recorded, allow_unused=True))
        return tuple([next(found) if s is not None and s.requires_grad else None for s in seeds])


def is_batch(leaf: Any) -> bool:
    return isinstance(leaf, TensorBase) and any(level.makes_batch for level in levels_of(leaf._array))


class needs_structured:  # noqa: N801 - reads as a statement
    """Inside, ``ctx.needs_input_grad`` has one entry for each argument: of a list, a list."""

    def __init__(self, ctx: Any, record: Call) -> None:
        self.ctx, self.record = ctx, record

    def __enter__(self) -> None:
        self.flat = self.ctx.needs_input_grad
        self.ctx.needs_input_grad = self.record.structured(self.flat[1:])

    def __exit__(self, *exception: object) -> None:
        self.ctx.needs_input_grad = self.flat


def matched(record: Call, result: Any) -> list[Any]:
    """The gradients that a backward returned, one for each leaf of the arguments, None for those by name only.

    Raises:
        RuntimeError: they are of another structure than the arguments.
    """
    given = result if isinstance(result, tuple) else (result,)
    args, kwargs = record.arguments(range(record.spec.num_leaves))
    fits = len(given) == len(args)
    found: list[Any] = []
    for one, argument, places in zip(given, record.op._schema.arguments, args, strict=False):
        if is_listed(argument):
            fits &= isinstance(one, list) and len(one) == len(places)
            found += one if fits else []
        else:
            fits &= not isinstance(one, (list, tuple))
            count = len(tree_leaves(places))
            found += [one, *[None] * (count - 1)] if count else []
    if not fits:
        raise RuntimeError(
            "Expected the return from backward to be of the same structure as the inputs. Got: "
            f"{tree_flatten(given)[1]} (return from backward), {tree_flatten(tuple(args))[1]} (inputs)"
        )
    return found + [None] * len(tree_leaves(kwargs))


def looped(info: Any, in_dims: Any, record: Call, leaves: tuple[Any, ...]) -> Any:
    """An operator without a rule for batches: element by element, as PyTorch does it, with its warning."""
    warnings.warn(
        f"There is a performance drop because we have not yet implemented the batching rule for {record.op.name()}. Give it one by "
        "register_vmap.",
        stacklevel=2,
    )
    outputs = []
    for number in range(info.batch_size):
        parts = [
            leaf if dim is None else leaf.select(dim, number) for leaf, dim in zip(leaves, in_dims[1:], strict=True)
        ]
        flat, record.out_spec = tree_flatten(record.op(*record.arguments(parts)[0], **record.arguments(parts)[1]))
        outputs.append(flat)
    from ..functions import stack

    wholes = [
        stack(list(parts)) if isinstance(parts[0], TensorBase) else parts[0] for parts in zip(*outputs, strict=True)
    ]
    return tuple(wholes), tuple([0 if isinstance(whole, TensorBase) else None for whole in wholes])


def run_mutable(op: OpOverload, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """An operator that writes to its arguments: their versions go up, and no node is made."""
    written = [
        value
        for argument, value in zip(op._schema.arguments, [*args, *kwargs.values()], strict=True)
        if argument.alias_info is not None and argument.alias_info.is_write
    ]
    tensors = [x for x in tree_leaves(written) if isinstance(x, TensorBase)]
    if any(isinstance(x._array, Lifted) for x in tensors):
        raise RuntimeError(
            f"{op.name()} writes to its arguments, and cannot be batched or moved: write a functional operator"
        )
    for tensor in tensors:
        bump(tensor, caller())
    with without_grad():
        return run_kernel(op, args, kwargs)


def run_kernel(op: OpOverload, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The kernel for the device of the arguments; its results as the schema says."""
    registered = op.registered
    tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, TensorBase)]
    place = tensors[0].device.type if tensors else "cpu"
    kernel = registered.owner._init_fn if place in registered.disabled else registered.kernels.get(place)
    kernel = kernel or registered.composite or registered.kernels.get(None)
    if kernel is None:
        have = ", ".join(str(name).upper() for name in registered.kernels) or "none"
        raise NotImplementedError(
            f"Could not run '{op.name()}' with arguments from the '{place.upper()}' backend. '{op.name()}' is only available for these "
            f"backends: [{have}]. Give it one by torch.library.register_kernel."
        )
    result = kernel(*args, **kwargs)
    returns = op._schema.returns
    if not returns:
        return None
    if len(returns) == 1:
        result = returned(op, returns[0], result)
    else:
        if not isinstance(result, (tuple, list)):
            raise TypeError(
                f"{op.name()} returns {len(returns)} values, but its kernel returned an object of type '{type(result).__name__}', "
                "which is not an instance of 'sequence'"
            )
        if len(result) != len(returns):
            raise RuntimeError(f"{op.name()} returns {len(returns)} values, but its kernel returned {len(result)}")
        result = tuple([returned(op, *pair) for pair in zip(returns, result, strict=True)])
    if registered.is_opaque and not op._schema.is_mutable:
        refuse_aliases(op, tensors, [x for x in tree_leaves(result) if isinstance(x, TensorBase)])
    return result


def returned(op: OpOverload, argument: Any, value: Any) -> Any:
    try:
        return argument.cast(value)
    except TypeError:
        raise RuntimeError(
            f"Unable to cast {value} to {argument.type}: the kernel of {op.name()} returned it, whose schema is {op._schema}"
        ) from None


def refuse_aliases(op: OpOverload, inputs: list[Any], outputs: list[Any]) -> None:
    """Refuse results that share memory with an argument or with each other: a functional operator's are its own."""
    if modes().capture is not None:
        return
    seen = {id(owner(x._array)) for x in inputs if type(x._array) is np.ndarray and x.numel()}
    for out in outputs:
        if type(out._array) is not np.ndarray or not out.numel():
            continue
        memory = id(owner(out._array))
        if memory in seen or any(out is x for x in inputs):
            raise RuntimeError(
                f"{op._opname}: The output of this custom operator (1) must not also be an input to this custom operator and (2) may not "
                "alias any inputs to this custom operator or other returns. The most common way to trigger this error is if we have "
                "y = custom_op(x) and y and x are the same Tensor. Please instead return a clone of the offending output tensor(s) (e.g. "
                "return x.clone()) or refactor the custom operator to not return y."
            )
        seen.add(memory)


def owner(array: Any) -> Any:
    """Whose memory an array is a part of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
