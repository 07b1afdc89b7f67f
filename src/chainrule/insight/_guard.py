"""``guard``: stop at the first op, or step of a backward, that makes a number that is not finite."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.engine import current_pass
from ..core.modes import modes
from ..core.node import AccumulateGrad
from ..core.origin import Place, caller, resolve
from ..core.value import TensorBase, numbers_of
from ..core.views import current_node
from ..errors import NotFiniteError
from ..utils._pytree import tree_leaves
from ._numbers import first_bad
from ._replay import operands
from ._watch import Watch

if TYPE_CHECKING:
    from ..core.node import Node

__all__ = ["guard"]


SAFE = frozenset(
    """relu where zero_where maximum minimum fmax fmin clamp clamp_min clamp_max clamp_low clamp_high abs negative sign clone copy
    concat stack index gather take max min amax sort_with_indices max_pool2d masked_fill tril triu pad select_copy""".split()
)
"""Ops that make no number that they were not given; their derivatives neither."""
ARITHMETIC = frozenset(
    "add subtract multiply divide sqrt reciprocal add_scaled addcmul addcdiv sum sum_all mean mean_all lerp".split()
)
"""Ops, with their derivatives, made of ufuncs that the processor does by itself: it raises a flag for a number that is not finite,
and NumPy tells. Others are looked through: BLAS, and functions that are computed, raise none, or too many."""
FLAGS = {"divide": "call", "over": "call", "under": "ignore", "invalid": "call"}
"""What NumPy does about the processor's flags."""
RULES_OF_ARITHMETIC = SAFE | ARITHMETIC


