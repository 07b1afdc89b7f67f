"""Complex numbers and their parts. Functions of real tensors that change nothing return the tensor itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ops
from ._arguments import tensor_argument
from ._autocast import widened
from .elementwise import unary

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "angle", "conj", "conj_physical", "imag", "is_conj", "is_neg", "real", "resolve_conj", "resolve_neg",
    "view_as_complex", "view_as_real",
]  # fmt: skip


def is_complex(tensor: Tensor) -> bool:
    return tensor._array.dtype.kind == "c"


def real(input: Tensor) -> Tensor:
    """The real part, a view.

    >>> import chainrule as torch
    >>> torch.real(torch.tensor([1 + 2j]))
    tensor([1.])
    """
    tensor_argument(input, "real", "input")
    return ops.real(input)


def imag(input: Tensor) -> Tensor:
    """The imaginary part, a view.

    Raises:
        RuntimeError: the tensor is real.

    >>> import chainrule as torch
    >>> torch.imag(torch.tensor([1 + 2j]))
    tensor([2.])
    """
    if not is_complex(tensor_argument(input, "imag", "input")):
        raise RuntimeError(
            f"imag is not implemented for tensors with non-complex dtypes: this one is {input.dtype}, whose imaginary part is "
            "zeros_like(t)."
        )
    return ops.imag(input)


def conj(input: Tensor) -> Tensor:
    """The complex conjugate, with memory of its own (PyTorch's is a view that conjugates when it is read).

    >>> import chainrule as torch
    >>> torch.conj(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return ops.conj(tensor_argument(input, "conj", "input"))


def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex conjugate.

    >>> import chainrule as torch
    >>> torch.conj_physical(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if out is None and not is_complex(tensor_argument(input, "conj_physical", "input")):
        return input
    return unary(ops.conj_physical, "conj_physical", input, out)


def angle(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in radians, between -pi and pi; of real numbers 0 or pi.

    >>> import chainrule as torch
    >>> torch.angle(torch.tensor([1j, -1]))
    tensor([1.5708, 3.1416])
    """
    return unary(ops.angle, "angle", input, out)


def view_as_real(input: Tensor) -> Tensor:
    """A complex tensor as a real one with a last dimension of size 2: real and imaginary parts. A view.

    >>> import chainrule as torch
    >>> torch.view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if not is_complex(tensor_argument(input, "view_as_real", "input")):
        raise RuntimeError(f"view_as_real is only supported for complex tensors: this one is {input.dtype}.")
    return ops.view_as_real(input)


def view_as_complex(input: Tensor) -> Tensor:
    """A real tensor with a last dimension of size 2 as a complex one: the inverse of :func:`view_as_real`. A view.

    >>> import chainrule as torch
    >>> torch.view_as_complex(torch.tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    (input,) = widened(input)
    tensor_argument(input, "view_as_complex", "input")
    array = input._array
    if array.dtype not in ("float32", "float64"):
        raise RuntimeError(
            f"view_as_complex is only supported for half, float and double tensors, but got a tensor of {input.dtype}."
        )
    if not array.ndim or array.shape[-1] != 2:
        raise RuntimeError(f"Tensor must have a last dimension of size 2, but its shape is {list(array.shape)}.")
    if array.strides[-1] != array.itemsize:
        raise RuntimeError("Tensor must have a last dimension with stride 1: use view_as_complex(t.contiguous()).")
    return ops.view_as_complex(input)


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: no conjugation is ever pending.

    >>> import chainrule as torch
    >>> torch.resolve_conj(torch.tensor([1 + 2j]).conj())
    tensor([1.-2.j])
    """
    return tensor_argument(input, "resolve_conj", "input")


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: no negation is ever pending.

    >>> import chainrule as torch
    >>> torch.resolve_neg(torch.tensor([1., 2.]))
    tensor([1., 2.])
    """
    return tensor_argument(input, "resolve_neg", "input")


def is_conj(input: Tensor) -> bool:
    """False: no conjugation is ever pending.

    >>> import chainrule as torch
    >>> torch.is_conj(torch.tensor([1 + 2j]).conj())
    False
    """
    tensor_argument(input, "is_conj", "input")
    return False


def is_neg(input: Tensor) -> bool:
    """False: no negation is ever pending.

    >>> import chainrule as torch
    >>> torch.is_neg(torch.tensor([1., 2.]))
    False
    """
    tensor_argument(input, "is_neg", "input")
    return False
