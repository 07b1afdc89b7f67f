"""Gradients made smaller where they are too large."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...autograd.grad_mode import no_grad
from ...core.value import TensorBase
from ...functions.creation import tensor
from ...functions.joining import stack
from ...functions.norms import vector_norm

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

Parameters = Any  # a tensor, or an iterable of tensors


def _as_list(tensors: Parameters) -> list[Any]:
    return [tensors] if isinstance(tensors, TensorBase) else list(tensors)


def _gradients(parameters: Parameters) -> list[Any]:
    return [parameter.grad for parameter in _as_list(parameters) if parameter.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of the elements of all tensors together.

    Args:
        tensors: one tensor or several. Of none, the norm is 0.
        norm_type: which p-norm; infinity for the largest absolute value.
        error_if_nonfinite: refuse a norm that is NaN or infinite.
        foreach: accepted: one way of computing is all there is.

    Raises:
        RuntimeError: the norm is not finite and should be.

    >>> import chainrule as torch
    >>> torch.nn.utils.get_total_norm([torch.tensor([3.]), torch.tensor([4.])])
    tensor(5.)
    """
    norms = [vector_norm(t, float(norm_type)) for t in _as_list(tensors)]
    if not norms:
        return tensor(0.0)
    total = vector_norm(stack(norms), float(norm_type))
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite, so it cannot be clipped. "
            "To disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Parameters, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Multiply the gradients by ``max_norm / total_norm`` where that is below 1.

    Args:
        parameters: one parameter or several; those without a gradient are passed over.
        max_norm: what the norm is to be at most.
        total_norm: what it is.
        foreach: accepted: one way of computing is all there is.

    >>> import chainrule as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> (w * torch.tensor([3., 4.])).sum().backward()
    >>> torch.nn.utils.clip_grads_with_norm_([w], max_norm=1.0, total_norm=torch.tensor(5.0))
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    # Always multiplied, so that no value has to be looked at: a compiled step has no branch here.
    factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
    for grad in _gradients(parameters):
        grad.mul_(factor)


def clip_grad_norm_(
    parameters: Parameters,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients in place so that the norm of all of them together is at most ``max_norm``.

    Args:
        parameters: one parameter or several; those without a gradient are passed over.
        max_norm: what the norm is to be at most.
        norm_type: which p-norm; infinity for the largest absolute value.
        error_if_nonfinite: refuse a norm that is NaN or infinite.
        foreach: accepted: one way of computing is all there is.

    Returns:
        The norm before.

    Raises:
        RuntimeError: the norm is not finite and should be; the gradients have not changed.

    >>> import chainrule as torch
    >>> p = torch.zeros(2, requires_grad=True)
    >>> p.grad = torch.tensor([3., 4.])
    >>> torch.nn.utils.clip_grad_norm_(p, 1.), p.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    parameters = _as_list(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grad_norm(
    parameters: Parameters,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Deprecated: use :func:`clip_grad_norm_`, whose arguments these are.

    >>> import chainrule as torch
    >>> import warnings
    >>> w = torch.ones(2, requires_grad=True)
    >>> (w * torch.tensor([3., 4.])).sum().backward()
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.utils.clip_grad_norm([w], max_norm=1.0)
    tensor(5.)
    """
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters: Parameters, clip_value: float, foreach: bool | None = None) -> None:
    """Clamp each element of the gradients between ``-clip_value`` and ``clip_value``, in place.

    Args:
        parameters: one parameter or several; those without a gradient are passed over.
        clip_value: the largest absolute value.
        foreach: accepted: one way of computing is all there is.

    >>> import chainrule as torch
    >>> p = torch.zeros(2, requires_grad=True)
    >>> p.grad = torch.tensor([3., -4.])
    >>> torch.nn.utils.clip_grad_value_(p, 1.)
    >>> p.grad
    tensor([ 1., -1.])
    """
    clip_value = float(clip_value)
    for grad in _gradients(parameters):
        grad.clamp_(min=-clip_value, max=clip_value)
