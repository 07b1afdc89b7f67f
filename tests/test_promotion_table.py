"""Type promotion against what PyTorch did with every pair of dtypes (tests/golden/promotion.json).

tools/record_promotion.py says what the file holds. The first half asks chainrule.promotion, the second half computes
with tensors.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import chainrule
from chainrule import dtypes, promotion
from chainrule.promotion import (
    check_cast,
    checked_scalar,
    promote_types,
    result_dtype,
    result_type,
    scalar_to,
    scalar_type_name,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "promotion.json").read_text(encoding="utf-8"))
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
OPERANDS = GOLDEN["operands"]
ALL_DTYPES = [getattr(dtypes, name) for name in GOLDEN["dtypes"]]
DTYPES = [name for name in OPERANDS if " " not in name]
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul,
    "/=": operator.itruediv, "//=": operator.ifloordiv, "%=": operator.imod, "**=": operator.ipow,
}  # fmt: skip


def outcomes(row: str) -> list[str | None]:
    """What the codes of a row stand for; None for a blank."""
    codes = [row[at : at + 2] for at in range(0, len(row), 2)]
    base = len(LETTERS)
    return [
        None if code == "  " else GOLDEN["outcomes"][LETTERS.index(code[0]) * base + LETTERS.index(code[1])]
        for code in codes
    ]


def table(name: str, op: str) -> Iterator[tuple[str, str, str]]:
    """(left operand, right operand, outcome) for all that was recorded of an operator."""
    for left, row in zip(OPERANDS, GOLDEN[name][op], strict=False):
        for right, outcome in zip(OPERANDS, outcomes(row), strict=True):
            if outcome is not None:
                yield left, right, outcome


def is_error(outcome: str) -> bool:
    return ": " in outcome


def values_of(operand: str, other: str, side: str) -> Any:
    kind, _, category = operand.partition(" ")
    category = category or ("finite" if "complex" in kind + other else "dimensioned")
    values = GOLDEN["values"][category][side][kind]
    if isinstance(values, list):
        return [complex(v) if isinstance(v, str) else v for v in values]
    return complex(values) if isinstance(values, str) else values


def raw(operand: str, other: str, side: str) -> Any:
    """An operand as the core holds it: an array, a NumPy scalar or a Python number."""
    kind, _, category = operand.partition(" ")
    values = values_of(operand, other, side)
    if category == "number":
        return values
    array = np.array(values).astype(getattr(dtypes, kind).numpy)
    return array[()] if category else array


def computed_dtype(op: str, *operands: Any) -> np.dtype[Any]:
    """The dtype in which PyTorch computes: division makes floats of integers."""
    common = result_dtype(*operands)
    return dtypes.get_default_dtype().numpy if op in ("/", "/=") and common.kind in "iub" else common


# ---------------------------------------------------------------------------------------------- chainrule.promotion


def test_promote_types() -> None:
    for a, row in zip(ALL_DTYPES, GOLDEN["promote_types"], strict=True):
        for b, letter in zip(ALL_DTYPES, row, strict=True):
            if letter == "!":
                with pytest.raises(RuntimeError, match=r"^Promotion for uint16, uint32, uint64 types is not supported"):
                    promote_types(a, b)
            else:
                assert promote_types(a, b) is ALL_DTYPES[ord(letter) - ord("a")], (a, b)


def test_can_cast() -> None:
    for a, row in zip(ALL_DTYPES, GOLDEN["can_cast"], strict=True):
        assert [promotion.can_cast(a, b) for b in ALL_DTYPES] == [digit == "1" for digit in row], a


def test_python_types_stand_for_dtypes() -> None:
    assert promote_types(float, int) is dtypes.float64
    assert not promotion.can_cast(float, int)
    with pytest.raises(TypeError, match=r"^promote_types\(\): argument 'type2' \(position 2\) must be torch\.dtype"):
        promote_types(dtypes.int8, 3)
    with pytest.raises(TypeError, match=r"^can_cast\(\): argument 'from_' \(position 1\) must be torch\.dtype"):
        promotion.can_cast(3, dtypes.int8)


@pytest.mark.parametrize("op", GOLDEN["operators"])
def test_result_dtype(op: str) -> None:
    seen = 0
    for left, right, outcome in table("operators", op):
        a, b = raw(left, right, "left"), raw(right, left, "right")
        common = computed_dtype(op, a, b)
        if "not implemented for" in outcome:  # the message names the dtype
            assert outcome.endswith(f"'{scalar_type_name(common)}'"), (left, op, right)
        elif not is_error(outcome) and op not in COMPARISONS:
            assert common.name == outcome.partition(" ")[0], (left, op, right)
        else:
            continue
        seen += 1
        as_arrays = [np.asarray(x) if isinstance(x, np.generic) else x for x in (a, b)]
        assert computed_dtype(op, *as_arrays) == common, (left, op, right)
    assert seen > (200 if op in COMPARISONS else 500) or op in ("==", "!=")


@pytest.mark.parametrize(("default", "op"), [(d, op) for d in GOLDEN["defaults"] for op in GOLDEN["defaults"][d]])
def test_result_dtype_under_another_default(default: str, op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = result_dtype(np.ones(1, np.int64), 1.5)
    monkeypatch.setattr(dtypes.default, "dtype", getattr(dtypes, default))
    for left, row in zip(OPERANDS, GOLDEN["defaults"][default][op], strict=True):
        for right, letter in zip(OPERANDS, row, strict=True):
            if letter not in " !" and op not in COMPARISONS:
                common = computed_dtype(op, raw(left, right, "left"), raw(right, left, "right"))
                assert common.name == GOLDEN["dtypes"][ord(letter) - ord("a")], (left, op, right)
    monkeypatch.undo()
    assert result_dtype(np.ones(1, np.int64), 1.5) is before is np.dtype(np.float32)


@pytest.mark.parametrize("op", GOLDEN["in_place"])
def test_the_casting_rule_of_in_place_operators(op: str) -> None:
    refused = 0
    for left, right, outcome in table("in_place", op):
        a, b = raw(left, right, "left"), raw(right, left, "right")
        common = computed_dtype(op, a, b)
        if "can't be cast" in outcome:
            with pytest.raises(RuntimeError) as error:
                check_cast(common, a.dtype)
            assert str(error.value).startswith(outcome.removeprefix("RuntimeError: ")), (left, op, right)
            refused += 1
        elif not is_error(outcome):
            check_cast(common, a.dtype)
    assert refused > 100


def test_the_casting_rule_of_out() -> None:
    for name, row in zip(DTYPES, GOLDEN["out"]["add"], strict=True):
        for target, outcome in zip(DTYPES, outcomes(row), strict=True):
            assert outcome is not None
            cast = getattr(dtypes, name).numpy, getattr(dtypes, target).numpy
            if is_error(outcome):
                with pytest.raises(RuntimeError) as error:
                    check_cast(*cast)
                assert str(error.value).startswith(outcome.removeprefix("RuntimeError: "))
            else:
                check_cast(*cast)


@pytest.mark.parametrize("convert", [scalar_to, checked_scalar])
@pytest.mark.parametrize("name", DTYPES)
def test_numbers_become_scalars(name: str, convert: Callable[[Any, Any], Any]) -> None:
    target = getattr(dtypes, name).numpy
    row = GOLDEN["scalars"][name][convert is checked_scalar]
    for text, outcome in zip(GOLDEN["scalars"]["numbers"], outcomes(row), strict=True):
        if outcome is None:
            continue
        number = eval(text, {"inf": math.inf, "nan": math.nan})
        if convert is scalar_to:
            assert type(convert(target, True)) is target.type
        problem = difference(partial(convert, target, number), outcome, exact=True)
        assert problem is None, f"{text}: {problem}"


def test_refused_numbers_begin_with_pytorchs_words() -> None:
    for name in DTYPES:
        target = getattr(dtypes, name).numpy
        row = outcomes(GOLDEN["scalars"][name][1])
        for text, outcome in zip(GOLDEN["scalars"]["numbers"], row, strict=True):
            if outcome is not None and is_error(outcome):
                with pytest.raises((RuntimeError, OverflowError)) as error:
                    checked_scalar(target, eval(text, {"inf": math.inf, "nan": math.nan}))
                assert str(error.value).startswith(outcome.partition(": ")[2])


def test_what_pytorch_leaves_undefined_is_refused() -> None:
    # 2.0**63 is one more than int64 holds, but float64 cannot tell the two apart and PyTorch lets it pass.
    with pytest.raises(RuntimeError, match=r"^value cannot be converted to type int64_t without overflow"):
        checked_scalar(np.dtype(np.int64), 2.0**63)


@given(st.sampled_from(["int8", "int16", "int32", "int64", "uint8"]), st.integers(-(2**63), 2**64 - 1))
def test_integers_wrap_around(name: str, number: int) -> None:
    scalar = scalar_to(np.dtype(name), number)
    assert scalar.dtype == name
    assert (int(scalar) - number) % 2 ** (8 * scalar.itemsize) == 0


CATEGORIES = st.sampled_from([promotion.NUMBER, promotion.ZERO_DIM, promotion.DIMENSIONED])
DESCRIBED = st.tuples(st.sampled_from(ALL_DTYPES[:12]), CATEGORIES)


@given(st.lists(DESCRIBED, min_size=1, max_size=3))
def test_the_order_of_operands_does_not_matter(operands: list[Any]) -> None:
    assert len({result_type(*order) for order in permutations(operands)}) == 1


@given(st.lists(DESCRIBED, min_size=1, max_size=4))
def test_only_a_higher_kind_of_a_lower_category_matters(operands: list[Any]) -> None:
    highest = max(category for _, category in operands)
    alone = result_type(*[(dtype, category) for dtype, category in operands if category == highest])
    together = result_type(*operands)
    assert promotion.can_cast(alone, together)
    if promotion.can_cast(together, alone):
        assert together is alone


def test_other_operands_are_refused() -> None:
    for operand in ("1", None, [1.0]):
        with pytest.raises(TypeError, match=f"^expected tensors and numbers, got {type(operand).__name__}$"):
            result_dtype(np.ones(2), operand)
    with pytest.raises(TypeError, match=r"^can't convert np.ndarray of type numpy.object_"):
        result_dtype(np.array([None]), 1)
    with pytest.raises(TypeError, match="at least one operand"):
        result_type()


def test_subclasses_of_numbers_are_numbers() -> None:
    class Temperature(float):
        pass

    assert result_dtype(np.ones(2, np.int8), Temperature(2.5)) == np.float32
    assert result_dtype(np.ones(2, np.float16), np.float64(2.5)) == np.float16  # a zero-dim tensor: it has a dtype
    assert result_dtype(np.ones(2, np.int16), np.float64(2.5)) == np.float64


# ------------------------------------------------------------------------------------------------ tensors


def difference(make: Callable[[], Any], outcome: str, *, exact: bool, computed_in: Any = None) -> str | None:
    """How what ``make`` returns or raises differs from a recorded outcome.

    ``computed_in`` is the dtype whose rounding the values carry, where that is not the result's.
    """
    try:
        result = make()
    except Exception as error:  # noqa: BLE001 - whatever is raised is the answer
        actual = f"{type(error).__name__}: {error}"
        expected_class = outcome.partition(": ")[0] if is_error(outcome) else None
        return None if expected_class in [c.__name__ for c in type(error).__mro__] else f"{actual} instead of {outcome}"
    if is_error(outcome):
        return f"{result!r} instead of {outcome}"
    name, *texts = outcome.split(" ")
    if not hasattr(result, "dtype"):
        return None if f"{type(result).__name__} {result}" == outcome else f"{result!r} instead of {outcome}"
    if str(result.dtype).removeprefix("torch.") != name:
        return f"dtype {result.dtype} instead of {name}"
    values = np.array(result.tolist()).reshape(-1).tolist()
    if len(values) != len(texts):
        return f"{len(values)} values instead of {len(texts)}"
    dtype = getattr(dtypes, name)
    wrong = [
        f"{value} instead of {text}"
        for value, text in zip(values, texts, strict=True)
        if not same(value, read(text, dtype), computed_in or dtype, exact=exact)
    ]
    return "; ".join(wrong) or None


def read(text: str, dtype: Any) -> Any:
    """A recorded value, as ``tolist`` gives it."""
    if dtype.is_complex:
        return dtype.numpy.type(complex(text)).item()
    return float(dtype.numpy.type(float(text))) if dtype.is_floating_point else dtype.numpy.type(int(text)).item()


def same(value: Any, expected: Any, dtype: Any, *, exact: bool) -> bool:
    # Nobody rounds complex arithmetic and powers correctly: they get a few units in the last place.
    rounded = (exact and not dtype.is_complex) or not isinstance(expected, (float, complex))
    room = 0.0 if rounded else 16 * dtypes.finfo(dtype).eps * abs(expected)
    if isinstance(expected, complex):
        return close(value.real, expected.real, room) and close(value.imag, expected.imag, room)
    signs_agree = value != value or math.copysign(1, value) == math.copysign(1, expected)
    return close(value, expected, room) and signs_agree


def close(value: float, expected: float, room: float) -> bool:
    return value == expected or (value != value and expected != expected) or abs(value - expected) <= room < math.inf


def tensor(operand: str, other: str, side: str) -> Any:
    kind, _, category = operand.partition(" ")
    values = values_of(operand, other, side)
    return values if category == "number" else chainrule.tensor(values, dtype=getattr(dtypes, kind))


def one_dtype(name: str, op: str, kind: str) -> list[tuple[str, str, str]]:
    return [entry for entry in table(name, op) if entry[0].partition(" ")[0] == kind]


LEFT_KINDS = [*DTYPES, "int", "float", "complex"]


@pytest.mark.parametrize("kind", LEFT_KINDS)
@pytest.mark.parametrize("op", GOLDEN["operators"])
def test_operator(op: str, kind: str) -> None:
    problems = []
    for left, right, outcome in one_dtype("operators", op, kind):
        a, b = tensor(left, right, "left"), tensor(right, left, "right")
        problem = difference(partial(OPERATORS[op], a, b), outcome, exact=op != "**")
        if problem:
            problems.append(f"{left} {op} {right}: {problem}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("op", GOLDEN["in_place"])
def test_in_place_operator(op: str, kind: str) -> None:
    problems = []
    for left, right, outcome in one_dtype("in_place", op, kind):
        a, b = tensor(left, right, "left"), tensor(right, left, "right")
        before, version = a.tolist(), a._version
        problem = difference(partial(OPERATORS[op], a, b), outcome, exact=op != "**=")
        if problem:
            problems.append(f"{left} {op} {right}: {problem}")
        elif is_error(outcome) and (repr(a.tolist()), a._version) != (repr(before), version):
            problems.append(f"{left} {op} {right}: refused, but the tensor changed")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("function", GOLDEN["out"])
def test_out(function: str) -> None:
    problems = []
    for kind, row in zip(DTYPES, GOLDEN["out"][function], strict=True):
        for target, outcome in zip(DTYPES, outcomes(row), strict=True):
            assert outcome is not None
            a, b = tensor(kind, kind, "left"), tensor(kind, kind, "right")
            out = chainrule.zeros(len(a), dtype=getattr(dtypes, target))
            make = partial(getattr(chainrule, function), a, b, out=out)
            # A complex64 power written to a complex128 tensor is no more exact than it was.
            coarse = dtypes.complex64 if function == "pow" and kind == "complex64" else None
            problem = difference(make, outcome, exact=function != "pow", computed_in=coarse)
            if problem:
                problems.append(f"{function} of {kind} to {target}: {problem}")
            elif not is_error(outcome) and make() is not out:
                problems.append(f"{function} of {kind} to {target}: returned something else than out")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("default", "op"), [(d, op) for d in GOLDEN["defaults"] for op in GOLDEN["defaults"][d]])
def test_operator_under_another_default(default: str, op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtypes.default, "dtype", getattr(dtypes, default))
    problems = []
    for left, row in zip(OPERANDS, GOLDEN["defaults"][default][op], strict=True):
        for right, letter in zip(OPERANDS, row, strict=True):
            if letter in " !":
                continue
            result = OPERATORS[op](tensor(left, right, "left"), tensor(right, left, "right"))
            expected = GOLDEN["dtypes"][ord(letter) - ord("a")]
            if str(result.dtype) != f"torch.{expected}":
                problems.append(f"{left} {op} {right}: {result.dtype} instead of {expected}")
    assert not problems, "\n".join(problems)


PROGRAMS = [
    pytest.param(program, code, id=program.replace("torch.", ""))
    for programs in GOLDEN["programs"].values()
    for program, code in programs.items()
]


@pytest.mark.parametrize(("program", "code"), PROGRAMS)
def test_program(program: str, code: str) -> None:
    scope: dict[str, Any] = {"torch": chainrule, "np": np}
    exec(GOLDEN["setup"], scope)

    def run() -> Any:
        exec(program if "z = " in program else f"z = {program}", scope)
        return scope["z"]

    (outcome,) = outcomes(code)
    assert outcome is not None
    problem = difference(run, outcome, exact="**" not in program)
    assert problem is None, f"{program}: {problem}"
