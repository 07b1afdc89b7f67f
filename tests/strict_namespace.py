"""``xp`` with nothing but the array API standard, and the extras of ``backend/namespace.py`` added.

array-api-strict refuses whatever the standard does not promise: names, call forms, mixed dtypes, methods. An extra is
computed by the NumPy backend, between a conversion there and one back.
"""

from __future__ import annotations

import warnings
from typing import Any

import array_api_strict as strict
import numpy as np

from chainrule.backend import numpy as numpy_namespace
from chainrule.backend.namespace import EXTRAS, STANDARD

VERSION = "2024.12"


def to_strict(value: Any) -> Any:
    """NumPy arrays and dtypes in ``value``, in containers too, as those of array-api-strict."""
    if isinstance(value, (tuple, list)):
        return type(value)(to_strict(item) for item in value)
    if isinstance(value, (np.ndarray, np.generic)):
        return strict.asarray(np.array(value))
    if isinstance(value, np.dtype):
        return getattr(strict, value.name)
    return value


def to_numpy(value: Any) -> Any:
    """The way back."""
    if isinstance(value, (tuple, list)):
        return type(value)(to_numpy(item) for item in value)
    if isinstance(value, type(strict.asarray(0.0))):
        return np.array(value)
    if isinstance(value, type(strict.float64)):
        return np.dtype(str(value).rpartition(".")[2])
    return value


class StrictNamespace:
    """Standard functions as they are; extras by way of NumPy; any other name is an AttributeError."""

    def __getattr__(self, name: str) -> Any:
        if name in EXTRAS:
            function = getattr(numpy_namespace, name)
            return lambda *args, **kwargs: to_strict(
                function(*to_numpy(args), **{key: to_numpy(value) for key, value in kwargs.items()})
            )
        if name not in STANDARD:
            raise AttributeError(f"{name} is neither in the array API standard nor an extra of backend/namespace.py")
        return getattr(strict, name)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that it is not the newest version
    strict.set_array_api_strict_flags(api_version=VERSION)

xp = StrictNamespace()
