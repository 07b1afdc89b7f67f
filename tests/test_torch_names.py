"""Every public name of PyTorch's tensor functions is here, or there is a reason (src/chainrule/data/left_out.txt)."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import chainrule
from chainrule._missing import left_out, missing_name, pytorch_names, reason

MODULES = """
    torch torch.Tensor torch.nn.functional torch.special torch.linalg torch.fft torch.signal torch.signal.windows torch.distributions
    torch.distributions.constraints torch.distributions.transforms torch.distributions.kl torch.random torch.masked torch.sparse
""".split()


def lacking(module: str) -> set[str]:
    ours: Any = chainrule
    if module == "torch.Tensor":
        ours = chainrule.Tensor
    elif module != "torch":
        ours = importlib.import_module("chainrule" + module.removeprefix("torch"))
    return {name for name in pytorch_names()[module] if not hasattr(ours, name)}


@pytest.mark.parametrize("module", MODULES)
def test_what_is_lacking_has_a_reason(module: str) -> None:
    assert not {name for name in lacking(module) if reason(name) is None}


def test_every_reason_is_about_something() -> None:
    names = {name for module in MODULES for name in lacking(module)}
    assert not set(left_out()) - {reason(name) for name in names}


def test_the_reason_is_told() -> None:
    with pytest.raises(AttributeError, match=r"does not \(of sparse tensors there are torch.sparse.mm, .* sizes\)"):
        chainrule.smm  # noqa: B018
    assert "there are no quantised tensors" in str(missing_name("chainrule", "qscheme"))


def test_dir_shows_what_pytorch_has() -> None:
    shown = dir(chainrule.optim)
    assert {"Adam", "lr_scheduler", "__name__"} <= set(shown)
    assert not {"Any", "LATE", "listed"} & set(shown)
    public = pytorch_names()["torch.distributions"]
    assert not {name for name in dir(chainrule.distributions) if not name.startswith("__")} - public
