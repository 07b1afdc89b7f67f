"""A pickle read as data: an interpreter of its instructions that makes plain values, and calls only what it was given.

Python's own unpickler imports and calls whatever a file names. This one looks names up in a function that answers with
what is allowed, and calls through a table. It reads no more than the file has and allocates no more than it reads, so
that a damaged or hostile file is an error and nothing else.
"""

from __future__ import annotations

import pickle
import pickletools
import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from ..errors import CorruptFileError

__all__ = ["Unpickler", "hashable"]

MAX_HASHED = 10_000  # parts of a key: hashing nested tuples may take as long as they are deep to the power of two
DICTS = (dict, OrderedDict, Counter, defaultdict)


class Unpickler:
    """Reads one pickle.

    Args:
        read: as that of a file.
        remaining: how many bytes there are still.
        find: from a name "module.name" to what it stands for; raises for what is not allowed.
        calls: what may be called -> the function that is called for it.
        persistent: what a persistent id (of a storage) stands for.
        make: a new instance of a class that was found, and its arguments: for what is made without a call; or None.
        build: gives a new instance its state.
        encoding: of the strings of Python 2.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        remaining: Callable[[], int],
        find: Callable[[str], Any],
        calls: dict[Any, Callable[..., Any]],
        persistent: Callable[[Any], Any],
        make: Callable[..., Any],
        build: Callable[[Any, Any], None],
        encoding: str = "utf-8",
    ) -> None:
        self.read, self.remaining = read, remaining
        self.find, self.calls, self.persistent, self.make, self.build = find, calls, persistent, make, build
        self.encoding = encoding
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        """The stacks below each mark."""
        self.memo: dict[int, Any] = {}
        self.is_outside = False
        """Whether code that knows nothing of pickles is at work: its errors are its own."""

    def load(self) -> Any:
        """The value that the pickle holds.

        Raises:
            CorruptFileError: it breaks off, or makes no sense; UnpicklingError: it holds what is not allowed.
        """
        try:
            while True:
                code = self.take(1)
                if code == b".":
                    return self.stack.pop()
                step = STEPS.get(code)
                if step is None:
                    raise CorruptFileError(f"the file is damaged, or no pickle: {_named(code)}")  # noqa: TRY301
                step(self)
        except (pickle.UnpicklingError, NotImplementedError):
            raise
        except Exception as error:
            if self.is_outside:
                raise
            raise CorruptFileError(
                f"the file is damaged: its pickle makes no sense ({type(error).__name__}: {error})"
            ) from error

    # -- reading -------------------------------------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        if count > 8192 and count > self.remaining():
            raise CorruptFileError(f"the file is damaged: it breaks off, {count} bytes should follow")
        data = self.read(count)
        if len(data) != count:
            raise CorruptFileError("the file is truncated: its pickle breaks off")
        return data

    def number(self, layout: str) -> Any:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def protocol(self) -> None:
        if self.number("B") > pickle.HIGHEST_PROTOCOL:
            self.broken("its pickle has an unknown protocol")

    def sized(self, layout: str) -> bytes:
        return self.take(self.number(layout))

    def line(self) -> str:
        found = bytearray()
        while (byte := self.take(1)) != b"\n":
            found += byte
        return found.decode()

    # -- the stack -----------------------------------------------------------------------------------------------------

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def since_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.below.pop()
        return items

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def drop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.since_mark()

    def last(self, *kinds: type) -> Any:
        """The container on top."""
        if type(self.stack[-1]) not in kinds:
            raise CorruptFileError(f"the file is damaged: it puts items into a {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    def some(self, count: int) -> None:
        taken = self.stack[-count:]
        if len(taken) != count:
            raise CorruptFileError("the file is damaged: its pickle takes more values than there are")
        self.stack[-count:] = [tuple(taken)]

    def append(self, items: list[Any]) -> None:
        self.last(list).extend(items)

    def add_items(self, items: list[Any]) -> None:
        self.last(set).update(hashable_items(items))

    def set_items(self, items: list[Any]) -> None:
        into = self.last(*DICTS)
        for key, value in zip(items[::2], items[1::2], strict=True):
            into[hashable(key)] = value

    def dict_from(self, items: list[Any]) -> dict[Any, Any]:
        return {hashable(key): value for key, value in zip(items[::2], items[1::2], strict=True)}

    def pair(self) -> list[Any]:
        value = self.pop()
        return [self.pop(), value]

    # -- names and calls -----------------------------------------------------------------------------------------------

    def name(self, module: str, name: str) -> None:
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        self.push(self.find(f"{module}.{name}"))

    def stack_name(self) -> None:
        name, module = self.pop(), self.pop()
        self.name(module, name) if type(name) is type(module) is str else self.broken("a name is no string")

    def outside(self, call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        self.is_outside = True
        result = call(*arguments, **keywords)
        self.is_outside = False
        return result

    def broken(self, why: str) -> None:
        raise CorruptFileError(f"the file is damaged: {why}")

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        known = self.calls.get(hashable(function))
        if known is None:
            made = self.outside(self.make, function, arguments, is_call=True)
        else:
            made = known(*arguments)
        self.push(made)

    def new(self, keywords: dict[str, Any] | None = None) -> None:
        arguments, cls = self.pop(), self.pop()
        if hashable(cls) in self.calls and not keywords:
            self.push(self.calls[cls](*arguments))
        else:
            self.push(self.outside(self.make, cls, arguments, keywords or {}))

    def set_state(self) -> None:
        state = self.pop()
        target = self.stack[-1]
        if type(target) is OrderedDict and type(state) is dict and all(type(key) is str for key in state):
            target.__dict__.update(state)
        else:
            self.outside(self.build, target, state)

    def old_string(self, data: bytes) -> None:
        self.push(data if self.encoding == "bytes" else data.decode(self.encoding))


def hashable(key: Any) -> Any:
    """A key, if hashing it takes no longer than reading it did."""
    if type(key) is tuple or isinstance(key, (tuple, frozenset)):
        left, parts = MAX_HASHED, [key]
        while parts:
            part = parts.pop()
            if isinstance(part, (tuple, frozenset)):
                left -= len(part) + 1
                if left < 0:
                    raise CorruptFileError(f"the file is damaged: a key in it has more than {MAX_HASHED} parts")
                parts.extend(part)
    return key


def hashable_items(items: Any) -> Any:
    return [hashable(item) for item in items] if type(items) in (list, tuple) else items


def _named(code: bytes) -> str:
    known = {one.code: one for one in pickletools.opcodes}.get(code.decode("latin1"))
    return f"the instruction {known.name} is not used by torch.save" if known else f"byte {code!r} is no instruction"


def _integer(u: Unpickler) -> None:
    text = u.line()
    u.push({"00": False, "01": True}.get(text) if text in ("00", "01") else int(text))


STEPS: dict[bytes, Callable[[Unpickler], Any]] = {
    pickle.PROTO: Unpickler.protocol,
    pickle.FRAME: lambda u: u.number("<Q"),
    # the stack and the memo
    pickle.MARK: Unpickler.mark,
    pickle.POP: Unpickler.drop,
    pickle.POP_MARK: Unpickler.since_mark,
    pickle.DUP: lambda u: u.push(u.stack[-1]),
    pickle.PUT: lambda u: u.memo.__setitem__(int(u.line()), u.stack[-1]),
    pickle.BINPUT: lambda u: u.memo.__setitem__(u.number("B"), u.stack[-1]),
    pickle.LONG_BINPUT: lambda u: u.memo.__setitem__(u.number("<I"), u.stack[-1]),
    pickle.MEMOIZE: lambda u: u.memo.__setitem__(len(u.memo), u.stack[-1]),
    pickle.GET: lambda u: u.push(u.memo[int(u.line())]),
    pickle.BINGET: lambda u: u.push(u.memo[u.number("B")]),
    pickle.LONG_BINGET: lambda u: u.push(u.memo[u.number("<I")]),
    # numbers and the like
    pickle.NONE: lambda u: u.push(None),
    pickle.NEWTRUE: lambda u: u.push(True),
    pickle.NEWFALSE: lambda u: u.push(False),
    pickle.INT: _integer,
    pickle.BININT: lambda u: u.push(u.number("<i")),
    pickle.BININT1: lambda u: u.push(u.number("B")),
    pickle.BININT2: lambda u: u.push(u.number("<H")),
    pickle.LONG: lambda u: u.push(int(u.line().removesuffix("L"))),
    pickle.LONG1: lambda u: u.push(int.from_bytes(u.sized("B"), "little", signed=True)),
    pickle.LONG4: lambda u: u.push(int.from_bytes(u.sized("<I"), "little", signed=True)),
    pickle.FLOAT: lambda u: u.push(float(u.line())),
    pickle.BINFLOAT: lambda u: u.push(u.number(">d")),
    # strings
    pickle.UNICODE: lambda u: u.push(u.line().encode("latin1").decode("raw_unicode_escape")),
    pickle.BINUNICODE: lambda u: u.push(u.sized("<I").decode("utf-8", "surrogatepass")),
    pickle.SHORT_BINUNICODE: lambda u: u.push(u.sized("B").decode("utf-8", "surrogatepass")),
    pickle.BINUNICODE8: lambda u: u.push(u.sized("<Q").decode("utf-8", "surrogatepass")),
    pickle.BINSTRING: lambda u: u.old_string(u.sized("<I")),
    pickle.SHORT_BINSTRING: lambda u: u.old_string(u.sized("B")),
    pickle.BINBYTES: lambda u: u.push(u.sized("<I")),
    pickle.SHORT_BINBYTES: lambda u: u.push(u.sized("B")),
    pickle.BINBYTES8: lambda u: u.push(u.sized("<Q")),
    pickle.BYTEARRAY8: lambda u: u.push(bytearray(u.sized("<Q"))),
    # containers
    pickle.EMPTY_LIST: lambda u: u.push([]),
    pickle.EMPTY_DICT: lambda u: u.push({}),
    pickle.EMPTY_TUPLE: lambda u: u.push(()),
    pickle.EMPTY_SET: lambda u: u.push(set()),
    pickle.LIST: lambda u: u.push(u.since_mark()),
    pickle.DICT: lambda u: u.push(u.dict_from(u.since_mark())),
    pickle.TUPLE: lambda u: u.push(tuple(u.since_mark())),
    pickle.TUPLE1: lambda u: u.some(1),
    pickle.TUPLE2: lambda u: u.some(2),
    pickle.TUPLE3: lambda u: u.some(3),
    pickle.FROZENSET: lambda u: u.push(frozenset(hashable_items(u.since_mark()))),
    pickle.APPEND: lambda u: u.append([u.pop()]),
    pickle.APPENDS: lambda u: u.append(u.since_mark()),
    pickle.SETITEM: lambda u: u.set_items(u.pair()),
    pickle.SETITEMS: lambda u: u.set_items(u.since_mark()),
    pickle.ADDITEMS: lambda u: u.add_items(u.since_mark()),
    # names and calls
    pickle.GLOBAL: lambda u: u.name(u.line(), u.line()),
    pickle.STACK_GLOBAL: Unpickler.stack_name,
    pickle.REDUCE: Unpickler.call,
    pickle.NEWOBJ: Unpickler.new,
    pickle.NEWOBJ_EX: lambda u: u.new(u.pop()),
    pickle.BUILD: Unpickler.set_state,
    pickle.BINPERSID: lambda u: u.push(u.outside(u.persistent, u.pop())),
}
