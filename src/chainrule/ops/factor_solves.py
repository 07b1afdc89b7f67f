"""What is solved with decompositions: triangular and factored systems, pseudo-inverses, least squares; exp of a matrix.

Derivations are in the notation of ``ops.decompositions``.
"""

from __future__ import annotations

from ..core.batching import same_call
from ..core.op import general
from . import linalg_batches as batches
from .decompositions import adjoint, columns, part, rows, triangles

__all__ = [
    "cholesky_inverse", "cholesky_solve", "geqrf", "householder_product", "lstsq", "lu_solve", "matrix_exp", "ormqr", "pinv",
    "solve_triangular", "triangular_solve",
]

def identity_like(xp, x):
    return xp.zeros_like(x) + xp.eye(x.shape[-2], x.shape[-1], dtype=x.dtype)


# -- triangular and factored systems -------------------------------------------------------------------------------------


def solve_triangular_rule(xp, g, need, x, out, upper, left, unit):
    """From x out = y: the cotangent of y solves x^T gy = g, and gx = -gy out^T, where x has elements that count."""
    gy = xp.solve_triangular(xp.matrix_transpose(x), g, upper=not upper, left=left, unit=unit)
    if not need[0]:
        return None, gy
    first, second = (gy, out) if left else (out, gy)
    if not left:
        first, second = xp.matrix_transpose(first), xp.matrix_transpose(second)
    gx = -xp.matmul(first, xp.matrix_transpose(second))
    return xp.triu(gx, k=int(unit)) if upper else xp.tril(gx, k=-int(unit)), gy


def solve_triangular_tangent(xp, x, x_tangent, y_tangent, out, upper, left, unit):
    moved = y_tangent
    if x_tangent is not None:
        t = xp.triu(x_tangent, k=int(unit)) if upper else xp.tril(x_tangent, k=-int(unit))
        lost = xp.matmul(t, out) if left else xp.matmul(out, t)
        moved = -lost if moved is None else moved - lost
    return xp.solve_triangular(x, moved, upper=upper, left=left, unit=unit)


# The solution of x out = y (of out x = y, if not ``left``), x a triangle; what is beyond it is not read.
solve_triangular = general("solve_triangular(x, y, *, upper, left, unit)", node="LinalgSolveTriangularBackward0", domain="fc",
    promotion="common", saved_names={"unit": "unitriangular", "out": "result"}, batch=batches.each_triangular,
    all=solve_triangular_rule, jvp=solve_triangular_tangent,
)


def turned(xp, x, transpose):
    return xp.matrix_transpose(x) if transpose else x


def triangular_solve_forward(xp, y, x, upper, transpose, unit):
    solution = xp.solve_triangular(turned(xp, x, transpose), y, upper=upper != transpose, left=True, unit=unit)
    return solution, xp.clone(xp.broadcast_to(x, (*solution.shape[:-2], *x.shape[-2:])))


def triangular_solve_rule(xp, g, need, x, solution, upper, transpose, unit):
    gs, gx = g
    if gs is None:
        return None, gx
    moved, gy = solve_triangular_rule(xp, gs, need[::-1], turned(xp, x, transpose), solution, upper != transpose, True, unit)
    if need[1]:
        moved = turned(xp, moved, transpose)
        gx = moved if gx is None else gx + moved
    return gy, gx


# torch.triangular_solve: also a copy of x, stretched as the solution is.
triangular_solve = general("triangular_solve(y, x, *, upper, transpose, unit)", domain="fc", promotion="common",
    saved_names={"x": "A", "unit": "unitriangular"}, batch=batches.each_stack, outputs="solution cloned_coefficient",
    forward=triangular_solve_forward, all=triangular_solve_rule,
)


def cholesky_solved(xp, y, factor, upper):
    """The x in l l^H x = y."""
    turned = adjoint(xp, factor)
    lower, upper = (turned, factor) if upper else (factor, turned)
    y = xp.solve_triangular(lower, y, upper=False, left=True, unit=False)
    return xp.solve_triangular(upper, y, upper=True, left=True, unit=False)


