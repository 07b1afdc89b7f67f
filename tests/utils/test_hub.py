"""``torch.hub``: files by their addresses, here on this machine."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule as torch
from chainrule import hub, torch_alias


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    before = hub._folder
    hub.set_dir(tmp_path / "hub")
    yield tmp_path / "hub"
    hub._folder = before


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.pt"
    torch.save({"w": torch.arange(3.0)}, path)
    named = tmp_path / f"weights-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}.pt"
    return path.rename(named)


def test_a_file_is_fetched_once_and_loaded(weights: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        state = hub.load_state_dict_from_url(weights.as_uri(), progress=False, check_hash=True)
        assert state["w"].tolist() == [0, 1, 2]
    assert (folder / "checkpoints" / weights.name).exists()
    assert capsys.readouterr().err.count("Downloading") == 1


def test_another_file_than_its_name_says_is_refused_and_not_kept(weights: Path, folder: Path) -> None:
    other = weights.rename(weights.with_name("weights-00000000.pt"))
    with pytest.raises(RuntimeError, match='invalid hash value \\(expected "00000000"'):
        torch.utils.model_zoo.load_url(other.as_uri(), progress=False, check_hash=True)
    assert not list((folder / "checkpoints").iterdir())


def test_progress_is_shown(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    hub.download_url_to_file(weights.as_uri(), str(tmp_path / "copy.pt"))
    assert (tmp_path / "copy.pt").read_bytes() == weights.read_bytes()
    assert "B/s" in capsys.readouterr().err


def test_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_folder", None)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.delenv("TORCH_HOME", raising=False)
    assert hub.get_dir() == "/cache/torch/hub"
    monkeypatch.setenv("TORCH_HOME", "/home")
    assert hub.get_dir() == "/home/hub"


def test_code_is_not_fetched() -> None:
    with pytest.raises(RuntimeError, match="chainrule fetches no code"):
        hub.load("pytorch/vision", "resnet18")


CONF = """
dependencies = ["numpy"]
from beside import width
import torch

def net(n=2, bias=True):
    from other import times
    return torch.nn.Linear(n, width * times, bias)

number = 3
"""


def test_a_folder_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "hubconf.py").write_text(CONF)
    (tmp_path / "beside.py").write_text("width = 3")
    (tmp_path / "other.py").write_text("times = 2")
    with torch_alias.install():
        net = hub.load(
            tmp_path, "net", 4, source="local", bias=False, trust_repo=True, force_reload=True, verbose=False
        )
        assert str(net) == "Linear(in_features=4, out_features=6, bias=False)"
        with pytest.raises(RuntimeError, match="Cannot find callable number in hubconf"):
            hub.load(str(tmp_path), "number", source="local")
        with pytest.raises(ValueError, match="function name"):
            hub.load(str(tmp_path), 3, source="local")
        (tmp_path / "hubconf.py").write_text('dependencies = ["numpy", "not_there_at_all"]\ndef net(): pass')
        with pytest.raises(RuntimeError, match="Missing dependencies: not_there_at_all"):
            hub.load(str(tmp_path), "net", source="local")
    with pytest.raises(FileNotFoundError):
        hub.load(tmp_path / "nowhere", "net", source="local")
    with pytest.raises(ValueError, match="Unknown source"):
        hub.load(tmp_path, "net", source="gitlab")
    assert str(tmp_path) not in sys.path
    assert "hubconf" not in sys.modules
    for name in ("beside", "other"):
        del sys.modules[name]
