"""The named tuples that functions with several results return: ``torch.return_types.max`` and its like.

Each class is made when it is first asked for, by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Self

_PAIR = "values indices"

FIELDS = {
    "aminmax": "min max",
    "cummax": _PAIR,
    "cummin": _PAIR,
    "frexp": "mantissa exponent",
    "geqrf": "a tau",
    "histogram": "hist bin_edges",
    "histogramdd": "hist bin_edges",
    "kthvalue": _PAIR,
    "linalg_cholesky_ex": "L info",
    "linalg_eig": "eigenvalues eigenvectors",
    "linalg_eigh": "eigenvalues eigenvectors",
    "linalg_inv_ex": "inverse info",
    "linalg_ldl_factor": "LD pivots",
    "linalg_ldl_factor_ex": "LD pivots info",
    "linalg_lstsq": "solution residuals rank singular_values",
    "linalg_lu": "P L U",
    "linalg_lu_factor": "LU pivots",
    "linalg_lu_factor_ex": "LU pivots info",
    "linalg_qr": "Q R",
    "linalg_slogdet": "sign logabsdet",
    "linalg_solve_ex": "result info",
    "linalg_svd": "U S Vh",
    "lu_unpack": "P L U",
    "max": _PAIR,
    "median": _PAIR,
    "min": _PAIR,
    "mode": _PAIR,
    "nanmedian": _PAIR,
    "qr": "Q R",
    "slogdet": "sign logabsdet",
    "sort": _PAIR,
    "svd": "U S V",
    "topk": _PAIR,
    "triangular_solve": "solution cloned_coefficient",
}
"""Function -> the names of its results. With ``_out`` behind the name, the type of the call that was given ``out=``."""


class ReturnType(tuple[Any, ...]):
    """A tuple whose elements have names, made from one sequence; it prints one element a line."""

    __slots__ = ()

    n_fields: int
    n_sequence_fields: int
    n_unnamed_fields = 0
    __match_args__: tuple[str, ...] = ()

    def __new__(cls, sequence: Sequence[Any], dict: Any = None) -> Self:
        values = tuple.__new__(cls, sequence)
        if len(values) != cls.n_fields:
            name = f"torch.return_types.{cls.__name__}"
            raise TypeError(f"{name}() takes a {cls.n_fields}-sequence ({len(values)}-sequence given)")
        return values

    def __repr__(self) -> str:
        elements = ",\n".join(f"{name}={value!r}" for name, value in zip(self.__match_args__, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{elements})"

    def __reduce__(self) -> Any:
        return _made, (type(self).__name__, tuple(self))


def _made(name: str, values: tuple[Any, ...]) -> ReturnType:
    cls = globals().get(name) or __getattr__(name)
    return cls(values)


def __getattr__(name: str) -> Any:
    fields = FIELDS.get(name.removesuffix("_out"))
    if fields is None:
        raise AttributeError(f"module 'chainrule.return_types' has no attribute '{name}'")
    names = tuple(fields.split())
    body: dict[str, Any] = {field: property(itemgetter(at)) for at, field in enumerate(names)}
    body |= {"n_fields": len(names), "n_sequence_fields": len(names), "__match_args__": names}
    body |= {"__slots__": (), "__module__": "torch.return_types"}
    made = globals()[name] = type(name, (ReturnType,), body)
    return made


def __dir__() -> list[str]:
    return sorted([*FIELDS, *[name + "_out" for name in FIELDS]])
