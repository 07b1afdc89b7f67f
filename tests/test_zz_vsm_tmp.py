"""Random sequences of views and writes, in lockstep with NumPy.

Two machines. ``Recorded`` writes to views of an intermediate value, and to a buffer that starts without history. Its
values are compared with NumPy after every step; its gradients, at the end, with differences of the same program run in
NumPy: along the imaginary axis, where a step of 1e-30 loses no digits. ``Shared`` writes to one memory from both sides,
through views of the tensor and of the array.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import chainrule as torch

Array = np.ndarray[Any, Any]
Step = Callable[[list[Any], Any], None]

START = np.array([[0.5, -1.0, 1.5], [2.0, 0.25, -0.75]])
FACTORS = np.array([1.5, -0.5])
STEP = 1e-30

# -- the language: views and writes that mean the same for a tensor and for an array ----------------------------------


def index_of(shape: tuple[int, ...], draw: Any) -> Any:
    """A basic index into ``shape``: ints, slices, None, Ellipsis."""
    items: list[Any] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        if size and draw(st.booleans()):
            items.append(draw(st.integers(-size, size - 1)))
        else:
            start, step = draw(st.integers(0, size)), draw(st.integers(1, 2))
            items.append(slice(start, draw(st.integers(start, size)), step))
    if draw(st.integers(0, 3)) == 0:
        items.insert(draw(st.integers(0, len(items))), None)
    if draw(st.integers(0, 3)) == 0:
        items.append(Ellipsis)
    return tuple(items)


def shapes_for(size: int) -> list[tuple[int, ...]]:
    return [(size,), (1, size), (size, 1), *((2, size // 2) for _ in range(1) if size % 2 == 0 and size)]


def is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def transpose(value: Any) -> Any:
    return value.permute(tuple(reversed(range(value.ndim)))) if is_tensor(value) else value.transpose()


def unsqueeze(value: Any) -> Any:
    return value.unsqueeze(0) if is_tensor(value) else value[None]


def array_view(value: Any, shape: tuple[int, ...]) -> Any:
    """``value`` in another shape, sharing memory; NumPy would copy where PyTorch refuses, so only where it can."""
    if is_tensor(value):
        return value.view(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy would rather have reshape(copy=False), which 2.0 lacks
        other = value.view()
        other.shape = shape
    return other


VIEWS: dict[str, Callable[..., Any]] = {
    "index": lambda value, index: value[index],
    "transpose": lambda value, _: transpose(value),
    "unsqueeze": lambda value, _: unsqueeze(value),
    "reshape": array_view,
}


def power(value: Any) -> None:
    if is_tensor(value):
        value.pow_(2)
    else:
        value **= 2


def sine(value: Any) -> None:
    if is_tensor(value):
        value.sin_()
    else:
        np.sin(value, out=value)


def assign(value: Any, item: Any) -> None:
    """``value[...] = item``."""
    value[...] = item


def in_place(name: str) -> Callable[[Any, Any], None]:
    """``value += item`` and the like, which both sides spell alike."""

    def write(value: Any, item: Any) -> None:
        getattr(value, name)(item)

    return write


WRITES: dict[str, Callable[[Any, Any], None]] = {
    "add": in_place("__iadd__"),
    "multiply": in_place("__imul__"),
    "assign": assign,
    "power": lambda value, _: power(value),
    "sine": lambda value, _: sine(value),
}


class Recorded(RuleBasedStateMachine):
    """Views and writes with gradients.

    ``steps`` is the program so far; a step takes the list of values (tensors, or arrays when it is run again in NumPy)
    and the second input. What is written comes from a number, from the second input or from a copy of another value.
    """

    @initialize(buffer=st.booleans())
    def start(self, buffer: bool) -> None:
        self.leaf = torch.tensor(START, requires_grad=True)
        self.factors = torch.tensor(FACTORS, requires_grad=True)
        self.buffer = buffer
        self.steps: list[Step] = []
        self.tensors = self.begin(self.leaf * 1, torch.zeros(2, 2, dtype=torch.float64))
        self.arrays = self.begin(START.copy(), np.zeros((2, 2)))
        self.read: dict[int, Any] = {}

    def begin(self, value: Any, zeros: Any) -> list[Any]:
        return [value, zeros] if self.buffer else [value]

    def do(self, step: Step) -> None:
        self.steps.append(step)
        step(self.tensors, self.factors)
        step(self.arrays, FACTORS)

    def any_value(self, data: Any) -> int:
        return data.draw(st.integers(0, len(self.arrays) - 1))

    @rule(data=st.data())
    def make_view(self, data: Any) -> None:
        at = self.any_value(data)
        array = self.arrays[at]
        kind = data.draw(st.sampled_from(sorted(VIEWS)))
        how: Any = None
        if kind == "index":
            how = index_of(array.shape, data.draw)
        elif kind == "reshape":
            how = data.draw(st.sampled_from(shapes_for(array.size)))
            try:
                array_view(array, how)
            except AttributeError:  # NumPy's refusal: the tensor must refuse too
                with pytest.raises(RuntimeError, match="view size is not compatible"):
                    self.tensors[at].view(how)
                return
        if array.ndim > 4 or (kind == "index" and not isinstance(array[how], np.ndarray)):
            return  # NumPy gives a number where we give a 0-d view: see test_elements
        self.do(lambda values, _: values.append(VIEWS[kind](values[at], how)))

    @rule(data=st.data(), number=st.sampled_from([0.5, -1.25, 2.0, 0.0]))
    def write_number(self, data: Any, number: float) -> None:
        at, kind = self.any_value(data), data.draw(st.sampled_from(sorted(WRITES)))
        if kind == "power" and np.abs(self.arrays[at]).max(initial=0) > 100:
            return  # fifteen squares in a row leave float64
        self.do(lambda values, _: WRITES[kind](values[at], number))

    @rule(data=st.data(), kind=st.sampled_from(["add", "multiply", "assign"]), which=st.integers(0, 1))
    def write_input(self, data: Any, kind: str, which: int) -> None:
        at = self.any_value(data)
        self.do(lambda values, factors: WRITES[kind](values[at], factors[which]))

    @rule(data=st.data(), kind=st.sampled_from(["add", "assign"]))
    def write_copy_of_another(self, data: Any, kind: str) -> None:
        at, other = self.any_value(data), self.any_value(data)
        try:
            fits = np.broadcast_shapes(self.arrays[at].shape, self.arrays[other].shape) == self.arrays[at].shape
        except ValueError:
            fits = False
        if fits:
            self.do(lambda values, _: WRITES[kind](values[at], copy_of(values[other]) * 0.5))

    @rule(data=st.data())
    def write_items(self, data: Any) -> None:
        at = self.any_value(data)
        index = index_of(self.arrays[at].shape, data.draw)
        number = data.draw(st.sampled_from([0.5, -1.0]))
        self.do(lambda values, factors: values[at].__setitem__(index, factors[0] * number))

    @precondition(lambda self: self.arrays and any(a.ndim and len(a) > 1 for a in self.arrays))
    @rule(data=st.data())
    def write_chosen_rows(self, data: Any) -> None:
        at = data.draw(st.sampled_from([i for i, a in enumerate(self.arrays) if a.ndim and len(a) > 1]))
        rows = data.draw(st.lists(st.integers(0, len(self.arrays[at]) - 1), min_size=1, max_size=2, unique=True))
        self.do(lambda values, factors: values[at].__setitem__(rows, factors[1]))

    @rule(data=st.data())
    def write_where(self, data: Any) -> None:
        at = self.any_value(data)
        if np.abs(self.arrays[at] - 0.1).min(initial=1.0) > 1e-6:  # both sides must choose alike
            self.do(lambda values, factors: values[at].__setitem__(real(values[at]) > 0.1, factors[0]))

    @rule(data=st.data())
    def look(self, data: Any) -> None:
        """Looking at a grad_fn refreshes a stale view: it must not matter when."""
        at = self.any_value(data)
        self.read[at] = self.tensors[at].grad_fn

    @invariant()
    def values_are_numpys(self) -> None:
        for tensor, array in zip(getattr(self, "tensors", []), getattr(self, "arrays", []), strict=True):
            assert tuple(tensor.shape) == array.shape
            np.testing.assert_allclose(tensor.detach().numpy().copy(), array, rtol=1e-12, atol=1e-12)

    @invariant()
    def versions_are_shared(self) -> None:
        tensors = getattr(self, "tensors", [])
        for tensor in tensors:
            if tensor._base is not None:
                assert tensor._version == tensor._base._version

    def again(self, leaf: Array, factors: Array) -> complex:
        """The whole program in NumPy."""
        values = self.begin(leaf.copy(), np.zeros((2, 2), dtype=leaf.dtype))
        for step in self.steps:
            step(values, factors)
        return complex(sum((value * weights(value.shape)).sum() for value in values))

    def teardown(self) -> None:
        if not hasattr(self, "tensors"):
            return
        loss = torch.zeros((), dtype=torch.float64)
        for tensor in self.tensors:
            loss = loss + (tensor * torch.tensor(weights(tuple(tensor.shape)))).sum()
        got = torch.autograd.grad(loss, [self.leaf, self.factors], materialize_grads=True)
        start, factors = START.astype(complex), FACTORS.astype(complex)
        wants = (
            derivative(lambda leaf: self.again(leaf, factors), start),
            derivative(lambda factors: self.again(start, factors), factors),
        )
        for g, want in zip(got, wants, strict=True):
            np.testing.assert_allclose(g.numpy(), want, rtol=1e-8, atol=1e-8 * (1 + np.abs(want).max()))


def copy_of(value: Any) -> Any:
    return value.clone() if is_tensor(value) else value.copy()


def real(value: Any) -> Any:
    return value if is_tensor(value) else value.real


def weights(shape: tuple[int, ...]) -> Array:
    return np.arange(1.0, int(np.prod(shape)) + 1).reshape(shape) / 3


def derivative(function: Callable[[Array], complex], at: Array) -> Array:
    result = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        beside = at.copy()
        beside[index] += 1j * STEP
        result[index] = function(beside).imag / STEP
    return result


class Shared(RuleBasedStateMachine):
    """One memory, written by NumPy and by us through views of either kind."""

    @initialize(dtype=st.sampled_from(["float32", "float64", "int64"]), ours=st.booleans())
    def start(self, dtype: str, ours: bool) -> None:
        if ours:
            tensor = torch.arange(12, dtype=getattr(torch, dtype)).reshape(3, 4)
            self.pairs = [(tensor, tensor.numpy())]
        else:
            array = np.arange(12, dtype=dtype).reshape(3, 4)
            self.pairs = [(torch.from_numpy(array), array)]
        self.writes = 0

    def pick(self, data: Any) -> tuple[Any, Array]:
        return self.pairs[data.draw(st.integers(0, len(self.pairs) - 1))]

    @rule(data=st.data())
    def view_by_index(self, data: Any) -> None:
        tensor, array = self.pick(data)
        index = index_of(array.shape, data.draw)
        if array.ndim <= 4 and isinstance(array[index], np.ndarray):
            self.pairs.append((tensor[index], array[index]))

    @rule(data=st.data())
    def view_transposed(self, data: Any) -> None:
        tensor, array = self.pick(data)
        self.pairs.append((transpose(tensor), array.transpose()))

    @rule(data=st.data(), way=st.sampled_from(["numpy", "from_numpy", "detach", "asarray"]))
    def view_by_conversion(self, data: Any, way: str) -> None:
        tensor, array = self.pick(data)
        if way == "from_numpy":
            self.pairs.append((torch.from_numpy(array), array))
        elif way == "detach":
            self.pairs.append((tensor.detach(), array))
        else:
            self.pairs.append((tensor, tensor.numpy() if way == "numpy" else np.asarray(tensor)))

    @rule(data=st.data(), number=st.integers(-5, 5))
    def numpy_writes(self, data: Any, number: int) -> None:
        _, array = self.pick(data)
        array[...] = number + np.arange(array.size).reshape(array.shape)

    @rule(data=st.data(), number=st.integers(-5, 5), how=st.sampled_from(["fill_", "add_", "setitem"]))
    def we_write(self, data: Any, number: int, how: str) -> None:
        tensor, _ = self.pick(data)
        before = tensor._version
        if how == "setitem":
            tensor[...] = number
        else:
            getattr(tensor, how)(number)
        assert tensor._version == before + 1

    @invariant()
    def both_sides_agree(self) -> None:
        for tensor, array in getattr(self, "pairs", []):
            assert tensor.tolist() == array.tolist()


@pytest.mark.parametrize("write", ["add", "multiply", "assign", "power", "sine"])
def test_elements(write: str) -> None:
    """A single element is a view of no dimensions; NumPy has only numbers there."""
    base = torch.tensor(START, requires_grad=True)
    h = base * 1
    element = h[1, 0]
    assert element.shape == ()
    WRITES[write](element, 3.0)
    array = START.copy()
    WRITES[write](array[1:2, 0], 3.0)
    np.testing.assert_allclose(h.detach().numpy(), array)
    (g,) = torch.autograd.grad(h.sum(), base)
    want = {"add": 1.0, "multiply": 3.0, "assign": 0.0, "power": 4.0, "sine": float(np.cos(2.0))}[write]
    assert g.tolist() == [[1.0, 1.0, 1.0], [pytest.approx(want), 1.0, 1.0]]


# Explaining a failure, step by step, costs minutes here and says little that the shrunk program does not say.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
TestRecorded = Recorded.TestCase
TestShared = Shared.TestCase
TestRecorded.settings = settings(max_examples=3000, stateful_step_count=15, phases=PHASES)
TestShared.settings = settings(max_examples=1000, stateful_step_count=20, phases=PHASES)
