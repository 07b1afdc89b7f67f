"""``chainrule.check``: is my gradient right?"""

from __future__ import annotations

import copy
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import func
from ..autograd.gradcheck import GradcheckError
from ..core.modes import set_modes
from ..core.value import TensorBase, new_tensor, writable
from ..utils._pytree import kind_of, tree_flatten, tree_leaves
from ._blame import Fault, Kink, find_kink, wrong_forward, wrong_reverse
from ._lines import Arrays, Directions, Movable, Program, Slope, Vector, inner, weighed

REPLACED = 3
"""How many lines are tried for each that is wanted, where there are kinks."""
REPEATED = 3
"""How many times the function runs again on the same inputs."""
SHOWN = 4
"""How many inputs a report shows."""


def check(
    fn: Callable[..., Any], inputs: Any, *, directions: int = 3, order: int = 1, seed: int = 0, rtol: float = 1e-6
) -> Report:
    """Is the gradient of ``fn`` right? Reverse and forward mode against five-point differences, along random lines.

    All is computed in float64, on copies: the inputs, and a module with its parameters and buffers, stay as they are. Each
    input is moved by itself, so that none hides behind another; a direction of an input costs about ten calls of ``fn``. A
    line on which the function has a kink (a ReLU at zero, a tie of a maximum) is replaced by another that moves fewer
    elements, and reported. If a derivative is wrong, the calls of ops and custom functions are checked one by one, and
    the first that is wrong is named, with its line.

    Args:
        fn: a function of tensors (or containers of tensors) that returns tensors in any containers; or an ``nn.Module``,
            whose parameters then are inputs too.
        inputs: the arguments, as a tuple; or the only one. Of the floating and complex tensors in it those are checked
            that require grad, all if none does. Anything else is handed through.
        directions: how many lines each input is moved along.
        order: 2 checks the second derivative as well, as the derivative of the first.
        seed: of the random lines.
        rtol: how much of its size a derivative may be off.

    Returns:
        A report. ``report.ok`` is True if all is right; ``print(report)`` says what is not, in about ten lines, and
        ``report.raise_if_wrong()`` raises it. Where no line without kinks is found for an input, or the function gives
        different results for the same inputs, nothing can be told, and ``ok`` is False.

    Raises:
        ValueError: there is nothing to check: no floating or complex input, or output. Or an option is out of range.

    >>> import chainrule as torch
    >>> report = torch.check(lambda x, w: torch.tanh(x @ w), (torch.rand(2, 3), torch.rand(3)))
    >>> report.ok
    True
    """
    if directions < 1 or order not in (1, 2) or not rtol > 0:
        raise ValueError(
            f"check wants directions >= 1, order 1 or 2 and rtol > 0, but got directions={directions}, order={order}, rtol={rtol}"
        )
    outside = set_modes(None)  # neither no_grad nor hooks of the caller have a part in it
    try:
        subject = Subject.of(fn, inputs)
        return Checking(subject, directions, seed, rtol).report(order)
    finally:
        set_modes(outside)


# -- what is reported ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class InputReport:
    """What was found for one input."""

    name: str
    shape: tuple[int, ...]
    directions: int = 0
    """How many lines it was checked along."""
    kinks: int = 0
    """How many were given up because of a kink."""
    left_out: int = 0
    """How many elements were not moved, because of a kink or because they are not finite."""
    reverse_error: float = 0.0
    forward_error: float = 0.0
    """The largest differences from finite differences, relative to the size of the derivative."""
    is_wrong: bool = False


