"""Where random numbers come from: generators with PyTorch's state, and the one function that draws."""

from __future__ import annotations

import math
import os
from _thread import allocate_lock as Lock
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from ..device import CPU, META_DEVICE, device as Device
from ..errors import UnavailableDeviceError
from .modes import get_modes
from .value import Raw, TensorBase, at_rest, device_of, new_tensor
from .xla_level import numberless, on_host, placed

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..backend.random_numpy import MersenneTwister

DEFAULT_SEED = 67280421310721
"""The seed of a generator that was given none."""

SEEDS = 1 << 64  # how many there are

STATE = np.dtype(
    [("seed", "u8"), ("left", "i4"), ("seeded", "i4"), ("next", "u8"), ("words", "u8", 624), ("normal_x", "f8"),
     ("normal_y", "f8"), ("normal_rho", "f8"), ("normal_is_valid", "i4"), ("gap", "i4"),
     ("float_sample", "f4"), ("float_is_valid", "i4")]
)  # fmt: skip
"""PyTorch's layout of a state. The words are kept in 64 bits each; of the fields for normal numbers, ``normal_y`` holds
the one that waits for the next call, and the others are never used on the CPU."""


def trace_in_force() -> Any:
    """The trace of a program that draws are inputs of, or None."""
    mode = get_modes()
    draws = None if mode is None else mode.draws
    while draws is not None and not draws.is_trace:
        draws = draws.around
    return draws


class Generator:
    """A stream of random numbers of its own: PyTorch's on the CPU, number for number.

    Args:
        device: "cpu", or none.

    >>> import chainrule as torch
    >>> g = torch.Generator().manual_seed(0)
    >>> torch.randn(3, generator=g)
    tensor([ 1.5410, -0.2934, -2.1788])
    """

    __slots__ = ("__weakref__", "_lock", "_seed", "_twister")

    _seed: int | None
    """What it was seeded with; None until the operating system is asked for a seed."""
    _twister: MersenneTwister | None
    """The stream, made when the first number is drawn."""

    def __init__(self, device: Any = None) -> None:
        if device is not None and Device(device).type != "cpu":
            raise UnavailableDeviceError(
                f"a Generator draws on the CPU, not on '{device}': leave device= away, and pass the generator to functions with device="
            )
        trace = trace_in_force()
        if trace is not None:
            trace.state_set(self, None)
        self._lock = Lock()
        self._seed = DEFAULT_SEED
        self._twister = None

    @property
    def device(self) -> Device:
        """Where it draws: the CPU."""
        return CPU

    def manual_seed(self, seed: int) -> Self:
        """Start the stream that belongs to ``seed``; of its 64 bits, the low 32 count. Returns the generator.

        Raises:
            RuntimeError: ``seed`` is no int; ValueError: it does not fit in 64 bits.
        """
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}: give an int")
        if not -SEEDS // 2 <= seed < SEEDS:
            raise ValueError(f"Overflow when unpacking long long: the seed {seed} does not fit in 64 bits")
        self._start(int(seed) % SEEDS)
        return self

    def seed(self) -> int:
        """Start the stream of a seed from the operating system, and return that."""
        self._start(int.from_bytes(os.urandom(8), "little"))
        return self.initial_seed()

    def initial_seed(self) -> int:
        """The seed of the stream."""
        if self._seed is None:
            self._seed = int.from_bytes(os.urandom(8), "little")
        return self._seed

    def _start(self, seed: int) -> None:
        trace = trace_in_force()
        if trace is not None:
            trace.state_set(self, None)
        with self._lock:
            self._seed = seed
            if self._twister is not None:
                self._twister.seed(seed)

    def stream(self) -> MersenneTwister:
        """The words, to be drawn by one thread at a time."""
        if self._twister is None:
            from ..backend.random_numpy import MersenneTwister

            self._twister = MersenneTwister(self.initial_seed())
        return self._twister

    def snapshot(self) -> tuple[Any, ...]:
        """The state for :meth:`restore`, at the price of a copy of it."""
        with self._lock:
            taken = self.initial_seed(), self.stream().state
        trace = trace_in_force()
        if trace is not None:
            trace.state_taken(self, taken)
        return taken

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Go on from where a :meth:`snapshot` was taken."""
        trace = trace_in_force()
        if trace is not None:
            trace.state_set(self, snapshot)
            return
        with self._lock:
            self._seed, self.stream().state = snapshot

    def get_state(self) -> Tensor:
        """The state as 5056 bytes, laid out as PyTorch's are, so that each reads the other's.

        >>> import chainrule as torch
        >>> torch.Generator().get_state().shape
        torch.Size([5056])
        """
        seed, (words, used, started, spare) = self.snapshot()
        state = np.zeros((), STATE)
        state["seed"], state["seeded"], state["words"] = seed, 1, words
        state["left"], state["next"] = (625 - used, used) if started else (1, 0)
        if spare is not None:
            state["normal_is_valid"], state["normal_y"] = 1, spare
        taken = new_tensor(np.frombuffer(state.tobytes(), np.uint8).copy())
        trace = trace_in_force()
        if trace is not None:
            trace.state_taken(self, taken)
        return taken

    def set_state(self, new_state: Tensor) -> None:
        """Go on from a state of :meth:`get_state`.

        Raises:
            TypeError: it is no tensor of bytes; RuntimeError: they are no state.
        """
        if not isinstance(new_state, TensorBase):
            raise TypeError(
                f"expected a torch.ByteTensor, but got {type(new_state).__name__}: give what get_state() gave"
            )
        trace = trace_in_force()
        if trace is not None:
            trace.state_set(self, new_state)
            return
        array = new_state._array
        if array.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor: got {new_state.dtype}, give what get_state() gave")
        if array.size != STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE.itemsize} but found the input RNG state size to be "
                f"{array.size}: give what get_state() gave"
            )
        state = np.frombuffer(array.tobytes(), STATE)[0]
        left, used = int(state["left"]), int(state["next"])
        started = used > 0
        if not state["seeded"] or left != (625 - used if started else 1) or used > 624:
            raise RuntimeError("Invalid mt19937 state: give what get_state() gave")
        spare = float(state["normal_y"]) if state["normal_is_valid"] else None
        words = state["words"].astype(np.uint32)
        self.restore((int(state["seed"]), (words, used if started else 624, started, spare)))

    def clone_state(self) -> Generator:
        """Another generator that goes on from here."""
        twin = Generator()
        twin.restore(self.snapshot())
        return twin

    def __reduce__(self) -> Any:
        return _restored, (self.snapshot(),)

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As IPython shows an object that has no form of its own."""
        printer.text(f"<torch._C.Generator at {id(self):#x}>")


