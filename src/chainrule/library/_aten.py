"""PyTorch's own operators, ``torch.ops.aten``: by a table of their schemas, each is a call of the function of its name.

`data/aten.txt` holds the schemas, one operator a line, without those that TorchScript has for Python's numbers and those that write to
``out``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ._operators import OpOverload, Registered
from ._schema import parse_schema

__all__ = ["aten_names", "aten_overloads"]

HOMES = (
    ("", "chainrule"),
    ("linalg_", "chainrule.linalg"),
    ("special_", "chainrule.special"),
    ("fft_", "chainrule.fft"),
)


@functools.lru_cache
def table() -> dict[str, list[str]]:
    """Name -> its schemas."""
    text = (Path(__file__).parents[1] / "data" / "aten.txt").read_text(encoding="ascii")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name = line.partition("(")[0].partition(".")[0]
        found.setdefault(name, []).append(line)
    return found


def sliced(x: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    return x[(*[slice(None)] * (dim % x.ndim), slice(start, end, step))]


def indexed(x: Any, indices: list[Any]) -> Any:
    return x[tuple([slice(None) if index is None else index for index in indices])]


def scaled_elu(x: Any, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Any:
    """Also what ``celu`` and ``selu`` are in PyTorch."""
    below = (x.clamp(max=0) * input_scale).expm1() * alpha
    return x.where(x > 0, below) * scale


def cast_copy(x: Any, *, dtype: Any = None, device: Any = None, **same: Any) -> Any:
    return x.to(device or x.device, dtype or x.dtype, copy=True)


ADAPTED: dict[str, Callable[..., Any]] = {
    "_log_softmax": lambda x, dim, half_to_float: x.log_softmax(dim),
    "_pin_memory": lambda x, device=None: x.pin_memory(),
    "_softmax": lambda x, dim, half_to_float: x.softmax(dim),
    "_sparse_addmm": lambda x, a, b, *, beta=1, alpha=1: import_module("chainrule").sparse.addmm(
        x, a, b, beta=beta, alpha=alpha
    ),
    "_to_copy": cast_copy,
    "_unsafe_view": lambda x, size: x.clone().view(size),
    "adaptive_max_pool2d": lambda x, size: functional().adaptive_max_pool2d(x, size, return_indices=True),
    "adaptive_max_pool3d": lambda x, size: functional().adaptive_max_pool3d(x, size, return_indices=True),
    "alias": lambda x: x.view_as(x),
    "block_diag": lambda tensors: import_module("chainrule").block_diag(*tensors),
    "elu": scaled_elu,
    "index": indexed,
    "slice": sliced,
}
"""Operators without a function of the same name that takes the same."""
REDUCTIONS = ("none", "mean", "sum")


def functional() -> Any:
    return import_module("chainrule.nn.functional")


def aten_names() -> list[str]:
    return list(table())


def aten_overloads(name: str) -> dict[str, OpOverload]:
    """The operators of a name; none if there is no such name, or no function here for it."""
    function = function_for(name) if name in table() else None
    if function is None:
        return {}
    overloads = {}
    for line in table()[name]:
        schema = parse_schema("aten::" + line)
        registered = Registered()
        overload = OpOverload(schema, registered)
        registered.composite = kernel(overload, function)
        overloads[overload._overloadname] = overload
    return overloads


def function_for(name: str) -> Callable[..., Any] | None:
    """Our function of an operator's name; or our method."""
    if name in ADAPTED:
        return ADAPTED[name]
    for prefix, home in HOMES:
        if name.startswith(prefix):
            found = getattr(import_module(home), name.removeprefix(prefix), None)
            if found is not None:
                return found
    method = getattr(import_module("chainrule").Tensor, name, None)
    return method or getattr(import_module("chainrule.nn.functional"), name, None)


def kernel(op: OpOverload, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is called by PyTorch's schema: positions are the same; ``self`` has other names."""
    from inspect import Parameter, signature

    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):
        parameters = {}  # type: ignore[assignment]
    takes_all = any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values())
    takes_name = function.__module__.startswith("chainrule.nn") and "reduction" in parameters
    defaults = {a.name: a.default_value for a in op._schema.arguments if a.has_default}

    def run(*args: Any, **kwargs: Any) -> Any:
        names = [a.name for a in op._schema.arguments if not a.kwarg_only]
        given = list(args)
        # What has its default, at the end, is left to the function's own.
        while given and names[len(given) - 1] in defaults and given[-1] == defaults[names[len(given) - 1]]:
            given.pop()
        by_name = {
            name: value
            for name, value in kwargs.items()
            if not (name in defaults and value == defaults[name] and type(value) is type(defaults[name]))
        }
        if takes_name and "reduction" in names:
            # Positions of ``nn.functional`` are others: it has old arguments in between.
            by_name |= dict(zip(names[2:], args[2:], strict=True))
            given = given[:2]
            if isinstance(parameters["reduction"].default, str):
                by_name["reduction"] = REDUCTIONS[by_name["reduction"]]
        if not takes_all and parameters:
            unknown = [name for name in by_name if name not in parameters]
            if unknown:
                raise NotImplementedError(f"{op.name()} with {', '.join(unknown)} is not available in chainrule")
        return function(*given, **by_name)

    return run
