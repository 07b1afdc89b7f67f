"""Decompositions of matrices: Cholesky, eigenvalues, singular values, QR, LU.

Derivations are in the notation of the papers: x^H is the conjugate transpose, and a bar marks PyTorch's gradient, the
conjugate of a rule's cotangent. So a rule is the conjugate of the formula that its comment ends with.

Vectors that are determined up to a phase only have gradients where the loss does not depend on the phase: that is
checked, as in PyTorch, where there are numbers to look at.
"""

from __future__ import annotations

import numpy as np

from ..core.batching import same_call
from ..core.forward import raw
from ..core.op import general, step
from ..core.value import numbers_of
from .linalg_batches import each_stack

__all__ = [
    "cholesky", "cholesky_legacy", "eig", "eigh", "eigvalsh", "ldl_factor", "ldl_solve", "lu", "lu_factor", "lu_unpack",
    "permutation", "qr", "svd", "svdvals", "triangle_of_qr",
]


def adjoint(xp, x):
    return xp.conj(xp.matrix_transpose(x))


def columns(xp, d):
    """Numbers that multiply the columns of a matrix; ``rows`` those of its rows."""
    return xp.expand_dims(d, axis=-2)


def rows(xp, d):
    return xp.expand_dims(d, axis=-1)


def is_diagonal(xp, x):
    """Where the diagonal of square matrices is, whose columns are as many as x has."""
    return xp.eye(x.shape[-1], dtype=x.dtype) == 1


def diagonal(xp, x):
    return xp.diagonal(x, offset=0, axis1=-2, axis2=-1)


def part(xp, x, axis, start, stop):
    return xp.slice_axis(x, axis=axis, start=start, stop=stop, step=1)


def skew(xp, x):
    return x - adjoint(xp, x)


def imaginary(xp, x):
    """The imaginary part times i."""
    return (x - xp.conj(x)) / 2


def gaps(xp, d):
    """d_j - d_i in row i and column j, and 1 on the diagonal."""
    return xp.where(is_diagonal(xp, d), 1, columns(xp, d) - rows(xp, d))


def refuse_phases(function, vectors, imaginary_parts):
    """Raise where a loss depends on the phases of complex vectors: ``imaginary_parts`` is its derivative by them."""
    numbers = np.asarray(numbers_of(raw(imaginary_parts)))
    if np.any(np.abs(numbers) > 1e-2):
        raise RuntimeError(
            f"{function}: The {vectors} vectors in the complex case are specified up to multiplication by e^{{i phi}}. The specified "
            "loss function depends on this quantity, so it is ill-defined. Make it a function of what the phase does not change, such "
            "as abs(V), or V @ V.mH."
        )


# -- Cholesky ------------------------------------------------------------------------------------------------------------


def cholesky_x(xp, factor, g, upper):
    """From x = l l^H, with M = inv(l) dx inv(l)^H: dl = l phi(M), phi the lower triangle with half of the diagonal (I. Murray,
    Differentiation of the Cholesky decomposition, 2016). phi is its own adjoint, so that with S = inv(l)^H phi(l^H lbar) inv(l)
    the gradient among the Hermitian matrices is (S + S^H) / 2. If upper, l is the adjoint of the factor.
    """
    if upper:
        factor, g = adjoint(xp, factor), adjoint(xp, g)
    m = xp.tril(xp.matmul(xp.matrix_transpose(factor), g), k=0)
    m = xp.where(is_diagonal(xp, m), m / 2, m)
    s = xp.solve_triangular(xp.matrix_transpose(factor), m, upper=True, left=True, unit=False)
    s = xp.solve_triangular(xp.conj(factor), s, upper=False, left=False, unit=False)
    return (s + adjoint(xp, s)) / 2


def cholesky_tangent(xp, factor, t, upper):
    factor = adjoint(xp, factor) if upper else factor
    m = xp.solve_triangular(factor, (t + adjoint(xp, t)) / 2, upper=False, left=True, unit=False)
    m = xp.tril(xp.solve_triangular(adjoint(xp, factor), m, upper=True, left=False, unit=False), k=0)
    moved = xp.matmul(factor, xp.where(is_diagonal(xp, m), m / 2, m))
    return adjoint(xp, moved) if upper else moved


