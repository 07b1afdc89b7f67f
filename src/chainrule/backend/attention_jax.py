"""Attention on the JAX backend."""

from __future__ import annotations

import sys
from functools import partial

from . import attention_common as common

namespace = sys.modules[f"{__package__}.jax"]

dot_product_attention = partial(common.dot_product_attention, namespace)
dot_product_attention_adjoint = partial(common.dot_product_attention_adjoint, namespace)
