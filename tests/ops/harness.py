"""Cases: an op and a sample of it, with what all tests ask of the two."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np
import pytest
from op_samples import SAMPLES, Sample

import chainrule as torch
from chainrule.backend import numpy as xp
from chainrule.core.forward import evaluate, jvp
from chainrule.core.op import OPS, Op
from chainrule.core.recording import carries_gradient
from chainrule.core.value import new_tensor

STRUCTURED = ("elementwise", "linear", "multilinear", "view")
"""The kinds whose real samples make complex ones; others set conditions that chance does not meet."""


class Case:
    """One call of an op."""

    def __init__(self, op: Op, number: int, sample: Sample, label: str = "") -> None:
        self.op = op
        self.sample = sample
        self.params = sample.params
        self.id = f"{op.name}-{number}{label}"
        names = op.args
        self.names = [names[min(at, len(names) - 1)] for at in range(len(sample.arrays))]
        self.arrays = tuple([a if type(a) in (bool, int, float, complex) else np.array(a) for a in sample.arrays])
        for array in self.arrays:
            if isinstance(array, np.ndarray):
                array.flags.writeable = False  # whoever writes to an operand is caught by NumPy
        self.wanted = [
            at
            for at, (name, a) in enumerate(zip(self.names, self.arrays, strict=True))
            if isinstance(a, np.ndarray) and a.dtype.kind in "fc" and (op.all_rule is not None or name in op.rules)
        ]
        """The numbers of the operands that can have a gradient."""

    def __repr__(self) -> str:
        return self.id

    @property
    def is_differentiable(self) -> bool:
        return bool(self.wanted) and self.op.kind != "step"

    @property
    def rng(self) -> np.random.Generator:
        """The same random numbers for each test of the case."""
        return np.random.default_rng(zlib.crc32(self.id.encode()))

    def outputs(self, arrays: Sequence[Any] | None = None) -> list[Any]:
        """All outputs, of raw arrays."""
        out = evaluate(self.op, tuple(self.arrays if arrays is None else arrays), self.params, xp)
        return list(out) if self.op.outputs is not None else [out]

    def smooth_outputs(self, arrays: Sequence[Any] | None = None) -> list[Any]:
        """The outputs that carry a gradient."""
        return [out for number, out in enumerate(self.outputs(arrays)) if carries_gradient(self.op, number, out)]

    def cotangents(self) -> list[Any]:
        """A random cotangent for each of them."""
        rng = np.random.default_rng(zlib.crc32(b"cotangent of " + self.id.encode()))
        outputs = self.smooth_outputs()
        cotangents = self.allowed(outputs, [normal(rng, out) for out in outputs])
        for u in cotangents:
            u.flags.writeable = False
        return cotangents

    def allowed(self, outputs: list[Any], cotangents: list[Any]) -> list[Any]:
        """Cotangents that the op may be asked for."""
        project = self.sample.cotangents
        return cotangents if project is None else [np.array(u) for u in project(outputs, cotangents)]

    def tensors(self, need: Sequence[int] | None = None, arrays: Sequence[Any] | None = None) -> list[Any]:
        """The operands as tensors, of which those numbered in ``need`` (default: all that can) require grad."""
        need = self.wanted if need is None else need
        return [
            tensor(a, at in need) if hasattr(a, "dtype") else a
            for at, a in enumerate(self.arrays if arrays is None else arrays)
        ]

    def apply(self, tensors: Sequence[Any]) -> list[Any]:
        """The output tensors."""
        out = self.op.apply(*tensors, **self.params)
        return list(out) if self.op.outputs is not None else [out]

    def gradients(
        self,
        arrays: Sequence[Any] | None = None,
        need: Sequence[int] | None = None,
        cotangents: Sequence[Any] | None = None,
    ) -> list[Any]:
        """Raw gradients of the operands ``need``; zeros where there is none."""
        need = self.wanted if need is None else need
        tensors = self.tensors(need, arrays)
        outs = [out for out in self.apply(tensors) if out.requires_grad]
        leaves = [tensors[at] for at in need]
        seeds = [new_tensor(u) for u in (self.cotangents() if cotangents is None else cotangents)]
        grads = torch.autograd.grad(outs, leaves, seeds, allow_unused=True)
        return [zeros(leaf) if g is None else g._array for g, leaf in zip(grads, leaves, strict=True)]

    def tangents(self) -> list[Any]:
        """A random direction for each operand that can have one; None for the others."""
        rng = self.rng
        return [self.direction(rng, at) if at in self.wanted else None for at in range(len(self.arrays))]

    def direction(self, rng: np.random.Generator, at: int) -> Any:
        """A random direction in which the operand may move."""
        from finite import direction

        project = self.sample.directions
        return direction(rng, self.arrays[at]) if project is None else project(direction(rng, self.arrays[at]))

    def jvp(self, tangents: Sequence[Any]) -> list[Any]:
        """The tangents of the smooth outputs, raw; zeros where there is none."""
        outs = self.outputs()
        found = jvp(self.op, self.arrays, tuple(tangents), self.params, xp)
        tangents = list(found) if self.op.outputs is not None else [found]
        return [
            np.zeros_like(out) if t is None else t
            for number, (t, out) in enumerate(zip(tangents, outs, strict=True))
            if carries_gradient(self.op, number, out)
        ]


def slots(case: Case) -> list[Any]:
    """A cotangent for each output, None for those that carry no gradient."""
    given = iter(case.cotangents())
    return [
        next(given) if carries_gradient(case.op, number, out) else None for number, out in enumerate(case.outputs())
    ]


def tensor(array: Any, requires_grad: bool) -> Any:
    made = new_tensor(array)
    return made.requires_grad_() if requires_grad else made


def zeros(of: Any) -> Any:
    return np.zeros_like(of._array)


def normal(rng: np.random.Generator, like: Any) -> Any:
    values = rng.standard_normal(like.shape)
    if like.dtype.kind == "c":
        values = values + 1j * rng.standard_normal(like.shape)
    return np.asarray(values.astype(like.dtype) if like.shape else like.dtype.type(values))


def complex_version(op: Op, number: int, sample: Sample) -> Case | None:
    """The same sample with complex operands in place of the real ones, for the kinds of op that know no conditions."""
    floats = [at for at, a in enumerate(sample.arrays) if getattr(a, "dtype", None) == np.float64]
    known = op.kind in STRUCTURED and "c" in op.domain and "dtype" not in sample.params
    if not known or not floats or not sample.smooth:
        return None
    rng = np.random.default_rng(zlib.crc32(op.name.encode()) + number)
    arrays = tuple(
        a + 1j * rng.uniform(0.2, 0.4, a.shape) * rng.choice([-1, 1], a.shape) if at in floats else a
        for at, a in enumerate(sample.arrays)
    )
    return Case(op, number, sample._replace(arrays=arrays, expected=None), "-complex")


CALLS = [(OPS[name], number, s) for name, samples in SAMPLES.items() if name in OPS for number, s in enumerate(samples)]
CASES = [Case(*call) for call in CALLS]
COMPLEX = [case for call in CALLS if (case := complex_version(*call)) is not None]
DIFFERENTIABLE = [case for case in CASES if case.is_differentiable]

BY_LAYOUT = {
    "as_strided": "its parameters are strides of the operand",
    "as_strided_": "its parameters are strides of the operand",
    "as_strided_copy": "its parameters are strides of the operand",
    "reshape_alias": "only where the strides allow it",
    "unsafe_view": "only where the strides allow it",
    "view": "only where the strides allow it",
    "view_as_complex": "only where the two parts are neighbours",
}
"""Ops whose result, or whose being a view, depends on how the operand lies in memory."""


def every_other(array: Any) -> Any:
    """The same values, with gaps between them in memory."""
    wide = np.full([2 * n for n in array.shape], 77, array.dtype)
    places = (..., *[slice(None, None, 2)] * array.ndim)  # an ellipsis: what is 0-d stays an array
    wide[places] = array
    return wide[places]


def cases(chosen: Sequence[Case]) -> Any:
    """Run a test for each of the cases; those of an op are one test to pytest, which takes longer for one than most of these do."""
    of_op: dict[str, list[Case]] = {}
    for case in chosen:
        of_op.setdefault(case.op.name, []).append(case)

    def for_each(test: Callable[..., None]) -> Any:
        @wraps(test)
        def tests(case: list[Case], **others: Any) -> None:
            for one in case:
                try:
                    test(one, **others)
                except Exception as error:
                    error.add_note(f"In the case {one.id}.")
                    raise

        return pytest.mark.parametrize("case", of_op.values(), ids=of_op)(tests)

    return for_each
