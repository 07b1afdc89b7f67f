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
    ("", "chainrule.nn.functional"),
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
    for prefix, home in HOMES:
        if name.startswith(prefix):
            found = getattr(import_module(home), name.removeprefix(prefix), None)
            if found is not None:
                return found  # type: ignore[no-any-return]
    return getattr(import_module("chainrule").Tensor, name, None)


def kernel(op: OpOverload, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is called by PyTorch's schema: positions are the same; ``self`` has other names."""
    from inspect import Parameter, signature

    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):
        parameters = {}  # type: ignore[assignment]
    takes_all = any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values())
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
        if not takes_all and parameters:
            unknown = [name for name in by_name if name not in parameters]
            if unknown:
                raise NotImplementedError(f"{op.name()} with {', '.join(unknown)} is not available in chainrule")
        return function(*given, **by_name)

    return run
