"""Modules that hold modules or parameters."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from ...core.value import TensorBase
from ...functions.conversion import typename
from ..parameter import Parameter
from .module import Module

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


def position(index: Any, length: int) -> int:
    """An index, also one from the end, as a position.

    Raises:
        IndexError: there is no such position.
    """
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return index % length


class _ModuleSequence(Module):
    """Modules under the names "0", "1", ..."""

    _modules: dict[str, Module]  # type: ignore[assignment]

    def _key(self, index: Any) -> str:
        """The name of the module at an index."""
        return list(self._modules)[position(index, len(self))]

    def _renumber(self, modules: list[Module]) -> None:
        self._modules.clear()
        self._modules.update({str(n): module for n, module in enumerate(modules)})

    def _of(self, items: list[tuple[str, Module]]) -> Self:
        """Another one of the same class."""
        raise NotImplementedError

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._of(list(self._modules.items())[index])
        return self._modules[self._key(index)]

    def __setitem__(self, index: Any, module: Module) -> None:
        setattr(self, self._key(index), module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        # The others move up, so that the next to be appended finds its number free.
        self._renumber([module for name, module in self._modules.items() if name not in names])

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put a module before the one at ``index``.

        Raises:
            TypeError: it is no module.
        """
        if not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def pop(self, key: Any) -> Module:
        """Take the module at an index out."""
        module = self[key]
        del self[key]
        return module


class Sequential(_ModuleSequence):
    """Modules called one after the other, each with the result of the one before.

    Args:
        args: the modules; or one ordered dict of them by name.

    >>> import chainrule as torch
    >>> net = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh())
    >>> net(torch.tensor([-1., 1.]))
    tensor([0.0000, 0.7616])
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for n, module in enumerate(args):
                self.add_module(str(n), module)

    def _of(self, items: list[tuple[str, Module]]) -> Self:
        return type(self)(OrderedDict(items))

    def __add__(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)!s} is given.")
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> Self:
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)!s} is given.")
        return self.extend(list(other))

    def __mul__(self, other: Any) -> Sequential:
        return Sequential(*list(self) * self._factor(other))

    __rmul__ = __mul__

    def __imul__(self, other: Any) -> Self:
        return self.extend(list(self) * (self._factor(other) - 1))

    @staticmethod
    def _factor(other: Any) -> int:
        if not isinstance(other, int):
            raise TypeError(f"unsupported operand type(s) for *: {Sequential} and {type(other)}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {Sequential}")
        return other

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in sequential:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the one at ``index``; the length of the sequence as an index is its end.

        Raises:
            AssertionError: it is no module. IndexError: there is no such place.
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}; got {type(module)}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        super().insert(index, module)
        return self

    def forward(self, input: Any) -> Any:
        for module in self:
            input = module(input)
        return input


class ModuleList(_ModuleSequence):
    """A list of modules.

    Args:
        modules: what to begin with.

    >>> import chainrule as torch
    >>> layers = torch.nn.ModuleList([torch.nn.ReLU()])
    >>> len(layers.append(torch.nn.Tanh()))
    2
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _of(self, items: list[tuple[str, Module]]) -> Self:
        return type(self)(module for _, module in items)

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Raises:
            TypeError: ``modules`` cannot be iterated over.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        for n, module in enumerate(modules, len(self)):
            self.add_module(str(n), module)
        return self

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """Equal neighbours are printed once, with their number."""
        if not len(self):
            return f"{self._get_name()}()"
        runs: list[list[Any]] = []  # [first, last, text]
        for n, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1][1] = n
            else:
                runs.append([n, n, text])
        lines = [
            f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in runs
        ]
        return f"{self._get_name()}(\n  " + "\n".join(lines).replace("\n", "\n  ") + "\n)"


class ModuleDict(Module):
    """Modules by name, in the order of their insertion.

    Args:
        modules: what to begin with: a mapping, or pairs of name and module.

    >>> import chainrule as torch
    >>> list(torch.nn.ModuleDict({"relu": torch.nn.ReLU()}).keys())
    ['relu']
    """

    _modules: dict[str, Module]  # type: ignore[assignment]

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """The names with their modules."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add the modules of a mapping or of pairs; equal names are overwritten.

        Raises:
            TypeError, ValueError: ``modules`` is neither.
        """
        for key, module in pairs(modules, "ModuleDict", "ModuleDict update sequence element"):
            self[key] = module


