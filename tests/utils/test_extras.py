"""What packages write for us, where they are installed (extras "safetensors" and "tensorboard")."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import nn, torch_alias
from chainrule.utils import safetensors as ours

DTYPES = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64".split()


def some() -> dict[str, Any]:
    made = {name: chainrule.tensor([0, 1, 1]).to(getattr(chainrule, name)) for name in DTYPES}
    return made | {"number": chainrule.tensor(3), "empty": chainrule.empty(0, 2), "turned": chainrule.ones(2, 3).t()}


def same(got: dict[str, Any], want: dict[str, Any]) -> bool:
    return got.keys() == want.keys() and all(
        got[name].dtype == value.dtype and got[name].shape == value.shape and got[name].tolist() == value.tolist()
        for name, value in want.items()
    )


def test_safetensors_both_ways(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    path = tmp_path / "x.safetensors"
    ours.save_file(some(), path, metadata={"of": "tests"})
    assert same(ours.load_file(path), some())
    net = nn.Linear(2, 2)
    net.load_state_dict(ours.load(ours.save(net.state_dict())))
    loaded = ours.load_file(path)["float32"]
    loaded[0] = 5  # it is not read-only
    with torch_alias.install():
        theirs = importlib.import_module("safetensors.torch")
        try:
            assert same(theirs.load_file(path), some())
            contiguous = some() | {"turned": chainrule.ones(3, 2)}
            theirs.save_file(contiguous, path)
            assert same(ours.load_file(path), contiguous)
            assert same(theirs.load(theirs.save(contiguous)), contiguous)
            with theirs.safe_open(path, framework="pt") as file:
                assert file.get_slice("float32")[1:].tolist() == [1, 1]
            tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
            tied[1].weight = tied[0].weight
            theirs.save_model(tied, str(path))
            assert theirs.load_model(tied, str(path)) == (set(), [])
        finally:
            del sys.modules["safetensors.torch"]  # it holds on to what it took for torch


def test_safetensors_refuses() -> None:
    package = pytest.importorskip("safetensors")
    x = chainrule.ones(4)
    with pytest.raises(RuntimeError, match="share memory: 'a' and 'b'"):
        ours.save({"a": x, "b": x[1:]})
    with pytest.raises(ValueError, match=r"expected torch\.Tensor"):
        ours.save({"a": 3})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match=r"has no torch\.complex128"):
        ours.save({"a": x.to(chainrule.complex128)})
    for damaged in (b"", b"x" * 100, ours.save({"a": x})[:-1]):
        with pytest.raises(package.SafetensorError):
            ours.load(damaged)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    monkeypatch.delitem(sys.modules, "chainrule.utils.tensorboard.writer", raising=False)
    monkeypatch.delattr("chainrule.utils.tensorboard.writer", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'chainrule\[safetensors\]'"):
        ours.save({})
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'chainrule\[tensorboard\]'"):
        chainrule.utils.tensorboard.SummaryWriter()


def test_summary_writer(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    from chainrule.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", chainrule.tensor(0.5, requires_grad=True), 1)
        writer.add_scalar("large", 2**70, 1)
        writer.add_scalars("both", {"a": chainrule.tensor(1.0), "b": 2.0}, 1)
        writer.add_histogram("weights", chainrule.arange(10).bfloat16(), 1)
        writer.add_text("note", "text", 1)
        with pytest.raises(RuntimeError, match="give its input"):
            writer.add_graph(nn.Linear(1, 1))
        writer.add_graph(nn.Sequential(nn.Linear(1, 1)), chainrule.ones(1, 1))
    assert writer.log_dir == str(tmp_path / "run")
    data = b"".join(path.read_bytes() for path in (tmp_path / "run").glob("events*"))
    assert all(name in data for name in (b"loss", b"weights", b"note", b"Sequential/Linear[0]/linear_layer"))


def test_a_graph_for_tensorboard() -> None:
    pytest.importorskip("tensorboardX")
    from chainrule.utils.tensorboard._graph import graph_of

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 3), nn.Dropout(), nn.ReLU())

        def forward(self, x: Any, y: Any) -> Any:
            return self.body(x) + self.body(x * y) + chainrule.ones(3)

    net = Net()
    nodes = {node.name: node for node in graph_of(net, (chainrule.ones(4, 2), chainrule.ones(2))).node}
    assert net.body[1].training
    assert not net._forward_hooks
    assert list(nodes) == [
        *("input/input", "input/input_1", "Net/body/0/weight", "Net/body/0/bias"),
        *("Net/Sequential[body]/Linear[0]/linear_layer", "Net/Sequential[body]/ReLU[2]/relu", "Net/multiply"),
        *("Net/Sequential[body]/Linear[0]/linear_layer_1", "Net/Sequential[body]/ReLU[2]/relu_1"),
        *("Net/add", "Net/Constant", "Net/add_1", "output/output"),
    ]
    operands = nodes["Net/Sequential[body]/Linear[0]/linear_layer_1"].input
    assert sorted(operands) == ["Net/body/0/bias", "Net/body/0/weight", "Net/multiply"]
    assert nodes["Net/add_1"].input == ["Net/add", "Net/Constant"]
    assert nodes["output/output"].input == ["Net/add_1"]
    assert [dim.size for dim in nodes["Net/add"].attr["_output_shapes"].list.shape[0].dim] == [4, 3]
    doubled = graph_of(lambda x: {"y": 2 * x}, chainrule.ones(1))
    assert [node.op for node in doubled.node] == ["IO Node", "multiply", "IO Node"]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        graph_of(net, (chainrule.ones(4, 3), chainrule.ones(3)))
    assert net.body[1].training
    assert chainrule.is_grad_enabled()


# -- swap_tensors ---------------------------------------------------------------------------------------------------------


def test_tensors_change_places() -> None:
    layer = chainrule.nn.Linear(2, 1)
    mine, other = layer.weight, chainrule.nn.Parameter(chainrule.tensor([[2.0, 3.0]]))
    other.name_of_mine = "other"
    chainrule.utils.swap_tensors(mine, other)
    assert layer.weight is mine
    assert (mine.tolist(), mine.name_of_mine) == ([[2, 3]], "other")
    layer(chainrule.ones(1, 2)).sum().backward()
    assert mine.grad.tolist() == [[1, 1]]
    assert other.grad is None
    chainrule.utils.swap_tensors(mine, other)
    assert other.grad.tolist() == [[1, 1]]
    other.requires_grad_(False).requires_grad_()
    (other * 2).sum().backward()
    assert other.grad.tolist() == [[3, 3]]


def test_what_others_hold_is_not_swapped() -> None:
    x, y = chainrule.ones(2, requires_grad=True), chainrule.zeros(2)
    z = x.exp() * x
    with pytest.raises(RuntimeError, match="Cannot swap t1: it is a view"):
        chainrule.utils.swap_tensors(x, y)
    with pytest.raises(RuntimeError, match="Cannot swap t"):
        chainrule.utils.swap_tensors(y, y[:1])
    del z
    chainrule.utils.swap_tensors(x, y)
    assert y.tolist() == [1, 1]
    with pytest.raises(TypeError, match="must be Tensor"):
        chainrule.utils.swap_tensors(x, 3)
