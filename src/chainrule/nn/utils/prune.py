"""Pruning: parameters some elements of which are held at 0 by a mask.

A pruned parameter ``weight`` becomes ``weight_orig``, which is trained, and the buffer ``weight_mask``; before each call of
the module the attribute ``weight`` is set to their product.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeGuard

from ...functions.filling import ones_like, zeros_like
from ...functions.joining import cat
from ...functions.random import rand, rand_like

if TYPE_CHECKING:
    from ..._tensor import Tensor
    from ..modules.module import AModule, Module

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip


class BasePruningMethod:
    """A way of pruning: a subclass says in ``compute_mask`` what is kept.

    Attributes:
        PRUNING_TYPE: "unstructured" (elements), "structured" (whole slices along ``dim``) or "global": what is left for a
            second method to choose from.

    >>> import chainrule as torch
    >>> class Negative(torch.nn.utils.prune.BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...     def compute_mask(self, t, default_mask):
    ...         return default_mask * (t >= 0)
    >>> Negative().prune(torch.tensor([1., -2., 3.]))
    tensor([1., -0., 3.])
    """

    _tensor_name: str
    PRUNING_TYPE: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, of the shape of ``t``: 1 where elements are kept and ``default_mask`` is 1, else 0."""
        raise NotImplementedError

    def apply_mask(self, module: Module) -> Tensor:
        """The parameter with its mask."""
        if not hasattr(self, "_tensor_name"):
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(original.dtype) * original

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> Any:
        """Prune the parameter ``name`` of a module from now on.

        Args:
            module: the owner.
            name: of the parameter.
            args: of the constructor.
            importance_scores: a tensor of the same shape by which to choose, in place of the parameter.
            kwargs: likewise.

        Returns:
            The hook of the module that does it.
        """
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        old = [(key, hook) for key, hook in module._forward_pre_hooks.items() if _prunes(hook, name)]
        if len(old) > 1:
            raise AssertionError(f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}.")
        container = method
        if old:
            before = old[0][1]
            earlier = before if isinstance(before, PruningContainer) else [before]
            container = PruningContainer(*earlier, method)
        original = getattr(module, name)
        scores = original if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            raise AssertionError(f"importance_scores should have the same shape as parameter {name} of {module}")
        default = getattr(module, name + "_mask").detach().clone() if old else ones_like(original)
        mask = container.compute_mask(scores, default)
        if old:
            del module._forward_pre_hooks[old[0][0]]
        else:
            module.register_parameter(name + "_orig", original)
            del module._parameters[name]
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, container.apply_mask(module))
        module.register_forward_pre_hook(container)
        return container

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """``t`` with a mask, by itself; arguments as of :meth:`apply`, and a mask to begin with."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError("importance_scores should have the same shape as tensor t")
        default = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default)

    def remove(self, module: Module) -> None:
        """Let the parameter, as it is, be one without a mask."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original: Any = module._parameters.pop(name + "_orig")
        original.data = weight.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


def _prunes(hook: Any, name: str) -> TypeGuard[BasePruningMethod]:
    return isinstance(hook, BasePruningMethod) and hook._tensor_name == name


