"""What is compared: programs that mean the same in both libraries, so that each is written once.

A check is a function of a :class:`~tests.conformance.samples.Case` on one side: ``side.torch`` is PyTorch or chainrule,
``side.function`` the op as a function of ``side.inputs``, the sample's differentiable tensors. It returns tensors in
any containers. Where a derivative can be computed in several ways, all of chainrule's are compared with the first that
PyTorch supports.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], Any]


def value(side: Any) -> Any:
    """The op on the sample as it is: values, dtypes, shapes, and what requires grad."""
    return side.call()


def method(side: Any) -> Any:
    """The same as a method."""
    return side.call(side.as_method)


def inplace(side: Any) -> Any:
    """The same as a method that writes into its tensor: what it returns, and that it is the tensor."""
    target = side.first_tensor()
    result = side.call(side.as_inplace, first=target)
    return result, target, result is target


def operator(side: Any) -> Any:
    """The same as a Python operator."""
    return side.call(side.as_operator)


def inplace_operator(side: Any) -> Any:
    """The same as an operator that writes into its tensor."""
    target = side.first_tensor()
    result = side.call(side.as_inplace_operator, first=target)
    return result, target, result is target


def aliases(side: Any) -> Any:
    """The same under its other names: functions, methods, and methods that write into their tensor."""
    found = []
    for function, method, inplace in side.aliases():
        found += [side.call(form) for form in (function, method) if form is not None]
        if inplace is not None:
            found.append(outcome(lambda inplace=inplace: side.call(inplace, first=side.first_tensor())))
    return found


def out(side: Any) -> Any:
    """What comes of ``out=``: the result and whether it is the tensor given and in its memory, or the refusal."""
    results = side.call(tensors=side.tensors())
    found = {name: outcome(lambda make=make: side.into(results, make, side.tensors())) for name, make in OUTS.items()}
    found["recorded"] = outcome(lambda: side.into(results, OUTS["right"], side.leaves()))
    return found


OUTS: dict[str, Callable[[Any, Any], Any]] = {
    "right": lambda torch, x: torch.ones(x.shape, dtype=x.dtype),
    "strided": lambda torch, x: torch.ones((*x.shape, 2), dtype=x.dtype).select(-1, 0),
    "empty": lambda torch, x: torch.ones(0, dtype=x.dtype),
    "larger": lambda torch, x: torch.ones((2, *x.shape), dtype=x.dtype),
    "leaf": lambda torch, x: torch.ones(x.shape, dtype=x.dtype).requires_grad_(x.is_floating_point() or x.is_complex()),
    **{
        dtype: lambda torch, x, dtype=dtype: torch.ones(x.shape, dtype=getattr(torch, dtype))
        for dtype in ("bool", "uint8", "int64", "bfloat16", "float32", "float64", "complex64", "complex128")
    },
}
"""Tensors to write into, by what they are beside the result."""


def outcome(program: Callable[[], Any]) -> Any:
    """The result, or the exception, and whether a warning was given that a tensor was resized."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            result = program()
        except Exception as error:
            result = error
    return result, any("resized" in str(one.message) for one in said)


def grad(side: Any) -> Any:
    """The gradient by all differentiable tensors, of the outputs weighted at random."""
    leaves = [x.requires_grad_() for x in side.inputs()]
    outputs = side.function(*leaves)
    return side.torch.autograd.grad(outputs, leaves, side.weights(outputs), materialize_grads=True)


def gradgrad(side: Any) -> Any:
    """The gradient of the gradient, by all differentiable tensors and by the weights of the outputs."""
    leaves = [x.requires_grad_() for x in side.inputs()]
    outputs = side.function(*leaves)
    weights = [x.requires_grad_() for x in side.weights(outputs)]
    first = side.torch.autograd.grad(outputs, leaves, weights, create_graph=True, materialize_grads=True)
    pairs = [(x, weight) for x, weight in zip(first, side.weights(first), strict=True) if x.requires_grad]
    by = [*leaves, *weights]
    if not pairs:
        return [side.torch.zeros_like(x) for x in by]
    recorded, seconds = zip(*pairs, strict=True)
    return side.torch.autograd.grad(recorded, by, seconds, materialize_grads=True)


