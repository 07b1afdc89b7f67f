"""Every op on the device "meta": shape, dtype and order in memory as on the CPU, and nothing where they depend on numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.core.value import new_tensor

from .harness import CASES, COMPLEX, Case

DEPENDS_ON_NUMBERS = ("masked_select", "nonzero", "unique", "unique_along", "unique_consecutive")
CHOOSES_BY_MASK = ("index", "index_adjoint")
LAID_AS_OPERANDS = ("elementwise", "view")
"""The kinds of op whose results lie in memory as their operands do; what others give is up to their kernels."""
BY_OP: dict[str, list[Case]] = {}
for one in (*CASES, *COMPLEX):
    BY_OP.setdefault(one.op.name, []).append(one)


def is_refused(case: Case) -> bool:
    has_mask = any(getattr(a, "dtype", None) == np.dtype(bool) for a in case.arrays)
    return case.op.name in DEPENDS_ON_NUMBERS or (case.op.name in CHOOSES_BY_MASK and has_mask)


def outputs(case: Case, device: str) -> list[Any]:
    return case.apply([new_tensor(np.array(a)).to(device) if hasattr(a, "dtype") else a for a in case.arrays])


@pytest.mark.parametrize("name", sorted(BY_OP))
def test_as_on_the_cpu(name: str) -> None:
    for case in BY_OP[name]:
        if is_refused(case):
            with pytest.raises(NotImplementedError, match="depends on numbers"):
                outputs(case, "meta")
            continue
        for have, want in zip(outputs(case, "meta"), outputs(case, "cpu"), strict=True):
            assert (have.device.type, have.shape, have.dtype) == ("meta", want.shape, want.dtype), case
            assert case.op.kind not in LAID_AS_OPERANDS or have.stride() == want.stride(), case
