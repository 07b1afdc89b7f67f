"""Attention, and random choices by it, as ``nn.functional`` has them."""

from __future__ import annotations

import enum
import importlib
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import ops
from ..._missing import missing_name
from ...core.mutation import WIDE_FLOATS
from ...core.value import new_tensor, numbers_of
from ...core.xla_level import placed
from ...dtypes import float32
from ...functions._arguments import naming, tensor_argument
from ...functions._autocast import lowered, switched_off
from ...functions.dropping import dropout
from ...promotion import is_half, scalar_type_name
from .bias import CausalBias

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["SDPBackend", "gumbel_softmax", "scaled_dot_product_attention", "sdpa_kernel"]


def __getattr__(name: str) -> Any:
    if name in ("flex_attention", "bias"):
        return importlib.import_module(f"{__name__}.{name}")
    raise missing_name(__name__, name)


class SDPBackend(enum.IntEnum):
    """The ways in which PyTorch computes attention. Here there is one, by what ``MATH`` says."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    __repr__ = enum.Enum.__repr__
    __str__ = enum.Enum.__str__


@contextmanager
def sdpa_kernel(backends: SDPBackend | Sequence[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """Say in which ways attention may be computed. It has no effect: there is one.

    Args:
        backends: one or several.
        set_priority: accepted.

    Raises:
        AssertionError: something else.

    >>> import chainrule as torch
    >>> with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
    ...     torch.nn.functional.scaled_dot_product_attention(torch.eye(1), torch.eye(1), torch.eye(1))
    tensor([[1.]])
    """
    given: Any = [backends] if isinstance(backends, SDPBackend) else backends
    if not isinstance(given, Sequence) or not all(isinstance(one, SDPBackend) for one in given):
        raise AssertionError(
            f"Backend must be an instance of SDPBackend or a list of SDPBackend instances, got {type(backends).__name__}"
        )
    yield


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | CausalBias | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query @ key.T * scale + mask) @ value``.

    Args:
        query: of shape (..., L, E).
        key: of shape (..., S, E).
        value: of shape (..., S, V).
        attn_mask: broadcast to (..., L, S): bools, True where a query may attend to a key; or numbers that are added, in the
            query's dtype or in float32. A query that may attend to nothing gets 0. Or one of ``nn.attention.bias``.
        dropout_p: with which probability a weight becomes 0 (always, not only in training).
        is_causal: whether the i-th query attends to the first i + 1 keys only.
        scale: by default ``1 / sqrt(E)``.
        enable_gqa: whether each head of key and value (dimension -3) serves several of the query.

    Raises:
        RuntimeError: shapes or dtypes that do not fit; both a mask and ``is_causal``.

    >>> import chainrule.nn.functional as F
    >>> one = torch.eye(2)
    >>> F.scaled_dot_product_attention(one, one, one, is_causal=True, scale=1.0)
    tensor([[1.0000, 0.0000],
            [0.2689, 0.7311]])
    """
    for at, (name, x) in enumerate((("query", query), ("key", key), ("value", value)), 1):
        if tensor_argument(x, "scaled_dot_product_attention", name, at).ndim < 2:
            said = f"scaled_dot_product_attention: Expected query, key, and value to all be at least 2 dimensional, but {name} is {x.ndim}D"
            raise naming(RuntimeError(said), query, key, value)
    query, key, value = lowered(query, key, value) or (query, key, value)
    if not query.dtype == key.dtype == value.dtype:
        names = [scalar_type_name(x._array.dtype).lower() for x in (query, key, value)]
        said = (
            "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: {} "
            "instead.".format(*names)
        )
        raise naming(RuntimeError(said), query, key, value, dtypes=True)
    check_shapes(query, key, value, enable_gqa)
    if isinstance(attn_mask, CausalBias):
        if is_causal:
            raise ValueError("CausalBias should not be used with causal=True")
        attn_mask = attn_mask._materialize(query.device)
    if is_causal and attn_mask is not None:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) for x in (key, value))
    added: Any = None if attn_mask is None else fitting_mask(attn_mask, query, key)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if not dropout_p and is_fused(query, key, value, added):
        mask = () if added is None else (as_numbers(added, query),)
        return ops.dot_product_attention(query, key, value, *mask, scale=factor, causal=is_causal)[0]
    if not is_half(query._array.dtype):
        return by_ops(query, key, value, added, dropout_p, is_causal, factor)
    if added is not None and added._array.dtype.kind != "b":
        added = added.float()
    with switched_off():  # as PyTorch does, in single precision
        found = by_ops(query.float(), key.float(), value.float(), added, dropout_p, is_causal, factor)
    return found.to(query.dtype)


