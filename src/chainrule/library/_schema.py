"""Schemas of operators: what they are called with, and what they return, as PyTorch writes it.

``name.overload(Tensor x, int[2] k=1, *, bool flag=False) -> (Tensor, Tensor[])``. A type is kept as it is written; ``Tensor(a!)``
says that the argument is written to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import dtypes
from ..core.value import TensorBase
from ..device import device
from ..dtypes import dtype

__all__ = ["Argument", "FunctionSchema", "parse_schema"]

NO_DEFAULT: Any = object()


@dataclass(frozen=True)
class AliasInfo:
    """What an argument shares with the results: ``is_write`` if it is written to."""

    name: str
    is_write: bool

    def __str__(self) -> str:
        return f"({self.name}{'!' if self.is_write else ''})"


@dataclass(frozen=True)
class Argument:
    """One argument, or one result."""

    name: str
    kind: str
    """``Tensor``, ``int``, ``Scalar?``, ``Tensor[]``, ``int[2]``, ..."""
    default_value: Any = None
    has_default: bool = False
    kwarg_only: bool = False
    alias_info: AliasInfo | None = None

    def has_default_value(self) -> bool:
        return self.has_default

    @property
    def type(self) -> str:
        """As PyTorch calls it in messages."""
        return type_name(self.kind)

    @property
    def is_list(self) -> bool:
        return self.kind.rstrip("?").endswith("]")

    def __str__(self) -> str:
        mark = str(self.alias_info or "")
        base = re.match(r"\w+(\.\w+)*", self.kind)
        assert base is not None
        text = self.kind.replace(base[0], base[0] + mark, 1)
        if self.name:
            text += f" {self.name}"
        return text + (f"={self._default_text()}" if self.has_default else "")

    def _default_text(self) -> str:
        value = self.default_value
        if isinstance(value, list):
            if re.search(r"\[\d+\]", self.kind) and value and value.count(value[0]) == len(value):
                return as_text(value[0])
            return "[" + ", ".join(map(as_text, value)) + "]"
        return as_text(value)

    def cast(self, value: Any) -> Any:
        """A value given for this argument, as the kernel gets it.

        Raises:
            TypeError: it is of another type.
        """
        return cast(self.kind, value)


def type_name(kind: str) -> str:
    if kind.endswith("?"):
        return f"Optional[{type_name(kind[:-1])}]"
    if kind.endswith("]"):
        return f"List[{type_name(kind[: kind.rindex('[')])}]"
    return {"SymInt": "int", "Scalar": "number", "ScalarType": "int"}.get(kind, kind)


def as_text(value: Any) -> str:
    """A default as PyTorch prints it: of a float, 17 digits."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        text = f"{value:.17g}"
        return text if re.search(r"[.en]", text) else text + "."
    return str(value)


def cast(kind: str, value: Any) -> Any:
    """See :meth:`Argument.cast`."""
    if kind.endswith("?"):
        return None if value is None else cast(kind[:-1], value)
    if (several := re.fullmatch(r"(.*)\[(\d*)\]", kind)) is not None:
        each, size = several.groups()
        if size and isinstance(value, (int, float)):
            return [cast(each, value)] * int(size)
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise TypeError(kind)
        return [cast(each, one) for one in value]
    if kind == "Tensor":
        return checked(value, TensorBase, kind)
    if kind in ("int", "SymInt", "float", "bool", "Scalar") and isinstance(value, TensorBase):
        if value.ndim:
            raise TypeError(kind)
        value = value.item()
    if kind in ("int", "SymInt"):
        return int(checked(value, (int, np.integer), kind))
    if kind == "float":
        return float(checked(value, (int, float, np.integer, np.floating), kind))
    if kind == "bool":
        return bool(checked(value, (bool, np.bool_, int), kind))
    if kind == "Scalar":
        return checked(value, (int, float, complex, np.number, np.bool_), kind)
    if kind == "str":
        return checked(value, str, kind)
    if kind == "ScalarType":
        return checked(value, dtype, kind)
    if kind == "Device":
        return device(value) if isinstance(value, str) else checked(value, device, kind)
    return value


def checked(value: Any, kinds: Any, kind: str) -> Any:
    if not isinstance(value, kinds):
        raise TypeError(kind)
    return value


