"""``x[...]``, read and written.

As in PyTorch, the basic part of an index (ints, slices, None, ...) is a chain of views, left to right; what is left
(masks and index arrays) is one ``index`` of that view, or one ``index_put`` into it.
"""

from __future__ import annotations

import operator
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..backend.indexing_numpy import key_of
from ..core.modes import get_modes
from ..core.mutation import inplace, refuse_overlap, refuse_write
from ..core.origin import caller
from ..core.value import Lifted, TensorBase, writable
from ..core.version import bump
from ..core.views import ORDINARY, current_array, current_node, values_of
from ..core.xla_level import on_host
from ..promotion import checked_scalar, held_scalar, is_half, scalar_type_name
from ..quiet import NOISE, quietly
from ._arguments import naming
from .conversion import to_device

if TYPE_CHECKING:
    from .._tensor import Tensor

NUMBERS = (bool, int, float, complex, np.generic)
INDEX_DTYPES = frozenset(map(np.dtype, ("int64", "int32", "uint8", "bool")))

# -- reading ------------------------------------------------------------------------------------------------------------


def getitem(self: Any, key: Any) -> Tensor:
    """The elements at an index: a view for ints, slices, None and ..., else a copy."""
    kind = type(key)
    if kind is int:
        shape = self._array.shape
        if shape:
            size = shape[0]
            if -size <= key < size:
                return ops.select(self, axis=-len(shape), index=key)
        return select(self, 0, key)
    if kind is slice:
        return sliced(self, -self._array.ndim, key)
    if key is Ellipsis:
        return ops.alias(self)
    if isinstance(key, TensorBase) and key._array.dtype == np.int64 and key._array.ndim and self._array.ndim:
        return checked(ops.index, self, [key], (-self._array.ndim,))
    part, indices, axes = basic_part(self, key)
    if not indices:
        return ops.alias(self) if part is self else part
    return checked(ops.index, part, indices, axes)


def select(x: Any, dim: int, index: Any, named: int | None = None) -> Tensor:
    """The view at one index of dimension ``dim``, which errors call ``named``."""
    shape = x._array.shape
    if not shape:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
            "tensor to a number"
        )
    size = shape[dim]
    if not -size <= index < size:
        if not -(2**63) <= index < 2**63:
            raise ValueError(f"Overflow when unpacking long long: the index {index} does not fit in 64 bits")
        said = f"index {index} is out of bounds for dimension {dim if named is None else named} with size {size}"
        raise naming(IndexError(said), x)
    return ops.select(x, axis=dim - len(shape), index=int(index))


def sliced(x: Any, axis: int, key: slice) -> Tensor:
    """The view of a slice of an axis."""
    if not axis:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    start, stop, step = bounds(x._array.shape[axis], key)
    return ops.slice_axis(x, axis=axis, start=start, stop=stop, step=step)


def bounds(size: int, key: slice) -> tuple[int, int, int]:
    """A slice's start, stop and step within ``size``."""
    start, stop, step = key.start, key.stop, key.step
    if step is None:
        if stop is None and type(start) is int and 0 <= start <= size:
            return start, size, 1
        if start is None and type(stop) is int and 0 <= stop <= size:
            return 0, stop, 1
    else:
        step = operator.index(step) if hasattr(step, "__index__") else step
        if isinstance(step, int) and step < 0:
            raise ValueError(f"step must be greater than zero, got {step}. Use .flip() for the reverse order.")
    start, stop, step = slice(start, stop, step).indices(size)
    return start, max(start, stop), step


def basic_part(x: Any, key: Any) -> tuple[Any, list[Any], tuple[int, ...]]:
    """The view of the basic part of an index, the index arrays and masks that are left, and their axes in that view."""
    items = key if type(key) is tuple else as_items(key)
    count = 0
    for item in items:
        kind = type(item)
        if kind is int or kind is slice:
            count += 1
        elif item is not None and item is not Ellipsis and item is not True and item is not False:
            count += covers(item)
    ndim = x._array.ndim
    if count > ndim:
        if not ndim and len(items) == 1 and isinstance(items[0], int):
            return select(x, 0, items[0]), [], ()
        raise naming(IndexError(f"too many indices for tensor of dimension {ndim}: the index speaks of {count}"), x)
    dim = named = 0  # where we are in x as it is, and as it was given
    arrays: list[tuple[int, Any]] = []
    for item in items:
        kind = type(item)
        if kind is int:
            x = select(x, dim, item, named)
            named += 1
        elif kind is slice:
            start, stop, step = bounds(x._array.shape[dim], item)
            if (start, stop, step) != (0, x._array.shape[dim], 1) or (type(item.start) is int and item.start < 0):
                x = ops.slice_axis(x, axis=dim - x._array.ndim, start=start, stop=stop, step=step)
            dim += 1
            named += 1
        elif item is Ellipsis:
            dim += ndim - count
            named += ndim - count
        elif item is None:
            x = ops.expand_dims(x, axis=dim - x._array.ndim - 1)
            dim += 1
        elif item is True or item is False:
            x, dim = truth(x, item, dim, arrays)
        else:
            x, dim = placed(x, item, dim, named, arrays)
            named += covers(item)
    ndim = x._array.ndim
    places, indices = [at for at, _ in arrays], [array for _, array in arrays]
    if len({array.ndim == 0 for array in indices}) > 1 and places[-1] - places[0] >= len(places):
        raise RuntimeError(
            "vmap: an index with slices between tensors, of which some are 0-d and batched, is not supported: index first with the "
            "0-d ones, then with the others"
        )
    return x, indices, tuple([at - ndim for at in places])


