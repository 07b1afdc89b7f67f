"""The printed form of tensors, against what PyTorch printed (tests/golden/printing.json) and case by case."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import dtypes, printing
from chainrule.printing import get_printoptions, printoptions, set_printoptions, tensor_repr

CASES = json.loads((Path(__file__).parent / "golden" / "printing.json").read_text(encoding="utf-8"))
nan, inf = math.nan, math.inf


class StandIn:
    """The least that can be printed."""

    device = chainrule.device("cpu")

    def __init__(self, array: Any, dtype: Any, requires_grad: bool, grad_fn: Any) -> None:
        self._array = array
        self.dtype = dtype
        self.requires_grad = requires_grad
        self.grad_fn = grad_fn


class NamedNode:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name


def make(array: Any, requires_grad: bool = False, grad_fn_name: str | None = None) -> Any:
    """A stand-in for a tensor around ``array``, an array or a NumPy scalar."""
    grad_fn = None if grad_fn_name is None else NamedNode(grad_fn_name)
    return StandIn(array, getattr(dtypes, array.dtype.name), requires_grad or grad_fn is not None, grad_fn)


def floats(*values: float) -> Any:
    return make(np.array(values, dtype=np.float32))


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    set_printoptions(profile="default")
    dtypes.set_default_dtype(dtypes.float32)


def numbers(data: Any) -> np.ndarray[Any, Any]:
    if not isinstance(data, dict):
        return np.array(data)
    mul, mod, add, scale = data["grid"]
    indices = np.arange(math.prod(data["shape"]))
    return (((indices * mul) % mod + add) * scale).reshape(data["shape"])


def numpy_dtype(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        ml_dtypes = pytest.importorskip("ml_dtypes")
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def cast(array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def build(case: dict[str, Any]) -> Any:
    array = numbers(case["data"])
    if "imag" in case:
        both = np.empty(array.shape, dtype=case["dtype"])
        both.real, both.imag = array, numbers(case["imag"])
        array = both
    elif case["dtype"] in ("float16", "bfloat16"):  # by way of float32, as PyTorch casts
        array = cast(array, np.dtype(np.float32))
    array = cast(array, numpy_dtype(case["dtype"]))
    match case.get("view"):
        case "transpose":
            array = array.swapaxes(-1, -2)
        case "step":
            array = array[..., ::2]
        case "expand":
            array = np.broadcast_to(array, (3, *array.shape))
    return make(array, case.get("requires_grad", False), case.get("grad_fn"))


def topic(case: dict[str, Any]) -> str:
    keys = [key for key in ("default_dtype", "view", "prefix") if key in case]
    return "-".join([case["dtype"], *case.get("options", ()), *keys])


BY_TOPIC: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _case in CASES:
    BY_TOPIC[topic(_case)].append(_case)


def test_the_golden_file_is_whole() -> None:
    assert len(CASES) >= 1200
    assert {case["dtype"] for case in CASES} == {
        *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
        *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    }


@pytest.mark.parametrize("name", BY_TOPIC)
def test_prints_as_pytorch(name: str) -> None:
    for case in BY_TOPIC[name]:
        dtypes.set_default_dtype(getattr(dtypes, case.get("default_dtype", "float32")))
        set_printoptions(profile="default")
        set_printoptions(**case.get("options", {}))
        printed = tensor_repr(build(case), class_prefix=case.get("prefix", "tensor("))
        assert printed == case["repr"], {key: value for key, value in case.items() if key != "repr"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(7.0), "tensor(7.)"),
        (np.float32(-0.0), "tensor(-0.)"),
        (np.float64(0.1), "tensor(0.1000, dtype=torch.float64)"),
        (np.int64(3), "tensor(3)"),
        (np.uint8(200), "tensor(200, dtype=torch.uint8)"),
        (np.bool_(True), "tensor(True)"),
        (np.complex64(1 - 0.5j), "tensor(1.-0.5000j)"),
    ],
)
def test_a_numpy_scalar_prints_as_a_zero_dimensional_tensor(value: Any, text: str) -> None:
    assert tensor_repr(make(value)) == text
    assert tensor_repr(make(np.asarray(value))) == text


def test_a_bfloat16_scalar_prints() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert tensor_repr(make(ml_dtypes.bfloat16(1.5))) == "tensor(1.5000, dtype=torch.bfloat16)"


def test_signalling_nans_and_opposite_extremes_raise_no_warning() -> None:
    signalling = np.array([0x7F800001, 0x3F800000], dtype=np.uint32).view(np.float32)
    assert tensor_repr(make(signalling)) == "tensor([nan, 1.])"
    assert tensor_repr(make(np.array([5e-324, 1e308]))) == "tensor([4.9407e-324, 1.0000e+308], dtype=torch.float64)"


def test_a_reversed_view_prints_in_its_own_order() -> None:
    reversed_ = np.arange(6, dtype=np.int64).reshape(2, 3)[::-1, ::-1]
    assert tensor_repr(make(reversed_)) == "tensor([[5, 4, 3],\n        [2, 1, 0]])"


def test_a_node_prints_without_its_namespace() -> None:
    tensor = make(np.ones(2, np.float32), grad_fn_name="torch::autograd::CopySlices")
    assert tensor_repr(tensor) == "tensor([1., 1.], grad_fn=<CopySlices>)"


def test_a_tensor_whose_history_is_gone_still_prints() -> None:
    class Unusable(StandIn):
        @property
        def grad_fn(self) -> Any:
            raise RuntimeError("Output 0 of Unbind is a view and its base has been modified inplace")

        @grad_fn.setter
        def grad_fn(self, _: Any) -> None: ...

    tensor = Unusable(np.float32(4.0), dtypes.float32, True, None)
    assert tensor_repr(tensor) == "tensor(4., grad_fn=<Invalid>)"


def test_further_lines_are_indented_by_the_length_of_the_prefix() -> None:
    tensor = make(np.eye(2, dtype=np.float32), requires_grad=True)
    assert tensor_repr(tensor, class_prefix="Scale(") == "Scale([[1., 0.],\n       [0., 1.]], requires_grad=True)"


def test_options_are_kept_until_changed_except_sci_mode() -> None:
    set_printoptions(precision=2, linewidth=40, sci_mode=True)
    assert get_printoptions() == {"precision": 2, "threshold": 1000, "edgeitems": 3, "linewidth": 40, "sci_mode": True}
    set_printoptions(edgeitems=1)
    assert get_printoptions() == {"precision": 2, "threshold": 1000, "edgeitems": 1, "linewidth": 40, "sci_mode": None}


@pytest.mark.parametrize(
    ("profile", "expected"), [("default", (4, 1000, 3, 80)), ("short", (2, 1000, 2, 80)), ("full", (4, inf, 3, 80))]
)
def test_a_profile_sets_the_options_that_are_not_given(profile: str, expected: tuple[float, ...]) -> None:
    set_printoptions(precision=9, threshold=9, edgeitems=9, linewidth=9)
    set_printoptions(profile=profile)
    assert tuple(get_printoptions().values()) == (*expected, None)
    set_printoptions(profile=profile, linewidth=120)
    assert tuple(get_printoptions().values()) == (*expected[:3], 120, None)


def test_an_unknown_profile_sets_nothing() -> None:
    before = get_printoptions()
    set_printoptions(profile="Full")
    assert get_printoptions() == before


def test_the_options_got_are_a_copy() -> None:
    get_printoptions()["precision"] = 1
    assert printing.PRINT_OPTS.precision == 4


def test_printoptions_holds_for_its_block_even_if_it_fails() -> None:
    set_printoptions(precision=3, sci_mode=False)
    with printoptions(precision=1, edgeitems=7):
        assert tensor_repr(floats(0.25, 0.75)) == "tensor([0.2, 0.8])"
        assert get_printoptions()["sci_mode"] is None
    with pytest.raises(ValueError, match="precision"), printoptions(precision=-1):
        tensor_repr(floats(0.5))
    assert get_printoptions() == {"precision": 3, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": False}


def test_printoptions_decorates_functions() -> None:
    @printoptions(precision=1)
    def show() -> str:
        return tensor_repr(floats(0.5))

    assert show() == show() == "tensor([0.5])"
    assert tensor_repr(floats(0.5)) == "tensor([0.5000])"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"precision": -1}, ValueError),
        ({"precision": 2.5}, ValueError),
        ({"linewidth": inf}, OverflowError),
        ({"threshold": "many"}, TypeError),
    ],
)
def test_impossible_options_fail_when_printing_as_in_pytorch(options: dict[str, Any], error: type[Exception]) -> None:
    set_printoptions(**options)
    with pytest.raises(error):
        tensor_repr(floats(0.5, nan))


def test_a_large_tensor_is_summarised_before_it_is_formatted() -> None:
    tensor = make(np.arange(4_000_000, dtype=np.int64).reshape(2000, 2000).T)
    durations = []
    for _ in range(5):
        start = time.perf_counter()
        text = tensor_repr(tensor)
        durations.append(time.perf_counter() - start)
    assert text.count("\n") == 6
    assert min(durations) < 0.005


def test_as_many_dimensions_as_numpy_allows_print() -> None:
    text = tensor_repr(make(np.ones((1,) * 64, np.float32)))
    assert text == "tensor(" + "[" * 64 + "1." + "]" * 64 + ")"
    set_printoptions(linewidth=200)
    summary = tensor_repr(make(np.ones((1,) * 62 + (40, 40), np.float32)))
    assert summary.startswith("tensor(" + "[" * 64 + "1., 1., 1.,  ..., 1., 1., 1.],")


def test_the_real_tensor_prints() -> None:
    x = chainrule.tensor([1.0, -2.0], requires_grad=True)
    assert repr(x) == str(x) == "tensor([ 1., -2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([ 2., -4.], grad_fn=<MulBackward0>)"
    assert repr(chainrule.tensor(3.0, requires_grad=True) - 4) == "tensor(-1., grad_fn=<SubBackward0>)"
    assert repr(chainrule.tensor([1, -2], dtype=chainrule.float64)) == "tensor([ 1., -2.], dtype=torch.float64)"
    assert repr(chainrule.tensor([[1, 2], [30, 4]])) == "tensor([[ 1,  2],\n        [30,  4]])"
    assert repr(chainrule.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert tensor_repr(x) == repr(x)


@pytest.mark.parametrize("spec", ["", ".3f", ">12"])
@pytest.mark.parametrize("requires_grad", [False, True])
def test_in_a_formatted_string_one_element_is_its_number(spec: str, requires_grad: bool) -> None:
    number = chainrule.tensor(0.3128813803195953, requires_grad=requires_grad)
    assert format(number, spec) == format(number.item(), spec)
    assert format(number * 2, spec) == format((number * 2).item(), spec)


def test_in_a_formatted_string_all_others_are_themselves() -> None:
    row = chainrule.tensor([1.0, 2.0])
    parameter = chainrule.nn.Parameter(chainrule.tensor(2.0))
    assert (f"{row}", f"{parameter}") == (str(row), str(parameter))
    with pytest.raises(TypeError):
        format(row, ".2f")
