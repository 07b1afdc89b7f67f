"""Tensors on the device "xla": every program gives what it gives on the CPU, and says where it lives."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expressions import outcome

import chainrule as torch

jax = pytest.importorskip("jax")

PROGRAMS = {
    name: list(json.loads((Path(__file__).parent.parent / "golden" / f"{name}.json").read_text(encoding="utf-8")))
    for name in ("shape", "indexing", "linalg")
}

ELSEWHERE = (
    "stride()", "resize_", "as_strided", "storage", "clone(memory_format", "solve(q",
    "x[torch.tensor([True, True]), torch.tensor([0,1,2])]", "x[i, False]",
)  # fmt: skip
"""Of programs that ask for memory, or for errors of a value that XLA does not look at."""


ROUNDING = 1e-5
"""Some 80 roundings of float32: a solution's grow with the condition of its matrix, which is about 10 in these programs."""


def xla(*args: Any, **named: Any) -> Any:
    return torch.tensor(*args, device="xla", **named)


# -- values, as on the CPU -----------------------------------------------------------------------------------------------


def unlike(got: Any, want: Any) -> bool:
    """Whether outcomes differ beyond rounding. XLA's memory has no strides, and views are recorded by their paths."""
    if isinstance(want, dict):
        names = want.keys() - {"stride", "nodes", "says"}
        return not isinstance(got, dict) or any(unlike(got.get(name), want[name]) for name in names)
    if isinstance(want, list):
        return not isinstance(got, list) or len(got) != len(want) or any(map(unlike, got, want))
    try:
        off = abs(complex(got) - complex(want))  # complex numbers are text here
    except (TypeError, ValueError):
        return bool(got != want)
    return not off <= ROUNDING * max(abs(complex(want)), 1) and str(got) != str(want)


@pytest.mark.parametrize("family", PROGRAMS)
def test_programs_give_what_they_give_on_the_cpu(family: str, stride: int) -> None:
    wrong = []
    for program in PROGRAMS[family][::stride]:
        if any(word in program for word in ELSEWHERE):
            continue
        want = outcome(torch, program)
        with torch.device("xla"):
            got = outcome(torch, program)
        if unlike(got, want):
            wrong.append(f"{program}: {got}, on the CPU {want}")
    assert not wrong, "\n".join(wrong)


