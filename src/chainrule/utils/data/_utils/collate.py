"""Samples to batches: PyTorch's ``default_collate`` and ``default_convert``."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from .... import dtypes
from ...._tensor import Tensor
from ....functions.creation import as_tensor, tensor
from ....functions.joining import stack

np_str_obj_array_pattern = re.compile(r"[SaUO]")
"""What NumPy calls dtypes of text and of objects."""

__all__ = [
    "collate",
    "collate_float_fn",
    "collate_int_fn",
    "collate_numpy_array_fn",
    "collate_numpy_scalar_fn",
    "collate_str_fn",
    "collate_tensor_fn",
    "default_collate",
    "default_collate_fn_map",
    "default_convert",
]

Collators = dict[Any, Callable[..., Any]]


def default_convert(data: Any) -> Any:
    """A sample with its NumPy arrays as tensors, in whatever it nests: what a loader without batches gives.

    >>> import numpy
    >>> from chainrule.utils.data import default_convert
    >>> default_convert({"x": numpy.ones(2), "y": [3, "text"]})
    {'x': tensor([1., 1.], dtype=torch.float64), 'y': [3, 'text']}
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Mapping):
        return rebuilt_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*[default_convert(part) for part in data])
    if isinstance(data, tuple):
        return [default_convert(part) for part in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return rebuilt_sequence(data, [default_convert(part) for part in data])
    return data


def default_collate(batch: Any) -> Any:
    """Samples as a batch: tensors and arrays stacked, numbers as a tensor, and whatever they nest, part by part.

    Args:
        batch: a list of samples that are alike.

    Raises:
        TypeError: a sample is, or holds, nothing of these.
        RuntimeError: samples differ in shape or length.

    >>> from chainrule.utils.data import default_collate
    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """What :func:`default_collate` does, with functions of your own.

    Args:
        batch: a list of samples that are alike.
        collate_fn_map: a type, or a tuple of them -> the function for samples of it, which gets the batch and
            ``collate_fn_map``.
    """
    sample = batch[0]
    kind = type(sample)
    if collate_fn_map is not None:
        if kind in collate_fn_map:
            return collate_fn_map[kind](batch, collate_fn_map=collate_fn_map)
        for wanted, function in collate_fn_map.items():
            if isinstance(sample, wanted):
                return function(batch, collate_fn_map=collate_fn_map)

    def together(samples: Any) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(sample, Mapping):
        return rebuilt_mapping(sample, {key: together([one[key] for one in batch]) for key in sample})
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        return kind(*[together(parts) for parts in zip(*batch, strict=True)])
    if isinstance(sample, Sequence):
        if any(len(one) != len(sample) for one in batch):
            raise RuntimeError(
                f"each element in list of batch should be of equal size: the samples have {sorted({len(one) for one in batch})} "
                "elements. Give collate_fn= to make batches in another way"
            )
        parts = [together(part) for part in zip(*batch, strict=True)]
        return parts if isinstance(sample, tuple) else rebuilt_sequence(sample, parts)
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {kind}. Give collate_fn= to "
        "make batches of others"
    )


def rebuilt_mapping(like: Any, parts: dict[Any, Any]) -> Any:
    """The parts in a mapping of that class; in a dict, if it has no such constructor."""
    with contextlib.suppress(TypeError):
        if isinstance(like, MutableMapping):
            made = copy.copy(like)
            made.update(parts)
            return made
        return type(like)(parts)
    return parts


def rebuilt_sequence(like: Any, parts: list[Any]) -> Any:
    """The parts in a sequence of that class; in a list, if it has no such constructor."""
    with contextlib.suppress(TypeError):
        if isinstance(like, MutableSequence):
            made = copy.copy(like)
            for at, part in enumerate(parts):
                made[at] = part
            return made
        return type(like)(parts)
    return parts


def collate_tensor_fn(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """Tensors, stacked."""
    return stack(list(batch), 0)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """Arrays, stacked as tensors."""
    kind = batch[0].dtype
    if kind.kind in "SUO":
        raise TypeError(
            f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {kind}: arrays of text or "
            "objects are no numbers. Give collate_fn= to make batches of others"
        )
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """NumPy's numbers, as a tensor of their dtype."""
    return as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """Floats, as a tensor of float64."""
    return tensor(batch, dtype=dtypes.float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """Integers, as a tensor of int64; booleans as one of bool."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: Collators | None = None) -> Any:
    """Texts, as they are."""
    return batch


default_collate_fn_map: Collators = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}
"""What :func:`default_collate` does with each type. It may be added to."""
