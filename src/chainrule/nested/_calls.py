"""What functions do with nested tensors: element by element on the values, along a dimension on the values or on each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import functions
from .._tensor import Tensor
from ..core.value import TensorBase
from ._jagged import NestedInt, NestedTensor
from ._strided import StridedNestedTensor, from_parts as strided_of, strided
from ._tensor import Nested

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POINTWISE = frozenset(
    """
    __and__ __eq__ __floordiv__ __invert__ __lshift__ __or__ __pow__ __rfloordiv__ __rmod__ __rpow__ __rshift__ __rsub__ __rtruediv__
    __xor__ abs absolute acos acosh add addcdiv addcmul alpha_dropout angle apply arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin
    asinh atan atan2 atanh bernoulli bfloat16 bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor bool byte ceil celu char clamp clamp_max clamp_min clip clone conj copy copysign cos cosh cpu deg2rad digamma div divide
    double dropout elu empty_like eq erf erfc erfinv exp exp2 expm1 feature_alpha_dropout fill fix float float_power floor floor_divide fmax
    fmin fmod frac full_like gcd ge gelu greater greater_equal gt half hardshrink hardsigmoid hardswish hardtanh heaviside hypot imag int
    isclose isfinite isinf isnan isneginf isposinf isreal lcm ldexp le leaky_relu lerp less less_equal lgamma log log10 log1p log2 logaddexp
    logaddexp2 logical_and logical_not logical_or logical_xor logit logsigmoid long lt masked_fill maximum minimum mish mul
    multiply nan_to_num ne neg negative nextafter normal not_equal ones_like polygamma positive pow rad2deg rand_like randint_like
    randn_like random real reciprocal relu relu6 remainder round rrelu rsqrt rsub selu sgn short sigmoid sign signbit silu sin sinc sinh
    softplus softshrink softsign sqrt square sub subtract tan tanh tanhshrink threshold true_divide trunc type type_as uniform where xlogy
    zero zeros_like
    """.split()
)
"""Functions of each element for itself, and of what has a number for each."""

HANDLERS: dict[str, Callable[..., Any]] = {}


def handles(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks what answers calls of functions and methods of these names. It gets the function, and what it was called with."""

    def put(handler: Callable[..., Any]) -> Callable[..., Any]:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return put


