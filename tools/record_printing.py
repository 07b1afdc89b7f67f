"""Write tests/golden/printing.json: what PyTorch prints, for many tensors and print options. Needs torch.

    python tools/record_printing.py

A case says how to build a tensor (see ``build`` here and in tests/test_printing.py) and holds its text in "repr".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

TARGET = Path(__file__).parent.parent / "tests" / "golden" / "printing.json"
Case = dict[str, Any]

FLOATS = ("float32", "float64", "float16", "bfloat16")
INTS = ("int64", "int32", "int16", "int8", "uint8")
COMPLEX = ("complex64", "complex128")
inf, nan = float("inf"), float("nan")

FLOAT_FAMILIES: list[Any] = [
    0.0, -0.0, 1.0, -1.0, 0.5, -2.25, 3.14159, 100.0, 12345.0, 1e-5, -1e-4, 1e8, 2e8, 1e10, 123456.789, inf, -inf,
    nan, [7.0], [-0.0], [nan], [inf, -inf], [0.0, 0.0, 0.0], [-0.0, 0.0, -0.0], [1.0, 2.0, 3.0], [1.0, -2.0, 30.0],
    [1.0, 10.0, 100.0], [1.0, 10.0, 1000.0], [1.0, 10.0, 1001.0], [-0.0, 1.0], [1.5, 2.0, -3.0], [0.1, 0.2, 0.3],
    [-0.0, 0.5, 100.25], [0.0, 1e-3, 1.0], [0.0, 1e-3, 1.001], [1e-4, 1e-3], [1e-4, 5e-5], [9.9e-5, 0.0],
    [1e-7, 1e-6, -2e-7], [1e-30, 1.0], [3e-8, 0.0, 6e-8], [0.00012, 0.1], [1.00005, 0.99995], [1e8, 1e8], [1e8, 1.5],
    [1.00001e8, 1e8], [99999999.0, 5.0], [123456789.0, 987654321.0], [1e15, 3e15], [65504.0, 2.0], [1e20, -1e20],
    [1e30, 2e30, nan], [1e38, 1e-38], [nan, 1.0, 2.0], [nan, 1.5], [inf, 1.0], [-inf, 0.5, nan], [nan, 0.0],
    [-inf, -0.0], [inf, 1e9, nan], [-inf, 1e-9, 2.0], [nan, nan, inf, -inf, 0.0, -0.0, 1.0, -1.0],
    [[nan, 1.0], [-inf, 250.0]], [[0.0, -0.0], [inf, 0.25]], [[1.0, 2.0], [3.0, 4.0]], [[1.5], [-22.75]], [[[1.0]]],
    [[[[0.5]]]], [[0.001, 1000.0], [1.0, -1.0]], [999.9999, 1.0], [9999.99995, 11.0], [0.00005, 0.5],
    [-0.00001, -5.0], [5e-324, 1e308], [2.0**24, 2.0**24 + 2], [i / 8 for i in range(30)],
    [float(i * i) for i in range(40)], [2.5**i for i in range(16)], [-1.0] * 25, [0.0] * 40,
]  # fmt: skip

INT_FAMILIES: list[Any] = [
    0, 7, [0], [1, 2, 3], [100, 20, 3], [127, 0, 99], [[1, 2], [30, 40]], [[[5], [6]], [[77], [8]]], list(range(50)),
]  # fmt: skip
SIGNED_FAMILIES: list[Any] = [-5, [-1, 10, -100], [[-128, 127], [0, -1]], [-i for i in range(45)]]
WIDE_FAMILIES: list[Any] = [[2**63 - 1, -(2**63)], [10**12, 1], [2**53 + 1], [[10**9], [-1]]]
BOOL_FAMILIES: list[Any] = [
    True, False, [True], [True, False, True], [False, False], [[True, True], [False, True]], [[[False]]],
    [i % 3 == 0 for i in range(40)], [True] * 23,
]  # fmt: skip

COMPLEX_FAMILIES: list[tuple[Any, Any]] = [
    (0.0, 0.0), (-0.0, -0.0), (1.0, 2.0), (1.5, -2.0), (1e-5, 1.0), (nan, inf), (2.0, -inf), (3.0, nan), (1e9, 1e9),
    (0.0, 1.0), ([1.0, 2.0], [3.0, 4.0]), ([1.0, -20.0], [-3.5, 0.25]), ([0.0, 1e-6], [1.0, 1.0]),
    ([1.0, 1.0], [1e-6, 1e6]), ([nan, 1.0, -2.0], [inf, -inf, nan]), ([-0.0, 0.5], [0.0, -0.0]),
    ([100.0, 1.0], [0.5, -1000.5]), ([0.0, 0.0], [0.0, 0.0]), ([[1.0, 2.5], [3.0, -4.0]], [[-1.0, 0.0], [10.0, 0.5]]),
    ([[[1.0]], [[2.0]]], [[[0.5]], [[-0.5]]]), ([float(i) for i in range(12)], [float(-i) for i in range(12)]),
    ([i / 7 for i in range(15)], [i * 3.3 for i in range(15)]),
]  # fmt: skip


def grid(*shape: int, mul: int = 7, mod: int = 13, add: int = -6, scale: float = 1) -> dict[str, Any]:
    """Numbers ``((i * mul) % mod + add) * scale``."""
    return {"shape": list(shape), "grid": [mul, mod, add, scale]}


GRIDS = [
    grid(1, 1), grid(3, 4), grid(3, 4, scale=0.25), grid(2, 3, 4, scale=0.5), grid(2, 2, 2, 2),
    grid(2, 1, 2, 1, 2, scale=0.1), grid(2, 30, mod=101), grid(2, 15, mod=97, scale=0.01),
    grid(1, 1, 18, mod=997, scale=1e-6), grid(5, 1, scale=1.25), grid(2, 2, 12, mod=991, mul=137, scale=0.125),
    grid(4, 2, mod=3, add=0),
]  # fmt: skip
LARGE = [
    grid(1001), grid(1000), grid(2000, scale=0.5), grid(1500, mul=37, mod=997, add=0),
    grid(1200, mod=997, scale=1e-3), grid(40, 40), grid(40, 40, scale=0.1), grid(6, 200), grid(7, 200, scale=0.25),
    grid(200, 6), grid(1, 1100), grid(1100, 1), grid(2, 600, mod=997), grid(12, 12, 12), grid(12, 12, 12, scale=0.75),
    grid(3, 4, 100), grid(2, 7, 9, 8), grid(8, 1, 2, 80, scale=1.5), grid(1, 2, 3, 400),
    grid(2, 1, 2, 1, 3, 90, mod=3),
]  # fmt: skip
EMPTIES: list[tuple[int, ...]] = [(0,), (0, 3), (3, 0), (2, 0, 4), (0, 0), (1, 0, 1, 1)]
DTYPES = (*FLOATS, *INTS, "bool", *COMPLEX)

OPTIONS: list[dict[str, Any]] = [
    {"precision": 0}, {"precision": 1}, {"precision": 8}, {"precision": 17}, {"sci_mode": True},
    {"sci_mode": False}, {"sci_mode": True, "precision": 1}, {"sci_mode": False, "precision": 10},
    {"profile": "short"}, {"profile": "full"}, {"profile": "default"}, {"profile": "short", "precision": 3},
    {"linewidth": 40}, {"linewidth": 200}, {"linewidth": 10}, {"linewidth": 1}, {"threshold": 5}, {"threshold": 0},
    {"threshold": inf}, {"threshold": 5, "edgeitems": 1}, {"threshold": 5, "edgeitems": 2, "linewidth": 30},
    {"edgeitems": 0}, {"edgeitems": 0, "threshold": 0}, {"edgeitems": 100}, {"profile": "no such profile"},
    {"profile": "short", "threshold": 4, "sci_mode": True}, {"linewidth": 50.5},
]  # fmt: skip
UNDER_OPTIONS: list[tuple[str, Any]] = [
    ("float32", 0.1), ("float32", 2.0), ("float32", [0.0, -0.0]), ("float32", [1.0, 20.0, -300.0]),
    ("float32", [0.12345678, 1e5, nan, -inf]), ("float32", grid(3, 4, 2, scale=0.3)),
    ("float64", grid(12, mod=97, scale=0.377)), ("float64", [0.05, 0.95, 1.5, 2.5, 123456.5]), ("int64", grid(7, 3)),
    ("int32", [1, 2, 3, 4, 5, 6]), ("bool", grid(9, mod=3, add=-1)),
]  # fmt: skip

GRAD_FNS = {
    "CloneBackward0": torch.Tensor.clone,
    "ExpandBackward0": lambda leaf: leaf.expand(leaf.shape),
    "ViewBackward0": lambda leaf: leaf.view(leaf.shape),
}


def custom_node(name: str) -> Any:
    """An identity whose node has this name, which must end in "Backward"."""
    methods = {"forward": staticmethod(lambda ctx, x: x.clone()), "backward": staticmethod(lambda ctx, g: g)}
    return type(name.removesuffix("Backward"), (torch.autograd.Function,), methods).apply


def cases() -> Iterator[Case]:
    for dtype in FLOATS:
        for data in FLOAT_FAMILIES:
            if dtype == "float32" or (isinstance(data, list)):
                yield {"dtype": dtype, "data": data}
    for dtype in INTS:
        for data in INT_FAMILIES + (SIGNED_FAMILIES if dtype != "uint8" else [[255, 0], 200]):
            yield {"dtype": dtype, "data": data}
    for data in WIDE_FAMILIES:
        yield {"dtype": "int64", "data": data}
    for dtype in ("uint16", "uint32", "uint64"):
        for data in (7, [0, 300, 65535], grid(0, 2), grid(2, 20, add=0), grid(1100, add=0)):
            yield {"dtype": dtype, "data": data}
    for data in BOOL_FAMILIES:
        yield {"dtype": "bool", "data": data}
    for dtype in COMPLEX:
        for real, imag in COMPLEX_FAMILIES:
            yield {"dtype": dtype, "data": real, "imag": imag}
    for data in GRIDS:
        for dtype in ("float32", "bfloat16", "int64" if data["grid"][-1] == 1 else "float64"):
            yield {"dtype": dtype, "data": data}
    yield from large_cases()
    for dtype in DTYPES:
        for shape in EMPTIES:
            yield {"dtype": dtype, "data": grid(*shape)}
    yield from default_dtype_cases()
    for options in OPTIONS:
        for dtype, data in UNDER_OPTIONS:
            yield {"dtype": dtype, "data": data, "options": options}
        yield {"dtype": "complex64", "data": grid(6, scale=0.7), "imag": grid(6, mul=5, scale=1e-3), "options": options}
        yield {"dtype": "float32", "data": grid(0, 2), "options": options}
    yield from suffix_cases()
    for view in ("transpose", "step", "expand"):
        for dtype in ("float32", "bfloat16", "int32", "complex64"):
            yield {"dtype": dtype, "data": grid(4, 6), "view": view}
            yield {"dtype": dtype, "data": grid(45, 50, mul=11, mod=29), "view": view}


def large_cases() -> Iterator[Case]:
    for data in LARGE:
        yield {"dtype": "float32" if data["grid"][-1] != 1 else "int64", "data": data}
    for dtype in DTYPES:
        yield {"dtype": dtype, "data": grid(1100)}
    for dtype in ("bool", "bfloat16", "complex64"):
        yield {"dtype": dtype, "data": grid(9, 9, 15, mul=5)}
    yield {"dtype": "complex64", "data": grid(1100, scale=0.1), "imag": grid(1100, mul=3, mod=101, scale=1e-3)}
    yield {"dtype": "complex128", "data": grid(30, 40, mod=997), "imag": grid(30, 40, scale=0.5)}
    # What a summary leaves out has no say in the format: all but the middle is zero here, then all but the ends.
    yield {"dtype": "float32", "data": grid(1001, mul=1, mod=1001, add=0, scale=1e-7)}
    yield {"dtype": "float64", "data": grid(1003, mul=500, mod=1003, add=-501, scale=1e3)}


def default_dtype_cases() -> Iterator[Case]:
    for default in ("float64", "float16", "bfloat16"):
        for dtype in DTYPES:
            yield {"dtype": dtype, "data": [1, 0, 1], "default_dtype": default}
            yield {"dtype": dtype, "data": grid(2, 0), "default_dtype": default}
            yield {"dtype": dtype, "data": grid(0), "default_dtype": default}


def suffix_cases() -> Iterator[Case]:
    for data in (1.5, [1.0, 2.0], [[0.5, -0.25], [1.0, 3.0]], grid(0, 2), grid(2, 2, 2), grid(1200), grid(3, 25)):
        for dtype in ("float32", "float64", "complex64"):
            yield {"dtype": dtype, "data": data, "requires_grad": True}
            for name in GRAD_FNS:
                yield {"dtype": dtype, "data": data, "grad_fn": name}
    for size in range(4, 24):
        yield {"dtype": "float32", "data": grid(size), "requires_grad": True}
        yield {"dtype": "float64", "data": grid(size), "grad_fn": "CloneBackward0"}
        yield {"dtype": "bfloat16", "data": grid(2, size), "grad_fn": "A" + "n" * size + "Backward"}
    for size in (60, 62, 64, 66, 80):
        yield {"dtype": "float64", "data": [1.0], "grad_fn": "L" * size + "Backward"}
    for size in range(32, 37):
        yield {"dtype": "float64", "data": grid(12), "grad_fn": "L" * size + "Backward"}
    for size in range(48, 53):
        yield {"dtype": "float32", "data": [1.0], "grad_fn": "L" * size + "Backward"}
    for prefix in ("S", "MyTensor", "AnExtremelyLongTensorSubclassName"):
        for data in (2.5, [1.0, 2.0], grid(3, 3), grid(20), grid(2, 2, 21), grid(1200), grid(3, 0)):
            yield {"dtype": "float64", "data": data, "prefix": f"{prefix}("}
            yield {"dtype": "float32", "data": data, "prefix": f"{prefix}(", "requires_grad": True}


def numbers(data: Any) -> np.ndarray[Any, Any]:
    if not isinstance(data, dict):
        return np.array(data)
    mul, mod, add, scale = data["grid"]
    indices = np.arange(math.prod(data["shape"]))
    return (((indices * mul) % mod + add) * scale).reshape(data["shape"])


def build(case: Case) -> torch.Tensor:
    dtype = getattr(torch, case["dtype"])
    tensor = torch.from_numpy(numbers(case["data"]))
    if dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.to(torch.float32)
    tensor = tensor.to(dtype)
    if "imag" in case:
        tensor.imag = torch.from_numpy(numbers(case["imag"]))
    match case.get("view"):
        case "transpose":
            tensor = tensor.mT
        case "step":
            tensor = tensor[..., ::2]
        case "expand":
            tensor = tensor.expand(3, *tensor.shape)
    if name := case.get("grad_fn"):
        function = GRAD_FNS[name] if name in GRAD_FNS else custom_node(name)
        tensor = function(tensor.requires_grad_())
        if type(tensor.grad_fn).__name__ != name:
            raise AssertionError(f"{name} came out as {type(tensor.grad_fn).__name__}")
    if prefix := case.get("prefix"):
        tensor = tensor.as_subclass(type(prefix.removesuffix("("), (torch.Tensor,), {}))
    return tensor.requires_grad_() if case.get("requires_grad") else tensor


def record(case: Case) -> Case:
    torch.set_printoptions(profile="default")
    torch.set_default_dtype(getattr(torch, case.get("default_dtype", "float32")))
    torch.set_printoptions(**case.get("options", {}))
    return {**case, "repr": repr(build(case))}


def main() -> None:
    lines = dict.fromkeys(json.dumps(record(case), separators=(",", ":")) for case in cases())
    TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} cases, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
