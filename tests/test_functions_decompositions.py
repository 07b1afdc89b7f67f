"""Decompositions of matrices, as PyTorch does them (golden/decompositions.json), and where only the phases are not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expressions import outcome

import chainrule as torch
from chainrule.autograd import grad

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "decompositions.json").read_text())

OTHER_NODE = {
 "torch.linalg.cond(m)", "torch.linalg.cond(m, -2)",
    "torch.linalg.lstsq(m, m[:, :1])", "torch.linalg.lstsq(m.T, x[0, :, :2])", "torch.linalg.lstsq(x[:, :, :2].square().sin(), x[:, :, 3])",
    "torch.linalg.matrix_norm(x, 'nuc', dim=(0, 2), keepdim=True)", "torch.linalg.tensorinv(torch.eye(6).reshape(2, 3, 6) * s)",
    "torch.ormqr(m.T, v[:2], x[0].T, left=False, transpose=True)",
}  # fmt: skip
"""Programs whose last node PyTorch calls otherwise: it takes other steps there."""

OTHER_ERROR = {
    "torch.linalg.cholesky(torch.ones(2, 2), True)", "q = m.T @ m + torch.eye(3); torch.cholesky_solve(m, q)",
    "q = m.T @ m + torch.eye(3); torch.linalg.cholesky(q, out=torch.zeros(3, 3))",
}  # fmt: skip
"""Refused by PyTorch in other words: by a name of its own for the function."""

OTHER_GRADIENT = {
    "q = m.T @ m + torch.eye(3); torch.cholesky_inverse(q)", "q = m.T @ m + torch.eye(3); torch.cholesky_solve(m.T, q, upper=True)",
}  # fmt: skip
"""PyTorch's gradient is of a function that reads both triangles."""
L = torch.linalg
f64, c128 = torch.float64, torch.complex128


def close(got: Any, want: Any, scale: float) -> bool:
    if isinstance(want, list):
        return len(got) == len(want) and all(close(a, b, scale) for a, b in zip(got, want, strict=True))
    if str(got) == str(want):
        return True
    return bool(abs(complex(got) - complex(want)) <= 1e-4 * scale)


def largest(data: Any) -> float:
    numbers = np.abs(np.array(data, dtype=complex))
    return float(np.max(numbers, where=np.isfinite(numbers), initial=1))


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    if "raises" in want:
        assert got["raises"] == want["raises"]
        assert program in OTHER_ERROR or got["says"][:20].lower() == want["says"][:20].lower()
        return
    assert "raises" not in got, got
    assert len(got["values"]) == len(want["values"])
    for one, other in zip(got["values"], want["values"], strict=True):
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        assert close(one["data"], other["data"], largest(other["data"])), (one["data"], other["data"])
        if "nodes" in other:
            assert program in OTHER_NODE or one["nodes"][0] == other["nodes"][0]
        for leaf, gradient in ({} if program in OTHER_GRADIENT else other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient, largest(gradient)), (leaf, one["gradients"][leaf], gradient)


# -- phases ---------------------------------------------------------------------------------------------------------------


def random(*shape: int, dtype: Any = c128) -> torch.Tensor:
    rng = np.random.default_rng(0)
    real = torch.tensor(rng.standard_normal(shape), dtype=dtype)
    return real + 1j * torch.tensor(rng.standard_normal(shape)) if dtype is c128 else real


def hermitian(A: torch.Tensor) -> torch.Tensor:
    return A + A.mH


def first_term(A: torch.Tensor) -> torch.Tensor:
    U, _, Vh = L.svd(A)
    return U[:, :1] @ Vh[:1]


INVARIANT = {
    "eigh": (lambda A: L.eigh(hermitian(A))[1].abs(), (3, 3)),
    "eig": (lambda A: L.eig(A)[1].abs(), (3, 3)),
    "svd": (lambda A: [part.abs() for part in L.svd(A, full_matrices=False)], (3, 2)),
    "low rank": (first_term, (2, 3)),
}