FUNCTIONS = {
    "elementwise": lambda x: (x.sin() * x.exp() + 1 / (x * x + 1)).clamp(-2, 2),
    "power": lambda x: (x.abs() + 0.5) ** 1.5 + x**2,
    "activation": lambda x: torch.nn.functional.gelu(x) + torch.relu(x) + torch.nn.functional.softmax(x, -1),
    "reduction": lambda x: x.sum(0) + x.var(0) + x.amax(0) + x.logsumexp(0) + x.norm(dim=0),
    "cumulative": lambda x: x.cumsum(0) + x.cumprod(1) + x.cummax(0).values,
    "joining": lambda x: torch.cat([x, x * 2]) + torch.stack([x, x]).reshape(-1, x.shape[1]),
    "sorting": lambda x: x.sort(0).values + x.topk(2, 1).values.sum() + x.median(),
    "gathering": lambda x: x.gather(1, (x > 0).long()) + x.index_select(0, torch.arange(len(x), device=x.device)),
    "masking": lambda x: torch.where(x > 0, x, -x).masked_fill(x > 1, 3) + x[x > 0].sum(),
    "shape": lambda x: x.t().flip(0).roll(1, 0).unfold(0, 2, 1).movedim(0, -1),
    "matrices": lambda x: x.t() @ x + torch.einsum("ij,ik->jk", x, x) + torch.eye(x.shape[1], device=x.device).det(),
    "losses": lambda x: torch.nn.functional.mse_loss(x, x.detach() + 1),
    "complex": lambda x: torch.view_as_real(torch.complex(x, x * 2).conj().resolve_conj() * 1j),
    "quantiles": lambda x: x.quantile(0.3, 0),
    "statistics": lambda x: torch.cov(x) @ torch.corrcoef(x) + torch.vander(x[:, 0]),
    "differences": lambda x: torch.gradient(x, spacing=0.5)[0] + torch.masked.softmax(x, 1, mask=x < 1),
    "segments": lambda x: torch.segment_reduce(x, "mean", lengths=torch.tensor([1, 3], device=x.device)),
    "parts": lambda x: torch.select_scatter(x, x[0] * 2, 0, 1).renorm(2, 0, 1.5),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_functions_and_their_gradients(name: str, dtype: Any) -> None:
    values = np.random.default_rng(0).normal(size=(4, 3))
    found = []
    for device in ("cpu", "xla"):
        x = torch.tensor(values, dtype=dtype, device=device, requires_grad=True)
        y = FUNCTIONS[name](x)
        (y * y).sum().backward()
        assert y.device.type == x.grad.device.type == device
        found.append((y.detach().cpu(), x.grad.cpu()))
    room = 1e-5 if dtype is torch.float32 else 1e-12
    torch.testing.assert_close(found[1], found[0], rtol=room, atol=room)


@pytest.mark.parametrize("name", ["activation", "masking", "cumulative"])
def test_forward_mode(name: str) -> None:
    """Rules make zeros, ones and indices of their own, which meet what is on the device."""
    values = np.random.default_rng(0).normal(size=(4, 3))
    found = []
    for device in ("cpu", "xla"):
        x = torch.tensor(values, device=device)
        value, tangent = torch.func.jvp(FUNCTIONS[name], (x,), (x.cos(),))
        assert value.device.type == tangent.device.type == device
        found.append(tangent.cpu())
    torch.testing.assert_close(found[1], found[0], rtol=1e-12, atol=1e-12)


def test_constants_of_derivatives_are_where_the_operand_is() -> None:
    x, y = (xla([0.5, 2.0], requires_grad=True) for _ in range(2))
    assert torch.func.jvp(torch.floor, (x,), (x,))[1].device == x.device
    assert torch.func.jacfwd(torch.floor)(x).device == torch.func.jacrev(torch.exp)(x).device == x.device
    found = torch.autograd.grad(x.sum(), [x, y], allow_unused=True, materialize_grads=True)
    assert all(g.device == x.device for g in found)
    assert torch.autograd.functional.hessian(torch.sum, x).device == x.device


def test_layers_that_make_constants() -> None:
    found = []
    for device in ("cpu", "xla"):
        torch.manual_seed(0)
        x = torch.randn(2, 2, 3).to(device)
        mask = torch.nn.Transformer.generate_square_subsequent_mask(2, device=device)
        loss = torch.nn.functional.ctc_loss(x, torch.tensor([[1], [2]], device=device), [2, 1], [1, 1])
        assert mask.device.type == loss.device.type == device
        found.append((mask.cpu(), loss.cpu()))
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-5)


def test_second_derivatives_and_transforms() -> None:
    def f(x: Any) -> Any:
        return (x.sin() * x).sum()

    x = xla([0.3, -1.2, 2.0])
    for transform in (torch.func.grad, torch.func.hessian, torch.func.jacfwd):
        on_xla, on_cpu = transform(f)(x), transform(f)(x.cpu())
        assert on_xla.device == x.device
        torch.testing.assert_close(on_xla.cpu(), on_cpu)
    batched = torch.func.vmap(torch.func.grad(f))(xla([[1.0, 2.0], [3.0, 4.0]]))
    assert batched.device == x.device
    torch.testing.assert_close(
        batched.cpu(), torch.func.vmap(torch.func.grad(f))(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    )


@pytest.mark.parametrize(
    "sample",
    [
        lambda d: torch.rand(3, device=d),
        lambda d: torch.randn(3, device=d),
        lambda d: torch.randperm(5, device=d),
        lambda d: torch.zeros(4, device=d).normal_(),
        lambda d: torch.bernoulli(torch.full((6,), 0.5, device=d)),
        lambda d: torch.poisson(torch.full((6,), 3.0, device=d)),
        lambda d: torch.multinomial(torch.ones(5, device=d), 3),
        lambda d: torch.rand_like(torch.ones(3, device=d)),
        lambda d: torch.nn.functional.dropout(torch.ones(8, device=d)),
    ],
)
def test_random_numbers_are_those_of_the_cpu(sample: Any) -> None:
    torch.manual_seed(3)
    want = sample("cpu")
    torch.manual_seed(3)
    got = sample("xla")
    assert got.device == torch.device("xla:0")
    torch.testing.assert_close(got.cpu(), want)


# -- where tensors live --------------------------------------------------------------------------------------------------


def test_tensors_say_where_they_live() -> None:
    t = xla([1.0, 2.5], requires_grad=True)
    assert t.device == torch.device("xla", 0)
    assert t.is_xla
    assert not t.is_cpu
    assert t.get_device() == 0
    assert t.type() == "torch.xla.FloatTensor"
    assert repr(t) == "tensor([1.0000, 2.5000], device='xla:0', requires_grad=True)"
    assert repr(t.double() * 2) == ("tensor([2., 5.], device='xla:0', dtype=torch.float64, grad_fn=<MulBackward0>)")
    assert t.cpu().device == torch.device("cpu")
    assert t.to("xla") is t


def test_values_come_to_python() -> None:
    t = xla([[1, 2], [3, 4]])
    assert t.tolist() == [[1, 2], [3, 4]]
    assert t[1, 0].item() == 3
    assert bool(t[0, 0] == 1)
    assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
    assert f"{xla(1.5):.2f}" == "1.50"


def test_numpy_is_refused_as_by_pytorch() -> None:
    t = xla([1.0])
    said = "can't convert xla:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
    for call in (t.numpy, lambda: np.asarray(t)):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == said
    assert t.numpy(force=True).tolist() == [1.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda d: torch.zeros(2, device=d), lambda d: torch.ones((2,), device=d), lambda d: torch.empty(2, device=d),
        lambda d: torch.full((2,), 3, device=d), lambda d: torch.arange(3, device=d), lambda d: torch.eye(2, device=d),
        lambda d: torch.linspace(0, 1, 3, device=d), lambda d: torch.logspace(0, 1, 3, device=d),
        lambda d: torch.scalar_tensor(1, device=d), lambda d: torch.tril_indices(2, 2, device=d),
        lambda d: torch.as_tensor(np.ones(2), device=d), lambda d: torch.asarray([1.0], device=d),
        lambda d: torch.ones(2).to(d), lambda d: torch.ones(2).to(device=d, dtype=torch.float64),
        lambda d: torch.zeros_like(torch.ones(2), device=d), lambda d: torch.ones(2).new_full((2,), 3, device=d),
    ],
)  # fmt: skip
def test_factories_take_a_device(make: Any) -> None:
    assert make("xla").device == make(torch.device("xla:0")).device == torch.device("xla:0")
    with torch.device("xla"):
        assert make("cpu").device == torch.device("cpu")


