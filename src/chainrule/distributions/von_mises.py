"""The normal distribution's relative on the circle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..autograd.grad_mode import no_grad
from ..functions.special import i0e, i1e
from . import constraints
from ._arguments import holds
from .distribution import Distribution, expanding
from .utils import broadcast_all, lazy_property

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["VonMises"]


class VonMises(Distribution):
    """Angles around ``loc``, the closer the greater ``concentration`` is: densities go with exp(concentration cos(x - loc)).

    >>> import chainrule as torch
    >>> torch.distributions.VonMises(0., 1.).log_prob(torch.tensor([0., 3.]))
    tensor([-1.0738, -3.0638])
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    expand = expanding("loc", "concentration")

    @property
    def mean(self) -> Tensor:
        """The mean direction."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """The circular variance: how much is lacking to length 1 of the mean of unit vectors."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def log_prob(self, value: Tensor) -> Tensor:
        """The integral over the circle is 2 pi I0(k), and I0(k) = exp(k) i0e(k)."""
        self._validate_sample(value)
        k = self.concentration
        return k * ((value - self.loc).cos() - 1) - math.log(2 * math.pi) - i0e(k).log()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """By rejection from a wrapped Cauchy distribution (Best and Fisher 1979), in double precision."""
        with no_grad():
            shape, k = self._extended_shape(sample_shape), self.concentration.double()
            root = 1 + (1 + 4 * k * k).sqrt()
            rho = (root - (2 * root).sqrt()) / (2 * k)
            r = f.where(k < 1e-5, 1 / k + k, (1 + rho * rho) / (2 * rho))
            x = f.zeros(shape, dtype=k.dtype, device=k.device)
            done = f.zeros(shape, dtype=bool, device=k.device)
            while not holds(done):  # what was accepted already may be replaced: so the numbers are PyTorch's
                u = f.rand((3, *shape), dtype=k.dtype, device=k.device)
                z = (math.pi * u[0]).cos()
                cosine = (1 + r * z) / (r + z)
                c = k * (r - cosine)
                accepted = (c * (2 - c) - u[1] > 0) | ((c / u[1]).log() + 1 - c >= 0)
                x = f.where(accepted, (u[2] - 0.5).sign() * cosine.acos(), x)
                done = done | accepted
            return ((x + math.pi + self.loc.double()) % (2 * math.pi) - math.pi).to(self.loc.dtype)