def factor_cotangent(xp, ga, factor, upper):
    """That of l, of the cotangent of a = l l^H: da = dl l^H + l dl^H."""
    both = ga + adjoint(xp, ga)
    if upper:
        return xp.triu(xp.matmul(xp.conj(xp.triu(factor, k=0)), both), k=0)
    return xp.tril(xp.matmul(both, xp.conj(xp.tril(factor, k=0))), k=0)


def cholesky_solve_rule(xp, g, need, factor, out, upper):
    """From a out = y, a Hermitian: ybar = inv(a) g, abar = -ybar out^H."""
    gy = xp.conj(cholesky_solved(xp, xp.conj(g), factor, upper))
    if not need[1]:
        return gy, None
    return gy, factor_cotangent(xp, -xp.matmul(gy, xp.matrix_transpose(out)), factor, upper)


cholesky_solve = general("cholesky_solve(y, factor, *, upper)", domain="fc", promotion="common",
    saved_names={"factor": "input2"}, batch=batches.each_stack,
    forward=cholesky_solved, all=cholesky_solve_rule,
)
cholesky_inverse = general("cholesky_inverse(x, *, upper)", domain="fc", batch=same_call,
    forward=lambda xp, x, upper: cholesky_solved(xp, identity_like(xp, x), x, upper),
    x=lambda xp, g, x, out, upper: factor_cotangent(
        xp, -xp.matmul(xp.matrix_transpose(out), xp.matmul(g, xp.matrix_transpose(out))), x, upper
    ),
)


def lu_solved(xp, x, pivots, y, left, adjoint_of):
    """X in p l u X = y (or of the adjoint of the matrix; X on its left, if not ``left``)."""
    if not left:
        return adjoint(xp, lu_solved(xp, x, pivots, adjoint(xp, y), True, not adjoint_of))
    p = xp.permutation(pivots, x)
    if adjoint_of:
        x = adjoint(xp, x)
        y = xp.solve_triangular(x, y, upper=False, left=True, unit=False)
        return xp.matmul(p, xp.solve_triangular(x, y, upper=True, left=True, unit=True))
    y = xp.solve_triangular(x, xp.matmul(xp.matrix_transpose(p), y), upper=False, left=True, unit=True)
    return xp.solve_triangular(x, y, upper=True, left=True, unit=False)


def lu_solve_rule(xp, g, need, x, pivots, out, left, adjoint_of):
    """Of c out = y, c = a or a^H and a = p l u: c^T gy = g, gc = -gy out^T, and da = p (dl u + l du)."""
    gy = xp.conj(lu_solved(xp, x, pivots, xp.conj(g), left, not adjoint_of))
    if not need[0]:
        return None, None, gy
    turned = xp.matrix_transpose(out)
    ga = -(xp.matmul(gy, turned) if left else xp.matmul(turned, gy))
    ga = adjoint(xp, ga) if adjoint_of else ga
    ga = xp.matmul(xp.matrix_transpose(xp.permutation(pivots, x)), ga)
    lower, upper = triangles(xp, x)
    gl = xp.matmul(ga, xp.matrix_transpose(upper))
    gu = xp.matmul(xp.matrix_transpose(lower), ga)
    return xp.tril(gl, k=-1) + xp.triu(gu, k=0), None, gy


lu_solve = general("lu_solve(x, pivots, y, *, left, adjoint_of)", node="LinalgLuSolveBackward0", domain="fc",
    saved_names={"x": "LU", "pivots": "pivots", "adjoint_of": "adjoint"}, batch=batches.each_stack,
    forward=lu_solved, all=lu_solve_rule,
)

# -- pseudo-inverses, least squares --------------------------------------------------------------------------------------


