"""Several maps, each of its own part of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ... import functions as f
from .. import constraints
from .._arguments import sum_rightmost
from .base import Transform

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["CatTransform", "StackTransform"]


class _Joined(Transform):
    """Maps of the parts along a dimension."""

    def __init__(self, tseq: Sequence[Any], dim: int, cache_size: int) -> None:
        if not all(isinstance(t, Transform) for t in tseq):
            raise AssertionError(f"{type(self).__name__} wants a sequence of Transforms, not {tseq!r}")
        super().__init__(cache_size)
        self.transforms = [t.with_cache(cache_size) if cache_size else t for t in tseq]
        self.dim = dim

    bijective = property(lambda self: all(t.bijective for t in self.transforms))

    def _parts(self, x: Tensor) -> Sequence[Tensor]:
        raise NotImplementedError

    def _check(self, x: Tensor, length: int) -> None:
        if not -x.dim() <= self.dim < x.dim() or x.shape[self.dim] != length:
            raise AssertionError(
                f"{type(self).__name__} wants {length} elements in dimension {self.dim}, not a tensor of shape {tuple(x.shape)}"
            )

    def _mapped(self, x: Tensor, join: Callable[..., Tensor], maps: list[Any]) -> Tensor:
        return join([map_(part) for map_, part in zip(maps, self._parts(x), strict=True)], dim=self.dim)

    def _slopes(self, x: Tensor, y: Tensor) -> list[Tensor]:
        parts = zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        return [t.log_abs_det_jacobian(a, b) for t, a, b in parts]


class CatTransform(_Joined):
    """Maps of parts of ``lengths`` elements (1 each by default) along ``dim``, put together again.

    >>> import chainrule as torch
    >>> D = torch.distributions
    >>> t = D.CatTransform([D.ExpTransform(), D.AffineTransform(1., 2.)], lengths=[1, 2])
    >>> t(torch.tensor([0., 1., 2.]))
    tensor([1., 3., 5.])
    """

    def __init__(
        self, tseq: Sequence[Any], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"{len(self.lengths)} lengths were given for {len(self.transforms)} transforms")

    @property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @property
    def length(self) -> int:
        """How many elements there are along ``dim``."""
        return sum(self.lengths)

    domain = property(lambda self: constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths))
    codomain = property(lambda self: constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths))

    def _parts(self, x: Tensor) -> Sequence[Tensor]:
        self._check(x, self.length)
        return x.split(self.lengths, self.dim)

    def _call(self, x: Tensor) -> Tensor:
        return self._mapped(x, f.cat, self.transforms)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._mapped(y, f.cat, [t.inv for t in self.transforms])

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Joined like the parts; or summed, if ``dim`` is one of the dimensions that belong to an element."""
        terms = [
            sum_rightmost(term, self.event_dim - t.event_dim)
            for t, term in zip(self.transforms, self._slopes(x, y), strict=True)
        ]
        dim = (self.dim if self.dim < 0 else self.dim - x.dim()) + self.event_dim
        return f.cat(terms, dim=dim) if dim < 0 else sum(terms[1:], terms[0])


class StackTransform(_Joined):
    """Maps of the slices along ``dim``, stacked again.

    >>> import chainrule as torch
    >>> D = torch.distributions
    >>> D.StackTransform([D.ExpTransform(), D.AffineTransform(1., 2.)])(torch.tensor([[0., 0.], [1., 2.]]))
    tensor([[1., 1.],
            [3., 5.]])
    """

    def __init__(self, tseq: Sequence[Any], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    domain = property(lambda self: constraints.stack([t.domain for t in self.transforms], self.dim))
    codomain = property(lambda self: constraints.stack([t.codomain for t in self.transforms], self.dim))

    def _parts(self, x: Tensor) -> Sequence[Tensor]:
        self._check(x, len(self.transforms))
        return x.unbind(self.dim)

    def _call(self, x: Tensor) -> Tensor:
        return self._mapped(x, f.stack, self.transforms)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._mapped(y, f.stack, [t.inv for t in self.transforms])

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return f.stack(self._slopes(x, y), dim=self.dim)
