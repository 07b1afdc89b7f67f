"""``torch.cpu``: what programs for any device ask of the CPU. There is one, and one stream of work, which is never behind."""

from __future__ import annotations

from typing import Any, Self

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "current_device",
    "current_stream",
    "device_count",
    "is_available",
    "is_initialized",
    "set_device",
    "stream",
    "synchronize",
]


def is_available() -> bool:
    """Whether there is a CPU: True.

    >>> import chainrule as torch
    >>> torch.cpu.is_available()
    True
    """
    return True


def is_initialized() -> bool:
    """Whether it is in use: True."""
    return True


def device_count() -> int:
    """How many there are: 1."""
    return 1


def current_device() -> str:
    """The device's name: "cpu"."""
    return "cpu"


def set_device(device: Any) -> None:
    """Choose it: does nothing."""


def synchronize(device: Any = None) -> None:
    """Wait for work that is not done: there is none."""


class Stream:
    """The queue of work, in which nothing waits."""

    def __init__(self, priority: int = -1) -> None:
        pass

    def wait_stream(self, stream: Any) -> None:
        """Wait for another queue: nothing waits there either."""

    def record_event(self) -> None:
        """Note how far the work is: does nothing."""

    def wait_event(self, event: Any) -> None:
        """Wait for what was noted: it has happened."""


class Event:
    """A moment in the queue of work: always in the past."""

    def query(self) -> bool:
        """Whether it has happened: True."""
        return True

    def record(self, stream: Any = None) -> None:
        """Note it: does nothing."""

    def synchronize(self) -> None:
        """Wait for it: it has happened."""

    def wait(self, stream: Any = None) -> None:
        """Let a queue wait for it: it has happened."""


_STREAM = Stream()


def current_stream(device: Any = None) -> Stream:
    """The queue of work."""
    return _STREAM


class StreamContext:
    """Context manager: work goes to a queue inside. There is but one."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def stream(stream: Any) -> StreamContext:
    """Work goes to ``stream`` inside the ``with`` statement."""
    return StreamContext(stream)


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
