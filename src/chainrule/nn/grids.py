"""Images read at the places that a grid names, as ``nn.functional`` has it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..functions._arguments import tensor_argument
from ..functions.grids import affine_grid_generator, grid_sampler
from ..ops.grids import MODES, PADDINGS

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["affine_grid", "grid_sample"]


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """``input`` read at the places of ``grid``.

    Args:
        input: images (N, C, H, W), or volumes (N, C, D, H, W).
        grid: places, (N, h, w, 2) or (N, d, h, w, 3): the coordinates x, y (, z), which are -1 and 1 at the ends of the
            image.
        mode: ``"bilinear"``, ``"nearest"``, or ``"bicubic"`` (of images).
        padding_mode: what lies beyond the image: ``"zeros"``, its ``"border"``, or its ``"reflection"``.
        align_corners: whether the ends are the centers of the corner elements, or their outer edges (the default).

    Returns:
        A tensor of shape (N, C, h, w) or (N, C, d, h, w).

    Raises:
        ValueError: another mode.
        RuntimeError: shapes or dtypes that do not fit.

    >>> import chainrule.nn.functional as F
    >>> grid = torch.tensor([[[[0., 0.], [1., 0.]]]])
    >>> F.grid_sample(torch.tensor([[[[1., 3.]]]]), grid, align_corners=True)
    tensor([[[[2., 3.]]]])
    """
    tensor_argument(input, "grid_sample", "input", 1)
    tensor_argument(grid, "grid_sample", "grid", 2)
    if mode not in MODES:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in PADDINGS:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if align_corners is None:
        _warn("grid_sample")
    return grid_sampler(input, grid, MODES.index(mode), PADDINGS.index(padding_mode), bool(align_corners))


def _warn(function: str) -> None:
    warnings.warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
        f"align_corners=True if the old behavior is desired. See the documentation of {function} for details.",
        stacklevel=3,
    )


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid for :func:`grid_sample` that moves images by affine maps.

    Args:
        theta: the maps, of shape (N, 2, 3), or (N, 3, 4) for volumes.
        size: of the wanted images, (N, C, H, W) or (N, C, D, H, W).
        align_corners: as for :func:`grid_sample`.

    Raises:
        ValueError: sizes that are not positive, or theta of integers.
        NotImplementedError: another number of dimensions.

    >>> import chainrule.nn.functional as F
    >>> F.affine_grid(torch.eye(2, 3)[None], (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    tensor_argument(theta, "affine_grid", "theta")
    if align_corners is None:
        _warn("affine_grid")
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{tuple(size)}."
        )
    n = len(size) - 2
    if theta.ndim != 3 or theta.shape[-2:] != (n, n + 1):
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {tuple(size)}. Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    return affine_grid_generator(theta, size, bool(align_corners))
