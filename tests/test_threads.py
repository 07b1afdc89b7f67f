"""Work that several threads share: as if one had done it, and nothing of it is left behind."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.backend import convolutions_numpy
from chainrule.backend.threads_numpy import blas, shared_out

has_blas = pytest.mark.skipif(blas() is None, reason="another BLAS than that of NumPy's wheels")


@pytest.fixture(autouse=True)
def three_threads() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def gradients(images: int) -> list[Any]:
    torch.manual_seed(0)
    x, w, b = torch.randn(images, 4, 9, 9), torch.randn(6, 2, 3, 3), torch.randn(6)
    for leaf in (x, w, b):
        leaf.requires_grad_()
    found = []
    for settings in ({"padding": 1}, {"stride": 2}):
        y = torch.nn.functional.conv2d(x, w, b, groups=2, **settings)
        found += [y.detach(), *torch.autograd.grad(y, (x, w, b), torch.cos(y).detach())]
    return found


@has_blas
@pytest.mark.parametrize("images", [2, 3, 7])
def test_convolutions(images: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = gradients(images)
    monkeypatch.setattr(convolutions_numpy, "PARALLEL", 0)
    used = set()
    product = np.matmul
    monkeypatch.setattr(np, "matmul", lambda *args, **kw: used.add(threading.get_ident()) or product(*args, **kw))
    together = gradients(images)
    assert len(used) > 1
    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(one, other)


@has_blas
def test_blas_has_its_threads_back_after_an_error() -> None:
    def fail(part: slice) -> None:
        raise ValueError(part)

    library = blas()
    assert library is not None
    before = library.threads()
    with pytest.raises(ValueError, match="slice"):
        shared_out(fail, 4, True)
    assert library.threads() == before
    assert shared_out(lambda part: part.stop - part.start, 4, True) == [1, 1, 2]


@has_blas
def test_what_is_shared_out_inside_of_a_share_is_not() -> None:
    inner = shared_out(lambda part: shared_out(lambda part: part, 4, True), 3, True)
    assert inner == [[slice(0, 4)]] * 3


@has_blas
def test_the_number_of_threads_is_that_of_blas() -> None:
    library = blas()
    assert library is not None
    torch.set_num_threads(1)
    assert library.threads() == torch.get_num_threads() == 1


@has_blas
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_process_has_threads_of_its_own() -> None:
    shared_out(lambda part: None, 4, True)
    child = os.fork()
    if not child:
        os._exit(0 if len(shared_out(lambda part: None, 4, True)) == 3 else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
