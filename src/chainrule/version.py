"""The version of chainrule, and the PyTorch version whose behaviour it gives.

`VERSION` is the version of the distribution. `__version__` is what `torch.__version__` answers when chainrule stands
for torch: PyTorch's release, with chainrule's own version as the local part, so that it parses, sorts and cannot be
mistaken for a build of PyTorch.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

__all__ = [
    "TORCH",
    "VERSION",
    "TorchVersion",
    "__version__",
    "cuda",
    "debug",
    "git_version",
    "hip",
    "rocm",
    "torch_version",
    "xpu",
]

VERSION = "0.1.0"
TORCH = "2.13.0"

# The order of the stages of one release, as PEP 440 has it: dev, alpha, beta, rc, final.
_STAGES = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_FINAL = 3


@functools.lru_cache
def _pattern() -> Any:
    import re

    return re.compile(
        r"""\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
        (?:[-_.]?(?P<stage>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<stage_number>\d*))?
        (?:-(?P<implicit_post>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d*))?
        (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d*))?
        (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
        re.VERBOSE | re.IGNORECASE,
    )


@functools.lru_cache
def _order(version: str) -> tuple[Any, ...] | None:
    """The sort key of a version string, or None if it is no version."""
    match = _pattern().fullmatch(version)
    if match is None:
        return None
    part = match.groupdict()
    release = [int(number) for number in part["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    post = part["implicit_post"] or (part["post"] and (part["post_number"] or "0"))
    if part["stage"]:
        stage = (_STAGES[part["stage"].lower()], int(part["stage_number"] or 0))
    elif part["dev"] and not post:
        stage = (-1, 0)  # 1.0.dev1 comes before 1.0a1
    else:
        stage = (_FINAL, 0)
    dev = (0, int(part["dev_number"] or 0)) if part["dev"] else (1, 0)
    # In a local part words come before numbers, and anything comes after nothing.
    local = tuple(
        (1, int(piece), "") if piece.isdigit() else (0, 0, piece.lower())
        for piece in (part["local"] or "").replace("-", ".").replace("_", ".").split(".")
        if piece
    )
    return int(part["epoch"] or 0), tuple(release), stage, -1 if post is None else int(post), dev, local


class TorchVersion(str):
    """A version string that compares as a version with strings and with tuples of numbers.

    A string that is no version is compared as text.

    >>> TorchVersion("2.13.0+chainrule.0.1.0") >= (1, 8)
    True
    >>> TorchVersion("2.13.0") > "2.9"
    True
    """

    __slots__ = ()

    def _orders(self, other: object) -> tuple[Any, Any] | None:
        if not isinstance(other, str):
            if not isinstance(other, Iterable):
                return None
            other = ".".join(map(str, other))
        mine, theirs = _order(str(self)), _order(str(other))  # as plain strings: a cache compares its keys
        return (str(self), str(other)) if mine is None or theirs is None else (mine, theirs)

    def __eq__(self, other: object) -> bool:
        orders = self._orders(other)
        return NotImplemented if orders is None else bool(orders[0] == orders[1])

    def __ne__(self, other: object) -> bool:
        orders = self._orders(other)
        return NotImplemented if orders is None else bool(orders[0] != orders[1])

    def __lt__(self, other: object) -> bool:
        orders = self._orders(other)
        return NotImplemented if orders is None else bool(orders[0] < orders[1])

    def __le__(self, other: object) -> bool:
        orders = self._orders(other)
        return NotImplemented if orders is None else bool(orders[0] <= orders[1])

    def __gt__(self, other: object) -> bool:
        orders = self._orders(other)
        return NotImplemented if orders is None else bool(orders[0] > orders[1])

    def __ge__(self, other: object) -> bool:
        orders = self._orders(other)
        return NotImplemented if orders is None else bool(orders[0] >= orders[1])

    __hash__ = str.__hash__


torch_version = TorchVersion(f"{TORCH}+chainrule.{VERSION}")
__version__ = torch_version

# What `torch.version` has besides: this build has none of these.
debug = False
cuda: str | None = None
git_version = "unknown"
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
