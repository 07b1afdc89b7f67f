"""Functions whose derivatives are wrong, on the lines that say ``# wrong``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainrule as torch
from chainrule.autograd import Function


def x() -> Any:
    return torch.tensor([0.7, -1.3, 2.1], dtype=torch.float64)


def matrix() -> Any:
    return torch.tensor([[0.7, -1.3, 0.4], [0.2, 0.9, -0.6]], dtype=torch.float64)


def z() -> Any:
    return torch.tensor([1 + 2j, 0.5 - 1j], dtype=torch.complex128)


def made(forward: Callable[..., Any], backward: Callable[..., Any], jvp: Callable[..., Any] | None = None) -> Any:
    """A Function that saves its arguments, which the rules get first."""

    class Made(Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.save_for_backward(*args)
            ctx.save_for_forward(*args)
            return forward(*args)

        @staticmethod
        def backward(ctx: Any, *g: Any) -> Any:
            return backward(*ctx.saved_tensors, *g)

    if jvp is not None:
        Made.jvp = staticmethod(lambda ctx, *t: jvp(*ctx.saved_tensors, *t))
    return Made


def used(function: Any, *others: Any) -> Callable[..., Any]:
    """A program that uses a wrong function in the middle."""

    def program(x: Any) -> Any:
        h = torch.sin(x) + 2
        h = function.apply(h, *others)  # wrong
        return torch.exp(-h) * x.sum()

    return program


wrong_sign = used(made(lambda x: x * x, lambda x, g: -2 * x * g))
wrong_factor = used(made(lambda x: x * x, lambda x, g: x * g))
wrong_power = used(made(lambda x: x**3, lambda x, g: 3 * x * g))
missing_term = used(made(lambda x: x * x.exp(), lambda x, g: x * x.exp() * g))
missing_gradient = used(made(lambda x: x * 2, lambda x, g: None))
one_argument = used(made(lambda x, y: x * y, lambda x, y, g: (g * y, None)), torch.tensor(3.0, dtype=torch.float64))
ignores_g = used(made(lambda x: x * x, lambda x, g: 2 * x))
wrong_branch = used(made(lambda x: torch.where(x > 2, x * x, x), lambda x, g: g * torch.where(x > 2, x, 1.0)))
wrong_constant = used(made(lambda x: x.tanh(), lambda x, g: g * (1.001 - x.tanh() ** 2)))
wrong_neighbour = used(made(lambda x: x.cumsum(0), lambda x, g: g.cumsum(0)))
one_element = used(made(lambda x: x * 3, lambda x, g: torch.cat([g[:1], 3 * g[1:]])))
nan_gradient = used(made(lambda x: x * 3, lambda x, g: g / 0 * 0))
float32_inside = used(made(lambda x: x * 3, lambda x, g: (g.float() * 3).double()))


def second_operand(x: Any) -> Any:
    multiply = made(lambda a, b: a * b, lambda a, b, g: (g * b, g * b))
    a, b = x.sin(), x.cos()
    return multiply.apply(a, b) + x  # wrong


def wrong_transposition(m: Any) -> Any:
    product = made(lambda a, b: a @ b, lambda a, b, g: (g @ b.T, (g.T @ a).T[:, [1, 0, 2]][[2, 0, 1]]))
    h = m.T @ m
    return product.apply(h, h.exp())  # wrong


def square_transposition(m: Any) -> Any:
    product = made(lambda a, b: a @ b, lambda a, b, g: (g @ b, a.T @ g))
    h = m.T @ m
    return product.apply(h, m.T @ m.cos())  # wrong


def forgotten_sum(m: Any) -> Any:
    add = made(lambda a, b: a + b, lambda a, b, g: (g, g[0]))
    return torch.tanh(add.apply(m, m[0]))  # wrong


def mean_for_sum(m: Any) -> Any:
    add = made(lambda a, b: a + b, lambda a, b, g: (g, g.mean(0)))
    return torch.tanh(add.apply(m, m[0]))  # wrong


def two_outputs(x: Any) -> Any:
    both = made(lambda x: (x.sin(), x.cos()), lambda x, g, h: g * x.cos() + h * x.sin())
    a, b = both.apply(x)  # wrong
    return a * 2 + b


def stale_closure(x: Any) -> Any:
    kept = {}

    class Scale(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float) -> Any:
            kept["factor"] = factor
            return x * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * kept["factor"], None

    y = Scale.apply(x, 2.0)  # wrong
    return y.sin() + Scale.apply(x, 5.0)


def overwritten(x: Any) -> Any:
    class Square(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.x = x.detach()
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * ctx.x * g

    h = x * 3
    y = Square.apply(h)  # wrong
    h += 1
    return y + h


def detached(x: Any) -> Any:
    h = torch.sin(x)
    h = h.detach()  # wrong
    return torch.exp(h)


def partly_detached(x: Any) -> Any:
    h = torch.sin(x)
    return x * h.detach()  # wrong


def detached_number(x: Any) -> Any:
    total = x.exp().sum()
    return x / total.detach()  # wrong


def data(x: Any) -> Any:
    return x.exp() + x.data  # wrong


def not_recorded(x: Any) -> Any:
    h = torch.sin(x)
    with torch.no_grad():
        h = h * 2  # wrong
    return h + x


def not_differentiable(x: Any) -> Any:
    class Silent(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * 2
            ctx.mark_non_differentiable(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise AssertionError

    return x + Silent.apply(x.exp())  # wrong


@torch.custom_vjp
def half_square(x: Any) -> Any:
    return x**2


half_square.defvjp(lambda x: (x**2, x), lambda x, g: (x * g,))


@torch.custom_jvp
def not_sine(x: Any) -> Any:
    return torch.sin(x)


not_sine.defjvp(lambda primals, tangents: (torch.sin(*primals), -tangents[0] * torch.cos(*primals)))


def wrong_custom_vjp(x: Any) -> Any:
    return half_square(x.exp()).sum()  # wrong


def wrong_custom_jvp(x: Any) -> Any:
    return not_sine(x) * 2  # wrong


def complex_without_conjugate(z: Any) -> Any:
    square = made(lambda z: z * z, lambda z, g: 2 * z * g)
    return square.apply(z.exp()).sum()  # wrong


def first_of_two(x: Any) -> Any:
    wrong = made(lambda x: x * x, lambda x, g: x * g)
    h = wrong.apply(x)  # wrong
    return wrong.apply(h + 1)


WRONG: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "sign": (wrong_sign, x), "factor": (wrong_factor, x), "power": (wrong_power, x), "missing term": (missing_term, x),
    "missing gradient": (missing_gradient, x), "cotangent ignored": (ignores_g, x), "branch": (wrong_branch, x),
    "constant": (wrong_constant, x), "NaN": (nan_gradient, x), "neighbour": (wrong_neighbour, x),
    "one element": (one_element, x), "second operand": (second_operand, x), "order": (wrong_transposition, matrix),
    "transposition": (square_transposition, matrix), "forgotten sum": (forgotten_sum, matrix),
    "mean for sum": (mean_for_sum, matrix), "two outputs": (two_outputs, x), "stale closure": (stale_closure, x),
    "overwritten": (overwritten, x), "detached": (detached, x), "partly detached": (partly_detached, x),
    "detached number": (detached_number, x), "data": (data, x), "not recorded": (not_recorded, x),
    "not differentiable": (not_differentiable, x), "custom_vjp": (wrong_custom_vjp, x),
    "custom_jvp": (wrong_custom_jvp, x), "conjugate": (complex_without_conjugate, z), "first of two": (first_of_two, x),
}  # fmt: skip
