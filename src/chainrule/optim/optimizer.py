"""``Optimizer``: parameter groups, state and hooks, which all optimizers share."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from copy import deepcopy
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..autograd.grad_mode import enable_grad
from ..core.hooks import Hook, Hooks, RemovableHandle, registered
from ..core.modes import modes
from ..core.value import TensorBase
from ..dtypes import float32, float64, get_default_dtype
from ..functions.conversion import typename
from ..nn.modules.module import reset_grad

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ._settings import Group

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "required"]

Closure = Callable[[], Any]
ParamsT = Iterable[Any]
"""What an optimizer takes: tensors, groups, or pairs of a name and a tensor; for type hints."""


class _RequiredParameter:
    """Stands for the default of a setting that every group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()

_global_optimizer_pre_hooks: Hooks = OrderedDict()
_global_optimizer_post_hooks: Hooks = OrderedDict()


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer; it may return other arguments."""
    return registered(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer.

    >>> import chainrule as torch
    >>> handle = register_optimizer_step_post_hook(lambda optimizer, args, kwargs: print(type(optimizer).__name__))
    >>> torch.optim.SGD([torch.ones(1, requires_grad=True)], 0.1).step()
    SGD
    >>> handle.remove()
    """
    return registered(_global_optimizer_post_hooks, hook)


