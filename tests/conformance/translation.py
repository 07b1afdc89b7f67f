"""PyTorch's functions, tensors and other arguments, as chainrule's.

What a name of PyTorch means is asked of chainrule under the same name. A function that is written in Python on top of
PyTorch's (the entries of its op database often are) is run again with ``torch`` meaning chainrule.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
import torch.masked
from torch.testing import _utils as testing_utils
from torch.testing._internal import common_utils

import chainrule

HOMES = (
    "torch", "torch.Tensor", "torch.linalg", "torch.nn.functional", "torch.special", "torch.fft", "torch.signal.windows",
    "torch.masked",
)  # fmt: skip


class NotHereError(Exception):
    """chainrule does not have the name."""


def named(path: str, root: Any) -> Any:
    """What a dotted name means below ``root``: torch.linalg.det, or chainrule.linalg.det."""
    found = root
    for part in path.split(".")[1:]:
        try:
            found = getattr(found, part)
        except (AttributeError, ImportError):
            raise NotHereError(path) from None
    return found


@functools.cache
def paths() -> dict[int, list[str]]:
    """The dotted names of each of PyTorch's functions, by identity; private ones last."""
    found: dict[int, list[str]] = {}
    for home in HOMES:
        place = named(home, torch)
        for name in sorted(dir(place), key=lambda name: (name.startswith("_"), name)):
            value = getattr(place, name, None)
            if callable(value):
                found.setdefault(id(value), []).append(f"{home}.{name}")
    return found


def of_any_name(names: list[str]) -> Any:
    """What the first of several names for the same means, that chainrule has."""
    for name in names[:-1]:
        try:
            return named(name, chainrule)
        except NotHereError:
            pass
    return named(names[-1], chainrule)


def lacking(of_torch: Callable[..., Any] | None) -> Iterator[str]:
    """The public names of one of PyTorch's functions that chainrule lacks, in modules that it has."""
    for path in paths().get(id(of_torch), ()):
        home, _, name = path.rpartition(".")
        if not name.startswith("_") and has_module(home) and not hasattr(named(home, chainrule), name):
            yield path


def has_module(path: str) -> bool:
    try:
        named(path, chainrule)
    except NotHereError:
        return False
    return True


def is_in_missing_module(of_torch: Callable[..., Any]) -> bool:
    """Whether chainrule has not even the module in which PyTorch has the function."""
    return not any(has_module(path.rpartition(".")[0]) for path in paths()[id(of_torch)])


def function(of_torch: Callable[..., Any]) -> Callable[..., Any]:
    """Chainrule's function for one of PyTorch's.

    Raises:
        NotHereError: it has none, or lacks a name that the function needs.
    """
    if id(of_torch) in paths():
        return of_any_name(paths()[id(of_torch)])
    if str(of_torch).startswith("aten."):  # an operator of PyTorch's library, or one overload of it
        name = str(of_torch).split(".")[1]
        return sliced if name == "slice" else named(f"torch.{name}", chainrule)
    if isinstance(of_torch, functools.partial):
        return functools.partial(function(of_torch.func), *value(of_torch.args), **value(of_torch.keywords))
    if isinstance(of_torch, types.FunctionType) and of_torch.__module__.startswith("torch.testing."):
        return rebound(of_torch)
    if getattr(of_torch, "__module__", None) == "_operator":
        return of_torch
    raise NotHereError(getattr(of_torch, "__name__", repr(of_torch)))


def rebound(of_torch: types.FunctionType) -> types.FunctionType:
    """The same Python function, in whose globals, closure and defaults chainrule stands for PyTorch."""
    if of_torch in _rebound:
        return _rebound[of_torch]
    inside = dict(of_torch.__globals__)
    closure = of_torch.__closure__ and tuple(types.CellType() for _ in of_torch.__closure__)
    found = types.FunctionType(of_torch.__code__, inside, of_torch.__name__, closure=closure)
    _rebound[of_torch] = found  # before its parts: it may call itself
    try:
        for root, *attributes in names_in(of_torch.__code__):
            if root in inside:
                place = inside[root] = value(inside[root])
                if place is chainrule and not any(name.startswith("_") for name in attributes):
                    named(".".join((root, *attributes)), chainrule)
        for ours, its in zip(closure or (), of_torch.__closure__ or (), strict=True):
            ours.cell_contents = value(its.cell_contents)
        found.__defaults__, found.__kwdefaults__ = value(of_torch.__defaults__), value(of_torch.__kwdefaults__)
    except NotHereError:
        del _rebound[of_torch]
        raise
    return found


