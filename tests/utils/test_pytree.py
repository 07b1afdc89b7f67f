"""Trees of containers: PyTorch's containers, its order of leaves and its errors; dataclasses and prefixes are ours."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import pytest

import chainrule as torch
from chainrule.utils._pytree import (
    TreeSpec,
    broadcast_prefix,
    register_pytree_node,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_structure,
    tree_unflatten,
)


class Point(NamedTuple):
    x: Any
    y: Any


Other = namedtuple("Other", "x y")  # noqa: PYI024 - the untyped form


@dataclass(frozen=True)
class Layer:
    weight: Any
    bias: Any = 0
    cached: Any = field(init=False)
    count: ClassVar[int] = 7

    def __post_init__(self) -> None:
        assert isinstance(self.weight, (int, list))


@dataclass(slots=True)
class Slotted:
    a: Any
    b: Any = field(kw_only=True)


class Pair:
    def __init__(self, first: Any, second: Any, tag: str = "") -> None:
        self.first, self.second, self.tag = first, second, tag

    def __repr__(self) -> str:
        return f"Pair({self.first}, {self.second}, {self.tag!r})"


register_pytree_node(
    Pair, lambda pair: ((pair.first, pair.second), pair.tag), lambda children, tag: Pair(*children, tag)
)

TREES = [
    (1, [1], "*"),
    (None, [None], "*"),
    ("text", ["text"], "*"),
    ((), [], "()"),
    ({}, [], "{}"),
    ((1,), [1], "(*,)"),
    ((1, (2, [3, None])), [1, 2, 3, None], "(*, (*, [*, *]))"),
    ({"b": 1, "a": [2]}, [1, 2], "{'b': *, 'a': [*]}"),
    (OrderedDict(b=1, a=2), [1, 2], "OrderedDict({'b': *, 'a': *})"),
    (defaultdict(list, {"k": 1}), [1], "defaultdict({'k': *})"),
    (deque([1, 2], 5), [1, 2], "deque(*, *)"),
    (Point(1, [2]), [1, 2], "Point(x=*, y=[*])"),
    (torch.Size([2, 3]), [2, 3], "Size(*, *)"),
    (slice(1, 2), [slice(1, 2)], "*"),
    (Slotted(1, b=[2, 3]), [1, 2, 3], "Slotted(*, [*, *])"),
]


@pytest.mark.parametrize(("tree", "leaves", "text"), TREES, ids=str)
def test_leaves_structure_and_back(tree: Any, leaves: list[Any], text: str) -> None:
    got, spec = tree_flatten(tree)
    assert got == leaves
    assert repr(spec) == f"TreeSpec({text})"
    assert spec.num_leaves == len(leaves)
    again = tree_unflatten(leaves, spec)
    assert type(again) is type(tree)
    assert again == tree
    assert tree_structure(again) == spec
    assert hash(tree_structure(again)) == hash(spec)


def test_what_a_container_needs_beyond_its_children_comes_back() -> None:
    assert tree_map(str, defaultdict(list, {"k": 1})).default_factory is list
    assert tree_map(str, deque([1], 3)).maxlen == 3
    assert tree_map(str, Pair(1, 2, "tag")).tag == "tag"


def test_what_becomes_of_a_size() -> None:
    assert isinstance(tree_map(abs, torch.Size([2, 3])), torch.Size)
    assert tree_map(str, torch.Size([2, 3])) == ("2", "3")


def test_return_types() -> None:
    result = torch.tensor([[1.0, 3.0], [2.0, 0.0]]).max(1)
    leaves, spec = tree_flatten(result)
    assert [leaf.tolist() for leaf in leaves] == [[3.0, 2.0], [1, 0]]
    assert repr(spec) == "TreeSpec(max(values=*, indices=*))"
    again = tree_map(lambda leaf: leaf.tolist(), result)
    assert type(again) is type(result)
    assert again.indices == [1, 0]


def test_a_tensor_is_a_leaf() -> None:
    x = torch.ones(3)
    leaves, spec = tree_flatten(x)
    assert leaves[0] is x
    assert spec.is_leaf()
    assert tree_map(lambda leaf: leaf, x) is x


def test_subclasses_of_containers_are_leaves() -> None:
    class MyDict(dict):
        pass

    class MyTuple(tuple):
        __slots__ = ()

    for tree in (MyDict(a=1), MyTuple((1, 2))):
        assert tree_leaves(tree) == [tree]


def test_a_dataclass_is_made_again_without_its_init() -> None:
    layer = Layer([1, 2], 3)
    leaves, spec = tree_flatten(layer)
    assert leaves == [1, 2, 3]
    again = spec.unflatten("abc")
    assert type(again) is Layer
    assert (again.weight, again.bias) == (["a", "b"], "c")
    assert not hasattr(again, "cached")  # as in the one it is made from
    assert tree_leaves(Layer) == [Layer]  # the class itself is none of its instances


def test_structures_differ_by_class_keys_and_shape() -> None:
    trees = [
        *(1, (1,), [1], (1, 2), (1, (2,)), {"a": 1}, {"b": 1}, OrderedDict(a=1), defaultdict(int, a=1), deque([1])),
        *(
            {"a": 1, "b": 2},
            {"b": 1, "a": 2},
            Point(1, 2),
            Other(1, 2),
            Pair(1, 2, "s"),
            Pair(1, 2, "t"),
            Slotted(1, b=2),
        ),
        *(defaultdict(list, a=1), deque([1], 1), (), {}),
    ]
    specs = [tree_structure(tree) for tree in trees]
    for at, one in enumerate(specs):
        assert [one == other for other in specs] == [at == other for other in range(len(specs))]
    assert specs[0] != "*"


def test_is_leaf_is_asked_from_the_root() -> None:
    tree = (1, [2, 3], {"a": [4]})
    leaves, spec = tree_flatten(tree, is_leaf=lambda part: isinstance(part, list))
    assert leaves == [1, [2, 3], [4]]
    assert spec == tree_structure((0, 0, {"a": 0}))
    assert tree_leaves(tree, is_leaf=lambda part: True) == [tree]
    assert tree_map(len, tree[1:], is_leaf=lambda part: isinstance(part, list)) == (2, {"a": 1})


def test_map_with_several_trees() -> None:
    assert tree_map(lambda *leaves: leaves, (1, [2]), (3, [4]), (5, [6])) == ((1, 3, 5), [(2, 4, 6)])
    # The others may go on where the first has ended, and dicts are compared by key, whatever their kind and order.
    assert tree_map(lambda *leaves: leaves, (1, 2), ([3], {"k": 4})) == ((1, [3]), (2, {"k": 4}))
    assert tree_map(lambda *leaves: leaves, {"a": 1, "b": 2}, OrderedDict(b=20, a=10)) == {"a": (1, 10), "b": (2, 20)}


def test_map_runs_in_order_of_the_leaves_and_only_there() -> None:
    seen: list[Any] = []
    assert tree_map(seen.append, {"b": 1, "a": (2, None)}) == {"b": None, "a": (None, None)}
    assert seen == [1, 2, None]


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ((1, 2), (1, 2, 3), "Node arity mismatch; expected 2, but got 3"),
        ([1], (1,), "Node type mismatch; expected <class 'list'>, but got <class 'tuple'>"),
        ((1,), 3, "Node type mismatch; expected <class 'tuple'>, but got <class 'int'>"),
        ((1,), None, "Node type mismatch; expected <class 'tuple'>, but got <class 'NoneType'>"),
        ({"a": 1}, {"b": 1}, "Node keys mismatch; missing key(s): ['a']; extra key(s): ['b']"),
        (Point(1, 2), Other(1, 2), "Node type mismatch"),
        (Pair(1, 2, "s"), Pair(1, 2, "t"), "Node context mismatch"),
        ((1, {"a": [2]}), (1, {"a": (2,)}), "Node type mismatch"),
    ],
    ids=str,
)
def test_mapping_over_different_structures_names_both(one: Any, other: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=r"Node .* mismatch") as caught:
        tree_map(lambda x, y: x, one, other)
    assert str(caught.value).startswith(reason)
    assert str(caught.value).endswith(f"the structures are {tree_structure(one)} and {tree_structure(other)}")


def test_unflatten_takes_as_many_leaves_as_there_are() -> None:
    spec = tree_structure((1, [2]))
    assert tree_unflatten(iter("ab"), spec) == ("a", ["b"])
    for leaves in ([1], [1, 2, 3], iter([1])):
        with pytest.raises(ValueError, match=r"but the spec refers to a pytree that holds 2 items \(TreeSpec"):
            tree_unflatten(leaves, spec)
    with pytest.raises(TypeError, match="Expected `treespec` to be a TreeSpec but got item of type <class 'int'>"):
        tree_unflatten([1], 3)


@pytest.mark.parametrize(
    ("prefix", "tree", "values"),
    [
        (0, 1, [0]),
        (0, (1, [2, 3]), [0, 0, 0]),
        (None, {"a": 1, "b": (2,)}, [None, None]),
        ((0, None), (1, {"a": 2, "b": 3}), [0, None, None]),
        (({"b": 1, "a": 2},), ({"a": (0, 0), "b": 0},), [2, 2, 1]),
        (Point(0, (1, None)), Point([5, 5], (5, 5)), [0, 0, 1, None]),
        (3, (), []),
        ((), (), []),
    ],
    ids=str,
)
def test_a_prefix_stands_for_subtrees(prefix: Any, tree: Any, values: list[Any]) -> None:
    assert broadcast_prefix(prefix, tree_structure(tree)) == values


@pytest.mark.parametrize(
    ("prefix", "tree", "reason"),
    [
        ((0,), 1, "expected a leaf, but got <class 'tuple'>"),
        ((0, 0), (1,), "expected 1, but got 2"),
        ([0], (1,), "expected <class 'tuple'>, but got <class 'list'>"),
        ((0, (0,)), (1, 2), "expected a leaf"),
        ({"a": 0}, {"a": 1, "b": 2}, "missing key(s): ['b']; extra key(s): []"),
    ],
    ids=str,
)
def test_no_prefix(prefix: Any, tree: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^in_dims is no prefix") as caught:
        broadcast_prefix(prefix, tree_structure(tree), "in_dims")
    for part in (reason, str(tree_structure(prefix)), str(tree_structure(tree))):
        assert part in str(caught.value)


def test_a_class_is_registered_once() -> None:
    for cls in (Pair, list):
        with pytest.raises(ValueError, match=f"{cls} is already registered as pytree node"):
            register_pytree_node(cls, iter, list)


def test_a_registered_class_comes_before_what_it_inherits() -> None:
    @dataclass
    class Frozen:
        a: int

    register_pytree_node(Frozen, lambda frozen: ((), frozen.a), lambda _, a: Frozen(a))
    assert tree_leaves(Frozen(3)) == []
    assert tree_map(str, Frozen(3)) == Frozen(3)


def test_a_spec_has_its_parts() -> None:
    spec = tree_structure({"a": (1, 2)})
    assert isinstance(spec, TreeSpec)
    assert (spec.type, spec.context, spec.num_children, spec.num_leaves) == (dict, ("a",), 1, 2)
    assert spec.children_specs == (tree_structure((0, 0)),)
    assert not spec.is_leaf()


def test_leaves_are_let_go_without_the_collector() -> None:
    x = torch.ones(2)
    gone = weakref.ref(x)
    tree = {"a": (x, 1)}
    gc.disable()
    try:
        tree_map(lambda a, b: None, tree, tree)
        broadcast_prefix(tree, tree_structure(tree))
        del x, tree
        assert gone() is None
    finally:
        gc.enable()