cholesky = general("cholesky(x, *, upper)", node="LinalgCholeskyExBackward0", domain="fc", outputs="L info", batch=same_call,
    x=lambda xp, g, L, upper: cholesky_x(xp, L, g[0], upper),
    jvp=lambda xp, x_tangent, L, upper: (cholesky_tangent(xp, L, x_tangent, upper), None),
)
# torch.cholesky, whose node has a name of its own.
cholesky_legacy = general("cholesky_legacy(x, *, upper)", node="CholeskyBackward0", domain="fc", outputs="result info",
    batch=same_call,
    forward=lambda xp, x, upper: xp.cholesky(x, upper=upper),
    x=lambda xp, g, result, upper: cholesky_x(xp, result, g[0], upper),
    jvp=lambda xp, x_tangent, result, upper: (cholesky_tangent(xp, result, x_tangent, upper), None),
)

# -- eigenvalues ---------------------------------------------------------------------------------------------------------


def eigh_x(xp, g, eigenvalues, eigenvectors):
    """From x = v diag(l) v^H, with P = v^H dx v: dl = diag P and dv = v (P / E), E_ij = l_j - l_i off the diagonal (M. Giles,
    Collected matrix derivative results, 2008, 3.1). So xbar = v (diag(lbar) + K / E) v^H, K the skew-Hermitian part of v^H vbar.
    """
    v, (gl, gv) = eigenvectors, g
    if gv is None:
        return xp.matmul(xp.conj(v) * columns(xp, gl), xp.matrix_transpose(v))
    m = xp.matmul(xp.matrix_transpose(v), gv)
    refuse_phases("linalg_eigh_backward", "eigen", imaginary(xp, diagonal(xp, m)))
    m = skew(xp, m) / 2 / gaps(xp, eigenvalues)
    m = xp.where(is_diagonal(xp, m), 0 if gl is None else rows(xp, gl), m)
    return xp.matmul(xp.conj(v), xp.matmul(m, xp.matrix_transpose(v)))


def eigh_tangent(xp, x_tangent, eigenvalues, eigenvectors):
    v = eigenvectors
    p = xp.matmul(adjoint(xp, v), xp.matmul(x_tangent + adjoint(xp, x_tangent), v)) / 2
    return xp.real(diagonal(xp, p)), xp.matmul(v, xp.where(is_diagonal(xp, p), 0, p / gaps(xp, eigenvalues)))


eigh = general("eigh(x, *, upper)", node="LinalgEighBackward0", domain="fc", outputs="eigenvalues eigenvectors",
    batch=same_call, x=eigh_x, jvp=eigh_tangent,
)


def eigvalsh_x(xp, g, x, upper):
    _, v = xp.eigh(x, upper=upper)
    return xp.matmul(xp.conj(v) * columns(xp, g), xp.matrix_transpose(v))


def eigvalsh_tangent(xp, x, x_tangent, upper):
    _, v = xp.eigh(x, upper=upper)
    return xp.sum(xp.real(xp.conj(v) * xp.matmul(x_tangent, v)), axis=-2, keepdims=False)


# The vectors are computed when they are needed, in the rules: alone, the values cost a fraction.
eigvalsh = general("eigvalsh(x, *, upper)", node="LinalgEighBackward0", domain="fc", batch=same_call,
    x=eigvalsh_x, jvp=eigvalsh_tangent,
)


def eig_x(xp, g, eigenvalues, eigenvectors):
    """From x v = v diag(l), the columns of v of norm 1, with P = inv(v) dx v: dl = diag P, and v changes by y = v (P / E) less
    what would change the norms, v diag(Re diag(v^H y)) (Giles 2008, 3.1; C. Boeddeker et al., On the computation of
    complex-valued gradients, 2017). So with w = vbar - v diag(Re diag(v^H vbar)), xbar is inv(v)^H (diag(lbar) +
    (v^H w) / conj(E)) v^H.
    """
    v, (gl, gv) = eigenvectors, g
    vt = xp.matrix_transpose(v)  # singular, if the matrix is defective: then the gradient is infinite or NaN
    if gv is None:
        return xp.matmul(xp.inv(vt), rows(xp, gl) * vt)
    along = xp.sum(v * gv, axis=-2, keepdims=False)
    refuse_phases("linalg_eig_backward", "eigen", imaginary(xp, along))
    m = xp.matmul(vt, gv - xp.conj(v) * columns(xp, xp.real(along))) / gaps(xp, eigenvalues)
    m = xp.where(is_diagonal(xp, m), 0 if gl is None else rows(xp, gl), m)
    return xp.matmul(xp.inv(vt), xp.matmul(m, vt))


