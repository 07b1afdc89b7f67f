"""Gamma and Dirichlet numbers that can be differentiated by their parameters: what the distributions draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..backend import gamma_numpy
from ..core.generator import draw
from ..core.value import Lifted, at_rest, new_tensor
from ..core.views import current_node
from ._arguments import tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..core.generator import Generator


def standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Gamma numbers of the shapes ``input`` and of scale 1."""
    shapes = at_rest(tensor_argument(input, "_standard_gamma", "input")._array)
    drawn: Any = new_tensor(
        draw(gamma_numpy.gamma, shapes.shape, shapes.dtype, generator, given=(shapes,), shapes=shapes)
    )
    return ops.gamma_draw(input, drawn) if moves(input) else drawn


def sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers of sum 1 along the last dimension, of the concentrations ``input``."""
    shapes = at_rest(tensor_argument(input, "_sample_dirichlet", "input")._array)
    drawn: Any = new_tensor(
        draw(
            gamma_numpy.dirichlet, shapes.shape, shapes.dtype, generator, given=(shapes,), shapes=shapes,
            length=shapes.shape[-1],
        )
    )  # fmt: skip
    return ops.dirichlet_draw(input, drawn) if moves(input) else drawn


def moves(input: Tensor) -> bool:
    """Whether a derivative by it may be asked for."""
    return current_node(input) is not None or isinstance(input._array, Lifted)