@dataclass(slots=True)
class Report:
    """What ``check`` found."""

    subject: str
    order: int
    rtol: float
    inputs: list[InputReport] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """The calls to blame: for reverse mode, for forward mode."""
    kinks: Counter[Kink] = field(default_factory=Counter)
    """Where lines met kinks, as far as that was found, and how many."""
    failures: list[str] = field(default_factory=list)
    """What else is wrong."""
    problems: list[str] = field(default_factory=list)
    """Why something cannot be told."""
    notes: list[str] = field(default_factory=list)
    """What was not checked."""

    @property
    def verdict(self) -> str:
        """One of "right", "wrong" and "cannot tell"."""
        if self.failures or any(one.is_wrong for one in self.inputs):
            return "wrong"
        return "cannot tell" if self.problems else "right"

    @property
    def ok(self) -> bool:
        """Whether all derivatives that were asked for are right."""
        return self.verdict == "right"

    def note(self, text: str) -> None:
        """Add a note, once."""
        if text not in self.notes:
            self.notes.append(text)

    def raise_if_wrong(self) -> None:
        """Raise a ``GradcheckError``, which is a RuntimeError, with the text of the report unless all is right."""
        if not self.ok:
            raise GradcheckError(str(self))

    def __str__(self) -> str:
        what = "gradient" if self.order == 1 else "second derivative"
        return "\n".join([f"{what} of {self.subject}: {self.verdict}", *self.lines()])

    __repr__ = __str__

    def lines(self) -> Iterator[str]:
        def badness(number: int) -> tuple[bool, float]:
            one = self.inputs[number]
            return one.is_wrong, larger(one.reverse_error, one.forward_error)

        worst = sorted(range(len(self.inputs)), key=badness, reverse=True)
        shown = [self.inputs[number] for number in sorted(worst[:SHOWN])]
        width = max([len(one.name) for one in shown], default=0)
        for one in shown:
            kinks = f", {one.kinks} more kinked" if one.kinks else ""
            if one.left_out:
                kinks += f", {one.left_out} elements left out"
            yield (
                f"  {one.name:{width}}  {list(one.shape)}: reverse off by {one.reverse_error:.0e}, forward by "
                f"{one.forward_error:.0e} ({one.directions} directions{kinks})"
            )
        if len(worst) > SHOWN:
            yield f"  and {len(worst) - SHOWN} more inputs, which are no worse"
        for fault in self.faults:
            yield f"  first wrong: {fault}"
        for kink, count in self.kinks.most_common(2):
            yield f"  kink ({count} directions): {kink}"
        for line in (*self.failures, *self.problems, *self.notes):
            yield f"  {line}"


# -- what is checked -------------------------------------------------------------------------------------------------


class Subject:
    """A function of the inputs that are checked, with their names and values."""

    def __init__(self, name: str, call: Callable[[list[Any]], list[Any]], names: list[str], arrays: Arrays) -> None:
        self.name = name
        self.call = call
        self.names = names
        self.arrays = arrays

    @classmethod
    def of(cls, fn: Callable[..., Any], inputs: Any) -> Subject:
        args = inputs if type(inputs) is tuple else (inputs,)
        leaves, spec = tree_flatten(args)
        names = [path for at, arg in enumerate(args) for path in paths(arg, parameter_name(fn, at))]
        wanted = chosen(leaves)
        state = state_of(fn)
        module: Any = copy.deepcopy(fn) if state is not None else fn
        parameters, rest = state or ({}, {})

        def call(moved: list[Any]) -> list[Any]:
            taken = dict(zip(wanted, moved, strict=False))
            arguments = spec.unflatten(
                [taken[at] if at in taken else in_double(leaf) for at, leaf in enumerate(leaves)]
            )
            try:
                if state is None:
                    result = module(*arguments)
                else:
                    values = dict(zip(parameters, moved[len(wanted) :], strict=True))
                    kept = {name: in_double(value) for name, value in rest.items()}
                    result = func.functional_call(module, values | kept, arguments)
            except RuntimeError as error:
                error.add_note(
                    "check runs the function on float64 copies of its inputs; tensors that it closes over stay as they are."
                )
                raise
            return [y for y in tree_leaves(result) if is_checkable(y)]

        tensors = [leaves[at] for at in wanted] + list(parameters.values())
        if not tensors:
            raise ValueError(
                "check expects at least one floating or complex tensor among the inputs, but there is none."
            )
        return cls(
            getattr(fn, "__name__", type(fn).__name__),
            call,
            [names[at] for at in wanted] + list(parameters),
            [writable(in_double(x)) for x in tensors],
        )


