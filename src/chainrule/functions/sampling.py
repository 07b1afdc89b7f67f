"""Random numbers whose distribution tensors describe."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..backend import counts_numpy, random_numpy as kernels
from ..core.generator import Generator, draw
from ..core.messages import explained
from ..core.modes import met
from ..core.value import TensorBase, device_of, is_constant, new_tensor, numbers_of
from ..core.views import current_node
from ..core.xla_level import numberless, placed
from ..promotion import scalar_type_name
from ._arguments import check_out, deliver, tensor_argument
from .creation import dense_only
from .filling import dtype_of, memory_order, shape_of
from .random import check_std, floating, integer, made, order_into, part_std, refill

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]

MOST_CATEGORIES = 1 << 24


def normal(
    mean: Any = None, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, out: Tensor | None = None,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal random numbers.

    ``normal(mean, std)`` with tensors gives each number a mean, a standard deviation or both of its own (they broadcast;
    the gradients of them are zero); ``normal(mean, std, size)`` with two numbers makes a tensor of that size.

    Args:
        mean: a number or a tensor.
        std: a number or a tensor, by default 1.
        size: a sequence of ints, only with two numbers. So are the arguments from ``dtype`` on.
        generator: where the numbers come from, by default the default generator.
        out: where to write the result.
        dtype: floating or complex; by default the default dtype.
        layout: ``torch.strided``.
        device: "cpu" or "xla"; by default the default device.
        pin_memory: accepted, and of no effect.
        requires_grad: whether gradients are to be computed for it.

    Raises:
        RuntimeError: a negative standard deviation; TypeError: two numbers and no size, or a tensor and a size.

    >>> import chainrule as torch
    >>> torch.normal(torch.tensor([0., 100.]), torch.tensor([1., 0.]), generator=torch.Generator().manual_seed(0))
    tensor([  1.5410, 100.0000])
    """
    dense_only(layout, "normal")
    of_tensors = isinstance(mean, TensorBase) or isinstance(std, TensorBase)
    known = all(isinstance(given, (TensorBase, int, float, np.number)) for given in (mean, std))
    if not known or of_tensors != (size is None):
        raise TypeError(
            f"normal() received an invalid combination of arguments: got ({type(mean).__name__}, {type(std).__name__}"
            f"{'' if size is None else ', size'}). Call normal(mean, std, size) with numbers, or normal(mean, std) with tensors"
        )
    if of_tensors:
        return _normal_of_tensors(mean, std, generator, out)
    wanted = floating(dtype_of(dtype, out, "normal"), "normal_kernel_cpu")
    check_std(std)
    return made(
        kernels.normal, "normal", shape_of((), size, "normal"), wanted, generator, out, device, requires_grad,
        mean=float(mean), std=part_std(wanted, float(std)),
    )  # fmt: skip


def _normal_of_tensors(mean: Any, std: Any, generator: Any, out: Any) -> Tensor:
    given = [p for p in (mean, std) if isinstance(p, TensorBase)]
    met(*given)
    dtype = floating(given[0]._array.dtype, "normal_kernel_cpu")
    if given[-1] is std:
        if std._array.dtype.kind == "c":
            raise RuntimeError("normal expects standard deviation to be non-complex: give a real one")
        numbers = numbers_of(std._array)
        if numbers.size and not numbers.min() >= 0:
            raise RuntimeError(f"normal expects all elements of std >= 0.0: the least is {numbers.min()}")
    else:
        check_std(std)
    try:
        shape = np.broadcast_shapes(*[p._array.shape for p in given])
    except ValueError as error:
        raise explained(error, *[p._array for p in given]) from None
    order = None
    if out is not None:
        check_out(out, "normal", any(current_node(p) is not None for p in given))
        dtype = floating(out._array.dtype, "normal_kernel_cpu")
        order = order_into(out, shape)
    scale = part_std(dtype, 1.0 if given[-1] is std else float(std))
    numbers = new_tensor(
        draw(
            kernels.normal,
            shape,
            dtype,
            generator,
            order,
            given=tuple([p._array for p in given]),
            std=scale,
            contiguous=order is None,
        )
    )
    if given[-1] is std:
        numbers = ops.astype(numbers.mul(std.detach()), dtype=dtype)
    numbers = ops.astype(numbers.add(mean.detach() if given[0] is mean else mean), dtype=dtype)
    if out is not None:
        return deliver(numbers, out, "normal")
    if all(current_node(p) is None for p in given):
        return numbers
    op = ops.normal_both if len(given) == 2 else ops.normal_mean if given[0] is mean else ops.normal_std
    return op(*[p if p._array.shape == shape else ops.broadcast_to(p, shape=shape) for p in given], numbers)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """1 with the probability that ``input`` gives at each place, else 0; the gradient is zero.

    Args:
        input: probabilities.
        p: one probability instead, of which the result has the shape and the dtype of ``input``.
        generator: where the random numbers come from, by default the default generator.
        out: where to write the result.

    Raises:
        RuntimeError: a probability outside of [0, 1]; NotImplementedError: integers as probabilities.

    >>> import chainrule as torch
    >>> torch.bernoulli(torch.tensor([0., 0.5, 1.]), generator=torch.Generator().manual_seed(0))
    tensor([0., 0., 1.])
    """
    met(tensor_argument(input, "bernoulli", "input"))
    array = input._array
    if p is not None:
        return deliver(coins(array, array.shape, p, generator, (array,)), out, "bernoulli")
    check_probabilities(array)
    if out is not None:
        check_out(out, "bernoulli", current_node(input) is not None)
    numbers = new_tensor(draw(kernels.uniform, array.shape, draw_dtype(array), generator, given=(array,)))
    hits = ops.less(numbers, input.detach())
    result = ops.astype(hits, dtype=array.dtype if out is None else out._array.dtype)
    if out is not None or current_node(input) is None:
        return deliver(result, out, "bernoulli")
    return ops.bernoulli(input, result)


