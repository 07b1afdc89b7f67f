"""Parametrizations that are often wanted: orthogonal matrices, weights of norm one, weights by length and direction."""

from __future__ import annotations

from typing import Any

from ...autograd.grad_mode import no_grad
from ...functions.decompositions import geqrf
from ...functions.factor_solves import matrix_exp, orgqr
from ...functions.filling import eye, zeros_like
from ...functions.joining import cat
from ...functions.linalg import mv, vdot
from ...functions.norms import norm_except_dim
from ...linalg import solve
from .. import functional as F
from ..modules.conv import _ConvTransposeNd
from ..modules.module import Module
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


class _Orthogonal(Module):
    """Any matrix (..., n, k) to one with orthonormal columns, or rows if they are fewer.

    With A antisymmetric, made of what is below the diagonal, exp(A) and (I - A/2)^-1 (I + A/2) are orthogonal; so is a
    product of the reflections whose vectors stand below the diagonal. ``base`` is the point that zero stands for.
    """

    base: Any

    def __init__(self, weight: Any, map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        x = x.mT if wide else x
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            below = x.tril(diagonal=-1)
            tau = 2.0 / (1.0 + (below * below).sum(dim=-2))
            q = orgqr(below, tau) * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            x = x.tril()
            if n != k:
                x = cat([x, x.new_zeros((*x.shape[:-2], n, n - k))], dim=-1)
            a = x - x.mH
            if self.orthogonal_map == "matrix_exp":
                q = matrix_exp(a)
            else:
                one = eye(n, dtype=a.dtype, device=a.device)
                q = solve(one - a * 0.5, one + a * 0.5)
            q = q[..., :k] if n != k else q
        if "base" in self._buffers:
            q = self.base @ q
        return q.mT if wide else q

    @no_grad()
    def right_inverse(self, q: Any) -> Any:
        """What stands for ``q``, or for the orthogonal matrix nearest to it by QR decomposition."""
        if q.shape != self.shape:
            raise ValueError(f"Expected a matrix or batch of matrices of shape {self.shape}. Got shape {q.shape}.")
        wide = q.shape[-2] < q.shape[-1]
        given, q = q, q.mT if wide else q
        n, k = q.shape[-2:]
        if "base" not in self._buffers:
            if self.orthogonal_map != "householder":
                raise NotImplementedError("It is not possible to assign to the matrix exponential or the Cayley map.")
            a, tau = geqrf(q)
            diagonal = a.diagonal(dim1=-2, dim2=-1)
            diagonal.sign_()
            diagonal[tau == 0.0] *= -1
            return a.mT if wide else a
        if n != k:
            q = cat([q, q.new_empty((*q.shape[:-2], n, n - k)).normal_()], dim=-1)
        self.base = orthogonalized(q)
        minus = zeros_like(given)
        minus.diagonal(dim1=-2, dim2=-1).fill_(-1)
        return minus


def orthogonalized(a: Any) -> Any:
    """The Q of the QR decomposition with a positive diagonal of R, up to the reflections' signs."""
    x, tau = geqrf(a)
    return orgqr(x, tau) * x.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Let a matrix of a module be orthogonal: its columns are orthonormal, or its rows if they are fewer.

    Args:
        module: the owner.
        name: of the matrix, or stack of matrices.
        orthogonal_map: "matrix_exp" (by default of square matrices), "cayley", or "householder" (of others).
        use_trivialization: whether the original is measured from the matrix that there is now.

    Raises:
        ValueError: no such parameter, one that is no matrix, another map.

    >>> import chainrule as torch
    >>> q = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3)).weight
    >>> torch.allclose(q @ q.T, torch.eye(3), atol=1e-5)
    True
    """
    weight = getattr(module, name, None)
    if weight is None or not hasattr(weight, "ndim"):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1] or weight.is_complex()
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization), unsafe=True)
    return module


class _WeightNorm(Module):
    """Length and direction to a weight: ``g v / |v|``."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return weight_v * (weight_g / norm_except_dim(weight_v, 2, self.dim))

    def right_inverse(self, weight: Any) -> Any:
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a weight be given by length, ``original0``, and direction, ``original1`` (Salimans & Kingma 2016).

    Args:
        module: the owner.
        name: of the weight.
        dim: along which each slice has a length of its own; None for one length.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([3, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    return module


class _SpectralNorm(Module):
    """A weight divided by its largest singular value, which is found by the power method, one step more at each call."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight.detach())
            u, v = (matrix.new_empty(size).normal_(0, 1) for size in matrix.shape)
            self.register_buffer("_u", F.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", F.normalize(v, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        return (weight.movedim(self.dim, 0) if self.dim else weight).flatten(1)

    @no_grad()
    def _iterate(self, matrix: Any, count: int) -> None:
        for _ in range(count):
            self._u.copy_(F.normalize(mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(F.normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Let a weight have 1 for its largest singular value (Miyato et al. 2018).

    Args:
        module: the owner.
        name: of the weight.
        n_power_iterations: how many steps of the power method each call in training does.
        eps: a lower bound of norms that are divided by.
        dim: which dimension gives the rows of the matrix; by default 1 of transposed convolutions, else 0.

    Raises:
        ValueError: no such parameter.

    >>> import chainrule as torch
    >>> _ = torch.manual_seed(0)
    >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(2, 2))
    >>> torch.allclose(torch.linalg.matrix_norm(layer.eval().weight, 2), torch.tensor(1.), atol=1e-3)
    True
    """
    weight = getattr(module, name, None)
    if weight is None or not hasattr(weight, "ndim"):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if dim is None:
        dim = 1 if isinstance(module, _ConvTransposeNd) else 0
    register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
    return module
