"""Parameters that are functions of others: what a module trains is the ``original``, what it uses is computed from it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...autograd.grad_mode import no_grad
from ...core.value import TensorBase
from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter

if TYPE_CHECKING:
    from ..modules.module import Module

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params", "type_before_parametrizations",
]  # fmt: skip

_depth = 0
_cache: dict[tuple[int, str], Any] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed once, when it is first asked for.

    >>> import chainrule as torch
    >>> from chainrule.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(torch.nn.Linear(2, 2))
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _cache.clear()


def _keep(module: Any, name: str, value: Any) -> None:
    """As a parameter or as a buffer, according to what it is."""
    if isinstance(value, Parameter):
        module.register_parameter(name, value)
    else:
        module.register_buffer(name, value)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied one after the other, and the original tensor or tensors.

    Args:
        modules: the parametrizations.
        original: the tensor, which keeps being the parameter to train where there is one original only.
        unsafe: whether shape and dtype may change.

    Raises:
        ValueError: they may not, and do.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
    >>> type(layer.parametrizations.weight).__name__, len(layer.parametrizations.weight)
    ('ParametrizationList', 1)
    """

    original: Any

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        new = original
        with no_grad():
            for module in reversed(list(self)):
                new = _inverse_or_same(module, new)
        self.is_tensor = isinstance(new, TensorBase)
        if not self.is_tensor and not isinstance(new, Sequence):
            raise ValueError(
                f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {type(new).__name__}"
            )
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if not unsafe and new.dtype != dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {dtype}\nright_inverse(original).dtype: {new.dtype}"
                )
            if new is not original:
                original.data = new.detach()
            _keep(self, "original", original)
        else:
            for number, one in enumerate(new):
                value = Parameter(one.detach()) if isinstance(original, Parameter) else one
                if isinstance(value, Parameter):
                    value.requires_grad_(original.requires_grad)
                _keep(self, f"original{number}", value)
        if not unsafe:
            made = self()
            if not isinstance(made, TensorBase):
                raise ValueError(f"A parametrization must return a tensor. Got {type(made).__name__}.")
            _check_same("dtype", "unparametrized", dtype, made.dtype)
            _check_same("shape", "unparametrized", shape, made.shape)

    def _originals(self) -> list[Any]:
        return [getattr(self, f"original{number}") for number in range(self.ntensors)]

    def right_inverse(self, value: Any) -> None:
        """Write to the originals so that what is computed from them is ``value``.

        Raises:
            RuntimeError: a parametrization has no ``right_inverse``.
        """
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor:
                if not isinstance(value, TensorBase):
                    raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
                if value.dtype != self.original.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "
                        f"{self.original.dtype}"
                    )
                self.original.data = value.detach()
                return
            if not isinstance(value, Sequence) or len(value) != self.ntensors:
                raise ValueError(f"'right_inverse' must return a sequence of {self.ntensors} tensors. Got {value!r}.")
            for original, one in zip(self._originals(), value, strict=True):
                original.data = one.detach()

    def forward(self) -> Any:
        """The tensor that the module uses."""
        first, *others = list(self)
        value = first(self.original) if self.is_tensor else first(*self._originals())
        for module in others:
            value = module(value)
        return value


def _inverse_or_same(module: Any, value: Any) -> Any:
    """What a parametrization makes ``value`` of, or ``value`` itself, to begin with, if it does not say."""
    if not hasattr(module, "right_inverse"):
        return value
    try:
        return module.right_inverse(value)
    except NotImplementedError:
        return value


def _check_same(what: str, before: str, had: Any, has: Any) -> None:
    if had != has:
        raise ValueError(
            f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is enabled.\n"
            f"{before} {what}: {had}\nparametrized {what}: {has}"
        )


class _Parametrized:
    """What a module's class gets while it has parametrized tensors, each of which is a property of the class."""

    def __getstate__(self) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(). See:\n"
            "https://pytorch.org/tutorials/beginner/saving_loading_models.html#saving-loading-a-general-checkpoint-for-"
            "inference-and-or-resuming-training"
        )


def _deep_copy(self: Any, memo: dict[int, Any]) -> Any:
    """With a class of its own, so that what is removed from one stays with the other."""
    made: Any = object.__new__(type_before_parametrizations(self))
    memo[id(self)] = made
    made.__dict__.update(copy.deepcopy(self.__dict__, memo))
    _own_class(made)
    for name in made.parametrizations:
        _make_property(made, name)
    return made