def test_what_is_like_a_tensor_lives_beside_it() -> None:
    t = xla([1.0, 2.0])
    made = [torch.zeros_like(t), torch.randn_like(t), t.new_ones(2), t.new_tensor([3]), t.new_full((1,), 2.0), t.new(2)]
    made += [torch.as_tensor(t), t.nonzero(), t.clone(), t.type_as(t), torch.ones(1).type_as(t)]
    assert {one.device for one in made} == {t.device}


def test_default_device() -> None:
    with torch.device("xla"):
        assert torch.zeros(1).device == torch.get_default_device() == torch.device("xla:0")
        with torch.device("cpu"):
            assert torch.tensor([1.0]).device == torch.device("cpu")
    assert torch.zeros(1).device == torch.device("cpu")
    torch.set_default_device("xla")
    try:
        assert torch.rand(1).device == torch.device("xla:0")
    finally:
        torch.set_default_device(None)
    assert torch.rand(1).device == torch.device("cpu")


@pytest.mark.parametrize(
    "call",
    [
        lambda x, c: x + c, lambda x, c: c * x, lambda x, c: torch.cat([x, c]), lambda x, c: x @ c, lambda x, c: x.add_(c),
        lambda x, c: c.add_(x), lambda x, c: torch.where(x > 0, x, c), lambda x, c: torch.add(c, c, out=x),
    ],
)  # fmt: skip
def test_devices_do_not_mix(call: Any) -> None:
    x, c = xla([1.0, 2.0]), torch.tensor([3.0, 4.0])
    with pytest.raises(
        RuntimeError, match=r"Expected all tensors to be on the same device|Expected out tensor to have device"
    ):
        call(x, c)
    assert (x.tolist(), c.tolist()) == ([1.0, 2.0], [3.0, 4.0])


def test_numbers_and_indices_may_be_on_the_cpu() -> None:
    x = xla([1.0, 2.0], requires_grad=True)
    s = torch.tensor(3.0, requires_grad=True)
    y = (x * s + 1) / np.float64(2)
    y.sum().backward()
    assert y.device == x.device
    assert s.grad.device == s.device
    assert (s.grad.item(), x.grad.tolist()) == (1.5, [1.5, 1.5])
    assert x[torch.tensor([1, 0])].tolist() == [2.0, 1.0]
    with pytest.raises(RuntimeError, match="Mismatch in device"):
        (x * 2).backward(torch.ones(2))


