"""Images and signals made larger or smaller, as ``nn.functional`` has it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..functions._arguments import tensor_argument
from ..functions.pooling import adaptive_avg_pool
from ..ops.resampling import UPSAMPLE
from ..promotion import is_half, scalar_type_name

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

Sizes = int | Sequence[int] | None
Factors = float | Sequence[float] | None

MODES = {
    "nearest": ("nearest", (1, 2, 3)),
    "nearest-exact": ("nearest-exact", (1, 2, 3)),
    "area": ("area", (1, 2, 3)),
    "linear": ("linear", (1,)),
    "bilinear": ("linear", (2,)),
    "bicubic": ("cubic", (2,)),
    "trilinear": ("linear", (3,)),
    "lanczos": ("lanczos", (2,)),
}
"""PyTorch's mode -> what it does along each axis, and of how many axes it is known."""
CORNERLESS = frozenset({"nearest", "nearest-exact", "area"})


def interpolate(
    input: Tensor,
    size: Sizes = None,
    scale_factor: Factors = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Images, signals or volumes made larger or smaller.

    Args:
        input: of shape (N, C, L), (N, C, H, W) or (N, C, D, H, W).
        size: of the result, without N and C.
        scale_factor: by what the sizes are multiplied, if they are not given.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"area"`` (the mean), ``"linear"``, ``"bilinear"``, ``"trilinear"`` (for one,
            two, three spatial dimensions), ``"bicubic"`` or, with ``antialias``, ``"lanczos"`` (two).
        align_corners: whether the centers of the corners stay where they are, rather than their outer edges; for the modes
            of the second half of that list.
        recompute_scale_factor: whether the factors are taken anew from the rounded sizes.
        antialias: whether what is made smaller is smoothed first; for two dimensions.

    Raises:
        ValueError: neither or both of ``size`` and ``scale_factor``, or settings that do not fit.
        NotImplementedError: another number of dimensions for this mode.

    >>> import chainrule.nn.functional as F
    >>> F.interpolate(torch.tensor([[[1., 3.]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    >>> F.interpolate(torch.tensor([[[1., 3.]]]), size=3)
    tensor([[[1., 1., 3.]]])
    """
    tensor_argument(input, "interpolate", "input")
    if mode in CORNERLESS:
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
            )
    elif align_corners is None:
        align_corners = False
    n = input.ndim - 2
    sizes, factors = wanted_sizes(input, size, scale_factor, n)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    steps: list[float | None] = (
        [None] * n if factors is None or recompute_scale_factor or mode == "area" else [1 / f for f in factors]
    )
    how, dimensions = MODES.get(mode, (mode, ()))
    if antialias:
        if not (mode in ("bilinear", "bicubic", "lanczos") and n == 2):
            raise ValueError(
                "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
            )
        how = f"antialiased-{how}"
    if mode == "lanczos" and (not antialias or align_corners):
        wrong = "does not support align_corners=True" if antialias else "requires antialias=True"
        raise ValueError(f"Lanczos mode {wrong}")
    if n not in (1, 2, 3) or mode not in MODES:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: nearest | linear | bilinear | bicubic "
            f"| trilinear | lanczos | area | nearest-exact (got {mode})"
        )
    if n not in dimensions:
        raise NotImplementedError(
            f"Got {input.ndim}D input, but {mode} mode needs {' or '.join(str(d + 2) for d in dimensions)}D input"
        )
    if min(*input.shape[2:], *sizes) <= 0:
        have, want = (
            ", ".join(f"{axis}: {length}" for axis, length in zip("DHW"[-n:], one, strict=True))
            for one in (input.shape[2:], sizes)
        )
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({have}) {'and ' * (n == 1)}output ({want})"
        )
    pixels = input._array.dtype == np.uint8 and mode in ("bilinear", "bicubic")
    if not pixels:
        check_dtype(input, mode)
    if mode == "nearest" and n == 2:  # as PyTorch has it, for images only
        steps = [
            None if to in (length, 2 * length) else step
            for length, to, step in zip(input.shape[2:], sizes, steps, strict=True)
        ]
    tables = tuple(
        (how, length, to, step, bool(align_corners))
        for length, to, step in zip(input.shape[2:], sizes, steps, strict=True)
    )
    if mode == "area" and is_half(input._array.dtype):
        return adaptive_avg_pool(n, input, sizes)  # which PyTorch calls, and which rounds as it does
    if pixels:
        return of_pixels(UPSAMPLE[how, n], input, tables)
    return UPSAMPLE[how, n](input, tables=tables)


def of_pixels(op: Any, input: Tensor, tables: Any) -> Tensor:
    """An image of bytes: first across, then down, with bytes in between, as PyTorch does it."""
    down, across = tables
    still = [
        (how, length, length, None, align) for how, length, _, _, align in (down, (*across[:1], across[2], *across[2:]))
    ]
    wide = as_bytes(op(input.float(), tables=(still[0], across)))
    return as_bytes(op(wide, tables=(down, still[1]))).to(input.dtype)


def as_bytes(x: Tensor) -> Tensor:
    return (x + 0.5).floor().clamp(0, 255)


def check_dtype(input: Tensor, mode: str) -> None:
    kind = input._array.dtype
    if kind.kind not in "fV" and not (mode in CORNERLESS and kind.name == "uint8" and mode != "area"):
        raise NotImplementedError(f"\"upsample_{mode}\" not implemented for '{scalar_type_name(kind)}'")


def wanted_sizes(input: Tensor, size: Any, scale_factor: Any, n: int) -> tuple[tuple[int, ...], list[float] | None]:
    """The sizes of the result, and the factors that they come from, if they do."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        sizes = tuple(size) if isinstance(size, (tuple, list)) else (size,) * n
        if len(sizes) != n:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of "
                f"{list(input.shape[2:])} and output size of {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) format "
                "and output size in (o1, o2, ...,oK) format."
            )
        if any(isinstance(one, bool) or not hasattr(one, "__index__") for one in sizes):
            raise TypeError(
                f"expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size {size}"
            )
        return tuple(int(one) for one in sizes), None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = [float(f) for f in scale_factor] if isinstance(scale_factor, (tuple, list)) else [float(scale_factor)] * n
    if len(factors) != n:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial dimensions of "
            f"{list(input.shape[2:])} and scale_factor of shape {scale_factor}. Please provide input tensor in "
            "(N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
    return tuple(math.floor(length * f) for length, f in zip(input.shape[2:], factors, strict=True)), factors


def upsample(
    input: Tensor,
    size: Sizes = None,
    scale_factor: Factors = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """:func:`interpolate`, which replaces it.

    >>> import warnings
    >>> import chainrule.nn.functional as F
    >>> with warnings.catch_warnings(action="ignore"):
    ...     F.upsample(torch.tensor([[[1., 3.]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Sizes = None, scale_factor: Factors = None) -> Tensor:
    """:func:`interpolate` with ``mode="nearest"``.

    >>> import warnings
    >>> import chainrule.nn.functional as F
    >>> with warnings.catch_warnings(action="ignore"):
    ...     F.upsample_nearest(torch.tensor([[[1., 3.]]]), size=4)
    tensor([[[1., 1., 3., 3.]]])
    """
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Sizes = None, scale_factor: Factors = None) -> Tensor:
    """:func:`interpolate` with ``mode="bilinear"`` and ``align_corners=True``.

    >>> import warnings
    >>> import chainrule.nn.functional as F
    >>> with warnings.catch_warnings(action="ignore"):
    ...     F.upsample_bilinear(torch.tensor([[[[1., 3.]]]]), size=(1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


def _upsample_bilinear2d_aa(
    input: Tensor, output_size: Sizes, align_corners: bool, scale_factors: Factors = None
) -> Tensor:
    """:func:`interpolate` of images with ``mode="bilinear"`` and ``antialias=True``, as PyTorch's own code calls it.

    >>> import chainrule as torch
    >>> torch._upsample_bilinear2d_aa(torch.tensor([[[[1., 3.]]]]), (1, 1), False)
    tensor([[[[2.]]]])
    """
    return interpolate(input, output_size, scale_factors, "bilinear", align_corners, antialias=True)
