"""The level of a ``vmap``: values that are one element each of a batch."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Any

import numpy as np

from . import op as op_module
from .batching import batch
from .lifted import Level, bare, levels_of, lowered, own
from .modes import modes
from .value import Lifted, TensorBase, at_rest, device_of, like, new_tensor, numbers_of

if TYPE_CHECKING:
    from ..device import device
    from .generator import Draw
    from .op import Op


class Batched(Lifted):
    """One element of a batch, whichever: what is inside has the batch axis first."""

    __slots__ = ("value",)

    level: BatchLevel
    value: Any

    def __init__(self, level: BatchLevel, value: Any) -> None:
        super().__init__(
            level, value.levels if isinstance(value, Lifted) else frozenset(), value.shape[1:], value.dtype
        )
        self.value = value

    @property
    def device(self) -> device:
        return device_of(self.value)

    def plain(self, doing: str) -> Any:
        raise RuntimeError(
            f"vmap: It looks like you're {doing}. We don't support that: under vmap a tensor stands for all {self.level.size} "
            "elements of the batch at once, and has no one value. Please try to rewrite what you're doing with other operations, "
            "such as torch.where or a mask, or do it outside of vmap."
        )

    def numbers(self) -> Any:
        return numbers_of(self.value)

    def like(self, array: Any) -> Any:
        return Batched(self.level, like(self.value, np.broadcast_to(array, (self.level.size, *array.shape))))

    def without_tangents(self) -> Any:
        return Batched(self.level, at_rest(self.value))

    def shown(self) -> tuple[Any, list[str]]:
        inside = indent(repr(new_tensor(self.value)), "    ")
        return f"BatchedTensor(lvl={self.nesting()}, bdim=0, value=\n{inside}\n)", []


class BatchLevel(Level):
    """A ``vmap`` that runs."""

    __slots__ = ("around", "randomness", "size")

    makes_batch = True
    is_trace = False
    around: Any
    """Who is asked for random numbers outside of it (``Modes.draws``)."""
    size: int
    randomness: str
    """What a random op does: "error", or "same" or "different" numbers for each element."""

    def __init__(self, size: int, randomness: str) -> None:
        super().__init__()
        self.size = size
        self.randomness = randomness
        self.around = modes().draws

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        mine = [self.is_mine(a) for a in arrays]
        axes = tuple([0 if is_mine else None for is_mine in mine])
        xp, values = lowered(tuple([a.value if is_mine else a for a, is_mine in zip(arrays, mine, strict=True)]))
        result = batch(op, values, axes, params, xp)
        if op.outputs is None:
            return Batched(self, bare(result))
        return tuple(Batched(self, bare(one)) for one in result)

    def drawn(self, wanted: Draw, into: Any, given: tuple[Any, ...]) -> Any:
        """Random numbers for the elements; see ``core.generator.draw``."""
        if self.randomness == "error":
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
                "randomness flags on vmap or perform the randomness operation out of vmap"
            )
        is_different = self.randomness == "different"
        if is_different and into is not None and self not in levels_of(into):
            raise RuntimeError(
                "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same randomness. "
                "If this is necessary for your usage, please make the tensor from a batched one, as torch.empty_like(x) does."
            )
        if not is_different and any(self in levels_of(array) for array in given):
            raise RuntimeError(
                "Vmap does not currently support same randomness with a batched tensor input. Please use randomness='different', "
                "or draw numbers of a fixed distribution and compute those that you want from them."
            )
        inside = tuple([array.value if self.is_mine(array) else array for array in (into, *given)])
        if is_different:
            params = {
                name: leave(p, self, -1 - p.ndim, copy=False) if hasattr(p, "ndim") else p
                for name, p in wanted.params.items()
            }
            wanted = wanted.batch(self.size, params)
        numbers = wanted.numbers() if self.around is None else self.around.drawn(wanted, inside[0], inside[1:])
        return Batched(self, numbers) if is_different else numbers

    def led_out(self, g: Any) -> Any:
        """The sum over the batch."""
        array = g._array
        xp = op_module.recorded_namespace
        if self not in levels_of(array):
            return g * self.size
        return xp.sum(
            xp.batch_out(g, level=self, axis=-1 - array.ndim, copy=False), axis=(-1 - array.ndim,), keepdims=False
        )


def enter(x: Any, level: BatchLevel, axis: int) -> Any:
    """Raw ``x`` as elements of a batch along ``axis`` (negative)."""
    xp, (value,) = lowered((x,))
    if axis != -len(x.shape):
        value = xp.moveaxis(value, axis, 0)
    elif not isinstance(value, TensorBase):
        value = value[...]
    return Batched(level, bare(value))


def leave(x: Any, level: BatchLevel, axis: int, copy: bool) -> Any:
    """The whole batch of raw ``x``, along ``axis`` (negative); ``copy`` as for :func:`lifted.own`."""
    if level.is_mine(x):
        xp, (value,) = lowered((x.value,))
    else:
        xp, (value,) = lowered((x,))
        value = xp.broadcast_to(value, (level.size, *x.shape))
    if axis != -len(value.shape):
        value = xp.moveaxis(value, 0, axis)
    return own(bare(value), copy)
