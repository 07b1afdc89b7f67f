"""chainrule: automatic differentiation with PyTorch's semantics, on NumPy, whose graph you can see."""
from __future__ import annotations
from . import autograd
from .functions.creation import tensor, zeros, ones
from ._tensor import Tensor
from .autograd.grad_mode import no_grad