def _restored(snapshot: tuple[Any, ...]) -> Generator:
    generator = Generator()
    generator.restore(snapshot)
    return generator


default_generator = Generator()
"""The generator of all calls that name none. Its first seed is the operating system's."""
default_generator._seed = None


class Draw(NamedTuple):
    """An array of random numbers, asked for but not drawn."""

    kernel: Any
    """A function of ``backend.random_numpy``."""
    shape: tuple[int, ...]
    dtype: Any
    generator: Generator
    order: Sequence[int] | None
    """The axes in the order in which PyTorch fills them, outermost first, or None: the order of the shape."""
    params: dict[str, Any]
    """For the kernel: numbers, or arrays of the shape."""

    def numbers(self) -> Any:
        """The array, drawn now."""
        count, real = math.prod(self.shape), self.dtype
        if real.kind == "c":
            count, real = 2 * count, np.dtype(f"f{real.itemsize // 2}")
        params = {name: p.reshape(-1) if isinstance(p, np.ndarray) else p for name, p in self.params.items()}
        with self.generator._lock:
            numbers = self.kernel(self.generator.stream(), count, real, **params)
        if real is not self.dtype:
            numbers = numbers.view(self.dtype)
        if self.order is None:
            return numbers.reshape(self.shape)
        return numbers.reshape([self.shape[axis] for axis in self.order]).transpose(np.argsort(self.order))

    def batch(self, size: int, params: dict[str, Any]) -> Draw:
        """As many of it at once, along a new first axis; ``params`` have that axis, too."""
        order = None if self.order is None else [0, *[axis + 1 for axis in self.order]]
        return self._replace(shape=(size, *self.shape), order=order, params=params)


def draw(
    kernel: Any,
    shape: tuple[int, ...],
    dtype: Any,
    generator: Any = None,
    order: Sequence[int] | None = None,
    *,
    into: Raw = None,
    given: tuple[Raw, ...] = (),
    **params: Any,
) -> Raw:
    """Random numbers: the one place where any are drawn. They are drawn on the CPU, and go where ``into`` or ``given`` are.

    Inside of a ``vmap`` with randomness="different" it is one for each element of the batch.

    Args:
        kernel: a function of ``backend.random_numpy``, which ``params`` are for.
        shape: of the result.
        dtype: NumPy's. Complex numbers are pairs of real ones.
        generator: by default the default generator.
        order: see :class:`Draw`.
        into: the raw value that they are to overwrite, if there is one.
        given: the raw values that describe the distribution.
        params: for the kernel.
    """
    if generator is None:
        generator = default_generator
    elif not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    place = next((place for raw in (into, *given) if (place := device_of(raw)) is not CPU), CPU)
    if place is META_DEVICE:
        return numberless(shape, dtype)
    wanted = Draw(
        kernel, shape, dtype, generator, order, {name: on_host(at_rest(value)) for name, value in params.items()}
    )
    mode = get_modes()
    numbers = wanted.numbers() if mode is None or mode.draws is None else mode.draws.drawn(wanted, into, given)
    return placed(numbers, place)
