"""A tensor's printed form, equal to PyTorch's to the character.

Read it upwards: :func:`tensor_repr` puts the prefix, the numbers and the suffixes together; :func:`_brackets` lays the
numbers out in rows; :func:`_cells` writes each of them as text, all in one format chosen for the whole tensor.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes
from .core.sparse_level import is_sparse
from .core.value import Lifted, device_of, is_constant
from .core.views import current_array

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Node(Protocol):
        def name(self) -> str: ...

    class Printable(Protocol):
        """What a tensor must have to be printed."""

        _array: Any

        @property
        def dtype(self) -> dtypes.dtype: ...
        @property
        def requires_grad(self) -> bool: ...
        @property
        def grad_fn(self) -> Node | None: ...


class PrintOptions:
    """How tensors are printed; :func:`set_printoptions` explains each field."""

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode: bool | None = None


PRINT_OPTS = PrintOptions()

PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed, from now on and in all threads.

    An option that is not given keeps its value, except ``sci_mode``, which goes back to None.

    Args:
        precision: digits after the point (at first 4).
        threshold: a tensor of more elements than this is summarised (at first 1000).
        edgeitems: how many items a summary keeps at both ends of each dimension (at first 3).
        linewidth: where lines break, in characters (at first 80).
        profile: "default", "short" or "full": sets the four options above, before those that are given. As in
            PyTorch, another name sets nothing.
        sci_mode: scientific notation always (True), never (False), or where the numbers call for it (None).

    Example:
        >>> import chainrule as torch
        >>> torch.set_printoptions(precision=2)
        >>> torch.tensor([1.12345])
        tensor([1.12])
        >>> torch.set_printoptions(profile="default")
        >>> torch.tensor([1.12345])
        tensor([1.1235])
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen = PROFILES.get(profile, {}) if profile is not None else {}
    chosen = chosen | {name: value for name, value in given.items() if value is not None}
    vars(PRINT_OPTS).update(chosen, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keyword arguments for :func:`set_printoptions`.

    Example:
        >>> from chainrule.printing import get_printoptions
        >>> get_printoptions()["edgeitems"]
        3
    """
    return dict(vars(PRINT_OPTS))


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Other print options for the length of a ``with`` block or of a decorated function.

    Args:
        options: those of :func:`set_printoptions`.

    Example:
        >>> import chainrule as torch
        >>> from chainrule.printing import printoptions
        >>> with printoptions(precision=1):
        ...     print(torch.tensor([0.25, 0.5]))
        tensor([0.2, 0.5])
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_repr(tensor: Printable, *, class_prefix: str = "tensor(", contents: str | None = None) -> str:
    """The printed form of ``tensor``.

    Args:
        tensor: of any dtype and shape.
        class_prefix: what it begins with; a subclass prints as its name and "(". Further lines are indented by its
            length.
        contents: what stands in the place of the numbers.

    Example:
        >>> import chainrule as torch
        >>> from chainrule.printing import tensor_repr
        >>> tensor_repr(torch.tensor([1.0, 2.5], requires_grad=True), class_prefix="Scale(")
        'Scale([1.0000, 2.5000], requires_grad=True)'
    """
    array: Any = tensor._array
    more: list[str] = []
    if is_sparse(array):
        return _sparse_repr(tensor, class_prefix)
    if is_constant(array):  # it has no numbers
        suffixes = ["device='meta'", f"size={array.shape}"]
        if tensor.dtype is not dtypes.get_default_dtype():
            suffixes.append(f"dtype={tensor.dtype}")
        return _with_suffixes(class_prefix + (contents or "..."), [*suffixes, *_history(tensor)], len(class_prefix))
    if isinstance(array, Lifted):
        array, more = current_array(tensor).shown()  # type: ignore[arg-type]
        if isinstance(array, str):
            return array
    array = np.asarray(array)
    indent = len(class_prefix)
    text = class_prefix + (contents or _contents(array, indent, is_complex=tensor.dtype.is_complex))
    return _with_suffixes(text, [*_suffixes(tensor, array), *more], indent)


def _sparse_repr(tensor: Printable, prefix: str) -> str:
    """The places and the values, each as a tensor."""
    array: Any = tensor._array
    pattern, indent = array.pattern, len(prefix)
    if array.layout == "coo":
        parts = {"indices": pattern.indices}
    else:
        compressed, plain = ("crow", "col") if array.layout == "csr" else ("ccol", "row")
        parts = {f"{compressed}_indices": pattern.compressed, f"{plain}_indices": pattern.plain}
    lines = []
    for name, part in {**parts, "values": array.values}.items():
        head = f"{name}=tensor("
        size = "" if part.size else f", size={part.shape}"
        lines.append(head + _contents(part, indent + len(head), is_complex=part.dtype.kind == "c") + size + ")")
    default = dtypes.get_default_dtype()
    suffixes = [f"size={array.shape}", f"nnz={pattern.nnz}"]
    if tensor.dtype not in (default, default.to_complex(), dtypes.int64, dtypes.bool):
        suffixes.append(f"dtype={tensor.dtype}")
    suffixes.append(f"layout=torch.sparse_{array.layout}")
    text = prefix + (",\n" + " " * indent).join(lines)
    return _with_suffixes(text, [*suffixes, *_history(tensor)], indent, new_line=array.layout == "coo")


