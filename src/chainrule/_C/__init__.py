"""``torch._C``: of PyTorch's compiled half, what programs take from it to switch ``__torch_function__`` off.

And its names of functions: code that ``torch.fx`` makes says ``torch._C._nn.gelu`` and ``torch._C._fft.fft_rfft``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .._missing import missing_name
from .._tensor import Tensor
from ..core.batch_level import BatchLevel
from ..core.modes import modes
from ..core.overriding import (
    DisableTorchFunction as DisableTorchFunction,
    DisableTorchFunctionSubclass as DisableTorchFunctionSubclass,
    disabled as _disabled_torch_function_impl,
    in_force as _in_force,
    undispatched as _disabled_torch_dispatch_impl,
)
from ..device import device
from ..functions.conversion import get_default_device, to_arguments

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "_disabled_torch_dispatch_impl",
    "_disabled_torch_function_impl",
]


class _Functions:
    """The functions of a module under the names that they have in ``torch._C``."""

    def __init__(self, module: str, prefix: str = "", **other: str) -> None:
        self._module = module
        self._prefix = prefix
        self._other = other

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(self._prefix):
            raise AttributeError(f"torch._C has no {name!r} beside those of {self._module}")
        plain = self._other.get(name, name.removeprefix(self._prefix))
        return getattr(import_module(f"..{self._module}", __name__), plain)


class _NN(_Functions):
    @staticmethod
    def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any, bool, Any]:
        """What arguments of ``to`` say: device, dtype, whether a copy need not be waited for, memory format."""
        where, dtype, _, memory_format = to_arguments(args, dict(kwargs))
        waits_not = next((arg for arg in args if isinstance(arg, bool)), kwargs.get("non_blocking", False))
        return where, dtype, bool(waits_not), memory_format


def _log_api_usage_once(event: str) -> None:
    """Nothing is logged: packages tell PyTorch here which of their classes are used."""


def _get_tracing_state() -> None:
    """The program that ``torch.jit.trace`` writes: None, it writes none."""


def _are_functorch_transforms_active() -> bool:
    """Whether this code runs inside of ``vmap``, where values cannot be asked for; inside of ``grad`` they can, so that is False."""
    return isinstance(modes().draws, BatchLevel)


def _is_torch_function_mode_enabled() -> bool:
    """Whether a mode takes calls over here."""
    return bool(_in_force().modes)


def _get_accelerator(check: Any = None) -> device:
    """The device of the accelerator; without one, the CPU."""
    return device("cpu")


def _get_default_device() -> str:
    return str(get_default_device())


_TensorMeta = type(Tensor)
_nn = _NN("nn.functional", log_sigmoid="logsigmoid")
_linalg = _Functions("linalg", "linalg_")
_fft = _Functions("fft", "fft_")
_special = _Functions("special", "special_")


class ScriptMethod:
    """A method that TorchScript has compiled, for ``isinstance``: nothing is one."""


_CLASSES = {"Generator": "core.generator", "LinAlgError": "linalg"}
"""Classes that PyTorch defines in ``torch._C``, some by a private name, and the modules that have them here."""


def __getattr__(name: str) -> Any:
    plain = name.removeprefix("_")
    if plain in _CLASSES:
        return getattr(import_module(f"..{_CLASSES[plain]}", __name__), plain)
    raise missing_name(__name__, name)
