"""Samples of PyTorch's operator tests in JSON, and what is compared of each: in either library, of which ``torch`` is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def encoded(x: Any) -> Any:
    """``x`` as JSON has it; TypeError for what :func:`decoded` could not make again."""
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    if hasattr(x, "detach"):
        values = x.detach().numpy()
        numbers = np.stack([values.real, values.imag], -1) if values.dtype.kind == "c" else values
        return {"tensor": numbers.tolist(), "dtype": values.dtype.name, "shape": list(values.shape)}
    if isinstance(x, (tuple, list)):
        return {type(x).__name__: [encoded(one) for one in x]}
    if isinstance(x, dict):
        return {"dict": {key: encoded(one) for key, one in x.items()}}
    if type(x).__name__ == "dtype":
        return {"dtype": str(x).removeprefix("torch.")}
    raise TypeError(type(x))


def decoded(torch: Any, x: Any) -> Any:
    """What :func:`encoded` made JSON of."""
    if not isinstance(x, dict):
        return x
    if "tensor" in x:
        numbers = np.array(x["tensor"], float if x["dtype"].startswith(("f", "c")) else x["dtype"])
        if x["dtype"].startswith("c"):
            numbers = numbers.reshape(*x["shape"], 2)[..., 0] + 1j * numbers.reshape(*x["shape"], 2)[..., 1]
        return torch.from_numpy(numbers.astype(x["dtype"]).reshape(x["shape"]))
    if "dict" in x:
        return {key: decoded(torch, one) for key, one in x["dict"].items()}
    if "dtype" in x:
        return getattr(torch, x["dtype"])
    ((name, items),) = x.items()
    return {"tuple": tuple, "list": list, "Size": torch.Size}[name]([decoded(torch, one) for one in items])


def tensors_in(torch: Any, tree: Any) -> Iterator[Any]:
    """The tensors in any containers, in order."""
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for one in tree:
            yield from tensors_in(torch, one)
    elif isinstance(tree, dict):
        for one in tree.values():
            yield from tensors_in(torch, one)


def weighted(torch: Any, tensors: list[Any]) -> Any:
    """A number that each element of the tensors contributes to differently."""
    total = torch.zeros((), dtype=torch.float64)
    for tensor in tensors:
        x = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
        total = total + (x * torch.cos(torch.arange(x.numel(), dtype=torch.float64) + 1).reshape(x.shape)).sum()
    return total


def summed(torch: Any, function: Callable[..., Any], arguments: Any, wanted: list[int]) -> dict[str, Any]:
    """The outputs, the gradient of their weighted sum by the tensors ``wanted``, and that of the gradient's."""
    leaves = list(tensors_in(torch, arguments))
    inputs = [leaves[at].requires_grad_() for at in wanted]
    input, args, kwargs = arguments
    torch.manual_seed(0)
    outputs = list(tensors_in(torch, function(input, *args, **kwargs)))
    found: dict[str, Any] = {"values": [shortened(y) for y in outputs], "first": [], "second": []}
    outputs = [y for y in outputs if y.requires_grad]
    if outputs and inputs:
        first = torch.autograd.grad(weighted(torch, outputs), inputs, create_graph=True, materialize_grads=True)
        found["first"] = [shortened(g) for g in first]
        first = [g for g in first if g.requires_grad]  # that of a linear function does not, in one of the libraries
        second = (
            torch.autograd.grad(weighted(torch, first), inputs, materialize_grads=True)
            if first
            else [torch.zeros_like(x) for x in inputs]
        )
        found["second"] = [shortened(g) for g in second]
    return found


def shortened(x: Any) -> Any:
    """The numbers of a tensor in ten digits, as text: JSON has no NaN."""
    x = x.detach().resolve_conj()
    values = x.numpy()
    numbers = values.reshape(-1)
    numbers = numbers.astype(complex).view(float) if values.dtype.kind == "c" else numbers
    return [values.dtype.name, list(values.shape), " ".join(f"{number:.10g}" for number in numbers.tolist())]
