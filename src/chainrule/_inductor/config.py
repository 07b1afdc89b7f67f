"""``torch._inductor.config``: settings of PyTorch's compiler. They are remembered, and change nothing; any name may be set."""

from __future__ import annotations

from types import SimpleNamespace

__all__ = [
    "conv_1x1_as_mm",
    "coordinate_descent_check_all_directions",
    "coordinate_descent_tuning",
    "cpp",
    "debug",
    "epilogue_fusion",
    "fallback_random",
    "force_fuse_int_mm_with_mul",
    "freezing",
    "fx_graph_cache",
    "layout_optimization",
    "max_autotune",
    "shape_padding",
    "trace",
    "triton",
    "use_mixed_mm",
]

epilogue_fusion = fx_graph_cache = layout_optimization = shape_padding = use_mixed_mm = True
conv_1x1_as_mm = coordinate_descent_check_all_directions = coordinate_descent_tuning = debug = fallback_random = False
force_fuse_int_mm_with_mul = freezing = max_autotune = False
cpp, trace, triton = SimpleNamespace(), SimpleNamespace(), SimpleNamespace()
