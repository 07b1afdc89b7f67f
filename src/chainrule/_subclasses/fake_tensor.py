"""Tensors that stand for others on real devices: there are none."""

from __future__ import annotations

from typing import Any, Self

from .._missing import missing_name

__all__ = ["FakeTensor", "FakeTensorMode", "is_fake"]

_WHY = "chainrule has no fake tensors: for shapes without numbers, run the program on tensors of the device 'meta'"


class FakeTensor:
    """The class of them, for ``isinstance``."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        raise NotImplementedError(f"{cls.__name__}: {_WHY}")


class FakeTensorMode:
    """Refused when it is made."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        raise NotImplementedError(f"{cls.__name__}: {_WHY}")


def is_fake(x: Any) -> bool:
    """Whether it is one: never.

    >>> import chainrule as torch
    >>> from chainrule._subclasses.fake_tensor import is_fake
    >>> is_fake(torch.ones(1))
    False
    """
    return False


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
