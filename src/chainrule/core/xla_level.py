"""The level below all others: values that XLA holds, or will hold when the program being traced runs.

Ops compute on them by their forwards, in JAX's namespace. Nothing else is different: rules run as ops on tensors, so what
is traced is the forward, the reverse pass and the update alike.

Such a value is that of a tensor on the device "xla", or it is lent to a trace by a tensor on the CPU: it knows which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..device import CPU, META_DEVICE, XLA_DEVICE, device
from . import op as op_module, origin
from .lifted import BELOW, BELOW_RECORDED, Level
from .modes import get_modes, set_modes
from .origin import caller
from .value import Lifted, TensorBase, device_of, new_tensor

if TYPE_CHECKING:
    from .op import Op


class XlaArray(Lifted):
    """A JAX array or tracer as a tensor's raw value."""

    __slots__ = ("place", "value")

    value: Any
    place: device
    """Where the tensor lives."""

    def __init__(self, value: Any, place: device = CPU) -> None:
        super().__init__(XLA, frozenset(), value.shape, np.dtype(value.dtype))
        self.value = value
        self.place = place

    @property
    def device(self) -> device:
        return self.place

    @property
    def is_traced(self) -> bool:
        """Whether it is a value that a program will have, and nobody has yet."""
        from jax.core import Tracer

        return isinstance(self.value, Tracer)

    def plain(self, doing: str) -> Any:
        if self.is_traced:
            raise RuntimeError(
                f"compile: It looks like you're {doing}, at {origin.resolve(*caller())}. While a program is traced, its tensors have no "
                "values: what depends on values cannot be compiled. Use torch.where, a mask, or chainrule.cond; compute it "
                "outside of the compiled function; or compile with fallback='eager'."
            )
        return np.asarray(self.value)

    @property
    def is_lent(self) -> bool:
        """Whether it is there for a trace, and not the value of a tensor on the device "xla"."""
        return self.place is CPU or self.is_traced

    def numbers(self) -> Any:
        return super().numbers() if self.is_traced else np.asarray(self.value)

    def like(self, array: Any) -> Any:
        return placed(array, self.place)

    def without_tangents(self) -> Any:
        return self

    def shown(self) -> tuple[Any, list[str]]:
        if self.is_traced:
            return f"XlaTensor(shape={self.shape}, dtype={self.dtype.name}, traced)", []
        return np.asarray(self.value), []


class XlaLevel(Level):
    """The one level of all XLA values."""

    __slots__ = ()

    is_place = True

    def __init__(self) -> None:
        self.depth = 0

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        import jax

        from ..backend import forward_for, jax as jax_namespace

        if any(isinstance(a, Lifted) and not isinstance(a, XlaArray) for a in arrays):
            raise NotImplementedError(
                f"{op.name}: sparse tensors are computed by NumPy only, and one operand is XLA's. Keep them on the CPU, outside of "
                "compiled functions (or compile with fallback='eager'), or convert with .to_dense()."
            )
        values = [a.value if isinstance(a, XlaArray) else a for a in arrays]
        place = XLA_DEVICE if any(device_of(a) is XLA_DEVICE for a in arrays) else CPU
        try:
            with jax.enable_x64(True):
                result = forward_for(op, jax_namespace)(*values, **params)
        except jax.errors.JAXTypeError:  # a value was asked for that a trace does not have
            raise
        except TypeError as error:  # what JAX says of shapes that do not fit, and NumPy by a ValueError
            raise ValueError(*error.args) from None
        return XlaArray(result, place) if op.outputs is None else tuple([XlaArray(one, place) for one in result])

    def led_out(self, g: Any) -> Any:
        """A number on the CPU gets its cotangent there; a constant of a program gets it as it is."""
        return g if device_of(g._array) is CPU else new_tensor(leave(g._array))


XLA = XlaLevel()


# -- from device to device -----------------------------------------------------------------------------------------------


def enter(x: Any) -> XlaArray:
    """Raw ``x`` on the device "xla". JAX gets memory of its own: NumPy's may change."""
    if isinstance(x, XlaArray):
        return XlaArray(x.value, XLA_DEVICE)
    import jax

    with jax.enable_x64(True):
        return XlaArray(jax.numpy.array(x), XLA_DEVICE)


def leave(x: Any) -> Any:
    """Raw ``x`` on the CPU, in memory of its own."""
    if not isinstance(x, XlaArray):
        return x
    return XlaArray(x.value, CPU) if x.is_traced else np.array(x.value)


def on_host(array: Any) -> Any:
    """The raw value of a tensor on the device "xla" as a NumPy array; any other as it is."""
    return np.asarray(array.value) if isinstance(array, XlaArray) and not array.is_lent else array


def moved(x: Any, place: device) -> Any:
    """A tensor on that device; itself, if it is there."""
    xp, here = op_module.recorded_namespace, device_of(x._array)
    if here is place:
        return x
    if here is not META_DEVICE and place is not META_DEVICE:
        return xp.xla_in(x, level=XLA) if place is XLA_DEVICE else xp.xla_out(x, level=XLA)
    from .meta_level import META

    if here is META_DEVICE:
        return xp.meta_out(x, level=META)
    return xp.meta_in(moved(x, CPU), level=META)


def placed(array: Any, place: device) -> Any:
    """A raw value on that device; as it is, if it is there."""
    if device_of(array) is place:
        return array
    old = set_modes(BELOW)
    try:
        return moved(new_tensor(array), place)._array
    finally:
        set_modes(old)


def numberless(shape: tuple[int, ...], dtype: Any, order: Any = None, strides: Any = None) -> Any:
    """A raw value on the device "meta"; in C order, or ``order`` has the axes as they lie in memory, or ``strides`` (in elements)."""
    from .meta_level import MetaArray, memory, with_strides

    return MetaArray(memory(shape, dtype, order) if strides is None else with_strides(shape, strides, dtype))


def zeros_beside(array: Any, batch: tuple[int, ...] = ()) -> Any:
    """Zeros, with the shape (behind that of a batch) and the dtype of a raw value, where that is."""
    place, shape = device_of(array), (*batch, *array.shape)
    return numberless(shape, array.dtype) if place is META_DEVICE else placed(np.zeros(shape, array.dtype), place)


def beside(g: Any, other: Any) -> Any:
    """``g``, or where it is a constant of NumPy's and ``other`` is on another device, the same tensor there."""
    return g if isinstance(g._array, Lifted) else moved(g, device_of(getattr(other, "_array", None)))


def refuse_mixed(op: Op, args: tuple[Any, ...]) -> None:
    """Raise where tensors of two devices meet. Those of the CPU may be numbers, and indices.

    In rules and levels constants meet whatever comes, and so they do where they enter a level.
    """
    mode = get_modes()
    if mode is BELOW or mode is BELOW_RECORDED or "level" in op.params:
        return
    if op.variadic and op.args[-1] == "indices":
        args = args[: len(op.args) - 1]
    arrays = [arg._array for arg in args if isinstance(arg, TensorBase)]
    places = {device_of(array) for array in arrays if array.ndim or device_of(array) is not CPU}
    if len(places) > 1:
        from .engine import current_pass

        if current_pass() is None:
            one, other = sorted(map(str, places), reverse=True)[:2]
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, {one} and {other}! ({op.name}, of "
                f"shapes {', '.join(str(list(array.shape)) for array in arrays)}.) Move one of them: t.to('{one}'), t.cpu()."
            )
