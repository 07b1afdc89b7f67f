"""The methods of ``Tensor`` that are functions: mostly copies of their objects, so one docstring and one behaviour.

They are copies, since to a ``__torch_function__``, ``torch.add`` and ``torch.Tensor.add`` are two functions.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ... import _late
from ..._late import LateMethod
from ...core.overriding import copy_of
from ...core.value import TensorBase
from .comparison import ComparisonMethods
from .conversion import ConversionMethods
from .creation import CreationMethods
from .elementwise import ElementwiseMethods
from .indexing import IndexingMethods
from .interop import InteropMethods
from .numbers import NumberMethods
from .reduction import ReductionMethods
from .shape import ShapeMethods
from .transcendental import TranscendentalMethods

LATE = {
    "activation.ActivationMethods": "hardshrink log_softmax prelu relu relu_ softmax",
    "complex_numbers.ComplexMethods": """
        angle conj conj_physical conj_physical_ imag is_conj is_neg real resolve_conj resolve_neg
    """,
    "cumulative.CumulativeMethods": "cummax cummin cumprod cumprod_ cumsum cumsum_ diff logcumsumexp",
    "decompositions.DecompositionMethods": """
        cholesky cholesky_inverse cholesky_solve geqrf lu lu_solve matrix_exp orgqr ormqr pinverse qr svd
        triangular_solve
    """,
    "integers.IntegerMethods": "frexp gcd gcd_ hash_tensor lcm lcm_ nonzero_static",
    "legacy.LegacyMethods": """
        __div__ __idiv__ __long__ __nonzero__ __rdiv__ eig lstsq module_load reinforce solve symeig
    """,
    "gathering.GatheringMethods": """
        argwhere gather index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_put
        index_put_ index_select masked_fill masked_fill_ masked_scatter masked_scatter_ masked_select
        nonzero put put_ scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ take
        take_along_dim tril_ triu_ where
    """,
    "linalg.LinalgMethods": """
        __matmul__ __rmatmul__ addbmm addbmm_ addmm addmm_ addmv addmv_ addr addr_ baddbmm baddbmm_ bmm
        cross det dot ger inner inverse kron logdet matmul matrix_power mm mv outer slogdet trace vdot
    """,
    "mapping.MappingMethods": "apply_ map2_ map_",
    "memory.MemoryMethods": """
        as_strided_ const_data_ptr dim_order is_distributed is_set_to new_empty_strided record_stream resize
        resize_as set_ sum_to_size
    """,
    "random.RandomMethods": """
        bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial normal_ random_
        uniform_
    """,
    "replacing.ReplacingMethods": """
        as_strided_scatter diagonal_scatter index_reduce index_reduce_ narrow_copy renorm renorm_ select_scatter
        slice_scatter unsafe_chunk unsafe_split unsafe_split_with_sizes
    """,
    "short_time.ShortTimeMethods": "istft stft",
    "sorting.SortingMethods": """
        argsort bincount histc kthvalue median mode msort nanmedian nanquantile quantile sort topk unique
        unique_consecutive
    """,
    "sparse.SparseMethods": """
        _indices _nnz _sparse _values ccol_indices coalesce col_indices crow_indices dense_dim indices is_coalesced
        resize_as_sparse_ row_indices sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ to_dense to_sparse
        to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr values
    """,
    "special.SpecialMethods": "i0 i0_ igamma igamma_ igammac igammac_ mvlgamma mvlgamma_",
    "statistics.StatisticsMethods": "corrcoef cov histogram",
}
"""Families that load with the first use of one of these methods: module and class -> what it has."""

if TYPE_CHECKING:
    from .activation import ActivationMethods
    from .complex_numbers import ComplexMethods
    from .cumulative import CumulativeMethods
    from .decompositions import DecompositionMethods
    from .gathering import GatheringMethods
    from .integers import IntegerMethods
    from .legacy import LegacyMethods
    from .linalg import LinalgMethods
    from .mapping import MappingMethods
    from .memory import MemoryMethods
    from .random import RandomMethods
    from .replacing import ReplacingMethods
    from .short_time import ShortTimeMethods
    from .sorting import SortingMethods
    from .sparse import SparseMethods
    from .special import SpecialMethods
    from .statistics import StatisticsMethods

    class LateMethods(
        ActivationMethods,
        ComplexMethods,
        CumulativeMethods,
        DecompositionMethods,
        IntegerMethods,
        LegacyMethods,
        GatheringMethods,
        LinalgMethods,
        MappingMethods,
        MemoryMethods,
        RandomMethods,
        ReplacingMethods,
        ShortTimeMethods,
        SortingMethods,
        SparseMethods,
        SpecialMethods,
        StatisticsMethods,
    ):
        __slots__ = ()
else:

    class LateMethods(TensorBase):
        """A stand-in for each method of the late families."""

        __slots__ = ()


def is_shared(name: str, value: Any) -> bool:
    """Whether a method is a function of ``functions`` or ``ops``, or another method, and not written as this one."""
    return type(value) is FunctionType and ("." not in value.__qualname__ or value.__name__ != name)


def load(family: str) -> None:
    """Put the methods of a late family in the place of their stand-ins."""
    module, _, name = family.partition(".")
    methods = getattr(import_module(f".{module}", __name__), name)
    loaded = {}
    for one in LATE[family].split():
        value = vars(methods)[one]
        loaded[one] = copy_of(value, one) if is_shared(one, value) else value
        setattr(LateMethods, one, loaded[one])
    _late.announce(__name__, loaded)


for family, names in LATE.items():
    load_it = partial(load, family)
    for name in names.split():
        setattr(LateMethods, name, LateMethod(name, load_it))


class TensorMethods(
    LateMethods,
    ComparisonMethods,
    ConversionMethods,
    CreationMethods,
    ElementwiseMethods,
    IndexingMethods,
    InteropMethods,
    NumberMethods,
    ReductionMethods,
    ShapeMethods,
    TranscendentalMethods,
):
    """All families together."""

    __slots__ = ()

    if not TYPE_CHECKING:
        vars().update(
            (name, copy_of(value, name))
            for family in (
                ComparisonMethods, ConversionMethods, CreationMethods, ElementwiseMethods, IndexingMethods, InteropMethods,
                ReductionMethods, ShapeMethods, TranscendentalMethods,
            )
            for name, value in vars(family).items()
            if is_shared(name, value)
        )  # fmt: skip
