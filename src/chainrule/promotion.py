"""PyTorch's type promotion: the dtype in which operands of several dtypes meet.

Operands are of three categories: dimensioned tensors, zero-dim tensors, Python numbers. Within one category the dtype
that can hold both wins. A lower category has a say only where it is of a higher kind (bool < integer < float < complex)
than those above it: an int8 tensor times 2 stays int8, times 2.5 becomes the default dtype.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

import numpy as np

from . import dtypes
from .dtypes import FROM_NUMPY, PYTHON_TYPES, default, dtype
from .quiet import NOISE, quietly

NUMBER: Final = 0
ZERO_DIM: Final = 1
DIMENSIONED: Final = 2

_NO_PROMOTION: Final = (dtypes.uint16, dtypes.uint32, dtypes.uint64)

_C_NAMES: Final = {
    dtypes.uint8: "uint8_t",
    dtypes.uint16: "uint16_t",
    dtypes.uint32: "uint32_t",
    dtypes.uint64: "uint64_t",
    dtypes.int8: "int8_t",
    dtypes.int16: "int16_t",
    dtypes.int32: "int",
    dtypes.int64: "int64_t",
    dtypes.float32: "float",
    dtypes.complex64: "c10::complex<float>",
}
"""What PyTorch's overflow error calls a dtype; the other float dtypes are "double" to it."""


def _kind(type_: dtype) -> int:
    """0 for bool, 1 for integers, 2 for floats, 3 for complex."""
    return 3 if type_.is_complex else 2 if type_.is_floating_point else 0 if type_ is dtypes.bool else 1


def is_half(type_: Any) -> bool:
    """Whether numbers of a dtype, of whichever library, have half precision."""
    try:  # which costs nothing, and rules ask at each node
        if type_.itemsize != 2:
            return False
    except AttributeError:  # of a library whose dtypes do not say how wide they are
        return False
    return type_.kind in "fV" if isinstance(type_, np.dtype) else type_.is_floating_point


def promote_types(type1: dtype | type, type2: dtype | type) -> dtype:
    """The smallest dtype of the higher kind that holds both.

    Args:
        type1: a dtype, or Python's ``float``, ``int``, ``bool`` or ``complex``.
        type2: likewise.

    Raises:
        RuntimeError: one is uint16, uint32 or uint64 and the other neither the same nor a float.

    Example:
        >>> import chainrule as torch
        >>> torch.promote_types(torch.int8, torch.uint8), torch.promote_types(torch.float16, torch.bfloat16)
        (torch.int16, torch.float32)
    """
    a = dtypes.as_dtype(type1, argument="promote_types(): argument 'type1' (position 1)")
    b = dtypes.as_dtype(type2, argument="promote_types(): argument 'type2' (position 2)")
    if a is b:
        return a
    if _kind(a) < _kind(b):
        a, b = b, a
    for one, other in ((a, b), (b, a)):
        if one in _NO_PROMOTION and not other.is_floating_point:
            raise RuntimeError(
                "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
                f"{scalar_type_name(type1)} and {scalar_type_name(type2)}. Convert {one} first, for example to "
                "torch.int64."
            )
    if a.is_complex:
        return dtypes.complex128 if dtypes.float64 in (a.to_real(), b.to_real()) else dtypes.complex64
    if _kind(a) > _kind(b):
        return a
    if a.itemsize != b.itemsize:
        return a if a.itemsize > b.itemsize else b
    # Of two dtypes of one kind and size neither holds the other: uint8 and int8, float16 and bfloat16.
    return dtypes.float32 if a.is_floating_point else dtypes.int16


def can_cast(from_: dtype | type, to: dtype | type) -> bool:
    """Whether results of dtype ``from_`` may be written to a tensor of dtype ``to``: never to a lower kind.

    Args:
        from_: a dtype, or Python's ``float``, ``int``, ``bool`` or ``complex``.
        to: likewise.

    Example:
        >>> import chainrule as torch
        >>> torch.can_cast(torch.float64, torch.float16), torch.can_cast(torch.float32, torch.int64)
        (True, False)
    """
    a = dtypes.as_dtype(from_, argument="can_cast(): argument 'from_' (position 1)")
    b = dtypes.as_dtype(to, argument="can_cast(): argument 'to' (position 2)")
    return _kind(a) <= _kind(b)


