"""Masks that say block by block where anything is attended to: ``BlockMask``, and what makes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.value import new_tensor
from ...device import device as device_of
from ...func import vmap
from ...functions import arange, full, isneginf, zeros

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["BlockMask", "and_masks", "create_block_mask", "create_mask", "noop_mask", "or_masks", "over_all"]

Mod = Callable[..., "Tensor"]
BLOCK = 128


def noop_mask(batch: Tensor, head: Tensor, token_q: Tensor, token_kv: Tensor) -> Tensor:
    """Every query attends to every key.

    >>> from chainrule.nn.attention.flex_attention import create_mask, noop_mask
    >>> create_mask(noop_mask, 1, 1, 1, 2)
    tensor([[[[True, True]]]])
    """
    return full((), True)


def and_masks(*mask_mods: Mod) -> Mod:
    """What all of the masks allow.

    Raises:
        RuntimeError: one is no function.

    >>> from chainrule.nn.attention.flex_attention import and_masks, create_mask
    >>> both = and_masks(lambda b, h, i, j: i >= j, lambda b, h, i, j: i - j < 2)
    >>> create_mask(both, 1, 1, 3, 3)[0, 0]
    tensor([[ True, False, False],
            [ True,  True, False],
            [False,  True,  True]])
    """
    refuse_no_functions(mask_mods)

    def and_mask(b: Tensor, h: Tensor, q_idx: Tensor, kv_idx: Tensor) -> Tensor:
        result = full((), True)
        for mask in mask_mods:
            result = result & mask(b, h, q_idx, kv_idx)
        return result

    return and_mask


def or_masks(*mask_mods: Mod) -> Mod:
    """What any of the masks allows.

    Raises:
        RuntimeError: one is no function.

    >>> from chainrule.nn.attention.flex_attention import create_mask, or_masks
    >>> create_mask(or_masks(lambda b, h, i, j: i > j, lambda b, h, i, j: j == 1), 1, 1, 2, 2)[0, 0]
    tensor([[False,  True],
            [ True,  True]])
    """
    refuse_no_functions(mask_mods)

    def or_mask(b: Tensor, h: Tensor, q_idx: Tensor, kv_idx: Tensor) -> Tensor:
        result = full((), False)
        for mask in mask_mods:
            result = result | mask(b, h, q_idx, kv_idx)
        return result

    return or_mask


def refuse_no_functions(mask_mods: tuple[Any, ...]) -> None:
    if not all(callable(one) for one in mask_mods):
        raise RuntimeError(f"All inputs should be callable mask_mods: {mask_mods}")


def over_all(mod: Mod, scores: Tensor | None, sizes: tuple[int, int, int, int], place: Any = None) -> Tensor:
    """A function of (score and) batch, head, query and key, for all of them: of shape ``sizes``."""
    first: tuple[Any, ...] = () if scores is None else (0,)
    for at in (3, 2, 1, 0):
        in_dims = [None] * 4
        in_dims[at] = 0  # type: ignore[call-overload]
        mod = vmap(mod, in_dims=(*first, *in_dims))
    places = [arange(size, device=place) for size in sizes]
    return mod(*(() if scores is None else (scores,)), *places)


def create_mask(mod_fn: Mod, B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device: Any = None) -> Tensor:
    """A mask, element by element, from a function of the places.

    Args:
        mod_fn: of (batch, head, query, key), True where attention goes; or of (score, batch, head, query, key), for where it does
            not give minus infinity.
        B: the number of batches (None: 1).
        H: of heads (None: 1).
        Q_LEN: of queries.
        KV_LEN: of keys.
        device: the CPU.

    Returns:
        Of shape (B, H, Q_LEN, KV_LEN), bools.

    Raises:
        AssertionError: a function of another number of arguments.

    >>> from chainrule.nn.attention.flex_attention import create_mask
    >>> create_mask(lambda b, h, i, j: i >= j, None, None, 2, 2)
    tensor([[[[ True, False],
              [ True,  True]]]])
    """
    device_of(device if device is not None else "cpu")
    sizes = (1 if B is None else B, 1 if H is None else H, Q_LEN, KV_LEN)
    count = len([p for p in inspect.signature(mod_fn).parameters.values() if p.default is p.empty])
    assert count in (4, 5), f"Expected 4 or 5 positional args, got {count}"
    if count == 4:
        return over_all(mod_fn, None, sizes)
    return ~isneginf(over_all(mod_fn, zeros(sizes), sizes))


def create_block_mask(
    mask_mod: Mod,
    B: int | None,
    H: int | None,
    Q_LEN: int,
    KV_LEN: int,
    device: Any = None,
    BLOCK_SIZE: int | tuple[int, int] = BLOCK,
    _compile: bool = False,
    separate_full_blocks: bool = True,
    compute_dq_write_order: bool = False,
    dq_kv_order: bool = True,
) -> BlockMask:
    """A mask by blocks, from a function of the places.

    Args:
        mask_mod: of (batch, head, query, key), True where attention goes.
        B: the number of batches that it tells apart (None: 1).
        H: of heads (None: 1).
        Q_LEN: of queries.
        KV_LEN: of keys.
        device: the CPU.
        BLOCK_SIZE: of queries and keys.
        separate_full_blocks: whether blocks that are allowed as a whole are noted apart.
        compute_dq_write_order: accepted.
        dq_kv_order: accepted.

    Raises:
        AssertionError: a function that does not give bools, or of another number of arguments.

    >>> from chainrule.nn.attention.flex_attention import create_block_mask
    >>> create_block_mask(lambda b, h, i, j: i >= j, 1, 1, 256, 256).to_dense()
    tensor([[[[1, 0],
              [1, 1]]]], dtype=torch.int32)
    """
    rows, columns = pair(BLOCK_SIZE)
    mask = create_mask(mask_mod, B, H, Q_LEN, KV_LEN, device)
    assert mask._array.dtype.kind == "b", f"mask.dtype must be torch.bool, got {mask.dtype}"
    values: Any = mask.numpy()
    padded = np.pad(values, ((0, 0), (0, 0), (0, -Q_LEN % rows), (0, -KV_LEN % columns)))
    b, h, q, k = padded.shape
    sums = padded.reshape(b, h, q // rows, rows, k // columns, columns).sum((3, 5))
    whole = (sums == rows * columns) & separate_full_blocks
    partial = (sums > 0) & ~whole
    return from_blocks((Q_LEN, KV_LEN), partial, whole if separate_full_blocks else None, (rows, columns), mask_mod)


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def ordered(blocks: Any) -> tuple[Tensor, Tensor]:
    """In each row how many blocks are there, and their columns, those first that are."""
    return (
        new_tensor(blocks.sum(-1, dtype=np.int32)),
        new_tensor(np.argsort(~blocks, axis=-1, kind="stable").astype(np.int32)),
    )


def unordered(counts: Tensor, columns: Tensor) -> Any:
    """The blocks that :func:`ordered` is about, as bools."""
    number, at = (np.asarray(x.numpy()) for x in (counts, columns))
    is_there = np.arange(at.shape[-1]) < number[..., None]
    blocks = np.zeros(at.shape, bool)
    np.put_along_axis(blocks, at.astype(np.int64), is_there, -1)
    return blocks


def from_blocks(lengths: tuple[int, int], partial: Any, whole: Any, size: tuple[int, int], mod: Mod) -> BlockMask:
    """The mask of which some (``partial``) or all (``whole``, or None) of each block is allowed."""
    tables: list[Any] = []
    for axes in ((-2, -1), (-1, -2)):
        for blocks in (partial, whole):
            tables += (None, None) if blocks is None else ordered(np.moveaxis(blocks, axes, (-2, -1)))
    return BlockMask(lengths, **named(tables), BLOCK_SIZE=size, mask_mod=mod)


def _sliced_mask_mod_error(*args: Any) -> Any:
    raise RuntimeError(
        "Cannot use mask_mod from a sliced BlockMask. When you slice a BlockMask using [], the mask_mod attribute is reset: set it from "
        "the original BlockMask's mask_mod, moved by where the slice begins"
    )


TABLES = (
    "kv_num_blocks", "kv_indices", "full_kv_num_blocks", "full_kv_indices",
    "q_num_blocks", "q_indices", "full_q_num_blocks", "full_q_indices",
)  # fmt: skip


def named(tables: list[Any]) -> dict[str, Any]:
    return dict(zip(TABLES, tables, strict=False))


class BlockMask:
    """Which blocks of (queries, keys) are attended to, and the function that says so for each element.

    Args:
        seq_lengths: the numbers of queries and keys.
        kv_num_blocks, kv_indices: for each row of blocks, of how many some is allowed, and which, those first; int32.
        full_kv_num_blocks, full_kv_indices: likewise, those that are allowed as a whole; None: they are among the others.
        q_num_blocks, q_indices, full_q_num_blocks, full_q_indices: the same by columns of blocks.
        BLOCK_SIZE: of queries and keys.
        mask_mod: of (batch, head, query, key), True where attention goes.

    Raises:
        RuntimeError: ``kv_indices`` of fewer than two dimensions.

    >>> from chainrule.nn.attention.flex_attention import create_block_mask
    >>> mask = create_block_mask(lambda b, h, i, j: i >= j, 1, 1, 256, 256)
    >>> mask.shape, mask.sparsity()
    ((1, 1, 256, 256), 25.0)
    """

    def __init__(
        self,
        seq_lengths: tuple[int, int],
        kv_num_blocks: Tensor,
        kv_indices: Tensor,
        full_kv_num_blocks: Tensor | None,
        full_kv_indices: Tensor | None,
        q_num_blocks: Tensor | None,
        q_indices: Tensor | None,
        full_q_num_blocks: Tensor | None,
        full_q_indices: Tensor | None,
        BLOCK_SIZE: tuple[int, int] = (BLOCK, BLOCK),
        mask_mod: Mod = noop_mask,
    ) -> None:
        if kv_indices.dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        self.seq_lengths = seq_lengths
        self.kv_num_blocks, self.kv_indices = kv_num_blocks, kv_indices
        self.full_kv_num_blocks, self.full_kv_indices = full_kv_num_blocks, full_kv_indices
        self.q_num_blocks, self.q_indices = q_num_blocks, q_indices
        self.full_q_num_blocks, self.full_q_indices = full_q_num_blocks, full_q_indices
        self.BLOCK_SIZE, self.mask_mod = BLOCK_SIZE, mask_mod

    @classmethod
    def from_kv_blocks(
        cls,
        kv_num_blocks: Tensor,
        kv_indices: Tensor,
        full_kv_num_blocks: Tensor | None = None,
        full_kv_indices: Tensor | None = None,
        BLOCK_SIZE: int | tuple[int, int] = BLOCK,
        mask_mod: Mod | None = None,
        seq_lengths: tuple[int, int] | None = None,
        compute_q_blocks: bool = True,
    ) -> BlockMask:
        """A mask from its tables by rows; those by columns follow from them.

        Raises:
            RuntimeError: ``kv_indices`` of fewer than two dimensions.
        """
        if kv_indices.dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        rows, columns = pair(BLOCK_SIZE)
        partial = unordered(kv_num_blocks, kv_indices)
        lengths = seq_lengths or (partial.shape[-2] * rows, partial.shape[-1] * columns)
        full: list[Any] = [None, None]
        if full_kv_num_blocks is not None and full_kv_indices is not None:
            full = list(ordered(unordered(full_kv_num_blocks, full_kv_indices).swapaxes(-1, -2)))
        by_column = [*ordered(partial.swapaxes(-1, -2)), *full] if compute_q_blocks else [None] * 4
        tables: list[Any] = [kv_num_blocks, kv_indices, full_kv_num_blocks, full_kv_indices, *by_column]
        return cls(lengths, **named(tables), BLOCK_SIZE=(rows, columns), mask_mod=mask_mod or noop_mask)

    @property
    def shape(self) -> tuple[int, ...]:
        """(batches, heads, queries, keys)."""
        return (*self.kv_indices.shape[:-2], *self.seq_lengths)

    def numel(self) -> int:
        size = 1
        for one in self.shape:
            size *= one
        return size

    def sparsity(self) -> float:
        """How many percent of all elements are in blocks that are left out."""
        counts = self.kv_num_blocks.sum().item()
        if self.full_kv_num_blocks is not None:
            counts += self.full_kv_num_blocks.sum().item()
        rows, columns = self.BLOCK_SIZE
        return 100 * (1 - counts * rows * columns / self.numel())

    def to_dense(self) -> Tensor:
        """1 for each block of which anything is allowed, else 0; int32."""
        return new_tensor(self._blocks().astype(np.int32))

    def _blocks(self) -> Any:
        partial = unordered(self.kv_num_blocks, self.kv_indices)
        if self.full_kv_num_blocks is None or self.full_kv_indices is None:
            return partial
        return partial | unordered(self.full_kv_num_blocks, self.full_kv_indices)

    def as_tuple(self, flatten: bool = True) -> tuple[Any, ...]:
        """All that it was made of."""
        tables = (*(getattr(self, name) for name in TABLES), None, None, None, None)
        if flatten:
            return (*self.seq_lengths, *tables, *self.BLOCK_SIZE, self.mask_mod)
        return (self.seq_lengths, *tables, self.BLOCK_SIZE, self.mask_mod)

    def to(self, device: Any) -> BlockMask:
        """The same mask, with its tables on a device."""
        moved: list[Any] = [
            None if table is None else table.to(device) for table in (getattr(self, name) for name in TABLES)
        ]
        return BlockMask(self.seq_lengths, **named(moved), BLOCK_SIZE=self.BLOCK_SIZE, mask_mod=self.mask_mod)

    def __getitem__(self, index: Any) -> BlockMask:
        """Some batches, heads and rows of blocks. Its ``mask_mod`` is to be set anew."""
        given = index if isinstance(index, tuple) else (index,)
        at = tuple([slice(n, n + 1 if n != -1 else None) if isinstance(n, int) else n for n in given])
        tables: list[Any] = [None if table is None else table[at[:3]] for table in self.as_tuple(False)[1:5]]
        return BlockMask.from_kv_blocks(
            **named(tables), BLOCK_SIZE=self.BLOCK_SIZE, mask_mod=_sliced_mask_mod_error, seq_lengths=self.seq_lengths
        )

    def _adjust(self, new_q_len: int, new_kv_len: int) -> BlockMask:
        """The same for other numbers of queries and keys: blocks are cut off."""
        rows, columns = -(-new_q_len // self.BLOCK_SIZE[0]), -(-new_kv_len // self.BLOCK_SIZE[1])
        partial = unordered(self.kv_num_blocks, self.kv_indices)[..., :rows, :columns]
        whole = None
        if self.full_kv_num_blocks is not None and self.full_kv_indices is not None:
            whole = unordered(self.full_kv_num_blocks, self.full_kv_indices)[..., :rows, :columns]
        return from_blocks((new_q_len, new_kv_len), partial, whole, self.BLOCK_SIZE, self.mask_mod)

    def to_string(self, grid_size: int | tuple[int, int] = 20, limit: int = 4) -> str:
        """The mask drawn: full cells where all blocks are attended to, shaded ones where some are.

        Args:
            grid_size: at most so many cells in a row and in a column; -1: a cell for each block.
            limit: at most so many batches and heads.
        """
        blocks = self._blocks()
        places = list(np.ndindex(blocks.shape[:-2]))
        drawn = [
            f"{place}\n" + "".join(f"{line}\n" for line in cells(blocks[place], grid_size)) for place in places[:limit]
        ]
        if len(places) > limit:
            drawn.append(
                "...\nTo print out more, set BlockMask.to_string(limit=N)\n"
                "You can also index (BlockMask[batch, head]) to choose a specific batch or head"
            )
        return "\n".join(drawn)

    def __str__(self) -> str:
        drawn = self.to_string().rstrip("\n")
        return f"BlockMask(shape={self.shape}, sparsity={self.sparsity():.2f}%, \n{drawn}\n)"

    def __repr__(self) -> str:
        lines = [f"    {name}={None if (x := getattr(self, name)) is None else x.shape},\n" for name in TABLES]
        name = getattr(self.mask_mod, "__name__", repr(self.mask_mod))
        return (
            f"BlockMask(\n{''.join(lines)}    BLOCK_SIZE={self.BLOCK_SIZE},\n    shape={self.shape},\n"
            f"    sparsity={self.sparsity():.2f}%,\n    mask_mod={name}\n)"
        )


def cells(blocks: Any, grid_size: int | tuple[int, int]) -> list[str]:
    rows, columns = blocks.shape
    down, right = (grid_size, grid_size) if isinstance(grid_size, int) else grid_size
    height = 1 if down == -1 else -(-rows // down)
    width = 1 if right == -1 else -(-columns // right)
    lines = []
    for r in range(0, rows, height):
        shares = [blocks[r : r + height, c : c + width].mean() for c in range(0, columns, width)]
        lines.append("".join("██" if share == 1 else "  " if share == 0 else "░░" for share in shares))
    return lines
