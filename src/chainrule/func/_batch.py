"""``vmap``: a function of one element as a function of a batch.

Arguments become tensors of a level (``core.batch_level``): they look like one element, and every op computes all of the
batch at once, by its record. Nothing runs in a loop, unless an op can be computed in no other way, and then it says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from .. import ops
from ..core.batch_level import BatchLevel
from ..core.lifted import is_only_holder, levels_of
from ..core.modes import changed_modes
from ..core.value import TensorBase
from ..core.views import current_node
from ..functions.joining import cat
from ..utils._pytree import TreeSpec, broadcast_prefix, tree_flatten, tree_structure, tree_unflatten
from ._inputs import name_of, write_back

HOOKS = "chainrule._functorch.vmap"
"""Where a package puts functions that take its containers apart."""
Dims = Any
"""An int or None, or a container of them that matches the arguments or the result down to some depth."""


def vmap(
    func: Callable[..., Any],
    in_dims: Dims = 0,
    out_dims: Dims = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """``func``, written for one element, as a function of a whole batch.

    Args:
        func: returns tensors, in any container.
        in_dims: which dimension of each argument is the batch, None for an argument that all elements share; one for all
            arguments, or a tuple with one for each, which may be a container that matches the argument.
        out_dims: where the batch goes in each output; None for one that is the same for all elements.
        randomness: what random functions do inside: "error", "different" or "same" numbers for the elements.
        chunk_size: at most so many elements at once, which bounds the memory; None: all.

    Returns:
        A function of the same arguments with the batch dimension, which returns outputs with the batch dimension.

    Raises:
        ValueError (from the function returned): ``in_dims`` or ``out_dims`` do not fit; batch sizes differ; an output is no
            tensor. RuntimeError: the function asks for the value of a tensor (``.item()``, ``if``), or its result's shape
            depends on values.

    >>> import chainrule as torch
    >>> torch.func.vmap(torch.dot)(torch.tensor([[1., 2.], [3., 4.]]), torch.ones(2, 2))
    tensor([3., 7.])
    >>> torch.func.vmap(torch.func.grad(torch.sin))(torch.tensor([0., 0.]))
    tensor([1., 1.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @wraps(func)
    def batched(*args: Any, **kwargs: Any) -> Any:
        theirs = replaced()
        if theirs is not None and chunk_size is None:
            return run_by(theirs, func, in_dims, args, kwargs, out_dims, randomness)
        leaves, dims, spec = arguments(func, in_dims, args)
        size = batch_size(leaves, dims)
        if chunk_size is None or chunk_size >= size:
            return run(func, leaves, dims, spec, kwargs, out_dims, BatchLevel(size, randomness))
        parts = []
        for start in range(0, size, chunk_size):
            part = [
                leaf if dim is None else leaf.narrow(dim, start, min(chunk_size, size - start))
                for leaf, dim in zip(leaves, dims, strict=True)
            ]
            level = BatchLevel(min(chunk_size, size - start), randomness)
            parts.append(run(func, part, dims, spec, kwargs, out_dims, level))
        return joined(parts, out_dims)

    return batched


def replaced() -> Any:
    """The module whose functions a package has replaced, which take its containers apart; None if nobody has."""
    module = sys.modules.get(HOOKS)
    return None if module is None or module._process_batched_inputs is None else module


def run_by(
    theirs: Any, func: Any, in_dims: Dims, args: Any, kwargs: dict[str, Any], out_dims: Dims, randomness: str
) -> Any:
    """``func`` on arguments that a package takes apart, and results that it puts together."""
    size, dims, leaves, spec = theirs._process_batched_inputs(in_dims, args, func)
    level = BatchLevel(int(size), randomness)
    inside = theirs._create_batched_inputs(dims, leaves, level, spec)
    with changed_modes(draws=level):
        result = func(*inside, **kwargs)
    return theirs._unwrap_batched(result, out_dims, level, int(size), func)


def arguments(func: Any, in_dims: Dims, args: tuple[Any, ...]) -> tuple[list[Any], list[int | None], TreeSpec]:
    """The leaves of the arguments, and the batch dimension of each (negative), None where it has none."""
    name = name_of(func)
    if not isinstance(in_dims, (int, tuple, list)) or isinstance(in_dims, bool):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be int or a (potentially nested) tuple "
            f"matching the structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function "
            "with no inputs. The latter is unsupported."
        )
    leaves, spec = tree_flatten(args)
    said = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    try:
        dims = broadcast_prefix(tuple(in_dims) if isinstance(in_dims, list) else in_dims, spec, "in_dims")
    except ValueError:
        raise ValueError(
            f"{said}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{tree_structure(in_dims)} but inputs has structure {spec}."
        ) from None
    negative: list[int | None] = []
    for leaf, dim in zip(leaves, dims, strict=True):
        if dim is None:
            negative.append(None)
            continue
        if not isinstance(dim, int) or isinstance(dim, bool):
            raise ValueError(
                f"{said}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
            )
        if not isinstance(leaf, TensorBase):
            raise ValueError(
                f"{said}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over non-Tensor "
                "arguments, please use None as the respective in_dim"
            )
        ndim = leaf._array.ndim
        if not -ndim <= dim < ndim:
            raise ValueError(
                f"{said}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {ndim} so expected in_dim "
                f"to satisfy -{ndim} <= in_dim < {ndim}."
            )
        negative.append(dim - ndim if dim >= 0 else dim)
    return leaves, negative, spec


def batch_size(leaves: list[Any], dims: list[int | None]) -> int:
    sizes = [leaf._array.shape[dim] for leaf, dim in zip(leaves, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: at least one input must have a batch dimension, but in_dims is None for all of them")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped dimension"
        )
    return int(sizes[0])


def run(
    func: Any,
    leaves: list[Any],
    dims: list[int | None],
    spec: TreeSpec,
    kwargs: dict[str, Any],
    out_dims: Dims,
    level: BatchLevel,
) -> Any:
    """``func`` on the batch, at a level of its own."""
    inside = [
        leaf if dim is None else ops.batch_in(leaf, level=level, axis=dim)
        for leaf, dim in zip(leaves, dims, strict=True)
    ]
    nodes = [current_node(one) if isinstance(one, TensorBase) else None for one in inside]
    with changed_modes(draws=level):
        result = func(*tree_unflatten(inside, spec), **kwargs)
    for leaf, alias, node, dim in zip(leaves, inside, nodes, dims, strict=True):
        if dim is not None:
            write_back(leaf, alias, node, partial(ops.batch_out, level=level, axis=dim))
    name = name_of(func)
    outputs, out_spec = tree_flatten(result)
    try:
        out = broadcast_prefix(out_dims, out_spec, "out_dims")
    except ValueError:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of `outputs`. "
            f"out_dims has structure {tree_structure(out_dims)} but outputs has structure {out_spec}."
        ) from None
    return tree_unflatten([taken_out(one, dim, level, name) for one, dim in zip(outputs, out, strict=True)], out_spec)


def taken_out(output: Any, dim: Any, level: BatchLevel, name: str) -> Any:
    """An output with the batch dimension at ``dim``."""
    if dim is None:
        if isinstance(output, TensorBase) and level in levels_of(output._array):
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        return output
    if not isinstance(output, TensorBase):
        raise ValueError(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(output)}. Did you mean to set out_dims= to "
            "None for output?"
        )
    ndim = output._array.ndim + 1
    if not isinstance(dim, int) or isinstance(dim, bool):
        raise ValueError(
            f"vmap({name}, ..., out_dims={dim}): out_dims must be ints or None, in the structure of the outputs"
        )
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    copy = not (level.is_mine(output._array) and is_only_holder(output, "value"))
    return ops.batch_out(output, level=level, axis=dim - ndim if dim >= 0 else dim, copy=copy)


def joined(parts: list[Any], out_dims: Dims) -> Any:
    """The outputs of all chunks, joined along their batch dimensions."""
    columns, spec = zip(*[tree_flatten(part) for part in parts], strict=True)
    dims = broadcast_prefix(out_dims, spec[0], "out_dims")
    return tree_unflatten(
        [
            column[0] if dim is None else cat(list(column), dim)
            for column, dim in zip(zip(*columns, strict=True), dims, strict=True)
        ],
        spec[0],
    )
