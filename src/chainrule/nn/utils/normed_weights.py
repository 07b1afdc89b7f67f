"""``weight_norm`` and ``spectral_norm`` as they were before parametrizations: computed by a hook before each call."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ...autograd.grad_mode import no_grad
from ...functions.linalg import dot, mv
from ...functions.norms import norm_except_dim
from .. import functional as F
from ..modules.conv import _ConvTransposeNd
from ..parameter import Parameter

if TYPE_CHECKING:
    from ..modules.module import AModule

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]


class _Hook:
    """Computes a tensor of a module from others before each call."""

    kind: str

    def __init__(self, name: str) -> None:
        self.name = name

    def compute(self, module: Any) -> Any:
        raise NotImplementedError

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module))


def refuse_second(module: Any, hook: _Hook) -> None:
    for other in module._forward_pre_hooks.values():
        if type(other) is type(hook) and other.name == hook.name:
            raise RuntimeError(f"Cannot register two {hook.kind} hooks on the same parameter {hook.name}")


def found(module: Any, kind: type[_Hook], name: str) -> tuple[int, Any]:
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, kind) and hook.name == name:
            return key, hook
    raise ValueError(f"{kind.kind} of '{name}' not found in {module}")


class WeightNorm(_Hook):
    """``g v / |v|``."""

    kind = "weight_norm"

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = -1 if dim is None else dim

    def compute(self, module: Any) -> Any:
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / norm_except_dim(v, 2, self.dim))


def weight_norm(module: AModule, name: str = "weight", dim: int | None = 0) -> AModule:
    """Deprecated: use ``nn.utils.parametrizations.weight_norm``. The weight is given by ``weight_g``, its length, and ``weight_v``.

    Args:
        module: the owner.
        name: of the weight.
        dim: along which each slice has a length of its own; None for one length.

    Raises:
        RuntimeError: it is done already.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 2))
    >>> list(layer.state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    hook = WeightNorm(name, dim)
    refuse_second(module, hook)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(name + "_g", Parameter(norm_except_dim(weight, 2, hook.dim).detach()))
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: AModule, name: str = "weight") -> AModule:
    """Let the weight be a parameter again.

    Raises:
        ValueError: it is one.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 2))
    >>> list(torch.nn.utils.remove_weight_norm(layer).state_dict())
    ['bias', 'weight']
    """
    key, hook = found(module, WeightNorm, name)
    weight = hook.compute(module).detach()
    delattr(module, name)
    del module._parameters[name + "_g"], module._parameters[name + "_v"], module._forward_pre_hooks[key]
    setattr(module, name, Parameter(weight))
    return module


class SpectralNorm(_Hook):
    """The weight divided by its largest singular value, which the power method finds, one step more at each call."""

    kind = "spectral_norm"
    version = 1

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(name)
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def matrix(self, weight: Any) -> Any:
        return (weight.movedim(self.dim, 0) if self.dim else weight).flatten(1)

    def compute(self, module: Any, iterate: bool = False) -> Any:
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = self.matrix(weight)
        if iterate:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(F.normalize(mv(matrix, v), dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()
        return weight / dot(u, mv(matrix, v))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module, module.training))

    def note_version(self, module: Any, state_dict: Any, prefix: str, metadata: dict[str, Any]) -> None:
        metadata.setdefault("spectral_norm", {})[self.name + ".version"] = self.version


def spectral_norm(
    module: AModule, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> AModule:
    """Divide a weight by its largest singular value before each call; see ``nn.utils.parametrizations.spectral_norm``.

    Args:
        module: the owner. It gets the parameter ``weight_orig`` and the buffers ``weight_u`` and ``weight_v``.
        name: of the weight.
        n_power_iterations: how many steps of the power method each call in training does.
        eps: a lower bound of norms that are divided by.
        dim: which dimension gives the rows of the matrix; by default 1 of transposed convolutions, else 0.

    Raises:
        RuntimeError: it is done already.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 2))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if dim is None:
        dim = 1 if isinstance(module, _ConvTransposeNd) else 0
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    refuse_second(module, hook)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    with no_grad():
        matrix = hook.matrix(weight)
        u, v = (F.normalize(weight.new_empty(size).normal_(0, 1), dim=0, eps=eps) for size in matrix.shape)
    del module._parameters[name]
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    module._register_state_dict_hook(hook.note_version)
    return module


def remove_spectral_norm(module: AModule, name: str = "weight") -> AModule:
    """Let the weight, as it is, be a parameter again.

    Raises:
        ValueError: it is one.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 2))
    >>> list(torch.nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    key, hook = found(module, SpectralNorm, name)
    with no_grad():
        weight = hook.compute(module)
    delattr(module, name)
    del module._parameters[name + "_orig"], module._buffers[name + "_u"], module._buffers[name + "_v"]
    del module._forward_pre_hooks[key]
    for number, other in list(module._state_dict_hooks.items()):
        if getattr(other, "__self__", None) is hook:
            del module._state_dict_hooks[number]
    module.register_parameter(name, Parameter(weight.detach()))
    return module
