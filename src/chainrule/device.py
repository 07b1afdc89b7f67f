"""``device``: where a tensor lives. Here: the CPU, or wherever XLA computes, or nowhere ("meta")."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Self

from .errors import UnavailableDeviceError

TYPES = ("cpu", "cuda", "mps", "xla", "meta", "xpu", "mkldnn", "ipu", "hpu", "mtia", "vulkan", "privateuseone")


class device:  # noqa: N801 - PyTorch's name
    """A device type with an optional index: ``device("cpu")``, ``device("cuda:0")``, ``device("cuda", 0)``.

    Any of PyTorch's types can be named (programs ask for "cuda:0" if it is available); "cpu" can hold tensors, "meta" their
    shapes without numbers, and "xla" tensors where JAX is installed. In a ``with`` statement it is the default device of what makes tensors.

    >>> import chainrule as torch
    >>> torch.device("cuda:0").index
    0
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, int or device, not {type.__class__.__name__}")
        if ":" in type:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            type, _, number = type.partition(":")
            if not number.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}:{number}'")
            index = int(number)
        if type not in TYPES:
            raise RuntimeError(f"Expected one of {', '.join(TYPES)} device type at start of device string: {type}")
        self.type, self.index = type, index

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> Any:
        return device, (str(self),)

    def __enter__(self) -> Self:
        _defaults.set((*_defaults.get(), place_of(self)))
        return self

    def __exit__(self, *exc: object) -> None:
        _defaults.set(_defaults.get()[:-1])


CPU = device("cpu")
XLA_DEVICE = device("xla", 0)
"""Where JAX puts what nobody puts elsewhere."""
META_DEVICE = device("meta")
"""Where tensors have shapes and no numbers."""

_defaults: ContextVar[tuple[device, ...]] = ContextVar("chainrule_devices", default=(CPU,))
"""The default device that was set, then those of the ``with`` statements inside, the last of which is in force."""
get_defaults = _defaults.get


def default_device() -> device:
    """Where tensors are made by those who name no device."""
    return get_defaults()[-1]


def set_default(where: Any) -> None:
    """Make ``where`` (None: the CPU) the default device, in this thread or task."""
    first = CPU if where is None else place_of(where)
    _defaults.set((first, *_defaults.get()[1:]))


def place_of(where: Any) -> device:
    """The device ``where`` (None: the default one) as tensors tell it; raises unless tensors can live there."""
    if where is None:
        return default_device()
    if where is CPU or where is XLA_DEVICE or where is META_DEVICE:
        return where
    wanted = device(where)
    if wanted.type == "cpu":
        return CPU
    if wanted.type == "xla" and not wanted.index:
        try:
            import jax  # noqa: F401
        except ImportError:
            raise UnavailableDeviceError("device 'xla' needs JAX: pip install 'chainrule[xla]'") from None
        return XLA_DEVICE
    if wanted.type == "meta":
        return META_DEVICE
    said = "Torch not compiled with CUDA enabled: " if wanted.type == "cuda" else ""
    raise UnavailableDeviceError(
        f"{said}device '{wanted}' is not available: chainrule computes on the CPU, and on 'xla:0' where JAX is installed. Choose "
        "the device with torch.device('cuda' if torch.cuda.is_available() else 'cpu'), which gives the CPU here."
    )
