"""``SummaryWriter``: tensorboardX's, which gets tensors as arrays."""

from __future__ import annotations

import functools
from typing import Any

from ..._tensor import Tensor
from ...dtypes import bfloat16

try:
    import tensorboardX
    from tensorboardX.proto.event_pb2 import Event
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

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """Draw a model: the ops of one run of it, in boxes of the modules that call them.

        Args:
            model: a module, which runs in evaluation mode; or a function of tensors.
            input_to_model: its argument, or a tuple or list of them.
            verbose: whether to print the graph, too.
            use_strict_trace: accepted.

        Raises:
            RuntimeError: no input.
        """
        from ._graph import graph_of

        if input_to_model is None:
            raise RuntimeError("add_graph() runs the model: give its input, add_graph(model, input_to_model)")
        graph = graph_of(model, input_to_model)
        if verbose:
            print(graph)  # noqa: T201 - as asked
        self._get_file_writer().add_event(Event(graph_def=graph.SerializeToString()))


def of_arrays(name: str) -> Any:
    method = getattr(tensorboardX.SummaryWriter, name)

    @functools.wraps(method)
    def add(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *map(plain, args), **{key: plain(value) for key, value in kwargs.items()})

    return add


for _name in dir(tensorboardX.SummaryWriter):
    if _name.startswith("add_") and _name != "add_graph":
        setattr(SummaryWriter, _name, of_arrays(_name))
