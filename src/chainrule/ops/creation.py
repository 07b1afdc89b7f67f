"""Constants for rules: the array API's creation functions as tensors without history.

They are functions, not ops: nothing flows through them. A ``dtype`` is NumPy's or chainrule's.
"""

from __future__ import annotations

import numpy as np

from ..core.lifted import converted
from ..core.value import Lifted, TensorBase, new_tensor
from ..dtypes import dtype as Dtype, get_default_dtype

__all__ = [
    "arange", "asarray", "empty_like", "eye", "full", "full_like", "linspace", "ones", "ones_like", "zeros", "zeros_like",
]


def numpy_dtype(dtype):
    """NumPy's dtype for either."""
    return dtype.numpy if isinstance(dtype, Dtype) else dtype


def _raw(x):
    return x._array if isinstance(x, TensorBase) else x


def _like(x):
    """An array laid out as ``x``."""
    array = _raw(x)
    return np.empty(array.shape, array.dtype) if isinstance(array, Lifted) else array


def _float(dtype):
    return get_default_dtype().numpy if dtype is None else numpy_dtype(dtype)


def zeros(shape, *, dtype=None):
    return new_tensor(np.zeros(shape, _float(dtype)))


def ones(shape, *, dtype=None):
    return new_tensor(np.ones(shape, _float(dtype)))


def full(shape, fill_value, *, dtype=None):
    return new_tensor(np.full(shape, _raw(fill_value), numpy_dtype(dtype)))


def eye(n_rows, n_cols=None, *, k=0, dtype=None):
    return new_tensor(np.eye(n_rows, n_cols, k=k, dtype=_float(dtype)))


def arange(start, stop=None, step=1, *, dtype=None):
    return new_tensor(np.arange(start, stop, step, dtype=numpy_dtype(dtype)))


def linspace(start, stop, num, *, dtype=None, endpoint=True):
    return new_tensor(np.linspace(start, stop, num, dtype=_float(dtype), endpoint=endpoint))


def zeros_like(x, *, dtype=None):
    return new_tensor(np.zeros_like(_like(x), numpy_dtype(dtype)))


def ones_like(x, *, dtype=None):
    return new_tensor(np.ones_like(_like(x), numpy_dtype(dtype)))


def full_like(x, fill_value, *, dtype=None):
    return new_tensor(np.full_like(_like(x), _raw(fill_value), numpy_dtype(dtype)))


def empty_like(x, *, dtype=None):
    return new_tensor(np.empty_like(_like(x), numpy_dtype(dtype)))


def asarray(x, *, dtype=None):
    """A tensor as it is; numbers and arrays as constants."""
    if isinstance(x, TensorBase) and dtype is None:
        return x
    array, dtype = _raw(x), numpy_dtype(dtype)
    return new_tensor(converted(array, dtype) if isinstance(array, Lifted) else np.asarray(array, dtype))
