"""torch.fx: graphs, their code and what runs them, as PyTorch has them; errors; what the golden programs do not see."""

from __future__ import annotations

import contextlib
import copy
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from fx_programs import outcome, programs

import chainrule as torch

GOLDEN = json.loads((Path(__file__).parent / "golden" / "fx.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("at", range(len(GOLDEN)))
@pytest.mark.filterwarnings("ignore:get_attr")
def test_as_pytorch(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("builtins._", raising=False)  # which doctest leaves behind: a name that no variable may have
    program = programs()[at]
    extra = {"optimization": torch.fx.experimental.optimization, "ShapeProp": torch.fx.passes.shape_prop.ShapeProp}
    assert outcome(program, torch, extra) == GOLDEN[program]


def test_all_programs_are_recorded() -> None:
    assert list(GOLDEN) == programs()


def test_the_code_finds_each_function_by_its_name() -> None:
    from chainrule._missing import our_names
    from chainrule.fx._words import qualified_name

    torch.fx  # noqa: B018 - functions are what they are from here on
    for home in (torch, torch.nn.functional, torch.linalg, torch.fft, torch.special, torch.nn.init):
        for name in our_names("torch" + home.__name__.removeprefix("chainrule")):
            function = getattr(home, name)
            if isinstance(function, type(lambda: 0)):
                found = torch
                for step in qualified_name(function).split(".")[1:]:
                    found = getattr(found, step)
                assert found is function, name


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.head = torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 2)
        self.norm.running_mean.fill_(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3))) + torch.ones(2)


def test_a_traced_module_has_the_same_values_and_gradients() -> None:
    net, x = Net(), torch.randn(2, 1, 5, 5)
    traced = torch.fx.symbolic_trace(net)
    ours = torch.autograd.grad(net(x).square().sum(), list(net.parameters()))
    theirs = torch.autograd.grad(traced(x).square().sum(), list(traced.parameters()))
    for one, other in zip(ours, theirs, strict=True):
        assert torch.equal(one, other)
    net.eval(), traced.eval()
    for same in (copy.deepcopy(traced), pickle.loads(pickle.dumps(traced)), copy.copy(traced)):
        assert torch.equal(same(x), net(x))
        assert same.code == traced.code
    fused = torch.fx.experimental.optimization.fuse(net)
    assert not [m for m in fused.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    torch.testing.assert_close(fused(x), net(x))


def test_long_graphs_are_copied_and_pickled() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        for _ in range(3000):
            x = x + 1
        return x

    traced = torch.fx.symbolic_trace(f)
    assert pickle.loads(pickle.dumps(traced))(0) == copy.deepcopy(traced)(0) == 3000


def test_after_tracing_everything_is_as_it_was() -> None:
    before = torch.nn.Module.__call__, torch.nn.Module.__getattr__, math.sqrt
    for program in (lambda x: math.sqrt(x) + 1, lambda x: math.sqrt(x) if x else x):
        with contextlib.suppress(torch.fx.proxy.TraceError):
            torch.fx.symbolic_trace(program)
        assert (torch.nn.Module.__call__, torch.nn.Module.__getattr__, math.sqrt) == before
    assert "__call__" not in vars(torch.nn.Module)


def test_errors_show_the_line_of_the_code_and_the_node() -> None:
    import traceback

    traced = torch.fx.symbolic_trace(lambda x: torch.matmul(x, x))
    with pytest.raises(RuntimeError) as raised:
        traced(torch.ones(2, 3))
    assert "matmul = torch.matmul(x, x);  x = None" in "".join(traceback.format_exception(raised.value))
    with pytest.raises(RuntimeError, match=r"While executing %matmul : .*torch.matmul"):
        torch.fx.Interpreter(traced).run(torch.ones(2, 3))
    with pytest.raises(RuntimeError, match=r"^ShapeProp: %matmul"):
        torch.fx.passes.shape_prop.ShapeProp(traced).propagate(torch.ones(2, 3))
    with pytest.raises(torch.fx.proxy.TraceError, match="'gt', the value of %gt"):
        torch.fx.symbolic_trace(lambda x: x if x > 0 else -x)


def test_constants_of_a_replacement_have_names_of_their_own() -> None:
    traced = torch.fx.symbolic_trace(lambda x: x.sin() + torch.ones(2))
    torch.fx.replace_pattern(traced, lambda a: a.sin(), lambda a: a + torch.full((2,), 5.0))
    assert traced(torch.zeros(2)).tolist() == [6.0, 6.0]


def test_filters_choose_matches() -> None:
    from chainrule.fx.subgraph_rewriter import replace_pattern_with_filters

    traced = torch.fx.symbolic_trace(lambda x: (x + 1) * (x + 2))
    found = replace_pattern_with_filters(
        traced,
        lambda a: a + 1,
        lambda a: a - 1,
        [lambda match, *_: match.nodes_map[match.anchor].name == "add_1"],
        ignore_literals=True,
    )
    assert [one.replacements[0].name for one in found] == ["sub"]
    assert traced(3) == 8


def test_sizes_may_be_traced_one_by_one() -> None:
    traced = torch.fx.symbolic_trace(lambda x: torch.zeros(x.size(0), 2))
    assert traced(torch.ones(3)).shape == (3, 2)


def test_a_program_may_decide_by_the_shapes_of_its_parameters() -> None:
    class Program(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(3, 4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (
                x @ self.w if self.w.shape[0] == 3 and self.w.dim() == self.w.ndim == 2 and self.w.numel() == 12 else x
            )

    graph = torch.fx.Tracer(param_shapes_constant=True).trace(Program())
    assert [node.name for node in graph.nodes] == ["x", "w", "matmul", "output"]


def test_code_is_changed_while_it_is_made() -> None:
    traced = torch.fx.symbolic_trace(lambda x: x + 1)
    with traced.graph.on_generate_code(lambda old: lambda lines: ["x = x * 10", *lines]):
        traced.recompile()
        assert traced(1) == 11
    traced.recompile()
    assert traced(1) == 2


def test_it_loads_when_it_is_used() -> None:
    code = "import sys, chainrule; assert 'chainrule.fx' not in sys.modules; chainrule.fx.symbolic_trace; print('chainrule.fx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
