"""``torch.backends.cuda``: switches of GPUs, which are not here. They are remembered, and change nothing."""

from __future__ import annotations

__all__ = ["cufft_plan_cache", "is_built", "matmul"]


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
