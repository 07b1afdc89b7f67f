"""Whole Jacobians and Hessians: one derivative for each basis vector, all of them in one batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.value import TensorBase, new_tensor
from ..core.xla_level import beside
from ..utils._pytree import tree_flatten, tree_unflatten
from ._batch import vmap
from ._forward import jvp
from ._inputs import Argnums, differentiable_leaves, selected, with_selected
from ._reverse import vjp


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """A function that gives the Jacobian of ``func``, by reverse mode: best where there are fewer outputs than inputs.

    Args:
        func: returns a real tensor or a container of them, or (that, aux) with ``has_aux``.
        argnums: the argument(s) to differentiate by; a tuple gives a tuple.
        has_aux: ``func`` returns something else as well, which is handed through.
        chunk_size: how many rows of the Jacobian to compute at once; None: all.

    Returns:
        A function of the same arguments: for each output, for each argument, a tensor of shape
        ``output.shape + argument.shape``.

    Raises:
        ValueError: ``chunk_size`` is not positive.
        RuntimeError (from the function returned): an output is complex; else as for :func:`grad`.

    >>> import chainrule as torch
    >>> torch.func.jacrev(lambda x: x ** 2)(torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"jacrev: `chunk_size` should be greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen = selected(args, argnums)
        function = functools.partial(with_selected(func, args, argnums), **kwargs)
        result = vjp(function, *((chosen,) if isinstance(argnums, int) else chosen), has_aux=has_aux)
        output, vjp_fn = result[:2]
        outputs, out_spec = tree_flatten(output)
        check_real("jacrev", "outputs", outputs)
        rows = vmap(lambda *cotangents: vjp_fn(tree_unflatten(cotangents, out_spec)), chunk_size=chunk_size)(
            *basis(outputs)
        )
        leaves, spec = tree_flatten(rows)
        columns = [split(leaf, outputs, 0) for leaf in leaves]
        per_output = []
        for at, one in enumerate(outputs):
            parts = [column[at].reshape((*one.shape, *column[at].shape[1:])) for column in columns]
            tree = tree_unflatten(parts, spec)
            per_output.append(tree[0] if isinstance(argnums, int) else tree)
        jacobians = tree_unflatten(per_output, out_spec)
        return (jacobians, result[2]) if has_aux else jacobians

    return jacobian


def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """A function that gives the Jacobian of ``func``, by forward mode: best where there are fewer inputs than outputs.

    Args:
        func: as for :func:`jacrev`.
        argnums: as for :func:`jacrev`.
        has_aux: as for :func:`jacrev`.
        randomness: as for :func:`vmap`.

    Returns:
        As for :func:`jacrev`.

    Raises:
        RuntimeError (from the function returned): an argument or an output is complex; else as for :func:`grad`.

    >>> import chainrule as torch
    >>> torch.func.jacfwd(torch.sin)(torch.tensor([0., 0.]))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen = selected(args, argnums)
        primals = (chosen,) if isinstance(argnums, int) else chosen
        leaves, spec = differentiable_leaves(primals, "jacfwd")
        check_real("jacfwd", "inputs", leaves)
        function = functools.partial(with_selected(func, args, argnums), **kwargs)
        aux: list[Any] = []

        def along(*tangents: Any) -> Any:
            found = jvp(function, primals, tree_unflatten(tangents, spec), has_aux=has_aux)
            if not has_aux:
                return found[1], []
            extra, extra_spec = tree_flatten(found[2])
            is_tensor = [isinstance(one, TensorBase) for one in extra]
            aux[:] = extra, extra_spec, is_tensor
            return found[1], [one for one, tensor in zip(extra, is_tensor, strict=True) if tensor]

        columns, extra_tensors = vmap(along, randomness=randomness, out_dims=(-1, 0))(*basis(leaves))
        outputs, out_spec = tree_flatten(columns)
        check_real("jacfwd", "outputs", outputs)
        per_output = []
        for column in outputs:
            parts = [
                part.reshape((*column.shape[:-1], *leaf.shape))
                for part, leaf in zip(split(column, leaves, -1), leaves, strict=True)
            ]
            tree = tree_unflatten(parts, spec)
            per_output.append(tree[0] if isinstance(argnums, int) else tree)
        jacobians = tree_unflatten(per_output, out_spec)
        if not has_aux:
            return jacobians
        extra, extra_spec, is_tensor = aux
        first = (one[0] for one in extra_tensors)  # the same along every direction
        return jacobians, tree_unflatten(
            [next(first) if tensor else one for one, tensor in zip(extra, is_tensor, strict=True)], extra_spec
        )

    return jacobian


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the Hessian of ``func``: forward mode over reverse mode.

    Args:
        func: returns a one-element real tensor, or a container of tensors, each of which gets a Hessian.
        argnums: the argument(s) to differentiate by, twice; a tuple gives a tuple of tuples.

    Returns:
        A function of the same arguments: for each output, for each pair of arguments, a tensor of shape
        ``output.shape + first.shape + second.shape``.

    Raises:
        RuntimeError (from the function returned): as for :func:`jacfwd`.

    >>> import chainrule as torch
    >>> torch.func.hessian(lambda x: (x ** 3).sum())(torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


def check_real(function: str, what: str, tensors: list[Any]) -> None:
    for at, one in enumerate(tensors):
        if one._array.dtype.kind == "c":
            raise RuntimeError(
                f"{function}: Expected all {what} to be real but received complex tensor at flattened input idx: {at}"
            )


def basis(tensors: list[Any]) -> tuple[Any, ...]:
    """The standard basis of the space of all of them together: for each, its part of every basis vector."""
    sizes = [one._array.size for one in tensors]
    total, start, parts = sum(sizes), 0, []
    for one, size in zip(tensors, sizes, strict=True):
        if one.is_meta:
            parts.append(one.new_empty((total, *one._array.shape)))
        else:
            part = np.zeros((total, size), one._array.dtype)
            part[range(start, start + size), range(size)] = 1
            parts.append(beside(new_tensor(part.reshape(total, *one._array.shape)), one))
        start += size
    return tuple(parts)


def split(joined: Any, tensors: list[Any], dim: int) -> list[Any]:
    """A tensor with one entry along ``dim`` for each element of ``tensors``, in parts that belong to each."""
    if len(tensors) == 1:
        return [joined]
    return list(joined.split([one._array.size for one in tensors], dim))
