"""Factors in front of what they multiply, as programs wrote them before PyTorch 1.5: ``p.add_(-lr, p.grad)``.

PyTorch still takes them, by position, and calls them deprecated. The functions name what is left over ``*factors_first``.
"""

from __future__ import annotations

from typing import Any

from ..core.dispatch import NUMBERS
from ..core.value import TensorBase
from ..once import warn_once


def in_order(function: str, operands: str, factors: str, *given: Any) -> tuple[Any, ...]:
    """The operands in the order of today, then the factors.

    Args:
        function: its name, without an underscore at its end the name of a function of ``torch``.
        operands: the names of those beside the first.
        factors: the names of the factors.
        given: what the call has by position: the first operand, the factors, the others. The first of two factors may stand before all.

    Raises:
        TypeError: this is no such call.
    """
    names, factor_names = operands.split(), factors.split()
    as_given = given
    if len(factor_names) > 1 and _is_number(given[0]):
        input, beta, *rest = given[1], given[0], *given[2:]
    else:
        input, beta, *rest = given
    found = [beta, *rest[: len(rest) - len(names)]]
    others = rest[len(found) - 1 :]
    is_form = 0 < len(found) <= len(factor_names) and all(map(_is_number, found))
    if not (is_form and isinstance(input, TensorBase)):
        raise TypeError(
            f"{function}() takes {1 + len(names)} positional arguments but {len(as_given)} were given: give {' and '.join(factor_names)} by name"
        )
    told = ", ".join(
        [*(f"Number {name}" for name in factor_names[: len(found)]), *(f"Tensor {name}" for name in names)]
    )
    today = ", ".join([*(f"Tensor {name}" for name in names), "*", *(f"Number {name} = 1" for name in factor_names)])
    warn_once(
        f"This overload of {function} is deprecated:\n\t{function}({told})\nConsider using one of the following signatures "
        f"instead:\n\t{function}({today})",
        stacklevel=4,
        about="an overload",
    )
    return (input, *others, *(_plain(one) for one in found), *[1] * (len(factor_names) - len(found)))


def _is_number(value: Any) -> bool:
    if isinstance(value, TensorBase):
        return not value._array.ndim and not value.requires_grad
    return isinstance(value, NUMBERS)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, TensorBase) else value
