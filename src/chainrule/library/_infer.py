"""The schema of a function, from the types that it is annotated with."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any

from .._tensor import Tensor
from ..core.generator import Generator
from ..device import device
from ..dtypes import dtype

__all__ = ["infer_schema"]

SCALARS: dict[Any, str] = {
    Tensor: "Tensor",
    int: "SymInt",
    float: "float",
    bool: "bool",
    str: "str",
    dtype: "ScalarType",
    device: "Device",
}
NUMBER = frozenset({int, float, bool})
LISTED = (Tensor, int, float, bool)
RESULTS = "Tensor, list[Tensor], int, float, bool, torch.types.Number, or a tuple of these"


def infer_schema(
    prototype_function: Callable[..., Any],
    /,
    *,
    mutates_args: str | Iterable[str],
    op_name: str | None = None,
) -> str:
    """The schema of a function whose arguments and result are annotated.

    Args:
        prototype_function: it is not called.
        mutates_args: the names of the arguments that it writes to, or "unknown".
        op_name: what the schema calls it (default: no name).

    Raises:
        ValueError: an argument without a type, a type that a schema has no word for, or a default that it cannot have.

    >>> import chainrule as torch
    >>> def scale(x: torch.Tensor, by: float = 2.0) -> torch.Tensor: ...
    >>> torch.library.infer_schema(scale, mutates_args=())
    '(Tensor x, float by=2.0) -> Tensor'
    """
    function = prototype_function
    signature = inspect.signature(function)

    def refusal(what: str) -> ValueError:
        return ValueError(f"infer_schema(func): {what} Got func with signature {signature})")

    if isinstance(mutates_args, str) and mutates_args != "unknown":
        raise ValueError(
            "mutates_args must either be a sequence of the names of the arguments that are mutated or the string 'unknown'."
        )
    written = None if mutates_args == "unknown" else set(mutates_args)
    try:
        hints = typing.get_type_hints(function)
    except NameError as error:
        raise refusal(f"Unsupported type annotation: {error}.") from None
    words: list[str] = []
    starred = False
    seen: set[str] = set()
    for position, (name, parameter) in enumerate(signature.parameters.items()):
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise refusal("We do not support positional-only args, varargs, or varkwargs.")
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            words.append("*")
            starred = True
        if parameter.annotation is parameter.empty:
            raise refusal(f"Parameter {name} must have a type annotation.")
        kind = schema_type(hints[name])
        if kind is None:
            annotated = hints[name]
            if typing.get_origin(annotated) is tuple:
                raise refusal(
                    f"Parameter {name} has unsupported type {annotated}. We do not support Tuple inputs in schema. As a workaround, "
                    "please try to use List instead. For example, list[int]."
                )
            raise refusal(
                f"Parameter {name} has unsupported type {annotated}. The valid types are Tensor, int, float, bool, str, "
                "torch.types.Number, torch.dtype, torch.device, lists of the first five, and Optional of any."
            )
        seen.add(name)
        if kind.startswith("Tensor") and (written is None or name in written):
            kind = kind.replace("Tensor", f"Tensor(a{position}!)", 1)
        elif written is not None and name in written:
            raise refusal(
                f"Parameter {name} is in mutable_args but only Tensors or collections of Tensors can be mutated."
            )
        text = f"{kind} {name}"
        if parameter.default is not parameter.empty:
            text += f"={default_text(parameter.default, name, refusal)}"
        words.append(text)
    if written is not None and written - seen:
        raise refusal(
            f"{written - seen} in mutates_args were not found in the custom op's signature. mutates_args should contain the names of "
            "all args that the custom op mutates, or just the string 'unknown' if you don't know."
        )
    if signature.return_annotation is signature.empty:
        raise refusal("No return type annotation was provided. Please add one.")
    returns = return_type(hints["return"])
    if returns is None:
        raise refusal(f"Return has unsupported type {hints['return']}. The valid types are: {RESULTS}.")
    return f"{op_name or ''}({', '.join(words)}) -> {returns}"


def schema_type(annotation: Any) -> str | None:
    """The word of a schema for a type; None if there is none."""
    for plain, word in SCALARS.items():
        if annotation is plain:
            return word
    if annotation is Generator:
        return "Generator"
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        inside = frozenset(args) - {type(None)}
        optional = "?" if type(None) in args else ""
        if inside == NUMBER:
            return "Scalar" + optional
        if len(inside) != 1 or not optional:
            return None
        (one,) = inside
        inner = schema_type(one)
        is_open = inner is None or inner.endswith("?") or inner in ("Tensor[]", "Tensor?[]")
        return None if is_open else f"{inner}?"
    if origin in (list, collections.abc.Sequence) and len(args) == 1:
        if args[0] in LISTED:
            return f"{SCALARS[args[0]]}[]"
        each = schema_type(args[0])
        return f"{each}[]" if each in ("Scalar", "Tensor?") else None
    return None


def return_type(annotation: Any) -> str | None:
    if annotation is None or annotation is type(None):
        return "()"
    if typing.get_origin(annotation) is tuple:
        parts = [result_type(one) for one in typing.get_args(annotation)]
        return None if None in parts else f"({', '.join(map(str, parts))})"
    return result_type(annotation)


def result_type(annotation: Any) -> str | None:
    word = schema_type(annotation)
    if word in ("Tensor", "SymInt", "float", "bool", "Scalar"):
        return word
    return word if word == "Tensor[]" and typing.get_origin(annotation) is list else None


def default_text(value: Any, name: str, refusal: Callable[[str], ValueError]) -> str:
    if value is None or isinstance(value, (int, float, bool)):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (dtype, device)):
        return str(value).removeprefix("torch.") if isinstance(value, dtype) else f'"{value}"'
    raise refusal(
        f"Parameter {name} has an unsupported default value type {type(value)}. A schema can have None, numbers, bools, strings, "
        "torch.dtype and torch.device; make it an Optional with the default None."
    )
