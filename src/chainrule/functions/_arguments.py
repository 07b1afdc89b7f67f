"""Arguments brought to the form that ops want: ``dim`` to negative axes, sizes to tuples, operands checked."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from .. import _late
from ..core.modes import is_grad_enabled
from ..core.mutation import check_fits, refuse_write, write
from ..core.overriding import OF_PYTORCH, is_foreign
from ..core.value import TensorBase, like, new_tensor, writable
from ..core.views import current_node
from ..promotion import held_scalar, is_half, scalar_type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._tensor import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def naming(error: Any, *operands: Any, dtypes: bool = False) -> Any:
    """The error with the expressions of its operands: see ``core.source.naming``, which loads for errors only."""
    from ..core import source

    return source.naming(error, *operands, dtypes=dtypes)


def tensor_argument(value: Any, function: str, name: str, position: int = 1) -> Tensor:
    """``value``, if it is a tensor; else the TypeError that PyTorch raises."""
    if isinstance(value, TensorBase):
        return value  # type: ignore[return-value]
    raise TypeError(
        f"{function}(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}{_unheard(value)}"
    )


def _unheard(value: Any) -> str:
    """What to do about a tensor of PyTorch itself, or of a class whose ``__torch_function__`` nobody has asked for yet."""
    if is_foreign(type(value)):
        return f" {OF_PYTORCH}"
    if _late.WATCHERS or not hasattr(value, "__torch_function__"):
        return ""
    return ". It has __torch_function__, but is no subclass of Tensor: import torch.overrides, and such classes are heard from then on"


def refuse_grad(function: str, **constants: Any) -> None:
    """Raise where a tensor that the function has no derivative for requires grad."""
    for name, value in constants.items():
        if isinstance(value, TensorBase) and current_node(value) is not None and is_grad_enabled():
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to argument '{name}'. This input cannot have "
                f"requires_grad True. Pass {name}.detach()."
            )


def check_floating(function: str, x: Tensor) -> None:
    """Raise for numbers that are not floating point."""
    if x._array.dtype.kind not in "fV":
        raise NotImplementedError(
            f"\"{function}\" not implemented for '{scalar_type_name(x._array.dtype)}': give floating point numbers"
        )


def one_of(dim: Any, axis: Any, function: str) -> Any:
    """The dimension, which was given by PyTorch's name or by NumPy's."""
    if dim is None and axis is None:
        raise TypeError(f'{function}() missing 1 required positional arguments: "dim"')
    if dim is not None and axis is not None:
        raise TypeError(f"{function}() got multiple values for argument 'dim'")
    return dim if axis is None else axis


def takes_axis(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which takes NumPy's ``axis`` and ``keepdims`` for its ``dim`` and ``keepdim``, as all of PyTorch's do.

    For functions whose ``dim`` has no default, or another than None, and that are not called by the million.
    """

    @wraps(function)
    def by_either_name(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, ours in ("axis", "dim"), ("keepdims", "keepdim"):
            if name in kwargs:
                if ours in kwargs:
                    raise TypeError(f"{function.__name__}() got multiple values for argument '{ours}'")
                kwargs[ours] = kwargs.pop(name)
        return function(*args, **kwargs)

    return by_either_name


def axis_of(dim: Any, ndim: int, function: str = "") -> int:
    """One ``dim`` as a negative axis. A 0-d tensor has, as in PyTorch, one nameable dimension."""
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{function or 'this function'}(): argument 'dim' must be int, not {type(dim).__name__}")
    dim = dim.__index__()
    size = ndim or 1
    if not -size <= dim < size:
        from ..core import source

        said = f"Dimension out of range (expected to be in range of [{-size}, {size - 1}], but got {dim})"
        raise source.naming(IndexError(said), *source.given(ndim))
    return dim - size if dim >= 0 else dim


def axes_of(dim: Any, ndim: int, function: str = "") -> tuple[int, ...]:
    """A ``dim`` (int, sequence of ints, or None for all) as negative axes."""
    if dim is None:
        return tuple(range(-ndim, 0))
    if not isinstance(dim, (tuple, list)):
        return (axis_of(dim, ndim, function),)
    axes = tuple(axis_of(d, ndim, function) for d in dim)
    if len(set(axes)) != len(axes):
        twice = next(a for a in axes if axes.count(a) > 1)
        raise RuntimeError(f"dim {twice + max(ndim, 1)} appears multiple times in the list of dims")
    return axes


def sizes_of(sizes: tuple[Any, ...], function: str, name: str = "size") -> tuple[int, ...]:
    """Sizes given as ``f(2, 3)`` or ``f((2, 3))``, as a tuple of ints."""
    if not sizes:
        raise TypeError(
            f'{function}() missing 1 required positional arguments: "{name}"; () is the shape of one number'
        )
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    out = []
    for position, size in enumerate(sizes, 1):
        if isinstance(size, (bool, float, str)) or not hasattr(size, "__index__"):
            raise TypeError(
                f"{function}(): argument '{name}' (position {position}) must be tuple of ints, not {type(size).__name__}"
            )
        out.append(size.__index__())
        if out[-1] >= 1 << 63:
            raise TypeError(
                f"{function}(): argument '{name}' failed to unpack the object at pos {position} with error "
                f'"Overflow when unpacking long long": {size} does not fit in 64 bits'
            )
    return tuple(out)


def check_out(out: Any, function: str, recorded: bool = False) -> None:
    """Raise where ``out`` cannot take a result, or may not: one that is recorded."""
    tensor_argument(out, function, "out")
    if recorded or (current_node(out) is not None and is_grad_enabled()):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad. Leave out= away, or wrap the call in torch.no_grad()."
        )
    refuse_write(out, writable(out), False)


