"""Trees of containers: PyTorch's ``torch.utils._pytree``.

A tree is a value in containers, in containers. What is no container is a leaf, None among them. Containers are ``dict``,
``OrderedDict`` and ``defaultdict`` in the order of their keys, ``list``, ``tuple``, ``deque``, named tuples,
``torch.return_types``, ``torch.Size``, classes given to :func:`register_pytree_node`; and, beyond PyTorch's, instances
of any dataclass, whose fields are its children. Subclasses of a container are leaves, as long as nobody registers them.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from .._late import homes as _homes, late as _late
from ..return_types import ReturnType
from ..size import Size

__all__ = [
    "TreeSpec",
    "broadcast_prefix",
    "register_pytree_node",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_structure",
    "tree_unflatten",
]

IsLeaf = Callable[[Any], bool] | None
Mismatch = Callable[[str], ValueError]


class Kind(NamedTuple):
    """How one kind of container comes apart, and together again."""

    flatten: Callable[[Any], tuple[Iterable[Any], Any]]
    unflatten: Callable[[list[Any], Any], Any]
    flatten_with_keys: Callable[[Any], tuple[Iterable[tuple[Any, Any]], Any]] | None = None


def _make_dataclass(children: list[Any], context: tuple[type, tuple[str, ...]]) -> Any:
    # Not through __init__: it may take other arguments, and __post_init__ may refuse what is no tensor.
    cls, names = context
    instance: Any = object.__new__(cls)
    for name, child in zip(names, children, strict=True):
        object.__setattr__(instance, name, child)
    return instance


def _take_dataclass(instance: Any) -> tuple[list[Any], tuple[type, tuple[str, ...]]]:
    names = tuple(field.name for field in fields(instance) if hasattr(instance, field.name))
    return [getattr(instance, name) for name in names], (type(instance), names)


KINDS: dict[type, Kind] = {
    tuple: Kind(lambda t: (t, None), lambda children, _: tuple(children)),
    list: Kind(lambda t: (t, None), lambda children, _: children),
    dict: Kind(lambda t: (t.values(), tuple(t)), lambda children, keys: dict(zip(keys, children, strict=True))),
    OrderedDict: Kind(
        lambda t: (t.values(), tuple(t)), lambda children, keys: OrderedDict(zip(keys, children, strict=True))
    ),
    defaultdict: Kind(
        lambda t: (t.values(), (t.default_factory, tuple(t))),
        lambda children, context: defaultdict(context[0], zip(context[1], children, strict=True)),
    ),
    deque: Kind(lambda t: (t, t.maxlen), deque),
    Size: Kind(lambda t: (t, None), lambda children, _: _size(children)),
}
DICTS = (dict, OrderedDict, defaultdict)
NAMED_TUPLE = Kind(lambda t: (t, type(t)), lambda children, cls: cls(*children))
RETURN_TYPE = Kind(lambda t: (t, type(t)), lambda children, cls: cls(children))
DATACLASS = Kind(_take_dataclass, _make_dataclass)


def _size(children: list[Any]) -> Any:
    """A Size, if that is what a map made of one: else a tuple."""
    return Size(children) if all(isinstance(child, int) for child in children) else tuple(children)


def kind_of(tree: Any) -> Kind | None:
    """How ``tree`` comes apart; None for a leaf."""
    cls = type(tree)
    kind = KINDS.get(cls)
    if kind is not None:
        return kind
    if isinstance(tree, tuple):
        if isinstance(tree, ReturnType):
            return RETURN_TYPE
        return NAMED_TUPLE if hasattr(cls, "_fields") else None
    return DATACLASS if hasattr(cls, "__dataclass_fields__") else None


class TreeSpec:
    """The structure of a tree, without its leaves.

    >>> tree_structure({"w": [1, 2], "b": 3})
    TreeSpec({'w': [*, *], 'b': *})
    """

    __slots__ = ("_kind", "children_specs", "context", "num_leaves", "type")

    type: type | None
    """The container's class; None for a leaf."""
    context: Any
    """What else it takes to make the container again: the keys of a dict."""
    children_specs: tuple[TreeSpec, ...]
    num_leaves: int

    def __init__(self, cls: Any, context: Any, children_specs: tuple[TreeSpec, ...], kind: Kind | None) -> None:
        self.type = cls
        self.context = context
        self.children_specs = children_specs
        self.num_leaves = sum([child.num_leaves for child in children_specs]) if kind is not None else 1
        self._kind = kind

    @property
    def num_children(self) -> int:
        return len(self.children_specs)

    def is_leaf(self) -> bool:
        return self._kind is None

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree of this structure with these leaves; see :func:`tree_unflatten`."""
        if not isinstance(leaves, (list, tuple)):
            leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._build(iter(leaves))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self._kind is None:
            return next(leaves)
        return self._kind.unflatten([child._build(leaves) for child in self.children_specs], self.context)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The subtrees of ``tree`` where this structure has leaves.

        Raises:
            ValueError: ``tree`` has another structure down to there.

        >>> tree_structure((0, 0)).flatten_up_to(([1, 2], 3))
        [[1, 2], 3]
        """
        subtrees: list[Any] = []
        self._collect(
            tree, subtrees, lambda reason: ValueError(f"{reason}: the structures are {self} and {tree_structure(tree)}")
        )
        return subtrees

    # Recursion is by name, not by a closure: that would be a cycle, and keep the leaves alive until a collection.

    def _collect(self, tree: Any, subtrees: list[Any], mismatch: Mismatch) -> None:
        if self._kind is None:
            subtrees.append(tree)
            return
        for child_spec, child in zip(self.children_specs, self._children_of(tree, mismatch), strict=True):
            child_spec._collect(child, subtrees, mismatch)

    def _broadcast(self, prefix: Any, values: list[Any], mismatch: Mismatch) -> None:
        if kind_of(prefix) is None:
            values.extend([prefix] * self.num_leaves)
            return
        for child, child_spec in zip(self._children_of(prefix, mismatch), self.children_specs, strict=True):
            child_spec._broadcast(child, values, mismatch)

    def _children_of(self, tree: Any, mismatch: Mismatch) -> Iterable[Any]:
        """The children of a container that must be as this one."""
        cls, kind = type(tree), kind_of(tree)
        if cls in DICTS and self.type in DICTS:
            keys = self._keys()
            if keys.keys() != tree.keys():
                missing, extra = list(keys.keys() - tree.keys()), list(tree.keys() - keys.keys())
                raise mismatch(f"Node keys mismatch; missing key(s): {missing}; extra key(s): {extra}")
            return [tree[key] for key in keys]
        if cls is not self.type or kind is None:
            wanted = "a leaf" if self.type is None else self.type
            raise mismatch(f"Node type mismatch; expected {wanted}, but got {cls}")
        children, context = kind.flatten(tree)
        children = list(children)
        if len(children) != len(self.children_specs):
            raise mismatch(f"Node arity mismatch; expected {len(self.children_specs)}, but got {len(children)}")
        if context != self.context:
            raise mismatch(f"Node context mismatch for node type {cls}; expected {self.context}, but got {context}")
        return children

    def _keys(self) -> dict[Any, None]:
        """The keys of a dict, in order, to look up in."""
        return dict.fromkeys(self.context[1] if self.type is defaultdict else self.context)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return (
            self.type is other.type
            and self.num_leaves == other.num_leaves
            and self.context == other.context
            and self.children_specs == other.children_specs
        )

    def __hash__(self) -> int:
        return hash((self.type, self.context, self.children_specs))

    def __repr__(self) -> str:
        return f"TreeSpec({self._text()})"

    def _text(self) -> str:
        """The structure as its container is written, with a star for each leaf."""
        if self.type is None:
            return "*"
        parts = [child._text() for child in self.children_specs]
        if self.type is tuple:
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        if self.type is list:
            return f"[{', '.join(parts)}]"
        if self.type in DICTS:
            items = ", ".join(f"{key!r}: {part}" for key, part in zip(self._keys(), parts, strict=True))
            return f"{{{items}}}" if self.type is dict else f"{self.type.__name__}({{{items}}})"
        names = getattr(self.type, "__match_args__", ())
        if len(names) == len(parts):
            parts = [f"{name}={part}" for name, part in zip(names, parts, strict=True)]
        return f"{self.type.__name__}({', '.join(parts)})"


