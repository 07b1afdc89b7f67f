"""``autograd.Function`` where transforms meet: outputs that differ in what they are batched by, and nested forward modes."""

from __future__ import annotations

from typing import Any

import chainrule as torch
from chainrule.func import grad, jvp, vmap


class ProductAndDouble(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: torch.Tensor, y: torch.Tensor) -> Any:
        return x * y, x * 2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor, h: torch.Tensor) -> Any:
        x, y = ctx.saved_tensors
        return g * y + 2 * h, g * x


def test_an_output_that_all_elements_of_the_batch_share() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        def each(y: torch.Tensor) -> torch.Tensor:
            product, double = ProductAndDouble.apply(x, y)
            return product + double * double

        return vmap(each)(torch.tensor([1.0, 2.0, 3.0])).sum()

    assert grad(f)(torch.tensor(2.0)).item() == 6.0 + 3 * 8 * 2.0


class TenfoldSine(torch.autograd.Function):
    @staticmethod
    def forward(x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_forward(*inputs)

    @staticmethod
    def jvp(ctx: Any, t: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return 10 * torch.cos(x) * t


def test_the_jvp_method_serves_each_of_nested_forward_modes() -> None:
    x, one = torch.tensor(0.7, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    value, change = jvp(lambda x: jvp(TenfoldSine.apply, (x,), (one,)), (x,), (one,))
    assert torch.allclose(torch.stack(value), torch.stack([torch.sin(x), 10 * torch.cos(x)]))
    assert torch.allclose(torch.stack(change), torch.stack([10 * torch.cos(x), -10 * torch.sin(x)]))
