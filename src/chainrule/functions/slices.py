"""Slices of a tensor as wholes: reduced to places, kept within a norm, reduced segment by segment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import numbers_of
from ..promotion import scalar_type_name
from ._arguments import axis_of, takes_axis, tensor_argument
from ._reduction_arguments import refuse_kinds
from ._writing import put_resized
from .gathering import on_vector, put_over, slices

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["index_reduce", "renorm", "segment_reduce"]

REDUCTIONS = ("prod", "mean", "amax", "amin")


@takes_axis
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of ``input`` in which the slices of ``source`` that go to one place are reduced there.

    Args:
        input: of any real dtype but bool.
        dim: along which the slices lie.
        index: a vector of int64 or int32: where each slice of ``source`` goes.
        source: of the dtype of ``input``, and of its shape but for ``dim``.
        reduce: "prod", "mean", "amax" or "amin".
        include_self: whether the old slice takes part.
        out: where to write the result.

    Raises:
        RuntimeError: sizes or dtypes that do not match, or an unknown ``reduce``. IndexError: an index out of bounds.

    >>> import chainrule as torch
    >>> torch.index_reduce(torch.zeros(2), 0, torch.tensor([0, 0]), torch.tensor([1., 2.]), "amax")
    tensor([2., 0.])
    """
    operands, params = reducing(input, dim, index, source, reduce, include_self)
    return put_over(
        on_vector(ops.index_reduce, input, operands, params), out, "index_reduce", input, source, exact=True
    )


def reducing(
    input: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool
) -> tuple[list[Any], dict[str, Any]]:
    """The operands behind the first, and the parameters, of an index_reduce."""
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    array = tensor_argument(input, "index_reduce", "input")._array
    numbers = numbers_of(tensor_argument(index, "index_reduce", "index", 3)._array)
    given = tensor_argument(source, "index_reduce", "source", 4)._array
    axis = axis_of(dim, array.ndim, "index_reduce")
    size = array.shape[axis] if array.ndim else 1
    fits = given.ndim == array.ndim and index._array.size == (given.shape[axis] if given.ndim else 1)
    if fits and numbers.dtype.kind in "iu" and numbers.size and not 0 <= numbers.min() <= numbers.max() < size:
        raise IndexError(
            f"index out of range in self: indices must be 0 to {size - 1}, got {numbers.min()} to {numbers.max()}"
        )
    places, source, axis = slices(input, dim, index, source, "index_reduce", RuntimeError)
    if array.dtype != source._array.dtype:
        names = scalar_type_name(array.dtype), scalar_type_name(source._array.dtype)
        raise RuntimeError("index_reduce_(): self ({}) and source ({}) must have the same scalar type".format(*names))
    refuse_kinds(array, "bc", "index_func_")
    return [places, source], {"axis": axis, "reduce": reduce, "include_self": include_self}


@takes_axis
def renorm(input: Tensor, p: float, dim: int, maxnorm: float, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``input`` in which each slice along ``dim`` has a norm of at most ``maxnorm``: larger ones are scaled.

    Args:
        input: floating point or complex, of at least two dimensions.
        p: which norm, greater than 0, inf included.
        dim: along which the slices lie.
        maxnorm: the bound, not negative.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.renorm(torch.tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    return put_resized(ops.renorm(input, **norms(input, p, dim, maxnorm)), out, "renorm", input, exact=True)


def norms(input: Any, p: Any, dim: int, maxnorm: Any) -> dict[str, Any]:
    """The parameters of a renorm."""
    array = tensor_argument(input, "renorm", "input")._array
    for name, number in (("p", p), ("maxnorm", maxnorm)):
        if isinstance(number, complex):
            raise RuntimeError(f"renorm: {name} must be real-valued, got {number}")
        if not isinstance(number, (int, float)):
            raise TypeError(f"renorm(): argument '{name}' must be Number, not {type(number).__name__}")
    if not p > 0:
        raise RuntimeError(f"renorm: non-positive-norm not supported, got p={p}")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if array.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {array.ndim} dimensions")
    axis = axis_of(dim, array.ndim, "renorm")
    if array.dtype.kind in "biu":
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {scalar_type_name(array.dtype)}"
        )
    others = tuple(a for a in range(-array.ndim, 0) if a != axis)
    if math.isinf(p) and 0 in [array.shape[a] for a in others]:
        raise RuntimeError(
            f"renorm: the {p} norm of no elements is not defined. The input's shape is {list(array.shape)}"
        )
    return {"ord": float(p), "axis": axis, "maxnorm": float(maxnorm), "others": others}


SEGMENT_REDUCTIONS = {
    "sum": "sum", "mean": "mean", "prod": "prod", "max": "amax", "amax": "amax", "min": "amin", "amin": "amin",
}  # fmt: skip


def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The elements reduced segment by segment along an axis.

    Args:
        data: floating point.
        reduce: "sum", "mean", "prod", "max" or "min".
        lengths: how long the segments are, integers along its last dimension, which is the number ``axis``.
        indices: not supported, as in PyTorch.
        offsets: instead of ``lengths``, where the segments begin and the last one ends.
        axis: which dimension of ``data`` is cut into segments.
        unsafe: whether to leave out the check that the lengths add up to the size.
        initial: what each segment begins with; without it, an empty one is 0 (sum), 1 (prod), NaN (mean), -inf or inf.

    Raises:
        RuntimeError: neither lengths nor offsets, or ones that do not fit.

    >>> import chainrule as torch
    >>> torch.segment_reduce(torch.tensor([1., 2., 3.]), "max", lengths=torch.tensor([1, 2]))
    tensor([1., 3.])
    """
    array = tensor_argument(data, "segment_reduce", "data")._array
    if reduce not in SEGMENT_REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    given = lengths if offsets is None else offsets
    if given is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    cuts = tensor_argument(given, "segment_reduce", "lengths" if offsets is None else "offsets")._array
    at = axis_of(axis, array.ndim, "segment_reduce") + array.ndim
    name = "lengths" if offsets is None else "offsets"
    if at != cuts.ndim - 1:
        raise RuntimeError(f"segment_reduce(): Expected axis to be the last dimension of {name} but got {axis}.")
    if cuts.shape[:-1] != array.shape[:at]:
        raise RuntimeError(
            f"segment_reduce(): the dimensions of {name} before its last must be those of data, got {list(cuts.shape)} for "
            f"{list(array.shape)}"
        )
    refuse_kinds(array, "biuc", "_segment_reduce_cpu")
    if cuts.dtype.kind not in "iu":
        raise NotImplementedError(f"segment_reduce(): {name} must be int32 or int64, got {given.dtype}")
    if offsets is None:
        numbers = numbers_of(cuts)
        if (numbers < 0).any():
            raise RuntimeError(f"lengths contains negative value! The least is {numbers.min()}.")
        if not unsafe and (numbers.size or not cuts.size) and (numbers.sum(-1) != array.shape[at]).any():
            raise RuntimeError(
                "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe."
            )
        given = ops.pad(ops.cumsum(given, axis=-1, dtype=np.dtype(np.int64)), widths=((1, 0),), value=0)
    start = None if initial is None else float(initial)
    return ops.segment_reduce(data, given, axis=at - array.ndim, reduce=SEGMENT_REDUCTIONS[reduce], initial=start)
