"""Exponential families: entropy and divergence by differentiating the logarithm of the normaliser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import grad
from .distribution import Distribution

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """Densities exp(<t(x), n> - F(n) + k(x)) with natural parameters n.

    Subclasses give ``_natural_params``, ``_log_normalizer`` (F, of these) and ``_mean_carrier_measure`` (the mean of k(x)).

    >>> import chainrule as torch
    >>> class Waiting(torch.distributions.ExponentialFamily):
    ...     arg_constraints = {}
    ...     _mean_carrier_measure = 0.
    ...     _natural_params = (torch.tensor(-2.),)
    ...     def _log_normalizer(self, n):
    ...         return -(-n).log()
    >>> Waiting().entropy(), torch.distributions.Exponential(2.).entropy()
    (tensor(0.3069, grad_fn=<SubBackward0>), tensor(0.3069))
    """

    @property
    def _natural_params(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what its natural parameters are")

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what the mean of its carrier measure is")

    def _log_normalizer(self, *natural_params: Any) -> Tensor:
        raise NotImplementedError

    def _mean_statistics(self) -> tuple[Tensor, tuple[Tensor, ...]]:
        """F at the natural parameters, and its gradient there: the means of t(x). Nothing is differentiated by the parameters."""
        at = [n.detach().requires_grad_() for n in self._natural_params]
        normaliser = self._log_normalizer(*at)
        return normaliser, grad(normaliser.sum(), at, create_graph=True)

    def entropy(self) -> Tensor:
        """F(n) - <n, F'(n)> - E k(x)."""
        carrier = self._mean_carrier_measure
        normaliser, means = self._mean_statistics()
        found = normaliser - carrier
        for n, mean in zip(self._natural_params, means, strict=True):
            found = found - (n.detach() * mean).reshape((*self._batch_shape, -1)).sum(-1)
        return found
