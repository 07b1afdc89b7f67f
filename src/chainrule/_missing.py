"""What to say when a torch name is asked for that chainrule does not have: that it is missing, and the nearest it has.

`data/torch_names.txt` holds PyTorch's public names, one module a line, and `data/left_out.txt` why some of them are not here, one
reason a line (the names may be patterns). They are read, and names are compared, only when there is an error to report.
"""

from __future__ import annotations

import functools
import importlib
import sys
from typing import TYPE_CHECKING

from .version import TORCH, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["listed", "missing_module", "missing_name", "nearest", "our_names", "pytorch_names", "reason", "standing"]

# Where a name is looked for when it is not where it was asked for.
_HOMES = (
    "torch", "torch.Tensor", "torch.nn.functional", "torch.nn", "torch.linalg", "torch.special", "torch.fft",
    "torch.autograd", "torch.func", "torch.optim", "torch.utils.data",
)  # fmt: skip


def missing_name(module: str, name: str) -> AttributeError | ImportError:
    """The error for a name that a module lacks; to be raised by the module's `__getattr__`, and by nothing else.

    `from module import name` gets an ImportError: Python would replace an AttributeError by one that explains nothing.

    >>> raise missing_name("chainrule", "tenser")
    Traceback (most recent call last):
    AttributeError: module 'torch' has no attribute 'tenser': no public name of PyTorch ...; the nearest is torch.tensor
    """
    module = torch_name(module)
    if _asked_by_from_import():
        return ImportError(f"cannot import name {name!r} from {module!r}: {standing(module, name)}", name=module)
    message = f"module {module!r} has no attribute {name!r}"
    # Python itself probes for dunder names and expects no answer.
    return AttributeError(message if name.startswith("__") else f"{message}: {standing(module, name)}")


def missing_module(module: str) -> ModuleNotFoundError:
    """The error for importing a module of torch that chainrule lacks."""
    parent, _, name = torch_name(module).rpartition(".")
    return ModuleNotFoundError(f"No module named {module!r}: {standing(parent, name)}", name=module)


def listed(module: str, names: Iterable[str]) -> list[str]:
    """What `dir` shows of a module: those of the names that PyTorch has, and Python's own.

    >>> listed("chainrule.optim", ["Adam", "late", "__name__"])
    ['Adam', '__name__']
    """
    public = pytorch_names()[torch_name(module)]
    return sorted(n for n in names if n in public or (n.startswith("__") and n not in ("__dir__", "__getattr__")))


def torch_name(name: str) -> str:
    """The name under torch: "chainrule.nn" -> "torch.nn", "functorch" -> "torch.func"."""
    top, dot, rest = name.partition(".")
    return {"chainrule": "torch", "functorch": "torch.func"}.get(top, top) + dot + rest


def standing(module: str, name: str) -> str:
    """Who has a name that chainrule lacks, in words; and the nearest name that chainrule has."""
    public = pytorch_names().get(module)
    if public is None:  # one of the parts of PyTorch whose names are not recorded
        words = f"chainrule {VERSION} does not have it"
    elif name in public:
        why = reason(name)
        words = f"PyTorch {TORCH} has it, chainrule {VERSION} does not{f' ({why})' if why else ''}"
    else:
        words = f"no public name of PyTorch {TORCH}"
    found = nearest(module, name)
    return f"{words}; the nearest is {found}" if found else words


def reason(name: str) -> str | None:
    """Why a name of PyTorch is not here, as far as that is written down."""
    from fnmatch import fnmatchcase

    return next((why for why, names in left_out().items() if any(fnmatchcase(name, one) for one in names)), None)


@functools.lru_cache
def left_out() -> dict[str, list[str]]:
    """Reason -> names, or patterns of names."""
    return {why: names.split() for why, _, names in (line.partition(": ") for line in _lines("left_out.txt"))}


def _lines(name: str) -> list[str]:
    from pathlib import Path

    return (Path(__file__).parent / "data" / name).read_text(encoding="ascii").splitlines()


def nearest(module: str, name: str) -> str | None:
    """The name in chainrule nearest to one that it lacks, or None if nothing is like it.

    The same name somewhere else comes first, then the most similar name in the same module, then anywhere.
    """
    for home in _HOMES:
        if home != module and name in our_names(home):
            return f"{home}.{name}"
    return next((f"{home}.{close}" for home in (module, *_HOMES) for close in _similar(name, our_names(home))), None)


def _similar(name: str, names: frozenset[str]) -> list[str]:
    """The most similar name, if one is similar; capitals decide only between names that differ in nothing else."""
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), sorted({known.lower() for known in names}), n=1, cutoff=0.75)
    return get_close_matches(name, sorted(known for known in names if known.lower() in close), n=1, cutoff=0.0)


@functools.lru_cache
def our_names(module: str) -> frozenset[str]:
    """The names of one torch module (or of torch.Tensor) that both PyTorch and chainrule have."""
    if module == "torch.Tensor":
        have = set(dir(importlib.import_module("chainrule").Tensor))
    else:
        try:
            have = set(dir(importlib.import_module("chainrule" + module.removeprefix("torch"))))
        except ModuleNotFoundError:
            return frozenset()
    return frozenset(have & pytorch_names().get(module, frozenset()))


@functools.lru_cache
def pytorch_names() -> dict[str, frozenset[str]]:
    """PyTorch's public names, by module; torch.Tensor counts as one."""
    lines = (line.partition(": ") for line in _lines("torch_names.txt"))
    return {module: frozenset(names.split()) for module, _, names in lines}


def _asked_by_from_import() -> bool:
    """Whether the code that is waiting for a module's `__getattr__` is at `from module import name`."""
    from opcode import opmap

    # This function, missing_name, __getattr__, and then the code that asks.
    frame = sys._getframe(3)
    return frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]
