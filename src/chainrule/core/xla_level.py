"""The level below all others: values that XLA holds, or will hold when the program being traced runs.

Ops compute on them by their forwards, in JAX's namespace. Nothing else is different: rules run as ops on tensors, so what
is traced is the forward, the reverse pass and the update alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .lifted import Level
from .origin import caller, resolve
from .value import Lifted

if TYPE_CHECKING:
    from .op import Op


class XlaArray(Lifted):
    """A JAX array or tracer as a tensor's raw value."""

    __slots__ = ("value",)

    value: Any

    def __init__(self, value: Any) -> None:
        super().__init__(XLA, frozenset(), value.shape, np.dtype(value.dtype))
        self.value = value

    def plain(self, doing: str) -> Any:
        from jax.core import Tracer

        if isinstance(self.value, Tracer):
            raise RuntimeError(
                f"compile: It looks like you're {doing}, at {resolve(*caller())}. While a program is traced, its tensors have no "
                "values: what depends on values cannot be compiled. Use torch.where, a mask, or chainrule.cond; compute it "
                "outside of the compiled function; or compile with fallback='eager'."
            )
        return np.asarray(self.value)

    def without_tangents(self) -> Any:
        return self

    def shown(self) -> tuple[Any, list[str]]:
        from jax.core import Tracer

        if isinstance(self.value, Tracer):
            return f"XlaTensor(shape={self.shape}, dtype={self.dtype.name}, traced)", []
        return np.asarray(self.value), []


class XlaLevel(Level):
    """The one level of all XLA values."""

    __slots__ = ()

    def __init__(self) -> None:
        self.depth = 0

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        from ..backend import forward_for, jax as jax_namespace

        values = [a.value if isinstance(a, XlaArray) else a for a in arrays]
        result = forward_for(op, jax_namespace)(*values, **params)
        return XlaArray(result) if op.outputs is None else tuple([XlaArray(one) for one in result])

    def led_out(self, g: Any) -> Any:
        """A constant of the program gets the cotangent as it is."""
        return g


XLA = XlaLevel()
