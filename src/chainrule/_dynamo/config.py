"""``torch._dynamo.config``: settings of PyTorch's tracer. They are remembered, and change nothing; any name may be set."""

from __future__ import annotations

__all__ = [
    "accumulated_cache_size_limit",
    "allow_unspec_int_on_nn_module",
    "assume_static_by_default",
    "automatic_dynamic_shapes",
    "cache_size_limit",
    "capture_dynamic_output_shape_ops",
    "capture_scalar_outputs",
    "dynamic_shapes",
    "error_on_recompile",
    "inline_inbuilt_nn_modules",
    "optimize_ddp",
    "recompile_limit",
    "suppress_errors",
    "verbose",
]

assume_static_by_default = automatic_dynamic_shapes = dynamic_shapes = optimize_ddp = True
inline_inbuilt_nn_modules = True
allow_unspec_int_on_nn_module = capture_dynamic_output_shape_ops = capture_scalar_outputs = False
error_on_recompile = suppress_errors = verbose = False
cache_size_limit = recompile_limit = 8
accumulated_cache_size_limit = 256
