"""Transforms by forward mode: ``jvp``, and ``linearize``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .. import ops
from ..autograd.forward_ad import moving
from ..core.dual_level import DualLevel, is_moving
from ..core.forward import transposed, zero_leaf
from ..core.lifted import is_only_holder
from ..core.modes import changed_modes, is_grad_enabled
from ..core.value import TensorBase
from ..core.views import current_node
from ..functions.filling import zeros_like
from ..utils._pytree import tree_flatten, tree_unflatten
from ._inputs import constant, differentiated_by, map_tensors, reach_outside, split_aux, write_back
from ._reverse import outputs_of, pulled


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The value of ``func`` at ``primals``, and its derivative along ``tangents``, in one forward pass.

    Args:
        func: returns a tensor or a container of tensors, or (that, aux) with ``has_aux``.
        primals: the tuple of arguments: floating or complex tensors, or containers of them.
        tangents: the tuple of their tangents, in the same structure and of the same shapes.
        strict: raise if the output does not depend on the arguments.
        has_aux: ``func`` returns something else as well, which is handed through.

    Returns:
        (output, tangent), or (output, tangent, aux).

    Raises:
        RuntimeError: the two differ in structure or shape, or are no tuples of tensors.
        ValueError: a primal is of an integer dtype.

    >>> import chainrule as torch
    >>> torch.func.jvp(torch.sin, (torch.tensor(0.),), (torch.tensor(2.),))
    (tensor(0.), tensor(2.))
    """
    said = "jvp(f, primals, tangents)"
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            raise RuntimeError(f"{said}: Expected {name} to be a tuple. E.g. it should be valid to call f(*primals).")
    leaves, spec = tree_flatten(primals)
    moves, moves_spec = tree_flatten(tangents)
    if spec != moves_spec:
        raise RuntimeError(
            f"{said}: Expected primals and tangents to have the same python structure. For example, if primals is a tuple of 3 "
            f"tensors, tangents also must be. Got primals with structure {spec} and tangents with structure {moves_spec}"
        )
    if not leaves:
        raise RuntimeError(f"{said}: Expected primals to contain at least one Tensor.")
    for name, given in (("primals", leaves), ("tangents", moves)):
        for one in given:
            if not isinstance(one, TensorBase):
                raise RuntimeError(f"{said}: Expected {name} to only contain Tensors, got {type(one)}")
    level = DualLevel(is_jvp=True)
    inside = [moving(level, leaf, move) for leaf, move in zip(leaves, moves, strict=True)]
    nodes = [alias._node for alias in inside]
    result = func(*tree_unflatten(inside, spec))
    output, aux = split_aux(result, said) if has_aux else (result, None)
    outputs, out_spec = outputs_of(output, said)
    for leaf, alias, node in zip(leaves, inside, nodes, strict=True):
        write_back(leaf, alias, node, partial(ops.primal_part, level=level))
    if strict and not all(is_moving(one, level) for one in outputs):
        raise RuntimeError(
            f"{said.replace(')', ', strict=True)')}: The output of f is independent of the inputs. This is not allowed with "
            "strict=True."
        )
    values = tree_unflatten([stopped(level, one) for one in outputs], out_spec)
    changes = tree_unflatten([tangent_of(level, one) for one in outputs], out_spec)
    return (values, changes, map_tensors(lambda one: stopped(level, one), aux)) if has_aux else (values, changes)


def stopped(level: DualLevel, tensor: Any) -> Any:
    """The tensor without its tangent at the level."""
    if not is_moving(tensor, level):
        return tensor
    return ops.primal_part(tensor, level=level, copy=must_copy(tensor, level, "primal"))


def must_copy(tensor: Any, level: DualLevel, part: str) -> bool:
    """Whether something else refers to the memory of what is taken out of the level."""
    return not (level.is_mine(tensor._array) and is_only_holder(tensor, part))


def tangent_of(level: DualLevel, tensor: Any) -> Any:
    """The tangent of the tensor at the level."""
    if not is_moving(tensor, level):
        return zeros_like(tensor)
    return ops.tangent_part(tensor, level=level, copy=must_copy(tensor, level, "tangent"))


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of ``func`` at ``primals``, and its derivative there as a function of tangents.

    ``func`` runs once. Each call of the derivative costs about as much as one backward, and nothing is computed twice:
    what is run is the transpose of the recorded reverse pass.

    Args:
        func: returns a tensor or a container of tensors.
        primals: the arguments: tensors or containers of tensors.

    Returns:
        (output, jvp_fn); ``jvp_fn`` takes tangents in the structure of the primals to that of the output.

    Raises:
        RuntimeError: a primal is of an integer dtype, an output is no tensor; from ``jvp_fn``: a tangent has another
            structure, shape or dtype than the primal.

    >>> import chainrule as torch
    >>> output, jvp_fn = torch.func.linearize(torch.sin, torch.tensor([0., 1.]))
    >>> jvp_fn(torch.ones(2))
    tensor([1.0000, 0.5403])
    """
    was_recording = is_grad_enabled()
    leaves, spec = tree_flatten(primals)
    with changed_modes(grad=True):
        inside = [differentiated_by(leaf) for leaf in leaves]
        output = func(*tree_unflatten(inside, spec))
        outputs, out_spec = outputs_of(output, "linearize(f, *primals)")
        seeds = [zero_leaf(one) for one in outputs]
        cotangents = pulled(outputs, inside, seeds, True, True)
    reaching = reach_outside(outputs, inside)

    def jvp_fn(*tangents: Any) -> Any:
        moves, moves_spec = tree_flatten(tangents)
        if moves_spec != spec:
            raise RuntimeError(f"Expected the tangents {moves_spec} to have the same argspec as the primals {spec}")
        for at, (leaf, move) in enumerate(zip(leaves, moves, strict=True)):
            if move._array.shape != leaf._array.shape:
                raise RuntimeError(
                    f"tangent:{at} with shape {move.shape} in flattened pytree doesn't match the shape {leaf.shape} of the "
                    "corresponding primal."
                )
            if move._array.dtype != leaf._array.dtype:
                raise RuntimeError(
                    f"tangent:{at} with dtype {move.dtype} in flattened pytree doesn't match the dtype {leaf.dtype} of the "
                    "corresponding primal."
                )
        ends = [
            (node, move) for h, move in zip(cotangents, moves, strict=True) if (node := current_node(h)) is not None
        ]
        recorded = is_grad_enabled() and (reaching or any(current_node(move) is not None for move in moves))
        with changed_modes(grad=recorded):
            found = transposed(ends, {seed._node: seed for seed in seeds}, True)
        changes = [found.get(seed._node) for seed in seeds]
        return tree_unflatten(
            [zeros_like(seed) if c is None else c for c, seed in zip(changes, seeds, strict=True)], out_spec
        )

    return output if was_recording and reaching else map_tensors(constant, output), jvp_fn
