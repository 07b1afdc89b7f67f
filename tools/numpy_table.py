"""Write docs/numpy.md: what of NumPy is recorded, has no derivative, or is refused, as the tables in the code have it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from chainrule.functions.numpy_protocol import refusals, registry, ufuncs
from chainrule.functions.numpy_protocol.calls import COVERED

PAGE = Path(__file__).parents[1] / "docs" / "numpy.md"

ABOUT = """\
# NumPy functions on tensors

A function written for NumPy is differentiable as it stands: call it with a tensor that requires grad, or hand it to
`func.grad`, `jvp`, `hessian`, `vmap` and `compile`.

```python
>>> import chainrule as torch, numpy as np
>>> def loss(w):
...     hidden = np.tanh(np.array([[1.0, 2.0], [3.0, 4.0]]) @ w)
...     return np.mean((hidden - np.median(hidden)) ** 2)
>>> w = torch.tensor([0.1, 0.2], dtype=torch.float64, requires_grad=True)
>>> torch.autograd.grad(loss(w), w)[0]
tensor([ 0.0493, -0.0230], dtype=torch.float64)
>>> np.linalg.eig(w[None])
Traceback (most recent call last):
TypeError: numpy.linalg.eig is not covered for tensors that require grad or that a transform follows: its dtype ...

```

A simulation, say, with arrays that are made, filled and assigned to:

```python
>>> def heat(start):
...     u = np.copy(start)
...     for _ in range(3):
...         change = np.zeros_like(u)
...         change[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
...         u = u + 0.1 * change
...     return np.sum(u ** 2)
>>> float(heat(np.array([1.0, 2.0, 0.0])))
2.607824
>>> start = torch.tensor([1.0, 2.0, 0.0], dtype=torch.float64)
>>> torch.func.grad(heat)(start)
tensor([2.6188, 1.2984, 0.6188], dtype=torch.float64)
>>> torch.func.hessian(heat)(start)[1]
tensor([0.2499, 0.5243, 0.2499], dtype=torch.float64)
>>> torch.func.vmap(torch.func.grad(heat))(torch.stack([start, 2 * start]))
tensor([[2.6188, 1.2984, 0.6188],
        [5.2376, 2.5969, 1.2376]], dtype=torch.float64)

```

Wherever an operand requires grad, or a transform follows it (`jvp`, `vmap`, `compile`, and what is made of them):

- The call has NumPy's arguments, defaults and meaning, and the result is a tensor. Of float64 operands its values are
  NumPy's, to the last few bits; other dtypes promote as PyTorch's do (a 0-d tensor does not widen a tensor).
- `out=` must be a tensor, and so must what `numpy.put` and its like write to: the write is recorded as any other. An array
  cannot keep a history, and writing to one is a TypeError.
- `where=` of a ufunc needs `out=`; places left out are not computed and get no gradient, not even NaN.
- At the place of an element, `numpy.quantile` gives that element, next to an infinity too, where NumPy gives NaN.
- A name without derivative is computed by NumPy, or recorded with a gradient of zeros.
- What depends on values, or has a shape that does, cannot be batched or compiled: a RuntimeError of `vmap` or `compile`
  names the function. The column "vmap, compile" says which, and what of such a function can be.
- Any other name, and any argument that is not listed, is a TypeError that says which. What takes no tensors, such as
  `numpy.array`, `numpy.full` or `numpy.random`, asks for an array, and gets PyTorch's "Can't call numpy() on Tensor that
  requires grad"; inside `jvp` an error likewise, for the array would lose the tangent.
- `float(t)`, and so `math.sin(t)`, `numpy.float64(t)` and `array[i] = t` of one element, give a number without history, and
  PyTorch's warning that they do. Make the array a tensor: `numpy.zeros_like(t)`.

Where nothing follows an operand, NumPy computes, and what comes back is what PyTorch's users know: tensors from ufuncs and
from functions that are methods of arrays, too; arrays from all others. These mix with tensors that are followed as any
constant does.

Ufuncs take `dtype`, `out` and `where`. The tables are written by `tools/numpy_table.py`; `numpy.` is left away.
"""


def row(name: str, recorded: Iterable[str], steps: Iterable[str], arguments: str) -> str:
    """The row of a name: what becomes of it, and what to know."""
    if name in refusals.REFUSED:
        return f"| `{name}` | refused | refused | refused | {refusals.REFUSED[name]} |"
    assert name in recorded or name in steps, name
    gradient, tangent = ("zero", "zero") if name in steps else ("recorded", "yes")
    return f"| `{name}` | {gradient} | {tangent} | {batched(name)} |{arguments and f' {arguments}'} |"


def batched(name: str) -> str:
    """Whether ``vmap`` and ``compile`` have the function."""
    if name in registry.WITHOUT_GRADIENT:
        return "no"
    return registry.NEEDS_VALUES.get(name, "yes") or "no"


def table(title: str, rows: Iterable[str], last: str) -> str:
    """A section of the page."""
    return (
        "\n".join(
            [f"\n## {title}\n", f"| name | grad | jvp | vmap, compile | {last} |", "|---|---|---|---|---|", *rows]
        )
        + "\n"
    )


def arguments(name: str) -> str:
    """The arguments of a covered function, under NumPy's names."""
    entry = COVERED[name]
    names = [*(["*"] if entry.open else []), *entry.parameters]
    return ", ".join(f"`{argument}`" for argument in names)


def page() -> str:
    """The page's text."""
    refused = {name for name in refusals.REFUSED if isinstance(getattr(np, name, None), np.ufunc)}
    elements = sorted({*ufuncs.NAMES, *ufuncs.STEPS, *refused})
    functions = sorted({*COVERED, *registry.WITHOUT_GRADIENT, *registry.OF_SHAPES, *refusals.REFUSED} - refused)
    steps = ufuncs.STEPS | registry.STEPS | registry.WITHOUT_GRADIENT | registry.OF_SHAPES
    methods = [
        f"| `{name}` | recorded | yes | yes | {', '.join(f'`{argument}`' for argument in ('dtype', 'out', *allowed))} |"
        for name, (_, allowed) in ufuncs.BY_METHOD.items()
    ]
    methods.append("| `at` | recorded | yes | yes | of `add` and `subtract`, on a tensor; of others refused |")
    return "".join(
        [
            ABOUT,
            table("Ufuncs", (row(n, ufuncs.NAMES, steps, "") for n in elements), "why"),
            table("Methods of ufuncs with two operands", methods, "arguments"),
            table(
                "Functions",
                (row(n, COVERED, steps, arguments(n) if n in COVERED else "") for n in functions),
                "arguments, beside `out`; or why",
            ),
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
