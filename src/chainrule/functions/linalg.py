"""Products of matrices and vectors."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dtypes import FROM_NUMPY
from ..once import warn_once
from ..ops.linalg import PRODUCTS, stacked
from ..promotion import scalar_type_name
from ._arguments import deliver, naming, tensor_argument
from ._autocast import lowered
from ._writing import put_apart

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "bmm", "chain_matmul", "cross", "dot", "ger", "inner", "kron", "matmul", "mm", "mv", "outer", "tensordot", "trace",
    "vdot",
]  # fmt: skip

Number = Any

_C_NAMES = {
    "Float": "float", "Double": "double", "Half": "c10::Half", "BFloat16": "c10::BFloat16", "Long": "long int",
    "Int": "int", "Short": "short int", "Char": "signed char", "Byte": "unsigned char", "Bool": "bool",
    "ComplexFloat": "c10::complex<float>", "ComplexDouble": "c10::complex<double>",
}  # fmt: skip
"""What PyTorch's matrix products call dtypes in their errors."""


# -- what can be wrong with the operands ---------------------------------------------------------------------------------


def is_mixed(x: Tensor, y: Tensor) -> bool:
    """Whether the dtypes differ, which products do not accept."""
    a, b = x._array.dtype, y._array.dtype
    return a is not b and a != b


def is_refused(x: Tensor, y: Tensor) -> bool:
    """Whether the dtypes differ, and autocast does not bring the operands to one."""
    return is_mixed(x, y) and lowered(x, y) is None


def mixed(
    x: Tensor, y: Tensor, said: str = "expected m1 and m2 to have the same dtype, but got: {} != {}", c: bool = True
) -> RuntimeError:
    """The error for operands of two dtypes; ``said``: PyTorch's words, with its names of C's types or of its own."""
    names = [scalar_type_name(t._array.dtype) for t in (x, y)]
    if c:
        names = [_C_NAMES.get(name, name) for name in names]
    a, b = (FROM_NUMPY[t._array.dtype] for t in (x, y))
    which = "second"
    if b.is_floating_point and not a.is_floating_point and not a.is_complex:  # weights are not to become integers
        which, a, b = "first", b, a
    said = f"{said.format(*names)}. Convert one of them, for example the {which} with .to({a}): it is {b}."
    return naming(RuntimeError(said), x, y, dtypes=True)


def by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def not_multipliable(x: tuple[int, ...], y: tuple[int, ...]) -> RuntimeError:
    """The error of a matrix product: (2, 3) and (2, 3)."""
    return RuntimeError(
        f"mat1 and mat2 shapes cannot be multiplied ({by(x)} and {by(y)}): the columns of the first, {x[-1]}, must be as "
        f"many as the rows of the second, {y[0]}. Transpose one of them (.mT), or check the sizes before."
    )


def expand_error(shape: tuple[int, ...], target: tuple[int, ...]) -> RuntimeError:
    """The error for an added tensor whose shape does not stretch to that of the product."""
    if len(shape) > len(target):
        return RuntimeError(
            f"expand(torch.Tensor{list(shape)}, size={list(target)}): the number of sizes provided ({len(target)}) must be "
            f"greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    at = max(i for i in range(-len(shape), 0) if shape[i] not in (1, target[i]))
    return RuntimeError(
        f"The expanded size of the tensor ({target[at]}) must match the existing size ({shape[at]}) at non-singleton "
        f"dimension {len(target) + at}.  Target sizes: {list(target)}.  Tensor sizes: {list(shape)}. The input that is "
        "added must have the product's shape, or sizes of 1 to be stretched."
    )


def stretches(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    lead = len(target) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, target[lead:], strict=True))


def _shape_error(x: tuple[int, ...], y: tuple[int, ...]) -> RuntimeError | None:
    """Why two shapes have no matrix product; None if they have one."""
    rows = math.prod(x[:-1])
    if x[-1] != y[-min(len(y), 2)] and len(y) == 1:
        if len(x) == 1:
            return RuntimeError(
                f"inconsistent tensor size, expected tensor [{x[0]}] and src [{y[0]}] to have the same number of elements, "
                f"but got {x[0]} and {y[0]} elements respectively"
            )
        return RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{x[-1]}), vec ({y[0]})")
    for at in range(3, min(len(x), len(y)) + 1):
        a, b = x[-at], y[-at]
        if a != b and 1 not in (a, b):
            dim = max(len(x), len(y)) - at
            return RuntimeError(
                f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {dim}: the "
                f"shapes are {list(x)} and {list(y)}, and all but the last two dimensions are broadcast"
            )
    if len(y) == 1 or x[-1] == y[-2]:
        return None
    if len(y) == 2:
        return not_multipliable((rows, x[-1]), y)
    batch = math.prod(y[:-2])
    return RuntimeError(
        f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {x[-1]}] but got: [{batch}, {y[-2]}]. "
        f"The shapes are {list(x)} and {list(y)}."
    )


