"""Modules as functions of their parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..core.value import TensorBase
from ..functions.joining import stack

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..nn import Module

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]

MISSING: Any = object()
"""Stands for the value of an attribute that there is not."""


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers in the place of its own, which it has again afterwards.

    Args:
        module: what to call.
        parameter_and_buffer_dicts: tensors by dotted name, in one dict or several. What the module writes to them in
            place, or puts in their place, is seen there.
        args: the positional arguments, as a tuple; what is no tuple is the only one.
        kwargs: the arguments by name.
        tie_weights: a parameter that the module has under several names is replaced under all of them.
        strict: the names must be just those of the module.

    Returns:
        What the call returns.

    Raises:
        ValueError: no dict or dicts, one name in several dicts, or two values for one tied parameter.
        RuntimeError: ``strict``, and names are missing or unknown.

    >>> import chainrule as torch
    >>> from chainrule.func import functional_call
    >>> functional_call(torch.nn.PReLU(), {"weight": torch.tensor([0.5])}, torch.tensor([-1., 2.]))
    tensor([-0.5000,  2.0000])
    """
    given = parameter_and_buffer_dicts
    if isinstance(given, dict):
        values = given
    elif isinstance(given, Sequence):
        if not all(isinstance(one, dict) for one in given):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        repeated = [name for name, count in Counter([name for one in given for name in one]).items() if count > 1]
        if repeated:
            raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        values = {name: value for one in given for name, value in one.items()}
    else:
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(given)}"
        )
    return call_with(module, values, args, kwargs, tie_weights, strict)


def call_with(
    module: Module, values: dict[str, Any], args: Any, kwargs: dict[str, Any] | None, tie_weights: bool, strict: bool
) -> Any:
    """The call, with one dict."""
    if not isinstance(values, dict):
        raise TypeError(f"Expected parameters_and_buffers to be a dict, but got {type(values).__name__}")
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, values, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextmanager
def replaced(module: Module, values: dict[str, Any], tie_weights: bool, strict: bool) -> Iterator[None]:
    """The module has ``values`` inside the block; what it has put in their place at its end is in the dict then."""
    wanted = with_tied_names(module, values) if tie_weights else dict(values)
    if strict:
        check_names(module, wanted)
    places = [(name, *place_of(module, name, value)) for name, value in wanted.items()]
    before = []
    try:
        for (_, owner, attribute), value in zip(places, wanted.values(), strict=True):
            before.append((owner, attribute, exchange(owner, attribute, value)))
        yield
    finally:
        after = [exchange(*one) for one in reversed(before)][::-1]
        values.update({name: new for (name, *_), new in zip(places, after, strict=False) if name in values})


def with_tied_names(module: Module, values: dict[str, Any]) -> dict[str, Any]:
    """The values, under all the names that the tensors which they replace have in the module."""
    names_of: dict[Any, list[str]] = {}
    for named in (module.named_parameters, module.named_buffers):
        for name, tensor in named(remove_duplicate=False):
            names_of.setdefault(tensor, []).append(name)
    untied = dict(values)
    for names in names_of.values():
        given = {id(values[name]): values[name] for name in names if name in values}
        if len(given) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using tie_weights=False"
            )
        for value in given.values():
            untied.update(dict.fromkeys(names, value))
    return untied


def check_names(module: Module, values: dict[str, Any]) -> None:
    own = {
        name for named in (module.named_parameters, module.named_buffers) for name, _ in named(remove_duplicate=False)
    }
    problems = [
        f"{kind} key(s): {', '.join(map(repr, sorted(names)))}."
        for kind, names in (("Unexpected", values.keys() - own), ("Missing", own - values.keys()))
        if names
    ]
    if problems:
        listed = "\n\t".join(problems)
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{listed}")


def place_of(module: Module, name: str, value: Any) -> tuple[Module, str]:
    """The module that has the tensor of a dotted name, and its name there; a name that nothing has is made for the call."""
    path, _, attribute = name.rpartition(".")
    owner = module.get_submodule(path)
    if not attribute:
        raise KeyError('tensor name can\'t be empty string ""')
    if value is not None and not isinstance(value, TensorBase):
        raise TypeError(f"{value} is not an instance of torch.Tensor")
    old = getattr(owner, attribute, None)
    if old is not None and not isinstance(old, TensorBase):
        raise TypeError(f"attribute `{attribute}`: {old} is not an instance of torch.Tensor")
    return owner, attribute


def exchange(owner: Module, attribute: str, value: Any) -> Any:
    """Put a tensor, which need not be a parameter, in the place of an attribute; give back what was there."""
    for home in (owner._parameters, owner._buffers):
        if attribute in home:
            old, home[attribute] = home[attribute], value
            return old
    old = getattr(owner, attribute, MISSING)
    if value is not MISSING:
        setattr(owner, attribute, value)
    elif old is not MISSING:
        delattr(owner, attribute)
    return old


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several modules of one class, stacked, to ``vmap`` a ``functional_call`` over.

    Args:
        models: the modules.

    Returns:
        Two dicts by dotted name: parameters (leaves of their own, which require grad if those of the modules do), buffers.

    Raises:
        RuntimeError: no modules; several classes or modes; parameters some of which require grad, or that do not stack.

    >>> import chainrule as torch
    >>> from chainrule.func import stack_module_state
    >>> params, buffers = stack_module_state([torch.nn.PReLU(), torch.nn.PReLU(init=0.5)])
    >>> params
    {'weight': tensor([[0.2500],
            [0.5000]], requires_grad=True)}
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return (
        {name: stacked_leaf(name, [each[name] for each in parameters]) for name in parameters[0]},
        {name: stacked_leaf(name, [each[name] for each in buffers]) for name in buffers[0]},
    )


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Take the running averages away from all batch norms in ``root``, in place, and return it.

    They would be written to in each call, which is not possible for the elements of a ``vmap`` apart. What is left uses the
    mean and the variance of its batch, in evaluation mode too.

    >>> import chainrule as torch
    >>> torch.func.replace_all_batch_norm_modules_(torch.nn.BatchNorm1d(2)).running_mean is None
    True
    """
    from ..nn.modules.batchnorm import _BatchNorm

    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


def stacked_leaf(name: str, tensors: list[Any]) -> Tensor:
    needs = {tensor.requires_grad for tensor in tensors}
    if len(needs) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    return stack(tensors).detach().requires_grad_(needs.pop())
