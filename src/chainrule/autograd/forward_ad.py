"""Forward mode on tensors: PyTorch's ``torch.autograd.forward_ad``.

Inside a dual level a tensor may carry a tangent; every op gives its result the tangent that follows. ``chainrule.func.jvp``
is the same as a function of functions.
"""

from __future__ import annotations

import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import ops
from ..core.dual_level import DualLevel, is_moving
from ..core.modes import change_modes, modes, set_modes
from ..core.value import TensorBase
from ..errors import NotATensorError
from .grad_mode import _ModeContext

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]

_open: ContextVar[tuple[DualLevel, ...]] = ContextVar("chainrule_dual_levels", default=())
"""The dual levels that are open in this thread or task; a tensor's tangent is that of the last one."""


class UnpackedDualTensor(NamedTuple):
    """What :func:`unpack_dual` returns: the primal, and the tangent or None."""

    primal: Tensor
    tangent: Tensor | None


class dual_level(_ModeContext):  # noqa: N801 - PyTorch's name
    """Context manager and decorator: inside, tensors may carry tangents. They lose them when it ends.

    >>> import chainrule as torch
    >>> import chainrule.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     x = fwAD.make_dual(torch.tensor(3.), torch.tensor(1.))
    ...     fwAD.unpack_dual(x ** 2).tangent
    tensor(6.)
    """

    def __enter__(self) -> int:  # type: ignore[override]
        return enter_dual_level()

    def __exit__(self, *exc: object) -> None:
        exit_dual_level()


def enter_dual_level() -> int:
    """Open a dual level; return its number. Prefer :class:`dual_level`, which closes it whatever happens."""
    levels = _open.get()
    _open.set((*levels, DualLevel()))
    return len(levels)


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the innermost dual level: its tensors lose their tangents.

    Raises:
        RuntimeError: none is open, or ``level`` is not the innermost.
    """
    levels = _open.get()
    if not levels:
        raise RuntimeError(
            "Dual level must be a positive number: no dual level is open, call enter_dual_level() first."
        )
    if level is not None and level != len(levels) - 1:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported: the last one is "
            f"{len(levels) - 1}, got {level}."
        )
    levels[-1].is_open = False
    _open.set(levels[:-1])


def _level(level: int | None) -> DualLevel | None:
    levels = _open.get()
    if level is None:
        return levels[-1] if levels else None
    return levels[level] if 0 <= level < len(levels) else None


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A tensor that moves along ``tangent``.

    Args:
        tensor: the primal, of a floating or complex dtype.
        tangent: of its shape; brought to its dtype. Of its dtype and strides, it is what ``unpack_dual`` gives back.
        level: the number of an open level; by default the innermost.

    Raises:
        RuntimeError: no level is open, the shapes differ, or ``tensor`` has a tangent at this level.
        ValueError: a dtype is neither floating nor complex.

    >>> import chainrule as torch
    >>> import chainrule.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     fwAD.make_dual(torch.tensor([1., 2.]), torch.tensor([1., 0.])).sin()
    tensor([0.8415, 0.9093], tangent=tensor([0.5403, -0.0000]))
    """
    at = _level(level)
    if at is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for name, one in (("primal", tensor), ("tangent", tangent)):
        if not isinstance(one, TensorBase):
            raise NotATensorError(f"Expected {name} to be a Tensor, but got: {type(one).__name__}")
        if one._array.dtype.kind in "iub":
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {one.dtype}")
    if is_moving(tensor, at):
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level is not supported."
        )
    dual = moving(at, tensor, tangent)
    if tangent.dtype == tensor.dtype and tangent.stride() == tensor.stride():
        dual._array.given = (weakref.ref(dual), tangent)
    return dual


def moving(level: DualLevel, primal: Any, tangent: Any) -> Any:
    """``primal`` moving along ``tangent`` at a level."""
    if tangent._array.shape != primal._array.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. "
            f"Tensor is of size {list(primal._array.shape)} while the given forward gradient is of size {list(tangent._array.shape)}."
        )
    if tangent._array.dtype != primal._array.dtype:
        tangent = ops.astype(tangent, dtype=primal._array.dtype)
    return ops.dual_in(primal, tangent, level=level)


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The primal and the tangent of a tensor; None for the tangent of one that does not move.

    Args:
        tensor: any tensor.
        level: the number of an open level; by default the innermost.

    Raises:
        TypeError: it is no tensor.

    >>> import chainrule as torch
    >>> import chainrule.autograd.forward_ad as fwAD
    >>> fwAD.unpack_dual(torch.tensor(1.))
    UnpackedDualTensor(primal=tensor(1.), tangent=None)
    """
    if not isinstance(tensor, TensorBase):
        raise NotATensorError(
            f"unpack_dual(): argument 'tensor' (position 1) must be Tensor, not {type(tensor).__name__}"
        )
    at = _level(level)
    if at is None or not is_moving(tensor, at):
        return UnpackedDualTensor(tensor, None)
    primal, given = ops.primal_part(tensor, level=at), getattr(tensor._array, "given", None)
    if given is not None and given[0]() is tensor and tensor._array.level is at:
        return UnpackedDualTensor(primal, given[1])
    return UnpackedDualTensor(primal, ops.tangent_part(tensor, level=at))


class _set_fwd_grad_enabled(_ModeContext):  # noqa: N801 - PyTorch's name
    """Whether tangents follow: acts at once, and as a context manager."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before = change_modes(forward=mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        set_modes(self._before)


def _is_fwd_grad_enabled() -> bool:
    """Whether tangents follow."""
    return modes().forward