def as_items(key: Any) -> tuple[Any, ...]:
    """An index that is no tuple, as its items: a short list with anything but numbers in it counts as a tuple."""
    if isinstance(key, tuple):
        return tuple(key)
    if isinstance(key, list) and len(key) < 32 and not all(isinstance(k, (int, float, np.generic)) for k in key):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
            "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], which "
            "will result either in an error or a different result",
            UserWarning,
            stacklevel=4,
        )
        return tuple(key)
    return (key,)


def covers(item: Any) -> int:
    """How many dimensions an item speaks of."""
    if isinstance(item, (TensorBase, np.ndarray)):
        array = item._array if isinstance(item, TensorBase) else item
        return array.ndim if array.dtype.kind == "b" or array.dtype == np.uint8 else 1
    if isinstance(item, (list, tuple, range)) and len(item):
        mask = np.asarray(plain(item))
        return mask.ndim if mask.dtype.kind == "b" else 1
    return 1


def truth(x: Any, value: bool, dim: int, arrays: list[Any]) -> tuple[Any, int]:
    """True or False as an index: a new dimension of size 1 or 0."""
    x = ops.expand_dims(x, axis=dim - x._array.ndim - 1)
    arrays.append((dim, np.zeros(1 if value else 0, np.intp)))
    return x, dim + 1


def placed(x: Any, item: Any, dim: int, named: int, arrays: list[Any]) -> tuple[Any, int]:
    """Take up an int, an integer tensor or a mask: a view, or one more of ``arrays``."""
    if isinstance(item, (int, np.integer)):
        return select(x, dim, item, named), dim
    source: Any = item
    array: Any = None
    if isinstance(item, TensorBase):
        array = on_host(current_array(item))
        source = item if array is item._array else array
    elif isinstance(item, np.ndarray):
        array = source = item
    elif isinstance(item, (list, tuple, range)):
        array = source = as_index(item)
    elif isinstance(item, str):
        raise TypeError(
            "new(): invalid data type 'str': an index is made of ints, slices, ..., None, tensors and arrays"
        )
    elif hasattr(item, "__array__") and not isinstance(item, np.generic):  # arrays of one element have __index__, too
        array = source = np.asarray(item)
    elif hasattr(item, "__index__"):
        return select(x, dim, operator.index(item), named), dim
    else:
        name = (
            type(item).__name__
            if type(item).__module__ == "builtins"
            else f"{type(item).__module__}.{type(item).__name__}"
        )
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
            f"{name.rstrip('_')})"
        )
    kind = array.dtype.kind
    if array.dtype == np.uint8:
        import warnings

        warnings.warn(
            "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", stacklevel=4
        )
        source = ops.astype(item, dtype=np.dtype(bool)) if isinstance(array, Lifted) else np.asarray(array, bool)
        array, kind = getattr(source, "_array", source), "b"
    if kind == "b":
        if not array.ndim:
            value = values_of(item, "indexing with a boolean mask") if isinstance(array, Lifted) else array
            return truth(x, bool(value), dim, arrays)
        check_mask(x, array, dim)
        arrays.append((dim, source))
        return x, dim + array.ndim
    if kind not in "iu" or (array.ndim and array.dtype not in INDEX_DTYPES and isinstance(item, TensorBase)):
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors, got {getattr(item, 'dtype', type(item).__name__)}"
        )
    if not array.ndim and not isinstance(array, Lifted):
        return select(x, dim, int(array), named), dim
    arrays.append((dim, source))
    return x, dim + 1


