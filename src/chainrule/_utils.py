"""``torch._utils``: helpers of PyTorch's that packages take from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from . import cpu, functions
from ._missing import missing_name

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__: list[str] = []


def _flatten_dense_tensors(tensors: Iterable[Tensor]) -> Tensor:
    """All elements of some tensors in one of one dimension.

    >>> import chainrule as torch
    >>> torch._utils._flatten_dense_tensors([torch.ones(2, 1), torch.zeros(1)])
    tensor([1., 1., 0.])
    """
    return functions.cat([tensor.contiguous().view(-1) for tensor in tensors])


def _unflatten_dense_tensors(flat: Tensor, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The parts of a tensor of one dimension in the shapes of others: the way back from :func:`_flatten_dense_tensors`.

    >>> import chainrule as torch
    >>> torch._utils._unflatten_dense_tensors(torch.arange(3), [torch.ones(2, 1), torch.zeros(1)])
    (tensor([[0],
            [1]]), tensor([2]))
    """
    ends = accumulate([tensor.numel() for tensor in tensors], initial=0)
    return tuple(
        [flat[start:end].view_as(tensor) for (start, end), tensor in zip(pairwise(ends), tensors, strict=True)]
    )


def _get_available_device_type() -> None:
    """The type of the accelerator: None, there is none."""


def _get_device_module(device_type: str) -> Any:
    """The module of a type of device."""
    if device_type != "cpu":
        raise RuntimeError(
            f"Device '{device_type}' does not have a corresponding module registered as 'torch.{device_type}'."
        )
    return cpu


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
