"""Where PyTorch is no oracle: the reason for each. ``test_exceptions.py`` asks finite differences, and loops, instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .samples import Case, tensors_in

UNDEFINED_VALUES = frozenset("empty empty_like empty_permuted empty_strided new_empty new_empty_strided".split())
"""Whatever the memory holds: only shapes and dtypes are compared."""

LEFT_OUT = frozenset({"as_strided.partial_views"})
"""Its samples are parts of larger memory, which a copy of them lacks."""

TO_COME = ("singular values",)
"""What errors say of parts that chainrule does not have yet."""


def always(_: Case) -> bool:
    return True


def of_a_number(case: Case) -> bool:
    return not first(case).ndim


def of_integers(case: Case) -> bool:
    return not first(case).is_floating_point()


def first(case: Case) -> Any:
    return next(tensors_in(case.arguments))


class Excepted(NamedTuple):
    """Samples for which PyTorch gives another answer than it should, or one of several that are right."""

    ops: str
    checks: str
    when: Callable[[Case], bool]
    reason: str


EXCEPTIONS = (
    Excepted(
        "roll",
        "vmap vmap_of_one vmap_grad jacrev jacfwd vmap_jacrev vmap_jacfwd hessian_rev_rev hessian_fwd_rev hessian_rev_fwd hessian_fwd_fwd",
        of_a_number,
        "of 0-d elements, the batch itself is rolled",
    ),
    Excepted("addmv", "vmap vmap_of_one", of_integers, "float32 in a batch, where each element for itself is int64"),
    Excepted("kthvalue", "value method vmap vmap_of_one", of_integers, "of ties any index is right; here it is the first"),
    Excepted("logcumsumexp", "jacfwd vmap_jacfwd", always, "its tangent keeps six digits; jacrev agrees"),
    Excepted("linalg.solve", "vmap_jacfwd", always, "its vmap of jacfwd is wrong from the second element on; that of jacrev agrees"),
    Excepted("diag diag_embed", "hessian_rev_fwd", always, "it reads memory that nobody has written"),
)  # fmt: skip


def excepted(case: Case, check: str) -> bool:
    return any(case.name in one.ops.split() and check in one.checks.split() and one.when(case) for one in EXCEPTIONS)
