"""Storages: the memory behind tensors, read and written as old code does."""

from __future__ import annotations

import pytest

import chainrule as torch

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")


def points() -> torch.Tensor:
    return torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]])


def test_a_write_to_the_storage_is_one_to_the_tensor() -> None:
    p = points()
    storage = p.storage()
    storage[0] = 2.0
    storage[2:4] = 7.0
    storage[-1] = torch.tensor(9.0)
    assert p.tolist() == [[2, 1], [7, 7], [2, 9]]
    assert p._version == 0
    assert p[1:].storage().tolist() == storage.tolist() == [2, 1, 7, 7, 2, 9]


def test_fill_copy_and_clone() -> None:
    p, q = points(), points()
    kept = p.storage().clone()
    p.storage().fill_(3)
    assert p.tolist() == [[3, 3]] * 3
    assert p.storage().copy_(kept).tolist() == kept.tolist() == [4, 1, 5, 3, 2, 1]
    assert torch.equal(p, q)


def test_bytes() -> None:
    p = torch.tensor([1, 2], dtype=torch.int16)
    memory = p.untyped_storage()
    kept = memory.clone()
    memory[2] = 7
    memory[:1].fill_(4)
    assert p.tolist() == [4, 7]
    assert kept.tolist() == [1, 0, 2, 0]
    assert memory.fill_(0).tolist() == [0] * 4


def test_what_an_element_is_asked_for_by() -> None:
    storage = points().storage()
    with pytest.raises(IndexError):
        storage[6]
    with pytest.raises(IndexError):
        storage[6] = 1.0
    with pytest.raises(RuntimeError, match="slices are only supported in UntypedStorage"):
        storage[1:3]
    for key in ("a", 0.5):
        with pytest.raises(RuntimeError, match="can't index a"):
            storage[key]
        with pytest.raises(RuntimeError, match="can't index a"):
            storage[key] = 1.0


def test_the_first_storage_of_a_program_warns() -> None:
    x = points()
    x.untyped_storage()
    with pytest.warns(UserWarning, match="TypedStorage is deprecated") as caught:
        _ = x.storage(), x.storage()
    assert [one.filename for one in caught] == [__file__]
