"""``DataLoader``: batches of a dataset, in PyTorch's order for the same seed, fetched here or by worker processes."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import warnings
import weakref
from collections.abc import Callable, Iterator
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ._utils.collate import default_collate, default_convert
from ._utils.fetch import fetcher
from ._utils.worker import EXHAUSTED, FAILED, FETCH, RESUME, RESUMED, STOP, Plan, get_worker_info, work
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, drawn_seed

if TYPE_CHECKING:
    from ...core.generator import Generator

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)

PATIENCE = 5.0
"""Seconds that a worker has to finish its batch when it is told to stop."""


_collate_fn_t = Callable[[list[Any]], Any]
_worker_init_fn_t = Callable[[int], None]
"""What type hints of packages call these functions."""


class _DatasetKind:
    Map = 0
    Iterable = 1


class _InfiniteConstantSampler(Sampler[None]):
    """Stands for the sampler of an iterable dataset, which takes its samples itself."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class DataLoader(Generic[T_co]):
    """Batches of a dataset.

    Each ``iter(loader)`` is one pass (an epoch); with ``shuffle=True`` in an order of its own. The random numbers that it
    takes from the default generator, or from ``generator``, are those that PyTorch takes.

    Args:
        dataset: with ``__getitem__`` and ``__len__``, or an :class:`IterableDataset`.
        batch_size: samples in a batch; None gives samples as they are.
        shuffle: whether the order is random.
        sampler: gives indices, instead of ``shuffle``.
        batch_sampler: gives lists of indices, instead of all of the above and ``drop_last``.
        num_workers: processes that fetch batches; 0 fetches them here.
        collate_fn: makes a batch of a list of samples; by default :func:`default_collate`.
        pin_memory: accepted; there is no memory to pin without a GPU, as a warning says.
        drop_last: whether a last, smaller batch is left out.
        timeout: seconds to wait for a worker's batch; 0 waits for ever.
        worker_init_fn: called in each worker with its number, after it was seeded with ``base_seed + number``.
        multiprocessing_context: how workers are started: "fork", "spawn", "forkserver", or a context.
        generator: that order and seeds are drawn from.
        prefetch_factor: batches that each worker makes in advance; by default 2.
        persistent_workers: whether the workers stay for the next epoch.
        pin_memory_device: accepted.
        in_order: whether batches come in order though another is ready first.

    Raises:
        ValueError: arguments exclude each other. RuntimeError: a worker died or took too long; while iterating, whatever
            the dataset raises, with the worker's traceback.

    >>> import chainrule as torch
    >>> loader = torch.utils.data.DataLoader(range(5), batch_size=2, shuffle=True, generator=torch.Generator().manual_seed(0))
    >>> list(loader), len(loader)
    ([tensor([3, 1]), tensor([0, 4]), tensor([2])], 3)
    """

    dataset: Any
    batch_size: int | None
    num_workers: int
    pin_memory: bool
    drop_last: bool
    timeout: float
    sampler: Any
    batch_sampler: Any
    generator: Generator | None
    pin_memory_device: str
    prefetch_factor: int | None
    _initialized = False
    _iterator: Any = None
    _length_told: int | None = None
    """What an iterable dataset said its length was, if it was asked."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self._dataset_kind = _DatasetKind.Iterable if isinstance(dataset, IterableDataset) else _DatasetKind.Map
        if self._is_iterable:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}: it gives its "
                        "samples in an order of its own"
                    )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle: let the sampler shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last: it makes the batches"
                )
            batch_size = None
            drop_last = False
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._is_iterable:
                sampler = _InfiniteConstantSampler()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.collate_fn = collate_fn or (default_collate if self._auto_collation else default_convert)
        self.persistent_workers = persistent_workers
        self._initialized = True
        self.check_worker_number_rationality()

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
        if self._initialized and name in fixed:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized: make another"
            )
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """How workers are started: a context of ``multiprocessing``, or None for its default."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            if not self.num_workers:
                raise ValueError(
                    f"multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers={self.num_workers}"
                )
            if isinstance(context, str):
                known = multiprocessing.get_all_start_methods()
                if context not in known:
                    raise ValueError(
                        f"multiprocessing_context option should specify a valid start method in {known}, but got multiprocessing_context={context!r}"
                    )
                context = multiprocessing.get_context(context)
            if not hasattr(context, "Process"):
                raise TypeError(
                    "multiprocessing_context option should be a valid context object or a string specifying the start method, but got "
                    f"multiprocessing_context={context!r}"
                )
        self._context = context

    @property
    def _is_iterable(self) -> bool:
        return self._dataset_kind == _DatasetKind.Iterable

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def __iter__(self) -> Any:
        if not (self.persistent_workers and self.num_workers):
            return self._get_iterator()
        if self._iterator is None or self._iterator.is_down:
            self._iterator = self._get_iterator()
        else:
            self._iterator.restart()
        return self._iterator

    def _get_iterator(self) -> Any:
        if not self.num_workers:
            return _SingleProcessDataLoaderIter(self)
        self.check_worker_number_rationality()
        return _MultiProcessingDataLoaderIter(self)

    def __len__(self) -> int:
        """The number of batches; of an iterable dataset, what its own length says."""
        if not self._is_iterable:
            return len(self._index_sampler)
        length = self._length_told = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn of more workers than processors."""
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        if available is not None and self.num_workers > available:
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max number of worker in "
                f"current system is {available}, which is smaller than what this DataLoader is going to create. Please be aware that "
                "excessive worker creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential "
                "slowness/freeze if necessary.",
                stacklevel=2,  # this file: a notebook shows it once, not for each loader that it makes
            )


def check_workers(count: Any, timeout: Any, prefetch: Any, is_persistent: bool) -> None:
    if count < 0:
        raise ValueError(
            f"num_workers option should be non-negative; use num_workers=0 to disable multiprocessing. Got {count}"
        )
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative: got {timeout}")
    if count == 0 and prefetch is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing, "
            "otherwise set prefetch_factor to None."
        )
    if prefetch is not None and prefetch < 0:
        raise ValueError(f"prefetch_factor option should be non-negative: got {prefetch}")
    if is_persistent and count == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


class _BaseDataLoaderIter:
    """One pass over a loader."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._dataset = loader.dataset
        self._is_iterable = loader._is_iterable
        self._index_sampler = loader._index_sampler
        self._in_batches = loader._auto_collation
        self._collate_fn = loader.collate_fn
        self._drop_last = loader.drop_last
        self._length = loader._length_told
        self._num_workers = loader.num_workers
        self._num_yielded = 0
        self._sampler_iter = iter(self._index_sampler)
        self._base_seed = drawn_seed(loader.generator)
        if loader.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
                stacklevel=4,
            )

    def __iter__(self) -> Self:
        return self

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        if self._length is not None and self._num_yielded > self._length:
            warnings.warn(
                f"Length of IterableDataset {self._dataset} was reported to be {self._length}(when accessing len(dataloader)), but "
                f"{self._num_yielded} samples have been fetched. "
                + (
                    "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset replica at "
                    "each worker: ask torch.utils.data.get_worker_info() in __iter__."
                    if self._num_workers
                    else ""
                ),
                stacklevel=2,
            )
        return data

    def _next_data(self) -> Any:
        raise NotImplementedError


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass that fetches the batches itself."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._fetch = fetcher(self._dataset, self._is_iterable, self._in_batches, self._collate_fn, self._drop_last)

    def _next_data(self) -> Any:
        return self._fetch(next(self._sampler_iter))


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """A pass whose batches come from worker processes. It stops them at its end, when it is dropped, and at exit."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._timeout = loader.timeout
        self._in_order = loader.in_order
        self._ahead = loader.num_workers * (loader.prefetch_factor or 1)
        self._persistent = loader.persistent_workers
        context: Any = loader.multiprocessing_context or multiprocessing.get_context()
        plan = Plan(
            loader.dataset, loader._is_iterable, loader._auto_collation, loader.collate_fn, loader.drop_last, self._base_seed,
            loader.worker_init_fn, loader.num_workers,
        )  # fmt: skip
        self._workers: list[Any] = []
        self._pipes: list[Any] = []
        self._stop = weakref.finalize(self, stop, self._workers, self._pipes, os.getpid())
        is_fork = context.get_start_method() == "fork"
        try:
            for number in range(loader.num_workers):
                ours, theirs = context.Pipe()
                self._pipes.append(ours)
                inherited = list(self._pipes) if is_fork else []
                worker = context.Process(target=work, args=(plan, number, theirs, inherited), daemon=True)
                worker.start()
                theirs.close()
                self._workers.append(worker)
        except BaseException:
            self._stop()
            raise
        self._begin()

    @property
    def is_down(self) -> bool:
        """Whether the workers have been stopped."""
        return not self._stop.alive

    def restart(self) -> None:
        """Begin another pass with the same workers."""
        self._sampler_iter = iter(())
        while any(worker is not None for worker in self._owner.values()):  # results of a pass that was left
            self._receive()
        self._num_yielded = 0
        self._sampler_iter = iter(self._index_sampler)
        for number in range(self._num_workers):
            self._send(number, (RESUME, 0, None))
        waiting = set(range(self._num_workers))
        while waiting:
            number, (what, _, _) = self._answer()
            if what == RESUMED:
                waiting.discard(number)
        self._begin()

    def _begin(self) -> None:
        self._sent = self._next = 0
        self._owner: dict[int, int | None] = {}
        """Task -> the worker that is at it; None once its result is here."""
        self._results: dict[int, Any] = {}
        self._active = [True] * self._num_workers
        self._turn = itertools.cycle(range(self._num_workers))
        for _ in range(self._ahead):
            self._ask()

    def _ask(self) -> None:
        """Give the next worker in turn the next batch to fetch, if there is one."""
        if not any(self._active):
            return
        try:
            indices = next(self._sampler_iter)
        except StopIteration:
            return
        worker = next(number for number in self._turn if self._active[number])
        self._owner[self._sent] = worker
        self._send(worker, (FETCH, self._sent, indices))
        self._sent += 1

    def _send(self, worker: int, task: tuple[int, int, Any]) -> None:
        try:
            self._pipes[worker].send(task)
        except (BrokenPipeError, ConnectionResetError):
            self._died([worker])

    def _died(self, numbers: list[int]) -> None:
        for number in numbers:
            self._workers[number].join(PATIENCE)
        told = ", ".join(
            f"{self._workers[number].pid} with exit code {self._workers[number].exitcode}" for number in numbers
        )
        self._stop()
        raise RuntimeError(
            f"DataLoader worker (pid(s) {told}) exited unexpectedly. It was killed (for want of memory, perhaps), or could not start: "
            "with start method 'spawn' the program's main part must stand under `if __name__ == '__main__':`. num_workers=0 shows "
            "errors where they arise"
        )

    def _answer(self) -> tuple[int, tuple[int, int, Any]]:
        """The next answer, and the worker that gives it."""
        if self.is_down:
            raise RuntimeError(
                "the workers of this DataLoader iterator have been stopped: iterate over the loader anew"
            )
        ready = connection.wait(self._pipes, self._timeout or None)
        if not ready:
            self._stop()
            raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds: no worker gave a batch")
        number = self._pipes.index(ready[0])
        try:
            return number, self._pipes[number].recv()
        except (EOFError, ConnectionResetError):
            self._died([number])
            raise
        except Exception:  # what was sent cannot be read: nobody knows which batch it is
            self._stop()
            raise

    def _receive(self) -> None:
        """Take in one answer."""
        worker, (what, task, data) = self._answer()
        if what == EXHAUSTED:
            self._active[worker] = False
            for other in [task for task, owner in self._owner.items() if owner == worker]:
                del self._owner[other]
                self._ask()
        else:
            self._owner[task] = None
            self._results[task] = (what, data)

    def _next_data(self) -> Any:
        while True:
            while self._next < self._sent and self._next not in self._owner:
                self._next += 1  # it was asked of a worker whose samples have come to an end, or has been given already
            if not self._owner:
                if not self._persistent:
                    self._stop()
                raise StopIteration
            task = self._next if self._in_order else next(iter(self._results), self._next)
            if task not in self._results:
                self._receive()
                continue
            what, data = self._results.pop(task)
            del self._owner[task]
            self._ask()
            if what == FAILED:
                data.reraise()
            return data


def stop(workers: list[Any], pipes: list[Any], owner: int) -> None:
    """Stop the workers: those that finish within a few seconds by themselves, the others by force."""
    if os.getpid() != owner:  # a fork of the main process
        return
    for pipe in pipes:
        with contextlib.suppress(OSError):  # it is gone already
            pipe.send((STOP, 0, None))
    for worker in workers:
        worker.join(PATIENCE)
        if worker.is_alive():
            worker.terminate()
            worker.join(PATIENCE)
        if worker.is_alive():
            worker.kill()
            worker.join()
    for pipe in pipes:
        pipe.close()
