"""Saving and loading: PyTorch's files (golden/saved, by tools/record_serialization.py), and ours."""

from __future__ import annotations

import io
import os
import pickle
import stat
import sys
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from killed_saves import killed_saves
from saved_objects import YOUNG, checkpoint, differences, drawn_from, network, values

import chainrule
from chainrule import nn, serialization, torch_alias
from chainrule.serialization._names import torch_name

SAVED = Path(__file__).parent / "golden" / "saved"
LAYOUTS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def saved(obj: Any, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    chainrule.save(obj, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def loaded(data: bytes, **settings: Any) -> Any:
    return chainrule.load(io.BytesIO(data), **settings)


def again(obj: Any, zipped: bool = True, **settings: Any) -> Any:
    return loaded(saved(obj, zipped), **settings)


# -- PyTorch's files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
def test_values_that_pytorch_saved(mmap: bool) -> None:
    assert not differences(chainrule.load(SAVED / "values.pt", mmap=mmap), values(chainrule))


def test_values_that_pytorch_saved_in_the_old_layout() -> None:
    want = {name: value for name, value in values(chainrule).items() if name not in YOUNG}
    assert not differences(chainrule.load(SAVED / "legacy.pt"), want)


def test_training_goes_on_from_pytorchs_checkpoint() -> None:
    found = chainrule.load(SAVED / "checkpoint.pt")
    assert not differences(found, checkpoint(chainrule), tolerance=1e-5)
    net = network(chainrule)
    assert str(net.load_state_dict(found["model"])) == "<All keys matched successfully>"
    optimizer = chainrule.optim.Adam(net.parameters())
    optimizer.load_state_dict(found["optimizer"])
    net(chainrule.ones(2, 3)).sum().backward()
    optimizer.step()
    assert optimizer.state_dict()["state"][0]["step"] == 3


def test_conjugate_and_negated_tensors_of_pytorch() -> None:
    conjugate, imaginary = chainrule.load(SAVED / "conjugate.pt")
    assert conjugate.tolist() == [1 - 2j]
    assert imaginary.tolist() == [-2]


def test_a_whole_module_of_pytorch() -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.modules\.container\.Sequential was not .*state_dict"):
        chainrule.load(SAVED / "module.pt")
    for module in (
        chainrule.load(SAVED / "module.pt", weights_only=False),
        with_globals([nn.Sequential, nn.Linear, nn.BatchNorm1d, nn.ReLU], lambda: chainrule.load(SAVED / "module.pt")),
    ):
        assert str(module) == str(network(chainrule))
        module.eval()
        assert not differences(module.state_dict(), network(chainrule).state_dict(), tolerance=1e-6)
        assert module(chainrule.ones(1, 3)).shape == (1, 2)


def with_globals(allowed: list[Any], call: Any) -> Any:
    with serialization.safe_globals(allowed):
        return call()


# -- ours ----------------------------------------------------------------------------------------------------------------


@LAYOUTS
def test_round_trip(zipped: bool) -> None:
    assert not differences(again(values(chainrule), zipped), values(chainrule))
    assert not differences(again(checkpoint(chainrule), zipped), checkpoint(chainrule))


@LAYOUTS
def test_memory_that_is_shared_stays_shared(zipped: bool) -> None:
    x = chainrule.arange(6.0)
    tied = nn.Linear(2, 2)
    module = nn.ModuleDict({"a": tied, "b": nn.Linear(2, 2)})
    module["b"].weight = tied.weight
    found = again({"x": x, "rows": x.reshape(2, 3), "part": x.detach()[2:4], "state": module.state_dict()}, zipped)
    found["x"][3] = 10
    assert found["rows"].tolist() == [[0, 1, 2], [10, 4, 5]]
    assert found["part"].tolist() == [2, 10]
    found["state"]["a.weight"][0, 0] = 7
    assert found["state"]["b.weight"][0, 0] == 7
    assert found["x"]._version == found["part"]._version > 0


def test_only_the_memory_of_tensors_is_saved() -> None:
    big = np.arange(100_000.0)
    part = chainrule.from_numpy(big)[5:8]
    assert len(saved(part.clone())) < 2000
    assert len(saved(chainrule.from_numpy(big[10:20]))) < 2000
    assert len(saved(part)) > 800_000  # a view's storage is that of its base, as in PyTorch
    assert again(part).storage_offset() == 5
    overlapping = again([chainrule.from_numpy(big[10:20]), chainrule.from_numpy(big[15:30])])
    overlapping[0][5] = -1
    assert overlapping[1][0] == -1


def test_a_result_is_saved_as_a_leaf() -> None:
    found = again(chainrule.ones(2, requires_grad=True) * 2)
    assert found.requires_grad
    assert found.is_leaf


def test_one_memory_as_two_dtypes_is_refused() -> None:
    x = chainrule.ones(3)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        saved([x, x.view(chainrule.int32)])


def test_subclasses_and_modules_of_the_program() -> None:
    net = Net()
    data = saved(net)
    with pytest.raises(pickle.UnpicklingError, match="Net was not an allowed global"):
        loaded(data)
    found = loaded(data, weights_only=False)
    assert type(found) is Net
    assert not differences(found.state_dict(), net.state_dict())
    assert found(chainrule.ones(1, 2)).shape == (1, 2)
    serialization.add_safe_globals([Net, nn.Linear, nn.functional.relu])
    try:
        assert type(loaded(data)) is Net
    finally:
        serialization.clear_safe_globals()
    with pytest.raises(pickle.UnpicklingError, match="Strict"):  # it has code of its own to be run
        loaded(saved(Strict()), weights_only=False)
    assert type(with_globals([Strict, nn.Linear, nn.functional.relu], lambda: loaded(saved(Strict())))) is Strict


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.activation = nn.functional.relu

    def forward(self, x: Any) -> Any:
        return self.activation(self.linear(x))


class Strict(Net):
    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)


def test_classes_that_pytorch_has_in_another_file() -> None:
    for module in (nn.MultiheadAttention(4, 2), nn.CTCLoss(), nn.InstanceNorm1d(3), nn.PixelShuffle(2), nn.Softmax(1)):
        assert type(again(module, weights_only=False)) is type(module)
    norm = nn.InstanceNorm1d(3)
    assert type(with_globals([nn.InstanceNorm1d], lambda: again(norm))) is nn.InstanceNorm1d


@pytest.mark.parametrize("part", [nn, chainrule.optim], ids=["nn", "optim"])
def test_each_class_is_named_as_pytorch_names_it(part: Any) -> None:
    homes = torch_alias._all_homes()
    for name in dir(part):
        kind = getattr(part, name)
        if isinstance(kind, type) and kind.__name__ == name and kind.__module__.startswith("chainrule."):
            assert torch_name(kind).rpartition(".")[0] in homes[part.__name__.rpartition(".")[2], name]


def test_optimizers_are_objects_too() -> None:
    optimizer = chainrule.optim.SGD([nn.Parameter(chainrule.ones(1))], lr=0.5)
    assert again(optimizer, weights_only=False).param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_protocols(protocol: int) -> None:
    file = io.BytesIO()
    chainrule.save(values(chainrule), file, pickle_protocol=protocol)
    assert not differences(loaded(file.getvalue()), values(chainrule))


class Marked(chainrule.Tensor):
    pass


@LAYOUTS
def test_tensors_that_live_only_while_they_are_saved(zipped: bool) -> None:
    for _ in range(20):
        found = with_globals([Maker], lambda: again([Maker(value) for value in range(5)], zipped))
        assert [part.values.unique().tolist() for part in found] == [[0], [1], [2], [3], [4]]


class Maker:
    """Makes its state when it is asked for it."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __getstate__(self) -> Any:
        return {"values": chainrule.full((1000,), self.value)}


def test_tensors_of_other_classes() -> None:
    buffer = again(nn.Buffer(chainrule.ones(2), persistent=False))
    assert isinstance(buffer, nn.Buffer)
    assert buffer.persistent is False
    marked = chainrule.ones(2).as_subclass(Marked)
    with pytest.raises(pickle.UnpicklingError, match="Marked was not an allowed global"):
        again(marked)
    assert type(with_globals([Marked], lambda: again(marked))) is Marked
    parameter = nn.Parameter(chainrule.ones(1))
    parameter.note = "kept"
    assert again(parameter).note == "kept"


def test_generators() -> None:
    generator = chainrule.Generator().manual_seed(3)
    chainrule.rand(5, generator=generator)
    found = again(generator)  # whose state is a tensor that nobody else holds
    assert not differences(found.get_state(), generator.get_state())
    assert found.initial_seed() == 3
    assert chainrule.rand(3, generator=found).tolist() == chainrule.rand(3, generator=generator).tolist()
    assert not differences(chainrule.load(SAVED / "generator.pt").get_state(), drawn_from(chainrule).get_state())


def test_files_one_after_another() -> None:
    file = io.BytesIO()
    for number in range(3):
        chainrule.save(chainrule.full((2,), number), file, _use_new_zipfile_serialization=False)
    file.seek(0)
    assert [chainrule.load(file)[0].item() for _ in range(3)] == [0, 1, 2]


def test_a_stream_that_only_writes() -> None:
    written = io.BytesIO()
    stream = SimpleNamespace(write=written.write, flush=lambda: None)
    chainrule.save({"x": chainrule.ones(2)}, stream)  # type: ignore[arg-type]
    assert loaded(written.getvalue())["x"].tolist() == [1, 1]


def test_other_byte_order() -> None:
    obj = {"f": chainrule.tensor([1.5, -2.0]), "c": chainrule.tensor([1 + 2j]), "i": chainrule.tensor([3]), "b": chainrule.tensor([True])}  # fmt: skip
    data = bytearray(saved(obj))
    for name, width in (("f", 4), ("c", 4), ("i", 8)):
        raw = obj[name].numpy().tobytes()
        at = data.index(raw)
        data[at : at + len(raw)] = b"".join(raw[n : n + width][::-1] for n in range(0, len(raw), width))
    swapped = repacked(bytes(data), lambda name, record: b"big" if name == "byteorder" else record, check=False)
    assert {name: value.tolist() for name, value in loaded(swapped).items()} == {
        name: value.tolist() for name, value in obj.items()
    }
    untold = repacked(bytes(data), lambda name, record: None if name == "byteorder" else record, check=False)
    serialization.set_default_load_endianness(serialization.LoadEndianness.BIG)
    try:
        assert loaded(untold)["i"].tolist() == [3]
    finally:
        serialization.set_default_load_endianness(None)


def test_map_location() -> None:
    data = saved(chainrule.ones(2))
    seen = []
    for where in (
        "cpu",
        chainrule.device("cpu"),
        {"cpu": "cpu"},
        lambda storage, place: seen.append(place),
        lambda s, _: s,
    ):
        assert loaded(data, map_location=where).tolist() == [1, 1]
    assert seen == ["cpu"]
    moved = repacked(data, lambda _, record: record.replace(b"X\3\0\0\0cpu", b"X\6\0\0\0cuda:0"))
    with pytest.raises(RuntimeError, match=r"deserialize object on a CUDA device.*map_location='cpu'"):
        loaded(moved)
    assert loaded(moved, map_location="cpu").device.type == "cpu"
    assert loaded(moved, map_location={"cuda:0": "cpu"}).device.type == "cpu"
    assert loaded(data, map_location="meta").is_meta
    with pytest.raises(RuntimeError):
        loaded(data, map_location="cuda")
    with pytest.raises(TypeError):
        loaded(data, map_location=3)


def test_mapped_files_are_never_written(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    chainrule.save(chainrule.ones(5), path)
    before = path.read_bytes()
    mapped = chainrule.load(path, mmap=True)
    mapped[0] = 7
    assert mapped.tolist() == [7, 1, 1, 1, 1]
    assert path.read_bytes() == before


# -- wrong calls ---------------------------------------------------------------------------------------------------------


def test_wrong_calls(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    chainrule.save(1, path)
    for error, call in (
        (FileNotFoundError, lambda: chainrule.load(tmp_path / "none.pt")),
        (IsADirectoryError, lambda: chainrule.load(tmp_path)),
        (RuntimeError, lambda: chainrule.save(1, tmp_path / "none" / "x.pt")),
        (RuntimeError, lambda: chainrule.save(1, tmp_path)),
        (AttributeError, lambda: chainrule.load(3)),
        (AttributeError, lambda: chainrule.save(1, 3)),
        ((AttributeError, pickle.PicklingError), lambda: chainrule.save(lambda: 1, path)),
        (RuntimeError, lambda: chainrule.load(path, pickle_module=pickle, weights_only=True)),
        (RuntimeError, lambda: chainrule.load(path, pickle_module=SimpleNamespace(__name__="dill"))),
        (RuntimeError, lambda: chainrule.save(1, path, pickle_module=SimpleNamespace(__name__="dill"))),
        (TypeError, lambda: chainrule.load(path, fix_imports=True)),
        (ValueError, lambda: chainrule.load(io.BytesIO(), mmap=True)),
        (TypeError, lambda: serialization.add_safe_globals([3])),
        (TypeError, lambda: chainrule.load(io.StringIO("text"))),
    ):
        with pytest.raises(error):
            call()
    assert chainrule.load(path) == 1


# -- nothing is executed -------------------------------------------------------------------------------------------------


class Gadget:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


GADGETS = {
    "os.system": Gadget(os.system, "exit 1"),
    "builtins.eval": Gadget(eval, "1"),
    "builtins.getattr": Gadget(getattr, 1, "real"),
    "os.mkdir": Gadget(os.mkdir, "/nowhere/at/all"),
    "operator": Gadget(__import__("operator").attrgetter, "x"),
    "codecs": Gadget(__import__("codecs").decode, b"", "hex"),
    "numpy": Gadget(np.load, "nowhere"),
    "popen": Gadget(__import__("subprocess").Popen, "exit"),
}


@pytest.mark.parametrize("gadget", GADGETS.values(), ids=list(GADGETS))
@pytest.mark.parametrize("weights_only", [True, False])
@LAYOUTS
def test_what_a_file_names_is_not_called(gadget: Gadget, weights_only: bool, zipped: bool) -> None:
    data = saved([chainrule.ones(1), gadget], zipped)
    with pytest.raises(pickle.UnpicklingError, match=r"not an allowed global.*safe_globals"):
        loaded(data, weights_only=weights_only)


def test_a_named_module_is_not_imported() -> None:
    assert "this" not in sys.modules
    with pytest.raises(pickle.UnpicklingError, match=r"this\.s was not"):
        loaded(archive(b"\x80\x02cthis\ns\n."), weights_only=False)
    assert "this" not in sys.modules


def archive(data: bytes) -> bytes:
    """A file whose pickle is this."""
    return repacked(saved(chainrule.ones(4)), lambda name, record: data if name == "data.pkl" else record)


HOSTILE = {
    "a function of ours": b"\x80\x02ctorch.nn.functional\nrelu\n(K\x01tR.",
    "a method by a dotted name": b"\x80\x04\x8c\x05torch\x8c\x0fTensor.__init__\x93.",
    "state of a class": b"\x80\x02ctorch\nSize\n}X\x01\x00\x00\x00aK\x01sb.",
    "state of a function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aK\x01sb.",
    "state of a tensor": b"\x80\x02ctorch\nTensor\n)R}b.",
    "state of a module": b"\x80\x02ctorch.nn.modules.activation\nReLU\n)\x81}}X\x01\x00\x00\x00aK\x01s\x86b.",
    "state of an optimizer": b"\x80\x02ctorch.optim.sgd\nSGD\n)\x81}b.",
    "items of a class": b"\x80\x02ccollections\nOrderedDict\n(K\x01K\x02u.",
    "instance by INST": b"\x80\x02(S'1'\nibuiltins\neval\n.",
    "a huge string": b"\x80\x02X\xff\xff\xff\x7fab.",
    "a huger string": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fab.",
    "a huge memo": b"\x80\x02Nr\xff\xff\xff\xffr\xfe\xff\xff\xff0h\x01.",
    "a huge number": b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",
    "many digits": b"\x80\x02L" + b"9" * 10_000 + b"L\n.",
    "a key of many parts": b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s.",
    "a function of many parts": b"\x80\x02)" + b"2\x86" * 60 + b")R.",
    "deep lists": b"\x80\x02" + b"(" * 100_000 + b"l" * 100_000 + b".",
    "an empty stack": b"\x80\x02tR.",
    "no end": b"\x80\x02}",
    "a storage of text": b"\x80\x02X\x03\x00\x00\x00../Q.",
    "a bytearray of a number": b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
    "a codec that unpacks": b"\x80\x02c_codecs\nencode\nX\x01\0\0\0aX\x03\0\0\0zip\x86R.",
    "an ordered dict of many parts": b"\x80\x02ccollections\nOrderedDict\n])" + b"2\x86" * 60 + b"K\x01\x86a\x85R.",
    "a set of many parts": b"\x80\x02c__builtin__\nset\n])" + b"2\x86" * 60 + b"a\x85R.",
    "a defaultdict of many parts": b"\x80\x02ccollections\ndefaultdict\n)" + b"2\x86" * 60 + b"\x85R.",
    "a complex of text": b"\x80\x02c__builtin__\ncomplex\nX\x01\0\0\0a\x85R.",
    "a list as key": b"\x80\x02}]K\x01s.",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("weights_only", [True, False])
def test_hostile_pickles(name: str, weights_only: bool) -> None:
    data = archive(HOSTILE[name])
    if name in ("a huge memo", "deep lists"):  # strange, but harmless
        data = archive(HOSTILE[name][:-1] + b"0.")
    with pytest.raises(pickle.UnpicklingError):
        loaded(data, weights_only=weights_only)


# -- damaged files -------------------------------------------------------------------------------------------------------


def repacked(data: bytes, edit: Any, check: bool = True, method: int = 0) -> bytes:
    """The archive with each record edited; None leaves it out. ``check=False``: it may be damaged already."""
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", method) as new:
        for info in old.infolist():
            if not check:
                info.CRC = None  # type: ignore[assignment]
            folder, _, name = info.filename.partition("/")
            record = edit(name, old.open(info).read())
            if record is not None:
                new.writestr(f"{folder}/{name}", record)
    return file.getvalue()


def test_archives_that_lie() -> None:
    data = saved({"x": chainrule.ones(10), "y": chainrule.zeros(3)})
    for edit, says in (
        (lambda name, record: record[:20] if name == "data/0" else record, "record size"),
        (lambda name, record: record * 2 if name == "data/0" else record, "record size"),
        (lambda name, record: None if name == "data/0" else record, "file not found"),
        (lambda name, record: None if name == "data.pkl" else record, "file not found"),
        (lambda name, record: None if name == "version" else record, "file not found"),
        (lambda name, record: b"99" if name == "version" else record, "version"),
        (lambda name, record: b"odd" if name == "byteorder" else record, "order"),
        (lambda name, record: record[:-20] if name == "data.pkl" else record, "damaged|truncated"),
        (lambda name, record: record.replace(b"K\x0a", b"K\xff"), "record size|bounds"),
        (lambda name, record: record.replace(b"X\1\0\0\0000", b"X\7\0\0\0../data"), "file not found"),
    ):
        with pytest.raises(RuntimeError, match=says):
            loaded(repacked(data, edit))
    with pytest.raises(RuntimeError, match="compressed"):
        loaded(repacked(data, lambda _, record: record, method=8))
    damaged = bytearray(data)
    damaged[data.index(chainrule.ones(10).numpy().tobytes())] ^= 1
    with pytest.raises(RuntimeError, match="checksum"):
        loaded(bytes(damaged))
    escaping = data.replace(b"archive/data/0", b"archive/../../0")[: len(data)]
    with pytest.raises(RuntimeError):
        loaded(escaping)
    with pytest.raises(RuntimeError, match="hostile"):
        loaded(data.replace(b"archive/data/0", b"archive/../da0"))
    overlapping = data.replace(b"archive/data/1", b"archive/data/0")
    with pytest.raises(RuntimeError):
        loaded(overlapping)


def test_storages_that_lie() -> None:
    import struct

    x = chainrule.ones(10)
    for offset, size, stride in (
        (1, (10,), (1,)), (0, (11,), (1,)), (0, (2, 10), (9, 1)), (-1, (1,), (1,)), (0, (-1,), (1,)), (0, (2,), (-1,)),
        (0, (2,), (1, 1)), (0, (2**40,), (1,)), (0, (2**62, 4), (0, 0)), (2**70, (1,), (1,)),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="damaged"):
            again(Gadget(*rebuild(x, offset, size, stride)))
    large = saved(x, zipped=False).replace(b"K\x0aN", b"J" + struct.pack("<i", 2**31 - 1) + b"N")
    with pytest.raises(RuntimeError, match="its tensors take"):
        loaded(large)


def rebuild(x: Any, *geometry: Any) -> Any:
    from chainrule.serialization._write import Place, named

    place = Place("0", "torch.FloatStorage", "cpu", 10)
    return named("torch._utils._rebuild_tensor_v2"), place, *geometry, False, OrderedDict()


@LAYOUTS
def test_fuzz(zipped: bool) -> None:
    """Whatever bytes are lost or changed, there is a clear error, or what was saved."""
    obj = {"x": chainrule.arange(5.0), "n": [1, "text"], "p": nn.Parameter(chainrule.ones(2, 2)), "t": chainrule.ones(2, 3).t()}  # fmt: skip
    data, chance = saved(obj, zipped), np.random.default_rng(0)
    errors = (RuntimeError, pickle.UnpicklingError, EOFError)
    for _ in range(400):
        broken = bytearray(data[: chance.integers(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.integers(1, 4) if len(broken) == len(data) else 0):
            at = chance.integers(len(broken))
            broken[at] = chance.integers(256) if chance.random() < 0.5 else broken[at] ^ (1 << chance.integers(8))
        try:
            found = loaded(bytes(broken))
        except errors:
            pass
        else:  # the old layout has no checksums: values may be others, but they are of the kind
            assert zipped is False or not differences(found, obj)


def test_other_files() -> None:
    for data, error in ((b"", EOFError), (b"hello world, this is text", RuntimeError), (b"PK", RuntimeError), (b"\x89PNG", RuntimeError)):  # fmt: skip
        with pytest.raises(error):
            loaded(data)


# -- writing is atomic ---------------------------------------------------------------------------------------------------


def test_killed_saves(tmp_path: Path) -> None:
    assert not killed_saves(tmp_path, 4)


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    chainrule.save(chainrule.ones(2), path)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        chainrule.save([chainrule.zeros(10_000), lambda: 1], path)
    assert chainrule.load(path).tolist() == [1, 1]
    assert os.listdir(tmp_path) == ["x.pt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes and links")
def test_modes_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "x.pt", tmp_path / "link.pt"
    chainrule.save(1, path)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    link.symlink_to(path)
    chainrule.save(2, link)
    assert link.is_symlink()
    assert chainrule.load(path) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    chainrule.save(3, "/dev/null")


def test_names_in_a_file() -> None:
    assert serialization.get_unsafe_globals_in_checkpoint(SAVED / "values.pt") == []
    assert "torch.nn.modules.linear.Linear" in serialization.get_unsafe_globals_in_checkpoint(SAVED / "module.pt")
