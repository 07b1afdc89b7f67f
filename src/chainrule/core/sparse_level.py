"""The level of sparse tensors: values of which only those at some places are kept, all others being zero.

A sparse tensor is an ordinary tensor whose raw value is lifted: values, and a pattern that says where they stand. Nothing
that NumPy could compute on, so that an op's hot path declines it, and ``dispatch.general`` hands it to this level, which
lies below all transforms. What an op does there, ``ops.sparse_kernels`` says; an op that it does not name is refused.
An op's record, its rules and the name of its node stay what they are, so that derivatives are its formulas on sparse values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import op as op_module
from .lifted import Level
from .node import edge_of, extra_of

if TYPE_CHECKING:
    from .op import Op


class SparseLevel(Level):
    """The one level of all sparse values, below that of XLA."""

    __slots__ = ("is_used",)

    is_used: bool
    """Whether the program has ever had a sparse value: no other asks whether it meets one."""

    def __init__(self) -> None:
        self.depth = -1
        self.is_used = False

    def stand_in(self, op: Op) -> Op:
        """What is recorded where sparse values meet an op: mostly the op itself."""
        found: Op = op_module.recorded_namespace.sparse_stand_in(op)
        return found

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return op_module.recorded_namespace.sparse_run(op, arrays, params)

    def led_out(self, g: Any) -> Any:
        """As it is: whether a cotangent is sparse is no question of where it goes."""
        return g


SPARSE = SparseLevel()


def is_sparse(array: Any) -> bool:
    """Whether a raw value is sparse."""
    return getattr(array, "level", None) is SPARSE


def any_sparse(arrays: Any) -> bool:
    """Whether one of several raw values is."""
    return any(getattr(array, "level", None) is SPARSE for array in arrays)


def note_sparse(out: Any) -> None:
    """Let the node of a tensor know that its operands, or its gradients, are sparse: cotangents are tensors from there on."""
    one = out[0] if isinstance(out, tuple) else out
    extra: Any = extra_of(edge_of(one._node)[0])  # type: ignore[arg-type]
    extra.levels = extra.levels | {SPARSE}
