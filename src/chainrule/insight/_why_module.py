"""``why(module)``: the gradients of all parameters of a module, grouped by what they are and why."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.alive import alive
from ..core.places import printable
from ..core.value import TensorBase, numbers_of
from . import _html_tables
from ._causes import PRODUCTS, Cause, Reason
from ._numbers import is_finite, is_zero

if TYPE_CHECKING:
    from ..core.origin import Place

__all__ = ["Entry", "ModuleReport"]

KINDS = {
    "none": "no gradient",
    "not finite": "NaN or infinite",
    "zero": "zero",
    "unknown": "not known",
    "number": "a gradient",
}
"""What a gradient can be, in the order in which a report says it."""
NAMES = 8
"""How many parameters of one cause are named."""
ORDER = list(Cause)
WITHOUT = frozenset(ORDER[: ORDER.index(Cause.DEAD_RELU)])
ZERO = frozenset(ORDER[ORDER.index(Cause.DEAD_RELU) : ORDER.index(Cause.ZERO_TIMES_INF)])
NOT_FINITE = frozenset(ORDER[ORDER.index(Cause.ZERO_TIMES_INF) : ORDER.index(Cause.PARTLY_CUT)])


@dataclass(frozen=True)
class Entry:
    """One parameter in the answer of ``why(module)``."""

    name: str
    """Its path in the module."""
    shape: tuple[int, ...]
    kind: str
    """``"none"``, ``"zero"``, ``"not finite"``, ``"number"``, or ``"unknown"``."""
    reason: Reason
    largest: float | None = None
    """The largest number of the gradient by its size, of one that ``.grad`` holds."""
    dead: int = 0
    """How many of its rows (of a layer: units) have a gradient of zeros only, of one that is not zero."""


@dataclass(frozen=True)
class ModuleReport:
    """The answer of ``why(module)``: iterate over its entries, or print it."""

    title: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]
    """What else keeps parameters from being trained: no optimizer has them, ``parameters()`` does not see them."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, name: str) -> Reason:
        """The reason of one parameter, by its path."""
        return next(entry.reason for entry in self.entries if entry.name == name)

    def of(self, kind: str) -> tuple[Entry, ...]:
        """The entries whose gradient is of one kind."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    @property
    def text(self) -> str:
        """The whole answer; of parameters with one cause at one place the first is explained, and the others are named."""
        lines = [self.head]
        for kind, said in KINDS.items():
            groups = self.groups(kind)
            if groups:
                lines.append(f"{said}: {sum(map(len, groups))}")
            for group in groups:
                lines.append(f"  {listed(group)}")
                reason = group[0].reason
                if kind == "number" and reason.cause is Cause.NUMBER:
                    continue
                lines += [f"    {line}" for line in reason.text.replace("the gradient of ", "").split("\n")]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    @property
    def head(self) -> str:
        count = len(self.of("number"))
        return f"{self.title}: {count} of {len(self)} parameters have a gradient that is neither zero nor NaN"

    def groups(self, kind: str) -> list[list[Entry]]:
        """The entries of a kind, those together that have one cause at one place."""
        found: dict[tuple[Cause, Place | None, str], list[Entry]] = {}
        for entry in self.of(kind):
            reason = entry.reason
            where = None if reason.cause in (Cause.NUMBER, Cause.NOT_RUN, Cause.NOT_USED) else reason.where
            by = "" if reason.cause is Cause.NUMBER else reason.by
            found.setdefault((reason.cause, where, by), []).append(entry)
        return list(found.values())

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        rows = []
        for kind, said in KINDS.items():
            for group in self.groups(kind):
                reason = group[0].reason
                where = "" if reason.where is None else str(reason.where)
                rows.append((listed(group), said, reason.cause.name, reason.said, where))
        table = _html_tables.table("", ["parameters", "gradient", "cause", "what happened", "where"], rows)
        return (
            _html_tables.paragraph(self.head, is_strong=True)
            + table
            + "".join(_html_tables.paragraph(f"note: {n}") for n in self.notes)
        )


def listed(group: list[Entry]) -> str:
    """The names of a group, those that have a gradient with its size."""
    said = []
    for entry in group[:NAMES]:
        more = []
        if entry.kind == "number" and entry.largest is not None:
            more.append(f"up to {entry.largest:.3g}")
        if entry.dead:
            more.append(f"{entry.dead} of {entry.shape[0]} rows zero")
        said.append(printable(entry.name) + (f" ({', '.join(more)})" if more else ""))
    return ", ".join(said) + (f" and {len(group) - NAMES} more" if len(group) > NAMES else "")


def reported(module: Any, name: str, ask: Callable[[Any, str], Reason], is_held: bool) -> ModuleReport:
    """The report of a module called ``name``: ``ask`` explains one parameter, ``is_held`` says whether by what ``.grad`` holds."""
    entries = []
    for path, parameter in module.named_parameters():
        shown = printable(f"{name}.{path}" if name.isidentifier() else path)
        entries.append(entry_of(path, parameter, ask(parameter, f"the gradient of `{shown}`"), is_held))
    notes = map(printable, [*unseen(module), *unowned(module, entries), *idle(module), *remarks(entries)])
    title = printable(f"{name or 'the module'} ({type(module).__name__})")
    return ModuleReport(title, tuple(entries), tuple(notes))


def entry_of(path: str, parameter: Any, reason: Reason, is_held: bool) -> Entry:
    shape, cause = tuple(parameter._array.shape), reason.cause
    kind = (
        "none" if cause in WITHOUT else "zero" if cause in ZERO else "not finite" if cause in NOT_FINITE else "number"
    )
    if cause is Cause.UNKNOWN:
        kind = "unknown"
    meta = parameter._meta_slot
    if not is_held or meta is None or meta.grad is None:
        return Entry(path, shape, kind, reason)
    gradient = np.asarray(numbers_of(meta.grad._array))
    kind = "not finite" if not is_finite(gradient) else "zero" if is_zero(gradient) else "number"
    if not gradient.size:
        return Entry(path, shape, kind, reason)
    dead = 0
    if kind == "number" and gradient.ndim > 1:
        dead = int((~gradient.reshape(len(gradient), -1).any(1)).sum())
    return Entry(path, shape, kind, reason, float(np.abs(gradient).max()), dead)


def unseen(module: Any) -> Iterator[str]:
    """Parameters that ``parameters()`` does not see: in plain lists and dicts, and tensors that are no Parameters."""
    for path, one in module.named_modules():
        for attribute, value in vars(one).items():
            if attribute.startswith("_"):
                continue
            shown = f"{path}.{attribute}" if path else attribute
            held = value if isinstance(value, (list, tuple)) else value.values() if isinstance(value, dict) else ()
            if any(hasattr(item, "named_parameters") for item in held):
                kind = "nn.ModuleDict" if isinstance(value, dict) else "nn.ModuleList"
                yield f"{shown} is a {type(value).__name__} of modules, which parameters() does not see: make it an {kind}"
            elif any(is_leaf(item) for item in held):
                kind = "nn.ParameterDict" if isinstance(value, dict) else "nn.ParameterList"
                yield f"{shown} is a {type(value).__name__} of parameters, which parameters() does not see: make it an {kind}"
            elif is_leaf(value):
                yield f"{shown} requires grad, but is no nn.Parameter, so that parameters() does not see it"


def idle(module: Any) -> Iterator[str]:
    """Optimizers that have parameters of the module, and move none of them."""
    mine = set(map(id, module.parameters()))
    for optimizer in optimizers():
        groups = [group for group in optimizer.param_groups if mine & set(map(id, group["params"]))]
        if groups and all("lr" in group and float(group["lr"]) == 0 for group in groups):
            yield f"the learning rate of {type(optimizer).__name__}, which has parameters of it, is 0: a step changes nothing"


def remarks(entries: list[Entry]) -> Iterator[str]:
    """What is remarkable about gradients that are ordinary numbers, once for all that it holds of."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.reason.cause is Cause.NUMBER and entry.reason.advice:
            found.setdefault(entry.reason.advice, []).append(entry)
    for advice, group in found.items():
        yield f"{listed(group)}: {group[0].reason.said.partition(PRODUCTS)[2]} What to do: {advice}"


