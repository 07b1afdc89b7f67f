"""NumPy functions called on tensors: ``np.sin(t)``, ``array * t``, ``np.sum(t, axis=0)``.

Where a tensor requires grad, the call becomes that of the function here which the tables below name, and is recorded;
a function that they lack is refused, never quietly cut from the graph. Where none does, NumPy computes, and the result
is what PyTorch's users know: a tensor from a ufunc and from functions that NumPy hands to an array's own method, an
array from all others.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..core.value import TensorBase, new_tensor
from ..core.views import current_node
from ..dtypes import FROM_NUMPY, as_dtype
from ._arguments import deliver

UFUNCS = {
    name: theirs or name
    for name, _, theirs in (
        entry.partition(":")
        for entry in """
    absolute:abs add arccos:acos arccosh:acosh arcsin:asin arcsinh:asinh arctan:atan arctan2:atan2 arctanh:atanh
    bitwise_and bitwise_or bitwise_xor ceil conjugate:conj copysign cos cosh deg2rad degrees:rad2deg divide:div equal:eq
    exp exp2 expm1 fabs:abs float_power floor floor_divide fmax fmin fmod greater:gt greater_equal:ge heaviside hypot
    invert:bitwise_not isfinite isinf isnan ldexp less:lt less_equal:le log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor matmul maximum minimum multiply:mul negative:neg nextafter
    not_equal:ne positive power:pow rad2deg radians:deg2rad reciprocal remainder rint:round sign signbit sin sinh sqrt
    square subtract:sub tan tanh trunc vecdot:matrices.vecdot
    """.split()
    )
}
"""NumPy's ufuncs and our functions."""

OPERATORS = {
    "add": operator.add, "bitwise_and": operator.and_, "bitwise_or": operator.or_, "bitwise_xor": operator.xor,
    "divide": operator.truediv, "equal": operator.eq, "floor_divide": operator.floordiv, "greater": operator.gt,
    "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le, "multiply": operator.mul,
    "not_equal": operator.ne, "power": operator.pow, "remainder": operator.mod, "subtract": operator.sub,
}  # fmt: skip
"""Ufuncs that are operators: these take a number on the left, where PyTorch's functions want a tensor."""

TENSORS_ONLY = frozenset(
    "arctan2 fmax fmin heaviside hypot ldexp logaddexp logaddexp2 maximum minimum nextafter".split()
)
"""Ufuncs whose counterparts take no numbers."""

REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "amax",
    "minimum": "amin",
    "logical_and": "all",
    "logical_or": "any",
}
"""Ufuncs and what their ``reduce`` is."""

ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod", "logaddexp": "logcumsumexp"}
"""Ufuncs and what their ``accumulate`` is."""

METHODS = {
    "all": "all a>input axis>dim out keepdims>keepdim",
    "any": "any a>input axis>dim out keepdims>keepdim",
    "argmax": "argmax a>input axis>dim out keepdims>keepdim",
    "argmin": "argmin a>input axis>dim out keepdims>keepdim",
    "argsort": "argsort a>input axis>dim",
    "clip": "clamp a>input a_min>min a_max>max out min max",
    "cumprod": "_cumprod a axis",
    "cumsum": "_cumsum a axis",
    "diagonal": "diagonal a>input offset axis1>dim1 axis2>dim2",
    "max": "amax a>input axis>dim out keepdims>keepdim",
    "mean": "mean a>input axis>dim dtype out keepdims>keepdim",
    "min": "amin a>input axis>dim out keepdims>keepdim",
    "prod": "_prod a axis dtype out keepdims",
    "ravel": "ravel a>input",
    "repeat": "repeat_interleave a>input repeats axis>dim",
    "reshape": "reshape a>input shape",
    "round": "round a>input decimals out",
    "squeeze": "squeeze a>input axis>dim",
    "std": "_std a axis dtype out ddof keepdims",
    "sum": "sum a>input axis>dim dtype out keepdims>keepdim",
    "swapaxes": "swapaxes a>input axis1>axis0 axis2>axis1",
    "take": "_take a indices axis",
    "transpose": "_transpose a axes",
    "var": "_var a axis dtype out ddof keepdims",
}
"""What NumPy hands to an array's own method, so that PyTorch answers with a tensor. Each entry is the name of our
function and then NumPy's parameters in their order, with our name after ``>`` where it differs."""

