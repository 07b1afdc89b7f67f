"""``torch.func``: values, structures, what is recorded outside, writes inside, refusals."""

# ruff: noqa: PLW0108 - what may raise is called by the test, not when it is collected

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import chainrule as torch
from chainrule.func import (
    functionalize,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
    vmap,
)


class Pair(NamedTuple):
    first: Any
    second: Any


def values(*numbers: float) -> Any:
    return torch.tensor(numbers, dtype=torch.float64)


def close(a: Any, b: Any) -> bool:
    return torch.allclose(a, b, rtol=1e-12, atol=1e-12)


def cubes(x: Any) -> Any:
    return (x**3).sum()


X = values(1.0, 2.0, 3.0)


class TestGrad:
    def test_of_one_argument(self) -> None:
        assert close(grad(cubes)(X), 3 * X**2)

    def test_of_several_arguments(self) -> None:
        found = grad(lambda x, y: (x * y**2).sum(), argnums=(0, 1))(X, 2 * X)
        assert isinstance(found, tuple)
        assert close(found[0], 4 * X**2)
        assert close(found[1], 4 * X**2)

    def test_argnums_count_from_the_end(self) -> None:
        assert close(grad(lambda x, y: (x * y).sum(), argnums=-1)(X, 2 * X), X)

    def test_of_containers(self) -> None:
        found = grad(lambda p: (p["w"] * p["more"][0]).sum() + p["more"][1].sum())({"w": X, "more": [2 * X, X]})
        assert list(found) == ["w", "more"]
        assert close(found["w"], 2 * X)
        assert close(found["more"][0], X)
        assert close(found["more"][1], torch.ones_like(X))
        pair = grad(lambda p: (p.first * p.second).sum())(Pair(X, 2 * X))
        assert isinstance(pair, Pair)
        assert close(pair.first, 2 * X)

    def test_aux_is_handed_through(self) -> None:
        found, (value, aux) = grad_and_value(lambda x: (cubes(x), {"y": x * 2}), has_aux=True)(X)
        assert close(found, 3 * X**2)
        assert value.item() == 36
        assert close(aux["y"], 2 * X)
        assert not aux["y"].requires_grad

    def test_keyword_arguments_are_constants(self) -> None:
        assert close(grad(lambda x, scale: scale * cubes(x))(X, scale=2), 6 * X**2)

    def test_an_argument_that_is_not_used(self) -> None:
        assert close(grad(lambda x, y: y.sum())(X, X), torch.zeros_like(X))
        assert close(grad(lambda x: torch.tensor(1.0))(X), torch.zeros_like(X))

    def test_nested(self) -> None:
        x = torch.tensor(0.7, dtype=torch.float64)
        assert close(grad(grad(grad(torch.sin)))(x), -torch.cos(x))

    def test_perturbations_are_not_confused(self) -> None:
        # d/dx x * (d/dy (x + y) at 1) = 1, and not 2
        one = torch.tensor(1.0)
        assert grad(lambda x: x * grad(lambda y: x + y)(one))(one).item() == 1
        assert grad(lambda x: x * jvp(lambda y: x + y, (one,), (one,))[1])(one).item() == 1
        assert jvp(lambda x: x * grad(lambda y: x + y)(one), (one,), (one,))[1].item() == 1
        assert jvp(lambda x: x * jvp(lambda y: x + y, (one,), (one,))[1], (one,), (one,))[1].item() == 1

    def test_the_argument_is_a_leaf_inside(self) -> None:
        seen = []

        def f(x: Any) -> Any:
            seen.append((x.requires_grad, x.is_leaf, x.grad_fn))
            return x.sum()

        grad(f)(X)
        assert seen == [(True, True, None)]

    def test_results_are_constants_where_nothing_outside_requires_grad(self) -> None:
        found, value = grad_and_value(cubes)(X)
        assert not found.requires_grad
        assert not value.requires_grad
        assert not grad(lambda x: grad(cubes)(x).sum())(X).requires_grad

    def test_results_hang_on_what_requires_grad_outside(self) -> None:
        x, w = X.clone().requires_grad_(), values(1.0, 1.0, 2.0).requires_grad_()
        found = grad(lambda x: (w * x**2).sum())(x)
        assert close(torch.autograd.grad(found.sum(), x, retain_graph=True)[0], 2 * w)
        assert close(torch.autograd.grad(found.sum(), w)[0], 2 * x)

    def test_captured_tensors_have_a_gradient_outside_only(self) -> None:
        w = values(2.0, 2.0, 2.0).requires_grad_()
        found = grad(lambda x: (w * x).sum())(X)
        assert w.grad is None
        assert found.requires_grad

    def test_under_no_grad(self) -> None:
        x = X.clone().requires_grad_()
        with torch.no_grad():
            found = grad(cubes)(x)
            second = grad(lambda x: grad(cubes)(x).sum())(x)
        assert close(found, 3 * X**2)
        assert close(second, 6 * X)
        assert not found.requires_grad

    def test_no_grad_inside(self) -> None:
        def f(x: Any) -> Any:
            with torch.no_grad():
                constant = x**2
            return (x - constant).sum()

        assert close(grad(f)(X), torch.ones_like(X))

    def test_no_grad_around_an_inner_grad(self) -> None:
        def f(x: Any) -> Any:
            with torch.no_grad():
                slope = grad(cubes)(x)
            return (x * slope).sum()

        assert close(grad(f)(X), 3 * X**2)

    def test_writes_inside(self) -> None:
        def f(x: Any) -> Any:
            y = x.clone()
            y.mul_(x)
            y[0] = x[1] * 3
            z = torch.zeros(3, dtype=torch.float64)
            z[1:] = x[:2]
            return (y * z).sum()

        x = X.clone().requires_grad_()
        (want,) = torch.autograd.grad(f(x), x)
        assert close(grad(f)(X), want)
        assert close(jacfwd(f)(X), want)
        assert close(jacrev(f)(X), want)

    def test_writing_to_the_argument_is_refused_and_changes_nothing(self) -> None:
        x = X.clone()
        with pytest.raises(
            RuntimeError, match="leaf Variable that requires grad is being used in an in-place operation"
        ):
            grad(lambda x: x.mul_(2).sum())(x)
        assert close(x, X)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: grad(lambda x: x)(X), "Expected f.*to return a scalar Tensor, got tensor with 1 dims"),
            (lambda: grad(lambda x: 3)(X), "Expected f.*to return a Tensor, got <class 'int'>"),
            (lambda: grad(cubes, argnums=1)(X), "Got argnum=1, but only 1 positional inputs"),
            (lambda: grad(cubes, argnums="a")(X), "argnums must be int or Tuple"),
            (lambda: grad(cubes, argnums=(0, 0))(X), "argnums elements must be unique"),
            (lambda: grad(cubes, has_aux=True)(X), r"output of function f should be a tuple: \(output, aux\)"),
            (lambda: grad(lambda x: x.sum())(torch.tensor([1, 2])), "only Tensors of floating point dtype can require"),
        ],
    )
    def test_refusals(self, call: Any, message: str) -> None:
        with pytest.raises(RuntimeError, match=message):
            call()


