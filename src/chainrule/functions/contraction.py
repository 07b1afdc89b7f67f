"""``einsum``: sums of products by Einstein's convention."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.value import TensorBase
from ._arguments import naming

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["einsum"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ELLIPSIS = -1
"""Stands in a list of labels for the dimensions that an ellipsis covers; these get labels from ``len(LETTERS)`` on."""

Labels = tuple[int, ...]


def einsum(*args: Any) -> Tensor:
    """Products of the operands' elements, summed over the labels that the output lacks.

    ``einsum(equation, *operands)``: the equation labels each dimension with a letter, as in ``"ij,jk->ik"``. ``...``
    stands for any further dimensions, which broadcast; a letter twice in one operand takes the diagonal; without ``->``
    the output has the letters that occur once, in alphabetical order. Or ``einsum(operand, [0, 1], ..., [1])`` with
    lists of ints (and Ellipsis) for letters.

    Raises:
        RuntimeError: an equation that does not fit the operands.

    >>> import chainrule as torch
    >>> torch.einsum("ij,j->i", torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1., 10.]))
    tensor([21., 43.])
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            f"subscripts list: got {len(args)} argument(s)"
        )
    inputs: list[list[int]]
    output: list[int] | None
    if isinstance(args[0], TensorBase):
        operands, inputs, output = _from_lists(args)
    else:
        if not isinstance(args[0], str):
            raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(args[0]).__name__}")
        operands = args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = tuple(operands[0])
        inputs, output = _parse(args[0])
    for at, operand in enumerate(operands):
        if not isinstance(operand, TensorBase):
            raise TypeError(f"expected Tensor as element {at} in argument 1, but got {type(operand).__name__}")
    try:
        tensors, labels, out = _fitted(operands, inputs, output)
    except RuntimeError as error:
        raise naming(error, *operands) from None
    return _contracted(tensors, labels, out)


def _fitted(
    operands: tuple[Any, ...], inputs: list[list[int]], output: list[int] | None
) -> tuple[list[Tensor], list[Labels], Labels]:
    """The operands with a label for each dimension, none twice, and the labels of the output."""
    if len(inputs) != len(operands):
        fewer = "fewer" if len(operands) < len(inputs) else "more"
        raise RuntimeError(
            f"einsum(): {fewer} operands were provided than specified in the equation: {len(operands)}, and "
            f"{len(inputs)} lists of subscripts"
        )
    covered = _ellipsis_sizes(operands, inputs)
    out = _output(inputs, output, covered)
    tensors, labels = [], []
    for at, (operand, subscripts) in enumerate(zip(operands, inputs, strict=True)):
        names = _expanded(subscripts, operand.ndim - len(subscripts) + 1, covered)
        tensor, names = _without_repeats(operand, names, at)
        tensors.append(tensor)
        labels.append(names)
    _check_sizes(tensors, labels)
    return tensors, labels, out


# -- reading the equation ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _parse(equation: str) -> tuple[list[list[int]], list[int] | None]:
    """The labels of each operand, and those of the output if there is an arrow."""
    left, arrow, right = equation.partition("->")
    inputs = []
    start = 0
    for at, part in enumerate(left.split(",")):
        inputs.append(_read(equation, start, part, f"operand {at}", "any ellipsis"))
        start += len(part) + 1
    return inputs, _read(equation, start + 1, right, "output", "any ellipsis (...)") if arrow else None


def _read(equation: str, start: int, part: str, where: str, what: str) -> list[int]:
    labels: list[int] = []
    at = 0
    while at < len(part):
        letter = part[at]
        if letter == ".":
            again = ELLIPSIS in labels
            if again or part[at : at + 3] != "...":
                said = "for which an ellipsis was already found" if again else f"that is not part of {what}"
                if where == "output" and again:
                    said = "but an ellipsis (...) was already found"
                raise RuntimeError(f"einsum(): found '.' for {where} {said}")
            labels.append(ELLIPSIS)
            at += 2
        elif letter in LETTERS:
            labels.append(LETTERS.index(letter))
        elif letter != " ":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {start + at} in the equation string, subscripts must be in [a-zA-Z]: "
                f"got {letter!r} in {equation!r}"
            )
        at += 1
    return labels


