"""``torch.quasirandom``: points that fill a cube evenly.

The numbers that Sobol's sequences begin with are those of S. Joe and F. Y. Kuo, Constructing Sobol sequences with better
two-dimensional projections, SIAM J. Sci. Comput. 30 (2008); `data/sobol.txt` holds those of the first dimensions, one a line: the
polynomial, as a number of its bits, and then the first direction numbers.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .core.generator import Generator
from .core.value import new_tensor
from .dtypes import dtype as dtype_class, get_default_dtype, int64
from .functions import randint

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["SobolEngine"]


class SobolEngine:
    """Draws the points of a Sobol sequence, scrambled or not.

    Args:
        dimension: of the points, up to 1024.
        scramble: whether to scramble the sequence, by random numbers.
        seed: of these (default: the default generator draws them).

    Raises:
        ValueError: another dimension.

    >>> import chainrule as torch
    >>> engine = torch.quasirandom.SobolEngine(2)
    >>> engine.draw(4)
    tensor([[0.0000, 0.0000],
            [0.5000, 0.5000],
            [0.7500, 0.2500],
            [0.2500, 0.7500]])
    """

    MAXBIT = 30
    MAXDIM = 1024

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not 1 <= dimension <= self.MAXDIM:
            raise ValueError(
                f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}], got {dimension}"
            )
        self.dimension, self.scramble, self.seed = dimension, scramble, seed
        state = directions(self.MAXBIT)[:dimension].copy()
        shift = np.zeros(dimension, np.int64)
        if scramble:
            shift, state = scrambled(state, seed)
        self.sobolstate = new_tensor(state)
        self.shift = new_tensor(shift)
        self.quasi = self.shift.clone()
        self.num_generated = 0

    def draw(self, n: int = 1, out: Tensor | None = None, dtype: dtype_class | None = None) -> Tensor:
        """The next ``n`` points, of shape (n, dimension).

        Args:
            n: how many.
            out: where to put them.
            dtype: of the points (default: the default dtype).

        Raises:
            RuntimeError: no positive number of points.
        """
        if n < 1:
            raise RuntimeError(f"draw takes a positive number of points, got {n}")
        quasi, state = self.quasi.numpy(), self.sobolstate.numpy()
        # Each point differs from the one before by the direction of the lowest bit that is 1 in its number.
        steps = np.arange(max(self.num_generated, 1), self.num_generated + n)
        lowest = np.log2(steps & -steps).astype(np.int64)
        points = np.bitwise_xor.accumulate(np.concatenate([quasi[None], state.T[lowest]]), 0)[-n:]
        self.quasi = new_tensor(points[-1].copy())
        self.num_generated += n
        kind = (dtype or get_default_dtype()).numpy
        result: Any = new_tensor((points / 2**self.MAXBIT).astype(kind))
        return result if out is None else out.resize_(result.shape).copy_(result)

    def draw_base2(self, m: int, out: Tensor | None = None, dtype: dtype_class | None = None) -> Tensor:
        """The next ``2**m`` points; together with those before, they must be a power of 2.

        Raises:
            ValueError: they are not.
        """
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1):
            raise ValueError(
                f"The balance properties of Sobol' points require n to be a power of 2. {self.num_generated} points have been previously "
                f"generated, then: n={self.num_generated}+2**{m}={total}. If you still want to do this, please use 'SobolEngine.draw()' "
                "instead."
            )
        return self.draw(n, out, dtype)

    def reset(self) -> SobolEngine:
        """Begin anew."""
        self.quasi = self.shift.clone()
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out ``n`` points."""
        if n > 0:
            self.draw(n)
        return self

    def __repr__(self) -> str:
        more = ", scramble=True" * self.scramble + (f", seed={self.seed}" if self.seed is not None else "")
        return f"SobolEngine(dimension={self.dimension}{more})"


@functools.lru_cache
def directions(bits: int) -> Any:
    """The direction numbers of all dimensions, (dimensions, bits).

    With the polynomial x^d + a1 x^(d-1) + ... + 1, and << for a shift: m(i) = 2 a1 m(i-1) ^ 4 a2 m(i-2) ^ ... ^ 2^d m(i-d) ^ m(i-d);
    the direction is m(i) << (bits - i), i from 1.
    """
    lines = (Path(__file__).parent / "data" / "sobol.txt").read_text(encoding="ascii").splitlines()
    table = np.zeros((len(lines), bits), np.int64)
    for row, line in zip(table, lines, strict=True):
        polynomial, *m = map(int, line.split())
        degree = polynomial.bit_length() - 1
        if degree == 0:
            m = [1] * bits
        for i in range(len(m), bits):
            new = m[i - degree]
            for k in range(1, degree + 1):
                if polynomial >> (degree - k) & 1:
                    new ^= m[i - k] << k
            m.append(new)
        row[:] = [number << (bits - 1 - at) for at, number in enumerate(m[:bits])]
    return table


def scrambled(state: Any, seed: int | None) -> tuple[Any, Any]:
    """A random shift, and the directions times a random lower triangular matrix of bits, with ones on its diagonal."""
    dimension, bits = state.shape
    generator = None if seed is None else Generator().manual_seed(seed)
    powers = 1 << np.arange(bits)
    drawn = randint(2, (dimension, bits), generator=generator, dtype=int64)
    matrices = randint(2, (dimension, bits, bits), generator=generator, dtype=int64).tril()
    lower: Any = matrices.numpy().copy()
    lower[:, np.arange(bits), np.arange(bits)] = 1
    apart = state[:, :, None] >> np.arange(bits - 1, -1, -1) & 1  # (dimension, direction, bit), the highest bit first
    mixed = np.einsum("dpk,djk->djp", lower, apart) & 1
    return (drawn.numpy() * powers).sum(1), (mixed * powers[::-1]).sum(2)
