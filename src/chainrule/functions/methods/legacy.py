"""Methods that old programs call, and those that PyTorch itself calls."""

from __future__ import annotations

from typing import Any, NoReturn

from ...core.value import TensorBase
from .. import removed


class LegacyMethods(TensorBase):
    """Methods that old programs call, and those that PyTorch itself calls."""

    __slots__ = ()

    eig = removed.eig
    symeig = removed.symeig

    def lstsq(self: Any, other: Any) -> NoReturn:
        """Gone, in PyTorch too; see :func:`chainrule.linalg.lstsq`."""
        removed.lstsq(self, other)

    def solve(self: Any, other: Any) -> NoReturn:
        """Gone, in PyTorch too; see :func:`chainrule.linalg.solve`."""
        removed.solve(self, other)

    def __div__(self: Any, other: Any) -> Any:
        return self / other

    def __rdiv__(self: Any, other: Any) -> Any:
        return self.reciprocal() * other

    def __idiv__(self: Any, other: Any) -> Any:
        return self.div_(other)

    def __nonzero__(self: Any) -> bool:
        return bool(self)

    def __long__(self: Any) -> int:
        return int(self)

    def reinforce(self: Any, reward: Any) -> None:
        """Gone, in PyTorch too."""
        raise RuntimeError(
            "reinforce() was removed: sample with torch.distributions, and call backward() on -log_prob * reward"
        )

    def module_load(self: Any, other: Any, assign: bool = False) -> Any:
        """What ``load_state_dict`` puts in this tensor's place for the tensor ``other``, if PyTorch is told to swap them."""
        return other.detach() if assign else self.detach().copy_(other).detach()
