"""Derivatives: raw and recorded, first and second, backwards and forwards, against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from finite import TOLERANCE, assert_near, derivative, inner

import chainrule as torch
from chainrule import ops
from chainrule.backend import numpy as numpy_namespace
from chainrule.core.forward import jvp
from chainrule.core.op import OPS, declare
from chainrule.core.value import new_tensor

from .harness import COMPLEX, DIFFERENTIABLE, Case, cases, normal, slots, zeros

BOTH = [*DIFFERENTIABLE, *COMPLEX]
SMOOTH = [case for case in BOTH if case.sample.smooth]


def recorded(case: Case, seeds: list[Any]) -> tuple[list[Any], list[Any]]:
    """The leaves and their gradients, which can be differentiated again."""
    tensors = case.tensors()
    leaves = [tensors[at] for at in case.wanted]
    outs = [out for out in case.apply(tensors) if out.requires_grad]
    grads = torch.autograd.grad(outs, leaves, seeds, create_graph=True, allow_unused=True)
    return leaves, [new_tensor(zeros(leaf)) if g is None else g for g, leaf in zip(grads, leaves, strict=True)]


def gradients_of(values: list[Any], cotangents: list[Any], leaves: list[Any]) -> list[Any]:
    """Raw gradients of several tensors, those without history left out; zeros where nothing flows."""
    pairs = [(v, new_tensor(np.asarray(u))) for v, u in zip(values, cotangents, strict=True) if v.requires_grad]
    if not pairs:
        return [zeros(leaf) for leaf in leaves]
    outs, seeds = zip(*pairs, strict=True)
    found = torch.autograd.grad(outs, leaves, seeds, allow_unused=True)
    return [zeros(leaf) if g is None else g._array for g, leaf in zip(found, leaves, strict=True)]


def size_of(*arrays: Any) -> float:
    return max((float(np.max(np.abs(a), initial=0)) for a in arrays), default=0.0)


def floor(case: Case) -> float:
    """What counts as nothing, beside the values that the terms are made of: they may cancel, as in a singular matrix."""
    floats = [case.arrays[at] for at in case.wanted]
    return 1e-3 * size_of(*case.smooth_outputs(), *case.gradients()) + 1e-4 * size_of(*floats)


@cases(BOTH)
def test_the_recorded_gradient_is_the_raw_one(case: Case) -> None:
    raw = case.gradients()
    _, grads = recorded(case, [new_tensor(u) for u in case.cotangents()])
    for at, got, want in zip(case.wanted, grads, raw, strict=True):
        assert got._array.dtype == want.dtype == case.arrays[at].dtype
        np.testing.assert_allclose(got._array, want, rtol=1e-12, atol=1e-14 * size_of(want[np.isfinite(want)]))
        assert got._array.shape == np.shape(case.arrays[at])


@cases(SMOOTH)
def test_the_first_derivative_against_finite_differences(case: Case) -> None:
    cotangents, gradients, tangents = case.cotangents(), case.gradients(), case.tangents()
    for at, g in zip(case.wanted, gradients, strict=True):
        only = [t if i == at else None for i, t in enumerate(tangents)]
        moves = derivative(case.smooth_outputs, case.arrays, only)
        want = sum(inner(u, m) for u, m in zip(cotangents, moves, strict=True))
        # Each output adds its part.
        scale = sum(np.sum(np.abs(u) * np.abs(m)) for u, m in zip(cotangents, moves, strict=True)) + floor(case)
        assert_near(inner(g, tangents[at]), want, scale, f"derivative along {case.names[at]} ({at})")


@cases(SMOOTH)
def test_forward_mode_against_finite_differences_and_backward_mode(case: Case) -> None:
    cotangents, tangents = case.cotangents(), case.tangents()
    moves = case.jvp(tangents)
    wanted = derivative(case.smooth_outputs, case.arrays, tangents)
    for got, want, out in zip(moves, wanted, case.smooth_outputs(), strict=True):
        assert np.asarray(got).dtype == out.dtype
        if case.sample.cotangents:
            continue
        assert_near(got, want, size_of(want) + floor(case), "tangent")
    if case.sample.cotangents:  # no more is known of the tangents than what these see of all of them
        seen = [sum(inner(u, m) for u, m in zip(cotangents, each, strict=True)) for each in (moves, wanted)]
        assert_near(*seen, size_of(*moves) + floor(case), "tangent")
    # <u, Jt> = <J'u, t>
    terms = [inner(g, tangents[at]) for at, g in zip(case.wanted, case.gradients(), strict=True)]
    scale = sum(np.sum(np.abs(u) * np.abs(m)) for u, m in zip(cotangents, moves, strict=True)) + sum(map(abs, terms))
    assert_near(
        sum(inner(u, m) for u, m in zip(cotangents, moves, strict=True)), sum(terms), scale + 1e-300, "<u, Jt>", 1e-11
    )


@cases([case for case in SMOOTH if len(case.wanted) > 1])
def test_forward_mode_of_one_operand_alone(case: Case) -> None:
    tangents = case.tangents()
    parts = [case.jvp([t if i == at else None for i, t in enumerate(tangents)]) for at in case.wanted]
    for whole, *column in zip(case.jvp(tangents), *parts, strict=True):
        assert_near(sum(column), whole, size_of(whole, *column), "the tangent is the sum of the parts", 1e-11)


@cases(SMOOTH)
def test_forward_mode_on_tensors_is_recorded(case: Case) -> None:
    """Its value is that on raw arrays; its gradient, backwards, is the second derivative."""
    cotangents, tangents = case.cotangents(), case.tangents()
    primals = case.tensors()
    leaves = [primals[at] for at in case.wanted]
    out = case.op.apply(*primals, **case.params)
    directions = tuple(None if t is None else new_tensor(np.asarray(t)) for t in tangents)
    found = jvp(case.op, tuple(primals), directions, case.params, ops, out)
    found = (
        [t for t, u in zip(found, slots(case), strict=True) if u is not None]
        if case.op.outputs is not None
        else [found]
    )
    moves = [(t, u) for t, u in zip(found, cotangents, strict=True) if t is not None]
    for t, want in zip(found, case.jvp(tangents), strict=True):
        np.testing.assert_allclose(
            np.zeros_like(want) if t is None else t._array, want, rtol=1e-11, atol=1e-13 * size_of(want)
        )
    if case.sample.order < 2:
        return
    got = gradients_of([t for t, _ in moves], [u for _, u in moves], leaves)
    for one, want in zip(got, second_derivative(case), strict=True):
        assert_near(one, want, size_of(want) + floor(case), "derivative of the tangent", 1e-9)


def second_derivative(case: Case) -> list[Any]:
    """The gradient, raw, of <gradient, tangents>: backwards twice."""
    tangents = case.tangents()
    leaves, grads = recorded(case, [new_tensor(u) for u in case.cotangents()])
    return gradients_of(grads, [tangents[at] for at in case.wanted], leaves)


@cases([case for case in SMOOTH if case.sample.order >= 2])
def test_the_second_derivative_against_finite_differences(case: Case) -> None:
    tangents = case.tangents()
    # What the outputs' cotangents are does not change: the gradient moves as the operands do.
    cotangents = case.cotangents()
    moves = derivative(lambda arrays: case.gradients(arrays, cotangents=cotangents), case.arrays, tangents)
    scale = size_of(*moves) + floor(case)
    for at, got, want in zip(case.wanted, second_derivative(case), moves, strict=True):
        assert_near(got, want, scale, f"second derivative by {case.names[at]} ({at})", TOLERANCE)


@cases(SMOOTH)
def test_the_gradient_is_linear_in_the_cotangent(case: Case) -> None:
    """Differentiated by the cotangent, along a tangent, it is the tangent of the output."""
    tangents = case.tangents()
    seeds = [new_tensor(u).requires_grad_() for u in case.cotangents()]
    _, grads = recorded(case, seeds)
    got = gradients_of(grads, [tangents[at] for at in case.wanted], seeds)
    for one, want in zip(got, case.jvp(tangents), strict=True):
        assert_near(one, want, size_of(want) + 1e-300, "derivative by the cotangent", 1e-11)


@pytest.fixture
def cube() -> Any:
    """An op with a jvp of its own, by other means than its rule."""
    yield declare(
        "general",
        "cube(x, *, factor)",
        forward=lambda xp, x, factor: factor * x * x * x,
        x=lambda g, x, factor: g * (3 * factor * x * x),
        jvp=lambda x_tangent, x_shape, x, out, factor: 3 * out / x * x_tangent if x_shape == (2,) else None,
    )
    del OPS["cube"]


def test_an_op_may_say_its_jvp_by_parameter_names(cube: Any) -> None:
    x, t = np.array([2.0, 3.0]), np.array([1.0, 10.0])
    np.testing.assert_array_equal(jvp(cube, (x,), (t,), {"factor": 5}, numpy_namespace), [60.0, 1350.0])
    recorded = jvp(cube, (new_tensor(x).requires_grad_(),), (new_tensor(t),), {"factor": 5}, ops)
    np.testing.assert_array_equal(recorded._array, [60.0, 1350.0])
    assert recorded.requires_grad
    assert jvp(cube, (x[:1],), (t[:1],), {"factor": 5}, numpy_namespace) is None


def test_a_tangent_of_an_operand_without_rule_is_refused() -> None:
    op = OPS["take"]
    x, at = np.arange(3.0), np.array([0, 2])
    np.testing.assert_array_equal(jvp(op, (x, at), (x, None), {"axis": -1}, numpy_namespace), [0.0, 2.0])
    with pytest.raises(RuntimeError, match="derivative for 'floor_divide' with respect to 'y' is not implemented"):
        jvp(ops.floor_divide, (x, x + 1), (None, x), {}, numpy_namespace)


def test_under_no_grad_forward_mode_is_not_recorded() -> None:
    x = new_tensor(np.array([0.5, 0.25])).requires_grad_()
    with torch.no_grad():
        for op, params in ((ops.exp, {}), (ops.log_softmax, {"axis": -1})):
            assert not jvp(op, (x,), (new_tensor(np.ones(2)),), params, ops).requires_grad


def jvp_of(f: Any, primals: list[Any], tangents: list[Any]) -> list[Any]:
    """The tangents of any recorded function: its gradient, differentiated by the cotangent."""
    leaves = [new_tensor(p).requires_grad_() for p in primals]
    outs = f(*leaves)
    rng = np.random.default_rng(0)
    seeds = [new_tensor(normal(rng, out._array)).requires_grad_() for out in outs]
    grads = torch.autograd.grad(outs, leaves, seeds, create_graph=True)
    return gradients_of(list(grads), tangents, seeds)


def test_forward_mode_of_a_composition_is_the_composition_of_forward_modes() -> None:
    rng = np.random.default_rng(1)
    x, y, tx, ty = rng.uniform(0.5, 1.5, (4, 3))
    xp = ops

    def f(a: Any, b: Any) -> list[Any]:
        return [xp.exp(xp.multiply(a, b))]

    product = xp.multiply(new_tensor(x), new_tensor(y))
    inside = jvp(xp.multiply, (new_tensor(x), new_tensor(y)), (new_tensor(tx), new_tensor(ty)), {}, xp)
    outside = jvp(xp.exp, (product,), (inside,), {}, xp)
    np.testing.assert_allclose(outside._array, jvp_of(f, [x, y], [tx, ty])[0], rtol=1e-13)