EXACT = frozenset(
    """
    abs absolute addbmm addmm addmv amax amin argmax argmin baddbmm bitwise_not bmm bucketize ceil chain_matmul
    conj_physical cross det diag dot fix floor frac gelu hardshrink heaviside histc index_add index_copy
    index_select inner inverse isin isneginf isposinf linalg.matrix_norm linalg.vector_norm linear log_softmax
    logcumsumexp logsigmoid masked_select matmul mm msort multi_dot mv nan_to_num nanquantile neg negative nonzero
    norm polar quantile round scatter scatter_add scatter_reduce searchsorted sgn sign signbit softmax softplus
    softshrink solve take tensordot tril triu trunc vdot vecdot where
    """.split()
)
"""Functions whose ``out=`` must have the dtype of the result; those of all others convert it, within its category."""


def deliver(result: Tensor, out: Any, function: str, exact: bool | None = None) -> Tensor:
    """``result``, or ``out`` with the result written into it, which must (``exact``) have its dtype."""
    if out is None:
        return result
    check_out(out, function, current_node(result) is not None)
    if result.device is not out.device:
        raise RuntimeError(
            f"Expected out tensor to have device {result.device}, but got {out.device} instead. Give {function}() an out tensor that "
            f"was made with device='{result.device}'."
        )
    memory = writable(out)
    if (function in EXACT if exact is None else exact) and result._array.dtype != memory.dtype:
        raise RuntimeError(
            f"Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead: {function}() does not convert its result"
        )
    if result._array.shape != memory.shape:
        if memory.size:
            import warnings

            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(memory.shape)}, which does not match the "
                f"required output shape {list(result._array.shape)}. This behavior is deprecated, and in a future PyTorch release "
                "outputs will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing "
                "it, inplace, to zero elements with t.resize_(0).",
                stacklevel=3,
            )
        out._array = like(memory, np.empty(result._array.shape, memory.dtype))
    check_fits(out, result._array)
    write(out, new_tensor(result._array))
    return out


def factors_last(*call: Any) -> tuple[Any, ...]:
    """The operands and factors of a call that has its factors in front: see ``_factors_first``, which few programs need."""
    from ._factors_first import in_order

    return in_order(*call)


def fitting(number: Any, dtype: Any, in_single: bool = True) -> Any:
    """A Python number that the dtype can take; of integers, one of them.

    ``in_single``: where halves are computed in single precision, what that can take.
    """
    found = held_scalar(np.dtype("float32") if in_single and is_half(dtype) else dtype, number)
    return found.item() if dtype.kind in "iu" else number
