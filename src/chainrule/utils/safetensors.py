"""Files of the safetensors format: the functions of ``safetensors.torch``, on chainrule's tensors (extra "safetensors").

Programs that say ``import torch`` (``chainrule run``) can use ``safetensors.torch`` itself.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .. import dtypes
from .._tensor import Tensor
from ..core.value import new_tensor
from ..core.views import values_of
from ..serialization._atomic import replacing

__all__ = ["load", "load_file", "save", "save_file"]

NAMES = {
    "BOOL": dtypes.bool, "U8": dtypes.uint8, "I8": dtypes.int8, "I16": dtypes.int16, "I32": dtypes.int32, "I64": dtypes.int64,
    "U16": dtypes.uint16, "U32": dtypes.uint32, "U64": dtypes.uint64, "F16": dtypes.float16, "BF16": dtypes.bfloat16,
    "F32": dtypes.float32, "F64": dtypes.float64, "C64": dtypes.complex64,
}  # fmt: skip
"""The format's names of dtypes."""


def _package() -> Any:
    try:
        import safetensors
    except ImportError as error:
        raise ModuleNotFoundError(
            "this needs the package safetensors: pip install 'chainrule[safetensors]'", name="safetensors"
        ) from error
    return safetensors


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Named tensors as the bytes of a file.

    Args:
        tensors: mostly a ``state_dict()``.
        metadata: texts to keep with them.

    Raises:
        ValueError: something is no tensor, or of a dtype that the format does not have.
        RuntimeError: tensors share memory, which the format cannot tell: save one of them, or a ``clone()``.
    """
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors).__name__}")
    package = _package()
    entries, parts, kept = {}, [], []
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor).__name__}")
        if tensor.dtype not in NAMES.values():
            raise ValueError(f"Key `{name}`: safetensors has no {tensor.dtype}. Convert it first")
        array = values_of(tensor, "saving a Tensor")
        whole = np.array(array, order="C", copy=None)
        kept.append(whole)  # the package is given addresses
        entries[name] = package.TensorSpec(
            dtype=str(tensor.dtype).removeprefix("torch."),
            shape=list(array.shape),
            data_ptr=whole.__array_interface__["data"][0],
            data_len=whole.nbytes,
        )
        if array.size:
            parts.append((*byte_bounds(array), name))
    parts.sort()
    for (_, end, first), (start, _, second) in itertools.pairwise(parts):
        if start < end:
            raise RuntimeError(
                f"Some tensors share memory: {first!r} and {second!r}. The format cannot tell that: leave one out, or save its .clone()"
            )
    return bytes(package.serialize(entries, metadata=metadata))


def save_file(
    tensors: dict[str, Tensor], filename: str | os.PathLike[str], metadata: dict[str, str] | None = None
) -> None:
    """Save named tensors in a file, which is replaced only when the new one is complete; see :func:`save`."""
    data = save(tensors, metadata)
    with replacing(filename) as file:
        file.write(data)


def load(data: bytes) -> dict[str, Tensor]:
    """The named tensors in the bytes of a file.

    Raises:
        safetensors.SafetensorError: it is no such file, or damaged.
        ValueError: a tensor is of a dtype that chainrule does not have.
    """
    loaded = {}
    for name, entry in _package().deserialize(data):
        dtype = NAMES.get(entry["dtype"])
        if dtype is None:
            raise ValueError(f"the tensor {name!r} is of dtype {entry['dtype']}, which chainrule does not have")
        array = np.frombuffer(bytearray(entry["data"]), dtype.numpy).reshape(entry["shape"])
        loaded[name] = new_tensor(array)
    return loaded


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """The named tensors in a file; see :func:`load`.

    Args:
        filename: of the file.
        device: that the tensors are moved to.
    """
    with open(filename, "rb") as file:
        loaded = load(file.read())
    return {name: tensor.to(device) for name, tensor in loaded.items()}
