"""``torch.backends.cuda``: switches of GPUs, which are not here. They are remembered, and change nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = [
    "allow_fp16_bf16_reduction_math_sdp",
    "cudnn_sdp_enabled",
    "cufft_plan_cache",
    "enable_cudnn_sdp",
    "enable_flash_sdp",
    "enable_math_sdp",
    "enable_mem_efficient_sdp",
    "flash_sdp_enabled",
    "fp16_bf16_reduction_math_sdp_allowed",
    "is_built",
    "is_ck_sdpa_available",
    "is_flash_attention_available",
    "math_sdp_enabled",
    "matmul",
    "mem_efficient_sdp_enabled",
    "sdp_kernel",
]


class _Switches:
    """Values under names."""

    def __init__(self, **values: object) -> None:
        vars(self).update(values)


matmul = _Switches(
    allow_tf32=False, allow_fp16_reduced_precision_reduction=True, allow_bf16_reduced_precision_reduction=True
)
cufft_plan_cache = _Switches(size=0, max_size=0)


def is_built() -> bool:
    """Whether this build knows CUDA: False.

    >>> import chainrule as torch
    >>> torch.backends.cuda.is_built()
    False
    """
    return False


# -- which kernels scaled_dot_product_attention may take: here there is one ------------------------------------------------

_sdp = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True, "low_reduction": False}


def enable_flash_sdp(enabled: bool) -> None:
    """Whether attention may take PyTorch's flash kernel. Here it has one kernel, whatever is switched.

    >>> import chainrule as torch
    >>> torch.backends.cuda.enable_flash_sdp(False)
    >>> torch.backends.cuda.flash_sdp_enabled()
    False
    """
    _sdp["flash"] = bool(enabled)


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """The same of the memory-efficient kernel."""
    _sdp["mem_efficient"] = bool(enabled)


def enable_math_sdp(enabled: bool) -> None:
    """The same of the kernel that is made of other functions."""
    _sdp["math"] = bool(enabled)


def enable_cudnn_sdp(enabled: bool) -> None:
    """The same of cuDNN's kernel."""
    _sdp["cudnn"] = bool(enabled)


def allow_fp16_bf16_reduction_math_sdp(enabled: bool) -> None:
    """The same of sums in half precision."""
    _sdp["low_reduction"] = bool(enabled)


def flash_sdp_enabled() -> bool:
    """What :func:`enable_flash_sdp` set."""
    return _sdp["flash"]


def mem_efficient_sdp_enabled() -> bool:
    """What :func:`enable_mem_efficient_sdp` set."""
    return _sdp["mem_efficient"]


def math_sdp_enabled() -> bool:
    """What :func:`enable_math_sdp` set."""
    return _sdp["math"]


def cudnn_sdp_enabled() -> bool:
    """What :func:`enable_cudnn_sdp` set."""
    return _sdp["cudnn"]


def fp16_bf16_reduction_math_sdp_allowed() -> bool:
    """What :func:`allow_fp16_bf16_reduction_math_sdp` set."""
    return _sdp["low_reduction"]


def is_flash_attention_available() -> bool:
    """Whether there is a flash kernel: False."""
    return False


def is_ck_sdpa_available() -> bool:
    """Whether there is AMD's kernel: False."""
    return False


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[None]:
    """The four switches inside of a ``with`` statement.

    >>> import chainrule as torch
    >>> with torch.backends.cuda.sdp_kernel(enable_math=False):
    ...     torch.backends.cuda.math_sdp_enabled()
    False
    """
    before = dict(_sdp)
    _sdp.update(flash=enable_flash, math=enable_math, mem_efficient=enable_mem_efficient, cudnn=enable_cudnn)
    try:
        yield
    finally:
        _sdp.update(before)
