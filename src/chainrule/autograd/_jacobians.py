"""Products with a Jacobian three ways: by central differences, by reverse mode, by forward mode.

A Jacobian is a matrix here: a row for each element of the input, a column for each element of the output. That of a
complex input and a real output holds PyTorch's gradients: d/d(real part) + i d/d(imaginary part).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import functions as F
from ..core.value import TensorBase
from ._backward import grad

if TYPE_CHECKING:
    from .._tensor import Tensor
    from .forward_ad import UnpackedDualTensor

Run = Callable[[], "Sequence[Tensor]"]
"""Evaluates a function at what its inputs hold now."""


def as_tuple(things: Any) -> tuple[Any, ...]:
    return tuple(things) if isinstance(things, (tuple, list)) else (things,)


def is_differentiable(thing: Any) -> bool:
    return isinstance(thing, TensorBase) and thing.requires_grad


def has_tangents(thing: Any) -> bool:
    """Whether it is a tensor of a dtype that has derivatives."""
    return isinstance(thing, TensorBase) and (thing.is_floating_point() or thing.is_complex())


def basis(tensor: Tensor) -> Iterable[Tensor]:
    """The unit vectors of the space that the tensor is in."""
    for at in np.ndindex(*tensor.shape):
        unit = F.zeros(tensor.shape, dtype=tensor.dtype)
        unit[at] = 1
        yield unit


# -- central differences ------------------------------------------------------------------------------------------------


def numerical_jacobian(run: Run, input: Tensor, eps: float) -> list[Tensor]:
    """The Jacobian of each output."""
    rows = [difference(run, input, at, (eps, eps), eps) for at in np.ndindex(*input.shape)]
    if not rows:
        return [F.zeros(0, out.numel(), dtype=out.dtype) for out in run()]
    return [F.stack(per_output) for per_output in zip(*rows, strict=True)]


def difference(
    run: Run, input: Tensor, at: tuple[int, ...] | EllipsisType, steps: tuple[Any, Any], eps: float
) -> list[Tensor]:
    """How each output, flattened, changes with ``input[at]``, for steps ``eps`` long in the real and imaginary part."""
    entry = input.data  # a write to it goes unnoticed by what has saved the input
    real = slope(run, entry, at, steps[0], eps)
    if not input.is_complex():
        return real
    imaginary = slope(run, entry, at, steps[1] * 1j, eps)
    return [re + im * 1j for re, im in zip(real, imaginary, strict=True)]


def slope(run: Run, entry: Tensor, at: tuple[int, ...] | EllipsisType, step: Any, eps: float) -> list[Tensor]:
    """``(f(x + step) - f(x - step)) / (2 * eps)``. The function may have captured x, so x itself is moved, and put back."""
    before = entry[at].clone()
    try:
        entry[at] = before - step
        low = run()
        entry[at] = before + step
        high = run()
    finally:
        entry[at] = before
    for a, b in zip(low, high, strict=True):
        for name in ("shape", "dtype"):
            if getattr(a, name) != getattr(b, name):
                raise AssertionError(
                    f"Expected `func` to return outputs with the same {name} when inputs are perturbed "
                    f"{'' if at is ... else f'on index {at} '}by {eps}, but got: {name}s {getattr(a, name)} and {getattr(b, name)}."
                )
    return [((b - a) / (2 * eps)).reshape(-1) for a, b in zip(low, high, strict=True)]


# -- reverse mode -------------------------------------------------------------------------------------------------------


class ReverseProducts:
    """For each input the matrix of Jacobian times cotangents, a column each; and what is wrong with the gradients."""

    def __init__(self, output: Tensor, inputs: Sequence[Tensor], cotangents: Iterable[Tensor]) -> None:
        self.right_sizes = self.right_dtypes = True
        columns: list[list[Tensor]] = [[] for _ in inputs]
        for cotangent in cotangents:
            grads = grad(output, inputs, cotangent, retain_graph=True, allow_unused=True)
            for column, input, g in zip(columns, inputs, grads, strict=True):
                column.append(self.checked(g, input))
        self.matrices = [
            F.stack(column, 1) if column else F.zeros(input.numel(), 0, dtype=input.dtype)
            for column, input in zip(columns, inputs, strict=True)
        ]

    def checked(self, g: Tensor | None, input: Tensor) -> Tensor:
        if g is not None and g.shape == input.shape:
            self.right_dtypes &= g.dtype == input.dtype
            return g.detach().reshape(-1)
        self.right_sizes &= g is None
        return F.zeros(input.numel(), dtype=input.dtype)

    def distance(self, other: ReverseProducts) -> float:
        """The largest difference; a NaN in both is none."""
        apart = [float((a - b).abs().max()) for a, b in zip(self.matrices, other.matrices, strict=True) if a.numel()]
        return max((d for d in apart if d == d), default=0.0)


# -- forward mode -------------------------------------------------------------------------------------------------------


def forward_products(
    function: Callable[..., Any], inputs: Sequence[Any], tangents: dict[int, Tensor]
) -> list[UnpackedDualTensor]:
    """Each output that can have a tangent, with its tangent. ``tangents``: of the inputs, by their number."""
    from . import forward_ad

    with forward_ad.dual_level():
        duals = [x.detach() if is_differentiable(x) else x for x in inputs]
        for number, tangent in tangents.items():
            duals[number] = forward_ad.make_dual(duals[number], tangent)
        outputs = [out for out in as_tuple(function(*duals)) if has_tangents(out)]
        return [forward_ad.unpack_dual(out) for out in outputs]
