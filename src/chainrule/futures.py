"""``torch.futures``: results that are not there yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]

T = TypeVar("T")


class Future(Generic[T]):
    """A result that somebody will set.

    Args:
        devices: accepted.

    >>> import chainrule as torch
    >>> future = torch.futures.Future()
    >>> doubled = future.then(lambda done: 2 * done.wait())
    >>> future.set_result(torch.ones(2))
    >>> doubled.wait()
    tensor([2., 2.])
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._is_done = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[Future[T]], Any]] = []
        self._result: Any = None
        self._error: Exception | None = None

    def done(self) -> bool:
        """Whether the result, or an exception, is there."""
        return self._is_done.is_set()

    def wait(self) -> T:
        """The result, as soon as it is there; or the exception that was set is raised."""
        self._is_done.wait()
        return self.value()

    def value(self) -> T:
        """The result, or the exception that was set is raised.

        Raises:
            RuntimeError: it is not there yet.
        """
        if not self.done():
            raise RuntimeError("the Future has no result yet: wait() waits for it")
        if self._error is not None:
            raise self._error
        result: T = self._result
        return result

    def then(self, callback: Callable[[Future[T]], Any]) -> Future[Any]:
        """The Future of what ``callback`` makes of this one, when it is done.

        An exception of the callback is raised where that is waited for, as a RuntimeError.
        """
        following: Future[Any] = Future()

        def run(done: Future[T]) -> None:
            try:
                result = callback(done)
            except Exception as error:  # noqa: BLE001 - it is handed on
                message = f"Got the following error when running the callback: {type(error).__name__}: {error}"
                following._finish(None, RuntimeError(message))
            else:
                following.set_result(result)

        self.add_done_callback(run)
        return following

    def add_done_callback(self, callback: Callable[[Future[T]], Any]) -> None:
        """Call ``callback`` with this Future when it is done: at once, if it is."""
        with self._lock:
            if not self.done():
                self._callbacks.append(callback)
                return
        callback(self)

    def set_result(self, result: T) -> None:
        """Set the result.

        Raises:
            RuntimeError: there is one.
        """
        self._finish(result, None)

    def set_exception(self, result: Exception) -> None:
        """Set an exception, which is raised where the result is waited for.

        Raises:
            AssertionError: no exception. RuntimeError: there is a result.
        """
        assert isinstance(result, Exception), f"{result} is of type {type(result)}, not an Exception."
        self._finish(None, result)

    def _finish(self, result: Any, error: Exception | None) -> None:
        with self._lock:
            if self.done():
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked completed once."
                )
            self._result, self._error = result, error
            self._is_done.set()
        for callback in self._callbacks:
            callback(self)
        self._callbacks.clear()


def collect_all(futures: Sequence[Future[Any]]) -> Future[list[Future[Any]]]:
    """The Future of all of these, done: when the last of them is.

    >>> import chainrule as torch
    >>> one, other = torch.futures.Future(), torch.futures.Future()
    >>> both = torch.futures.collect_all([one, other])
    >>> one.set_result(1); other.set_result(2)
    >>> [future.value() for future in both.wait()]
    [1, 2]
    """
    collected: Future[list[Future[Any]]] = Future()
    given = list(futures)
    lock, left = threading.Lock(), [len(given)]

    def count(done: Future[Any]) -> None:
        with lock:
            left[0] -= 1
            is_last = left[0] == 0
        if not is_last:
            return
        failed = next((one._error for one in given if one._error is not None), None)
        collected._finish(given, failed)

    for one in given:
        one.add_done_callback(count)
    if not given:
        collected.set_result([])
    return collected


def wait_all(futures: Sequence[Future[Any]]) -> list[Any]:
    """The results of all of these; or the first of their exceptions is raised.

    >>> import chainrule as torch
    >>> done = torch.futures.Future()
    >>> done.set_result(3)
    >>> torch.futures.wait_all([done])
    [3]
    """
    return [one.wait() for one in collect_all(futures).wait()]
