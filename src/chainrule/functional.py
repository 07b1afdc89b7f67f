"""``torch.functional``: functions of tensors that PyTorch writes in Python. They are ``torch``'s own."""

from __future__ import annotations

from .functions.contraction import einsum
from .functions.decompositions import lu
from .functions.integers import unravel_index
from .functions.joining import block_diag, cartesian_prod, meshgrid, split
from .functions.linalg import chain_matmul, tensordot
from .functions.low_rank import pca_lowrank, svd_lowrank
from .functions.norms import cdist
from .functions.shape import atleast_1d, atleast_2d, atleast_3d, broadcast_shapes, broadcast_tensors
from .functions.short_time import istft, stft
from .functions.sorting import unique, unique_consecutive
from .functions.spread import norm

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors", "cartesian_prod",
    "cdist", "chain_matmul", "einsum", "istft", "lu", "meshgrid", "norm", "pca_lowrank", "split", "stft",
    "svd_lowrank", "tensordot", "unique", "unique_consecutive", "unravel_index",
]  # fmt: skip
