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
from .node import extra_of
from .xla_level import refuse_mixed

if TYPE_CHECKING:
    from .op import Op


class SparseLevel(Level):
    """The one level of all sparse values, below those of XLA and of masked values, which may have sparse ones inside."""

    __slots__ = ("is_used",)

    is_used: bool
    """Whether the program has ever had a sparse value: no other asks whether it meets one."""

    def __init__(self) -> None:
        self.depth = -2
        self.is_used = False

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
    return any(map(is_sparse, arrays))


def sparse_among(arrays: Any) -> tuple[Any, ...]:
    """Those of several raw values that are sparse. A node with such an operand belongs to the level: its cotangents are tensors."""
    return tuple([array for array in arrays if is_sparse(array)]) if SPARSE.is_used else ()


def note_sparse(node: Any) -> None:
    """Let a node know that its gradients are sparse, where its operands are not."""
    extra = extra_of(node)
    extra.levels = extra.levels | {SPARSE}


def stand_in(op: Op, args: tuple[Any, ...], arrays: list[Any]) -> Op:
    """What is recorded where lifted values meet an op: the op itself, but of some that meet sparse values.

    Raises:
        RuntimeError: the operands are on two devices.
        NotImplementedError: a transform is given sparse values.
    """
    refuse_mixed(op, args)
    if not SPARSE.is_used or not any_sparse(arrays):
        return op
    if "level" in op.params:
        raise NotImplementedError(
            "a sparse tensor is no input of vmap, jvp or of another device: only what is constant may be sparse there. Give its "
            ".values(), and make the tensor inside of the function"
        )
    found: Op = op_module.recorded_namespace.sparse_stand_in(op)
    return found
