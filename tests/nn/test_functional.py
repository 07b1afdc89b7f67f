"""What losses, norms and tables do beyond PyTorch's recorded answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

import chainrule as torch
from chainrule import nn
from chainrule.func import vmap
from chainrule.nn import functional as F


def test_a_refused_batch_changes_no_statistics() -> None:
    norm = nn.BatchNorm1d(3)
    for refused in (torch.zeros(2, 4), torch.zeros(1, 3), torch.zeros(2, 3).double()):
        with pytest.raises((RuntimeError, ValueError)):
            norm(refused)
    assert norm.num_batches_tracked == 0
    assert norm.running_mean.tolist() == [0, 0, 0]


def test_statistics_that_cannot_be_written_are_refused_before_anything_is() -> None:
    mean, var = torch.zeros(2), torch.ones(1).expand(2)
    with pytest.raises(RuntimeError, match="single memory location"):
        F.batch_norm(torch.rand(3, 2), mean, var, training=True)
    assert mean.tolist() == [0, 0]


def test_statistics_of_one_network_do_not_take_in_a_batch_of_networks() -> None:
    mean, var = torch.zeros(2), torch.ones(2)
    with pytest.raises(RuntimeError, match="inplace arithmetic"):
        vmap(lambda x: F.batch_norm(x, mean, var, training=True))(torch.rand(3, 4, 2))
    means = torch.zeros(3, 2)
    vmap(lambda x, mean: F.batch_norm(x, mean, var.expand(2).clone() + 0 * mean, training=True))(
        torch.ones(3, 4, 2), means
    )
    assert means.flatten().tolist() == pytest.approx([0.1] * 6)


def test_rows_that_are_no_rows_scale_none_down() -> None:
    table = nn.Embedding(2, 2, max_norm=1.0, _weight=torch.full((2, 2), 5.0))
    with pytest.raises(IndexError, match="there are 2 rows"):
        table(torch.tensor([0, 2]))
    assert table.weight.min() == 5
    table(torch.tensor([1]))
    assert table.weight[0].tolist() == [5, 5]
    assert table.weight[1].norm().item() == pytest.approx(1)


def test_an_ignored_class_hides_infinities() -> None:
    scores = torch.tensor([[0.0, float("inf")], [1.0, 2.0]], requires_grad=True)
    loss = F.nll_loss(scores, torch.tensor([1, 0]), ignore_index=1)
    loss.backward()
    assert loss.item() == -1
    assert scores.grad.tolist() == [[0, 0], [-1, 0]]


@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 2, 5)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_linear_layer_in_half_precision_rounds_once(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x, w, b = (torch.randn(*sizes).to(dtype) for sizes in (shape, (30, 5), (30,)))
    exact = (x.double() @ w.double().T + b.double()).to(dtype)
    assert torch.equal(F.linear(x, w, b), exact)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(dtype: torch.dtype) -> None:
    scores = torch.tensor([[0.5, 300.0, -2.0, 299.0]], dtype=dtype)
    loss = F.cross_entropy(scores, torch.tensor([3]))
    assert loss.dtype is dtype
    assert loss.item() == pytest.approx(F.cross_entropy(scores.float(), torch.tensor([3])).item(), rel=4e-3)
    wide = torch.full((1, 600), 200.0, dtype=dtype)  # whose squares are beyond float16
    assert F.layer_norm(wide, (600,)).abs().max() == 0


def test_a_query_that_may_attend_to_nothing_has_no_gradient() -> None:
    q, k, v = (torch.rand(2, 3, requires_grad=True) for _ in range(3))
    mask = torch.tensor([[True, False], [False, False]])
    F.scaled_dot_product_attention(q, k, v, mask).sum().backward()
    assert q.grad.isfinite().all()
    assert v.grad.tolist() == [[1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.mse_loss(torch.zeros(2), torch.zeros(2, 1)),
        lambda: F.smooth_l1_loss(torch.zeros(2), torch.zeros(2, 1)),
        lambda: F.cross_entropy(torch.zeros(1, 2), torch.tensor([0]), size_average=True),
        lambda: F.hinge_embedding_loss(torch.zeros(2), torch.ones(2), reduce=True),
        lambda: F.kl_div(torch.zeros(2), torch.ones(2)),
        lambda: F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1, 2)),
        lambda: F.affine_grid(torch.zeros(1, 2, 3), (1, 1, 2, 2)),
        lambda: F.upsample(torch.zeros(1, 1, 2), 2),
        lambda: nn.InstanceNorm1d(3)(torch.zeros(2, 4)),
        lambda: nn.NLLLoss2d(reduction="sum"),
    ],
    ids=range(10),
)
def test_warnings_name_the_line_that_calls(call: Callable[[], object]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, call.__code__.co_firstlineno)]