def plain(item: Any) -> Any:
    """A list index with the tensors in it as arrays."""
    if isinstance(item, (list, tuple)):
        return [one._array if isinstance(one, TensorBase) else plain(one) for one in item]
    return item


def as_index(item: Any) -> Any:
    """A list or range as an index array."""
    array = np.asarray(plain(item))
    return array.astype(np.intp) if not array.size else array


def check_mask(x: Any, mask: Any, dim: int) -> None:
    shape = x._array.shape
    for at, size in enumerate(mask.shape):
        if shape[dim + at] != size:
            said = (
                f"The shape of the mask {list(mask.shape)} at index {at} does not match the shape of the indexed tensor "
                f"{list(shape)} at index {dim + at}"
            )
            raise naming(IndexError(said), x, mask)


def checked(op: Any, x: Any, indices: list[Any], axes: tuple[int, ...], *values: Any, **params: Any) -> Any:
    """Run an indexing op; what NumPy says of a bad index is said in PyTorch's words."""
    try:
        return op(x, *values, *indices, axes=axes, **params)
    except IndexError as error:
        raise naming(IndexError(in_our_words(error, x, indices)), x, *indices) from None


def in_our_words(error: IndexError, x: Any, indices: list[Any]) -> str:
    shapes = [array.shape for array in indices if array.dtype != np.bool_]
    try:
        np.broadcast_shapes(*[tuple(shape) for shape in shapes])
    except ValueError:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        return f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}"
    return str(error).replace("for axis", "for dimension")


# -- writing ------------------------------------------------------------------------------------------------------------


SMALL = 65504.0
"""What every floating point dtype holds."""


def setitem(self: Any, key: Any, value: Any) -> None:
    """Write ``value``, broadcast, to the elements at an index."""
    stored = plain_value(self, value)
    if stored is not None and written(self, key, stored):
        return
    if key is False:
        return
    part: Any = self
    indices: list[Any] = []
    axes: tuple[int, ...] = ()
    if key is True:
        part = ops.expand_dims(self, axis=-1 - self._array.ndim)
    elif key is not Ellipsis:
        part, indices, axes = basic_part(self, key)
    value = value_for(part, value)
    if indices:
        put(part, indices, axes, value)
    elif not isinstance(value, TensorBase):
        overwrite(part, ops.fill_number, value=value)
    elif not value._array.ndim:
        overwrite(part, ops.fill, value)
    else:
        overwrite(part, ops.copy, fitted(value, part._array.shape, self))


def is_watched(x: Any) -> bool:
    """Whether there is more to a write to ``x`` than new values in its memory."""
    return (
        get_modes() is not None
        or current_node(x) is not None
        or isinstance(x._array, Lifted)
        or (x._view is not None and x._view.made_in is not ORDINARY)
    )


def has_more_than_memory(value: Any) -> bool:
    """Whether there is more to write of a tensor than the contents of its memory."""
    return current_node(value) is not None or isinstance(value._array, Lifted)


def overwrite(x: Any, op: Any, *values: Any, **params: Any) -> Tensor:
    """``inplace`` of an op that forgets what was there; straight into memory when nothing is recorded.

    The values may come from another device.
    """
    values = tuple([to_device(value, x.device) for value in values])
    if is_watched(x) or (values and has_more_than_memory(values[0])):
        return inplace(op, x, *values, **params)
    memory = writable(x)
    refuse_write(x, memory, False)
    for value in values:
        if value._cell is x._cell is not None:
            refuse_overlap(memory, value._array)
    copied = values[0]._array if values else params.get("value", 0)
    try:
        np.copyto(memory, copied, casting="unsafe")
    except NOISE:
        quietly(partial(np.copyto, casting="unsafe"), memory, copied)
    bump(x, caller())
    return x


def plain_value(x: Any, value: Any) -> Any:
    """What NumPy may write for ``value`` into ``x``: a number that its dtype holds, an array of it from elsewhere; else None."""
    dtype, kind = x._array.dtype, type(value)
    if kind is float or kind is int:
        if dtype.kind == "f":
            return value if -SMALL <= value <= SMALL else None
        return value if kind is int and dtype.kind in "iu" and 0 <= value < 128 else None
    if isinstance(value, TensorBase) and value._array.dtype is dtype and not has_more_than_memory(value):
        return None if value._cell is x._cell is not None else value._array
    return None


def written(x: Any, key: Any, value: Any) -> bool:
    """Write a value at ints and slices of a tensor that nobody watches, as NumPy does; False if it is no such case."""
    for k in key if type(key) is tuple else (key,):
        kind = type(k)
        if not (kind is int or (kind is slice and k.step is None)):
            return False
    if is_watched(x):
        return False
    memory = writable(x)
    refuse_write(x, memory, False)
    try:
        memory[key] = value
    except (IndexError, TypeError, ValueError):
        return False
    bump(x, caller())
    return True


