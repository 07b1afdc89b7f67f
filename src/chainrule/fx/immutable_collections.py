"""The containers in the arguments of a node: their contents change by assigning to the node, and in no other way."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["immutable_dict", "immutable_list"]


def _refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    raise TypeError(
        f"{type(self).__name__!r} does not change: it is part of the arguments of a node, which note who uses whom. Make changed "
        "arguments, and assign them: node.args = (...), or node.kwargs = {...}"
    )


class immutable_list(list[Any]):  # noqa: N801 - PyTorch's name
    """A list that stays as it is.

    >>> from chainrule.fx.immutable_collections import immutable_list
    >>> immutable_list([1, 2]).append(3)
    Traceback (most recent call last):
    TypeError: 'immutable_list' does not change: it is part of the arguments of a node, ...
    """

    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
    __delitem__ = __iadd__ = __imul__ = __setitem__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


class immutable_dict(dict[Any, Any]):  # noqa: N801 - PyTorch's name
    """A dict that stays as it is.

    >>> from chainrule.fx.immutable_collections import immutable_dict
    >>> immutable_dict(dim=1)["dim"] = 2
    Traceback (most recent call last):
    TypeError: 'immutable_dict' does not change: it is part of the arguments of a node, ...
    """

    clear = pop = popitem = setdefault = update = _refuse
    __delitem__ = __ior__ = __setitem__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> Any:
        return type(self), (tuple(self.items()),)