def called(func: Any, full_name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The answer to a call in which a nested tensor takes part."""
    kind, _, name = full_name.rpartition(".")
    if name == "__get__":
        name = kind.rpartition(".")[2]
        if name in OF_VALUES:
            return getattr(args[0]._values, name)
    handler = HANDLERS.get(name)
    if handler is not None:
        return handler(func, *args, **kwargs)
    plain = name.removesuffix("_") if not name.endswith("__") else name
    if plain in POINTWISE:
        return pointwise(func, name, args, kwargs)
    if args and isinstance(args[0], Nested):
        if name in OWN:
            return getattr(type(args[0]), name)(*args, **kwargs)
        if name in OF_VALUES:
            return func(args[0]._values, *args[1:], **kwargs)
    raise NotImplementedError(
        f"{full_name} is not there for nested tensors. Compute on each part of nt.unbind(), or on nt.to_padded_tensor(0.)"
    )


OWN = frozenset(
    """
    __contains__ __format__ __len__ __repr__ backward contiguous data detach detach_ dim element_size is_complex is_contiguous
    is_floating_point item ndimension nelement numel register_hook requires_grad_ retain_grad size stride unbind values
    """.split()
)
"""What the classes have as methods, and programs may call as ``torch.Tensor.size(nt)`` or ``torch.unbind(nt)``."""
OF_VALUES = frozenset(
    "data_ptr get_device is_cpu is_pinned is_shared is_sparse is_sparse_csr is_xla storage_offset".split()
)
"""Attributes and methods whose answer is that of the values."""


def pointwise(func: Any, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A function of each element for itself."""
    nested: list[Nested] = [one for one in (*args, *kwargs.values()) if isinstance(one, Nested)]
    first = nested[0]
    dense = any(isinstance(one, TensorBase) and not isinstance(one, Nested) and one.ndim for one in args)
    if dense and isinstance(first, NestedTensor):  # they meet the values of the parts alone
        first = first._without_gaps()

    def met(one: Any) -> Any:
        if not isinstance(one, Nested):
            is_dense = isinstance(one, TensorBase) and one.ndim
            return first._spread(one, name) if is_dense else one
        is_free = name.startswith("type") or name == "to" or (name == "copy_" and _is_laid_alike(nested[0], one))
        if not (nested[0]._fits(one) or is_free):
            raise RuntimeError(
                f"cannot call binary pointwise function {name} with inputs of shapes {shown(nested[0])} and {shown(one)}: nested tensors must "
                "have the same offsets, or the same sizes in the strided layout"
            )
        return (one._without_gaps() if dense and isinstance(one, NestedTensor) else one)._values

    made: Any = func(*[met(one) for one in args], **{key: met(one) for key, one in kwargs.items()})
    if name.endswith("_") and not name.endswith("__"):
        return args[0]
    if not isinstance(made, Tensor):
        return made
    return nested[0] if made is nested[0]._values else first._like(made)


def _is_laid_alike(one: Nested, other: Nested) -> bool:
    """Whether the values of two, of other offsets, are those of parts of the same sizes, one behind the other."""
    return (
        isinstance(one, NestedTensor)
        and isinstance(other, NestedTensor)
        and one._lengths is None is other._lengths
        and (one._sizes, one._ragged_idx, one._part_lengths) == (other._sizes, other._ragged_idx, other._part_lengths)
    )


def shown(nested: Nested) -> str:
    """Its sizes, as an error says them."""
    return str(tuple(nested.shape) if isinstance(nested, NestedTensor) else nested._sizes)


@handles("to", "cuda", "xpu")
def to(func: Any, input: Any, *args: Any, **kwargs: Any) -> Any:
    return pointwise(func, "to", (input, *args), kwargs)


# -- gradients -----------------------------------------------------------------------------------------------------------


def _inside(tensors: Any) -> Any:
    if isinstance(tensors, Nested):
        return tensors._values
    return [_inside(one) for one in tensors] if isinstance(tensors, (list, tuple)) else tensors


@handles("grad")
def grad(func: Any, outputs: Any, inputs: Any, grad_outputs: Any = None, *rest: Any, **kwargs: Any) -> Any:
    found = func(_inside(outputs), _inside(inputs), _inside(grad_outputs), *rest, **kwargs)
    asked = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    return tuple(
        [x._like(g) if isinstance(x, Nested) and g is not None else g for x, g in zip(asked, found, strict=True)]
    )


@handles("backward")
def backward(func: Any, tensors: Any, grad_tensors: Any = None, *rest: Any, inputs: Any = None, **kwargs: Any) -> Any:
    return func(_inside(tensors), _inside(grad_tensors), *rest, inputs=_inside(inputs), **kwargs)


# -- along a dimension ---------------------------------------------------------------------------------------------------


def _along(input: Nested, dim: int, function: Callable[[Any, int], Any], name: str) -> Any:
    """What a function gives that keeps the sizes, along a dimension of each part."""
    inner = input._inner(dim, name)
    if isinstance(input, NestedTensor) and inner != input._ragged_idx - 1:
        return input._map(lambda values: function(values, inner))
    return input._each(lambda part: function(part, inner))


@handles("softmax", "log_softmax", "softmin")
def softmax(func: Any, input: Nested, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    if dim is None:
        raise RuntimeError(f"{func.__name__}(): a nested tensor asks for dim")
    return _along(input, dim, lambda x, inner: func(x, dim=inner, dtype=dtype), func.__name__)


@handles("cumsum", "cumprod", "flip", "roll", "logcumsumexp")
def cumulative(func: Any, input: Nested, *args: Any, **kwargs: Any) -> Any:
    named = {name: kwargs.pop(name) for name in ("dim", "dims") if name in kwargs}
    *rest, dim = args or [*named.values()]
    return _along(input, dim, lambda x, inner: func(x, *rest, inner, **kwargs), func.__name__)


@handles("sum", "mean", "prod", "amax", "amin", "any", "all", "logsumexp", "var", "std", "count_nonzero", "nansum")
def reduction(func: Any, input: Nested, *args: Any, **kwargs: Any) -> Any:
    name = func.__name__
    args, dim = (args[1:], args[0]) if args else (args, kwargs.pop("dim", None))
    if dim is None or dim == ():
        return func(_flat(input), *args, **kwargs)
    given = [input._outer(one) for one in ([dim] if isinstance(dim, int) else dim)]
    batch = 0 in given
    inner = [one - 1 for one in given if one]
    if batch and (not isinstance(input, NestedTensor) or input._ragged_idx not in given):
        raise RuntimeError(
            f"{name}(): reducing along the batch dimension but not the ragged dimension is not supported for nested tensors"
        )
    where: Any = inner[0] if len(inner) == 1 else tuple(inner)
    return _reduced(input, inner, batch, lambda x: func(x, where, *args, **kwargs), *args, **kwargs)


@handles("max", "min", "argmax", "argmin", "median")
def extreme(func: Any, input: Nested, dim: Any = None, keepdim: bool = False) -> Any:
    if isinstance(dim, TensorBase):
        return pointwise(func, func.__name__, (input, dim), {})
    if dim is None:
        return func(_flat(input))
    inner = input._inner(dim, func.__name__)
    return _reduced(input, [inner], False, lambda x: func(x, inner, keepdim=keepdim), keepdim=keepdim)


def _flat(input: Nested) -> Any:
    """All elements, in one ordinary tensor."""
    return (input._without_gaps() if isinstance(input, NestedTensor) else input)._values


def _reduced(
    input: Nested, inner: list[int], batch: bool, function: Callable[[Any], Any], keepdim: bool = False, **kwargs: Any
) -> Any:
    """What is left when dimensions of each part are gone, and the batch, too, if it is asked for."""
    if not isinstance(input, NestedTensor):
        return input._map(function)
    ragged = input._ragged_idx
    if batch:  # the ragged one, too: the values have it as one
        made = function(input._without_gaps()._values)
        return made.unsqueeze(0) if keepdim else made
    if ragged - 1 not in inner:
        return _wrap_each(
            input, function(input._values), ragged if keepdim else ragged - sum(one < ragged - 1 for one in inner)
        )
    made = [function(part) for part in input._parts()]
    if isinstance(made[0], TensorBase):
        return functions.stack(made)
    return type(made[0])([functions.stack(list(of_each)) for of_each in zip(*made, strict=True)])


def _wrap_each(input: NestedTensor, made: Any, ragged: int) -> Any:
    if isinstance(made, Tensor):
        return input._wrapped(made, ragged)
    return type(made)([input._wrapped(one, ragged) for one in made])


# -- layers --------------------------------------------------------------------------------------------------------------


def _by_rows(input: Any, function: Callable[[Any], Any], behind: int) -> Any:
    """What a function gives that takes the last ``behind`` dimensions, and any before."""
    if isinstance(input, NestedTensor):
        if input._ragged_idx >= input.ndim - behind:
            return input._each(function)
        return input._map(function)
    last = input._sizes[input.ndim - behind :]
    if None in last:
        return input._each(function)
    made = function(input._values.view(-1, *last))
    sizes = [(*size[: len(size) - behind], *made.shape[1:]) for size in input._part_sizes]
    return strided(made.reshape(-1), sizes)


@handles("linear")
def linear(func: Any, input: Any, weight: Any, bias: Any = None) -> Any:
    if not isinstance(input, Nested):
        raise RuntimeError("linear(): a weight cannot be nested")
    return _by_rows(input, lambda x: func(x, weight, bias), 1)


@handles("layer_norm")
def layer_norm(
    func: Any, input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    return _by_rows(input, lambda x: func(x, normalized_shape, weight, bias, eps), len(normalized_shape))


@handles("rms_norm")
def rms_norm(func: Any, input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    return _by_rows(input, lambda x: func(x, normalized_shape, weight, eps), len(normalized_shape))


@handles("normalize", "glu")
def normalize(func: Any, input: Any, *args: Any, dim: int | None = None, **kwargs: Any) -> Any:
    wanted = dim if dim is not None else {"normalize": 1, "glu": -1}[func.__name__]
    return _along(input, wanted, lambda x, inner: func(x, *args, dim=inner, **kwargs), func.__name__)


@handles("embedding")
def embedding(func: Any, input: Any, weight: Any, *args: Any, **kwargs: Any) -> Any:
    return input._map(lambda x: func(x, weight, *args, **kwargs))


@handles("scaled_dot_product_attention")
def attention(func: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *args: Any, **kwargs: Any) -> Any:
    if attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: Nested tensors take no attn_mask; is_causal they take")
    if not all(isinstance(one, Nested) for one in (query, key, value)):
        raise RuntimeError("scaled_dot_product_attention: of query, key and value all must be nested, or none")
    if not len(query) == len(key) == len(value):
        raise RuntimeError(f"scaled_dot_product_attention: batches of {len(query)}, {len(key)} and {len(value)}")
    rows = zip(query._parts(), key._parts(), value._parts(), strict=True)
    made = [func(*[one.unsqueeze(0) for one in row], None, *args, **kwargs).squeeze(0) for row in rows]
    if not isinstance(query, NestedTensor):
        return strided_of(made)
    # PyTorch's lies with the heads inside, so that it is contiguous when they are put behind the words again.
    heads_inside = query._packed([one.transpose(0, 1) for one in made], 1)
    return heads_inside._map(lambda values: values.transpose(0, 1), 2)


# -- products ------------------------------------------------------------------------------------------------------------


@handles("matmul", "bmm", "__rmatmul__")
def matmul(func: Any, input: Any, other: Any) -> Any:
    if func.__name__ == "__rmatmul__":
        input, other = other, input
    if (
        isinstance(input, NestedTensor)
        and not isinstance(other, Nested)
        and other.ndim == 2
        and input._ragged_idx != input.ndim - 1
    ):
        return input._map(lambda values: functions.matmul(values, other))
    nested = input if isinstance(input, Nested) else other
    if isinstance(nested, StridedNestedTensor) and not (isinstance(input, Nested) and isinstance(other, Nested)):
        raise RuntimeError(
            "matmul: Expected both to be nested, but got a nested and a non-nested one: the jagged layout takes an ordinary one"
        )
    rows = [one._parts() if isinstance(one, Nested) else _rows(one, nested) for one in (input, other)]
    if len(rows[0]) != len(rows[1]):
        raise RuntimeError(f"matmul: batches of {len(rows[0])} and {len(rows[1])}")
    made = [functions.matmul(x, y) for x, y in zip(*rows, strict=True)]
    if isinstance(nested, StridedNestedTensor):
        return strided_of(made)
    ragged = _ragged_of_product(input, other)
    return functions.stack(made) if ragged is None else nested._packed(made, ragged)


def _rows(dense: Any, nested: Any) -> Any:
    if dense.ndim != nested.ndim:
        raise RuntimeError(f"matmul(): not supported between inputs of shapes {shown(nested)} and {dense.shape}")
    return dense.unbind()


def _ragged_of_product(input: Any, other: Any) -> int | None:
    """In which dimension parts of a matrix product differ; None if in none."""
    count = (input if isinstance(input, Nested) else other).ndim
    left = input._ragged_idx if isinstance(input, NestedTensor) else None
    right = other._ragged_idx if isinstance(other, NestedTensor) else None
    found = {left} - {None, count - 1} | {right} - {None, count - 2}
    if len(found) > 1:
        raise RuntimeError(
            f"matmul(): the product of {shown(input)} and {shown(other)} would differ in two dimensions: the jagged layout has one. The strided "
            "layout has any number"
        )
    return found.pop() if found else None


# -- shapes --------------------------------------------------------------------------------------------------------------


def _ragged(input: Any) -> int:
    return input._ragged_idx if isinstance(input, NestedTensor) else 0


def _spare(input: Any, dim: int, name: str) -> int:
    """A dimension of each part that is not the ragged one of the jagged layout."""
    inner: int = input._inner(dim, name)
    if inner + 1 == _ragged(input):
        raise RuntimeError(f"{name}(): not supported for NestedTensor on ragged dim, {inner + 1}")
    return inner


@handles("transpose", "swapaxes", "swapdims")
def transpose(func: Any, input: Any, dim0: int, dim1: int) -> Any:
    one, other = input._outer(dim0), input._outer(dim1)
    if not (one and other):
        if one == other:
            return input
        kind = ValueError if isinstance(input, NestedTensor) else RuntimeError
        raise kind(f"{func.__name__}(): the batch dimension of a nested tensor cannot be transposed")
    ragged = {one: other, other: one}.get(_ragged(input), _ragged(input))
    return input._map(lambda x: x.transpose(one - 1, other - 1), ragged)


@handles("permute")
def permute(func: Any, input: Any, *dims: Any) -> Any:
    order = [input._outer(one) for one in (dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims)]
    if sorted(order) != list(range(input.ndim)):
        raise RuntimeError(f"permute(): the dimensions of a tensor of {input.ndim} are not {tuple(order)}")
    if order[0]:
        raise ValueError("Permute is not supported on the batch dimension of nested tensors")
    return input._map(lambda x: x.permute([one - 1 for one in order[1:]]), order.index(_ragged(input)))


@handles("mT", "adjoint")
def matrix_transpose(func: Any, input: Any) -> Any:
    return transpose(func, input, -2, -1)


@handles("unsqueeze")
def unsqueeze(func: Any, input: Any, dim: int) -> Any:
    at = input._outer(dim, 1)
    if not at:
        raise RuntimeError("unsqueeze(): not supported for NestedTensor on dim=0")
    return input._map(lambda x: x.unsqueeze(at - 1), _ragged(input) + (at <= _ragged(input)))


@handles("squeeze")
def squeeze(func: Any, input: Any, dim: int) -> Any:
    inner = _spare(input, dim, "squeeze")
    before = inner + 1 < _ragged(input) and input._sizes[inner + 1] == 1
    return input._map(lambda x: x.squeeze(inner), _ragged(input) - before)


@handles("unflatten")
def unflatten(func: Any, input: Any, dim: int, sizes: Any) -> Any:
    inner = _spare(input, dim, "unflatten")
    return input._map(
        lambda x: x.unflatten(inner, sizes), _ragged(input) + (len(sizes) - 1) * (inner + 1 < _ragged(input))
    )


@handles("flatten")
def flatten(func: Any, input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    start, end = input._inner(start_dim, "flatten"), input._inner(end_dim, "flatten")
    if start < end and start < _ragged(input) <= end + 1:
        raise RuntimeError("flatten(): not supported for NestedTensor on ragged dim")
    return input._map(lambda x: x.flatten(start, end), _ragged(input) - (end - start) * (end + 1 < _ragged(input)))


@handles("view", "reshape")
def reshape(func: Any, input: Any, *shape: Any) -> Any:
    name = func.__name__
    wanted = list(shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)
    if isinstance(input, StridedNestedTensor):
        if not wanted or wanted[0] != len(input):
            raise RuntimeError(f"{name}: the batch dimension of a nested tensor must stay {len(input)}, got {wanted}")
        return input._map(lambda x: x.reshape(wanted[1:]))
    symbols = [at for at, size in enumerate(wanted) if isinstance(size, NestedInt)]
    ragged = symbols[0] if symbols else wanted.index(-1) if -1 in wanted else 0
    sizes = input._sizes
    before = _product(sizes[1 : input._ragged_idx])
    if not wanted or wanted[0] != sizes[0] or not ragged or (symbols and wanted[ragged] != input._symbol):
        raise RuntimeError(f"{name}(): cannot view shape {shown(input)} as {wanted}")
    inner = [input._values.shape[input._ragged_idx - 1] if at == ragged else size for at, size in enumerate(wanted)][1:]
    if -1 not in inner[: ragged - 1] and _product(inner[: ragged - 1]) != before:
        raise RuntimeError(f"{name}(): cannot view shape {shown(input)} as {wanted}")
    return input._map(lambda x: getattr(x, name)(inner), ragged)


def _product(sizes: Any) -> int:
    made = 1
    for size in sizes:
        made *= size
    return made


@handles("expand")
def expand(func: Any, input: Any, *sizes: Any) -> Any:
    wanted = list(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
    if len(wanted) != input.ndim or wanted[0] not in (-1, len(input)):
        raise RuntimeError(
            f"expand(): cannot expand {shown(input)} to {wanted}: a nested tensor keeps its batch and its dimensions"
        )
    return input._map(lambda x: x.expand(wanted[1:]))


@handles("select")
def select(func: Any, input: Any, dim: int, index: int) -> Any:
    if not input._outer(dim):
        return _part(input, index)
    inner = _spare(input, dim, "select")
    return input._map(lambda x: x.select(inner, index), _ragged(input) - (inner + 1 < _ragged(input)))


@handles("narrow", "index_select", "repeat_interleave", "split", "split_with_sizes", "tensor_split")
def in_one_dimension(func: Any, input: Any, *args: Any, dim: int | None = None, **kwargs: Any) -> Any:
    name = func.__name__
    if name in ("narrow", "index_select"):  # their dimension comes first
        dim, *rest = (dim, *args) if dim is not None else args
        if name == "narrow" and not input._outer(dim) and isinstance(input, StridedNestedTensor):
            return _narrowed_batch(input, *rest, **kwargs)
        inner = _spare(input, dim, name)
        return input._map(lambda x: getattr(x, name)(inner, *rest, **kwargs))
    what, *last = args or (kwargs.pop(next(iter(kwargs))),)
    inner = _spare(input, last[0] if last else 0 if dim is None else dim, name)
    return input._map(lambda x: getattr(x, name)(what, dim=inner, **kwargs))


def _narrowed_batch(input: Any, start: Any, length: int) -> Any:
    parts, start = input._parts(), int(start)
    first = start + len(parts) if start < 0 else start
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not 0 <= first <= len(parts):
        raise IndexError(
            f"start out of range (expected to be in range of [{-len(parts)}, {len(parts)}], but got {start})"
        )
    if first + length > len(parts):
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({len(parts)}).")
    return strided_of(parts[first : first + length])


@handles("chunk")
def chunk(func: Any, input: Any, chunks: int, dim: int = 0) -> Any:
    if input._outer(dim):
        inner = _spare(input, dim, "chunk")
        return input._map(lambda x: x.chunk(chunks, inner))
    parts = input._parts()
    size = -(-len(parts) // chunks)
    return tuple([input._packed(parts[at : at + size]) for at in range(0, len(parts), size)])


@handles("cat", "concat", "concatenate", "stack")
def join(func: Any, tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    name = func.__name__
    first = next(one for one in tensors if isinstance(one, Nested))
    more = name == "stack"
    at = first._outer(dim, more)
    if not at:
        if more or not all(isinstance(one, StridedNestedTensor) for one in tensors):
            raise RuntimeError(f"{name}(): not supported for NestedTensor on dim=0")
        return strided_of([part for one in tensors for part in one._parts()])
    if not more:
        _spare(first, dim, name)
    elif at <= _ragged(first):
        raise RuntimeError(f"{name}(): not supported for NestedTensor on ragged dim")
    for one in tensors:
        if not isinstance(one, Nested) or (
            isinstance(one, NestedTensor) and (one._symbol, one._ragged_idx) != (first._symbol, first._ragged_idx)
        ):
            raise RuntimeError(f"{name}(): all must be nested tensors with the same offsets")
    if isinstance(first, NestedTensor):
        return first._wrapped(func([one._values for one in tensors], at - 1))
    return strided_of([func(list(parts), at - 1) for parts in zip(*[one._parts() for one in tensors], strict=True)])


@handles("__getitem__")
def getitem(func: Any, input: Any, index: Any) -> Any:
    indices = list(index) if isinstance(index, tuple) else [index]
    places = [at for at, one in enumerate(indices) if one is ...]
    if places:
        missing = input.ndim - sum(one is not None for one in indices) + 1
        indices[places[0] : places[0] + 1] = [slice(None)] * missing
    first, *rest = indices
    if isinstance(first, int):
        part = _part(input, first)
        return part[tuple(rest)] if rest else part
    if not (isinstance(first, slice) and first == slice(None)):
        kind = RuntimeError if isinstance(input, NestedTensor) and isinstance(first, slice) else NotImplementedError
        raise kind(f"a nested tensor's batch takes an int or ':', not {first!r}: index the parts of nt.unbind()")
    ragged, outer, removed, added = _ragged(input), 0, 0, 0
    for one in rest:
        if one is None:
            added += outer < ragged - 1
            continue
        outer += 1
        if ragged and outer == ragged and one != slice(None):
            raise RuntimeError(
                f"slice(): not supported for NestedTensor on ragged dim, {ragged}: index the parts of nt.unbind()"
            )
        removed += isinstance(one, int) and outer < ragged
    return input._map(lambda x: x[tuple(rest)], ragged - removed + added)


def _part(input: Any, index: int) -> Any:
    parts = input._parts()
    if not -len(parts) <= index < len(parts):
        raise IndexError(f"index {index} is out of bounds for a nested tensor of {len(parts)} parts")
    return parts[index]


# -- what else there is ---------------------------------------------------------------------------------------------------


@handles("is_same_size")
def is_same_size(func: Any, input: Any, other: Any) -> bool:
    return isinstance(input, Nested) and isinstance(other, Nested) and input._fits(other)
