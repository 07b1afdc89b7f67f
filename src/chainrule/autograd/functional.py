"""Jacobians, Hessians and their products with vectors: PyTorch's ``torch.autograd.functional``.

Inputs, outputs and vectors are tensors or tuples of tensors; a result has the form of what it belongs to. ``func`` runs
on tensors of our own: what it takes from outside, be it a tensor that is also an input, is a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.batch_level import BatchLevel
from ..core.dual_level import DualLevel, is_moving
from ..functions.filling import eye, ones_like, zeros, zeros_like
from ..functions.joining import stack
from ._backward import grad
from .grad_mode import enable_grad

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Func = Callable[..., Any]
Tensors = Any
"""A tensor, or a tuple of tensors."""
Group = tuple[Any, ...]

NOT_IN_STRICT = "This is not allowed in strict mode"
FLAT_OUTPUT = (
    f"Output {{}} of the user-provided function does not require gradients. {NOT_IN_STRICT}: compute the outputs in a "
    "differentiable manner from the inputs."
)
NO_PATH = f"The output of the user-provided function is independent of input {{}}. {NOT_IN_STRICT}."
LINEAR = (
    f"The jacobian of the user-provided function is independent of input {{}}. {NOT_IN_STRICT} when create_graph=True."
)
FLAT_GRADIENT = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is "
    f"independent of the input. {NOT_IN_STRICT}. The function must be twice differentiable, and its jacobian must depend on "
    "the inputs: that of a linear function does not."
)
NO_SECOND_PATH = f"The jacobian of the user-provided function is independent of input {{}}. {NOT_IN_STRICT}."
QUADRATIC = (
    f"The hessian of the user-provided function is independent of input {{}}. {NOT_IN_STRICT} when create_graph=True."
)
NOT_LINEAR_IN_SEED = (
    f"The gradient of the user-provided function does not depend on the cotangent of output {{}}. {NOT_IN_STRICT}, where "
    "forward mode is the derivative of reverse mode by its cotangents: a custom backward must use what it is given."
)


def vjp(
    func: Func, inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tensors, Tensors]:
    """The output of ``func`` and the product of a vector with its Jacobian, ``v^T J``.

    Args:
        func: a function of tensors that returns a tensor or a tuple of tensors.
        inputs: what to call it with: a tensor or a tuple of tensors.
        v: the vector, of the shape of the output; may be left out for an output of one element, for 1.
        create_graph: record all this, so that the results can be differentiated.
        strict: raise where an output does not depend on an input, instead of giving zeros.

    Returns:
        The output, and the product, of the shape of the inputs.

    Raises:
        RuntimeError: v is missing or of another shape; with ``strict``, an output is independent of an input.
        TypeError: inputs, outputs or v are no tensors.

    >>> import chainrule as torch
    >>> torch.autograd.functional.vjp(lambda x: x * x, torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        call = Call("vjp", func, inputs, create_graph)
        call.run(strict)
        v = call.vector(v, call.outputs, call.one_output, "user-provided function returns")
        found = gradients(call.outputs, call.inputs, v, create_graph)
        product = filled(found, call.inputs, strict, NO_PATH, LINEAR if create_graph else None)
    return call.output(), call.like_inputs(product)


def jvp(
    func: Func, inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tensors, Tensors]:
    """The output of ``func`` and the product of its Jacobian with a vector, ``J v``.

    Reverse mode twice, as PyTorch does it: the vjp is linear in its vector, and its derivative by that is ``J``. The
    forward mode of ``torch.func.jvp`` needs one pass only.

    Args:
        func: a function of tensors that returns a tensor or a tuple of tensors.
        inputs: what to call it with: a tensor or a tuple of tensors.
        v: the vector, of the shape of the inputs; may be left out for an input of one element, for 1.
        create_graph: record all this, so that the results can be differentiated.
        strict: raise where an output does not depend on an input, instead of giving zeros.

    Returns:
        The output, and the product, of the shape of the output.

    Raises:
        RuntimeError: v is missing or of another shape; with ``strict``, an output is independent of an input.
        TypeError: inputs, outputs or v are no tensors.

    >>> import chainrule as torch
    >>> torch.autograd.functional.jvp(lambda x: x * x, torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        call = Call("jvp", func, inputs, create_graph)
        v = call.vector(v, call.inputs, call.one_input, "input to the user-provided function is")
        call.run(strict)
        found = pushed(call.outputs, call.inputs, v, create_graph, NO_PATH if strict else None)
        product = filled(found, call.outputs, strict, NOT_LINEAR_IN_SEED, LINEAR if create_graph else None)
    return call.output(), call.like_outputs(product)


def jacobian(
    func: Func,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Tensors:
    """The Jacobian of ``func``: the derivative of each element of the output by each of the input.

    Args:
        func: a function of tensors that returns a tensor or a tuple of tensors.
        inputs: what to call it with: a tensor or a tuple of tensors.
        create_graph: record all this, so that the result can be differentiated.
        strict: raise where an output does not depend on an input, instead of giving zeros.
        vectorize: all rows in one pass over a batch, not in one pass each.
        strategy: "reverse-mode", row by row, or "forward-mode", column by column, which is better for few inputs.

    Returns:
        One tensor, of the output's shape followed by the input's. For a tuple of inputs a tuple, for a tuple of outputs
        a tuple of these: ``jacobian(...)[i][j]`` belongs to output i and input j.

    Raises:
        RuntimeError: ``strict`` is asked for and an output is independent of an input, or together with what cannot tell.
        TypeError: inputs or outputs are no tensors.

    >>> import chainrule as torch
    >>> torch.autograd.functional.jacobian(lambda x: x * x, torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    check_strategy("jacobian", strict, vectorize, strategy)
    call = Call("jacobian", func, inputs, create_graph, leaves=strategy == "reverse-mode")
    with enable_grad():
        if strategy == "forward-mode":
            blocks = columns(call)
        else:
            call.run(strict)
            blocks = [rows(y, i, call.inputs, create_graph, strict, vectorize) for i, y in enumerate(call.outputs)]
    return call.like_outputs(tuple([call.like_inputs(row) for row in blocks]))


def hessian(
    func: Func,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Tensors:
    """The Hessian of a scalar function: the derivative of its gradient by each element of the input.

    Args:
        func: a function of tensors that returns a tensor of one element.
        inputs: what to call it with: a tensor or a tuple of tensors.
        create_graph: record all this, so that the result can be differentiated.
        strict: raise where the output or its gradient does not depend on an input, instead of giving zeros.
        vectorize: all rows in one pass over a batch, not in one pass each.
        outer_jacobian_strategy: how to differentiate the gradient: "reverse-mode" or "forward-mode".

    Returns:
        One tensor, of the input's shape twice. For a tuple of inputs a tuple of tuples: ``hessian(...)[i][j]`` has the
        shape of input i followed by that of input j.

    Raises:
        RuntimeError: the function returns several tensors or elements; ``strict`` as for :func:`jacobian`.
        TypeError: inputs or output are no tensors.

    >>> import chainrule as torch
    >>> torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    check_strategy("hessian", strict, vectorize, outer_jacobian_strategy)
    one_input, _ = as_group(inputs, "inputs", "hessian")

    def gradient(*xs: Tensor) -> Group:
        for x in xs:
            if not x.requires_grad:  # forward mode needs no graph by itself
                x.requires_grad_()
        return scalar_gradient("hessian", func(*xs), xs, strict)[1]

    found = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found[0] if one_input else found


def vhp(
    func: Func, inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tensor, Tensors]:
    """The output of a scalar function and the product of a vector with its Hessian, ``v^T H``.

    Args:
        func: a function of tensors that returns a tensor of one element.
        inputs: what to call it with: a tensor or a tuple of tensors.
        v: the vector, of the shape of the inputs; may be left out for an input of one element, for 1.
        create_graph: record all this, so that the results can be differentiated.
        strict: raise where the output or its gradient does not depend on an input, instead of giving zeros.

    Returns:
        The output, and the product, of the shape of the inputs.

    Raises:
        RuntimeError: v is missing or of another shape; the function returns several tensors or elements; with ``strict``,
            the output or its gradient is independent of an input.
        TypeError: inputs, output or v are no tensors.

    >>> import chainrule as torch
    >>> torch.autograd.functional.vhp(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    (tensor(9.), tensor([  6., 120.]))
    """
    with enable_grad():
        call = Call("vhp", func, inputs, create_graph)
        v = call.vector(v, call.inputs, call.one_input, "input to the user-provided function is")
        gradient = call.run_scalar(strict)
        found = gradients(gradient, call.inputs, v, create_graph)
        product = filled(found, call.inputs, strict, NO_SECOND_PATH, QUADRATIC if create_graph else None)
    return call.output(), call.like_inputs(product)


def hvp(
    func: Func, inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tensor, Tensors]:
    """The output of a scalar function and the product of its Hessian with a vector, ``H v``.

    The Hessian of a smooth function is symmetric: :func:`vhp` gives the same with one pass less.

    Args:
        func: a function of tensors that returns a tensor of one element.
        inputs: what to call it with: a tensor or a tuple of tensors.
        v: the vector, of the shape of the inputs; may be left out for an input of one element, for 1.
        create_graph: record all this, so that the results can be differentiated.
        strict: raise where the output or its gradient does not depend on an input, instead of giving zeros.

    Returns:
        The output, and the product, of the shape of the inputs.

    Raises:
        RuntimeError: v is missing or of another shape; the function returns several tensors or elements; with ``strict``,
            the output or its gradient is independent of an input.
        TypeError: inputs, output or v are no tensors.

    >>> import chainrule as torch
    >>> torch.autograd.functional.hvp(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    (tensor(9.), tensor([  6., 120.]))
    """
    with enable_grad():
        call = Call("hvp", func, inputs, create_graph)
        v = call.vector(v, call.inputs, call.one_input, "input to the user-provided function is")
        gradient = call.run_scalar(strict)
        found = pushed(gradient, call.inputs, v, create_graph, NO_SECOND_PATH if strict else None)
        product = filled(found, call.inputs, strict, NOT_LINEAR_IN_SEED, QUADRATIC if create_graph else None)
    return call.output(), call.like_inputs(product)


class Call:
    """One call of the user's function, and the form that its inputs and outputs have."""

    outputs: Group
    one_output: bool

    def __init__(self, name: str, func: Func, inputs: Tensors, create_graph: bool, leaves: bool = True) -> None:
        self.name = name
        self.func = func
        self.create_graph = create_graph
        self.one_input, given = as_group(inputs, "inputs", name)
        self.inputs = tuple([own(x, create_graph, leaves) for x in given])

    def run(self, strict: bool) -> None:
        self.run_on(self.inputs)
        if strict:
            refuse_flat(self.outputs, FLAT_OUTPUT)

    def run_on(self, inputs: Sequence[Any]) -> None:
        outputs = self.func(*inputs)
        self.one_output, self.outputs = as_group(outputs, "outputs of the user-provided function", self.name)

    def run_scalar(self, strict: bool) -> Group:
        """Run a function of one output with one element; return its gradient."""
        output, gradient = scalar_gradient(self.name, self.func(*self.inputs), self.inputs, strict)
        self.one_output, self.outputs = True, (output,)
        return gradient

    def vector(self, v: Tensors, like: Group, one: bool, of: str) -> Group:
        """``v`` as a tuple, checked against the tensors whose shape it must have."""
        if v is None:
            if len(like) != 1 or like[0].numel() != 1:
                raise RuntimeError(
                    f"The vector v can only be None if the {of} a single Tensor with a single element, but it has the shapes "
                    f"{[list(x.shape) for x in like]}: give v."
                )
            return (ones_like(like[0]),)
        _, given = as_group(v, "v", self.name)
        if len(given) != len(like):
            if one:
                raise RuntimeError(f"The given v should contain a single Tensor, but has {len(given)}.")
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(given)}.")
        for number, (x, y) in enumerate(zip(given, like, strict=True)):
            if x.shape != y.shape:
                entry = "" if one else f"Entry {number} in "
                raise RuntimeError(f"{entry}v has invalid size: should be {y.shape} but got {x.shape}.")
        return given

    def output(self) -> Tensors:
        return self.like_outputs(self.outputs)

    def like_outputs(self, group: Group) -> Tensors:
        return self.handed_out(group, self.one_output)

    def like_inputs(self, group: Group) -> Tensors:
        return self.handed_out(group, self.one_input)

    def handed_out(self, group: Group, one: bool) -> Tensors:
        """A group as the user gave the one it belongs to, without the history that was not asked for."""
        if not self.create_graph:
            group = tuple([x if isinstance(x, tuple) else x.detach() for x in group])
        return group[0] if one else group


def as_group(given: Tensors, what: str, name: str) -> tuple[bool, Group]:
    """Whether it is one tensor, and a tuple in any case."""
    from .._tensor import Tensor

    if isinstance(given, Tensor):
        return True, (given,)
    expected = f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the"
    if not isinstance(given, tuple):
        raise TypeError(f"{expected} given {what} has type {type(given)}.")
    for number, one in enumerate(given):
        if not isinstance(one, Tensor):
            raise TypeError(f"{expected} value at index {number} has type {type(one)}.")
    return False, given


def own(x: Tensor, create_graph: bool, leaf: bool) -> Tensor:
    """A new tensor in an input's place, so that the same tensor taken from outside is another one."""
    if create_graph and x.requires_grad:
        return x.view_as(x)
    return x.detach().requires_grad_(leaf)


def scalar_gradient(name: str, output: Any, inputs: Group, strict: bool) -> tuple[Tensor, Group]:
    """The output of a function that must return one element, and its recorded gradient."""
    one, outputs = as_group(output, "outputs of the user-provided function", name)
    if not one:
        raise RuntimeError(
            f"The function given to {name} should return a single Tensor, but returned a tuple of {len(outputs)}."
        )
    if output.numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element, but has the shape "
            f"{list(output.shape)}."
        )
    if strict:
        refuse_flat(outputs, FLAT_OUTPUT)
    found = gradients(outputs, inputs, (None,), True)
    gradient = filled(found, inputs, strict, NO_PATH, FLAT_GRADIENT)
    return output, gradient


def gradients(outputs: Group, inputs: Group, v: Sequence[Any], create_graph: bool) -> Group:
    """``grad``, for outputs of which some need none; None for an input that they do not depend on."""
    pairs = [(y, g) for y, g in zip(outputs, v, strict=True) if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    ys, gs = zip(*pairs, strict=True)
    return grad(ys, inputs, gs, create_graph=create_graph, allow_unused=True)


def pushed(outputs: Group, inputs: Group, v: Group, create_graph: bool, no_path: str | None) -> Group:
    """``J v`` from reverse mode: the cotangents of the inputs are ``J^T u``, whose vjp by ``u`` is ``v -> J v``."""
    seeds = [zeros_like(y, requires_grad=True) if y.requires_grad else None for y in outputs]
    back = gradients(outputs, inputs, seeds, True)
    if no_path is not None:
        for number, g in enumerate(back):
            if g is None:
                raise RuntimeError(no_path.format(number))
    asked = tuple([seed for seed in seeds if seed is not None])
    found = iter(gradients(back, asked, v, create_graph))
    return tuple([None if seed is None else next(found) for seed in seeds])


def rows(output: Tensor, number: int, inputs: Group, create_graph: bool, strict: bool, vectorize: bool) -> Group:
    """The Jacobians of one output, one for each input."""
    shape, size = tuple(output.shape), output.numel()
    if size == 0 or not output.requires_grad:
        return tuple([zeros((*shape, *x.shape), dtype=x.dtype, device=x.device) for x in inputs])
    blocks: Any
    if vectorize:
        basis = eye(size, dtype=output.dtype, device=output.device).reshape((size, *shape))
        found = grad(
            output,
            inputs,
            basis,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
            is_grads_batched=True,
        )
        blocks = [
            zeros((size, *x.shape), dtype=x.dtype, device=x.device) if g is None else g
            for g, x in zip(found, inputs, strict=True)
        ]
    else:
        no_path = NO_PATH.replace("The output", f"Output {number}")
        lines = [
            filled(
                grad(element, inputs, retain_graph=True, create_graph=create_graph, allow_unused=True),
                inputs, strict, no_path, LINEAR if create_graph else None,
            )
            for element in output.reshape(-1).unbind()
        ]  # fmt: skip
        blocks = [stack(list(column)) for column in zip(*lines, strict=True)]
    return tuple([block.reshape((*shape, *x.shape)) for block, x in zip(blocks, inputs, strict=True)])


def columns(call: Call) -> list[Group]:
    """The Jacobians, a list for each output, by forward mode: a batch of tangents, one for each element of the inputs."""
    sizes = [x.numel() for x in call.inputs]
    total = sum(sizes)
    batch, dual = BatchLevel(total, "same"), DualLevel(is_jvp=True)
    moving = []
    for x, size, stop in zip(call.inputs, sizes, accumulate(sizes), strict=True):
        if not (x.is_floating_point() or x.is_complex()):
            raise ValueError(f"Expected primal to be floating point or complex, but got: {x.dtype}")
        basis = eye(total, dtype=x.dtype, device=x.device)[:, stop - size : stop].reshape((total, *x.shape))
        tangent = ops.batch_in(basis, level=batch, axis=-1 - x.ndim)
        moving.append(ops.dual_in(x, tangent, level=dual))
    call.run_on(moving)
    blocks = []
    for y in call.outputs:
        if is_moving(y, dual):
            whole = ops.batch_out(ops.tangent_part(y, level=dual), level=batch, axis=-1)
        else:
            whole = zeros((*y.shape, total), dtype=y.dtype, device=y.device)
        parts = zip(whole.split(sizes, -1), call.inputs, strict=True)
        blocks.append(tuple([part.reshape((*y.shape, *x.shape)) for part, x in parts]))
    return blocks


def filled(found: Group, like: Group, strict: bool, no_path: str, flat: str | None) -> Group:
    """Zeros in the place of None, or the strict errors: no path to number i, and a result without history."""
    if strict:
        for number, g in enumerate(found):
            if g is None:
                raise RuntimeError(no_path.format(number))
        if flat is not None:
            refuse_flat(found, flat)
    return tuple([zeros_like(x) if g is None else g for g, x in zip(found, like, strict=True)])


def refuse_flat(group: Group, message: str) -> None:
    for number, x in enumerate(group):
        if not x.requires_grad:
            raise RuntimeError(message.format(number))


def check_strategy(name: str, strict: bool, vectorize: bool, strategy: str) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            f'Expected strategy to be either "forward-mode" or "reverse-mode", but got {strategy!r}. With more outputs than '
            'inputs "forward-mode" is faster, otherwise "reverse-mode".'
        )
    if strategy == "forward-mode" and not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is only implemented for `vectorize=True`: "
            f"pass it to {name}"
        )
    if strict and (vectorize or strategy == "forward-mode"):
        other = 'strategy="forward-mode"' if strategy == "forward-mode" else "vectorize=True"
        raise RuntimeError(
            f"torch.autograd.functional.{name}: `strict=True` and `{other}` are not supported together. Please either set "
            "`strict=False` or leave that out."
        )
