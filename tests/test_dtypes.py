"""dtypes: what they say of themselves, what becomes one, the default one, finfo and iinfo."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from chainrule import dtypes
from chainrule.dtypes import as_dtype, finfo, from_numpy_dtype, get_default_dtype, iinfo, set_default_dtype

GOLDEN = json.loads((Path(__file__).parent / "golden" / "promotion.json").read_text(encoding="utf-8"))
NAMES = GOLDEN["dtypes"]


def named(name: str) -> Any:
    return getattr(dtypes, name)


@pytest.mark.parametrize("name", NAMES)
def test_attributes(name: str) -> None:
    dtype = named(name)
    assert repr(dtype) == str(dtype) == f"torch.{name}"
    expected = GOLDEN["attributes"][name]
    for attribute in ("is_floating_point", "is_complex", "is_signed", "itemsize"):
        assert getattr(dtype, attribute) == expected[attribute]
    assert str(dtype.to_real()) == expected["to_real"]
    if expected["to_complex"] is None:
        with pytest.raises(RuntimeError, match="Unknown Complex ScalarType for"):
            dtype.to_complex()
    else:
        # NumPy has no complex32: float16's complex counterpart is complex64 here.
        assert str(dtype.to_complex()) == expected["to_complex"].replace("complex32", "complex64")


@pytest.mark.parametrize("name", NAMES)
def test_numpy_counterpart_and_back(name: str) -> None:
    dtype = named(name)
    assert dtype.numpy.name == name
    assert dtype.numpy.itemsize == dtype.itemsize
    assert from_numpy_dtype(dtype.numpy) is dtype
    assert as_dtype(dtype) is as_dtype(dtype.numpy) is as_dtype(dtype.numpy.type) is dtype


@pytest.mark.parametrize("name", NAMES)
def test_there_is_one_object_for_each(name: str) -> None:
    dtype = named(name)
    assert copy.copy(dtype) is copy.deepcopy(dtype) is dtype
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(dtype, protocol)) is dtype
    assert {dtype: 1}[dtype] == 1
    assert dtype != dtype.numpy


def test_aliases() -> None:
    aliases = {
        "half": "float16", "float": "float32", "double": "float64", "cfloat": "complex64", "cdouble": "complex128",
        "short": "int16", "int": "int32", "long": "int64",
    }  # fmt: skip
    for alias, name in aliases.items():
        assert named(alias) is named(name)


def test_a_dtype_cannot_be_made_changed_or_compared() -> None:
    with pytest.raises(TypeError, match=r"cannot create 'torch.dtype' instances"):
        dtypes.dtype()
    for attribute in ("itemsize", "colour"):
        with pytest.raises(AttributeError, match=f"'torch.dtype' object has no attribute '{attribute}'"):
            setattr(dtypes.float32, attribute, 1)
    for name in ("colour", "name", "__array__"):
        assert not hasattr(dtypes.float32, name)
        assert not hasattr(dtypes.bfloat16, name)
    with pytest.raises(TypeError, match="not supported between instances of"):
        sorted([dtypes.float32, dtypes.float64])


def test_python_types_stand_for_dtypes() -> None:
    assert [as_dtype(t) for t in (float, int, bool, complex)] == [
        dtypes.float64, dtypes.int64, dtypes.bool, dtypes.complex128,
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["float32", None, 1, str, object, [np.float32], np.float32(1), np.floating])
def test_other_things_are_no_dtypes(value: object) -> None:
    # The last one is a type of NumPy's without a dtype, which NumPy refuses itself.
    with pytest.raises(TypeError, match=r"argument 'dtype' must be torch\.dtype, not |Converting `np\."):
        as_dtype(value)


def test_the_error_names_the_argument() -> None:
    with pytest.raises(TypeError, match=r"^zeros\(\): argument 'dtype' must be torch\.dtype, not str: got 'float32'"):
        as_dtype("float32", argument="zeros(): argument 'dtype'")


@pytest.mark.parametrize(
    ("spec", "type_name"),
    [("O", "numpy.object_"), ("U3", "numpy.str_"), ("S3", "numpy.bytes_"), ("M8[D]", "numpy.datetime64"),
     ("i4,f4", "numpy.void"), ("m8[s]", "numpy.timedelta64")],
)  # fmt: skip
def test_numpy_types_that_tensors_cannot_hold(spec: str, type_name: str) -> None:
    with pytest.raises(TypeError, match=f"^can't convert np.ndarray of type {type_name}. The only supported types are"):
        from_numpy_dtype(np.dtype(spec))


def test_float8_is_not_bfloat16() -> None:
    with pytest.raises(TypeError, match=r"^can't convert np.ndarray of type ml_dtypes.float8_e5m2"):
        from_numpy_dtype(np.dtype(ml_dtypes.float8_e5m2))


@pytest.mark.parametrize("letters", ["f4", "i8", "c16"])
def test_foreign_byte_order_is_refused(letters: str) -> None:
    foreign = np.dtype(letters).newbyteorder("S")
    with pytest.raises(ValueError, match=r"^given numpy array has byte order different from the native byte order"):
        from_numpy_dtype(foreign)
    assert from_numpy_dtype(foreign.newbyteorder("=")).numpy == np.dtype(letters)


LAZY = """
import sys
from chainrule import dtypes
import numpy
assert dtypes.finfo(dtypes.bfloat16).max > 3e38 and repr(dtypes.bfloat16) == "torch.bfloat16"
{0}
assert "ml_dtypes" not in sys.modules, "loaded too early"
print({1})
"""


@pytest.mark.parametrize(
    ("before", "shown", "expected"),
    [
        ("", "dtypes.bfloat16.numpy, dtypes.from_numpy_dtype(dtypes.bfloat16.numpy)", "bfloat16 torch.bfloat16"),
        ("", "dtypes.from_numpy_dtype(numpy.dtype(__import__('ml_dtypes').bfloat16))", "torch.bfloat16"),
        ("dtypes.set_default_dtype(dtypes.bfloat16)", "dtypes.get_default_dtype()", "torch.bfloat16"),
    ],
    ids=["its counterpart", "from outside", "as the default"],
)
def test_ml_dtypes_is_loaded_when_needed(before: str, shown: str, expected: str) -> None:
    program = LAZY.format(before, shown)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (expected, "")


def test_without_ml_dtypes_the_error_says_what_to_install() -> None:
    program = "import sys; sys.modules['ml_dtypes'] = None; from chainrule import dtypes; dtypes.bfloat16.numpy"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last == "ModuleNotFoundError: torch.bfloat16 needs the package ml_dtypes: pip install 'chainrule[bfloat16]'"


def test_default_dtype() -> None:
    assert get_default_dtype() is dtypes.float32
    for dtype in (dtypes.float64, dtypes.float16, dtypes.bfloat16):
        set_default_dtype(dtype)
        assert get_default_dtype() is dtype
    set_default_dtype(dtypes.float32)


@pytest.mark.parametrize(
    ("value", "message"),
    [(dtypes.int64, "^only floating-point types are"), (dtypes.complex64, "^only floating-point types are"),
     (dtypes.bool, "^only floating-point types are"), (float, "^invalid dtype object: only floating-point types are"),
     ("float64", "^invalid dtype object: only floating-point types are"), (None, "^invalid dtype object: only"),
     (np.float64, "^invalid dtype object: only")],
)  # fmt: skip
def test_the_default_dtype_is_a_float(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        set_default_dtype(value)
    assert get_default_dtype() is dtypes.float32


class FloatTensorType:
    dtype = dtypes.float64


@pytest.mark.parametrize(
    ("value", "expected"),
    [("torch.DoubleTensor", dtypes.float64), ("torch.HalfTensor", dtypes.float16),
     ("torch.BFloat16Tensor", dtypes.bfloat16), (FloatTensorType, dtypes.float64)],
)  # fmt: skip
def test_default_tensor_type(value: Any, expected: Any) -> None:
    with pytest.warns(UserWarning, match=r"^torch\.set_default_tensor_type\(\) is deprecated as of PyTorch 2\.1"):
        dtypes.set_default_tensor_type(value)
    assert get_default_dtype() is expected
    set_default_dtype(dtypes.float32)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [("torch.IntTensor", TypeError, "only floating-point types are supported as the default type"),
     ("torch.BoolTensor", TypeError, "only floating-point types are supported as the default type"),
     ("torch.NopeTensor", AttributeError, "module 'torch' has no attribute 'NopeTensor'"),
     ("DoubleTensor", ModuleNotFoundError, "No module named 'DoubleTensor'"),
     ("x.y", ModuleNotFoundError, "No module named 'x'"),
     ("torch.cuda.FloatTensor", TypeError, "type torch.cuda.FloatTensor not available"),
     (3, TypeError, "invalid type object: only floating-point types are supported as the default type"),
     (dtypes.float64, TypeError, "invalid type object: only floating-point types are supported as the default type")],
)  # fmt: skip
def test_other_default_tensor_types(value: Any, error: type[Exception], message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=f"^{message}"):
            dtypes.set_default_tensor_type(value)
    assert get_default_dtype() is dtypes.float32


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bool"])
def test_limits(name: str) -> None:
    dtype = named(name)
    info: Any = finfo(dtype) if dtype.is_floating_point or dtype.is_complex else iinfo(dtype)
    for attribute, value in GOLDEN["limits"][name].items():
        actual = repr(info) if attribute == "repr" else getattr(info, attribute)
        assert actual == value, attribute
        assert type(actual) is type(value), attribute


def test_limits_by_default_and_of_python_types() -> None:
    assert finfo() == finfo(dtypes.float32) == finfo(type=dtypes.complex64)
    set_default_dtype(dtypes.float64)
    assert finfo() == finfo(float) == finfo(dtypes.float64) != finfo(dtypes.float32)
    set_default_dtype(dtypes.float32)
    assert iinfo(int) == iinfo(type=dtypes.int64) != iinfo(dtypes.int32)
    assert finfo(dtypes.float64) != iinfo(dtypes.int64)
    for info in (finfo(), iinfo(int)):
        with pytest.raises(TypeError, match="unhashable type"):
            hash(info)


@pytest.mark.parametrize(
    ("make", "message"),
    [(lambda: finfo(dtypes.int32), r"^torch\.finfo\(\) requires a floating point input type\. Use torch\.iinfo"),
     (lambda: finfo(dtypes.bool), r"^torch\.finfo\(\) requires a floating point input type\. Use torch\.iinfo"),
     (lambda: finfo("float32"), r"^finfo\(\): argument 'type' \(position 1\) must be torch\.dtype, not str"),
     (lambda: finfo(None), r"^finfo\(\): argument 'type' \(position 1\) must be torch\.dtype, not NoneType"),
     (lambda: iinfo(dtypes.float32), r"^torch\.iinfo\(\) requires an integer input type\. Use torch\.finfo"),
     (lambda: iinfo(dtypes.complex64), r"^torch\.iinfo\(\) requires an integer input type\. Use torch\.finfo"),
     (lambda: iinfo(dtypes.bool), r"^torch\.bool is not supported by torch\.iinfo"),
     (lambda: iinfo(3), r"^iinfo\(\): argument 'type' \(position 1\) must be torch\.dtype, not int"),
     (iinfo, "missing 1 required positional argument: 'type'")],
)  # fmt: skip
def test_limits_of_the_wrong_kind(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()
