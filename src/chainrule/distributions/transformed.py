"""Distributions made of others: transformed, taken as one event, mixed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..autograd.grad_mode import no_grad
from ..size import Size
from . import constraints
from ._arguments import sum_rightmost
from .distribution import Distribution
from .transforms import ComposeTransform, Transform

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["Independent", "MixtureSameFamily", "TransformedDistribution"]


class Independent(Distribution):
    """The last ``reinterpreted_batch_ndims`` dimensions of the batch as part of the event: probabilities multiply.

    >>> import chainrule as torch
    >>> d = torch.distributions.Independent(torch.distributions.Normal(torch.zeros(2, 3), 1.), 1)
    >>> d.batch_shape, d.event_shape
    (torch.Size([2]), torch.Size([3]))
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, base_distribution: Any, reinterpreted_batch_ndims: int, validate_args: Any = None) -> None:
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual "
                f"{reinterpreted_batch_ndims} vs {len(batch)}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        kept = len(batch) - reinterpreted_batch_ndims
        super().__init__(batch[:kept], batch[kept:] + base_distribution.event_shape, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        inner = self._event_shape[: self.reinterpreted_batch_ndims]
        return self._expanded(
            batch_shape,
            _instance,
            base_dist=self.base_dist.expand(Size((*batch_shape, *inner))),
            reinterpreted_batch_ndims=self.reinterpreted_batch_ndims,
        )

    has_rsample = property(lambda self: self.base_dist.has_rsample)
    mean = property(lambda self: self.base_dist.mean)
    mode = property(lambda self: self.base_dist.mode)
    variance = property(lambda self: self.base_dist.variance)

    @constraints.dependent_property()
    def support(self) -> Any:
        inner = self.base_dist.support
        return (
            constraints.independent(inner, self.reinterpreted_batch_ndims) if self.reinterpreted_batch_ndims else inner
        )

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand=expand)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.base_dist!r}, {self.reinterpreted_batch_ndims})"


