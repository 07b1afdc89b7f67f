"""``torch.utils._python_dispatch``: what programs take from it, which is refused when it is used."""

from __future__ import annotations

from typing import Any, Self

from .._missing import missing_name
from ..core.overriding import NO_DISPATCH

__all__ = ["TorchDispatchMode", "is_traceable_wrapper_subclass"]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)


class TorchDispatchMode:
    """PyTorch's mode for its ATen operators, which chainrule does not have: to enter one is an error that says what to write.

    >>> import chainrule as torch
    >>> from chainrule.utils._python_dispatch import TorchDispatchMode
    >>> with TorchDispatchMode():
    ...     torch.ones(1)
    Traceback (most recent call last):
    NotImplementedError: TorchDispatchMode: chainrule has no __torch_dispatch__: ...
    """

    def __enter__(self) -> Self:
        raise NotImplementedError(f"{type(self).__name__}: {NO_DISPATCH}")

    def __exit__(self, *exc: object) -> None: ...


def is_traceable_wrapper_subclass(t: Any) -> bool:
    """Whether it is a tensor without values of its own around others: never.

    >>> import chainrule as torch
    >>> from chainrule.utils._python_dispatch import is_traceable_wrapper_subclass
    >>> is_traceable_wrapper_subclass(torch.ones(1))
    False
    """
    return False
