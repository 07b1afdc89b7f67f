"""A product added to something: addmm and its kin, and the linear layer."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.mutation import inplace
from ..promotion import check_cast, checked_scalar, scalar_type_name
from ._arguments import deliver, fitting, naming, tensor_argument
from ._autocast import lowered
from ._writing import put, put_resized
from .contraction import einsum
from .linalg import by, expand_error, is_mixed, is_refused, matmul, mixed, mixed_addmv, not_multipliable, stretches

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm", "bilinear"]

Number = Any


def addmm(
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *factors_first: Any,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; ``input`` is stretched to the product's shape.

    With ``beta=0`` the values of ``input`` do not count, NaN included.

    >>> import chainrule as torch
    >>> torch.addmm(torch.tensor([10., 20.]), torch.ones(1, 3), torch.ones(3, 2))
    tensor([[13., 23.]])
    """
    return added("addmm", (input, mat1, mat2), factors_first, beta, alpha, out)


def check_addmm(input: Tensor, mat1: Tensor, mat2: Tensor) -> None:
    _tensors("addmm", input, mat1, mat2, ("mat1", "mat2"))
    for name, t in (("mat1", mat1), ("mat2", mat2)):
        if t.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {t.ndim}-D tensor of shape {list(t.shape)}")
    if mat1.shape[1] != mat2.shape[0]:
        raise naming(not_multipliable(mat1.shape, mat2.shape), mat1, mat2)
    _stretched(input, (mat1.shape[0], mat2.shape[1]))
    if is_refused(input, mat2):
        raise mixed(input, mat2, "self and mat2 must have the same dtype, but got {} and {}", c=False)
    if is_refused(mat1, mat2):
        raise mixed(mat1, mat2)


def addmv(
    input: Tensor,
    mat: Tensor,
    vec: Tensor,
    *factors_first: Any,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``; ``input`` is stretched to the product's shape.

    >>> import chainrule as torch
    >>> torch.addmv(torch.ones(2), torch.ones(2, 3), torch.ones(3), alpha=2)
    tensor([7., 7.])
    """
    return added("addmv", (input, mat, vec), factors_first, beta, alpha, out)


def check_addmv(input: Tensor, mat: Tensor, vec: Tensor) -> None:
    _tensors("addmv", input, mat, vec, ("mat", "vec"))
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}")
    n, m = mat.shape
    if vec.shape[0] != m or not stretches(input.shape, (n,)):
        raise RuntimeError(f"size mismatch, got input ({by(input.shape)}), mat ({n}x{m}), vec ({vec.shape[0]})")
    if is_mixed(input, mat) or is_mixed(mat, vec):
        raise mixed_addmv(input, mat, vec)


def addr(
    input: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    *factors_first: Any,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``; ``input`` is stretched to the product's shape.

    >>> import chainrule as torch
    >>> torch.addr(torch.ones(1, 2), torch.tensor([2.]), torch.tensor([3., 4.]))
    tensor([[7., 9.]])
    """
    return added("addr", (input, vec1, vec2), factors_first, beta, alpha, out)


def check_addr(input: Tensor, vec1: Tensor, vec2: Tensor) -> None:
    _tensors("addr", input, vec1, vec2, ("vec1", "vec2"))
    for name, t in (("vec1", vec1), ("vec2", vec2)):
        if t.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {t.ndim}-D, of shape {list(t.shape)}")
    _stretched(input, (vec1.shape[0], vec2.shape[0]))


def baddbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *factors_first: Any,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2)``; ``input`` is stretched to the product's shape.

    >>> import chainrule as torch
    >>> torch.baddbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    return added("baddbmm", (input, batch1, batch2), factors_first, beta, alpha, out)


def check_baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, function: str = "baddbmm") -> None:
    from .linalg import check_batches

    tensor_argument(input, function, "input", 1)
    check_batches(function, batch1, batch2, ("batch1", "batch2"))
    b, n, p = batch1.shape[0], batch1.shape[1], batch2.shape[2]
    _stretched(input, (b, n, p) if function == "baddbmm" else (n, p))
    if is_refused(input, batch1):
        raise mixed(input, batch1, "Input dtypes must be the same, got: input {}, batch1 {}", c=False)


def addbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *factors_first: Any,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2).sum(0)``; ``input`` is stretched to the sum's shape.

    >>> import chainrule as torch
    >>> torch.addbmm(torch.ones(1, 1), torch.ones(2, 1, 3), torch.ones(2, 3, 1))
    tensor([[7.]])
    """
    return added("addbmm", (input, batch1, batch2), factors_first, beta, alpha, out)


KINDS: dict[str, tuple[str, Any]] = {
    "addbmm": ("batch1 batch2", partial(check_baddbmm, function="addbmm")),
    "addmm": ("mat1 mat2", check_addmm),
    "addmv": ("mat vec", check_addmv),
    "addr": ("vec1 vec2", check_addr),
    "baddbmm": ("batch1 batch2", check_baddbmm),
}
"""A function -> what its operands are called, beside ``input``, and what checks them."""


IN_HALVES = ("addmv", "addr")
"""Those of which PyTorch takes the factors as halves where the operands are that."""


def added(
    function: str, operands: Any, factors_first: Any, beta: Number, alpha: Number, out: Tensor | None = None
) -> Tensor:
    """What one of these functions does; with ``_`` at the end of its name, in place."""
    name = function.removesuffix("_")
    names, check = KINDS[name]
    if factors_first:
        from ._factors_first import in_order

        *operands, beta, alpha = in_order(function, names, "beta alpha", *operands, *factors_first)
    check(*operands)
    op, factors = getattr(ops, name), _factors(function, operands[0], beta, alpha)
    if function != name:
        return inplace(op, *operands, **factors)
    written = put if name == "addr" else put_resized
    return written(op(*operands, **factors), out, name, operands[0])


def _tensors(function: str, input: Any, x: Any, y: Any, names: tuple[str, str]) -> None:
    tensor_argument(input, function, "input", 1)
    tensor_argument(x, function, names[0], 2)
    tensor_argument(y, function, names[1], 3)


def _stretched(input: Tensor, target: tuple[int, ...]) -> None:
    if not stretches(input.shape, target):
        raise expand_error(input.shape, target)


def _factors(function: str, input: Tensor, beta: Number, alpha: Number) -> dict[str, Number]:
    """The weights, as numbers of the operands' kind: of integers, their fraction is cut off."""
    factors = {"beta": beta, "alpha": alpha}
    kind = input._array.dtype.kind
    for name, given in factors.items():
        value = factors[name] = given.item() if hasattr(given, "item") else given
        if not isinstance(value, (bool, int, float, complex)):
            raise TypeError(f"{function}(): argument '{name}' must be Number, not {type(value).__name__}")
        if isinstance(value, complex) and kind != "c":
            raise RuntimeError(
                f"For non-complex input tensors, argument {name} must not be a complex number: got {value}"
            )
        factors[name] = (
            fitting(value, input._array.dtype, function.removesuffix("_") not in IN_HALVES)
            if kind != "b"
            else checked_scalar(input._array.dtype, value).item()
        )
    return factors


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias``: what a linear layer computes.

    Args:
        input: of shape (..., n).
        weight: of shape (m, n), or (n,).
        bias: of shape (m,), or none.
        out: the tensor that takes the result.

    Raises:
        RuntimeError: shapes that do not fit, or several dtypes.

    >>> import chainrule as torch
    >>> from chainrule.functions.affine import linear
    >>> linear(torch.ones(1, 3), torch.ones(2, 3), torch.tensor([0., 1.]))
    tensor([[3., 4.]])
    """
    if out is not None:
        return deliver(linear(input, weight, bias), out, "linear")
    try:
        x, w = input._array, weight._array
        b = None if bias is None else bias._array
    except AttributeError:
        _tensors("linear", input, weight, bias, ("weight", "bias"))
        raise
    if not x.ndim or not w.ndim:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {x.ndim}D and {w.ndim}D")
    if b is None:
        try:
            return matmul(input, ops.t(weight))
        except RuntimeError:
            _check_features(input, weight)
            raise
    if x.dtype is w.dtype is b.dtype or x.dtype == w.dtype == b.dtype:
        if w.ndim == 2 and x.shape[-1] == w.shape[1] and b.shape == w.shape[:1]:
            return (ops.linear_layer if x.ndim == 2 else ops.stacked_linear_layer)(bias, input, weight)
    elif (given := lowered(input, weight, bias)) is not None:
        return linear(*given)
    elif not is_mixed(input, weight) and not _is_added(input, bias):  # type: ignore[arg-type]
        raise mixed(bias, input, "self and mat2 must have the same dtype, but got {} and {}", c=False)  # type: ignore[arg-type]
    if w.ndim == 1 and not _is_added(input, bias):  # type: ignore[arg-type]
        raise RuntimeError(
            f"mat2 must be a matrix, got 1-D tensor: a weight of shape {list(w.shape)} takes a bias of shape [] and an input "
            f"that is no matrix; this bias is of shape {list(b.shape)}, and the input of {list(x.shape)}"
        )
    _check_features(input, weight)
    product = matmul(input, ops.t(weight))
    _stretched(bias, product.shape)  # type: ignore[arg-type]
    total = ops.add(product, bias)
    if total._array.dtype == product._array.dtype:
        return total
    check_cast(total._array.dtype, product._array.dtype)
    return ops.astype(total, product._array.dtype)


def _is_added(input: Tensor, bias: Tensor) -> bool:
    """Whether PyTorch adds this bias in place, so that it may have a dtype of its own; else it calls ``addmm``."""
    ndim = input._array.ndim
    return ndim != 2 and (bias._array.ndim != 1 or (ndim > 2 and not input.is_contiguous()))


def _check_features(input: Tensor, weight: Tensor) -> None:
    """Raise for features that are not as many as a layer's matrix takes."""
    have, wanted = input.shape[-1], weight.shape[-1]
    if have != wanted and weight.ndim == 2:
        rows = math.prod(input.shape[:-1])
        said = (
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{have} and {wanted}x{weight.shape[0]}): the last dimension of the "
            f"input has size {have}, and the layer takes {wanted} features"
        )
        raise naming(RuntimeError(said), input, weight)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input1 @ weight[k] @ input2 + bias[k]`` for each k: what a bilinear layer computes.

    Args:
        input1: of shape (..., n).
        input2: of shape (..., p), the leading sizes as those of ``input1``.
        weight: of shape (m, n, p).
        bias: of shape (m,), or none.

    Returns:
        A tensor of shape (..., m).

    Raises:
        RuntimeError: shapes that do not fit, or several dtypes.

    >>> import chainrule as torch
    >>> torch.bilinear(torch.tensor([1., 2.]), torch.tensor([3., 4.]), torch.eye(2)[None])
    tensor([11.])
    """
    tensor_argument(input1, "bilinear", "input1", 1)
    tensor_argument(input2, "bilinear", "input2", 2)
    tensor_argument(weight, "bilinear", "weight", 3)
    if weight.ndim != 3:
        raise IndexError(f"bilinear(): weight must have 3 dimensions (out, in1, in2), got shape {list(weight.shape)}")
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    if not input1.ndim:
        raise IndexError("bilinear(): the inputs need a last dimension, but they have no dimensions")
    for dim, (m, n) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if m != n:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {m} and {n}")
    for dim, x in enumerate((input1, input2), 1):
        if x.shape[-1] != weight.shape[dim]:
            raise RuntimeError(
                f"bilinear(): input{dim} size does not match weight size: got {x.shape[-1]} but expected {weight.shape[dim]}"
            )
    if bias is not None and tensor_argument(bias, "bilinear", "bias", 4).shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    if not input1.dtype == input2.dtype == weight.dtype:
        names = [scalar_type_name(t._array.dtype).lower() for t in (input1, input2, weight)]
        raise RuntimeError(
            "All tensors must have the same dtype, got input1: {}, input2: {}, weight: {}".format(*names)
        )
    product = einsum("...i,kij,...j->...k", input1, weight, input2)
    return product if bias is None else product + bias