def sliced(x: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """What has no name in Python: ``x[:, start:end:step]``, the colons for the dimensions before ``dim``."""
    return x[(slice(None),) * (dim % x.ndim) + (slice(start, end, step),)]


_rebound: dict[types.FunctionType, types.FunctionType] = {}


def names_in(code: types.CodeType) -> Iterator[list[str]]:
    """The dotted names in a function, in parts."""
    parts: list[str] = []
    for instruction in dis.get_instructions(code):
        if parts and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            parts.append(instruction.argval)
            continue
        if parts:
            yield parts
        parts = [instruction.argval] if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME") else []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_in(constant)


def value(x: Any) -> Any:
    """An argument of a function of PyTorch, for chainrule's."""
    if isinstance(x, torch.Tensor):
        return tensor(x)
    if x is torch:
        return chainrule
    if x in (common_utils.freeze_rng_state, testing_utils.freeze_rng_state):
        return nullcontext
    if isinstance(x, torch.dtype):
        return named(str(x), chainrule)
    if isinstance(x, torch.Size):
        return tuple(x)
    if isinstance(x, torch.device):
        return x.type
    if isinstance(x, (torch.layout, torch.memory_format)):
        return named(str(x), chainrule)
    if isinstance(x, (tuple, list)):
        return type(x)(map(value, x))
    if isinstance(x, dict):
        return {key: value(one) for key, one in x.items()}
    if isinstance(x, slice):
        return slice(value(x.start), value(x.stop), value(x.step))
    if isinstance(x, torch.Generator):
        raise NotHereError("torch.Generator")
    if isinstance(x, torch.nn.Module) and not list(x.parameters()):  # such as a distance, which its settings make up
        found = named(f"torch.nn.{type(x).__name__}", chainrule)()
        found.__dict__.update({name: one for name, one in vars(x).items() if name[0] != "_"})
        return found
    if isinstance(x, types.FunctionType) and x.__module__.startswith("torch."):
        return function(x)
    if id(x) in paths():
        return of_any_name(paths()[id(x)])
    return x


def tensor(x: torch.Tensor) -> Any:
    """Chainrule's tensor with the same values, memory of its own, and requires_grad."""
    if x.dtype == torch.bfloat16:  # which NumPy lacks
        found = chainrule.from_numpy(array(x.float())).bfloat16()
    else:
        found = chainrule.from_numpy(array(x))
    return found.requires_grad_(x.requires_grad)


def array(x: torch.Tensor) -> np.ndarray[Any, Any]:
    if x._is_zerotensor():  # whose memory PyTorch does not have
        x = torch.zeros(x.shape, dtype=x.dtype)
    return np.array(x.numpy(force=True))


def output_mask(op: Callable[..., Any], input: Any, *args: Any, **kwargs: Any) -> Any:
    """Which results of a masked reduction count: shapes and masks alone decide, so PyTorch can say it."""
    masks = {
        key: torch.from_numpy(x.numpy()) if isinstance(x, chainrule.Tensor) else x
        for key, x in kwargs.items()
        if key != "dtype"
    }
    found = torch.masked._output_mask(getattr(torch.masked, op.__name__), torch.empty(input.shape), *args, **masks)
    return chainrule.from_numpy(found.numpy())


def input_mask(input: Any, *_: Any, mask: Any, **others: Any) -> Any:
    return mask.broadcast_to(input.shape)


class Aten:
    """What PyTorch has under ``torch.ops.aten``, chainrule has under its own name."""

    def __getattr__(self, name: str) -> Any:
        return types.SimpleNamespace(default=named(f"torch.{name}", chainrule))


chainrule.ops.aten = Aten()

# Where its tests look for the two.
chainrule.masked._output_mask = output_mask
chainrule.masked._input_mask = input_mask
