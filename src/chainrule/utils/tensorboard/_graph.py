"""What TensorBoard draws of a model: the ops of one run of it, in boxes of the modules that called them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tensorboardX.proto.attr_value_pb2 import AttrValue
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.node_def_pb2 import NodeDef
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.versions_pb2 import VersionDef

from ..._tensor import Tensor
from ...autograd.grad_mode import no_grad
from ...insight._watch import Watch
from ...nn import Module


class Drawing(Watch):
    """Notes each op that is called in its ``with`` statement. Names are paths: TensorBoard makes boxes of them."""

    def __init__(self) -> None:
        self.graph = GraphDef(versions=VersionDef(producer=22))
        self.scopes: list[str] = []
        self._names: dict[int, str] = {}
        self._seen: list[Tensor] = []
        """All tensors, so that no other has the id of one of them."""
        self._numbers: Counter[str] = Counter()

    def add(self, path: str, kind: str, inputs: list[str], tensor: Tensor | None) -> str:
        """A node; of its path, the number of nodes of the same path before it becomes a part."""
        number = self._numbers[path]
        self._numbers[path] += 1
        name = f"{path}_{number}" if number else path
        node = NodeDef(name=name, op=kind, input=inputs)
        if tensor is not None:
            sizes = [TensorShapeProto.Dim(size=size) for size in tensor.shape]
            node.attr["_output_shapes"].CopyFrom(
                AttrValue(list=AttrValue.ListValue(shape=[TensorShapeProto(dim=sizes)]))
            )
            self._names[id(tensor)] = name
            self._seen.append(tensor)
        self.graph.node.append(node)
        return name

    def name_of(self, tensor: Tensor) -> str:
        """The node that a tensor comes from; one that comes from none is a constant."""
        found = self._names.get(id(tensor))
        return self.add("/".join([*self.scopes, "Constant"]), "Constant", [], tensor) if found is None else found

    def ran(self, op: Any, args: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        inputs = [self.name_of(one) for one in tensors_in(args)]
        name = getattr(op, "name", None) or op.__name__
        made: list[Any] = list(tensors_in(result))
        for one in made or [None]:
            self.add("/".join([*self.scopes, name]), name, inputs, one)

    @contextmanager
    def inside(self, model: Module) -> Iterator[None]:
        """While it lasts, a call of a module inside of the model is a scope: its class, and its name in brackets."""
        own_names = {id(module): path.rpartition(".")[2] for path, module in model.named_modules()}
        with ExitStack() as handles:
            for module in model.modules():
                name = own_names[id(module)]
                scope = f"{type(module).__name__}[{name}]" if name else type(module).__name__
                enter = module.register_forward_pre_hook(lambda *_, scope=scope: self.scopes.append(scope))
                leave = module.register_forward_hook(lambda *_: self.scopes.pop() and None, always_call=True)
                handles.callback(enter.remove)
                handles.callback(leave.remove)
            yield


def graph_of(model: Any, inputs: Any) -> GraphDef:
    """The graph of one run, in evaluation mode and without gradients.

    Args:
        model: a module, or a function of tensors.
        inputs: its argument, or a tuple or list of them.
    """
    args = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    drawing = Drawing()
    for one in tensors_in(args):
        drawing.add("input/input", "IO Node", [], one)
    with ExitStack() as stack:
        if isinstance(model, Module):
            for path, one in (*model.named_parameters(), *model.named_buffers()):
                drawing.add("/".join([type(model).__name__, *path.split(".")]), "Parameter", [], one)
            for module in [one for one in model.modules() if one.training]:
                module.training = False
                stack.callback(setattr, module, "training", True)
            stack.enter_context(drawing.inside(model))
        stack.enter_context(no_grad())
        stack.enter_context(drawing)
        result = model(*args)
    for one in tensors_in(result):
        drawing.add("output/output", "IO Node", [drawing.name_of(one)], None)
    return drawing.graph


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors in nested containers."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from tensors_in(one)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))
