"""``grad`` and ``backward``: PyTorch's two doors to the reverse pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core import exits
from ..core.batch_level import BatchLevel
from ..core.node import RECENT, AccumulateGrad, Node, Port
from ..core.origin import caller
from ..core.plain_pass import reverse_pass
from ..core.value import Lifted, TensorBase, new_tensor
from ..core.views import current_node
from ..core.xla_level import beside, zeros_beside
from ..device import CPU
from ..errors import NotATensorError
from ..once import warn_once

if TYPE_CHECKING:
    from typing import TypeGuard

    from .._tensor import Tensor
    from .graph import GradientEdge


def grad(
    outputs: Tensor | GradientEdge | Sequence[Tensor | GradientEdge],
    inputs: Any,
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of ``outputs`` with respect to ``inputs``. Nothing is added to any ``.grad``.

    Args:
        outputs: the tensor(s) to differentiate.
        inputs: the tensor(s), leaves or not, to differentiate by. A dict gives a dict back.
        grad_outputs: the cotangent of each output, of its shape; None stands for 1 for a one-element output.
        retain_graph: keep the saved values for another backward; by default only with ``create_graph``.
        create_graph: record the backward, so that the gradients can be differentiated.
        only_inputs: has no effect; False warns.
        allow_unused: give None for an input that the outputs do not depend on, instead of raising.
        is_grads_batched: ``grad_outputs`` have one more, leading dimension: one gradient for each vector in it.
        materialize_grads: give zeros for an input that the outputs do not depend on.

    Returns:
        A tuple of gradients, one for each input, of its shape and dtype.

    Raises:
        RuntimeError: an output does not require grad, is not a scalar and has no cotangent, or an input is unused; the
            graph has been freed; a saved value was changed in place.

    >>> import chainrule as torch
    >>> x = torch.tensor([3.], requires_grad=True)
    >>> torch.autograd.grad(x * x, x)
    (tensor([6.]),)
    """
    if not only_inputs:
        import warnings

        warnings.warn(
            "only_inputs of grad() is deprecated and has no effect: nothing is added to any .grad. Use backward for that.",
            FutureWarning,
            stacklevel=2,
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    keys = None
    if isinstance(inputs, dict):
        keys, inputs = list(inputs), inputs.values()
    wanted = (inputs,) if isinstance(inputs, TensorBase) else as_tuple(inputs)
    if not wanted:
        raise RuntimeError(
            "`inputs` argument to `grad()` cannot be empty: give at least one tensor to differentiate by"
        )
    sources = (outputs,) if isinstance(outputs, TensorBase) else as_tuple(outputs)
    cotangents = [None] * len(sources) if grad_outputs is None else as_cotangents(grad_outputs, len(sources))
    if is_grads_batched:
        results = batched(
            sources, wanted, cotangents, retain_graph, create_graph, bool(allow_unused or materialize_grads)
        )
    else:
        results = gradients(
            sources, wanted, cotangents, retain_graph, create_graph, bool(allow_unused or materialize_grads)
        )
    if materialize_grads:
        batch = cotangents[0]._array.shape[:1] if is_grads_batched and cotangents[0] is not None else ()
        results = [zeros(one, batch, create_graph) if r is None else r for one, r in zip(wanted, results, strict=True)]
    return tuple(results) if keys is None else dict(zip(keys, results, strict=True))


def gradients(
    sources: tuple[Any, ...],
    wanted: tuple[Any, ...],
    cotangents: list[Any],
    retain_graph: bool | None,
    create_graph: bool,
    allow_unused: bool,
) -> list[Any]:
    roots = seeds(sources, cotangents)
    edges: list[tuple[Node, int]] = []
    targets: dict[Node, Any] = {}
    for number, one in enumerate(wanted):
        edge = target(one, number)
        edges.append(edge)
        targets[edge[0]] = one
    found = reverse_pass(roots, targets, create_graph if retain_graph is None else retain_graph, create_graph, False)
    results: list[Any] = []
    for node, slot in edges:
        g = found.get(node)
        if type(g) is list:
            g = g[slot]
        if g is None and not allow_unused:
            raise unused(wanted[len(results)], len(results))
        results.append(g)
    return results


def unused(one: Any, number: int) -> RuntimeError:
    return RuntimeError(
        "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the "
        f"desired behavior. It is the input at index {number}, {named(one)}: no path leads from the outputs back to it. A detach(), "
        ".data, .item(), numpy() or no_grad() on the way cuts the path." + cut_from(target(one, number)[0])
    )


def cut_from(node: Node) -> str:
    """Where what depends on a node left the graph, as an error says it."""
    found = exits.cuts(node)
    if found:
        return f"\n  what depends on it was cut off by {found[0].how}: {found[0].place()}"
    return f"\n  it was made here: {node.origin()}"


def batched(
    sources: tuple[Any, ...],
    wanted: tuple[Any, ...],
    cotangents: list[Any],
    retain_graph: bool | None,
    create_graph: bool,
    allow_unused: bool,
) -> list[Any]:
    """One gradient for each vector along the first dimension of the cotangents, all in one pass."""
    given = [c for c in cotangents if c is not None]
    if not given or any(c._array.ndim == 0 for c in given):
        raise RuntimeError("is_grads_batched=True needs grad_outputs with a leading batch dimension")
    level = BatchLevel(given[0]._array.shape[0], "error")
    each = [None if c is None else ops.batch_in(c, level=level, axis=-c._array.ndim) for c in cotangents]
    found = gradients(sources, wanted, each, retain_graph, create_graph, allow_unused)
    return [None if g is None else ops.batch_out(g, level=level, axis=-1 - g._array.ndim) for g in found]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``.grad`` of the leaves that they depend on.

    All or nothing: when anything on the way raises, no ``.grad`` has changed and the same call can be made again.

    Args:
        tensors: the tensor(s) to differentiate.
        grad_tensors: the cotangent of each, of its shape; None stands for 1 for a one-element tensor.
        retain_graph: keep the saved values for another backward; by default only with ``create_graph``.
        create_graph: record the backward, so that the gradients can be differentiated. Warned of once: the ``.grad`` of a leaf then
            holds the leaf, and frees nothing before it is set to None.
        grad_variables: an old name of ``grad_tensors``.
        inputs: add only to the ``.grad`` of these tensors, leaves or not.

    >>> import chainrule as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> torch.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    if create_graph:
        warn_once(
            "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
            "which can cause a memory leak. Its .grad holds the graph, and that the parameter: use autograd.grad where gradients are "
            "differentiated, or set .grad to None afterwards.",
            stacklevel=3,
        )
    sources = as_tuple(tensors)
    roots = seeds(sources, as_cotangents(grad_tensors, len(sources)))
    targets = None
    if inputs is not None:
        wanted = as_tuple(inputs)
        if not wanted:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
        targets = {target(one, number)[0]: leaf_of(one) for number, one in enumerate(wanted)}
    reverse_pass(roots, targets, create_graph if retain_graph is None else retain_graph, create_graph, True)
    if len(sources) == 1 and roots[0][0].shape == ():
        note_value(roots[0][0], sources[0])


def note_value(root: Node, source: Any) -> None:
    """Let the note of the pass know the loss as well: for those who ask why when nobody holds it any more."""
    ran = RECENT[-1]
    if ran.root() is root and isinstance(source, TensorBase) and not isinstance(source._array, Lifted):
        ran.value = source._array[()]


def leaf_of(one: Any) -> Any:
    """The tensor whose ``.grad`` an input of ``backward`` stands for."""
    if not is_edge(one):
        return one
    if not isinstance(one.node, AccumulateGrad):
        raise RuntimeError(
            f"an edge given as input of backward() must be a leaf's, but this is one of {one.node.name()}: give the tensor"
        )
    return one.node.variable


def as_tuple(things: Any) -> tuple[Any, ...]:
    return (things,) if isinstance(things, TensorBase) or is_edge(things) else tuple(things)


def is_edge(one: Any) -> TypeGuard[GradientEdge]:
    """Whether an output or input is an edge. Where there are tensors only, the module of edges need not be loaded."""
    if isinstance(one, TensorBase):
        return False
    from .graph import GradientEdge

    return isinstance(one, GradientEdge)


def as_cotangents(given: Any, count: int) -> list[Any]:
    if given is None:
        return [None] * count
    cotangents = [given] if isinstance(given, TensorBase) else list(given)
    if len(cotangents) != count:
        raise RuntimeError(
            f"got {count} tensors and {len(cotangents)} gradients: give one gradient (or None) for each tensor"
        )
    return cotangents


def seeds(sources: tuple[Any, ...], cotangents: list[Any]) -> list[tuple[Node, Any]]:
    """The roots of the pass: nodes with their cotangents."""
    roots = []
    for number, source in enumerate(sources):
        g = cotangents[number]
        if not isinstance(source, TensorBase):
            if is_edge(source):
                roots.append(edge_seed(source, g))
                continue
            raise NotATensorError(
                f"Expected output to be a torch.Tensor: output {number} is of type {type(source).__name__}"
            )
        node = source._node if source._view is None else current_node(source)
        if node is None:
            raise RuntimeError(
                f"element {number} of tensors does not require grad and does not have a grad_fn. Nothing it was computed from requires "
                "grad, or the path was cut: by detach(), .data, .item(), numpy(), no_grad(), or a conversion to an integer "
                "dtype. Setting requires_grad on the result would not connect it." + cut(source)
            )
        if g is not None:
            check_device(source, g, number)
        array = source._array
        one = seed(array, g, number, node)
        roots.append((node, beside(one, source) if isinstance(array, Lifted) else one))
    return roots


def cut(source: Any) -> str:
    """Where the history of a result was cut off, as an error says it: what it came out of, or the latest place there is."""
    site = exits.maker(source)
    if site is not None:
        return f"\n  cut by {site.how}: {site.place()}"
    site = exits.last_cut()
    if site is not None:
        return f"\n  the last cut was by {site.how}: {site.place()}"
    if RECENT and not RECENT[-1].recorded and (not RECENT[-1].accumulates or "grad" in caller()[0].co_names):
        return f"\n  the last gradients have no history, since they were computed without create_graph=True: {RECENT[-1].place()}"
    return ""


def check_device(source: Any, g: Any, number: int) -> None:
    """Raise for a cotangent on another device than its output; a 0-d one may be on the CPU."""
    if isinstance(g, TensorBase) and g.device is not source.device and (g._array.ndim or g.device is not CPU):
        raise RuntimeError(
            f"Mismatch in device: grad_output[{number}] is on {g.device} and output[{number}] is on {source.device}. Move it there "
            f"with .to('{source.device}')."
        )


def edge_seed(edge: GradientEdge, g: Any) -> tuple[Node, Any]:
    node = edge.node
    several = bool(node.shape) and isinstance(node.shape[0], tuple)
    shape = node.shape[edge.output_nr] if several else node.shape
    dtype = node.dtype[edge.output_nr] if several else node.dtype
    g = seed(np.empty(shape, dtype), g, edge.output_nr, node)
    if several:
        return node, [g if n == edge.output_nr else None for n in range(len(node.shape))]
    return node, g


def seed(array: Any, g: Any, number: int, node: Node) -> Any:
    """The cotangent of an output of ``node``: the one given, checked, or 1."""
    if g is None:
        if array.size != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs. "
                f"Output {number} has shape {list(array.shape)}: reduce it (.sum(), .mean()), or pass its cotangent, of that shape."
                f"\n  it comes of {node.origin()}"
            )
        if array.dtype.kind == "c":
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {array.dtype.name}"
            )
        if not array.shape:
            return new_tensor(array.dtype.type(1))
        one = np.empty(array.shape, array.dtype)
        one.fill(1)
        return new_tensor(one)
    if not isinstance(g, TensorBase):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if g._array.shape != array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{number}] has a shape of {_size(g._array.shape)} and output[{number}] has a shape of {_size(array.shape)}."
            f"\n  the output comes of {node.origin()}"
        )
    if (g._array.dtype.kind == "c") != (array.dtype.kind == "c"):
        raise RuntimeError(
            f"For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{number}] has a dtype of {g.dtype} and output[{number}] has a dtype of {new_tensor(array).dtype}."
        )
    return g if g._array.dtype == array.dtype else ops.astype(g, dtype=array.dtype)


