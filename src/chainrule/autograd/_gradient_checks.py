"""What ``gradcheck`` does: derivatives of a function against central differences, and what else a derivative must do."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, functions as F, ops
from ..core.sparse_level import is_sparse
from ..promotion import promote_types
from . import _jacobians as jacobians
from ._backward import grad
from ._jacobians import as_tuple, has_tangents, is_differentiable
from .function import Function
from .gradcheck import GradcheckError

if TYPE_CHECKING:
    from .._tensor import Tensor


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller of ``gradcheck`` asked for."""

    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_undefined_grad: bool
    check_grad_dtypes: bool
    check_batched_grad: bool
    check_batched_forward_grad: bool
    check_forward_ad: bool
    check_backward_ad: bool
    fast_mode: bool
    masked: bool


def run(function: Callable[..., Any], inputs: tuple[Any, ...], options: Options) -> None:
    """All checks that were asked for; raises at the first that fails."""
    check_inputs(inputs)
    outputs = as_tuple(function(*inputs))
    differentiable = [out for out in outputs if out.requires_grad]
    if options.check_backward_ad:
        for case in reverse_cases(function, inputs, outputs, options):
            case.check_reverse()
    if options.check_forward_ad:
        for case in forward_cases(function, inputs, options):
            case.check_forward()
            if options.check_undefined_grad:
                check_undefined_tangents(case.function, case.inputs)
    if options.check_batched_forward_grad:
        check_batched_tangents(function, inputs)
    if not options.check_backward_ad or not differentiable:
        return
    tensors = [x for x in inputs if is_differentiable(x)]
    if options.check_batched_grad:
        for number, out in enumerate(differentiable):
            check_batched_grad(out, tensors, number)
    check_multiplied(differentiable, tensors, options.masked)
    if options.check_undefined_grad:
        check_undefined_grads(function, inputs, tensors, len(differentiable))


def check_inputs(inputs: tuple[Any, ...]) -> None:
    tensors = {number: x for number, x in enumerate(inputs) if is_differentiable(x)}
    for number, x in tensors.items():
        if x.dtype not in (dtypes.float64, dtypes.complex128):
            warnings.warn(
                f"Input #{number} requires gradient and is not a double precision floating point or complex, but "
                f"{x.dtype}. This check will likely fail if all the inputs are not of double precision floating point "
                "or complex: differences in single precision are too coarse. Use .double().",
                stacklevel=4,
            )
        if overlaps(x):
            raise RuntimeError(
                f"The {number}th input has elements that share memory, e.g. a dimension with stride 0: its shape is "
                f"{list(x.shape)}, its strides are {list(x.stride())}. gradcheck only supports inputs that are "
                "non-overlapping, because it moves one element at a time. Call .contiguous() or .clone() on it before."
            )
    if not tensors:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True."
        )


def overlaps(tensor: Tensor) -> bool:
    """Whether two elements lie at one address."""
    steps = [np.arange(size) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True)]
    return np.unique(sum(np.ix_(*steps))).size < tensor.numel()


# -- derivatives against differences --------------------------------------------------------------------------------------


def reverse_cases(
    function: Callable[..., Any], inputs: tuple[Any, ...], outputs: tuple[Any, ...], options: Options
) -> list[Case]:
    """The function itself; of one with complex outputs the imaginary and the real part, which have gradients."""
    if not any(out.is_complex() for out in outputs):
        return [Case(function, inputs, options)]
    numbers = [n for n, out in enumerate(out for out in outputs if out.requires_grad) if out.is_complex()]

    def part(take: Callable[[Tensor], Tensor], *args: Any) -> tuple[Any, ...]:
        return tuple([take(out) if out.is_complex() else out for out in as_tuple(function(*args))])

    return [
        Case(functools.partial(part, take), inputs, options, f"the {name} part of complex outputs", numbers)
        for name, take in (("imaginary", F.imag), ("real", F.real))
    ]


