"""Every op of PyTorch's op database that chainrule has, compared with PyTorch, live."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import chainrule

from . import translation
from .checks import CHECKS, OF_ANY_OP, OF_FEW_NUMBERS, OF_REAL_NUMBERS, VARIANTS
from .exceptions import LEFT_OUT, NOT_TRANSLATED, UNDEFINED_VALUES, excepted, excepted_parts
from .samples import LARGEST, OPS, Case, arguments_of, cases, is_dense, tensors_in, tolerance_of
from .translation import NotHereError

pytestmark = pytest.mark.filterwarnings("ignore")
DTYPES = (torch.float64, torch.complex128, torch.int64, torch.bool)
EVERY_OTHER_DTYPE = (
    torch.float32, torch.bfloat16, torch.float16, torch.complex64, torch.uint8, torch.int8, torch.int16, torch.int32,
)  # fmt: skip
MOST = {"dtypes": 4, "out": 4}
"""So many samples of a dtype are enough for these."""
FORMS = ("op", "method_variant", "inplace_variant")


def is_here(name: str) -> bool:
    """Whether chainrule has the op in any form; then it is asked for all of them."""
    return any(is_translated(getattr(OPS[name], form)) for form in FORMS)


def is_translated(of_torch: Any) -> bool:
    try:
        return of_torch is not None and translation.function(of_torch) is not None
    except NotHereError:
        return False


HERE = [name for name in OPS if name not in LEFT_OUT and is_here(name)]


def test_what_is_not_here_yet(record_property: Any) -> None:
    record_property("missing", " ".join(OPS.keys() - LEFT_OUT - set(HERE)))
    assert HERE


@pytest.mark.parametrize("name", HERE)
def test_names(name: str, record_property: Any) -> None:
    """Each public name of the op, its method, its in-place method, and of those of its aliases, is there."""
    record_property("op", name)
    record_property("check", "names")
    record_property("outcomes", "passed")
    op = OPS[name]
    lacking = {path for one in (op, *op.aliases) for form in FORMS for path in translation.lacking(getattr(one, form))}
    assert not lacking


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", HERE)
def test_op(name: str, check: str, record_property: Any) -> None:
    record_property("op", name)
    record_property("check", check)
    found: set[str] = set()
    for case in cases_of(name, check):
        if concerns(check, case):
            found.update(["excepted"] if excepted(case, check) else compared(case, check))
    record_property("outcomes", " ".join(found))


@pytest.mark.parametrize("name", [name for name in HERE if OPS[name].error_inputs_func])
def test_refusals(name: str, record_property: Any) -> None:
    """What PyTorch refuses is refused by an exception of the same class."""
    record_property("op", name)
    record_property("check", "errors")
    op, found = OPS[name], set()
    for error in op.error_inputs("cpu"):
        sample = error.sample_input
        arguments = arguments_of(sample)
        if not is_dense(arguments):
            continue
        wanted = raised(op.op, arguments)
        if wanted is None or any(text in str(wanted) for text in NOT_TRANSLATED):
            found.add("unsupported")
            continue
        try:
            given = translation.value(arguments)
        except NotHereError as error:
            if "sparse" not in str(error):
                raise
            found.add("unsupported")
            continue
        have = raised(translation.function(op.op), given)
        assert isinstance(have, type(wanted)), f"have {have!r}\nwant {wanted!r}\nof {arguments!r}"
        found.add("passed")
    record_property("outcomes", " ".join(found))


def raised(function: Any, arguments: Any) -> Exception | None:
    input, args, kwargs = arguments
    try:
        function(input, *args, **kwargs)
    except Exception as error:
        return error
    return None


def cases_of(name: str, check: str) -> Iterator[Case]:
    most = MOST.get(check)
    for dtype in EVERY_OTHER_DTYPE if check == "dtypes" else (*DTYPES, *([torch.float32] if check == "grad" else [])):
        if dtype in OPS[name].supported_dtypes("cpu"):
            yield from cases(name, dtype)[:most]


def concerns(check: str, case: Case) -> bool:
    """Whether a check is made of a case."""
    if check in VARIANTS:
        return getattr(case.op, f"{check}_variant") is not None
    if check == "aliases":
        return any(case.of_torch.aliases())
    if check == "out":
        return case.op.supports_out
    if check not in OF_ANY_OP and not case.wanted:
        return False
    if check in OF_REAL_NUMBERS and (case.is_complex or case.size > LARGEST):  # a Jacobian is the square of that
        return False
    return case.is_small or check not in OF_FEW_NUMBERS


def compared(case: Case, check: str) -> list[str]:
    """Compare, and say what came of it."""
    ours, theirs = CHECKS[check]
    for program in theirs:
        try:
            with warnings.catch_warnings(action="ignore"):
                want = program(case.of_torch)
        except Exception:
            continue
        break
    else:
        return ["unsupported"]
    try:
        have = ours(case.ours)
    except Exception as error:
        if "randomness error mode" in str(error) and program is not ours:  # which forbids it in PyTorch too
            return ["unsupported"]
        raise AssertionError(f"chainrule raises for {shown(case)}: {type(error).__name__}: {error}") from error
    parts = excepted_parts(case, check, have, want)
    if parts:
        want = {name: one for name, one in want.items() if name not in parts}
    different = difference(have, want, case.op.name in UNDEFINED_VALUES, program is ours, case.tolerance)
    assert different is None, f"{different}\nof {shown(case)}"
    return ["passed", "excepted"] if parts else ["passed"]


def difference(have: Any, want: Any, shapes_only: bool, dtypes: bool, tolerance: float) -> str | None:
    """What is different in words, or None.

    The dtypes count where one program ran on both sides: of a function that changes it, jacrev gives that of the input and
    jacfwd that of the output.
    """
    if isinstance(want, torch.Tensor):
        if not isinstance(have, chainrule.Tensor):
            return f"a {type(have).__name__}, where a tensor is wanted"
        for attribute in ("shape", "requires_grad", *(["dtype"] if dtypes else [])):
            mine, its = getattr(have, attribute), getattr(want, attribute)
            if str(mine) != str(its):
                return f"{attribute} {mine}, where {its} is wanted"
        if shapes_only:
            return None
        tolerance = max(tolerance, *(tolerance_of(str(x.dtype)) for x in (have, want)))
        have, want = (x.float() if str(x.dtype) == "torch.bfloat16" else x for x in (have, want))
        a, b = have.detach().numpy(), translation.array(want)
        if np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True):
            return None
        at = np.unravel_index(np.argmin(np.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)), a.shape)
        return f"at {tuple(map(int, at))} have {a[at]}, want {b[at]}"
    if isinstance(want, (tuple, list)):
        if not isinstance(have, (tuple, list)) or len(have) != len(want):
            return f"have {have!r}, want {want!r}"
        return next(
            filter(None, (difference(a, b, shapes_only, dtypes, tolerance) for a, b in zip(have, want, strict=True))),
            None,
        )
    if isinstance(want, dict):
        found = ((name, difference(have[name], one, shapes_only, dtypes, tolerance)) for name, one in want.items())
        return next((f"{name}: {text}" for name, text in found if text), None)
    if isinstance(want, Exception):
        return None if isinstance(have, type(want)) else f"have {have!r}, want {want!r}"
    if isinstance(want, torch.dtype):
        return None if str(have) == str(want) else f"have {have}, want {want}"
    same = have == want or (have != have and want != want)
    return None if same else f"have {have!r}, want {want!r}"


def shown(case: Case) -> str:
    input, args, kwargs = case.arguments
    text = f"{case.op.name}: {input!r}, {args!r}, {kwargs!r}"
    return (
        text
        if len(text) < 1500
        else f"{case.op.name}: {[tuple(x.shape) for x in tensors_in(case.arguments)]}, {kwargs!r}"
    )