@pytest.mark.parametrize("name", INVARIANT)
def test_functions_that_phases_do_not_change(name: str) -> None:
    function, shape = INVARIANT[name]
    x = random(*shape)
    report = torch.check(function, x, directions=2)
    assert report.ok, report

    def slope(A: torch.Tensor) -> torch.Tensor:
        return torch.func.grad(lambda A: (function(A)[0].abs() ** 3).sum())(A)

    assert torch.check(slope, x, directions=2).ok


@pytest.mark.parametrize("name", ["eigh", "eig", "svd"])
def test_losses_that_depend_on_phases_are_refused(name: str) -> None:
    A = hermitian(random(3, 3)).requires_grad_()
    vectors = getattr(L, name)(A)[0 if name == "svd" else 1]
    with pytest.raises(
        RuntimeError, match=r"vectors in the complex case are specified up to multiplication by e\^\{i phi\}"
    ):
        grad(vectors.real.sum(), A)
    assert A.grad is None


def test_the_same_in_a_batch() -> None:
    def loss(A: torch.Tensor) -> torch.Tensor:
        return L.eigh(A)[1].real.sum()

    with pytest.raises(RuntimeError, match="specified up to multiplication"):
        torch.vmap(torch.func.grad(loss))(hermitian(random(2, 3, 3)))


# -- equal values ---------------------------------------------------------------------------------------------------------


def test_equal_eigenvalues_and_singular_values_have_gradients() -> None:
    x = torch.eye(3, dtype=f64, requires_grad=True)
    weights = torch.tensor([1.0, 1.0, 1.0], dtype=f64)
    for values in (L.eigvalsh(x), L.svdvals(x), L.eigh(x)[0], L.svd(x)[1], L.eigvals(x).real):
        assert torch.allclose(grad((values * weights).sum(), x)[0], torch.eye(3, dtype=f64))


def test_vectors_of_equal_values_have_none() -> None:
    x = torch.eye(3, dtype=f64, requires_grad=True)
    for vectors in (L.eigh(x)[1], L.svd(x)[0]):
        assert torch.isnan(grad(vectors.sum(), x)[0]).any()


# -- QR -------------------------------------------------------------------------------------------------------------------


def test_the_complete_q_of_a_tall_matrix_has_no_gradient() -> None:
    x = random(4, 2, dtype=f64).requires_grad_()
    with pytest.raises(RuntimeError, match="not differentiable when mode='complete' and nrows > ncols"):
        grad(L.qr(x, mode="complete")[1].sum(), x)


# -- failures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda z: L.cholesky(z - 2 * torch.eye(2)),
            r"linalg.cholesky: \(Batch element 0\): The factorization could not",
        ),
        (lambda z: L.inv(z - torch.eye(2)), r"linalg.inv: \(Batch element 0\): The diagonal element 1 is zero"),
        (
            lambda z: L.solve(z - torch.eye(2), torch.ones(2, 1)),
            r"torch.linalg.solve: \(Batch element 0\): The solver failed",
        ),
        (lambda z: L.svd(z / 0), r"linalg.svd: \(Batch element 0\): The algorithm failed to converge"),
        (
            lambda z: L.pinv(z / 0, hermitian=True),
            r"linalg.eigh: \(Batch element 0\): The algorithm failed to converge",
        ),
    ],
)
def test_linalg_errors_name_the_element_of_the_batch(call: Any, words: str) -> None:
    with pytest.raises(L.LinAlgError, match=words):
        call(torch.eye(2).expand(3, 2, 2))
    with pytest.raises(L.LinAlgError, match=words):
        torch.vmap(call)(torch.eye(2).expand(3, 2, 2))


def test_a_refused_call_changes_nothing() -> None:
    out = torch.full((2, 2), 7.0)
    with pytest.raises(L.LinAlgError):
        L.cholesky(-torch.eye(2), out=out)
    assert out.tolist() == [[7.0, 7.0], [7.0, 7.0]]
    assert out._version == 0


