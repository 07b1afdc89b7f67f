"""What a program draws, in PyTorch when recording, in chainrule when testing: numbers to the bit, as JSON can hold them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

SEED = 3


def drawn(torch: ModuleType, program: str) -> dict[str, Any]:
    """The value of an expression that draws random numbers, and where it leaves the stream; or its exception."""
    torch.manual_seed(SEED)
    try:
        value = eval(program, {"torch": torch})
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
        return {"raises": type(error).__name__, "says": str(error).split("\n")[0]}
    node = value.grad_fn
    return {
        "dtype": str(value.dtype),
        "shape": list(value.shape),
        "stride": list(value.stride()),
        "numbers": [written(number) for number in value.detach().flatten().tolist()],
        "node": None if node is None else node.name(),
        "stream": position(torch),
    }


def written(number: Any) -> Any:
    """A number as JSON holds it without loss: floats as hexadecimal digits."""
    if isinstance(number, complex):
        return f"{number.real.hex()} {number.imag.hex()}"
    return number.hex() if isinstance(number, float) else number


def position(torch: ModuleType) -> list[int]:
    """Where the default generator stands: the next word, the first and the last word of its state, and whether a normal
    number waits.
    """
    state = torch.get_rng_state()
    words = state[16:5016].view(torch.int64)
    return [int(words[0]), int(words[1]), int(words[-1]), int(state[5040])]
