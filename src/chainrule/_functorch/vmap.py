"""``torch._functorch.vmap``: where a package puts what takes its containers apart for ``vmap``, and together again.

``vmap`` asks for :data:`_process_batched_inputs`, :data:`_create_batched_inputs` and :data:`_unwrap_batched` once a package has put its
own there. A level is an object, which the package hands on.
"""

from __future__ import annotations

from typing import Any

from .. import func
from .._C._functorch import _add_batch_dim as _add_batch_dim, _remove_batch_dim as _remove_batch_dim
from .._missing import missing_name
from .._tensor import Tensor as Tensor
from ..func import _batch
from ..func._inputs import name_of
from ..utils._pytree import _broadcast_to_and_flatten as _broadcast_to_and_flatten, tree_flatten, tree_unflatten

__all__ = ["Tensor", "tree_flatten", "tree_unflatten", "vmap"]

vmap = func.vmap
_process_batched_inputs = _create_batched_inputs = _unwrap_batched = None


def _get_name(func: Any) -> str:
    """What a function is called in errors."""
    return name_of(func)


def _maybe_remove_batch_dim(name: str, batched_output: Any, vmap_level: Any, batch_size: int, out_dim: Any) -> Any:
    """An output with its batch dimension; one that is the same for all, once for each."""
    if out_dim is None:
        return batched_output
    return _batch.taken_out(batched_output, out_dim, vmap_level, name)


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