def by_ops(query: Any, key: Any, value: Any, attn_mask: Any, dropout_p: float, is_causal: bool, factor: float) -> Any:
    """Attention by ops that each give a node."""
    length, sources = query.shape[-2], key.shape[-2]
    scores = query.matmul(key.mT) * factor
    if is_causal:
        scores = scores.masked_fill(new_tensor(placed(~np.tri(length, sources, dtype=bool), scores.device)), -math.inf)
    dead = None
    if attn_mask is not None:
        allowed = attn_mask if attn_mask._array.dtype.kind == "b" else attn_mask != -math.inf
        scores = scores.masked_fill(~attn_mask, -math.inf) if allowed is attn_mask else scores + attn_mask
        dead = ~allowed.any(-1, keepdim=True)
        dead = dead if numbers_of(dead._array).any() or not numbers_of(dead._array).size else None
    if dead is not None:
        scores = scores.masked_fill(dead, 0)
    weights = ops.softmax(scores, axis=-1)
    if dead is not None:
        weights = weights.masked_fill(dead, 0)
    return dropout(weights, dropout_p, dropout_p > 0).matmul(value)


def check_shapes(query: Any, key: Any, value: Any, grouped: bool) -> None:
    """Raise where query, key and value do not fit each other."""
    said = ""
    if query.shape[-1] != key.shape[-1]:
        said = f"query and key must have the same last dimension, but got {query.shape[-1]} and {key.shape[-1]}"
    elif key.shape[-2] != value.shape[-2]:
        said = f"value must have a row for each of the {key.shape[-2]} keys, but has {value.shape[-2]}"
    elif not grouped:
        try:
            np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
        except ValueError:
            said = f"the dimensions before the last two must broadcast, but are {', '.join(str(list(x.shape[:-2])) for x in (query, key, value))}"
    if said:
        raise naming(RuntimeError(f"scaled_dot_product_attention: {said}"), query, key, value)


def fitting_mask(mask: Any, query: Any, key: Any) -> Any:
    """The mask, if dtype and shape fit."""
    if mask._array.dtype.kind != "b":
        (mask,) = lowered(mask) or (mask,)
        if mask.dtype not in (float32, query.dtype):
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{mask.dtype} and  query.dtype: {query.dtype} instead."
            )
    shape = (*np.broadcast_shapes(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2])
    if mask.ndim > len(shape) or any(m not in (1, n) for m, n in zip(mask.shape[::-1], shape[::-1], strict=False)):
        said = (
            f"scaled_dot_product_attention: attn_mask must broadcast to the shape of the scores, {list(shape)}, but has the "
            f"shape {list(mask.shape)}"
        )
        raise naming(RuntimeError(said), query, key, mask)
    return mask


def is_fused(query: Any, key: Any, value: Any, mask: Any) -> bool:
    """Whether PyTorch has one node for it, and here there is one kernel: of batches of heads that are alike, in memory."""
    arrays = [one._array for one in (query, key, value)]
    if any(
        type(a) is not np.ndarray or a.ndim != 4 or not (a.dtype in WIDE_FLOATS or is_half(a.dtype)) for a in arrays
    ):
        return False
    q, k, v = (a.shape for a in arrays)
    if not (q[:2] == k[:2] == v[:2] and q[3] == k[3] == v[3] and k[2] == v[2]) or 0 in q + k:
        return False
    if mask is None:
        return True
    fits = mask.ndim in (2, 4) and all(m in (1, n) for m, n in zip(mask.shape[::-1], (k[2], *q[2::-1]), strict=False))
    return type(mask._array) is np.ndarray and fits and not mask.requires_grad


def as_numbers(mask: Any, query: Any) -> Any:
    """A mask of four dimensions that is added, in the query's dtype; to scores of half precision, which are in single, also in single."""
    array, dtype = mask._array, query._array.dtype
    if array.dtype.kind == "b":
        array = np.where(array, dtype.type(0), dtype.type(-math.inf))
    elif not is_half(dtype):
        array = array.astype(dtype, copy=False)
    return new_tensor(array.reshape((1,) * (4 - array.ndim) + array.shape))


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample from the Gumbel-softmax distribution: ``softmax((logits + noise) / tau)``.

    Args:
        logits: logarithms of probabilities, not necessarily normalized.
        tau: the smaller, the nearer to a vector of zeros and a one.
        hard: whether to give that vector itself, with the gradient of the soft one.
        eps: deprecated, of no effect.
        dim: along which the probabilities lie.

    >>> import chainrule.nn.functional as F
    >>> F.gumbel_softmax(torch.zeros(2, 3), hard=True).sum(-1)
    tensor([1., 1.])
    """
    tensor_argument(logits, "gumbel_softmax", "logits")
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -logits.detach().new_empty(logits.shape).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = soft.detach().new_zeros(soft.shape).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
    return chosen - soft.detach() + soft
