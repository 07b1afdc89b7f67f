"""Images read at the places that a grid names, and grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..promotion import scalar_type_name
from ._arguments import tensor_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import Tensor

__all__ = ["affine_grid_generator", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`chainrule.nn.functional.grid_sample`, with the modes as the numbers 0, 1, 2.

    >>> import chainrule as torch
    >>> torch.grid_sampler(torch.tensor([[[[1., 3.]]]]), torch.zeros(1, 1, 1, 2), 0, 0, False)
    tensor([[[[2.]]]])
    """
    x = tensor_argument(input, "grid_sampler", "input", 1)._array
    places = tensor_argument(grid, "grid_sampler", "grid", 2)._array
    n = x.ndim - 2
    if x.ndim not in (4, 5) or places.ndim != x.ndim:
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes "
            f"{list(x.shape)} and grid with sizes {list(places.shape)}"
        )
    if x.shape[0] != places.shape[0]:
        raise RuntimeError(
            f"grid_sampler(): expected grid and input to have same batch size, but got input with sizes {list(x.shape)} and grid "
            f"with sizes {list(places.shape)}"
        )
    if places.shape[-1] != n:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {n} in last dimension, but got grid with sizes {list(places.shape)}"
        )
    if 0 in x.shape[2:]:
        raise RuntimeError(
            f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {list(x.shape)}"
        )
    if n == 3 and interpolation_mode == 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if x.dtype.kind not in "fV":
        raise NotImplementedError(f"\"grid_sampler\" not implemented for '{scalar_type_name(x.dtype)}'")
    if places.dtype != x.dtype:
        raise RuntimeError(
            f"expected scalar type {scalar_type_name(x.dtype)} but found {scalar_type_name(places.dtype)}"
        )
    op = ops.grid_sampler_2d if n == 2 else ops.grid_sampler_3d
    return op(input, grid, mode=interpolation_mode, padding=padding_mode, align=bool(align_corners), n=n)


def grid_sampler_2d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`grid_sampler` of images.

    >>> import chainrule as torch
    >>> torch.grid_sampler_2d(torch.tensor([[[[1., 3.]]]]), torch.zeros(1, 1, 1, 2), 0, 0, False)
    tensor([[[[2.]]]])
    """
    _refuse("grid_sampler_2d", input, 4)
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_3d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`grid_sampler` of volumes.

    >>> import chainrule as torch
    >>> torch.grid_sampler_3d(torch.tensor([[[[[1., 3.]]]]]), torch.zeros(1, 1, 1, 1, 3), 0, 0, False)
    tensor([[[[[2.]]]]])
    """
    _refuse("grid_sampler_3d", input, 5)
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


def _refuse(function: str, input: Any, wanted: int) -> None:
    ndim = tensor_argument(input, function, "input", 1).ndim
    if ndim != wanted:
        raise RuntimeError(f"{function}(): expected {wanted}D input and grid, but got a {ndim}D input")


def affine_grid_generator(theta: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """:func:`chainrule.nn.functional.affine_grid`.

    >>> import chainrule as torch
    >>> torch.affine_grid_generator(torch.eye(2, 3)[None], (1, 1, 1, 2), True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    tensor_argument(theta, "affine_grid_generator", "theta")
    n = len(size) - 2
    if n not in (2, 3) or theta.shape != (size[0], n, n + 1):
        raise RuntimeError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {tuple(size)}. Got {theta.shape}."
        )
    return ops.affine_grid_generator(theta, sizes=tuple(size[2:]), align=bool(align_corners))