def test_copies_go_from_device_to_device() -> None:
    c, x = torch.zeros(2, 2), xla([[1.0, 2.0], [3.0, 4.0]])
    c.copy_(x)
    c[0] = x[1]
    assert c.tolist() == [[3.0, 4.0], [3.0, 4.0]]
    assert x.copy_(c) is x
    assert x.device == torch.device("xla:0")
    source = torch.ones(2, 2, requires_grad=True)
    (source.to("xla") * x).sum().backward()
    assert source.grad.device == source.device
    assert source.grad.tolist() == c.tolist()


def test_copies_and_pickles_stay_there() -> None:
    t = xla([1.0, 2.0], requires_grad=True)
    (t * t).sum().backward()
    for twin in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t), copy.copy(t)):
        assert twin.device == t.device
        assert twin.requires_grad
        assert twin.tolist() == [1.0, 2.0]
    assert copy.deepcopy(t).grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("device", ["cuda", "xla:1", "mps"])
def test_devices_that_there_are_not(device: str) -> None:
    with pytest.raises(AssertionError, match=f"device '{device}' is not available"):
        torch.zeros(1, device=device)


def test_generators_draw_on_the_cpu() -> None:
    with pytest.raises(AssertionError, match="a Generator draws on the CPU"):
        torch.Generator("xla")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_jax_is_loaded_for_those_who_ask_for_xla() -> None:
    used = "import sys, chainrule as torch; torch.ones(2, requires_grad=True).sum().backward(); print('jax' in sys.modules)"
    assert run(used) == "False\n"


def test_without_jax_the_error_says_what_to_install() -> None:
    code = """
import sys
sys.modules["jax"] = None
import chainrule as torch
try:
    torch.zeros(1).to("xla")
except AssertionError as error:
    print(error)
"""
    assert run(code) == "device 'xla' needs JAX: pip install 'chainrule[xla]'\n"


# -- writes and views ----------------------------------------------------------------------------------------------------


def test_writes_reach_views_and_bases() -> None:
    x = torch.zeros(2, 3, device="xla")
    row, alias, column = x[0], x.detach(), x.t()[1]
    row.add_(1)
    x[1, 1] = 5.0
    column.mul_(2)
    assert x.tolist() == alias.tolist() == [[1.0, 2.0, 1.0], [0.0, 10.0, 0.0]]
    assert row.tolist() == [1.0, 2.0, 1.0]
    assert repr(column) == "tensor([ 2., 10.], device='xla:0')"
    assert x._version == 3


def test_a_stale_value_is_refused() -> None:
    x = xla([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_overlapping_windows_are_written_to_alone() -> None:
    x = xla([1.0, 2.0, 3.0])
    x.unfold(0, 2, 1)[0].mul_(7)
    assert x.tolist() == [7.0, 14.0, 3.0]


def test_hooks_see_gradients_on_the_device() -> None:
    x, seen = xla([1.0, 2.0], requires_grad=True), []
    x.register_hook(lambda g: seen.append(g.device) or g * 2)
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.device))
    x.sum().backward()
    x.sum().backward()
    assert set(seen) == {x.device}
    assert x.grad.tolist() == [4.0, 4.0]


# -- modules -------------------------------------------------------------------------------------------------------------


def model() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW"])
@pytest.mark.parametrize("compiled", [False, True])
def test_training_is_that_of_the_cpu(optimizer: str, compiled: bool) -> None:
    found = []
    for device in ("cpu", "xla"):
        net = model().to(device)
        opt = getattr(torch.optim, optimizer)(net.parameters(), lr=0.05)
        x, y = torch.randn(16, 4).to(device), torch.randn(16, 1).to(device)

        def step(net: Any = net, opt: Any = opt, x: Any = x, y: Any = y) -> Any:
            opt.zero_grad()
            loss = ((net(x) - y) ** 2).mean()
            loss.backward()
            opt.step()
            return loss.detach()

        run_step = torch.compile(step) if compiled and device == "xla" else step
        losses = [run_step() for _ in range(5)]
        tensors = [*losses, *net.parameters(), *[p.grad for p in net.parameters()]]
        assert {t.device.type for t in tensors} == {device}
        found.append([t.detach().cpu() for t in tensors])
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-5)
    assert found[1][4] < found[1][0]


