"""Some ops compute in a lower precision, others in float32, by themselves.

Which: PyTorch's lists for the CPU, by ops. While autocast is in force (``Modes.autocast``), ``core.dispatch.general`` hands it
the operands of each op. What it converts is recorded as any conversion, so that gradients come back in the dtype of what was
converted. Functions that are made of several ops, and float32 in PyTorch's lists, convert by themselves (``widened``).
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

from ..core.modes import change_modes, get_modes, is_grad_enabled
from ..core.value import TensorBase
from ..device import TYPES
from ..dtypes import bfloat16, float16, float32
from ..functions.autocasting import DEFAULTS, chosen

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

LOWER = frozenset(
    """
    addbmm addmm baddbmm bmm contract conv conv_input convolution convolution_transpose linear_layer mm mv prelu
    stacked_linear_layer vm
    """.split()
)
"""Ops that compute in autocast's dtype."""
FULL = frozenset(
    """
    adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d binary_cross_entropy binary_cross_entropy_with_logits cholesky
    cholesky_inverse cholesky_legacy cholesky_solve cross_entropy cross_entropy_of_planes eig eigh eigvalsh fft_c2c fft_c2r
    fft_r2c fractional_max_pool2d fractional_max_pool3d grid_sampler_2d grid_sampler_3d householder_product huber_loss inv lstsq
    lu_solve max_pool3d max_pool3d_indices max_unpool2d max_unpool3d mse_loss multi_margin_loss multilabel_margin_loss nll_loss
    nll_loss_of_planes ormqr polar prod prod_all qr reflection_pad1d reflection_pad2d replication_pad1d replication_pad2d
    replication_pad3d smooth_l1_loss soft_margin_loss solve_system svd svdvals trace view_as_complex
    """.split()
)
"""Ops that compute in float32 where their operands are of a lower precision."""
LOW = (bfloat16, float16)
FLOATS = (*LOW, float32)
"""What is converted; float64 never is."""


