"""``torch.sparse``: products, sums and softmaxes of sparse tensors whose gradients are sparse.

Sparse tensors are made by ``torch.sparse_coo_tensor``, ``torch.sparse_csr_tensor`` and ``Tensor.to_sparse``. Arithmetic works on
them as on others where the result is sparse again; what would make them dense is refused, and ``Tensor.to_dense`` does it.

>>> import chainrule as torch
>>> torch.sparse.mm(torch.eye(2).to_sparse(), torch.ones(2, 1))
tensor([[1.],
        [1.]])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops as _ops
from ..autograd._gradient_checks import of_sparse_inputs as _of_sparse_inputs
from ..core.sparse_level import is_sparse as _is_sparse
from ..core.sparse_values import Pattern as _Pattern, ordered_places as _ordered_places
from ..core.views import values_of as _values_of
from ..functions import affine as _affine, creation as _creation, linalg as _linalg, shape as _shape, sparse as _sparse
from ..functions._arguments import (
    axes_of as _axes_of,
    axis_of as _axis_of,
    sizes_of as _sizes_of,
    tensor_argument as _tensor,
)
from ..functions.methods.sparse import in_coordinates as _coordinates, layout_name as _layout
from ..promotion import scalar_type_name as _scalar_type_name
from ._types import (
    BFloat16Tensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._tensor import Tensor

__all__ = [
    "BFloat16Tensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor", "addmm", "as_sparse_gradcheck", "check_sparse_tensor_invariants", "log_softmax", "mm", "sampled_addmm",
    "softmax", "spdiags", "sum",
]  # fmt: skip


def _one_dtype(*tensors: Any) -> None:
    first = tensors[0]._array.dtype
    for t in tensors:
        if t._array.dtype != first:
            raise RuntimeError(
                f"expected scalar type {_scalar_type_name(first)} but found {_scalar_type_name(t._array.dtype)}: convert with .to(dtype)"
            )


# -- products ------------------------------------------------------------------------------------------------------------


def mm(mat1: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices of which one, or both, are sparse: dense, or sparse if both are.

    The gradient of a sparse operand is sparse, with values where the operand has them. (That of ``mat1 @ mat2`` is dense.)

    Args:
        mat1: of shape (n, m).
        mat2: of shape (m, p).

    Raises:
        RuntimeError: shapes that do not fit, or two dtypes.

    >>> import chainrule as torch
    >>> s = torch.tensor([[0., 2.], [3., 0.]]).to_sparse().requires_grad_()
    >>> torch.sparse.mm(s, torch.ones(2, 2)).sum().backward()
    >>> s.grad.to_dense()
    tensor([[0., 2.],
            [2., 0.]])
    """
    x: Any = _tensor(mat1, "sparse.mm", "mat1", 1)
    y: Any = _tensor(mat2, "sparse.mm", "mat2", 2)
    for name, t in (("mat1", x), ("mat2", y)):
        if t.ndim != 2:
            raise (IndexError if t.ndim < 2 else RuntimeError)(
                f"sparse.mm: {name} must be a matrix, got {t.ndim} dimensions, of shape {list(t.shape)}"
            )
    _one_dtype(x, y)
    if x.shape[1] != y.shape[0]:
        raise _linalg.not_multipliable(x.shape, y.shape)
    first, second = x._array, y._array
    if _is_sparse(first) and _is_sparse(second):
        return _ops.sparse_product_of_sparse(x, y, x_pattern=_ordered_places(first), y_pattern=_ordered_places(second))
    if _is_sparse(first):
        return _ops.sparse_mm(x, y, pattern=_ordered_places(first))
    if _is_sparse(second):
        return mm(y.t(), x.t()).t()
    return _linalg.mm(x, y)


def addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * mat + alpha * (mat1 @ mat2)`` with a sparse ``mat1``, whose gradient is sparse; the others are dense.

    >>> import chainrule as torch
    >>> torch.sparse.addmm(torch.ones(2, 1), torch.eye(2).to_sparse(), torch.ones(2, 1), alpha=3)
    tensor([[4.],
            [4.]])
    """
    _affine.check_addmm(mat, mat1, mat2)
    x: Any = mat1
    if _is_sparse(x._array) and not (_is_sparse(mat._array) or _is_sparse(mat2._array)):
        return _ops.sparse_addmm(mat, x, mat2, beta=beta, alpha=alpha, pattern=_ordered_places(x._array))
    return _affine.addmm(mat, mat1, mat2, beta=beta, alpha=alpha)


def sampled_addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1, out: None = None
) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)`` at the places where the sparse ``input`` has values.

    Args:
        input: a sparse matrix by rows or by columns.
        mat1: a dense matrix.
        mat2: a dense matrix.
        beta: what ``input`` is multiplied by.
        alpha: what the product is multiplied by.
        out: None: the result is new.

    >>> import chainrule as torch
    >>> s = torch.eye(2).to_sparse_csr()
    >>> torch.sparse.sampled_addmm(s, torch.ones(2, 3), torch.ones(3, 2)).values()
    tensor([4., 4.])
    """
    if out is not None:
        raise NotImplementedError("sampled_addmm(): out= takes no sparse tensors here; use the result")
    where: Any = _tensor(input, "sampled_addmm", "input")
    x, y = _tensor(mat1, "sampled_addmm", "mat1", 2), _tensor(mat2, "sampled_addmm", "mat2", 3)
    if not _is_sparse(where._array) or where._array.layout == "coo":
        raise NotImplementedError(
            f"sampled_addmm: Expected input to be a sparse matrix by rows, got layout {_layout(where)}: .to_sparse_csr()"
        )
    if _is_sparse(x._array) or _is_sparse(y._array):
        raise RuntimeError("sampled_addmm: Expected mat1 and mat2 to have strided layout: convert with .to_dense()")
    if x.ndim != 2 or y.ndim != 2 or (x.shape[0], y.shape[1]) != tuple(where.shape) or x.shape[1] != y.shape[0]:
        raise RuntimeError(
            f"sampled_addmm: mat1 and mat2 shapes cannot be multiplied to {list(where.shape)}: got {list(x.shape)} and {list(y.shape)}"
        )
    _one_dtype(where, x, y)
    if not where._array.pattern.is_ordered:
        raise RuntimeError(
            "sampled_addmm: the indices of input must be sorted and distinct: use .to_sparse_coo().coalesce().to_sparse_csr()"
        )
    return _ops.sparse_sampled_addmm(where, x, y, beta=beta, alpha=alpha, pattern=where._array.pattern)


# -- sums and softmaxes --------------------------------------------------------------------------------------------------


def sum(input: Tensor, dim: int | Sequence[int] | None = None, dtype: Any = None) -> Tensor:
    """The sum of all values, or along dimensions: sparse, unless no sparse dimension is left.

    The gradient is sparse, with values where ``input`` has them. (That of ``input.sum()`` is dense.)

    Args:
        input: a sparse tensor in coordinates.
        dim: along which dimensions; None for all.
        dtype: what to convert the values to first.

    >>> import chainrule as torch
    >>> s = torch.tensor([[0., 2.], [3., 4.]]).to_sparse()
    >>> torch.sparse.sum(s), torch.sparse.sum(s, dim=0).to_dense()
    (tensor(9.), tensor([3., 6.]))
    """
    array = _coordinates(_tensor(input, "sparse.sum", "input"), "sparse.sum")
    x: Any = input if dtype is None else input.to(dtype)
    if dim is None or not array.ndim:
        return x.coalesce().values().sum()
    axis = _axes_of(dim, array.ndim, "sparse.sum")
    return _ops.sparse_sum(x, axis=axis, pattern=_ordered_places(x._array), shape=array.shape)


def softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """``exp(input)`` divided by its sum along ``dim``, of the values that there are: all others count as minus infinity.

    Args:
        input: a sparse tensor in coordinates.
        dim: along which dimension the values of the result sum to 1.
        dtype: what to convert the values to first.

    >>> import chainrule as torch
    >>> torch.sparse.softmax(torch.tensor([[0., 2.], [1., 1.]]).to_sparse(), 1).to_dense()
    tensor([[0.0000, 1.0000],
            [0.5000, 0.5000]])
    """
    return _along(_ops.sparse_softmax, "sparse.softmax", input, dim, dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The logarithm of :func:`softmax`, of the values that there are.

    >>> import chainrule as torch
    >>> torch.sparse.log_softmax(torch.tensor([[0., 2.], [1., 1.]]).to_sparse(), 1).values()
    tensor([ 0.0000, -0.6931, -0.6931])
    """
    return _along(_ops.sparse_log_softmax, "sparse.log_softmax", input, dim, dtype)


def _along(op: Any, function: str, input: Any, dim: int, dtype: Any) -> Tensor:
    _tensor(input, function, "input")
    if not _is_sparse(input._array) or input._array.layout != "coo":
        raise NotImplementedError(
            f"Could not run 'aten::_{function.replace('.', '_')}' with arguments from the '{_layout(input)}CPU' backend: it is of sparse "
            "tensors in coordinates; convert with .to_sparse_coo(), or use torch.softmax for dense ones"
        )
    x = input if dtype is None else input.to(dtype)
    result: Tensor = op(x, axis=_axis_of(dim, x.ndim, function))
    return result


# -- making --------------------------------------------------------------------------------------------------------------


def spdiags(diagonals: Tensor, offsets: Tensor, shape: tuple[int, int], layout: Any = None) -> Tensor:
    """A sparse matrix of which the rows of ``diagonals`` are diagonals.

    Element (d, j) of ``diagonals`` stands in column j of diagonal ``offsets[d]``, if that has such a column.

    Args:
        diagonals: of shape (number of diagonals, length); or one, a vector.
        offsets: int64; which diagonals: 0 the main one, positive ones above.
        shape: of the matrix.
        layout: ``torch.sparse_coo`` (the default), ``torch.sparse_csr`` or ``torch.sparse_csc``.

    >>> import chainrule as torch
    >>> torch.sparse.spdiags(torch.tensor([[1., 2., 3.]]), torch.tensor([1]), (3, 3)).to_dense()
    tensor([[0., 2., 0.],
            [0., 0., 3.],
            [0., 0., 0.]])
    """
    given: Any = _tensor(diagonals, "spdiags", "diagonals")
    which: Any = _tensor(offsets, "spdiags", "offsets", 2)
    rows = _shape.atleast_2d(given)
    if given.ndim > 2:
        raise RuntimeError(f"Diagonals must be vector or matrix, got shape {list(given.shape)}")
    sizes = _sizes_of((tuple(shape),), "spdiags", "shape")
    if len(sizes) != 2:
        raise RuntimeError(f"Output shape must be 2d, got {list(sizes)}")
    if layout is not None and layout not in (_creation.sparse_coo, _creation.sparse_csr, _creation.sparse_csc):
        raise RuntimeError(f"Only output layouts (Sparse, SparseCsc, SparseCsr) are supported, got {layout}")
    numbers = np.atleast_1d(_values_of(which, "calling spdiags()"))
    if numbers.ndim > 1 or numbers.dtype != np.int64:
        raise RuntimeError(f"Offsets Tensor must be vector of int64, got {which.dtype} of shape {list(which.shape)}")
    if len(numbers) != rows.shape[0]:
        raise RuntimeError(
            f"Number of diagonals ({rows.shape[0]}) does not match the number of offsets ({len(numbers)})"
        )
    if len(np.unique(numbers)) != len(numbers):
        raise RuntimeError(f"Offset tensor contains duplicate values: {numbers.tolist()}")
    column = np.broadcast_to(np.arange(rows.shape[1]), tuple(rows.shape))
    row = column - numbers[:, None]
    there = (row >= 0) & (row < sizes[0]) & (column < sizes[1])
    pattern = _Pattern("coo", sizes, np.stack([row[there], column[there]]))
    values = _ops.index(rows, *np.nonzero(there), axes=(-2, -1))
    made: Tensor = _ops.sparse_constructor(values, pattern=pattern)
    return made if layout in (None, _creation.sparse_coo) else made.to_sparse(layout=layout)


class check_sparse_tensor_invariants:  # noqa: N801 - PyTorch's name
    """Whether compressed indices have to be in order and distinct: for a ``with`` block, a decorated function, or for good.

    That indices are in range is always checked here.

    >>> import chainrule as torch
    >>> with torch.sparse.check_sparse_tensor_invariants():
    ...     torch.sparse.check_sparse_tensor_invariants.is_enabled()
    True
    """

    def __init__(self, enable: bool = True) -> None:
        self._wanted = enable
        self._before: list[bool] = []

    @staticmethod
    def is_enabled() -> bool:
        """Whether they are checked."""
        return _sparse.checks_always

    @staticmethod
    def enable() -> None:
        """Check from now on."""
        _sparse.checks_always = True

    @staticmethod
    def disable() -> None:
        """Check no more."""
        _sparse.checks_always = False

    def __enter__(self) -> None:
        self._before.append(_sparse.checks_always)
        _sparse.checks_always = self._wanted

    def __exit__(self, *exc: object) -> None:
        _sparse.checks_always = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from functools import wraps

        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            with type(self)(self._wanted):
                return function(*args, **kwargs)

        return checked


def as_sparse_gradcheck(gradcheck: Callable[..., bool]) -> Callable[..., bool]:
    """``gradcheck`` for functions of sparse tensors: it moves their values, and compares with the gradients there.

    >>> import chainrule as torch
    >>> check = torch.sparse.as_sparse_gradcheck(torch.autograd.gradcheck)
    >>> s = torch.eye(2, dtype=torch.float64).to_sparse_csr().requires_grad_()
    >>> check(lambda s: torch.sparse.mm(s, torch.ones(2, 2, dtype=torch.float64)), s)
    True
    """

    def checked(func: Callable[..., Any], inputs: Any, **kwargs: Any) -> bool:
        kwargs.pop("masked", None)
        return _of_sparse_inputs(gradcheck, func, inputs, kwargs)

    return checked


def __dir__() -> list[str]:
    from .._missing import listed as _listed

    return _listed(__name__, globals())


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
