"""Tensors as NumPy arrays and through DLPack; copies and pickles of tensors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core import exits
from ..core.modes import is_grad_enabled
from ..core.node import AccumulateGrad
from ..core.overriding import with_class
from ..core.sparse_level import is_sparse
from ..core.value import Lifted, TensorBase, is_constant, meta_of, new_tensor, writable
from ..core.version import ExposedCell, cell_of, expose
from ..core.views import current_array, current_node, values_of
from ..core.xla_level import XlaArray, placed
from ..device import CPU, META_DEVICE, XLA_DEVICE, place_of
from ..dtypes import as_dtype, get_default_dtype
from ._arguments import tensor_argument
from .conversion import to_device
from .creation import LAYOUTS, finish, from_numpy
from .filling import empty_strided

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["from_dlpack", "from_file", "frombuffer"]

DLPACK_CPU = 1
"""DLPack's number of main memory."""

# -- NumPy arrays --------------------------------------------------------------------------------------------------------


def numpy(input: Tensor, *, force: bool = False) -> np.ndarray[Any, Any]:
    """An array that shares the tensor's memory: what changes in one changes in the other.

    Args:
        input: the tensor.
        force: also of a tensor that requires grad or has a tangent of ``jvp`` (the array knows nothing of either), and a copy of
            one on another device.

    Raises:
        RuntimeError: the tensor requires grad, has a tangent of ``jvp``, or no one value (``vmap``, ``compile``).
        TypeError: it is on another device, or NumPy has no such dtype (bfloat16).

    >>> import chainrule as torch
    >>> t = torch.ones(2); a = t.numpy(); a[0] = 5.; t
    tensor([5., 1.])
    """
    if input.device is not CPU and not force:
        raise TypeError(
            f"can't convert {input.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
        )
    _check_exportable(input, force)
    if input._node is not None:
        exits.note("numpy(force=True)", input._node)
    if input.device is not CPU:
        input = input.detach().cpu()
    memory = writable(input)
    if isinstance(memory, Lifted):
        values = values_of(input, "calling .numpy() on a Tensor")
        if not force and any(level.is_dual and level.is_jvp for level in memory.levels):
            raise RuntimeError(
                "Can't call numpy() on Tensor inside of jvp: the array would lose the tangent. Call NumPy's functions on the tensor "
                "itself; for the values alone, use tensor.numpy(force=True) or tensor.tolist()."
            )
        return values.copy()
    expose(input)
    return memory[...]


def _check_exportable(input: Tensor, force: bool = False) -> None:
    node = current_node(input)
    if node is not None and not force and is_grad_enabled():
        raise RuntimeError(
            f"Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.\n  it comes of {node.origin()}"
        )
    if input._array.dtype.kind == "V":
        raise TypeError(
            "Got unsupported ScalarType BFloat16: NumPy has no such dtype. Convert the tensor with .float()."
        )


