"""What functorch had before it became ``torch.func``: a module split into a function and its state."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..nn import Module
from ._modules import functional_call, stack_module_state

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "FunctionalModule", "FunctionalModuleWithBuffers", "combine_state_for_ensemble", "make_functional",
    "make_functional_with_buffers",
]  # fmt: skip


class FunctionalModuleWithBuffers(Module):
    """A module as a function of its parameters, its buffers and its arguments.

    Args:
        stateless_model: the module; its own parameters and buffers are never used.
        param_names: the dotted names of the parameters, in the order in which they are given.
        buffer_names: the same of the buffers.
    """

    def __init__(self, stateless_model: Module, param_names: Sequence[str], buffer_names: Sequence[str] = ()) -> None:
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names = tuple(param_names)
        self.buffer_names = tuple(buffer_names)

    def forward(self, params: Sequence[Tensor], buffers: Sequence[Tensor], *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Call the module with these parameters and buffers."""
        state = dict(zip((*self.param_names, *self.buffer_names), (*params, *buffers), strict=True))
        return functional_call(self.stateless_model, state, args, kwargs)


class FunctionalModule(FunctionalModuleWithBuffers):
    """A module without buffers as a function of its parameters and its arguments."""

    def forward(self, params: Sequence[Tensor], *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Call the module with these parameters."""
        return super().forward(params, (), *args, **kwargs)


def make_functional(
    model: Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModule, tuple[Tensor, ...]]:
    """Split a module without buffers into a function and its parameters. Newer programs use ``functional_call``.

    Args:
        model: the module; it is copied.
        disable_autograd_tracking: whether the parameters that are returned require no gradient.

    Returns:
        The function, called as ``function(params, *args)``, and the parameters.

    Raises:
        RuntimeError: the module has buffers.

    >>> import chainrule as torch
    >>> import chainrule.func as functorch
    >>> function, params = functorch.make_functional(torch.nn.PReLU())
    >>> function(params, torch.tensor([-4.0]))
    tensor([-1.], grad_fn=<PreluKernelBackward0>)
    """
    names = [name for name, _ in model.named_buffers()]
    if names:
        raise RuntimeError(
            f"make_functional(model): the model has buffers ({', '.join(names)}). Use make_functional_with_buffers(model)."
        )
    params = _values(model.named_parameters(), detached=disable_autograd_tracking)
    return FunctionalModule(copy.deepcopy(model), [name for name, _ in model.named_parameters()]), params


def make_functional_with_buffers(
    model: Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Split a module into a function, its parameters and its buffers. Newer programs use ``functional_call``.

    Args:
        model: the module; it is copied.
        disable_autograd_tracking: whether the parameters that are returned require no gradient.

    Returns:
        The function, called as ``function(params, buffers, *args)``, the parameters and the buffers.

    >>> import chainrule as torch
    >>> import chainrule.func as functorch
    >>> function, params, buffers = functorch.make_functional_with_buffers(torch.nn.BatchNorm1d(2))
    >>> len(params), len(buffers)
    (2, 3)
    """
    params = _values(model.named_parameters(), detached=disable_autograd_tracking)
    buffers = _values(model.named_buffers(), detached=True)
    names = ([name for name, _ in pairs] for pairs in (model.named_parameters(), model.named_buffers()))
    return FunctionalModuleWithBuffers(copy.deepcopy(model), *names), params, buffers


def combine_state_for_ensemble(
    models: Sequence[Module],
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Modules of one class as one function, with their parameters and buffers stacked, for ``vmap``.

    Args:
        models: at least one module; all of one class, and all in training mode or none.

    Returns:
        The function of the first, the stacked parameters, and the stacked buffers.

    Raises:
        RuntimeError: there are none, or they differ in class or mode.

    >>> import chainrule as torch
    >>> import chainrule.func as functorch
    >>> function, params, buffers = functorch.combine_state_for_ensemble([torch.nn.Linear(2, 3) for _ in range(4)])
    >>> functorch.vmap(function, in_dims=(0, 0, None))(params, buffers, torch.ones(5, 2)).shape
    torch.Size([4, 5, 3])
    """
    params, buffers = stack_module_state(list(models))
    function, *_ = make_functional_with_buffers(models[0])
    return function, tuple(params.values()), tuple(buffers.values())


def _values(pairs: Any, *, detached: bool) -> tuple[Tensor, ...]:
    return tuple([value.detach() if detached else value for _, value in pairs])
