"""Random numbers are PyTorch's: to the bit where they are integers or uniform, and where PyTorch's own polynomials make
them; elsewhere within two units in the last place, since libraries round functions differently (golden/random.json).
"""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_draws import drawn

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "random.json").read_text())

DIGITS = {"torch.float16": 11, "torch.bfloat16": 8, "torch.float32": 24, "torch.float64": 53,
          "torch.complex64": 24, "torch.complex128": 53}  # fmt: skip
OF_FUNCTIONS = re.compile("normal|randn|exponential|cauchy")
"""Programs whose numbers come from logarithms, sines and the like."""

CLEARER = {
    "torch.rand(2, generator=5)", "torch.randint(3, 2)", "torch.randint(5.5, (2,))", "torch.randint(2**64, (2,))",
    "torch.empty(2).random_(2.5)", "torch.Generator('meta')", "torch.normal(0.0, -1.0, (2,))",
}  # fmt: skip
"""Refused in other words than PyTorch's."""


@pytest.fixture(autouse=True)
def _default_generator() -> Iterator[None]:
    with torch.random.fork_rng():
        yield


def ulps(got: str, want: str, digits: int) -> float:
    """How many units in the last place two numbers are apart; 0 for the same text."""
    if got == want:
        return 0
    x, y = float.fromhex(got), float.fromhex(want)
    return abs(x - y) / 2.0 ** (math.frexp(y)[1] - digits)


@pytest.mark.parametrize("program", GOLDEN)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_as_recorded(program: str) -> None:
    got, want = drawn(torch, program), GOLDEN[program]
    if "raises" in want:
        assert got.get("raises") in (want["raises"], "UnavailableDeviceError"), got
        assert program in CLEARER or got["says"].startswith(want["says"][:20])
        return
    assert "raises" not in got, got
    pairs = list(zip(got.pop("numbers"), want["numbers"], strict=True))
    assert got == {name: value for name, value in want.items() if name != "numbers"}
    if OF_FUNCTIONS.search(program) and want["dtype"] in DIGITS:
        parts = [pair for a, b in pairs for pair in zip(a.split(), b.split(), strict=True)]
        assert max((ulps(a, b, DIGITS[want["dtype"]]) for a, b in parts), default=0) <= 2
    else:
        assert [a for a, _ in pairs] == [b for _, b in pairs]


@pytest.mark.parametrize("program", [program for program, want in GOLDEN.items() if "raises" in want])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_refused_call_draws_nothing(program: str) -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        eval(program, {"torch": torch})
    assert torch.equal(torch.get_rng_state(), state)


def test_a_large_permutation_is_one() -> None:
    n = 100_000
    assert np.array_equal(np.sort(torch.randperm(n).numpy()), np.arange(n))


def test_a_shuffle_in_runs_is_the_shuffle_one_by_one() -> None:
    n = 20_000
    order = list(range(n))
    stream = torch.Generator().manual_seed(1).stream().words(n - 1).tolist()
    for at, word in enumerate(stream):
        other = at + word % (n - at)
        order[at], order[other] = order[other], order[at]
    torch.manual_seed(1)
    assert torch.randperm(n).tolist() == order


# -- generators ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1, 623, 624, 625, 1000])
def test_a_state_brings_the_numbers_back(before: int) -> None:
    generator = torch.Generator().manual_seed(5)
    torch.rand(before, generator=generator)
    torch.randn(3, generator=generator)  # one is left over
    state = generator.get_state()
    twins = [
        generator.clone_state(),
        copy.deepcopy(generator),
        pickle.loads(pickle.dumps(generator)),
        torch.Generator(),
    ]
    twins[-1].set_state(state)
    want = torch.randn(700, generator=generator), torch.randn(2, generator=generator)
    for twin in twins:
        assert twin.initial_seed() == 5
        assert torch.equal(twin.get_state(), state)
        assert torch.equal(torch.randn(700, generator=twin), want[0])
        assert torch.equal(torch.randn(2, generator=twin), want[1])