def check_cast(result: np.dtype[Any], target: np.dtype[Any]) -> None:
    """Refuse, as in-place operations and ``out=`` do, to write ``result`` values to memory of dtype ``target``.

    Raises:
        RuntimeError: that would lose what makes the kind (a fraction, an imaginary part, a count).
    """
    a, b = FROM_NUMPY[result], FROM_NUMPY[target]
    if not can_cast(a, b):
        raise RuntimeError(
            f"result type {scalar_type_name(a)} can't be cast to the desired output type {scalar_type_name(b)}: the "
            f"result is {a} and the tensor written to is {b}. Write to a tensor of dtype {a}, or convert the result "
            f"with .to({b}) yourself."
        )


def scalar_type_name(type_: dtype | type | np.dtype[Any]) -> str:
    """What PyTorch's errors call a dtype: Float, Long, ComplexDouble, ...

    Example:
        >>> import chainrule as torch
        >>> from chainrule.promotion import scalar_type_name
        >>> scalar_type_name(torch.int64)
        'Long'
    """
    return dtypes.as_dtype(type_)._scalar_type


def result_type(*operands: tuple[dtype, int]) -> dtype:
    """The dtype in which operands meet.

    Args:
        operands: for each its dtype and category: NUMBER, ZERO_DIM or DIMENSIONED.

    Example:
        >>> import chainrule as torch
        >>> from chainrule.promotion import DIMENSIONED, ZERO_DIM, result_type
        >>> result_type((torch.float32, DIMENSIONED), (torch.float64, ZERO_DIM))
        torch.float32
    """
    result = None
    for category in (NUMBER, ZERO_DIM, DIMENSIONED):
        members = [member for member, its_category in operands if its_category == category]
        if members:
            higher = reduce(promote_types, members)
            result = higher if result is None else _combine(higher, result)
    if result is None:
        raise TypeError("result_type() needs at least one operand, got none")
    return result


def _combine(higher: dtype, lower: dtype) -> dtype:
    """The dtype of two categories of operands, from that of each."""
    if _kind(higher) >= _kind(lower):
        return higher
    if higher.is_floating_point:  # becomes complex, and keeps its precision
        return higher.to_complex()
    return promote_types(higher, lower)


_results: dict[tuple[Any, ...], np.dtype[Any]] = {}


def result_dtype(*operands: Any) -> np.dtype[Any]:
    """The NumPy dtype in which raw operands meet.

    Args:
        operands: arrays (a 0-d one, or a NumPy scalar, is a zero-dim tensor) and Python numbers.

    Raises:
        TypeError: an operand is neither.
        RuntimeError: as of :func:`promote_types`.

    Example:
        >>> import numpy
        >>> from chainrule.promotion import result_dtype
        >>> result_dtype(numpy.ones(3, "int8"), 2.5)
        dtype('float32')
    """
    # A dtype stands for a dimensioned operand, a NumPy scalar type for a zero-dim one, a Python type for a number.
    keys: list[Any] = [default.dtype]
    for a in operands:
        # (In CPython 3.11 a list comprehension costs a call, 0.1 us.)
        keys.append((a.dtype if a.ndim else a.dtype.type) if hasattr(a, "ndim") else a.__class__)  # noqa: PERF401
    key = tuple(keys)
    try:
        return _results[key]
    except KeyError:
        result = _results[key] = result_type(*map(_describe, keys[1:])).numpy
        return result


def _describe(key: np.dtype[Any] | type) -> tuple[dtype, int]:
    if isinstance(key, np.dtype):
        return FROM_NUMPY[key], DIMENSIONED
    if issubclass(key, np.generic):
        return FROM_NUMPY[np.dtype(key)], ZERO_DIM
    for number_type in (bool, int, float, complex):  # bool first: it is a kind of int
        if issubclass(key, number_type):
            break
    else:
        raise TypeError(f"expected tensors and numbers, got {key.__name__}")
    if number_type is float:
        return default.dtype, NUMBER
    if number_type is complex:
        return default.dtype.to_complex(), NUMBER
    return PYTHON_TYPES[number_type], NUMBER


