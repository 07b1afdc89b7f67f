"""``torch.utils.checkpoint``: parts of a graph that save nothing, and are computed again when a backward needs them.

Without reentrance it works by saved-tensor hooks. What the region would save is packed as an empty :class:`Holder`; the
first of them that a backward unpacks runs the function again, up to the last value that is needed, under hooks that
put the n-th value into the n-th holder's place. Two rules make nesting work: the arguments of a region count as saved by
the region around it, and a recomputation starts as if no region were active.
"""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import CodeType
from typing import TYPE_CHECKING, Any, Self

from .._missing import missing_name
from ..autograd import _backward
from ..autograd.function import Function
from ..autograd.grad_mode import enable_grad, no_grad
from ..autograd.graph import saved_tensors_hooks
from ..core.custom import SavedTensor
from ..core.engine import current_pass
from ..core.modes import is_grad_enabled
from ..core.origin import Place, caller, resolve
from ..core.saved import describe, overwritten_error
from ..core.value import TensorBase
from ..core.views import current_node
from ..errors import UnavailableDeviceError
from ..random import get_rng_state, set_rng_state

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "DefaultDeviceType",
    "GraphExecGroup",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "detach_variable",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
    "set_device_states",
]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]

_debug: ContextVar[bool | None] = ContextVar("chainrule_checkpoint_debug", default=None)
_early_stop: ContextVar[bool | None] = ContextVar("chainrule_checkpoint_early_stop", default=None)


class CheckpointError(RuntimeError):
    """A recomputation did not save what the forward had saved."""


