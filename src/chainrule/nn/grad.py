"""``torch.nn.grad``: the gradients of a convolution by its input and its weight, as functions.

Each takes the gradient of the output, which is of the shape that the convolution gives. They can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from .._missing import missing_name
from ..functions._arguments import tensor_argument
from ..functions._windows import Ints, each

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]

Number = Any
"""An int, or a sequence with one for each dimension."""


def conv1d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: Number = 1, padding: Number = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`conv1d` by its input; see :func:`conv2d_input`.

    >>> import chainrule as torch
    >>> torch.nn.grad.conv1d_input((1, 1, 3), torch.tensor([[[1., 2.]]]), torch.ones(1, 1, 2))
    tensor([[[1., 3., 2.]]])
    """
    return _by_input(1, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: Number = 1, padding: Number = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`conv1d` by its weight; see :func:`conv2d_weight`.

    >>> import chainrule as torch
    >>> torch.nn.grad.conv1d_weight(torch.tensor([[[1., 2., 4.]]]), (1, 1, 2), torch.ones(1, 1, 2))
    tensor([[[3., 6.]]])
    """
    return _by_weight(1, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: Number = 1, padding: Number = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`conv2d` by its input.

    Args:
        input_size: the shape of the input, (N, C, H, W).
        weight: (O, C / groups, kernel height, kernel width).
        grad_output: the gradient of the output, (N, O, height, width).
        stride: of the convolution; like the others an int, or one for each dimension.
        padding: of the convolution.
        dilation: of the convolution.
        groups: of the convolution.

    Returns:
        A tensor of shape ``input_size``.

    Raises:
        RuntimeError: ``grad_output`` is not of the shape that the convolution gives.

    >>> import chainrule as torch
    >>> torch.nn.grad.conv2d_input((1, 1, 2, 2), torch.tensor([[[[1., 2.]]]]), torch.ones(1, 1, 2, 1))
    tensor([[[[1., 2.],
              [1., 2.]]]])
    """
    return _by_input(2, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: Number = 1, padding: Number = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`conv2d` by its weight.

    Args:
        input: (N, C, H, W).
        weight_size: the shape of the weight, (O, C / groups, kernel height, kernel width).
        grad_output: the gradient of the output, (N, O, height, width).
        stride: of the convolution; like the others an int, or one for each dimension.
        padding: of the convolution.
        dilation: of the convolution.
        groups: of the convolution.

    Returns:
        A tensor of shape ``weight_size``.

    Raises:
        RuntimeError: ``grad_output`` is not of the shape that the convolution gives.

    >>> import chainrule as torch
    >>> torch.nn.grad.conv2d_weight(torch.ones(1, 1, 3, 3), (1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _by_weight(2, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: Number = 1, padding: Number = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`conv3d` by its input; see :func:`conv2d_input`.

    >>> import chainrule as torch
    >>> torch.nn.grad.conv3d_input((1, 1, 1, 1, 3), torch.ones(1, 1, 1, 1, 2), torch.ones(1, 1, 1, 1, 2)).ravel()
    tensor([1., 2., 1.])
    """
    return _by_input(3, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: Number = 1, padding: Number = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`conv3d` by its weight; see :func:`conv2d_weight`.

    >>> import chainrule as torch
    >>> torch.nn.grad.conv3d_weight(torch.ones(1, 1, 1, 1, 3), (1, 1, 1, 1, 2), torch.ones(1, 1, 1, 1, 2)).ravel()
    tensor([2., 2.])
    """
    return _by_weight(3, input, weight_size, grad_output, stride, padding, dilation, groups)


def _by_input(
    dims: int, input_size: Any, weight: Any, grad_output: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    function, size = f"conv{dims}d_input", tuple(input_size)
    tensor_argument(weight, function, "weight", 2)
    tensor_argument(grad_output, function, "grad_output", 3)
    settings = _settings(dims, function, size, tuple(weight.shape), grad_output, stride, padding, dilation, groups)
    return ops.conv_input(grad_output, weight, lengths=size[2:], **settings)


def _by_weight(
    dims: int, input: Any, weight_size: Any, grad_output: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    function, size = f"conv{dims}d_weight", tuple(weight_size)
    tensor_argument(input, function, "input", 1)
    tensor_argument(grad_output, function, "grad_output", 3)
    settings = _settings(dims, function, tuple(input.shape), size, grad_output, stride, padding, dilation, groups)
    return ops.conv_weight(input, grad_output, lengths=size[2:], **settings)


def _settings(
    dims: int, function: str, input: Ints, weight: Ints, grad_output: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> dict[str, Any]:  # fmt: skip
    """The settings as the ops take them; raises unless the three shapes belong to one convolution."""
    given = {"stride": stride, "padding": padding, "dilation": dilation}
    settings: dict[str, Any] = {name: each(value, dims, function, name) for name, value in given.items()}
    fits = len(input) == len(weight) == dims + 2 and None not in settings.values() and input[1] == weight[1] * groups
    if fits:
        windows = zip(settings["stride"], settings["padding"], settings["dilation"], strict=True)
        lengths = [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, (s, p, d) in zip(input[2:], weight[2:], windows, strict=True)
        ]
        fits = tuple(grad_output.shape) == (input[0], weight[0], *lengths) and weight[0] % groups == 0
    if not fits:
        raise RuntimeError(
            f"{function}: no convolution of an input {list(input)} with a weight {list(weight)} gives an output "
            f"{list(grad_output.shape)} for stride={stride}, padding={padding}, dilation={dilation}, groups={groups}"
        )
    return {**settings, "groups": groups}


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
