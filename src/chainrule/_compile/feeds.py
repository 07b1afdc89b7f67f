"""What a program takes besides tensors: random numbers and the settings of optimizers, as they are before each run.

While a function is traced, a draw of random numbers gives an input of the program instead, and so does a float among the
settings of an optimizer whose ``step`` is called. Before each run the numbers are drawn, in the same order from the same
generators, and the settings looked up: the program never holds them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._tensor import Tensor
from ..core.overriding import disabled
from ..core.value import Lifted, TensorBase
from ..core.xla_level import XlaArray

if TYPE_CHECKING:
    from ..core.generator import Draw, Generator

FLOAT = np.dtype(np.float64)


class Source(NamedTuple):
    """A setting of an optimizer: where it is found."""

    group: dict[str, Any]
    name: str
    place: int | None
    """Which of several, of a setting that is a tuple."""

    @property
    def key(self) -> Any:
        return id(self.group), self.name, self.place

    def number(self) -> Any:
        value = self.group[self.name]
        return value if self.place is None else value[self.place]


class Setting(Tensor):
    """A float setting while a program is traced: a 0-d input of it, which Python's tests see as the number of now.

    What they answer is a guard: where it would be another, the program does not fit.
    """

    __slots__ = ()

    __torch_function__ = staticmethod(disabled)

    @staticmethod
    def of(source: Source, number: float, value: Any, guards: list[Guard]) -> Setting:
        setting = object.__new__(Setting)
        setting._array = value
        setting._node = setting._cell = setting._view = setting._meta_slot = None
        setting.__dict__.update(source=source, number=number, guards=guards)
        return setting

    def asked(self, test: Callable[..., Any], *args: Any) -> Any:
        answer = test(self.number, *args)
        self.guards.append(Guard(self.source, test, args, answer, self.number))
        return answer

    def item(self) -> Any:
        return self.asked(float)

    def __float__(self) -> float:
        return self.asked(float)

    def __bool__(self) -> bool:
        return self.asked(bool)

    __hash__ = Tensor.__hash__


def _compared(name: str) -> Any:
    test = getattr(operator, name)

    def compare(self: Setting, other: Any) -> Any:
        if isinstance(other, TensorBase):
            return getattr(Tensor, name)(self, other)
        return self.asked(test, other)

    return compare


for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Setting, _name, _compared(_name))


class Guard(NamedTuple):
    """What a trace relied on: that a test of a setting has this answer."""

    source: Source
    test: Callable[..., Any]
    args: tuple[Any, ...]
    answer: Any
    seen: Any
    """What was tested: as long as it is the same object, the answer is the same."""

    def holds(self) -> bool:
        try:
            number = self.source.number()
            return number is self.seen or bool(self.test(number, *self.args) == self.answer)
        except (LookupError, TypeError, ValueError):
            return False

    def __str__(self) -> str:
        return f"setting {self.source.name!r} of an optimizer"


def key_of(draw: Draw) -> Any:
    """Equal for draws that give the same program."""
    params = [(name, p.tobytes() if isinstance(p, np.ndarray) else p) for name, p in draw.params.items()]
    order = None if draw.order is None else tuple(draw.order)
    return draw.kernel, draw.shape, draw.dtype, id(draw.generator), order, tuple(params)


class Draws:
    """The random draws of a trace: each gives the value of an input."""

    is_trace = True

    def __init__(self, expected: list[Draw], values: list[Any]) -> None:
        self.expected = expected
        self.values = values
        self.found: list[Draw] = []
        self.given: list[Any] = []
        self.of: dict[int, list[int]] = {}
        """Id of a generator -> numbers of the draws from it."""
        self.at: dict[int, int] = {}
        """Id of a generator -> how many of them are behind it: fewer than all where it was set back."""
        self.states: dict[int, tuple[Any, int]] = {}
        """Id of a state tensor -> (the tensor, where the generator stood)."""

    @property
    def are_expected(self) -> bool:
        return list(map(key_of, self.found)) == list(map(key_of, self.expected))

    def drawn(self, wanted: Draw, into: Any, given: tuple[Any, ...]) -> Any:
        for param in wanted.params.values():
            if isinstance(param, Lifted):
                param.plain("drawing random numbers whose distribution is computed")
        generator = id(wanted.generator)
        numbers, at = self.of.setdefault(generator, []), self.at.get(generator, 0)
        self.at[generator] = at + 1
        if at < len(numbers):  # it was set back to where it had been
            if key_of(self.found[numbers[at]]) != key_of(wanted):
                raise RuntimeError(
                    "compile: a generator was set back to an earlier state and asked for other random numbers than it gave "
                    "from there: a compiled function can draw the same ones again only."
                )
            return self.given[numbers[at]]
        number = len(self.found)
        is_known = number < len(self.expected) and key_of(self.expected[number]) == key_of(wanted)
        value = self.values[number] if is_known else XlaArray(np.zeros(wanted.shape, wanted.dtype))
        numbers.append(number)
        self.found.append(wanted)
        self.given.append(value)
        return value

    def state_taken(self, generator: Generator, state: Any) -> None:
        """Somebody asked for a generator's state."""
        self.states[id(state)] = state, self.at.get(id(generator), 0)

    def state_set(self, generator: Generator, state: Any) -> None:
        """Set a generator back to a state that was taken before."""
        known, at = self.states.get(id(state), (None, 0))
        if known is None:
            raise RuntimeError(
                "compile: seeding a generator, or setting its state, inside of a compiled function would happen once, and not "
                "in each call. Do it outside. (A state that was taken inside may be set again.)"
            )
        self.at[id(generator)] = at

    def left_behind(self) -> dict[int, Generator]:
        """Generators that end before their last draw, by the number of the draw at which they are to stand."""
        return {
            numbers[self.at[generator]]: self.found[numbers[0]].generator
            for generator, numbers in self.of.items()
            if self.at[generator] < len(numbers)
        }


