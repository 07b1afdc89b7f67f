"""The arguments that reductions, sorts and cumulative functions share: ``dim`` and ``keepdim``, ``dtype``, ``out``.

PyTorch takes NumPy's names of two keywords as well: ``axis`` for ``dim`` and ``keepdims`` for ``keepdim``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops, return_types
from ..core.modes import is_grad_enabled
from ..core.value import TensorBase
from ..core.views import current_node
from ..dtypes import FROM_NUMPY, dtype as Dtype
from ..promotion import scalar_type_name
from ._arguments import axes_of, axis_of, deliver, tensor_argument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypedDict

    from .._tensor import Tensor

    class NumpyNames(TypedDict, total=False):
        """What type checkers accept for ``**names: Unpack[NumpyNames]``."""

        axis: int | Sequence[int] | None
        keepdims: bool

    class NumpyName(TypedDict, total=False):
        """Likewise, where there is no ``keepdim``."""

        axis: int


ALL = [tuple(range(-ndim, 0)) for ndim in range(65)]
"""Number of dimensions -> all of them."""


def numpy_names(function: str, names: Any, dim: Any, keepdim: Any = None) -> tuple[Any, Any]:
    """``dim`` and ``keepdim``, each from its NumPy name if it was given by that."""
    for name, value in names.items():
        if name == "axis" and dim is None:
            dim = value
        elif name == "keepdims" and keepdim is False:
            keepdim = value
        else:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
    return dim, keepdim


def array_of(input: Any, function: str) -> Any:
    """The raw array of the argument that must be a tensor."""
    return tensor_argument(input, function, "input")._array


def refuse_keepdim(keepdim: Any, function: str) -> None:
    """Raise for a keepdim where there is no dim to keep: PyTorch has no such overload."""
    if keepdim:
        raise TypeError(f"{function}() received an invalid combination of arguments: keepdim needs a dim")


def check_keepdim(keepdim: Any, function: str) -> None:
    if keepdim is not False and keepdim is not True:
        raise TypeError(f"{function}(): argument 'keepdim' must be bool, not {type(keepdim).__name__}")


def reduced_axes(dim: Any, keepdim: Any, ndim: int, function: str) -> tuple[int, ...]:
    """The axes to reduce: all if ``dim`` is None or empty; of a 0-d tensor none."""
    check_keepdim(keepdim, function)
    if dim is None:
        return ALL[ndim]
    if dim.__class__ is int and -ndim <= dim < ndim:
        return (dim if dim < 0 else dim - ndim,)
    axes = axes_of(dim, ndim, function)
    return (axes or ALL[ndim]) if ndim else ()


def one_axis(dim: Any, ndim: int, function: str) -> Any:
    """The one axis that a function runs along; () of a 0-d tensor."""
    if dim is None:
        raise TypeError(f'{function}() missing 1 required positional arguments: "dim"')
    axis = axis_of(dim, ndim, function)
    return axis if ndim else ()


def index_axis(dim: Any, keepdim: Any, shape: tuple[int, ...], function: str) -> Any:
    """The one axis along which something is picked, which must have elements; () of a 0-d tensor."""
    check_keepdim(keepdim, function)
    axis = one_axis(dim, len(shape), function)
    if axis != () and not shape[axis]:
        raise IndexError(
            f"{function}(): Expected reduction dim {axis + len(shape)} to have non-zero size. The input's shape is "
            f"{list(shape)}."
        )
    return axis


def refuse_empty(
    array: Any, axes: tuple[int, ...], dim: Any, function: str, error: type[Exception] = RuntimeError
) -> None:
    """Raise for a reduction of nothing that has no value, such as the largest of no elements."""
    if array.size:
        return
    if dim is None or dim == ():
        raise error(
            f"{function}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
            f"with the 'dim' argument. The input's shape is {list(array.shape)}."
        )
    for axis in axes:
        if not array.shape[axis]:
            raise IndexError(
                f"{function}(): Expected reduction dim {axis + array.ndim} to have non-zero size. The input's shape is "
                f"{list(array.shape)}."
            )


def refuse_kinds(array: Any, kinds: str, function: str) -> None:
    """Raise for a dtype of one of the NumPy kinds that a function cannot handle."""
    if array.dtype.kind in kinds:
        raise NotImplementedError(
            f"\"{function}\" not implemented for '{scalar_type_name(array.dtype)}'. Convert the input first, "
            "with .float(), .int() or .abs()."
        )


def needs_grad(input: Any) -> bool:
    return is_grad_enabled() and current_node(input) is not None


def converted(input: Any, dtype: Any, function: str) -> Any:
    """The input in the dtype in which the result is asked for."""
    if not isinstance(dtype, Dtype):
        raise TypeError(f"{function}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    if dtype is FROM_NUMPY[input._array.dtype]:
        return input
    if not (dtype.is_floating_point or dtype.is_complex) and needs_grad(input):
        raise RuntimeError(
            f"Autograd not support dtype: {scalar_type_name(dtype)}. {function}() was asked for a result of {dtype}, "
            "which has no gradient, of a tensor that requires grad. Use detach() first."
        )
    return ops.astype(input, dtype)


def result_dtype(dtype: Any, out: Any, function: str) -> Any:
    """The dtype in which to compute: as asked for, or that of ``out``."""
    if out is None:
        return dtype
    have = FROM_NUMPY[tensor_argument(out, function, "out")._array.dtype]
    if dtype is not None and dtype is not have:
        raise RuntimeError(f"Expected out tensor to have dtype {dtype}, but got {have} instead")
    return have


def deliver_exactly(result: Tensor, out: Any, function: str) -> Tensor:
    """``result``, or ``out`` with it, which must have its dtype."""
    if isinstance(out, TensorBase) and out._array.dtype != result._array.dtype:
        raise RuntimeError(f"Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead")
    return deliver(result, out, function)


def named(function: str, results: tuple[Tensor, ...], out: Any) -> Any:
    """Results as PyTorch's named tuple, written to ``out`` if there is one: a tuple of as many tensors."""
    if out is None:
        return getattr(return_types, function)(results)
    if not isinstance(out, (tuple, list)) or not all(isinstance(one, TensorBase) for one in out):
        raise TypeError(f"{function}(): argument 'out' must be tuple of Tensors, not {type(out).__name__}")
    if len(out) != len(results):
        raise TypeError(f"{function}(): argument 'out' must be a tuple of {len(results)} tensors, got {len(out)}")
    for one, result in zip(out, results, strict=True):
        if one._array.dtype != result._array.dtype:
            raise RuntimeError(f"Expected out tensor to have dtype {result.dtype}, but got {one.dtype} instead")
    written = [deliver(result, one, function) for one, result in zip(out, results, strict=True)]
    return getattr(return_types, function + "_out")(written)
