"""Rules and forwards under array-api-strict: they name nothing but the standard and our written extras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import strict_namespace
from strict_namespace import to_numpy, to_strict

from chainrule.backend import numpy as numpy_namespace
from chainrule.core.dispatch import promote
from chainrule.core.forward import Call

from .harness import CASES, COMPLEX, Case, cases, slots

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # infinities and NaNs, in code that is not ours

ALL = [*CASES, *COMPLEX]


def assert_same(got: Any, want: Any) -> None:
    """Equal but for the order of sums; None is zero."""
    got, want = (np.zeros(()) if x is None else np.asarray(x) for x in (to_numpy(got), want))
    roundings = 1e-12 if want.dtype != np.float32 else 1e-6
    np.testing.assert_allclose(got, want, rtol=roundings, atol=roundings / 10)


def operands(case: Case) -> tuple[Any, ...]:
    """The operands as the op computes them: in one dtype."""
    return case.arrays if case.op.promotion is None else tuple(promote(case.op, list(case.arrays)))


@cases(ALL)
def test_forwards(case: Case) -> None:
    op, xp = case.op, strict_namespace.xp
    arrays, params = to_strict(operands(case)), {name: to_strict(value) for name, value in case.params.items()}
    out = op.forward(xp, *arrays, **params) if op.forward is not None else getattr(xp, op.name)(*arrays, **params)
    for got, want in zip([out] if op.outputs is None else out, case.outputs(), strict=True):
        assert_same(got, want)


@cases([case for case in ALL if case.is_differentiable])
def test_rules(case: Case) -> None:
    op = case.op
    arrays = operands(case)
    need = tuple(at in case.wanted for at in range(len(arrays)))
    g = slots(case)[0] if op.outputs is None else slots(case)
    if case.sample.cotangents:  # those that are allowed are PyTorch's, of which a rule gets the conjugates
        g = [np.conj(one) for one in g]
    results = []
    for xp, convert in ((numpy_namespace, lambda value: value), (strict_namespace.xp, to_strict)):
        call = Call(
            op,
            convert(arrays),
            (None,) * len(arrays),
            {k: convert(v) for k, v in case.params.items()},
            xp,
            convert(tuple(case.outputs())),
        )
        if op.all_rule is not None:
            results.append(call.by_name(op.all_rule, g=convert(g), need=need))
        else:
            results.append([call.by_name(op.rules[case.names[at]], g=convert(g)) for at in case.wanted])
    for want, got in zip(*results, strict=True):
        assert_same(got, want)