class guard(Watch):  # noqa: N801 - reads as a statement: ``with guard():``
    """Context manager: the first op, or step of a backward, that makes NaN or infinity of finite numbers raises.

    The error names the line, the element and the numbers that went in. Infinities that the program itself gives (a mask of
    ``-inf``) are no fault, and what is made of them is none unless it is NaN. A parameter that holds NaN already is one: a step of
    an optimizer is not looked into, but named as the last that wrote to it.
    Unlike anomaly mode, which looks for NaN in a backward and keeps the traceback of each op, it looks at the forward, too,
    and costs little: sums and products by the processor's flags, the rest by one quick pass over each result. It can be on while
    anomaly mode is.

    Args:
        inf: whether infinities are stopped at, or NaN only.

    Raises:
        NotFiniteError: a RuntimeError and an ArithmeticError, with ``place``, ``element`` and ``by``.

    >>> import chainrule as torch
    >>> x = torch.tensor([1., 0., 4.], requires_grad=True)
    >>> with torch.guard():
    ...     try:
    ...         torch.log(x).sum()
    ...     except torch.errors.NotFiniteError as error:
    ...         print(error.by, error.element, error.place.expression)
    log (1,) torch.log(x)
    """

    def __init__(self, inf: bool = True) -> None:
        self.inf = inf
        self.raised = False
        """Whether the processor has raised a flag since it was last asked."""

    def __enter__(self) -> Self:
        self._flags = np.errstate(**FLAGS, call=self._flag)  # type: ignore[arg-type]
        self._flags.__enter__()
        return super().__enter__()

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._flags.__exit__(None, None, None)

    def _flag(self, kind: str, flag: int) -> None:
        self.raised = True

    def has_flag(self) -> bool:
        """Whether a flag was raised since this was last asked, or may have been: somebody within has turned flags off."""
        raised = self.raised or np.geterr() != FLAGS
        self.raised = False
        return raised

    def ran(self, op: Any, args: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        if current_pass() is not None:  # the step of the backward as a whole is looked at
            return
        name = getattr(op, "name", "")
        if name in ARITHMETIC:
            if type(result._array) is np.ndarray and not self.has_flag():  # one number is soon looked at
                return
        elif name in SAFE or getattr(op, "kind", None) in ("view", "step"):
            return
        if type(result) is tuple or type(result) is list:
            for one in tree_leaves(result):
                if isinstance(one, TensorBase) and not self.passes(one._array):
                    self.look(op, args, params, numbers_of(one._array))
        elif isinstance(result, TensorBase) and not self.passes(result._array):
            self.look(op, args, params, numbers_of(result._array))

    def passes(self, array: Any) -> bool:
        """Whether there is nothing to stop at among the numbers of an array: a quick look, then a close one."""
        if type(array) is not np.ndarray:
            if isinstance(array, np.floating):
                return isfinite(array) or not (self.inf or array != array)
            array = np.asarray(numbers_of(array))
        if array.dtype.kind not in "fcV" or not array.size:
            return True
        if array.dtype.itemsize >= 4 and array.flags.c_contiguous:
            flat = array.reshape(-1)
            if isfinite(abs(flat.dot(flat))):  # infinity and NaN spread; so does overflow, which the next line sees
                return True
        return not self.bad(array).any()

    def bad(self, array: Any) -> Any:
        return ~np.isfinite(array) if self.inf else np.isnan(array)

    def look(self, op: Any, args: tuple[Any, ...], params: dict[str, Any], out: Any) -> None:
        """A result is not finite: raise if it was made here, of what is."""
        name = getattr(op, "name", "") or op.__name__
        given = [(one, np.asarray(numbers_of(one._array) if isinstance(one, TensorBase) else one)) for one in tree_leaves((args, params))
                 if isinstance(one, (TensorBase, float, complex, np.generic, np.ndarray))]  # fmt: skip
        bad = np.asarray(self.bad(out))
        index = tuple(map(int, np.argwhere(bad)[0]))
        number = np.asarray(out)[index]
        kind = "NaN" if np.isnan(number) else "infinity"
        for tensor, array in given:
            if array.dtype.kind in "fc" and not np.isfinite(array).all():
                node = current_node(tensor) if isinstance(tensor, TensorBase) else None
                if type(node) is AccumulateGrad and not self.passes(array):
                    raise self.held(tensor, array)
                if kind == "NaN" and np.isnan(array).any() and not out.shape:
                    raise error(f"{name} gave NaN: an operand of shape {list(array.shape)} holds NaN already, from before guard() or from outside",
                                resolve(*caller()), index, name)  # fmt: skip
                if kind == "infinity" or np.isnan(array).any():
                    return  # it came in: nothing was made here
        at = [_at(array, out.shape, index) for _, array in given]
        inputs = ", ".join(f"{one:.6g}" for one in at if one is not None)
        raise error(
            f"{name} made {kind} at element {list(index)}" + (f", of {inputs}" if inputs else ""),
            resolve(*caller()),
            index,
            name,
        )

    def held(self, tensor: Any, array: Any) -> NotFiniteError:
        """What came in is a leaf that is not finite itself."""
        index = first_bad(array)
        cell = tensor._cell
        writer = None if cell is None else cell.writer
        written = "" if writer is None else f"; it was last written by {resolve(*writer)}"
        return error(
            f"a leaf of shape {list(array.shape)} holds {np.asarray(array)[index]:.6g} at element {list(index)} before it is used{written}",
            resolve(*caller()), index, "leaf",
        )  # fmt: skip

    def pulled(self, node: Node, arrived: list[Any], handed: tuple[Any, ...]) -> None:
        op = getattr(node, "op", None)
        if op is not None and op.name in RULES_OF_ARITHMETIC and not modes().anomaly and not self.has_flag():
            return
        for g in handed:
            array = getattr(g, "_array", g)
            if g is not None and not self.passes(array):
                came = [np.asarray(numbers_of(getattr(one, "_array", one))) for one in arrived if one is not None]
                index = (
                    first_bad(numbers_of(array))
                    if self.inf
                    else tuple(map(int, np.argwhere(np.isnan(numbers_of(array)))[0]))
                )
                number = np.asarray(numbers_of(array))[index]
                if any(np.isnan(one).any() for one in came) or (
                    not np.isnan(number) and not all(np.isfinite(one).all() for one in came)
                ):
                    continue
                kind = "NaN" if np.isnan(number) else "infinity"
                shape = np.shape(array)
                at = [one for one in (_at(one, shape, index) for one in came) if one is not None]
                saved = {
                    name: _at(np.asarray(a), shape, index)
                    for name, a in operands(node).items()
                    if isinstance(name, str)
                }
                known = "".join(f", {name} is {value:.6g}" for name, value in saved.items() if value is not None)
                said = f"the backward of {node.name()} made {kind} at element {list(index)}"
                raise error(
                    said + (f", of the cotangent {at[0]:.6g}" if at else "") + known, node.origin(), index, node.name()
                )


def _at(array: Any, shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    """The number of an operand that went into an element, where the shapes tell."""
    try:
        return np.broadcast_to(array, shape)[index]
    except ValueError:
        return None


def error(said: str, place: Place, element: tuple[int, ...], by: str) -> NotFiniteError:
    raised = NotFiniteError(f"{said}.\n  here: {place}\nguard() stops at the first number that is not finite.")
    raised.place, raised.element, raised.by = place, element, by
    return raised