class FunctionSchema:
    """A schema that was taken apart."""

    def __init__(self, name: str, overload_name: str, arguments: list[Argument], returns: list[Argument]) -> None:
        self.name = name
        self.overload_name = overload_name
        self.arguments = arguments
        self.returns = returns

    @property
    def is_mutable(self) -> bool:
        """Whether an argument is written to."""
        return any(a.alias_info is not None and a.alias_info.is_write for a in self.arguments)

    def __str__(self) -> str:
        words, starred = [], False
        for argument in self.arguments:
            if argument.kwarg_only and not starred:
                words.append("*")
                starred = True
            words.append(str(argument))
        returns = ", ".join(map(str, self.returns))
        full = f"{self.name}.{self.overload_name}" if self.overload_name else self.name
        single = len(self.returns) == 1
        return f"{full}({', '.join(words)}) -> {returns if single else f'({returns})'}"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionSchema) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a call, cast and with defaults: those by position, and those by name only.

        Raises:
            RuntimeError: they do not fit the schema.
        """
        positional = [a for a in self.arguments if not a.kwarg_only]
        if len(args) > len(positional):
            count = len(args)
            if len(positional) == len(self.arguments):
                raise RuntimeError(
                    f"{self.name}() expected at most {len(positional)} argument(s) but received {count} argument(s). "
                    f"Declaration: {self}"
                )
            raise RuntimeError(
                f"{self.name}() takes {len(positional)} positional argument(s) but {count} was/were given.  Declaration: {self}"
            )
        names = [a.name for a in self.arguments]
        for name in kwargs:
            if name not in names:
                raise RuntimeError(f"Unknown keyword argument '{name}' for operator '{self.name}'. Schema: {self}")
            if name in names[: len(args)]:
                raise RuntimeError(
                    f"Argument '{name}' specified both as positional and keyword argument. Schema: {self}"
                )
        values = []
        for position, argument in enumerate(self.arguments):
            if position < len(args):
                value = args[position]
            elif argument.name in kwargs:
                value = kwargs[argument.name]
            elif argument.has_default:
                values.append(argument.default_value)
                continue
            else:
                raise RuntimeError(
                    f"{self.name}() is missing value for argument '{argument.name}'. Declaration: {self}"
                )
            if (
                position
                and argument.kind == "Tensor"
                and self.name.startswith("aten::")
                and type(value) in (int, float, bool, complex)
            ):
                values.append(value)  # PyTorch's own operators make tensors of numbers
                continue
            try:
                values.append(argument.cast(value))
            except TypeError:
                raise RuntimeError(
                    f"{self.name}() Expected a value of type '{argument.type}' for argument '{argument.name}' but instead found "
                    f"type '{type(value).__name__}'.\nPosition: {position}\nValue: {value}\nDeclaration: {self}"
                ) from None
        only = {a.name: v for a, v in zip(self.arguments, values, strict=True) if a.kwarg_only}
        return values[: len(positional)], only


WORDS = re.compile(r"->|\[\d*\]|\"[^\"]*\"|'[^']*'|[\w.+-]+|[^\s]")


def parse_schema(text: str) -> FunctionSchema:
    """Take a schema apart.

    Raises:
        RuntimeError: it is not one.
    """
    reader = Reader(text)
    full = reader.take() if reader.peek() != "(" else ""
    while reader.peek() == ":":
        full += reader.take()
        if reader.peek() not in (":", "("):
            full += reader.take()
    prefix, name = full.rpartition("::")[::2]
    base, _, overload = name.partition(".")
    reader.expect("(")
    arguments: list[Argument] = []
    by_name = False
    while reader.peek() != ")":
        if reader.peek() == "*":
            reader.take()
            by_name = True
        else:
            arguments.append(reader.argument(by_name))
        if reader.peek() != ")":
            reader.expect(",")
            if reader.peek() == ")":
                raise reader.error("ident")
    reader.expect(")")
    reader.expect("->")
    returns: list[Argument] = []
    if reader.peek() == "(":
        reader.take()
        while reader.peek() != ")":
            returns.append(reader.argument(False))
            if reader.peek() != ")":
                reader.expect(",")
        reader.expect(")")
    else:
        returns.append(reader.argument(False))
    if reader.peek():
        raise reader.error("eof")
    return FunctionSchema(f"{prefix}::{base}" if prefix else base, overload, arguments, returns)


class Reader:
    """The words of a schema, one after another."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = list(WORDS.finditer(text))
        self.at = 0

    def peek(self) -> str:
        return self.found[self.at][0] if self.at < len(self.found) else ""

    def take(self) -> str:
        word = self.peek()
        if not word:
            raise self.error("ident")
        self.at += 1
        return word

    def expect(self, word: str) -> None:
        if self.peek() != word:
            raise self.error(repr(word))
        self.at += 1

    def error(self, wanted: str) -> RuntimeError:
        place = self.found[self.at].start() if self.at < len(self.found) else len(self.text)
        found = repr(self.peek()) if self.peek() else "its end"
        return RuntimeError(f"expected {wanted} but found {found} here:\n{self.text}\n{' ' * place}~ <--- HERE")

    def argument(self, by_name: bool) -> Argument:
        kind = self.take()
        alias = None
        if self.peek() == "(":
            self.take()
            mark = ""
            while self.peek() != ")":
                mark += self.take()
            self.take()
            alias = AliasInfo(mark.partition("!")[0], "!" in mark)
        while self.peek() == "?" or self.peek().startswith("["):
            kind += self.take()
        name = "" if self.peek() in (",", ")", "") else self.take()
        if self.peek() != "=":
            return Argument(name, kind, kwarg_only=by_name, alias_info=alias)
        self.take()
        return Argument(name, kind, self.default(kind), True, by_name, alias)

    def default(self, kind: str) -> Any:
        word = self.take()
        if word == "[]":
            return []
        if word == "[":
            items = []
            while self.peek() != "]":
                items.append(self.take())
                if self.peek() == ",":
                    self.take()
            self.take()
            return [literal(kind, item) for item in items]
        if re.fullmatch(r"\[\d+\]", word):
            return [int(word[1:-1])]
        value = literal(kind, word)
        sized = re.search(r"\[(\d+)\]", kind)
        return [value] * int(sized[1]) if sized is not None and value is not None else value


def literal(kind: str, word: str) -> Any:
    """A default as it is written: a number, a text, True, False, None, or a name of PyTorch's."""
    if word in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[word]
    if word[0] in "'\"":
        return device(word[1:-1]) if kind.startswith("Device") else word[1:-1]
    if kind.startswith("ScalarType"):
        return getattr(dtypes, word)
    if kind.startswith("float"):
        return float(word)
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        return {"Mean": 1}.get(word, word)