def pinv_x(xp, g, x, out):
    """Where the rank stays, d p = -p dx p + p p^H dx^H (I - x p) + (I - p x) dx^H p^H p (G. Golub and V. Pereyra, The
    differentiation of pseudo-inverses, 1973), p the pseudo-inverse of x.
    """
    pt, xc, pc, gh = xp.matrix_transpose(out), xp.conj(x), xp.conj(out), adjoint(xp, g)
    found = -xp.matmul(pt, xp.matmul(g, pt))
    found = found + xp.matmul(gh - xp.matmul(xc, xp.matmul(pc, gh)), xp.matmul(pc, pt))
    return found + xp.matmul(xp.matmul(pt, pc), gh - xp.matmul(xp.matmul(gh, pc), xc))


def pinv_tangent(xp, x, x_tangent, out):
    th, outh = adjoint(xp, x_tangent), adjoint(xp, out)
    left = xp.matmul(out, outh)
    right = xp.matmul(outh, out)
    moved = xp.matmul(left, th - xp.matmul(xp.matmul(th, x), out)) - xp.matmul(out, xp.matmul(x_tangent, out))
    return moved + xp.matmul(th - xp.matmul(out, xp.matmul(x, th)), right)


# The tolerances are one number for each matrix.
pinv = general("pinv(x, absolute, relative, *, hermitian)", node="LinalgPinvBackward0", domain="fc", batch=batches.each_stack,
    x=pinv_x, jvp=pinv_tangent,
)


def lstsq_forward(xp, x, y, rcond, vector):
    y = rows(xp, y) if vector else y
    u, s, vh = xp.svd(x, full=False)
    counts = s > rcond * xp.max(s, axis=-1, keepdims=True) if s.shape[-1] else s > 0
    inverse = xp.where(counts, 1 / xp.where(counts, s, 1), 0)
    solution = xp.matmul(adjoint(xp, vh), rows(xp, inverse) * xp.matmul(adjoint(xp, u), y))
    apart = xp.matmul(x, solution) - y
    residuals = xp.sum(xp.real(apart * xp.conj(apart)), axis=-2, keepdims=False)
    if x.shape[-2] <= x.shape[-1]:
        residuals = xp.zeros_like(residuals)  # and not their rounding errors
    solution = xp.squeeze(solution, axis=-1) if vector else solution
    return solution, residuals, xp.count_nonzero(counts, axis=-1)


def lstsq_rule(xp, g, need, x, y, rcond, vector, solution):
    """From solution = pinv(x) y. Of the residuals |r|^2, r = x solution - y: x^H r = 0, so d|r|^2 = 2 Re r^H (dx solution - dy)."""
    gs = g[0]
    if vector:
        y, solution, gs = (None if one is None else rows(xp, one) for one in (y, solution, gs))
    gx, gy = xp.zeros_like(x), xp.zeros_like(y)
    if gs is not None:
        p = xp.pinv(x, xp.zeros(()), xp.full((), rcond), hermitian=False)
        gx = pinv_x(xp, xp.matmul(gs, xp.matrix_transpose(y)), x, p)
        gy = xp.matmul(xp.matrix_transpose(p), gs)
    if g[1] is not None and x.shape[-2] > x.shape[-1]:
        force = 2 * columns(xp, g[1]) * xp.conj(xp.matmul(x, solution) - y)
        hx = xp.matmul(force, xp.matrix_transpose(solution))
        gx, gy = gx + hx, gy - force
    return gx, xp.squeeze(gy, axis=-1) if vector else gy


# The ys are matrices, or vectors.
lstsq = general("lstsq(x, y, *, rcond, vector)", node="LinalgLstsqBackward0", domain="fc", saved_names={"y": "b"}, batch=batches.each_stack,
    outputs="solution residuals rank", differentiable=(True, True, False),
    forward=lstsq_forward, all=lstsq_rule,
)

# -- the exponential -----------------------------------------------------------------------------------------------------


def exp_along(xp, x, x_tangent):
    """In the upper right corner of exp [[x, e], [0, x]] is the derivative of exp x along e (I. Najfeld and T. Havel, Derivatives
    of the matrix exponential and their computation, 1995). Its transpose is that at x^T.
    """
    n = x.shape[-1]
    above = xp.concat([x, x_tangent], axis=-1)
    block = xp.concat([above, xp.concat([xp.zeros_like(x), x], axis=-1)], axis=-2)
    return part(xp, part(xp, xp.matrix_exp(block), -2, 0, n), -1, n, 2 * n)


