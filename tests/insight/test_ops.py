"""The model of one call of each op: its values and cotangents are the tensor's and autograd's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from op_samples import SAMPLES, Sample

import chainrule as torch
from chainrule.core.op import OPS
from chainrule.core.views import current_node
from chainrule.insight import Graph
from chainrule.insight._symbols import ACTIONS, SYMBOLS

PART = 40
NAMES = sorted(SAMPLES)


def called(name: str, sample: Sample) -> tuple[list[Any], list[Any]]:
    """Leaves and outputs."""
    args = [
        torch.tensor(np.array(array, order="C")) if isinstance(array, np.ndarray) else array for array in sample.arrays
    ]
    leaves = [arg.requires_grad_() for arg in args if isinstance(arg, torch.Tensor) and arg.dtype.is_floating_point]
    result = OPS[name].apply(*args, **sample.params)
    outputs = result if isinstance(result, tuple) else (result,)
    return leaves, [out for out in outputs if isinstance(out, torch.Tensor) and out.grad_fn is not None]


@pytest.mark.parametrize("start", range(0, len(NAMES), PART))
def test_cotangents_are_those_of_autograd(start: int) -> None:
    compared = 0
    for name in NAMES[start : start + PART]:
        leaves, outputs = called(name, SAMPLES[name][0])
        if not outputs or not leaves or outputs[0].is_complex():
            continue
        seed = torch.ones_like(outputs[0])
        graph = Graph.of(outputs[0], seed=seed, label={f"leaf{at}": leaf for at, leaf in enumerate(leaves)})
        if any(op.problem for op in graph.operations):
            assert all("not implemented" in op.problem for op in graph.operations), name
            continue
        assert current_node(outputs[0]) is not None
        gradients = torch.autograd.grad(outputs[0], leaves, seed, allow_unused=True)
        values = {value.name: value for value in graph.values}
        for at, gradient in enumerate(gradients):
            if gradient is not None:
                np.testing.assert_array_equal(values[f"leaf{at}"].cotangent.array, gradient.numpy(), err_msg=name)
                compared += 1
    assert compared


def test_symbols_and_actions_are_of_ops_that_there_are() -> None:
    assert set(SYMBOLS) <= set(SAMPLES) | {"batch_in", "batch_out", "xla_in", "xla_out"}
    assert all(name in SAMPLES and operand in OPS[name].args for name, operand in ACTIONS)
