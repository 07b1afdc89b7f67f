"""Every op of PyTorch's op database on the device "meta": the shapes, dtypes and strides that PyTorch has there, live."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from .exceptions import META
from .samples import OPS, Case, cases, tensors_in
from .test_ops import HERE

pytestmark = pytest.mark.filterwarnings("ignore")
DTYPES = (torch.float32, torch.complex64, torch.int64)


def outcome(side: Any, device: str) -> Any:
    """What the op gives on a device: of each tensor shape, dtype, device and whether it requires grad; or the exception."""
    try:
        tensors = [x.detach().to(device) for x in side.tensors()]
        for at in side.case.numbers:
            tensors[at].requires_grad_()
        found = side.call(tensors=tensors)
    except Exception as error:
        return error
    return [(tuple(x.shape), str(x.dtype), str(x.device), x.requires_grad) for x in tensors_in(found)]


@pytest.mark.parametrize("name", HERE)
def test_op(name: str) -> None:
    """PyTorch's shapes; where PyTorch has none, those on the CPU; where it refuses, we may."""
    if name in META:
        pytest.skip(META[name])
    for dtype in DTYPES:
        for case in cases(name, dtype) if dtype in OPS[name].supported_dtypes("cpu") else ():
            compare(case)


def compare(case: Case) -> None:
    ours, theirs = outcome(case.ours, "meta"), outcome(case.of_torch, "meta")
    if isinstance(ours, Exception):
        assert isinstance(theirs, Exception), f"have {ours!r}\nwant {theirs}\nof {case.arguments!r}"
        return
    if isinstance(theirs, Exception):
        theirs = [(shape, dtype, "meta", needs) for shape, dtype, _, needs in outcome(case.of_torch, "cpu")]
    assert ours == theirs, f"have {ours}\nwant {theirs}\nof {case.arguments!r}"
