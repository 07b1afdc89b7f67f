"""``gradcheck`` of forward mode, and forward over reverse."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import Function, gradcheck, gradgradcheck

from .test_gradcheck import RIGHT, column, error, leaf, modes, x, z

FORWARD: dict[str, Any] = {"check_forward_ad": True, "check_backward_ad": False}


def moved(forward: Any, jvp: Any) -> Any:
    """A Function from its forward and its jvp, which gets the tangents and the arguments. Missing tangents are None."""

    class Moved(Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.set_materialize_grads(False)
            ctx.save_for_forward(*args)
            return forward(*args)

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            return jvp(*tangents, *ctx.saved_tensors)

    return Moved.apply


# PyTorch pairs outputs wrongly in the one, and has no batches of conjugate tangents in the other.
PYTORCH_FAILS = {"a detached output after it", "complex"}


@modes
@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.chainrule_only) if c in PYTORCH_FAILS else c for c in RIGHT]
)
def test_right_tangents_pass(case: str, fast_mode: bool) -> None:
    function, makers = RIGHT[case]
    inputs = tuple(make() for make in makers)
    assert gradcheck(function, inputs, check_forward_ad=True, fast_mode=fast_mode) is True
    assert gradcheck(function, inputs, **FORWARD, check_batched_forward_grad=True, fast_mode=fast_mode) is True


@modes
@pytest.mark.parametrize("case", RIGHT)
def test_right_tangents_of_gradients_pass(case: str, fast_mode: bool) -> None:
    function, makers = RIGHT[case]
    assert (
        gradgradcheck(function, tuple(make() for make in makers), check_fwd_over_rev=True, fast_mode=fast_mode) is True
    )


@modes
def test_a_wrong_tangent_is_shown_with_both_values(fast_mode: bool) -> None:
    text = error(
        gradcheck, moved(lambda x: x * x, lambda t, x: 3 * t * x), leaf(1.0, 2.0), **FORWARD, fast_mode=fast_mode
    )
    assert "Jacobian computed with forward mode mismatch for output 0 with respect to input 0,\nnumerical:" in text
    assert "[2.0000, 0.0000]" in text
    assert "[3., 0.]" in text
    assert ("max per-element difference (slow mode) is: " in text) is fast_mode
    assert gradcheck(moved(lambda x: x * x, lambda t, x: 2 * t * x), leaf(1.0, 2.0), **FORWARD, fast_mode=fast_mode)


@modes
def test_the_error_names_the_output_and_the_input(fast_mode: bool) -> None:
    wrong = moved(lambda x, y: x * y, lambda s, t, x, y: (0 if s is None else s * y) + (0 if t is None else t * y))
    text = error(
        gradcheck, lambda x, y: (x + y, wrong(x, y)), (x(), leaf(4.0, 5.0, 6.0)), **FORWARD, fast_mode=fast_mode
    )
    assert "mismatch for output 1 with respect to input 1," in text


@modes
def test_parts_of_complex_inputs(fast_mode: bool) -> None:
    square = moved(lambda z: z * z, lambda t, z: t.conj() * 2 * z)
    text = error(gradcheck, square, z(), **FORWARD, fast_mode=fast_mode)
    assert text.startswith(
        "While considering the imaginary part of complex inputs only, Jacobian computed with forward"
    )
    assert gradcheck(moved(lambda z: z * z, lambda t, z: t * 2 * z), z(), **FORWARD, fast_mode=fast_mode)


@modes
def test_only_a_complex_input_is_said_to_be_one(fast_mode: bool) -> None:
    wrong = moved(lambda x: x * x, lambda t, x: 3 * t * x)
    text = error(gradcheck, lambda z, x: wrong(x), (z(), x()), **FORWARD, fast_mode=fast_mode)
    assert text.startswith("Jacobian computed with forward mode mismatch for output 0 with respect to input 1,")


def test_an_input_without_a_tangent_counts_as_one_with_tangent_zero() -> None:
    def jvp(s: Any, t: Any, x: Any, y: Any) -> Any:
        return (0 if s is None else s * (5 if t is None else y)) + (0 if t is None else t * x)

    text = error(gradcheck, moved(lambda x, y: x * y, jvp), (x(), leaf(4.0, 5.0, 6.0)), **FORWARD)
    assert "Mismatch in tangent values for output with index: " in text
    assert gradcheck(moved(lambda x, y: x * y, jvp), (x(), leaf(4.0, 5.0, 6.0)), **FORWARD, check_undefined_grad=False)


def test_a_tangent_that_is_wrong_in_second_derivatives_only() -> None:
    class Cube(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3 * ctx.saved_tensors[0].detach() ** 2

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return t * 3 * ctx.saved_tensors[0].detach() ** 2

    assert gradcheck(Cube.apply, x(), check_forward_ad=True)
    options: dict[str, Any] = {"check_rev_over_rev": False, "check_undefined_grad": False, "check_fwd_over_rev": True}
    assert "Jacobian computed with forward mode mismatch" in error(gradgradcheck, Cube.apply, x(), **options)


@pytest.mark.chainrule_only
def test_batched_tangents_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    func = importlib.import_module("chainrule.func")
    right = func.vmap
    monkeypatch.setattr(func, "vmap", lambda f: lambda v: [t * 2 for t in right(f)(v)])
    text = error(gradcheck, lambda x, y: x * y, (x(), column()), check_forward_ad=True, check_batched_forward_grad=True)
    assert text.startswith("The batched gradients in forward mode, with respect to input 0, of output 0 differ")
    assert "check_batched_forward_grad=False" in text


def test_a_function_without_differentiable_outputs_must_be_constant() -> None:
    text = error(gradcheck, lambda x: x.detach() * 2, x(), **FORWARD)
    assert text.startswith("Numerical gradient for function expected to be zero")
    assert gradcheck(lambda x: torch.ones(2, dtype=torch.float64), x(), **FORWARD)
