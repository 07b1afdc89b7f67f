"""Optimizers that update each parameter for itself: the update is one plain function, the same for memory and tensors.

Where nothing is recorded or traced, the function gets the parameters' own memory, a piece at a time that stays in the
processor's cache, and numbers are Python's. Otherwise it gets the tensors. What the two do not share by their operators is
in :class:`OnMemory` and :class:`OnTensors`, the function's ``xp``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..autograd.grad_mode import set_grad_enabled
from ..backend.elementwise_numpy import sgn
from ..backend.fused_numpy import AT_ONCE as FUSED, add_scaled, add_to
from ..core.modes import Modes, modes
from ..core.mutation import WIDE_FLOATS
from ..core.origin import caller
from ..core.sparse_level import SPARSE, is_sparse
from ..core.value import TensorBase, writable
from ..core.version import Cell, ExposedCell, bump
from ..dtypes import float64
from ..functions.bounds import maximum
from ..functions.complex_numbers import view_as_real
from ..functions.creation import as_tensor, tensor
from ..functions.filling import zeros_like
from ..functions.masking import where
from ..promotion import is_half
from ._sparse import has_sparse_gradient, refuse_sparse
from .optimizer import Closure, Optimizer, plain_number, scalar_dtype

if TYPE_CHECKING:
    from ._settings import Group

__all__ = ["Stepwise"]

AT_ONCE = 1 << 17
"""So many elements of a large parameter and its state are worked on at once: they fit in the processor's cache."""
CELLS = (Cell, ExposedCell)
COMPLEX = {np.dtype("complex64"): np.dtype("float32"), np.dtype("complex128"): np.dtype("float64")}


class OnMemory:
    """What an update needs besides operators, on arrays."""

    root = staticmethod(np.sqrt)
    size = staticmethod(np.absolute)
    sign = staticmethod(sgn)
    where = staticmethod(np.where)
    clip = staticmethod(np.clip)

    @staticmethod
    def like(x: Any, number: Any) -> Any:
        """A number in the dtype of ``x``."""
        return x.dtype.type(number)

    add = staticmethod(add_to)
    """``add(target, source, number)``: ``target += source * number``, rounded once as PyTorch does it."""

    @staticmethod
    def plus(x: Any, y: Any, number: Any) -> Any:
        """The same as a value of its own."""
        return add_scaled(x, y, alpha=number) if x.size <= FUSED else x + y * number

    @staticmethod
    def move(target: Any, end: Any, weight: float) -> None:
        """Move ``target`` toward ``end`` by a share ``weight`` of the way, from the nearer end as ``lerp`` does."""
        way = end - target
        if weight < 0.5:
            add_to(target, way, weight)
        else:
            target[...] = end
            add_to(target, way, float(target.dtype.type(weight)) - 1)

    @staticmethod
    def put(target: Any, value: Any) -> None:
        target[...] = value

    @staticmethod
    def lift(target: Any, value: Any) -> None:
        """``target`` becomes the larger of the two."""
        np.maximum(target, value, out=target)


class OnTensors:
    """The same on tensors. What a recorded step has saved is not written to."""

    @staticmethod
    def where(condition: Any, x: Any, y: Any) -> Any:
        return where(condition, x, y)

    @staticmethod
    def root(x: Any) -> Any:
        return x.sqrt()

    @staticmethod
    def size(x: Any) -> Any:
        return x.abs()

    @staticmethod
    def sign(x: Any) -> Any:
        return x.sign()

    @staticmethod
    def clip(x: Any, low: Any, high: Any) -> Any:
        return x.clamp(low, high)

    @staticmethod
    def like(x: Any, number: Any) -> Any:
        return number if isinstance(number, TensorBase) else x.new_full((), number)

    @staticmethod
    def plus(x: Any, y: Any, number: Any) -> Any:
        return x + y * number if isinstance(number, TensorBase) else x.add(y, alpha=number)

    @staticmethod
    def add(target: Any, source: Any, number: Any) -> None:
        if isinstance(number, TensorBase):
            target += source * number
        else:
            target.add_(source, alpha=number)

    @staticmethod
    def move(target: Any, end: Any, weight: Any) -> None:
        target.lerp_(end, weight)

    @staticmethod
    def put(target: Any, value: Any) -> None:
        target.copy_(value)

    @staticmethod
    def lift(target: Any, value: Any) -> None:
        target.copy_(maximum(target.clone(), value))


