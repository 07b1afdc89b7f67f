"""Batch norms under ``vmap``: without running averages each element has statistics of its own."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule import nn
from chainrule.func import functional_call, replace_all_batch_norm_modules_, vmap


def test_models_with_batch_norms_are_vmapped_without_running_averages() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4)), nn.ReLU())
    x = torch.randn(5, 6, 3)
    with pytest.raises(RuntimeError, match="vmap: inplace"):
        vmap(model)(x)
    assert replace_all_batch_norm_modules_(model) is model
    norm = model[1][0]
    assert norm.running_mean is norm.running_var is norm.num_batches_tracked is None
    assert not norm.track_running_stats
    each = torch.stack([model(one) for one in x])
    torch.testing.assert_close(vmap(model)(x), each)
    model.eval()
    torch.testing.assert_close(vmap(model)(x), each)
    parameters = {name: torch.stack([value, 2 * value]) for name, value in model.named_parameters()}
    both = vmap(lambda given: functional_call(model, given, (x[0],)))(parameters)
    assert both.shape == (2, 6, 4)
    assert not both[0].equal(both[1])
