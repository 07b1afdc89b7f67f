"""Random numbers under vmap: refused, one draw for each element, or one for all, from the stream that PyTorch takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule.func import vmap
from chainrule.nn import functional as F

X = torch.ones(3, 2)
ONE = torch.full((2,), 0.5)
"""What no element has of its own."""

Draw = Callable[[Any], Any]
PLAIN: dict[str, tuple[Draw, Callable[[tuple[int, ...]], Any]]] = {
    "rand": (lambda x: torch.rand(2), lambda batch: torch.rand(*batch, 2)),
    "randn": (lambda x: torch.randn(2), lambda batch: torch.randn(*batch, 2)),
    "randint": (lambda x: torch.randint(10, (2,)), lambda batch: torch.randint(10, (*batch, 2))),
    "rand_like": (torch.rand_like, lambda batch: torch.rand(*batch, 2)),
    "rand_like of one": (lambda x: torch.rand_like(ONE), lambda batch: torch.rand(*batch, 2)),
    "normal": (lambda x: torch.normal(0.0, 1.0, (2,)), lambda batch: torch.randn(*batch, 2)),
    "normal_": (lambda x: x.clone().normal_(), lambda batch: torch.randn(*batch, 2)),
    "uniform_": (lambda x: x.clone().uniform_(), lambda batch: torch.rand(*batch, 2)),
    "exponential_": (lambda x: x.clone().exponential_(), lambda batch: torch.empty(*batch, 2).exponential_()),
    "bernoulli_": (lambda x: x.clone().bernoulli_(0.5), lambda batch: torch.empty(*batch, 2).bernoulli_(0.5)),
    "bernoulli_ by one": (lambda x: x.clone().bernoulli_(ONE), lambda batch: torch.bernoulli(torch.full((*batch, 2), 0.5))),
    "dropout": (lambda x: F.dropout(x, 0.5), lambda batch: F.dropout(torch.ones(*batch, 2), 0.5)),
    "dropout of one": (lambda x: F.dropout(ONE, 0.5), lambda batch: F.dropout(torch.full((*batch, 2), 0.5), 0.5)),
    "alpha_dropout": (
        lambda x: F.alpha_dropout(x, 0.5, training=True),
        lambda batch: F.alpha_dropout(torch.ones(*batch, 2), 0.5, training=True),
    ),
    "normal of one": (lambda x: torch.normal(ONE, 1.0), lambda batch: torch.normal(torch.full((*batch, 2), 0.5), 1.0)),
    "bernoulli of one": (lambda x: torch.bernoulli(ONE), lambda batch: torch.bernoulli(torch.full((*batch, 2), 0.5))),
    "poisson of one": (lambda x: torch.poisson(ONE), lambda batch: torch.poisson(torch.full((*batch, 2), 0.5))),
}  # fmt: skip
"""A draw in vmap, and the same draw for a batch (of 3 elements, or none) outside of it."""

DESCRIBED: dict[str, tuple[Draw, Callable[[], Any]]] = {
    "bernoulli": (lambda x: torch.bernoulli(x * 0.5), lambda: torch.bernoulli(X * 0.5)),
    "bernoulli by a number": (lambda x: torch.bernoulli(x, 0.5), lambda: torch.bernoulli(X, 0.5)),
    "bernoulli_": (lambda x: x.clone().bernoulli_(x * 0.5), lambda: X.clone().bernoulli_(X * 0.5)),
    "normal of means": (lambda x: torch.normal(x, 1.0), lambda: torch.normal(X, 1.0)),
    "normal of deviations": (lambda x: torch.normal(0.0, x), lambda: torch.normal(0.0, X)),
    "normal of both": (lambda x: torch.normal(x, x), lambda: torch.normal(X, X)),
    "poisson": (torch.poisson, lambda: torch.poisson(X)),
    "multinomial": (lambda x: torch.multinomial(x, 2), lambda: torch.multinomial(X, 2)),
    "multinomial with replacement": (lambda x: torch.multinomial(x, 3, True), lambda: torch.multinomial(X, 3, True)),
}
"""Draws from distributions that the elements describe, and the same outside of vmap."""


def position() -> Any:
    return torch.get_rng_state()


def drawn(function: Callable[[], Any]) -> tuple[Any, Any]:
    torch.manual_seed(0)
    return function(), position()


@pytest.mark.parametrize("name", [*PLAIN, *DESCRIBED])
def test_by_default_a_draw_is_refused_and_nothing_is_drawn(name: str) -> None:
    function = (PLAIN | DESCRIBED)[name][0]
    torch.manual_seed(0)
    before = position()
    with pytest.raises(RuntimeError, match="vmap: called random operation while in randomness error mode"):
        vmap(function)(X)
    assert torch.equal(position(), before)


@pytest.mark.parametrize("name", PLAIN)
def test_different_numbers_are_one_draw_of_the_whole_batch(name: str) -> None:
    inside, outside = PLAIN[name]
    got, at = drawn(lambda: vmap(inside, randomness="different")(X))
    want, expected_at = drawn(lambda: outside((3,)))
    assert torch.equal(got, want)
    assert torch.equal(at, expected_at)


@pytest.mark.parametrize("name", PLAIN)
def test_the_same_numbers_are_one_draw_for_all(name: str) -> None:
    inside, outside = PLAIN[name]
    got, at = drawn(lambda: vmap(inside, randomness="same")(X))
    want, expected_at = drawn(lambda: outside(()))
    assert torch.equal(got, want.expand(3, 2))
    assert torch.equal(at, expected_at)


@pytest.mark.parametrize("name", DESCRIBED)
def test_elements_may_describe_what_is_drawn(name: str) -> None:
    inside, outside = DESCRIBED[name]
    got, at = drawn(lambda: vmap(inside, randomness="different")(X))
    want, expected_at = drawn(outside)
    assert torch.equal(got, want)
    assert torch.equal(at, expected_at)
    with pytest.raises(RuntimeError, match="does not currently support same randomness with a batched tensor input"):
        vmap(inside, randomness="same")(X)


def test_permutations_are_drawn_one_after_the_other() -> None:
    got, _ = drawn(lambda: vmap(lambda x: torch.randperm(4), randomness="different")(X))
    want, _ = drawn(lambda: torch.stack([torch.randperm(4) for _ in range(3)]))
    assert torch.equal(got, want)
    assert vmap(lambda x: torch.randperm(0), randomness="different")(X).shape == (3, 0)


def test_a_tensor_that_all_share_gets_no_different_numbers() -> None:
    shared = torch.zeros(2)
    with pytest.raises(RuntimeError, match="Cannot ask for different inplace randomness on an unbatched tensor"):
        vmap(lambda x: shared.normal_(), randomness="different")(X)
    assert shared.tolist() == [0, 0]


@pytest.mark.parametrize(("outer", "inner"), [("different", "same"), ("same", "different"), ("different", "different")])
def test_nested(outer: str, inner: str) -> None:
    def nested() -> Any:
        return vmap(vmap(lambda y: torch.rand(2) + 0 * y, randomness=inner), randomness=outer)(X)

    got, at = drawn(nested)
    shape = (3 if outer == "different" else 1, 2 if inner == "different" else 1, 2)
    want, expected_at = drawn(lambda: torch.rand(shape).expand(3, 2, 2))
    assert torch.equal(got, want)
    assert torch.equal(at, expected_at)


def test_the_vmap_inside_decides_whether_to_draw_at_all() -> None:
    with pytest.raises(RuntimeError, match="randomness error mode"):
        vmap(vmap(lambda y: torch.rand(2)), randomness="different")(X)
    assert vmap(lambda x: F.dropout(x, 0.5, training=False))(X).tolist() == X.tolist()


def test_chunks_draw_one_after_the_other() -> None:
    got, _ = drawn(lambda: vmap(lambda x: torch.rand(2), randomness="different", chunk_size=2)(X))
    want, _ = drawn(lambda: torch.rand(3, 2))
    assert torch.equal(got, want)


def test_a_gradient_goes_through_what_a_batch_kept() -> None:
    torch.manual_seed(0)
    grads = vmap(torch.func.grad(lambda x: F.dropout(x, 0.5).sum()), randomness="different")(torch.ones(4, 3))
    torch.manual_seed(0)
    assert torch.equal(grads, F.dropout(torch.ones(4, 3), 0.5))
