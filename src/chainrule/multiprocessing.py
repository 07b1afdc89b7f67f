"""PyTorch's ``torch.multiprocessing``: Python's ``multiprocessing``, and processes that report what they raised.

Tensors that are sent to another process arrive as copies: processes share no memory of tensors, ``share_memory_()`` changes nothing.
"""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import *  # noqa: F403 - it is that module, with a few names more
from multiprocessing import connection
from typing import Any

__all__ = multiprocessing.__all__ + [  # noqa: RUF005 - a list of its own, and a few names more
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]


class ProcessException(Exception):  # noqa: N818 - PyTorch's name
    """A process did not end as it should.

    Attributes:
        error_index: which of the processes.
        error_pid: its number for the operating system.
    """

    def __init__(self, message: str, error_index: int, error_pid: int | None) -> None:
        super().__init__(message)
        self.error_index, self.error_pid = error_index, error_pid


class ProcessRaisedException(ProcessException):
    """A process raised; the message has its traceback."""


class ProcessExitedException(ProcessException):
    """A process ended by a signal, or with an exit code.

    Attributes:
        exit_code: the code; negative, the number of the signal.
        signal_name: the signal, if it was one.
    """

    def __init__(
        self, message: str, error_index: int, error_pid: int | None, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(message, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name


def _run(function: Callable[..., Any], number: int, args: Sequence[Any], report: Any) -> None:
    """What a process does: exits with 1 after sending the traceback of what was raised."""
    try:
        function(number, *args)
    except KeyboardInterrupt:
        raise SystemExit(1) from None  # the parent has it too
    except Exception:  # noqa: BLE001 - whatever it is, the parent is told
        report.send(traceback.format_exc())
        raise SystemExit(1) from None


class ProcessContext:
    """Processes that run one function.

    Attributes:
        processes: as ``multiprocessing`` made them.
    """

    def __init__(self, processes: list[Any], reports: list[Any]) -> None:
        self.processes = processes
        self._reports = dict(enumerate(reports))
        """The pipes from which nothing has been read yet: a process does not end before its message is read, if that is long."""
        self._said: dict[int, str] = {}

    def pids(self) -> list[int]:
        """Their numbers for the operating system."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait for all, for at most ``timeout`` seconds; whether all have ended.

        As soon as one fails the others are terminated; killed, if they have not ended ``grace_period`` (5) seconds later.

        Raises:
            ProcessRaisedException: one raised; the message has its traceback.
            ProcessExitedException: one ended by a signal or with another exit code than 0.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while running := [process for process in self.processes if process.is_alive()]:
            if any(process.exitcode for process in self.processes):
                break
            left = None if until is None else max(until - time.monotonic(), 0)
            ready = connection.wait([*[process.sentinel for process in running], *self._reports.values()], left)
            if not ready:
                return False
            self._listen([number for number, report in self._reports.items() if report in ready])
        failed = next((n for n, process in enumerate(self.processes) if process.exitcode), None)
        if failed is None:
            return True
        self._end(5 if grace_period is None else grace_period)
        raise self._error(failed)

    def _listen(self, numbers: list[int]) -> None:
        """Read what these processes have sent, if anything."""
        for number in numbers:
            with (
                self._reports.pop(number) as report,
                suppress(EOFError, OSError),
            ):  # it sent nothing, or was killed meanwhile
                if report.poll():
                    self._said[number] = report.recv()

    def _end(self, grace_period: float) -> None:
        for process in self.processes:
            process.terminate()
        until = time.monotonic() + grace_period
        for process in self.processes:
            process.join(max(until - time.monotonic(), 0))
            if process.is_alive():
                process.kill()
                process.join()

    def _error(self, number: int) -> ProcessException:
        import signal

        process = self.processes[number]
        self._listen([number] if number in self._reports else [])
        if number in self._said:
            message = f"\n\n-- Process {number} terminated with the following error:\n{self._said[number]}"
            return ProcessRaisedException(message, number, process.pid)
        code = process.exitcode
        if code < 0:
            name = signal.Signals(-code).name
            return ProcessExitedException(
                f"process {number} terminated with signal {name}", number, process.pid, code, name
            )
        return ProcessExitedException(f"process {number} terminated with exit code {code}", number, process.pid, code)


def start_processes(
    fn: Callable[..., Any], args: Sequence[Any] = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:  # fmt: skip
    """Run ``fn(i, *args)`` in ``nprocs`` processes, i from 0.

    Args:
        fn: a function of a module: it is sent by its name where processes are spawned.
        args: what follows the number.
        nprocs: how many processes.
        join: wait for all, and return None; otherwise return what waits.
        daemon: end the processes with this one.
        start_method: ``"spawn"``, ``"fork"`` or ``"forkserver"``.

    Raises:
        ProcessRaisedException, ProcessExitedException: with ``join``, see :meth:`ProcessContext.join`.
    """
    made = multiprocessing.get_context(start_method)
    processes, reports = [], []
    for number in range(nprocs):
        ours, theirs = made.Pipe(duplex=False)
        process = made.Process(target=_run, args=(fn, number, args, theirs), daemon=daemon)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        processes.append(process)
        reports.append(ours)
    context = ProcessContext(processes, reports)
    if not join:
        return context
    while not context.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any], args: Sequence[Any] = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:  # fmt: skip
    """:func:`start_processes`, by default with new interpreters."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)


def get_all_sharing_strategies() -> set[str]:
    """The ways in which PyTorch can share memory; see the module for what happens here."""
    return {"file_descriptor", "file_system"}


class _Said:
    strategy = "file_descriptor"


def get_sharing_strategy() -> str:
    """What ``set_sharing_strategy`` was told."""
    return _Said.strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted, one of :func:`get_all_sharing_strategies`."""
    if new_strategy not in get_all_sharing_strategies():
        raise ValueError(f"no sharing strategy {new_strategy!r}: choose one of {sorted(get_all_sharing_strategies())}")
    _Said.strategy = new_strategy
