"""Third derivatives: the eight nestings of forward and backward mode agree."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from finite import assert_near, derivative, inner

import chainrule as torch
from chainrule import ops
from chainrule.core.recording import carries_gradient
from chainrule.core.value import new_tensor
from chainrule.func import jvp, vjp

from .harness import CASES, Case, cases


def forward(f: Callable[..., Any], directions: list[Any]) -> Callable[..., Any]:
    """The derivative of a scalar function along directions, by forward mode."""
    return lambda *xs: jvp(f, xs, tuple(directions))[1]


def backward(f: Callable[..., Any], directions: list[Any]) -> Callable[..., Any]:
    """The same by backward mode."""

    def derivative(*xs: Any) -> Any:
        y, vjp_fn = vjp(f, *xs)
        total = ZERO
        for g, d in zip(vjp_fn(torch.ones_like(y)), directions, strict=True):
            total = total + total_of(ops.real(ops.multiply(ops.conj(g), d)) if g.is_complex() else ops.multiply(g, d))
        return total

    return derivative


ZERO = new_tensor(np.float64(0))


def total_of(x: Any) -> Any:
    return ops.sum(x, axis=tuple(range(-x._array.ndim, 0)), keepdims=False)


def curved() -> list[Case]:
    """One smooth case of each op that has a third derivative at all."""
    found: dict[str, Case] = {}
    for case in CASES:
        if (
            case.wanted
            and case.sample.smooth
            and case.sample.order >= 2
            and case.op.kind in ("elementwise", "multilinear", "general")
        ):
            found.setdefault(case.op.name, case)
    return list(found.values())


@cases(curved())
def test_all_nestings_of_forward_and_backward_mode_agree(case: Case) -> None:
    rng = case.rng
    directions = [[new_tensor(case.direction(rng, at)) for at in case.wanted] for _ in range(3)]
    weights = [new_tensor(u) for u in case.cotangents()]

    def scalar(*xs: Any) -> Any:
        at = dict(zip(case.wanted, xs, strict=True))
        outs = case.apply(
            [at.get(n, new_tensor(a) if isinstance(a, np.ndarray) else a) for n, a in enumerate(case.arrays)]
        )
        smooth = [out for number, out in enumerate(outs) if carries_gradient(case.op, number, out._array)]
        parts = [
            ops.real(ops.multiply(out, u)) if out._array.dtype.kind == "c" else ops.multiply(out, u)
            for out, u in zip(smooth, weights, strict=True)
        ]
        total = ZERO
        for part in parts:
            total = total + total_of(part)
        return total

    results = {}
    for nesting in product((backward, forward), repeat=3):
        f = scalar
        for transform, d in zip(nesting, directions, strict=True):
            f = transform(f, d)
        leaves = [new_tensor(case.arrays[at]) for at in case.wanted]
        results["".join(t.__name__[0] for t in nesting)] = float(np.real(f(*leaves)._array))

    want = third_derivative(case, directions)
    scale = max(abs(want), *map(abs, results.values())) + 1e-3 * sum(np.sum(np.abs(o)) for o in case.smooth_outputs())
    for nesting, got in results.items():
        assert_near(got, results["bbb"], scale, f"nesting {nesting}", 1e-9)
    assert_near(results["bbb"], want, scale, "third derivative", 1e-6)


def third_derivative(case: Case, directions: list[list[Any]]) -> float:
    """Finite differences, along the third direction, of <second derivative along the first, the second direction>."""
    first, second, third = ([d._array for d in ds] for ds in directions)

    def second_derivative(arrays: list[Any]) -> list[Any]:
        tensors = case.tensors(arrays=arrays)
        leaves = [tensors[at] for at in case.wanted]
        outs = [out for out in case.apply(tensors) if out.requires_grad]
        seeds = [
            new_tensor(np.conj(u)) for u in case.cotangents()
        ]  # the weights of scalar() above, as PyTorch's convention has it
        grads = torch.autograd.grad(outs, leaves, seeds, create_graph=True, allow_unused=True)
        pairs = [(g, new_tensor(d)) for g, d in zip(grads, first, strict=True) if g is not None and g.requires_grad]
        if not pairs:
            return [np.float64(0)]
        found = torch.autograd.grad([g for g, _ in pairs], leaves, [d for _, d in pairs], allow_unused=True)
        return [np.asarray(sum(inner(g._array, d) for g, d in zip(found, second, strict=True) if g is not None))]

    along = [None] * len(case.arrays)
    for at, d in zip(case.wanted, third, strict=True):
        along[at] = d
    return float(derivative(second_derivative, case.arrays, along)[0])
