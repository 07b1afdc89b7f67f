"""``gradcheck`` accepts what is right, finds what is wrong, and leaves its inputs as they were."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import autograd
from chainrule.autograd import Function, gradcheck, gradgradcheck
from chainrule.autograd.gradcheck import (
    GradcheckError,
    get_analytical_jacobian,
    get_numerical_jacobian,
    get_numerical_jacobian_wrt_specific_input,
)

modes = pytest.mark.parametrize("fast_mode", [False, True], ids=["slow", "fast"])


def leaf(*values: Any, dtype: Any = torch.float64) -> Any:
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def x() -> Any:
    return leaf(1.0, 2.0, -3.0)


def column() -> Any:
    return leaf([0.5], [2.0])


def z() -> Any:
    return leaf(1 + 2j, 3 - 1j, dtype=torch.complex128)


def scalar() -> Any:
    return torch.tensor(2.0, dtype=torch.float64, requires_grad=True)


def empty() -> Any:
    return torch.zeros(0, 2, dtype=torch.float64, requires_grad=True)


def error(check: Callable[..., bool], *args: Any, **options: Any) -> str:
    with pytest.raises(GradcheckError) as caught:
        check(*args, **options)
    assert check(*args, **options, raise_exception=False) is False
    return str(caught.value)


def made(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """A Function from two functions, which saves its arguments."""

    class Made(Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.save_for_backward(*args)
            return forward(*args)

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            return backward(*grads, *ctx.saved_tensors)

    return Made.apply


RIGHT: dict[str, tuple[Callable[..., Any], list[Callable[[], Any]]]] = {
    "one input": (lambda x: x.exp(), [x]),
    "broadcast": (lambda x, y: x * y.sin(), [x, column]),
    "several outputs": (lambda x, y: (x * y, x.sum(), [y][0]), [x, column]),
    "a list of outputs": (lambda x: [x * 2, x.cos()], [x]),
    "the input itself": (lambda x: x, [x]),
    "an integer output after it": (lambda x: (x * 2, torch.ones(2, dtype=torch.int64)), [x]),
    "a detached output after it": (lambda x: (x * 2, x.detach() + 1), [x]),
    "an unused input": (lambda x, y: x * 2, [x, column]),
    "no tensor": (lambda x, n: x**n, [x, lambda: 3]),
    "an input that needs none": (lambda x, c: x * c, [x, lambda: torch.ones(3, dtype=torch.float64)]),
    "0-d": (lambda s: s.exp(), [scalar]),
    "0-d by vector": (lambda s, x: s * x, [scalar, x]),
    "empty input": (lambda e, s: (e * s, e.sum()), [empty, scalar]),
    "complex": (lambda z: z.conj() * z.exp(), [z]),
    "complex to real": (lambda z: z.abs() ** 2, [z]),
    "real to complex": (lambda x: x.to(torch.complex128) * (1 + 2j), [x]),
    "complex and real": (lambda z, s: (z * s, s * 2), [z, scalar]),
    "not contiguous": (lambda m: m * m, [lambda: leaf([1.0, 2.0], [3.0, 4.0]).t()]),
    "not a leaf": (lambda h: h * h, [lambda: x() * 2]),
    "in place": (lambda x: x.clone().mul_(x), [x]),
}


@modes
@pytest.mark.parametrize("case", RIGHT)
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_right_gradients_pass(case: str, check: Any, fast_mode: bool) -> None:
    function, makers = RIGHT[case]
    assert check(function, tuple(make() for make in makers), fast_mode=fast_mode) is True


@pytest.mark.parametrize("case", RIGHT)
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_right_gradients_pass_in_batches(case: str, check: Any) -> None:
    function, makers = RIGHT[case]
    assert check(function, tuple(make() for make in makers), check_batched_grad=True) is True


def test_a_backward_that_cannot_be_batched() -> None:
    looking = made(lambda x: x * 2, lambda g, x: g * (2 + 0 * g.sum().item()))
    text = error(gradcheck, looking, x(), check_batched_grad=True)
    assert text.startswith("While computing batched gradients, got: ")
    assert "check_batched_grad=False" in text


@pytest.mark.chainrule_only
def test_batched_gradients_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    func = importlib.import_module("chainrule.func")
    right = func.vmap
    monkeypatch.setattr(func, "vmap", lambda f: lambda v: [g * 2 for g in right(f)(v)])
    text = error(gradcheck, lambda x, y: (y * 1, x * y), (x(), column()), check_batched_grad=True)
    assert text.startswith(
        "The batched gradients of output 0 with respect to input 1 differ from those computed one by one"
    )


@modes
def test_a_wrong_gradient_is_shown_with_both_values(fast_mode: bool) -> None:
    text = error(gradcheck, made(lambda x: x * x, lambda g, x: 3 * g * x), leaf(1.0, 2.0), fast_mode=fast_mode)
    assert "Jacobian mismatch for output 0 with respect to input 0,\nnumerical:" in text
    assert "[2.0000, 0.0000]" in text
    assert "[3., 0.]" in text
    assert ("max per-element difference (slow mode) is: " in text) is fast_mode


@modes
def test_the_error_names_the_output_and_the_input(fast_mode: bool) -> None:
    wrong = made(lambda x, y: x * y, lambda g, x, y: (g * y, g * y))
    text = error(gradcheck, lambda x, y: (x + y, wrong(x, y)), (x(), leaf(4.0, 5.0, 6.0)), fast_mode=fast_mode)
    assert "mismatch for output 1 with respect to input 1," in text


@modes
def test_a_missing_conjugate_is_found(fast_mode: bool) -> None:
    square = made(lambda z: z * z, lambda g, z: g * 2 * z)
    text = error(gradcheck, square, z(), fast_mode=fast_mode)
    assert text.startswith(
        "While considering the imaginary part of complex outputs only, Jacobian mismatch for output 0"
    )
    assert gradcheck(made(lambda z: z * z, lambda g, z: g * 2 * z.conj()), z(), fast_mode=fast_mode)


@modes
@pytest.mark.parametrize(("re", "im", "part"), [(2, 4, "imaginary"), (5, 3, "real")])
def test_each_part_of_a_complex_output_is_checked(re: int, im: int, part: str, fast_mode: bool) -> None:
    pair = made(lambda x: torch.complex(x * 2, x * 3), lambda g, x: g.real * re + g.imag * im)
    text = error(gradcheck, pair, x(), fast_mode=fast_mode)
    assert text.startswith(f"While considering the {part} part of complex outputs only, ")


@modes
def test_only_a_complex_output_is_said_to_be_one(fast_mode: bool) -> None:
    wrong = made(lambda x: x * x, lambda g, x: 3 * g * x)
    text = error(gradcheck, lambda x, z: (z * 1, wrong(x)), (x(), z()), fast_mode=fast_mode)
    assert text.startswith("Jacobian mismatch for output 1 with respect to input 0,")


@modes
def test_tolerances(fast_mode: bool) -> None:
    nearly = made(lambda x: x * x, lambda g, x: g * x * 2.0002)
    assert gradcheck(nearly, x(), fast_mode=fast_mode)
    error(gradcheck, nearly, x(), rtol=1e-5, fast_mode=fast_mode)
    assert gradcheck(nearly, x(), rtol=0, atol=1e-3, fast_mode=fast_mode)


def test_eps_is_the_step() -> None:
    # (f(1 + h) - f(1 - h)) / 2h of the cube is 3 + h^2.
    assert gradcheck(lambda s: s**3, leaf(1.0), eps=1e-2)
    error(gradcheck, lambda s: s**3, leaf(1.0), eps=1e-1)


@modes
@pytest.mark.parametrize("reduce", [False, True])
def test_the_absolute_tolerance_is_one_for_each_element(fast_mode: bool, reduce: bool) -> None:
    inputs = torch.ones(50, dtype=torch.float64, requires_grad=True)
    for off, passes in ((0.9e-5, True), (1.1e-5, False)):
        nearly = made(
            lambda x: (x * 0).sum() if reduce else x * 0, lambda g, x, off=off: g.sum() * off * torch.ones_like(x)
        )
        assert gradcheck(nearly, inputs, fast_mode=fast_mode, raise_exception=False) is passes


@modes
def test_a_function_may_capture_its_input(fast_mode: bool) -> None:
    captured = x()
    assert gradcheck(lambda *_: captured.exp() * 2, captured, fast_mode=fast_mode)


@modes
def test_inputs_are_put_back(fast_mode: bool) -> None:
    inputs = (leaf(0.1, -0.0, 1e300), z())
    before = [t.detach().numpy().tobytes() for t in inputs]
    gradcheck(lambda x, z: (x * 1e-300, z * 2), inputs, fast_mode=fast_mode)
    assert [t.detach().numpy().tobytes() for t in inputs] == before
    assert [t._version for t in inputs] == [0, 0]
    assert [t.grad for t in inputs] == [None, None]


@pytest.mark.chainrule_only
@modes
def test_inputs_are_put_back_when_the_function_raises(fast_mode: bool) -> None:
    inputs, calls = leaf(0.1, 0.2), []

    def fails_later(x: Any) -> Any:
        calls.append(x)
        if len(calls) > 3:
            raise OverflowError
        return x * 2

    with pytest.raises(OverflowError):
        gradcheck(fails_later, inputs, fast_mode=fast_mode)
    assert inputs.tolist() == [0.1, 0.2]


class Drifting(Function):
    """Its gradient is a little larger each time."""

    drift = 0.0

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        Drifting.drift += 1e-7
        return g * (2 + Drifting.drift)


@modes
def test_a_backward_must_give_the_same_twice(fast_mode: bool) -> None:
    text = error(gradcheck, Drifting.apply, x(), fast_mode=fast_mode)
    assert text.startswith("Backward is not reentrant, i.e., running backward with same input and grad_output")
    assert "tolerance for nondeterminism was 0.0" in text
    assert gradcheck(Drifting.apply, x(), nondet_tol=1e-4, fast_mode=fast_mode)


def twins(without: Callable[[], Any]) -> Callable[..., Any]:
    """Two outputs: twice and three times x. ``without()`` is the gradient if none of theirs is other than 0 or undefined."""

    class Twins(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            if (g is None or h is None) and not any(t is not None and t.any() for t in (g, h)):
                return without()
            return (0 if g is None else g * 2) + (0 if h is None else h * 3)

    return Twins.apply


def test_undefined_gradients() -> None:
    def fail() -> Any:
        raise RuntimeError("a gradient is missing")

    assert gradcheck(twins(lambda: None), x())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert error(gradcheck, twins(fail), x()).startswith(
            "Expected backward function to handle undefined output grads"
        )
        text = error(gradcheck, twins(lambda: torch.ones(3, dtype=torch.float64)), x())
    assert text.startswith(
        "Expected all input grads to be undefined or zero when all output grads are undefined or zero"
    )
    assert gradcheck(twins(fail), x(), check_undefined_grad=False)


def test_a_backward_must_multiply_by_its_gradient() -> None:
    fixed = made(lambda x: (x * x).sum(), lambda g, x: 2 * x)
    text = error(gradcheck, fixed, x(), check_undefined_grad=False)
    assert text.startswith("backward not multiplied by grad_output")


def test_masked_allows_a_gradient_that_is_almost_zero() -> None:
    almost = made(lambda x: (x * x).sum(), lambda g, x: 2 * g * x + 1e-9)
    options: dict[str, Any] = {"check_undefined_grad": False}
    error(gradcheck, almost, x(), **options)
    assert gradcheck(almost, x(), masked=True, **options)


@modes
def test_a_function_without_differentiable_outputs_must_be_constant(fast_mode: bool) -> None:
    text = error(gradcheck, lambda x: x.detach() * 2, x(), fast_mode=False)
    assert text.startswith("Numerical gradient for function expected to be zero")
    assert gradcheck(lambda x: x.detach() * 0, x(), fast_mode=False)


@pytest.mark.chainrule_only
@modes
def test_outputs_that_are_not_differentiable_may_come_first(fast_mode: bool) -> None:
    outputs = lambda x: (torch.ones(2, dtype=torch.int64), x.detach() * 3, x > 0, x * 2)  # noqa: E731
    assert gradcheck(outputs, x(), fast_mode=fast_mode)
    assert gradcheck(lambda x: x.detach() * 0, x(), fast_mode=True)
    error(gradcheck, lambda x: x.detach() * 2, x(), fast_mode=True)


def test_a_second_derivative_that_is_wrong() -> None:
    cube = made(lambda x: x**3, lambda g, x: g * 3 * x.detach() ** 2)
    assert gradcheck(cube, x())
    assert "mismatch for output 0 with respect to input 0" in error(gradgradcheck, cube, x())
    assert gradgradcheck(made(lambda x: x**3, lambda g, x: g * 3 * x**2), x())


@modes
@pytest.mark.parametrize("noncontiguous", [False, True])
def test_cotangents_are_made_or_given(fast_mode: bool, noncontiguous: bool) -> None:
    seen: list[Any] = []

    def square(x: Any) -> Any:
        y = x * x
        y.register_hook(lambda g: seen.append(g) if g.shape == (2, 3) else None)
        return y

    inputs = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    assert gradgradcheck(square, inputs, gen_non_contig_grad_outputs=noncontiguous, fast_mode=fast_mode)
    assert all(g.is_contiguous() is not noncontiguous for g in seen)
    assert seen
    given = leaf([1.0, 0.5, 2.0], [4.0, 5.0, 6.0])
    assert gradgradcheck(lambda x: x * x, inputs, given, fast_mode=fast_mode)
    assert gradgradcheck(lambda x: x * x, inputs, [given.detach()], fast_mode=fast_mode)


def test_single_precision_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="Input #1 requires gradient and is not a double precision floating point"):
        gradcheck(lambda a, b: a * b, (x(), leaf(1.0, dtype=torch.float32)), raise_exception=False)


def test_inputs_that_are_refused() -> None:
    with pytest.raises(ValueError, match="gradcheck expects at least one input tensor to require gradient"):
        gradcheck(lambda t: t * 2, torch.ones(2, dtype=torch.float64))
    overlapping = x()[:1].expand(3)
    with pytest.raises(RuntimeError, match="gradcheck only supports inputs that are non-overlapping") as caught:
        gradcheck(lambda t: t * 2, overlapping, raise_exception=False)
    assert not isinstance(caught.value, GradcheckError)
    assert gradcheck(lambda t: t * 2, overlapping.contiguous())
    assert gradcheck(lambda t: t * 2, x()[:1].expand(1))


@pytest.mark.chainrule_only
def test_windows_overlap() -> None:
    with pytest.raises(RuntimeError, match=r"share memory.* strides are \[1, 1\]"):
        gradcheck(lambda t: t * 2, x().unfold(0, 2, 1))


@pytest.mark.parametrize(
    ("check", "options"),
    [
        (gradcheck, {"check_forward_ad": False, "check_backward_ad": False}),
        (gradcheck, {"check_forward_ad": True, "check_backward_ad": False, "check_batched_grad": True}),
        (gradcheck, {"check_batched_forward_grad": True}),
        (gradgradcheck, {"check_fwd_over_rev": False, "check_rev_over_rev": False}),
        (gradgradcheck, {"check_fwd_over_rev": True, "check_rev_over_rev": False}),
        (
            gradgradcheck,
            {
                "check_fwd_over_rev": True,
                "check_rev_over_rev": False,
                "check_undefined_grad": False,
                "check_batched_grad": True,
            },
        ),
    ],
)
def test_options_that_contradict_each_other(check: Any, options: dict[str, bool]) -> None:
    with pytest.raises(AssertionError, match="to be True"):
        check(lambda x: x * 2, x(), **options)


@pytest.mark.parametrize(
    ("function", "what"),
    [(lambda x: x[x > 1], "shape"), (lambda x: x if x[0] > 1 else x.float(), "dtype")],
)
def test_outputs_must_not_change_their_form(function: Any, what: str) -> None:
    with pytest.raises(
        AssertionError, match=rf"outputs with the same {what} when inputs are perturbed on index \(0,\)"
    ):
        gradcheck(function, leaf(1.0))


@pytest.mark.chainrule_only
def test_gradients_of_other_dtypes_and_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    jacobians = importlib.import_module("chainrule.autograd._jacobians")
    right = jacobians.grad
    monkeypatch.setattr(jacobians, "grad", lambda *args, **more: [g.float() for g in right(*args, **more)])
    assert gradcheck(lambda x: x * 2, x())
    assert error(gradcheck, lambda x: x * 2, x(), check_grad_dtypes=True).startswith("Gradient has dtype mismatch")
    monkeypatch.setattr(jacobians, "grad", lambda *args, **more: [g[:2] for g in right(*args, **more)])
    assert error(gradcheck, lambda x: x * 2, x()).startswith("Analytical gradient has incorrect size")


def test_the_package_has_the_function_and_the_module_is_imported() -> None:
    assert autograd.gradcheck is gradcheck
    assert importlib.import_module("chainrule.autograd.gradcheck").gradcheck is gradcheck
    assert issubclass(GradcheckError, RuntimeError)


def test_the_helpers() -> None:
    a, b = x(), leaf(4.0, 5.0, 6.0)
    with pytest.warns(FutureWarning, match="get_numerical_jacobian"):
        wrt_a, wrt_b = get_numerical_jacobian(lambda inputs: inputs[0] * inputs[1], (a, b), eps=1e-6)
    np.testing.assert_allclose(wrt_a.numpy(), np.diag([4.0, 5.0, 6.0]), atol=1e-8)
    np.testing.assert_allclose(wrt_b.numpy(), np.diag([1.0, 2.0, -3.0]), atol=1e-8)
    with pytest.warns(FutureWarning, match="get_analytical_jacobian"):
        jacobians, reentrant, right_sizes, right_dtypes = get_analytical_jacobian((a, b), a * b)
    assert [j.tolist() for j in jacobians] == [np.diag([4.0, 5.0, 6.0]).tolist(), np.diag([1.0, 2.0, -3.0]).tolist()]
    assert reentrant
    assert right_sizes
    assert right_dtypes
    (only,) = get_numerical_jacobian_wrt_specific_input(lambda a, b: a * b, 1, (a, b), (a * b,), 1e-6)
    np.testing.assert_allclose(only.numpy(), wrt_b.numpy(), atol=1e-8)


def test_the_helpers_refuse_what_pytorch_refuses() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="Expected grad_out to be 1"):
            get_numerical_jacobian(lambda inputs: inputs[0], (x(),), grad_out=2.0)
        with pytest.raises(ValueError, match="Expected grad_out to be 1"):
            get_analytical_jacobian((x(),), x(), grad_out=2.0)
        with pytest.raises(ValueError, match="Expected output to be non-complex"):
            get_numerical_jacobian(lambda inputs: inputs[0] * 1, (z(),))
        with pytest.raises(ValueError, match="Expected output to be non-complex"):
            get_analytical_jacobian((z(),), z() * 1)
    with pytest.raises(AssertionError):
        get_numerical_jacobian_wrt_specific_input(lambda t: t * 1, 0, (z(),), (z() * 1,), 1e-6)
    with pytest.raises(AssertionError):
        get_numerical_jacobian_wrt_specific_input(lambda t: t * 1, 0, (x().detach(),), (x(),), 1e-6)
