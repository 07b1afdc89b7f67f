"""Methods that overwrite a tensor with random numbers, and those that draw what it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...backend import random_numpy as kernels
from ...core.value import TensorBase
from ...promotion import scalar_type_name
from .. import random, sampling

if TYPE_CHECKING:
    from ..._tensor import Tensor


class RandomMethods(TensorBase):
    """Methods that overwrite a tensor with random numbers, and those that draw what it describes.

    All take the ``generator`` that the numbers come from, by default the default one; they fill the memory in its order,
    and the gradient of what was there is zero.
    """

    __slots__ = ()

    bernoulli = sampling.bernoulli
    multinomial = sampling.multinomial

    def bernoulli_(self: Any, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        """1 with probability ``p`` (a number, or a tensor that broadcasts), else 0.

        >>> import chainrule as torch
        >>> torch.empty(4).bernoulli_(0.5, generator=torch.Generator().manual_seed(0))
        tensor([0., 0., 1., 0.])
        """
        return sampling.bernoulli_(self, p, generator=generator)

    def normal_(self: Any, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
        """Normal numbers.

        >>> import chainrule as torch
        >>> torch.empty(2).normal_(generator=torch.Generator().manual_seed(0))
        tensor([ 1.5410, -0.2934])
        """
        random.check_std(std)
        dtype = random.floating(self._array.dtype, "normal_kernel_cpu")
        return random.refill(
            self, ops.normal, kernels.normal, generator, mean=float(mean), std=random.part_std(dtype, float(std))
        )

    def uniform_(self: Any, to_or_from: float = 0, to: float = 1, *, generator: Any = None, **named: float) -> Tensor:
        """Uniform numbers from ``from`` (by default 0) to ``to`` (by default 1).

        >>> import chainrule as torch
        >>> torch.empty(2).uniform_(-1, 1, generator=torch.Generator().manual_seed(0))
        tensor([-0.0075,  0.5364])
        """
        low, high = float(named.pop("from", to_or_from)), float(to)
        random.no_others(named, "uniform_")
        dtype = random.floating(self._array.dtype, "check_uniform_bounds")
        random.check_interval(dtype, low, high)
        return random.refill(self, ops.uniform, kernels.uniform, generator, low=low, high=high)

    def random_(self: Any, *bounds: int | None, to: int | None = None, generator: Any = None, **named: int) -> Tensor:
        """Integers: ``random_()`` up to the largest of the dtype, ``random_(to)``, ``random_(from, to)``.

        >>> import chainrule as torch
        >>> torch.empty(5).random_(10, generator=torch.Generator().manual_seed(0))
        tensor([4., 9., 3., 0., 3.])
        """
        low = named.pop("from", None)
        random.no_others(named, "random_")
        if len(bounds) > 2 - (low is not None) - (to is not None):
            raise TypeError(f"random_() takes at most two bounds, from and to: got {len(bounds)} by position")
        if len(bounds) == 2:
            low, to = bounds
        elif bounds:
            low, to = (low, bounds[0]) if to is None else (bounds[0], to)
        dtype = self._array.dtype
        if low is None and to is None:
            if dtype.kind == "c" or dtype.name in ("uint16", "uint32", "uint64"):
                raise NotImplementedError(f"\"random_kernel_cpu\" not implemented for '{scalar_type_name(dtype)}'")
            return random.refill(self, ops.random_any, kernels.any_integers, generator)
        first, span = random.bounds_of(dtype, low, to)
        op = ops.random_below if low is None else ops.random_between
        return random.refill(self, op, kernels.integers, generator, low=first, span=span)

    def exponential_(self: Any, lambd: float = 1, *, generator: Any = None) -> Tensor:
        """Waiting times for what happens ``lambd`` times in a unit of time.

        >>> import chainrule as torch
        >>> torch.empty(2).exponential_(generator=torch.Generator().manual_seed(0))
        tensor([3.5083, 1.2304])
        """
        random.continuous(self._array.dtype, "Exponential")
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        return random.refill(self, ops.exponential, kernels.exponential, generator, rate=float(lambd))

    def cauchy_(self: Any, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Tensor:
        """Numbers of Cauchy's distribution.

        >>> import chainrule as torch
        >>> torch.empty(2).cauchy_(generator=torch.Generator().manual_seed(0))
        tensor([10.5977,  0.7648])
        """
        random.continuous(self._array.dtype, "Cauchy")
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
        return random.refill(self, ops.cauchy, kernels.cauchy, generator, median=float(median), sigma=float(sigma))

    def log_normal_(self: Any, mean: float = 1, std: float = 2, *, generator: Any = None) -> Tensor:
        """Numbers whose logarithms are normal.

        >>> import chainrule as torch
        >>> torch.empty(2).log_normal_(generator=torch.Generator().manual_seed(0))
        tensor([59.2634,  1.5116])
        """
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
        dtype = self._array.dtype
        if dtype.kind in "biuc":
            raise NotImplementedError(f"\"log_normal_cpu\" not implemented for '{scalar_type_name(dtype)}'")
        return random.refill(self, ops.log_normal, kernels.log_normal, generator, mean=float(mean), std=float(std))

    def geometric_(self: Any, p: float, *, generator: Any = None) -> Tensor:
        """How many trials, each with probability ``p``, there are up to the first success.

        >>> import chainrule as torch
        >>> torch.empty(4).geometric_(0.5, generator=torch.Generator().manual_seed(0))
        tensor([1., 1., 2., 1.])
        """
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        dtype = self._array.dtype
        if dtype.kind in "bc" or dtype.name in ("uint16", "uint32", "uint64"):
            raise NotImplementedError(f"\"geometric_cpu\" not implemented for '{scalar_type_name(dtype)}'")
        return random.refill(self, ops.geometric, kernels.geometric, generator, p=float(p))
