"""Compiled functions: what they compute and write is what they do eagerly, whatever they use and whoever else sees it."""

from __future__ import annotations

import copy
import importlib
import pickle
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import nn, torch_alias

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def configuration_kept() -> Any:
    """JAX's global configuration is the user's."""
    before = jax.config.jax_enable_x64
    yield
    assert jax.config.jax_enable_x64 == before


def same(got: Any, want: Any) -> None:
    """Equal up to rounding: tensors, in containers."""
    if isinstance(want, (tuple, list)):
        assert type(got) is type(want)
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            same(a, b)
    elif isinstance(want, torch.Tensor):
        torch.testing.assert_close(got.detach(), want.detach())
        assert got.requires_grad == want.requires_grad
    else:
        assert got == want


def traces(compiled: Any) -> list[str]:
    return [line for line in torch.compile.explain(compiled).splitlines() if line[0].isdigit()]


def check(function: Callable[..., Any], *args: Any, calls: int = 3) -> Any:
    """Compiled, it gives in each of several calls what it gives eagerly, and is traced once."""
    compiled = torch.compile(function)
    for _ in range(calls):
        same(compiled(*args), function(*args))
    assert len(traces(compiled)) == 1
    return compiled


# -- what is compiled ---------------------------------------------------------------------------------------------------


def test_a_function_of_containers() -> None:
    def function(pair: Any, *, scale: float, named: dict[str, Any]) -> Any:
        a, b = pair
        return {"sum": a + b, "rest": [named["c"] * scale, "text", None, 3]}

    args = ((torch.ones(2), torch.arange(2)),)
    kwargs = {"scale": 2.0, "named": {"c": torch.ones(())}}
    compiled = torch.compile(function)
    want = function(*args, **kwargs)
    for _ in range(3):
        got = compiled(*args, **kwargs)
        same(got["sum"], want["sum"])
        same(got["rest"], want["rest"])


class Scaled:
    """An object with a compiled method."""

    def __init__(self, factor: float) -> None:
        self.weight = torch.full((2,), factor)

    @torch.compile
    def scaled(self, x: Any) -> Any:
        """Scale."""
        return self.weight * x


class Shifted(Scaled):
    @torch.compile
    def scaled(self, x: Any) -> Any:
        return super().scaled(x) + 1


def test_a_method_has_programs_for_each_object() -> None:
    two, three = Scaled(2), Scaled(3)
    for _ in range(3):
        same(two.scaled(torch.ones(2)), torch.full((2,), 2.0))
        same(three.scaled(torch.ones(2)), torch.full((2,), 3.0))
    assert two.scaled is not three.scaled
    assert Scaled.scaled.__name__ == "scaled"
    assert Scaled.scaled.__doc__ == "Scale."


def test_a_method_of_a_subclass_and_of_its_base() -> None:
    shifted = Shifted(2)
    for _ in range(3):
        same(shifted.scaled(torch.ones(2)), torch.full((2,), 3.0))


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_an_object_have_programs_of_their_own(copied: Any) -> None:
    two = Scaled(2)
    for _ in range(2):
        two.scaled(torch.ones(2))
    other = copied(two)
    other.weight = torch.full((2,), 5.0)
    for _ in range(3):
        same(other.scaled(torch.ones(2)), torch.full((2,), 5.0))
        same(two.scaled(torch.ones(2)), torch.full((2,), 2.0))


def net() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3))


def test_a_module() -> None:
    module = net().eval()
    compiled = check(module, torch.ones(2, 4))
    assert list(compiled.parameters()) == list(module.parameters())


def test_a_module_compiled_in_place() -> None:
    module, x = net().eval(), torch.ones(2, 4)
    want = module(x)
    module.compile()
    for _ in range(3):
        same(module(x), want)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        with torch.no_grad():
            twin[0].weight.zero_()
        same(twin(x)[0], twin(x)[1])
        same(module(x), want)


