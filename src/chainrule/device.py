"""``device``: where a tensor lives. Here: the CPU."""

from __future__ import annotations

from typing import Any, Self

from .errors import UnavailableDeviceError

TYPES = ("cpu", "cuda", "mps", "xla", "meta", "xpu", "mkldnn", "ipu", "hpu", "mtia", "vulkan", "privateuseone")
AVAILABLE = ("cpu",)


class device:  # noqa: N801 - PyTorch's name
    """A device type with an optional index: ``device("cpu")``, ``device("cuda:0")``, ``device("cuda", 0)``.

    Any of PyTorch's types can be named (programs ask for "cuda:0" if it is available); only "cpu" can hold tensors.

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
        check_device(self)
        return self

    def __exit__(self, *exc: object) -> None:
        pass


CPU = device("cpu")


def check_device(where: Any) -> None:
    """Raise unless tensors can live on ``where`` (None: the default device)."""
    if where is None or where is CPU:
        return
    wanted = device(where)
    if wanted.type not in AVAILABLE:
        said = "Torch not compiled with CUDA enabled: " if wanted.type == "cuda" else ""
        raise UnavailableDeviceError(
            f"{said}device '{wanted}' is not available: chainrule computes on the CPU. Choose the device with "
            "torch.device('cuda' if torch.cuda.is_available() else 'cpu'), which gives the CPU here."
        )
