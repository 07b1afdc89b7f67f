"""Sparse tensors: how they are made, and products with them under their old names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.sparse_level import is_sparse
from ..core.sparse_values import Pattern
from ..core.value import Lifted
from ..device import CPU, place_of
from ..dtypes import as_dtype
from . import creation, linalg
from ._arguments import sizes_of, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "dsmm", "resize_as_sparse_", "sparse_bsc_tensor", "sparse_bsr_tensor", "sparse_compressed_tensor", "sparse_coo_tensor", "sparse_csc_tensor",
    "sparse_csr_tensor", "spmm",
]  # fmt: skip

checks_always = False
"""Whether compressed indices must be in order where a call does not say (``torch.sparse.check_sparse_tensor_invariants``)."""

BY_ROWS = {
    "csr": ("crow_indices", "col_indices", "rows", "cols"),
    "csc": ("ccol_indices", "row_indices", "cols", "rows"),
}


def sparse_coo_tensor(
    indices: Any = None, values: Any = None, size: Sequence[int] | None = None, *, dtype: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, check_invariants: bool | None = None,
    is_coalesced: bool | None = None, layout: Any = None,
) -> Tensor:  # fmt: skip
    """A sparse tensor in coordinates: values, and the places where they stand. All other elements are zero.

    Values at the same place are added. A gradient flows to ``values``, if they require one.

    Args:
        indices: of shape (sparse dimensions, entries): a column for each value. Or the size alone, for a tensor of zeros.
        values: of shape (entries, *dense dimensions).
        size: the shape; by default the smallest that has all the places.
        dtype: by default that of the values.
        device: the CPU.
        pin_memory: accepted, and of no effect.
        requires_grad: whether gradients are to be computed for the tensor.
        check_invariants: accepted: indices are always checked.
        is_coalesced: that the places are known to be in order and distinct.
        layout: ``torch.sparse_coo``.

    Raises:
        RuntimeError: indices out of range, or shapes that do not fit.

    >>> import chainrule as torch
    >>> s = torch.sparse_coo_tensor([[0, 1], [2, 0]], [3., 4.], (2, 3))
    >>> s
    tensor(indices=tensor([[0, 1],
                           [2, 0]]),
           values=tensor([3., 4.]),
           size=(2, 3), nnz=2, layout=torch.sparse_coo)
    >>> s.to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 0.]])
    """
    on_cpu(device, "sparse_coo_tensor")
    if layout not in (None, creation.sparse_coo):
        raise RuntimeError(f"sparse_coo_tensor: expected layout torch.sparse_coo, got {layout}")
    if values is None:
        return finished(no_entries(indices if size is None else size, dtype), requires_grad)
    places = index_array(indices, "indices", 2)
    entries = as_values(values, dtype, places.shape[1])
    if places.shape[1] != entries.shape[0]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {places.shape[1]}, nnz from values: {entries.shape[0]}"
        )
    shape = size_of(size, places, tuple(entries.shape[1:]))
    check_places(places, shape)
    if is_coalesced and not Pattern("coo", shape, places).is_ordered:
        raise RuntimeError("cannot set is_coalesced to true if indices correspond to uncoalesced COO tensor")
    pattern = Pattern("coo", shape, places, is_coalesced=bool(is_coalesced))
    return finished(ops.sparse_constructor(entries, pattern=pattern), requires_grad)


def on_cpu(device: Any, function: str) -> None:
    where = place_of(device)
    if where is not CPU:
        raise NotImplementedError(f"{function}: sparse tensors are on the CPU only, got device={where}")


def is_checked(check_invariants: bool | None) -> bool:
    return checks_always if check_invariants is None else check_invariants


def finished(made: Any, requires_grad: bool) -> Tensor:
    return made.requires_grad_() if requires_grad else made


def no_entries(size: Any, dtype: Any) -> Tensor:
    shape = sizes_of((size,) if isinstance(size, (tuple, list)) else tuple(size), "sparse_coo_tensor")
    values = creation.tensor([], dtype=dtype)
    pattern = Pattern("coo", shape, np.zeros((len(shape), 0), np.int64), is_coalesced=True)
    made: Tensor = ops.sparse_constructor(values, pattern=pattern)
    return made


def index_array(given: Any, name: str, ndim: int) -> Any:
    """Indices as an array of their own."""
    tensor: Any = creation.as_tensor(given)
    array = tensor._array
    if isinstance(array, Lifted):
        array = array.plain("making a sparse tensor with indices")
    if array.ndim != ndim:
        if ndim == 2 and array.ndim == 1:  # PyTorch: as many sparse dimensions, and one entry
            return np.array(array, np.int64).reshape(-1, 1)
        if name != "indices":
            raise NotImplementedError(
                f"{name} must be a vector, got shape {list(array.shape)}: batches of sparse matrices are not supported"
            )
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(array.shape)}")
    if array.size and ndim == 1 and array.dtype.kind not in "iu":
        raise NotImplementedError(f"{name} must be int64 or int32, got {tensor.dtype}: convert with .long()")
    return np.array(array, np.int64 if array.dtype != np.int32 or ndim == 2 else np.int32)


def as_values(values: Any, dtype: Any, entries: int) -> Any:
    given: Any = creation.as_tensor(values)
    if is_sparse(given._array):
        raise RuntimeError("expected values to be a strided tensor: they are sparse. Take their .values()")
    if dtype is not None:
        given = given.to(as_dtype(dtype))
    if not given.ndim and entries != 1:
        raise RuntimeError(f"values must have a dimension of entries, but got a number for {entries} indices")
    return ops.clone(given) if given.ndim else ops.reshape(given, (1,))


def size_of(size: Any, places: Any, dense: tuple[int, ...]) -> tuple[int, ...]:
    if size is None:
        if places.size and places.min() < 0:
            raise RuntimeError(f"found negative index {places.min()} for dim {int(places.min(1).argmin())}")
        return (*[int(row.max()) + 1 if row.size else 0 for row in places], *dense)
    shape = sizes_of((tuple(size),), "sparse_coo_tensor")
    if len(shape) != len(places) + len(dense):
        raise RuntimeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(shape)}, sparse_dim = {len(places)}, "
            f"dense_dim = {len(dense)}"
        )
    if shape[len(places) :] != dense:
        raise RuntimeError(
            f"values has incorrect size, expected [{', '.join(map(str, (places.shape[1], *shape[len(places) :])))}], got "
            f"{[places.shape[1], *dense]}"
        )
    return shape


def check_places(places: Any, shape: tuple[int, ...]) -> None:
    for dim, row in enumerate(places):
        if row.size and row.min() < 0:
            raise RuntimeError(f"found negative index {row.min()} for dim {dim}")
        if row.size and row.max() >= shape[dim]:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {dim}, size is {shape[dim]} but found index {row.max()}"
            )


# -- compressed by rows or columns ---------------------------------------------------------------------------------------


def sparse_compressed_tensor(
    compressed_indices: Any, plain_indices: Any, values: Any, size: Sequence[int] | None = None, *, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    check_invariants: bool | None = None,
) -> Tensor:  # fmt: skip
    """A sparse matrix by rows (``layout=torch.sparse_csr``) or by columns (``torch.sparse_csc``).

    Args:
        compressed_indices: where the entries of each row (column) begin: of shape (rows + 1,).
        plain_indices: the column (row) of each entry.
        values: the values, one for each entry.
        size: the shape; by default the smallest.
        dtype: by default that of the values.
        layout: which of the two.
        device: the CPU.
        pin_memory: accepted, and of no effect.
        requires_grad: whether gradients are to be computed for the matrix.
        check_invariants: whether the indices of each row have to be in order and distinct. All else is always checked.

    Raises:
        RuntimeError: indices that make no matrix.
        NotImplementedError: a layout of blocks, batches, or values that are arrays.

    >>> import chainrule as torch
    >>> s = torch.sparse_compressed_tensor([0, 1, 3], [2, 0, 2], [3., 4., 5.], layout=torch.sparse_csr)
    >>> s.to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 5.]])
    """
    if layout is None or layout in (creation.sparse_coo, creation.strided):
        raise RuntimeError(f"sparse_compressed_tensor expected sparse compressed tensor layout but got {layout}")
    name = str(layout).removeprefix("torch.sparse_")
    if name not in BY_ROWS:
        raise no_blocks(f"layout {layout}")
    on_cpu(device, f"sparse_{name}_tensor")
    starts = index_array(compressed_indices, BY_ROWS[name][0], 1)
    plain = index_array(plain_indices, BY_ROWS[name][1], 1)
    entries = as_values(values, dtype, len(plain))
    if entries.ndim > 1:
        raise NotImplementedError(
            f"values must be a vector, got shape {list(entries.shape)}: dense dimensions are not supported here; sparse_coo_tensor has them"
        )
    if size is None:
        pair = (max(0, len(starts) - 1), int(plain.max()) + 1 if len(plain) else 0)
        shape = pair if name == "csr" else pair[::-1]
    else:
        shape = sizes_of((tuple(size),), f"sparse_{name}_tensor")  # type: ignore[assignment]
    check_compressed(name, starts, plain, entries.shape[0], shape, is_checked(check_invariants))
    pattern = Pattern(name, shape, compressed=starts, plain=plain)
    return finished(ops.sparse_constructor_compressed(entries, pattern=pattern), requires_grad)


def check_compressed(name: str, starts: Any, plain: Any, count: int, shape: tuple[int, ...], in_order: bool) -> None:
    compressed, other, rows, columns = BY_ROWS[name]
    if len(shape) != 2:
        raise NotImplementedError(
            f"a sparse matrix has 2 dimensions, got size {list(shape)}: batches are not supported"
        )
    height, width = shape if name == "csr" else shape[::-1]
    if len(starts) != height + 1:
        raise RuntimeError(
            f"{compressed}.shape[-1] must be equal to the number of {rows} + 1 (={height + 1}), but got {len(starts)}"
        )
    if len(plain) != count:
        raise RuntimeError(
            f"{other} and values must have the same number of elements, but got {len(plain)} and {count}"
        )
    steps = np.diff(starts)
    for said, holds in (
        (f"{compressed}[..., 0] == 0", starts[0] == 0),
        (f"{compressed}[..., -1] == nnz", starts[-1] == count),
        (f"0 <= {compressed}[..., 1:] - {compressed}[..., :-1] <= n{columns}", ((steps >= 0) & (steps <= width)).all()),
        (f"0 <= {other} < n{columns}", not count or (plain.min() >= 0 and plain.max() < width)),
    ):
        if not holds:
            raise RuntimeError(f"`{said}` is not satisfied.")
    if in_order and not Pattern("csr", (height, width), compressed=starts, plain=plain).is_ordered:
        raise RuntimeError(
            f"`{other}[..., {compressed}[..., i - 1]:{compressed}[..., i]] for all i = 1, ..., n{rows} are sorted and distinct along "
            "the last dimension values` is not satisfied."
        )


def no_blocks(what: str) -> NotImplementedError:
    return NotImplementedError(
        f"{what}: chainrule has no sparse tensors of blocks. Use torch.sparse_csr or torch.sparse_csc, the same with single elements."
    )


def sparse_csr_tensor(
    crow_indices: Any, col_indices: Any, values: Any, size: Sequence[int] | None = None, *, dtype: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False, check_invariants: bool | None = None,
    layout: Any = None,
) -> Tensor:  # fmt: skip
    """A sparse matrix by rows; arguments as of :func:`sparse_compressed_tensor`.

    >>> import chainrule as torch
    >>> torch.sparse_csr_tensor([0, 1, 2], [1, 0], [3., 4.])
    tensor(crow_indices=tensor([0, 1, 2]),
           col_indices=tensor([1, 0]),
           values=tensor([3., 4.]), size=(2, 2), nnz=2, layout=torch.sparse_csr)
    """
    return sparse_compressed_tensor(
        crow_indices, col_indices, values, size, dtype=dtype, layout=layout or creation.sparse_csr, device=device,
        requires_grad=requires_grad, check_invariants=check_invariants,
    )  # fmt: skip


def sparse_csc_tensor(
    ccol_indices: Any, row_indices: Any, values: Any, size: Sequence[int] | None = None, *, dtype: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False, check_invariants: bool | None = None,
    layout: Any = None,
) -> Tensor:  # fmt: skip
    """A sparse matrix by columns; arguments as of :func:`sparse_compressed_tensor`.

    >>> import chainrule as torch
    >>> torch.sparse_csc_tensor([0, 1, 2], [1, 0], [3., 4.]).to_dense()
    tensor([[0., 4.],
            [3., 0.]])
    """
    return sparse_compressed_tensor(
        ccol_indices, row_indices, values, size, dtype=dtype, layout=layout or creation.sparse_csc, device=device,
        requires_grad=requires_grad, check_invariants=check_invariants,
    )  # fmt: skip


def sparse_bsr_tensor(crow_indices: Any, col_indices: Any, values: Any, size: Any = None, **rest: Any) -> Tensor:
    """Refused: there are no sparse tensors of blocks.

    >>> import chainrule as torch
    >>> torch.sparse_bsr_tensor([0, 1], [0], [[[1.]]])
    Traceback (most recent call last):
    NotImplementedError: sparse_bsr_tensor: chainrule has no sparse tensors of blocks. ...
    """
    raise no_blocks("sparse_bsr_tensor")


def sparse_bsc_tensor(ccol_indices: Any, row_indices: Any, values: Any, size: Any = None, **rest: Any) -> Tensor:
    """Refused: there are no sparse tensors of blocks.

    >>> import chainrule as torch
    >>> torch.sparse_bsc_tensor([0, 1], [0], [[[1.]]])
    Traceback (most recent call last):
    NotImplementedError: sparse_bsc_tensor: chainrule has no sparse tensors of blocks. ...
    """
    raise no_blocks("sparse_bsc_tensor")


# -- old names -----------------------------------------------------------------------------------------------------------


def spmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """As :func:`mm`, of which it is an old name for sparse matrices.

    >>> import chainrule as torch
    >>> torch.spmm(torch.eye(2).to_sparse(), torch.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    return linalg.mm(input, mat2, out=out)


def dsmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """As :func:`mm`, of which it is an old name.

    >>> import chainrule as torch
    >>> torch.dsmm(torch.eye(2).to_sparse(), torch.ones(2, 1)).shape
    torch.Size([2, 1])
    """
    return linalg.mm(input, mat2, out=out)


# -- conversion ----------------------------------------------------------------------------------------------------------


def converted(input: Tensor, name: str, sparse_dim: int | None, function: str) -> Tensor:
    """The tensor in a sparse layout; itself, if it has it."""
    tensor_argument(input, function, "self")
    array: Any = input._array
    if is_sparse(array):
        if array.layout == name:
            if sparse_dim is not None and sparse_dim != array.pattern.sparse_dim:
                raise RuntimeError(
                    f"to_sparse: conversion from Sparse to Sparse with sparse_dim argument !=self.sparse_dim() is not supported: got "
                    f"{sparse_dim} for a tensor of {array.pattern.sparse_dim}"
                )
            return input
        if array.layout == "coo" and array.pattern.sparse_dim != 2:
            raise RuntimeError(
                f"coo_to_sparse_{name}: conversion from Sparse to Sparse{name.title()} for input tensors with sparse_dim()!=2 is not "
                f"supported: it is {array.pattern.sparse_dim}"
            )
        back, dims = array.layout, 2
    else:
        if isinstance(array, Lifted):
            array = array.plain(f"calling .{function}() on a Tensor")
        ndim = array.ndim
        if sparse_dim is not None and ndim and not 0 < sparse_dim <= ndim:
            said = "be in >0 when self.dim()>0" if not sparse_dim else f"be in [0,{ndim}] range"
            raise RuntimeError(f"dense_to_sparse: sparse_dim argument must {said}, but {sparse_dim} is given")
        if name != "coo" and ndim != 2:
            error = IndexError if ndim < 2 else NotImplementedError
            raise error(
                f"{function}: a matrix expected, got {ndim} dimensions: compressed layouts have no batches here. Use .to_sparse()"
            )
        back, dims = "strided", ndim if sparse_dim is None else sparse_dim
    if name == "coo":
        convert = ops.sparse_to_coo if sparse_dim is None else ops.sparse_to_coo_of
    else:
        convert = ops.sparse_to_csr if name == "csr" else ops.sparse_to_csc
    made: Tensor = convert(input, back=back, sparse_dim=dims)
    return made


def resize_as_sparse_(input: Tensor, the_template: Tensor) -> Tensor:
    """``input.resize_as_sparse_(the_template)``: writes to the tensor, and returns it.

    >>> import chainrule as torch
    >>> template = torch.sparse_coo_tensor([[1]], [2.], (5,))
    >>> torch.resize_as_sparse_(torch.sparse_coo_tensor([[1]], [2.], (2,)), template).shape
    torch.Size([5])
    """
    return tensor_argument(input, "resize_as_sparse_", "input").resize_as_sparse_(the_template)