def test_compiled_functions_inside_of_compiled_functions_are_a_part_of_them() -> None:
    inner = torch.compile(lambda x: x.sin())
    compiled = torch.compile(lambda x: inner(x) * 2)
    for _ in range(3):
        same(compiled(torch.ones(3)), torch.ones(3).sin() * 2)
    assert "2 ops" in traces(compiled)[0]
    assert not traces(inner)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"backend": "nvfuser"}, RuntimeError, "Invalid backend: 'nvfuser'"),
        ({"mode": "fast"}, RuntimeError, "Unrecognized mode='fast'"),
        ({"mode": "default", "options": {}}, RuntimeError, "Either mode or options can be specified"),
        ({"fallback": "later"}, ValueError, "fallback must be 'error' or 'eager', got 'later'"),
    ],
)
def test_options_that_are_refused(given: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        torch.compile(torch.sin, **given)
    with pytest.raises(error, match=message):
        torch.compile(**given)


def test_options_that_are_accepted() -> None:
    decorator = torch.compile(fullgraph=True, dynamic=False, backend="inductor", mode="max-autotune")
    compiled = decorator(torch.sin)
    for _ in range(2):
        same(compiled(torch.ones(1)), torch.ones(1).sin())
    assert torch.compile(torch.sin, backend="eager") is torch.sin
    assert torch.compile(torch.sin, disable=True) is torch.sin
    with pytest.raises(TypeError, match="expected a function or a module, got int"):
        torch.compile(3)
    with pytest.raises(TypeError, match="expected a compiled function, got"):
        torch.compile.explain(torch.sin)


# -- writes and views ---------------------------------------------------------------------------------------------------


def writes(x: Any) -> Any:
    y = x.clone()
    view = y[1:]
    turned = view.t()
    turned[0] = 5
    view.mul_(2)
    y[y > 30] = 0
    y[0, ::2] += 1
    detached = y.detach()
    detached.add_(1)
    y.data.mul_(3)
    return y, view, turned, detached


def outs(x: Any) -> Any:
    z = torch.empty(2, 2)
    torch.add(x[:2, :2], 1, out=z)
    w = torch.empty(2, 2).fill_(2)
    w[1].copy_(x[0, :2])
    return z, w


def chains(x: Any) -> Any:
    y = x.clone()
    part = y.view(2, 6)[1].reshape(2, 3).t()[1:].unsqueeze(0)
    part.zero_()
    a, b = y.chunk(2)
    y.diagonal().fill_(7)
    return y, part, a + 0, b + 0, y.flatten().flip(0)


def indices(x: Any) -> Any:
    y = x.clone()
    y[torch.tensor([0, 2])] = torch.tensor([1.0, 2.0, 3.0])
    y[:, torch.tensor([True, False, True])] = -1
    y[1, 2], y[-1, ..., 0] = 9, 8
    y[x > 4] = 0.5
    y.index_add_(0, torch.tensor([1]), torch.ones(1, 3))
    y.masked_fill_(x == 3, 4.0)
    return y


def gradient_through_writes(x: Any) -> Any:
    leaf = x.detach().requires_grad_()
    y = leaf * 1
    y[1:].mul_(leaf[:-1])
    y[0] = 2 * y[1]
    (y * y).sum().backward()
    return leaf.grad


@pytest.mark.parametrize("function", [writes, outs, chains, indices, gradient_through_writes])
def test_writes_inside(function: Any) -> None:
    check(function, torch.arange(12.0).reshape(4, 3))


def test_an_argument_that_is_written() -> None:
    compiled = torch.compile(lambda x: x[1:].add_(1))
    x = torch.zeros(3)
    alias = x[1:]
    version = x._version
    for _ in range(3):
        compiled(x)
    assert x.tolist() == [0, 3, 3]
    assert alias.tolist() == [3, 3]
    assert x._version == version + 3


def test_numpy_sees_what_is_written() -> None:
    array = np.zeros(3)
    x = torch.from_numpy(array)
    compiled = torch.compile(lambda y: x.add_(y * 1))
    for _ in range(4):
        compiled(torch.ones(3, dtype=torch.float64))
    assert array.tolist() == [4, 4, 4]
    held = x.numpy()
    compiled(torch.ones(3, dtype=torch.float64))
    assert held.tolist() == array.tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    "alias", [lambda p: p[1:], lambda p: p.detach()[1:], lambda p: p.data[1:], lambda p: p.numpy()[1:]]
)
@pytest.mark.parametrize("when", range(4))
def test_aliases_made_between_calls_see_what_is_written(alias: Any, when: int) -> None:
    p = torch.ones(3)
    compiled = torch.compile(lambda: p.mul_(2))
    held = None
    for number in range(4):
        if number == when:
            held = alias(p)
        compiled()
    assert held.tolist() == [16, 16]
    assert p.tolist() == [16, 16, 16]


