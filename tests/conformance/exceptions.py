"""Where PyTorch is no oracle: the reason for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .samples import Case, tensors_in

UNDEFINED_VALUES = frozenset("empty empty_like empty_permuted empty_strided new_empty new_empty_strided".split())
"""Whatever the memory holds: only shapes and dtypes are compared."""

TO_COME = ("singular values",)
"""What errors say of parts that chainrule does not have yet."""


class Exception_(NamedTuple):
    """Samples for which PyTorch gives another answer than it should, or one of several that are right."""

    ops: str
    checks: str
    reason: str
    when: Callable[[Case], Any] = lambda case: True


BATCHES = (
    "vmap vmap_of_one vmap_grad vmap_jacrev vmap_jacfwd jacrev jacfwd hessian_fwd_rev hessian_rev_fwd hessian_fwd_fwd"
)


def first(case: Case) -> Any:
    return next(tensors_in(case.arguments))


EXCEPTIONS = (
    Exception_(
        "roll",
        BATCHES,
        "its batching rule rolls the batch itself where an element is 0-d",
        lambda case: not first(case).ndim,
    ),
    Exception_(
        "addmv",
        "vmap vmap_of_one",
        "float32 under vmap, where each element is int64",
        lambda case: not first(case).is_floating_point(),
    ),
    Exception_(
        "kthvalue",
        "value method vmap vmap_of_one",
        "of ties, the index of any is right: here the first",
        lambda case: not first(case).is_floating_point(),
    ),
)


def excepted(case: Case, check: str) -> bool:
    return any(check in one.checks.split() and case.name in one.ops.split() and one.when(case) for one in EXCEPTIONS)