def _suffixes(tensor: Printable, array: np.ndarray[Any, Any]) -> list[str]:
    """What follows the numbers: whatever they do not show themselves."""
    dtype, default = tensor.dtype, dtypes.get_default_dtype()
    where = device_of(tensor._array)
    suffixes = [] if where.type == "cpu" else [f"device='{where}'"]
    if array.size:
        evident = dtype in (default, default.to_complex(), dtypes.int64, dtypes.bool)
        hides_shape = not PRINT_OPTS.edgeitems
    else:
        evident = dtype is default
        hides_shape = array.ndim != 1
    if hides_shape:
        suffixes.append(f"size={array.shape}")
    if not evident:
        suffixes.append(f"dtype={dtype}")
    return [*suffixes, *_history(tensor)]


def _history(tensor: Printable) -> list[str]:
    if (name := _grad_fn_name(tensor)) is not None:
        return [f"grad_fn=<{name}>"]
    return ["requires_grad=True"] if tensor.requires_grad else []


def _grad_fn_name(tensor: Printable) -> str | None:
    try:
        node = tensor.grad_fn
    except RuntimeError:  # a view that a write to its base made unusable: it has no history, but can be printed
        return "Invalid"
    return None if node is None else node.name().rpartition("::")[2]


def _with_suffixes(text: str, suffixes: list[str], indent: int, new_line: bool = False) -> str:
    """``text`` and what follows it, in lines; ``new_line``: the first of that begins one."""
    # PyTorch counts the last line of numbers two characters longer than it is.
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if new_line or used + 2 + len(suffix) > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
            new_line = False
        else:
            text += ", " + suffix
            used += 2 + len(suffix)
    return text + ")"


def _contents(array: np.ndarray[Any, Any], indent: int, *, is_complex: bool) -> str:
    """The numbers in their brackets, as they stand after ``indent`` characters on the first line."""
    if not array.size:
        return "[]"
    shape = array.shape
    edge = array.size  # keeps everything
    if array.ndim and array.size > PRINT_OPTS.threshold:
        edge = PRINT_OPTS.edgeitems
        if not edge:
            return "[...]"
        array = array.squeeze()  # NumPy takes at most 63 index arrays
        array = array[np.ix_(*(_kept(size, edge) for size in array.shape))]
    cells, width = _complex_cells(array) if is_complex else _cells(array)
    return _brackets(cells, width, shape, edge, indent)


def _kept(size: int, edge: int) -> list[int]:
    """The indices of a dimension that a summary shows."""
    return [*range(edge), *range(size - edge, size)] if size > 2 * edge else list(range(size))


def _brackets(cells: list[str], width: int, shape: tuple[int, ...], edge: int, indent: int) -> str:
    """``cells`` in rows and blocks; a dimension longer than twice ``edge`` has an ellipsis in the middle."""
    source = iter(cells)
    per_line = max(1, int((PRINT_OPTS.linewidth - indent - len(shape) + 1) / (width + 2)))

    def block(shape: tuple[int, ...], indent: int) -> str:
        if not shape:
            return next(source)
        size, *inner = shape
        shown = min(size, 2 * edge)
        if inner:
            items = [block(tuple(inner), indent + 1) for _ in range(shown)]
            ellipsis = "..."
        else:
            items = list(islice(source, shown))
            ellipsis = " ..."
        if shown < size:
            items.insert(edge, ellipsis)
        if not inner:
            items = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        newlines = "\n" * max(1, len(inner))  # blank lines between matrices, the more the higher they stand
        return "[" + f",{newlines}{' ' * (indent + 1)}".join(items) + "]"

    return block(shape, indent)


def _cells(array: np.ndarray[Any, Any]) -> tuple[list[str], int]:
    """The text of each number, aligned on the right, and the width of a column."""
    values = array.ravel().tolist()
    texts, width = _float_texts(values) if isinstance(values[0], float) else _exact_texts(values)
    return [text.rjust(width) for text in texts], width


def _complex_cells(array: np.ndarray[Any, Any]) -> tuple[list[str], int]:
    """As :func:`_cells`: real and imaginary parts have a format each, and only the real parts are aligned."""
    real, real_width = _cells(array.real)
    imag, imag_width = _float_texts(array.imag.ravel().tolist())
    signed = (part if part[0] == "-" else "+" + part for part in imag)
    return [f"{x}{y}j" for x, y in zip(real, signed, strict=True)], real_width + imag_width + 1


def _exact_texts(values: list[Any]) -> tuple[list[str], int]:
    texts = [str(value) for value in values]
    return texts, max(map(len, texts))


def _float_texts(values: list[float]) -> tuple[list[str], int]:
    """One format for all: scientific, whole numbers with a bare point, or ``precision`` digits.

    Zeros, infinities and nans have no say in the format and none in the width, so these may stick out of their column.
    """
    ordinary = [value for value in values if value and isfinite(value)]
    if not ordinary:
        return [f"{value:#.0f}" for value in values], 1
    scientific = PRINT_OPTS.sci_mode
    if scientific is None:
        low, high = min(map(abs, ordinary)), max(map(abs, ordinary))
        scientific = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
    if scientific:
        spec = f".{PRINT_OPTS.precision}e"
    elif all(value.is_integer() for value in ordinary):
        spec = "#.0f"
    else:
        spec = f".{PRINT_OPTS.precision}f"
    return [format(value, spec) for value in values], max(len(format(value, spec)) for value in ordinary)