def test_what_somebody_holds_is_not_given_up() -> None:
    p = torch.ones(3)
    compiled = torch.compile(lambda: p.mul_(2))
    for _ in range(2):
        compiled()
    parked = np.asarray(p.detach())
    shown = repr(p)
    clone = p.clone()
    leaf = torch.ones(3, requires_grad=True)
    graph = (leaf * p).sum()
    compiled()
    assert shown == "tensor([4., 4., 4.])"
    assert parked.tolist() == [8, 8, 8]
    assert clone.tolist() == [4, 4, 4]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        graph.backward()


def test_memory_that_is_used_through_two_tensors_and_written_is_refused() -> None:
    p = torch.ones(3)
    view = p[1:]
    compiled = torch.compile(lambda: p.mul_(2) + view.sum())
    compiled()
    with pytest.raises(RuntimeError, match="whose memory it uses through another tensor"):
        compiled()
    assert p.tolist() == [2, 2, 2]


def test_results_are_tensors_like_others() -> None:
    compiled = torch.compile(lambda x: x * 2)
    x = torch.arange(3.0)
    compiled(x)
    result = compiled(x)
    assert repr(result) == "tensor([0., 2., 4.])"
    assert result[1].item() == 2
    assert copy.deepcopy(result).tolist() == pickle.loads(pickle.dumps(compiled(x))).tolist() == [0, 2, 4]
    result[0] = 7
    result.mul_(2)
    assert result.numpy().tolist() == [14, 4, 8]
    assert np.asarray(compiled(x)).tolist() == [0, 2, 4]
    assert compiled(compiled(x)).tolist() == [0, 4, 8]
    view = compiled(x)[1:]
    view.zero_()
    assert view.tolist() == [0, 0]
    assert compiled(x).is_contiguous()
    out = torch.empty(3)
    torch.add(compiled(x), 1, out=out)
    assert out.tolist() == [1, 3, 5]
    leaf = compiled(x).requires_grad_()
    (leaf * leaf).sum().backward()
    assert leaf.grad.tolist() == [0, 4, 8]


def test_an_output_that_is_an_input_is_that_tensor() -> None:
    compiled = torch.compile(lambda x, y: (x, y + 1, x))
    x, y = torch.ones(2), torch.ones(2, requires_grad=True)
    for _ in range(3):
        a, b, c = compiled(x, y)
        assert a is x
        assert c is x
        same(b, y + 1)


def test_one_tensor_given_twice() -> None:
    def function(x: Any, y: Any) -> Any:
        x.add_(1)
        return x + y

    compiled, x = torch.compile(function), torch.zeros(2)
    for n in range(1, 4):
        assert compiled(x, x).tolist() == [2 * n, 2 * n]
    assert x.tolist() == [3, 3]


# -- when it is traced --------------------------------------------------------------------------------------------------


def test_it_is_traced_for_each_signature_and_says_why() -> None:
    def function(x: Any, n: int = 1) -> Any:
        return x * n + w

    w = torch.ones(2)
    compiled = torch.compile(function)
    assert torch.compile.explain(compiled).startswith("no program yet")
    compiled(torch.ones(2))
    reasons = {
        "traced for the first time": lambda: compiled(torch.ones(2)),
        "argument 0: ((2,), ": lambda: compiled(torch.ones(3, 2)),
        "dtype('float64')": lambda: compiled(torch.ones(3, 2, dtype=torch.float64)),
        "True, False)": lambda: compiled(torch.ones(3, 2, requires_grad=True)),
        "another structure": lambda: compiled(torch.ones(2), 2),
        "became (<class 'int'>, 3)": lambda: compiled(torch.ones(2), 3),
        "became (<class 'float'>, 3.0)": lambda: compiled(torch.ones(2), 3.0),
        "captured tensor 0": lambda: (w.requires_grad_(), compiled(torch.ones(2)))[1],
    }
    for number, (reason, call) in enumerate(reasons.items(), 1):
        call()
        call()
        assert len(traces(compiled)) == number
        assert reason in traces(compiled)[-1]
    w.requires_grad_(False)
    for call in list(reasons.values())[:-1]:
        call()
    assert len(traces(compiled)) == len(reasons)


