"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...core.value import TensorBase
from ...functions.joining import cat

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters in one vector; gradients flow through it.

    >>> import chainrule as torch
    >>> torch.nn.utils.parameters_to_vector([torch.ones(2), torch.zeros(1, 1)])
    tensor([1., 1., 0.])
    """
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make consecutive parts of a vector the memory of the parameters.

    Args:
        vec: with as many elements as the parameters together, or more.
        parameters: which get a view of it as their ``.data``.

    Raises:
        TypeError: ``vec`` is no tensor. RuntimeError: it is too short; then no parameter has changed.

    >>> import chainrule as torch
    >>> p = torch.nn.Parameter(torch.zeros(1, 2))
    >>> torch.nn.utils.vector_to_parameters(torch.tensor([3., 4.]), [p])
    >>> p
    Parameter containing:
    tensor([[3., 4.]], requires_grad=True)
    """
    if not isinstance(vec, TensorBase):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    parts, start = [], 0
    for parameter in parameters:
        end = start + parameter.numel()
        parts.append((parameter, vec[start:end].view_as(parameter)))
        start = end
    for parameter, part in parts:
        parameter.data = part.data