def check_probabilities(p: Any) -> None:
    if p.dtype.kind in "biuc":
        raise NotImplementedError(
            f"\"bernoulli_tensor_cpu_p_\" not implemented for '{scalar_type_name(p.dtype)}': give floating point probabilities"
        )
    numbers = numbers_of(p)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() <= 1):
        raise RuntimeError(
            f"Expected p_in >= 0 && p_in <= 1 to be true, but got probabilities from {numbers.min()} to {numbers.max()}"
        )


def draw_dtype(p: Any) -> Any:
    """The dtype of the uniform numbers that are compared with probabilities."""
    return kernels.F64 if p.dtype == kernels.F64 else kernels.F32


def check_coin(dtype: Any, p: Any) -> None:
    if dtype.kind == "c" or dtype.name in ("uint16", "uint32", "uint64"):
        raise NotImplementedError(f"\"bernoulli_scalar_cpu_\" not implemented for '{scalar_type_name(dtype)}'")
    if not isinstance(p, TensorBase) and not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")


def coins(like: Any, shape: tuple[int, ...], p: float, generator: Any = None, given: tuple[Any, ...] = ()) -> Tensor:
    """1 with probability ``p``, else 0, in the dtype of the raw value ``like``, and in its order if it has the shape."""
    check_coin(like.dtype, p)
    order = memory_order(like) if shape == like.shape else None
    if is_constant(like):
        return new_tensor(numberless(shape, like.dtype, order))
    numbers = draw(kernels.uniform, shape, kernels.F64, generator, order, given=given)
    return ops.astype(ops.less(new_tensor(placed(numbers, device_of(like))), p), dtype=like.dtype)


