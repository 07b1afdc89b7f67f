"""More names that packages written for PyTorch take from it: memory put under tensors, notes of subclasses, weights put into layers."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import chainrule as torch
from chainrule import _C, _guards, _utils
from chainrule._C._functorch import _remove_batch_dim, get_unwrapped, is_batchedtensor
from chainrule.distributions.transforms import _clipped_sigmoid
from chainrule.nn.utils._named_member_accessor import swap_tensor
from chainrule.utils import _pytree, weak
from chainrule.utils._contextlib import _DecoratorContextManager, _NoParamDecoratorContextManager


def test_a_tensor_takes_other_memory() -> None:
    x, y = torch.ones(2), torch.arange(3.0)
    version = x._version
    assert x.set_(y) is x
    y[0] = 9
    assert x.tolist() == [9, 1, 2]
    assert x._version == version + 1
    assert x.set_().shape == (0,)
    assert torch.ones(2).set_(torch.arange(6.0), 1, (2, 2), (2, 1)).tolist() == [[1, 2], [3, 4]]
    assert torch.ones(2).set_(torch.arange(6.0).untyped_storage(), 1, (2, 2)).tolist() == [[1, 2], [3, 4]]
    assert torch.ones(2).set_(torch.arange(2.0).untyped_storage()).tolist() == [0, 1]
    whole = torch.ones(4)
    part = whole[:2]
    part.set_(torch.zeros(3))
    whole.add_(1)
    assert part.tolist() == [0, 0, 0]


def test_a_tensor_in_a_graph_does_not() -> None:
    w = torch.ones(2, requires_grad=True)
    for x in (w, w * 2):
        with pytest.raises(RuntimeError, match="in-place operation"):
            x.set_(torch.zeros(2))
    with pytest.raises(RuntimeError, match="in-place operation"):
        torch.zeros(2).set_(w * 2)
    with pytest.raises(RuntimeError, match=r"Could not set tensor of type torch\.int64"):
        torch.ones(2).set_(torch.ones(2, dtype=torch.int64))
    with pytest.raises(TypeError, match="Tensor or Storage"):
        torch.ones(2).set_([1.0])
    with torch.no_grad():
        w.set_(torch.zeros(3))
    (w * 2).sum().backward()
    assert w.grad.tolist() == [2, 2, 2]
    x = torch.ones(3)
    loss = (w * x).sum()
    x.set_(torch.zeros(3))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


class Noted(torch.Tensor):
    """A subclass with an attribute of its own, which was the name of a slot once."""


def test_attributes_of_subclasses_are_their_own() -> None:
    x = torch.ones(2).as_subclass(Noted).requires_grad_()
    x._meta = {"affine": 1}
    x.sum().backward()
    assert x._meta == {"affine": 1}
    assert x.grad.tolist() == [1, 1]
    assert x.detach().__dict__ == {}


def test_a_recurrent_layer_computes_with_the_weights_that_it_is_given() -> None:
    layer, x = torch.nn.LSTM(2, 3), torch.ones(4, 1, 2)
    before = layer(x)[0]
    given = [(w.detach() * 2).requires_grad_() for w in layer._flat_weights]
    layer._flat_weights = given
    out = layer(x)[0]
    assert not torch.equal(out, before)
    out.sum().backward()
    assert all(w.grad is not None for w in given)
    assert layer.weight_ih_l0.grad is None
    layer.weight_ih_l0 = torch.nn.Parameter(given[0].detach() * 0)
    assert layer._flat_weights[0] is layer.weight_ih_l0
    assert layer._flat_weights[1] is given[1]


def test_helpers() -> None:
    parts = [torch.arange(4.0).reshape(2, 2).t(), torch.ones(1)]
    flat = _utils._flatten_dense_tensors(parts)
    assert flat.tolist() == [0, 2, 1, 3, 1]
    assert [part.tolist() for part in _utils._unflatten_dense_tensors(flat, parts)] == [[[0, 2], [1, 3]], [1]]
    assert _utils._get_available_device_type() is None
    assert _utils._get_device_module("cpu") is torch.cpu
    with pytest.raises(RuntimeError, match="'cuda' does not have"):
        _utils._get_device_module("cuda")
    with pytest.raises(AttributeError):
        importlib.import_module("chainrule._utils").nothing  # noqa: B018
    with getattr(torch.backends, "__allow_nonbracketed_mutation")():
        torch.backends.cudnn.deterministic = True
    assert isinstance(torch.DeviceObjType, type)
    assert _clipped_sigmoid(torch.tensor([0.0, 200.0])).tolist() == [0.5, 1 - torch.finfo(torch.float32).eps]


def test_a_file_as_a_tensor(tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    torch.from_file(str(file), shared=True, size=4).copy_(torch.arange(4.0))
    own = torch.from_file(str(file), size=4)
    own[0] = 9
    assert torch.from_file(file, False, 4).tolist() == [0, 1, 2, 3]
    assert torch.from_file(file, size=2, dtype=torch.int32).tolist() == [0, 1065353216]
    assert torch.from_file(file, shared=True, size=6).tolist() == [0, 1, 2, 3, 0, 0]
    assert file.stat().st_size == 24
    assert torch.from_file(file).shape == (0,)
    assert torch.from_file(file, size=1, requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match="smaller than the required mapping size <160>"):
        torch.from_file(file, size=40)
    with pytest.raises(RuntimeError, match="unable to open file"):
        torch.from_file(tmp_path / "nothing", size=1)


def test_dictionaries_by_identity() -> None:
    x, y = torch.ones(2), torch.ones(2)
    names = weak.WeakIdKeyDictionary({x: "x"})
    names[y] = "y"
    assert (names[x], names[y], len(names), set(names.values())) == ("x", "y", 2, {"x", "y"})
    assert [key is x or key is y for key in names] == [True, True]
    assert torch.ones(2) not in names
    assert 3 not in names
    assert dict(names.copy().items())[x] == "x"
    del names[y]
    reference = weak.TensorWeakRef(x)
    assert reference() is x
    del x
    assert len(names) == 0
    assert reference() is None


class Counted(_DecoratorContextManager):
    entered = 0

    def __enter__(self) -> None:
        Counted.entered += 1

    def __exit__(self, *exc: object) -> None:
        pass


def test_context_managers_that_decorate() -> None:
    @Counted()
    def once(x: int) -> int:
        return x + 1

    assert (once(1), once(2), Counted.entered) == (2, 3, 2)
    assert isinstance(torch.no_grad(), _DecoratorContextManager)
    assert isinstance(torch.no_grad(), _NoParamDecoratorContextManager)


def test_a_tensor_in_the_place_of_a_parameter() -> None:
    layer, w = torch.nn.Linear(2, 1), torch.ones(1, 2)
    held = swap_tensor(layer, "weight", w)
    assert layer.weight is w
    assert swap_tensor(layer, "weight", held) is w
    layer.register_buffer("kept", w)
    assert swap_tensor(layer, "kept", None) is w
    layer.free = w
    assert swap_tensor(layer, "free", held.detach()) is w
    for args, kind in (
        ((3, "a", w), TypeError),
        ((layer, "weight", 3), TypeError),
        ((layer, "a.b", w), KeyError),
        ((layer, "nothing", w), AttributeError),
        ((layer, "training", w), TypeError),
    ):
        with pytest.raises(kind):
            swap_tensor(*args)


def test_trees() -> None:
    assert _pytree.tree_is_leaf(torch.ones(1))
    assert not _pytree.tree_is_leaf({})
    assert _pytree.tree_is_leaf([], is_leaf=lambda x: x == [])
    assert _pytree.is_structseq_instance(torch.ones(2).max(0))
    assert not _pytree.is_structseq_instance((1, 2))
    spec = _pytree.tree_structure(((1, 2), 3))
    assert _pytree._broadcast_to_and_flatten((0, 1), spec) == [0, 0, 1]
    assert _pytree._broadcast_to_and_flatten((0, 1, 2), spec) is None


class Box:
    """A container that nobody registers: the package takes it apart for vmap itself."""

    def __init__(self, x: torch.Tensor) -> None:
        self.x = x


def test_a_package_that_takes_its_containers_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule._functorch import vmap as inner

    def process(in_dims: Any, args: Any, func: Any) -> Any:
        return len(args[0].x), [in_dims], [args[0].x], None

    def create(dims: Any, leaves: Any, level: Any, spec: Any) -> Any:
        made = inner._add_batch_dim(leaves[0], dims[0], level)
        assert is_batchedtensor(made)
        assert not is_batchedtensor(leaves[0])
        assert torch.equal(get_unwrapped(made), leaves[0])
        return (Box(made),)

    def unwrap(result: Any, out_dims: Any, level: Any, size: int, func: Any) -> Any:
        assert _remove_batch_dim(torch.ones(2), level, size, 1).shape == (2, size)
        assert torch.equal(
            _remove_batch_dim(result.x, level, size, 0), inner._maybe_remove_batch_dim("f", result.x, level, size, 0)
        )
        assert inner._maybe_remove_batch_dim("f", 3, level, size, None) == 3
        return Box(inner._maybe_remove_batch_dim(inner._get_name(func), result.x, level, size, out_dims))

    for name, function in (
        ("_process_batched_inputs", process),
        ("_create_batched_inputs", create),
        ("_unwrap_batched", unwrap),
    ):
        monkeypatch.setattr(inner, name, function)
    x = torch.arange(6.0).reshape(3, 2)
    assert torch.vmap(lambda box: Box(box.x.sum() * 2))(Box(x)).x.tolist() == [2, 10, 18]


def test_what_is_not_on() -> None:
    assert _guards.active_fake_mode() is _guards.detect_fake_mode([]) is None
    assert not _C._is_torch_function_mode_enabled()
    with torch.overrides.TorchFunctionMode():
        assert _C._is_torch_function_mode_enabled()
    assert isinstance(torch.ones(1).untyped_storage(), torch.StorageBase)
