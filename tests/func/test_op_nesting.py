"""The transforms of every op, in each other: vmap against a loop, forward against reverse mode, and finite differences."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from finite import assert_near, derivative, inner
from ops.harness import COMPLEX, DIFFERENTIABLE, Case, cases

import chainrule as torch
from chainrule.core.recording import carries_gradient
from chainrule.core.value import new_tensor
from chainrule.func import grad, hessian, jacfwd, jacrev, jvp, vmap

SIZE = 3
MOST = 2
"""How many samples of an op are taken: the first of those that are smooth."""

LARGE = 40
"""Operands with more elements have no Jacobians computed here."""


def chosen() -> list[Case]:
    found: dict[Any, list[Case]] = {}
    for case in [*DIFFERENTIABLE, *COMPLEX]:
        if case.sample.smooth and case.is_differentiable and case.smooth_outputs():
            found.setdefault((case.op.name, case in COMPLEX), []).append(case)
    return [case for some in found.values() for case in some[:MOST]]


CHOSEN = chosen()
REAL = [
    case
    for case in CHOSEN
    if all(out.dtype.kind == "f" for out in case.smooth_outputs())
    and all(case.arrays[at].dtype.kind == "f" for at in case.wanted)
    and 0 < sum(case.arrays[at].size for at in case.wanted) <= LARGE
    and 0 < sum(out.size for out in case.smooth_outputs()) <= LARGE
]


class Function:
    """An op as a function of the operands that have a derivative."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.rng = np.random.default_rng(zlib.crc32(case.id.encode()))
        self.argnums = tuple(range(len(case.wanted)))
        self.cotangents = [new_tensor(np.array(u)) for u in case.cotangents()]

    def outputs(self, *values: Any) -> tuple[Any, ...]:
        case, given = self.case, iter(values)
        operands = [
            next(given) if at in case.wanted else new_tensor(a) if hasattr(a, "dtype") else a
            for at, a in enumerate(case.arrays)
        ]
        outs = case.apply(operands)
        return tuple(out for number, out in enumerate(outs) if carries_gradient(case.op, number, out._array))

    def scalar(self, *values: Any) -> Any:
        """Weighted with the cotangents, a real number."""
        terms = [
            torch.real(out * u.conj()).sum() for out, u in zip(self.outputs(*values), self.cotangents, strict=True)
        ]
        return sum(terms[1:], terms[0])

    def values(self, factor: float = 1.0) -> list[Any]:
        return [new_tensor(np.asarray(self.case.arrays[at] * factor)) for at in self.case.wanted]

    def batch(self) -> list[list[Any]]:
        """The operands of each element: near those of the sample, so that no condition on them is lost."""
        factors = (1.0, 1.01, 0.98) if self.case.sample.cotangents is None else (1.0, 1.0, 1.0)
        return [self.values(factor) for factor in factors]

    def directions(self) -> list[Any]:
        return [new_tensor(np.asarray(self.case.direction(self.rng, at))) for at in self.case.wanted]


def stacked(rows: list[Any]) -> list[Any]:
    return [torch.stack(list(column)) for column in zip(*rows, strict=True)]


def flat(tree: Any) -> list[Any]:
    return [leaf for one in tree for leaf in flat(one)] if isinstance(tree, tuple) else [tree]


def assert_same(got: Any, want: Any, what: str, tolerance: float = 1e-11) -> None:
    got, want = flat(got), flat(want)
    assert len(got) == len(want), what
    for one, other in zip(got, want, strict=True):
        have, wanted = one.detach().numpy(), other.detach().numpy()
        assert have.dtype == wanted.dtype, what
        size = np.max(np.abs(wanted), initial=0)
        np.testing.assert_allclose(have, wanted, rtol=tolerance, atol=tolerance * (1 + size), err_msg=what)


@cases(CHOSEN)
def test_forward_mode_is_what_finite_differences_give(case: Case) -> None:
    f = Function(case)
    directions = f.directions()
    tangents = jvp(f.outputs, tuple(f.values()), tuple(directions))[1]
    along: list[Any] = [None] * len(case.arrays)
    for at, d in zip(case.wanted, directions, strict=True):
        along[at] = d.numpy()
    want = derivative(case.smooth_outputs, case.arrays, along)
    if case.sample.cotangents is not None:  # no more is known of the tangents than what these see of all of them
        seen = [
            sum(inner(u.numpy(), np.asarray(t)) for u, t in zip(f.cotangents, each, strict=True))
            for each in (tangents, want)
        ]
        assert_near(*seen, 1 + np.abs(seen[1]), "tangent")
        return
    for t, d, out in zip(tangents, want, case.smooth_outputs(), strict=True):
        size = np.max(np.abs(d), initial=0) + np.max(np.abs(out), initial=0)
        np.testing.assert_allclose(t.numpy(), d, rtol=1e-7, atol=1e-7 * (1 + size))


@cases(CHOSEN)
def test_batches_of_derivatives_and_derivatives_of_batches(case: Case) -> None:
    f = Function(case)
    elements, directions = f.batch(), [f.directions() for _ in range(SIZE)]
    count = len(f.argnums)

    def forward(*both: Any) -> Any:
        return jvp(f.outputs, both[:count], both[count:])[1]

    each = [forward(*values, *ds) for values, ds in zip(elements, directions, strict=True)]
    values, ds = stacked(elements), stacked(directions)
    assert_same(vmap(forward)(*values, *ds), tuple(stacked(each)), "vmap of jvp")
    assert_same(jvp(vmap(f.outputs), tuple(values), tuple(ds))[1], tuple(stacked(each)), "jvp of vmap")
    gradient = grad(f.scalar, f.argnums)
    each = tuple(stacked([gradient(*one) for one in elements]))
    assert_same(vmap(gradient)(*values), each, "vmap of grad")
    assert_same(grad(lambda *xs: vmap(f.scalar)(*xs).sum(), f.argnums)(*values), each, "grad of vmap")
    nested = [torch.stack([v, v]) for v in values]
    assert_same(vmap(vmap(gradient))(*nested), tuple(torch.stack([e, e]) for e in each), "vmap of vmap of grad")


@cases(REAL)
def test_whole_jacobians_and_hessians(case: Case) -> None:
    f = Function(case)
    values = f.values()
    want = jacrev(f.outputs, f.argnums)(*values)
    assert_same(jacfwd(f.outputs, f.argnums)(*values), want, "jacfwd is jacrev")
    elements = f.batch()
    each = [flat(jacrev(f.outputs, f.argnums)(*one)) for one in elements]
    assert_same(vmap(jacrev(f.outputs, f.argnums))(*stacked(elements)), tuple(stacked(each)), "vmap of jacrev")
    if case.sample.order > 1:
        second = hessian(f.scalar, f.argnums)(*values)
        assert_same(jacrev(jacfwd(f.scalar, f.argnums), f.argnums)(*values), second, "reverse over forward", 1e-9)


def test_every_op_with_a_derivative_is_here() -> None:
    assert {case.op.name for case in CHOSEN} >= {
        case.op.name for case in DIFFERENTIABLE if case.sample.smooth and case.smooth_outputs()
    }
