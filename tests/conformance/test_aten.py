"""What PyTorch's functions call inside, as ``torch.ops.aten``: the same call here gives the same result."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

import chainrule
from chainrule.library._operators import namespace
from chainrule.utils._pytree import tree_leaves as our_leaves

OTHERWISE = (
    "rand", "empty", "linalg_eig", "dropout", "normal", "uniform", "bernoulli", "multinomial", "rrelu", "svd", "eigh", "exponential",
    "geometric", "cauchy", "poisson", "binomial", "matrix_exp",
)  # fmt: skip
"""Draws, memory that is not set, results that are determined up to a sign, and a sum of large terms in single precision."""


class Calls(TorchDispatchMode):
    """Runs each call here as well, the first few of each operator."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.wrong: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func)
        ours = None if self.counts.get(name, 0) > 2 else operator(func)
        given = None if ours is None else tree_map(converted, (args, kwargs or {}))
        result = func(*args, **(kwargs or {}))
        if given is not None and not any(word in name for word in OTHERWISE) and not holds_no_twin(given):
            self.counts[name] = self.counts.get(name, 0) + 1
            self.compare(name, ours, given, result)
        return result

    def compare(self, name: str, ours: Any, given: Any, result: Any) -> None:
        try:
            got = our_leaves(ours(*given[0], **given[1]))
            want = tree_leaves(result)
            assert len(got) == len(want)
            for one, other in zip(got, want, strict=True):
                if isinstance(other, torch.Tensor):
                    assert str(one.dtype) == str(other.dtype)
                    np.testing.assert_allclose(one.detach().numpy(), array_of(other), rtol=1e-4, atol=1e-4)
        except Exception as error:
            self.wrong.append(f"{name}: {type(error).__name__}: {error}"[:300])


def operator(func: Any) -> Any:
    packet = getattr(namespace("aten"), func._schema.name.removeprefix("aten::"), None)
    return None if packet is None else getattr(packet, func._overloadname, None)


def array_of(tensor: Any) -> Any:
    return np.array(tensor.detach().resolve_conj().resolve_neg().numpy())


NO_TWIN = object()


def holds_no_twin(given: Any) -> bool:
    return any(leaf is NO_TWIN for leaf in tree_leaves(given))


def converted(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return NO_TWIN if value.dtype is torch.bfloat16 or value.is_sparse else chainrule.from_numpy(array_of(value))
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return getattr(chainrule, str(value).removeprefix("torch."), NO_TWIN)
    if isinstance(value, torch.device):
        return chainrule.device(str(value))
    return NO_TWIN if isinstance(value, torch.Generator) else value


SKIPPED = ("sparse", "masked", "jiterator", "_refs", "torch.ops")


@pytest.mark.parametrize("part", range(8))
def test_the_same_call_gives_the_same(part: int) -> None:
    calls = Calls()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for op in op_db[part::8]:
            dtype = next((d for d in (torch.float32, torch.complex64, torch.int64, torch.bool) if d in op.dtypes), None)
            if dtype is None or op.name.startswith(SKIPPED):
                continue
            for number, sample in enumerate(op.sample_inputs("cpu", dtype)):
                if number > 5:
                    break
                with (
                    calls,
                    contextlib.suppress(NotImplementedError, RuntimeError),
                ):  # PyTorch refuses some of its samples
                    op(sample.input, *sample.args, **sample.kwargs)
    assert not calls.wrong, "\n".join(calls.wrong)
    assert len(calls.counts) > 50
