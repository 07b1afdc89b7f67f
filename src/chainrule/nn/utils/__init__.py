"""What is done to parameters and gradients as a whole."""

from __future__ import annotations

from typing import Any

from ..._missing import missing_name
from . import rnn as rnn, stateless as stateless
from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm", "parameters_to_vector",
    "vector_to_parameters",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
