"""``cond``, ``scan`` and ``while_loop``: eagerly, in compiled functions, and their derivatives."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
from chainrule import func

from .test_compile import same

pytest.importorskip("jax")

X = torch.linspace(0.1, 1.2, 12, dtype=torch.float64).reshape(4, 3)
W = torch.tensor([0.5, -0.5, 1.0], dtype=torch.float64, requires_grad=True)


def loop(x: Any, **settings: Any) -> Any:
    """A scan whose body uses a tensor from outside."""
    init = {"sum": torch.zeros(x.shape[1 - settings.get("dim", 0)], dtype=torch.float64), "n": torch.tensor(0)}
    init["sum"] = init["sum"] + x.sum() * 0.1

    def body(carry: Any, row: Any) -> Any:
        total = (carry["sum"] * row).sin() + row * W[: row.shape[0]].sum()
        return {"sum": total, "n": carry["n"] + 1}, (total * 2, row.sum())

    return torch.scan(body, init, x, **settings)


def unrolled(x: Any, dim: int = 0, reverse: bool = False) -> Any:
    total, count, ys = torch.zeros(x.shape[1 - dim], dtype=torch.float64) + x.sum() * 0.1, 0, []
    rows = list(x.unbind(dim))
    for row in reversed(rows) if reverse else rows:
        total = (total * row).sin() + row * W[: row.shape[0]].sum()
        count += 1
        ys.append((total * 2, row.sum()))
    if reverse:
        ys.reverse()
    return {"sum": total, "n": torch.tensor(count)}, tuple(
        torch.stack(list(column), dim if column[0].ndim else 0) for column in zip(*ys, strict=True)
    )


def flat(result: Any) -> list[Any]:
    carry, ys = result
    return [one.detach() for one in (carry["sum"], carry["n"], *ys)]  # a loop has a history as a whole


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_is_the_loop(reverse: bool) -> None:
    compiled = torch.compile(lambda x: loop(x, reverse=reverse))
    for _ in range(3):
        same(flat(compiled(X)), flat(unrolled(X, reverse=reverse)))
    same(flat(loop(X, reverse=reverse)), flat(unrolled(X, reverse=reverse)))


def test_scan_along_another_dimension() -> None:
    def total(x: Any) -> Any:
        return torch.scan(lambda c, col: (c + col, c * col), torch.ones(4, dtype=torch.float64), x, dim=1)

    compiled = torch.compile(total)
    want = total(X)
    for _ in range(3):
        same(compiled(X), want)


def value(function: Any) -> Any:
    def of(x: Any) -> Any:
        carry, ys = function(x)
        return carry["sum"].prod() + sum((y * y).sum() for y in ys)

    return of


@pytest.mark.parametrize(
    "transform", [func.grad, func.hessian, lambda f: func.grad(lambda x: func.grad(f)(x).sin().sum())]
)
def test_derivatives_of_a_scan(transform: Any) -> None:
    want = transform(value(unrolled))(X)
    compiled = torch.compile(transform(value(loop)))
    for _ in range(2):
        same(compiled(X), want)


def test_a_backward_reaches_what_the_body_captures() -> None:
    def step(x: Any) -> None:
        W.grad = None
        value(loop)(x).backward()

    W.grad = None
    (want,) = torch.autograd.grad(value(unrolled)(X), [W])
    compiled = torch.compile(step)
    for _ in range(3):
        compiled(X)
        same(W.grad, want)
    W.grad = None


def branch(x: Any) -> Any:
    return torch.cond(x.sum() > 1, lambda a: (a * W).sin(), lambda a: a**2, (x,))


@pytest.mark.parametrize("x", [X[0], X[3]])
def test_cond(x: Any) -> None:
    def of(x: Any) -> Any:
        return branch(x).sum()

    for function in (branch, func.grad(of), func.hessian(of)):
        compiled = torch.compile(function)
        for _ in range(2):
            same(compiled(x).detach(), function(x).detach())  # both branches have a part in the history
    compiled = torch.compile(torch.vmap(branch))
    for _ in range(2):
        same(compiled(X), torch.stack([branch(row) for row in X]))


def halved(x: Any, limit: Any) -> Any:
    return torch.while_loop(lambda x, n: (x.abs() > limit).any(), lambda x, n: (x / 2, n + 1), (x, torch.tensor(0)))


def test_while_loop() -> None:
    compiled = torch.compile(halved)
    for start in (8.0, 8.0, 0.1, 1000.0):
        same(compiled(X.detach() * start, torch.tensor(1.0)), halved(X * start, torch.tensor(1.0)))


def test_a_while_loop_has_no_reverse_mode() -> None:
    compiled = torch.compile(lambda x: halved(x, 1.0)[0].sum())
    leaf = (X * 8).requires_grad_()
    compiled(leaf)
    with pytest.raises(RuntimeError, match="while_loop in a compiled function has no reverse mode"):
        compiled(leaf)


def test_control_flow_in_control_flow() -> None:
    def function(x: Any) -> Any:
        def body(carry: Any, row: Any) -> Any:
            grown = torch.cond(carry.sum() > 1, lambda c: c * 0.5, lambda c: c + row, (carry,))
            inner, _ = torch.scan(lambda c, e: (c * e.cos(), c), grown, row)
            (small,) = torch.while_loop(lambda c: c.sum() > 2, lambda c: (c / 2,), (inner.detach(),))
            return inner + small, small

        return torch.scan(body, torch.zeros(3, dtype=torch.float64), x)

    compiled = torch.compile(function)
    for _ in range(2):
        same(compiled(X), function(X))
    gradient = func.grad(lambda x: function(x)[0].sum())
    compiled = torch.compile(gradient)
    for _ in range(2):
        same(compiled(X), gradient(X))


def test_carries_of_integers_and_bools() -> None:
    def function(x: Any) -> Any:
        init = (torch.tensor(0), torch.tensor(False), torch.zeros(3, dtype=torch.float64))
        return torch.scan(lambda c, row: ((c[0] + 1, ~c[1], c[2] + row * c[0]), c[1]), init, x)

    compiled = torch.compile(function)
    for _ in range(2):
        same(compiled(X), function(X))


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda x: torch.scan(lambda c, r: (c, r), x[0], []), RuntimeError, "at least one tensor to loop over"),
        (lambda x: torch.scan(lambda c, r: (c, r[0]), x[0], (x, x[1:])), RuntimeError, "must have one length"),
        (lambda x: torch.scan(lambda c, r: ((c, c), r), x[0], x), RuntimeError, "carry of another structure"),
        (lambda x: torch.cond(x, torch.sin, torch.cos, (x,)), RuntimeError, "single-element tensor"),
        (lambda x: torch.cond(True, torch.sin, torch.cos, x), RuntimeError, "Expect operands to be a tuple"),
    ],
)
def test_what_is_refused(function: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        torch.compile(function)(X)
    compiled = torch.compile(function)
    compiled._is_warm = True
    with pytest.raises(error, match=message):
        compiled(X)


def test_random_numbers_in_a_body_are_refused() -> None:
    compiled = torch.compile(lambda x: torch.scan(lambda c, row: (c + torch.rand(3), row), x[0], x))
    compiled(X)
    with pytest.raises(RuntimeError, match="random numbers in the body"):
        compiled(X)