FUNCTIONS = METHODS | {
    "amax": METHODS["max"],
    "amin": METHODS["min"],
    "angle": "angle z>input",
    "array_split": "tensor_split ary>input indices_or_sections axis>dim",
    "atleast_1d": "atleast_1d *tensors",
    "atleast_2d": "atleast_2d *tensors",
    "atleast_3d": "atleast_3d *tensors",
    "broadcast_to": "broadcast_to array>input shape>size",
    "column_stack": "column_stack tup>tensors",
    "concatenate": "_concatenate arrays axis out",
    "copy": "clone a>input",
    "cross": "_cross a b axis",
    "diag": "diag v>input k>diagonal",
    "diff": "diff a>input n axis>dim prepend append",
    "dot": "_dot a b",
    "dsplit": "dsplit ary>input indices_or_sections",
    "dstack": "dstack tup>tensors",
    "einsum": "einsum *operands",
    "expand_dims": "_expand_dims a axis",
    "flip": "_flip m axis",
    "fliplr": "fliplr m>input",
    "flipud": "flipud m>input",
    "full_like": "full_like a>input fill_value dtype",
    "hsplit": "hsplit ary>input indices_or_sections",
    "hstack": "hstack tup>tensors",
    "imag": "imag val>input",
    "inner": "inner a>input b>other",
    "kron": "kron a>input b>other",
    "linalg.cross": "_cross x1>a x2>b axis",
    "linalg.det": "det a>input",
    "linalg.inv": "inverse a>input",
    "linalg.matmul": "matmul x1>input x2>other",
    "linalg.matrix_power": "matrix_power a>input n",
    "linalg.multi_dot": "matrices.multi_dot arrays>tensors",
    "linalg.norm": "norms.norm x>A ord axis>dim keepdims>keepdim",
    "linalg.outer": "outer x1>input x2>vec2",
    "linalg.slogdet": "slogdet a>input",
    "linalg.solve": "matrices.solve a>A b>B",
    "linalg.tensordot": "tensordot x1>a x2>b axes>dims",
    "linalg.trace": "trace x>input",
    "linalg.vecdot": "matrices.vecdot x1>x x2>y axis>dim",
    "logspace": "logspace start end steps",
    "meshgrid": "_meshgrid *tensors indexing",
    "moveaxis": "moveaxis a>input source destination",
    "nan_to_num": "nan_to_num x>input nan posinf neginf",
    "nanmean": "nanmean a>input axis>dim dtype out keepdims>keepdim",
    "nansum": "nansum a>input axis>dim dtype out keepdims>keepdim",
    "ones_like": "ones_like a>input dtype",
    "outer": "_outer a b",
    "permute_dims": METHODS["transpose"],
    "real": "real val>input",
    "roll": "roll a>input shift>shifts axis>dims",
    "rot90": "rot90 m>input k axes>dims",
    "sinc": "sinc x>input",
    "sort": "_sort a axis",
    "split": "_split ary indices_or_sections axis",
    "stack": "stack arrays>tensors axis>dim out",
    "take_along_axis": "take_along_dim arr>input indices axis>dim",
    "tensordot": "tensordot a b axes>dims",
    "tile": "tile A>input reps>dims",
    "trace": "trace a>input",
    "tril": "tril m>input k>diagonal",
    "triu": "triu m>input k>diagonal",
    "vdot": "vdot a>input b>other",
    "vsplit": "vsplit ary>input indices_or_sections",
    "vstack": "vstack tup>tensors",
    "where": "where condition x>input y>other",
    "zeros_like": "zeros_like a>input dtype",
}
"""All functions that are recorded, as in :data:`METHODS`."""

