"""The lines of docs/differences.md on sparse, nested and masked tensors."""

from __future__ import annotations

import math
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import grad
from chainrule.nn import functional as F

f64 = torch.float64


def test_indices_of_sparse_tensors_are_checked() -> None:
    with pytest.raises(RuntimeError, match="size is inconsistent with indices"):
        torch.sparse_coo_tensor([[3]], [1.0], (2,))
    with pytest.raises(RuntimeError, match="is not satisfied"):
        torch.sparse_csr_tensor([0, 1], [5], [1.0], (1, 2))
    with pytest.raises(RuntimeError, match="cannot set is_coalesced to true"):
        torch.sparse_coo_tensor([[1, 0]], [1.0, 2.0], (2,), is_coalesced=True)


def test_softmaxes_of_sparse_tensors_along_dense_dimensions() -> None:
    values = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=f64, requires_grad=True)

    def of_values(values: Any) -> Any:
        return torch.sparse.log_softmax(torch.sparse_coo_tensor([[0, 2]], values, (3, 2)), 1).to_dense()

    assert torch.autograd.gradcheck(of_values, (values,))
    twice = torch.sparse_coo_tensor([[1, 1]], [7.0, 8.0], (3,))
    assert torch.arange(3.0).sparse_mask(twice).to_dense().tolist() == [0, 1, 0]


def test_sparse_tensors_keep_what_they_were_made_of() -> None:
    values = torch.ones(2)
    s = torch.sparse_coo_tensor([[0, 1]], values, (2,)).coalesce()
    values.mul_(3)
    assert s.values().tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="clone"):
        s.indices().mul_(2)
    with pytest.raises(NotImplementedError, match="no sparse tensors of blocks"):
        torch.eye(2).to_sparse_bsr((1, 1))
    r = torch.eye(2, dtype=f64).to_sparse().requires_grad_()
    (g,) = grad(r.sin().to_dense().sum(), r)
    assert g.values().tolist() == pytest.approx([math.cos(1)] * 2)


def test_nested_tensors_do_more() -> None:
    x, y = (torch.tensor(values, dtype=f64, requires_grad=True) for values in ([1.0, 2.0], [3.0]))
    nt = torch.nested.as_nested_tensor([x, y], layout=torch.jagged)
    assert torch.autograd.gradcheck(
        lambda *parts: torch.nested.as_nested_tensor(list(parts), layout=torch.jagged).sin().amax(1), (x, y)
    )
    assert nt.softmax(1).grad_fn.name() == "CatBackward0"
    assert isinstance(nt.size(1), int)
    assert nt.size(1) not in (1, 2, -1)
    query = nt.unsqueeze(-1).unsqueeze(1)
    assert F.scaled_dot_product_attention(query, query, query, is_causal=True).shape == query.shape
    with pytest.raises(RuntimeError, match="Truncation"):
        torch.nested.to_padded_tensor(nt, 0.0, (2, 1))


@pytest.mark.filterwarnings("ignore:The PyTorch API of MaskedTensors")
def test_masked_tensors_do_more() -> None:
    mask = torch.tensor([[True, False], [False, True]])
    x = torch.masked.masked_tensor(torch.tensor([[1.0, 2.0], [3.0, -4.0]]), mask, requires_grad=True)
    y = torch.where(mask, x.relu(), x.sigmoid()).permute(1, 0)
    (y.sum() + x.select(0, 1).sum()).backward()
    assert x.grad.to_tensor(0).tolist() == [[1, 0], [0, 1]]
    assert torch.masked.mean(x).item() == x.mean().item() == -1.5
    assert x.to_sparse_csr().argmin().item() == 3