eig = general("eig(x)", node="LinalgEigBackward0", domain="fc", outputs="eigenvalues eigenvectors", batch=same_call, x=eig_x)

# -- singular values -----------------------------------------------------------------------------------------------------


def svd_x(xp, g, U, S, Vh, x_shape):
    """From x = u diag(s) v^H.

    With P = u^H dx v, E_ij = s_j^2 - s_i^2 and skew(M) = M - M^H,

        Pbar = (skew(u^H ubar) / E) diag(s) + diag(s) (skew(v^H vbar) / E) + diag(sbar)

    off the diagonal; on it, of complex x, sbar + i Im(u^H ubar) / s. xbar = u Pbar v^H, and where u (or v) is not square
    (I - u u^H) ubar diag(1/s) v^H (or u diag(1/s) vbar^H (I - v v^H)) more. J. Townsend, Differentiating the singular value
    decomposition (2016); Z.-Q. Wan and S.-X. Zhang, Automatic differentiation for complex valued SVD (2019). Further columns
    of u and v, if there are any, may be any: no gradient goes through them.
    """
    u, v_h, (gu, gs, gv) = U, Vh, g
    m, n = x_shape[-2:]
    k = min(m, n)
    if u.shape[-1] > k:
        u, gu = (None if one is None else part(xp, one, -1, 0, k) for one in (u, gu))
    if v_h.shape[-2] > k:
        v_h, gv = (None if one is None else part(xp, one, -2, 0, k) for one in (v_h, gv))
    s, vt, uc = S, xp.conj(v_h), xp.conj(u)
    if gu is None and gv is None:
        return xp.matmul(uc * columns(xp, gs), vt)
    gaps_of_squares = gaps(xp, s) * xp.where(is_diagonal(xp, s), 1, columns(xp, s) + rows(xp, s))
    inside, d, phase = 0, xp.zeros_like(s) if gs is None else gs, 0
    if gu is not None:
        along_u = xp.matmul(xp.matrix_transpose(u), gu)
        turning = skew(xp, along_u)
        inside = turning / gaps_of_squares * columns(xp, s)
        phase = imaginary(xp, diagonal(xp, along_u))
        d = d + phase / s if u.dtype != s.dtype else d  # of complex x
    if gv is not None:
        along_v = xp.conj(xp.matmul(v_h, xp.matrix_transpose(gv)))
        inside = inside + rows(xp, s) * skew(xp, along_v) / gaps_of_squares
        phase = phase + imaginary(xp, diagonal(xp, along_v))
    refuse_phases("svd_backward", "singular", phase)
    found = xp.where(is_diagonal(xp, inside), rows(xp, d), inside)
    if gu is not None and m > k:
        found = xp.matmul(uc, found - along_u / columns(xp, s)) + gu / columns(xp, s)
    else:
        found = xp.matmul(uc, found)
    found = xp.matmul(found, vt)
    if gv is not None and n > k:
        rest = gv - xp.matmul(xp.matmul(gv, xp.matrix_transpose(v_h)), vt)
        found = found + xp.matmul(uc, rest / rows(xp, s))
    return found


svd = general("svd(x, *, full)", node="LinalgSvdBackward0", domain="fc", outputs="U S Vh", saved_names={"full": "full_matrices"},
    batch=same_call, x=svd_x,
)


def svdvals_x(xp, g, x):
    u, _, vh = xp.svd(x, full=False)
    return xp.matmul(xp.conj(u) * columns(xp, g), xp.conj(vh))