WITHOUT_GRADIENT = frozenset(
    """
    allclose array2string array_equal array_equiv array_repr array_str can_cast count_nonzero digitize isclose iscomplex
    iscomplexobj isreal isrealobj lexsort may_share_memory min_scalar_type ndim nonzero result_type searchsorted shape
    shares_memory size
    """.split()
)
"""Functions whose results carry no gradient, whatever the operands: NumPy computes them."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "where": (True,), "order": ("C", "K"), "subok": (True, False), "casting": ("same_kind",), "optimize": (True, False),
    "mode": ("raise",), "copy": (True,), "kind": ("quicksort", "stable"), "keepdims": (False,),
}  # fmt: skip
"""Arguments that ask for nothing, by NumPy's names."""


# -- ufuncs --------------------------------------------------------------------------------------------------------------


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, out: Any = None, **named: Any) -> Any:
    """``Tensor.__array_ufunc__``."""
    targets = out or ()
    # A NumPy scalar is a number to PyTorch, whose operators decide the dtype.
    as_operator = method == "__call__" and ufunc.__name__ in UFUNCS and any(isinstance(x, np.generic) for x in inputs)
    if method == "at" or not (as_operator or any(requires_grad(x) for x in (*inputs, *targets))):
        return _plain_ufunc(ufunc, method, inputs, targets, named)
    if any(not isinstance(target, TensorBase) for target in targets):
        raise TypeError(
            f"numpy.{ufunc.__name__} would write values that require grad into an array, which cannot keep their history: "
            "use the form that returns a tensor, or detach() the operands."
        )
    result = _recorded_ufunc(ufunc, method, [to_tensor(x) for x in inputs], asked(named))
    return deliver(result, targets[0], f"numpy.{ufunc.__name__}") if targets else result


