"""Element-wise functions, operators, methods and activations against what PyTorch gave (golden/elementwise.json)."""

from __future__ import annotations

import inspect
import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as torch

GOLDEN = json.loads((Path(__file__).parent / "golden" / "elementwise.json").read_text(encoding="utf-8"))

ROOM = {"float64": 1e-11, "float32": 4e-6, "float16": 2e-3, "bfloat16": 1.6e-2, "complex128": 1e-11, "complex64": 4e-6}
"""dtype -> the relative distance that counts as equal."""


def run(program: str) -> Any:
    scope: dict[str, Any] = {"torch": torch, "np": np}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(GOLDEN["setup"], scope)
        if not program.startswith("z = "):
            return eval(program, scope)
        first, last = program.split(";", 1)
        exec(first, scope)
        try:
            code = compile(last.strip(), "<program>", "eval")
        except SyntaxError:
            exec(last.strip(), scope)
            return scope["z"]
        return eval(code, scope)


def difference(program: str, outcome: str) -> str | None:
    """How the program's answer differs from the recorded one."""
    try:
        result = run(program)
    except Exception as error:  # noqa: BLE001 - whatever is raised is the answer
        raised = [kind.__name__ for kind in type(error).__mro__]
        return None if outcome.removesuffix(":") in raised else f"{type(error).__name__}: {error}"
    if not isinstance(result, torch.Tensor):
        return None if f"{type(result).__name__} {result}" == outcome else repr(result)
    dtype, shape, *texts = outcome.split(" ")
    got = f"{str(result.dtype).removeprefix('torch.')} {str(list(result.shape)).replace(' ', '')}"
    if got != f"{dtype} {shape}":
        return got
    values = np.asarray(result.detach().tolist()).reshape(-1).tolist()
    wrong = [f"{v} for {t}" for v, t in zip(values, texts, strict=True) if not same(v, t, ROOM.get(dtype, 0.0))]
    return "; ".join(wrong) or None


def same(value: Any, text: str, room: float) -> bool:
    if isinstance(value, complex):
        real, imag = text.split(",")
        size = abs(complex(float(real), float(imag)))
        return all(near(a, float(b), room * size) for a, b in ((value.real, real), (value.imag, imag)))
    signs_agree = value != value or math.copysign(1, value) == math.copysign(1, float(text))
    return near(value, float(text), room * max(abs(float(text)), 1e-3)) and signs_agree


def near(value: float, expected: float, room: float) -> bool:
    return value == expected or (value != value and expected != expected) or abs(value - expected) <= room < math.inf


@pytest.mark.parametrize("program", GOLDEN["programs"])
def test_program(program: str) -> None:
    problem = difference(program, GOLDEN["programs"][program])
    assert problem is None, f"{problem}\nPyTorch: {GOLDEN['programs'][program]}"


def test_numpy_numbers_count_as_python_numbers() -> None:
    x = torch.tensor([1.0, 2.0])
    assert (x * np.float64(2)).dtype is torch.float32
    assert (torch.tensor([1, 2]) + np.int8(3)).dtype is torch.int64


def test_numpy_arrays_are_operands() -> None:
    result = torch.tensor([1.0, 2.0]) * np.array([3.0, 4.0])
    assert isinstance(result, torch.Tensor)
    assert result.tolist() == [3.0, 8.0]
    assert result.dtype is torch.float64


def test_identities_return_the_tensor_itself() -> None:
    x = torch.tensor([1.0, 2.0])
    assert +x is x
    assert x.conj() is x
    assert x.real is x
    assert x.conj_physical() is x


def test_operators_go_to_the_ops_without_a_frame_between() -> None:
    from chainrule import ops

    for operator, op in {
        "__add__": ops.add,
        "__sub__": ops.subtract,
        "__mul__": ops.multiply,
        "__truediv__": ops.divide,
    }.items():
        assert inspect.unwrap(getattr(torch.Tensor, operator)).__code__ is op.__code__
    assert inspect.unwrap(torch.Tensor.__neg__).__code__ is ops.negative.__code__


def test_a_missing_name_of_functional_says_what_there_is() -> None:
    import chainrule.nn.functional as F

    with pytest.raises(AttributeError, match=r"module 'torch.nn.functional' has no attribute 'reluu'.*relu"):
        F.reluu  # noqa: B018