def svdvals_tangent(xp, x, x_tangent):
    u, _, vh = xp.svd(x, full=False)
    return xp.sum(xp.real(xp.conj(u) * xp.matmul(x_tangent, adjoint(xp, vh))), axis=-2, keepdims=False)


svdvals = general("svdvals(x)", node="LinalgSvdBackward0", domain="fc", batch=same_call, x=svdvals_x, jvp=svdvals_tangent)

# -- QR ------------------------------------------------------------------------------------------------------------------


def qr_x(xp, q, r, gq, gr):
    """From x = q r, r with a real diagonal, with C = q^H dx inv(r) and the real-linear map P(C) = triu(C, 1) + tril(C, -1)^H +
    Re diag(C): dr = P(C) r, dq = dx inv(r) - q P(C). Its adjoint copies the upper triangle to the lower one, so with
    M = rbar r^H - q^H qbar: xbar = (qbar + q copy(M)) inv(r)^H (S. Walter and L. Lehmann, Algorithmic differentiation of linear
    algebra functions, 2010).

    If x is wide, x = [y z] = q [r w], then w = q^H z: zbar = q wbar, and qbar has z wbar^H more.
    """
    m, n = r.shape[-2:]
    behind = None
    if n > m:
        w = part(xp, r, -1, m, n)
        r = part(xp, r, -1, 0, m)
        if gr is not None:
            gw, gr = part(xp, gr, -1, m, n), part(xp, gr, -1, 0, m)
            behind = xp.matmul(xp.conj(q), gw)
            more = xp.matmul(xp.conj(xp.matmul(q, w)), adjoint(xp, gw))
            gq = more if gq is None else gq + more
    mid = 0 if gr is None else xp.matmul(gr, xp.matrix_transpose(r))
    if gq is not None:
        mid = mid - xp.matmul(xp.matrix_transpose(q), gq)
    upper = xp.triu(mid, k=1)
    copied = xp.where(is_diagonal(xp, mid), xp.real(mid), upper + adjoint(xp, upper))
    found = xp.matmul(xp.conj(q), copied)
    found = found if gq is None else found + gq
    found = xp.solve_triangular(xp.matrix_transpose(r), found, upper=False, left=False, unit=False)
    if n > m:
        behind = xp.zeros((*found.shape[:-1], n - m), dtype=found.dtype) if behind is None else behind
        found = xp.concat([found, behind], axis=-1)
    return found


def qr_rule(xp, g, Q, R, x_shape, complete):
    if complete and x_shape[-2] > x_shape[-1]:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols: the last columns of Q may be any "
            "that are orthogonal to the others. Use mode='reduced'."
        )
    return qr_x(xp, Q, R, *g)


qr = general("qr(x, *, complete)", node="LinalgQrBackward0", domain="fc", outputs="Q R", batch=same_call, x=qr_rule)


def triangle_of_qr_x(xp, g, x):
    q, r = xp.qr(x, complete=False)
    return qr_x(xp, q, r, None, g)


# R alone.
triangle_of_qr = general("triangle_of_qr(x)", node="LinalgQrBackward0", domain="fc", batch=same_call, x=triangle_of_qr_x)

# -- LU ------------------------------------------------------------------------------------------------------------------


def triangles(xp, x):
    """L and U, from the matrix that holds both."""
    k = min(x.shape[-2:])
    lower = xp.tril(part(xp, x, -1, 0, k), k=-1) + xp.eye(x.shape[-2], k, dtype=x.dtype)
    return lower, xp.triu(part(xp, x, -2, 0, k), k=0)