class TransformedDistribution(Distribution):
    """The distribution of what transforms make of a draw from another one.

    >>> import chainrule as torch
    >>> d = torch.distributions.TransformedDistribution(
    ...     torch.distributions.Normal(0., 1.), [torch.distributions.ExpTransform()])
    >>> d.log_prob(torch.tensor(1.))
    tensor(-0.9189)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(self.transforms, list):
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        if not all(isinstance(t, Transform) for t in self.transforms):
            raise ValueError(f"transforms must be a Transform or a list of Transforms: got {self.transforms!r}")
        base: Any = base_distribution
        shape = base.batch_shape + base.event_shape
        transform = ComposeTransform(self.transforms)
        if len(shape) < transform.domain.event_dim:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {transform.domain.event_dim}, but got {shape}."
            )
        reached = transform.forward_shape(shape)
        base = base.expand(transform.inverse_shape(reached)[: len(base.batch_shape)])
        more = transform.domain.event_dim - len(base.event_shape)
        self.base_dist: Any = Independent(base, more) if more > 0 else base
        inner = transform.codomain.event_dim + max(len(base.event_shape) - transform.domain.event_dim, 0)
        cut = len(reached) - inner
        super().__init__(reached[:cut], reached[cut:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        shape = ComposeTransform(self.transforms).inverse_shape((*batch_shape, *self._event_shape))
        inner = shape[: len(shape) - len(self.base_dist.event_shape)]
        return self._expanded(
            batch_shape, _instance, base_dist=self.base_dist.expand(Size(inner)), transforms=self.transforms
        )

    def _remade(self, *parameters: Any) -> Any:
        """A distribution of the same class with these parameters, which were checked already."""
        make: Any = type(self)
        new = make(*parameters, validate_args=False)
        new._validate_args = self._validate_args
        return new

    has_rsample = property(lambda self: self.base_dist.has_rsample)

    @constraints.dependent_property()
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        found = self.transforms[-1].codomain
        more = len(self.event_shape) - found.event_dim
        return constraints.independent(found, more) if more > 0 else found

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            x = self.base_dist.sample(sample_shape)
            for transform in self.transforms:
                x = transform(x)
            return x

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        x = self.base_dist.rsample(sample_shape)
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        """That of the base at the inverse, less the logarithm of how much was stretched there."""
        self._validate_sample(value)
        dims, total, y = len(self.event_shape), 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            total = total - sum_rightmost(transform.log_abs_det_jacobian(x, y), dims - transform.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), dims - len(self.base_dist.event_shape))

    def _monotone(self, value: Tensor, sign: Any) -> Tensor:
        """Of transforms that turn the order round, probabilities count from the other end."""
        if isinstance(sign, int) and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5

    def _sign(self) -> Any:
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return sign

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._monotone(self.base_dist.cdf(value), self._sign())

    def icdf(self, value: Tensor) -> Tensor:
        value = self.base_dist.icdf(self._monotone(value, self._sign()))
        for transform in self.transforms:
            value = transform(value)
        return value


def remaking(*names: str) -> Any:
    """The method ``expand`` of a class that is called with these parameters, which have the batch's shape."""

    def expand(self: Any, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions in a larger batch."""
        return self._remade(*[getattr(self, name).expand(batch_shape) for name in names])

    return expand


class Half(TransformedDistribution):
    """The absolute values of what a distribution draws that is symmetric around 0, and has a ``scale``."""

    arg_constraints: ClassVar[dict[str, Any]] = {"scale": constraints.positive}
    support = constraints.nonnegative
    expand = remaking("scale")

    @property
    def scale(self) -> Tensor:
        """That of the whole distribution."""
        return self.base_dist.scale

    @property
    def mode(self) -> Tensor:
        return f.zeros_like(self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return f.where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)


class MixtureSameFamily(Distribution):
    """One of the components in the last batch dimension of ``component_distribution``, drawn by a Categorical.

    >>> import chainrule as torch
    >>> D = torch.distributions
    >>> mix = D.MixtureSameFamily(D.Categorical(torch.ones(2)), D.Normal(torch.tensor([-1., 1.]), 1.))
    >>> mix.mean, mix.variance
    (tensor(0.), tensor(2.))
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, mixture_distribution: Any, component_distribution: Any, validate_args: Any = None) -> None:
        from .categorical import Categorical

        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution need to be an instance of torch.distributions.Distribution")
        mine, theirs = mixture_distribution.batch_shape, component_distribution.batch_shape[:-1]
        for a, b in zip(reversed(mine), reversed(theirs), strict=False):
            if 1 not in (a, b) and a != b:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({mine}) is not compatible with "
                    f"`component_distribution.batch_shape`({theirs})"
                )
        count = mixture_distribution.logits.shape[-1]
        if count != component_distribution.batch_shape[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal `component_distribution.batch_shape[-1]` "
                f"({component_distribution.batch_shape[-1]})"
            )
        self._num_component = count
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(theirs, component_distribution.event_shape, validate_args)

    @constraints.dependent_property()
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(
            batch_shape,
            _instance,
            _mixture_distribution=self._mixture_distribution.expand(batch_shape),
            _component_distribution=self._component_distribution.expand(Size((*batch_shape, self._num_component))),
            _num_component=self._num_component,
            _event_ndims=self._event_ndims,
        )

    mixture_distribution = property(lambda self: self._mixture_distribution)
    component_distribution = property(lambda self: self._component_distribution)

    def _weights(self) -> Tensor:
        probs = self.mixture_distribution.probs
        return probs.reshape((*probs.shape, *[1] * self._event_ndims))

    @property
    def mean(self) -> Tensor:
        return (self._weights() * self.component_distribution.mean).sum(-1 - self._event_ndims)

    @property
    def variance(self) -> Tensor:
        """The mean of the variances, and the variance of the means."""
        weights, dim = self._weights(), -1 - self._event_ndims
        within = (weights * self.component_distribution.variance).sum(dim)
        away = self.component_distribution.mean - self.mean.unsqueeze(dim)
        return within + (weights * away**2).sum(dim)

    def cdf(self, x: Tensor) -> Tensor:
        found = self.component_distribution.cdf(x.unsqueeze(-1 - self._event_ndims))
        return (found * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        each = self.component_distribution.log_prob(value.unsqueeze(-1 - self._event_ndims))
        return (each + self.mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            dim = len(sample_shape) + len(self.batch_shape)
            samples = self.component_distribution.sample(sample_shape)
            places = chosen.reshape((*chosen.shape, *[1] * (self._event_ndims + 1)))
            places = places.expand((*chosen.shape, 1, *self.event_shape))
            return f.gather(samples, dim, places).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