LEAF = TreeSpec(None, None, (), None)


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree, from left to right, and its structure.

    Args:
        tree: any value; what is no container is a tree of one leaf.
        is_leaf: called with each subtree: True makes it a leaf, whatever it holds.

    >>> tree_flatten({"w": (1, 2), "b": None})
    ([1, 2, None], TreeSpec({'w': (*, *), 'b': *}))
    >>> tree_flatten([(1, 2), 3], is_leaf=lambda tree: isinstance(tree, tuple))
    ([(1, 2), 3], TreeSpec([*, *]))
    """
    leaves: list[Any] = []
    return leaves, _flatten_into(leaves, tree, is_leaf)


def _flatten_into(leaves: list[Any], tree: Any, is_leaf: IsLeaf) -> TreeSpec:
    kind = kind_of(tree)
    if kind is None or (is_leaf is not None and is_leaf(tree)):
        leaves.append(tree)
        return LEAF
    children, context = kind.flatten(tree)
    return TreeSpec(type(tree), context, tuple([_flatten_into(leaves, child, is_leaf) for child in children]), kind)


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> Any:
    """The tree of a structure with these leaves: the inverse of :func:`tree_flatten`.

    Raises:
        ValueError: there are more or fewer leaves than the structure has.

    >>> tree_unflatten([1, 2], tree_structure({"w": 0, "b": 0}))
    {'w': 1, 'b': 2}
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"Expected `treespec` to be a TreeSpec but got item of type {type(treespec)}.")
    return treespec.unflatten(leaves)


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves of a tree, from left to right.

    >>> tree_leaves([1, {"a": (2, 3)}])
    [1, 2, 3]
    """
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> TreeSpec:
    """The structure of a tree, without its leaves.

    >>> tree_structure((1, [2])) == tree_structure((3, [None]))
    True
    """
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree of what ``func`` returns for each leaf.

    With ``rests``, ``func`` gets what each of those trees has in the leaf's place; dicts are compared by their keys.

    Raises:
        ValueError: a tree in ``rests`` has another structure, down to the leaves of ``tree``.

    >>> tree_map(lambda x: 10 * x, {"a": 1, "b": [2]})
    {'a': 10, 'b': [20]}
    >>> tree_map(lambda x, y: x + y, (1, [2]), (10, [20]))
    (11, [22])
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(list(map(func, leaves, *[spec.flatten_up_to(rest) for rest in rests])))


def tree_is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether a value is a leaf, and no container.

    >>> tree_is_leaf(3), tree_is_leaf([3]), tree_is_leaf([3], is_leaf=lambda x: isinstance(x, list))
    (True, False, True)
    """
    return (is_leaf is not None and is_leaf(tree)) or kind_of(tree) is None


