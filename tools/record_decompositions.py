"""Record what PyTorch's decompositions of matrices do: tests/golden/decompositions.json (needs torch).

Each line is a program of tests/expressions.py; tests/test_functions_decompositions.py runs them again. Vectors that are known
up to their signs are squared, or multiplied together again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from expressions import outcome  # noqa: E402

SQUARE = "q = m.T @ m + torch.eye(3); "
STACK = "q = m.T @ m + torch.eye(3); z = torch.stack([q, 2 * q + 1]); "
BAD = "z = torch.stack([torch.eye(3), torch.ones(3, 3) - torch.eye(3)]); "
SINGULAR = "z = torch.stack([torch.eye(3), torch.ones(3, 3)]); "
NAN = "q = torch.full((2, 2), float('nan')); "
FACTORS = "q = m.T @ m + torch.eye(3); f, p = torch.linalg.lu_factor(q); "

PROGRAMS = f"""
{SQUARE}torch.linalg.cholesky(q)
{SQUARE}torch.linalg.cholesky(q, upper=True)
{STACK}torch.cholesky(z)
{SQUARE}q.cholesky(upper=True)
{BAD}torch.linalg.cholesky(z)
{BAD}torch.cholesky(z[1])
{BAD}torch.linalg.cholesky_ex(z)
{BAD}torch.linalg.cholesky_ex(z, check_errors=True)
torch.linalg.cholesky(m)
torch.linalg.cholesky(v)
torch.linalg.cholesky(n[:, :2])
torch.linalg.cholesky(torch.ones(0, 0))
torch.linalg.cholesky(torch.ones(2, 2), True)
{SQUARE}torch.linalg.cholesky(q, out=torch.zeros(3, 3))
{SQUARE}torch.cholesky_inverse(q)
{SQUARE}torch.cholesky_solve(m.T, q, upper=True)
{SQUARE}torch.cholesky_solve(m, q)
{STACK}torch.linalg.eigh(z)[0]
{SQUARE}torch.linalg.eigh(q, 'U')[1].square()
{STACK}torch.linalg.eigvalsh(z, UPLO='U')
torch.linalg.eigvalsh(torch.eye(2) * s)
torch.linalg.eigh(torch.eye(2) * s)[1].square()
torch.linalg.eigh(torch.eye(2), 'x')
torch.linalg.eigh(m)
{NAN}torch.linalg.eig(q)
torch.linalg.eigvals(x[0, :, :3])
torch.linalg.eig(torch.stack([m[:, :2], m[:, 1:]]))[1].abs()
torch.linalg.eig(m[:, :2])[1].sum()
torch.linalg.eig(m)
torch.linalg.svd(m)[1]
torch.linalg.svd(m.detach(), full_matrices=False)[1]
u, w, z = torch.linalg.svd(m, full_matrices=False); (u * w.exp()) @ z
u, w, z = torch.linalg.svd(m.T, full_matrices=False); u.square()
torch.linalg.svd(m)[2].square()
torch.linalg.svdvals(x[:, :2])
torch.linalg.svdvals(torch.eye(2) * s)
torch.svd(m)[2].square()
m.svd(some=False)[0].square()
torch.svd(m, compute_uv=False)
torch.svd(v)
torch.linalg.svd(torch.ones(0, 2))
torch.linalg.svd(m, driver='gesvd')
torch.linalg.svd(n)
{NAN}torch.linalg.svdvals(q)
torch.linalg.qr(m)
torch.linalg.qr(m.T)
torch.linalg.qr(x[0].square().sin(), mode='complete')
torch.linalg.qr(m.T, mode='complete')
torch.linalg.qr(m.detach(), 'r')
torch.linalg.qr(m, mode='q')
torch.qr(m.T, some=False)
m.qr()
torch.linalg.qr(v)
torch.linalg.lu(m)
torch.linalg.lu(m.T)
torch.linalg.lu_factor(m)
{STACK}torch.linalg.lu_factor_ex(z)
torch.linalg.lu_factor(torch.ones(2, 2))
torch.linalg.lu_factor_ex(torch.ones(2, 2))
torch.linalg.lu_factor(m, pivot=False)
torch.lu(m)
m.lu(get_infos=True)
torch.lu(torch.ones(2, 2))
{FACTORS}torch.lu_unpack(f, p)
{FACTORS}torch.lu_unpack(f, p, unpack_pivots=False)
{FACTORS}torch.lu_unpack(f, p.long())
{FACTORS}torch.linalg.lu_solve(f, p, m.T)
{FACTORS}torch.linalg.lu_solve(f, p, m, left=False, adjoint=True)
{FACTORS}torch.lu_solve(m.T, f, p)
{FACTORS}torch.linalg.lu_solve(f, p, m)
{FACTORS}torch.linalg.lu_solve(f, p.long(), m.T)
{SQUARE}torch.linalg.solve_triangular(q, m.T, upper=True)
{SQUARE}torch.linalg.solve_triangular(q, m, upper=False, left=False, unitriangular=True)
{STACK}torch.linalg.solve_triangular(z, m.T, upper=True)
torch.linalg.solve_triangular(torch.zeros(2, 2), m, upper=True)
torch.linalg.solve_triangular(m, m, upper=True)
torch.linalg.solve_triangular(n[:, :2], n, upper=True)
{SQUARE}torch.triangular_solve(m.T, q, transpose=True)
torch.linalg.pinv(m)
torch.linalg.pinv(m, rtol=0.9)
torch.linalg.pinv(m, atol=torch.tensor([0., 3.]))
{SQUARE}torch.linalg.pinv(q, hermitian=True)
torch.pinverse(torch.ones(2, 3) * s, 1e-5)
m.pinverse()
torch.linalg.pinv(torch.ones(0, 2))
torch.linalg.pinv(n)
torch.linalg.pinv(v)
torch.linalg.lstsq(m.T, x[0, :, :2])
torch.linalg.lstsq(m.T, x[0, :, :2], driver='gels')
torch.linalg.lstsq(m, m[:, :1])
torch.linalg.lstsq(m.detach().T, torch.ones(3, 1), driver='gelsd')
torch.linalg.lstsq(torch.ones(3, 2), torch.ones(3, 1), driver='gelss')
torch.linalg.lstsq(x[:, :, :2].square().sin(), x[:, :, 3])
torch.linalg.lstsq(m, m, driver='qr')
torch.linalg.lstsq(m, m.T)
torch.linalg.lstsq(v, v)
torch.matrix_exp(m[:, :2])
torch.linalg.matrix_exp(torch.stack([m[:, :2] * 10, m[:, 1:]]))
m[:, :2].matrix_exp()
torch.matrix_exp(m)
torch.linalg.matrix_rank(torch.ones(2, 3))
torch.linalg.matrix_rank(torch.diag(v), 1.)
torch.linalg.matrix_rank(torch.diag(v), rtol=0.3)
torch.linalg.matrix_rank(torch.diag(v), atol=torch.tensor([0.7, 2.5]), hermitian=True)
torch.linalg.matrix_rank(torch.ones(2, 0, 3))
torch.linalg.matrix_rank(v)
torch.linalg.cond(m)
torch.linalg.cond(m[:, :2], 'fro')
torch.linalg.cond(m[:, :2], 1)
torch.linalg.cond(m[:, :2], 'nuc')
torch.linalg.cond(m, -2)
torch.linalg.cond(torch.ones(2, 2), 1)
torch.linalg.cond(torch.zeros(2, 2), float('inf'))
torch.linalg.cond(torch.zeros(2, 2))
torch.linalg.cond(torch.ones(0, 0))
torch.linalg.cond(m, 3)
torch.linalg.cond(m, 1)
torch.linalg.inv_ex(m[:, :2])
{SINGULAR}torch.linalg.inv_ex(z)[1]
{SINGULAR}torch.linalg.inv_ex(z, check_errors=True)
{SINGULAR}torch.linalg.inv(z)
torch.linalg.solve_ex(m[:, :2], v[:2])
{SINGULAR}torch.linalg.solve_ex(z, torch.ones(3, 1))
{SINGULAR}torch.linalg.solve_ex(z, torch.ones(3, 1), check_errors=True)
{SINGULAR}torch.linalg.solve(z, torch.ones(3, 1))
torch.linalg.tensorinv(torch.eye(6).reshape(2, 3, 6) * s)
torch.linalg.tensorinv(m, 0)
torch.linalg.tensorinv(m, 1)
torch.linalg.tensorsolve(torch.eye(6).reshape(2, 3, 6) * s, m)
torch.linalg.tensorsolve(torch.eye(6).reshape(6, 2, 3) * s, m, dims=(0,))
torch.linalg.tensorsolve(m, m)
torch.linalg.vander(v)
torch.linalg.vander(m, N=4)
torch.linalg.vander(i, N=1)
torch.linalg.vander(s)
torch.vander(v, 3)
torch.vander(i, increasing=True)
torch.vander(m)
torch.geqrf(m.detach())
torch.linalg.householder_product(m.T, v[:2])
torch.orgqr(m.T, v[:1])
torch.linalg.householder_product(m, v)
torch.ormqr(m.T, v[:2], x[0])
torch.ormqr(m.T, v[:2], x[0].T, left=False, transpose=True)
torch.ormqr(m.T, v[:2], m)
torch.linalg.matrix_norm(m, 2)
torch.linalg.matrix_norm(x, 'nuc', dim=(0, 2), keepdim=True)
torch.linalg.norm(m, -2)
torch.norm(m, 'nuc')
torch.norm(x, 'nuc', dim=(0, 1))
"""


def main() -> None:
    recorded = {line: outcome(torch, line) for line in PROGRAMS.strip().splitlines()}
    text = ",\n".join(f"{json.dumps(line)}: {json.dumps(result)}" for line, result in recorded.items())
    (TESTS / "golden" / "decompositions.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} programs")


if __name__ == "__main__":
    main()