class NoDraws:
    """Refuses random numbers, in the body of a loop or a branch: how many it would draw is not known before the run."""

    is_trace = True

    def drawn(self, *wanted: Any) -> Any:
        raise RuntimeError(
            "compile: cond, scan and while_loop cannot draw random numbers in the body that they compile. Draw them before, and "
            "give them as operands or as xs."
        )

    state_taken = state_set = drawn


def drawn_now(draws: list[Draw], left_behind: dict[int, Generator]) -> list[Any]:
    """The numbers of all draws, in their order; generators end where the function leaves them."""
    states, values = [], []
    for number, draw in enumerate(draws):
        if number in left_behind:
            states.append((draw.generator, draw.generator.snapshot()))
        values.append(draw.numbers())
    for generator, state in states:
        generator.restore(state)
    return values


class Settings:
    """The settings of optimizers in a trace."""

    def __init__(self, expected: list[Source], values: list[Any]) -> None:
        self.expected = expected
        self.values = {source.key: value for source, value in zip(expected, values, strict=True)}
        self.found: dict[Any, Source] = {}
        self.guards: list[Guard] = []
        self.groups: set[int] = set()
        """Ids of the groups that are lent."""

    @property
    def are_expected(self) -> bool:
        return list(self.found) == [source.key for source in self.expected]

    @contextmanager
    def lent(self, optimizer: Any) -> Iterator[None]:
        """The float settings of an optimizer are inputs of the program inside, while its ``step`` runs."""
        groups = optimizer.param_groups
        if groups and id(groups[0]) in self.groups:  # it is lent for the whole of the trace
            yield
            return
        self.groups.update(map(id, groups))
        before = [dict(group) for group in groups]
        state = {key: dict(value) for key, value in optimizer.state.items()}
        numbers = numbers_in(state)
        lent = [{name: self.of(group, name, value) for name, value in group.items()} for group in groups]
        for group, stand_ins in zip(groups, lent, strict=True):
            group.update(stand_ins)
        try:
            yield
            self.check(optimizer, before, lent, numbers)
        except BaseException:
            for key, value in state.items():
                optimizer.state[key].clear()
                optimizer.state[key].update(value)
            for key in [key for key in optimizer.state if key not in state]:
                del optimizer.state[key]
            raise
        finally:
            for group, own in zip(groups, before, strict=True):
                group.clear()
                group.update(own)

    def of(self, group: dict[str, Any], name: str, value: Any) -> Any:
        """What stands for a setting."""
        if name in ("params", "param_names") or isinstance(value, TensorBase):
            return value
        if isinstance(value, tuple) and value and all(type(one) is float for one in value):
            return tuple([self.input(Source(group, name, place), number) for place, number in enumerate(value)])
        if type(value) is float:
            return self.input(Source(group, name, None), value)
        self.guards.append(Guard(Source(group, name, None), _kept, (), _kept(value), value))
        return value

    def input(self, source: Source, number: float) -> Setting:
        self.found[source.key] = source
        value = self.values.get(source.key)
        return Setting.of(source, number, XlaArray(np.zeros((), FLOAT)) if value is None else value, self.guards)

    def check(self, optimizer: Any, before: Any, lent: Any, numbers: Any) -> None:
        """Raise where the step changed a Python number, which a program could not repeat."""
        changed = [
            name
            for group, stand_ins in zip(optimizer.param_groups, lent, strict=True)
            for name, value in group.items()
            if stand_ins.get(name) is not value
        ]
        after = numbers_in(optimizer.state)
        changed += [str(place[-1]) for place in after if numbers.get(place) != after[place]]
        if changed:
            raise RuntimeError(
                f"compile: step() of {type(optimizer).__name__} changes the Python number {changed[0]!r}, which a program "
                "would do once and never again. Keep it in a tensor: torch.tensor(0.), changed in place."
            )


def _kept(value: Any) -> Any:
    """What of a setting that is no float a program depends on."""
    return value if isinstance(value, (bool, int, float, str, type(None), tuple)) else id(value)


def numbers_in(state: Any) -> dict[Any, Any]:
    """The Python numbers in the state of an optimizer, by their places."""
    return {
        (id(key), name): number
        for key, value in state.items()
        for name, number in value.items()
        if isinstance(number, (int, float, complex))
    }
