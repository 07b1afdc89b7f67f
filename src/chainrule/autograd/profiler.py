"""``torch.autograd.profiler``: how long ops take, rules of the reverse pass, and regions that a program names."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Self

from ..core.dispatch import general
from ..core.modes import change_modes, changed_modes, modes
from ..core.value import TensorBase
from .profiler_util import EventList, FunctionEvent, FunctionEventAvg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from ..core.op import Op

__all__ = ["EventList", "FunctionEvent", "emit_nvtx", "profile", "record_function"]


class Recorder:
    """Runs ops and takes their times (``Modes.tape``)."""

    follows_values = False

    def __init__(self, with_shapes: bool = False) -> None:
        self.with_shapes = with_shapes
        self.events = EventList()
        self.open: list[FunctionEvent] = []

    @contextmanager
    def region(self, name: str, args: Iterable[Any] = ()) -> Iterator[None]:
        """What runs inside is a call of this name."""
        shapes = [list(a.shape) if isinstance(a, TensorBase) else [] for a in args] if self.with_shapes else []
        event = FunctionEvent(name, shapes, threading.get_ident())
        if self.open:
            event.cpu_parent = self.open[-1]
            self.open[-1].cpu_children.append(event)
        self.open.append(event)
        try:
            yield
        finally:
            event.end = perf_counter_ns() / 1000
            while self.open and self.open.pop() is not event:
                pass
            self.events.append(event)

    def run_op(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op is called."""
        with changed_modes(tape=None), self.region(pytorch_name(op), args):
            return general(op, args, params)

    def run_function(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A custom Function is applied."""
        with changed_modes(tape=None), self.region(function.__name__, args):
            return function.apply(*args, **kwargs)

    def run_node(self, node: Any, call: Callable[[], Any]) -> Any:
        """A rule of the reverse pass runs."""
        with self.region(node.name()):
            return call()


@functools.cache
def pytorch_name(op: Op) -> str:
    """PyTorch's name of an op, which is in that of its node: MaxPool2DBackward0 -> aten::max_pool2d."""
    made = re.fullmatch(r"([A-Za-z0-9]+?)Backward\d*", op.node_name.rpartition("::")[2] or "")
    if made is None:
        return f"aten::{op.name}"
    words = re.sub(r"(\d)([DCR])", lambda pair: pair[0].lower(), made[1])
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=L1)(?=L)", "_", words).lower()
    return f"aten::{words}"


class record_function:  # noqa: N801 - PyTorch's name
    """Context manager and decorator: what runs inside is a call of this name to a profiler.

    Args:
        name: the name.
        args: accepted.

    >>> import chainrule as torch
    >>> with torch.autograd.profiler.profile() as profiler, torch.autograd.profiler.record_function("model"):
    ...     y = torch.ones(2) * 3
    >>> [event.name for event in profiler.function_events]
    ['aten::mul', 'model']
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> Self:
        tape = modes().tape
        self._region: Any = tape.region(self.name) if isinstance(tape, Recorder) else None
        if self._region is not None:
            self._region.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._region is not None:
            self._region.__exit__(*exception)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return func(*args, **kwargs)

        return recorded


class profile:  # noqa: N801 - PyTorch's name
    """Context manager: the calls of ops inside, in this thread, with their times.

    Args:
        enabled: whether to do anything.
        use_cuda: accepted: there is no such device.
        use_device: accepted.
        record_shapes: keep the shapes of operands.
        with_flops: accepted.
        profile_memory: accepted.
        with_stack: accepted.
        with_modules: accepted.
        use_kineto: accepted.
        use_cpu: accepted.

    >>> import chainrule as torch
    >>> x = torch.ones(2, 2, requires_grad=True)
    >>> with torch.autograd.profiler.profile() as profiler:
    ...     (x * x).sum().backward()
    >>> [event.name for event in profiler.function_events]
    ['aten::mul', 'aten::sum', 'SumBackward0', 'MulBackward0']
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        **accepted: Any,
    ) -> None:
        self.enabled = enabled
        self.record_shapes = record_shapes
        self.function_events: EventList | None = None
        """The calls, in the order of their ends; None before."""

    def __enter__(self) -> Self:
        if self.enabled:
            self._recorder = Recorder(self.record_shapes)
            self._outside = modes().tape
            change_modes(tape=self._recorder)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.enabled:
            change_modes(tape=self._outside)
            self.function_events = self._recorder.events

    def _events(self) -> EventList:
        if self.function_events is None:
            raise RuntimeError("Profiler didn't finish running: ask after the with block")
        return self.function_events

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """See :meth:`EventList.key_averages`."""
        return self._events().key_averages(group_by_input_shape, group_by_stack_n)

    def total_average(self) -> FunctionEventAvg:
        """See :meth:`EventList.total_average`."""
        return self._events().total_average()

    def table(self, *args: Any, **kwargs: Any) -> str:
        """See :meth:`EventList.table`."""
        return self._events().table(*args, **kwargs)

    def export_chrome_trace(self, path: str) -> None:
        """See :meth:`EventList.export_chrome_trace`."""
        self._events().export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """How long all calls took, in microseconds."""
        return self._events().self_cpu_time_total

    def __str__(self) -> str:
        return "<unfinished torch.autograd.profile>" if self.function_events is None else str(self.function_events)

    __repr__ = __str__


class emit_nvtx:  # noqa: N801 - PyTorch's name
    """Context manager that marks the ops for NVIDIA's profiler: refused on entry, but if it is not enabled.

    Args:
        enabled: whether to mark them.
        record_shapes: accepted.
    """

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> Self | None:
        if self.enabled:
            raise RuntimeError("NVTX functions not installed. There is no GPU: use torch.profiler.profile()")
        return None

    def __exit__(self, *exception: object) -> None:
        pass


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
