"""Activation functions as modules; what each computes is said in :mod:`chainrule.nn.functional`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions.filling import empty
from ...functions.transcendental import sigmoid, tanh
from .. import functional as F, init
from ..parameter import Parameter
from .module import Module
from .softmax import LogSoftmax, Softmax, Softmax2d, Softmin

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]  # fmt: skip


class _Inplace(Module):
    """An activation whose only setting is ``inplace``: whether the result takes the memory of the input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ReLU(_Inplace):
    """``max(input, 0)``.

    >>> import chainrule as torch
    >>> torch.nn.ReLU()(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


class ReLU6(_Inplace):
    """``min(max(input, 0), 6)``.

    >>> import chainrule as torch
    >>> torch.nn.ReLU6()(torch.tensor([-1., 2., 9.]))
    tensor([0., 2., 6.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, self.inplace)


class SELU(_Inplace):
    """The scaled ELU.

    >>> import chainrule as torch
    >>> torch.nn.SELU()(torch.tensor([-1., 1.]))
    tensor([-1.1113,  1.0507])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


class SiLU(_Inplace):
    """``input * sigmoid(input)``.

    >>> import chainrule as torch
    >>> torch.nn.SiLU()(torch.tensor([-1., 1.]))
    tensor([-0.2689,  0.7311])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


class Mish(_Inplace):
    """``input * tanh(softplus(input))``.

    >>> import chainrule as torch
    >>> torch.nn.Mish()(torch.tensor([-1., 1.]))
    tensor([-0.3034,  0.8651])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


class Hardswish(_Inplace):
    """``input * relu6(input + 3) / 6``.

    >>> import chainrule as torch
    >>> torch.nn.Hardswish()(torch.tensor([-4., 1.5, 4.]))
    tensor([-0.0000, 1.1250, 4.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class Hardsigmoid(_Inplace):
    """``relu6(input + 3) / 6``.

    >>> import chainrule as torch
    >>> torch.nn.Hardsigmoid()(torch.tensor([-4., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class Sigmoid(Module):
    """``1 / (1 + exp(-input))``.

    >>> import chainrule as torch
    >>> torch.nn.Sigmoid()(torch.tensor([-1., 0., 1.]))
    tensor([0.2689, 0.5000, 0.7311])
    """

    def forward(self, input: Tensor) -> Tensor:
        return sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> import chainrule as torch
    >>> torch.nn.Tanh()(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        return tanh(input)


class LogSigmoid(Module):
    """``log(sigmoid(input))``, accurate where that is small.

    >>> import chainrule as torch
    >>> torch.nn.LogSigmoid()(torch.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Softsign(Module):
    """``input / (1 + abs(input))``.

    >>> import chainrule as torch
    >>> torch.nn.Softsign()(torch.tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(Module):
    """``input - tanh(input)``.

    >>> import chainrule as torch
    >>> torch.nn.Tanhshrink()(torch.tensor([0., 1.]))
    tensor([0.0000, 0.2384])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class Threshold(Module):
    """``input`` where it exceeds ``threshold``, elsewhere ``value``.

    Args:
        threshold: where it begins.
        value: what stands below.
        inplace: whether the result takes the memory of the input.

    >>> import chainrule as torch
    >>> torch.nn.Threshold(1, 9)(torch.tensor([0.5, 2.]))
    tensor([9., 2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """``input`` where positive, elsewhere ``alpha * (exp(input) - 1)``.

    Args:
        alpha: minus the limit on the left.
        inplace: whether the result takes the memory of the input.

    >>> import chainrule as torch
    >>> torch.nn.ELU()(torch.tensor([-1., 1.]))
    tensor([-0.6321,  1.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(Module):
    """``input`` where positive, elsewhere ``alpha * (exp(input / alpha) - 1)``.

    Args:
        alpha: minus the limit on the left.
        inplace: whether the result takes the memory of the input.

    >>> import chainrule as torch
    >>> torch.nn.CELU(0.5)(torch.tensor([-1., 1.]))
    tensor([-0.4323,  1.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class LeakyReLU(Module):
    """``input`` where positive, elsewhere ``negative_slope * input``.

    Args:
        negative_slope: the slope on the left.
        inplace: whether the result takes the memory of the input.

    >>> import chainrule as torch
    >>> torch.nn.LeakyReLU(0.1)(torch.tensor([-1., 2.]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class GELU(Module):
    """``input`` times the normal distribution function of it.

    Args:
        approximate: ``"none"``, or ``"tanh"`` for the approximation by a hyperbolic tangent.

    >>> import chainrule as torch
    >>> torch.nn.GELU()(torch.tensor([-1., 1.]))
    tensor([-0.1587,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class GLU(Module):
    """The first half of ``input`` along ``dim``, times the sigmoid of the second.

    Args:
        dim: the dimension that is halved.

    >>> import chainrule as torch
    >>> torch.nn.GLU()(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softplus(Module):
    """``log(1 + exp(beta * input)) / beta``.

    Args:
        beta: how sharply it bends.
        threshold: where it becomes linear, if below 20.

    >>> import chainrule as torch
    >>> torch.nn.Softplus()(torch.tensor([-1., 0., 1.]))
    tensor([0.3133, 0.6931, 1.3133])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardshrink(Module):
    """``input`` where its absolute value exceeds ``lambd``, elsewhere 0.

    Args:
        lambd: how wide the gap is to each side.

    >>> import chainrule as torch
    >>> torch.nn.Hardshrink()(torch.tensor([-1., 0.25, 1.]))
    tensor([-1.,  0.,  1.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(Module):
    """``input`` brought nearer to 0 by ``lambd``, but not beyond.

    Args:
        lambd: by how much.

    >>> import chainrule as torch
    >>> torch.nn.Softshrink()(torch.tensor([-1., 0.25, 1.]))
    tensor([-0.5000,  0.0000,  0.5000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


def renamed(old: str, given: float | None, new: str, value: float) -> float:
    """The value of an argument, which may have been given by its older name: then with PyTorch's warning."""
    if given is None:
        return value
    import warnings

    warnings.warn(f"keyword argument `{old}` is deprecated and renamed to `{new}`", FutureWarning, stacklevel=3)
    return given


class Hardtanh(Module):
    """``input`` kept within two bounds.

    Args:
        min_val: the lower one.
        max_val: the upper one.
        inplace: whether the result takes the memory of the input.
        min_value: an older name of ``min_val``, which warns.
        max_value: an older name of ``max_val``, which warns.

    Raises:
        AssertionError: the bounds leave nothing between them.

    >>> import chainrule as torch
    >>> torch.nn.Hardtanh()(torch.tensor([-2., 0.5, 2.]))
    tensor([-1.0000,  0.5000,  1.0000])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        min_val = renamed("min_value", min_value, "min_val", min_val)
        max_val = renamed("max_value", max_value, "max_val", max_val)
        if max_val <= min_val:
            raise AssertionError(f"max_val ({max_val}) must be greater than min_val ({min_val})")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """``input`` where positive, elsewhere ``weight * input``, whose weight is learned.

    Args:
        num_parameters: 1, or one for each channel.
        init: what the weight begins as.
        device: the CPU.
        dtype: of the weight (None: the default dtype).

    >>> import chainrule as torch
    >>> torch.nn.PReLU()(torch.tensor([-1., 2.]))
    tensor([-0.2500,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to what it began as."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """``input`` where positive, elsewhere multiplied by a slope, drawn for each element in training.

    Args:
        lower: the smallest slope.
        upper: the largest slope; in evaluation mode all are the mean of both.
        inplace: whether the result takes the memory of the input.

    >>> import chainrule as torch
    >>> torch.nn.RReLU(0.1, 0.3).eval()(torch.tensor([-1., 2.]))
    tensor([-0.2000,  2.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")