matrix_exp = general("matrix_exp(x)", node="LinalgMatrixExpBackward0", domain="fc", batch=same_call,
    x=lambda xp, g, x: exp_along(xp, xp.matrix_transpose(x), g),
    jvp=exp_along,
)

# -- products of reflectors ----------------------------------------------------------------------------------------------
# The columns of a matrix below its diagonal, with ones on it, are vectors v: of reflections I - tau v v^H.

geqrf = general("geqrf(x)", domain="fc", outputs="a tau", batch=same_call)


def reflectors(xp, x, tau):
    """(v as a matrix of one column, its tau), the first one first."""
    count, m = tau.shape[-1], x.shape[-2]
    v = xp.tril(part(xp, x, -1, 0, count), k=-1) + xp.eye(m, count, dtype=x.dtype)
    return [(part(xp, v, -1, at, at + 1), rows(xp, part(xp, tau, -1, at, at + 1))) for at in range(count)]


def reflections(xp, x, tau, y, adjoint_of):
    """Q y (or Q^H y) and what each reflection was applied to, in the order in which they were."""
    steps, met = reflectors(xp, x, tau), []
    for v, t in steps if adjoint_of else steps[::-1]:
        met.append(y)
        y = y - (xp.conj(t) if adjoint_of else t) * xp.matmul(v, xp.matmul(adjoint(xp, v), y))
    return y, met


def reflected_back(xp, g, x, tau, y, adjoint_of):
    """The cotangents of x, tau and y. Of y - t v v^H y, with w = v^T g and s = v^H y: those of y, t and v are
    g - t conj(v) w, -w s^T, and -t g s^T - conj(t y w^T).
    """
    _, met = reflections(xp, x, tau, y, adjoint_of)
    steps = reflectors(xp, x, tau)
    gv, gt = [], []
    for (v, tau_), before in zip(steps[::-1] if adjoint_of else steps, met[::-1], strict=True):
        t = xp.conj(tau_) if adjoint_of else tau_
        w = xp.matmul(xp.matrix_transpose(v), g)
        s = xp.matmul(adjoint(xp, v), before)
        gv.append(-t * xp.matmul(g, xp.matrix_transpose(s)) - xp.conj(t * xp.matmul(before, xp.matrix_transpose(w))))
        gt.append(-xp.matmul(w, xp.matrix_transpose(s)))
        g = g - t * xp.matmul(xp.conj(v), w)
    if adjoint_of:
        gv, gt = gv[::-1], [xp.conj(one) for one in gt[::-1]]
    if not gv:
        return xp.zeros_like(x), xp.zeros_like(tau), g
    gx = xp.tril(xp.concat(gv, axis=-1), k=-1)
    gx = xp.pad(gx, widths=((0, 0), (0, x.shape[-1] - len(gv))), value=0)
    return gx, xp.squeeze(xp.concat(gt, axis=-2), axis=-1), g


householder_product = general("householder_product(x, tau)", node="LinalgHouseholderProductBackward0", domain="fc",
    saved_names={"x": "input", "tau": "tau"}, batch=batches.each_stack,
    forward=lambda xp, x, tau: reflections(xp, x, tau, identity_like(xp, x), False)[0],
    all=lambda xp, g, need, x, tau: reflected_back(xp, g, x, tau, identity_like(xp, x), False)[:2],
)
# Q y, or Q^H y.
ormqr = general("ormqr(x, tau, y, *, adjoint_of)", domain="fc", saved_names={"y": "input3", "tau": "input2", "adjoint_of": "transpose"},
    batch=batches.each_stack,
    forward=lambda xp, x, tau, y, adjoint_of: reflections(xp, x, tau, y, adjoint_of)[0],
    all=lambda xp, g, need, x, tau, y, adjoint_of: reflected_back(xp, g, x, tau, y, adjoint_of),
)
