"""The element types, and the default one.

A :class:`dtype` prints as PyTorch's does, ``torch.float32``; ``float32.numpy`` is its NumPy counterpart, and
``FROM_NUMPY`` leads back. bfloat16 is no type of NumPy's: the package ml_dtypes adds it, loaded when first needed.

``float``, ``int`` and ``bool`` are dtypes here, as in PyTorch; Python's own are spelled ``builtins.float``.
"""

from __future__ import annotations

import builtins
import math
import warnings
from typing import Any, Final, final

import numpy as np


@final
class dtype:  # noqa: N801 - PyTorch's name
    """An element type: ``torch.float32`` and its like. There is one object for each, so ``is`` compares them.

    Example:
        >>> import chainrule as torch
        >>> torch.zeros(2).dtype
        torch.float32
        >>> torch.float32.itemsize, torch.float32.is_floating_point
        (4, True)
    """

    __slots__ = ("_name", "_scalar_type", "is_complex", "is_floating_point", "is_signed", "itemsize", "numpy")

    is_floating_point: builtins.bool
    is_complex: builtins.bool
    is_signed: builtins.bool
    itemsize: builtins.int
    """Bytes that one element takes."""
    numpy: np.dtype[Any]
    """The NumPy counterpart. A plain slot, for speed; :meth:`__getattr__` fills bfloat16's."""
    _name: str
    _scalar_type: str

    def __new__(cls) -> dtype:
        raise TypeError("cannot create 'torch.dtype' instances: use torch.float32, torch.int64, ...")

    def to_real(self) -> dtype:
        """The dtype of this one's real part.

        Example:
            >>> import chainrule as torch
            >>> torch.complex128.to_real()
            torch.float64
        """
        return float16 if self._name == "complex32" else {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        """The complex dtype with real parts of this one (of float32, for float16 and bfloat16).

        Raises:
            RuntimeError: for integers and bool.

        Example:
            >>> import chainrule as torch
            >>> torch.float64.to_complex()
            torch.complex128
        """
        if self.is_complex:
            return self
        if not self.is_floating_point:
            raise RuntimeError(f"Unknown Complex ScalarType for {self._scalar_type}: only float types have one")
        return complex128 if self is float64 else complex64

    def __getattr__(self, name: str) -> Any:
        if name == "numpy":  # an empty slot, which bfloat16 has, and what is a name only
            if self is bfloat16:
                return _load_bfloat16()
            raise TypeError(
                f"there are no tensors of {self} in chainrule: it is a name only, to compare with. Use torch.float16 or torch.int8"
            )
        raise AttributeError(f"'torch.dtype' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"'torch.dtype' object has no attribute '{name}' that can be set")

    def __reduce__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"torch.{self._name}"


class _FromNumpy(dict["np.dtype[Any]", dtype]):
    def __missing__(self, key: np.dtype[Any]) -> dtype:
        if key.name == "bfloat16" and key == bfloat16.numpy:
            return bfloat16
        if key.newbyteorder("=") in self:
            raise ValueError(
                "given numpy array has byte order different from the native byte order. Conversion between byte "
                "orders is currently not supported. Make it native first: array.astype(array.dtype.newbyteorder('='))"
            )
        raise TypeError(
            f"can't convert np.ndarray of type {key.type.__module__}.{key.type.__qualname__}. The only supported types "
            "are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, "
            "uint8, and bool. Convert it first, for example with array.astype(numpy.float32)."
        )


FROM_NUMPY: Final = _FromNumpy()
"""``FROM_NUMPY[array.dtype]``; raises what :func:`from_numpy_dtype` does."""


ALL: Final[list[dtype]] = []
"""Every dtype there is."""


def _define(name: str, scalar_type: str) -> dtype:
    new: dtype = object.__new__(dtype)  # past dtype.__new__, which refuses
    bits = "".join(filter(str.isdigit, name))
    values = {
        "_name": name,
        "_scalar_type": scalar_type,
        "is_complex": name.startswith("complex"),
        "is_floating_point": "float" in name,
        "is_signed": name.startswith(("int", "float", "bfloat", "complex")),
        "itemsize": builtins.int(bits or 8) // 8,
    }
    if name != "bfloat16":
        values["numpy"] = np.dtype(name)
        FROM_NUMPY[np.dtype(name)] = new
    for attribute, value in values.items():
        object.__setattr__(new, attribute, value)
    ALL.append(new)
    return new


bool = _define("bool", "Bool")
uint8 = _define("uint8", "Byte")
int8 = _define("int8", "Char")
int16 = short = _define("int16", "Short")
int32 = int = _define("int32", "Int")
int64 = long = _define("int64", "Long")
uint16 = _define("uint16", "UInt16")
uint32 = _define("uint32", "UInt32")
uint64 = _define("uint64", "UInt64")
float16 = half = _define("float16", "Half")
bfloat16 = _define("bfloat16", "BFloat16")
float32 = float = _define("float32", "Float")
float64 = double = _define("float64", "Double")
complex64 = cfloat = _define("complex64", "ComplexFloat")
complex128 = cdouble = _define("complex128", "ComplexDouble")

PYTHON_TYPES: Final[dict[type, dtype]] = {
    builtins.float: float64,
    builtins.int: int64,
    builtins.bool: bool,
    builtins.complex: complex128,
}
"""The dtypes that Python's types stand for where a dtype is asked for."""


def _load_bfloat16() -> np.dtype[Any]:
    try:
        import ml_dtypes
    except ImportError as error:
        raise ModuleNotFoundError(
            "torch.bfloat16 needs the package ml_dtypes: pip install 'chainrule[bfloat16]'", name="ml_dtypes"
        ) from error
    numpy_dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    FROM_NUMPY[numpy_dtype] = bfloat16
    object.__setattr__(bfloat16, "numpy", numpy_dtype)
    return numpy_dtype


def from_numpy_dtype(numpy_dtype: np.dtype[Any]) -> dtype:
    """The dtype of tensors made from NumPy arrays of ``numpy_dtype``.

    Raises:
        TypeError: tensors cannot hold that type (objects, strings, records, dates, ...).
        ValueError: its bytes are not in the machine's order.

    Example:
        >>> import numpy
        >>> from chainrule.dtypes import from_numpy_dtype
        >>> from_numpy_dtype(numpy.dtype("f4"))
        torch.float32
    """
    return FROM_NUMPY[numpy_dtype]


def as_dtype(value: object, *, argument: str = "argument 'dtype'") -> dtype:
    """The dtype that ``value`` names.

    Args:
        value: a dtype, one of Python's ``float``, ``int``, ``bool`` and ``complex``, or a NumPy dtype or scalar type.
        argument: what an error calls it, as in "zeros(): argument 'dtype'".

    Raises:
        TypeError: ``value`` is something else.

    Example:
        >>> from chainrule.dtypes import as_dtype
        >>> as_dtype(complex)
        torch.complex128
    """
    if isinstance(value, dtype):
        return value
    if isinstance(value, type):
        if value in PYTHON_TYPES:
            return PYTHON_TYPES[value]
        if issubclass(value, np.generic):
            value = np.dtype(value)
    if isinstance(value, np.dtype):
        return FROM_NUMPY[value]
    raise TypeError(f"{argument} must be torch.dtype, not {type(value).__name__}: got {value!r}, write torch.float32")


class _Default:
    __slots__ = ("dtype",)

    dtype: dtype


default: Final = _Default()
"""``default.dtype`` is the default float dtype, and ``default.dtype.to_complex()`` the default complex one."""
default.dtype = float32


def get_default_dtype() -> dtype:
    """The dtype of tensors made from Python floats, at first float32.

    Example:
        >>> import chainrule as torch
        >>> torch.get_default_dtype()
        torch.float32
    """
    return default.dtype


def set_default_dtype(d: dtype) -> None:
    """Choose the dtype of tensors made from Python floats, and of what integers become when divided.

    Python's complex numbers follow: complex128 when ``d`` is float64, else complex64.

    Args:
        d: a float dtype. It holds for all threads.

    Raises:
        TypeError: ``d`` is not a float dtype.

    Example:
        >>> import chainrule as torch
        >>> torch.set_default_dtype(torch.float64)
        >>> torch.tensor(1.5).dtype
        torch.float64
        >>> torch.set_default_dtype(torch.float32)
    """
    if not isinstance(d, dtype):
        raise TypeError(
            "invalid dtype object: only floating-point types are supported as the default type: "
            f"got {d!r}, write torch.float32 or torch.float64"
        )
    if not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type: got {d}")
    default.dtype = d


def set_default_tensor_type(t: object) -> None:
    """Choose the default dtype by the name of a tensor type; :func:`set_default_dtype` says it better.

    Args:
        t: a name such as "torch.DoubleTensor", or a type of tensors with a ``dtype``.

    Raises:
        TypeError: it is no type of float tensors in main memory.
        AttributeError, ModuleNotFoundError: nothing has that name.

    Example:
        >>> import warnings
        >>> import chainrule as torch
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     torch.set_default_tensor_type("torch.FloatTensor")
    """
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        UserWarning,
        stacklevel=2,
    )
    if getattr(t, "is_cuda", False):
        t = f"torch.cuda.{getattr(t, '__name__', t)}"
    chosen = _named_tensor_type(t) if isinstance(t, str) else getattr(t, "dtype", None)
    if not isinstance(chosen, dtype):
        raise TypeError(
            f"invalid type object: only floating-point types are supported as the default type: got {t!r}, "
            "use torch.set_default_dtype(torch.float32)"
        )
    set_default_dtype(chosen)


def _named_tensor_type(text: str) -> dtype:
    module, _, name = text.rpartition(".")
    if module == "torch.cuda":
        raise TypeError(f"type {text} not available. chainrule keeps tensors in main memory: use torch.{name}")
    for known in ALL:
        if text == f"torch.{known._scalar_type}Tensor":
            return known
    advice = "use torch.set_default_dtype(torch.float32)"
    if module != "torch":
        raise ModuleNotFoundError(f"No module named '{module or name}': {advice}")
    raise AttributeError(f"module 'torch' has no attribute '{name}': {advice}")


class finfo:  # noqa: N801 - PyTorch's name
    """The limits of a float dtype; of a complex one, those of its parts.

    Args:
        type: the dtype, or Python's ``float`` or ``complex``; by default the default dtype.

    Attributes:
        bits: that one number takes.
        eps: the distance from 1 to the next number.
        max, min: the largest finite number, and its negative.
        tiny, smallest_normal: the smallest positive number with all its digits.
        resolution: 10 to the minus the decimal digits that always survive.
        dtype: the dtype's name.

    Raises:
        TypeError: ``type`` is not a dtype, or is an integer one.

    Example:
        >>> import chainrule as torch
        >>> torch.finfo(torch.float32).eps
        1.1920928955078125e-07
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: object = default) -> None:
        chosen = default.dtype if type is default else type
        real = as_dtype(chosen, argument="finfo(): argument 'type' (position 1)").to_real()
        if not real.is_floating_point:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo': "
                f"got {real}"
            )
        self.bits = real.itemsize * 8
        self.dtype = real._name
        if real.itemsize == 1:
            from .nominal import LIMITS

            if real not in LIMITS:
                raise NotImplementedError(f'"finfo" not implemented for {real}')
            self.eps, self.max, self.min, self.tiny = LIMITS[real]
            self.smallest_normal, self.resolution = self.tiny, 1.0
            return
        # Significant bits (the leading one, which is not stored, included) and the largest exponent.
        precision, exponent = {float16: (11, 15), bfloat16: (8, 127), float32: (24, 127), float64: (53, 1023)}[real]
        self.eps = 2.0 ** (1 - precision)
        self.max = (2.0 - self.eps) * 2.0**exponent
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - exponent)
        self.resolution = builtins.float(f"1e-{math.floor((precision - 1) * math.log10(2))}")

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    __hash__ = None  # type: ignore[assignment]  # as PyTorch's

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801 - PyTorch's name
    """The limits of an integer dtype.

    Args:
        type: the dtype, or Python's ``int``.

    Attributes:
        bits: that one number takes.
        max, min: the largest and the smallest number.
        dtype: the dtype's name.

    Raises:
        TypeError: ``type`` is not an integer dtype.

    Example:
        >>> import chainrule as torch
        >>> torch.iinfo(torch.uint8).max
        255
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: object) -> None:
        known = as_dtype(type, argument="iinfo(): argument 'type' (position 1)")
        if known is bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if known.is_floating_point or known.is_complex:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo': got {known}"
            )
        self.bits = known.itemsize * 8
        self.dtype = known._name
        self.min = -(2 ** (self.bits - 1)) if known.is_signed else 0
        self.max = self.min + 2**self.bits - 1

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    __hash__ = None  # type: ignore[assignment]  # as PyTorch's

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