class TestVjp:
    def test_many_cotangents(self) -> None:
        output, vjp_fn = vjp(torch.sin, X)
        assert close(output, torch.sin(X))
        for g in (torch.ones_like(X), X):
            (found,) = vjp_fn(g)
            assert close(found, g * torch.cos(X))

    def test_structures(self) -> None:
        output, vjp_fn = vjp(lambda p, y: {"a": p["w"] * y, "b": (p["w"].sum(),)}, {"w": X}, 2 * X)
        by_p, by_y = vjp_fn({"a": torch.ones_like(X), "b": (torch.tensor(10.0, dtype=torch.float64),)})
        assert close(output["a"], 2 * X**2)
        assert close(by_p["w"], 2 * X + 10)
        assert close(by_y, X)

    def test_has_aux(self) -> None:
        output, _, aux = vjp(lambda x: (x.sum(), x * 2), X, has_aux=True)
        assert output.item() == 6
        assert close(aux, 2 * X)

    def test_a_cotangent_of_another_dtype_is_converted(self) -> None:
        x = torch.ones(2)
        (found,) = vjp(lambda x: 2 * x, x)[1](values(1.0, 1.0))
        assert found.dtype == torch.float32

    def test_cotangents_that_require_grad(self) -> None:
        g = torch.ones_like(X).requires_grad_()
        (found,) = vjp(torch.sin, X)[1](g)
        assert close(torch.autograd.grad(found.sum(), g)[0], torch.cos(X))

    @pytest.mark.parametrize(
        ("cotangents", "message"),
        [
            ((X,), "Expected pytree structure of cotangents to be the same"),
            (torch.ones(2), "Mismatch in shape: grad_output.0. has a shape of"),
        ],
    )
    def test_refusals(self, cotangents: Any, message: str) -> None:
        with pytest.raises(RuntimeError, match=message):
            vjp(torch.sin, X)[1](cotangents)
        with pytest.raises(RuntimeError, match=r"expected f.*to return only tensors"):
            vjp(lambda x: (x, 3), X)


