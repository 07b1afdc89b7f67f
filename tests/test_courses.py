"""Programs as tutorials have them, as PyTorch runs them (golden/courses.json), and what it does not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from course_programs import FLEX, PROGRAMS, WITH_GRAD, outcome
from expressions import close

import chainrule
from chainrule import torch_alias

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "courses.json").read_text())
TOLERANCE = 2e-6


def run(program: str) -> dict[str, Any]:
    with torch_alias.install():
        return outcome(chainrule, program)


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_recorded(name: str) -> None:
    got, want = run(PROGRAMS[name]), GOLDEN[name]
    if "raises" in want or "raises" in got:
        assert got == want
        return
    assert len(got["values"]) == len(want["values"])
    for one, other in zip(got["values"], want["values"], strict=True):
        compare(one, other)


def compare(got: Any, want: Any) -> None:
    if isinstance(want, list):
        for pair in zip(got, want, strict=True):
            compare(*pair)
    elif isinstance(want, dict):
        assert (got["dtype"], got["shape"]) == (want["dtype"], want["shape"])
        assert close(got["data"], want["data"], TOLERANCE)
    else:
        assert got == want


def namespace(program: str) -> dict[str, Any]:
    found: dict[str, Any] = {"torch": chainrule, "__name__": "course"}
    with torch_alias.install():
        exec(program, found)
    return found


def test_an_operator_in_forward_mode_by_its_backward() -> None:
    torch, sin = chainrule, namespace(WITH_GRAD)["sin"]
    x, t = torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([3.0, -1.0], dtype=torch.float64)
    value, tangent = torch.func.jvp(sin, (x,), (t,))
    torch.testing.assert_close(value, x.sin())
    torch.testing.assert_close(tangent, t * x.cos())
    with pytest.warns(UserWarning, match="batching rule"):
        torch.testing.assert_close(torch.func.hessian(lambda x: sin(x).sum())(x), torch.diag(-x.sin()))
    assert torch.autograd.gradcheck(sin, x.requires_grad_())


def test_flex_attention_has_every_derivative() -> None:
    torch = chainrule
    found = namespace(FLEX)
    flex, mask = found["flex_attention"], found["create_block_mask"](found["causal"], None, None, 4, 4)
    q, k, v = (found[name].double().requires_grad_() for name in "qkv")
    bias = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)

    def f(q: Any, k: Any, v: Any, bias: Any) -> Any:
        return flex(q, k, v, lambda s, b, h, i, j: s * bias[h, j], mask, return_lse=True)

    assert torch.autograd.gradcheck(f, (q, k, v, bias), check_forward_ad=True)
    allowed = found["create_mask"](found["causal"], 1, 1, 4, 4)
    plain = torch.nn.functional.scaled_dot_product_attention(q, k, v, allowed)
    for one, other in zip(
        torch.autograd.grad(flex(q, k, v, block_mask=mask).square().sum(), (q, k, v)),
        torch.autograd.grad(plain.square().sum(), (q, k, v)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_modules_in_parallel_on_one_device() -> None:
    torch = chainrule
    parallel = torch.nn.parallel
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.BatchNorm1d(3).eval())
    x = torch.randn(5, 2, requires_grad=True)
    devices = ["cpu"] * 3
    copies = parallel.replicate(net, devices)
    y = parallel.gather(parallel.parallel_apply(copies, parallel.scatter(x, devices)), "cpu")
    torch.testing.assert_close(y, net(x))
    y.sum().backward()
    assert x.grad is not None
    assert net[0].weight.grad is not None
    assert copies[0][0] is not net[0]
    assert not any(p.requires_grad for p in parallel.replicate(net, devices, detach=True)[0].parameters())
    assert parallel.gather([{"a": x, "b": 1}] * 2, "cpu")["a"].shape == (10, 2)


def test_attention_is_counted() -> None:
    # On the CPU, PyTorch counts none: it has formulas for the kernels of GPUs only.
    torch = chainrule
    q = torch.ones(1, 2, 5, 8, requires_grad=True)
    with torch.utils.flop_counter.FlopCounterMode(display=False) as counter:
        torch.nn.functional.scaled_dot_product_attention(q, q, q).sum().backward()
    assert counter.get_total_flops() == 2 * 2 * 5 * 5 * 8 * (2 + 5)


def test_a_table_of_counts(capsys: pytest.CaptureFixture[str]) -> None:
    torch = chainrule
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Linear(8, 2)))
    with torch.utils.flop_counter.FlopCounterMode(depth=2):
        model(torch.ones(3000, 4)).sum().backward()
    # As PyTorch prints it.
    assert capsys.readouterr().out == (
        "Module            FLOP    % Total\n"
        "------------  --------  ---------\n"
        "Sequential    672.000K    100.00%\n"
        "- aten.addmm  288.000K     42.86%\n"
        "- aten.mm     384.000K     57.14%\n"
        "Sequential.0  384.000K     57.14%\n"
        "- aten.addmm  192.000K     28.57%\n"
        "- aten.mm     192.000K     28.57%\n"
        "Sequential.1  288.000K     42.86%\n"
        "- aten.addmm   96.000K     14.29%\n"
        "- aten.mm     192.000K     28.57%\n"
    )
