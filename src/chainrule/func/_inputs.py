"""What the transforms share: which arguments are differentiated, and how they enter and leave a transform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..core.modes import changed_modes, is_grad_enabled, met
from ..core.node import AccumulateGrad, ancestors
from ..core.value import TensorBase, new_tensor, writable
from ..core.views import base_of, counter, current_node
from ..utils._pytree import TreeSpec, tree_flatten, tree_unflatten

Argnums = int | tuple[int, ...]


def name_of(function: Any) -> str:
    """What errors call a user's function."""
    return getattr(function, "__name__", None) or repr(function)


def selected(args: Sequence[Any], argnums: Any) -> Any:
    """The arguments at ``argnums``: one, or a tuple of them.

    Raises:
        RuntimeError: an argnum is no int, is out of range or is given twice.
    """
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(numbers, tuple) or not all(isinstance(number, int) for number in numbers):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if not numbers:
        raise RuntimeError("argnums must be non-empty: name at least one argument to differentiate by")
    count = len(args)
    for number in numbers:
        if not -count <= number < count:
            raise RuntimeError(f"Got argnum={number}, but only {count} positional inputs")
    positions = [number % count for number in numbers]
    if len(set(positions)) != len(positions):
        raise RuntimeError(f"argnums elements must be unique, got argnums={argnums}")
    chosen = tuple([args[number] for number in positions])
    return chosen[0] if isinstance(argnums, int) else chosen


def with_selected(function: Callable[..., Any], args: Sequence[Any], argnums: Argnums) -> Callable[..., Any]:
    """``function`` as a function of the arguments at ``argnums`` alone, given one by one."""
    positions = [number % len(args) for number in ((argnums,) if isinstance(argnums, int) else argnums)]

    def of_selected(*chosen: Any, **kwargs: Any) -> Any:
        all_args = list(args)
        for position, value in zip(positions, chosen, strict=True):
            all_args[position] = value
        return function(*all_args, **kwargs)

    return of_selected


def differentiable_leaves(tree: Any, said: str) -> tuple[list[Any], TreeSpec]:
    """The leaves of what is differentiated, which must be tensors."""
    leaves, spec = tree_flatten(tree)
    for leaf in leaves:
        if not isinstance(leaf, TensorBase):
            raise RuntimeError(
                f"{said}: expected the differentiated arguments to contain only Tensors, got {type(leaf)}"
            )
    return leaves, spec


def differentiated_by(tensor: Any) -> Any:
    """An alias of ``tensor`` that the transformed function sees as a leaf, and the graph outside as the tensor itself."""
    if tensor._array.dtype.kind in "iub":
        raise RuntimeError(
            "only Tensors of floating point dtype can require gradients: an argument that is differentiated by is "
            f"{tensor.dtype}. Convert it first, e.g. with .float(), or choose other argnums."
        )
    met(tensor)
    outer = current_node(tensor)
    alias = new_tensor(writable(tensor))
    alias._cell = tensor._cell
    node = alias._node = AccumulateGrad.of(alias)
    if outer is not None:
        node.parents = (outer,)
    return alias


def reach_outside(outputs: list[Any], inside: list[Any]) -> bool:
    """Whether outputs depend on anything that requires grad outside of the transform: what it differentiates by aside.

    If not, a derivative need not be recorded, and its result is a constant to whoever is outside.
    """
    own = {alias._node for alias in inside}
    if any(node.parents for node in own):
        return True
    ends = [node for output in outputs if (node := current_node(output)) is not None]
    return any(type(node) is AccumulateGrad and not node.parents and node not in own for node in ancestors(ends))


def constant(tensor: Any) -> Any:
    """The same value without history, moving on where it moves."""
    met(tensor)
    alias = new_tensor(writable(tensor))
    alias._cell = tensor._cell
    return alias


def split_aux(result: Any, said: str) -> tuple[Any, Any]:
    """(output, aux) of a function that was announced to return both."""
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(f"{said}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return result


def map_tensors(function: Callable[[Any], Any], tree: Any) -> Any:
    """``function`` of each tensor in a tree; the rest as it is."""
    if isinstance(tree, TensorBase):
        return function(tree)
    leaves, spec = tree_flatten(tree)
    return tree_unflatten([function(leaf) if isinstance(leaf, TensorBase) else leaf for leaf in leaves], spec)


def write_back(outer: Any, inside: Any, node: Any, taken_out: Callable[[Any], Any]) -> None:
    """What a transformed function wrote into its argument, written into the tensor that was given for it.

    ``node`` is the argument's own: if it still has that, it was written to through ``detach``, which leaves history alone.
    """
    if inside._cell is not None and counter(inside._cell):
        if inside._view is not None:  # it was reshaped in place, which stays inside
            inside = base_of(inside._view)
        with changed_modes(grad=is_grad_enabled() and current_node(inside) is not node):
            outer.copy_(taken_out(inside))
