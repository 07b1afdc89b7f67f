"""What is done to parameters and gradients as a whole."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..._missing import missing_name
from . import rnn as rnn, stateless as stateless
from .clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters

if TYPE_CHECKING:
    from . import parametrizations as parametrizations, parametrize as parametrize, prune as prune
    from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
    from .init import skip_init
    from .memory_format import convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format
    from .normed_weights import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format", "fuse_conv_bn_eval",
    "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights", "get_total_norm", "parameters_to_vector",
    "remove_spectral_norm", "remove_weight_norm", "skip_init", "spectral_norm", "vector_to_parameters", "weight_norm",
]  # fmt: skip

LATE = {
    "fusion": "fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights",
    "init": "skip_init",
    "memory_format": "convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format",
    "normed_weights": "remove_spectral_norm remove_weight_norm spectral_norm weight_norm",
}
MODULES = ("fusion", "init", "memory_format", "parametrizations", "parametrize", "prune")
"""Loaded with the first use."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    for module, names in LATE.items():
        if name in names.split():
            found = import_module(f"{__name__}.{module}")
            globals().update((one, getattr(found, one)) for one in names.split())
            return globals()[name]
    raise missing_name(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES, *__all__})
