"""Dtypes that PyTorch has and tensors here cannot be of: names, which programs compare with and look up in tables.

They load when the first of them is asked for. To make a tensor of one asks for its NumPy counterpart, which it does not have:
``dtype.__getattr__`` says so.
"""

from __future__ import annotations

from typing import Final

from .dtypes import dtype

__all__ = [
    "bit",
    "bits1x8",
    "bits2x4",
    "bits4x2",
    "bits8",
    "bits16",
    "chalf",
    "complex32",
    "float4_e2m1fn_x2",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "int1",
    "int2",
    "int3",
    "int4",
    "int5",
    "int6",
    "int7",
    "qint8",
    "qint32",
    "quint2x4",
    "quint4x2",
    "quint8",
    "uint1",
    "uint2",
    "uint3",
    "uint4",
    "uint5",
    "uint6",
    "uint7",
]  # fmt: skip


def _define(name: str, scalar_type: str, itemsize: int = 1) -> dtype:
    new: dtype = object.__new__(dtype)
    object.__setattr__(new, "_name", name)
    object.__setattr__(new, "_scalar_type", scalar_type)
    object.__setattr__(new, "itemsize", itemsize)
    object.__setattr__(new, "is_complex", name.startswith("complex"))
    object.__setattr__(new, "is_floating_point", name.startswith("float"))
    if not name.startswith(("bits", "q")):  # PyTorch's have no sign to ask for
        object.__setattr__(new, "is_signed", not name.startswith("uint") and name != "float8_e8m0fnu")
    return new


float8_e4m3fn = _define("float8_e4m3fn", "Float8_e4m3fn")
float8_e4m3fnuz = _define("float8_e4m3fnuz", "Float8_e4m3fnuz")
float8_e5m2 = _define("float8_e5m2", "Float8_e5m2")
float8_e5m2fnuz = _define("float8_e5m2fnuz", "Float8_e5m2fnuz")
float8_e8m0fnu = _define("float8_e8m0fnu", "Float8_e8m0fnu")
float4_e2m1fn_x2 = _define("float4_e2m1fn_x2", "Float4_e2m1fn_x2")
complex32 = chalf = _define("complex32", "ComplexHalf", 4)
int1, int2, int3, int4, int5, int6, int7 = [_define(f"int{bits}", f"Int{bits}") for bits in range(1, 8)]
uint1, uint2, uint3, uint4, uint5, uint6, uint7 = [_define(f"uint{bits}", f"UInt{bits}") for bits in range(1, 8)]
bit = uint1
bits1x8, bits2x4, bits4x2, bits8 = [_define(f"bits{shape}", f"Bits{shape}") for shape in ("1x8", "2x4", "4x2", "8")]
bits16 = _define("bits16", "Bits16", 2)
qint8 = _define("qint8", "QInt8")
quint8 = _define("quint8", "QUInt8")
qint32 = _define("qint32", "QInt32", 4)
quint4x2 = _define("quint4x2", "QUInt4x2")
quint2x4 = _define("quint2x4", "QUInt2x4")

LIMITS: Final = {
    float8_e4m3fn: (2.0**-3, 448.0, -448.0, 2.0**-6),
    float8_e4m3fnuz: (2.0**-3, 240.0, -240.0, 2.0**-7),
    float8_e5m2: (2.0**-2, 57344.0, -57344.0, 2.0**-14),
    float8_e5m2fnuz: (2.0**-3, 57344.0, -57344.0, 2.0**-15),
    float8_e8m0fnu: (1.0, 2.0**127, 2.0**-127, 2.0**-127),
}
"""The distance from 1 to the next number, the largest, the smallest, and the smallest normal one, as PyTorch tells them."""
