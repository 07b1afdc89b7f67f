"""Where PyTorch is no oracle: the reason for each. ``test_exceptions.py`` asks finite differences, and loops, instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from .samples import Case, tensors_in

UNDEFINED_VALUES = frozenset("empty empty_like empty_permuted empty_strided new_empty new_empty_strided".split())
"""Whatever the memory holds: only shapes and dtypes are compared."""

LEFT_OUT = {
    "as_strided.partial_views": "its samples are parts of larger memory, which a copy of them lacks",
    "to_sparse": "its results are sparse, which the comparison does not read: tests/golden/sparse.json has them",
    "sparse.mm.reduce": "products of sparse matrices are sums only here",
    "sparse.sampled_addmm": "its operands are sparse, which the comparison does not translate: tests/golden/sparse.json",
    "chalf": "there is no complex dtype of half precision",
}
"""Entries of the op database that are not compared."""

NOT_TRANSLATED = ("a single memory location", "not resizable", "descriptor '__", "64 dims")
"""What PyTorch's refusals say that depend on memory that two arguments share, on C++'s methods, or on 65 dimensions."""


def always(_: Case) -> bool:
    return True


def of_halves(case: Case) -> bool:
    return any(x.dtype.itemsize == 2 and x.is_floating_point() for x in tensors_in(case.arguments))


def of_float32(case: Case) -> bool:
    return str(first(case).dtype) == "torch.float32"


def of_a_number(case: Case) -> bool:
    return not first(case).ndim


def of_integers(case: Case) -> bool:
    return not first(case).is_floating_point()


def of_bags(case: Case) -> bool:
    return "offsets" in case.arguments[2]


def without_avx512(_: Case) -> bool:
    return torch.backends.cpu.get_cpu_capability() != "AVX512"


def of_halves_without_avx512(case: Case) -> bool:
    return without_avx512(case) and of_halves(case)


def of_bytes(case: Case) -> bool:
    return str(first(case).dtype) == "torch.uint8"


def of_complex_numbers(case: Case) -> bool:
    return case.is_complex


def first(case: Case) -> Any:
    return next(tensors_in(case.arguments))


def of_vectors(case: Case) -> bool:
    return any(x.ndim < 2 for x in tensors_in(case.arguments[:2]))


class Excepted(NamedTuple):
    """Samples for which PyTorch gives another answer than it should, or one of several that are right."""

    ops: str
    checks: str
    reason: str
    when: Callable[[Case], bool] = always
    defined: bool = True
    """Whether loops and finite differences can tell who is right."""
    parts: str = ""
    """Of a check that has parts, those; else all."""


HESSIANS = "hessian_rev_rev hessian_fwd_rev hessian_rev_fwd hessian_fwd_fwd"
EXCEPTIONS = (
    Excepted(
        "roll",
        f"vmap vmap_of_one vmap_grad jacrev jacfwd vmap_jacrev vmap_jacfwd {HESSIANS}",
        "of 0-d elements, the batch itself is rolled",
        of_a_number,
    ),
    Excepted("addmv addbmm baddbmm", "vmap vmap_of_one", "float32 in a batch, where each element for itself is int64", of_integers),
    Excepted("logcumsumexp", "jvp jacfwd vmap_jacfwd", "its tangent keeps six digits"),
    Excepted("linalg.solve linalg.solve_ex linalg.tensorsolve", "vmap_jacfwd", "wrong from the second element of the batch on"),
    Excepted("linalg.tensorsolve", "hessian_rev_fwd hessian_fwd_fwd", "half of it; jacrev of jacrev is right"),
    Excepted("cholesky_inverse", "jvp jacfwd vmap_jacfwd", "it moves with the triangle that is not read; its jacrev does not"),
    Excepted(
        "linalg.eig linalg.eigh linalg.svd svd svd_lowrank pca_lowrank", "value method dtypes out vmap vmap_of_one",
        "of vectors any phase is right", defined=False,
    ),
    Excepted("linalg.det linalg.slogdet logdet", "vmap_jacfwd hessian_rev_fwd hessian_fwd_fwd", "wrong; jacrev of jacrev is right"),
    Excepted("scatter_reduce.prod", "jvp jacfwd vmap_jacfwd hessian_fwd_rev hessian_rev_fwd hessian_fwd_fwd", "wrong tangents"),
    Excepted("scatter_reduce.prod", "vmap_jacrev", "wrong in a batch"),
    Excepted("diag diag_embed", "hessian_rev_fwd", "it reads memory that nobody has written"),
    Excepted("as_strided_scatter", "grad gradgrad jacrev jacfwd", "the old value's gradient is that of what was written over it"),
    Excepted("masked.logaddexp", "gradgrad vmap_jacfwd hessian_rev_rev hessian_rev_fwd", "NaN where an operand is -inf, with 0 on both sides of it"),
    Excepted("torch.ops.aten._safe_softmax.default", "hessian_rev_fwd", "NaN where the softmax is 0 whatever moves"),
    Excepted(
        "nn.functional.batch_norm nn.functional.layer_norm native_batch_norm native_layer_norm _native_batch_norm_legit "
        "_batch_norm_with_update",
        f"gradgrad {HESSIANS}",
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
    Excepted("linalg.norm.subgradients_at_zero", f"gradgrad {HESSIANS}", "NaN at zero, where ours is 0", defined=False),
    Excepted("kthvalue", "value method dtypes out vmap vmap_of_one", "of ties any index is right; ours is the first", of_integers, defined=False),
    Excepted(
        "argwhere bincount repeat_interleave",
        "vmap vmap_of_one",
        "the shape depends on values: computed one by one there, if the shapes happen to agree; refused here",
        defined=False,
    ),
    Excepted("nn.functional.soft_margin_loss", "dtypes", "an exponential overflows", of_halves, defined=False),
    Excepted(
        "nn.functional.conv_transpose2d", "dtypes",
        "with an output padding not less than the stride, half precision is rounded before it is added up", of_halves, defined=False,
    ),
    Excepted(
        "nn.functional.conv_transpose1d nn.functional.conv_transpose3d", "dtypes",
        "on a processor without AVX-512, partial sums are rounded to half precision", of_halves_without_avx512, defined=False,
    ),
    Excepted(
        "svd_lowrank pca_lowrank", "gradgrad",
        "ill-conditioned: without AVX-512, PyTorch's own results differ by up to 1e-6 of themselves with ATEN_CPU_CAPABILITY=default",
        without_avx512, defined=False,
    ),
    Excepted(
        "nn.functional.interpolate.bilinear nn.functional.interpolate.bicubic nn.functional.upsample_bilinear _upsample_bilinear2d_aa",
        "dtypes",
        "of bytes, the weights are in fixed point there: some results are one less or more", of_bytes, defined=False,
    ),
    Excepted(
        "native_batch_norm _native_batch_norm_legit", "out", "an out= of half precision, or of other dimensions, is refused by its name in C++",
        defined=False, parts="larger bfloat16 float32",
    ),
    Excepted("_batch_norm_with_update", "out", "its results have no out= as a whole in Python", defined=False),
    Excepted(
        "nn.functional.linear_cross_entropy.chunked nn.functional.linear_cross_entropy.chunked_none",
        f"gradgrad jvp jacrev jacfwd vmap_jacrev vmap_jacfwd {HESSIANS}",
        "what was computed in chunks has zeros for all derivatives but those of a backward; here there are no chunks",
    ),
    Excepted(
        "fft.ifft fft.ihfft fft.ihfftn", "out",
        "conjugates of other transforms: they refuse complex64 where those take it, or leave out= as it was", defined=False,
    ),
    Excepted(
        "special.laguerre_polynomial_l special.legendre_polynomial_p", "out",
        "without derivatives, they write to a leaf that requires grad; here they have some", defined=False, parts="leaf",
    ),
    Excepted("nn.functional.layer_norm nn.functional.ctc_loss", "grad", "float32: fewer digits", of_float32, defined=False),
    Excepted("matrix_exp", "dtypes", "NaN", of_halves, defined=False),
    Excepted("matrix_exp", "grad dtypes", "float32: wrong in the third digit", of_float32, defined=False),
    Excepted("complex view_as_complex", "dtypes", "complex32; here there is none", of_halves, defined=False),
    Excepted(
        "special.polygamma.special_polygamma_n_0 polygamma.polygamma_n_0 "
        "polygamma.polygamma_n_1 polygamma.polygamma_n_2 polygamma.polygamma_n_3 polygamma.polygamma_n_4",
        "dtypes", "of negative numbers wrong in the fifth digit, and finite at poles", defined=False,
    ),
    Excepted("logcumsumexp", "grad", "float32: three digits beside large numbers", of_float32, defined=False),
    Excepted("digamma", "grad", "float32: of negative numbers wrong in the fifth digit", of_float32, defined=False),
    Excepted("addbmm", "inplace", "its tensor is resized, as no other is in place; refused here", defined=False),
    Excepted(
        "conj_physical diff diag inner tensordot quantile nanquantile softmax softmax.with_dtype log_softmax log_softmax.with_dtype "
        "linalg.norm linalg.norm.subgradients_at_zero linalg.matrix_norm linalg.matrix_power",
        "out",
        "out= is recorded by chance, since the function is made of others; refused here, as everywhere",
        defined=False, parts="recorded",
    ),
    Excepted(
        "alias_copy as_strided_copy diagonal_copy expand_copy narrow_copy permute_copy slice_scatter split_with_sizes_copy squeeze_copy "
        "t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy",
        "out",
        "out= is recorded by a node without a derivative; refused here, as everywhere",
        defined=False, parts="recorded leaf",
    ),
    Excepted("narrow_copy", "out", "written to the wrong places of memory with gaps; resized without a word", defined=False, parts="strided larger"),
    Excepted("nn.functional.avg_pool3d", "out", "written to the wrong places of memory with gaps", defined=False, parts="strided"),
    Excepted(
        "ones zeros full empty randn bernoulli multinomial normal.number_mean mode linspace linspace.tensor_overload logspace "
        "logspace.tensor_overload addbmm nn.functional.logsigmoid lu",
        "out",
        "the warning that out= is resized is forgotten, or out= is not resized to a result without elements",
        defined=False, parts="larger",
    ),
    Excepted(
        "matmul nn.functional.linear", "out", "of vectors, out= is warned about and given other memory though it has the right shape",
        of_vectors, defined=False, parts="right strided leaf recorded int64 float64 complex128",
    ),
    Excepted(
        "normal normal.number_mean", "out", "out= is not resized: it takes part in the shape", defined=False, parts="empty larger",
    ),
    Excepted(
        "linalg.matrix_power", "out", "whether other dtypes are converted to depends on the exponent", defined=False,
        parts="bfloat16 float32 complex64 complex128",
    ),
    Excepted(
        "fft.ifft fft.ihfft", "out", "of real numbers other dtypes are refused, where fft.fft converts to them", defined=False,
        parts="complex64 complex128",
    ),
    Excepted(
        "fft.ihfftn", "out", "of one dimension, out= is left as it is", defined=False,
        parts="right strided empty larger leaf recorded complex64 complex128",
    ),
    Excepted("geqrf linalg.lstsq", "out", "other dtypes are converted to", defined=False, parts="bfloat16 float32 float64 complex64 complex128"),
    Excepted("narrow_copy nn.functional.avg_pool3d", "out", "written as if out= were contiguous", defined=False, parts="strided larger"),
    Excepted(
        "lu", "out", "a Python function that copies, whatever the dtype", defined=False,
        parts="bool uint8 int64 bfloat16 float32 float64 complex64 complex128",
    ),
    Excepted(
        "linalg.lu_solve", "out", "out= becomes a conjugate view of its memory", of_complex_numbers, defined=False,
        parts="right strided complex128",
    ),
    Excepted("abs", "out", "of complex numbers, other dtypes are converted to", defined=False, parts="complex64"),
    Excepted("logsumexp mean", "out", "imaginary parts are lost without a word", defined=False, parts="bfloat16 float32 float64"),
    Excepted("all", "out", "uint8: complex numbers are converted before they are looked at", defined=False, parts="uint8"),
    Excepted(
        "cumsum cumprod bernoulli nansum nanmean std var", "out",
        "NotImplementedError of a kernel that lacks the dtype; here the RuntimeError that all others raise",
        defined=False, parts="bool uint8 int64 complex64 complex128",
    ),
)  # fmt: skip


def concerning(case: Case, check: str) -> list[Excepted]:
    return [
        one for one in EXCEPTIONS if case.name in one.ops.split() and check in one.checks.split() and one.when(case)
    ]


def excepted(case: Case, check: str) -> bool:
    return any(not one.parts for one in concerning(case, check))


def excepted_parts(case: Case, check: str, have: Any, want: Any) -> set[str]:
    """The parts of a check that are not compared."""
    parts = {part for one in concerning(case, check) for part in one.parts.split()}
    if check == "out":
        for part in ("leaf", "recorded"):
            if isinstance(have[part][0], RuntimeError) and not isinstance(want[part][0], Exception):
                parts.add(part)
    return parts


RECORDED = (
    "functions that PyTorch makes of several, or has no derivative of, take operands or an out= that require grad, which the others "
    "refuse; refused here, as its documentation says"
)
"""The one exception in the check of ``out`` for which no list of ops is needed."""

META = dict.fromkeys(
    ("native_batch_norm", "_native_batch_norm_legit"),
    "of an evaluation PyTorch gives two empty tensors on the CPU, as we do on both devices, and on meta two of the channels' length",
)
"""Ops whose results on the device "meta" differ, and why."""
