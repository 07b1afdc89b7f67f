"""Backward hooks of modules: identities in the graph, at the entry and at the exit of ``forward``, that carry the hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...autograd.function import Function
from ...core.modes import is_grad_enabled
from ...core.value import TensorBase

if TYPE_CHECKING:
    from .module import Module

__all__ = ["BackwardHookFunction"]

Hook = Callable[..., Any]

Places = tuple[list[int], int]
"""At which of how many arguments (or results) there are tensors that have gradients."""


class BackwardHookFunction(Function):
    """The identity, of any number of tensors."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
        return args

    @staticmethod
    def backward(ctx: Any, *args: Any) -> Any:
        return args


class BackwardHook:
    """The backward hooks for one call of a module."""

    def __init__(self, module: Module, hooks: Sequence[Hook], pre_hooks: Sequence[Hook]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_outputs: Any = None
        """The gradients of the outputs, between the pass through the exit and the pass through the entry."""
        self.entry: Places = ([], 0)
        self.exit: Places = ([], 0)

    def at_entry(self, args: Any) -> Any:
        """The arguments, behind an identity that calls the hooks when the gradients of all of them are known."""
        args, self.entry = through_identity(args, lambda node: node.register_hook(self._on_grad_inputs))
        return args

    def at_exit(self, result: Any) -> Any:
        """The result, behind an identity that notes the gradients of the outputs."""
        single = not isinstance(result, tuple)
        outputs, self.exit = through_identity(
            (result,) if single else result, lambda node: node.register_prehook(self._on_grad_outputs)
        )
        return outputs[0] if single else outputs

    def _on_grad_outputs(self, grads: Any) -> Any:
        self.grad_outputs = spread(grads, self.exit)
        for hook in self.pre_hooks:
            given = hook(self.module, self.grad_outputs)
            if given is not None:
                self.grad_outputs = as_many(given, self.grad_outputs, "Backward pre hook", "grad_output")
        replaced = self.grad_outputs
        if not self.entry[0]:
            self._call_without_inputs()
        return tuple([replaced[at] for at in self.exit[0]]) if self.pre_hooks else None

    def _call_without_inputs(self) -> None:
        """No gradient will leave the module, so that the gradients of the outputs are all that the hooks can see."""
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
            "gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
            "register_full_backward_hook for more details.",
            stacklevel=2,
        )
        for hook in self.hooks:
            given = hook(self.module, spread((), self.entry), self.grad_outputs)
            if given is not None and not (isinstance(given, tuple) and all(g is None for g in given)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for all "
                    "gradients."
                )
        self.grad_outputs = None

    def _on_grad_inputs(self, grads: Any, _: Any) -> Any:
        if self.grad_outputs is None:
            return None  # the gradients reached the input by another way than through the output
        grad_inputs = spread(grads, self.entry)
        for hook in self.hooks:
            given = hook(self.module, grad_inputs, self.grad_outputs)
            if given is not None:
                grad_inputs = as_many(given, grad_inputs, "Backward hook", "grad_input")
        self.grad_outputs = None
        return tuple([grad_inputs[at] for at in self.entry[0]])


def through_identity(args: Any, attach: Callable[[Any], Any]) -> tuple[Any, Places]:
    """``args`` with its tensors sent through one identity, whose node ``attach`` gets; and where the tensors were.

    Where none requires grad there is nothing to attach to: then ``args`` as it is, and no places.
    """
    at = [n for n, arg in enumerate(args) if isinstance(arg, TensorBase)]
    if not is_grad_enabled() or not any(args[n].requires_grad for n in at):
        return args, ([], len(args))
    tensors = BackwardHookFunction.apply(*[args[n] for n in at])
    attach(next(t.grad_fn for t in tensors if t.grad_fn is not None))
    given = list(args)
    for n, tensor in zip(at, tensors, strict=True):
        given[n] = tensor
    made = type(args)(*given) if hasattr(args, "_fields") else tuple(given)
    return made, (at, len(args))


def spread(grads: Any, where: Places) -> tuple[Any, ...]:
    """The gradients in the places of their tensors, None in the others."""
    at, count = where
    every: list[Any] = [None] * count
    for n, grad in zip(at, grads, strict=True):
        every[n] = grad
    return tuple(every)


def as_many(given: Any, wanted: tuple[Any, ...], hook: str, what: str) -> tuple[Any, ...]:
    """What a hook returned, if that is as many gradients as it got."""
    if len(given) != len(wanted):
        raise RuntimeError(f"{hook} returned an invalid number of {what}, got {len(given)}, but expected {len(wanted)}")
    return tuple(given)