def lu_x(xp, p, lower, upper, gl, gu):
    """From p^T x = l u, square.

    With M = inv(l) p^T dx inv(u), dl = l tril(M, -1) and du = triu(M) u, so that

        xbar = p inv(l)^T (tril(l^T lbar, -1) + triu(ubar u^T)) inv(u)^T

    (F. de Hoog, R. Anderssen, M. Lukas, Differentiation of matrix functionals using triangular factorization, 2011). Of a
    wide x the last columns are u2 = inv(l) x2: x2bar = inv(l)^T u2bar, and l^T lbar has -u2bar u2^T more. Of a tall one
    the last rows are l2 = x2 inv(u): x2bar = l2bar inv(u)^T, and ubar u^T has -l2^T l2bar more.
    """
    (m, k), n = lower.shape[-2:], upper.shape[-1]
    l1, u1 = part(xp, lower, -2, 0, k), part(xp, upper, -1, 0, k)
    u2, l2 = part(xp, upper, -1, k, n), part(xp, lower, -2, k, m)
    gl1, gl2 = part(xp, gl, -2, 0, k), part(xp, gl, -2, k, m)
    gu1, gu2 = part(xp, gu, -1, 0, k), part(xp, gu, -1, k, n)
    below = xp.matmul(xp.matrix_transpose(l1), gl1)
    above = xp.matmul(gu1, xp.matrix_transpose(u1))
    if n > k:
        below = below - xp.matmul(gu2, xp.matrix_transpose(u2))
    if m > k:
        above = above - xp.matmul(xp.matrix_transpose(l2), gl2)
    lt, ut = xp.matrix_transpose(l1), xp.matrix_transpose(u1)
    found = xp.tril(below, k=-1) + xp.triu(above, k=0)
    found = xp.solve_triangular(ut, found, upper=False, left=False, unit=False)
    if m > k:
        found = xp.solve_triangular(lt, found, upper=True, left=True, unit=True)
        found = xp.concat([found, xp.solve_triangular(ut, gl2, upper=False, left=False, unit=False)], axis=-2)
    else:
        found = found if n == k else xp.concat([found, gu2], axis=-1)
        found = xp.solve_triangular(lt, found, upper=True, left=True, unit=True)
    return xp.matmul(p, found)


def lu_rule(xp, g, P, L, U):
    _, gl, gu = g
    gl = xp.zeros_like(L) if gl is None else xp.tril(gl, k=-1)
    gu = xp.zeros_like(U) if gu is None else xp.triu(gu, k=0)
    return lu_x(xp, P, L, U, gl, gu)


def lu_forward(xp, x):
    factors, pivots, _ = xp.lu_factor(x)
    return (xp.permutation(pivots, x), *triangles(xp, factors))


lu = general("lu(x)", node="LinalgLuBackward0", domain="fc", outputs="P L U", differentiable=(False, True, True),
    batch=same_call, forward=lu_forward, x=lu_rule,
)


def lu_factor_x(xp, g, LU, pivots):
    k = min(LU.shape[-2:])
    lower, upper = triangles(xp, LU)
    gl, gu = xp.tril(part(xp, g[0], -1, 0, k), k=-1), xp.triu(part(xp, g[0], -2, 0, k), k=0)
    return lu_x(xp, xp.permutation(pivots, LU), lower, upper, gl, gu)


lu_factor = general("lu_factor(x)", node="LinalgLuFactorExBackward0", domain="fc", outputs="LU pivots info",
    batch=same_call, x=lu_factor_x,
)


def lu_unpack_rule(xp, g, x_shape):
    _, gl, gu = g
    m, n = x_shape[-2:]
    k = min(m, n)
    found = 0
    if gl is not None:
        found = xp.pad(xp.tril(gl, k=-1), widths=((0, 0), (0, n - k)), value=0)
    if gu is not None:
        found = found + xp.pad(xp.triu(gu, k=0), widths=((0, m - k), (0, 0)), value=0)
    return found


lu_unpack = general("lu_unpack(x, pivots)", domain="fc", outputs="P L U", differentiable=(False, True, True), batch=same_call,
    forward=lambda xp, x, pivots: (xp.permutation(pivots, x), *triangles(xp, x)),
    x=lu_unpack_rule,
)

# x = L D L^T (or L^H), D of blocks of one or two rows. PyTorch has no derivative, either.
ldl_factor = general("ldl_factor(x, *, hermitian)", node="torch::autograd::NotImplemented", domain="fc",
    outputs="LD pivots info", differentiable=(True, False, False), batch=same_call,
)
ldl_solve = general("ldl_solve(x, pivots, y, *, hermitian)", node="torch::autograd::NotImplemented", domain="fc",
    batch=each_stack,
)

# The matrix that pivots stand for, to be multiplied with x.
permutation = step("permutation(pivots, x)", batch=each_stack)