def _size(shape: tuple[int, ...]) -> str:
    return f"torch.Size({list(shape)})"


def target(one: Any, number: int) -> tuple[Node, int]:
    """The node at which an input's cotangent is found, and the slot of it."""
    if not isinstance(one, TensorBase):
        if is_edge(one):
            return one.node, one.output_nr
        raise NotATensorError(
            f"all inputs have to be Tensors or GradientEdges, but got {type(one).__name__} (input {number})"
        )
    node = one._node if one._view is None else current_node(one)
    if type(node) is Port:
        owner = node.parents[0]
        assert owner is not None
        return owner, node.number
    if node is None:
        raise RuntimeError(
            f"One of the differentiated Tensors does not require grad: input {number}, {named(one)}. Make it with "
            "requires_grad=True, or call requires_grad_() on it, before it is used."
        )
    return node, 0


def named(one: Any) -> str:
    if is_edge(one):
        return f"the edge of {one.node.name()}"
    return f"a tensor of shape {list(one._array.shape)}"


def zeros(one: Any, batch: tuple[int, ...], requires_grad: bool) -> Any:
    like = np.empty(one.node.shape, one.node.dtype) if is_edge(one) else one._array
    tensor = new_tensor(zeros_beside(like, batch))
    if requires_grad:
        tensor._node = AccumulateGrad.of(tensor)
    return tensor
