"""Which of NumPy's names are recorded, by which function, and how a call reaches it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, NamedTuple

import numpy as np

from .operands import promoted


class Entry(NamedTuple):
    """What records the calls of one of NumPy's functions."""

    function: Callable[..., Any]
    parameters: tuple[str, ...]
    """The arguments it takes by name, under NumPy's names."""
    open: bool = False
    """Whether it takes any number of arguments by position, too."""
    free: bool = False
    """Whether it takes any others by name, too."""


COVERED: dict[str, Entry] = {}
"""NumPy's functions that are recorded, without ``numpy.``."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "order": ("C", "K"), "subok": (True, False), "casting": ("same_kind",), "optimize": (True, False), "copy": (True,),
    "kind": ("quicksort", "stable", "introselect"), "stable": (True, False), "overwrite_input": (True, False),
    "keepdims": (False,), "where": (True,), "mode": ("raise",), "sparse": (False,), "device": ("cpu",), "sorted": (True,),
}  # fmt: skip
"""Arguments that ask for nothing, by NumPy's names."""


def covers(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function records calls of these functions of NumPy's, whose arguments it takes under NumPy's names.

    It gets arrays as tensors and NumPy's numbers as Python's, and never ``out``, which is written to when it returns.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        parameters = signature(function).parameters.values()
        kinds = {p.kind for p in parameters}
        several = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        named = tuple(p.name for p in parameters if p.kind not in several)
        entry = Entry(function, named, *(kind in kinds for kind in several))
        COVERED.update(dict.fromkeys(names, entry))
        return function

    return register


def covers_as(table: dict[str, str]) -> None:
    """What differs from a function of ours in names only: its name, and then NumPy's parameters in their order, with
    our name after ``>`` where it differs. Operands marked ``*`` are made tensors of one dtype first.
    """
    for name, line in table.items():
        target, *parameters = line.split()
        pairs = [(theirs, mine or theirs.strip("*")) for theirs, _, mine in (p.partition(">") for p in parameters)]
        names = {theirs.strip("*"): mine for theirs, mine in pairs}
        operands = [theirs[1:] for theirs, _ in pairs if theirs[0] == "*"]
        COVERED[name] = Entry(_renaming(target, names, operands), tuple(names))


def _renaming(target: str, names: dict[str, str], operands: list[str]) -> Callable[..., Any]:
    function = ours(target)

    def call(**given: Any) -> Any:
        made = promoted(*(given[name] for name in operands)) if operands else ()
        given |= dict(zip(operands, made, strict=True))
        return function(**{names[key]: value for key, value in given.items() if value is not None})

    return call


def ours(name: str) -> Callable[..., Any]:
    """Our function of that name: one of PyTorch's, or of a module here where PyTorch has it in torch.linalg."""
    module, _, attribute = name.rpartition(".")
    package = __package__.rpartition(".")[0]
    return getattr(import_module(f"{package}.{module}" if module else package), attribute)


WITHOUT_GRADIENT = frozenset(
    """
    allclose argwhere array2string array_equal array_equiv array_repr array_str flatnonzero linalg.matrix_rank
    may_share_memory min_scalar_type nonzero ravel_multi_index shares_memory unravel_index
    """.split()
)
"""Functions that ask for values and whose results carry no gradient: NumPy computes them, and no transform can."""

OF_SHAPES = frozenset(
    """
    can_cast common_type diag_indices_from einsum_path iscomplexobj isrealobj ndim result_type shape size tril_indices_from
    triu_indices_from
    """.split()
)
"""Functions that ask for shapes and dtypes only: NumPy computes them."""

STEPS = frozenset(
    """
    all any argmax argmin argpartition argsort around count_nonzero digitize empty_like fix isclose iscomplex isin isneginf
    isposinf isreal lexsort nanargmax nanargmin ones_like round searchsorted zeros_like
    """.split()
)
"""Functions that are recorded, or need not be, and whose derivative is zero."""


NEEDS_VALUES: dict[str, str] = {
    **dict.fromkeys(
        """
        frexp intersect1d piecewise polymul setdiff1d setxor1d trim_zeros union1d unique unique_all unique_counts
        unique_inverse unique_values
        """.split(),
        "",
    ),
    **dict.fromkeys("array_split compress delete extract insert pad resize".split(), "of arrays that say where"),
    **dict.fromkeys("nanpercentile nanquantile percentile quantile".split(), 'by method="linear"'),
    "bincount": "with `minlength` above all places",
    "logical_and": "but accumulate",
    "logical_or": "but accumulate",
    "polydiv": "by one coefficient",
    "real_if_close": "of real tensors",
    "repeat": "of arrays that say where",
    "where": "with `x` and `y`",
}
"""Of covered names: those whose result or its shape depends on values, and what can be batched and compiled nevertheless."""


@cache
def parameters(name: str, function: Any) -> list[str]:
    """The names of the parameters of NumPy's function, in their order."""
    try:
        names = list(signature(function).parameters)
    except ValueError:  # NumPy before 2.4 does not say, of functions written in C
        names = list(COVERED[name].parameters)
        return [*names[:2], "out"] if name in ("concatenate", "dot") else names
    return ["shape" if name == "newshape" else name for name in names]  # NumPy before 2.1


def is_neutral(key: str, value: Any) -> bool:
    """Whether an argument asks for what happens anyway."""
    return value is None or value is np._NoValue or (isinstance(value, (bool, str)) and value in NEUTRAL.get(key, ()))
