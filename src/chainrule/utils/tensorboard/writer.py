"""``SummaryWriter``: tensorboardX's, which gets tensors as arrays."""

from __future__ import annotations

import functools
from typing import Any

from ..._tensor import Tensor
from ...dtypes import bfloat16

try:
    import tensorboardX
except ImportError as error:
    raise ModuleNotFoundError(
        "torch.utils.tensorboard needs the package tensorboardX: pip install 'chainrule[tensorboard]'",
        name="tensorboardX",
    ) from error

__all__ = ["FileWriter", "SummaryWriter"]

FileWriter = tensorboardX.FileWriter


def plain(value: Any) -> Any:
    """The value with arrays in place of tensors, and numbers that arrays can hold."""
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        return (value.float() if value.dtype is bfloat16 else value).numpy()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if type(value) is int and abs(value) >= 2**63:  # NumPy would make an array of objects of it
        return float(value)
    return type(value)(map(plain, value)) if type(value) in (list, tuple) else value


class SummaryWriter(tensorboardX.SummaryWriter):  # type: ignore[misc]
    """Writes a log that TensorBoard shows. Its methods are PyTorch's.

    Args:
        log_dir: the folder; by default "runs/" and the time.
        comment: of the default folder's name.
        *args, **kwargs: further ones of tensorboardX.
    """

    def __init__(self, log_dir: Any = None, comment: str = "", *args: Any, **kwargs: Any) -> None:
        super().__init__(None if log_dir is None else str(log_dir), comment, *args, **kwargs)

    @property
    def log_dir(self) -> str:
        """The folder."""
        return self.logdir

    def get_logdir(self) -> str:
        """The folder."""
        return self.logdir

    def add_graph(self, model: Any, input_to_model: Any = None, *args: Any, **kwargs: Any) -> None:
        """Not there: what TensorBoard draws of a model is a TorchScript program."""
        raise NotImplementedError(
            "add_graph() writes a TorchScript program, which chainrule does not make: leave it out"
        )


def of_arrays(name: str) -> Any:
    method = getattr(tensorboardX.SummaryWriter, name)

    @functools.wraps(method)
    def add(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *map(plain, args), **{key: plain(value) for key, value in kwargs.items()})

    return add


for _name in dir(tensorboardX.SummaryWriter):
    if _name.startswith("add_") and _name != "add_graph":
        setattr(SummaryWriter, _name, of_arrays(_name))
