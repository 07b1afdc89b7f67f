"""``assert_close``: the structure of the two is matched first, then each pair of leaves is compared."""

from __future__ import annotations

import cmath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import dtypes, functions as F
from ..core.sparse_level import is_sparse
from ..core.value import new_tensor
from ..promotion import promote_types

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..dtypes import dtype

TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
    dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}
"""The default (rtol, atol); integers and booleans must be equal."""

NUMBERS = {int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}
UNSIGNED = {dtypes.uint16, dtypes.uint32, dtypes.uint64}
Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller of ``assert_close`` asked for."""

    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise unless ``actual`` is close to ``expected``: ``|actual - expected| <= atol + rtol * |expected|``.

    Tensors, numbers, what :func:`chainrule.as_tensor` takes, None, and sequences and mappings of these, nested. Both
    are of related types (a float and an int: with ``check_dtype=False``); infinities must be equal.

    Args:
        actual: what came out.
        expected: what was to come out.
        allow_subclasses: accept an instance of a subclass for one of the class (a Parameter for a Tensor).
        rtol: the relative tolerance; with ``atol``, or not at all. The default is the dtype's, the larger of the two:
            1e-3 for float16, 1.6e-2 for bfloat16, 1.3e-6 for float32 and complex64, 1e-7 for float64 and complex128,
            0 for the rest.
        atol: the absolute tolerance. Default: 1e-5, for float64 and complex128 1e-7, for integers and booleans 0.
        equal_nan: whether NaN equals NaN.
        check_device: whether the devices must be the same.
        check_dtype: whether the dtypes must be the same; else they are promoted before the comparison.
        check_layout: whether the layouts must be the same.
        check_stride: whether the strides must be the same.
        msg: the error's text instead of the usual one, or a function that makes it from the usual one.

    Raises:
        AssertionError: they are not close, or differ in structure, shape, or what else is checked.
        TypeError: the types are not related, or are none that can be compared.
        ValueError: only one of ``rtol`` and ``atol`` is given.

    >>> import chainrule as torch
    >>> torch.testing.assert_close(torch.tensor([1., 2.]), torch.tensor([1., 2.000001]))
    >>> torch.testing.assert_close(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    Traceback (most recent call last):
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 2.0 at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.5 at index (1,) (up to 1.3e-06 allowed)
    """
    __tracebackhide__ = True  # pytest shows the caller's line, not this one
    options = Options(allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride)
    for path, difference in list(comparisons(actual, expected, (), options)):
        found = difference()
        if found is not None:
            text = found + place(path)
            raise AssertionError(msg(text) if callable(msg) else text if msg is None else msg)


def place(path: Path) -> str:
    """Where in a nested structure a failure is, as the end of its message."""
    return f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in path)}" if path else ""


def comparisons(
    actual: Any, expected: Any, path: Path, options: Options
) -> Iterator[tuple[Path, Callable[[], str | None]]]:
    """Each pair of leaves: where it is, and a function that says how they differ, or None."""

    def fail(kind: type[Exception], text: str) -> NoReturn:
        raise kind(text + place(path))

    def both(kinds: Any) -> bool:
        return isinstance(actual, kinds) and isinstance(expected, kinds)

    if both(Sequence) and not isinstance(actual, str) and not isinstance(expected, str):
        if len(actual) != len(expected):
            fail(AssertionError, f"The length of the sequences mismatch: {len(actual)} != {len(expected)}")
        for number in range(len(actual)):
            yield from comparisons(actual[number], expected[number], (*path, number), options)
    elif both(Mapping):
        if actual.keys() != expected.keys():
            fail(
                AssertionError,
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {in_order(expected.keys() - actual.keys())}\n"
                f"Additional keys in the actual mapping: {in_order(actual.keys() - expected.keys())}",
            )
        for key in in_order(actual.keys()):
            yield from comparisons(actual[key], expected[key], (*path, key), options)
    elif actual is None or expected is None:
        yield path, lambda: None if actual is expected else f"None mismatch: {actual} is not {expected}"
    elif both((bool, np.bool_)):
        yield path, lambda: None if actual == expected else f"Booleans mismatch: {actual} is not {expected}"
    elif both((int, float, complex, np.number)):
        a, b = [one.item() if isinstance(one, np.number) else one for one in (actual, expected)]
        rtol, atol = tolerances_for([NUMBERS.get(type(a)), NUMBERS.get(type(b))], options, fail)
        yield path, lambda: number_difference(a, b, rtol, atol, options)
    else:
        related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
        if not related or (type(actual) is not type(expected) and not options.allow_subclasses):
            fail(TypeError, unable(actual, expected))
        try:
            a, b = F.as_tensor(actual).detach(), F.as_tensor(expected).detach()
        except (TypeError, ValueError, RuntimeError):
            fail(TypeError, unable(actual, expected))
        rtol, atol = tolerances_for([a.dtype, b.dtype], options, fail)
        yield path, lambda: tensor_difference(a, b, rtol, atol, options)


