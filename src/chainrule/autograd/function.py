"""Custom differentiable operations."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..core.custom import CustomNode as BackwardCFunction, Function, FunctionCtx, FunctionMeta
from ..core.modes import changed_modes, is_grad_enabled
from ..core.value import TensorBase

__all__ = ["BackwardCFunction", "Function", "FunctionCtx", "FunctionMeta", "InplaceFunction", "once_differentiable"]


class InplaceFunction(Function):
    """A Function by its older name for those that write into their argument: ``ctx.mark_dirty`` says which does."""


class _OnceDifferentiable(Function):
    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        return tuple(t.view_as(t) if isinstance(t, TensorBase) else t for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for ``backward``: it is not recorded, and a second differentiation raises.

    >>> import chainrule as torch
    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     @torch.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return 2 * ctx.saved_tensors[0] * g
    >>> x = torch.tensor(3., requires_grad=True)
    >>> (g,) = torch.autograd.grad(Square.apply(x).exp(), x, create_graph=True)
    >>> torch.autograd.grad(g, x)
    Traceback (most recent call last):
    RuntimeError: trying to differentiate twice a function that was marked with @once_differentiable
    """

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with changed_modes(grad=False):
            outputs = fn(ctx, *args)
        if not is_grad_enabled() or not any(isinstance(a, TensorBase) and a.requires_grad for a in args):
            return outputs
        several = isinstance(outputs, tuple)
        group = outputs if several else (outputs,)
        anchor = next(a for a in args if isinstance(a, TensorBase) and a.requires_grad)
        refused = _OnceDifferentiable.apply(*[g.detach() if isinstance(g, TensorBase) else g for g in group], anchor)[
            :-1
        ]
        return refused if several else refused[0]

    return wrapper
