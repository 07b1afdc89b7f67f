"""``custom_op``: an operator from a function."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..device import device as device_of
from ._infer import infer_schema
from ._operators import OpOverload, Registered, define_operator, forget, split, waiting

__all__ = ["CustomOpDef", "custom_op", "register_all"]

log = logging.getLogger(__name__)

Devices = str | Sequence[str] | None
OPENED: dict[str, CustomOpDef] = {}


def custom_op(
    name: str,
    fn: Callable[..., Any] | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: Devices = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make an operator of a function: autograd, ``vmap`` and ``compile`` then see one call, and not what is in it.

    The function runs without recording, so it may leave for NumPy. Its results must not share memory with its arguments.

    Args:
        name: ``"namespace::name"``; the operator is also ``torch.ops.namespace.name``.
        fn: the function, with types for all arguments and its result (Tensor, int, float, bool, str, dtype, device, lists,
            Optional). Without it, this is a decorator.
        mutates_args: the names of the arguments that it writes to; "unknown" for all.
        device_types: the devices that the function is for (default: all).
        schema: instead of the types, as in ``"(Tensor x, int n) -> Tensor"``.
        tags: accepted.

    Raises:
        ValueError: the types make no schema, or the schema says otherwise than ``mutates_args``.

    >>> import chainrule as torch
    >>> import numpy as np
    >>> @torch.library.custom_op("example::sin", mutates_args=())
    ... def sin(x: torch.Tensor) -> torch.Tensor:
    ...     return torch.from_numpy(np.sin(x.numpy()))
    >>> sin.register_autograd(
    ...     lambda ctx, g: g * ctx.saved_tensors[0].cos(),
    ...     setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
    ... )
    >>> x = torch.tensor([0.], requires_grad=True)
    >>> sin(x)
    tensor([0.], grad_fn=<GeneratedBackwardFor_example_sin_defaultBackward>)
    >>> torch.autograd.grad(torch.ops.example.sin(x), x)
    (tensor([1.]),)
    """

    def define(function: Callable[..., Any]) -> CustomOpDef:
        text = infer_schema(function, mutates_args=mutates_args) if schema is None else schema
        space, base = split(name)
        made = CustomOpDef(space, base, text, function)
        if schema is not None:
            said = {a.name for a in made._opoverload._schema.arguments if a.alias_info and a.alias_info.is_write}
            if said != set(mutates_args):
                raise ValueError(
                    f"Attempted to create a custom op with `mutates_args={mutates_args}` and `schema={schema}. The schema suggests that "
                    f"the op mutates {said or '{}'}, which is different from what was provided to us in `mutates_args`. Please make these "
                    "consistent."
                )
        made.register_kernel(device_types)(function)
        return made

    return define if fn is None else define(fn)


class CustomOpDef:
    """An operator that :func:`custom_op` made: call it, and register more for it."""

    def __init__(self, namespace: str, name: str, schema: str, fn: Callable[..., Any]) -> None:
        self._namespace, self._name, self._schema, self._init_fn = namespace, name, schema, fn
        earlier = OPENED.pop(self._qualname, None)
        if earlier is not None:
            forget(earlier._opoverload)
        self._opoverload: OpOverload = define_operator(namespace, name + schema)
        by_name = [a for a in self._opoverload._schema.arguments if a.kwarg_only and a.kind.startswith("Tensor")]
        if by_name:
            forget(self._opoverload)
            raise NotImplementedError(
                "custom_op with kwarg-only Tensor args. Please make your tensors not kwarg-only. Got: "
                f"{self._opoverload._schema}"
            )
        self._registered.is_opaque = True
        self._registered.owner = self
        OPENED[self._qualname] = self

    @property
    def _qualname(self) -> str:
        return f"{self._namespace}::{self._name}"

    @property
    def _registered(self) -> Registered:
        return self._opoverload.registered

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._opoverload(*args, **kwargs)

    def register_kernel(self, device_types: Devices, fn: Callable[..., Any] | None = None, /) -> Any:
        """The function for some types of device (None: for those without one of their own); also a decorator.

        Raises:
            RuntimeError: there is no such type.
        """
        return register_all(lambda f: add_kernels(self._registered, device_types, f), fn)

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """A function that gives results of the right shapes and dtypes: :func:`opcheck` compares them."""
        self._registered.fake = fn
        return fn

    def register_autograd(
        self, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None = None
    ) -> None:
        """The derivative.

        Args:
            backward: ``backward(ctx, *grads)`` returns one gradient, or None, for each argument by position; for a list of tensors
                a list.
            setup_context: ``setup_context(ctx, inputs, output)`` keeps what it needs, with ``keyword_only_inputs`` too if
                there are any.

        Raises:
            RuntimeError: the operator writes to an argument.
        """
        schema = self._opoverload._schema
        if schema.is_mutable:
            raise RuntimeError(
                f"Cannot register autograd formula for non-functional operator {self} with schema {schema}. Please create a functional "
                "operator and register an autograd formula for that."
            )
        self._registered.backward, self._registered.setup_context = backward, setup_context

    def register_vmap(self, func: Callable[..., Any] | None = None) -> Any:
        """The rule for batches: ``func(info, in_dims, *args)`` returns (output, out_dims); also a decorator."""

        def register(rule: Callable[..., Any]) -> None:
            self._registered.vmap = rule

        return register_all(register, func)

    def register_autocast(self, device_type: str, cast_inputs: Any) -> None:
        """The dtype that floating arguments get under autocast."""
        add_autocast(self._registered, device_type, cast_inputs)

    @contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """Inside, the function for one type of device is out of use, or in use again."""
        disabled = self._registered.disabled
        before = device_type in disabled
        if device_type not in self._registered.kernels:
            log.warning("no kernel of %s is registered for the device type %s", self._qualname, device_type)
        (disabled.discard if enabled else disabled.add)(device_type)
        try:
            yield
        finally:
            (disabled.add if before else disabled.discard)(device_type)


def register_all(register: Callable[[Callable[..., Any]], None], fn: Callable[..., Any] | None) -> Any:
    """Register a function, or give a decorator that does."""

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        register(function)
        return function

    return decorator if fn is None else decorator(fn)


def add_kernels(registered: Registered, device_types: Devices, fn: Callable[..., Any]) -> None:
    """Register a kernel for some types of device; None: for all."""
    kinds = [device_types] if device_types is None or isinstance(device_types, str) else device_types
    for kind in kinds:
        registered.kernels[None if kind is None else device_of(kind).type] = fn


def add_autocast(registered: Registered, device_type: str, cast_inputs: Any) -> None:
    """See :meth:`CustomOpDef.register_autocast`.

    Raises:
        ValueError: no type of device that supports autocast.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if device_type not in ("cpu", "cuda", "mps", "xla"):
        raise ValueError(f"Device type '{device_type}' does not support autocast.")
    registered.autocast[device_type] = cast_inputs


def registered_for(op: Any) -> Registered:
    """What is registered for an operator, given by itself or by its name.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(op, str):
        return waiting(op)
    if isinstance(op, OpOverload):
        return op.registered
    if isinstance(op, CustomOpDef):
        return op._registered
    raise ValueError(f"expected op to be a name, an OpOverload or a CustomOpDef, got {type(op).__name__}")