def unable(actual: Any, expected: Any) -> str:
    return f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."


def in_order(keys: Collection[Any]) -> list[Any]:
    """The keys sorted, if they can be."""
    try:
        return sorted(keys)
    except TypeError:
        return list(keys)


def tolerances_for(
    kinds: list[dtype | None], options: Options, fail: Callable[[type[Exception], str], NoReturn]
) -> tuple[float, float]:
    rtol, atol = options.rtol, options.atol
    if rtol is not None and atol is not None:
        return rtol, atol
    if rtol is not None or atol is not None:
        fail(
            ValueError,
            "Both 'rtol' and 'atol' must be either specified or omitted, but got no "
            f"{'rtol' if rtol is None else 'atol'}.",
        )
    defaults = [(0.0, 0.0) if kind is None else TOLERANCES.get(kind, (0.0, 0.0)) for kind in kinds]
    return max(rtol for rtol, _ in defaults), max(atol for _, atol in defaults)


def number_difference(actual: Any, expected: Any, rtol: float, atol: float, options: Options) -> str | None:
    """How two Python numbers differ, or None."""
    if options.check_dtype and type(actual) is not type(expected):
        return f"The (d)types do not match: {type(actual)} != {type(expected)}."
    if actual == expected or (options.equal_nan and cmath.isnan(actual) and cmath.isnan(expected)):
        return None
    distance = abs(actual - expected)
    if cmath.isfinite(distance) and distance <= atol + rtol * abs(expected):
        return None
    return scalar_message(actual, expected, rtol, atol)


def tensor_difference(actual: Tensor, expected: Tensor, rtol: float, atol: float, options: Options) -> str | None:
    """How two tensors differ, or None."""
    for name, checked in (
        ("shape", True),
        ("layout", options.check_layout),
        ("stride()", options.check_stride),
        ("device", options.check_device),
        ("dtype", options.check_dtype),
    ):
        if checked and (got := attribute(actual, name)) != (wanted := attribute(expected, name)):
            return f"The values for attribute '{name}' do not match: {got} != {wanted}."
    if is_sparse(actual._array) or is_sparse(expected._array):
        return sparse_difference(actual, expected, rtol, atol, options)
    if actual.dtype != expected.dtype:
        actual, expected = promoted(actual, expected)
    matches = F.isclose(actual, expected, rtol, atol, options.equal_nan)
    if matches.all():
        return None
    if not actual.ndim:
        return scalar_message(actual.item(), expected.item(), rtol, atol)
    return tensor_message(actual, expected, matches, rtol, atol)


