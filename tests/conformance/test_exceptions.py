"""Where PyTorch's answer does not count, chainrule's is what the definition says."""

from __future__ import annotations

import copy
from itertools import product

import numpy as np
import pytest
import torch

import chainrule

from .checks import CHECKS
from .definitions import Definitions
from .exceptions import EXCEPTIONS, Excepted, excepted
from .samples import Side, tensors_in, with_tensors
from .test_ops import cases_of, concerns, difference
from .translation import array

pytestmark = pytest.mark.filterwarnings("ignore")

DERIVED = [
    pytest.param(one, name, check, id=f"{name}-{check}")
    for one in EXCEPTIONS
    for name, check in product(one.ops.split(), one.checks.split())
    if one.defined
]


@pytest.mark.parametrize(("excepted", "name", "check"), DERIVED)
def test_the_definition_agrees(excepted: Excepted, name: str, check: str) -> None:
    program, _ = CHECKS[check]
    found = [case for case in cases_of(name, check) if concerns(check, case) and excepted.when(case)]
    assert found
    for case in found:
        have = list(tensors_in(program(case.ours)))
        want = list(tensors_in(program(Side(case, Definitions()))))
        assert len(have) == len(want)
        for a, b in zip(have, want, strict=True):
            assert a.dtype == b.dtype
            assert chainrule.allclose(a, b, rtol=1e-6, atol=1e-6, equal_nan=True), case


@pytest.mark.parametrize("name", ["linalg.eig", "linalg.eigh"])
def test_vectors_of_another_phase(name: str) -> None:
    for case in cases_of(name, "value"):
        values, vectors = case.ours.call()
        assert np.allclose(array(case.of_torch.call()[0]), values.detach().numpy())
        (x, *_), lower = case.ours.given(case.ours.tensors()), case.arguments[2].get("UPLO", "L") == "L"
        if name == "linalg.eigh":
            beyond = x.tril(-1) if lower else x.triu(1)
            x = beyond + beyond.mH + chainrule.diag_embed(x.diagonal(dim1=-2, dim2=-1).real)
        assert chainrule.allclose(x.to(vectors.dtype) @ vectors, vectors * values.unsqueeze(-2).to(vectors.dtype))
        assert chainrule.allclose(vectors.abs().square().sum(-2), chainrule.ones_like(values.real))


@pytest.mark.parametrize("name", ["linalg.svd", "svd"])
def test_singular_vectors_of_another_phase(name: str) -> None:
    for case in cases_of(name, "value"):
        U, S, V = case.ours.call()
        (x, args, kwargs), values = case.ours.given(case.ours.tensors()), array(case.of_torch.call()[1])
        assert np.allclose(values, S.detach().numpy())
        if False in (kwargs.get("compute_uv"), *args[1:2]):
            continue
        Vh, k = V.mH if name == "svd" else V, S.shape[-1]
        assert chainrule.allclose(U[..., :k] * S.unsqueeze(-2).to(U.dtype) @ Vh[..., :k, :], x)
        for Q in (U, Vh.mH):
            one = chainrule.eye(Q.shape[-1], dtype=Q.dtype)
            assert chainrule.allclose(Q.mH @ Q, one.expand(*Q.shape[:-2], *one.shape), atol=1e-10)


@pytest.mark.parametrize(
    ("name", "check"),
    [
        *[
            (name, "dtypes")
            for name in (
                "polygamma.polygamma_n_0",
                "polygamma.polygamma_n_4",
                "nn.functional.soft_margin_loss",
                "nn.functional.conv_transpose2d",
            )
        ],
        ("matrix_exp", "grad"),
        ("digamma", "grad"),
        ("nn.functional.layer_norm", "grad"),
        ("nn.functional.ctc_loss", "grad"),
        ("logcumsumexp", "grad"),
    ],
)
def test_double_precision_agrees(name: str, check: str) -> None:
    """Where PyTorch is imprecise in a low precision, its own double precision tells."""
    program, _ = CHECKS[check]
    found = [case for case in cases_of(name, check) if concerns(check, case) and excepted(case, check)]
    found = [case for case in found if next(tensors_in(case.arguments)).is_floating_point()]
    assert found
    for case in found:
        in_double = copy.copy(case)
        in_double.arguments = with_tensors(case.arguments, (in_double_precision(x) for x in tensors_in(case.arguments)))
        have, want = list(tensors_in(program(case.ours))), tensors_in(program(Side(in_double, torch)))
        want = [y.to(getattr(torch, str(x.dtype).partition(".")[2])) for x, y in zip(have, want, strict=True)]
        assert difference(have, want, False, False, max(1e-3, case.tolerance)) is None


def in_double_precision(x: torch.Tensor) -> torch.Tensor:
    return x.detach().double() if x.is_floating_point() else x


def test_another_of_several_equal_elements() -> None:
    for case in cases_of("kthvalue", "value"):
        have, index = case.ours.call()
        assert (array(case.of_torch.call()[0]) == have.detach().numpy()).all()
        x, args, kwargs = case.ours.given(case.ours.tensors())
        dim = kwargs.get("dim", args[1] if len(args) > 1 else -1)
        keep = index.dim() == x.dim()
        found = x.gather(dim, index if keep else index.unsqueeze(dim))
        assert (found if keep else found.squeeze(dim)).equal(have)
