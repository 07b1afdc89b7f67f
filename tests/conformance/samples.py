"""The samples of PyTorch's op database, as functions of tensors in either library."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import chainrule

from . import translation
from .translation import NotHereError

if TYPE_CHECKING:
    from torch.testing._internal.opinfo.core import OpInfo, SampleInput

LOOKED_AT = 60
"""So many samples of an op are made;"""
TAKEN = 8
"""so many compared: first one of each kind (:func:`kind`)."""
LARGEST = 150
"""Elements of all tensors of a sample, if the op has samples so small."""
FEW = 16
"""Elements of the tensors by which second derivatives are taken by all nestings, if the op has samples so small."""
TOLERANCES = {
    "torch.float16": 1e-3, "torch.bfloat16": 1.6e-2, "torch.float32": 1e-5, "torch.complex64": 1e-5,
}  # fmt: skip
"""Relative and absolute, by dtype; all others 1e-7."""
BATCH = (1.0, 0.9, 0.8)
"""The elements of a batch are the sample times these."""


def tolerance_of(dtype: str) -> float:
    return TOLERANCES.get(dtype, 1e-7)


OPS: dict[str, OpInfo] = {op.name + (f".{op.variant_test_name}" if op.variant_test_name else ""): op for op in op_db}


class Case:
    """A sample of an op: its tensors apart from everything else, and which of them, and of its outputs, have derivatives."""

    def __init__(self, name: str, sample: SampleInput) -> None:
        self.name = name
        self.op = OPS[name]
        self.arguments = arguments_of(sample)
        self.process = sample.output_process_fn_grad
        leaves = list(tensors_in(self.arguments))
        self.numbers = tuple(at for at, x in enumerate(leaves) if x.requires_grad)
        self.size = sum(leaves[at].numel() for at in self.numbers)
        self.is_small = False
        """Whether second derivatives are taken by all nestings."""
        self.of_torch = Side(self, torch)
        self.ours = Side(self, chainrule)
        result = self.of_torch.wrapped(self.of_torch.leaves())
        self.wanted = [at for at, y in enumerate(tensors_in(result)) if y.requires_grad and self.numbers]

    @functools.cached_property
    def tolerance(self) -> float:
        """In what precision the op computes: integers become float32."""
        found = [str(x.dtype) for x in tensors_in(self.arguments)]
        return max(
            tolerance_of(x if "float" in x or "complex" in x else "torch.float32") for x in found or ["torch.float32"]
        )

    @functools.cached_property
    def is_complex(self) -> bool:
        return any(x.is_complex() for x in tensors_in(self.arguments))


class Side:
    """A case in one of the two libraries."""

    def __init__(self, case: Case, library: ModuleType) -> None:
        self.case = case
        self.torch: Any = library

    def own(self, of_torch: Callable[..., Any] | None) -> Callable[..., Any]:
        """PyTorch's function in this library."""
        if of_torch is None:
            raise NotHereError("no such variant")
        return of_torch if self.torch is torch else translation.function(of_torch)

    @functools.cached_property
    def op(self) -> Callable[..., Any]:
        return self.own(self.case.op.op)

    def given(self, tensors: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """The arguments of the op, with these tensors."""
        rest = iter(tensors)
        given = with_tensors(self.case.arguments, rest)
        return given if self.torch is torch else translation.value(given)

    def tensors(self) -> list[Any]:
        """All tensors of the sample, new ones."""
        found = [x.detach().clone() for x in tensors_in(self.case.arguments)]
        return found if self.torch is torch else translation.value(found)

    def leaves(self) -> list[Any]:
        """All tensors of the sample, requiring grad where it does."""
        found = self.tensors()
        for at in self.case.numbers:
            found[at].requires_grad_()
        return found

    def inputs(self) -> tuple[Any, ...]:
        """The tensors of the sample that have derivatives."""
        tensors = self.tensors()
        return tuple([tensors[at] for at in self.case.numbers])

    @property
    def argnums(self) -> tuple[int, ...]:
        return tuple(range(len(self.case.numbers)))

    def call(self, op: Any = None, first: Any = None, tensors: Any = None, **more: Any) -> Any:
        """The op, or a variant of it, on the sample."""
        input, args, kwargs = self.given(self.leaves() if tensors is None else tensors)
        self.torch.manual_seed(0)
        return (op or self.op)(input if first is None else first, *args, **kwargs, **more)

    def into(self, results: Any, make: Callable[[Any, Any], Any], tensors: Any) -> Any:
        """The op with ``out=``, which is made of its results: what it returns, and what is in the memory given."""
        single = not isinstance(results, (tuple, list))
        given = [make(self.torch, x) for x in ([results] if single else results)]
        memory = [x.detach() for x in given]
        found = self.call(tensors=tensors, out=given[0] if single else tuple(given))
        if found is None:  # which some functions return that have several outputs
            return None, given
        same = [a is b for a, b in zip([found] if single else found, given, strict=True)]
        return found, same, [a for a, b in zip(memory, given, strict=True) if a.shape == b.shape]

    @property
    def as_method(self) -> Callable[..., Any]:
        return self.own(self.case.op.method_variant)

    @property
    def as_inplace(self) -> Callable[..., Any]:
        return self.own(self.case.op.inplace_variant)

    @property
    def as_operator(self) -> Callable[..., Any]:
        return self.own(self.case.op.operator_variant)

    @property
    def as_inplace_operator(self) -> Callable[..., Any]:
        return self.own(self.case.op.inplace_operator_variant)

    def aliases(self) -> Iterator[list[Callable[..., Any] | None]]:
        """Function, method and in-place method of each other name that is in a module that chainrule has."""
        for alias in self.case.op.aliases:
            if not translation.is_in_missing_module(alias.op):
                yield [form and self.own(form) for form in (alias.op, alias.method_variant, alias.inplace_variant)]

    def first_tensor(self) -> Any:
        """The first argument, to be written into: no leaf, if it requires grad."""
        input, _, _ = self.given(self.leaves())
        return input.clone()

    def wrapped(self, tensors: list[Any]) -> Any:
        """The op on these tensors, made a function whose derivatives are well defined.

        Of an op that reads one triangle of a symmetric matrix, a function of the whole matrix; of eigenvectors what does not
        depend on their phases.
        """
        input, args, kwargs = self.given(tensors)
        self.torch.manual_seed(0)
        result = self.own(self.case.op.gradcheck_wrapper)(self.op, input, *args, **kwargs)
        return self.own(self.case.process)(result)

    def function(self, *inputs: Any) -> tuple[Any, ...]:
        """The outputs that have a derivative, as a function of the tensors that have."""
        tensors = self.tensors()
        for at, x in zip(self.case.numbers, inputs, strict=True):
            tensors[at] = x
        outputs = list(tensors_in(self.wrapped(tensors)))
        return tuple([outputs[at] for at in self.case.wanted])

    def any_function(self, *tensors: Any) -> tuple[Any, ...]:
        """All outputs as a function of all tensors."""
        input, args, kwargs = self.given(tensors)
        self.torch.manual_seed(0)
        return tuple(tensors_in(self.op(input, *args, **kwargs)))

    def scalar(self, *inputs: Any) -> Any:
        """A real number that all outputs contribute to."""
        outputs = self.function(*inputs)
        terms = [(y * w).sum() for y, w in zip(outputs, self.weights(outputs), strict=True)]
        total = sum(terms[1:], terms[0])
        return total.real if total.is_complex() else total

    def weights(self, outputs: Any) -> tuple[Any, ...]:
        return self.random_like(outputs)

    def random_like(self, tensors: Any) -> tuple[Any, ...]:
        """Numbers of the shapes and dtypes of these tensors, the same in both libraries."""
        rng = np.random.default_rng(0)
        found = []
        for x in tensors:
            numbers = rng.uniform(0.5, 1.5, tuple(x.shape))
            if x.is_complex():
                numbers = numbers + 1j * rng.uniform(-1, 1, tuple(x.shape))
            found.append(self.torch.from_numpy(np.array(numbers)).to(x.dtype))
        return tuple(found)

    def batch(self, tensors: Any) -> list[Any]:
        """A batch of each tensor, along its first dimension. Integers and bools are all the same."""
        return [
            self.torch.stack([x * c if x.is_floating_point() or x.is_complex() else x for c in BATCH]) for x in tensors
        ]


def tensors_in(tree: Any) -> Iterator[Any]:
    """The tensors in any containers, in order."""
    if isinstance(tree, (torch.Tensor, chainrule.Tensor)):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for one in tree:
            yield from tensors_in(one)
    elif isinstance(tree, dict):
        for one in tree.values():
            yield from tensors_in(one)


def with_tensors(tree: Any, tensors: Iterator[Any]) -> Any:
    """The same containers with other tensors in them."""
    if isinstance(tree, torch.Tensor):
        return next(tensors)
    if isinstance(tree, (tuple, list)):
        return type(tree)([with_tensors(one, tensors) for one in tree])
    if isinstance(tree, dict):
        return {key: with_tensors(one, tensors) for key, one in tree.items()}
    return tree


def kind(sample: SampleInput) -> Any:
    """Samples of one kind differ in sizes and values only."""
    return described(arguments_of(sample))


def described(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        return x.ndim, x.numel() == 0, x.dtype, x.requires_grad
    if isinstance(x, (tuple, list)):
        return type(x), *map(described, x)
    if isinstance(x, dict):
        return tuple((key, described(one)) for key, one in x.items())
    return x if isinstance(x, (str, bool, torch.dtype)) or x is None else type(x)


@functools.lru_cache(maxsize=4)
def cases(name: str, dtype: torch.dtype) -> list[Case]:
    """What of an op is compared."""
    op = OPS[name]
    torch.manual_seed(0)
    samples = [sample for sample in islice(made(op, dtype), LOOKED_AT) if is_dense(arguments_of(sample))]
    samples = [sample for sample in samples if size(sample) <= LARGEST] or sorted(samples, key=size)[:2]
    seen, first, rest = set(), [], []
    for sample in samples:
        (rest if kind(sample) in seen else first).append(sample)
        seen.add(kind(sample))
    found = [Case(name, sample) for sample in (first + rest)[:TAKEN]]
    few = max(FEW, min((case.size for case in found if case.wanted), default=0))
    for case in found:
        case.is_small = case.size <= min(few, LARGEST)
    return found


def made(op: OpInfo, dtype: torch.dtype) -> Iterator[SampleInput]:
    needs_grad = op.supports_autograd and dtype in op.supported_backward_dtypes("cpu")
    # What is asked of samples of windows becomes a keyword of the call itself.
    small = {} if op.name.startswith("signal.windows.") else {"small_inputs_only": True}
    return iter(op.sample_inputs("cpu", dtype, requires_grad=needs_grad, **small))


def arguments_of(sample: SampleInput) -> Any:
    return sample.input, sample.args, sample.kwargs


def size(sample: SampleInput) -> int:
    return sum(x.numel() for x in tensors_in(arguments_of(sample)))


def is_dense(arguments: Any) -> bool:
    return all(x.layout == torch.strided and x.device.type == "cpu" for x in tensors_in(arguments))