def _with_hooks(step: Any) -> Any:
    """The ``step`` of a class, with the hooks before and after it. A ``step`` called by that of a subclass has none."""

    @functools.wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        if type(self).step is not hooked or "_optimizer_step_pre_hooks" not in self.__dict__:
            return step(*args, **kwargs)  # the second: it stands before another one, whose __init__ it has not called
        for hook in chain(_global_optimizer_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
            given = hook(self, args, kwargs)
            if given is not None:
                if not isinstance(given, tuple) or len(given) != 2:
                    raise RuntimeError(
                        f"<function {type(self).__name__}.step> must return None or a tuple of (new_args, new_kwargs), but got {given}."
                    )
                args, kwargs = given
        with around(self):
            result = step(*args, **kwargs)
        if not getattr(self, "_opt_called", True):  # a scheduler wants to know
            self._opt_called = True
        for hook in chain(self._optimizer_step_post_hooks.values(), _global_optimizer_post_hooks.values()):
            hook(self, args, kwargs)
        return result

    return hooked


def around(optimizer: Optimizer) -> contextlib.AbstractContextManager[Any]:
    """What a step runs in: known to a trace, or to a profiler."""
    mode = modes()
    if mode.capture is not None:
        settings: contextlib.AbstractContextManager[Any] = mode.capture.settings_of(optimizer)
        return settings
    if mode.tape is not None and not mode.tape.follows_values:
        region: contextlib.AbstractContextManager[Any] = mode.tape.region(
            f"Optimizer.step#{type(optimizer).__name__}.step"
        )
        return region
    return contextlib.nullcontext()


class Optimizer:
    """The base of optimizers: a subclass defines ``step``.

    Args:
        params: tensors; or pairs of name and tensor (``module.named_parameters()``); or dicts, one a group, with such an
            iterable under ``"params"`` and settings that differ from the defaults.
        defaults: the settings of groups that do not say otherwise.

    Attributes:
        param_groups: a dict a group: its ``"params"`` and its settings, which may be changed between steps.
        state: by parameter, what an optimizer remembers of it.

    Raises:
        TypeError, ValueError: nothing to optimize, or something that cannot be.

    >>> import chainrule as torch
    >>> class Descent(torch.optim.Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     @torch.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p -= group["lr"] * p.grad
    >>> x = torch.tensor([3.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> Descent([x], lr=0.5).step()
    >>> x
    tensor([0.], requires_grad=True)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def _patch_step_function(self) -> None:
        """Nothing to be done: each class's ``step`` knows of hooks. Optimizers that have no parameters of their own call it."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._make_hooks()
        if isinstance(params, TensorBase):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + typename(params)
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list: the module has no parameters, or a generator of them was used up before"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _make_hooks(self) -> None:
        self._optimizer_step_pre_hooks: Hooks = OrderedDict()
        self._optimizer_step_post_hooks: Hooks = OrderedDict()
        self._optimizer_state_dict_pre_hooks: Hooks = OrderedDict()
        self._optimizer_state_dict_post_hooks: Hooks = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: Hooks = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: Hooks = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._make_hooks()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for n, group in enumerate(self.param_groups):
            settings = sorted(key for key in group if key != "params")
            text += f"\nParameter Group {n}\n" + "".join([f"    {key}: {group[key]}\n" for key in settings])
        return text + ")"

    # -- what is optimized ---------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Group) -> None:
        """Optimize more parameters, with settings of their own.

        Args:
            param_group: a dict with an iterable of parameters, or one, under ``"params"``.

        Raises:
            TypeError, ValueError: no dict, no tensors, no leaves, or parameters that are in a group already; then the
                optimizer is what it was.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will "
                "change between runs. Please use a list instead."
            )
        given: list[Any] = [params] if isinstance(params, TensorBase) else list(params)
        names = [one[0] for one in given if isinstance(one, tuple)]
        if names and len(names) != len(given):
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")
        params = [one[1] for one in given] if names else given
        self._check_params(params, bool(names))
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        param_group["params"] = params
        if names:
            param_group["param_names"] = names
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)

    def _check_params(self, params: list[Any], named: bool) -> None:
        for param in params:
            if not isinstance(param, TensorBase):
                raise TypeError("optimizer can only optimize Tensors, but one of the params is " + typename(param))
            if not (self.defaults.get("differentiable") or param.is_leaf or param.retains_grad):
                raise ValueError(
                    f"can't optimize a non-leaf Tensor: one of shape {list(param.shape)} was computed by {param.grad_fn.name()}. Give what "
                    f"it was computed from, or x.detach().requires_grad_()\n  it was computed here: {param.grad_fn.origin()}"
                )
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
                "github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=4,
            )
        for group in self.param_groups:
            if named != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if named else 'without'} names to the optimizer"
                )
        if not {param for group in self.param_groups for param in group["params"]}.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients of all parameters: to None, or to zeros in the same memory."""
        for group in self.param_groups:
            for param in group["params"]:
                reset_grad(param, set_to_none)

    def step(self, closure: Closure | None = None) -> Any:
        """Update the parameters once; every subclass defines it.

        Args:
            closure: computes the loss again, with its gradients, and returns it.

        Returns:
            What ``closure`` returned.
        """
        raise NotImplementedError

    @staticmethod
    def _loss(closure: Closure | None) -> Any:
        if closure is None:
            return None
        with enable_grad():
            return closure()

    # -- saving and loading --------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with numbers in the place of the parameters.

        Returns:
            A dict: ``"state"``, by the number of the parameter, and ``"param_groups"``. Its tensors share memory with the
            optimizer's.

        >>> import chainrule as torch
        >>> torch.optim.SGD([torch.ones(1)], lr=0.5).state_dict()["param_groups"][0]["lr"]
        0.5
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            for n, param in enumerate(group["params"], start):
                numbers.setdefault(id(param), n)
            start += len(group["params"])
            packed = {key: value for key, value in group.items() if key != "params"}
            groups.append({**packed, "params": [numbers[id(param)] for param in group["params"]]})
        state = {numbers[id(key)] if isinstance(key, TensorBase) else key: value for key, value in self.state.items()}
        found: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            given = hook(self, found)
            if given is not None:
                found = given
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state and the settings from ``state_dict``, in the order of the parameters.

        State that is as a parameter gets the parameter's dtype.

        Args:
            state_dict: what :meth:`state_dict` gave, of an optimizer with as many parameters in as many groups.

        Raises:
            ValueError: the groups are others; then nothing has changed.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            given = hook(self, state_dict)
            if given is not None:
                state_dict = given
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError(
                f"loaded state dict has a different number of parameter groups: {len(saved)}, and the optimizer has {len(groups)}"
            )
        param_of: dict[Any, Any] = {}
        for own, group in zip(groups, saved, strict=True):
            if len(own["params"]) != len(group["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: it has "
                    f"{len(group['params'])} parameters, the optimizer's {len(own['params'])}"
                )
            param_of.update(zip(group["params"], own["params"], strict=True))
        group_of = {number: group for group in saved for number in group["params"]}
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            known = key in param_of
            state[param_of[key] if known else key] = as_of(param_of[key], value, group_of[key]) if known else value
        for own, group in zip(groups, saved, strict=True):
            group["params"] = own["params"]
            if "param_names" in own:
                group.setdefault("param_names", own["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    # -- hooks ---------------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return other ``(args, kwargs)``.

        ``args`` begins with the optimizer.
        """
        return registered(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return registered(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before :meth:`state_dict`."""
        return registered(self._optimizer_state_dict_pre_hooks, hook, prepend=prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` after :meth:`state_dict`; it may edit the dict or return another."""
        return registered(self._optimizer_state_dict_post_hooks, hook, prepend=prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; it may edit the copied dict or return another."""
        return registered(self._optimizer_load_state_dict_pre_hooks, hook, prepend=prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after loading."""
        return registered(self._optimizer_load_state_dict_post_hooks, hook, prepend=prepend)


def as_of(param: Tensor, value: Any, group: Group, key: Hashable = None) -> Any:
    """State as the parameter keeps it: in the parameter's dtype, also within dicts and lists. A step count keeps its own."""
    if isinstance(value, TensorBase):
        if key == "step":
            return value.to(float32) if group.get("capturable") or group.get("fused") else value
        return value.to(param.dtype) if param.is_floating_point() else value
    if isinstance(value, dict):
        return {name: as_of(param, one, group, name) for name, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(as_of(param, one, group) for one in value)  # type: ignore[call-arg]
    return value


# -- what the optimizers share ------------------------------------------------------------------------------------------


def scalar_dtype(fused: bool | None) -> Any:
    """The dtype of step counts."""
    return float64 if get_default_dtype() is float64 and not fused else float32


def plain_number(value: Any) -> Any:
    """A one-element tensor as one without dimensions; a number as it is."""
    return value.squeeze() if isinstance(value, TensorBase) and value.ndim else value