class TestJvp:
    def test_value_and_tangent(self) -> None:
        output, tangent = jvp(lambda x, y: (x * y, y), (X, 2 * X), (torch.ones_like(X), torch.zeros_like(X)))
        assert close(output[0], 2 * X**2)
        assert close(tangent[0], 2 * X)
        assert close(tangent[1], torch.zeros_like(X))

    def test_has_aux(self) -> None:
        output, tangent, aux = jvp(lambda x: (x * 2, x * 3), (X,), (X,), has_aux=True)
        assert close(output, 2 * X)
        assert close(tangent, 2 * X)
        assert close(aux, 3 * X)

    def test_writes_inside(self) -> None:
        def f(x: Any) -> Any:
            y = x.clone()
            view = y[1:]
            view.mul_(x[:2])
            y[0] = x[2] * x[1]
            return y * view.sum()

        direction = values(1.0, -2.0, 0.5)
        _, tangent = jvp(f, (X,), (direction,))
        _, vjp_fn = vjp(f, X)
        for g in torch.eye(3, dtype=torch.float64):
            assert close((g * tangent).sum(), (vjp_fn(g)[0] * direction).sum())

    def test_what_is_written_to_an_argument_stays_written(self) -> None:
        x = X.clone()
        output, tangent = jvp(lambda x: x.mul_(2), (x,), (X.clone(),))
        assert close(output, 2 * X)
        assert close(tangent, 2 * X)
        assert close(x, 2 * X)

    def test_a_write_to_a_new_tensor(self) -> None:
        def f(x: Any) -> Any:
            y = torch.zeros(3, dtype=torch.float64)
            y[0] = x[0] ** 2
            return y

        assert close(jvp(f, (X,), (X,))[1], values(2.0, 0.0, 0.0))

    def test_values_may_be_looked_at(self) -> None:
        assert close(jvp(lambda x: x * 2 if x.sum() > 0 else x, (X,), (X,))[1], 2 * X)
        assert jvp(lambda x: x * x[0].item(), (X,), (X,))[1][1].item() == 2  # the number is a constant

    def test_detach_stops_the_tangent(self) -> None:
        assert close(jvp(lambda x: x * x.detach(), (X,), (X,))[1], X**2)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: jvp(torch.sin, X, X), "Expected primals to be a tuple"),
            (lambda: jvp(torch.sin, (X,), X), "tangents"),
            (lambda: jvp(torch.sin, (X,), (X, X)), "to have the same python structure"),
            (lambda: jvp(torch.sin, (X,), (3,)), "Expected tangents to only contain Tensors, got <class 'int'>"),
            (lambda: jvp(torch.sin, (), ()), "Expected primals to contain at least one Tensor"),
            (lambda: jvp(torch.sin, (X,), (X[:2],)), "forward gradient that has a different size"),
            (lambda: jvp(lambda x: 3, (X,), (X,)), "expected f.*to return only tensors"),
            (lambda: jvp(lambda x: torch.ones(2), (X,), (X,), strict=True), "output of f is independent of the input"),
        ],
    )
    def test_refusals(self, call: Any, message: str) -> None:
        with pytest.raises(RuntimeError, match=message):
            call()