def array(input: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
    """What ``numpy.asarray(tensor)`` and ``numpy.array(tensor)`` call."""
    _check_exportable(input)
    other = dtype is not None and input._array.dtype != dtype
    if other and copy is False:
        raise ValueError(
            f"Unable to avoid copy while creating an array of dtype {dtype} as requested: the tensor is of {input.dtype}."
        )
    return np.array(numpy(input), dtype) if copy or other else numpy(input)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A tensor over the memory of an object with Python's buffer interface.

    >>> import chainrule as torch
    >>> torch.frombuffer(bytearray(b"abc"), dtype=torch.uint8)
    tensor([97, 98, 99], dtype=torch.uint8)
    """
    memory = np.frombuffer(buffer, as_dtype(dtype, argument="frombuffer(): argument 'dtype'").numpy, count, offset)
    tensor = finish(memory, requires_grad)
    tensor._cell = ExposedCell()
    return tensor


def from_file(
    filename: Any, shared: bool | None = None, size: int = 0, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor over the first elements of a file, which are read when they are used.

    Args:
        filename: the file.
        shared: whether what is written to the tensor goes to the file, which is made, or made longer, if it has to be.
        size: how many elements.
        dtype: their type; by default the default dtype.
        layout: accepted.
        device: the CPU.
        pin_memory: accepted.
        requires_grad: whether gradients are to be computed for it.

    Raises:
        RuntimeError: there is no such file, or it is too short.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> import chainrule as torch
    >>> file = Path(mkdtemp()) / "numbers"
    >>> torch.from_file(file, shared=True, size=3).copy_(torch.arange(3.))
    tensor([0., 1., 2.])
    >>> file.stat().st_size, torch.from_file(file, size=2)
    (12, tensor([0., 1.]))
    """
    wanted = as_dtype(dtype, argument="from_file(): argument 'dtype'") if dtype is not None else get_default_dtype()
    path, needed = os.fspath(filename), size * wanted.itemsize
    try:
        if shared and (not os.path.exists(path) or os.path.getsize(path) < needed):
            with open(path, "ab") as file:
                file.truncate(needed)
        found = os.path.getsize(path)
    except OSError as error:
        how = "read-write" if shared else "read-only"
        raise RuntimeError(f"unable to open file <{path}> in {how} mode: {error.strerror} ({error.errno})") from None
    if found < needed:
        raise RuntimeError(f"file <{path}> size <{found}> is smaller than the required mapping size <{needed}>")
    if not size:
        return finish(np.empty(0, wanted.numpy), requires_grad)
    memory = np.memmap(path, np.uint8, "r+" if shared else "c", shape=(needed,))
    tensor = finish(np.asarray(memory).view(wanted.numpy), requires_grad)
    if shared:
        tensor._cell = ExposedCell()
    return tensor


# -- DLPack --------------------------------------------------------------------------------------------------------------


def to_dlpack(
    input: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
) -> Any:
    """A capsule with the tensor's memory, for another library.

    Raises:
        BufferError: the tensor requires grad.
    """
    if current_node(input) is not None:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    named = {"max_version": max_version, "dl_device": dl_device, "copy": copy}
    shared = numpy(input) if input.device is CPU else on_xla(input)
    return shared.__dlpack__(**{name: value for name, value in named.items() if value is not None})


def on_xla(input: Tensor) -> Any:
    """The JAX array of a tensor on the device "xla"."""
    array = current_array(input)
    if not isinstance(array, XlaArray) or array.is_traced:
        raise BufferError("a tensor of a transform, or of a program that is being traced, has no memory to share")
    return array.value


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array.

    Args:
        ext_tensor: an object with ``__dlpack__``.
        device: "cpu" or "xla"; by default where the array is. A JAX array becomes a tensor on "xla" as it is.
        copy: True: with memory of its own; False: never.

    Raises:
        BufferError, TypeError: the other side does not share its memory, or not as a type that tensors hold.

    >>> import chainrule as torch, numpy as np
    >>> torch.from_dlpack(np.array([1, 2]))
    tensor([1, 2])
    """
    where = None if device is None else place_of(device)
    if isinstance(ext_tensor, TensorBase):
        to_dlpack(ext_tensor)  # type: ignore[arg-type]  # refuses what no library may have
        tensor: Tensor = ext_tensor.detach()
    else:
        if not hasattr(ext_tensor, "__dlpack__"):
            ext_tensor = _Capsule(ext_tensor)
        is_far = ext_tensor.__dlpack_device__()[0] != DLPACK_CPU
        tensor = from_jax(ext_tensor) if is_far or where is XLA_DEVICE else from_numpy(np.from_dlpack(ext_tensor))
    moved = to_device(tensor, where)
    if copy is False and moved is not tensor:
        raise BufferError(f"from_dlpack(): copy=False, but the memory is on {tensor.device}, not on {where}")
    return ops.clone(moved) if copy and moved is tensor else moved


def from_jax(ext_tensor: Any) -> Tensor:
    """A tensor on the device "xla" over the memory of a JAX array, or of what JAX takes by DLPack."""
    import jax

    if not isinstance(ext_tensor, jax.Array):
        with jax.enable_x64(True):
            ext_tensor = jax.dlpack.from_dlpack(ext_tensor)
    return new_tensor(XlaArray(ext_tensor, XLA_DEVICE))


class _Capsule:
    """A bare capsule as an object with DLPack's two methods."""

    def __init__(self, capsule: Any) -> None:
        if type(capsule).__name__ != "PyCapsule":
            raise TypeError(f"from_dlpack(): expected an object with __dlpack__, got {type(capsule).__name__}")
        self.capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return DLPACK_CPU, 0


# -- copies and pickles --------------------------------------------------------------------------------------------------

NOT_A_LEAF = "Only Tensors created explicitly by the user (graph leaves) support "


def _is_leaf(input: TensorBase) -> bool:
    node = current_node(input)
    return node is None or type(node) is AccumulateGrad


def shallow_copy(input: Tensor) -> Tensor:
    """What ``copy.copy`` gives: another tensor over the same memory, that requires grad if this one does."""
    alias = new_tensor(writable(input))
    alias._cell = cell_of(input)
    made = _dressed(alias, type(input), input.__dict__)
    return made.requires_grad_() if current_node(input) is not None else made


def deep_copy(input: Tensor, memo: dict[int, Any]) -> Tensor:
    """What ``copy.deepcopy`` gives: a leaf with memory and a ``.grad`` of its own."""
    import copy

    if id(input) in memo:
        return memo[id(input)]
    if not _is_leaf(input):
        raise RuntimeError(
            NOT_A_LEAF + "the deepcopy protocol at the moment. This one is the result of "
            f"{input.grad_fn.name()}: copy its values with .detach().clone(), or do not keep it on the object that is copied."  # type: ignore[union-attr]
            f"\n  it was computed here: {input.grad_fn.origin()}"  # type: ignore[union-attr]
        )
    made = _dressed(new_tensor(_copied_memory(input._array, memo)), type(input), {})
    memo[id(input)] = made
    made.__dict__.update(copy.deepcopy(input.__dict__, memo))
    if current_node(input) is not None:
        made.requires_grad_()
    if input._meta_slot is not None and input._meta_slot.grad is not None:
        meta_of(made).grad = copy.deepcopy(input._meta_slot.grad, memo)
    return made


def _copied_memory(array: Any, memo: dict[Any, Any]) -> Any:
    """A copy of the array; arrays that share memory share the copy too."""
    if not isinstance(array, np.ndarray):
        return array
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if not (owner.flags.c_contiguous or owner.flags.f_contiguous):
        return np.array(array)
    key = (id(owner),)  # not that of the array itself, which may be copied as an array too
    if key not in memo:
        memo[key] = owner.reshape(-1, order="A").copy()
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return np.ndarray(array.shape, array.dtype, memo[key], start, array.strides)


def _dressed(made: Any, cls: type, attributes: dict[str, Any]) -> Any:
    """``made``, which does not require grad yet, as an instance of ``cls`` with these attributes.

    A leaf's node knows its tensor, so that requires_grad comes after the class.
    """
    if type(made) is not cls:
        made = with_class(made, cls)
    made.__dict__.update(attributes)
    return made


def reduce(input: Tensor) -> Any:
    """What pickle stores: the class, the values, whether gradients are wanted, and the attributes."""
    if not _is_leaf(input):
        raise RuntimeError(
            NOT_A_LEAF + f"pickling: a pickle holds no graph, and this one is the result of {input.grad_fn.name()}. "  # type: ignore[union-attr]
            "Pickle its .detach()."
        )
    if is_sparse(input._array):
        parts = [None if part is None else new_tensor(part) for part in input._array.parts()]
        return rebuild_sparse, (
            input._array.layout, *parts, input._array.shape, input._array.pattern.is_coalesced,
            current_node(input) is not None, input.__dict__ or None,
        )  # fmt: skip
    if is_constant(input._array):
        named = (input.dtype, tuple(input.shape), input.stride())
        return rebuild_meta, (type(input), *named, current_node(input) is not None, input.__dict__ or None)
    array = values_of(input, "pickling a Tensor")
    values = np.ascontiguousarray(array).reshape(array.shape)
    name = str(input.dtype).removeprefix("torch.")
    state = (type(input), name, values.shape, values.tobytes(), current_node(input) is not None, input.__dict__ or None)
    return rebuild, (*state, str(input.device))


def rebuild_meta(
    cls: type, dtype: Any, shape: Any, strides: Any, requires_grad: bool, attributes: dict[str, Any] | None
) -> Any:
    """A tensor on the device "meta" from its pickle."""
    made = _dressed(empty_strided(shape, strides, dtype=dtype, device=META_DEVICE), cls, attributes or {})
    return made.requires_grad_() if requires_grad else made


def rebuild_sparse(
    layout: str, indices: Any, plain: Any, values: Any, shape: Any, is_coalesced: bool, requires_grad: bool,
    attributes: dict[str, Any] | None,
) -> Any:  # fmt: skip
    """A sparse tensor from its pickle."""
    from . import sparse

    if layout == "coo":
        made = sparse.sparse_coo_tensor(indices, values, shape, is_coalesced=is_coalesced)
    else:
        made = sparse.sparse_compressed_tensor(indices, plain, values, shape, layout=LAYOUTS[layout])
    made.__dict__.update(attributes or {})
    return made.requires_grad_() if requires_grad else made


def rebuild(
    cls: type, name: str, shape: tuple[int, ...], data: bytes, requires_grad: bool, attributes: dict[str, Any] | None,
    where: str = "cpu",
) -> Any:  # fmt: skip
    """A tensor from its pickle."""
    from .. import dtypes

    dtype = next((known for known in dtypes.ALL if str(known) == f"torch.{name}"), None)
    if dtype is None:
        raise ValueError(f"the pickle of a tensor names a dtype that there is not: {name!r}")
    values = np.frombuffer(data, dtype.numpy).reshape(shape).copy()
    made = _dressed(new_tensor(placed(values, place_of(where))), cls, attributes or {})
    return made.requires_grad_() if requires_grad else made


def export_device(input: Tensor) -> tuple[int, int]:
    """DLPack's name of the device."""
    tensor_argument(input, "__dlpack_device__", "self")
    return (DLPACK_CPU, 0) if input.device is CPU else on_xla(input).__dlpack_device__()
