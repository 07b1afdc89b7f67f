"""Tensors that are kept as several: sparse, nested and masked ones. What PyTorch writes for them, and what is made of it."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes, functions
from ..core.value import TensorBase
from ..errors import CorruptFileError

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "JAGGED",
    "MASKED",
    "Mark",
    "is_composite",
    "jagged_from",
    "masked_from",
    "parts_of",
    "sparse_from",
    "strided_from",
]


class Mark:
    """Stands for a class that files name for these tensors; and for notes of PyTorch's compiler on a tensor, which are left out."""


JAGGED = "torch.nested._internal.nested_tensor.NestedTensor"
MASKED = "torch.masked.maskedtensor.core.MaskedTensor"


def is_composite(tensor: Any) -> bool:
    """Whether a tensor is kept as several."""
    return tensor.is_nested or hasattr(tensor, "get_mask")


def parts_of(tensor: Any, named: Any) -> tuple[str, Any, dict[str, Any] | None]:
    """The name of the function that makes it again, its arguments, and, for what has one, its state. ``named`` makes a name."""
    requires_grad = tensor.requires_grad
    if not tensor.is_nested:
        from ..masked._tensor import parts

        data, mask = parts(tensor)
        shape = tuple(tensor.shape)
        strides = steps(shape) if tensor.is_sparse else data.stride()
        arguments: Any = (
            named(MASKED), tensor.dtype, shape, strides, 0, tensor.layout, tensor.device, requires_grad
        )  # fmt: skip
        return "torch._utils._rebuild_wrapper_subclass", arguments, {"_masked_data": data, "_masked_mask": mask}
    values = tensor._values
    if tensor.layout is functions.creation.jagged:
        data = {
            "values": values, "offsets": tensor._offsets, "lengths": tensor._lengths, "_ragged_idx": tensor._ragged_idx,
            "_metadata_cache": {}, "requires_grad": requires_grad,
        }  # fmt: skip
        return "torch.nested._internal.nested_tensor._rebuild_njt", (data,), {}
    shapes = [tuple(map(int, size)) for size in tensor._part_sizes]
    starts = list(accumulate(map(prod, shapes), initial=0))[:-1]
    arguments = (values, table(shapes), table(list(map(steps, shapes))), functions.tensor(starts, dtype=dtypes.int64))
    return "torch._utils._rebuild_nested_tensor", arguments, None


def steps(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a part that lies row by row."""
    return tuple(accumulate(shape[:0:-1], int.__mul__, initial=1))[::-1] if shape else ()


def table(rows: list[tuple[int, ...]]) -> Tensor:
    return functions.tensor([list(row) for row in rows], dtype=dtypes.int64)


# -- reading -------------------------------------------------------------------------------------------------------------


def numbers(tensor: Any, what: str, ndim: int) -> Any:
    """Integers that a file says of a nested tensor."""
    if not isinstance(tensor, TensorBase) or tensor.dtype not in (dtypes.int64, dtypes.int32) or tensor.ndim != ndim:
        raise CorruptFileError(f"the file is damaged: the {what} of a nested tensor are no integers")
    return tensor.tolist()


def strided_from(values: Any, sizes: Any, strides: Any, starts: Any) -> Any:
    """A nested tensor of the strided layout: each part by its size, its strides and where it begins."""
    from ..nested._strided import from_parts, strided
    from ._rebuild import check_geometry

    if not isinstance(values, TensorBase) or values.ndim != 1:
        raise CorruptFileError("the file is damaged: the values of a nested tensor are no tensor of one dimension")
    if sizes is not None and not sizes.numel():
        shapes = steps_of = [()] * len(sizes) if sizes.ndim > 1 else []
        begins = numbers(starts, "places", 1)
    else:
        shapes = list(map(tuple, numbers(sizes, "sizes", 2)))
        steps_of, begins = list(map(tuple, numbers(strides, "strides", 2))), numbers(starts, "places", 1)
    if not len(shapes) == len(steps_of) == len(begins):
        raise CorruptFileError(
            "the file is damaged: a nested tensor whose sizes, strides and places are of several numbers of parts"
        )
    for shape, step, begin in zip(shapes, steps_of, begins, strict=True):
        check_geometry(begin, shape, step, values.numel())
    ends = list(accumulate(map(prod, shapes), initial=0))
    if steps_of == list(map(steps, shapes)) and begins == ends[:-1] and ends[-1] == values.numel():
        return strided(values, shapes)  # type: ignore[arg-type] # a TensorBase is a Tensor
    return from_parts([values.as_strided(*one) for one in zip(shapes, steps_of, begins, strict=True)])


def jagged_from(data: Any) -> Any:
    """A nested tensor of the jagged layout."""
    from ..nested._jagged import jagged

    if type(data) is not dict or not isinstance(data.get("values"), TensorBase):
        raise CorruptFileError("the file is damaged: a nested tensor without values")
    values: Any = data["values"].detach()
    offsets: Any = data.get("offsets")
    lengths: Any = data.get("lengths")
    ragged = data.get("_ragged_idx", 1)
    begins = numbers(offsets, "offsets", 1)
    if type(ragged) is not int or not 0 < ragged <= values.ndim or not begins:
        raise CorruptFileError(f"the file is damaged: a nested tensor that is jagged along dimension {ragged}")
    size = values.shape[ragged - 1]
    if begins != sorted(begins) or begins[0] < 0 or begins[-1] > size:
        raise CorruptFileError(f"the file is damaged: the offsets of a nested tensor leave its {size} values")
    if lengths is not None:
        counts = numbers(lengths, "lengths", 1)
        if len(counts) != len(begins) - 1 or any(
            n < 0 or start + n > size for start, n in zip(begins, counts, strict=False)
        ):
            raise CorruptFileError(f"the file is damaged: the lengths of a nested tensor leave its {size} values")
    made = jagged(values, offsets, lengths, ragged)
    return made.requires_grad_() if data.get("requires_grad") is True else made


def sparse_from(kind: Any, data: Any) -> Any:
    """A sparse tensor of a layout."""
    from ..functions.sparse import sparse_compressed_tensor, sparse_coo_tensor

    layouts = functions.creation.LAYOUTS
    if type(data) is not tuple or kind not in layouts.values():
        raise CorruptFileError("the file is damaged: a sparse tensor that is described wrongly")
    try:
        if kind is layouts["coo"]:
            return sparse_coo_tensor(*data[:3], is_coalesced=data[3] if len(data) > 3 else None)
        return sparse_compressed_tensor(*data[:4], layout=kind)
    except (IndexError, RuntimeError, TypeError, ValueError) as error:
        raise CorruptFileError(f"the file is damaged: it has a sparse tensor of which is said: {error}") from None


def masked_from(arguments: Any, state: Any) -> Any:
    """A masked tensor."""
    from ..masked import MaskedTensor

    try:
        return MaskedTensor(state["_masked_data"], state["_masked_mask"], arguments[-1] is True)
    except (IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise CorruptFileError(f"the file is damaged: it has a masked tensor of which is said: {error}") from None