def number_for(dtype: Any, value: Any, function: str, cast: Any = held_scalar) -> Any:
    """A number as a scalar of the dtype."""
    if type(value) is float and dtype.kind == "f" and -SMALL <= value <= SMALL:
        return dtype.type(value)
    if not isinstance(value, NUMBERS):
        raise TypeError(
            f"{function}() received an invalid combination of arguments: the value must be a Tensor or a Number, not {type(value).__name__}"
        )
    return cast(dtype, value.item() if isinstance(value, np.generic) else value)


def check_held(x: Any, value: Any, function: str) -> None:
    """Raise where a 0-d tensor has an imaginary part to lose, or a half cannot hold it."""
    dtype, kind = x._array.dtype, value._array.dtype.kind
    if (kind == "c" or (is_half(dtype) and value._array.dtype != dtype)) and not isinstance(value._array, Lifted):
        number_for(dtype, value.item(), function)


def filling_number(x: Any, value: Any, function: str) -> Any:
    """What fills all of ``x``: PyTorch writes one element another way, in which halves become infinite."""
    return number_for(x._array.dtype, value, function, checked_scalar if x._array.size == 1 else held_scalar)


def value_for(x: Any, value: Any) -> Any:
    """What is written: a tensor, an array as one of the dtype, or a number that the dtype can hold."""
    if isinstance(value, TensorBase):
        return value
    dtype = x._array.dtype
    if isinstance(value, np.ndarray):
        from .numpy_protocol.operands import tensor

        return tensor(value).to(x.dtype)
    if isinstance(value, NUMBERS):
        return number_for(dtype, value, "__setitem__", checked_scalar)
    name = (
        type(value).__name__
        if type(value).__module__ == "builtins"
        else f"{type(value).__module__}.{type(value).__name__}"
    )
    raise TypeError(
        f"can't assign a {name} to a torch.{scalar_type_name(dtype)}Tensor: assign a tensor (torch.as_tensor(value)) or a number"
    )


def fitted(value: Any, shape: tuple[int, ...], whole: Any) -> Any:
    """``value`` without leading dimensions of size 1 beyond those of ``shape``, of a part of ``whole``, if it can be broadcast to it."""
    have = value._array.shape
    lead = 0
    while len(have) - lead > len(shape) and have[lead] == 1:
        lead += 1
    if lead:
        value = ops.reshape(value, have[lead:])
        have = have[lead:]
    if len(have) > len(shape):
        raise RuntimeError(
            f"expand(torch.{scalar_type_name(value._array.dtype)}Tensor{{{list(have)}}}, size={list(shape)}): the number of sizes "
            f"provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    for at in range(-1, -len(have) - 1, -1):
        if have[at] not in (1, shape[at]):
            said = (
                f"The expanded size of the tensor ({shape[at]}) must match the existing size ({have[at]}) at non-singleton dimension "
                f"{len(shape) + at}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}"
            )
            raise naming(RuntimeError(said), whole, value)
    return value


def put(x: Any, indices: list[Any], axes: tuple[int, ...], value: Any, accumulate: bool = False) -> Any:
    """Write ``value`` into ``x`` at index arrays, or add it there."""
    op, operands, params = put_call(x, indices, axes, value, accumulate)
    more = any(isinstance(a, TensorBase) and has_more_than_memory(a) for a in operands)
    if not (accumulate or more or is_watched(x)):
        memory = writable(x)
        refuse_write(x, memory, False)
        value, *arrays = [a._array if isinstance(a, TensorBase) else a for a in operands]
        memory[key_of(memory.ndim, tuple(arrays), axes)] = value
        bump(x, caller())
        return x
    return inplace(op, x, *operands, **params)


def put_call(
    x: Any, indices: list[Any], axes: tuple[int, ...], value: Any, accumulate: bool
) -> tuple[Any, list[Any], dict[str, Any]]:
    """The op that writes into ``x`` at index arrays, its operands after ``x``, checked, and its parameters."""
    raw = [index._array if isinstance(index, TensorBase) else index for index in indices]
    if any(isinstance(array, Lifted) and array.dtype.kind == "b" and not array.is_constant for array in raw):
        return masked_put(x, indices, axes, value, accumulate)
    raw = [np.zeros(array.shape, array.dtype) if isinstance(array, Lifted) else array for array in raw]
    try:
        shape = np.broadcast_to(np.int8(0), x._array.shape)[key_of(x._array.ndim, tuple(raw), axes)].shape
    except IndexError as error:
        raise naming(IndexError(in_our_words(error, x, raw)), x, *raw) from None
    if isinstance(value, TensorBase):
        have, dtype = value._array.shape, value._array.dtype
        while len(have) > len(shape) and have[0] == 1:
            have = have[1:]
        if len(have) > len(shape) or any(a not in (1, b) for a, b in zip(have[::-1], shape[::-1], strict=False)):
            said = f"shape mismatch: value tensor of shape {list(value._array.shape)} cannot be broadcast to indexing result of shape {list(shape)}"
            raise naming(RuntimeError(said), x, value)
        if (
            dtype != x._array.dtype
            and value._array.size == 1
            and not accumulate
            and [a.dtype.kind for a in raw] == ["b"]
        ):
            value = one_for_mask(value, x)
        elif dtype != x._array.dtype:
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{scalar_type_name(x._array.dtype)} for the destination and {scalar_type_name(dtype)} for the source. Convert the value."
            )
        if have != value._array.shape:
            value = ops.reshape(value, have)
    return ops.index_put, [value, *indices], {"axes": axes, "accumulate": accumulate}


