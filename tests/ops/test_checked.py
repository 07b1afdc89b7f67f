"""``chainrule.check`` raises no false alarm: every sample of every op is right, and smooth where the sample says so."""

from __future__ import annotations

from typing import Any

import chainrule as torch

from .harness import COMPLEX, DIFFERENTIABLE, Case, cases


@cases([case for case in (*DIFFERENTIABLE, *COMPLEX) if case.sample.smooth and not case.sample.cotangents])
def test_every_smooth_sample_is_right(case: Case) -> None:
    def function(*inputs: Any) -> Any:
        operands = case.tensors([])
        for at, x in zip(case.wanted, inputs, strict=True):
            operands[at] = x if case.sample.directions is None else case.sample.directions(x)
        return case.op.apply(*operands, **case.params)

    operands = case.tensors([])
    report = torch.check(function, tuple(operands[at] for at in case.wanted), directions=1)
    assert report.ok, report
    assert not report.kinks
