"""A call of a module: its hooks before, around and after ``forward``."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, cast

from ...core.hooks import Hook, Hooks, RemovableHandle, registered
from ...core.value import TensorBase
from ._base import ModuleBase
from ._functions import BackwardHook

if TYPE_CHECKING:
    from .module import Module

_global_backward_pre_hooks: Hooks = OrderedDict()
_global_backward_hooks: Hooks = OrderedDict()
_global_forward_pre_hooks: Hooks = OrderedDict()
_global_forward_hooks: Hooks = OrderedDict()
_global_forward_hooks_with_kwargs: dict[int, bool] = {}
_global_forward_hooks_always_called: dict[int, bool] = {}
_global_is_full_backward_hook: bool | None = None

ONE_KIND = "Cannot use both regular backward hooks and full backward hooks {}. Please use only one of them."


class Calls(ModuleBase):
    """The part of ``Module`` that runs ``forward`` and the hooks."""

    _compiled_call_impl: Any = None
    """What a call runs instead, since :meth:`compile`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._compiled_call_impl is not None:
            return self._compiled_call_impl(*args, **kwargs)
        return self._call_impl(*args, **kwargs)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """From now on, a call of the module, with its hooks, runs compiled; arguments as of ``chainrule.compile``.

        >>> import chainrule as torch
        >>> layer = torch.nn.Linear(2, 1)
        >>> layer.compile(backend="eager")
        """
        from ... import _compile

        self.__dict__["_compiled_call_impl"] = _compile.compile(self._call_impl, *args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        if not (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _global_forward_hooks
            or _global_forward_pre_hooks
            or _global_backward_hooks
            or _global_backward_pre_hooks
        ):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def forward(self, *input: Any) -> Any:
        """What a call of the module computes; every subclass defines it.

        Raises:
            NotImplementedError: this one does not.
        """
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def _call_with_hooks(self, args: Any, kwargs: dict[str, Any]) -> Any:
        hooks = self._forward_hooks_to_call()
        called: set[int] = set()
        result = None
        try:
            args, kwargs = self._before_forward(args, kwargs)
            full, regular = self._backward_hooks_to_call()
            pre = [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
            backward_hook = BackwardHook(cast("Module", self), full, pre) if full or pre else None
            if backward_hook is not None:
                args = backward_hook.at_entry(args)
            result = self.forward(*args, **kwargs)
            for id, (hook, with_kwargs, _) in hooks.items():
                called.add(id)
                given = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
                if given is not None:
                    result = given
            if backward_hook is not None:
                result = backward_hook.at_exit(result)
            if regular:
                self._attach_regular(regular, args, result)
        except Exception:
            for id, (hook, with_kwargs, always) in hooks.items():
                if always and id not in called:
                    self._call_after_error(hook, with_kwargs, args, kwargs, result)
            raise
        return result

    def _forward_hooks_to_call(self) -> dict[int, tuple[Hook, bool, bool]]:
        """By their ids: each hook, whether it gets keyword arguments, and whether an error does not stop it."""
        of_all = {
            id: (hook, id in _global_forward_hooks_with_kwargs, id in _global_forward_hooks_always_called)
            for id, hook in _global_forward_hooks.items()
        }
        own = {
            id: (hook, id in self._forward_hooks_with_kwargs, id in self._forward_hooks_always_called)
            for id, hook in self._forward_hooks.items()
        }
        return of_all | own

    def _before_forward(self, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        for id, hook in [*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()]:
            if id in self._forward_pre_hooks_with_kwargs:
                given = hook(self, args, kwargs)
                if given is not None:
                    if not isinstance(given, tuple) or len(given) != 2:
                        raise RuntimeError(
                            f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {given}."
                        )
                    args, kwargs = given
            else:
                given = hook(self, args)
                if given is not None:
                    args = given if isinstance(given, tuple) else (given,)
        return args, kwargs

    def _call_after_error(self, hook: Hook, with_kwargs: bool, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        try:
            if with_kwargs:
                hook(self, args, kwargs, result)
            else:
                hook(self, args, result)
        except Exception as error:  # noqa: BLE001 - the error that came first is the one to report
            warnings.warn(
                "module forward hook with ``always_call=True`` raised an exception that was silenced as another error was "
                f"raised in forward: {error}",
                stacklevel=4,
            )

    def _backward_hooks_to_call(self) -> tuple[list[Hook], list[Hook]]:
        """The full ones, and the regular ones."""
        full: list[Hook] = []
        regular: list[Hook] = []
        if _global_is_full_backward_hook is not None:
            (full if _global_is_full_backward_hook else regular).extend(_global_backward_hooks.values())
        if self._is_full_backward_hook is not None:
            (full if self._is_full_backward_hook else regular).extend(self._backward_hooks.values())
        return full, regular

    def _attach_regular(self, hooks: list[Hook], args: Any, result: Any) -> None:
        """Regular backward hooks see the gradients of the last node only: whatever ``forward`` did besides is hidden."""
        output = result
        while not isinstance(output, TensorBase):
            values = output.values() if isinstance(output, dict) else output
            output = next((value for value in values if isinstance(value, (TensorBase, dict, tuple, list))), None)
            if output is None:
                return
        node: Any = output.grad_fn
        if node is None:
            return
        for hook in hooks:
            node.register_hook(_with_module(hook, self))
        inputs = {arg.grad_fn for arg in args if isinstance(arg, TensorBase) and arg.grad_fn is not None}
        if not isinstance(result, TensorBase) or inputs != {parent for parent, _ in node.next_functions}:
            warnings.warn(
                "Using a non-full backward hook when the forward contains multiple autograd Nodes is deprecated and will be "
                "removed in future versions. This hook will be missing some grad_input. Please use "
                "register_full_backward_hook to get the documented behavior.",
                FutureWarning,
                stacklevel=4,
            )

    # -- registering ---------------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each ``forward``; it may return other arguments.

        Args:
            hook: what to call. A result that is no tuple becomes the only argument.
            prepend: before the hooks that are there already.
            with_kwargs: call ``hook(module, args, kwargs)``, which may return ``(args, kwargs)``.

        >>> import chainrule as torch
        >>> relu = torch.nn.ReLU()
        >>> handle = relu.register_forward_pre_hook(lambda module, args: -args[0])
        >>> relu(torch.tensor([-1., 2.]))
        tensor([1., 0.])
        >>> handle.remove()
        """
        flags = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return registered(self._forward_pre_hooks, hook, *flags, prepend=prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each ``forward``; it may return another output.

        Args:
            hook: what to call.
            prepend: before the hooks that are there already.
            with_kwargs: call ``hook(module, args, kwargs, output)``.
            always_call: also when the call raises an error.

        >>> import chainrule as torch
        >>> relu = torch.nn.ReLU()
        >>> handle = relu.register_forward_hook(lambda module, args, output: output * 10)
        >>> relu(torch.tensor([-1., 2.]))
        tensor([ 0., 20.])
        """
        flags = [self._forward_hooks_with_kwargs] if with_kwargs else []
        if always_call:
            flags.append(self._forward_hooks_always_called)
        return registered(self._forward_hooks, hook, *flags, prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are known; it may return others.

        Args:
            hook: what to call.
            prepend: before the hooks that are there already.
        """
        return registered(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are known.

        The hook may return other gradients of the inputs. Arguments given by keyword, and tensors inside other objects,
        have none.

        Args:
            hook: what to call.
            prepend: before the hooks that are there already.

        Raises:
            RuntimeError: the module has hooks of ``register_backward_hook``.

        >>> import chainrule as torch
        >>> relu = torch.nn.ReLU()
        >>> handle = relu.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_output))
        >>> relu(torch.ones(2, requires_grad=True)).sum().backward()
        (tensor([1., 1.]),)
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(ONE_KIND.format("on a single Module"))
        self._is_full_backward_hook = True
        return registered(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Deprecated: as :meth:`register_full_backward_hook`, but of the last node of ``forward`` only."""
        if self._is_full_backward_hook is True:
            raise RuntimeError(ONE_KIND.format("on a single Module"))
        self._is_full_backward_hook = False
        return registered(self._backward_hooks, hook)


def _with_module(hook: Hook, module: Any) -> Hook:
    return lambda grad_inputs, grad_outputs: hook(module, grad_inputs, grad_outputs)


# -- hooks of all modules -----------------------------------------------------------------------------------------------


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, args)`` before the ``forward`` of every module, ahead of the module's own hooks."""
    return registered(_global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after the ``forward`` of every module, ahead of the module's own hooks."""
    flags = [_global_forward_hooks_with_kwargs] if with_kwargs else []
    if always_call:
        flags.append(_global_forward_hooks_always_called)
    return registered(_global_forward_hooks, hook, *flags)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` for every module; see ``Module.register_full_backward_pre_hook``."""
    return registered(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` for every module; see ``Module.register_full_backward_hook``.

    Raises:
        RuntimeError: there are hooks of ``register_module_backward_hook``.
    """
    global _global_is_full_backward_hook
    if _global_is_full_backward_hook is False:
        raise RuntimeError(ONE_KIND.format("as a global Module hook"))
    _global_is_full_backward_hook = True
    return registered(_global_backward_hooks, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Deprecated: as :func:`register_module_full_backward_hook`, but of the last node of each ``forward`` only."""
    global _global_is_full_backward_hook
    if _global_is_full_backward_hook is True:
        raise RuntimeError(ONE_KIND.format("as a global Module hook"))
    _global_is_full_backward_hook = False
    return registered(_global_backward_hooks, hook)
