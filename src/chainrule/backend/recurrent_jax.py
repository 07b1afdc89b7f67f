"""Recurrent layers on the JAX backend."""

from __future__ import annotations

import sys
from functools import partial

from . import recurrent_common

namespace = sys.modules[f"{__package__}.jax"]

lstm_steps = partial(recurrent_common.lstm_steps, namespace)
lstm_adjoint = partial(recurrent_common.lstm_adjoint, namespace)
gru_steps = partial(recurrent_common.gru_steps, namespace)
gru_adjoint = partial(recurrent_common.gru_adjoint, namespace)