class PruningContainer(BasePruningMethod):
    """Several methods, one after the other: each chooses from what those before have left.

    Args:
        args: the methods, for the same parameter.

    >>> import chainrule as torch
    >>> prune, layer = torch.nn.utils.prune, torch.nn.Linear(4, 1)
    >>> _ = prune.l1_unstructured(layer, "weight", amount=1)
    >>> _ = prune.l1_unstructured(layer, "weight", amount=1)
    >>> (container,) = layer._forward_pre_hooks.values()
    >>> type(container).__name__, len(container), layer.weight_mask.sum()
    ('PruningContainer', 2, tensor(2.))
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        for method in args:
            self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add one at the end.

        Raises:
            TypeError: it is no method. ValueError: it is for another parameter.
        """
        if not isinstance(method, BasePruningMethod) and method is not None:
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method, of what is left of ``t``."""
        method, mask = self._pruning_methods[-1], default_mask.to(dtype=t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            kept: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.ndim
            others = [at for at in range(t.ndim) if at != dim]
            kept = (slice(None),) * dim + (mask.sum(dim=others) != 0,)
        elif method.PRUNING_TYPE == "global":
            kept = (slice(None),) * t.ndim
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        made = mask.clone()
        made[kept] = method.compute_mask(t[kept], mask[kept]).to(mask.dtype)
        return made


class Identity(BasePruningMethod):
    """All elements are kept.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.Identity().prune(torch.tensor([5., 6.]))
    tensor([5., 6.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class _ByAmount(BasePruningMethod):
    """What methods have in common that prune so many, or such a fraction.

    Args:
        amount: how many, or which fraction of all.

    Raises:
        TypeError, ValueError: it is neither.
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        whole = isinstance(amount, numbers.Integral)
        if (whole and amount < 0) or (not whole and not 0.0 <= float(amount) <= 1.0):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount: Any = amount

    def _count(self, size: int) -> int:
        amount = self.amount
        if not isinstance(amount, numbers.Integral):
            return round(amount * size)
        if int(amount) > size:
            raise ValueError(f"amount={self.amount} should be smaller than the number of parameters to prune={size}")
        return int(amount)


class RandomUnstructured(_ByAmount):
    """Elements that are drawn.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.RandomUnstructured(amount=2).prune(torch.ones(3)).sum()
    tensor(1.)
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return without(default_mask, self._count(t.numel()), rand_like(default_mask), True)


class L1Unstructured(_ByAmount):
    """The elements with the smallest absolute values.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.L1Unstructured(amount=1).prune(torch.tensor([1., -2., 3.]))
    tensor([ 0., -2.,  3.])
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return without(default_mask, self._count(t.numel()), t.abs(), False)


def without(mask: Tensor, count: int, scores: Tensor, largest: bool) -> Tensor:
    """A mask without the elements of the largest, or smallest, scores."""
    made = mask.detach().clone().contiguous()
    if count:
        made.view(-1)[scores.detach().reshape(-1).topk(count, largest=largest).indices] = 0
    return made


class _BySlice(_ByAmount):
    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def _check(self, t: Tensor) -> int:
        """How many slices to prune."""
        if t.ndim <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
                f"{t.shape} with {t.ndim} dims"
            )
        if self.dim >= t.ndim:
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        return self._count(t.shape[self.dim])

    def _sliced(self, t: Tensor, default_mask: Tensor, kept: Tensor) -> Tensor:
        mask = zeros_like(t)
        mask[(slice(None),) * (self.dim % t.ndim) + (kept,)] = 1
        return mask * default_mask.to(mask.dtype)


class RandomStructured(_BySlice):
    """Slices along ``dim`` that are drawn.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.RandomStructured(amount=1, dim=0).prune(torch.ones(2, 2)).sum()
    tensor(2.)
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = self._check(t)
        if not count:
            return default_mask
        drawn = rand(t.shape[self.dim])
        return self._sliced(t, default_mask, drawn > drawn.kthvalue(k=count).values)


class LnStructured(_BySlice):
    """The slices along ``dim`` with the smallest norms.

    Args:
        amount: how many, or which fraction.
        n: which norm.
        dim: along which the slices lie.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.LnStructured(amount=1, n=2, dim=0).prune(torch.tensor([[1., 1.], [2., 2.]]))
    tensor([[0., 0.],
            [2., 2.]])
    """

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = self._check(t)
        if not count:
            return default_mask
        others = [at for at in range(t.ndim) if at != self.dim % t.ndim]
        norms = t.detach().norm(p=self.n, dim=others)
        return self._sliced(t, default_mask, norms.topk(t.shape[self.dim] - count).indices)


class CustomFromMask(BasePruningMethod):
    """By a mask that is given.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.CustomFromMask(torch.tensor([1, 0])).prune(torch.tensor([5., 6.]))
    tensor([5., 0.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask * self.mask.to(dtype=default_mask.dtype)


def identity(module: AModule, name: str) -> AModule:
    """Give a parameter a mask of ones.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.identity(torch.nn.Linear(2, 1), "bias")
    >>> layer.bias_mask
    tensor([1.])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: AModule, name: str, amount: float) -> AModule:
    """Prune elements that are drawn.

    Args:
        module: the owner.
        name: of the parameter.
        amount: how many, or which fraction.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.random_unstructured(torch.nn.Linear(4, 1), "weight", amount=3)
    >>> layer.weight_mask.sum()
    tensor(1.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: AModule, name: str, amount: float, importance_scores: Tensor | None = None) -> AModule:
    """Prune the elements with the smallest absolute values.

    Args:
        module: the owner.
        name: of the parameter.
        amount: how many, or which fraction.
        importance_scores: by which to choose, in place of the parameter.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.l1_unstructured(torch.nn.Linear(4, 1), "weight", amount=0.5)
    >>> layer.weight_mask.sum()
    tensor(2.)
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: AModule, name: str, amount: float, dim: int) -> AModule:
    """Prune slices along ``dim`` that are drawn.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.random_structured(torch.nn.Linear(2, 4), "weight", amount=1, dim=0)
    >>> layer.weight_mask.sum()
    tensor(6.)
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: AModule, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> AModule:
    """Prune the slices along ``dim`` with the smallest n-norms.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.ln_structured(torch.nn.Linear(2, 4), "weight", amount=1, n=2, dim=0)
    >>> layer.weight_mask.sum()
    tensor(6.)
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: AModule, name: str, mask: Tensor) -> AModule:
    """Prune by a mask.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.custom_from_mask(torch.nn.Linear(2, 1), "weight", torch.tensor([[1, 0]]))
    >>> layer.weight_mask
    tensor([[1., 0.]])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]], pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters as if they were one.

    Args:
        parameters: pairs of a module and the name of a parameter.
        pruning_method: a class of methods that choose elements.
        importance_scores: a dict of tensors, by these pairs, by which to choose.
        kwargs: arguments of the method, such as ``amount``.

    Raises:
        TypeError: they are no pairs, or the method chooses no elements.

    >>> import chainrule as torch
    >>> prune, layer = torch.nn.utils.prune, torch.nn.Linear(3, 1)
    >>> prune.global_unstructured([(layer, "weight"), (layer, "bias")], prune.L1Unstructured, amount=2)
    >>> layer.weight_mask.sum() + layer.bias_mask.sum()
    tensor(2.)
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    pairs = list(parameters)
    scores = importance_scores or {}
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    relevant = [scores.get((module, name), getattr(module, name)) for module, name in pairs]
    masks = [getattr(module, name + "_mask", ones_like(getattr(module, name))) for module, name in pairs]
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of type '
            f"{method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    flat = cat([one.detach().reshape(-1) for one in relevant])
    final = container.compute_mask(flat, cat([one.reshape(-1) for one in masks]))
    start = 0
    for module, name in pairs:
        parameter = getattr(module, name)
        end = start + parameter.numel()
        custom_from_mask(module, name, mask=final[start:end].view_as(parameter))
        start = end


def remove(module: AModule, name: str) -> AModule:
    """Let a pruned parameter, as it is, be one without a mask.

    Raises:
        ValueError: it is not pruned.

    >>> import chainrule as torch
    >>> layer = torch.nn.utils.prune.l1_unstructured(torch.nn.Linear(4, 1), "weight", amount=3)
    >>> (torch.nn.utils.prune.remove(layer, "weight").weight == 0).sum()
    tensor(3)
    """
    for key, hook in module._forward_pre_hooks.items():
        if _prunes(hook, name):
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Module) -> bool:
    """Whether a module, or one in it, has a pruned parameter.

    >>> import chainrule as torch
    >>> torch.nn.utils.prune.is_pruned(torch.nn.Linear(4, 1))
    False
    """
    return any(
        isinstance(hook, BasePruningMethod) for one in module.modules() for hook in one._forward_pre_hooks.values()
    )
