"""``torch.nested``: batches of tensors of several sizes, without padding.

Two layouts: ``torch.jagged``, in which the parts differ in one dimension and lie one behind the other along it, and ``torch.strided``,
in which they may differ in all. What is computed with them flows back to the parts; results are nested again, or ordinary where
the sizes agree. What a function cannot do with them, it refuses, and :func:`to_padded_tensor` and ``unbind`` lead out.

>>> import chainrule as torch
>>> nt = torch.nested.nested_tensor([torch.ones(2, 3), torch.ones(1, 3)], layout=torch.jagged)
>>> nt.sin().sum(1).shape, nt.unbind()[1].shape
(torch.Size([2, 3]), torch.Size([1, 3]))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes as _dtypes, functions as _functions
from ..core.value import TensorBase as _TensorBase
from ..functions import creation as _creation
from ..functions._arguments import deliver as _deliver
from ..once import warn_once as _warn_once
from ._jagged import from_parts as _jagged_of, jagged as _around, offsets_of as _offsets_of
from ._strided import from_parts as _strided_of
from ._tensor import Nested as _Nested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import Tensor

__all__ = [
    "as_nested_tensor",
    "masked_select",
    "narrow",
    "nested_tensor",
    "nested_tensor_from_jagged",
    "to_padded_tensor",
]


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)


def _packed(parts: list[Any], layout: Any) -> Any:
    if layout is _creation.jagged:
        return _jagged_of(parts)
    if layout not in (None, _creation.strided):
        raise RuntimeError(
            f"Specified layout is unsupported for nested tensors: {layout}. Give torch.jagged or torch.strided"
        )
    _warn_once(
        "The PyTorch API of nested tensors is in prototype stage and will change in the near future. We recommend specifying "
        "layout=torch.jagged when constructing a nested tensor, as this layout receives active development, has better operator coverage, and "
        "works with torch.compile.",
        stacklevel=3,
    )
    return _strided_of(parts)


def nested_tensor(
    tensor_list: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A nested tensor with copies of some tensors: a leaf, whatever they were computed from.

    Args:
        tensor_list: a list of tensors, or of what ``torch.tensor`` takes, all with as many dimensions.
        dtype: by default that of the first.
        layout: ``torch.strided``, or ``torch.jagged`` if they differ in one dimension.
        device: the CPU.
        requires_grad: whether gradients are to be computed for it.
        pin_memory: accepted, and of no effect.

    Raises:
        TypeError: it is no list.
        RuntimeError: the tensors do not fit together in the layout.

    >>> import chainrule as torch
    >>> nt = torch.nested.nested_tensor([torch.arange(2.), torch.arange(3.)], layout=torch.jagged, requires_grad=True)
    >>> nt.offsets()
    tensor([0, 2, 5])
    >>> (nt * nt).sum().backward()
    >>> nt.grad.unbind()
    (tensor([0., 2.]), tensor([0., 2., 4.]))
    """
    is_jagged = layout is _creation.jagged
    if not isinstance(tensor_list, list) and not (is_jagged and isinstance(tensor_list, (tuple, _TensorBase))):
        raise TypeError(
            f"Only lists (List[Tensor] and List[List...[Scalar]]) are accepted in nested_tensor, got {type(tensor_list).__name__}"
        )
    rows: Any = tensor_list
    parts = [
        part.detach() if isinstance(part, _TensorBase) else _functions.as_tensor(part, dtype=dtype) for part in rows
    ]
    if parts and dtype is None and not is_jagged:
        dtype = parts[0].dtype
    made = _packed([part.to(device, dtype) for part in parts], layout)
    made = made.detach()
    return made.requires_grad_() if requires_grad else made


def as_nested_tensor(ts: Any, dtype: Any = None, device: Any = None, layout: Any = None) -> Tensor:
    """A nested tensor of some tensors, to which gradients flow.

    Args:
        ts: a list or tuple of tensors, or a tensor whose first dimension is the batch, or a nested tensor, which stays what it is.
        dtype: by default that of the tensors.
        device: the CPU.
        layout: ``torch.strided``, or ``torch.jagged`` if they differ in one dimension.

    Raises:
        TypeError: ``ts`` is none of these.
        RuntimeError: the tensors do not fit together in the layout.

    >>> import chainrule as torch
    >>> x, y = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    >>> torch.nested.as_nested_tensor([x, y], layout=torch.jagged).mul(2).sum().backward()
    >>> y.grad
    tensor([2., 2., 2.])
    """
    if isinstance(ts, _Nested):
        if ts.layout is not (layout or _creation.strided):
            raise RuntimeError("as_nested_tensor(): Converting between nested tensor layouts is not supported")
        return ts.to(device, dtype)
    if isinstance(ts, _TensorBase):
        if ts.ndim < 2:
            raise RuntimeError(f"as_nested_tensor(): Expected tensor argument to have dim() > 1, got {ts.ndim}")
        ts = ts.unbind()
    if not isinstance(ts, (list, tuple)) or not all(isinstance(part, _TensorBase) for part in ts):
        raise TypeError("as_nested_tensor(): Expected first argument to be a tensor or a list / tuple of tensors")
    return _packed([part.to(device, dtype) for part in ts], layout)