def noop_context_fn() -> Contexts:
    """The contexts of ``checkpoint`` if no others are given: two that do nothing.

    >>> import chainrule as torch
    >>> forward, again = torch.utils.checkpoint.noop_context_fn()
    >>> with forward:
    ...     print("nothing changes")
    nothing changes
    """
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Call ``function(*args, **kwargs)`` so that what it saves for the backward is not kept, but computed again there.

    That costs one more forward of the function, and saves the memory of its intermediate values. The function must
    compute the same when it is called again.

    Args:
        function: what to call.
        args: its arguments. Tensors among them are kept.
        use_reentrant: False, which is recommended: the graph is recorded as always, and its nodes save nothing. True: the
            function is one node, whose backward calls ``backward``; then neither ``autograd.grad`` nor
            ``backward(inputs=...)`` works, nor keyword arguments, and at least one tensor of ``args`` must require
            grad. Not given: True, with a warning.
        context_fn: gives two context managers, for the call and for the recomputation.
        determinism_check: "default" compares shape, dtype and device of what is saved and of what is recomputed, "none"
            nothing.
        debug: let errors list the expressions whose values were saved, and recomputed.
        early_stop: stop the recomputation when all that is needed is there.
        kwargs: keyword arguments of the function. ``preserve_rng_state`` (default True) is not handed on: the function is to
            draw the same random numbers when it is called again.

    Returns:
        What the function returns.

    Raises:
        CheckpointError: in the backward, when the recomputation saved other tensors than the forward.

    >>> import chainrule as torch
    >>> from chainrule.utils.checkpoint import checkpoint
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> checkpoint(lambda x: (x * x * x).sum(), x, use_reentrant=False).backward()
    >>> x.grad
    tensor([ 3., 12.])
    """
    if use_reentrant is None:
        warnings.warn(not_given("checkpoint"), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        refuse_keywords(kwargs)
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    forced = _debug.get()
    debug = debug if forced is None else forced
    if debug and context_fn is not noop_context_fn:
        raise ValueError("debug=True is incompatible with non-default context_fn")
    if determinism_check not in METADATA:
        raise ValueError(f"determinism_check should be one of {list(METADATA)}, but got {determinism_check}")
    forward_context, recompute_context = context_fn()
    if not is_grad_enabled():
        return function(*args, **kwargs)

    state = get_rng_state() if preserve else None

    def again(*args: Any) -> None:
        with random_numbers_from(state), recompute_context:
            function(*args, **kwargs)

    forced = _early_stop.get()
    region = Region(again, args, early_stop if forced is None else forced, METADATA[determinism_check], debug)
    with saved_tensors_hooks(region.pack, region.unpack), forward_context:
        result = function(*args, **kwargs)
        region.is_complete = True
    if not region.is_complete:
        raise RuntimeError(
            "the forward context given by context_fn suppressed an exception of the checkpointed function: there is no "
            "result to return"
        )
    return result


def not_given(name: str) -> str:
    return (
        f"torch.utils.checkpoint.{name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
        "recommended; without the parameter it is True, as use_reentrant=True says."
    )


def refuse_keywords(kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise ValueError(
            f"Unexpected keyword arguments: {','.join(kwargs)}. With use_reentrant=False they go to the function."
        )


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Call functions one after the other, in so many segments of which all but the last are checkpointed.

    Args:
        functions: a list of functions, or a module that has them as its children (``nn.Sequential``).
        segments: how many; at most as many as there are functions.
        input: the argument of the first function.
        use_reentrant: as for :func:`checkpoint`.
        kwargs: ``preserve_rng_state``, as for :func:`checkpoint`.

    >>> import chainrule as torch
    >>> from chainrule.utils.checkpoint import checkpoint_sequential
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> checkpoint_sequential([torch.square, torch.square, torch.sum], 3, x, use_reentrant=False)
    tensor(17., grad_fn=<SumBackward0>)
    """
    if use_reentrant is None:
        warnings.warn(not_given("checkpoint_sequential"), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    steps = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(steps) // segments
    if size == 0 and segments > 1:
        raise ValueError(f"{len(steps)} functions cannot be divided into {segments} segments: ask for fewer")
    for number in range(segments - 1):
        part = steps[number * size : (number + 1) * size]
        input = checkpoint(in_sequence, part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return in_sequence(steps[(segments - 1) * size :], input)


def in_sequence(functions: Sequence[Callable[[Any], Any]], input: Any) -> Any:
    for function in functions:
        input = function(input)
    return input


@contextlib.contextmanager
def random_numbers_from(state: Tensor | None) -> Iterator[None]:
    """Inside, random numbers are drawn from a state of the generator; afterwards it goes on where it was. None: as always."""
    if state is None:
        yield
        return
    now = get_rng_state()
    set_rng_state(state)
    try:
        yield
    finally:
        set_rng_state(now)


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Context manager: whether regions whose forward runs inside stop their recomputation early, whatever they were told.

    >>> import chainrule as torch
    >>> from chainrule.utils.checkpoint import checkpoint, set_checkpoint_early_stop
    >>> x = torch.tensor(2., requires_grad=True)
    >>> with set_checkpoint_early_stop(False):
    ...     y = checkpoint(torch.exp, x, use_reentrant=False)
    >>> torch.autograd.grad(y, x)
    (tensor(7.3891),)
    """
    token = _early_stop.set(enable)
    try:
        yield
    finally:
        _early_stop.reset(token)


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Context manager: the ``debug`` of regions whose forward runs inside; None leaves it to each."""
    token = _debug.set(enabled)
    try:
        yield
    finally:
        _debug.reset(token)


class GraphExecGroup:
    """Context manager: backward calls inside it recompute a region once together, instead of once each.

    They must not need the same saved value twice. It concerns ``use_reentrant=False``.
    """

    _current: ContextVar[GraphExecGroup | None] = ContextVar("chainrule_graph_exec_group", default=None)

    def __enter__(self) -> Self:
        if self._current.get() is not None:
            raise RuntimeError(f"GraphExecGroup contexts cannot be nested. Already inside group {self._current.get()}")
        self.at_end: list[Callable[[], Any]] = []
        self._token = self._current.set(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self._current.reset(self._token)
        for action in self.at_end:
            action()


# -- without reentrance ---------------------------------------------------------------------------------------------------


def metadata(tensor: Tensor) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


METADATA: dict[str, Callable[[Tensor], Any]] = {"default": metadata, "none": lambda tensor: None}


class Holder:
    """Stands where a saved value would be."""

    __slots__ = ("__weakref__",)


class EverythingIsThereError(BaseException):
    """Ends a recomputation early. No ``except Exception`` of the function's is to catch it."""


class Region:
    """One call of ``checkpoint``: what is needed to run the function again, and what it has to give."""

    def __init__(
        self,
        function: Callable[..., None],
        args: tuple[Any, ...],
        early_stop: bool,
        metadata_of: Callable[[Tensor], Any],
        debug: bool,
    ) -> None:
        self.function = function
        self.early_stop = early_stop
        self.metadata_of = metadata_of
        self.is_complete = False
        """Whether the function has returned: a backward inside it recomputes what there was until then."""
        self.place = caller(3)
        self.args = [SavedTensor(a, current_node(a)) if isinstance(a, TensorBase) else a for a in args]
        self.holders: list[weakref.ref[Holder]] = []
        self.metadata: list[Any] = []
        self.places: list[tuple[CodeType, int]] | None = [] if debug else None
        self.values: dict[int, weakref.WeakKeyDictionary[Holder, tuple[Any, int]]] = {}
        """What was recomputed and is not used yet, with its version: for each backward that is running."""

    def pack(self, tensor: Tensor) -> Holder:
        holder = Holder()
        self.holders.append(weakref.ref(holder))
        self.metadata.append(self.metadata_of(tensor))
        if self.places is not None:
            self.places.append(caller())
        return holder

    def unpack(self, holder: Holder) -> Tensor:
        owner = GraphExecGroup._current.get() or current_pass()
        if owner is None:  # somebody looks at a saved value
            return self.take(Recomputation(self).values, holder)
        values = self.values.get(id(owner))
        if values is None:
            owner.at_end.append(lambda: self.values.pop(id(owner), None))
            values = self.values[id(owner)] = Recomputation(self).values
        return self.take(values, holder)

    def take(self, values: weakref.WeakKeyDictionary[Holder, tuple[Any, int]], holder: Holder) -> Tensor:
        """A recomputed value, which is then let go."""
        found = values.pop(holder, None)
        if found is None:
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you are "
                "calling ctx.saved_tensors in backward, do so only once. Two backward calls in one GraphExecGroup must not "
                f"need the same saved value.\n  the checkpoint: {self.origin()}"
            )
        tensor, version = found
        if tensor._version != version:
            raise overwritten_error(self, describe(tensor._array, None), tensor._cell, version)  # type: ignore[arg-type]
        return tensor

    # What errors say of the region, as they say it of a node.

    def name(self) -> str:
        return "checkpoint"

    def origin(self) -> Place:
        return resolve(*self.place)


class Recomputation:
    """One more run of a region's function."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.values: weakref.WeakKeyDictionary[Holder, tuple[Any, int]] = weakref.WeakKeyDictionary()
        self.metadata: list[Any] = []
        self.places: list[tuple[CodeType, int]] = []
        args = [a.read(region) if isinstance(a, SavedTensor) else a for a in region.args]  # type: ignore[arg-type]
        # The values themselves go into the new graph: the function may run a backward of its own.
        with (
            contextlib.suppress(EverythingIsThereError),
            enable_grad(),
            saved_tensors_hooks(self.pack, lambda value: value),
        ):
            region.function(*args)
        self.compare()

    def pack(self, tensor: Tensor) -> Tensor:
        region, number = self.region, len(self.metadata)
        if number == len(region.holders):
            if region.is_complete:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original "
                    "forward pass." + self.advice()
                )
            return tensor  # the function goes on where, in the forward, a backward inside it started this
        self.metadata.append(region.metadata_of(tensor))
        if region.places is not None:
            self.places.append(caller())
        holder = region.holders[number]()
        if holder is not None:  # a backward may have let go of it
            self.values[holder] = (tensor, tensor._version)
        if region.early_stop and number + 1 == len(region.holders):
            raise EverythingIsThereError
        return tensor

    def compare(self) -> None:
        """Raise unless what was saved again looks like what had been saved."""
        region = self.region
        saved, again = len(region.holders), len(self.metadata)
        if saved != again:
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {saved}\n"
                f"Number of tensors saved during recomputation: {again}." + self.advice()
            )
        differ = [
            f"tensor at position {number}:\nsaved metadata: {before}\nrecomputed metadata: {now}\n"
            for number, (holder, before, now) in enumerate(
                zip(region.holders, region.metadata, self.metadata, strict=True)
            )
            if holder() is not None and before != now
        ]
        if differ:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during "
                f"the forward pass.\n{''.join(differ)}" + self.advice()
            )

    def advice(self) -> str:
        """How to find out what differs; with ``debug``, what differs."""
        text = (
            f"\n  the checkpoint: {self.region.origin()}\nThe function must compute the same when it is called again: it must "
            "not depend on what changes meanwhile, such as a counter, a random number or a flag."
        )
        if self.region.places is None:
            return text + " To see the expressions, pass debug=True, or use set_checkpoint_debug_enabled(True)."
        return (
            f"{text}\nOperations executed during the original forward that saved a tensor:\n{listed(self.region.places)}"
            f"\nOperations executed during recomputation that saved a tensor:\n{listed(self.places)}"
        )


def listed(places: list[tuple[CodeType, int]]) -> str:
    return "\n".join(f"  {number}: {resolve(*place)}" for number, place in enumerate(places))


# -- with reentrance ------------------------------------------------------------------------------------------------------


class CheckpointFunction(Function):
    """A function as one node, whose backward calls it again, and runs a backward of its own.

    That one is complete for itself: tensors which the function captures have their gradients when it ends, even if the
    pass around it fails.
    """

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.random_state = get_rng_state() if preserve_rng_state else None
        ctx.is_tensor = [isinstance(a, TensorBase) for a in args]
        ctx.others = [None if isinstance(a, TensorBase) else a for a in args]
        ctx.save_for_backward(*[a for a in args if isinstance(a, TensorBase)])
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *args: Any) -> Any:
        running = current_pass()
        if running is None or running.targets is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        tensors = iter(ctx.saved_tensors)
        inputs = [next(tensors) if is_tensor else a for is_tensor, a in zip(ctx.is_tensor, ctx.others, strict=True)]
        detached = detach_variable(tuple(inputs))
        with random_numbers_from(ctx.random_state), enable_grad():
            outputs = ctx.run_function(*detached)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (out, g) for out, g in zip(outputs, args, strict=True) if isinstance(out, TensorBase) and out.requires_grad
        ]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        _backward.backward([out for out, _ in pairs], [g for _, g in pairs])
        return (None, None, *[x.grad if isinstance(x, TensorBase) else None for x in detached])


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs without their history: leaves, which require grad if the inputs do.

    >>> import chainrule as torch
    >>> from chainrule.utils.checkpoint import detach_variable
    >>> x = torch.ones(2, requires_grad=True) * 2
    >>> detach_variable((x, 3))
    (tensor([2., 2.], requires_grad=True), 3)
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple([x.detach().requires_grad_(x.requires_grad) if isinstance(x, TensorBase) else x for x in inputs])


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn if no tensor among the inputs requires grad.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     torch.utils.checkpoint.check_backward_validity([torch.ones(2)])
    >>> len(caught)
    1
    """
    if not any(x.requires_grad for x in inputs if isinstance(x, TensorBase)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


# -- devices --------------------------------------------------------------------------------------------------------------


class DefaultDeviceType:
    """The kind of accelerator that is looked at when no argument is on one: here it is only remembered."""

    _type = "cpu"

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        DefaultDeviceType._type = device

    @staticmethod
    def get_device_type() -> str:
        return DefaultDeviceType._type


def get_device_states(*args: Any) -> tuple[list[int], list[Tensor]]:
    """The accelerators that the arguments are on, and the states of their random generators: there are none."""
    return [], []


def set_device_states(devices: Sequence[int], states: Sequence[Tensor], *, device_type: str | None = None) -> None:
    """Put back what :func:`get_device_states` gave, which here is nothing."""
    if devices:
        raise UnavailableDeviceError(f"there is no device {devices[0]} whose random state could be set")


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
