"""Custom Functions on lifted operands: their ``jvp`` and ``vmap`` methods take the place of an op's record.

Levels are taken off one by one, the duals first: the Function runs on what is inside, recorded as always, and its method
says what becomes of the tangents or of the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import op as op_module
from .batch_level import BatchLevel
from .custom import Function, call, overrides
from .dual_level import DualLevel, is_moving
from .lifted import levels_of
from .modes import changed_modes
from .value import TensorBase

if TYPE_CHECKING:
    from .lifted import Level


class VmapInfo(NamedTuple):
    """What a Function's ``vmap`` method is told about the vmap."""

    batch_size: int
    randomness: str


def level_to_take_off(function: Any, args: tuple[Any, ...]) -> Level | None:
    """The level whose method runs next; None where the Function runs on its operands as they are.

    With ``generate_vmap_rule`` that is so for batches: its methods are themselves batched.
    """
    levels = {level for a in args if isinstance(a, TensorBase) for level in levels_of(a._array)}
    for kind in (DualLevel, BatchLevel):
        found = [level for level in levels if isinstance(level, kind)]
        if found and not (kind is BatchLevel and batches_itself(function)):
            return max(found, key=lambda level: level.depth)
    return None


def batches_itself(function: Any) -> bool:
    name = function.__name__
    more = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"
    if function.generate_vmap_rule and overrides(function, "vmap"):
        raise RuntimeError(
            f"You tried to vmap over {name}, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. Please "
            f"set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. {more}"
        )
    if not function.generate_vmap_rule and not overrides(function, "vmap"):
        raise RuntimeError(
            f"You tried to vmap over {name}, but it does not have vmap support. Please override and implement the vmap "
            f"staticmethod or set generate_vmap_rule=True. {more}"
        )
    return bool(function.generate_vmap_rule)


def with_level_taken_off(function: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any], level: Level) -> Any:
    if isinstance(level, DualLevel):
        return with_jvp(function, args, kwargs, level)
    assert isinstance(level, BatchLevel)
    return with_vmap(function, args, level)


def with_jvp(function: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any], level: DualLevel) -> Any:
    """The Function on the primals, its outputs moving along what its ``jvp`` method says."""
    xp = op_module.recorded_namespace
    primals, tangents = [], []
    for a in args:
        moves = isinstance(a, TensorBase) and is_moving(a, level)
        primals.append(xp.primal_part(a, level=level) if moves else a)
        tangents.append(xp.tangent_part(a, level=level) if moves else None)
    node, result = call(function, tuple(primals), kwargs)
    if isinstance(level_to_take_off(function, tuple(primals)), DualLevel):
        # The node is ctx, for what it saved. Its outputs moved as the code of forward does, not as jvp says.
        result = function.apply(*primals, **kwargs)
    if node.materialize_grads:
        tangents = [
            xp.zeros_like(a) if t is None and isinstance(a, TensorBase) and a._array.dtype.kind not in "iub" else t
            for a, t in zip(primals, tangents, strict=True)
        ]
    with node.saved_for_jvp():
        changes = function.jvp(node, *tangents)
    several = isinstance(result, tuple)
    outs = result if several else (result,)
    changed: Any = changes if several else (changes,)
    if not isinstance(changed, tuple) or len(changed) != len(outs):
        raise RuntimeError(
            f"{function.__name__}.jvp returned {len(changed) if isinstance(changed, tuple) else 1} tangents for {len(outs)} outputs: it "
            "must return one, or None, for each output of forward"
        )
    moving = []
    for number, (out, move) in enumerate(zip(outs, changed, strict=True)):
        if move is None or not isinstance(out, TensorBase):
            moving.append(out)
            continue
        if move._array.shape != out._array.shape:
            raise RuntimeError(
                f"{function.__name__}.jvp returned a tangent of shape {list(move._array.shape)} for output {number}, whose shape is "
                f"{list(out._array.shape)}"
            )
        moving.append(xp.dual_in(out, move, level=level))
    return tuple(moving) if several else moving[0]


def with_vmap(function: type[Function], args: tuple[Any, ...], level: BatchLevel) -> Any:
    """What the Function's ``vmap`` method makes of the whole batch."""
    xp = op_module.recorded_namespace
    is_batched = [isinstance(a, TensorBase) and level in levels_of(a._array) for a in args]
    wholes = [
        xp.batch_out(a, level=level, axis=-1 - a._array.ndim) if batched else a
        for a, batched in zip(args, is_batched, strict=True)
    ]
    in_dims = tuple([0 if batched else None for batched in is_batched])
    returned = function.vmap(VmapInfo(level.size, level.randomness), in_dims, *wholes)
    if not (isinstance(returned, tuple) and len(returned) == 2):
        raise RuntimeError(
            "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible with the "
            f"output. Got a {type(returned)} instead"
        )
    outs, dims = returned
    if not isinstance(outs, tuple):
        return each(outs, dims, level)
    if not isinstance(dims, (tuple, list)):
        dims = (dims,) * len(outs)
    if len(dims) != len(outs):
        raise RuntimeError(
            f"Expected the vmap staticmethod of {function.__name__} to return out_dims with pytree structure compatible with the "
            f"output: got {len(outs)} outputs and {len(dims)} out_dims"
        )
    return tuple([each(*pair, level) for pair in zip(outs, dims, strict=True)])


def each(out: Any, dim: int | None, level: BatchLevel) -> Any:
    """An output of a ``vmap`` method as one element of the batch."""
    if dim is None or not isinstance(out, TensorBase):
        return out
    return op_module.recorded_namespace.batch_in(out, level=level, axis=dim - out._array.ndim if dim >= 0 else dim)


def evened(outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The outputs of one node, all of them batched where one is: the node runs back once for each element of the batch.

    (One that were the same for all elements would bring to each of them the sum of its cotangents.)
    """
    levels = {level for x in outputs if isinstance(x, TensorBase) for level in levels_of(x._array) if level.makes_batch}
    for level in sorted(levels, key=lambda level: level.depth):
        outputs = tuple(
            [
                spread_out(x, level) if isinstance(x, TensorBase) and level not in levels_of(x._array) else x
                for x in outputs
            ]
        )
    return outputs


def spread_out(x: Any, level: Any) -> Any:
    """One value as a batch of the same value."""
    xp, shape = op_module.recorded_namespace, x._array.shape
    with changed_modes(grad=False):
        return xp.batch_in(xp.broadcast_to(x, (level.size, *shape)), level=level, axis=-1 - len(shape))
