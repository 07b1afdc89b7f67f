"""``torch.random``: the default generator, seeded and saved."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .core.generator import Generator, default_generator

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


def manual_seed(seed: Any) -> Generator:
    """Start the default generator's stream that belongs to ``seed``, and return that generator.

    Args:
        seed: an int of 64 bits, or what ``int`` makes one of. The low 32 bits choose the stream.

    Raises:
        ValueError: it does not fit in 64 bits.

    >>> import chainrule as torch
    >>> torch.manual_seed(0).initial_seed()
    0
    >>> torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Start the default generator's stream of a seed from the operating system, and return that seed.

    >>> import chainrule as torch
    >>> torch.seed() == torch.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator's stream.

    >>> import chainrule as torch
    >>> torch.manual_seed(5).initial_seed() == torch.initial_seed()
    True
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator, as bytes that PyTorch reads too.

    >>> import chainrule as torch
    >>> state = torch.get_rng_state()
    >>> a = torch.rand(3)
    >>> torch.set_rng_state(state)
    >>> torch.equal(torch.rand(3), a)
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Let the default generator go on from a state of :func:`get_rng_state`.

    Raises:
        TypeError: it is no tensor of bytes; RuntimeError: they are no state.

    >>> import chainrule as torch
    >>> torch.set_rng_state(torch.Generator().manual_seed(0).get_state()); torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Iterable[Any] | None = None, enabled: bool = True, device_type: Any = None) -> Iterator[None]:
    """Context manager after which the default generator is where it was before.

    Args:
        devices: accepted, and of no effect: there is none but the CPU.
        enabled: whether to do that at all.
        device_type: accepted, and of no effect.

    >>> import chainrule as torch
    >>> state = torch.get_rng_state()
    >>> with torch.random.fork_rng():
    ...     _ = torch.manual_seed(1)
    >>> torch.equal(torch.get_rng_state(), state)
    True
    """
    if not enabled:
        yield
        return
    snapshot = default_generator.snapshot()
    try:
        yield
    finally:
        default_generator.restore(snapshot)
