"""How far values are from their mean (variance), from zero (norm), from others (dist)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..promotion import scalar_type_name
from ._arguments import deliver, tensor_argument
from ._reduction_arguments import ALL, array_of, converted, numpy_names, reduced_axes

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ..dtypes import dtype as Dtype
    from ._reduction_arguments import NumpyNames

__all__ = ["dist", "norm", "std", "std_mean", "var", "var_mean"]

Dims = int | Sequence[int] | None

# -- variance ----------------------------------------------------------------------------------------------------------


def var(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The variance of all elements, or along dimensions.

    Args:
        input: floating point or complex.
        dim: along which dimensions; None or an empty one for all.
        unbiased: whether to divide by the number of elements less one (the default), or by that number.
        keepdim: whether the dimensions stay, with size 1.
        correction: what to take from the number of elements, instead of ``unbiased``.
        out: where to write the result.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Raises:
        RuntimeError: the dtype is neither floating point nor complex.
        TypeError: both ``unbiased`` and ``correction`` are given.

    >>> import chainrule as torch
    >>> torch.var(torch.tensor([1., 2., 3., 4.]), correction=0)
    tensor(1.2500)
    """
    return deliver(_spread("var", ops.var_axes, input, dim, unbiased, keepdim, correction, names), out, "var")


def std(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The standard deviation: the root of the variance. For the arguments see :func:`var`.

    Of equal elements its gradient is zero.

    >>> import chainrule as torch
    >>> torch.std(torch.tensor([1., 2., 3.]))
    tensor(1.)
    """
    return deliver(_spread("std", ops.std_axes, input, dim, unbiased, keepdim, correction, names), out, "std")


def var_mean(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    **names: Unpack[NumpyNames],
) -> tuple[Tensor, Tensor]:
    """The variance and the mean. For the arguments see :func:`var`.

    >>> import chainrule as torch
    >>> torch.var_mean(torch.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    return _spread("var_mean", ops.var_mean, input, dim, unbiased, keepdim, correction, names)


def std_mean(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    **names: Unpack[NumpyNames],
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean. For the arguments see :func:`var`.

    >>> import chainrule as torch
    >>> torch.std_mean(torch.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    return _spread("std_mean", ops.std_mean, input, dim, unbiased, keepdim, correction, names)


def _spread(
    function: str, op: Any, input: Any, dim: Any, unbiased: Any, keepdim: Any, correction: Any, names: Any
) -> Any:
    dim, keepdim = numpy_names(function, names, dim, keepdim)
    if isinstance(dim, bool):  # var(unbiased)
        dim, unbiased = None, dim
    if unbiased is None:
        correction = 1 if correction is None else correction
    elif correction is not None:
        raise TypeError(
            f"{function}() received an invalid combination of arguments: it takes 'unbiased' or 'correction', not both "
            "(unbiased=False is correction=0, unbiased=True is correction=1)"
        )
    else:
        correction = int(unbiased)
    array = array_of(input, function)
    if array.dtype.kind in "biu":
        subject = "std and var" if function in ("std", "var") else function
        raise RuntimeError(
            f"{subject} only support floating point and complex dtypes, but got {scalar_type_name(array.dtype)}. "
            "Convert the input with .float()."
        )
    axis = reduced_axes(dim, keepdim, array.ndim, function)
    if math.prod([array.shape[one] for one in axis]) <= correction:
        from ..once import warn_once

        warn_once(
            f"{function}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel "
            "divided by output numel).",
            stacklevel=3,
            about="degrees of freedom",
        )
    if array.dtype.kind == "c":
        return _complex_spread(function, input, axis, correction, keepdim)
    return op(input, axis=axis, correction=correction, keepdims=keepdim)


def _complex_spread(function: str, input: Any, axis: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    """Of complex elements the variance is that of the real parts plus that of the imaginary ones."""
    parts: Any = (ops.real, ops.imag)
    spread = ops.add(*[ops.var_axes(part(input), axis=axis, correction=correction, keepdims=keepdim) for part in parts])
    if function.startswith("std"):
        spread = ops.sqrt(spread)
    return (spread, ops.mean_axes(input, axis=axis, keepdims=keepdim)) if function.endswith("mean") else spread


# -- norms -------------------------------------------------------------------------------------------------------------


def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
) -> Tensor:
    """The norm of all elements as one vector, or along dimensions.

    Args:
        input: floating point or complex.
        p: which norm: any number, infinities included; 0 counts the elements that are not zero. "fro" is 2.
        dim: along which dimensions; None for all.
        keepdim: whether these stay, with size 1.
        out: where to write the result.
        dtype: what to convert the elements to first; wider than theirs.

    Raises:
        RuntimeError: the dtype is neither floating point nor complex, or there is no such norm of these dimensions.

    >>> import chainrule as torch
    >>> torch.norm(torch.tensor([3., 4.])), torch.norm(torch.tensor([3., -4.]), 1)
    (tensor(5.), tensor(7.))
    """
    array = array_of(input, "norm")
    if isinstance(p, str):
        p = _named_norm(p, dim)
    if p == "nuc":
        from .norms import matrix_norm

        return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out)
    ord = 2.0 if p is None else float(p)
    axis = reduced_axes(dim, keepdim, array.ndim, "norm")
    return deliver(vector_norm(input, ord, axis, keepdim, dtype), out, "norm")


def _named_norm(p: str, dim: Any) -> float | str:
    dims = () if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    if p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported. Wanted a number, 'fro' or 'nuc'.")
    if len(dims) > 2 or (p == "nuc" and len(dims) == 1):
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    return 2 if p == "fro" else "nuc"


def vector_norm(input: Any, ord: float, axis: tuple[int, ...], keepdim: bool, dtype: Any = None) -> Any:
    """The norm along axes, after the checks that all norms share."""
    array = input._array
    if array.dtype.kind in "biu":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{scalar_type_name(array.dtype)}. Convert it with .float()."
        )
    if dtype is not None:
        if dtype.itemsize < array.dtype.itemsize or dtype.is_complex != (array.dtype.kind == "c"):
            raise RuntimeError(
                f"linalg.vector_norm: the dtype of the input ({scalar_type_name(array.dtype)}) should be convertible "
                f"without narrowing to the specified dtype ({scalar_type_name(dtype)})"
            )
        input = converted(input, dtype, "norm")
    if (ord < 0 or ord == math.inf) and not array.size and 0 in [array.shape[a] for a in axis]:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor because the operation does not "
            f"have an identity. The input's shape is {list(array.shape)}."
        )
    if array.dtype.kind == "c":
        input = ops.abs(input)
    return ops.vector_norm(input, ord=ord, axis=axis if array.ndim else (), keepdims=keepdim)


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The ``p``-norm of ``input - other``, which are broadcast together.

    >>> import chainrule as torch
    >>> torch.dist(torch.tensor([3., 4.]), torch.tensor([0., 0.]))
    tensor(5.)
    """
    difference = ops.subtract(tensor_argument(input, "dist", "input"), tensor_argument(other, "dist", "other", 2))
    array = difference._array
    if array.dtype.kind in "biu":
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {scalar_type_name(array.dtype)} "
            "instead. Convert the inputs with .float()."
        )
    if array.dtype.kind == "c":
        difference = ops.abs(difference)
    return ops.dist(difference, ord=float(p), axis=ALL[array.ndim], keepdims=False)