def test_out_may_be_an_operand_but_not_overlap_with_one() -> None:
    x = torch.arange(4.0)
    assert torch.add(x, 1, out=x) is x
    assert x.tolist() == [1.0, 2.0, 3.0, 4.0]
    part, out, index = x[:-1], x[1:], torch.tensor([0, 1, 2])
    for refused in (
        lambda: torch.add(part, 1, out=out),
        lambda: torch.cumsum(part, 0, out=out),
        lambda: torch.where(part > 1, part, 0.0, out=out),
        lambda: torch.gather(part, 0, index, out=out),
        lambda: torch.take(part, index, out=out),
    ):
        with pytest.raises(RuntimeError, match="unsupported operation"):
            refused()
    assert x.tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.complex64])
def test_a_factor_that_single_precision_cannot_hold_is_refused(dtype: Any) -> None:
    x = torch.ones(3, dtype=dtype)
    for function in (torch.add, torch.sub, x.add_, x.sub_):
        operands = (x, x) if function in (torch.add, torch.sub) else (x,)
        with pytest.raises(RuntimeError, match="without overflow"):
            function(*operands, alpha=1e39)
        with pytest.raises(OverflowError):
            function(*operands, alpha=10**400)
    assert (x == 1).all()
    assert torch.add(x, x, alpha=float("inf")).real.isinf().all()


def test_what_lerp_and_sums_of_products_refuse() -> None:
    x, wide = torch.ones(3), torch.ones(3, dtype=torch.float64)
    for end, weight in ((wide, 0.5), (wide[0], 0.5), (x.int(), 0.5), (x, wide), (wide, wide)):
        for function in (x.lerp, x.lerp_):
            with pytest.raises(RuntimeError, match="expected dtype"):
                function(end, weight)
    assert torch.equal(x.lerp(2 * x, wide[0]), 2 * x)
    for value in (1e39, 1j):
        for function in (x.addcmul, x.addcmul_, x.addcdiv, x.addcdiv_):
            with pytest.raises(RuntimeError, match="without overflow"):
                function(x, x, value=value)
        with pytest.raises(RuntimeError, match="without overflow"):
            x.lerp(x, value)
    with pytest.raises(RuntimeError, match="without overflow"):
        torch.addmm(x, torch.ones(3, 2), torch.ones(2, 3), alpha=1e39)
    for value in (float("inf"), float("nan")):
        with pytest.raises(RuntimeError, match="without overflow"):
            torch.addcmul(x.int(), x.int(), x.int(), value=value)
    assert (x == 1).all()


@pytest.mark.parametrize(("dtype", "large"), [(torch.float16, 1e9), (torch.bfloat16, 3.4e38)])
def test_numbers_that_halves_cannot_hold_are_refused(dtype: Any, large: float) -> None:
    x, mask, places = torch.ones(3, dtype=dtype), torch.tensor([True, False, True]), torch.arange(3)
    refused: list[Callable[[], Any]] = [
        lambda: x.masked_fill(mask, -large),
        lambda: x.masked_fill_(mask, -large),
        lambda: x.masked_fill(mask, torch.tensor(large)),
        lambda: x.index_fill(0, places, large),
        lambda: x.index_add(0, places, x, alpha=large),
        lambda: x.scatter(0, places, large),
        lambda: x.fill_(large),
        lambda: torch.full((3,), large, dtype=dtype),
        lambda: torch.full_like(x, large),
        lambda: torch.nn.functional.pad(x, (1, 1), value=large),
        lambda: x.clamp(max=large),
        lambda: torch.add(x, x, alpha=large),
        lambda: x.sub_(x, alpha=large),
        lambda: torch.addmv(x, torch.ones(3, 3, dtype=dtype), x, beta=large),
        lambda: torch.addr(x, x, x, alpha=large),
        lambda: torch.linspace(0, large, 3, dtype=dtype),
    ]
    for call in refused:
        with pytest.raises(RuntimeError, match=r"c10::(Half|BFloat16) without overflow"):
            call()
    assert x.tolist() == [1, 1, 1]


def test_numbers_that_halves_cannot_hold_become_infinite_where_pytorch_writes_one() -> None:
    x = torch.ones(3, dtype=torch.float16)
    x[1:] = 1e9
    assert x.tolist() == [1, math.inf, math.inf]
    assert torch.full((1,), -1e9, dtype=torch.float16).item() == x[0].fill_(-1e9).item() == -math.inf
    assert torch.where(x > 2, x, -1e9).tolist() == [-math.inf, math.inf, math.inf]
    assert x.masked_fill(x > 0, math.inf).clamp(max=math.inf).tolist() == [-math.inf, math.inf, math.inf]
