"""Methods that make tensors sparse and dense, and of sparse tensors alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import ops
from ...core.origin import caller
from ...core.sparse_level import is_sparse
from ...core.value import TensorBase, new_tensor
from ...core.version import bump, cell_of
from .. import creation, sparse
from .._arguments import tensor_argument

if TYPE_CHECKING:
    from ..._tensor import Tensor


def layout_name(x: Any) -> str:
    if not is_sparse(x._array):
        return "Strided"
    from ...core.sparse_values import NAMES

    return NAMES[x._array.layout]


def in_coordinates(x: Any, function: str) -> Any:
    """The raw value of a tensor that must be sparse, in coordinates."""
    if not x.is_sparse:
        raise RuntimeError(
            f"{function}: expected sparse coordinate tensor layout but got {layout_name(x)}: convert with .to_sparse_coo()"
        )
    return x._array


def coalesced(x: Any, what: str) -> Any:
    array = in_coordinates(x, what)
    if not array.pattern.is_coalesced:
        raise RuntimeError(f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first")
    return array


def compressed(x: Any, function: str, layout: str) -> Any:
    array = x._array
    if not is_sparse(array) or array.layout != layout:
        kind = "row" if layout == "csr" else "column"
        raise RuntimeError(f"{function} expected sparse {kind} compressed tensor layout but got {layout_name(x)}")
    return array.pattern


def shown(array: Any) -> Tensor:
    """An array as a tensor that cannot be written to: a sparse value never changes."""
    view = array[...]
    view.flags.writeable = False
    made: Tensor = new_tensor(view)
    return made


def opened(tensor: Any) -> Tensor:
    """The values of a sparse tensor that nothing was recorded of, to be written to: a write is one to the tensor.

    They are a copy of its own, which what was computed from it before does not see; both have one version counter.
    """
    array = tensor._array
    if not array.is_open:
        array = tensor._array = array.with_values(array.values.copy())
        array.is_open = True
    made: Tensor = new_tensor(array.values)
    made._cell = cell_of(tensor)
    return made


def become(x: Any, made: Any, function: str) -> Any:
    """``x`` with the raw value of ``made``, of another shape: not where a graph knows of it."""
    if x._array.layout != "coo":
        raise RuntimeError(
            f"{function}(): only sparse tensors in coordinates change in place, not {layout_name(x)} ones"
        )
    if x.requires_grad or x._view is not None:
        raise RuntimeError(
            f"{function}(): the tensor requires grad, or is a view: a sparse one changes its shape only where neither is true"
        )
    x._array = made._array
    bump(x, caller())
    return x


class SparseMethods(TensorBase):
    """Methods that make tensors sparse and dense, and of sparse tensors alone."""

    __slots__ = ()

    # -- conversion ------------------------------------------------------------------------------------------------

    def to_sparse(
        self: Any,
        sparse_dim: int | None = None,
        *,
        layout: Any = None,
        blocksize: Any = None,
        dense_dim: int | None = None,
    ) -> Tensor:
        """The elements that are not zero, as a sparse tensor.

        Args:
            sparse_dim: how many dimensions, from the first on, are to be sparse: values are then arrays. By default all.
            layout: ``torch.sparse_coo`` (the default), ``torch.sparse_csr`` or ``torch.sparse_csc``.
            blocksize: of layouts of blocks, which there are not.
            dense_dim: how many dimensions are not sparse.

        >>> import chainrule as torch
        >>> torch.tensor([[0., 2.], [3., 0.]]).to_sparse()
        tensor(indices=tensor([[0, 1],
                               [1, 0]]),
               values=tensor([2., 3.]),
               size=(2, 2), nnz=2, layout=torch.sparse_coo)
        """
        if layout is None or layout is creation.sparse_coo:
            if dense_dim is not None:
                sparse_dim = self.ndim - dense_dim
            return sparse.converted(self, "coo", sparse_dim, "to_sparse")
        if layout is creation.sparse_csr:
            return SparseMethods.to_sparse_csr(self, dense_dim)
        if layout is creation.sparse_csc:
            return SparseMethods.to_sparse_csc(self, dense_dim)
        raise sparse.no_blocks(f"to_sparse(layout={layout})")

    def to_sparse_coo(self: Any) -> Tensor:
        """As a sparse tensor in coordinates."""
        return sparse.converted(self, "coo", None, "to_sparse_coo")

    def to_sparse_csr(self: Any, dense_dim: int | None = None) -> Tensor:
        """As a sparse matrix by rows.

        >>> import chainrule as torch
        >>> torch.tensor([[0., 2.], [3., 0.]]).to_sparse_csr().crow_indices()
        tensor([0, 1, 2])
        """
        if dense_dim:
            raise NotImplementedError(f"to_sparse_csr(dense_dim={dense_dim}): values that are arrays need .to_sparse()")
        return sparse.converted(self, "csr", None, "to_sparse_csr")

    def to_sparse_csc(self: Any, dense_dim: int | None = None) -> Tensor:
        """As a sparse matrix by columns."""
        if dense_dim:
            raise NotImplementedError(f"to_sparse_csc(dense_dim={dense_dim}): values that are arrays need .to_sparse()")
        return sparse.converted(self, "csc", None, "to_sparse_csc")

    def to_sparse_bsr(self: Any, blocksize: Any, dense_dim: int | None = None) -> Tensor:
        """Refused: there are no sparse tensors of blocks."""
        raise sparse.no_blocks("to_sparse_bsr")

    def to_sparse_bsc(self: Any, blocksize: Any, dense_dim: int | None = None) -> Tensor:
        """Refused: there are no sparse tensors of blocks."""
        raise sparse.no_blocks("to_sparse_bsc")

    def to_dense(self: Any, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
        """A sparse tensor with all its zeros; a dense one as it is.

        Args:
            dtype: of the result, if it is to be another.
            masked_grad: whether the gradient of a sparse tensor has values only where the tensor has (the default), or
                wherever it is not zero.

        >>> import chainrule as torch
        >>> torch.eye(2).to_sparse().to_dense()
        tensor([[1., 0.],
                [0., 1.]])
        """
        dense = ops.sparse_dense(self, masked_grad is not False) if is_sparse(self._array) else self
        return dense if dtype is None else dense.to(dtype)

    def sparse_mask(self: Any, mask: Tensor) -> Tensor:
        """The elements at the places of a sparse ``mask``, whose values do not count.

        >>> import chainrule as torch
        >>> torch.tensor([[1., 2.], [3., 4.]]).sparse_mask(torch.eye(2).to_sparse()).to_dense()
        tensor([[1., 0.],
                [0., 4.]])
        """
        where = tensor_argument(mask, "sparse_mask", "mask")._array
        if not is_sparse(where):
            raise RuntimeError(
                "sparse_mask(): mask must be a sparse tensor, got a dense one: convert it with .to_sparse(), or use torch.where"
            )
        if where.shape != self._array.shape:
            raise RuntimeError(
                f"sparse_mask(): operands have incompatible sizes; self has size {list(self.shape)} but mask has size {list(where.shape)}"
            )
        pattern = where.pattern if where.pattern.is_ordered else where.coalesced().pattern
        return ops.sparse_mask(self, pattern=pattern, is_dense=not is_sparse(self._array))

    # -- what is in a sparse tensor --------------------------------------------------------------------------------

    def indices(self: Any) -> Tensor:
        """The places of the values, in order: of shape (sparse dimensions, entries). Of a coalesced tensor.

        >>> import chainrule as torch
        >>> torch.tensor([[0., 2.], [3., 0.]]).to_sparse().indices()
        tensor([[0, 1],
                [1, 0]])
        """
        return shown(coalesced(self, "indices").pattern.indices)

    def values(self: Any) -> Tensor:
        """The values, through which gradients flow. Of a coalesced tensor in coordinates, or a compressed one.

        Those of a tensor that does not require grad may be written to in place, which changes the tensor.

        >>> import chainrule as torch
        >>> (torch.eye(2) * 3).to_sparse().values()
        tensor([3., 3.])
        """
        if not is_sparse(self._array):
            raise RuntimeError("values expected sparse tensor layout but got Strided: convert with .to_sparse()")
        array = coalesced(self, "values") if self._array.layout == "coo" else self._array
        if self._node is None and array is self._array:
            return opened(self)
        return ops.sparse_values(self, pattern=array.pattern)

    def _indices(self: Any) -> Tensor:
        return shown(self._sparse("_indices", "coo").pattern.indices)

    def _values(self: Any) -> Tensor:
        array = self._sparse("_values", "coo")
        return opened(self) if self._node is None else shown(array.values)

    def _nnz(self: Any) -> int:
        count: int = self._sparse("_nnz").pattern.nnz
        return count

    def _sparse(self: Any, function: str, layout: str | None = None) -> Any:
        array = self._array
        if is_sparse(array) and layout in (None, array.layout):
            return array
        raise NotImplementedError(
            f"Could not run 'aten::{function}' with arguments from the '{layout_name(self).removeprefix('Strided')}CPU' backend: it is of "
            f"{'sparse tensors' if layout is None else 'sparse tensors in coordinates'} only. Convert with .to_sparse()."
        )

    def coalesce(self: Any) -> Tensor:
        """With the places in order, and the values of one place added; itself, if it is so already.

        >>> import chainrule as torch
        >>> torch.sparse_coo_tensor([[1, 1, 0]], [1., 2., 3.]).coalesce().values()
        tensor([3., 3.])
        """
        if in_coordinates(self, "coalesce").pattern.is_coalesced:
            return self
        return ops.sparse_coalesce(self)

    def is_coalesced(self: Any) -> bool:
        """Whether the places are known to be in order and distinct.

        >>> import chainrule as torch
        >>> s = torch.sparse_coo_tensor([[1, 0]], [1., 2.])
        >>> s.is_coalesced(), s.coalesce().is_coalesced()
        (False, True)
        """
        known: bool = in_coordinates(self, "is_coalesced").pattern.is_coalesced
        return known

    def sparse_dim(self: Any) -> int:
        """The number of dimensions, from the first on, of which only some places have values; of a dense tensor 0.

        >>> import chainrule as torch
        >>> s = torch.ones(2, 3, 4).to_sparse(1)
        >>> s.sparse_dim(), s.dense_dim(), s.values().shape
        (1, 2, torch.Size([2, 3, 4]))
        """
        count: int = self._array.pattern.sparse_dim if is_sparse(self._array) else 0
        return count

    def dense_dim(self: Any) -> int:
        """The number of all other dimensions."""
        count: int = self._array.ndim - self.sparse_dim()
        return count

    def crow_indices(self: Any) -> Tensor:
        """Where the entries of each row begin. Of a matrix by rows."""
        return shown(compressed(self, "crow_indices", "csr").compressed)

    def col_indices(self: Any) -> Tensor:
        """The column of each entry. Of a matrix by rows."""
        return shown(compressed(self, "col_indices", "csr").plain)

    def ccol_indices(self: Any) -> Tensor:
        """Where the entries of each column begin. Of a matrix by columns."""
        return shown(compressed(self, "ccol_indices", "csc").compressed)

    def row_indices(self: Any) -> Tensor:
        """The row of each entry. Of a matrix by columns."""
        return shown(compressed(self, "row_indices", "csc").plain)

    def sparse_resize_(self: Any, size: Any, sparse_dim: int, dense_dim: int) -> Tensor:
        """Change the shape, in place: entries stay, values grow by zeros.

        Args:
            size: the new shape.
            sparse_dim: how many of its dimensions are sparse.
            dense_dim: how many are not.

        Raises:
            RuntimeError: the numbers do not add up, or entries would be lost or change their places.

        >>> import chainrule as torch
        >>> s = torch.sparse_coo_tensor([[1]], [2.], (2,))
        >>> s.sparse_resize_((4,), 1, 0).to_dense()
        tensor([0., 2., 0., 0.])
        """
        array = resizable(self, size, sparse_dim, dense_dim, "sparse_resize_")
        pattern, sizes = array.pattern, tuple(size)
        if pattern.nnz:
            had = pattern.sparse_dim, array.ndim - pattern.sparse_dim
            if had != (sparse_dim, dense_dim):
                raise RuntimeError(
                    f"changing the number of sparse and dense dimensions (from {had} to {(sparse_dim, dense_dim)}) on a non-empty "
                    "sparse tensor is not supported: make a new one"
                )
            if any(new < old for new, old in zip(sizes, array.shape, strict=True)):
                raise RuntimeError(
                    f"shrinking the size of dimensions (from {list(array.shape)} to {list(sizes)}) on a non-empty sparse tensor is not "
                    "supported: make a new one"
                )
        return become(self, grown(array, sizes, sparse_dim), "sparse_resize_")

    def sparse_resize_and_clear_(self: Any, size: Any, sparse_dim: int, dense_dim: int) -> Tensor:
        """Change the shape, in place, and drop all entries.

        >>> import chainrule as torch
        >>> torch.sparse_coo_tensor([[1]], [2.], (2,)).sparse_resize_and_clear_((4, 1), 1, 1)._nnz()
        0
        """
        array = resizable(self, size, sparse_dim, dense_dim, "sparse_resize_and_clear_")
        return become(self, grown(array, tuple(size), sparse_dim, clear=True), "sparse_resize_and_clear_")

    def resize_as_sparse_(self: Any, the_template: Tensor) -> Tensor:
        """``sparse_resize_`` to the shape of a sparse tensor, with as many sparse dimensions.

        >>> import chainrule as torch
        >>> template = torch.sparse_coo_tensor([[1]], [2.], (5,))
        >>> torch.sparse_coo_tensor([[1]], [2.], (2,)).resize_as_sparse_(template).shape
        torch.Size([5])
        """
        in_coordinates(the_template, "resize_as_sparse_")
        return SparseMethods.sparse_resize_(
            self, the_template.shape, the_template.sparse_dim(), the_template.dense_dim()
        )


def resizable(x: Any, size: Any, sparse_dim: int, dense_dim: int, function: str) -> Any:
    """The raw value of a sparse tensor that may get that shape."""
    if not x.is_sparse:
        raise NotImplementedError(
            f"Could not run '{function}': only sparse tensors in coordinates are resized so, and this one is {layout_name(x)}"
        )
    if sparse_dim + dense_dim != len(size) or sparse_dim < 0 or dense_dim < 0:
        raise RuntimeError(
            f"number of dimensions must be sparse_dim ({sparse_dim}) + dense_dim ({dense_dim}), but got {len(size)}: {list(size)}"
        )
    return x._array


def grown(array: Any, size: tuple[int, ...], sparse_dim: int, clear: bool = False) -> Any:
    """With other sizes: the entries of ``array``, with zeros behind their values, or none."""
    from ...core.sparse_values import Pattern, SparseArray

    old = array.pattern
    count = 0 if clear or not old.nnz else old.nnz
    values = np.zeros((count, *size[sparse_dim:]), array.dtype)
    indices = old.indices if count else np.zeros((sparse_dim, 0), np.int64)
    if count:
        values[tuple([slice(n) for n in array.values.shape])] = array.values
    return new_tensor(SparseArray(Pattern("coo", size, indices, is_coalesced=not count or old.is_coalesced), values))