def test_a_stance_makes_compiled_functions_run_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    @torch.compile
    def double(x: torch.Tensor) -> torch.Tensor:
        sys.stdout.write("run")
        return x * 2

    def said(call: Callable[[Any], Any] = double) -> str:
        assert call(torch.ones(1)).item() == 2
        return capsys.readouterr().out.strip()

    assert [said(), said(), said()] == ["run", "run", ""], "once as it stands, once traced"
    with torch.compiler.set_stance("force_eager"):
        assert said() == "run"
    assert said(torch.compiler.set_stance("force_eager")(double)) == "run"
    assert said() == ""
    torch.compiler.set_stance("force_eager")
    assert said() == "run"
    torch.compiler.set_stance("default")
    assert said() == ""


def test_it_is_traced_for_each_grad_mode() -> None:
    x = torch.ones(2, requires_grad=True)
    compiled = torch.compile(lambda x: x * 2)
    for _ in range(2):
        assert compiled(x).requires_grad
    with torch.no_grad():
        assert not compiled(x).requires_grad
    assert "grad mode: True became False" in traces(compiled)[-1]
    with torch.inference_mode():
        compiled(x.detach())
    assert compiled(x).requires_grad
    assert len(traces(compiled)) == 3


def test_it_is_traced_when_a_module_changes_between_training_and_evaluation() -> None:
    module = net()
    compiled, x = torch.compile(module), torch.ones(2, 4)
    compiled(x)
    compiled(x)
    module.eval()
    same(compiled(x), module(x))
    assert "training: True became False" in traces(compiled)[-1]
    assert len(traces(compiled)) == 2


def test_numbers_that_a_function_reads_are_a_part_of_its_signature() -> None:
    factor = 2.0

    def function(x: Any) -> Any:
        return x * factor

    compiled, x = torch.compile(function), torch.ones(2)
    for factor in (2.0, 2.0, 3.0, 4.0, 3.0):
        assert compiled(x).tolist() == [factor, factor]
    assert len(traces(compiled)) == 3
    assert "factor: 3.0 became 4.0" in traces(compiled)[-1]


class Counter:
    def __init__(self) -> None:
        self.calls, self.rate, self.weight = 0, 0.5, torch.ones(2)

    def count(self, x: Any) -> Any:
        self.calls += 1
        return x

    def scale(self, x: Any) -> Any:
        return self.weight * self.rate * x


def test_attributes_that_a_method_reads_are_a_part_of_its_signature() -> None:
    counter = Counter()
    compiled, x = torch.compile(counter.scale), torch.ones(2)
    for rate in (0.5, 0.5, 0.25):
        counter.rate = rate
        counter.calls += 1  # which nothing that is compiled reads
        assert compiled(x).tolist() == [rate, rate]
    counter.weight = torch.full((2,), 4.0)
    assert compiled(x).tolist() == [1, 1]
    assert len(traces(compiled)) == 3


def test_a_number_that_the_function_changes_is_refused() -> None:
    compiled = torch.compile(Counter().count)
    compiled(torch.ones(2))
    with pytest.raises(RuntimeError, match=r"the function changes self\.calls: 1 became 2, which a program would not"):
        compiled(torch.ones(2))


def test_a_parameter_that_is_another_tensor_is_used() -> None:
    module = nn.Linear(2, 1, bias=False)
    compiled, x = torch.compile(lambda x: module(x) * 1), torch.ones(1, 2)
    for value in (1.0, 1.0, 2.0):
        module.weight = nn.Parameter(torch.full((1, 2), value))
        assert compiled(x).item() == 2 * value


