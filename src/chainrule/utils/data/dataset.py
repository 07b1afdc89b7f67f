"""Where samples come from: by index, or one after another."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from ..._tensor import Tensor
from ...core.generator import Generator, default_generator
from ...core.value import new_tensor
from ...functions.random import randperm

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples by index: subclass it and define ``__getitem__``, and ``__len__`` for the samplers.

    ``__getitems__`` may be defined too: it gets the list of a batch's indices and gives a list of samples.

    >>> import chainrule as torch
    >>> class Squares(torch.utils.data.Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, index):
    ...         return index ** 2
    >>> list(torch.utils.data.DataLoader(Squares(), batch_size=2))
    [tensor([0, 1]), tensor([4, 9])]
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Samples one after another: subclass it and define ``__iter__``.

    With several workers each has a copy and iterates over all of it: what a copy is to give is for ``__iter__`` to ask
    :func:`get_worker_info`.

    >>> import chainrule as torch
    >>> class Count(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(3))
    >>> list(torch.utils.data.DataLoader(Count(), batch_size=2))
    [tensor([0, 1]), tensor([2])]
    """

    def __add__(self, other: Dataset[Any]) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Any, ...]]):
    """The rows of tensors that are equally long, together.

    Args:
        *tensors: of the same size in the first dimension.

    Raises:
        AssertionError: their sizes differ.

    >>> import chainrule as torch
    >>> torch.utils.data.TensorDataset(torch.arange(3), torch.ones(3))[1]
    (tensor(1), tensor(1.))
    """

    def __init__(self, *tensors: Any) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError(
                f"Size mismatch between tensors: their first sizes are {[tensor.size(0) for tensor in tensors]}"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self.tensors[0].size(0)


def rows_at(dataset: Any, indices: Any) -> list[Any] | None:
    """What the samples at a list of indices make when they are stacked, read at once; None where that is not known.

    It is known of a :class:`TensorDataset`, and of a :class:`Subset` of one, that only hold data.
    """
    if type(indices) is not list:
        return None
    if type(dataset) is Subset and are_indices(indices, len(dataset)):
        return rows_at(dataset.dataset, [dataset.indices[index] for index in indices])
    if type(dataset) is not TensorDataset or not are_indices(indices, len(dataset)):
        return None
    if any(type(t) is not Tensor or t.requires_grad or type(t._array) is not np.ndarray for t in dataset.tensors):
        return None
    return [new_tensor(t._array[indices]) for t in dataset.tensors]


def are_indices(given: Any, count: int) -> bool:
    """Whether there are some, all of them integers from 0 on, and in range."""
    return bool(given) and {int, np.int64}.issuperset(map(type, given)) and min(given) >= 0 and max(given) < count


class StackDataset(Dataset[Any]):
    """Several datasets side by side: a sample is a tuple of one of each, or a dict where they have names.

    Args:
        *args: datasets; or
        **kwargs: datasets with names.

    Raises:
        ValueError: there are none, both kinds are given, or their lengths differ.

    >>> import chainrule as torch
    >>> torch.utils.data.StackDataset(x=[1, 2], y="ab")[1]
    {'x': 2, 'y': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets: Any = args or kwargs
        lengths = [len(dataset) for dataset in self._all()]
        if any(length != lengths[0] for length in lengths):
            raise ValueError(f"Size mismatch between datasets: their lengths are {lengths}")
        self._length = lengths[0]

    def _all(self) -> list[Any]:
        return list(self.datasets.values()) if isinstance(self.datasets, dict) else list(self.datasets)

    def _together(self, parts: list[Any]) -> Any:
        return dict(zip(self.datasets, parts, strict=True)) if isinstance(self.datasets, dict) else tuple(parts)

    def __getitem__(self, index: Any) -> Any:
        return self._together([dataset[index] for dataset in self._all()])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        parts = []
        for dataset in self._all():
            many = getattr(dataset, "__getitems__", None)
            items = many(indices) if callable(many) else [dataset[index] for index in indices]
            if len(items) != len(indices):
                raise ValueError(
                    f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(items)}: its __getitems__ must give "
                    "one sample for each index"
                )
            parts.append(items)
        return [self._together(list(items)) for items in zip(*parts, strict=True)]

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Several datasets, one after another: what ``a + b`` gives.

    Args:
        datasets: with lengths.

    Raises:
        AssertionError: there are none, or one is an :class:`IterableDataset`.

    >>> import chainrule as torch
    >>> joined = torch.utils.data.ConcatDataset([[1, 2], [3]])
    >>> len(joined), joined[2], joined[-3]
    (3, 3, 1)
    """

    datasets: list[Any]
    cumulative_sizes: list[int]

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """The lengths, added up."""
        return list(itertools.accumulate(len(part) for part in sequence))

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset: use ChainDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> Any:
        if idx < 0:
            if -idx > len(self):
                raise ValueError(f"absolute value of index should not exceed dataset length: got {idx} of {len(self)}")
            idx += len(self)
        part = bisect.bisect_right(self.cumulative_sizes, idx)
        return self.datasets[part][idx - (self.cumulative_sizes[part - 1] if part else 0)]

    @property
    def cummulative_sizes(self) -> list[int]:
        """``cumulative_sizes``, as it was once spelled."""
        warnings.warn("cummulative_sizes attribute is renamed to cumulative_sizes", DeprecationWarning, stacklevel=2)
        return self.cumulative_sizes


class ChainDataset(IterableDataset[Any]):
    """Several iterable datasets, one after another.

    Args:
        datasets: of class :class:`IterableDataset`.

    >>> import chainrule as torch
    >>> class Count(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(2))
    >>> list(torch.utils.data.ChainDataset([Count(), Count()]))
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError(f"ChainDataset only supports IterableDataset: got {type(dataset).__name__}")
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._checked())


class Subset(Dataset[T_co]):
    """The samples of a dataset at some indices.

    Args:
        dataset: the whole.
        indices: of those that are to be there.

    >>> import chainrule as torch
    >>> list(torch.utils.data.Subset("abcd", [3, 0]))
    ['d', 'a']
    """

    dataset: Any
    indices: Sequence[int]

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        many = getattr(self.dataset, "__getitems__", None)
        chosen = [self.indices[i] for i in indices]
        return many(chosen) if callable(many) else [self.dataset[index] for index in chosen]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = default_generator
) -> list[Subset[Any]]:
    """Parts of a dataset, drawn at random: PyTorch's for the same seed.

    Args:
        dataset: the whole.
        lengths: of the parts. They add up to that of the whole; or to 1, as fractions: what rounding leaves over goes to
            the first parts, one each.
        generator: that is drawn from; by default the default generator.

    Raises:
        ValueError: they do not add up, or a fraction is not between 0 and 1.

    >>> import chainrule as torch
    >>> g = torch.Generator().manual_seed(0)
    >>> [part.indices for part in torch.utils.data.random_split(range(5), [0.6, 0.4], generator=g)]
    [[4, 0, 1], [3, 2]]
    """
    whole = len(dataset)
    counts: list[Any] = list(lengths)
    if math.isclose(sum(counts), 1) and sum(counts) <= 1:
        for at, fraction in enumerate(counts):
            if fraction < 0 or fraction > 1:
                raise ValueError(f"Fraction at index {at} is not between 0 and 1: it is {fraction}")
        counts = [math.floor(whole * fraction) for fraction in counts]
        for at in range(whole - sum(counts)):
            counts[at % len(counts)] += 1
        for at, count in enumerate(counts):
            if count == 0:
                warnings.warn(
                    f"Length of split at index {at} is 0. This might result in an empty dataset.", stacklevel=2
                )
    if sum(counts) != whole:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset! "
            f"They add up to {sum(counts)}, and it has {whole} samples"
        )
    order = randperm(sum(counts), generator=generator).tolist()
    ends = itertools.accumulate(counts)
    return [Subset(dataset, order[end - count : end]) for end, count in zip(ends, counts, strict=True)]
