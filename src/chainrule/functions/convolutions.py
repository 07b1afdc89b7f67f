"""Convolutions and transposed convolutions of one, two and three dimensions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import ops
from ..promotion import scalar_type_name
from ._arguments import naming, tensor_argument
from ._autocast import lowered
from ._windows import Ints, each, times

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution",
]  # fmt: skip

Number = Any
"""An int, or a tuple with one for each dimension."""


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Number = 1, padding: Number | str = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Slide weights over sequences; see :func:`conv2d`.

    >>> import chainrule as torch
    >>> torch.conv1d(torch.tensor([[1., 2., 4., 8.]]), torch.tensor([[[-1., 1.]]]))
    tensor([[1., 2., 4.]])
    """
    return _convolved(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Number = 1, padding: Number | str = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Slide weights over images: each output element is the weighted sum of a window of the input.

    Args:
        input: images (N, C, H, W), or one (C, H, W).
        weight: (O, C / groups, kernel height, kernel width), of the dtype of ``input``.
        bias: (O,), a number added to each channel of the result.
        stride: how far the window moves; like the next three an int, or a tuple (height, width).
        padding: zeros around the input; "same" for a result as large as the input, "valid" for none.
        dilation: the distance of the elements of a window.
        groups: into how many groups the channels are split, which do not see each other.

    Returns:
        (N, O, height, width), or without N.

    Raises:
        RuntimeError: shapes that do not fit, several dtypes, a kernel larger than the padded input.

    >>> import chainrule as torch
    >>> torch.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), padding=(1, 0))
    tensor([[[[2., 2.],
              [4., 4.],
              [4., 4.],
              [2., 2.]]]])
    """
    return _convolved(2, input, weight, bias, stride, padding, dilation, groups)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """:func:`conv1d` with time in the first dimension and channels in the last.

    Args:
        input: (T, N, C).
        weight: (kernel, C, O).
        bias: (O,).
        pad: zeros before and after the sequences.

    Returns:
        (T + 2 pad - kernel + 1, N, O).

    Raises:
        RuntimeError: shapes that do not fit.

    >>> import chainrule as torch
    >>> torch.conv_tbc(torch.tensor([1., 2., 4., 8.]).view(4, 1, 1), torch.tensor([-1., 1.]).view(2, 1, 1), torch.zeros(1)).ravel()
    tensor([1., 2., 4.])
    """
    given = {"input": input, "weight": weight, "bias": bias}
    shapes = [
        tensor_argument(x, "conv_tbc", name, at)._array.shape for at, (name, x) in enumerate(given.items(), start=1)
    ]
    if [len(shape) for shape in shapes] != [3, 3, 1]:
        raise RuntimeError(
            "conv_tbc: Input must have 3 dims: time, batch, in_channel; weight must have 3 dims: kernel_width, in_channels, "
            f"out_channels; bias 1: got {', '.join(map(str, shapes))}"
        )
    if shapes[0][2] != shapes[1][1]:
        raise RuntimeError(
            "conv_tbc: Input dim 2 (input channels) is not == dim 1 in the weight tensor: got "
            f"{shapes[0][2]} and {shapes[1][1]}"
        )
    if shapes[2][0] != shapes[1][2]:
        raise RuntimeError(
            "conv_tbc: Bias size must equal dim 2 in the weight tensor (output channels): got "
            f"{shapes[2][0]} and {shapes[1][2]}"
        )
    result = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return result.permute(2, 0, 1)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Number = 1, padding: Number | str = 0,
    dilation: Number = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Slide weights over volumes; see :func:`conv2d`.

    >>> import chainrule as torch
    >>> torch.conv3d(torch.ones(1, 2, 3, 3, 3), torch.ones(4, 2, 2, 2, 2)).shape
    torch.Size([1, 4, 2, 2, 2])
    """
    return _convolved(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Number = 1, padding: Number = 0,
    output_padding: Number = 0, groups: int = 1, dilation: Number = 1,
) -> Tensor:  # fmt: skip
    """Spread weights over sequences; see :func:`conv_transpose2d`.

    >>> import chainrule as torch
    >>> torch.conv_transpose1d(torch.tensor([[1., 2.]]), torch.tensor([[[1., 10.]]]), stride=2)
    tensor([[ 1., 10.,  2., 20.]])
    """
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Number = 1, padding: Number = 0,
    output_padding: Number = 0, groups: int = 1, dilation: Number = 1,
) -> Tensor:  # fmt: skip
    """Spread weights over images: each input element is added, weighted, to a window of the result.

    It is the transpose of :func:`conv2d`: what takes gradients of its result to gradients of its input.

    Args:
        input: images (N, C, H, W), or one (C, H, W).
        weight: (C, O / groups, kernel height, kernel width), of the dtype of ``input``.
        bias: (O,), a number added to each channel of the result.
        stride: how far the window moves; like the next three an int, or a tuple (height, width).
        padding: how much is cut off around the result.
        output_padding: how much longer the result is at the end; less than ``stride`` or ``dilation``.
        groups: into how many groups the channels are split, which do not see each other.
        dilation: the distance of the elements of a window.

    Returns:
        (N, O, height, width), or without N.

    Raises:
        RuntimeError: shapes that do not fit, several dtypes.

    >>> import chainrule as torch
    >>> torch.conv_transpose2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Number = 1, padding: Number = 0,
    output_padding: Number = 0, groups: int = 1, dilation: Number = 1,
) -> Tensor:  # fmt: skip
    """Spread weights over volumes; see :func:`conv_transpose2d`.

    >>> import chainrule as torch
    >>> torch.conv_transpose3d(torch.ones(1, 2, 3, 3, 3), torch.ones(2, 4, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4, 4])
    """
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def convolution(
    input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, dilation: Any, transposed: bool,
    output_padding: Any, groups: int,
) -> Tensor:  # fmt: skip
    """A convolution of as many dimensions as ``weight`` has, transposed or not; see :func:`conv2d`, :func:`conv_transpose2d`.

    >>> import chainrule as torch
    >>> x, w = torch.ones(1, 1, 3), torch.ones(1, 1, 2)
    >>> torch.convolution(x, w, None, [1], [0], [1], False, [0], 1)
    tensor([[[2., 2.]]])
    """
    tensor_argument(weight, "convolution", "weight", 2)
    if weight.ndim not in (3, 4, 5):
        raise RuntimeError("weight should have at least three dimensions, and at most five")
    if transposed:
        return _transposed(weight.ndim - 2, input, weight, bias, stride, padding, output_padding, groups, dilation)
    return _convolved(weight.ndim - 2, input, weight, bias, stride, padding, dilation, groups)


def _convolved(
    dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    function = f"conv{dims}d"
    _check_operands(function, dims, input, weight, bias)
    stride = _per_dimension(stride, dims, function, "stride")
    dilation = _per_dimension(dilation, dims, function, "dilation")
    kernel = weight.shape[2:]
    spans = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise RuntimeError(f"Invalid padding string: '{padding}'. Give 'same', 'valid', or numbers.")
        if padding == "same" and any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        around = spans if padding == "same" else [0] * dims
        before = tuple([total // 2 for total in around])  # what is odd is one more behind
    else:
        before = _per_dimension(padding, dims, function, "padding")
        around = [2 * p for p in before]
    _check_settings(stride, before, dilation, groups)
    outputs = weight.shape[0]
    _check_channels(groups, False, input, weight, bias, weight.shape[1] * groups, outputs, dims)
    sizes = input.shape[-dims:]
    padded = [n + a for n, a in zip(sizes, around, strict=True)]
    if any(n <= span for n, span in zip(padded, spans, strict=True)):
        said = (
            f"Calculated padded input size per channel: ({times(padded)}). Kernel size: "
            f"({times([span + 1 for span in spans])}). Kernel size can't be greater than actual input size"
        )
        raise naming(RuntimeError(said), input, weight)
    if 0 in sizes or 0 in kernel:
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {list(input.shape)} and kernel "
            f"{list(kernel)}"
        )
    lengths = tuple([(n - span - 1) // s + 1 for n, span, s in zip(padded, spans, stride, strict=True)])
    settings = {"stride": stride, "padding": before, "dilation": dilation, "groups": groups, "lengths": lengths}
    return _applied(dims, ops.conv, ops.convolution, input, weight, bias, settings)


def _transposed(
    dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Any:  # fmt: skip
    function = f"conv_transpose{dims}d"
    _check_operands(function, dims, input, weight, bias)
    if isinstance(padding, str):
        raise TypeError(f"{function}(): argument 'padding' (position 5) must be tuple of ints, not str")
    stride = _per_dimension(stride, dims, function, "stride")
    padding = _per_dimension(padding, dims, function, "padding")
    dilation = _per_dimension(dilation, dims, function, "dilation")
    longer = _per_dimension(output_padding, dims, function, "output_padding")
    if any(n < 0 for n in longer):
        raise RuntimeError("negative output_padding is not supported")
    _check_settings(stride, padding, dilation, groups)
    outputs = weight.shape[1] * groups
    _check_channels(groups, True, input, weight, bias, weight.shape[0], outputs, dims)
    if any(n >= max(s, d) for n, s, d in zip(longer, stride, dilation, strict=True)):
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got output_padding {longer}, stride {stride}, "
            f"dilation {dilation}"
        )
    sizes, kernel = input.shape[-dims:], weight.shape[2:]
    lengths = tuple(
        [
            (n - 1) * s - 2 * p + d * (k - 1) + more + 1
            for n, s, p, d, k, more in zip(sizes, stride, padding, dilation, kernel, longer, strict=True)
        ]
    )
    if any(n < 0 for n in lengths) or 0 in sizes or 0 in kernel:
        raise RuntimeError(
            f"Given input size per channel: ({times(sizes)}). Calculated output size per channel: ({times(lengths)}). "
            "Output size is too small"
        )
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "lengths": lengths}
    return _applied(dims, ops.conv_input, ops.convolution_transpose, input, weight, bias, settings)


def _applied(dims: int, plain: Any, biased: Any, input: Any, weight: Any, bias: Any, settings: dict[str, Any]) -> Any:
    """The op, on one image as on a batch of one."""
    images = input if input.ndim == dims + 2 else input.unsqueeze(0)
    out = plain(images, weight, **settings) if bias is None else biased(images, weight, bias, **settings)
    return out if images is input else out.squeeze(0)


def _per_dimension(value: Any, dims: int, function: str, name: str) -> Ints:
    numbers = each(value, dims, function, name)
    if numbers is None:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {dims} values to match the convolution "
            f"dimensions, but got {name}={list(value)}"
        )
    return numbers


def _check_operands(function: str, dims: int, input: Any, weight: Any, bias: Any) -> None:
    tensor_argument(input, function, "input", 1)
    tensor_argument(weight, function, "weight", 2)
    if bias is not None:
        tensor_argument(bias, function, "bias", 3)
    if input.ndim not in (dims + 1, dims + 2):
        said = (
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {function}, but got input of size: "
            f"{list(input.shape)}"
        )
        raise naming(RuntimeError(said), input)
    if weight.ndim != dims + 2:
        raise RuntimeError(
            f"{function}: weight should have at least three dimensions, here {dims + 2}, but its size is {list(weight.shape)}"
        )
    kinds = [scalar_type_name(one.dtype) for one in (input, weight, bias) if one is not None]
    if len(set(kinds)) > 1 and lowered(input, weight, bias) is None:
        what = "weight" if kinds[1] != kinds[0] else "bias"
        raise RuntimeError(
            f"Input type ({kinds[0]}) and {what} type ({kinds[1] if what == 'weight' else kinds[2]}) should be the same. "
            f"Convert one of them with .to()."
        )
    if kinds[0] == "Bool":
        raise NotImplementedError(f"\"{function}\" not implemented for 'Bool'. Convert the input first, with .float().")


def _check_settings(stride: Ints, padding: Ints, dilation: Ints, groups: int) -> None:
    if groups <= 0:
        raise RuntimeError(f"non-positive groups is not supported: got {groups}")
    if any(n < 0 for n in padding):
        raise RuntimeError(f"negative padding is not supported: got {padding}")
    if any(n <= 0 for n in stride):
        raise RuntimeError(f"non-positive stride is not supported: got {stride}")
    if any(n <= 0 for n in dilation):
        raise RuntimeError(f"non-positive dilation is not supported: got {dilation}")


def _check_channels(
    groups: int, transposed: bool, input: Any, weight: Any, bias: Any, channels: int, outputs: int, dims: int
) -> None:
    size, given = list(weight.shape), f"Given transposed=1, weight of size {list(weight.shape)}"
    if weight.shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size {size} "
            "instead"
        )
    if weight.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size "
            f"[{size}] instead"
        )
    have = input.shape[-dims - 1]
    if have != channels:
        given = given if transposed else f"Given groups={groups}, weight of size {size}"
        said = (
            f"{given}, expected input{list(input.shape)} to have {channels} channels, but got {have} channels instead"
        )
        raise naming(RuntimeError(said), input, weight)
    if bias is not None and bias.shape != (outputs,):
        given = given if transposed else f"Given weight of size {size}"
        raise RuntimeError(
            f"{given}, expected bias to be 1-dimensional with {outputs} elements, but got bias of size {list(bias.shape)} "
            "instead"
        )


# -- windows as columns -------------------------------------------------------------------------------------------------


def plane_axes(
    function: str, sizes: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[tuple[int, ...], ...]:
    """The window axes of the two dimensions of images of these sizes."""
    found = {}
    for name, value, least in (
        ("kernel_size", kernel_size, 1), ("dilation", dilation, 1), ("padding", padding, 0), ("stride", stride, 1),
    ):  # fmt: skip
        numbers = each(value, 2, function, name)
        if numbers is None:
            raise RuntimeError(f"{function}: It is expected {name} equals to 2, but got size {len(value)}")
        if min(numbers) < least:
            wanted = "greater than zero" if least else "non-negative"
            raise RuntimeError(f"{function}: {name} should be {wanted}, but got {numbers}")
        found[name] = numbers
    settings = zip(found["kernel_size"], found["stride"], found["padding"], found["dilation"], strict=True)
    return tuple(
        [
            (n, (n + 2 * p - d * (k - 1) - 1) // s + 1, k, s, p, d)
            for n, (k, s, p, d) in zip(sizes, settings, strict=True)
        ]
    )


def blocks(axes: Any) -> int:
    """How many windows there are."""
    return math.prod([axis[1] for axis in axes])