# -- products ------------------------------------------------------------------------------------------------------------


def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product ``input @ other``.

    Of two vectors the dot product, of a matrix and a vector the matrix-vector product; of more dimensions, the products
    of the matrices in the last two, the others broadcast. Both have one dtype.

    Args:
        input: of shape (n,), or (..., m, n).
        other: of shape (n,), or (..., n, p).
        out: where to write the result.

    Raises:
        RuntimeError: shapes that do not fit, two dtypes, or a 0-d tensor.

    >>> import chainrule as torch
    >>> torch.matmul(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1., 1.]))
    tensor([3., 7.])
    """
    try:
        x, y = input._array, other._array
    except AttributeError:
        tensor_argument(input, "matmul", "input", 1)
        tensor_argument(other, "matmul", "other", 2)
        raise
    if not (x.ndim and y.ndim):
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D. Multiply by a number with *."
        )
    if x.dtype is not y.dtype and x.dtype != y.dtype:
        both = lowered(input, other)
        if both is None:
            raise _mixed_matmul(input, other)
        return matmul(*both, out=out)
    try:
        result: Tensor = PRODUCTS.get((x.ndim, y.ndim), stacked)(input, other)
    except (ValueError, RuntimeError):
        error = _shape_error(x.shape, y.shape)
        if error is None:
            raise
        raise naming(error, input, other) from None
    return result if out is None else deliver(result, out, "matmul")


def _mixed_matmul(x: Tensor, y: Tensor) -> RuntimeError:
    if x.ndim == y.ndim == 1:
        return mixed(x, y, DOT_MIXED, c=False)
    if y.ndim == 1:
        return mixed_addmv(y, x, y)
    return mixed(x, y, "expected scalar type {} but found {}", c=False) if y.ndim > 2 else mixed(x, y)


DOT_MIXED = "dot : expected both vectors to have same dtype, but found {} and {}"


def mixed_addmv(input: Tensor, mat: Tensor, vec: Tensor) -> RuntimeError:
    a, b, c = (scalar_type_name(t._array.dtype) for t in (input, mat, vec))
    return RuntimeError(
        f"addmv input tensors must have the same dtype, but got {a}, {b}, and {c}: convert with .to(dtype)"
    )


def _vectors(function: str, x: Tensor, y: Tensor, names: tuple[str, str]) -> None:
    tensor_argument(x, function, names[0], 1)
    tensor_argument(y, function, names[1], 2)
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {x.ndim}D and {y.ndim}D tensors: {function}() multiplies vectors, and @ also matrices"
        )
    if is_mixed(x, y):
        raise mixed(x, y, DOT_MIXED, c=False)
    error = _shape_error(x.shape, y.shape)
    if error is not None:
        raise naming(error, x, y)


def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The dot product of two vectors of one dtype and length.

    >>> import chainrule as torch
    >>> torch.dot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor(11.)
    """
    _vectors("dot", input, tensor, ("input", "tensor"))
    return deliver(ops.dot(input, tensor), out, "dot")


def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The dot product of the conjugate of ``input`` with ``other``, vectors of one dtype and length.

    >>> import chainrule as torch
    >>> torch.vdot(torch.tensor([1j]), torch.tensor([1j]))
    tensor(1.+0.j)
    """
    _vectors("vdot", input, other, ("input", "other"))
    return deliver(ops.vdot(input, other), out, "vdot")


def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of a matrix (n, m) and a vector (m,).

    >>> import chainrule as torch
    >>> torch.mv(torch.eye(2), torch.tensor([3., 4.]))
    tensor([3., 4.])
    """
    tensor_argument(input, "mv", "input", 1)
    tensor_argument(vec, "mv", "vec", 2)
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {vec.ndim}, {input.ndim}, {vec.ndim}: mv() takes a matrix and a vector"
        )
    return deliver(matmul(input, vec), out, "mv")


