"""What all distributions are: batches of events, drawn and weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..autograd.grad_mode import no_grad
from ..core.value import TensorBase
from ..size import Size
from . import constraints
from ._arguments import holds
from .utils import lazy_property

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["Distribution"]


class Distribution:
    """A batch of distributions of events.

    Args:
        batch_shape: the shape of the batch: independent, and each with parameters of its own.
        event_shape: the shape of one event.
        validate_args: whether parameters, and values that are asked about, are checked; by default yes.

    Raises:
        ValueError: a parameter does not meet its constraint.

    >>> import chainrule as torch
    >>> d = torch.distributions.Normal(torch.zeros(3), 1.)
    >>> d.log_prob(torch.tensor(0.))
    tensor([-0.9189, -0.9189, -0.9189])
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: ClassVar[dict[str, Any]]
    support: Any
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether parameters and values are checked where ``validate_args`` is not given."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args wants True or False, not {value!r}")
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Any = (),
        event_shape: Any = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                derived = name not in self.__dict__ and isinstance(getattr(type(self), name, None), lazy_property)
                if not derived and not constraints.is_dependent(constraint):
                    self._check_parameter(name, constraint)
        super().__init__()  # a class may be a module, too

    def _check_parameter(self, name: str, constraint: Any) -> None:
        value = getattr(self, name)
        if not holds(constraint.check(value)):
            raise ValueError(
                f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution {self!r} to "
                f"satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
            )

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one event."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The likeliest value."""
        raise NotImplementedError(f"{self.__class__} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same distributions in a larger batch."""
        raise NotImplementedError

    def _expanded(self, batch_shape: Any, new: Any = None, **parameters: Any) -> Any:
        """A distribution of the same class with these parameters, which were checked already."""
        new = self.__new__(type(self)) if new is None else new
        new.__dict__.update(parameters)
        Distribution.__init__(new, Size(batch_shape), self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """What ``expand`` of a class from elsewhere fills: ``_instance``, or a new one of the same class, without ``__init__``."""
        own = type(self)
        if _instance is None and own.__init__ is not cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(
                f"Subclass {own.__name__} of {cls.__name__} that defines a custom __init__ method must also define a custom "
                ".expand() method."
            )
        return self.__new__(own) if _instance is None else _instance

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """A draw, or a batch of draws of shape ``sample_shape``, through which nothing is differentiated."""
        with no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n: int) -> Tensor:
        """``sample((n,))``; deprecated."""
        import warnings

        warnings.warn("sample_n(n) will be deprecated. Use .sample((n,)) instead.", UserWarning, stacklevel=2)
        return self.sample((n,))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A draw that can be differentiated by the parameters, where there is one."""
        raise NotImplementedError

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at ``value``."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is not above ``value``."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of :meth:`cdf`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, along a new first dimension; expanded over the batch, or with dimensions of one element."""
        raise NotImplementedError

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        values = values.reshape((-1, *[1] * len(self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values

    def entropy(self) -> Tensor:
        """The entropy, in nats."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        """The shape of a draw."""
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Any) -> None:
        """Raise unless ``value`` may be one of the distribution's."""
        if not self._validate_args:
            return
        if not isinstance(value, TensorBase):
            raise ValueError(
                f"The value argument to log_prob must be a Tensor, got {type(value).__name__}: torch.tensor(value)"
            )
        events = value.dim() - len(self._event_shape)
        if value.shape[events:] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape[events:]} vs {self._event_shape}."
            )
        for have, want in zip(reversed(value.shape), reversed(self._batch_shape + self._event_shape), strict=False):
            if have != 1 and want != 1 and have != want:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs "
                    f"{self._batch_shape + self._event_shape}."
                )
        try:
            support = self.support
        except NotImplementedError:
            return
        if not holds(support.check(value)):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the support "
                f"({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        shown = []
        for name in self.arg_constraints:
            if name in self.__dict__:
                value = self.__dict__[name]
                shown.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{self.__class__.__name__}({', '.join(shown)})"


def expanding(*names: str, kept: tuple[str, ...] = ()) -> Any:
    """The method ``expand`` of a class whose parameters have the batch's shape.

    Args:
        *names: the parameters; of ``probs`` and ``logits`` those that are known.
        kept: what stays as it is.
    """

    def expand(self: Any, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions in a larger batch."""
        known = vars(self)
        given = {name: known[name].expand(batch_shape) for name in names if name in known}
        return self._expanded(batch_shape, _instance, **given, **{name: known[name] for name in kept})

    return expand
