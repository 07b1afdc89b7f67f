"""The part of a dataset that is one process's, of several."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ...core.generator import Generator
from ...functions.random import randperm
from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every n-th index, in an order that all processes agree on.

    Args:
        dataset: the whole.
        num_replicas: how many processes there are.
        rank: which one this is, from 0 on.
        shuffle: whether the order is random. Call :meth:`set_epoch` before each epoch, for another one.
        seed: of the order; the same in all processes.
        drop_last: whether the tail is left out that cannot be dealt evenly. Otherwise some samples come twice.

    Raises:
        ValueError: ``rank`` is not one of the replicas; also where one of the two is missing, as there is no process group
            here that would know them.

    >>> import chainrule as torch
    >>> data = torch.utils.data
    >>> [list(data.DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(
                "Default process group has not been initialized, please make sure to call init_process_group: chainrule has none. Give "
                "num_replicas= and rank="
            )
        if rank >= num_replicas or rank < 0:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        count = len(dataset)
        if drop_last and count % num_replicas:
            self.num_samples = math.ceil((count - num_replicas) / num_replicas)
        else:
            self.num_samples = math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        indices = list(range(len(self.dataset)))
        if self.shuffle:
            indices = randperm(len(indices), generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        if not self.drop_last:
            while len(indices) < self.total_size and indices:
                indices += indices[: self.total_size - len(indices)]
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch; the same in all processes."""
        self.epoch = epoch
