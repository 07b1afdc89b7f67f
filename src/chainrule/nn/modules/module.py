"""``Module``: the base of everything that has parameters.

Its parts are in the files beside this one: ``_traversal`` (the tree), ``_calling`` (forward and hooks), ``_state_dict``
(saving and loading). Here: what assigning an attribute means, conversion, modes, and the printed form.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ...autograd.grad_mode import no_grad
from ...core.hooks import Hook, Hooks, RemovableHandle, registered
from ...core.value import TensorBase
from ...device import place_of
from ...functions.conversion import to_arguments, typename
from ...functions.filling import empty_like
from ..parameter import Buffer, Parameter, is_lazy
from ._base import fresh_state
from ._calling import (
    Calls,
    register_module_backward_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from ._state_dict import (
    EXTRA_STATE as _EXTRA_STATE_KEY_SUFFIX,  # noqa: F401 - packages take it from here
    StateDict,
    _IncompatibleKeys as _IncompatibleKeys,
)
from ._traversal import Tree

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

AModule = TypeVar("AModule", bound="Module")
"""What a function takes and returns that changes a module in place."""

_global_buffer_registration_hooks: Hooks = OrderedDict()
_global_module_registration_hooks: Hooks = OrderedDict()
_global_parameter_registration_hooks: Hooks = OrderedDict()


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` whenever a module gets a buffer; it may return another one."""
    return registered(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` whenever a module gets a submodule; it may return another one."""
    return registered(_global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` whenever a module gets a parameter; it may return another one."""
    return registered(_global_parameter_registration_hooks, hook)


def through_hooks(hooks: Hooks, module: Module, name: str, value: Any) -> Any:
    """What the hooks, one after the other, make of what a module gets."""
    for hook in hooks.values():
        given = hook(module, name, value)
        if given is not None:
            value = given
    return value


class Module(Calls, StateDict, Tree):
    """The base of neural network modules: subclass it, make parameters and submodules in ``__init__``, define ``forward``.

    A :class:`Parameter`, a :class:`Buffer` or a module that is assigned to an attribute is registered: it is found by
    ``parameters()``, ``state_dict()``, ``to()`` and the like.

    >>> import chainrule as torch
    >>> class Scale(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = torch.nn.Parameter(torch.tensor(2.))
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> Scale()(torch.ones(2))
    tensor([2., 2.], grad_fn=<MulBackward0>)
    """

    call_super_init: bool = False
    """For a subclass with several bases: whether ``Module.__init__`` passes its arguments on to the next of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
            )
        if not self.call_super_init and args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )
        self.__dict__.update(fresh_state())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(fresh_state() | state)

    # -- attributes ----------------------------------------------------------------------------------------------------

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Give the module a buffer: a tensor that belongs to its state but is not trained.

        Args:
            name: of the attribute.
            tensor: the buffer; None is kept, and left out of ``state_dict``.
            persistent: whether ``state_dict`` holds it.

        Raises:
            TypeError, KeyError: ``tensor`` is no tensor, or the name cannot be used.
        """
        self._check_name("buffer", "_buffers", name)
        if tensor is not None and not isinstance(tensor, TensorBase):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = through_hooks(_global_buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Give the module a parameter.

        Args:
            name: of the attribute.
            param: the parameter; None is kept, and left out of ``parameters``.

        Raises:
            TypeError, KeyError: ``param`` is no parameter, or the name cannot be used. ValueError: it has a history.
        """
        self._check_name("parameter", "_parameters", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To express "
                f"'{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = (
            None if param is None else through_hooks(_global_parameter_registration_hooks, self, name, param)
        )

    def _check_name(self, kind: str, home: str, name: Any) -> None:
        if home not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[home]:
            raise KeyError(f"attribute '{name}' already exists")

    def add_module(self, name: str, module: Module | None) -> None:
        """Give the module a submodule, as the attribute ``name``.

        Raises:
            TypeError, KeyError: ``module`` is no module, or the name cannot be used.
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name("module", "_modules", name)
        self._modules[name] = through_hooks(_global_module_registration_hooks, self, name, module)

    register_module = add_module

    def __getattr__(self, name: str) -> Any:
        for home in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(home)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        params, modules, buffers = state.get("_parameters"), state.get("_modules"), state.get("_buffers")
        if isinstance(value, Parameter):
            if params is None:
                raise too_early(self, "parameters")
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif params is not None and name in params:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if modules is None:
                raise too_early(self, "module")
            self._forget(name, "_parameters", "_buffers")
            modules[name] = through_hooks(_global_module_registration_hooks, self, name, value)
        elif modules is not None and name in modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            modules[name] = through_hooks(_global_module_registration_hooks, self, name, value)
        elif isinstance(value, Buffer):
            if buffers is None:
                raise too_early(self, "buffer")
            self._forget(name, "_parameters", "_modules")
            self.register_buffer(name, value, value.persistent)
        elif buffers is not None and name in buffers:
            if value is not None and not isinstance(value, TensorBase):
                raise TypeError(
                    f"cannot assign '{typename(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None expected)"
                )
            buffers[name] = through_hooks(_global_buffer_registration_hooks, self, name, value)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, *homes: str) -> None:
        """Take the name away from where else it stands."""
        self.__dict__.pop(name, None)
        for home in homes:
            self.__dict__[home].pop(name, None)
            if home == "_buffers":
                self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        for home in (self._parameters, self._buffers, self._modules):
            if name in home:
                del home[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    # -- everything below ----------------------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` with each module below and then with this one.

        >>> import chainrule as torch
        >>> net = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh())
        >>> net = net.apply(lambda module: print(type(module).__name__))
        ReLU
        Tanh
        Sequential
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set training mode, here and below: some modules (dropout, batch norm) behave otherwise in it.

        Raises:
            ValueError: ``mode`` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean: got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set evaluation mode: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether gradients are computed for the parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients of the parameters: to None, or to zeros in the same memory."""
        for parameter in self.parameters():
            reset_grad(parameter, set_to_none)

    # -- conversion ----------------------------------------------------------------------------------------------------

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        """Put ``fn`` of each parameter, gradient and buffer in its place.

        A parameter stays the same object, unless one of the two is on the device "meta".
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                with no_grad():
                    found, grad = fn(parameter), parameter.grad
                    if found.is_meta is not parameter.is_meta and not is_lazy(found):
                        made = self._parameters[name] = Parameter(found, parameter.requires_grad)
                        made.grad = None if grad is None else fn(grad).requires_grad_(grad.requires_grad)
                        continue
                    parameter.data = found
                    if grad is not None:
                        grad.data = fn(grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Bring parameters and buffers to another device, and those of floating point and complex numbers to another dtype, in place.

        Args:
            args: ``(device, dtype, non_blocking)``, ``(dtype, non_blocking)`` or ``(tensor, non_blocking)``, as for
                ``Tensor.to``.
            kwargs: the same by name; ``memory_format`` applies to tensors of four and five dimensions.

        Raises:
            TypeError: the dtype is neither a floating point nor a complex one.

        >>> import chainrule as torch
        >>> torch.nn.PReLU().to(torch.float64).weight.dtype
        torch.float64
        """
        where, dtype, _, memory_format = to_arguments(args, kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature under active development whose design may change, and some modules might "
                "not work as expected when using complex tensors as parameters or buffers.",
                stacklevel=2,
            )

        def convert(t: Any) -> Any:
            named = {} if memory_format is None or t.ndim not in (4, 5) else {"memory_format": memory_format}
            wanted = dtype if dtype is not None and (t.is_floating_point() or t.is_complex()) else t.dtype
            if t.is_meta and where is not None and where is not t.device and not is_lazy(t):
                raise NotImplementedError(
                    "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when "
                    "moving module from meta to a different device."
                )
            return t.to(where or t.device, wanted, **named)

        return self._apply(convert)

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to a dtype, also the integers."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Self:
        """Convert the floating point parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        """Convert the floating point parameters and buffers to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        """Convert the floating point parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Self:
        """Convert the floating point parameters and buffers to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def cpu(self) -> Self:
        """Bring all parameters and buffers to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Not for a module with tensors: chainrule knows the CPU, and XLA."""
        return self._apply(lambda t: t.cuda(device))

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Give the parameters and buffers new memory on ``device``, uninitialised."""
        where = place_of(device)
        return self._apply(lambda t: empty_like(t, device=where), recurse)

    def share_memory(self) -> Self:
        """The module itself; processes do not share its memory."""
        return self._apply(lambda t: t.share_memory_())

    # -- as text -------------------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What the printed form says of this module besides its name; defined by subclasses."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        if len(lines) <= 1 and not self._modules:
            return f"{self._get_name()}({extra})"
        lines += [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in self._modules.items()]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


def too_early(module: Module, what: str) -> AttributeError:
    """The error of an assignment to what is no module yet."""
    return AttributeError(
        f"cannot assign {what} before Module.__init__() call: begin {type(module).__name__}.__init__ with super().__init__()"
    )


# `print(net.state_dict)`, the parentheses forgotten, says whose method it is: the user knows one class.
for _part in (Calls, StateDict, Tree):
    for _name, _method in vars(_part).items():
        if getattr(_method, "__qualname__", "") == f"{_part.__name__}.{_name}":
            _method.__qualname__ = f"Module.{_name}"


def reset_grad(parameter: Any, set_to_none: bool) -> None:
    """Take the gradient of a parameter away, or make it zeros in the same memory."""
    if set_to_none or parameter.grad is None:
        parameter.grad = None
        return
    if parameter.grad.grad_fn is not None:
        parameter.grad.detach_()
    else:
        parameter.grad.requires_grad_(False)
    parameter.grad.zero_()
