"""From a program to its graph: :func:`symbolic_trace`, the :class:`Tracer` behind it, and :func:`wrap`."""

from __future__ import annotations

import builtins
import functools
import inspect
import math
import operator
import sys
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from .. import overrides
from .._tensor import Tensor
from ..functions.assertions import _assert
from ..nn.modules.container import Sequential
from ..nn.modules.module import Module
from ..nn.parameter import Parameter
from ..utils._pytree import tree_flatten, tree_map
from ._codegen import TreeCodeGen, TreeInfo
from ._words import is_torch_module
from .graph import Graph
from .graph_module import GraphModule
from .node import Node, map_aggregate
from .proxy import ParameterProxy, Proxy, TracerBase

__all__ = ["PH", "ProxyableClassMeta", "Tracer", "symbolic_trace", "wrap"]


class PHBase:
    """The type of ``PH``."""

    def __repr__(self) -> str:
        return "PH"


PH = PHBase()
"""In ``concrete_args``: what is traced, among what has a value."""

_wrapped: dict[tuple[int, str], dict[str, Any]] = {}
_tracing = False


def is_fx_tracing() -> bool:
    """Whether a program is being traced."""
    return _tracing


def wrap(fn_or_name: Any) -> Any:
    """Let calls of a function be one node, instead of what the function does. Also a decorator.

    Args:
        fn_or_name: a function of the module that calls this, or its name there. It may be one of Python's, as ``"len"``.

    Returns:
        What it was given.

    Raises:
        RuntimeError: it is neither.
        NotImplementedError: this is not called at the top level of a module.

    >>> import chainrule as torch
    >>> @torch.fx.wrap
    ... def clipped(x):
    ...     return x if x.max() < 1 else x / x.max()
    >>> torch.fx.symbolic_trace(lambda x: clipped(x) + 1).graph.find_nodes(op="call_function")
    [clipped, add]
    """
    if isinstance(fn_or_name, str):
        name = fn_or_name
    elif callable(fn_or_name):
        name = fn_or_name.__name__
    else:
        raise RuntimeError(
            f"wrap: a function, or the name of one, is wrapped, not {fn_or_name!r} of type {type(fn_or_name).__name__}"
        )
    frame = sys._getframe(1)
    if frame.f_code.co_name != "<module>":
        raise NotImplementedError(
            f"wrap({name!r}) is called in {frame.f_code.co_name}: call it at the top level of the module whose functions call {name!r}"
        )
    _wrapped[id(frame.f_globals), name] = frame.f_globals
    return fn_or_name


def _find_proxy(args: Any, kwargs: Any) -> Proxy | None:
    found: list[Proxy] = []
    map_aggregate((args, kwargs), lambda value: found.append(value) if isinstance(value, Proxy) else None)
    return found[0] if found else None


def _kept_whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a wrapped function while a program is traced."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs)
        if proxy is None:
            return function(*args, **kwargs)
        made = proxy.tracer.create_proxy("call_function", function, args, kwargs)
        made.node.meta["is_wrapped"] = True
        return made

    return call


class _Patches:
    """Values put into dicts, and set on classes, until the end."""

    def __init__(self) -> None:
        self.undo: list[Callable[[], Any]] = []

    def item(self, home: dict[str, Any], name: str, value: Any) -> None:
        if name in home:
            self.undo.append(functools.partial(home.__setitem__, name, home[name]))
        else:
            self.undo.append(functools.partial(home.pop, name, None))
        home[name] = value

    def attribute(self, owner: type, name: str, value: Any) -> None:
        old = vars(owner).get(name)
        self.undo.append(
            functools.partial(delattr, owner, name) if old is None else functools.partial(setattr, owner, name, old)
        )
        setattr(owner, name, value)

    def end(self) -> None:
        while self.undo:
            self.undo.pop()()


