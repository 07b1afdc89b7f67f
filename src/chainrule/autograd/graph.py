"""The graph as users handle it: nodes, edges, hooks on saved tensors and on several tensors."""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core import hooks as _hooks
from ..core.engine import current_pass
from ..core.modes import changed_modes, modes
from ..core.node import Node as _CoreNode, edge_of
from ..core.origin import caller
from ..core.saved import CloneOnWrite
from ..core.value import TensorBase
from ..core.version import InferenceCell, bump
from ..core.views import current_node
from ..errors import NotATensorError

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


Node = _CoreNode


class GradientEdge(NamedTuple):
    """An edge of the graph, as a place at which to ask for a gradient.

    >>> import chainrule as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> edge = torch.autograd.graph.get_gradient_edge(x * 2)
    >>> torch.autograd.grad(edge, x)
    (tensor(2.),)
    """

    node: _CoreNode
    output_nr: int


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge at which the gradient of ``tensor`` is computed; it keeps the graph alive, not the tensor.

    >>> import chainrule as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.autograd.graph.get_gradient_edge(x * 2).node.name()
    'MulBackward0'
    """
    node = current_node(tensor)
    if node is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    owner, number = edge_of(node)
    assert owner is not None
    return GradientEdge(owner, number)


class saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Context manager under which each saved tensor is handed to ``pack_hook`` and read back through ``unpack_hook``.

    >>> import chainrule as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: (print("saved", t), t)[1], lambda t: t):
    ...     y = x.exp()
    saved tensor(20.0855)
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        current = modes()
        if current.hooks_refused is not None:
            raise RuntimeError(current.hooks_refused)
        self._change = changed_modes(hooks=(*current.hooks, (self.pack_hook, self.unpack_hook)))
        self._change.__enter__()

    def __exit__(self, *args: object) -> None:
        self._change.__exit__(*args)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801
    """Context manager that parks saved tensors in host memory. On the CPU: they are saved as copies.

    >>> import chainrule as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> with torch.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> torch.autograd.grad(y, x)
    (tensor(6.),)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor.detach().clone(), lambda packed: packed)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Context manager under which entering saved-tensor hooks raises ``error_message``.

    >>> import chainrule as torch
    >>> with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
    ...     with torch.autograd.graph.save_on_cpu():
    ...         pass
    Traceback (most recent call last):
    RuntimeError: no hooks here
    """
    if modes().hooks:
        raise RuntimeError(error_message)
    with changed_modes(hooks_refused=error_message):
        yield


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[CloneOnWrite]:
    """Context manager under which saved tensors may be changed in place: they are copied just before.

    >>> import chainrule as torch
    >>> x = torch.tensor([3.], requires_grad=True)
    >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
    ...     a = x.clone()
    ...     y = (a * a).sum()
    ...     _ = a.zero_()
    ...     y.backward()
    >>> x.grad
    tensor([6.])
    """
    if modes().clone_on_write is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    store = CloneOnWrite()
    with changed_modes(clone_on_write=store):
        try:
            yield store
        finally:
            store.clear()


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Bump the version counter of a tensor (or several) without writing to it.

    >>> import chainrule as torch
    >>> x = torch.ones(2)
    >>> torch.autograd.graph.increment_version(x)
    >>> x._version
    1
    """
    group = (tensor,) if isinstance(tensor, TensorBase) else tensor
    if not hasattr(group, "__iter__") or not all(isinstance(one, TensorBase) for one in group):
        raise RuntimeError(f"increment_version expect a Iterable[Tensor] as input, but got {type(tensor).__name__}")
    for one in group:
        if type(one._cell) is InferenceCell:
            raise RuntimeError("Inference tensors do not track version counter.")
        bump(one, caller())


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[..., Any], *, mode: str = "all"
) -> _hooks.RemovableHandle:
    """One hook for several tensors.

    With mode "all" it is called with the list of their gradients (None where none came) when the last of them is there;
    with "any", once per backward, with the first.

    >>> import chainrule as torch
    >>> x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    >>> handle = torch.autograd.graph.register_multi_grad_hook([x, y], print)
    >>> (2 * x + 3 * y).sum().backward()
    [tensor([2.]), tensor([3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    return _MultiHook(tensors, fn, mode).register(tensors)


class _MultiHook:
    """The state of one hook on several tensors. It holds their nodes weakly: the nodes hold it."""

    def __init__(self, tensors: Sequence[Tensor], fn: Callable[..., Any], mode: str) -> None:
        self.nodes = [weakref.ref(_node(tensor)) for tensor in tensors]
        self.fn, self.mode = fn, mode
        self.arrivals: dict[int, dict[int, Any]] = {}
        """Of each pass that is running: which gradients have come."""

    def register(self, tensors: Sequence[Tensor]) -> _hooks.RemovableHandle:
        handles = [t.register_hook(functools.partial(self.arrived, i)) for i, t in enumerate(tensors)]
        return _GroupHandle(handles)

    def arrived(self, number: int, g: Any) -> None:
        running = current_pass()
        assert running is not None
        grads = self.arrivals.get(id(running))
        if grads is None:
            grads = self.arrivals[id(running)] = {}
            running.at_end.append(functools.partial(self.arrivals.pop, id(running), None))
        grads[number] = g
        if self.mode == "any":
            if len(grads) == 1:
                self.fn(g)
        elif len(grads) == sum(running.will_reach(node()) for node in self.nodes):
            self.fn([grads.get(i) for i in range(len(self.nodes))])


class _GroupHandle(_hooks.RemovableHandle):
    """Takes several hooks away."""

    __slots__ = ("handles",)

    def __init__(self, handles: list[_hooks.RemovableHandle]) -> None:
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def _node(tensor: Tensor) -> _CoreNode:
    node = current_node(tensor)
    if node is None:
        raise NotATensorError(
            "Expected gradient function to be set: cannot register a hook on a tensor that doesn't require gradient"
        )
    return node
