"""``torch.distributions.constraint_registry``: from all real numbers to where a constraint holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms
from .transforms import Transform

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]

Factory = Callable[[Any], Transform]


class ConstraintRegistry:
    """Which transform leads to where a constraint holds, by class of constraint.

    >>> import chainrule as torch
    >>> D = torch.distributions
    >>> D.transform_to(D.Normal.arg_constraints["scale"])(torch.zeros(1))
    tensor([1.])
    """

    def __init__(self) -> None:
        self._registry: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Register the function that makes the transform for a class of constraints (or for the class of one); a decorator too.

        Raises:
            TypeError: ``constraint`` is neither a class of constraints nor a constraint.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, constraints.Constraint)):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        """The transform to where ``constraint`` holds.

        Raises:
            NotImplementedError: none is registered for its class.
        """
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
"""Bijections: fit to change variables."""

transform_to = ConstraintRegistry()
"""Transforms that need not be bijections, but are fit to optimise through."""


def _bounded(bound: Any, scale: int) -> Transform:
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(bound, scale)])


def _interval(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


def _fill(registry: ConstraintRegistry) -> None:
    """Register what is the same in both."""

    def independent(c: Any) -> Transform:
        return transforms.IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims)

    def cat(c: Any) -> Transform:
        return transforms.CatTransform([registry(one) for one in c.cseq], c.dim, c.lengths)

    def stack(c: Any) -> Transform:
        return transforms.StackTransform([registry(one) for one in c.cseq], c.dim)

    registry.register(constraints.real, lambda c: transforms.identity_transform)
    registry.register(constraints.greater_than, lambda c: _bounded(c.lower_bound, 1))
    registry.register(constraints.greater_than_eq, lambda c: _bounded(c.lower_bound, 1))
    registry.register(constraints.less_than, lambda c: _bounded(c.upper_bound, -1))
    registry.register(constraints.interval, _interval)
    registry.register(constraints.half_open_interval, _interval)
    registry.register(constraints.corr_cholesky, lambda c: transforms.CorrCholeskyTransform())
    registry.register(constraints.independent, independent)
    registry.register(constraints.cat, cat)
    registry.register(constraints.stack, stack)


_fill(biject_to)
_fill(transform_to)
biject_to.register(constraints.simplex, lambda c: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda c: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda c: transforms.LowerCholeskyTransform())
transform_to.register(constraints.positive_definite, lambda c: transforms.PositiveDefiniteTransform())
transform_to.register(constraints.positive_semidefinite, lambda c: transforms.PositiveDefiniteTransform())
