"""Distributions of trials that succeed or fail: one, many, or as many as it takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..autograd.grad_mode import no_grad
from ..dtypes import finfo
from ..functions.special import xlog1py
from . import constraints
from ._arguments import cross_entropy_with_logits, either, holds, shape_of, softplus
from .distribution import Distribution, expanding
from .exp_family import ExponentialFamily
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..size import Size

__all__ = ["Bernoulli", "Binomial", "Geometric", "NegativeBinomial"]


class _OfTrials(Distribution):
    """Distributions with ``probs``, or ``logits`` in their place."""

    total_count: Any

    @lazy_property
    def logits(self) -> Tensor:
        """log(p / (1 - p))."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """The probability of success."""
        return logits_to_probs(self.logits, is_binary=True)

    expand = expanding("total_count", "probs", "logits")

    def _take(self, probs: Any, logits: Any) -> Size:
        """Keep the one that is given of the two. The batch's shape."""
        either(type(self).__name__, probs, logits)
        name, given = ("probs", probs) if logits is None else ("logits", logits)
        (vars(self)[name],) = broadcast_all(given)
        return shape_of(self._param, given)

    def _take_counted(self, total_count: Any, probs: Any, logits: Any) -> Size:
        """The same beside a number of trials, in the dtype of the one that is given."""
        either(type(self).__name__, probs, logits)
        name, given = ("probs", probs) if logits is None else ("logits", logits)
        count, vars(self)[name] = broadcast_all(total_count, given)
        self.total_count = count.type_as(self._param)
        return self._param.size()

    @property
    def _param(self) -> Tensor:
        return self.__dict__["probs" if "probs" in self.__dict__ else "logits"]

    @property
    def param_shape(self) -> Size:
        """The shape of what was given."""
        return self._param.size()


class Bernoulli(_OfTrials, ExponentialFamily):
    """1 with probability ``probs``, else 0.

    >>> import chainrule as torch
    >>> torch.distributions.Bernoulli(0.25).log_prob(torch.tensor([0., 1.]))
    tensor([-0.2877, -1.3863])
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(self._take(probs, logits), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return f.where(self.probs == 0.5, math.nan, (self.probs >= 0.5).to(self.probs))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return f.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -cross_entropy_with_logits(logits, value)

    def entropy(self) -> Tensor:
        return cross_entropy_with_logits(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(f.arange(2, dtype=self._param.dtype, device=self._param.device), expand)


class Geometric(_OfTrials):
    """How many trials fail before the first that succeeds.

    >>> import chainrule as torch
    >>> torch.distributions.Geometric(0.25).mean
    tensor(3.)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(self._take(probs, logits), validate_args=validate_args)
        if self._validate_args and probs is not None and not holds(self.probs > 0):
            raise ValueError(
                f"Expected parameter probs ({type(self.probs).__name__} of shape {tuple(self.probs.shape)}) of distribution "
                f"{self!r} to be positive but found invalid values:\n{self.probs}"
            )

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return f.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            u = self.probs.new_empty(self._extended_shape(sample_shape)).uniform_(finfo(self.probs.dtype).tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        return xlog1py(value, -probs) + probs.log()

    def entropy(self) -> Tensor:
        return cross_entropy_with_logits(self.logits, self.probs) / self.probs


class Binomial(_OfTrials):
    """How many of ``total_count`` trials succeed.

    >>> import chainrule as torch
    >>> torch.distributions.Binomial(4, 0.5).log_prob(torch.tensor(2.)).exp()
    tensor(0.3750)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(self._take_counted(total_count, probs, logits), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return f.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """Log of n! / (k! (n - k)!), and k times the logits less n times softplus(logits)."""
        self._validate_sample(value)
        n, logits = self.total_count, self.logits
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        return value * logits - n * softplus(logits) + ways

    def entropy(self) -> Tensor:
        most = int(self.total_count.max())
        if not bool(self.total_count.min() == most):
            raise NotImplementedError("Inhomogeneous total count not supported by `entropy`.")
        logs = self.log_prob(self.enumerate_support(False))
        return -(logs.exp() * logs).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        most = int(self.total_count.max())
        if not bool(self.total_count.min() == most):
            raise NotImplementedError("Inhomogeneous total count not supported by `enumerate_support`.")
        return self._enumerated(f.arange(1 + most, dtype=self._param.dtype, device=self._param.device), expand)


class NegativeBinomial(_OfTrials):
    """How many trials succeed before ``total_count`` have failed.

    >>> import chainrule as torch
    >>> torch.distributions.NegativeBinomial(4., 0.5).mean
    tensor(4.)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(self._take_counted(total_count, probs, logits), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        from .gamma import Gamma

        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False).sample(sample_shape)
            return f.poisson(rates)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n, logits = self.total_count, self.logits
        unnormalised = -n * softplus(logits) - value * softplus(-logits)
        ways = (n + value).lgamma() - (1.0 + value).lgamma() - n.lgamma()
        return unnormalised + f.where(n + value == 0.0, 0.0, ways)