def jvp(side: Any) -> Any:
    """The value and the tangent."""
    inputs = side.inputs()
    return side.torch.func.jvp(side.function, inputs, side.random_like(inputs))


def vmap(side: Any) -> Any:
    """A batch of all tensors of the sample, and a batch of the first alone along its last dimension."""
    return side.torch.func.vmap(side.any_function)(*side.batch(side.tensors()))


def vmap_of_one(side: Any) -> Any:
    """A batch of the first tensor alone, along its last dimension."""
    first, *others = side.tensors()
    (batch,) = side.batch([first])
    in_dims = (-1, *[None] * len(others))
    return side.torch.func.vmap(side.any_function, in_dims=in_dims)(batch.moveaxis(0, -1), *others)


def vmap_grad(side: Any) -> Any:
    """The gradient of each element of a batch."""
    return side.torch.func.vmap(side.torch.func.grad(side.scalar, side.argnums))(*side.batch(side.inputs()))


def jacrev(side: Any) -> Any:
    return side.torch.func.jacrev(side.function, side.argnums)(*side.inputs())


def jacfwd(side: Any) -> Any:
    return side.torch.func.jacfwd(side.function, side.argnums)(*side.inputs())


def vmap_jacrev(side: Any) -> Any:
    return side.torch.func.vmap(side.torch.func.jacrev(side.function, side.argnums))(*side.batch(side.inputs()))


def vmap_jacfwd(side: Any) -> Any:
    return side.torch.func.vmap(side.torch.func.jacfwd(side.function, side.argnums))(*side.batch(side.inputs()))


def hessian_rev_rev(side: Any) -> Any:
    return side.torch.func.jacrev(side.torch.func.jacrev(side.scalar, side.argnums), side.argnums)(*side.inputs())


def hessian_fwd_rev(side: Any) -> Any:
    return side.torch.func.hessian(side.scalar, side.argnums)(*side.inputs())


def hessian_rev_fwd(side: Any) -> Any:
    return side.torch.func.jacrev(side.torch.func.jacfwd(side.scalar, side.argnums), side.argnums)(*side.inputs())


def hessian_fwd_fwd(side: Any) -> Any:
    return side.torch.func.jacfwd(side.torch.func.jacfwd(side.scalar, side.argnums), side.argnums)(*side.inputs())


JACOBIANS: tuple[Check, ...] = (jacrev, jacfwd)
BATCHED_JACOBIANS: tuple[Check, ...] = (vmap_jacrev, vmap_jacfwd)
HESSIANS: tuple[Check, ...] = (hessian_rev_rev, hessian_fwd_rev, hessian_rev_fwd, hessian_fwd_fwd)

CHECKS: dict[str, tuple[Check, tuple[Check, ...]]] = {
    **{
        check.__name__: (check, (check,))
        for check in (
            value,
            method,
            inplace,
            operator,
            inplace_operator,
            aliases,
            out,
            vmap,
            vmap_of_one,
            grad,
            gradgrad,
            jvp,
            vmap_grad,
        )
    },
    "dtypes": (value, (value,)),
    **{check.__name__: (check, (check, *same)) for same in (JACOBIANS, BATCHED_JACOBIANS, HESSIANS) for check in same},
}
"""What chainrule does, and what PyTorch may do for the same answer, the first that it supports."""
VARIANTS = frozenset({"method", "inplace", "operator", "inplace_operator"})
"""The checks of a form that the op has or has not."""
OF_ANY_OP = VARIANTS | {"value", "dtypes", "aliases", "out", "vmap", "vmap_of_one"}
"""The checks of ops that have no derivative too."""
OF_REAL_NUMBERS = frozenset(check.__name__ for check in (*JACOBIANS, *BATCHED_JACOBIANS, *HESSIANS))
OF_FEW_NUMBERS = frozenset(check.__name__ for check in HESSIANS)
