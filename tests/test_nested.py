"""Nested tensors: PyTorch's golden programs, derivatives, and what is refused."""

from __future__ import annotations

import gc
import json
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nested_programs import outcome, programs

import chainrule as torch
from chainrule import once
from chainrule.nn import functional as F

GOLDEN = json.loads((Path(__file__).parent / "golden" / "nested.json").read_text(encoding="utf-8"))
AT_ONCE = 20
J, S = torch.jagged, torch.strided
D = torch.float64


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The PyTorch API of nested tensors")
        yield


@pytest.mark.parametrize("start", range(0, len(GOLDEN), AT_ONCE))
def test_as_pytorch(start: int) -> None:
    for program in programs()[start : start + AT_ONCE]:
        assert outcome(program, torch) == GOLDEN[program], program


def test_all_programs_are_recorded() -> None:
    assert list(GOLDEN) == programs()


def inputs() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    return torch.rand(2, 3, dtype=D, requires_grad=True), torch.rand(3, 3, dtype=D, requires_grad=True)


CALLS: dict[str, Callable[[Any], Any]] = {
    "pointwise": lambda n: n * n.sin() + 1,
    "spread": lambda n: n * torch.arange(18.0, dtype=D).reshape(2, 3, 3) if n.layout is J else n,
    "softmax of words": lambda n: F.softmax(n, 1),
    "log_softmax of rows": lambda n: F.log_softmax(n, -1),
    "linear": lambda n: F.linear(n, torch.arange(6.0, dtype=D).reshape(2, 3)),
    "layer_norm": lambda n: F.layer_norm(n, (3,), torch.ones(3, dtype=D), torch.ones(3, dtype=D)),
    "products": lambda n: n.transpose(1, 2) @ n,
    "shapes": lambda n: n.unsqueeze(1).transpose(2, 3).squeeze(1)[:, 0:1],
    "pieces": lambda n: torch.cat([n.chunk(3, -1)[2], n.narrow(2, 0, 1)], -1),
    "attention": lambda n: F.scaled_dot_product_attention(
        n.unsqueeze(1), n.unsqueeze(1), n.unsqueeze(1), is_causal=True
    ),
    "sum of words": lambda n: n.sin().sum(1),
    "maximum of words": lambda n: n.sin().amax(1),
    "mean of rows": lambda n: n.sin().mean(-1, keepdim=True),
    "one part": lambda n: n.sin()[1, :, 1],
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("layout", [J, S], ids=["jagged", "strided"])
def test_derivatives(layout: Any, name: str) -> None:
    def whole(*parts: torch.Tensor) -> torch.Tensor:
        made = CALLS[name](torch.nested.as_nested_tensor(list(parts), layout=layout))
        return made.to_padded_tensor(0.0) if made.is_nested else made

    assert torch.autograd.gradcheck(whole, inputs())
    assert torch.autograd.gradgradcheck(whole, inputs())


@pytest.mark.parametrize("layout", [J, S], ids=["jagged", "strided"])
def test_each_part_gets_what_a_loop_gives_it(layout: Any) -> None:
    for name, call in CALLS.items():
        if name == "spread":
            continue
        x, y = inputs()
        nested = call(torch.nested.as_nested_tensor([x, y], layout=layout))
        if not nested.is_nested or nested.dim() < 3:
            continue
        for part, alone in zip(nested.unbind(), (x, y), strict=True):
            one = call(torch.nested.as_nested_tensor([alone], layout=layout))
            if part.shape == one.unbind()[0].shape:
                torch.testing.assert_close(part, one.unbind()[0])


def test_a_leaf_has_a_gradient_of_its_sizes() -> None:
    nt = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=J, requires_grad=True)
    (2 * nt).sum().backward()
    assert nt.grad is not None
    assert nt.grad.shape == nt.shape
    (got,) = torch.autograd.grad((3 * nt).sum(), nt)
    assert got.shape == nt.shape
    assert got.sum() == 15
    ones = torch.ones_like(nt)
    (2 * nt).backward(ones)
    assert nt.grad.sum() == 20
    with pytest.raises(RuntimeError, match="sizes"):
        nt.grad = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=J)
    with pytest.raises(TypeError, match="one of its sizes"):
        nt.grad = torch.ones(5)
    nt.grad = None
    assert nt.grad is None


def test_a_nested_tensor_has_no_one_array() -> None:
    nt = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=J)
    hidden: list[Callable[[], Any]] = [
        lambda: torch.func.grad(lambda x: x.sum())(nt),
        lambda: torch.func.vmap(torch.sin)(nt),
        lambda: torch.func.jvp(torch.sin, (nt,), (nt,)),
        lambda: torch.Tensor.sin(nt.as_subclass(torch.Tensor)),
        lambda: torch.fft.fft(nt),
        lambda: torch.nn.functional.conv1d(nt, torch.ones(1, 1, 1)),
    ]
    for call in hidden:
        with pytest.raises(NotImplementedError):
            call()
    with torch._C.DisableTorchFunctionSubclass(), pytest.raises(NotImplementedError, match="unbind"):
        torch.sin(nt)


