"""``MaskedTensor``: data, and which elements of it take part."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes as _dtypes, functions as _f, masked as _functions
from .._overridable import NAMES
from .._tensor import Tensor
from ..core.custom import Function
from ..core.overriding import DisableTorchFunctionSubclass, with_class
from ..core.sparse_level import is_sparse
from ..core.value import TensorBase, new_tensor
from ..functions import creation
from ._level import MaskedArray, is_masked, refused

if TYPE_CHECKING:
    from ..core.sparse_values import SparseArray

DTYPES = frozenset(
    [
        _dtypes.float16, _dtypes.float32, _dtypes.float64, _dtypes.bool, _dtypes.int8, _dtypes.int16, _dtypes.int32,
        _dtypes.int64,
    ]
)  # fmt: skip
LAYOUTS = {"coo": creation.sparse_coo, "csr": creation.sparse_csr, "csc": creation.sparse_csc}
PROTOTYPE = (
    "The PyTorch API of MaskedTensors is in prototype stage and will change in the near future. Please open a Github issue for features "
    "requests and see our documentation on the torch.masked module for further information about the project."
)


class MaskedTensor(Tensor):
    """A tensor of which the elements that a mask leaves out take no part in what is computed.

    Args:
        data: a tensor of floats, integers or bools, strided or sparse (COO, CSR). Its history is left behind.
        mask: of bools, in the shape and layout of the data: True where an element takes part.
        requires_grad: whether gradients are to be computed for it.

    Functions of elements, reductions, views, indexing, ``where``, ``cat`` and ``softmax`` take masked tensors. Two that meet
    have the same mask. A reduction leaves out what takes no part, and its result is masked where nothing did. Gradients are masked
    likewise: there is none, in place of a 0 or a NaN, for what had no part.

    Raises:
        TypeError: other types, dtypes or layouts.
        ValueError: data and mask of different shapes; or, later, two different masks.

    >>> import chainrule as torch
    >>> x = torch.masked.masked_tensor(torch.tensor([1., 4., -1.]), torch.tensor([True, True, False]), requires_grad=True)
    >>> x.sqrt()
    MaskedTensor(
      [  1.0000,   2.0000,       --]
    )
    >>> x.sqrt().sum().backward()
    >>> x.grad
    MaskedTensor(
      [  0.5000,   0.2500,       --]
    )
    """

    __slots__ = ()

    def __new__(cls, data: Tensor, mask: Tensor, requires_grad: bool = False) -> Any:
        made = masked(checked(data, mask))
        return made.requires_grad_() if requires_grad else made

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        home, _, name = NAMES.get(func, func.__name__).rpartition(".")
        if home in ("torch", "torch.Tensor"):
            if name in REDUCTIONS:
                return reduced(name, *args, **(kwargs or {}))
            if name in REFUSED:
                raise refused(name)
            if name == "where" and len(args) == 3 and all(isinstance(one, TensorBase) for one in args):
                return _MaskedWhere.apply(*args)
        with DisableTorchFunctionSubclass():
            return dressed(func(*args, **(kwargs or {})))

    # -- its parts -----------------------------------------------------------------------------------------------------

    def get_data(self) -> Tensor:
        """The data as an ordinary tensor, with any value where the mask is False. Gradients flow back to it with the mask.

        >>> import chainrule as torch
        >>> torch.masked.masked_tensor(torch.tensor([1, 2]), torch.tensor([True, False])).get_data()
        tensor([1, 2])
        """
        return GetData.apply(self)

    def get_mask(self) -> Tensor:
        """The mask, a tensor of bools.

        >>> import chainrule as torch
        >>> torch.masked.masked_tensor(torch.tensor([1, 2]), torch.tensor([True, False])).get_mask()
        tensor([ True, False])
        """
        return new_tensor(self._array.mask)

    def to_tensor(self, value: Any) -> Tensor:
        """An ordinary tensor, with ``value`` where the mask is False.

        >>> import chainrule as torch
        >>> torch.masked.masked_tensor(torch.tensor([1, 2]), torch.tensor([True, False])).to_tensor(0)
        tensor([1, 0])
        """
        if is_sparse(self._array.data):
            raise NotImplementedError("to_tensor(): not for sparse masked tensors: .to_dense().to_tensor(value)")
        return self.get_data().masked_fill(self.get_mask().logical_not(), value)

    # -- layouts -------------------------------------------------------------------------------------------------------

    @property
    def layout(self) -> Any:
        data = self._array.data
        return LAYOUTS[data.layout] if is_sparse(data) else creation.strided

    @property
    def is_sparse(self) -> bool:
        return is_sparse(self._array.data)

    def is_sparse_coo(self) -> bool:
        """Whether data and mask are sparse, in coordinates."""
        return self.layout is creation.sparse_coo

    def is_sparse_csr(self) -> bool:  # type: ignore[override] # a property of ordinary tensors, a method of PyTorch's here
        """Whether data and mask are sparse, by rows."""
        return self.layout is creation.sparse_csr

    def to_dense(self) -> Any:  # type: ignore[override]
        """With data and mask strided.

        >>> import chainrule as torch
        >>> m = torch.masked.masked_tensor(torch.tensor([[1, 0]]), torch.tensor([[True, False]]))
        >>> m.to_sparse_coo().to_dense()
        MaskedTensor(
          [
            [1,       --]
          ]
        )
        """
        return _MaskedToDense.apply(self) if self.is_sparse else self

    def to_sparse_coo(self) -> Any:
        """With data and mask sparse, in coordinates: those where the mask is True."""
        return self if self.is_sparse_coo() else _MaskedToSparse.apply(self.to_dense(), "coo")

    def to_sparse_csr(self) -> Any:  # type: ignore[override]
        """With data and mask sparse, by rows."""
        return self if self.is_sparse_csr() else _MaskedToSparse.apply(self.to_dense(), "csr")

    def to_sparse(self) -> Any:  # type: ignore[override]
        """As :meth:`to_sparse_coo`."""
        return self.to_sparse_coo()

    # -- leaving -------------------------------------------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> Any:
        raise RuntimeError(".numpy() is not supported for tensor subclasses: give .get_data() or .to_tensor(value)")

    def tolist(self) -> Any:
        raise RuntimeError(
            ".tolist() is not supported for tensor subclasses, got MaskedTensor: give .get_data() or .to_tensor(value)"
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numpy()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return MaskedTensor, (*parts(self), self.requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. Copy .detach()"
            )
        array = self._array
        parts = (array.data, array.mask) if self.is_sparse else (np.array(array.data), np.array(array.mask))
        copied = memo[id(self)] = masked(MaskedArray(*parts)).requires_grad_(self.requires_grad)
        return copied

    def __repr__(self) -> str:  # type: ignore[override] # which takes a text of the contents
        data, mask = self._array.dense()
        text = shown(data, mask)
        if not data.ndim:
            return f"MaskedTensor({text}, {bool(mask)})"
        return f"MaskedTensor(\n{indented(text)}\n)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec)


MaskedArray.face = MaskedTensor


def masked(array: MaskedArray) -> Any:
    """A tensor around a masked value, without history."""
    return with_class(new_tensor(array), MaskedTensor)


def parts(tensor: Any) -> tuple[Any, Any]:
    """Data and mask as ordinary tensors without history."""
    return new_tensor(tensor._array.data), new_tensor(tensor._array.mask)


def dressed(result: Any) -> Any:
    """A result whose masked tensors are of the class."""
    if isinstance(result, TensorBase):
        if is_masked(result._array) and type(result) is Tensor:
            result.__class__ = MaskedTensor
    elif isinstance(result, (tuple, list)):
        for one in result:
            dressed(one)
    return result


# -- making ------------------------------------------------------------------------------------------------------------


def masked_tensor(data: Tensor, mask: Tensor, requires_grad: bool = False) -> MaskedTensor:
    """A masked tensor of some data and a mask: a leaf, whatever the data was computed from. See :class:`MaskedTensor`.

    Args:
        data: a tensor of floats, integers or bools, strided or sparse (COO, CSR).
        mask: of bools, in the shape and layout of the data: True where an element takes part.
        requires_grad: whether gradients are to be computed for it.

    >>> import chainrule as torch
    >>> x = torch.masked.masked_tensor(torch.arange(3.), torch.tensor([False, True, True]))
    >>> x.mean(), x.prod()
    (MaskedTensor(  1.5000, True), MaskedTensor(  2.0000, True))
    """
    warnings.warn(PROTOTYPE, stacklevel=2)
    if getattr(data, "requires_grad", False):
        warnings.warn(
            "It is not recommended to create a MaskedTensor with a tensor that requires_grad. To avoid this, you can use "
            "data.detach().clone()",
            stacklevel=2,
        )
    return MaskedTensor(data, mask, requires_grad)


def as_masked_tensor(data: Tensor, mask: Tensor) -> MaskedTensor:
    """A masked tensor of some data, to which gradients flow, masked.

    Args:
        data: a tensor of floats, integers or bools, strided or sparse (COO, CSR).
        mask: of bools, in the shape and layout of the data: True where an element takes part.

    >>> import chainrule as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> y = x / torch.tensor([0., 1.])
    >>> torch.masked.as_masked_tensor(y, torch.tensor([False, True])).sum().backward()
    >>> x.grad
    MaskedTensor(
      [      --,   1.0000]
    )
    """
    warnings.warn(PROTOTYPE, stacklevel=2)
    checked(data, mask)
    return Constructor.apply(data, mask)


def is_masked_tensor(obj: Any, /) -> bool:
    """Whether it is a masked tensor.

    >>> import chainrule as torch
    >>> torch.masked.is_masked_tensor(torch.ones(2))
    False
    """
    return isinstance(obj, MaskedTensor)


def checked(data: Any, mask: Any) -> MaskedArray:
    """The raw value of data and mask, if they go together."""
    for name, value in (("data", data), ("mask", mask)):
        if not isinstance(value, TensorBase) or isinstance(value, MaskedTensor):
            raise TypeError(f"{name} must be a Tensor, got {type(value).__name__}")
    if data.layout is not mask.layout:
        raise TypeError(f"data and mask must have the same layout. Got {data.layout} and {mask.layout}")
    if data.layout not in (creation.strided, creation.sparse_coo, creation.sparse_csr):
        raise TypeError(f"data layout of {data.layout} is not supported.")
    if mask.dtype is not _dtypes.bool:
        raise TypeError(f"mask must have dtype bool. Got {mask.dtype}")
    if data.dtype not in DTYPES:
        raise TypeError(f"{data.dtype} is not supported in MaskedTensor.")
    if data.dim() != mask.dim():
        raise ValueError(f"data.dim() must equal mask.dim(). Got {data.dim()} and {mask.dim()}")
    if data.shape != mask.shape:
        raise ValueError(f"data.size() must equal mask.size(). Got {list(data.shape)} and {list(mask.shape)}")
    values, places = data._array, mask._array
    if is_sparse(values):
        if places.layout == "coo":
            places = places.coalesced()
        kept = places.pattern
        pair = values.as_coo().pattern, places.as_coo().pattern
        if pair[0].sparse_dim != pair[1].sparse_dim:
            raise ValueError(
                f"data and mask must have as many sparse dimensions. Got {pair[0].sparse_dim} and {pair[1].sparse_dim}"
            )
        values = values.at(pair[1]) if values.layout == "coo" else values.as_coo().at(pair[1])
        values = places.with_values(values)
        assert values.pattern is kept
    return MaskedArray(values, places)


# -- in the graph ------------------------------------------------------------------------------------------------------


def with_mask(g: Any, mask: Any) -> Any:
    """A gradient as that of what has a mask: as it is, if it is masked itself."""
    array = g._array
    if is_masked(array):
        return g
    if is_sparse(mask) and not is_sparse(array):
        array = at_places(array, mask)
    return masked(MaskedArray(array, mask))


def at_places(dense: Any, mask: SparseArray) -> Any:
    """The elements of an array where a sparse mask has values."""
    return mask.with_values(np.asarray(dense)[tuple(mask.pattern.indices)])


class Constructor(Function):
    """Data with a mask that gradients do not flow to."""

    @staticmethod
    def forward(ctx: Any, data: Any, mask: Any) -> Any:
        return masked(checked(data, mask))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g, None


class GetData(Function):
    """The data of a masked tensor."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mask = x._array.mask
        return new_tensor(x._array.data)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return with_mask(g, ctx.mask)


