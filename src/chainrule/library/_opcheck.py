"""``opcheck``: whether what is registered for an operator is true of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core.modes import changed_modes
from ..core.value import TensorBase
from ..utils._pytree import tree_leaves, tree_map
from ._custom_op import CustomOpDef
from ._operators import OpOverload, OpOverloadPacket

__all__ = ["FakeImplCtx", "OpCheckError", "get_ctx", "opcheck"]


class OpCheckError(Exception):
    """What :func:`opcheck` raises."""


class MetadataMismatchError(Exception):
    """A fake implementation gave another shape or dtype than the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __repr__(self) -> str:
        return f"MetadataMismatchError(reason={self.reason!r})"


class FakeImplCtx:
    """What a fake implementation asks for a size that depends on values."""

    def __init__(self) -> None:
        self.is_asked = False

    def new_dynamic_size(self, *, min: int = 0, max: int | None = None) -> int:
        """A size that nobody knows before: here 0, which is compared with no other."""
        self.is_asked = True
        return 0

    create_unbacked_symint = new_dynamic_size


RUNNING: list[FakeImplCtx] = []


def get_ctx() -> FakeImplCtx | None:
    """The context of the fake implementation that is running; None if none is.

    >>> import chainrule as torch
    >>> @torch.library.custom_op("example::nonzero", mutates_args=())
    ... def nonzero(x: torch.Tensor) -> torch.Tensor:
    ...     return x.nonzero()
    >>> @nonzero.register_fake
    ... def _(x):
    ...     return x.new_empty([torch.library.get_ctx().new_dynamic_size(), x.dim()], dtype=torch.int64)
    >>> torch.library.opcheck(nonzero, (torch.eye(2),), test_utils="test_faketensor")
    {'test_faketensor': 'SUCCESS'}
    """
    return RUNNING[-1] if RUNNING else None


