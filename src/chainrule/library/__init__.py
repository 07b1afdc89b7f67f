"""``torch.library``: operators of your own, with their derivatives and rules.

:func:`custom_op` makes one of a function; the rest registers by name what its methods register. Operators are found again under
``torch.ops``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._missing import missing_name
from ._custom_op import CustomOpDef, add_autocast, add_kernels, custom_op, register_all, registered_for
from ._infer import infer_schema
from ._opcheck import get_ctx, opcheck
from ._operators import OpOverload, define_operator, find, forget, split, waiting

__all__ = [
    "CustomOpDef",
    "Library",
    "custom_op",
    "define",
    "fallthrough_kernel",
    "get_ctx",
    "impl",
    "impl_abstract",
    "infer_schema",
    "opcheck",
    "register_autocast",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_vmap",
]

KEYS = {
    "": None,
    "CPU": "cpu",
    "CUDA": "cuda",
    "XLA": "xla",
    "MPS": "mps",
    "Meta": "meta",
    "CompositeExplicitAutograd": None,
}
"""Dispatch keys -> types of device."""
OWNED: set[str] = set()


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)


class Library:
    """Operators of one namespace, defined by their schemas. They are gone with it.

    Args:
        ns: the namespace.
        kind: "DEF" for the one that defines the namespace, "FRAGMENT" for more of it, "IMPL" for kernels.
        dispatch_key: for which kernels are, if they do not say.

    Raises:
        ValueError: no such kind. RuntimeError: the namespace is defined already.

    >>> import chainrule as torch
    >>> mine = torch.library.Library("mine", "DEF")
    >>> mine.define("scale(Tensor x, *, float by=2.0) -> Tensor")
    'scale'
    >>> mine.impl("scale", lambda x, *, by: x * by, "CompositeImplicitAutograd")
    >>> torch.ops.mine.scale(torch.ones(2, requires_grad=True))
    tensor([2., 2.], grad_fn=<MulBackward0>)
    """

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("IMPL", "DEF", "FRAGMENT"):
            raise ValueError(f"Unsupported kind: {kind}")
        if kind == "DEF" and (ns in OWNED or ns in ("aten", "prim")):
            raise RuntimeError(
                f"Only a single TORCH_LIBRARY can be used to register the namespace {ns}; please put all of your definitions in a single "
                'TORCH_LIBRARY block, or use Library(ns, "FRAGMENT").'
            )
        if kind == "DEF":
            OWNED.add(ns)
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key
        self._defined: list[OpOverload] = []

    def __repr__(self) -> str:
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """Define an operator by its schema, and return its name.

        Raises:
            RuntimeError: the schema cannot be read, or the operator exists.
        """
        made = define_operator(self.ns, schema)
        self._defined.append(made)
        return made._opname

    def impl(
        self,
        op_name: Any,
        fn: Callable[..., Any],
        dispatch_key: str = "",
        *,
        with_keyset: bool = False,
        allow_override: bool = False,
    ) -> None:
        """Give an operator a kernel.

        Args:
            op_name: its name, or ``torch.ops.namespace.name.default``.
            fn: the kernel.
            dispatch_key: "CPU", "CUDA", ...; "CompositeExplicitAutograd" for all devices; with "CompositeImplicitAutograd",
                autograd looks into the kernel.
            with_keyset: no.
            allow_override: accepted.

        Raises:
            TypeError: the kernel is no function. ValueError: a key that says nothing here.
        """
        if not callable(fn):
            raise TypeError(f"Input function is required to be a callable but found type {type(fn)}")
        if with_keyset:
            raise ValueError(
                "there are no dispatch key sets here: give a kernel that takes the operator's arguments only"
            )
        key = dispatch_key or self.dispatch_key
        name = op_name._name if isinstance(op_name, OpOverload) else f"{self.ns}::{op_name.rpartition('::')[2]}"
        registered = waiting(name)
        if key in ("CompositeImplicitAutograd", ""):
            registered.composite = fn
        elif key in KEYS:
            registered.kernels[KEYS[key]] = fn
        else:
            raise ValueError(
                f"the dispatch key {key!r} says nothing here. Kernels are by device ({', '.join(filter(None, KEYS))}) or composite; "
                "derivatives and rules for batches are for torch.library.register_autograd and register_vmap"
            )

    def _destroy(self) -> None:
        for overload in self._defined:
            forget(overload)
        self._defined.clear()
        if self.kind == "DEF":
            OWNED.discard(self.ns)


def define(qualname: str, schema: str, *, lib: Library | None = None, tags: Any = ()) -> None:
    """Define an operator by its schema.

    Args:
        qualname: ``"namespace::name"``.
        schema: as in ``"(Tensor x) -> Tensor"``.
        lib: accepted.
        tags: accepted.

    >>> import chainrule as torch
    >>> torch.library.define("example::cube", "(Tensor x) -> Tensor")
    >>> @torch.library.impl("example::cube", "cpu")
    ... def cube(x):
    ...     return x ** 3
    >>> torch.ops.example.cube(torch.tensor(2.))
    tensor(8.)
    """
    space, name = split(qualname)
    define_operator(space, name + schema)


def impl(
    qualname: str, types: str | Sequence[str], func: Callable[..., Any] | None = None, *, lib: Library | None = None
) -> Any:
    """Give an operator a kernel; also a decorator.

    Args:
        qualname: ``"namespace::name"``.
        types: the types of device that it is for; "default" for all, with autograd looking into it.
        func: the kernel.
        lib: accepted.

    >>> import chainrule as torch
    >>> torch.library.define("example::half", "(Tensor x) -> Tensor")
    >>> torch.library.impl("example::half", "default", lambda x: x / 2)
    >>> torch.ops.example.half(torch.ones(1))
    tensor([0.5000])
    """
    kinds = (types,) if isinstance(types, str) else tuple(types)

    def register(fn: Callable[..., Any]) -> None:
        registered = waiting(qualname)
        for kind in kinds:
            if kind in ("default", "CompositeImplicitAutograd"):
                registered.composite = fn
            else:
                add_kernels(registered, KEYS.get(kind, kind), fn)

    if func is None:
        return register_all(register, None)
    register(func)
    return None


def register_kernel(
    op: Any,
    device_types: str | Sequence[str] | None,
    func: Callable[..., Any] | None = None,
    /,
    *,
    lib: Library | None = None,
) -> Any:
    """Give an operator a kernel for some types of device; also a decorator.

    >>> import chainrule as torch
    >>> @torch.library.custom_op("example::one", mutates_args=(), device_types="cuda")
    ... def one(x: torch.Tensor) -> torch.Tensor:
    ...     return x + 1
    >>> @torch.library.register_kernel("example::one", "cpu")
    ... def _(x):
    ...     return x + 1
    >>> one(torch.zeros(1))
    tensor([1.])
    """
    registered = registered_for(op)
    return register_all(lambda fn: add_kernels(registered, device_types, fn), func)


def register_fake(
    op: Any,
    func: Callable[..., Any] | None = None,
    /,
    *,
    lib: Library | None = None,
    _stacklevel: int = 1,
    allow_override: bool = False,
) -> Any:
    """Give an operator a function with results of the right shapes and dtypes; also a decorator. See :func:`opcheck`.

    >>> import chainrule as torch
    >>> @torch.library.custom_op("example::two", mutates_args=())
    ... def two(x: torch.Tensor) -> torch.Tensor:
    ...     return x + 2
    >>> @torch.library.register_fake("example::two")
    ... def _(x):
    ...     return torch.empty_like(x)
    >>> torch.library.opcheck(two, (torch.zeros(1),))["test_faketensor"]
    'SUCCESS'
    """
    registered = registered_for(op)

    def register(fn: Callable[..., Any]) -> None:
        registered.fake = fn

    return register_all(register, func)


impl_abstract = register_fake


def register_autograd(
    op: Any,
    backward: Callable[..., Any],
    /,
    *,
    setup_context: Callable[..., Any] | None = None,
    lib: Library | None = None,
) -> None:
    """Give an operator its derivative: see :meth:`CustomOpDef.register_autograd`.

    Raises:
        AttributeError: no operator of this name. RuntimeError: it writes to an argument.

    >>> import chainrule as torch
    >>> torch.library.define("example::neg", "(Tensor x) -> Tensor")
    >>> torch.library.impl("example::neg", "cpu", lambda x: -x)
    >>> torch.library.register_autograd("example::neg", lambda ctx, g: -g)
    >>> torch.ops.example.neg(torch.ones(1, requires_grad=True))
    tensor([-1.], grad_fn=<GeneratedBackwardFor_example_neg_defaultBackward>)
    """
    found = find(op)
    if found._schema.is_mutable:
        raise RuntimeError(
            f"Cannot register autograd formula for non-functional operator {found} with schema {found._schema}. Please create a "
            "functional operator and register an autograd formula for that."
        )
    found.registered.backward, found.registered.setup_context = backward, setup_context


def register_vmap(op: Any, func: Callable[..., Any] | None = None, /, *, lib: Library | None = None) -> Any:
    """Give an operator its rule for batches; also a decorator.

    Args:
        op: the operator, or its name.
        func: ``func(info, in_dims, *args)`` returns (output, out_dims).
        lib: accepted.

    >>> import chainrule as torch
    >>> @torch.library.custom_op("example::total", mutates_args=())
    ... def total(x: torch.Tensor) -> torch.Tensor:
    ...     return x.sum()
    >>> @torch.library.register_vmap("example::total")
    ... def _(info, in_dims, x):
    ...     return x.movedim(in_dims[0], 0).flatten(1).sum(1), 0
    >>> torch.vmap(total)(torch.ones(2, 3))
    tensor([3., 3.])
    """
    found = find(op)

    def register(rule: Callable[..., Any]) -> None:
        found.registered.vmap = rule

    return register_all(register, func)


def register_autocast(op: Any, device_type: str, cast_inputs: Any, /, *, lib: Library | None = None) -> None:
    """Give an operator the dtype that its floating arguments get under autocast.

    Raises:
        ValueError: no type of device that supports autocast.

    >>> import chainrule as torch
    >>> @torch.library.custom_op("example::copy", mutates_args=())
    ... def copy(x: torch.Tensor) -> torch.Tensor:
    ...     return x.clone()
    >>> torch.library.register_autocast("example::copy", "cpu", torch.float16)
    >>> with torch.autocast("cpu"):
    ...     copy(torch.ones(1)).dtype
    torch.float16
    """
    add_autocast(registered_for(op), device_type, cast_inputs)


def fallthrough_kernel() -> None:
    """PyTorch's mark for "no kernel here"; it is not to be called.

    >>> import chainrule as torch
    >>> torch.library.fallthrough_kernel()
    Traceback (most recent call last):
    NotImplementedError: fallthrough_kernel() should never be called.
    """
    raise NotImplementedError("fallthrough_kernel() should never be called.")
