"""In which order samples are taken: PyTorch's orders, for the same seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

from ... import dtypes
from ...core.generator import Generator
from ...functions.creation import as_tensor
from ...functions.filling import empty
from ...functions.random import randint, randperm
from ...functions.sampling import multinomial

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T_co = TypeVar("T_co", covariant=True)

CHUNK = 32
"""How many indices are drawn at a time, with replacement."""


class Sampler(Generic[T_co]):
    """Gives indices, one after another: subclass it and define ``__iter__``, and ``__len__`` for the loader's.

    >>> import chainrule as torch
    >>> class Even(torch.utils.data.Sampler):
    ...     def __iter__(self):
    ...         return iter([0, 2])
    >>> list(torch.utils.data.DataLoader([5, 6, 7], sampler=Even()))
    [tensor([5]), tensor([7])]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError("Subclasses of Sampler should implement __iter__.")


class SequentialSampler(Sampler[int]):
    """All indices, from the first to the last.

    Args:
        data_source: the dataset.

    >>> import chainrule as torch
    >>> list(torch.utils.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    data_source: Sized

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


def is_positive(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number > 0


def drawn_seed(generator: Generator | None) -> int:
    """A seed from a generator (None: the default one)."""
    return int(empty((), dtype=dtypes.int64).random_(generator=generator).item())


class RandomSampler(Sampler[int]):
    """Indices in a random order.

    Args:
        data_source: the dataset.
        replacement: whether an index may come more than once.
        num_samples: how many; by default as many as there are.
        generator: that is drawn from. By default a new one, whose seed is drawn from the default generator.

    Raises:
        TypeError: ``replacement`` is no bool.
        ValueError: ``num_samples`` is no positive int.

    >>> import chainrule as torch
    >>> list(torch.utils.data.RandomSampler("abcd", generator=torch.Generator().manual_seed(0)))
    [0, 1, 3, 2]
    """

    data_source: Sized
    replacement: bool

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not is_positive(self.num_samples):
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices there will be."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        generator = self.generator or Generator().manual_seed(drawn_seed(None))
        if self.replacement:
            for start in range(0, self.num_samples + CHUNK, CHUNK):
                count = max(min(CHUNK, self.num_samples - start), 0)
                yield from randint(n, (count,), dtype=dtypes.int64, generator=generator).tolist()
            return
        for _ in range(self.num_samples // n):
            yield from randperm(n, generator=generator).tolist()
        yield from randperm(n, generator=generator).tolist()[: self.num_samples % n]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Some indices, in a random order.

    Args:
        indices: those.
        generator: that is drawn from; by default the default generator.

    >>> import chainrule as torch
    >>> list(torch.utils.data.SubsetRandomSampler([5, 6, 7], torch.Generator().manual_seed(0)))
    [7, 5, 6]
    """

    indices: Sequence[int]

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with weights.

    Args:
        weights: of the indices from 0 on; they need not add up to 1.
        num_samples: how many are drawn.
        replacement: whether an index may come more than once.
        generator: that is drawn from; by default the default generator.

    Raises:
        ValueError: ``num_samples`` is no positive int, ``replacement`` no bool, or ``weights`` is not of one dimension.

    >>> import chainrule as torch
    >>> list(torch.utils.data.WeightedRandomSampler([0., 1.], 3))
    [1, 1, 1]
    """

    weights: Any
    num_samples: int
    replacement: bool

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Generator | None = None
    ) -> None:
        if not is_positive(num_samples):
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        weights_tensor = as_tensor(weights, dtype=dtypes.float64)
        if len(weights_tensor.shape) != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(weights_tensor.shape)}"
            )
        self.weights = weights_tensor
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        chosen = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from iter(chosen.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of a sampler in lists.

    Args:
        sampler: gives indices.
        batch_size: how many a list has.
        drop_last: whether a last, shorter list is left out.

    Raises:
        ValueError: ``batch_size`` is no positive int, or ``drop_last`` no bool.

    >>> import chainrule as torch
    >>> list(torch.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    sampler: Any
    batch_size: int
    drop_last: bool

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not is_positive(batch_size):
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