class Caster:
    """What autocast does to operands."""

    def __init__(self, dtype: Any, keeps: bool) -> None:
        self.dtype = dtype
        self.kept: dict[int, tuple[Any, Any]] | None = {} if keeps else None
        """Parameters that were converted, by identity, and what they became: a weight that is used again is converted once."""

    def operands(self, op: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands with which an op computes."""
        name = op.name
        if name in LOWER:
            return tuple([self._to(arg, self.dtype) for arg in args])
        if name in FULL:
            return tuple([self._to(arg, float32) for arg in args])
        return args

    def lowered(self, tensors: tuple[Any, ...]) -> list[Any] | None:
        """The tensors in autocast's dtype; None if there is one that it does not convert."""
        if any(t is not None and t.dtype not in FLOATS for t in tensors):
            return None
        return [self._to(t, self.dtype) for t in tensors]

    def widened(self, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([self._to(t, float32) for t in tensors])

    def _to(self, arg: Any, dtype: Any) -> Any:
        if not isinstance(arg, TensorBase) or arg.dtype is dtype or arg.dtype not in FLOATS:
            return arg
        is_parameter = arg.is_leaf and arg.requires_grad
        if self.kept is None or dtype is float32 or not is_parameter or not is_grad_enabled():
            return arg.to(dtype)
        known = self.kept.get(id(arg))
        if known is None:  # the tensor itself stands in it: nobody else may get its identity
            known = self.kept[id(arg)] = (arg, arg.to(dtype))
        return known[1]


def is_autocast_available(device_type: str) -> bool:
    """Whether PyTorch has autocast for a type of device, be it there or not.

    >>> import chainrule as torch
    >>> torch.amp.is_autocast_available("cpu")
    True
    """
    if device_type not in TYPES:
        raise RuntimeError(f"Expected one of {', '.join(TYPES)} device type at start of device string: {device_type}")
    return device_type in DEFAULTS


class autocast:  # noqa: N801 - PyTorch's name
    """Context manager and decorator: inside, some operations on a type of device compute in ``dtype``.

    On the CPU, matrix products and convolutions do. Losses, decompositions, Fourier transforms and others that need the
    precision compute in float32. All else computes in what it is given. float64 is never converted. For a GPU, which is not
    there, it turns itself off, with a warning.

    Run the forward pass inside and the backward pass outside.

    Args:
        device_type: "cpu", "cuda" or another type of device.
        dtype: what to compute in: bfloat16, the default on the CPU, or float16.
        enabled: whether to do anything; False inside another turns that off.
        cache_enabled: whether a parameter that is used several times is converted once; by default, yes.

    Raises:
        RuntimeError: an unknown type of device. ValueError: no string.

    >>> import chainrule as torch
    >>> net = torch.nn.Linear(2, 1)
    >>> with torch.autocast("cpu"):
    ...     y = net(torch.ones(1, 2))
    ...     loss = torch.nn.functional.mse_loss(y, torch.zeros(1, 1))
    >>> y.dtype, loss.dtype, net.weight.dtype
    (torch.bfloat16, torch.float32, torch.float32)
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if device_type not in TYPES:
            raise RuntimeError(
                f"Expected one of {', '.join(TYPES)} device type at start of device string: {device_type}"
            )
        self.device = device_type
        self.fast_dtype = dtype or chosen().dtypes.get(device_type) or DEFAULTS.get(device_type, float16)
        self._enabled = enabled
        self._cache_enabled = chosen().cache if cache_enabled is None else cache_enabled
        self._outside: list[Any] = []
        """What was in force at each entry that has no exit yet."""
        if enabled and device_type != "cpu":
            name = "CUDA" if device_type == "cuda" else device_type
            warnings.warn(f"{name} is not available. Disabling autocast.", stacklevel=2)
            self._enabled = False
        elif enabled and self.fast_dtype not in (bfloat16, float16):
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
            self._enabled = False

    def __enter__(self) -> Self:
        now = in_force()
        self._outside.append(now)
        if self.device == "cpu":
            if not self._enabled:
                change_modes(autocast=None)
            elif now is None or now.dtype is not self.fast_dtype or (now.kept is None) is self._cache_enabled:
                change_modes(autocast=Caster(self.fast_dtype, self._cache_enabled))
        return self

    def __exit__(self, *exception: object) -> None:
        outside = self._outside.pop()
        if self.device == "cpu":
            change_modes(autocast=outside)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return wrapped


def in_force() -> Caster | None:
    """The autocast that is in force on the CPU."""
    mode = get_modes()
    return None if mode is None else mode.autocast


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: Any = None) -> Any:
    """Decorator of the ``forward`` of an ``autograd.Function`` that is used under autocast.

    Args:
        fwd: the method; without it, a decorator is returned.
        device_type: the type of device whose autocast counts.
        cast_inputs: a dtype: under autocast, floating-point tensors are brought to it, and the body runs without
            autocast. None: the body runs as it is called.

    Raises:
        ValueError: no string as type of device.

    >>> import chainrule as torch
    >>> class Exact(torch.autograd.Function):
    ...     @staticmethod
    ...     @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    ...     def forward(ctx, x):
    ...         return x @ x
    ...     @staticmethod
    ...     @torch.amp.custom_bwd(device_type="cpu")
    ...     def backward(ctx, g):
    ...         return g
    >>> with torch.autocast("cpu"):
    ...     y = Exact.apply(torch.ones(2, 2))
    >>> y.dtype
    torch.float32
    """
    check_type(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        ctx, now = args[0], in_force() if device_type == "cpu" else None
        ctx._dtype = bfloat16 if now is None else now.dtype
        ctx._fwd_used_autocast = cast_inputs is None and now is not None
        if cast_inputs is None or now is None:
            return fwd(*args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *cast(args[1:], cast_inputs), **cast(kwargs, cast_inputs))

    return decorated


def custom_bwd(bwd: Any = None, *, device_type: str) -> Any:
    """Decorator of the ``backward`` beside :func:`custom_fwd`: it runs under autocast if the forward's body did.

    Args:
        bwd: the method; without it, a decorator is returned.
        device_type: the type of device whose autocast counts.

    Raises:
        ValueError: no string as type of device.

    >>> import chainrule as torch
    >>> class Double(torch.autograd.Function):
    ...     @staticmethod
    ...     @torch.amp.custom_fwd(device_type="cpu")
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     @torch.amp.custom_bwd(device_type="cpu")
    ...     def backward(ctx, g):
    ...         return g * 2
    >>> x = torch.ones(2, requires_grad=True)
    >>> Double.apply(x).sum().backward()
    >>> x.grad
    tensor([2., 2.])
    """
    check_type(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return decorated


def check_type(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


def cast(value: Any, dtype: Any) -> Any:
    """Floating-point tensors at any depth as ``dtype``, save float64."""
    if isinstance(value, TensorBase):
        return value.to(dtype) if value.dtype in FLOATS else value
    if isinstance(value, dict):
        return {cast(key, dtype): cast(one, dtype) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([cast(one, dtype) for one in value])
    return value