def opcheck(
    op: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    test_utils: str | Sequence[str] = (
        "test_schema",
        "test_autograd_registration",
        "test_faketensor",
        "test_aot_dispatch_dynamic",
    ),
    raise_exception: bool = True,
    atol: float | None = None,
    rtol: float | None = None,
) -> dict[str, Any]:
    """Run an operator and compare: with its schema (what it writes to, what shares memory), with its fake implementation.

    Args:
        op: made by :func:`custom_op`, or ``torch.ops.namespace.name.default``.
        args: what to call it with.
        kwargs: and by name.
        test_utils: which tests. PyTorch's tests of a traced program (``test_aot_dispatch_...``) are a call and its backward here.
        raise_exception: whether to raise what is found; otherwise it is in the result.
        atol: accepted.
        rtol: accepted.

    Returns:
        For each test "SUCCESS", or the exception.

    Raises:
        OpCheckError: what is found.
        ValueError: no operator, or no such test.

    >>> import chainrule as torch
    >>> @torch.library.custom_op("example::double", mutates_args=())
    ... def double(x: torch.Tensor) -> torch.Tensor:
    ...     return x.add_(x).clone()
    >>> torch.library.opcheck(double, (torch.ones(2),))
    Traceback (most recent call last):
    chainrule.library._opcheck.OpCheckError: opcheck(op, ...): test_schema failed with Argument x is not defined as mutable but was mutated
    """
    if isinstance(op, CustomOpDef):
        op = op._opoverload
    if isinstance(op, OpOverloadPacket):
        raise ValueError(
            f"opcheck(op, ...): op must be instance of torch._ops.OpOverload, e.g. torch.ops.aten.sin.default, got {type(op)}: take "
            f"{op}.{op.overloads()[0]}"
        )
    if not isinstance(op, OpOverload):
        raise ValueError(
            f"opcheck(op, ...): op must be instance of torch._ops.OpOverload, e.g. torch.ops.aten.sin.default, got {type(op)}"
        )
    wanted = (test_utils,) if isinstance(test_utils, str) else tuple(test_utils)
    if not set(wanted) <= set(TESTS):
        raise ValueError(
            f"opcheck(op, ..., test_utils={test_utils}), expected test_utils to be subset of {tuple(TESTS)} but it was not"
        )
    found: dict[str, Any] = {}
    for name in wanted:
        try:
            TESTS[name](op, *fresh((args, kwargs or {})))
            found[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(f"opcheck(op, ...): {name} failed with {error}") from error
            found[name] = error
    return found


def fresh(tree: Any) -> Any:
    """The same arguments in memory of their own."""

    def one(x: Any) -> Any:
        return x.detach().clone().requires_grad_(x.requires_grad) if isinstance(x, TensorBase) else x

    return tree_map(one, tree)


def test_schema(op: OpOverload, args: Any, kwargs: Any) -> None:
    """It writes to what its schema says, and to nothing else."""
    values, only = op._schema.bind(args, kwargs)
    given = [*values, *only.values()]
    before = [[np.array(x._array) for x in tensors_of(value)] for value in given]
    op(*args, **kwargs)
    for argument, value, old in zip(op._schema.arguments, given, before, strict=True):
        is_written = argument.alias_info is not None and argument.alias_info.is_write
        same = all(
            np.array_equal(x._array, o, equal_nan=o.dtype.kind in "fc")
            for x, o in zip(tensors_of(value), old, strict=True)
        )
        if not same and not is_written:
            raise RuntimeError(f"Argument {argument.name} is not defined as mutable but was mutated")


def test_autograd_registration(op: OpOverload, args: Any, kwargs: Any) -> None:
    """Its derivative is registered where autograd finds it: with `register_autograd`, always."""


def test_faketensor(op: OpOverload, args: Any, kwargs: Any) -> None:
    """Its fake implementation gives the same shapes and dtypes."""
    registered = op.registered
    if registered.kernels == {} and registered.composite is not None:
        return
    fake = registered.fake
    values, only = op._schema.bind(args, kwargs)
    real = op(*args, **kwargs)
    if fake is None:
        if not op._schema.returns:
            return
        what = registered.owner or op
        named = registered.owner._init_fn.__name__ if registered.owner is not None else "torch.library"
        raise RuntimeError(
            f"There was no fake impl registered for {what}. This is necessary for torch.compile/export/fx tracing to work. Please use "
            f"`{named}.register_fake` to add an fake impl."
        )
    context = FakeImplCtx()
    RUNNING.append(context)
    try:
        with changed_modes(grad=False):
            made = fake(*values, **only)
    finally:
        RUNNING.pop()
    one, other = tree_leaves(real), tree_leaves(made)
    where = f"When comparing the output of {op} on FakeTensor and concrete Tensors, found mismatched tensor metadata: "
    if len(one) != len(other):
        raise MetadataMismatchError(f"{where}{len(one)} outputs and {len(other)} are not equal!")
    for x, y in zip(one, other, strict=True):
        if not isinstance(x, TensorBase):
            continue
        if len(x.shape) != len(y.shape) or not all(
            n == m or (context.is_asked and m == 0) for n, m in zip(x.shape, y.shape, strict=True)
        ):
            raise MetadataMismatchError(f"{where}Shapes {x.shape} and {y.shape} are not equal!")
        if x.dtype != y.dtype:
            raise MetadataMismatchError(f"{where}Dtypes {x.dtype} and {y.dtype} are not equal!")


def test_aot_dispatch(op: OpOverload, args: Any, kwargs: Any) -> None:
    """It runs, and its backward does, if there is one."""
    result = op(*args, **kwargs)
    ends = [x for x in tensors_of(result) if x.requires_grad]
    if ends and op.registered.backward is not None:
        from ..autograd import grad

        leaves = [x for x in tensors_of((args, kwargs)) if x.requires_grad]
        grad(ends, leaves, [x.detach() * 0 + 1 for x in ends], allow_unused=True)


TESTS: dict[str, Callable[..., None]] = {
    "test_schema": test_schema,
    "test_autograd_registration": test_autograd_registration,
    "test_faketensor": test_faketensor,
    "test_aot_dispatch_static": test_aot_dispatch,
    "test_aot_dispatch_dynamic": test_aot_dispatch,
}


def tensors_of(tree: Any) -> list[Any]:
    return [x for x in tree_leaves(tree) if isinstance(x, TensorBase)]
