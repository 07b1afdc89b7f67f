"""What ops do with masked values: each on the data, and what becomes of the mask.

The raw value of a masked tensor is lifted (``core.lifted``): data, and a mask of the same shape that says which elements take part.
Records, rules and nodes stay those of the ordinary ops, so derivatives are their formulas on masked values, which is how
PyTorch's come to be masked. Both parts may be sparse, with the same places; then ops compute on the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.engine import current_pass
from ..core.lifted import Level, computed
from ..core.sparse_level import is_sparse
from ..core.value import Lifted

if TYPE_CHECKING:
    from ..core.op import Op

MATCH = "Input masks must match. If you need support for this, please open an issue on Github."
COMPARISONS = frozenset(
    """
    equal not_equal less less_equal greater greater_equal isclose logical_and logical_or logical_xor logical_not isnan isinf isfinite
    isposinf isneginf isreal signbit bitwise_and bitwise_or bitwise_xor bitwise_invert bitwise_left_shift bitwise_right_shift gcd lcm
    """.split()
)
NUMBERS = frozenset("astype zero fill_number conjugate conj_physical".split())
"""Others that compute each element for itself."""
MOVES = frozenset(
    """
    alias_copy clone clone_laid concat contiguous diagonal_adjoint diagonal_copy expand_copy flip gather get_path index index_adjoint
    masked_select narrow_copy permute_copy put_path roll rot90 select_adjoint select_copy slice_adjoint slice_copy split_copy
    split_with_sizes_copy squeeze_all_copy squeeze_copy squeeze_one_copy stack t_copy take tile to_laid transpose_copy unbind_copy
    unfold_adjoint unfold_copy unsafe_split unsafe_split_with_sizes unsqueeze_copy view_copy
    """.split()
)
"""Ops, besides views, that take elements to other places: data and mask alike."""
JOINS = frozenset("concat put_path stack".split())
"""Those among them whose operands all have elements; of others, the first has them, and the rest are indices."""
BY_MEMORY = frozenset("as_strided as_strided_ real_part imag_part view_as_real view_as_complex view_dtype".split())
"""Views that say something of the memory of the data, which that of the mask is not."""


class MaskedArray(Lifted):
    """Data and mask, both arrays or both sparse at the same places."""

    __slots__ = ("data", "mask")

    data: Any
    mask: Any

    def __init__(self, data: Any, mask: Any) -> None:
        super().__init__(MASKED, data.levels if isinstance(data, Lifted) else frozenset(), data.shape, data.dtype)
        self.data = data
        self.mask = mask

    def dense(self) -> tuple[Any, Any]:
        """Data and mask as arrays."""
        return (self.data.dense(), self.mask.dense()) if is_sparse(self.data) else (self.data, self.mask)

    def plain(self, doing: str) -> Any:
        return self.dense()[0]

    def like(self, array: Any) -> Any:
        return MaskedArray(array, self.mask) if array.shape == self.shape and not is_sparse(self.data) else array

    def numbers(self) -> Any:
        data, mask = self.dense()
        return data[mask]

    def without_tangents(self) -> Any:
        return self

    def shown(self) -> tuple[Any, list[str]]:
        return f"masked tensor of shape {list(self.shape)}", []


class MaskedLevel(Level):
    """The one level of all masked values: above that of sparse ones, which may be inside, and below all transforms."""

    __slots__ = ()

    def __init__(self) -> None:
        self.depth = -1

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if (op.kind == "view" and op.name not in BY_MEMORY) or op.name in MOVES:
            return moved(op, arrays, params)
        if op.name in ("where", "copy", "fill"):
            return {"where": chosen, "copy": copied, "fill": copied}[op.name](op, arrays)
        if op.kind == "elementwise" or op.name in COMPARISONS or op.name in NUMBERS:
            return each(op, arrays, params)
        if op.name in ("sum", "sum_all"):
            return summed(op, arrays[0], params)
        if op.name == "softmax":
            return softmax(op, arrays[0], params)
        raise refused(op.name)

    def led_out(self, g: Any) -> Any:
        """As it is: a cotangent says by its mask where an operand had no part, whatever the operand was."""
        return g


MASKED = MaskedLevel()


def refused(name: str) -> TypeError:
    return TypeError(
        f"no implementation found for '{name}' on types that implement __torch_dispatch__: [MaskedTensor]. Compute it on .get_data(), or on "
        ".to_tensor(value), which has a value where the mask is False"
    )


def is_masked(array: Any) -> bool:
    """Whether a raw value is masked."""
    return isinstance(array, MaskedArray)


def data_of(array: Any) -> Any:
    return array.data if is_masked(array) else array


def masks_of(arrays: Any) -> list[Any]:
    return [array.mask for array in arrays if is_masked(array)]


def same(one: Any, other: Any) -> bool:
    """Whether two masks are equal."""
    if is_sparse(one):
        mine, its = one.pattern, other.pattern
        return (mine is its or np.array_equal(mine.indices, its.indices)) and np.array_equal(one.values, other.values)
    return one is other or np.array_equal(one, other)


def each(op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Each element for itself. Two masked operands have one mask.

    Those that meet in a reverse pass may differ: of a product only what both have is known; in the sum of the gradients
    of two uses, where one use had no part it adds nothing.
    """
    layouts = [layout_of(array) for array in arrays if is_masked(array)]
    if len(set(layouts)) > 1:
        raise ValueError(f"`a` and `b` must have the same layout. Got {layouts[0]} and {layouts[1]}")
    first, *others = masks_of(arrays)
    match = all(same(first, other) for other in others)
    if not match and (current_pass() is None or is_sparse(first)):
        raise ValueError(MATCH)
    if is_sparse(first):
        return each_value(op, arrays, params)
    mask = first
    if not match and op.name == "add":
        arrays = tuple([filled(array, 0) if is_masked(array) else array for array in arrays])
        mask = np.logical_or(first, *others)
    elif not match:
        for other in others:
            mask = np.logical_and(mask, other)
    data = computed(op, *map(data_of, arrays), **params)
    return MaskedArray(data, spread(mask, data.shape))