def test_gradients_that_are_there_or_not_have_programs_of_their_own() -> None:
    w = torch.ones(2, requires_grad=True)
    compiled = torch.compile(lambda: (w * w).sum().backward())
    for _ in range(4):
        w.grad = None
        for n in (1, 2, 3):
            compiled()
            assert w.grad.tolist() == [2 * n, 2 * n]
    assert len(traces(compiled)) <= 2


# -- what cannot be compiled --------------------------------------------------------------------------------------------


def branching(x: Any) -> Any:
    if x.sum() > 0:
        return x
    return -x


def test_a_branch_on_values_names_its_line() -> None:
    compiled = torch.compile(branching)
    compiled(torch.ones(1))
    with pytest.raises(RuntimeError, match=r"data-dependent control flow, at `x\.sum\(\) > 0`.*in branching"):
        compiled(torch.ones(1))


@pytest.mark.parametrize(
    "function", [lambda x: x.item(), lambda x: x.tolist(), float, lambda x: x.numpy(), lambda x: x[x > 0]]
)
def test_values_that_are_asked_for(function: Any) -> None:
    compiled, x = torch.compile(function), torch.ones(1)
    compiled(x)
    with pytest.raises((RuntimeError, TypeError)):
        compiled(x)
    assert x.tolist() == [1]


def test_it_may_fall_back_with_one_warning() -> None:
    compiled = torch.compile(branching, fallback="eager")
    compiled(torch.ones(1))
    with pytest.warns(UserWarning, match="It runs as it stands from now on"):
        assert compiled(torch.ones(1)).tolist() == [1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled(-torch.ones(1)).tolist() == [1]


def test_a_program_written_for_torch_falls_back() -> None:
    with torch_alias.install():
        compiled = importlib.import_module("torch").compile(branching)
        whole = importlib.import_module("torch").compile(branching, fullgraph=True)
    for function in (compiled, whole):
        function(torch.ones(1))
    with pytest.warns(UserWarning, match="It runs as it stands from now on"):
        assert compiled(torch.ones(1)).tolist() == [1]
    with pytest.raises(RuntimeError, match="compile: "):
        whole(torch.ones(1))


def test_a_tensor_that_is_kept_beyond_the_call_is_refused() -> None:
    kept: dict[str, Any] = {}

    def function(x: Any) -> Any:
        kept["hidden"] = x * 2
        return x

    compiled = torch.compile(function)
    compiled(torch.ones(3))
    with pytest.raises(RuntimeError, match=r"keeps a tensor that it makes, of shape \[3\] as 'hidden'"):
        compiled(torch.ones(3))


def test_long_programs_are_warned_of(monkeypatch: Any) -> None:
    def function(x: Any) -> Any:
        for _ in range(2100):
            x = x + 1
        return x

    from chainrule._compile import compiled as module

    program = torch.compile(function)
    program(torch.zeros(1))
    monkeypatch.setattr(module.Program, "__call__", lambda self, leaves: None)  # to compile it takes as long as it says
    with pytest.warns(UserWarning, match=r"the program has 2100 ops.*chainrule\.scan"):
        program(torch.zeros(1))


# -- dtypes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "bfloat16", "complex64", "complex128", "int64", "int32", "uint8", "bool"]
)
def test_every_dtype_is_kept(dtype: str) -> None:
    x = torch.tensor([0, 1, 2]).to(getattr(torch, dtype))

    def function(x: Any) -> Any:
        return x, x + x, x.to(torch.complex128), x * torch.ones(3, dtype=torch.float64), x.sum()

    compiled = torch.compile(function)
    for _ in range(3):
        for got, want in zip(compiled(x), function(x), strict=True):
            assert got.dtype == want.dtype
            same(got, want)


def test_double_and_single_precision_side_by_side() -> None:
    compiled = torch.compile(lambda a, b: (a + 1e-12, b + 1e-12, a * b))
    args = (torch.ones(2, dtype=torch.float64), torch.ones(2))
    compiled(*args)
    a, b, c = compiled(*args)
    assert (a.dtype, b.dtype, c.dtype) == (torch.float64, torch.float32, torch.float64)
    assert a.tolist() == [1 + 1e-12] * 2
    assert jax.numpy.ones(1).dtype == "float32"
