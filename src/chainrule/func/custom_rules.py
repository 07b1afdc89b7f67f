"""Functions that bring their own derivative, in JAX's form: ``custom_vjp``, ``custom_jvp``, and ``stop_gradient``.

Arguments and results are tensors in any containers. A rule is differentiated like any other code: the derivative of f is
its rule, the second derivative is that of the rule, and where a rule calls f, f's rule is used again.

One rule serves both directions. A vjp is linear in its cotangent and a jvp in its tangent, so that each is the transpose
of the other: what autograd gives when the rule is recorded on zeros.

Cotangents are PyTorch's: of complex numbers the conjugate of JAX's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ..autograd._backward import grad
from ..autograd.forward_ad import moving
from ..core.custom import Function, FunctionMeta
from ..core.dual_level import DualLevel, is_moving
from ..core.lifted import levels_of
from ..core.modes import changed_modes, is_grad_enabled
from ..core.value import TensorBase, new_tensor
from ..core.views import current_node
from ..functions.filling import zeros_like
from ..utils._pytree import TreeSpec, tree_flatten, tree_map
from ._forward import stopped, tangent_of

__all__ = ["custom_jvp", "custom_vjp", "stop_gradient"]


class Form:
    """A tree without its tensors: where they are, and what else there is."""

    __slots__ = ("others", "places", "spec")

    def __init__(self, leaves: list[Any], spec: TreeSpec) -> None:
        self.spec = spec
        self.places = [at for at, leaf in enumerate(leaves) if isinstance(leaf, TensorBase)]
        self.others = [None if isinstance(leaf, TensorBase) else leaf for leaf in leaves]

    def tree(self, tensors: Sequence[Any], others: Sequence[Any] | None = None) -> Any:
        """The tree with these tensors, and its other leaves, or these."""
        leaves = list(self.others if others is None else others)
        for at, x in zip(self.places, tensors, strict=True):
            leaves[at] = x
        return self.spec.unflatten(leaves)


def taken_apart(tree: Any) -> tuple[list[Any], Form]:
    leaves, spec = tree_flatten(tree)
    return [leaf for leaf in leaves if isinstance(leaf, TensorBase)], Form(leaves, spec)


class Call:
    """What a node keeps of one call: everything but the tensors, which it saves as nodes do."""

    out: Form
    """The form of the result."""

    def __init__(self, rule: Any, nondiff: dict[int, Any], form: Form, count: int) -> None:
        self.rule = rule
        self.nondiff = nondiff
        """The nondiff arguments by their positions, in the order of nondiff_argnums."""
        self.form = form
        """The form of the others."""
        self.count = count

    @classmethod
    def of(cls, rule: Any, args: tuple[Any, ...]) -> tuple[Call, list[Any]]:
        """The call with these arguments, and the tensors to differentiate by."""
        count = len(args)
        nondiff = {}
        for number in rule.nondiff_argnums:
            if not -count <= number < count:
                raise ValueError(
                    f"nondiff_argnums of {rule.name} has {number}, but it was called with {count} arguments"
                )
            nondiff[number % count] = args[number]
        for at, arg in nondiff.items():
            inside, _ = taken_apart(arg)
            if is_differentiated(inside):
                raise TypeError(
                    f"argument {at} of {rule.name} is differentiated by, but is in nondiff_argnums, so that it would get no "
                    "gradient: leave it out there, or give its detach()"
                )
        tensors, form = taken_apart(tuple([arg for at, arg in enumerate(args) if at not in nondiff]))
        return cls(rule, nondiff, form, count), tensors

    def arguments(self, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """All arguments, with these tensors."""
        rest = iter(self.form.tree(tensors))
        return tuple([self.nondiff[at] if at in self.nondiff else next(rest) for at in range(self.count)])

    def take(self, result: Any, originals: dict[int, Any]) -> tuple[Any, ...]:
        """The tensors of a result; for an argument that was handed through, the argument itself."""
        tensors, self.out = taken_apart(result)
        # What went in was detached, so that any history is that of something else.
        if any(x.requires_grad for x in tensors):
            raise self.rule.from_outside("requires grad")
        return tuple([originals.get(id(x), x) for x in tensors])


class VjpFunction(Function):
    """Records a call of a ``custom_vjp`` function: from its tensors to those of the result."""

    generate_vmap_rule = True

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: Any) -> tuple[Any, ...]:
        inside = [x.detach() for x in tensors]
        originals = {id(one): x for one, x in zip(inside, tensors, strict=True)}
        with changed_modes(grad=True):
            result, residuals = call.rule.run_forward(call.arguments(inside))
        outputs = call.take(result, originals)
        kept, ctx.kept = taken_apart(residuals)
        ctx.call = call
        ctx.save_for_backward(*tensors, *[originals.get(id(x), x) for x in kept])
        return outputs

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
        call, saved = ctx.call, ctx.saved_tensors
        count = len(call.form.places)
        tensors, kept = saved[:count], saved[count:]
        if is_grad_enabled():
            # How the residuals depend on the arguments was not recorded, since few need it.
            again, form = taken_apart(call.rule.run_forward(call.arguments(tensors))[1])
            if form.spec != ctx.kept.spec or form.places != ctx.kept.places:
                raise RuntimeError(
                    f"the forward rule of {call.rule.name}, called again for a derivative of higher order, returned residuals of "
                    f"another structure: {form.spec}, where there was {ctx.kept.spec}. It must be deterministic"
                )
            kept = [tied(*pair) for pair in zip(kept, again, strict=True)]
        return (None, *call.rule.run_backward(call, ctx.kept.tree(kept), cotangents))


class JvpFunction(Function):
    """Records a call of a ``custom_jvp`` function: from its tensors to those of the result."""

    generate_vmap_rule = True

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: Any) -> tuple[Any, ...]:
        inside = [x.detach() for x in tensors]
        with changed_modes(grad=True):
            result = call.rule.fun(*call.arguments(inside))
        ctx.call = call
        ctx.save_for_backward(*tensors)
        return call.take(result, {id(one): x for one, x in zip(inside, tensors, strict=True)})

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
        call, recorded, need = ctx.call, is_grad_enabled(), ctx.needs_input_grad[1:]
        tensors = ctx.saved_tensors if recorded else [x.detach() for x in ctx.saved_tensors]
        with changed_modes(grad=True):
            seeds = [zeros_like(x).requires_grad_(n) for x, n in zip(tensors, need, strict=True)]
            result, moves = call.rule.run(call, tensors, seeds)
            _, out = taken_apart(result)
            found = iter(
                transposed(
                    [moves[at] for at in out.places],
                    [seed for seed in seeds if seed.requires_grad],
                    cotangents,
                    recorded,
                )
            )
        return (None, *[next(found) if n else None for n in need])


class CustomFunction:
    """A function with a rule: what ``custom_vjp`` and ``custom_jvp`` share."""

    recorder: ClassVar[type[Function]]
    """What records a call as one node."""
    kind: ClassVar[str]

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.nondiff_argnums = tuple(nondiff_argnums)
        self.name = name = getattr(fun, "__name__", type(fun).__name__)
        self.function: Any = FunctionMeta(name, (self.recorder,), {})
        try:
            self.signature: inspect.Signature | None = inspect.signature(fun)
        except (TypeError, ValueError):  # a builtin that does not tell
            self.signature = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.refuse_missing_rule()
        args = self.positional(args, kwargs)
        call, tensors = Call.of(self, args)
        level = innermost_dual(tensors)
        if level is not None:
            primals = [stopped(level, x) for x in tensors]
            return self.pushed(call, level, primals, [tangent_of(level, x) for x in tensors])
        if is_differentiated(tensors):
            outputs = self.function.apply(call, *tensors)
            return call.out.tree(outputs)
        return self.fun(*args)

    def pushed(self, call: Call, level: DualLevel, primals: list[Any], tangents: list[Any]) -> Any:
        """The result of a call whose tensors move along tangents at this level."""
        raise NotImplementedError

    def refuse_missing_rule(self) -> None:
        raise NotImplementedError

    def moved(self, level: DualLevel, outputs: list[Any], moves: list[Any]) -> list[Any]:
        """The tensors of a result with their tangents, None for zero."""
        if any(is_moving(x, level) for x in (*outputs, *moves) if x is not None):
            raise self.from_outside("has a tangent")
        return [
            y if t is None or not is_inexact(y) else moving(level, y, t) for y, t in zip(outputs, moves, strict=True)
        ]

    def from_outside(self, what: str) -> RuntimeError:
        return RuntimeError(
            f"{self.name} uses a tensor from outside that {what}. Its rule knows the arguments only, so that the derivative by "
            "this tensor would be lost: pass it as an argument, or use its detach()"
        )

    def missing(self, how: str) -> AttributeError:
        return AttributeError(
            f"No {self.kind} defined for custom_{self.kind.lower()} function {self.name} using {how}: give it one by "
            f"{self.name}.{how}(...) before the first call"
        )

    def positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, defaults included: rules get them so."""
        if self.signature is None:
            named = sorted(kwargs)
        else:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            args, named = bound.args, [name for name in bound.kwargs if name in kwargs]
        if named:
            raise TypeError(
                f"custom_{self.kind.lower()} function {self.name} takes its arguments by position, but {named} can only be given by name"
            )
        return args