def to_padded_tensor(
    input: Tensor, padding: float, output_size: Sequence[int] | None = None, out: Any = None
) -> Tensor:
    """An ordinary tensor with the parts of a nested one in its corners, and padding behind them.

    Args:
        input: the nested tensor.
        padding: what to fill up with.
        output_size: the shape, if not the smallest that holds all.
        out: a tensor to write the result to.

    Raises:
        RuntimeError: the output size is too small.

    >>> import chainrule as torch
    >>> nt = torch.nested.nested_tensor([[1, 2], [3]], layout=torch.jagged)
    >>> torch.nested.to_padded_tensor(nt, 0)
    tensor([[1, 2],
            [3, 0]])
    """
    if not isinstance(input, _Nested):
        raise NotImplementedError(
            f"to_padded_tensor(): input must be a nested tensor, got {type(input).__name__}: pad it with F.pad"
        )
    if isinstance(padding, bool) or not isinstance(padding, (int, float)):
        raise TypeError(
            f"to_padded_tensor(): argument 'padding' (position 2) must be float, not {type(padding).__name__}"
        )
    return _deliver(input.to_padded_tensor(padding, output_size), out, "to_padded_tensor")


def nested_tensor_from_jagged(
    values: Tensor, offsets: Tensor | None = None, lengths: Tensor | None = None, jagged_dim: int | None = None,
    min_seqlen: int | None = None, max_seqlen: int | None = None,
) -> Tensor:  # fmt: skip
    """A nested tensor in the jagged layout around values that lie one behind the other.

    Args:
        values: the parts, joined along the dimension in which they differ; gradients flow to them.
        offsets: where each begins, and where the last ends: of shape (batch + 1). Nested tensors with the same offsets go together.
        lengths: how long each is, of shape (batch), where there are gaps between them, or in place of offsets.
        jagged_dim: the dimension of the result in which the parts differ, 1 by default.
        min_seqlen: accepted: the shortest is known.
        max_seqlen: accepted: the longest is known.

    Raises:
        RuntimeError: neither offsets nor lengths are given.

    >>> import chainrule as torch
    >>> nt = torch.nested.nested_tensor_from_jagged(torch.arange(5), torch.tensor([0, 2, 5]))
    >>> nt.unbind()
    (tensor([0, 1]), tensor([2, 3, 4]))
    """
    if offsets is None:
        if lengths is None:
            raise RuntimeError("nested_tensor_from_jagged(): At least one of offsets or lengths is required.")
        offsets, lengths = _offsets_of(list(map(int, lengths.tolist()))), None
    return _around(values, offsets, lengths, 1 if jagged_dim is None else jagged_dim)


def narrow(tensor: Tensor, dim: int, start: Any, length: Any, layout: Any = None) -> Tensor:
    """A nested tensor of a piece of each row of an ordinary tensor, without a copy.

    Args:
        tensor: of shape (batch, longest, ...).
        dim: 1, the dimension of which pieces are taken; 0, that of the batch, in the strided layout.
        start: where they begin: an integer, or one for each row, of shape (batch).
        length: how long they are: an integer, or one for each row.
        layout: ``torch.jagged``; ``torch.strided`` takes integers alone.

    >>> import chainrule as torch
    >>> x = torch.arange(8).reshape(2, 4)
    >>> torch.nested.narrow(x, 1, torch.tensor([0, 1]), torch.tensor([2, 3]), layout=torch.jagged).unbind()
    (tensor([0, 1]), tensor([5, 6, 7]))
    """
    if layout is not _creation.jagged:
        if not isinstance(start, int) or not isinstance(length, int):
            raise RuntimeError(
                "start and length must be integers for the strided layout NT impl: give layout=torch.jagged"
            )
        if dim:
            raise RuntimeError(
                f"narrow(): only dim=0 supported for nested tensors, but got: {dim}. The jagged layout takes dim=1"
            )
        return as_nested_tensor(tensor.narrow(0, start, length), layout=layout)
    if dim != 1:
        raise RuntimeError(f"torch.nested.narrow() with the jagged layout takes dim=1, got {dim}")
    batch, longest = tensor.shape[:2]
    starts: Any = start
    lengths: Any = length
    if not isinstance(start, _TensorBase):
        starts = _functions.full((batch,), start, dtype=_dtypes.int64)
    if not isinstance(length, _TensorBase):
        lengths = _functions.full((batch,), length, dtype=_dtypes.int64)
    rows = _functions.arange(batch) * longest
    end = _functions.tensor([batch * longest])
    return _around(tensor.flatten(0, 1), _functions.cat([rows + starts, end]), lengths)


def masked_select(tensor: Tensor, mask: Tensor) -> Tensor:
    """A nested tensor, in the jagged layout, of the elements of each row that a mask takes.

    Args:
        tensor: of shape (batch, longest, ...).
        mask: of booleans, of shape (batch, longest) or any that broadcasts with the tensor.

    >>> import chainrule as torch
    >>> mask = torch.tensor([[True, False], [True, True]])
    >>> torch.nested.masked_select(torch.arange(4).reshape(2, 2), mask).unbind()
    (tensor([0]), tensor([2, 3]))
    """
    if mask.dtype is not _dtypes.bool:
        raise RuntimeError(f"Expected mask to be a bool tensor, got {mask.dtype}")
    whole = mask.expand(tensor.shape) if mask.ndim >= tensor.ndim else mask
    counts = whole.reshape(whole.shape[0], -1).sum(1).tolist()
    return _around(tensor[whole], _offsets_of(list(map(int, counts))))
