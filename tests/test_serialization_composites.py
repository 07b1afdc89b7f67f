"""Nested, masked and sparse tensors in files, tensors of the program's classes, and what is wrong with a file of them."""

from __future__ import annotations

import contextlib
import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
from saved_objects import composites, told
from test_serialization import Gadget, again, loaded, saved

import chainrule as torch
from chainrule import nn
from chainrule.errors import CorruptFileError

SAVED = Path(__file__).parent / "golden" / "saved"
pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of")


def test_those_of_pytorch() -> None:
    found = torch.load(SAVED / "composites.pt")
    assert {name: told(value) for name, value in found.items()} == {
        name: told(value) for name, value in composites(torch).items()
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("weights_only", [True, False])
def test_there_and_back(zipped: bool, weights_only: bool, tmp_path: Path) -> None:
    want = composites(torch)
    torch.save([want, want], tmp_path / "all.pt", _use_new_zipfile_serialization=zipped)
    found, same = torch.load(tmp_path / "all.pt", weights_only=weights_only)
    assert {name: told(value) for name, value in found.items()} == {name: told(value) for name, value in want.items()}
    assert same is found


def test_sparse_masked_tensors() -> None:
    m = torch.masked.masked_tensor(torch.tensor([[1.0, 2.0]]), torch.tensor([[True, False]]))
    for sparse in (m.to_sparse_coo(), m.to_sparse_csr()):
        found = again(sparse)
        assert found.layout is sparse.layout
        assert repr(found) == repr(m)


def test_pickles_and_copies() -> None:
    for name, tensor in composites(torch).items():
        if not name.startswith(("co", "cs", "noted")):
            for other in (pickle.loads(pickle.dumps(tensor)), copy.deepcopy(tensor)):
                assert told(other) == told(tensor), name


class Marked(torch.Tensor):
    pass


class Weight(nn.Parameter):
    pass


class Closing(torch.Tensor):
    def __del__(self) -> None:
        """A file must not have it called."""


def test_tensors_of_the_programs_classes() -> None:
    marked = torch.ones(2).as_subclass(Marked)
    marked.note = [1]
    found = again(marked, weights_only=False)
    assert type(found) is Marked
    assert found.note == [1]
    assert type(again(Weight(torch.ones(2)))) is nn.Parameter
    with pytest.raises(pickle.UnpicklingError, match="Closing was not"):
        again(torch.ones(2).as_subclass(Closing), weights_only=False)
    with pytest.raises(pickle.UnpicklingError, match="Marked was not"):
        again(marked)
    with pytest.raises(pickle.UnpicklingError, match="may be named in it but not called"):
        loaded(saved(Gadget(Marked, torch.ones(1))), weights_only=False)


def test_what_has_no_shape_yet() -> None:
    assert type(again(nn.UninitializedParameter())) is nn.UninitializedParameter
    assert type(again(nn.UninitializedBuffer())) is nn.UninitializedBuffer


class Written:
    """Is written as a call of PyTorch's, whatever its arguments."""

    def __init__(self, name: str, *arguments: Any) -> None:
        from chainrule.serialization._write import named

        self.how = named(name), arguments

    def __reduce__(self) -> Any:
        return self.how


VALUES = torch.arange(4.0)
NJT, STRIDED, FROM_TYPE = (
    "torch.nested._internal.nested_tensor._rebuild_njt",
    "torch._utils._rebuild_nested_tensor",
    "torch._tensor._rebuild_from_type_v2",
)


def jagged(**changed: Any) -> Written:
    return Written(
        NJT, {"values": VALUES, "offsets": torch.tensor([0, 1, 4]), "lengths": None, "_ragged_idx": 1} | changed
    )


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: jagged(offsets=torch.tensor([0, 5])),
        lambda: jagged(offsets=torch.tensor([2, 0, 4])),
        lambda: jagged(offsets=torch.tensor([-1, 4])),
        lambda: jagged(offsets=torch.tensor([0.0, 4.0])),
        lambda: jagged(offsets=[0, 4]),
        lambda: jagged(lengths=torch.tensor([1, 9])),
        lambda: jagged(lengths=torch.tensor([1])),
        lambda: jagged(_ragged_idx=2),
        lambda: jagged(values=None),
        lambda: Written(NJT, 3),
        lambda: Written(STRIDED, VALUES, torch.tensor([[2, 3]]), torch.tensor([[3, 1]]), torch.tensor([0])),
        lambda: Written(STRIDED, VALUES, torch.tensor([[4]]), torch.tensor([[1]]), torch.tensor([1])),
        lambda: Written(STRIDED, VALUES, torch.tensor([[4]]), torch.tensor([[1], [1]]), torch.tensor([0])),
        lambda: Written(STRIDED, VALUES, None, None, None),
        lambda: Written(STRIDED, VALUES.reshape(2, 2), torch.tensor([[4]]), torch.tensor([[1]]), torch.tensor([0])),
        lambda: Written("torch._utils._rebuild_wrapper_subclass", True),
    ],
)
def test_a_damaged_one_is_an_error(wrong: Any) -> None:
    with pytest.raises(CorruptFileError):
        loaded(saved(wrong()))


def test_one_of_pytorchs_that_is_damaged_anywhere() -> None:
    """Whatever a byte of the pickle is changed to: an error, or tensors."""
    data = bytearray((SAVED / "composites.pt").read_bytes())
    start = data.find(b"strided")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for at in range(start, start + 2000, 7):
            changed = bytearray(data)
            changed[at] ^= 1
            with contextlib.suppress(pickle.UnpicklingError, RuntimeError, NotImplementedError):
                loaded(bytes(changed))
