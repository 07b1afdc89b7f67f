"""A module's parameters and buffers as a dict, and back."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ...autograd.grad_mode import no_grad
from ...core.hooks import Hook, RemovableHandle, registered
from ...core.value import TensorBase
from ..parameter import Parameter, is_lazy
from ._base import ModuleBase

if TYPE_CHECKING:
    from .module import Module

EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(NamedTuple):
    """What :meth:`Module.load_state_dict` returns."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class StateDict(ModuleBase):
    """The part of ``Module`` that saves and loads."""

    _version: int = 1

    def get_extra_state(self) -> Any:
        """What else the ``state_dict`` is to hold of this module; defined by the subclasses that have such a thing.

        Raises:
            RuntimeError: this one does not define it.
        """
        raise RuntimeError(
            f"{type(self).__name__} defines no get_extra_state(): only a module that does has extra state."
        )

    def set_extra_state(self, state: Any) -> None:
        """Take what :meth:`get_extra_state` gave; defined by the subclasses that have such a thing.

        Raises:
            RuntimeError: this one does not define it.
        """
        raise RuntimeError(
            f"{type(self).__name__} defines no set_extra_state(): only a module that does has extra state."
        )

    # -- saving --------------------------------------------------------------------------------------------------------

    def _persistent_members(self) -> Any:
        lasting = [item for item in self._buffers.items() if item[0] not in self._non_persistent_buffers_set]
        return chain(self._parameters.items(), lasting)

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        for name, value in self._persistent_members():
            if value is not None:
                destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not StateDict.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """The parameters and persistent buffers by their dotted names; they share memory with the module.

        Args:
            args: deprecated: the arguments below by position.
            destination: a dict to put them into; None for a new one.
            prefix: what the names begin with.
            keep_vars: the parameters themselves, not detached.

        Returns:
            An ordered dict, whose attribute ``_metadata`` has the version of each module.

        >>> import chainrule as torch
        >>> torch.nn.Sequential(torch.nn.PReLU()).state_dict()
        OrderedDict([('0.weight', tensor([0.2500]))])
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            named = {"destination": destination, "prefix": prefix, "keep_vars": keep_vars}
            named.update(zip(named, args, strict=False))
            return self.state_dict(**named)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            given = hook(self, destination, prefix, metadata)
            if given is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = given
        return destination

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before :meth:`state_dict` collects anything."""
        return registered(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` when :meth:`state_dict` is done; it may edit the dict.

        >>> import chainrule as torch
        >>> relu = torch.nn.ReLU()
        >>> handle = relu.register_state_dict_post_hook(lambda module, found, prefix, meta: found.update(extra=1))
        >>> relu.state_dict()
        OrderedDict([('extra', 1)])
        """
        hook._from_public_api = True  # type: ignore[attr-defined]
        return registered(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """As the public one, but the hook may return another dict."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return registered(self._state_dict_hooks, hook)

    # -- loading -------------------------------------------------------------------------------------------------------

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copy the values of ``state_dict`` into the parameters and buffers of the same names.

        Args:
            state_dict: what :meth:`state_dict` gave, of this module or of one like it.
            strict: the names must be the same.
            assign: put the tensors of ``state_dict`` in the place of the module's own (which decide over
                ``requires_grad``), instead of copying values.

        Returns:
            A named tuple ``(missing_keys, unexpected_keys)``.

        Raises:
            TypeError: ``state_dict`` is no mapping. RuntimeError: names (if ``strict``) or shapes do not fit, all of which
                it lists; what does fit has been copied, as PyTorch does.

        >>> import chainrule as torch
        >>> torch.nn.PReLU().load_state_dict({"weight": torch.tensor([0.5])})
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        metadata = getattr(state_dict, "_metadata", {})
        given: Any = OrderedDict(state_dict)
        given._metadata = metadata

        def load(module: Module, values: dict[str, Any], prefix: str) -> None:
            local = dict(metadata.get(prefix[:-1], {}))
            if assign:
                local["assign_to_params_buffers"] = True
            module._load_from_state_dict(values, prefix, local, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    path = f"{prefix}{name}."
                    load(child, {key: value for key, value in values.items() if key.startswith(path)}, path)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, _IncompatibleKeys(missing, unexpected)) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, "
                        "if incompatible_keys need to be modified, it should be done inplace."
                    )

        load(cast("Module", self), given, "")
        if strict:
            for kind, keys in (("Unexpected", unexpected), ("Missing", missing)):
                if keys:
                    quoted = ", ".join([f'"{key}"' for key in keys])
                    errors.insert(0, f"{kind} key(s) in state_dict: {quoted}. ")
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return _IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load what is this module's own; a subclass may override it to read older versions."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = {name: value for name, value in self._persistent_members() if value is not None}
        for name, value in own.items():
            key = prefix + name
            if key in state_dict:
                assign = local_metadata.get("assign_to_params_buffers", False)
                self._load_one(name, value, key, state_dict[key], assign, error_msgs)
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not StateDict.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                first, dot, _ = key.removeprefix(prefix).partition(".")
                known = self._modules if dot else own
                if key.startswith(prefix) and key != extra and first not in known:
                    unexpected_keys.append(key)

    def _load_one(self, name: str, value: Any, key: str, given: Any, assign: bool, errors: list[str]) -> None:
        if not isinstance(given, TensorBase):
            errors.append(
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint but '
                f"received {type(given)}"
            )
            return
        if is_lazy(value) and is_lazy(given):
            return
        if not value.ndim and given.ndim == 1:  # as very old checkpoints have scalars
            given = given[0]  # type: ignore[index]
        if given.shape != value.shape:
            errors.append(
                f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, the shape in current "
                f"model is {value.shape}."
            )
            return
        try:
            with no_grad():
                if not assign:
                    if value.is_meta and not given.is_meta:
                        warnings.warn(
                            f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current model, which "
                            "is a no-op. (Did you mean to pass `assign=True` to assign items in the state dictionary to their "
                            "corresponding key in the module instead of copying them in place?)",
                            stacklevel=2,
                        )
                    value.copy_(given)
                    return
                if isinstance(value, Parameter):
                    given = given if isinstance(given, Parameter) else Parameter(given, value.requires_grad)
                    given.requires_grad_(value.requires_grad)
                setattr(self, name, given)
        except Exception as error:  # noqa: BLE001 - it is listed with the others
            errors.append(
                f'While copying the parameter named "{key}", whose dimensions in the model are {value.size()} and whose '
                f"dimensions in the checkpoint are {given.size()}, an exception occurred : {error.args}."
            )

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call a hook before this module takes its values, with the module and all arguments of the loading.

        These are ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``;
        the hook may edit the dict and the lists.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        return registered(self._load_state_dict_pre_hooks, WithModule(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` when this module and those below have loaded.

        The hook may edit the lists ``incompatible_keys.missing_keys`` and ``unexpected_keys``, and returns nothing.
        """
        return registered(self._load_state_dict_post_hooks, hook)


class WithModule:
    """A hook that gets the module first; copied with the module, it means the copy."""

    def __init__(self, hook: Hook, module: Any) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, *args: Any) -> Any:
        return self.hook(self.module, *args)