def test_a_model_goes_there_and_back() -> None:
    net = model()
    net(torch.ones(1, 4)).sum().backward()
    before, first = copy.deepcopy(net.state_dict()), net[0].weight
    assert net.to("xla") is net
    assert net[0].weight is first
    assert {t.device.type for p in net.parameters() for t in (p, p.grad)} == {"xla"}
    net(torch.ones(1, 4, device="xla")).sum().backward()
    net.cpu()
    assert {t.device.type for p in net.parameters() for t in (p, p.grad)} == {"cpu"}
    torch.testing.assert_close(net.state_dict(), before)
    net(torch.ones(1, 4)).sum().backward()
    assert first.grad.device == torch.device("cpu")
    assert net.to("xla", torch.float64)[2].bias.dtype is torch.float64


# -- compiled functions --------------------------------------------------------------------------------------------------


def test_compiled_functions_take_and_return_what_is_there() -> None:
    w = xla([2.0, 3.0], requires_grad=True)
    f = torch.compile(lambda x: (x * w).sum())
    for _ in range(3):
        y = f(xla([1.0, 1.0]))
        assert y.device == w.device
    y.backward()
    assert w.grad.device == w.device
    assert w.grad.tolist() == [1.0, 1.0]


def test_compiled_writes_reach_views_and_leave_jax_arrays_alone() -> None:
    array = jax.numpy.ones(3)
    x = torch.from_dlpack(array, device="xla")
    view, alias = x[1:], x.detach()
    add = torch.compile(lambda: x.add_(1))
    for _ in range(3):
        add()
    assert x.tolist() == alias.tolist() == [4.0, 4.0, 4.0]
    assert view.tolist() == [4.0, 4.0]
    assert array.tolist() == [1.0, 1.0, 1.0]


def test_compiled_control_flow_keeps_the_device() -> None:
    w = xla([0.5, 0.5])
    scan = torch.compile(lambda x: torch.scan(lambda c, one: (c * w + one, c), torch.zeros(2, device="xla"), x))
    branch = torch.compile(lambda x: torch.cond(x.sum() > 0, lambda x: x * w, lambda x: x - w, (x,)))
    for _ in range(2):
        last, each = scan(xla([[1.0, 1.0], [1.0, 1.0]]))
        taken = branch(xla([2.0, 2.0]))
    assert {t.device for t in (last, each, taken)} == {w.device}
    assert (last.tolist(), each.tolist(), taken.tolist()) == ([1.5, 1.5], [[0.0, 0.0], [1.0, 1.0]], [1.0, 1.0])


def test_devices_have_programs_of_their_own() -> None:
    double = torch.compile(lambda x: x * 2)
    for device in ("cpu", "cpu", "xla", "cpu", "xla"):
        assert double(torch.ones(1, device=device)).device.type == device


# -- JAX arrays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["cpu", "xla"])
def test_jax_takes_tensors(device: str) -> None:
    t = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    for take in (jax.numpy.from_dlpack, jax.dlpack.from_dlpack):
        assert take(t).tolist() == t.tolist()
    with pytest.raises(BufferError, match="require gradient"):
        jax.numpy.from_dlpack(t.requires_grad_())


def test_jax_arrays_become_tensors() -> None:
    array = jax.numpy.arange(3.0)
    for take in (torch.from_dlpack, torch.asarray, torch.utils.dlpack.from_dlpack):
        shared = take(array)
        assert shared.device == torch.device("cpu")
        assert shared.numpy().__array_interface__["data"][0] == array.unsafe_buffer_pointer()
        with pytest.raises(RuntimeError, match="read-only"):
            shared.add_(1)
    assert torch.tensor(array).add_(1).tolist() == [1.0, 2.0, 3.0]
    there = torch.from_dlpack(array, device="xla")
    assert there.device == torch.device("xla:0")
    assert there.add_(1).tolist() == [1.0, 2.0, 3.0]
    assert array.tolist() == [0.0, 1.0, 2.0]


def test_copies_through_dlpack() -> None:
    array = jax.numpy.ones(2)
    assert torch.from_dlpack(array, copy=True).add_(1).tolist() == [2.0, 2.0]
    with pytest.raises(BufferError, match="copy=False"):
        torch.from_dlpack(torch.ones(2), device="xla", copy=False)


def test_64_bits_leave_the_users_setting_alone() -> None:
    before = jax.numpy.ones(1).dtype
    x = xla([1.0], dtype=torch.float64)
    assert (x * 2 + xla([1])).dtype is torch.float64
    assert jax.numpy.ones(1).dtype == before


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = xla([1.0, 2.0], requires_grad=True)
        (x.exp() @ x).backward()
