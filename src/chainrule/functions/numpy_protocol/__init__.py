"""NumPy functions called on tensors: ``np.sin(t)``, ``array * t``, ``np.sum(t, axis=0)``.

Where a tensor is followed (by the tape, a transform or ``compile``), the call is one of the functions here which ``ufuncs``
and ``registry`` name; one that they lack is refused, never quietly cut off. ``docs/numpy.md`` has every name. Where no
tensor is, NumPy computes, and the result is what PyTorch's users know: a tensor from a ufunc and from functions that NumPy
hands to an array's own method, an array from all others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.modes import modes
from ...core.value import Lifted, Parked, TensorBase, new_tensor, writable
from ...core.views import current_node
from ...dtypes import FROM_NUMPY

METHODS = frozenset(
    """
    all any argmax argmin argsort clip cumprod cumsum diagonal max mean min prod ravel repeat reshape round squeeze std sum
    swapaxes take transpose var
    """.split()
)
"""What NumPy hands to an array's own method, so that PyTorch answers with a tensor."""


def is_lifted(x: Any) -> bool:
    """Whether a tensor is of a transform that runs: a batch, a dual, a value of a program being traced."""
    return isinstance(x, TensorBase) and isinstance(x._array, Lifted) and type(x._array) is not Parked


def is_followed(x: Any) -> bool:
    """Whether what is computed of a tensor concerns more than NumPy: the tape, a transform, ``compile``."""
    return isinstance(x, TensorBase) and (is_lifted(x) or current_node(x) is not None or modes().capture is not None)


# -- ufuncs --------------------------------------------------------------------------------------------------------------


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, out: Any = None, **named: Any) -> Any:
    """``Tensor.__array_ufunc__``."""
    targets = out or ()
    # A NumPy scalar is a number to PyTorch, whose operators decide the dtype.
    as_operator = method == "__call__" and any(isinstance(x, np.generic) for x in inputs)
    if as_operator or any(is_followed(x) for x in (*inputs, *targets, *named.values())):
        from .ufuncs import SAME, recorded

        if not as_operator or ufunc.__name__ in SAME:
            return recorded(ufunc, method, inputs, targets, named)
    return _plain_ufunc(ufunc, method, inputs, targets, named)


def _plain_ufunc(
    ufunc: Any, method: str, inputs: tuple[Any, ...], targets: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    """NumPy's own result, as tensors where it is new memory."""
    if method == "at" and isinstance(inputs[0], TensorBase):
        from .ufuncs import at

        return at(ufunc, *inputs)
    tensors = any(isinstance(target, TensorBase) for target in targets)
    named = {name: raw_value(x) for name, x in named.items()}
    if targets:
        named["out"] = tuple(map(raw_copy, targets)) if tensors else targets
    with np.errstate(all="ignore"):
        result = getattr(ufunc, method)(*map(raw_value, inputs), **named)
    if tensors:
        from .operands import write_into

        made = result if isinstance(result, tuple) else (result,)
        for value, target in zip(made, targets, strict=True):
            write_into(target, as_result(value), ufunc.__name__)
        return targets if isinstance(result, tuple) else targets[0]
    if targets or result is None:
        return result
    return tuple(as_result(r) for r in result) if isinstance(result, tuple) else as_result(result)


def raw_value(x: Any) -> Any:
    return writable(x) if isinstance(x, TensorBase) else x


def raw_copy(x: Any) -> Any:
    """Memory for NumPy to write to, while the tensor's own is written to by the one write there is."""
    return np.array(writable(x)) if isinstance(x, TensorBase) else x


def as_result(array: Any) -> Any:
    """An array of NumPy's as a tensor, if tensors hold such elements."""
    dtype = getattr(array, "dtype", None)
    return new_tensor(array) if dtype in FROM_NUMPY else array


# -- functions -----------------------------------------------------------------------------------------------------------


def array_function(self: Any, function: Any, types: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """``Tensor.__array_function__``."""
    if not all(issubclass(kind, (TensorBase, np.ndarray)) for kind in types):
        return NotImplemented
    from .calls import answer

    return answer(function, args, named)