class Stepwise(Optimizer):
    """The base of optimizers whose step is an update of each parameter from its gradient and its state."""

    update: Callable[..., None]
    """``update(xp, settings, numbers, p, g, *kept)``: write the next values into ``p`` and the state ``kept``.

    ``g`` is the gradient, of a loss to be made small, with weight decay in it. ``numbers`` is what :meth:`_numbers` gave."""
    update_sparse: Callable[..., None] | None = None
    """The same along a sparse gradient: ``update_sparse(settings, numbers, p, g, *kept)``. None: it is refused."""
    absent: ClassVar[dict[str, Any]] = {
        "foreach": None, "maximize": False, "differentiable": False, "capturable": False,
    }  # fmt: skip
    """The settings that an older optimizer's state may lack."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.update({name: value for name, value in self.absent.items() if name not in group})
            for param in group["params"]:
                step = self.state.get(param, {}).get("step")
                if step is not None and not isinstance(step, TensorBase):
                    self.state[param]["step"] = new_count(group, float(step))

    def step(self, closure: Closure | None = None) -> Any:
        """Update the parameters that have a gradient; see :meth:`Optimizer.step`."""
        differentiable = self.defaults["differentiable"]
        with set_grad_enabled(differentiable):
            loss = self._loss(closure)
            if SPARSE.is_used:
                self._check_sparse()
            with np.errstate(all="ignore"):
                self._update_all(differentiable)
        return loss

    def _update_all(self, differentiable: bool) -> None:
        place, mode = caller(), modes()
        for group in self.param_groups:
            exact = differentiable or group.get("capturable", False) or mode.capture is not None
            settings = {name: (plain_number if exact else number)(value) for name, value in group.items()}
            names = self._kept(group)
            directly = not exact and writes_memory(mode)
            for param in group["params"]:
                grad = param.grad
                if grad is None:
                    continue
                state = self.state.get(param, {})
                begins = self._lacks_state(state, group)
                if begins:  # who has none is not entered: programs that are compiled look at what there is
                    state = self.state[param]
                    self._begin(state, param, group)
                numbers = self._numbers(settings, state, begins, exact)
                if is_sparse(grad._array):
                    self._update_sparse(settings, numbers, param, grad, *[state[name] for name in names])
                    continue
                tensors = (param, grad, *[state[name] for name in names])
                memory = memory_of(tensors) if directly else None
                if memory is None:
                    self._update_tensors(settings, numbers, tensors, differentiable)
                else:
                    self._update_memory(settings, numbers, memory)
                    bump(param, place)
                    for kept in tensors[2:]:
                        bump(kept, place)

    def _update_memory(self, settings: Group, numbers: Any, memory: list[Any]) -> None:
        size, piece = memory[0].size, AT_ONCE // len(memory)
        if size <= piece:
            self._update(OnMemory, settings, numbers, *memory)
            return
        flat = [array.reshape(-1) for array in memory]
        for start in range(0, size, piece):
            self._update(OnMemory, settings, numbers, *[array[start : start + piece] for array in flat])

    def _update_tensors(self, settings: Group, numbers: Any, tensors: tuple[Any, ...], recorded: bool) -> None:
        param, grad, *kept = tensors
        if recorded:  # whoever has saved the old values keeps them
            written = [param.clone(), *[one.clone() for one in kept]]
        elif settings.get("fused") and is_half(param._array.dtype):  # PyTorch's kernels round at the end alone
            written, grad = [one.float() for one in (param, *kept)], grad.float()
        else:
            self._update(OnTensors, settings, numbers, *parts(tensors))
            return
        self._update(OnTensors, settings, numbers, *parts([written[0], grad, *written[1:]]))
        for old, new in zip((param, *kept), written, strict=True):
            old.copy_(new)

    def _check_sparse(self) -> None:
        """Raise where a step does not take a sparse gradient, before anything has changed."""
        if self.update_sparse is None:
            refuse_sparse(self)
        for group in self.param_groups:
            if not any(map(has_sparse_gradient, group["params"])):
                continue
            if group.get("weight_decay", 0) != 0:
                raise RuntimeError(
                    "weight_decay option is not compatible with sparse gradients: set it to 0 for this parameter"
                )
            if group["differentiable"] or group.get("capturable"):
                raise RuntimeError(
                    "differentiable and capturable steps take dense gradients only, and this one is sparse"
                )

    def _update_sparse(self, settings: Group, numbers: Any, param: Any, grad: Any, *kept: Any) -> None:
        assert self.update_sparse is not None
        self.update_sparse(settings, numbers, param, -grad if settings["maximize"] else grad, *kept)

    def _update(self, xp: Any, settings: Group, numbers: Any, p: Any, g: Any, *kept: Any) -> None:
        if settings["maximize"]:
            g = -g
        decay = settings.get("weight_decay", 0)
        if decay != 0 and "weight_decay" in self.defaults:  # a group may have settings that are not the optimizer's
            if settings.get("decoupled_weight_decay"):
                p *= 1 - settings["lr"] * decay
            else:
                g = xp.plus(g, p, decay)
        self.update(xp, settings, numbers, p, g, *kept)

    # -- what a subclass says of its state -----------------------------------------------------------------------------

    def _kept(self, group: Group) -> tuple[str, ...]:
        """The names of the state that is as the parameter is."""
        return ()

    def _lacks_state(self, state: dict[str, Any], group: Group) -> bool:
        return not state

    def _begin(self, state: dict[str, Any], param: Any, group: Group) -> None:
        """Make the state of a parameter."""
        state["step"] = new_count(group)
        state.update({name: zeros_like(param.detach()) for name in self._kept(group)})

    def _numbers(self, settings: Group, state: dict[str, Any], begins: bool, exact: bool) -> Any:
        """What the whole of a parameter's step shares. If ``exact``, numbers of the state are read as tensors."""
        return counted(state["step"], exact)