def _from_lists(args: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[list[int]], list[int] | None]:
    """The form with lists: operand, subscripts, operand, subscripts, ..., output."""
    lists_at = [*range(1, len(args), 2), *([len(args) - 1] if len(args) % 2 else [])]
    for at in lists_at:
        if not isinstance(args[at], Sequence):
            raise RuntimeError(
                f"einsum(): argument {at + 1} must be a list of subscripts, not {type(args[at]).__name__}: the arguments are an "
                "equation string and operands, or operands each followed by its list"
            )
    lists = [[_subscript(s) for s in given] for given in args[1::2]]
    output = [_subscript(s) for s in args[-1]] if len(args) % 2 else None
    return args[0 : 2 * len(lists) : 2], lists, output


def _subscript(given: Any) -> int:
    if given is Ellipsis:
        return ELLIPSIS
    if not hasattr(given, "__index__"):
        raise TypeError(
            f"'{type(given).__name__}' object cannot be interpreted as an integer: subscripts are ints or Ellipsis"
        )
    label = int(given.__index__())
    if not 0 <= label < len(LETTERS):
        raise ValueError(f"einsum(): subscript in subscript list is not within the valid range [0, 52): got {label}")
    return label


# -- what the labels stand for -------------------------------------------------------------------------------------------


def _ellipsis_sizes(operands: tuple[Any, ...], inputs: list[list[int]]) -> int:
    """How many dimensions the widest ellipsis covers."""
    widest = 0
    for at, (operand, labels) in enumerate(zip(operands, inputs, strict=True)):
        named = len(labels) - labels.count(ELLIPSIS)
        if ELLIPSIS in labels and named <= operand.ndim:
            widest = max(widest, operand.ndim - named)
        elif named != operand.ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) "
                + (
                    f"is more than the number of dimensions ({operand.ndim}) for operand {at}"
                    if ELLIPSIS in labels
                    else f"does not match the number of dimensions ({operand.ndim}) for operand {at} and no ellipsis was given"
                )
            )
    return widest


def _expanded(labels: list[int], covers: int, widest: int) -> Labels:
    """The labels with the ellipsis spelled out: of the dimensions that it covers the last ones meet."""
    out: list[int] = []
    for label in labels:
        out += range(len(LETTERS) + widest - covers, len(LETTERS) + widest) if label == ELLIPSIS else [label]
    return tuple(out)


def _output(inputs: list[list[int]], output: list[int] | None, widest: int) -> Labels:
    used = [label for labels in inputs for label in labels if label != ELLIPSIS]
    if output is None:
        implied = sorted(label for label in set(used) if used.count(label) == 1)
        return _expanded([ELLIPSIS, *implied], widest, widest)
    for label in output:
        if label != ELLIPSIS and output.count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {LETTERS[label]} appears more than once in the output")
        if label != ELLIPSIS and label not in used:
            raise RuntimeError(
                f"einsum(): output subscript {LETTERS[label]} does not appear in the equation for any input operand"
            )
    return _expanded(output, widest, widest)


def _without_repeats(t: Tensor, labels: Labels, number: int) -> tuple[Tensor, Labels]:
    """Diagonals taken where a label comes twice."""
    names = list(labels)
    for label in [label for label in names if label < len(LETTERS)]:
        while names.count(label) > 1:
            first = names.index(label)
            second = names.index(label, first + 1)
            if t.shape[first] != t.shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {LETTERS[label]} is repeated for operand {number} but the sizes don't match, "
                    f"{t.shape[second]} != {t.shape[first]}"
                )
            t = ops.diagonal(t, offset=0, axis1=first - t.ndim, axis2=second - t.ndim)
            names = [*names[:first], *names[first + 1 : second], *names[second + 1 :], label]
    return t, tuple(names)


