"""Trees of containers with the path to each leaf, and maps of some of the leaves: the rest of ``torch.utils._pytree``."""

from __future__ import annotations

import builtins
import collections
import warnings
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ._pytree import DATACLASS, KINDS, LEAF, NAMED_TUPLE, IsLeaf, TreeSpec, kind_of, register_pytree_node, tree_flatten

__all__ = [
    "GetAttrKey",
    "LeafSpec",
    "MappingKey",
    "SequenceKey",
    "key_get",
    "keystr",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten_with_path",
    "tree_iter",
    "tree_leaves_with_path",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
]


@dataclass(frozen=True)
class MappingKey:
    """The step to a value of a dict."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping: Any) -> Any:
        """What is there."""
        return mapping[self.key]


@dataclass(frozen=True)
class SequenceKey:
    """The step to an element of a list or a tuple."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence: Any) -> Any:
        """What is there."""
        return sequence[self.idx]


@dataclass(frozen=True)
class GetAttrKey:
    """The step to a field of a named tuple or a dataclass."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj: Any) -> Any:
        """What is there."""
        return getattr(obj, self.name)


KeyPath = tuple[Any, ...]
Keyed = tuple[list[tuple[Any, Any]], Any]


def _tuple_flatten(d: tuple[Any, ...]) -> tuple[list[Any], None]:
    return list(d), None


def _tuple_unflatten(values: Iterable[Any], context: None) -> tuple[Any, ...]:
    return tuple(values)


def _tuple_flatten_with_keys(d: tuple[Any, ...]) -> Keyed:
    return [(SequenceKey(place), value) for place, value in enumerate(d)], None


def _list_flatten(d: list[Any]) -> tuple[list[Any], None]:
    return d, None


def _list_unflatten(values: Iterable[Any], context: None) -> list[Any]:
    return list(values)


_list_flatten_with_keys = _deque_flatten_with_keys = _tuple_flatten_with_keys


def _dict_flatten(d: dict[Any, Any]) -> tuple[list[Any], list[Any]]:
    return list(d.values()), list(d)


def _dict_unflatten(values: Iterable[Any], context: Iterable[Any]) -> dict[Any, Any]:
    return dict(zip(context, values, strict=True))


def _dict_flatten_with_keys(d: dict[Any, Any]) -> Keyed:
    return [(MappingKey(key), value) for key, value in d.items()], list(d)


def _ordereddict_flatten(d: OrderedDict[Any, Any]) -> tuple[list[Any], list[Any]]:
    return list(d.values()), list(d)


def _ordereddict_unflatten(values: Iterable[Any], context: Iterable[Any]) -> OrderedDict[Any, Any]:
    return OrderedDict(zip(context, values, strict=True))


_ordereddict_flatten_with_keys = _dict_flatten_with_keys


def tree_flatten_with_path(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[tuple[KeyPath, Any]], TreeSpec]:
    """The leaves of a tree, each with the path to it, and the tree's structure.

    Args:
        tree: any value; what is no container is a tree of one leaf.
        is_leaf: called with each subtree: True makes it a leaf, whatever it holds.

    Raises:
        ValueError: a container of a class that was registered without ``flatten_with_keys_fn``.

    >>> tree_flatten_with_path({"w": (1, 2)})[0]
    [((MappingKey(key='w'), SequenceKey(idx=0)), 1), ((MappingKey(key='w'), SequenceKey(idx=1)), 2)]
    """
    found: list[tuple[KeyPath, Any]] = []
    _walk(tree, (), found, is_leaf)
    return found, tree_flatten(tree, is_leaf)[1]


def _walk(tree: Any, path: KeyPath, found: list[tuple[KeyPath, Any]], is_leaf: IsLeaf) -> None:
    kind = kind_of(tree)
    if kind is None or (is_leaf is not None and is_leaf(tree)):
        found.append((path, tree))
        return
    for key, child in _keyed(tree, kind):
        _walk(child, (*path, key), found, is_leaf)


def _keyed(tree: Any, kind: Any) -> Iterable[tuple[Any, Any]]:
    cls = type(tree)
    if kind.flatten_with_keys is not None:
        return kind.flatten_with_keys(tree)[0]
    children, context = kind.flatten(tree)
    if cls in (dict, OrderedDict, defaultdict):
        return [(MappingKey(key), child) for key, child in tree.items()]
    if kind is NAMED_TUPLE:
        return zip(map(GetAttrKey, cls._fields), children, strict=True)
    if kind is DATACLASS:
        return zip(map(GetAttrKey, context[1]), children, strict=True)
    if isinstance(tree, (list, tuple, deque)):
        return [(SequenceKey(place), child) for place, child in enumerate(children)]
    raise ValueError(
        f"Did not find a flatten_with_keys_fn for type: {cls}. Please pass a flatten_with_keys_fn argument to register_pytree_node."
    )


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[KeyPath, Any]]:
    """The leaves of a tree, each with the path to it.

    >>> tree_leaves_with_path([7])
    [((SequenceKey(idx=0),), 7)]
    """
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_map_with_path(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree of what ``func(path, leaf)`` returns for each leaf.

    With ``rests``, ``func`` gets what each of those trees has in the leaf's place, too.

    >>> tree_map_with_path(lambda path, x: keystr(path) + str(x), {"a": [1, 2]})
    {'a': ["['a'][0]1", "['a'][1]2"]}
    """
    leaves, spec = tree_flatten_with_path(tree, is_leaf)
    others = [spec.flatten_up_to(rest) for rest in rests]
    return spec.unflatten([func(*leaf, *more) for leaf, *more in zip(leaves, *others, strict=True)])