def writes_memory(mode: Modes) -> bool:
    """Whether nobody needs to know more of a write than its place."""
    seen = mode.tape is not None and mode.tape.follows_values
    return not (seen or mode.inference or mode.keep_versions) and mode.clone_on_write is None


def memory_of(tensors: tuple[Any, ...]) -> list[Any] | None:
    """The arrays of tensors that are alike in shape and dtype, and ordinary; complex ones as their parts. Otherwise None."""
    arrays: list[Any] = []
    shape: Any = None
    dtype: Any = None
    for t in tensors:
        array, cell = t._array, t._cell
        if type(array) is not np.ndarray:
            array = writable(t)
        if shape is None:
            shape, dtype = array.shape, array.dtype
        if type(array) is not np.ndarray or array.dtype is not dtype or array.shape != shape or not array.flags.carray:
            return None
        if cell is not None and type(cell) not in CELLS:
            return None
        arrays.append(array)
    if dtype in WIDE_FLOATS:
        return arrays
    return [array.reshape(-1).view(COMPLEX[dtype]) for array in arrays] if dtype in COMPLEX else None


def number(value: Any) -> Any:
    """A setting, with Python numbers for tensors."""
    if isinstance(value, TensorBase):
        return value.item()
    return tuple(map(number, value)) if type(value) is tuple else value


def read(value: Any, exact: bool) -> Any:
    """A number of the state. A program that is traced takes it as a tensor: the number would be that of the tracing."""
    return value.to(float64) if exact else value.item()


def new_count(group: Group, value: float = 0.0) -> Any:
    """The number of steps that were made, as a tensor."""
    return tensor(value, dtype=scalar_dtype(group.get("fused")))


def counted(step: Any, exact: bool) -> Any:
    """One step more, in place; and how many they are now."""
    memory = None if exact else writable(step)
    if type(memory) is not np.ndarray:
        return read(step.add_(1), exact)
    memory += 1
    bump(step, None)
    return memory.item()


def scaled(value: Any, factor: Any, exact: bool) -> Any:
    """A number of the state times a factor, in place; and what it is now."""
    memory = None if exact else writable(value)
    if type(memory) is not np.ndarray:
        factor = factor.to(value.dtype) if isinstance(factor, TensorBase) else factor
        return read(value.mul_(factor), exact)
    memory *= factor
    bump(value, None)
    return memory.item()


def store(value: Any, new: Any) -> None:
    """Put a number, or a tensor of one, into the state."""
    memory = writable(value)
    if isinstance(new, TensorBase) or type(memory) is not np.ndarray:
        value.copy_(as_tensor(new))
    else:
        memory[...] = new
        bump(value, None)


def either(condition: Any, x: Any, y: Any) -> Any:
    """``x`` if the condition holds, of numbers or of tensors, otherwise ``y``."""
    return OnTensors.where(condition, x, y) if isinstance(condition, TensorBase) else x if condition else y


def at_least(x: Any, low: float) -> Any:
    """The larger of the two; ``low``, where ``x`` is a number that is NaN."""
    return x.clamp(low) if isinstance(x, TensorBase) else max(low, x)


def parts(tensors: Any) -> Any:
    """The tensors; complex ones as views of their real and imaginary parts, which are optimized each for itself."""
    return [view_as_real(t) if t.is_complex() else t for t in tensors]