def test_a_failed_cholesky_keeps_the_others() -> None:
    factor, info = L.cholesky_ex(torch.stack([torch.eye(2) * 4, torch.tensor([[1.0, 2.0], [2.0, 1.0]])]))
    assert factor[0].tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert factor[1, 0].tolist() == [1.0, 0.0]
    assert info.tolist() == [0, 2]


def test_nans_are_not_positive_definite() -> None:
    nans = torch.tensor([[[1.0, 0.0], [0.0, float("nan")]], [[1.0, 0.0], [0.0, 1.0]]])
    assert L.cholesky_ex(nans).info.tolist() == [2, 0]
    with pytest.raises(L.LinAlgError, match=r"Batch element 0\): .* leading minor of order 2"):
        L.cholesky(nans)


def test_singular_triangles() -> None:
    """A zero on the diagonal of one matrix of a stack divides by zero there, and nowhere else."""
    triangles = torch.stack([torch.eye(2), torch.diag(torch.tensor([1.0, 0.0]))])
    for upper in (True, False):
        found = L.solve_triangular(triangles, torch.ones(2, 1), upper=upper)
        assert found[0].tolist() == [[1.0], [1.0]]
        assert found[1, 1].item() == float("inf")
        assert torch.isnan(found[1, 0]).item() == upper  # 1 - 0 * inf


# -- the exponential ------------------------------------------------------------------------------------------------------


def test_the_exponential_of_large_and_of_rotating_matrices() -> None:
    turn = torch.tensor([[0.0, -30.0], [30.0, 0.0]], dtype=f64)
    want = [[np.cos(30), -np.sin(30)], [np.sin(30), np.cos(30)]]
    np.testing.assert_allclose(L.matrix_exp(torch.stack([turn, turn * 0])).numpy(), [want, np.eye(2)], atol=1e-13)
    assert torch.isnan(torch.matrix_exp(torch.full((2, 2), float("nan")))).all()


def test_tolerances_may_be_one_for_each_matrix() -> None:
    x = torch.diag(torch.tensor([4.0, 1.0])).expand(2, 2, 2)
    assert L.matrix_rank(x, atol=torch.tensor([0.5, 2.0])).tolist() == [2, 1]
    assert L.pinv(x, rtol=torch.tensor([0.1, 0.5])).diagonal(dim1=-2, dim2=-1).tolist() == [[0.25, 1.0], [0.25, 0.0]]
    with pytest.raises(RuntimeError, match="atol tensor of complex type is not supported"):
        L.pinv(x, atol=torch.tensor(1j))


def test_the_ex_forms_in_a_batch() -> None:
    matrices = torch.stack([torch.eye(2), torch.ones(2, 2)])
    result, info = torch.vmap(L.solve_ex)(matrices, torch.ones(2, 2))
    assert info.tolist() == [0, 2]
    assert result[0].tolist() == [1.0, 1.0]
    assert torch.isnan(result[1]).all()
    for function, want in ((L.inv_ex, [0, 2]), (L.cholesky_ex, [0, 2]), (L.lu_factor_ex, [0, 2])):
        assert torch.vmap(function)(matrices)[-1].tolist() == want


def test_random_projections_find_low_ranks() -> None:
    A = random(6, 2, dtype=f64) @ random(2, 9, dtype=f64)
    for U, S, V in (torch.svd_lowrank(A, q=3), torch.svd_lowrank(A + 5, q=2, M=torch.full((1, 9), 5.0, dtype=f64))):
        assert torch.allclose(U * S @ V.mT, A)
        assert torch.allclose(S[:2], L.svdvals(A)[:2])
    with pytest.raises(ValueError, match="not greater than min"):
        torch.pca_lowrank(A, q=7)


def test_gels_wants_full_rank() -> None:
    A = torch.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    with pytest.raises(L.LinAlgError, match="does not have full rank"):
        L.lstsq(A, torch.ones(3), driver="gels")
    found = L.lstsq(A, A[:, 0], driver="gelsd")
    assert torch.allclose(found.solution, torch.tensor([1.0, 0.0]))
    assert (found.rank.item(), found.residuals.shape, found.singular_values.shape) == (1, (0,), (2,))
