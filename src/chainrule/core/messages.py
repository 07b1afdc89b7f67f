"""The errors of an op that does not take its operands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .op import Op


def explained(error: Exception, *arrays: Any) -> Exception:
    """NumPy's error in PyTorch's class, with both shapes."""
    if isinstance(error, MemoryError):
        return RuntimeError(f"can't allocate memory: {error}")
    shapes = [getattr(array, "shape", ()) for array in arrays]
    for at, one in enumerate(shapes):
        for other in shapes[at + 1 :]:
            for back in range(1, min(len(one), len(other)) + 1):
                a, b = one[-back], other[-back]
                if a != b and 1 not in (a, b):
                    from .source import naming

                    dim = max(len(s) for s in shapes) - back
                    said = (
                        f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {dim}: "
                        f"shapes {list(one)} and {list(other)} do not broadcast"
                    )
                    return naming(RuntimeError(said), arrays[at], arrays[shapes.index(other, at + 1)])
    return error


def refusal(op: Op, dtype: Any) -> str:
    """The message of an op that does not accept a dtype."""
    from ..promotion import scalar_type_name

    return f"\"{op.name}\" not implemented for '{scalar_type_name(dtype)}'. Convert the operand to a dtype that {op.name} accepts."