def one_for_mask(value: Any, x: Any) -> Any:
    """A one-element tensor in the dtype of ``x``, as one value for all places of a mask."""
    if value._array.dtype.kind == "c" and x._array.dtype.kind not in "cb":
        raise RuntimeError(
            f"value cannot be converted to type {x.dtype} without overflow: it is complex. Take its .real, or .abs()."
        )
    return ops.astype(value, dtype=x._array.dtype)


def masked_put(
    x: Any, indices: list[Any], axes: tuple[int, ...], value: Any, accumulate: bool
) -> tuple[Any, list[Any], dict[str, Any]]:
    """:func:`put_call` of a mask of which each element of a batch has its own: one value for all the places it chooses."""
    mask, (axis, *others) = indices[0], axes
    behind = -axis - mask.ndim
    if others or accumulate or (isinstance(value, TensorBase) and value._array.ndim > behind):
        raise RuntimeError(
            "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with a "
            "boolean mask: how many elements it chooses may differ from one element of the batch to another. Only one value for "
            "all of them can be written, with the mask as the only index; or use torch.where."
        )
    mask = ops.reshape(mask, (*mask.shape, *[1] * behind))
    if not isinstance(value, TensorBase):
        return ops.masked_fill_number, [mask], {"value": value}
    return ops.masked_fill, [mask, value], {}


def copy_(x: Any, source: Any) -> Tensor:
    """Overwrite ``x`` with ``source``, broadcast and converted."""
    if not isinstance(source, TensorBase):
        if not isinstance(source, NUMBERS):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(source).__name__}")
        return overwrite(x, ops.fill_number, value=number_for(x._array.dtype, source, "copy_", checked_scalar))
    have, shape = source._array.shape, x._array.shape
    for at in range(-1, -min(len(have), len(shape)) - 1, -1):
        if have[at] not in (1, shape[at]):
            said = f"The size of tensor a ({shape[at]}) must match the size of tensor b ({have[at]}) at non-singleton dimension {len(shape) + at}"
            raise naming(RuntimeError(said), x, source)
    if len(have) > len(shape):
        said = f"output with shape {list(shape)} doesn't match the broadcast shape {list(have)}"
        raise naming(RuntimeError(said), x, source)
    if source._array.dtype.kind == "c" and x._array.dtype.kind != "c":
        import warnings

        warnings.warn("Casting complex values to real discards the imaginary part", stacklevel=3)
    return overwrite(x, ops.copy, source)


def fill_diagonal_(x: Any, value: Any, wrap: bool) -> Tensor:
    """Overwrite the diagonal, through a view of it."""
    shape = x._array.shape
    if len(shape) < 2:
        raise RuntimeError(f"dimensions must larger than 1, got {len(shape)}")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError(f"all dimensions of input must be of equal length, got {list(shape)}")
    strides = x.stride()
    size, step = min(shape), sum(strides)
    sizes, steps = [size], [step]
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:
        rows, columns = shape
        full, rest = divmod(rows, columns + 1)
        sizes, steps = [full, columns], [strides[0] * (columns + 1), step]
        if rest:
            tail = ops.slice_axis(x, axis=-2, start=full * (columns + 1), stop=rows, step=1)
            fill_diagonal_(tail, value, False)
    part = x.as_strided(sizes, steps)
    overwrite(part, ops.fill_number, value=filling_number(part, value, "fill_diagonal_"))
    return x
