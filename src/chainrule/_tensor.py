"""``Tensor``: a value with a place in the graph."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from . import dtypes, ops, printing
from .autograd import _backward
from .core import exits, overriding, version, views
from .core.hooks import RemovableHandle
from .core.lifted import levels_of
from .core.modes import met, modes
from .core.node import AccumulateGrad, Node, edge_of, extra_of
from .core.origin import caller
from .core.overriding import with_class
from .core.value import Lifted, TensorBase, device_of, meta_of, set_tensor_class, writable
from .core.views import current_node
from .device import CPU, META_DEVICE, XLA_DEVICE, device
from .dtypes import dtype  # noqa: TC001 - a property of that name hides it from the class body
from .functions import creation
from .functions.methods import TensorMethods
from .size import Size


class TensorMeta(type):
    """The type of ``Tensor``: typed constructors (FloatTensor) answer isinstance through it."""


class Tensor(TensorMethods, metaclass=TensorMeta):
    """An n-dimensional array with, if it requires grad, the graph node that made it.

    Make one with :func:`chainrule.tensor`. The constructor is PyTorch's legacy one: ``Tensor(2, 3)`` is uninitialised
    memory of that shape, ``Tensor([1, 2])`` the values in the default dtype.

    >>> import chainrule as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> (x * x).sum()
    tensor(5., grad_fn=<SumBackward0>)
    """

    __slots__ = ()

    def __new__(cls, *args: Any, device: Any = None, **named: Any) -> Any:
        made = creation.legacy_tensor(args, dtypes.get_default_dtype(), device, **named)
        return made if cls is Tensor else with_class(made, cls)

    # -- subclasses ------------------------------------------------------------------------------------------------

    def __init_subclass__(cls, **options: Any) -> None:
        """A subclass that may take calls over makes the public functions ask."""
        super().__init_subclass__(**options)
        if cls.__torch_function__ is not overriding.disabled:
            from ._overridable import activate

            activate()

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What a subclass that defines none of its own does with a call: makes it, and turns tensors in the result into its own.

        Args:
            func: the public function or method, as ``torch.add``, ``torch.Tensor.add`` or ``torch.Tensor.shape.__get__``.
            types: the classes among the operands that take calls over.
            args: its arguments by position.
            kwargs: those by name; None if there are none.

        Returns:
            The result; NotImplemented if there is an operand of a class that this one is not derived from.

        Raises:
            TypeError: ``func`` is a function of PyTorch itself, if that is installed too, which cannot take a tensor of ours.

        >>> import chainrule as torch
        >>> class Marked(torch.Tensor):
        ...     pass
        >>> Marked([1., 2.]) * 2
        Marked([2., 4.])
        """
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        result = overriding.called(func, args, kwargs)
        with overriding.DisableTorchFunctionSubclass():
            return result if func in unwrapped() else converted(result, cls)

    __torch_dispatch__ = overriding.undispatched

    @staticmethod
    def _make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Any:  # noqa: PLW0211 - PyTorch's
        """The values of ``data`` without their history as an instance of ``cls``, which shares the memory."""
        if not isinstance(data, TensorBase):
            raise TypeError(f"_make_subclass(): argument 'data' (position 2) must be Tensor, not {type(data).__name__}")
        with overriding.DisableTorchFunctionSubclass():
            made = with_class(data.detach(), cls)
            return made.requires_grad_() if require_grad else made

    @staticmethod
    def _make_wrapper_subclass(cls: type[Tensor], *args: Any, **kwargs: Any) -> Any:  # noqa: PLW0211 - PyTorch's
        """Refused: a tensor without values of its own needs ``__torch_dispatch__``."""
        raise NotImplementedError(f"_make_wrapper_subclass({cls.__name__}): {overriding.NO_DISPATCH}")

    def as_subclass(self, cls: type[Tensor]) -> Any:
        """The same memory and history as an instance of ``cls``, a subclass of Tensor.

        >>> import chainrule as torch
        >>> class Marked(torch.Tensor):
        ...     pass
        >>> torch.ones(2).as_subclass(Marked)
        Marked([1., 1.])
        """
        return with_class(ops.alias(self), cls)

    # -- what it is ------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return tuple.__new__(Size, self._array.shape)

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return dtypes.FROM_NUMPY[self._array.dtype]

    @property
    def device(self) -> device:
        """Where the tensor lives."""
        return device_of(self._array)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self._array.nbytes

    @property
    def is_cpu(self) -> bool:
        """Whether it lives on the CPU."""
        return self.device is CPU

    @property
    def is_xla(self) -> bool:
        """Whether it lives on the device "xla"."""
        return self.device is XLA_DEVICE

    @property
    def is_meta(self) -> bool:
        """Whether it lives on the device "meta": it has a shape, and no numbers."""
        return self.device is META_DEVICE

    is_cuda = is_quantized = is_mps = is_xpu = is_nested = is_mkldnn = False
    is_ipu = is_maia = is_mtia = is_vulkan = False
    name = names = None

    # -- its place in the graph ------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are computed for it; settable on leaves."""
        return views.needs_grad(self)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError(f"requires_grad must be a bool, not {type(value).__name__}")
        Tensor.requires_grad_(self, value)  # not a subclass's own, which may come here

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set whether gradients are computed for this leaf.

        Raises:
            RuntimeError: the dtype is no floating point or complex one, or False is set on a tensor with history.
        """
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                + type(requires_grad).__name__
            )
        node = current_node(self)
        if requires_grad:
            if not (self.dtype.is_floating_point or self.dtype.is_complex):
                raise RuntimeError(
                    "only Tensors of floating point dtype can require gradients: this one is "
                    f"{self.dtype}. Convert it first, e.g. with .float()."
                )
            if node is None:
                if type(self._cell) is version.InferenceCell and not modes().inference:
                    raise RuntimeError(
                        "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
                    )
                known = None if self._meta_slot is None else self._meta_slot.accumulator
                self._node = known or AccumulateGrad.of(self)
        elif node is not None:
            if type(node) is not AccumulateGrad:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
                    f"subgraph that doesn't require differentiation use var_no_grad = var.detach().\n  it was computed here: {node.origin()}"
                )
            meta_of(self).accumulator = node
            self._node = None
            exits.note("requires_grad = False", node, self)
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The node that made the tensor; None for a leaf."""
        node = current_node(self)
        return None if node is None or type(node) is AccumulateGrad else edge_of(node)[0]

    @property
    def output_nr(self) -> int:
        """Which output of ``grad_fn`` this is."""
        return edge_of(current_node(self))[1]

    @property
    def is_leaf(self) -> bool:
        """Whether it has no history: made by the user, or not requiring grad."""
        node = current_node(self)
        return node is None or type(node) is AccumulateGrad

    @property
    def grad_dtype(self) -> Any:
        """The dtype of ``.grad``: the leaf's own. PyTorch lets another be set, which is refused here."""
        if not self.is_leaf:
            raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
        return self.dtype

    @grad_dtype.setter
    def grad_dtype(self, value: Any) -> None:
        if value is not self.grad_dtype:
            raise RuntimeError(
                f"grad_dtype must be a leaf's own dtype, {self.dtype}, got {value}: convert the gradient, in a hook of your optimizer"
            )

    @property
    def grad(self) -> Tensor | None:
        """The gradients added up by backward passes, or None."""
        met(self)
        meta = self._meta_slot
        if (meta is None or (meta.grad is None and not meta.retains_grad)) and not self.is_leaf:
            import warnings

            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated "
                "during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
                ".retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf "
                "Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more informations.",
                stacklevel=2,
            )
        return None if meta is None else meta.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        met(self)
        if value is None:
            meta = self._meta_slot
            if meta is not None and meta.grad is not None:
                meta.grad = None
                meta.count = 0
                meta.cleared = caller()
            return
        if not isinstance(value, TensorBase):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value._array.shape != self._array.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value._array.shape)}' to a tensor of size "
                f"'{list(self._array.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )
        if value._array.dtype != self._array.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{value.dtype}' to a tensor with grad_dtype '{self.dtype}'. The gradient "
                "must match the tensor's grad_dtype (defaults to the tensor's dtype). Convert it with .to(tensor.dtype)."
            )
        if META_DEVICE in (self.device, value.device) and self.device is not value.device:
            raise RuntimeError(
                f"attempting to assign a gradient with device type '{value.device}' to a tensor with device type '{self.device}'. Please "
                "ensure that the gradient and the tensor are on the same device"
            )
        meta = meta_of(self)
        meta.grad = value
        meta.count = 0

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf in ``.grad``."""
        node = current_node(self)
        if node is None:
            raise RuntimeError(
                "can't retain_grad on Tensor that has requires_grad=False: it was computed from tensors that do not require grad"
            )
        if type(node) is not AccumulateGrad:
            meta_of(self).retains_grad = True
            extra_of(node).retained = weakref.ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether this non-leaf keeps its gradient."""
        return self._meta_slot is not None and self._meta_slot.retains_grad

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradients of this tensor to the ``.grad`` of the leaves; see :func:`chainrule.autograd.backward`."""
        _backward.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` when this tensor's gradient is complete; it may return a replacement.

        Hooks run in the order of registration, on a leaf before the gradient is accumulated.
        """
        node = current_node(self)
        if node is None:
            raise RuntimeError(
                "cannot register a hook on a tensor that doesn't require gradient: call requires_grad_() on it first"
            )
        extra = extra_of(node)
        if extra.tensor_hooks is None:
            extra.tensor_hooks = {}
        return RemovableHandle(extra.tensor_hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` after a backward has added to this leaf's ``.grad``."""
        node = current_node(self)
        if node is None:
            raise RuntimeError(
                "cannot register a hook on a tensor that doesn't require gradient: call requires_grad_() on it first"
            )
        if type(node) is not AccumulateGrad:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        meta = meta_of(self)
        if meta.post_hooks is None:
            meta.post_hooks = {}
        extra_of(node)  # a leaf with hooks runs as soon as its gradient is complete
        return RemovableHandle(meta.post_hooks, hook)

    @property
    def _backward_hooks(self) -> dict[int, Any] | None:
        node = current_node(self)
        return None if node is None or node.extra is None else node.extra.tensor_hooks

    @property
    def _post_accumulate_grad_hooks(self) -> dict[int, Any] | None:
        return None if self._meta_slot is None else self._meta_slot.post_hooks

    # -- memory ----------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Tensor:
        """The same memory without history, with a version counter of its own: writes through it go unnoticed."""
        if isinstance(self._array, Lifted) and any(level.makes_batch for level in self._array.levels):
            raise RuntimeError("accessing `data` under vmap transform is not allowed: use .detach()")
        alias = views.alias_without_history(self)
        node = self._node
        if node is not None:
            exits.note(".data", node, alias)
        cell = version.cell_of(self)
        alias._cell = version.ExposedCell() if type(cell) is version.ExposedCell else version.DataCell(cell)
        return alias

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        kinds = {self._array.dtype.kind in "fcV", value._array.dtype.kind in "fcV"}
        if self.requires_grad and kinds == {True, False}:
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point or complex dtype: got "
                f"{dtypes.FROM_NUMPY[value._array.dtype]}"
            )
        if META_DEVICE in (self.device, value.device) and self.device is not value.device:
            raise RuntimeError(
                "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type: one of them is "
                f"on {self.device}, the other on {value.device}. Make another tensor or Parameter."
            )
        self._array = writable(value)
        if self._view is not None and self._view.made_in == views.DETACHED:
            self._view = None  # whose base has other numbers now
        if value._node is not None:
            exits.note(".data = ...", value._node, self)
        node = self._node
        if type(node) is AccumulateGrad:
            node.shape, node.dtype = self._array.shape, self._array.dtype
            if node.extra is not None or isinstance(self._array, Lifted):
                extra_of(node).levels = levels_of(self._array)

    @data.deleter
    def data(self) -> None:
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    def detach(self) -> Tensor:
        """The same memory and version counter, without history.

        >>> import chainrule as torch
        >>> (torch.ones(1, requires_grad=True) * 2).detach()
        tensor([2.])
        """
        alias = views.alias_without_history(self)
        node = self._node
        if node is not None:
            exits.note("detach()", node, alias)
        alias._cell = version.cell_of(self)
        return alias

    def detach_(self) -> Tensor:
        """Drop this tensor's history: it becomes a leaf that does not require grad."""
        if self._view is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and "
                "gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
                "these gradients. To fix this error, please refer to the Optimizer.zero_grad() function as a solution."
            )
        node = self._node
        if node is not None:
            self._node = None
            exits.note("detach_()", node, self)
        return self

    @property
    def _version(self) -> int:
        if type(self._cell) is version.InferenceCell:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._cell is None else views.counter(self._cell)

    @property
    def _cdata(self) -> int:
        """A number that no other tensor has as long as this one lives."""
        return id(self)

    @property
    def _base(self) -> Tensor | None:
        return self._view.base if self._is_view() else None  # type: ignore[union-attr, return-value]

    def _is_view(self) -> bool:
        return self._view is not None and type(self._view) is not views.Reshaped

    def is_inference(self) -> bool:
        """Whether it was made under ``inference_mode``."""
        return type(self._cell) is version.InferenceCell

    # -- as Python's containers are --------------------------------------------------------------------------------

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor: it has no dimension to count along")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor: its one number is x.item()")
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, (TensorBase, int, float, complex, bool)):
            return bool((self == element).any())
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    __hash__ = object.__hash__

    # -- as text ---------------------------------------------------------------------------------------------------

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        """The printed form; ``tensor_contents`` stands in the place of the numbers."""
        prefix = "tensor(" if type(self) is Tensor else f"{type(self).__name__}("
        text = printing.tensor_repr(self, class_prefix=prefix, contents=tensor_contents)
        return f"Parameter({text})" if getattr(self, "_is_param", False) else text

    def __format__(self, spec: str) -> str:
        if (
            self._array.ndim == 0 and not self.is_meta and type(self) is Tensor
        ):  # a subclass (a Parameter, say) shows itself
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __dir__(self) -> list[str]:
        return sorted({*dir(type(self)), *self.__dict__})

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self._array.ndim else self

    # -- as NumPy values: see functions.interop -----------------------------------------------------------------------

    __array_priority__ = 1000


def converted(result: Any, cls: type[Tensor]) -> Any:
    """A result whose tensors are of a class; those that are already remain what they are."""
    if cls is Tensor:
        return result
    if isinstance(result, TensorBase):
        return result if isinstance(result, cls) else result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        return type(result)([converted(one, cls) for one in result])
    return result


def unwrapped() -> tuple[Any, ...]:
    """What gives a tensor that is no result: it stays of the class that it is of."""
    return vars(Tensor)["grad"].__get__, vars(Tensor)["_base"].__get__


def is_inference(input: Tensor) -> bool:
    """Whether a tensor was made under ``inference_mode``.

    >>> import chainrule as torch
    >>> torch.is_inference(torch.ones(1))
    False
    """
    return input.is_inference()


set_tensor_class(Tensor)