def _own_class(module: Any) -> None:
    kind = type(module)
    space = {"__getstate__": _Parametrized.__getstate__, "__deepcopy__": _deep_copy, "__module__": __name__}
    module.__class__ = type("Parametrized" + kind.__name__, (kind,), space)


def _make_property(module: Any, name: str) -> None:
    def get(self: Any) -> Any:
        if not _depth:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def set(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, set))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let a parameter or buffer of a module be computed by another module, from the original.

    Args:
        module: the owner.
        tensor_name: the name of the parameter or buffer; one that is parametrized already gets one step more.
        parametrization: what computes it. If it has a method ``right_inverse``, the original is what that gives, one tensor
            or several, and values may be assigned.
        unsafe: whether shape and dtype may change.

    Returns:
        ``module``, whose class is now one of its own.

    Raises:
        ValueError: no such parameter, or shape or dtype change.

    >>> import chainrule as torch
    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x + x.T
    >>> layer = torch.nn.utils.parametrize.register_parametrization(torch.nn.Linear(2, 2), "weight", Symmetric())
    >>> torch.equal(layer.weight, layer.weight.T)
    True
    """
    owner: Any = module
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            before = getattr(module, tensor_name)
            after = parametrization(before)
            if not isinstance(after, TensorBase):
                raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
            _check_same("dtype", f"module.{tensor_name}", before.dtype, after.dtype)
            _check_same("shape", f"module.{tensor_name}", before.shape, after.shape)
        owner.parametrizations[tensor_name].append(parametrization)
        owner.parametrizations[tensor_name].unsafe |= unsafe
    elif tensor_name in module._parameters or tensor_name in module._buffers:
        found = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _own_class(module)
            owner.parametrizations = ModuleDict()
        _make_property(module, tensor_name)
        owner.parametrizations[tensor_name] = found
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrized tensors, or one of that name.

    >>> import chainrule as torch
    >>> torch.nn.utils.parametrize.is_parametrized(torch.nn.Linear(2, 2))
    False
    """
    found = module._modules.get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Let a tensor be a parameter or buffer of its own again.

    Args:
        module: the owner.
        tensor_name: its name.
        leave_parametrized: whether it keeps the value that was computed, or gets the original one.

    Raises:
        ValueError: it is not parametrized; the original was several tensors and is asked for.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
    >>> torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=2, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    owner: Any = module
    found = owner.parametrizations[tensor_name]
    if found.is_tensor:
        value = found.original
        if leave_parametrized:
            with no_grad():
                value.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        value = getattr(module, tensor_name).detach()
        trained = [one.requires_grad for one in found._originals() if isinstance(one, Parameter)]
        value = Parameter(value, any(trained)) if trained else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of "
            "tensors."
        )
    delattr(type(module), tensor_name)
    del owner.parametrizations[tensor_name]
    _keep(module, tensor_name, value)
    if not is_parametrized(module):
        del owner.parametrizations
        owner.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module without its parametrizations.

    >>> import chainrule as torch
    >>> torch.nn.utils.parametrize.type_before_parametrizations(torch.nn.ReLU()) is torch.nn.ReLU
    True
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give ``to_module`` copies of the parametrizations of ``from_module``, with their originals.

    Args:
        from_module: which has them.
        to_module: which gets them.
        tensor_name: of one tensor only.

    >>> import chainrule as torch
    >>> parametrize = torch.nn.utils.parametrize
    >>> source, target = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    >>> _ = torch.nn.utils.parametrizations.weight_norm(source)
    >>> _ = parametrize.transfer_parametrizations_and_params(source, target)
    >>> parametrize.is_parametrized(target, "weight"), torch.equal(source.weight, target.weight)
    (True, True)
    """
    source: Any = from_module
    if is_parametrized(from_module):
        for name in [tensor_name] if tensor_name else list(source.parametrizations):
            if not hasattr(to_module, name):
                setattr(to_module, name, Parameter(getattr(from_module, name)))
            for step in source.parametrizations[name]:
                register_parametrization(to_module, name, copy.deepcopy(step), unsafe=True)
            theirs, ours = source.parametrizations[name], to_module.parametrizations[name]
            for key, value in theirs.named_parameters(recurse=False):
                getattr(ours, key).data = value.detach().clone()
    return to_module