class _Recording(overrides.TorchFunctionMode):
    """In force while a program is traced: functions that make tensors ask nobody else, and may be given traced sizes."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _find_proxy(args, kwargs) is not None:
            return Proxy.__torch_function__(func, types, args, kwargs)
        return func(*args, **kwargs)


class ProxyableClassMeta(type):
    """The metaclass of classes whose instances may be made of traced values: making one is a node.

    >>> import chainrule as torch
    >>> class Pair(metaclass=torch.fx.ProxyableClassMeta):
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    >>> print(torch.fx.symbolic_trace(lambda x: Pair(x, 1).y).graph.find_nodes(op="call_function"))
    [pair, getattr_1]
    """

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs)
        if proxy is None:
            return super().__call__(*args, **kwargs)
        return proxy.tracer.create_proxy("call_function", cls, args, kwargs)


class Tracer(TracerBase):
    """Runs a program on proxies, and so makes its graph. Subclass it to decide what becomes a node.

    Args:
        autowrap_modules: modules of Python whose functions become nodes where they meet a proxy.
        autowrap_functions: functions that do.
        param_shapes_constant: whether a program may decide by the shapes of its parameters.

    >>> import chainrule as torch
    >>> class Deeper(torch.fx.Tracer):
    ...     def is_leaf_module(self, m, module_qualified_name):
    ...         return not isinstance(m, torch.nn.ReLU) and super().is_leaf_module(m, module_qualified_name)
    >>> list(Deeper().trace(torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU())).nodes)
    [input_1, _0, relu, output]
    """

    proxy_buffer_attributes = False
    """Whether buffers are proxies, too, when a program reads them."""

    def __init__(
        self,
        autowrap_modules: tuple[types.ModuleType, ...] = (math,),
        autowrap_functions: tuple[Callable[..., Any], ...] = (),
        param_shapes_constant: bool = False,
    ) -> None:
        self._autowrap_modules = autowrap_modules
        self._autowrap_ids = {
            id(value)
            for module in autowrap_modules
            for name, value in vars(module).items()
            if callable(value) and not name.startswith("_")
        } | {id(function) for function in autowrap_functions}
        self.param_shapes_constant = param_shapes_constant
        self.root: Any = None
        self.submodule_paths: dict[Module, str] = {}
        self.tensor_attrs: dict[int, str] = {}
        self.module_stack: OrderedDict[str, tuple[str, type]] = OrderedDict()
        self._parameter_proxies: dict[str, Proxy] = {}

    # -- what subclasses decide -----------------------------------------------------------------------------------------

    def is_leaf_module(self, m: Module, module_qualified_name: str) -> bool:
        """Whether calls of a submodule are one node, instead of what its ``forward`` does.

        By default the modules of ``torch.nn`` are, except ``Sequential``.
        """
        home = type(m).__module__
        return is_torch_module(home) and home.split(".")[1:2] == ["nn"] and not isinstance(m, Sequential)

    def call_module(self, m: Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called in place of each call of a submodule.

        Args:
            m: the submodule.
            forward: what it would do.
            args: what it is called with by position.
            kwargs: and by name.

        Raises:
            NameError: it is no submodule of the program's root.
        """
        path = self.path_of_module(m)
        self.module_stack[path] = (path, type(m))
        try:
            if self.is_leaf_module(m, path):
                return self.create_proxy("call_module", path, args, kwargs)
            return forward(*args, **kwargs)
        finally:
            del self.module_stack[path]

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """Called for each attribute that a program reads from its modules; gives the proxy of a parameter.

        Args:
            attr: the name of the attribute.
            attr_val: its value.
            parameter_proxy_cache: path -> proxy, of those that there are.
        """
        if isinstance(attr_val, Parameter):
            return self._proxy_of(attr_val, self.root.named_parameters(), parameter_proxy_cache)
        if self.proxy_buffer_attributes and isinstance(attr_val, Tensor):
            return self._proxy_of(attr_val, self.root.named_buffers(), parameter_proxy_cache)
        return attr_val

    def _proxy_of(self, value: Any, named: Iterator[tuple[str, Any]], cache: dict[str, Any]) -> Any:
        name = next((name for name, one in named if one is value), None)
        if name is None:
            return value
        if name not in cache:
            factory = None
            if self.param_shapes_constant:
                factory = functools.partial(self._parameter_proxy, name, value)
            cache[name] = self.create_proxy("get_attr", name, (), {}, proxy_factory_fn=factory)
        return cache[name]

    def _parameter_proxy(self, name: str, value: Any, node: Node) -> Proxy:
        return ParameterProxy(self, node, name, value)

    def path_of_module(self, mod: Module) -> str:
        """The path from the root to a submodule.

        Raises:
            NameError: there is none.
        """
        path = self.submodule_paths.get(mod)
        if path is None:
            raise NameError(
                f"{type(mod).__name__} is called while {type(self.root).__name__} is traced, and is no submodule of it: make it in __init__, "
                "and keep it as an attribute"
            )
        return path

    # -- nodes ----------------------------------------------------------------------------------------------------------

    def create_proxy(self, *args: Any, **kwargs: Any) -> Proxy:
        """As :meth:`TracerBase.create_proxy`; the node notes in which modules it was made."""
        made = super().create_proxy(*args, **kwargs)
        if self.module_stack:
            made.node.meta.setdefault("nn_module_stack", self.module_stack.copy())
        return made

    def create_arg(self, a: Any) -> Any:
        """As :meth:`TracerBase.create_arg`; tensors and modules become attributes of the root that a node reads."""
        if isinstance(a, Parameter):
            name = next((name for name, one in self.root.named_parameters() if one is a), None)
            if name is None:
                raise NameError(
                    f"a parameter of shape {tuple(a.shape)} is used, and is none of {type(self.root).__name__}'s: keep it as an attribute"
                )
            return self.create_node("get_attr", name, (), {})
        if isinstance(a, Tensor):
            return self.create_node("get_attr", self._tensor_path(a), (), {})
        if isinstance(a, Module):
            return self.create_node("get_attr", self.path_of_module(a), (), {})
        if isinstance(a, tuple) and hasattr(a, "_fields"):
            return self.create_node("call_function", type(a), tuple(map(self.create_arg, a)), {})
        if type(type(a)) is ProxyableClassMeta:
            return self.create_node("get_attr", self._kept(a, f"_{type(a).__name__}_constant_"), (), {})
        return super().create_arg(a)

    def _tensor_path(self, tensor: Tensor) -> str:
        path = next((name for name, one in self.root.named_buffers() if one is tensor), None)
        if path is None:
            path = self.tensor_attrs.get(id(tensor))
        return self._kept(tensor, "_tensor_constant") if path is None else path

    def _kept(self, value: Any, prefix: str) -> str:
        """Keep a value that the program has made as an attribute of the root; its name."""
        name = self.get_fresh_qualname(prefix)
        setattr(self.root, name, value)
        if isinstance(value, Tensor):
            self.tensor_attrs[id(value)] = name
        return name

    def get_fresh_qualname(self, prefix: str) -> str:
        """A name that the root has no attribute of: ``prefix`` and a number."""
        at = 0
        while hasattr(self.root, f"{prefix}{at}"):
            at += 1
        return f"{prefix}{at}"

    # -- tracing --------------------------------------------------------------------------------------------------------

    def trace(self, root: Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> Graph:
        """The graph of a module or a function.

        Args:
            root: the module or function.
            concrete_args: argument -> a value that the program may decide by. The graph keeps the argument, and checks
                that it has this value. In containers, ``PH`` stands for what is traced all the same.

        Raises:
            TraceError: what the program does depends on values.
        """
        global _tracing  # while it is True, this is what is traced
        if isinstance(root, Module):
            self.root = root
            function = type(root).forward
            self.submodule_paths = {module: path for path, module in root.named_modules(remove_duplicate=True)}
        else:
            self.root = Module()
            function = root
            self.submodule_paths = {}
        if not isinstance(function, types.FunctionType):
            raise AssertionError(
                f"a module or a function defined in Python is traced, not {root!r} of type {type(root).__name__}"
            )
        self.graph = Graph(tracer_cls=type(self))
        self.tensor_attrs = {}
        for path, module in [
            ("", self.root),
            *((path, module) for module, path in self.submodule_paths.items() if path),
        ]:
            for name, value in vars(module).items():
                if isinstance(value, Tensor):
                    self.tensor_attrs[id(value)] = f"{path}.{name}" if path else name
        self._parameter_proxies = {}
        patches = _Patches()
        old, _tracing = _tracing, True
        try:
            call, args = self.create_args_for_root(function, isinstance(root, Module), concrete_args)
            self._patch(patches, function)
            with _Recording():
                returned = self.create_arg(call(*args))
            rest = function.__code__.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
            kind = None if rest else _annotation(inspect.unwrap(function), "return")  # as PyTorch has it
            self.create_node("output", "output", (self._flat_result(returned),), {}, type_expr=kind)
        finally:
            _tracing = old
            patches.end()
            self.submodule_paths = {}
        return self.graph

    def _flat_result(self, returned: Any) -> Any:
        codegen = self.graph._codegen
        if not isinstance(codegen, TreeCodeGen):
            return returned
        leaves, spec = tree_flatten(returned)
        self.graph.set_codegen(TreeCodeGen(TreeInfo(codegen.pytree_info.orig_args, codegen.pytree_info.in_spec, spec)))
        return leaves

    def _patch(self, patches: _Patches, function: types.FunctionType) -> None:
        """Put what records calls in the place of what would run them."""
        read, call = Module.__getattr__, Module.__call__

        def getattr_of_module(module: Module, name: str) -> Any:
            return self.getattr(name, read(module, name), self._parameter_proxies)

        def call_module(module: Module, *args: Any, **kwargs: Any) -> Any:
            self._autowrap(patches, getattr(getattr(module, "forward", module), "__globals__", {}))
            return self.call_module(module, functools.partial(call, module), args, kwargs)

        patches.attribute(Module, "__getattr__", getattr_of_module)
        patches.attribute(Module, "__call__", call_module)
        for (_, name), home in list(_wrapped.items()):
            function_now = home.get(name, getattr(builtins, name, None))
            if function_now is not None:
                patches.item(home, name, _kept_whole(function_now))
        self._autowrap(patches, function.__globals__)
        for module in self._autowrap_modules:
            self._autowrap(patches, vars(module))

    def _autowrap(self, patches: _Patches, home: dict[str, Any]) -> None:
        for name, value in list(home.items()):
            if id(value) in self._autowrap_ids and not name.startswith("_") and callable(value):
                patches.item(home, name, _kept_whole(value))

    def create_args_for_root(
        self, root_fn: types.FunctionType, is_module: bool, concrete_args: dict[str, Any] | None = None
    ) -> tuple[Callable[..., Any], list[Any]]:
        """A function to call, and the arguments to call it with: the root itself, and proxies."""
        analysed = inspect.unwrap(root_fn)
        code = analysed.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        names = list(code.co_varnames[:count])
        signature = inspect.signature(analysed).parameters
        args: list[Any] = [self.root] if is_module else []
        skipped = names[:1] if is_module else []
        values = {} if concrete_args is None else dict(concrete_args)
        for name in names[len(skipped) :]:
            parameter = signature[name]
            default = () if parameter.default is inspect.Parameter.empty else (parameter.default,)
            kind = _annotation(analysed, name)
            if name in values:
                args.append(self._given(name, values[name], default, kind))
            else:
                args.append(self.create_proxy("placeholder", name, default, {}, type_expr=kind))
        call: Callable[..., Any] = root_fn
        rest = [
            f"{stars}{name}"
            for stars, name in zip(
                [
                    stars
                    for stars, flag in (("*", inspect.CO_VARARGS), ("**", inspect.CO_VARKEYWORDS))
                    if code.co_flags & flag
                ],
                code.co_varnames[count:],
                strict=False,
            )
        ]
        args += [self.create_proxy("placeholder", name, (), {}) for name in rest]
        if rest:
            call = _with_all_by_position(analysed)
        elif code.co_kwonlyargcount:
            call = functools.partial(_with_names, root_fn, code.co_argcount, names[code.co_argcount :])
        if concrete_args is not None and any(tree_flatten(value)[0] != [value] for value in values.values()):
            inputs = [values.get(name, PH) for name in names[len(skipped) :]]
            self.graph.set_codegen(TreeCodeGen(TreeInfo(names, tree_flatten(inputs)[1], None)))
        return call, args

    def _given(self, name: str, value: Any, default: tuple[Any, ...], kind: Any) -> Any:
        """An argument that has a value: placeholders for its leaves, and checks that they are what was given."""
        at = 0

        def leaf(one: Any) -> Any:
            nonlocal at
            at += 1
            made = self.create_proxy(
                "placeholder", f"{name}_{at}", default, {}, type_expr=kind if one is value else None
            )
            if one is PH:
                return made
            message = f"{name} has been specialized to have value {one} but got another value"
            if one is None:
                self.create_proxy("call_function", _assert_is_none, (made, message), {})
            elif isinstance(one, (bool, int, float, str)):
                _assert(operator.eq(made, one), message)
            else:
                warnings.warn(
                    f"concrete_args: that {name} is {one!r} is not checked when the graph runs, since it is of type {type(one).__name__}: call it "
                    "with the same",
                    stacklevel=5,
                )
            return one

        return tree_map(leaf, value)


def _with_names(function: Callable[..., Any], first: int, names: list[str], *args: Any) -> Any:
    return function(*args[:first], **dict(zip(names, args[first:], strict=True)))


def _annotation(function: types.FunctionType, name: str) -> Any:
    """How an argument is annotated; of functions of torch only what PyTorch annotates as well."""
    kind = function.__annotations__.get(name)
    if is_torch_module(function.__module__ or ""):
        return {"Tensor": Tensor, "bool": bool, "int": int, "float": float}.get(str(kind))
    return kind


def _with_all_by_position(function: types.FunctionType) -> Callable[..., Any]:
    """The same function, but that what is left over is an argument as the others are: so it may be a proxy."""
    code = function.__code__
    rest = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    flat = code.replace(
        co_argcount=code.co_argcount + code.co_kwonlyargcount + rest,
        co_kwonlyargcount=0,
        co_flags=code.co_flags & ~(inspect.CO_VARARGS | inspect.CO_VARKEYWORDS),
    )
    return types.FunctionType(flat, function.__globals__, function.__name__, None, function.__closure__)


def _assert_is_none(value: Any, msg: str) -> None:
    if value is not None:
        raise AssertionError(msg)


def symbolic_trace(root: Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> GraphModule:
    """A module that does what a module or a function does, whose program is a graph that can be read and changed.

    The program runs once, on proxies; what it does with them becomes nodes. Modules of ``torch.nn`` are one node each.

    Args:
        root: a module, or a function.
        concrete_args: argument -> a value that the program may decide by, see :meth:`Tracer.trace`.

    Raises:
        TraceError: what the program does depends on values.

    >>> import chainrule as torch
    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.linear = torch.nn.Linear(2, 2)
    ...     def forward(self, x):
    ...         return torch.relu(self.linear(x)) + x
    >>> traced = torch.fx.symbolic_trace(Net())
    >>> print(traced.code.strip())
    def forward(self, x):
        linear = self.linear(x)
        relu = torch.relu(linear);  linear = None
        add = relu + x;  relu = x = None
        return add
    >>> traced(torch.ones(2)).shape
    torch.Size([2])
    """
    tracer = Tracer()
    graph = tracer.trace(root, concrete_args)
    name = type(root).__name__ if isinstance(root, Module) else getattr(root, "__name__", type(root).__name__)
    return GraphModule(tracer.root, graph, name)