class custom_vjp(CustomFunction):  # noqa: N801 - JAX's name
    """Decorator: a function whose reverse-mode derivative is given by ``defvjp``.

    Args:
        fun: the function; arguments and results are tensors in any containers.
        nondiff_argnums: the arguments that are no tensors to differentiate by, functions for example. The backward rule
            gets them first.

    Raises:
        AttributeError (from a call): there is no rule.
        TypeError (from a call or its backward): a rule returns something of another structure than it should; a
            nondiff argument requires grad. RuntimeError: the function uses a tensor from outside that requires grad.

    >>> import chainrule as torch
    >>> @torch.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda residuals, g: (g.clamp(-1, 1),))
    >>> x = torch.tensor(2., requires_grad=True)
    >>> (10 * clipped(x)).backward()
    >>> x.grad
    tensor(1.)
    """

    kind = "VJP"
    recorder = VjpFunction
    fwd: Callable[..., Any] | None = None
    bwd: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the rule.

        Args:
            fwd: takes the arguments of the function and returns (result, residuals); residuals are what ``bwd`` needs, in
                any containers. It must be deterministic: where the backward is itself differentiated, it is called again.
            bwd: takes the nondiff arguments, the residuals and the cotangent of the result, in its structure; returns a tuple
                with the cotangent of each differentiable argument, in its structure, or None for zero.
        """
        self.fwd, self.bwd = fwd, bwd

    def refuse_missing_rule(self) -> None:
        if self.fwd is None:
            raise self.missing("defvjp")

    def pushed(self, call: Call, level: DualLevel, primals: list[Any], tangents: list[Any]) -> Any:
        outputs, call.out = taken_apart(self(*call.arguments(primals)))
        recorded = is_grad_enabled() and any(x.requires_grad for x in (*primals, *tangents))
        with changed_modes(grad=recorded):
            _, residuals = self.run_forward(call.arguments(primals))
        with changed_modes(grad=True):
            seeds = [zeros_like(y).requires_grad_(is_inexact(y)) for y in outputs]
            back = self.run_backward(call, residuals, seeds)
            found = iter(transposed(back, [seed for seed in seeds if seed.requires_grad], tangents, recorded))
        moves = [next(found) if seed.requires_grad else None for seed in seeds]
        return call.out.tree(self.moved(level, outputs, moves))

    def run_forward(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        """The result and the residuals."""
        assert self.fwd is not None
        return paired(self.fwd(*args), f"The forward rule of {self.name}", "(result, residuals)")

    def run_backward(self, call: Call, residuals: Any, cotangents: Sequence[Any]) -> list[Any]:
        """The cotangents of the call's tensors, None for zero."""
        assert self.bwd is not None
        nones = [None] * len(call.out.others)
        result = self.bwd(*call.nondiff.values(), residuals, call.out.tree(cotangents, nones))
        specs = call.form.spec.children_specs
        if not isinstance(result, (tuple, list)) or len(result) != len(specs):
            raise TypeError(
                f"The backward rule of {self.name} must return a tuple with one cotangent for each of the {len(specs)} "
                f"differentiable arguments, but returned {described(result)}"
            )
        leaves: list[Any] = []
        for number, (part, spec) in enumerate(zip(result, specs, strict=True)):
            what = f"cotangent {number} that the backward rule of {self.name} returned"
            leaves += [None] * spec.num_leaves if part is None else matched(spec, part, what, "the argument")
        return [leaves[at] for at in call.form.places]


