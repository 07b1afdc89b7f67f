"""Initialisation of parameters: each function writes into its tensor, in no-grad mode, and returns it.

Random numbers are drawn as PyTorch draws them, from ``generator`` or the default one.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from .._late import announce
from .._missing import missing_name
from ..autograd.grad_mode import no_grad
from ..functions.filling import empty_like
from ..functions.random import randperm
from ..linalg import qr

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip

UNIT_GAIN = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
)  # fmt: skip


DEPRECATED = (
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal",
    "orthogonal", "sparse",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in DEPRECATED:
        raise missing_name(__name__, name)
    function = globals()[name + "_"]

    def deprecated(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__ = deprecated.__qualname__ = name
    deprecated.__doc__ = f"Deprecated: use ``nn.init.{name}_``, whose arguments these are."
    return deprecated


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """By how much weights are to be scaled so that a nonlinearity behind them keeps the variance.

    Args:
        nonlinearity: its name, as in ``nn.functional``.
        param: the negative slope of ``leaky_relu`` (None: 0.01).

    Raises:
        ValueError: an unknown nonlinearity, or a slope that is no number.

    >>> import chainrule as torch
    >>> torch.nn.init.calculate_gain("relu")
    1.4142135623730951
    """
    if nonlinearity in UNIT_GAIN:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Random numbers, uniform between ``a`` and ``b``.

    >>> import chainrule as torch
    >>> torch.nn.init.uniform_(torch.empty(2), 3, 3)
    tensor([3., 3.])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Random numbers of a normal distribution.

    >>> import chainrule as torch
    >>> torch.nn.init.normal_(torch.empty(2), 3, 0)
    tensor([3., 3.])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Random numbers of a normal distribution of which only the part between ``a`` and ``b`` is used.

    >>> import chainrule as torch
    >>> bool((torch.nn.init.trunc_normal_(torch.empty(100)).abs() <= 2).all())
    True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=2,
        )
    low, high = (math.erf((end - mean) / std / math.sqrt(2.0)) / 2 for end in (a, b))
    with no_grad():
        if tensor.is_meta:
            return tensor.normal_(mean, std)
        if high - low > 0.3:  # what share of the normal numbers lies between the bounds
            return _redrawn_normal(tensor, mean, std, a, b, generator)
        return _rejected_uniform(tensor, mean, std, a, b, generator)


def _redrawn_normal(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Normal numbers, drawn anew until all are within the bounds. Each round draws for all elements, as PyTorch's does."""
    low, high = tensor.new_tensor([a, b]).unbind()
    tensor.normal_(mean, std, generator=generator)
    outside = (tensor < low) | (tensor > high)
    while outside.any():
        tensor.copy_(empty_like(tensor).normal_(mean, std, generator=generator).where(outside, tensor))
        outside = (tensor < low) | (tensor > high)
    return tensor


