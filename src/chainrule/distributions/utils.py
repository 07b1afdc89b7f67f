"""``torch.distributions.utils``: parameters brought to one shape, probabilities and their logarithms, triangles."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import TYPE_CHECKING, Any

from .. import functions as f
from ..autograd.grad_mode import enable_grad
from ..core.value import TensorBase
from ..dtypes import finfo, get_default_dtype

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits", "tril_matrix_to_vec", "vec_to_tril_matrix",
]  # fmt: skip


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor, or the default."""
    if not all(isinstance(v, (TensorBase, Number)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    first = next((v for v in values if isinstance(v, TensorBase)), None)
    dtype = get_default_dtype() if first is None else first.dtype
    device = None if first is None else first.device
    tensors = [v if isinstance(v, TensorBase) else f.tensor(v, dtype=dtype, device=device) for v in values]
    return tuple(f.broadcast_tensors(*tensors))


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities that are neither 0 nor 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logarithms of probabilities; of two outcomes, that of their ratio."""
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The inverse of :func:`probs_to_logits`."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


def _standard_normal(shape: Any, dtype: Any, device: Any) -> Tensor:
    return f.normal(f.zeros(shape, dtype=dtype, device=device), f.ones(shape, dtype=dtype, device=device))


def _sum_rightmost(value: Tensor, dim: int) -> Tensor:
    """The sum over the last ``dim`` dimensions."""
    return value if dim == 0 else value.reshape((*value.shape[:-dim], -1)).sum(-1)


class lazy_property:  # noqa: N801 - PyTorch's name
    """A property that is computed once, when it is first asked for."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with enable_grad():  # a draw may be the first to ask, without a graph
            value = instance.__dict__[self.name] = self.wrapped(instance)
        return value


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangles of a batch of square matrices, up to the diagonal ``diag``, row by row as vectors.

    Raises:
        ValueError: there is no such diagonal.

    >>> import chainrule as torch
    >>> tril_matrix_to_vec(torch.tensor([[1., 0.], [2., 3.]]))
    tensor([1., 2., 3.])
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows, columns = f.tril_indices(n, n, diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The inverse of :func:`tril_matrix_to_vec`, with zeros above the diagonal ``diag``.

    Raises:
        ValueError: no triangle has so many elements.

    >>> import chainrule as torch
    >>> vec_to_tril_matrix(torch.tensor([1., 2., 3.]))
    tensor([[1., 0.],
            [2., 3.]])
    """
    count = vec.shape[-1]
    n = next((n for n in range(count + abs(diag) + 2) if _size_of_triangle(n, diag) >= count and n > -diag), 0)
    if _size_of_triangle(n, diag) != count:
        raise ValueError(
            f"The size of last dimension is {count} which cannot be expressed as the lower triangular part of a square D x D matrix."
        )
    rows, columns = f.tril_indices(n, n, diag)
    flat = vec.new_zeros((*vec.shape[:-1], n * n)).index_copy(-1, rows * n + columns, vec)
    return flat.unflatten(-1, (n, n))


def _size_of_triangle(n: int, diag: int) -> int:
    """How many elements of an n x n matrix lie on or below a diagonal."""
    return sum(min(max(row + diag + 1, 0), n) for row in range(n))