def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices, (n, m) and (m, p), without broadcasting.

    >>> import chainrule as torch
    >>> torch.mm(torch.ones(1, 3), torch.ones(3, 2))
    tensor([[3., 3.]])
    """
    tensor_argument(input, "mm", "input", 1)
    tensor_argument(mat2, "mm", "mat2", 2)
    for name, t in (("self", input), ("mat2", mat2)):
        if t.ndim != 2:
            said = f"{name} must be a matrix, got {t.ndim}-D tensor of shape {list(t.shape)}: @ takes other shapes too"
            raise naming(RuntimeError(said), input, mat2)
    return deliver(matmul(input, mat2), out, "mm")


def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of two stacks of matrices, (b, n, m) and (b, m, p), without broadcasting.

    >>> import chainrule as torch
    >>> torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    check_batches("bmm", input, mat2, ("input", "mat2"))
    return deliver(ops.bmm(input, mat2), out, "bmm")


def check_batches(function: str, x: Tensor, y: Tensor, names: tuple[str, str]) -> None:
    tensor_argument(x, function, names[0], 1)
    tensor_argument(y, function, names[1], 2)
    for name, t in (("batch1", x), ("batch2", y)):
        if t.ndim != 3:
            raise RuntimeError(
                f"{name} must be a 3D tensor, got {t.ndim}D of shape {list(t.shape)}: @ takes other shapes too"
            )
    if (y.shape[0], y.shape[1]) != (x.shape[0], x.shape[2]):
        said = (
            f"Expected size for first two dimensions of batch2 tensor to be: [{x.shape[0]}, {x.shape[2]}] but got: "
            f"[{y.shape[0]}, {y.shape[1]}]. The shapes are {list(x.shape)} and {list(y.shape)}; @ broadcasts the first."
        )
        raise naming(RuntimeError(said), x, y)
    if is_refused(x, y):
        raise mixed(x, y, "expected scalar type {} but found {}", c=False)


def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products summed over the last dimension of both: shape ``input.shape[:-1] + other.shape[:-1]``.

    >>> import chainrule as torch
    >>> torch.inner(torch.eye(2), torch.tensor([3., 4.]))
    tensor([3., 4.])
    """
    tensor_argument(input, "inner", "input", 1)
    tensor_argument(other, "inner", "other", 2)
    if not input.ndim or not other.ndim:
        return deliver(ops.multiply(input, other), out, "inner", exact=False)
    if is_mixed(input, other):
        raise mixed(input, other, "both inputs should have same dtype, got {} and {}", c=False)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return deliver(ops.tensordot(input, other, axes=((-1,), (-1,))), out, "inner")