def bernoulli_(tensor: Any, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
    """1 with probability ``p`` (a number, or a tensor that broadcasts), else 0, in place."""
    check_coin(tensor._array.dtype, p)
    if not isinstance(p, TensorBase):
        return refill(tensor, ops.bernoulli_with, kernels.uniform, generator, kernels.F64, lambda u: ops.less(u, p))
    check_probabilities(p._array)
    met(p)
    have, shape = p._array.shape, tensor._array.shape
    if len(have) > len(shape) or any(n not in (1, m) for n, m in zip(have[::-1], shape[::-1], strict=False)):
        raise RuntimeError(
            f"The expanded size of the tensor {list(shape)} must match the existing size {list(have)}: the probabilities do "
            "not broadcast to the shape of the tensor"
        )
    chance = p.detach()
    return refill(
        tensor, ops.bernoulli_by, kernels.uniform, generator, draw_dtype(p._array), lambda u: ops.less(u, chance),
        (p._array,),
    )  # fmt: skip


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Indices drawn with probabilities in proportion to ``input``, of each row for itself.

    Args:
        input: a vector of weights, or a matrix with one set of weights a row: not negative, not all zero.
        num_samples: how many indices to draw.
        replacement: whether one may be drawn again.
        generator: where the random numbers come from, by default the default generator.
        out: where to write the result.

    Raises:
        RuntimeError: weights that are none, or fewer of them than samples.

    >>> import chainrule as torch
    >>> torch.multinomial(torch.tensor([0., 10., 3.]), 4, replacement=True, generator=torch.Generator().manual_seed(0))
    tensor([2, 1, 1, 2])
    """
    met(tensor_argument(input, "multinomial", "input"))
    weights = input._array
    count = integer(num_samples, "multinomial", "num_samples")
    if not 1 <= weights.ndim <= 2:
        raise RuntimeError(f"prob_dist must be 1 or 2 dim: got {weights.ndim} dimensions")
    if weights.dtype.kind in "biuc":
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {scalar_type_name(weights.dtype)}"
        )
    if out is not None and tensor_argument(out, "multinomial", "out")._array.dtype != np.int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {scalar_type_name(out._array.dtype)}")
    if count <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples: got num_samples={count}")
    categories = weights.shape[-1]
    if not replacement and count > categories:
        raise RuntimeError(
            f"cannot sample n_sample > prob_dist.size(-1) samples without replacement: {count} of {categories}"
        )
    if categories > MOST_CATEGORIES:
        raise RuntimeError(f"number of categories cannot exceed 2^24: got {categories}")
    if out is not None:
        check_out(out, "multinomial")
    numbers = numbers_of(weights)
    if numbers.size:
        if not (numbers.min() >= 0 and numbers.max() < math.inf):
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        if (numbers.sum(-1) == 0).any():
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    rows = input.detach().reshape(-1, categories)
    picked = (_with_replacement if replacement and count > 1 else _without_replacement)(rows, count, generator)
    return deliver(picked.reshape(*weights.shape[:-1], count), out, "multinomial")


def _with_replacement(rows: Any, count: int, generator: Any) -> Any:
    """Where uniform numbers fall in the cumulative sums of the weights."""
    sums = ops.astype(rows, dtype=np.promote_types(rows._array.dtype, kernels.F32)).cumsum(-1)
    sums = sums / sums[:, -1:]
    sums[:, -1:] = 1
    numbers = new_tensor(draw(kernels.uniform, (len(rows), count), kernels.F64, generator, given=(rows._array,)))
    return ops.search_rows(ops.astype(sums, dtype=kernels.F64), numbers, side="left")


def _without_replacement(rows: Any, count: int, generator: Any) -> Any:
    """The weights over exponential waiting times: the largest quotients come first."""
    array = rows._array
    quotients = rows / new_tensor(draw(kernels.exponential, array.shape, array.dtype, generator, given=(array,)))
    if count == 1:
        return quotients.argmax(-1)
    return (-quotients).argsort(dim=-1, stable=True)[:, :count].contiguous()


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers of events, of which ``input`` gives the mean at each place; the gradient is zero.

    Raises:
        RuntimeError: a negative mean; NotImplementedError: integers as means.

    >>> import chainrule as torch
    >>> torch.poisson(torch.tensor([1., 1., 20.]), generator=torch.Generator().manual_seed(0))
    tensor([ 2.,  3., 18.])
    """
    met(tensor_argument(input, "poisson", "input"))
    rates = input._array
    if rates.dtype.kind in "biuc":
        raise NotImplementedError(f"\"poisson_cpu\" not implemented for '{scalar_type_name(rates.dtype)}'")
    numbers = numbers_of(rates)
    if not (numbers >= 0).all():
        raise RuntimeError(f"invalid Poisson rate, expected rate to be non-negative: the least is {numbers.min()}")
    counts = new_tensor(draw(counts_numpy.poisson, rates.shape, rates.dtype, generator, given=(rates,), rates=rates))
    return counts if current_node(input) is None else ops.poisson(input, counts)


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of ``count`` trials succeed, each with probability ``prob``, at each place. There is no gradient.

    Raises:
        ValueError: the numbers of trials are integers; RuntimeError: the two have different dtypes.

    >>> import chainrule as torch
    >>> torch.binomial(torch.tensor([4., 100.]), torch.tensor([0.5, 0.3]), generator=torch.Generator().manual_seed(0))
    tensor([ 3., 32.])
    """
    met(tensor_argument(count, "binomial", "count"), tensor_argument(prob, "binomial", "prob", 2))
    given = (count._array, prob._array)
    dtype, other = (array.dtype for array in given)
    if dtype.kind in "biuc":
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {scalar_type_name(dtype)}")
    if dtype.itemsize == 2:
        raise NotImplementedError(f"\"binomial_cpu\" not implemented for '{scalar_type_name(dtype)}': use float32")
    if dtype != other:
        raise RuntimeError(
            f"Found dtype {scalar_type_name(other)} but expected {scalar_type_name(dtype)}: give both the same"
        )
    try:
        shape = np.broadcast_shapes(*[array.shape for array in given])
    except ValueError as error:
        raise explained(error, *given) from None
    trials, chances = [ops.broadcast_to(one.detach(), shape=shape)._array for one in (count, prob)]
    numbers = draw(counts_numpy.binomial, shape, dtype, generator, given=given, trials=trials, chances=chances)
    result = new_tensor(numbers)
    recorded = current_node(count) is not None or current_node(prob) is not None
    return ops.binomial(count, prob, result) if recorded else result
