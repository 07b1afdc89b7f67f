"""The names of NumPy's that are not recorded, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterable

INTEGERS_ONLY = frozenset(
    "bitwise_and bitwise_count bitwise_or bitwise_xor gcd invert lcm left_shift packbits right_shift unpackbits".split()
)

ADVICE: dict[str, str] = {
    " ".join(INTEGERS_ONLY): "it is for integers, which have no gradient",
    "busday_count busday_offset datetime_as_string is_busday isnat": "it is for dates, which tensors do not hold",
    "save savetxt savez savez_compressed": "a file keeps no history; save tensor.detach()",
    "histogram histogram2d histogramdd histogram_bin_edges": (
        "counts have no gradient; numpy.bincount adds up weights that have one"
    ),
    "polyfit": "numpy.linalg.lstsq, of numpy.vander, is covered",
    "roots": "how many there are depends on values; torch.linalg.eigvals of the companion matrix finds them",
    "linalg.eig linalg.eigvals": (
        "its dtype depends on values, and chainrule's is always complex: use torch.linalg.eig, or numpy.linalg.eigh"
    ),
    "emath.arccos emath.arcsin emath.arctanh emath.log emath.log10 emath.log2 emath.logn emath.power emath.sqrt": (
        "its dtype depends on values; use the function of numpy, of numpy.astype(tensor, complex) where that is wanted"
    ),
}  # fmt: skip

FOLLOWED = "tensors that require grad or that a transform follows"
"""Of whom a name or an argument may be said not to be covered."""

REFUSED = {name: advice for names, advice in ADVICE.items() for name in names.split()}
"""Names, without ``numpy.``, and what to do instead."""


def refusal(name: str, known: Iterable[str]) -> TypeError:
    """The error of a function that is not recorded."""
    from difflib import get_close_matches

    name = name.replace("lib.scimath.", "emath.").replace("lib._scimath_impl.", "emath.")
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    nearest = f"its result would have no history; the nearest that is covered is numpy.{close[0]}" if close else ""
    advice = REFUSED.get(name) or nearest or "its result would have no history"
    return TypeError(
        f"numpy.{name} is not covered for {FOLLOWED}: {advice}. If no gradient is wanted through it, call it on tensor.detach(), "
        "outside of jvp, vmap and compile."
    )
