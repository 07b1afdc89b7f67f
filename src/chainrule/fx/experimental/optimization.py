"""Faster modules for inference: :func:`fuse` and :func:`remove_dropout`."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ... import nn
from ..._missing import missing_name
from ...nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval
from .._symbolic_trace import symbolic_trace
from ..graph_module import GraphModule
from ..interpreter import Transformer
from ..node import Node, Target

__all__ = ["fuse", "matches_module_pattern", "remove_dropout", "replace_node_module"]

PAIRS = (
    (nn.Conv1d, nn.BatchNorm1d, fuse_conv_bn_eval),
    (nn.Conv2d, nn.BatchNorm2d, fuse_conv_bn_eval),
    (nn.Conv3d, nn.BatchNorm3d, fuse_conv_bn_eval),
    (nn.Linear, nn.BatchNorm1d, fuse_linear_bn_eval),
)


def matches_module_pattern(pattern: Iterable[type], node: Node, modules: dict[str, Any]) -> bool:
    """Whether a node calls a module of the second type on what one of the first type gave.

    Args:
        pattern: two types.
        node: the second call.
        modules: path -> module.
    """
    if not node.args or not isinstance(node.args[0], Node):
        return False
    return all(
        one.op == "call_module" and type(modules.get(str(one.target))) is kind
        for one, kind in zip((node.args[0], node), pattern, strict=True)
    )


def replace_node_module(node: Node, modules: dict[str, Any], new_module: nn.Module) -> None:
    """Put another module at the path that a node calls.

    Args:
        node: the call.
        modules: path -> module; it is changed, too.
        new_module: the other module.
    """
    path = str(node.target)
    parent, _, name = path.rpartition(".")
    modules[path] = new_module
    setattr(modules[parent], name, new_module)


def fuse(model: nn.Module, inplace: bool = False, no_trace: bool = False) -> nn.Module:
    """A module in which each normalization behind a convolution (or a linear layer) has become a part of that.

    Args:
        model: a module in evaluation mode.
        inplace: whether the layers of ``model`` itself change, instead of copies.
        no_trace: whether ``model`` is a :class:`GraphModule` already.

    Raises:
        AssertionError: training mode, or a normalization without running averages.

    >>> import chainrule as torch
    >>> from chainrule.fx.experimental import optimization
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU()).eval()
    >>> [type(layer).__name__ for layer in optimization.fuse(net).children()]
    ['Conv2d', 'ReLU']
    """
    if not inplace:
        model = copy.deepcopy(model)
    traced = model if no_trace and isinstance(model, GraphModule) else symbolic_trace(model)
    modules = dict(traced.named_modules())
    for first, second, fused in PAIRS:
        for node in traced.graph.nodes:
            if not matches_module_pattern((first, second), node, modules):
                continue
            before = node.args[0]
            if len(before.users) > 1 or not modules[str(node.target)].track_running_stats:
                continue
            replace_node_module(before, modules, fused(modules[str(before.target)], modules[str(node.target)]))
            node.replace_all_uses_with(before)
            traced.graph.erase_node(node)
    return GraphModule(traced, traced.graph)


class _WithoutDropout(Transformer):
    def call_module(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(self.submodules[str(target)], nn.Dropout) and len(args) == 1:
            return args[0]
        return super().call_module(target, args, kwargs)


def remove_dropout(model: nn.Module) -> nn.Module:
    """A module without the layers of class ``Dropout``.

    >>> import chainrule as torch
    >>> from chainrule.fx.experimental import optimization
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Dropout())
    >>> [type(layer).__name__ for layer in optimization.remove_dropout(net).children()]
    ['Linear']
    """
    return _WithoutDropout(symbolic_trace(model)).transform()


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
