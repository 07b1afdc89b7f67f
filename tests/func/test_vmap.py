"""``vmap`` of the public functions: what a loop over the batch gives, for values and derivatives (golden/vmap.json)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from batched_programs import SIZE, Batch, recorded

import chainrule as torch
from chainrule.func import grad, jvp, vmap

PROGRAMS = [
    (family, program, made) for family, all_made in recorded("vmap").items() for program, made in all_made.items()
]

REFUSED = {"torch.argwhere(m)", "m.argwhere()", "s.argwhere()", "torch.argwhere(n)"}
"""What PyTorch does: ``argwhere`` as long as the shapes agree; here all whose shape depends on values is refused."""


def plain(tensor: Any) -> Any:
    """As NumPy has it."""
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


RESHAPED = {"m.swapaxes_(0,1)", "m.squeeze_()"}
"""Refused for leaves that require grad; what vmap hands out is no leaf."""


def compare(together: Callable[[], Any], each: Callable[[int], Any], what: str) -> list[Any] | None:
    """The outputs of a batch, which are those of each element; None where what fails for an element fails for all."""
    try:
        elements = [list(each(at)) for at in range(SIZE)]
    except RuntimeError as error:
        with pytest.raises(type(error)):
            together()
        return None
    got = list(together())
    assert len(got) == len(elements[0]), what
    for at, one in enumerate(got):
        want, have = np.stack([plain(row[at]) for row in elements]), plain(one)
        assert (have.shape, have.dtype) == (want.shape, want.dtype), what
        tolerance = 2e-2 if "half" in what or "float16" in what else 1e-5
        np.testing.assert_allclose(have, want, rtol=tolerance, atol=tolerance * 1e-1, err_msg=what)
    return got


def moved(batch: Batch, f: Callable[..., Any], values: list[Any]) -> list[Any]:
    """The derivative of ``f`` along a direction in all that can move."""
    moving = batch.moving()

    def of_moving(*chosen: Any) -> Any:
        return f(*[chosen[moving.index(at)] if at in moving else value for at, value in enumerate(values)])

    primals = tuple(values[at] for at in moving)
    return list(jvp(of_moving, primals, tuple(torch.cos(p * 3 + 1) for p in primals))[1])


def weighted(batch: Batch, *values: Any) -> Any:
    """A number that depends on all elements of all results that can have a gradient."""
    total: Any = 0
    for out in batch.function(*values):
        if out.is_floating_point() or out.is_complex():
            numbers = (torch.view_as_real(out) if out.is_complex() else out).double()
            total = (
                total
                + (numbers * torch.arange(1.0, numbers.numel() + 1, dtype=torch.float64).reshape(numbers.shape)).sum()
            )
    return total


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - it is compared with what was recorded
        return type(error).__name__
    return "values"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("family", "program", "made"), PROGRAMS, ids=[program for _, program, _ in PROGRAMS])
def test_as_a_loop_over_the_batch(family: str, program: str, made: str) -> None:
    """vmap, jvp of vmap, vmap of grad and grad of vmap; or what PyTorch raises."""
    batch = Batch(torch, family, program)
    together = partial(vmap(batch.function, randomness="different"), *batch.stacked())
    raised = outcome(together)
    if raised != "values":
        assert raised == made or (made == "values" and program in REFUSED)
        return
    found = compare(
        partial(vmap(batch.function), *batch.stacked()),
        lambda at: batch.function(*batch.element(at)),
        f"vmap: {program}",
    )
    moving = batch.moving()
    if not moving or not found or not any(one.is_floating_point() or one.is_complex() for one in found):
        return
    compare(
        lambda: moved(batch, vmap(batch.function), batch.stacked()),
        lambda at: moved(batch, batch.function, batch.element(at)),
        f"jvp of vmap: {program}",
    )
    gradient = grad(partial(weighted, batch), moving)
    if program in RESHAPED:
        return
    summed = grad(lambda *values: vmap(partial(weighted, batch))(*values).sum(), moving)
    compare(
        partial(vmap(gradient), *batch.stacked()), lambda at: gradient(*batch.element(at)), f"vmap of grad: {program}"
    )
    compare(partial(summed, *batch.stacked()), lambda at: gradient(*batch.element(at)), f"grad of vmap: {program}")


def test_batches_of_nothing() -> None:
    x = torch.zeros(0, 0)
    assert vmap(lambda x: torch.roll(x, 2))(x).shape == (0, 0)
    assert vmap(lambda x: x.take(torch.zeros(0, dtype=torch.int64)))(x).shape == (0, 0)
    assert torch.func.jacfwd(lambda x: torch.roll(x, 2))(x).shape == (0, 0, 0, 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.complex64])
@pytest.mark.parametrize("function", [torch.linspace, torch.logspace])
def test_ranges_between_ends_in_a_batch(function: Callable[..., Any], dtype: torch.dtype) -> None:
    ends = [0.5, 1.25, 3.0]
    for start, end in ((None, 2), (2, None), (None, None)):
        for steps in (0, 1, 4):

            def one(x: Any, start: Any = start, end: Any = end, steps: int = steps) -> Any:
                return function(x if start is None else start, x if end is None else end, steps, dtype=dtype)

            have = vmap(one)(torch.tensor(ends, dtype=torch.float64))
            want = torch.stack([one(x) for x in ends])
            assert have.dtype == want.dtype
            assert torch.allclose(have, want)