class custom_jvp(CustomFunction):  # noqa: N801 - JAX's name
    """Decorator: a function whose derivative is given by ``defjvp``, for forward and for reverse mode.

    Args:
        fun: the function; arguments and results are tensors in any containers.
        nondiff_argnums: the arguments that are no tensors to differentiate by, functions for example. The rule gets them
            first.

    Raises:
        AttributeError (from a call): there is no rule.
        TypeError (from a call or its backward): the rule returns something of another structure than it should; a
            nondiff argument requires grad. RuntimeError: the function uses a tensor from outside that requires grad.

    >>> import chainrule as torch
    >>> @torch.custom_jvp
    ... def softplus(x):
    ...     return torch.log(1 + torch.exp(x))
    >>> @softplus.defjvp
    ... def softplus_jvp(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return softplus(x), t * torch.sigmoid(x)
    >>> x = torch.tensor(100., requires_grad=True)
    >>> torch.autograd.grad(softplus(x), x)
    (tensor(1.),)
    """

    kind = "JVP"
    recorder = JvpFunction
    rule: Callable[..., Any] | None = None

    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule, and return it, so that this serves as a decorator.

        Args:
            jvp: takes the nondiff arguments, the tuple of the others and the tuple of their tangents; returns (result,
                tangent of the result), the tangent computed by operations that are linear in the tangents.
        """
        self.rule = jvp
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Set the rule by one function for each argument; the tangent of the result is the sum of theirs.

        Args:
            jvps: take the argument's tangent, the result, and all arguments; None for an argument without influence.

        Raises:
            TypeError: there are nondiff arguments.
        """
        if self.nondiff_argnums:
            raise TypeError("Can't use defjvps with nondiff_argnums: give the whole rule by defjvp")

        def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
            if len(primals) != len(jvps):
                raise TypeError(f"{self.name} has {len(primals)} arguments, but {len(jvps)} rules by defjvps")
            out = self(*primals)
            total = tree_map(zeros_like, out)
            for jvp, t in zip(jvps, tangents, strict=True):
                if jvp is not None:
                    total = tree_map(lambda a, b: a + b, total, jvp(t, out, *primals))
            return out, total

        self.rule = rule

    def refuse_missing_rule(self) -> None:
        if self.rule is None:
            raise self.missing("defjvp")

    def pushed(self, call: Call, level: DualLevel, primals: list[Any], tangents: list[Any]) -> Any:
        result, moves = self.run(call, primals, tangents)
        outputs, out = taken_apart(result)
        return out.tree(self.moved(level, outputs, [moves[at] for at in out.places]))

    def run(self, call: Call, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The result, and the tangents of its leaves."""
        assert self.rule is not None
        form = call.form
        zeros = [0.0 if isinstance(leaf, (int, float, complex)) else None for leaf in form.others]
        returned = self.rule(*call.nondiff.values(), form.tree(primals), form.tree(tangents, zeros))
        out, tangent = paired(returned, f"The rule of {self.name}", "(result, tangent)")
        return out, matched(
            tree_flatten(out)[1], tangent, f"the tangent that the rule of {self.name} returned", "the result"
        )


def innermost_dual(tensors: Sequence[Any]) -> DualLevel | None:
    """The forward mode in which any of the tensors moves; of several the innermost."""
    levels = {level for x in tensors for level in levels_of(x._array) if isinstance(level, DualLevel)}
    return max(levels, key=lambda level: level.depth, default=None)


def is_differentiated(tensors: Sequence[Any]) -> bool:
    """Whether a derivative by any of the tensors is on its way, in either mode."""
    return innermost_dual(tensors) is not None or (is_grad_enabled() and any(x.requires_grad for x in tensors))


def is_inexact(tensor: Any) -> bool:
    return tensor._array.dtype.kind not in "biu"


def transposed(
    outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], recorded: bool
) -> Sequence[Any]:
    """The transpose of the linear function that was recorded from ``inputs`` to ``outputs``, at ``cotangents``."""
    pairs = [
        (y, g) for y, g in zip(outputs, cotangents, strict=True)
        if isinstance(y, TensorBase) and y.requires_grad and g is not None
    ]  # fmt: skip
    if not pairs:
        return [None] * len(inputs)
    ends, gs = zip(*pairs, strict=True)
    found: Sequence[Any] = grad(ends, inputs, gs, create_graph=recorded, allow_unused=True)
    return found


def tied(value: Any, recorded: Any) -> Any:
    """The value that was saved, in the place in the graph of the one that was computed again."""
    if isinstance(recorded, TensorBase) and recorded.requires_grad:
        return new_tensor(value._array, current_node(recorded))
    return value


def paired(returned: Any, rule: str, parts: str) -> tuple[Any, Any]:
    """What a rule returned, which must be a pair."""
    if not (isinstance(returned, tuple) and len(returned) == 2):
        raise TypeError(f"{rule} must return a pair {parts}, but returned {described(returned)}")
    return returned


def matched(spec: TreeSpec, tree: Any, what: str, like: str) -> list[Any]:
    """The leaves of what a rule returned, which must have this structure."""
    leaves, have = tree_flatten(tree)
    if have != spec:
        raise TypeError(f"{what} has another structure than {like}: {have}, where {spec} is wanted")
    return leaves


def described(value: Any) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a {type(value).__name__}"


def stop_gradient(tree: Any) -> Any:
    """The same values, through which no derivative passes, in reverse or in forward mode.

    Args:
        tree: a tensor, or tensors in any containers; what is no tensor is handed through.

    >>> import chainrule as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> torch.autograd.grad(x * torch.stop_gradient(x), x)
    (tensor(3.),)
    """
    return tree_map(lambda leaf: leaf.detach() if isinstance(leaf, TensorBase) else leaf, tree)