def state_of(fn: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Of a module: the parameters that are checked, and all other tensors that it holds."""
    from ..nn import Module

    if not isinstance(fn, Module):
        return None
    parameters = {name: p for name, p in fn.named_parameters() if p.requires_grad and is_checkable(p)}
    return parameters, {
        name: x for named in (fn.named_parameters, fn.named_buffers) for name, x in named() if name not in parameters
    }


def chosen(leaves: list[Any]) -> list[int]:
    """Which inputs are checked: those that require grad, or all if none does."""
    able = [at for at, leaf in enumerate(leaves) if is_checkable(leaf)]
    return [at for at in able if leaves[at].requires_grad] or able


def is_checkable(leaf: Any) -> bool:
    return isinstance(leaf, TensorBase) and (leaf.is_floating_point() or leaf.is_complex())


def in_double(leaf: Any) -> Any:
    """Of a tensor a copy, in float64 or complex128 if it is of a floating or complex dtype; anything else as it is."""
    if not isinstance(leaf, TensorBase):
        return leaf
    array = np.array(writable(leaf))
    if not is_checkable(leaf):
        return new_tensor(array)
    return new_tensor(array.astype(np.complex128 if array.dtype.kind == "c" else np.float64))


def parameter_name(fn: Any, at: int) -> str:
    """What a function calls its argument number ``at``."""
    try:
        parameters = list(inspect.signature(getattr(fn, "forward", fn)).parameters.values())
    except (TypeError, ValueError):  # a builtin that does not tell
        parameters = []
    if at < len(parameters) and parameters[at].kind is not inspect.Parameter.VAR_POSITIONAL:
        return parameters[at].name
    return f"input {at}"


def paths(tree: Any, name: str) -> list[str]:
    """How to write each leaf of a tree."""
    kind = kind_of(tree)
    if kind is None:
        return [name]
    children = list(kind.flatten(tree)[0])
    if isinstance(tree, dict):
        keys = [f"[{key!r}]" for key in tree]
    elif len(labels := getattr(tree, "_fields", getattr(tree, "__match_args__", ()))) == len(children):
        keys = [f".{label}" for label in labels]
    else:
        keys = [f"[{number}]" for number in range(len(children))]
    return [path for key, child in zip(keys, children, strict=True) for path in paths(child, name + key)]


# -- the check -------------------------------------------------------------------------------------------------------


class Checking:
    """One check at work."""

    def __init__(self, subject: Subject, directions: int, seed: int, rtol: float) -> None:
        self.subject = subject
        self.directions = directions
        self.rng = np.random.default_rng(seed)
        self.rtol = rtol

    def report(self, order: int) -> Report:
        program = Program(self.subject.call, self.subject.arrays)
        if not program.likes:
            raise ValueError(
                f"check expects {self.subject.name} to return a floating or complex tensor, but it returns none."
            )
        report = Report(self.subject.name, 1, self.rtol)
        again = [program.at(program.arrays) for _ in range(REPEATED)]
        if not all(value is not None and np.array_equal(value, program.value, equal_nan=True) for value in again):
            report.problems.append(
                "the same inputs gave different outputs, so that nothing can be told: is there something random (dropout: call "
                "eval() before; or set the seed inside of the function), or a state that each call changes?"
            )
            return report
        self.examine(program, report)
        if order == 1 or not report.ok:
            return report
        second = Report(self.subject.name, 2, self.rtol, kinks=report.kinks, notes=report.notes)
        self.examine(self.derivative(program), second)
        return second

    def derivative(self, program: Program) -> Program:
        """The gradient, with a fixed cotangent, as a program."""
        u = program.random_cotangent(self.rng)

        def gradient(moved: list[Any]) -> list[Any]:
            _, pull = func.vjp(program.call, moved)
            return list(pull(program.cotangents(u))[0])

        return Program(gradient, program.arrays)

    def examine(self, program: Program, report: Report) -> None:
        """Check all inputs, and find who is to blame."""
        finite = np.isfinite(program.value)
        if not finite.all():
            report.note(f"{np.sum(~finite)} of {finite.size} output elements are not finite, and left out")
        modes = Modes(program, [program.random_cotangent(self.rng) for _ in range(self.directions)], report)
        for at, name in enumerate(self.subject.names):
            one = InputReport(name, program.arrays[at].shape)
            report.inputs.append(one)
            if program.arrays[at].size:
                self.examine_input(program, modes, at, one, report)
        if modes.gradients is None and not modes.has_forward and not report.failures:
            report.problems.append("neither mode is there, so that nothing can be told")
        self.blame(program, modes, report)

    def examine_input(self, program: Program, modes: Modes, at: int, one: InputReport, report: Report) -> None:
        movable = Movable(program, at, self.rng, self.rtol)
        movable.moving &= modes.able(at)
        for _ in range(REPLACED * self.directions):
            one.left_out = int(np.sum(~movable.moving))
            if one.directions == self.directions or not movable.moving.any():
                break
            number = one.directions
            moves, slope = movable.line(modes.cotangents[number])
            if slope is not None:
                one.directions += 1
                modes.compare(number, at, moves, slope, one)
                continue
            one.kinks += 1
            kink = find_kink(program, moves, self.rng, self.rtol)
            if kink is not None:
                report.kinks[kink] += 1
                if kink.rounds:
                    report.problems.append(
                        f"{one.name}: cannot tell, since values on the way are rounded to less than float64: keep the dtype of the "
                        "inputs, or allow a larger rtol"
                    )
                    return
            movable.search(modes.cotangents[number])
        if not one.directions:
            report.problems.append(f"{one.name}: cannot tell, since each direction tried meets a kink")

    def blame(self, program: Program, modes: Modes, report: Report) -> None:
        """Name the first wrong call for each mode that is wrong."""
        faults = []
        if modes.wrong_cotangent is not None:
            faults.append(wrong_reverse(program, modes.wrong_cotangent, self.rng, self.rtol))
        if modes.is_forward_wrong:
            faults.append(wrong_forward(program, self.rng, self.rtol))
        for fault in faults:
            if fault is not None and all((fault.name, fault.place) != (one.name, one.place) for one in report.faults):
                report.faults.append(fault)
        if faults and not report.faults:
            report.note(
                "each call that was checked is right by itself: is the wrong one inside of a vmap or jvp, or does a value leave as "
                "a Python number or an array (item(), float(), tolist())?"
            )


class Modes:
    """The derivatives of a program by reverse and by forward mode, as far as it has them."""

    def __init__(self, program: Program, cotangents: list[Vector], report: Report) -> None:
        self.program = program
        self.cotangents = cotangents
        self.report = report
        self.gradients: list[list[Any]] | None = None
        self.has_forward = True
        self.wrong_cotangent: Vector | None = None
        self.is_forward_wrong = False
        try:
            pull = program.puller()
            self.gradients = [pull(u) for u in cotangents]
        except RuntimeError as error:
            self.failed("reverse", error)
        try:
            program.pushed([np.zeros_like(a) for a in program.arrays])
        except RuntimeError as error:
            self.has_forward = False
            self.failed("forward", error)

    def able(self, at: int) -> Any:
        """Which elements of an input can be moved: not those that are NaN because outputs are left out, as 0 times infinity."""
        if self.gradients is None or np.isfinite(self.program.value).all():
            return True
        return np.isfinite([g[at] for g in self.gradients]).all(0)

    def failed(self, mode: str, error: RuntimeError) -> None:
        """A mode raised: it is not there, or it is wrong."""
        if isinstance(error, NotImplementedError):
            self.report.note(f"{mode} mode was not checked: {error}")
        else:
            self.report.failures.append(f"{mode} mode fails: {error}")

    def compare(self, number: int, at: int, moves: Directions, slope: Slope, one: InputReport) -> None:
        """Compare both modes with the slope along a line on which one input moves."""
        u = self.cotangents[number]
        size = slope.limit / self.report.rtol
        if self.gradients is not None:
            g = self.gradients[number][at]
            off = abs(inner(g, moves[at]) - float(u @ slope.vector))
            of = max(size, weighed(np.abs(moves[at]), g))
            one.reverse_error = larger(one.reverse_error, relative(off, of))
            if not off <= slope.error + self.report.rtol * of:
                self.wrong_cotangent = u
                self.wrong(one, "reverse pass", not g.any())
        if self.has_forward:
            tangent = self.program.pushed(moves)
            # What does not move for it is left out may still be NaN: 0 times infinity.
            at_rest = np.isnan(tangent) & (slope.vector == 0) & (one.left_out > 0)
            off = weighed(np.where(at_rest, 0, np.abs(u)), tangent - slope.vector)
            one.forward_error = larger(one.forward_error, relative(off, size))
            if not off <= slope.error + slope.limit:
                self.is_forward_wrong = True
                self.wrong(one, "forward pass", not tangent.any())

    def wrong(self, one: InputReport, which: str, sees_nothing: bool) -> None:
        one.is_wrong = True
        said = f"the {which} sees no dependence on {one.name}, but the values do"
        if sees_nothing and said not in self.report.failures:
            self.report.failures.append(said)


def relative(off: float, size: float) -> float:
    """An error by what it is an error of."""
    return off / size if size else np.inf if off else 0.0


def larger(a: float, b: float) -> float:
    """The larger; NaN if one is."""
    return float(np.maximum(a, b))