def sparse_difference(actual: Any, expected: Any, rtol: float, atol: float, options: Options) -> str | None:
    """How two tensors differ of which one is sparse; of the same layout, in their places or in their values."""
    if actual.layout is not expected.layout:
        return tensor_difference(actual.to_dense(), expected.to_dense(), rtol, atol, options)
    a, b = (x._array.coalesced() if x.is_sparse and not x.is_coalesced() else x._array for x in (actual, expected))
    if a.pattern.nnz != b.pattern.nnz:
        return f"The number of specified values in sparse {a.layout.upper()} tensors does not match: {a.pattern.nnz} != {b.pattern.nnz}"
    if (a.pattern.indices != b.pattern.indices).any():
        return (
            f"The indices of the sparse {a.layout.upper()} tensors do not match: they have values at different places"
        )
    return tensor_difference(new_tensor(a.values), new_tensor(b.values), rtol, atol, options)


def attribute(tensor: Tensor, name: str) -> Any:
    return tensor.stride() if name == "stride()" else getattr(tensor, name)


def promoted(actual: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
    """Both in one dtype. The wide unsigned ones promote with nothing, so they are compared as int64."""
    kinds = [dtypes.int64 if one.dtype in UNSIGNED else one.dtype for one in (actual, expected)]
    common = promote_types(*kinds)
    return actual.to(common), expected.to(common)


def scalar_message(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    absolute = abs(actual - expected)
    relative = float("inf") if expected == 0 else absolute / abs(expected)
    return "\n".join(
        [
            f"Scalars are not {'close' if rtol or atol else 'equal'}!\n",
            f"Expected {expected} but got {actual}.",
            f"Absolute difference: {absolute}{allowed(atol, rtol, atol)}",
            f"Relative difference: {relative}{allowed(rtol, rtol, atol)}",
        ]
    )


def tensor_message(actual: Tensor, expected: Tensor, matches: Tensor, rtol: float, atol: float) -> str:
    if not (actual.is_floating_point() or actual.is_complex()):
        actual, expected = actual.to(dtypes.int64), expected.to(dtypes.int64)
    absolute = F.abs(actual - expected).masked_fill(matches, 0)
    # A mismatch of 0 / 0 is no match of 0: only matches are left out.
    relative = (absolute / F.abs(expected)).masked_fill(matches, 0)
    count, mismatched = matches.numel(), int((~matches).sum())
    return "\n".join(
        [
            f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!\n",
            f"Mismatched elements: {mismatched} / {count} ({mismatched / count:.1%})",
            f"Greatest absolute difference: {greatest(absolute)}{allowed(atol, rtol, atol)}",
            f"Greatest relative difference: {greatest(relative)}{allowed(rtol, rtol, atol)}",
        ]
    )


def greatest(differences: Tensor) -> str:
    at = np.unravel_index(int(differences.argmax()), differences.shape)
    index = tuple([int(i) for i in at])
    return f"{differences[index].item()} at index {index}"


def allowed(tolerance: float, rtol: float, atol: float) -> str:
    return f" (up to {tolerance} allowed)" if rtol or atol else ""


FORMER_TOLERANCES = {dtypes.float16: (1e-3, 1e-3), dtypes.float32: (1e-4, 1e-5), dtypes.float64: (1e-5, 1e-8)}
"""The default (rtol, atol) of ``assert_allclose``."""


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """The former :func:`assert_close`, which PyTorch deprecates: whatever is no tensor becomes one, dtypes may differ.

    Raises:
        AssertionError: the two are not close.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.testing.assert_allclose(torch.ones(2), [1.0, 1.00001])
    """
    import warnings

    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12. Please use `torch.testing.assert_close()` instead.",
        FutureWarning,
        stacklevel=2,
    )
    x = F.as_tensor(actual)
    y = F.as_tensor(expected) if hasattr(expected, "_array") else F.as_tensor(expected, dtype=x.dtype)
    if rtol is None and atol is None:
        pairs = [FORMER_TOLERANCES.get(one.dtype, (0.0, 0.0)) for one in (x, y)]
        rtol, atol = max(r for r, _ in pairs), max(a for _, a in pairs)
    assert_close(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)