def _rejected_uniform(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Uniform numbers, each kept with a probability proportional to the density there, else drawn anew."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2  # the logarithm of the greatest density
    tensor.uniform_(a, b, generator=generator)
    candidates, draws = tensor.clone(), empty_like(tensor)
    pending = None
    while pending is None or pending.any():
        if pending is not None:
            candidates.uniform_(a, b, generator=generator)
            tensor.copy_(candidates.where(pending, tensor))
        density = candidates.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak)
        rejected = draws.uniform_(generator=generator).log_() > density
        pending = rejected if pending is None else pending & rejected
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value everywhere.

    >>> import chainrule as torch
    >>> torch.nn.init.constant_(torch.empty(2), 3)
    tensor([3., 3.])
    """
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Ones everywhere.

    >>> import chainrule as torch
    >>> torch.nn.init.ones_(torch.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros everywhere.

    >>> import chainrule as torch
    >>> torch.nn.init.zeros_(torch.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix, of any number of rows and columns.

    Raises:
        ValueError: the tensor is no matrix.

    >>> import chainrule as torch
    >>> torch.nn.init.eye_(torch.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported: this one has {tensor.ndim}")
    with no_grad():
        tensor.zero_().diagonal().fill_(1)
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The kernel of a convolution, (out, in, ...), that is the identity of as many channels as possible.

    Args:
        tensor: of 3, 4 or 5 dimensions.
        groups: into how many groups the first dimension is divided.

    Raises:
        ValueError: another number of dimensions, or the groups do not divide the first.

    >>> import chainrule as torch
    >>> torch.nn.init.dirac_(torch.empty(2, 2, 3))[0]
    tensor([[0., 1., 0.],
            [0., 0., 0.]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"Only tensors with 3, 4, or 5 dimensions are supported: this one has {tensor.ndim}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dim 0 must be divisible by groups: got {tensor.shape[0]} and {groups}")
    out = tensor.shape[0] // groups
    middle = tuple([size // 2 for size in tensor.shape[2:]])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(out, tensor.shape[1])):
                tensor[(group * out + channel, channel, *middle)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output of a layer with these weights, (out, in, ...), has; and how many outputs an input."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions: "
            f"got one of shape {list(tensor.shape)}"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Glorot's uniform numbers: their variance is ``gain ** 2 * 2 / (fan_in + fan_out)``.

    Raises:
        ValueError: the tensor has fewer than 2 dimensions.

    >>> import chainrule as torch
    >>> bool((torch.nn.init.xavier_uniform_(torch.empty(3, 3)).abs() <= 1).all())
    True
    """
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Glorot's normal numbers: their variance is ``gain ** 2 * 2 / (fan_in + fan_out)``.

    Raises:
        ValueError: the tensor has fewer than 2 dimensions.

    >>> import chainrule as torch
    >>> torch.nn.init.xavier_normal_(torch.empty(3, 6)).shape
    torch.Size([3, 6])
    """
    std = gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def _is_empty(tensor: Tensor) -> bool:
    """Whether there is nothing to initialise: then a warning says so."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return True
    return False


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """He's uniform numbers: their variance is ``gain ** 2 / fan``.

    Args:
        tensor: of 2 dimensions or more.
        a: the negative slope of the nonlinearity that follows, if that is ``leaky_relu``.
        mode: ``"fan_in"`` keeps the variance in the forward pass, ``"fan_out"`` in the backward pass.
        nonlinearity: a name that :func:`calculate_gain` knows.
        generator: of the random numbers.

    Raises:
        ValueError: fewer dimensions, an unknown mode or nonlinearity.

    >>> import chainrule as torch
    >>> bool((torch.nn.init.kaiming_uniform_(torch.empty(3, 6)).abs() <= 1).all())
    True
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """He's normal numbers: their variance is ``gain ** 2 / fan``; the arguments are those of :func:`kaiming_uniform_`.

    >>> import chainrule as torch
    >>> torch.nn.init.kaiming_normal_(torch.empty(3, 6)).shape
    torch.Size([3, 6])
    """
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal numbers, of which in each column the fraction ``sparsity`` is 0.

    Raises:
        ValueError: the tensor is no matrix.

    >>> import chainrule as torch
    >>> (torch.nn.init.sparse_(torch.empty(4, 2), 0.5) == 0).sum(0)
    tensor([2, 2])
    """
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported: this one has {tensor.ndim}")
    rows, columns = tensor.shape
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[: math.ceil(sparsity * rows)], column] = 0
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """An orthogonal matrix (Saxe et al. 2013): the rows are, or the columns, whichever are fewer.

    It is the Q of the QR decomposition of normal numbers, each column with the sign that makes R's diagonal positive.

    Args:
        tensor: of 2 dimensions or more; what is behind the first counts as one.
        gain: what the matrix is multiplied by.
        generator: of the random numbers.

    Raises:
        ValueError: fewer than 2 dimensions.

    >>> import chainrule as torch
    >>> w = torch.nn.init.orthogonal_(torch.empty(2, 3))
    >>> torch.allclose(w @ w.T, torch.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"Only tensors with 2 or more dimensions are supported: this one has {tensor.ndim}")
    if 0 in tensor.shape:
        return tensor
    rows = tensor.shape[0]
    with no_grad():
        drawn = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
        wide = rows < drawn.shape[1]
        q, r = qr(drawn.T if wide else drawn)
        q = q * r.diagonal().sign()
        tensor.copy_((q.T if wide else q).reshape(tensor.shape)).mul_(gain)
    return tensor


announce(__name__, globals())