def scalar_to(target: np.dtype[Any], number: complex) -> Any:
    """A Python number as a NumPy scalar, converted as arithmetic does: integers wrap around, floats become infinite.

    Args:
        target: of the number's kind or a higher one.
        number: of bool, int, float or complex.

    Raises:
        OverflowError: an int that 64 bits cannot hold.

    Example:
        >>> import numpy
        >>> from chainrule.promotion import scalar_to
        >>> int(scalar_to(numpy.dtype("int8"), 300))
        44
    """
    if isinstance(number, int):
        if target.kind in "iu":
            return target.type(_wrapped(target, number))
        if not -(2**53) <= number <= 2**53:  # by way of a Python float it would be rounded twice
            return np.array(_checked_size(number)).astype(target)[()]
    try:
        return target.type(number)
    except NOISE:
        return quietly(target.type, number)


def _wrapped(target: np.dtype[Any], number: int) -> int:
    bits = target.itemsize * 8
    wrapped = _checked_size(number) & ((1 << bits) - 1)
    return wrapped - (1 << bits) if target.kind == "i" and wrapped >> (bits - 1) else wrapped


def _checked_size(number: int) -> int:
    if not -(2**63) <= number < 2**64:
        text = "int too big to convert" if number > 0 else "can't convert negative int to unsigned"
        raise OverflowError(f"{text}: tensors compute with integers of at most 64 bits, got {number}")
    return number


def checked_scalar(target: np.dtype[Any], number: complex) -> Any:
    """A Python number as a NumPy scalar, converted as ``full``, ``fill_``, ``where`` and indexed writes do.

    A fraction is cut off, but a number out of the dtype's range is refused (float16 and bfloat16 become infinite;
    uint8 takes -255 to -1 as modulo 256).

    Args:
        target: any dtype.
        number: of bool, int, float or complex.

    Raises:
        RuntimeError: ``target`` cannot hold it.
        OverflowError: an int that 64 bits cannot hold.

    Example:
        >>> import numpy
        >>> from chainrule.promotion import checked_scalar
        >>> int(checked_scalar(numpy.dtype("int8"), 3.9))
        3
    """
    to = FROM_NUMPY[target]
    value: Any = number
    if isinstance(value, int):
        _checked_size(value)
    if to is dtypes.bool:
        return target.type(bool(value))
    if isinstance(value, complex) and not to.is_complex:
        if value.imag != 0:
            raise _refusal(to, number)
        value = value.real
    if to in (dtypes.float32, dtypes.complex64):
        limit = dtypes.finfo(to).max
        if any(limit < abs(part) < float("inf") for part in (value.real, value.imag)):
            raise _refusal(to, number)
    elif target.kind in "iu":
        limits = dtypes.iinfo(to)
        lowest = -limits.max if isinstance(value, int) and not to.is_signed else limits.min
        if not lowest <= value <= limits.max:
            raise _refusal(to, number)
        value = int(value)
    return scalar_to(target, value)


def held_scalar(target: np.dtype[Any], number: complex) -> Any:
    """:func:`checked_scalar` that refuses what half precision cannot hold, too, as ``masked_fill``, ``add`` and ``clamp`` do.

    Args:
        target: any dtype.
        number: of bool, int, float or complex.

    Raises:
        RuntimeError: ``target`` cannot hold it.
        OverflowError: an int that 64 bits cannot hold.

    Example:
        >>> import numpy
        >>> from chainrule.promotion import held_scalar
        >>> held_scalar(numpy.dtype("float16"), -1e9)
        Traceback (most recent call last):
        RuntimeError: value cannot be converted to type c10::Half without overflow: got -1000000000.0, and ...
    """
    found = checked_scalar(target, number)
    if is_half(target) and dtypes.finfo(FROM_NUMPY[target]).max < abs(number.real) < float("inf"):
        raise _refusal(FROM_NUMPY[target], number, "c10::Half" if target.kind == "f" else "c10::BFloat16")
    return found


def _refusal(to: dtype, number: Any, name: str | None = None) -> RuntimeError:
    limits: Any = dtypes.finfo(to) if to.is_floating_point or to.is_complex else dtypes.iinfo(to)
    return RuntimeError(
        f"value cannot be converted to type {name or _C_NAMES.get(to, 'double')} without overflow: got "
        f"{'the complex number ' if isinstance(number, complex) else ''}{number}, and {to} holds {limits.min} to {limits.max}"
    )