def test_a_generator_leaves_the_default_one_alone() -> None:
    state = torch.get_rng_state()
    torch.rand(3, generator=torch.Generator())
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.default_generator.device == torch.device("cpu")


def test_seeds() -> None:
    assert torch.Generator().initial_seed() == 67280421310721
    assert torch.manual_seed(-1) is torch.default_generator
    assert torch.initial_seed() == 2**64 - 1
    assert torch.manual_seed("7").initial_seed() == 7
    assert torch.seed() == torch.initial_seed()
    assert torch.seed() != torch.seed()
    torch.manual_seed(2**32 + 3)
    numbers = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), numbers)  # the low 32 bits choose the stream


def test_fork_rng() -> None:
    def failing() -> None:
        with torch.random.fork_rng():
            torch.rand(3)
            raise KeyError

    state = torch.get_rng_state()
    with pytest.raises(KeyError):
        failing()
    assert torch.equal(torch.get_rng_state(), state)
    with torch.random.fork_rng(enabled=False):
        torch.rand(3)
    assert not torch.equal(torch.get_rng_state(), state)


def test_the_first_seed_is_drawn_and_the_stream_made_when_a_number_is() -> None:
    code = "import sys, chainrule; assert 'numpy.random' not in sys.modules; print(chainrule.rand(1).item())"
    first, second = (subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in "ab")
    assert first != second


# -- writes and gradients -----------------------------------------------------------------------------------------------


def test_out_is_written_to() -> None:
    out = torch.zeros(3)
    memory = out.data_ptr()
    assert torch.rand(3, out=out, generator=torch.Generator().manual_seed(1)) is out
    assert out.data_ptr() == memory
    assert out._version == 1
    assert torch.equal(out, torch.rand(3, generator=torch.Generator().manual_seed(1)))


def test_a_write_counts_as_one() -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).exp()
    y.normal_()
    assert y._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_write_to_a_part_stops_the_gradient_there() -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    y[1:].uniform_()
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 0.0, 0.0]


def test_leaves_are_initialised_without_grad() -> None:
    w = torch.empty(3, requires_grad=True)
    with torch.no_grad():
        w.uniform_(1, 2)
    assert w.is_leaf
    assert bool((w >= 1).all())


def test_an_empty_tensor_takes_nothing_and_is_not_written_to() -> None:
    state, x = torch.get_rng_state(), torch.empty(0)
    assert x.normal_() is x
    assert x._version == 0
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: torch.normal(x, 1.0),
        lambda x: torch.normal(0.0, x),
        lambda x: torch.normal(x, x),
        lambda x: torch.normal(x, torch.ones(4, 1)),
        torch.bernoulli,
        torch.poisson,
    ],
)
def test_parameters_get_gradients_of_zero(draw: Any) -> None:
    x = torch.full((3,), 0.5, requires_grad=True)
    draw(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_binomial_has_no_gradient() -> None:
    x = torch.full((3,), 0.5, requires_grad=True)
    with pytest.raises(NotImplementedError, match="derivative for 'binomial'"):
        torch.binomial(torch.full((3,), 4.0), x).sum().backward()


def test_the_gradient_of_dropout_is_its_noise() -> None:
    x = torch.linspace(1, 2, 50, requires_grad=True)
    y = torch.nn.functional.dropout(x, 0.2)
    y.sum().backward()
    assert x.grad is not None
    assert {*x.grad.tolist()} == {0.0, 1.25}
    assert torch.equal(y, x * x.grad)


def test_dropout_warns_of_dimensions() -> None:
    with pytest.warns(UserWarning, match="assuming that channel-wise 1D"):
        torch.nn.functional.dropout2d(torch.ones(2, 3, 4))
    with pytest.warns(UserWarning, match="2-D input to dropout3d"):
        torch.nn.functional.dropout3d(torch.ones(2, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.nn.functional.dropout2d(torch.ones(2, 3, 4, 5))
