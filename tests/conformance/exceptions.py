"""Where PyTorch is no oracle: the reason for each. ``test_exceptions.py`` asks finite differences, and loops, instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .samples import Case, tensors_in

UNDEFINED_VALUES = frozenset("empty empty_like empty_permuted empty_strided new_empty new_empty_strided".split())
"""Whatever the memory holds: only shapes and dtypes are compared."""

LEFT_OUT = frozenset({"as_strided.partial_views"})
"""Its samples are parts of larger memory, which a copy of them lacks."""

NOT_TRANSLATED = ("a single memory location", "not resizable", "descriptor '__", "64 dims")
"""What PyTorch's refusals say that depend on memory that two arguments share, on C++'s methods, or on 65 dimensions."""


def always(_: Case) -> bool:
    return True


def of_a_number(case: Case) -> bool:
    return not first(case).ndim


def of_integers(case: Case) -> bool:
    return not first(case).is_floating_point()


def of_bags(case: Case) -> bool:
    return "offsets" in case.arguments[2]


def first(case: Case) -> Any:
    return next(tensors_in(case.arguments))


class Excepted(NamedTuple):
    """Samples for which PyTorch gives another answer than it should, or one of several that are right."""

    ops: str
    checks: str
    reason: str
    when: Callable[[Case], bool] = always
    defined: bool = True
    """Whether loops and finite differences can tell who is right."""


HESSIANS = "hessian_rev_rev hessian_fwd_rev hessian_rev_fwd hessian_fwd_fwd"
EXCEPTIONS = (
    Excepted(
        "roll",
        f"vmap vmap_of_one vmap_grad jacrev jacfwd vmap_jacrev vmap_jacfwd {HESSIANS}",
        "of 0-d elements, the batch itself is rolled",
        of_a_number,
    ),
    Excepted("addmv", "vmap vmap_of_one", "float32 in a batch, where each element for itself is int64", of_integers),
    Excepted("logcumsumexp", "jvp jacfwd vmap_jacfwd", "its tangent keeps six digits"),
    Excepted("linalg.solve linalg.solve_ex linalg.tensorsolve", "vmap_jacfwd", "wrong from the second element of the batch on"),
    Excepted("cholesky_inverse", "jvp jacfwd vmap_jacfwd", "it moves with the triangle that is not read; its jacrev does not"),
    Excepted("linalg.eig linalg.eigh linalg.svd svd", "value method vmap vmap_of_one", "of vectors any phase is right", defined=False),
    Excepted("linalg.det linalg.slogdet logdet", "vmap_jacfwd hessian_rev_fwd hessian_fwd_fwd", "wrong; jacrev of jacrev is right"),
    Excepted("scatter_reduce.prod", "jvp jacfwd vmap_jacfwd hessian_fwd_rev hessian_rev_fwd hessian_fwd_fwd", "wrong tangents"),
    Excepted("scatter_reduce.prod", "vmap_jacrev", "wrong in a batch"),
    Excepted("diag diag_embed", "hessian_rev_fwd", "it reads memory that nobody has written"),
    Excepted("as_strided_scatter", "grad jacrev jacfwd", "the old value's gradient is that of what was written over it"),
    Excepted("masked.logaddexp", "vmap_jacfwd hessian_rev_fwd", "NaN where an operand is -inf, with 0 on both sides of it"),
    Excepted("torch.ops.aten._safe_softmax.default", "hessian_rev_fwd", "NaN where the softmax is 0 whatever moves"),
    Excepted("linalg.norm.subgradients_at_zero", HESSIANS, "NaN at zero, where ours is 0", defined=False),
    Excepted(
        "nn.functional.batch_norm nn.functional.layer_norm native_batch_norm native_layer_norm",
        HESSIANS,
        "of the gradient of the weight, the mean and the spread are taken for constants; the matrix is not symmetric",
    ),
    Excepted("nn.functional.instance_norm", "hessian_rev_fwd hessian_fwd_fwd", "likewise, of the tangent"),
    Excepted(
        "nn.functional.embedding_bag",
        "vmap",
        "a batch of offsets: computed one by one there, if the sizes happen to agree; refused here",
        of_bags,
        defined=False,
    ),
    Excepted("kthvalue", "value method vmap vmap_of_one", "of ties any index is right; ours is the first", of_integers, defined=False),
    Excepted(
        "argwhere bincount repeat_interleave",
        "vmap vmap_of_one",
        "the shape depends on values: computed one by one there, if the shapes happen to agree; refused here",
        defined=False,
    ),
)  # fmt: skip


def excepted(case: Case, check: str) -> bool:
    return any(case.name in one.ops.split() and check in one.checks.split() and one.when(case) for one in EXCEPTIONS)