class TestJacobians:
    def test_reverse_is_forward(self) -> None:
        def f(x: Any, y: Any) -> Any:
            return {"outer": x[:, None] * y, "sum": (x * y).sum()}

        for argnums in (0, 1, (0, 1)):
            back, forth = jacrev(f, argnums)(X, X[:2].repeat(1)[:1]), jacfwd(f, argnums)(X, X[:2].repeat(1)[:1])
            for name in ("outer", "sum"):
                pairs = zip(back[name], forth[name], strict=True) if argnums == (0, 1) else [(back[name], forth[name])]
                assert all(close(a, b) and a.shape == b.shape for a, b in pairs)

    def test_shapes(self) -> None:
        x = torch.ones(2, 3, dtype=torch.float64)
        assert jacrev(lambda x: x.sum(0))(x).shape == (3, 2, 3)
        assert jacfwd(lambda x: x.sum())(x).shape == (2, 3)
        assert jacrev(lambda x: {"a": x * 2})({"b": x}["b"])["a"].shape == (2, 3, 2, 3)

    def test_chunks(self) -> None:
        for chunk_size in (1, 2, 100):
            assert close(jacrev(lambda x: x**2, chunk_size=chunk_size)(X), torch.diag(2 * X))
        with pytest.raises(ValueError, match="`chunk_size` should be greater than 0"):
            jacrev(torch.sin, chunk_size=0)

    def test_has_aux(self) -> None:
        for jacobian in (jacrev, jacfwd):
            found, aux = jacobian(lambda x: (x**2, {"y": x * 3}), has_aux=True)(X)
            assert close(found, torch.diag(2 * X))
            assert close(aux["y"], 3 * X)

    def test_all_hessians_agree(self) -> None:
        def f(x: Any) -> Any:
            return (x.sin() * x.prod()).sum() + (x[1:] * x[:-1]).pow(2).sum()

        want = hessian(f)(X)
        assert close(want, want.T)
        for outer in (jacrev, jacfwd):
            for inner in (jacrev, jacfwd):
                assert close(outer(inner(f))(X), want)
        step = 1e-5
        columns = [
            (grad(f)(X + step * e) - grad(f)(X - step * e)) / (2 * step) for e in torch.eye(3, dtype=torch.float64)
        ]
        assert torch.allclose(torch.stack(columns), want, rtol=1e-6, atol=1e-6)

    def test_of_an_independent_output(self) -> None:
        assert close(jacrev(lambda x: torch.ones(2, dtype=torch.float64))(X), torch.zeros(2, 3, dtype=torch.float64))

    def test_complex_outputs_are_refused(self) -> None:
        with pytest.raises(RuntimeError, match="Expected all outputs to be real but received complex tensor"):
            jacrev(lambda x: x * 1j)(X)


class TestLinearize:
    def test_is_the_jvp(self) -> None:
        def f(x: Any, y: Any) -> Any:
            return {"p": x.sin() * y, "y": y}

        output, jvp_fn = linearize(f, X, 2 * X)
        for direction in ((torch.ones_like(X), X), (X, torch.zeros_like(X))):
            want_output, want = jvp(f, (X, 2 * X), direction)
            found = jvp_fn(*direction)
            assert close(output["p"], want_output["p"])
            assert close(found["p"], want["p"])
            assert close(found["y"], want["y"])

    @pytest.mark.chainrule_only
    def test_runs_the_function_once(self) -> None:
        runs = []
        _, jvp_fn = linearize(lambda x: runs.append(1) or x.sin(), X)
        jvp_fn(X)
        jvp_fn(X)
        assert len(runs) == 1

    def test_refusals(self) -> None:
        with pytest.raises(RuntimeError, match="doesn't match the shape"):
            linearize(torch.sin, X)[1](X[:2])