def forward_cases(function: Callable[..., Any], inputs: tuple[Any, ...], options: Options) -> list[Case]:
    """The function itself; of one with complex inputs the function of their imaginary, and of their real part."""
    of_complex = [i for i, x in enumerate(inputs) if has_tangents(x) and x.is_complex()]
    if not of_complex:
        return [Case(function, inputs, options)]
    sources = [i for i, x in enumerate(inputs) if is_differentiable(x)]
    numbers = [n for n, i in enumerate(sources) if i in of_complex]

    def whole(join: Callable[[Any, Tensor], Tensor], *args: Any) -> Any:
        return function(*[join(x, inputs[i].detach()) if i in of_complex else x for i, x in enumerate(args)])

    cases = []
    for name, take, join in (
        ("imaginary", F.imag, lambda x, of: of.real + x * 1j),
        ("real", F.real, lambda x, of: x + of.imag * 1j),
    ):
        parts = [
            take(x.detach()).clone().requires_grad_(x.requires_grad) if i in of_complex else x
            for i, x in enumerate(inputs)
        ]
        said = f"the {name} part of complex inputs"
        cases.append(Case(functools.partial(whole, join), tuple(parts), options, said, numbers))
    return cases


class Case:
    """One function at one point. Derivatives are with respect to the inputs that require grad."""

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: tuple[Any, ...],
        options: Options,
        part: str = "",
        part_of: Sequence[int] = (),
    ) -> None:
        self.function, self.inputs, self.options = function, inputs, options
        self.part, self.part_of = part, part_of
        """What the function was made from, and the numbers of the outputs or inputs that this concerns."""
        self.sources = [i for i, x in enumerate(inputs) if is_differentiable(x)]
        self.tensors = [inputs[i] for i in self.sources]
        outputs = [out for out in as_tuple(function(*inputs)) if has_tangents(out)]
        self.picked = [number for number, out in enumerate(outputs) if out.requires_grad]
        self.outputs = [outputs[number] for number in self.picked]
        self.random = np.random.default_rng(0)
        """Directions are drawn, the same for every check, from a stream that nothing else uses."""

    def values(self) -> list[Tensor]:
        """The differentiable outputs at what the inputs hold now; if there are none, the others."""
        outputs = [out for out in as_tuple(self.function(*self.inputs)) if has_tangents(out)]
        return [outputs[number].detach().clone() for number in self.picked or range(len(outputs))]

    def check_reverse(self) -> None:
        """Gradients, and that they come out the same twice."""
        if not self.outputs:
            self.check_constant()
        elif self.options.fast_mode:
            self.check_reverse_fast()
        else:
            numerical = [jacobians.numerical_jacobian(self.values, x, self.options.eps) for x in self.tensors]
            for o, out in enumerate(self.outputs):
                products = self.reverse(o, lambda out=out: jacobians.basis(out))  # type: ignore[misc]
                for i, analytical in enumerate(products.matrices):
                    self.compare(analytical, numerical[i][o], i, o)

    def check_reverse_fast(self) -> None:
        """One number for each input and output: their Jacobian between two random directions."""
        lefts = [self.directions(x) for x in self.tensors]
        rights = [self.direction(out, out.dtype) for out in self.outputs]
        numerical = [self.along(x, left) for x, left in zip(self.tensors, lefts, strict=True)]
        for o, right in enumerate(rights):
            products = self.reverse(o, lambda right=right, o=o: [right.reshape(self.outputs[o].shape)])  # type: ignore[misc]
            for i, (matrix, left) in enumerate(zip(products.matrices, lefts, strict=True)):
                product = matrix[:, 0]
                if product.is_complex():
                    found = (product.real * left[0]).sum() + (product.imag * left[1]).sum() * 1j
                else:
                    found = (product * left[0]).sum()
                room = sum(float(u.sum()) for u in left) * float(right.sum())
                self.compare(found, (numerical[i][o] * right).sum(), i, o, room)

    def reverse(self, o: int, cotangents: Callable[[], Any]) -> jacobians.ReverseProducts:
        """The products of an output's Jacobians with cotangents, computed twice."""
        first, second = [jacobians.ReverseProducts(self.outputs[o], self.tensors, cotangents()) for _ in range(2)]
        if not first.right_dtypes and self.options.check_grad_dtypes:
            raise GradcheckError(
                f"Gradient has dtype mismatch: a gradient of output {o} has not the dtype of its input"
            )
        if not first.right_sizes:
            raise GradcheckError(
                f"Analytical gradient has incorrect size: a gradient of output {o} has not the size of its input"
            )
        distance = first.distance(second)
        if distance > self.options.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
                f"different values: those of output {o} differ by up to {distance}. The tolerance for nondeterminism was "
                f"{self.options.nondet_tol}; if they may differ, pass a larger nondet_tol."
            )
        return first

    def check_forward(self) -> None:
        """Tangents of the outputs for a tangent in each input."""
        if not self.outputs:
            self.check_constant()
            return
        fast = self.options.fast_mode
        for i, x in enumerate(self.tensors):
            if not x.numel():
                continue
            if fast:
                direction = self.directions(x)
                numerical = self.along(x, direction)
                analytical = self.tangents(i, direction[0].reshape(x.shape))
                room = float(direction[0].sum())
            else:
                numerical = jacobians.numerical_jacobian(self.values, x, self.options.eps)
                rows = [self.tangents(i, unit) for unit in jacobians.basis(x)]
                analytical = [F.stack(rows_of_one) for rows_of_one in zip(*rows, strict=True)]
                room = 1.0
            for o, (a, n) in enumerate(zip(analytical, numerical, strict=True)):
                self.compare(a, n, i, o, room, forward=True)

    def tangents(self, i: int, tangent: Tensor) -> list[Tensor]:
        """The tangents of the differentiable outputs, flattened, for a tangent of one input, and 0 of the others."""
        given = {number: F.zeros_like(x.detach()) for number, x in zip(self.sources, self.tensors, strict=True)}
        given[self.sources[i]] = tangent
        results = jacobians.forward_products(self.function, self.inputs, given)
        found = []
        for value, t in [results[number] for number in self.picked]:
            if t is not None and self.options.check_grad_dtypes and t.is_complex() != value.is_complex():
                raise GradcheckError("Forward AD gradient has dtype mismatch.")
            found.append((F.zeros_like(value) if t is None else t).detach().reshape(-1))
        return found

    def check_constant(self) -> None:
        for i, x in enumerate(self.tensors):
            if self.options.fast_mode:
                derivatives = self.along(x, self.directions(x))
            else:
                derivatives = jacobians.numerical_jacobian(self.values, x, self.options.eps)
            for o, derivative in enumerate(derivatives):
                if (derivative != 0).any():
                    raise GradcheckError(
                        "Numerical gradient for function expected to be zero: none of its outputs requires grad, but output "
                        f"{o} changes with input {i},\nnumerical:{derivative}"
                    )

    # -- directions ---------------------------------------------------------------------------------------------------

    def direction(self, tensor: Tensor, dtype: dtypes.dtype) -> Tensor:
        """A random unit vector without negative elements: a sum of errors cannot cancel in it."""
        values = self.random.random(tensor.numel())
        return F.as_tensor(values / (np.linalg.norm(values) or 1.0), dtype=dtype)

    def directions(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """A direction for an input; for a complex one, of its real and its imaginary part."""
        if not tensor.is_complex():
            return (self.direction(tensor, tensor.dtype),)
        dtype = tensor.real.dtype
        return self.direction(tensor, dtype), self.direction(tensor, dtype)

    def along(self, tensor: Tensor, direction: tuple[Tensor, ...]) -> list[Tensor]:
        """The difference of each output along a direction of one input."""
        eps = self.options.eps
        steps = [u.reshape(tensor.shape) * eps for u in direction]
        return jacobians.difference(self.values, tensor, ..., (steps[0], steps[-1]), eps)

    # -- the comparison -----------------------------------------------------------------------------------------------

    def compare(
        self, analytical: Tensor, numerical: Tensor, i: int, o: int, room: float = 1.0, forward: bool = False
    ) -> None:
        """``room``: what a product of directions makes of an absolute tolerance of 1."""
        if self.close(analytical, numerical, room):
            return
        concerned = i if forward else o
        text = f"While considering {self.part} only, " if concerned in self.part_of else ""
        text += (
            f"Jacobian {'computed with forward mode ' if forward else ''}mismatch for output {o} with respect to input {i},\n"
            f"numerical:{numerical}\nanalytical:{analytical}\n"
        )
        raise GradcheckError(text + (self.in_full(i, o, forward) if self.options.fast_mode else ""))

    def close(self, analytical: Tensor, numerical: Tensor, room: float = 1.0) -> bool:
        common = promote_types(analytical.dtype, numerical.dtype)
        return F.allclose(analytical.to(common), numerical.to(common), self.options.rtol, self.options.atol * room)

    def in_full(self, i: int, o: int, forward: bool) -> str:
        """The whole Jacobians of an input and output whose products were found to differ."""
        x = self.tensors[i]
        numerical = jacobians.numerical_jacobian(self.values, x, self.options.eps)[o]
        if forward:
            analytical = F.stack([self.tangents(i, unit)[o] for unit in jacobians.basis(x)])
        else:
            out = self.outputs[o]
            analytical = jacobians.ReverseProducts(out, [x], jacobians.basis(out)).matrices[0]
        text = (
            "\nThese were computed in fast mode, in random directions. The whole Jacobians are:\n\n"
            f"Numerical:\n{numerical}\nAnalytical:\n{analytical}\n\n"
            f"The max per-element difference (slow mode) is: {(numerical - analytical).abs().max()}.\n"
        )
        if self.close(analytical, numerical):
            text += (
                "Fast gradcheck failed but element-wise differences are small: with fast_mode=False the check passes.\n"
            )
        return text


# -- cotangents of zero, and none -----------------------------------------------------------------------------------------


def check_multiplied(outputs: list[Tensor], inputs: list[Tensor], masked: bool) -> None:
    """A backward of zeros gives zeros."""
    zeros = [F.zeros_like(out.detach()) for out in outputs]
    for i, g in enumerate(grad(outputs, inputs, zeros, allow_unused=True)):
        if g is not None and not (F.allclose(g, F.zeros_like(g)) if masked else (g == 0).all()):
            raise GradcheckError(
                f"backward not multiplied by grad_output: grad_outputs of 0 give the gradient of input {i}\n{g}"
            )


class _Undefined(Function):
    """The identity, whose backward gives no gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> None:
        return None


def check_undefined_grads(
    function: Callable[..., Any], inputs: tuple[Any, ...], tensors: list[Tensor], count: int
) -> None:
    """Outputs whose gradient is undefined count as outputs whose gradient is zero: all of them, and each alone."""
    for undefined in [set(range(count)), *([{o} for o in range(count)] if count > 1 else [])]:
        outputs = [out for out in as_tuple(function(*inputs)) if out.requires_grad]
        sources = [_Undefined.apply(out) if o in undefined else out for o, out in enumerate(outputs)]
        zeros = [F.zeros_like(out.detach()) for out in outputs]
        which = f"the gradient of {'each output' if len(undefined) == count else f'output {min(undefined)}'}"
        advice = "If this function does not support that, pass check_undefined_grad=False."
        try:
            grads = grad(sources, tensors, zeros, allow_unused=True)
        except RuntimeError as error:
            raise GradcheckError(
                f"Expected backward function to handle undefined output grads, but with {which} undefined it raised: {error}\n{advice}"
            ) from error
        for i, g in enumerate(grads):
            if g is not None and not (g == 0).all():
                raise GradcheckError(
                    "Expected all input grads to be undefined or zero when all output grads are undefined or zero, but with "
                    f"{which} undefined, and the others 0, input {i} gets\n{g}\n{advice}"
                )


def check_undefined_tangents(function: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    """An input without a tangent counts as one whose tangent is zero, whatever the tangents of the others."""
    random = np.random.default_rng(0)
    given = {i: gaussian(x, random) for i, x in enumerate(inputs) if is_differentiable(x)}
    for i, tangent in given.items():
        without = {number: t for number, t in given.items() if number != i}
        with_zero = given | {i: F.zeros_like(tangent)}
        pairs = [jacobians.forward_products(function, inputs, tangents) for tangents in (with_zero, without)]
        for o, ((value, zero), (_, undefined)) in enumerate(zip(*pairs, strict=True)):
            expected, got = [F.zeros_like(value) if t is None else t for t in (zero, undefined)]
            if not F.allclose(got, expected):
                raise GradcheckError(
                    f"Mismatch in tangent values for output with index: {o} when input: {i} has an undefined tangent value.  "
                    f"Got: {got} but expected: {expected}"
                )


# -- batches --------------------------------------------------------------------------------------------------------------


def gaussian(like: Tensor, random: np.random.Generator) -> Tensor:
    values: Any = random.standard_normal(like.shape)
    if like.is_complex():
        values = values + 1j * random.standard_normal(like.shape)
    return F.as_tensor(np.asarray(values), dtype=like.dtype)


def check_batched_grad(output: Tensor, inputs: list[Tensor], number: int) -> None:
    """A batch of gradients by vmap is what one gradient after the other is."""

    def vjp(v: Tensor) -> list[Tensor]:
        grads = grad(output, inputs, v, retain_graph=True, allow_unused=True)
        return [F.zeros_like(x.detach()) if g is None else g for g, x in zip(grads, inputs, strict=True)]

    check_batched(vjp, output, f"of output {number} with respect to input", "check_batched_grad")


def check_batched_tangents(function: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    """A batch of tangents by vmap gives what one tangent after the other gives."""
    for i, x in enumerate(inputs):
        if not is_differentiable(x):
            continue

        def jvp(tangent: Tensor, i: int = i) -> list[Tensor]:
            results = jacobians.forward_products(function, inputs, {i: tangent})
            return [F.zeros_like(value) if t is None else t for value, t in results]

        check_batched(jvp, x, f"in forward mode, with respect to input {i}, of output", "check_batched_forward_grad")


def check_batched(product: Callable[[Tensor], list[Tensor]], space: Tensor, what: str, option: str) -> None:
    from ..func import vmap

    random = np.random.default_rng(0)
    vectors = [gaussian(space, random) for _ in range(2)]
    expected = [F.stack(parts) for parts in zip(*[product(v) for v in vectors], strict=True)]
    advice = f"If vmap does not support this function, pass {option}=False."
    try:
        results = vmap(product)(F.stack(vectors))
    except RuntimeError as error:
        raise GradcheckError(f"While computing batched gradients, got: {error}\n{advice}") from error
    for number, (got, wanted) in enumerate(zip(results, expected, strict=True)):
        if not F.allclose(got, wanted):
            raise GradcheckError(
                f"The batched gradients {what} {number} differ from those computed one by one.\n\nGot:\n{got}\n\n"
                f"Expected:\n{wanted}\n{advice}"
            )


# -- gradients as a function ----------------------------------------------------------------------------------------------


class Gradients:
    """The gradients of a function, as a function of its inputs and of the cotangents of its outputs."""

    def __init__(self, function: Callable[..., Any], inputs: tuple[Any, ...], cotangents: tuple[Any, ...]) -> None:
        self.function = function
        self.inputs = len(inputs)
        # Forward mode calls it with tensors that have lost their mark.
        self.marked = [is_differentiable(x) for x in (*inputs, *cotangents)]

    def __call__(self, *args: Any) -> tuple[Tensor, ...]:
        args = tuple([x.requires_grad_() if marked else x for x, marked in zip(args, self.marked, strict=True)])
        inputs, cotangents = args[: self.inputs], args[self.inputs :]
        outputs = [out for out in as_tuple(self.function(*inputs)) if out.requires_grad]
        sources = [x for x, marked in zip(inputs, self.marked, strict=False) if marked]
        grads = grad(outputs, sources, cotangents, create_graph=True, allow_unused=True)
        return tuple([g for g in grads if g is not None])


def random_cotangents(function: Callable[..., Any], inputs: tuple[Any, ...], noncontiguous: bool) -> tuple[Tensor, ...]:
    """Random tensors between -1 and 1, of the shapes and dtypes of the differentiable outputs."""
    random = np.random.default_rng(0)
    found = []
    for out in as_tuple(function(*inputs)):
        if out.requires_grad:
            shape = (*out.shape[:-1], out.shape[-1] * 2) if noncontiguous and out.ndim else out.shape
            values: Any = random.uniform(-1, 1, shape)
            if out.is_complex():
                values = values + 1j * random.uniform(-1, 1, shape)
            tensor = F.as_tensor(np.asarray(values), dtype=out.dtype)
            found.append((tensor[..., ::2] if shape != out.shape else tensor).requires_grad_())
    return tuple(found)


class _WithDenseGradient(Function):
    """The identity, whose gradient is dense."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.to_dense()


def of_sparse_inputs(check: Any, func: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> bool:
    """A check of a function of sparse tensors: as one of their values, with dense outputs."""
    from ..core.sparse_values import ordered_places

    given = as_tuple(inputs)
    patterns = [ordered_places(x._array) if is_sparse(getattr(x, "_array", None)) else None for x in given]

    def values(x: Any, pattern: Any) -> Any:
        if pattern is None:
            return x
        ordered = x if x._array.pattern.is_ordered else x.coalesce()
        return ops.sparse_values(ordered.detach(), pattern=pattern).clone().requires_grad_(x.requires_grad)

    def of_values(*args: Any) -> Any:
        made = [
            ops.sparse_made(x, p) if p is not None else _WithDenseGradient.apply(x) if is_differentiable(x) else x
            for x, p in zip(args, patterns, strict=True)
        ]
        return tuple([out.to_dense() for out in as_tuple(func(*made))])

    checked: bool = check(of_values, tuple([values(x, p) for x, p in zip(given, patterns, strict=True)]), **options)
    return checked
