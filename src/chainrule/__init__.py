"""chainrule: automatic differentiation with PyTorch's semantics, in Python on NumPy, whose graph you can see.

    import chainrule as torch

The names are PyTorch's. Subpackages (``nn``, ``linalg``, ...) load when they are first used.
"""

from __future__ import annotations

import importlib
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from . import autograd, functions as _functions
from ._late import announce as _announce, homes as _homes
from ._tensor import Tensor, is_inference
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from .autograd.grad_mode import enable_grad, inference_mode, is_inference_mode_enabled, no_grad, set_grad_enabled
from .core.modes import is_grad_enabled
from .device import device
from .dtypes import (
    bfloat16,
    bool,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    set_default_tensor_type,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .functions import *
from .printing import set_printoptions
from .promotion import can_cast, promote_types
from .size import Size
from .version import VERSION, __version__

if TYPE_CHECKING:
    from . import distributions, fft, insight, linalg, nn, optim, random, serialization, signal, special, testing, utils
    from ._compile import compile, cond, scan, while_loop
    from .core.generator import Generator, default_generator
    from .func import vmap
    from .func.custom_rules import custom_jvp, custom_vjp, stop_gradient
    from .linalg._few_eigenpairs import lobpcg
    from .nn.numbered_losses import (
        binary_cross_entropy_with_logits,
        cosine_embedding_loss,
        ctc_loss,
        hinge_embedding_loss,
        kl_div,
        margin_ranking_loss,
        poisson_nll_loss,
        triplet_margin_loss,
    )
    from .random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state
    from .serialization import load, save

__all__ = [
    *_functions.__all__,
    *_homes(_functions.LATE),
    "Generator",
    "Size",
    "Tensor",
    "autograd",
    "bfloat16",
    "bool",
    "can_cast",
    "cdouble",
    "cfloat",
    "complex128",
    "complex64",
    "default_generator",
    "device",
    "double",
    "dtype",
    "e",
    "enable_grad",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "get_rng_state",
    "half",
    "iinfo",
    "inf",
    "inference_mode",
    "initial_seed",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "load",
    "long",
    "manual_seed",
    "nan",
    "newaxis",
    "no_grad",
    "pi",
    "promote_types",
    "random",
    "save",
    "seed",
    "serialization",
    "set_anomaly_enabled",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_grad_enabled",
    "set_printoptions",
    "set_rng_state",
    "short",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
]

newaxis = None

_LAZY = frozenset(
    {
        "_C",
        "__config__",
        "_dynamo",
        "_functorch",
        "_guards",
        "_inductor",
        "_jit_internal",
        "_logging",
        "_subclasses",
        "_tensor_str",
        "_utils",
        "accelerator",
        "amp",
        "backends",
        "classes",
        "compiler",
        "cpu",
        "cuda",
        "distributed",
        "distributions",
        "errors",
        "fft",
        "func",
        "functional",
        "futures",
        "fx",
        "hub",
        "insight",
        "jit",
        "library",
        "linalg",
        "masked",
        "mps",
        "multiprocessing",
        "nested",
        "nn",
        "onnx",
        "optim",
        "overrides",
        "profiler",
        "quasirandom",
        "random",
        "return_types",
        "serialization",
        "signal",
        "sparse",
        "special",
        "storage",
        "testing",
        "torch_alias",
        "torch_version",
        "types",
        "utils",
        "version",
        "xpu",
    }
)
_LAZY_NAMES = {
    **{name: f"functions.{module}" for name, module in _homes(_functions.LATE).items()},
    **dict.fromkeys(("Generator", "default_generator"), "core.generator"),
    **dict.fromkeys(("get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"), "random"),
    **dict.fromkeys(("compile", "cond", "scan", "while_loop"), "_compile"),
    **dict.fromkeys(("custom_jvp", "custom_vjp", "stop_gradient"), "func.custom_rules"),
    **dict.fromkeys(
        """
        bit bits16 bits1x8 bits2x4 bits4x2 bits8 chalf complex32 float4_e2m1fn_x2 float8_e4m3fn float8_e4m3fnuz float8_e5m2
        float8_e5m2fnuz float8_e8m0fnu int1 int2 int3 int4 int5 int6 int7 qint32 qint8 quint2x4 quint4x2 quint8 uint1 uint2
        uint3 uint4 uint5 uint6 uint7
        """.split(),
        "nominal",
    ),
    **dict.fromkeys(("GradScaler", "autocast"), "amp"),
    **dict.fromkeys(
        """
        autocast_decrement_nesting autocast_increment_nesting set_autocast_cache_enabled set_autocast_cpu_dtype
        set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype
        """.split(),
        "amp.settings",
    ),
    **dict.fromkeys(("load", "save"), "serialization"),
    **dict.fromkeys(("DisableTorchFunction", "DisableTorchFunctionSubclass"), "core.overriding"),
    **dict.fromkeys(("StorageBase", "TypedStorage", "UntypedStorage"), "functions.storage"),
    **dict.fromkeys(
        """
        binary_cross_entropy_with_logits cosine_embedding_loss ctc_loss hinge_embedding_loss kl_div margin_ranking_loss
        poisson_nll_loss triplet_margin_loss
        """.split(),
        "nn.numbered_losses",
    ),
    "_upsample_bilinear2d_aa": "nn.resampling",
    **dict.fromkeys(("ScriptFunction", "ScriptModule"), "jit"),
    **dict.fromkeys(("AcceleratorError", "Event", "OutOfMemoryError", "Stream", "get_device_module"), "accelerator"),
    "DeviceObjType": "types",
    "PyTorchFileReader": "serialization._file_reader",
    "Future": "futures",
    "lobpcg": "linalg._few_eigenpairs",
    "check": "testing._check",
    **dict.fromkeys(("draw", "explain", "guard", "kinks", "memory", "warn_broadcasts", "why"), "insight"),
    "vmap": "func",
}
"""What modules that load on first use have for this one."""
_BUILT_WITH = {
    "has_cuda": "backends.cuda.is_built",
    "has_cudnn": "backends.cudnn.is_available",
    "has_mkldnn": "backends.mkldnn.is_available",
    "has_mps": "backends.mps.is_built",
}
"""Old names of what others answer."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"{__package__}.{name}")
    if name in _LAZY_NAMES:
        found = globals()[name] = getattr(importlib.import_module(f"{__package__}.{_LAZY_NAMES[name]}"), name)
        _announce("chainrule", {name: found})
        return found
    if name in _BUILT_WITH:
        import warnings

        home, said = _BUILT_WITH[name].rsplit(".", 1)
        warnings.warn(f"'{name}' is deprecated, please use 'torch.{home}.{said}()'", stacklevel=2)
        return getattr(importlib.import_module(f"{__package__}.{home}"), said)()
    if name == "torch":  # in PyTorch, too, the module holds itself: programs say torch.torch.nn
        return importlib.import_module("chainrule")
    from ._missing import missing_name

    raise missing_name(__name__, name)


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext chainrule``: from here on, ``import torch`` in this notebook means chainrule."""
    from .torch_alias import load_ipython_extension as load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext chainrule``: ``import torch`` means PyTorch again."""
    from .torch_alias import unload_ipython_extension as unload

    unload(ipython)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_LAZY_NAMES})