class TestVmap:
    XS = torch.arange(6, dtype=torch.float64).reshape(2, 3)

    def test_dims(self) -> None:
        a, b = self.XS, self.XS.T
        assert close(vmap(torch.dot, in_dims=(0, 1))(a, b), (a * a).sum(1))
        assert close(vmap(lambda x, y: x + y, in_dims=(0, None))(a, X), a + X)
        assert close(vmap(lambda x: x * 2, in_dims=-1, out_dims=1)(a), 2 * a)
        assert close(vmap(lambda p: p["x"] * p["c"], in_dims=({"x": 0, "c": None},))({"x": a, "c": X}), a * X)

    def test_several_outputs(self) -> None:
        first, second = vmap(lambda x: (x.sum(), x * 2), out_dims=(0, 1))(self.XS)
        assert close(first, self.XS.sum(1))
        assert close(second, 2 * self.XS.T)

    def test_a_constant_output(self) -> None:
        assert vmap(lambda x: torch.ones(2))(self.XS).shape == (2, 2)
        assert vmap(lambda x: 3, out_dims=None)(self.XS) == 3

    def test_chunks(self) -> None:
        xs = torch.arange(10.0).reshape(5, 2)
        for size in (1, 2, 5, 9):
            assert torch.equal(vmap(lambda x: x.sum(), chunk_size=size)(xs), xs.sum(1))

    def test_nested_with_grad(self) -> None:
        assert close(vmap(grad(cubes))(self.XS), 3 * self.XS**2)
        assert close(grad(lambda xs: vmap(cubes)(xs).sum())(self.XS), 3 * self.XS**2)
        assert close(vmap(vmap(grad(lambda x: x**3)))(self.XS), 3 * self.XS**2)
        assert close(vmap(lambda x, t: jvp(torch.sin, (x,), (t,))[1])(self.XS, self.XS), self.XS * self.XS.cos())

    def test_a_gradient_inside_is_that_of_one_element(self) -> None:
        assert close(vmap(lambda x: grad(lambda w: (w * x).sum())(X))(self.XS), self.XS)

    def test_a_gradient_outside_is_that_of_all(self) -> None:
        w = X.clone().requires_grad_()
        out = vmap(lambda x: (w * x).sum())(self.XS)
        assert close(torch.autograd.grad(out.sum(), w)[0], self.XS.sum(0))

    def test_writes_inside(self) -> None:
        def f(x: Any) -> Any:
            y = x.clone()
            y[1:].mul_(x[:2])
            y[0] = x[2]
            z = x.new_zeros(3)
            z[1] = y[0]
            return y + z

        assert close(vmap(f)(self.XS), torch.stack([f(x) for x in self.XS]))

    def test_what_is_written_to_an_argument_stays_written(self) -> None:
        xs = self.XS.clone()
        vmap(lambda x: x.add_(1))(xs)
        assert close(xs, self.XS + 1)

    def test_a_batch_of_no_elements(self) -> None:
        assert vmap(lambda x: x * 2)(torch.ones(0, 3)).shape == (0, 3)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda xs: vmap(lambda x: 3)(xs), "must only return Tensors, got type <class 'int'>"),
            (lambda xs: vmap(lambda x: x, in_dims=2)(xs), "expected in_dim to satisfy -2 <= in_dim < 2"),
            (lambda xs: vmap(lambda x: x, in_dims=None)(xs), "expected `in_dims` to be int or a"),
            (lambda xs: vmap(lambda: 3)(), "got no inputs"),
            (lambda xs: vmap(lambda x, y: x)(xs, torch.ones(3)), "same size in the mapped dimension, got sizes .2, 3."),
            (lambda xs: vmap(lambda x: x, out_dims=(0, 1))(xs), "out_dims is not compatible with the structure"),
            (lambda xs: vmap(lambda x: x, out_dims=None)(xs), "can not return a BatchedTensor when out_dim is None"),
            (lambda xs: vmap(lambda x: x, in_dims=(0, 0))(xs), "in_dims is not compatible with the structure"),
            (lambda xs: vmap(lambda x: x)(3), "Got in_dim=0 for an input but the input is of type <class 'int'>"),
            (lambda xs: vmap(lambda x: x, chunk_size=0)(xs), "chunk_size should be None or greater than 0"),
        ],
    )
    def test_refusals(self, call: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            call(self.XS)

    @pytest.mark.parametrize(
        "f",
        [
            lambda x: x if x.sum() > 0 else -x,
            lambda x: x * x.sum().item(),
            lambda x: x * float(x.sum()),
            lambda x: torch.nonzero(x),
            lambda x: torch.unique(x),
            lambda x: x[x > 0],
            lambda x: torch.zeros(3, dtype=torch.float64).copy_(x),
            lambda x: x.numpy(),
        ],
    )
    def test_what_depends_on_values_is_refused(self, f: Any) -> None:
        with pytest.raises(RuntimeError):
            vmap(f)(self.XS)

    def test_randomness_must_be_known(self) -> None:
        with pytest.raises(
            RuntimeError, match="Only allowed values for randomness are 'error', 'different', or 'same'"
        ):
            vmap(torch.sin, randomness="often")(self.XS)


def test_functionalize_is_accepted() -> None:
    assert close(functionalize(lambda x: x.clone().add_(1))(X), X + 1)
