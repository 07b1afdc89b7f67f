"""Compiled functions in graphs, under transforms, with transforms inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import chainrule as torch
from chainrule import func

from .test_compile import same

pytest.importorskip("jax")

X = torch.tensor([0.3, 0.7, 1.1], dtype=torch.float64)
Y = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
W = torch.tensor([0.5, 1.5, 2.5], dtype=torch.float64, requires_grad=True)


def plain(x: Any, y: Any) -> Any:
    return (x.sin() * y * W).sum() + (x**3 * W**2).sum()


def derivatives(function: Any) -> list[Any]:
    """Up to the third, by three tensors."""
    leaves = [X.clone().requires_grad_(), Y.clone().requires_grad_(), W]
    found = [function(leaves[0], leaves[1])]
    for _ in range(3):
        grads = torch.autograd.grad(found[-1].sum(), leaves, create_graph=True, allow_unused=True)
        found.extend(g.detach() for g in grads if g is not None)
        found.append(sum(g.sum() for g in grads if g is not None))
    return [one.detach() for one in found]


def test_derivatives_of_every_order() -> None:
    compiled = torch.compile(plain)
    for _ in range(2):
        same(derivatives(compiled), derivatives(plain))


def test_integers_unused_inputs_and_several_outputs() -> None:
    def function(x: Any, index: Any, unused: Any) -> Any:
        return {"picked": x[index] * 2, "index": index + 1, "pair": (x.exp(), x)}, "text"

    compiled = torch.compile(function)
    index, unused = torch.tensor([2, 0]), torch.ones(1, requires_grad=True)
    for _ in range(3):
        x, z = X.clone().requires_grad_(), X.clone().requires_grad_()
        (got, text), (want, _) = compiled(x, index, unused), function(z, index, unused)
        assert text == "text"
        assert got["pair"][1] is x
        assert not got["index"].requires_grad
        same([got["picked"], got["index"], *got["pair"]], [want["picked"], want["index"], *want["pair"]])
        (got["picked"].sum() + got["pair"][0].prod()).backward()
        (want["picked"].sum() + want["pair"][0].prod()).backward()
        same(x.grad, z.grad)
        assert unused.grad is None or not unused.grad.any()


def test_transforms_around_a_compiled_function() -> None:
    compiled = torch.compile(plain)
    compiled(X, Y)
    compiled(X, Y)
    batch = torch.stack([X, Y])
    for transform in (func.grad, func.hessian, func.jacfwd, func.jacrev):
        same(transform(compiled)(X, Y), transform(plain)(X, Y))
    same(func.vmap(compiled)(batch, batch), func.vmap(plain)(batch, batch))
    same(func.jvp(compiled, (X, Y), (Y, X)), func.jvp(plain, (X, Y), (Y, X)))


@pytest.mark.parametrize(
    "transformed",
    [
        func.grad(plain),
        func.hessian(plain),
        func.jacfwd(plain),
        func.jacrev(plain),
        func.jacfwd(func.jacrev(plain)),
        lambda x, y: func.jvp(plain, (x, y), (y, x)),
        func.vmap(func.grad(lambda a, b: a.sin() * b)),
        lambda x, y: func.jvp(func.grad(lambda a: plain(a, y)), (x,), (y,))[1],
    ],
)
def test_transforms_inside(transformed: Any) -> None:
    compiled = torch.compile(transformed)
    for _ in range(2):
        same(compiled(X, Y), transformed(X, Y))


def test_programs_are_kept_for_other_processes(tmp_path: Path) -> None:
    program = (
        "import chainrule as torch\n"
        "import jax\n"
        "hits = []\n"
        "jax.monitoring.register_event_listener(lambda name, **_: hits.append(name))\n"
        "def f(x):\n"
        "    for _ in range(300):\n"
        "        x = (x @ x).sin()\n"
        "    return x\n"
        "c = torch.compile(f)\n"
        "x = torch.ones(8, 8)\n"
        "c(x); c(x)\n"
        "print(hits.count('/jax/compilation_cache/cache_hits'))\n"
    )
    environment = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path / "cache")}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    run = [sys.executable, "-W", "ignore", "-c", program]
    found = [int(subprocess.run(run, env=environment, check=True, capture_output=True, text=True).stdout) for _ in "ab"]
    assert found[0] == 0
    assert found[1] >= 1
    assert any((tmp_path / "cache").iterdir())
