"""Files go both ways: what chainrule saves loads in PyTorch, and what PyTorch saves loads in chainrule."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from saved_objects import YOUNG, checkpoint, composites, differences, drawn_from, network, told, values

import chainrule

LIBRARIES = {"chainrule": chainrule, "torch": torch}
BOTH_WAYS = pytest.mark.parametrize(("here", "there"), [(chainrule, torch), (torch, chainrule)], ids=["out", "in"])


def objects(library: Any, zipped: bool) -> dict[str, Any]:
    """What both libraries save alike; the old layout has no young dtypes."""
    return {name: value for name, value in values(library).items() if zipped or name not in YOUNG}


@BOTH_WAYS
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("mmap", [False, True])
def test_values(here: Any, there: Any, zipped: bool, mmap: bool, tmp_path: Path) -> None:
    if mmap and not zipped:
        return
    path = tmp_path / "values.pt"
    here.save(objects(here, zipped), path, _use_new_zipfile_serialization=zipped)
    assert not differences(there.load(path, weights_only=True, mmap=mmap), objects(there, zipped))


@BOTH_WAYS
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", list(composites(chainrule)))
def test_composites(here: Any, there: Any, zipped: bool, name: str, tmp_path: Path) -> None:
    if not zipped and there is torch and name in ("strided", "several", "turned"):
        return  # PyTorch reads the numbers that say how, before they are read
    path = tmp_path / "composites.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here.save(composites(here)[name], path, _use_new_zipfile_serialization=zipped)
        found = there.load(path, weights_only=not name.startswith("masked"))
        assert told(found) == told(composites(there)[name])


@BOTH_WAYS
def test_training_goes_on(here: Any, there: Any, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    here.save(checkpoint(here), path)
    found = there.load(path)
    assert not differences(found, checkpoint(here))
    net = network(there)
    net.load_state_dict(found["model"])
    optimizer = there.optim.Adam(net.parameters())
    optimizer.load_state_dict(found["optimizer"])
    net(there.ones(2, 3)).sum().backward()
    optimizer.step()
    assert float(optimizer.state_dict()["state"][0]["step"]) == 3


@BOTH_WAYS
def test_whole_modules(here: Any, there: Any, tmp_path: Path) -> None:
    path = tmp_path / "module.pt"
    here.save(network(here), path)
    found = there.load(path, weights_only=False)
    assert str(found) == str(network(there))
    assert not differences(found.state_dict(), network(here).state_dict())
    assert found(there.ones(2, 3)).shape == (2, 2)


@BOTH_WAYS
@pytest.mark.parametrize(
    "name", ["MultiheadAttention(4, 2)", "InstanceNorm1d(2)", "CTCLoss()", "PixelShuffle(2)", "Fold(2, 1)"]
)
def test_modules_in_other_files(here: Any, there: Any, name: str, tmp_path: Path) -> None:
    module = eval(f"nn.{name}", {"nn": here.nn})
    here.save(module, tmp_path / "module.pt")
    found = there.load(tmp_path / "module.pt", weights_only=False)
    assert str(found) == str(module)
    assert list(found.state_dict()) == list(module.state_dict())


@BOTH_WAYS
def test_shared_memory(here: Any, there: Any) -> None:
    x = here.arange(6.0)
    file = io.BytesIO()
    here.save([x, x.view(2, 3), x[2:4].detach()], file)
    file.seek(0)
    whole, rows, part = there.load(file)
    whole[3] = 10
    assert rows.tolist() == [[0, 1, 2], [10, 4, 5]]
    assert part.tolist() == [2, 10]


def test_generators_in_pytorch(tmp_path: Path) -> None:
    chainrule.save(drawn_from(chainrule), tmp_path / "generator.pt")
    found = torch.load(tmp_path / "generator.pt", weights_only=False)
    assert torch.randn(5, generator=found).tolist() == torch.randn(5, generator=drawn_from(torch)).tolist()


def test_the_pickle_is_pytorchs_byte_for_byte() -> None:
    written = []
    for library in LIBRARIES.values():
        file = io.BytesIO()
        x = library.arange(6.0).reshape(2, 3)
        library.save({"x": x, "t": x.t(), "p": library.nn.Parameter(x), "s": {1}, "d": library.float16}, file)
        with zipfile.ZipFile(file) as archive:
            written.append(archive.read("archive/data.pkl"))
    assert written[0] == written[1]
