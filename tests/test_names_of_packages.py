"""More names that packages written for PyTorch take from it: memory put under tensors, notes of subclasses, weights put into layers."""

from __future__ import annotations

import importlib

import pytest

import chainrule as torch
from chainrule import _utils
from chainrule.distributions.transforms import _clipped_sigmoid


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
