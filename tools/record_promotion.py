"""Write tests/golden/promotion.json: what PyTorch's operators make of every pair of dtypes. Needs torch.

    python tools/record_promotion.py

An *outcome* is a text: a dtype and the values ("float32 2.5 -0.0 inf"; bools as 1 and 0), or an exception's class and
the first line of its message ("RuntimeError: ZeroDivisionError"). ``outcomes`` lists each once; everywhere else a
*code* of two letters is its place in that list, in base 62, and a row of a table is a string of codes.

An *operand* is a name: "float32" (dimensioned), "float32 0-d", "int number". ``values[category][side][dtype]`` is what
it is made of; dimensioned operands take the category "finite" where one of the two is complex, since infinities and
NaNs have no agreed complex arithmetic.

    dtypes, operands          what the rows and columns of the tables stand for, in this order
    operators[op]             a row for each left operand, a code for each right one; "  " where both are numbers
    in_place[op]              the same for ``left op= right``: no rows for numbers
    out[function]             function(left, right, out=zeros), dimensioned: rows the operands' dtype, columns out's
    defaults[dtype][op]       the result's dtype under that default dtype, one letter: "a" is dtypes[0], "!" an error
    promote_types, can_cast   letters as above; "1" and "0"
    attributes, limits        what dtypes say of themselves; finfo and iinfo
    scalars                   numbers (as Python writes them), and for each dtype two rows of codes: how arithmetic
                              converts the number ("  " where the result has another dtype), how torch.full does
    programs[topic]           expressions, or statements that bind ``z``, and their codes; ``setup`` runs before each

PyTorch's complex32 has no NumPy counterpart: where two operands meet in it, float16 is replaced by float32.
"""

from __future__ import annotations

import json
import math
import operator
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

TARGET = Path(__file__).parent.parent / "tests" / "golden" / "promotion.json"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip
ALL_DTYPES = (*DTYPES, "uint16", "uint32", "uint64")
NUMBERS = ("bool number", "int number", "float number", "complex number")
TENSORS = (*DTYPES, *(f"{dtype} 0-d" for dtype in DTYPES))
OPERANDS = (*TENSORS, *NUMBERS)

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv, "//=": operator.ifloordiv,
    "%=": operator.imod, "**=": operator.ipow,
}  # fmt: skip
OUT = ("add", "sub", "mul", "true_divide", "floor_divide", "remainder", "pow", "eq", "lt")
DEFAULTS = {"float64": tuple(OPERATORS), "float16": ("+",), "bfloat16": ("+", "/")}

inf, nan = math.inf, math.nan
LEFT: dict[str, Any] = {
    "bool": [1, 0, 1, 0, 1, 0, 1, 0, 1, 1],
    "uint": [7, 8, 128, 255, 100, 1, 3, 127, 9, 3],
    "int": [7, -7, -128, -6, 100, 1, -3, 127, -1, 3],
    "float": [7.5, -7.5, -6.0, 5.5, -0.0, inf, nan, 1.0, -1.0, 3.0],
    "complex": [1 + 2j, -1.5 + 0.5j, 3 - 4j, 2j, -1, 0.5 - 0.5j, 4 + 1j, 1 - 1j, -2 - 3j, 3],
}
RIGHT: dict[str, Any] = {
    "bool": [1, 1, 0, 0, 1, 1, 0, 0, 1, 1],
    "uint": [2, 4, 1, 3, 3, 2, 5, 200, 4, 3],
    "int": [2, 2, -1, 3, 3, -2, 5, 1, 4, 3],
    "float": [2.0, 2.0, 3.0, -0.0, 4.0, -2.5, 1.0, nan, inf, 3.0],
    "complex": [2 - 1j, 0.5 + 1j, 1, -1 + 2j, 1j, 3, -0.5 - 0.5j, 1 - 1j, 2, 3],
}
FINITE_LEFT = LEFT | {"bool": [1] * 10, "float": [7.5, -7.5, -6.0, 5.5, 0.5, 4.0, -3.0, 1.0, -1.0, 3.0]}
FINITE_RIGHT = RIGHT | {"bool": [1] * 10, "float": [2.0, 2.0, 3.0, -0.5, 4.0, -2.5, 1.0, 5.0, 0.25, 3.0]}