def _plain_ufunc(
    ufunc: Any, method: str, inputs: tuple[Any, ...], targets: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    """NumPy's own result, as tensors where it is new memory."""
    if method == "at" and isinstance(inputs[0], TensorBase):
        raise TypeError(
            f"numpy.{ufunc.__name__}.at would change a tensor behind its version counter: use index_add_ or scatter_add_"
        )
    arrays = [x._array if isinstance(x, TensorBase) else x for x in inputs]
    tensors = [target for target in targets if isinstance(target, TensorBase)]
    if targets and not tensors:
        named = named | {"out": targets}
    with np.errstate(all="ignore"):
        result = getattr(ufunc, method)(*arrays, **named)
    if tensors:
        made = result if isinstance(result, tuple) else (result,)
        delivered = tuple(
            deliver(as_result(r), target, ufunc.__name__) for r, target in zip(made, targets, strict=True)
        )
        return delivered if isinstance(result, tuple) else delivered[0]
    if targets or result is None:
        return result
    return tuple(as_result(r) for r in result) if isinstance(result, tuple) else as_result(result)


def as_result(array: Any) -> Any:
    """An array of NumPy's as a tensor, if tensors hold such elements."""
    dtype = getattr(array, "dtype", None)
    return new_tensor(array) if dtype in FROM_NUMPY else array


def _recorded_ufunc(ufunc: Any, method: str, operands: list[Any], named: dict[str, Any]) -> Any:
    name = ufunc.__name__
    if method == "__call__" and name in UFUNCS and not named:
        if name in OPERATORS and not isinstance(operands[0], TensorBase):
            return OPERATORS[name](*operands)
        if name in TENSORS_ONLY or not isinstance(operands[0], TensorBase):
            operands = [x if isinstance(x, TensorBase) else ours("tensor")(x) for x in operands]
        return ours(UFUNCS[name])(*operands)
    if method == "reduce" and name in REDUCTIONS and set(named) <= {"axis", "keepdims"}:
        return _reduced(REDUCTIONS[name], operands[0], named.get("axis", 0), keepdims=named.get("keepdims", False))
    if method == "accumulate" and name in ACCUMULATIONS and set(named) <= {"axis"}:
        return ours(ACCUMULATIONS[name])(operands[0], dim=named.get("axis", 0))
    if method == "outer" and name in UFUNCS and not named:
        x, y = operands
        return ours(UFUNCS[name])(x.reshape(*x.shape, *[1] * y.ndim), y)
    what = name if method == "__call__" else f"{name}.{method}"
    raise refusal(f"{what}({', '.join(named)})" if named else what, [*UFUNCS, *FUNCTIONS])


# -- functions -----------------------------------------------------------------------------------------------------------


def array_function(self: Any, function: Any, types: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """``Tensor.__array_function__``."""
    if not all(issubclass(kind, (TensorBase, np.ndarray)) for kind in types):
        return NotImplemented
    name = f"{function.__module__}.{function.__name__}".removeprefix("numpy.")
    values = [*args, *named.values()]
    recorded = any(requires_grad(x) for x in leaves(values))
    if recorded and name in WITHOUT_GRADIENT:
        return function(*mapped(args, detached), **mapped(named, detached))
    if recorded and name not in FUNCTIONS:
        raise refusal(name, [*FUNCTIONS, *UFUNCS])
    if recorded or name in METHODS:
        return call(name, mapped(args, arrays_to_tensors), mapped(named, arrays_to_tensors))
    return function(*mapped(args, detached), **mapped(named, detached))


def call(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Our function for NumPy's, with NumPy's arguments under our names."""
    target, *parameters = FUNCTIONS[name].split()
    special = target.startswith("_")
    function = globals()[target] if special else ours(target)
    if parameters[0].startswith("*"):
        return function(*args, **asked(named))
    renamed = {theirs: mine or theirs for theirs, _, mine in (p.partition(">") for p in parameters)}
    if len(args) > len(renamed):
        raise TypeError(f"numpy.{name}: {len(args)} arguments are more than tensors take here: {', '.join(renamed)}")
    given = asked(dict(zip(renamed, args, strict=False)) | named)
    if not special:  # None is the default everywhere
        given = {key: value for key, value in given.items() if value is not None}
    unknown = [key for key in given if key not in renamed]
    if unknown:
        raise TypeError(
            f"numpy.{name}: the argument '{unknown[0]}' is not covered for tensors; covered are {', '.join(renamed)}"
        )
    if "keepdims" in given and "axis" not in given and not special:
        given["axis"] = tuple(range(args[0].ndim))
    if "dtype" in given:
        given["dtype"] = as_dtype(given["dtype"])
    out = given.pop("out", None)
    result = function(**{renamed[key]: value for key, value in given.items()})
    return result if out is None else deliver(result, out, name)


def asked(named: dict[str, Any]) -> dict[str, Any]:
    """The arguments that ask for something: those at NumPy's defaults are left away."""
    return {key: value for key, value in named.items() if not _is_neutral(key, value)}


def _is_neutral(key: str, value: Any) -> bool:
    if value is np._NoValue or (value is None and key not in ("axis", "a_min", "a_max")):
        return True
    return isinstance(value, (bool, str)) and value in NEUTRAL.get(key, ())


def refusal(name: str, known: list[str]) -> TypeError:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.6)
    nearest = f"; the nearest that is covered is numpy.{close[0]}" if close else ""
    return TypeError(
        f"numpy.{name} is not covered for tensors that require grad: its result would have no history{nearest}. If no gradient "
        "is wanted through it, call it on tensor.detach()."
    )


def ours(name: str) -> Callable[..., Any]:
    """Our function of that name: one of PyTorch's, or of a module here where PyTorch has it in torch.linalg."""
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    return getattr(import_module(f"{__package__}.{module}" if module else __package__), attribute)


# -- operands ------------------------------------------------------------------------------------------------------------


def requires_grad(x: Any) -> bool:
    return isinstance(x, TensorBase) and current_node(x) is not None


def leaves(values: Any) -> Iterator[Any]:
    """What is in nested lists and tuples."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves(value)
        else:
            yield value


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """``function`` of all that is in nested lists, tuples and dicts."""
    if isinstance(value, dict):
        return {key: mapped(item, function) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(mapped(item, function) for item in value)
    return function(value)


def detached(x: Any) -> Any:
    """An array instead of a tensor; NumPy may keep it, so that its memory counts as known outside."""
    return x.detach().numpy() if isinstance(x, TensorBase) else x


def arrays_to_tensors(x: Any) -> Any:
    return to_tensor(x) if isinstance(x, np.ndarray) else x.item() if isinstance(x, np.generic) else x


def to_tensor(x: Any) -> Any:
    """An operand of a recorded call: arrays and sequences become constants; numbers stay."""
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, (np.ndarray, list, tuple)):
        array = np.asarray(x)
        return ours("from_numpy")(array if all(s >= 0 for s in array.strides) else array.copy())
    return x


# -- where the two signatures differ in more than names ------------------------------------------------------------------


def _reduced(name: str, a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """A reduction of ours that takes one dimension at a time."""
    named = {} if dtype is None else {"dtype": dtype}
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for dim in sorted((d % a.ndim for d in axes), reverse=True):
        a = ours(name)(a, dim=dim, keepdim=keepdims, **named)
    return a


def _accumulated(name: str, a: Any, axis: int | None = None) -> Any:
    return ours(name)(a.reshape(-1) if axis is None else a, dim=0 if axis is None else axis)


def _deviation(name: str, a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    if dtype is not None:
        a = a.to(dtype)
    dim = tuple(range(a.ndim)) if axis is None else axis
    return ours(name)(a, dim=dim, correction=ddof, keepdim=keepdims)


_cumprod = partial(_accumulated, "cumprod")
_cumsum = partial(_accumulated, "cumsum")
_prod = partial(_reduced, "prod")
_std = partial(_deviation, "std")
_var = partial(_deviation, "var")


def _transpose(a: Any, axes: Any = None) -> Any:
    return ours("permute")(a, tuple(reversed(range(a.ndim))) if axes is None else tuple(axes))


def _take(a: Any, indices: Any, axis: int | None = None) -> Any:
    return a.reshape(-1)[indices] if axis is None else a[(slice(None),) * (axis % a.ndim) + (indices,)]


def _concatenate(arrays: Any, axis: int | None = 0) -> Any:
    tensors = [ours("as_tensor")(a) for a in arrays]
    return ours("cat")([t.reshape(-1) for t in tensors] if axis is None else tensors, 0 if axis is None else axis)


def _cross(a: Any, b: Any, axis: int = -1) -> Any:
    return ours("cross")(a, b, axis)


def _dot(a: Any, b: Any) -> Any:
    if not getattr(a, "ndim", 0) or not getattr(b, "ndim", 0):
        return a * b
    if b.ndim <= 2:
        return ours("matmul")(a, b)
    return ours("tensordot")(a, b, dims=([a.ndim - 1], [b.ndim - 2]))


def _outer(a: Any, b: Any) -> Any:
    return ours("outer")(a.reshape(-1), b.reshape(-1))


def _expand_dims(a: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = a.ndim + len(axes)
    for at in sorted(d % ndim for d in axes):
        a = a.unsqueeze(at)
    return a


def _flip(m: Any, axis: Any = None) -> Any:
    return ours("flip")(m, tuple(range(m.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,))


def _sort(a: Any, axis: int | None = -1) -> Any:
    return ours("sort")(a.reshape(-1) if axis is None else a, dim=-1 if axis is None else axis)[0]


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if isinstance(indices_or_sections, int) and ary.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return list(ours("tensor_split")(ary, indices_or_sections, dim=axis))


def _meshgrid(*tensors: Any, indexing: str = "xy") -> Any:
    return ours("meshgrid")(*tensors, indexing=indexing)