class Combine(GetData):
    """The same on the way into a reduction: the mask alone says which elements have a gradient."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Constructor.apply(g.get_data() if is_masked(g._array) else g, new_tensor(ctx.mask))


class _Values(Function):
    """The values of a sparse masked tensor."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        array = x._array
        ctx.mask = array.mask
        return masked(MaskedArray(array.data.values, array.mask.values))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        array = with_mask(g, ctx.mask.values)._array
        return masked(MaskedArray(ctx.mask.with_values(array.data), ctx.mask.with_values(array.mask)))


class _MaskedToDense(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mask = x._array.mask
        return masked(MaskedArray(*x._array.dense()))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        array = with_mask(g, ctx.mask)._array
        if is_sparse(array.data):
            return g
        return masked(MaskedArray(at_places(array.data, ctx.mask), at_places(array.mask, ctx.mask)))


class _MaskedToSparse(Function):
    @staticmethod
    def forward(ctx: Any, x: Any, layout: str) -> Any:
        from ..core.sparse_values import Pattern, SparseArray

        data, mask = x._array.data, x._array.mask
        if layout == "csr" and mask.ndim != 2:
            raise ValueError(
                f"Only 2D tensors can be converted to the SparseCsr layout but got shape: {list(mask.shape)}"
            )
        indices = np.stack(np.nonzero(mask)) if mask.ndim else np.empty((0, int(mask)), np.int64)
        pattern = Pattern("coo", data.shape, indices, is_coalesced=True)
        places = SparseArray(pattern, np.ones(pattern.nnz, bool)).in_layout(layout)
        return masked(MaskedArray(at_places(data, places), places))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return masked(MaskedArray(*g._array.dense())) if is_masked(g._array) else g, None


class _MaskedWhere(Function):
    """``where``, and that what was not chosen has no gradient, in place of 0."""

    @staticmethod
    def forward(ctx: Any, condition: Any, x: Any, y: Any) -> Any:
        with DisableTorchFunctionSubclass():
            found = _f.where(condition, x, y)
        ctx.condition = condition
        ctx.mask = found._array.mask
        return dressed(found)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        given = with_mask(g, ctx.mask)
        data, mask = given.get_data(), given.get_mask()
        chosen, other = mask & ctx.condition, mask & ~ctx.condition
        pair = _f.where(chosen, data, 0), _f.where(other, data, 0)
        return None, Constructor.apply(pair[0], chosen), Constructor.apply(pair[1], other)


# -- reductions --------------------------------------------------------------------------------------------------------

REDUCTIONS = frozenset("all amax amin argmax argmin mean norm prod std sum var".split())


REFUSED = frozenset(
    """
    _indices _nnz _values allclose argwhere bernoulli bernoulli_ ccol_indices coalesce col_indices crow_indices equal indices is_coalesced
    multinomial new_empty new_full new_ones new_tensor new_zeros nonzero poisson row_indices sparse_dim sparse_mask values
    """.split()
)
"""What asks for places or values in a way that a mask says nothing of."""


def reduced(name: str, input: Any, *args: Any, **kwargs: Any) -> Any:
    """A reduction of those that take part: masked where there are none."""
    array = input._array
    if name == "norm":
        args, kwargs = _norm_arguments(*args, **kwargs)
        dim = kwargs.get("dim")
    else:
        dim = kwargs.get("dim", args[0] if args else None)
        if len(args) > 1 and name not in ("var", "std"):
            kwargs["keepdim"], args = args[1], args[:1]
    if is_sparse(array.data):
        if dim is not None:
            raise refused(f"{name} along dimensions of a sparse tensor")
        found = reduced(name, _Values.apply(input), *args, **kwargs)
        if name in ("argmax", "argmin"):
            place = np.ravel_multi_index(tuple(array.data.pattern.indices[:, int(found._array.data)]), array.shape)
            return masked(MaskedArray(array.dtype.type(place), found._array.mask))
        return found
    if name == "all":
        result = _all(input, *args, **kwargs)
    else:
        result = getattr(_functions, name)(input, *args, **kwargs)
    mask = new_tensor(array.mask)
    keepdim = kwargs.get("keepdim", False)
    has_any = mask.any() if dim is None and not keepdim else mask.any(dim, keepdim)
    return Constructor.apply(result, has_any)


def _all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    whole = input.to_tensor(True)
    return whole.all() if dim is None else whole.all(dim, keepdim)


def _norm_arguments(p: Any = "fro", dim: Any = None, keepdim: bool = False, out: None = None, dtype: Any = None) -> Any:
    return (2.0 if p in ("fro", None) else p,), {"dim": dim, "keepdim": keepdim, "dtype": dtype}


# -- printing ----------------------------------------------------------------------------------------------------------


def shown(data: Any, mask: Any) -> str:
    """The elements in brackets; those that take no part as dashes."""
    if data.ndim > 1:
        rows = [indented(shown(one, its)) for one, its in zip(data, mask, strict=True)]
        return "[\n" + ",\n".join(rows) + "\n]"
    form = "8.4f" if data.dtype.kind in "fV" else ""
    if not data.ndim:
        return format(data.item(), form) if mask else "--"
    texts = [format(one, form) for one in data.tolist()]
    width = max([len(text) if takes else 8 for text, takes in zip(texts, mask, strict=True)], default=0)
    row = [text if takes else "--".rjust(width) for text, takes in zip(texts, mask, strict=True)]
    return "[" + ", ".join(row) + "]"


def indented(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))