def optimizers() -> list[Any]:
    """The optimizers that are alive."""
    found = sys.modules.get(f"{__package__.rpartition('.')[0]}.optim.optimizer")
    return [] if found is None else list(alive(found.Optimizer))


def is_leaf(value: Any) -> bool:
    """Whether something is a leaf that requires grad."""
    return isinstance(value, TensorBase) and value._node is not None and not value._node.parents


def unowned(module: Any, entries: list[Entry]) -> Iterator[str]:
    """Parameters with a gradient that no optimizer has, where one has others of the module, or those that they replaced."""
    owned = {id(p): p for optimizer in optimizers() for group in optimizer.param_groups for p in group["params"]}
    parameters = dict(module.named_parameters())
    lost = [one for one in entries if one.kind == "number" and id(parameters[one.name]) not in owned]
    mine = owned.keys() & set(map(id, parameters.values()))
    shapes = {tuple(parameter._array.shape) for parameter in owned.values()}
    if lost and (mine or any(one.shape in shapes for one in lost)):
        names = ", ".join(one.name for one in lost[:NAMES]) + (
            f" and {len(lost) - NAMES} more" if len(lost) > NAMES else ""
        )
        yield (
            f"no optimizer has {names}: a step changes nothing of it. Make the optimizer after parameters are replaced, and give "
            "it all of them"
        )
