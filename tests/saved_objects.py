"""What tests save: the same objects made with PyTorch (by tools/record_serialization.py) and with chainrule."""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

DTYPES = """
    bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128
""".split()
YOUNG = ("uint16", "uint32", "uint64")
"""Dtypes that the layout before 1.6 does not have."""


def values(torch: ModuleType) -> dict[str, Any]:
    """Tensors of all kinds, and the plain values that files may hold."""
    x = torch.arange(6.0).reshape(2, 3)
    made = {
        "x": x, "transposed": x.t(), "part": x[1:, 1], "row": x[1], "leaf": torch.ones(2, requires_grad=True),
        "parameter": torch.nn.Parameter(torch.ones(2, 2)), "fixed": torch.nn.Parameter(torch.ones(1), requires_grad=False),
        "empty": torch.empty(0, 3), "number": torch.tensor(3), "expanded": torch.ones(1).expand(3, 4),
        "size": x.shape, "dtype": torch.float32, "device": torch.device("cpu"), "set": {1, 2}, "bytes": b"abc\xff",
        "ordered": OrderedDict(a=1), "large": 2**70, "float": 1.5, "complex": 3 + 4j, "nested": [1, (2, None), {"k": True}],
        "text": "äß\n", "rng": torch.Generator().manual_seed(3).get_state(),
    }  # fmt: skip
    for dtype in DTYPES:
        made[dtype] = torch.tensor([0, 1, 1]).to(getattr(torch, dtype))
    made["attribute"] = torch.ones(2)
    made["attribute"].note = ["kept"]
    return made


def composites(torch: ModuleType) -> dict[str, Any]:
    """Tensors that are kept as several. PyTorch saves no sparse masked ones."""
    parts = [torch.arange(6.0).reshape(2, 3), torch.ones(1, 3)]
    offsets, lengths = torch.tensor([0, 4, 8]), torch.tensor([2, 1])
    sparse = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {
            "strided": torch.nested.nested_tensor(parts),
            "several": torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 5), torch.ones(0, 2)]),
            "turned": torch.nested.nested_tensor(parts).transpose(1, 2),
            "jagged": torch.nested.nested_tensor(parts, layout=torch.jagged),
            "leaf": torch.nested.nested_tensor(parts, layout=torch.jagged, requires_grad=True),
            "gaps": torch.nested.nested_tensor_from_jagged(torch.arange(10.0), offsets, lengths),
            "jagged_turned": torch.nested.nested_tensor(parts, layout=torch.jagged).transpose(1, 2),
            "masked": torch.masked.masked_tensor(parts[0], parts[0] > 2),
            "masked_leaf": torch.masked.masked_tensor(parts[0], parts[0] > 2, requires_grad=True),
            "coo": sparse.to_sparse(), "csr": sparse.to_sparse_csr(), "csc": sparse.to_sparse_csc(),
            "coo_parameter": torch.nn.Parameter(sparse.to_sparse()),
        }  # fmt: skip
    made["noted"] = sparse.to_sparse()
    made["noted"].note = "kept"
    return made


def told(tensor: Any) -> Any:
    """All that there is to say of such a tensor, alike in both libraries."""
    if tensor.is_nested:
        held: Any = [part.tolist() for part in tensor.unbind()]
    elif hasattr(tensor, "get_mask"):
        held = [tensor.get_mask().tolist(), tensor.to_tensor(0).tolist()]
    else:
        held = tensor.to_dense().tolist()
    return str(tensor.layout), tensor.requires_grad, held, getattr(tensor, "note", None)


def drawn_from(torch: ModuleType) -> Any:
    """A generator that has been drawn from."""
    generator = torch.Generator().manual_seed(5)
    torch.randn(3, generator=generator)
    return generator


def objects(torch: ModuleType) -> dict[str, Any]:
    """What ``weights_only=False`` is needed for."""
    return {
        "array": np.arange(6.0, dtype=np.float32).reshape(2, 3), "columns": np.ones((2, 3), order="F"), "none": np.empty((0, 2)),
        "text": np.array(["a", "bc"]), "number": np.float64(1.5), "truth": np.bool_(True), "big": np.dtype(">i4"), "range": range(3),
        "slice": slice(1, None), "args": Namespace(lr=0.1, layers=[1, 2]), "simple": SimpleNamespace(a=1), "path": Path("a/b"),
        "day": date(2020, 2, 3), "time": datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC), "span": timedelta(1), "decimal": Decimal("1.5"),
        "half": Fraction(1, 2), "data": torch.utils.data.TensorDataset(torch.ones(2)).__dict__,
    }  # fmt: skip


def network(torch: ModuleType) -> Any:
    """A small module, seeded."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 2, bias=False), torch.nn.BatchNorm1d(2), torch.nn.ReLU())


def checkpoint(torch: ModuleType) -> dict[str, Any]:
    """What a training program saves after two steps."""
    net = network(torch)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, amsgrad=True)
    for step in (1.0, 2.0):
        optimizer.zero_grad()
        (net(torch.arange(12.0).reshape(4, 3).sin() * step) * torch.arange(8.0).reshape(4, 2).cos()).sum().backward()
        optimizer.step()
    return {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 2, "losses": [0.5, 0.25]}


def differences(got: Any, want: Any, path: str = "", tolerance: float = 0.0) -> list[str]:
    """Where two objects differ, which may be of two libraries."""
    if hasattr(want, "detach"):
        facts = [
            (
                type(t).__name__,
                str(t.dtype),
                tuple(t.shape),
                t.stride(),
                t.storage_offset(),
                t.requires_grad,
                t.__dict__,
            )
            for t in (got, want)
        ]
        if facts[0] != facts[1]:
            return [f"{path}: {facts[0]} is not {facts[1]}"]
        numbers = [t.detach().reshape(-1).tolist() for t in (got, want)]
        near = all(abs(a - b) <= tolerance * (1 + abs(b)) for a, b in zip(*numbers, strict=True))
        return [] if near else [f"{path}: {numbers[0]} is not {numbers[1]}"]
    if type(got).__name__ != type(want).__name__:
        return [f"{path}: {type(got)} is not {type(want)}"]
    if isinstance(want, dict):
        if list(got) != list(want):
            return [f"{path}: {list(got)} is not {list(want)}"]
        found = [one for key in want for one in differences(got[key], want[key], f"{path}.{key}", tolerance)]
        return found + ([] if getattr(got, "_metadata", 0) == getattr(want, "_metadata", 0) else [f"{path}._metadata"])
    if isinstance(want, (list, tuple)) and type(want).__name__ != "Size":
        parts = zip(got, want, strict=True)
        return [one for at, pair in enumerate(parts) for one in differences(*pair, f"{path}[{at}]", tolerance)]
    return [] if str(got) == str(want) else [f"{path}: {got} is not {want}"]