def test_symbols_live_as_long_as_the_offsets() -> None:
    from chainrule.nested import _jagged

    nt = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=J)
    offsets, size = nt.offsets(), nt.size(1)
    del nt
    assert torch.nested.nested_tensor_from_jagged(torch.zeros(5), offsets).size(1) == size
    known = len(_jagged._symbols)
    del offsets
    gc.collect()
    assert len(_jagged._symbols) < known


def test_the_size_of_parts_is_no_number() -> None:
    size = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=J).size(1)
    for call in (lambda: size + 1, lambda: 3 - size, lambda: size // 2, lambda: -size):
        with pytest.raises(TypeError, match="no number"):
            call()
    for compare in (lambda: size < 5, lambda: size >= 3):
        with pytest.raises(ValueError, match="cannot be compared"):
            compare()
    with pytest.raises(RuntimeError):
        torch.zeros(2, size)


def test_the_strided_layout_warns_once() -> None:
    once.forget()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=J)
        assert not caught
        for _ in range(2):
            torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    assert [one.filename for one in caught] == [__file__]


STEPS: list[Callable[[Any], Any]] = [
    lambda n: n.sin() * 2 + n,
    lambda n: F.softmax(n, -1),
    lambda n: F.softmax(n, 1),
    lambda n: n.transpose(1, 2),
    lambda n: n.unsqueeze(1),
    lambda n: n.unsqueeze(-1),
    lambda n: n.squeeze(1),
    lambda n: n.chunk(2, 2)[0],
    lambda n: n.sum(-1),
    lambda n: n.amax(1, keepdim=True),
    lambda n: n @ n.transpose(-1, -2),
    lambda n: n.transpose(-1, -2) @ n,
    lambda n: torch.cat([n, n], -1),
    lambda n: torch.stack([n, n], -1),
    lambda n: n[..., 0:1],
    lambda n: n[:, :, None],
    lambda n: n.unflatten(-1, (1, -1)),
    lambda n: n.flatten(2),
    lambda n: n.permute(0, 2, 1),
    lambda n: n.narrow(2, 0, 1),
    lambda n: n.select(2, 0),
    lambda n: n.expand(*[-1] * n.dim()),
]


def after(steps: list[int], parts: list[torch.Tensor], layout: Any) -> list[torch.Tensor]:
    """The parts that a program of STEPS makes of a nested tensor."""
    nested: Any = torch.nested.as_nested_tensor(parts, layout=layout)
    for step in steps:
        nested = STEPS[step](nested) if nested.is_nested else nested
    return list(nested.unbind())


@pytest.mark.parametrize("layout", [J, S], ids=["jagged", "strided"])
def test_random_programs_do_with_a_batch_what_they_do_with_each_part(layout: Any) -> None:
    draws, compared = random.Random(0), 0
    for _ in range(150):
        steps = [draws.randrange(len(STEPS)) for _ in range(draws.randint(1, 4))]
        parts = [torch.rand(draws.randint(1, 3), 2, dtype=D, requires_grad=True) for _ in range(3)]
        try:
            got = after(steps, parts, layout)
        except (RuntimeError, IndexError, ValueError, TypeError):  # no such dimension, or not in this layout
            continue
        want = [after(steps, [part], layout)[0] for part in parts]
        compared += 1
        for one, other in zip(got, want, strict=True):
            torch.testing.assert_close(one, other, msg=str(steps))
        for one, other in zip(of_sum(got, parts), of_sum(want, parts), strict=True):
            torch.testing.assert_close(one, other, msg=str(steps))
    assert compared > 70


def of_sum(results: list[torch.Tensor], parts: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """The gradients of a weighted sum of all results."""
    total = sum(
        [(one * torch.arange(1.0, 1 + one.numel(), dtype=D).reshape(one.shape)).sum() for one in results],
        torch.zeros(()),
    )
    return torch.autograd.grad(total, parts, allow_unused=True, materialize_grads=True)


def test_the_batch_of_the_strided_layout_is_narrowed() -> None:
    parts = [torch.rand(2, 3, requires_grad=True), torch.rand(1, 3, requires_grad=True)]
    nt = torch.nested.as_nested_tensor(parts)
    for start, length in ((0, 1), (1, 1), (-1, 1), (0, 2), (0, 0)):
        want = parts[start:][:length]
        assert all(map(torch.equal, nt.narrow(0, start, length).unbind(), want))
    found = torch.autograd.grad(nt.narrow(0, 1, 1).sum(), parts, allow_unused=True, materialize_grads=True)
    assert [g.sum().item() for g in found] == [0, 3]
    for start, length, error in ((0, 3, RuntimeError), (1, -1, RuntimeError), (-3, 1, IndexError)):
        with pytest.raises(error):
            nt.narrow(0, start, length)


def test_copies_are_taken_from_parts_of_the_same_sizes() -> None:
    nt, other, wrong = (
        torch.nested.nested_tensor(parts, layout=torch.jagged)
        for parts in ([[1.0, 2.0], [3.0]], [[4.0, 5.0], [6.0]], [[1.0], [2.0, 3.0]])
    )
    assert nt.copy_(other) is nt
    assert nt.values().tolist() == [4, 5, 6]
    with pytest.raises(RuntimeError):
        nt.copy_(wrong)
    assert nt.values().tolist() == [4, 5, 6]