def _check_sizes(tensors: Sequence[Tensor], labels: Sequence[Labels]) -> None:
    """All dimensions of one label have one size, or 1."""
    sizes: dict[int, int] = {}
    for number, (t, names) in enumerate(zip(tensors, labels, strict=True)):
        for at, (label, size) in enumerate(zip(names, t.shape, strict=True)):
            seen = sizes.setdefault(label, size)
            if seen == 1:
                sizes[label] = size
            elif size not in (1, seen):
                if label < len(LETTERS):
                    raise RuntimeError(
                        f"einsum(): subscript {LETTERS[label]} has size {size} for operand {number} which does not broadcast "
                        f"with previously seen size {seen}"
                    )
                raise RuntimeError(
                    f"einsum(): dimension {at} covered by ellipsis in operand {number} has size {size} which does not "
                    f"broadcast with previously seen ellipsis with size {seen} for the respective dimension"
                )


# -- computing -----------------------------------------------------------------------------------------------------------


def _contracted(tensors: list[Tensor], labels: list[Labels], out: Labels) -> Tensor:
    """The operands from left to right; a label is summed away as soon as nothing later has it."""
    x, x_labels = tensors[0], labels[0]
    for at in range(1, len(tensors)):
        later = {label for names in labels[at + 1 :] for label in names}
        mine = {*x_labels, *labels[at]}
        last = at == len(tensors) - 1
        kept = out if last else tuple(sorted(label for label in mine if label in later or label in out))
        kept = tuple(label for label in kept if label in mine)
        x, x_labels = contraction(x, tensors[at], x_labels, labels[at], kept), kept
    return arranged(x, x_labels, out) if len(tensors) == 1 else x


def arranged(x: Tensor, labels: Labels, out: Labels) -> Tensor:
    """``x`` with the dimensions in the order of ``out``; those that it lacks come last and are summed."""
    summed = tuple(label for label in labels if label not in out)
    order = [label for label in out if label in labels] + list(summed)
    x = ops.permute_dims(x, axes=tuple(labels.index(label) - len(labels) for label in order))
    return ops.sum(x, axis=tuple(range(-len(summed), 0)), keepdims=False) if summed else x


def added_up(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The sum along axes, in the dtype of ``x`` (that of small integers would be int64)."""
    total = ops.sum(x, axis=axes, keepdims=False)
    return total if total._array.dtype == x._array.dtype else ops.astype(total, x._array.dtype)


def contraction(x: Tensor, y: Tensor, x_labels: Labels, y_labels: Labels, out: Labels) -> Tensor:
    """Two labelled operands multiplied, and summed over the labels that ``out`` lacks."""
    x, x_labels = _alone_summed(x, x_labels, y, y_labels, out)
    y, y_labels = _alone_summed(y, y_labels, x, x_labels, out)
    x, x_labels = _alone_summed(x, x_labels, y, y_labels, out)  # what was of size 1 in x is now in x alone
    if all(label in out for label in x_labels):
        return ops.multiply(_spread(x, x_labels, out), _spread(y, y_labels, out))
    from .linalg import is_refused, mixed

    if is_refused(x, y):
        raise mixed(x, y, "expected scalar type {} but found {}", c=False)
    return ops.contract(x, y, x_labels=x_labels, y_labels=y_labels, out_labels=out)


def _alone_summed(x: Tensor, x_labels: Labels, y: Tensor, y_labels: Labels, out: Labels) -> tuple[Tensor, Labels]:
    """``x`` summed over the labels that only it has, or that the other operand has with size 1."""
    axes = []
    for at, label in enumerate(x_labels):
        if label not in out and (label not in y_labels or y.shape[y_labels.index(label)] == 1):
            axes.append(at - len(x_labels))
    if not axes:
        return x, x_labels
    kept = tuple(label for at, label in enumerate(x_labels) if at - len(x_labels) not in axes)
    return added_up(x, tuple(axes)), kept


def _spread(x: Tensor, labels: Labels, out: Labels) -> Tensor:
    """``x`` with its dimensions in the order of ``out``, and of size 1 where it lacks one."""
    order = [label for label in out if label in labels]
    if order != list(labels):
        x = ops.permute_dims(x, axes=tuple(labels.index(label) - len(labels) for label in order))
    lacks = tuple(at - len(out) for at, label in enumerate(out) if label not in labels)
    return ops.expand_dims(x, axis=lacks) if lacks else x