def by_dtype(left: dict[str, Any], right: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The values of each dtype, from those of groups of dtypes."""
    groups = {dtype: dtype.rstrip("0123456789").replace("bfloat", "float") for dtype in DTYPES}
    sides = {"left": left, "right": right}
    return {name: {dtype: side[groups[dtype]] for dtype in groups} for name, side in sides.items()}


VALUES = {
    "dimensioned": by_dtype(LEFT, RIGHT),
    "finite": by_dtype(FINITE_LEFT, FINITE_RIGHT),
    "0-d": by_dtype(
        {"bool": 1, "uint": 200, "int": -7, "float": 7.5, "complex": 1 + 2j},
        {"bool": 1, "uint": 3, "int": 3, "float": -2.5, "complex": 2 - 1j},
    ),
    "number": {
        "left": {"bool": True, "int": 7, "float": 7.5, "complex": 1 + 2j},
        "right": {"bool": True, "int": 3, "float": -2.5, "complex": 2 - 1j},
    },
}

SCALARS: list[Any] = [
    True, False, 0, 1, -1, 127, 128, -128, -129, 255, 256, -255, -256, 300, 32768, -32769, 2**24 + 1, 2**31, -(2**31),
    -(2**31) - 1, 2**40, 2**62 + 2**38 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400, 0.5,
    -0.5, -1.0, 0.1, 1.5, -1.5, 127.5, 128.5, 255.0, 255.5, 300.0, 65504.0, 65519.0, 65520.0, 70000, 70000.0, 1e-8,
    1e-300, 3.4e38, 3.4028234663852886e38, 3.4028235e38, 1e39, -1e300, 2.0**62, 2.0**64, inf, -inf, nan, 1j, 0j, 2 + 0j,
    1.5 + 0j, 300 + 0j, 1e39 + 0j, 1e39j, 0.1 + 0.1j, complex(nan, 0), complex(0, nan), complex(0, inf),
]  # fmt: skip

SETUP = """
T = torch.tensor
b = T([True, False]); u8 = T([1, 2], dtype=torch.uint8); i8 = T([1, -2], dtype=torch.int8)
i16 = T([1, -2], dtype=torch.int16); i32 = T([1, -2], dtype=torch.int32); i64 = T([1, 2])
f16 = T([0.001, 2.0], dtype=torch.float16); bf16 = T([1.0, 3.0], dtype=torch.bfloat16)
f32 = T([1.0, -2.0]); f64 = T([1.0, -2.0], dtype=torch.float64); c64 = T([1j, 2.0])
"""

PROGRAMS = {
    "integers wrap around": """
        i8 + 300 | i8 * 300 | i8 - 300 | i8 + 128 | i8 + (-129) | u8 - 1 | u8 + 255 | u8 + 300 | u8 * -1 | u8 - 256
        i16 + 40000 | i32 * 2**40 | i32 + (2**31 - 1) | i64 + (2**63 - 1) | i64 * 2**62 | i64 + 2**63 | i64 - 2**63
        300 + i8 | 300 - i8 | -1 - u8 | -u8 | i8 * T([100, 100], dtype=torch.int8) | u8 - T([2, 3], dtype=torch.uint8)
        T(1, dtype=torch.int8) + 300 | T([2**31 - 1], dtype=torch.int32) + 1 | T([-2**63]) - 1 | b + 300 | b * 2
        i8 + T([300]) | i8 + T(300) | u8 + T(-3) | i8 // 300 | i8 % 300 | u8 // -1 | u8 % -1 | -1 // u8 | 300 // i8
        300 % i8 | i64 + 2**64 | f32 + 2**64 | f32 * 2**63 | i64 - (2**63 + 1) | i64 + (-2**63 - 1) | i8 == 2**64
    """,
    "numbers wrap around in comparisons too": """
        T([44], dtype=torch.int8) == 300 | T([44], dtype=torch.int8) >= 300 | u8 == -1 | u8 > -1 | u8 < -1 | i8 < 300
        i8 != 128 | 300 < i8 | T([255], dtype=torch.uint8) == -1 | T([255], dtype=torch.uint8) == T(-1)
        T([255], dtype=torch.uint8) == T([-1]) | T([16777216.0]) == 16777217 | T([0.1]) == 0.1 | f16 < 70000
        f32 < 1e300 | T([float("inf")], dtype=torch.float16) == 70000.0
    """,
    "integer division": """
        i64 // 0 | i64 % 0 | 0 // i64 | 0 % i64 | 1 // T([1, 0]) | 1 % T([1, 0]) | u8 // 0 | i64 // T(0)
        i64 // T([1, 0]) | i64 // 0.0 | i64 % 0.0 | i64 / 0 | T([0]) / 0 | T([-5, 5]) // 2 | T([-5, 5]) % 3
        T([-5, 5]) % -3 | T([-5, 5]) // -3 | T([-128], dtype=torch.int8) // -1 | T([-128], dtype=torch.int8) % -1
        T([-128], dtype=torch.int8) / -1 | T([-2**63]) // -1 | T([-2**63]) % -1 | T([2**53 + 1]) / 1
        T([2**53 + 1]) // 1 | i8 / 300 | 300 / i8 | u8 / -1 | T([1, 2]) // True | b / b | b / 2 | T(7) // T(-2)
        T(7) % T(-2) | T(7) / T(2)
    """,
    "float division": """
        f32 / 0 | f32 // 0 | f32 % 0 | f32 // -0.0 | f32 % T(0) | T([-6.0, 6.0, -0.0, 0.0]) % 3
        T([-6.0, 6.0, -0.0, 0.0]) % -3 | T([-6.0, 6.0, -0.0, 0.0]) // 3 | T([-6.0, 6.0, -0.0, 0.0]) // -3
        T([-5.0, 5.0]) % -3 | T([-5.0, 5.0]) // -3 | T([1.0, -1.0]) // float("inf") | T([1.0, -1.0]) % float("inf")
        T([1.0, -1.0]) % float("-inf") | T([float("inf")]) // 2 | T([float("inf")]) % 2 | T([float("nan")]) // 2
        5 // T([0.0, -0.0, 2.0, -2.0]) | 5 % T([0.0, -0.0, 2.0, -2.0]) | T([1.0]) // 0.1 | T([1.0]) % 0.1
        1.0 // T([0.1]) | 1e300 / f32 | f32 / 1e300 | T([0.0, -0.0]) / 0 | T([0.0, -0.0]) // 0
        T([3.5], dtype=torch.float16) // 0 | T([-1e-9]) % 3 | T([-1e-9]) // 3
    """,
    "a number divided by a tensor is its reciprocal times the number": """
        10 / T([3.0, 7.0, 49.0]) | 0.1 / T([3.0, 7.0, 0.1]) | 1 / T([3, 7]) | T(10.0) / T([3.0, 7.0, 49.0])
        5 / T([1e-39]) | 3 / T([5.0], dtype=torch.float16) | 3 / T([5.0], dtype=torch.bfloat16) | 1j / f32 | True / f32
        0 / f32
    """,
    "powers": """
        i8 ** -1 | i64 ** -1 | u8 ** -1 | b ** -1 | T(2) ** -1 | T([2]) ** T(-1) | 2 ** T([-1]) | 1 ** T([-1, -2])
        T([-1, 1, 2, 0, -1]) ** T([-1, -2, -3, -1, -2]) | i8 ** 300 | 300 ** i8 | 2 ** i8 | i8 ** 0 | u8 ** 2 | 2 ** i64
        i64 ** 2 | T([2]) ** 64 | T([3]) ** T([50]) | i64 ** 2.0 | i64 ** 0.5 | i64 ** -1.0 | b ** 2 | 2 ** b
        b ** True | True ** b | b ** b | b ** i8 | i8 ** b | b ** 2.0 | 2.0 ** b | T([-8.0]) ** (1 / 3)
        T([0.0, -0.0]) ** -1 | T([0.0, -0.0]) ** 0 | T([-0.0]) ** -3 | T([-0.0]) ** 3 | T([4.0]) ** 0.5
        T([-0.0]) ** 0.5 | T([float("-inf")]) ** 0.5 | T([1.0]) ** float("nan") | T([float("nan")]) ** 0 | f64 ** 1e300
        f32 ** 1e300 | f16 ** 70000.0 | f16 ** 2 | c64 ** 2 | c64 ** 0.5 | c64 ** 1j | 2 ** c64 | f32 ** 1j | f32 ** 2
        f32 ** 3 | f32 ** -2 | f32 ** 0 | f32 ** 2**63 | T([2]) ** (2**63)
    """,
    "bools": """
        b + b | b * b | b - b | b - True | True - b | b - 1 | 1 - b | b - 1.5 | 1.5 - b | b - i8 | i8 - b | b - f32
        f32 - b | b - T(True) | f32 - T(True) | T(True) - f32 | b // b | b // True | b // 1 | b % b | b % True | b % 2
        b // f32 | b < b | b == True | b < 1 | b >= 0.5 | b + True | b + 1 | b + 1.0 | b + 1j | -b | b + T(2)
        b + T(2, dtype=torch.int8)
    """,
    "complex": """
        c64 < c64 | c64 <= 1 | f32 > c64 | f32 >= 1j | i64 < 1j | c64 == 1 | c64 != 1j | c64 == c64 | c64 // c64
        c64 % c64 | c64 // 1 | f32 // 1j | 1j // f32 | 1j % f32 | f32 % 1j | b // 1j | i64 % 1j | 1 + c64 | c64 - 1.5
        c64 * 2 | c64 / 2 | T([3 + 4j]) / T([1 - 2j]) | f64 + 1j | f64 * c64 | i64 + 1j
        f32 + T(1j, dtype=torch.complex128) | c64 + f64 | c64 + T(1.5, dtype=torch.float64) | bf16 + 1j | bf16 + c64
        f16 + c64
    """,
    "half precision: a number or zero-dim right operand of * and / keeps float32's precision": """
        f16 * 70000.0 | f16 * 70000 | 70000.0 * f16 | f16 * T(70000.0) | T(70000.0) * f16 | f16 / 70000.0
        f16 / T(70000.0) | f16 + 70000.0 | f16 - 70000.0 | f16 // 70000.0 | f16 % 70000.0 | f16 * 65519.0
        f16 * 65520.0 | f16 * 1e-8 | bf16 * 257.0 | bf16 * T(257.0) | T(257.0) * bf16 | bf16 * 257 | bf16 + 257.0
        bf16 - 257.0 | bf16 / 257.0 | 257.0 / bf16 | bf16 * T([257.0, 257.0], dtype=torch.bfloat16) | bf16 // 0.3
        bf16 % 0.3 | f16 * 0.1 | f16 / 0.1 | f16 + 0.1 | bf16 * 0.1 | f16 * bf16 | f16 + bf16 | f16[1] * 70000.0
        f16[1] * T(70000.0) | f16 * 1e300 | f16 * float("nan")
    """,
    "numbers of NumPy, other operands": """
        T([1, 2]) + np.float64(1.5) | T([1, 2]) + np.float32(1.5) | T([1, 2]) + np.int8(3)
        T([1, 2]) + np.array([1.5, 2.0]) | f32 + np.float64(0.1) | i8 + np.int64(300)
        f32 * np.bool_(True) | np.float32(2) * T([1, 2]) | np.float64(2) * T([1, 2]) | np.int8(2) - T([1, 2])
        f32 + "a" | f32 + [1.0, 2.0] | f32 + None | f32 < None | [1] * f32 | (f32 == None) is False
        (f32 != None) is True | (f32 == "a") is False | (f32 == [1.0, -2.0]) is False | "a" + f32
    """,
    "in-place": """
        z = i8; z += 300 | z = i8; z *= T([300, 300]) | z = i8; z += T([1.5, 1.5]) | z = u8; z += T([-3, -3])
        z = u8; z //= T([-3, -3]) | z = i8; z //= T([300, 300]) | z = i8; z %= T([300, 300]) | z = f32; z += 1j
        z = b; z += 1 | z = b; z += True | z = b; z += T(2) | z = f16; z += T([1e30, 1.0], dtype=torch.float64)
        z = c64; z += f64 | z = T(1); z += T([1]) | z = T(1); z += T(1.5) | z = i64; z /= 2 | z = i64; z /= True
        z = i64; z **= -1 | z = i64; z **= 0.5 | z = i64; z //= 0 | z = i64; z %= 0 | z = f32; z //= 0
        z = b; z -= True | z = b; z **= 2 | z = b; z /= 2.0 | z = i8; z **= T([300, 3]) | z = i8; z **= 300
        z = f32; z **= 1j | z = f32; z //= 1j | z = f32; z -= b | z = b; z *= False | z = f16; z *= 70000.0
        z = f16; z /= T(70000.0) | z = f32; z += T(1e300, dtype=torch.float64) | z = i64; z *= 2.5 | z = i64; z //= 2.5
        z = i64; z += b | z = f64; z *= f32
    """,
}


class Outcomes:
    """The texts seen so far, and their codes."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        number = len(self.codes)
        if number >= len(LETTERS) ** 2:
            raise OverflowError("more outcomes than codes of two letters")
        return self.codes.setdefault(text, LETTERS[number // len(LETTERS)] + LETTERS[number % len(LETTERS)])

    def of(self, function: Callable[..., Any], *args: Any) -> str:
        try:
            return self(describe(function(*args)))
        except Exception as error:
            return self(describe_error(error))


def describe(result: Any) -> str:
    if not isinstance(result, torch.Tensor):
        return f"{type(result).__name__} {result}"
    name = str(result.dtype).removeprefix("torch.")
    return " ".join([name, *(write(value, name) for value in result.reshape(-1).tolist())])


def write(value: Any, dtype: str) -> str:
    """The shortest text that the dtype reads back as ``value``."""
    if isinstance(value, complex):
        part = "float32" if dtype == "complex64" else "float64"
        real, imag = write(value.real, part), write(value.imag, part)
        return f"{real}{'' if imag.startswith('-') else '+'}{imag}j"
    if dtype == "bfloat16":
        return f"{value:.4g}"
    return str(np.dtype(dtype).type(value)) if dtype.startswith("float") else str(int(value))


def describe_error(error: Exception) -> str:
    text = str(error).partition("\n")[0].replace("ComplexHalf", "ComplexFloat")
    return f"{type(error).__name__}: {text}"


def build(operand: str, other: str, side: str) -> Any:
    """A fresh left or right operand, to meet ``other``."""
    kind, _, category = operand.partition(" ")
    value = VALUES[category or ("finite" if "complex" in kind + other else "dimensioned")][side][kind]
    return value if category == "number" else torch.tensor(value, dtype=getattr(torch, kind))


def pair(left: str, right: str) -> tuple[Any, Any]:
    operands = build(left, right, "left"), build(right, left, "right")
    if torch.result_type(*operands) == torch.complex32 and "float16" in left + right:
        return pair(left.replace("float16", "float32"), right.replace("float16", "float32"))
    return operands


def record_operators(outcomes: Outcomes) -> dict[str, list[str]]:
    def code(op: str, left: str, right: str) -> str:
        if "number" in left and "number" in right:
            return "  "
        return outcomes.of(OPERATORS[op], *pair(left, right))

    return {op: ["".join(code(op, left, right) for right in OPERANDS) for left in OPERANDS] for op in OPERATORS}


def record_in_place(outcomes: Outcomes) -> dict[str, list[str]]:
    def code(op: str, left: str, right: str) -> str:
        return outcomes.of(IN_PLACE[op], build(left, right, "left"), build(right, left, "right"))

    return {op: ["".join(code(op, left, right) for right in OPERANDS) for left in TENSORS] for op in IN_PLACE}


def record_out(outcomes: Outcomes) -> dict[str, list[str]]:
    def code(function: str, dtype: str, target: str) -> str:
        operands = build(dtype, dtype, "left"), build(dtype, dtype, "right")
        out = torch.zeros(len(operands[0]), dtype=getattr(torch, target))
        return outcomes.of(partial(getattr(torch, function), out=out), *operands)

    return {f: ["".join(code(f, dtype, target) for target in DTYPES) for dtype in DTYPES] for f in OUT}


def letter(function: Callable[..., Any], *args: Any) -> str:
    try:
        result = function(*args)
    except RuntimeError:
        return "!"
    name = str(getattr(result, "dtype", result)).removeprefix("torch.")
    return chr(ord("a") + ALL_DTYPES.index("complex64" if name == "complex32" else name))


def record_defaults() -> dict[str, dict[str, list[str]]]:
    def code(op: str, left: str, right: str) -> str:
        numbers = "number" in left and "number" in right
        return " " if numbers else letter(OPERATORS[op], *pair(left, right))

    tables = {}
    for default, operators in DEFAULTS.items():
        torch.set_default_dtype(getattr(torch, default))
        tables[default] = {op: ["".join(code(op, a, b) for b in OPERANDS) for a in OPERANDS] for op in operators}
    torch.set_default_dtype(torch.float32)
    return tables


def record_scalars(outcomes: Outcomes) -> dict[str, list[str]]:
    def arithmetic(name: str, number: Any) -> str:
        dtype = getattr(torch, name)
        try:
            result = torch.zeros(1, dtype=dtype) + number
        except OverflowError as error:
            return outcomes(describe_error(error))
        except RuntimeError:  # integers beyond int64 are uint64 to PyTorch, which bool does not meet
            return "  "
        # The addition also multiplies by one: it spoils infinite complex numbers.
        kept = result.dtype == dtype and (not dtype.is_complex or bool(result.isfinite().all()))
        return outcomes(describe(result)) if kept else "  "

    def checked(name: str, number: Any) -> str:
        return outcomes.of(partial(torch.full, dtype=getattr(torch, name)), (1,), number)

    return {name: ["".join(f(name, number) for number in SCALARS) for f in (arithmetic, checked)] for name in DTYPES}


def source(number: Any) -> str:
    return f"complex({number.real}, {number.imag})" if isinstance(number, complex) else repr(number)


def attributes(name: str) -> dict[str, Any]:
    dtype = getattr(torch, name)
    plain = {key: getattr(dtype, key) for key in ("is_floating_point", "is_complex", "is_signed", "itemsize")}
    to_complex = str(dtype.to_complex()) if dtype.is_floating_point or dtype.is_complex else None
    return {**plain, "to_real": str(dtype.to_real()), "to_complex": to_complex}


def limits(name: str) -> dict[str, Any]:
    dtype = getattr(torch, name)
    info = torch.finfo(dtype) if dtype.is_floating_point or dtype.is_complex else torch.iinfo(dtype)
    return {"repr": repr(info), **{key: getattr(info, key) for key in dir(info) if not key.startswith("_")}}


def listed(programs: str) -> list[str]:
    return [p.strip() for p in programs.replace("\n", "|").split("|") if p.strip()]


def run(program: str) -> Any:
    scope: dict[str, Any] = {"torch": torch, "np": np}
    exec(SETUP, scope)
    exec(program if "z = " in program else f"z = {program}", scope)
    return scope["z"]


def main() -> None:
    warnings.simplefilter("ignore")  # complex32 is experimental
    outcomes = Outcomes()
    types = [getattr(torch, name) for name in ALL_DTYPES]
    golden = {
        "torch": torch.__version__.partition("+")[0],
        "dtypes": ALL_DTYPES,
        "operands": OPERANDS,
        "values": VALUES,
        "promote_types": ["".join(letter(torch.promote_types, a, b) for b in types) for a in types],
        "can_cast": ["".join(str(int(torch.can_cast(a, b))) for b in types) for a in types],
        "attributes": {name: attributes(name) for name in ALL_DTYPES},
        "limits": {name: limits(name) for name in ALL_DTYPES if name != "bool"},
        "operators": record_operators(outcomes),
        "in_place": record_in_place(outcomes),
        "out": record_out(outcomes),
        "defaults": record_defaults(),
        "scalars": {"numbers": [source(number) for number in SCALARS], **record_scalars(outcomes)},
        "setup": SETUP,
        "programs": {topic: {p: outcomes.of(run, p) for p in listed(text)} for topic, text in PROGRAMS.items()},
        "outcomes": list(outcomes.codes),
    }
    TARGET.write_text(json.dumps(golden, indent=0, separators=(",", ":"), default=str) + "\n", encoding="utf-8")
    print(f"{len(outcomes.codes)} outcomes, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