def each_value(op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The same on the values of sparse operands, and numbers."""
    first = next(filter(is_masked, arrays))
    if any(np.ndim(array) for array in arrays if not is_masked(array)):
        raise RuntimeError(
            f"{op.name}: a sparse masked tensor of shape {list(first.shape)} and a dense tensor: give a number, or another masked tensor of "
            "that layout with the same mask"
        )
    values = [array.data.values if is_masked(array) else array for array in arrays]
    return MaskedArray(first.data.with_values(np.asarray(op.raw(*values, **params))), first.mask)


def layout_of(array: Any) -> str:
    return f"torch.sparse_{array.data.layout}" if is_sparse(array.data) else "torch.strided"


def spread(mask: Any, shape: tuple[int, ...]) -> Any:
    """A mask in the shape to which its data was broadcast."""
    return mask if np.shape(mask) == shape else np.broadcast_to(mask, shape)


def filled(array: Any, number: Any) -> Any:
    """The data with a number where it takes no part."""
    return np.where(array.mask, array.data, array.dtype.type(number))


def moved(op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Elements at other places, or some of them. Where there were none, none takes part."""
    data = computed(op, *map(data_of, arrays), **params)
    if op.name in JOINS:
        takes_part = current_pass() is None  # in a reverse pass, what did not come is the gradient of what was not used
        masks = [array.mask if is_masked(array) else np.full(array.shape, takes_part) for array in arrays]
    else:
        masks = [array.mask if is_masked(array) else array for array in arrays]
    if op.name.endswith("_adjoint"):  # which may add up what comes to one place
        masks = [mask.astype(float) if is_masked(array) else mask for array, mask in zip(arrays, masks, strict=True)]
    mask = computed(op, *masks, **params)
    if op.outputs is not None:
        return tuple(map(MaskedArray, data, mask))
    return MaskedArray(data, mask if mask.dtype == bool else mask != 0)


def chosen(op: Op, arrays: tuple[Any, ...]) -> Any:
    """``where``: the mask is chosen as the data is, and what has none takes part."""
    condition, x, y = arrays
    if is_masked(condition):
        if current_pass() is None:
            raise refused("where of a masked condition")
        return each(op, arrays, {})
    if any(is_sparse(data_of(array)) for array in arrays):
        raise NotImplementedError("where: not for sparse masked tensors: give .to_dense()")
    data = op.raw(condition, data_of(x), data_of(y))
    masks = [array.mask if is_masked(array) else True for array in (x, y)]
    return MaskedArray(data, spread(np.where(condition, *masks), data.shape))


def copied(op: Op, arrays: tuple[Any, ...]) -> Any:
    """What is written over a masked tensor: data, and the mask, if it has one; over another, which then is masked."""
    x, v = arrays
    data = computed(op, data_of(x), data_of(v))
    mask = v.mask if is_masked(v) else x.mask
    return MaskedArray(data, mask if is_sparse(mask) else spread(mask, data.shape))


def summed(op: Op, x: Any, params: dict[str, Any]) -> Any:
    """The sum of those that take part."""
    axes = tuple(axis % len(x.shape) for axis in params["axis"])
    if is_sparse(x.data):
        if len(axes) < len(x.shape):
            raise refused("sum along dimensions of a sparse tensor")
        flat = {"axis": (-1,)} if op.name == "sum_all" else {"axis": (-1,), "keepdims": False}
        total = op.raw(x.data.values.reshape(-1), **flat)
        shape = (1,) * len(x.shape) if params.get("keepdims") else ()
        return MaskedArray(np.reshape(total, shape), np.full(shape, x.mask.values.any()))
    data = op.raw(filled(x, 0), **params)
    return MaskedArray(data, np.any(x.mask, axis=axes, keepdims=params.get("keepdims", False)))


def softmax(op: Op, x: Any, params: dict[str, Any]) -> Any:
    if is_sparse(x.data):
        raise NotImplementedError("softmax: not for sparse masked tensors: give .to_dense()")
    return MaskedArray(op.raw(filled(x, -np.inf), **params), x.mask)
