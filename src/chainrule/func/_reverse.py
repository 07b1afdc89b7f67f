"""Transforms by the reverse pass: ``grad``, ``grad_and_value``, ``vjp``.

A transform needs no graph of its own. Its arguments become leaves that know the outer value behind them
(``_inputs.differentiated_by``); the function is recorded as always; a reverse pass to these leaves gives the gradients.
Whether they are themselves recorded, for the transform outside, is the grad mode that was in force at the call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd._backward import gradients
from ..core.modes import changed_modes, is_grad_enabled
from ..core.value import TensorBase
from ..core.views import current_node
from ..functions.filling import zeros_like
from ..utils._pytree import TreeSpec, tree_flatten, tree_unflatten
from ._inputs import (
    Argnums,
    constant,
    differentiable_leaves,
    differentiated_by,
    map_tensors,
    reach_outside,
    selected,
    split_aux,
    with_selected,
)


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of ``func``.

    Args:
        func: returns a one-element tensor, or (that, aux) with ``has_aux``.
        argnums: the argument(s) to differentiate by: tensors, or containers of tensors. A tuple gives a tuple.
        has_aux: ``func`` returns something else as well, which is handed through.

    Returns:
        A function of the same arguments that returns the gradient, in the structure of the argument, or (gradient, aux).

    Raises:
        RuntimeError (from the function returned): the output is no 0-d tensor; an argnum is out of range; an argument
            differentiated by is no tensor of a floating or complex dtype.

    >>> import chainrule as torch
    >>> torch.func.grad(lambda x: (x ** 3).sum())(torch.tensor([1., 2.]))
    tensor([ 3., 12.])
    >>> torch.func.grad(torch.func.grad(torch.sin))(torch.tensor(1.))
    tensor(-0.8415)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of ``func`` and its value.

    Args:
        func: as for :func:`grad`.
        argnums: as for :func:`grad`.
        has_aux: as for :func:`grad`.

    Returns:
        A function that returns (gradient, value), or (gradient, (value, aux)).

    >>> import chainrule as torch
    >>> torch.func.grad_and_value(torch.sin)(torch.tensor(0.))
    (tensor(1.), tensor(0.))
    """

    @functools.wraps(func)
    def gradient_and_value(*args: Any, **kwargs: Any) -> Any:
        said = "grad_and_value(f)(*args)"
        was_recording = is_grad_enabled()
        leaves, spec = differentiable_leaves(selected(args, argnums), said)
        with changed_modes(grad=True):
            inside = [differentiated_by(leaf) for leaf in leaves]
            chosen = tree_unflatten(inside, spec)
            function = with_selected(func, args, argnums)
            result = function(*((chosen,) if isinstance(argnums, int) else chosen), **kwargs)
            output, aux = split_aux(result, said) if has_aux else (result, None)
            if not isinstance(output, TensorBase):
                raise RuntimeError(f"{said}: Expected f(*args) to return a Tensor, got {type(output)}")
            if output._array.ndim:
                raise RuntimeError(
                    f"{said}: Expected f(*args) to return a scalar Tensor, got tensor with {output._array.ndim} dims. Maybe you "
                    "wanted to use the vjp or jacrev APIs instead?"
                )
            recorded = was_recording and reach_outside([output], inside)
            found = pulled([output], inside, None, recorded, recorded)
        gradient = tree_unflatten(found, spec)
        value = (output, aux) if has_aux else output
        return gradient, value if recorded else map_tensors(constant, value)

    return gradient_and_value


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``func``, and the function that takes cotangents of it to cotangents of its arguments.

    Args:
        func: returns a tensor or a container of tensors, or (that, aux) with ``has_aux``.
        primals: the arguments: tensors or containers of tensors.
        has_aux: ``func`` returns something else as well, which is handed through.

    Returns:
        (output, vjp_fn), or (output, vjp_fn, aux). ``vjp_fn`` takes cotangents in the structure of the output, and returns
        the tuple of cotangents of the primals. It may be called any number of times.

    Raises:
        RuntimeError (from ``vjp_fn``): a cotangent has another structure, shape or dtype than the output.

    >>> import chainrule as torch
    >>> output, vjp_fn = torch.func.vjp(torch.sin, torch.tensor([0., 1.]))
    >>> vjp_fn(torch.ones(2))
    (tensor([1.0000, 0.5403]),)
    """
    said = "vjp(f, *primals)"
    was_recording = is_grad_enabled()
    leaves, spec = differentiable_leaves(primals, said)
    with changed_modes(grad=True):
        inside = [differentiated_by(leaf) for leaf in leaves]
        result = func(*tree_unflatten(inside, spec))
        output, aux = split_aux(result, said) if has_aux else (result, None)
        outputs, out_spec = outputs_of(output, said)
    reaching = reach_outside(outputs, inside)

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given, given_spec = tree_flatten(cotangents)
        if given_spec != out_spec:
            raise RuntimeError(
                f"Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. "
                f"cotangents: {given_spec}, primal output: {out_spec}"
            )
        create = is_grad_enabled() if create_graph is None else create_graph
        create = create and (reaching or any(current_node(g) is not None for g in given if isinstance(g, TensorBase)))
        return tree_unflatten(pulled(outputs, inside, given, retain_graph, create), spec)

    if not (was_recording and reaching):
        output, aux = map_tensors(constant, output), map_tensors(constant, aux)
    return (output, vjp_fn, aux) if has_aux else (output, vjp_fn)


def outputs_of(output: Any, said: str) -> tuple[list[Any], TreeSpec]:
    """The leaves of what a transformed function returned, which must be tensors."""
    outputs, spec = tree_flatten(output)
    for one in outputs:
        if not isinstance(one, TensorBase):
            raise RuntimeError(f"{said}: expected f(*primals) to return only tensors, got unsupported type {type(one)}")
    return outputs, spec


def pulled(
    outputs: list[Any], inputs: list[Any], cotangents: list[Any] | None, retain_graph: bool, create_graph: bool
) -> list[Any]:
    """The cotangents of ``inputs``, zeros where no path leads to one."""
    pairs = zip(outputs, cotangents or [None] * len(outputs), strict=True)
    reaching = [(output, g) for output, g in pairs if current_node(output) is not None]
    if not reaching:
        return [zeros_like(one) for one in inputs]
    found = gradients(
        tuple([output for output, _ in reaching]),
        tuple(inputs),
        [g for _, g in reaching],
        retain_graph,
        create_graph,
        True,
    )
    return [zeros_like(one) if g is None else g for one, g in zip(inputs, found, strict=True)]
