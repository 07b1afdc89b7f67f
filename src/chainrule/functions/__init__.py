"""What users call: PyTorch's names and signatures, validated and documented, in terms of ``ops``."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from .. import _late
from .bounds import *
from .comparison import *
from .conversion import *
from .creation import *
from .elementwise import *
from .filling import *
from .gathering import *
from .interop import *
from .joining import *
from .masking import *
from .memory import *
from .powers import *
from .rearranging import *
from .reduction import *
from .shape import *
from .spread import *
from .storage import *
from .transcendental import *

if TYPE_CHECKING:
    from .activation import *
    from .affine import *
    from .complex_numbers import *
    from .contraction import *
    from .copies import *
    from .cumulative import *
    from .determinism import *
    from .differences import *
    from .dropping import *
    from .integers import *
    from .legacy import *
    from .linalg import *
    from .matrices import *
    from .norms import *
    from .quantiles import *
    from .random import *
    from .replacing import *
    from .sampling import *
    from .slices import *
    from .sorting import *
    from .statistics import *

LATE = {
    "activation": "celu celu_ log_softmax prelu relu relu_ selu selu_ softmax threshold threshold_",
    "affine": "addbmm addmm addmv addr baddbmm bilinear",
    "complex_numbers": """
        angle conj conj_physical imag is_conj is_neg real resolve_conj resolve_neg view_as_complex
        view_as_real
    """,
    "contraction": "einsum",
    "copies": """
        alias_copy as_strided_copy detach_copy diagonal_copy expand_copy narrow_copy permute_copy
        select_copy slice_copy split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy
        unbind_copy unfold_copy unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze_copy
        view_as_real_copy view_copy
    """,
    "cumulative": "cummax cummin cumprod cumsum cumulative_trapezoid diff logcumsumexp trapezoid trapz",
    "determinism": "are_deterministic_algorithms_enabled use_deterministic_algorithms",
    "differences": "gradient vander",
    "dropping": """
        alpha_dropout alpha_dropout_ dropout dropout_ feature_alpha_dropout feature_alpha_dropout_
        feature_dropout feature_dropout_
    """,
    "integers": "frexp gcd lcm nonzero_static unravel_index",
    "legacy": """
        BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor
        LongTensor ShortTensor
    """,
    "linalg": "bmm chain_matmul cross dot ger inner kron matmul mm mv outer tensordot trace vdot",
    "matrices": "det inverse logdet matrix_power slogdet",
    "norms": "cdist",
    "quantiles": "nanquantile quantile",
    "random": "rand rand_like randint randint_like randn randn_like randperm",
    "replacing": "as_strided_scatter diagonal_scatter fill select_scatter slice_scatter",
    "sampling": "bernoulli binomial multinomial normal poisson",
    "slices": "index_reduce renorm",
    "sorting": """
        argsort bincount bucketize histc isin kthvalue median mode msort nanmedian searchsorted sort topk
        unique unique_consecutive
    """,
    "statistics": "corrcoef cov histogram histogramdd",
}
"""Families that load with the first use of one of these."""

__getattr__ = _late.late(globals(), LATE)

# Not the modules: torch.linalg is another than functions.linalg.
__all__ = [
    name
    for name, value in globals().items()
    if name[0] != "_" and not name.isupper() and not isinstance(value, (types.ModuleType, type(annotations)))
]