def pairs(given: Any, container: str, element: str) -> list[tuple[str, Any]]:
    """The items of a mapping, or pairs."""
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{container}.update should be called with an iterable of key/value pairs, but got {type(given).__name__}"
        )
    if isinstance(given, (Mapping, ModuleDict, ParameterDict)):
        return list(given.items())
    found = []
    for n, one in enumerate(given):
        if not isinstance(one, Iterable):
            raise TypeError(f"{element} #{n} should be Iterable; is{type(one).__name__}")
        pair = tuple(one)
        if len(pair) != 2:
            raise ValueError(f"{element} #{n} has length {len(pair)}; 2 is required")
        found.append(pair)
    return found


def as_parameter(value: Any) -> Any:
    """A tensor becomes a parameter; other values stay what they are."""
    return Parameter(value) if isinstance(value, TensorBase) and not isinstance(value, Parameter) else value


def item_lines(items: Iterable[tuple[Any, Any]], named: Callable[[Any], Any]) -> list[str]:
    """A line for each item: a tensor by ``named`` of it and its size, another value by its type."""
    lines = []
    for key, value in items:
        if isinstance(value, TensorBase):
            size = "x".join(map(str, value.shape))
            kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
            what = f"{kind} containing: [{named(value)} of size {size}]"
        else:
            what = f"Object of type: {type(value).__name__}"
        lines.append(f"  ({key}): {what}")
    return lines


class ParameterList(Module):
    """A list whose tensors are parameters of the module; other values are kept as they are.

    Args:
        values: what to begin with.

    >>> import chainrule as torch
    >>> torch.nn.ParameterList([torch.ones(2)])
    ParameterList(  (0): Parameter containing: [torch.float32 of size 2])
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _name(self, index: Any) -> str:
        return str(position(index, self._size))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            made = type(self)()
            return made.extend([self[n] for n in range(*index.indices(len(self)))])
        return getattr(self, self._name(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        setattr(self, self._name(index), as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[n] for n in range(self._size)])

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, value: Any) -> Self:
        """Add a value at the end."""
        self._size += 1
        self[-1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add values at the end.

        Raises:
            TypeError: ``values`` is a tensor, or cannot be iterated over.
        """
        if isinstance(values, TensorBase) or not isinstance(values, Iterable):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        return "\n".join(item_lines(enumerate(self), lambda value: value.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """A dict whose tensors are parameters of the module; other values are kept as they are.

    Args:
        parameters: what to begin with: a mapping, or pairs of name and value.

    >>> import chainrule as torch
    >>> torch.nn.ParameterDict({"scale": torch.ones(2)})
    ParameterDict(  (scale): Parameter containing: [torch.FloatTensor of size 2])
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._attribute(key))

    @staticmethod
    def _attribute(key: Any) -> str:
        """The attribute under which a value is kept."""
        if not isinstance(key, str):
            raise TypeError(
                f"Index given to ParameterDict cannot be used as a key as it is not a string (type is '{type(key).__name__}'). "
                "Open an issue on github if you need non-string keys."
            )
        return key

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, self._attribute(key), as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        delattr(self, self._attribute(key))
        del self._keys[key]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Any) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: Any) -> Any:
        made = other.copy()
        made.update(self.items())
        return made

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another ParameterDict of the same values."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, which becomes ``default`` if it has none."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take all values out."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take a value out."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last value out; it and its name."""
        key = next(reversed(self))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default``."""
        return self[key] if key in self._keys else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A ParameterDict with these names and one value."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def items(self) -> Iterator[tuple[str, Any]]:
        """The names with their values."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterator[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add the values of a mapping or of pairs; equal names are overwritten.

        The names of a dict, which need not have an order, are sorted; an OrderedDict and a ParameterDict keep theirs.

        Raises:
            TypeError, ValueError: ``parameters`` is neither.
        """
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            parameters = sorted(parameters.items())
        for key, value in pairs(parameters, "ParametersDict", "ParameterDict update sequence element"):
            self[key] = value

    def extra_repr(self) -> str:
        return "\n".join(item_lines(self.items(), typename))

    def __call__(self, input: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")