def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix of all products of an element of ``input`` (n,) with one of ``vec2`` (m,).

    >>> import chainrule as torch
    >>> torch.outer(torch.tensor([1, 2]), torch.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _check_outer("outer", input, vec2, ("self", "vec2"))
    return deliver(ops.multiply(ops.expand_dims(input, axis=-1), vec2), out, "outer")


def ger(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """As :func:`outer`, of which it is the old name.

    >>> import chainrule as torch
    >>> torch.ger(torch.tensor([1]), torch.tensor([3, 4]))
    tensor([[3, 4]])
    """
    return outer(input, vec2, out=out)


def _check_outer(function: str, x: Tensor, y: Tensor, names: tuple[str, str]) -> None:
    tensor_argument(x, function, names[0], 1)
    tensor_argument(y, function, names[1], 2)
    for name, t in zip(names, (x, y), strict=True):
        if t.ndim != 1:
            raise RuntimeError(
                f"{function}: Expected 1-D argument {name}, but got {t.ndim}-D, of shape {list(t.shape)}"
            )


def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Kronecker product: each element of ``input`` times the whole of ``other``.

    >>> import chainrule as torch
    >>> torch.kron(torch.tensor([1, 10]), torch.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    tensor_argument(input, "kron", "input", 1)
    tensor_argument(other, "kron", "other", 2)
    ndim = max(input.ndim, other.ndim)
    x, y = (ops.reshape(t, (1,) * (ndim - t.ndim) + tuple(t.shape)) if t.ndim < ndim else t for t in (input, other))
    return put_apart(ops.kron(x, y), out, "kron", x, y)


def trace(input: Tensor) -> Tensor:
    """The sum of the main diagonal of a matrix; of integers, ``int64``.

    >>> import chainrule as torch
    >>> torch.trace(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    tensor_argument(input, "trace", "input")
    if input.ndim != 2:
        raise RuntimeError(
            f"trace: expected a matrix, but got tensor with dim {input.ndim}, not 2: its shape is {list(input.shape)}"
        )
    if input._array.dtype.kind in "biu":
        input = ops.astype(input, np.dtype(np.int64))
    return ops.trace(input)


def cross(
    input: Tensor, other: Tensor, dim: int | None = None, *, out: Tensor | None = None, axis: int | None = None
) -> Tensor:
    """The cross product of vectors of three elements in dimension ``dim`` (by default the first of size 3).

    ``axis`` is NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]), dim=0)
    tensor([0., 0., 1.])
    """
    tensor_argument(input, "cross", "input", 1)
    tensor_argument(other, "cross", "other", 2)
    dim = axis if dim is None else dim
    if dim is None:
        if 3 not in input.shape:
            raise RuntimeError(f"no dimension of size 3 in input: its shape is {list(input.shape)}")
        warn_once(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or simply use "
            "torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross in a future release."
        )
        dim = input.shape.index(3)
    return cross_product(input, other, dim, out)


def cross_product(x: Tensor, y: Tensor, dim: int, out: Tensor | None) -> Tensor:
    from ._arguments import axis_of

    if x.ndim != y.ndim:
        raise RuntimeError(
            f"linalg.cross: inputs must have the same number of dimensions, got shapes {list(x.shape)} and {list(y.shape)}"
        )
    axis = axis_of(dim, x.ndim, "cross")
    if x.shape[axis] != 3 or y.shape[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {x.shape[axis]} and {y.shape[axis]}"
        )
    if is_mixed(x, y):
        raise mixed(x, y, "expected scalar type {} but found {}", c=False)
    return put_apart(ops.cross(x, y, axis=axis), out, "cross", x, y)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """The products of the elements of ``a`` and ``b`` summed over pairs of dimensions.

    Args:
        a: a tensor.
        b: another of the same dtype.
        dims: how many of the last dimensions of ``a`` meet the first of ``b``; or two lists of dimensions.
        out: where to write the result.

    Raises:
        RuntimeError: paired dimensions of different size.

    >>> import chainrule as torch
    >>> torch.tensordot(torch.ones(2, 3, 4), torch.ones(4, 3), dims=([1, 2], [1, 0]))
    tensor([12., 12.])
    """
    from .contraction import contraction

    tensor_argument(a, "tensordot", "a", 1)
    tensor_argument(b, "tensordot", "b", 2)
    dims_a, dims_b = _paired(a, b, dims)
    for i, j in zip(dims_a, dims_b, strict=True):
        n, m = a.shape[i], b.shape[j]
        if n != m and 1 not in (n, m):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {n} in dim {i} and second has size {m} in dim {j}"
            )
    if is_mixed(a, b):
        raise mixed(a, b)
    labels_a, labels_b = list(range(a.ndim)), list(range(a.ndim, a.ndim + b.ndim))
    for i, j in zip(dims_a, dims_b, strict=True):
        labels_b[j] = labels_a[i]
    kept = tuple(label for label in labels_a + labels_b if not (label in labels_a and label in labels_b))
    return deliver(contraction(a, b, tuple(labels_a), tuple(labels_b), kept), out, "tensordot")


def _paired(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, (list, tuple)) and len(dims) == 2 and not isinstance(dims[0], int):
        dims_a, dims_b = ([int(d) for d in side] for side in dims)
    elif isinstance(dims, (list, tuple)) and len(dims) == 2:
        dims_a, dims_b = [dims[0]], [dims[1]]
    else:
        many = int(dims[0] if isinstance(dims, (list, tuple)) else dims)
        if many < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={many}")
        if many > min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={many} for {a.ndim} and {b.ndim} dimensions"
            )
        dims_a, dims_b = list(range(-many, 0)), list(range(many))
    if len(dims_a) != len(dims_b):
        raise RuntimeError(f"both dimension lists should have same length, got {dims_a} and {dims_b}")
    return dims_a, dims_b


def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of several matrices, in the order that takes the fewest multiplications.

    >>> import chainrule as torch
    >>> torch.chain_matmul(torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 1))
    tensor([[12.],
            [12.]])
    """
    warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use "
        "torch.linalg.multi_dot instead, which accepts a list of two or more tensors rather than "
        "multiple parameters."
    )
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for matrix in matrices:
        tensor_argument(matrix, "chain_matmul", "matrices")
        if matrix.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {matrix.ndim}, expected 2 instead.")
    for x, y in pairwise(matrices):
        if x.shape[1] != y.shape[0]:
            raise not_multipliable(x.shape, y.shape)
    return deliver(cheapest_product(list(matrices)), out, "chain_matmul")


def cheapest_product(matrices: list[Tensor]) -> Tensor:
    """The product of matrices that fit; the split of each part is the cheapest, from the costs of its parts."""
    n = len(matrices)
    sizes = [m.shape[0] for m in matrices] + [matrices[-1].shape[1]]
    cost = {(i, i): 0 for i in range(n)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            cost[i, j] = min(costs)
            split[i, j] = i + costs.index(cost[i, j])

    return _product(matrices, split, 0, n - 1)


def _product(matrices: list[Tensor], split: dict[tuple[int, int], int], first: int, last: int) -> Tensor:
    if first == last:
        return matrices[first]
    middle = split[first, last]
    return mm(_product(matrices, split, first, middle), _product(matrices, split, middle + 1, last))