def is_structseq_instance(obj: object) -> bool:
    """Whether it is one of the tuples with names that functions of several results return, as ``torch.return_types.max``."""
    fields = ("n_fields", "n_sequence_fields", "n_unnamed_fields")
    return isinstance(obj, tuple) and all(isinstance(getattr(type(obj), name, None), int) for name in fields)


def _broadcast_to_and_flatten(tree: Any, treespec: TreeSpec) -> list[Any] | None:
    """:func:`broadcast_prefix`, or None where the trees do not go together."""
    try:
        return broadcast_prefix(tree, treespec)
    except ValueError:
        return None


def broadcast_prefix(prefix: Any, treespec: TreeSpec, name: str = "prefix") -> list[Any]:
    """One value for each leaf of a tree, from a tree that may end earlier: its leaf then stands for the whole subtree.

    So ``in_dims=(0, None)`` holds for two arguments, whatever they contain.

    Args:
        prefix: a tree whose leaves are where ``treespec`` has leaves or subtrees.
        treespec: the structure of the full tree.
        name: what the caller calls the prefix, for the error.

    Raises:
        ValueError: the prefix has a container where the tree has a leaf or a container of another kind, size or keys.

    >>> broadcast_prefix((0, None), tree_structure((1, {"a": 2, "b": 3})))
    [0, None, None]
    """
    values: list[Any] = []
    treespec._broadcast(
        prefix,
        values,
        lambda reason: ValueError(
            f"{name} is no prefix of the tree it is for. {reason}: {name} has the structure {tree_structure(prefix)}, the "
            f"tree {treespec}. Where the two have no container in common, {name} must have one value for the whole subtree."
        ),
    )
    return values


def register_pytree_node(
    cls: type,
    flatten_fn: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten_fn: Callable[[list[Any], Any], Any],
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: Callable[[Any], Any] | None = None,
    from_dumpable_context: Callable[[Any], Any] | None = None,
    flatten_with_keys_fn: Callable[[Any], tuple[Iterable[tuple[Any, Any]], Any]] | None = None,
) -> None:
    """Let instances of a class be containers.

    Args:
        cls: the class; instances of its subclasses remain leaves.
        flatten_fn: gives the children, and what else it takes to make the instance again (compared with ``==``).
        unflatten_fn: makes an instance from the list of children and that.
        serialized_type_name: accepted: what a file of an exported program calls the class.
        to_dumpable_context: accepted, likewise.
        from_dumpable_context: accepted, likewise.
        flatten_with_keys_fn: as ``flatten_fn``, with pairs of a key (:class:`MappingKey`, ...) and a child.

    Raises:
        ValueError: the class is registered already.

    >>> class Pair:
    ...     def __init__(self, first, second):
    ...         self.first, self.second = first, second
    >>> register_pytree_node(Pair, lambda p: ((p.first, p.second), None), lambda children, _: Pair(*children))
    >>> tree_leaves([Pair(1, 2), 3])
    [1, 2, 3]
    """
    if cls in KINDS:
        raise ValueError(f"{cls} is already registered as pytree node.")
    KINDS[cls] = Kind(flatten_fn, unflatten_fn, flatten_with_keys_fn)


LATE = {
    "_pytree_paths": """
        GetAttrKey LeafSpec MappingKey SUPPORTED_NODES SequenceKey _deque_flatten_with_keys _dict_flatten _dict_flatten_with_keys
        _dict_unflatten _get_node_type _is_leaf _list_flatten _list_flatten_with_keys _list_unflatten _ordereddict_flatten
        _ordereddict_flatten_with_keys _ordereddict_unflatten _register_pytree_node _tuple_flatten _tuple_flatten_with_keys
        _tuple_unflatten key_get keystr map_only tree_all tree_all_only tree_any tree_any_only tree_flatten_with_path
        tree_iter tree_leaves_with_path tree_map_ tree_map_only tree_map_only_ tree_map_with_path
        """,
}
Context = PyTree = Any
_load = _late(globals(), LATE)


def __getattr__(name: str) -> Any:
    if name in _homes(LATE):
        return _load(name)
    from .._missing import missing_name

    raise missing_name(__name__, name)