def keystr(kp: KeyPath) -> str:
    """A path as Python writes it.

    >>> keystr((MappingKey("a"), SequenceKey(0), GetAttrKey("b")))
    "['a'][0].b"
    """
    return "".join(map(str, kp))


def key_get(obj: Any, kp: KeyPath) -> Any:
    """What is at the end of a path.

    >>> key_get({"a": [5, 6]}, (MappingKey("a"), SequenceKey(1)))
    6
    """
    for key in kp:
        obj = key.get(obj)
    return obj


def tree_iter(tree: Any, is_leaf: IsLeaf = None) -> Iterable[Any]:
    """The leaves of a tree, one after the other.

    >>> list(tree_iter([1, {"a": 2}]))
    [1, 2]
    """
    yield from tree_flatten(tree, is_leaf)[0]


def map_only(type_or_types_or_pred: Any, /) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Decorator: the function of those values only that are of a class, of several, or fulfil a condition; others stay."""
    chosen = _condition(type_or_types_or_pred)

    def wrap(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: func(x) if chosen(x) else x

    return wrap


def _condition(chosen: Any) -> Callable[[Any], bool]:
    if isinstance(chosen, (type, tuple)) or not callable(chosen):
        return lambda x: isinstance(x, chosen)
    return chosen


def tree_map_only(type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree with ``func`` applied to some leaves only.

    Args:
        type_or_types_or_pred: a class, a tuple of them, or a condition: which leaves.
        func: what is made of them.
        tree: the tree.
        is_leaf: called with each subtree: True makes it a leaf.

    >>> tree_map_only(int, lambda x: x + 1, [1, "a", (2, None)])
    [2, 'a', (3, None)]
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(list(map(map_only(type_or_types_or_pred)(func), leaves)))


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """Call ``func`` with each leaf, and give the tree itself back.

    >>> tree_map_(print, (1, [2]))
    1
    2
    (1, [2])
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    deque(map(func, leaves, *[spec.flatten_up_to(rest) for rest in rests]), maxlen=0)
    return tree


def tree_map_only_(type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    """Call ``func`` with some leaves only, and give the tree itself back.

    >>> tree_map_only_(int, print, (1, "a"))
    1
    (1, 'a')
    """
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether all leaves fulfil a condition.

    >>> tree_all(lambda x: x > 1, [2, (3,)])
    True
    """
    return builtins.all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether one leaf fulfils a condition.

    >>> tree_any(lambda x: x > 2, [2, (3,)])
    True
    """
    return builtins.any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether all leaves of some classes fulfil a condition.

    >>> tree_all_only(int, lambda x: x > 1, [2, "a"])
    True
    """
    return builtins.all(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether one leaf of some classes fulfils a condition.

    >>> tree_any_only(int, lambda x: x > 1, [1, "a"])
    False
    """
    return builtins.any(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def _register_pytree_node(cls: type, flatten_fn: Any, unflatten_fn: Any, **more: Any) -> None:
    warnings.warn(
        "`torch.utils._pytree._register_pytree_node` is deprecated. Please use `torch.utils._pytree.register_pytree_node` instead.",
        FutureWarning,
        stacklevel=2,
    )
    register_pytree_node(cls, flatten_fn, unflatten_fn, **more)


def _is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    return (is_leaf is not None and is_leaf(tree)) or kind_of(tree) is None


def _get_node_type(tree: Any) -> Any:
    """The class that a container is registered by; for named tuples that is the function which makes their classes."""
    return collections.namedtuple if kind_of(tree) is NAMED_TUPLE else type(tree)  # noqa: PYI024


SUPPORTED_NODES = KINDS


class _OfLeaf(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TreeSpec) and instance.is_leaf()


class LeafSpec(metaclass=_OfLeaf):
    """The structure of a leaf: for ``isinstance``, and to make one.

    >>> isinstance(LeafSpec(), LeafSpec), LeafSpec().num_leaves
    (True, 1)
    """

    def __new__(cls) -> TreeSpec:  # type: ignore[misc]
        return LEAF
