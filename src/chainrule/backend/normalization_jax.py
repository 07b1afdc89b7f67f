"""Normalization on the JAX backend."""

from __future__ import annotations

import sys
from functools import partial

from . import normalization_common as common

namespace = sys.modules[f"{__package__}.jax"]

batch_norm = partial(common.batch_norm, namespace)
batch_norm_adjoint = partial(common.batch_norm_adjoint, namespace)
group_norm = partial(common.group_norm, namespace)
group_norm_adjoint = partial(common.group_norm_adjoint, namespace)
layer_norm = partial(common.layer_norm, namespace)
layer_norm_adjoint = partial(common.layer_norm_adjoint, namespace)
