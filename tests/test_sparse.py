"""Sparse tensors: PyTorch's golden programs, derivatives, and what the programs do not see."""

from __future__ import annotations

import copy
import io
import json
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sparse_programs import outcome, programs

import chainrule as torch
from chainrule import nn
from chainrule.nn import functional as F

GOLDEN = json.loads((Path(__file__).parent / "golden" / "sparse.json").read_text(encoding="utf-8"))
AT_ONCE = 20
D = torch.float64


@pytest.mark.parametrize("start", range(0, len(GOLDEN), AT_ONCE))
def test_as_pytorch(start: int) -> None:
    for program in programs()[start : start + AT_ONCE]:
        assert outcome(program, torch) == GOLDEN[program], program


def test_all_programs_are_recorded() -> None:
    assert list(GOLDEN) == programs()


# -- derivatives ---------------------------------------------------------------------------------------------------------


def matrix(kind: str, seed: int = 0) -> torch.Tensor:
    """A sparse matrix (3, 2): coalesced, not coalesced, or by rows."""
    torch.manual_seed(seed)
    s = ((torch.rand(3, 2, dtype=D) + 0.1) * (torch.rand(3, 2) < 0.8)).to_sparse()
    if kind == "uncoalesced":
        i, v = s.indices(), s.values()
        s = torch.sparse_coo_tensor(torch.cat([i, i[:, :2].flip(1)], 1), torch.cat([v, v[:2]]), s.shape)
    return (s.to_sparse_csr() if kind == "csr" else s.to_sparse_csc() if kind == "csc" else s).requires_grad_()


def dense(*shape: int) -> torch.Tensor:
    torch.manual_seed(2)
    return torch.rand(shape, dtype=D).requires_grad_()


d, e, b, w, k = dense(3, 2), dense(2, 2), dense(3, 2), dense(2), dense()
BOTH: dict[str, tuple[Callable[..., Any], str]] = {
    "mm": (lambda s, e: s @ e, "se"),
    "sparse.mm": (torch.sparse.mm, "se"),
    "mv": (lambda s, w: s @ w, "sw"),
    "vm": (lambda s, d: d[:, 0] @ s, "sd"),
    "addmm": (lambda b, s, e: torch.addmm(b, s, e, beta=2, alpha=3), "bse"),
    "sparse.addmm": (lambda b, s, e: torch.sparse.addmm(b, s, e, beta=2, alpha=3), "bse"),
    "dense mm": (lambda d, s: d.t() @ s, "ds"),
    "dense sparse.mm": (lambda d, s: torch.sparse.mm(d.t(), s), "ds"),
    "product of two": (lambda s, z: s @ z.t(), "sz"),
    "sparse.mm of two": (lambda s, z: torch.sparse.mm(s, z.t()), "sz"),
    "add": (lambda s, z: s + z, "sz"),
    "sub": (lambda s, z: torch.sub(s, z, alpha=2), "sz"),
    "add to dense": (lambda d, s: d + s, "ds"),
    "mul": (lambda s, z: s * z, "sz"),
    "mul by dense": (lambda s, d: s * d, "sd"),
    "mul by a row": (lambda s, w: s * w, "sw"),
    "mul by a number": (lambda s, k: s * k, "sk"),
    "div": (lambda s, k: s / k, "sk"),
    "neg": (lambda s: -s, "s"),
    "sum": (lambda s: s.sum() ** 2, "s"),
    "norm": (lambda s: s.norm(), "s"),
    "norm 3": (lambda s: s.norm(3), "s"),
    "sqrt": (torch.sqrt, "s"),
    "sin": (torch.sin, "s"),
    "pow": (lambda s: s**3, "s"),
    "clone": (lambda s: s.clone() * s, "s"),
    "to_dense": (lambda s: s.to_dense() ** 2, "s"),
    "to_sparse_csr": (lambda s: s.to_sparse_csr() * 2, "s"),
    "to_sparse_coo": (lambda s: s.to_sparse_coo() * s.to_sparse_coo(), "s"),
    "sparse_mask": (lambda s, z: s.sparse_mask(z.detach()), "sz"),
    "select": (lambda s: s[1] * 2, "s"),
    "element": (lambda s: s[1, 1] ** 2, "s"),
    "index_select": (lambda s: s.index_select(0, torch.tensor([1, 0, 1])), "s"),
    "linear": (lambda s, e: F.linear(s, e.t()), "se"),
}
COORDINATES: dict[str, tuple[Callable[..., Any], str]] = {
    "values": (lambda s: s.coalesce().values() ** 2, "s"),
    "sparse.sum 0": (lambda s: torch.sparse.sum(s, 0), "s"),
    "sparse.sum 1": (lambda s: torch.sparse.sum(s, dim=1), "s"),
    "sparse.sum": (torch.sparse.sum, "s"),
    "sum 0": (lambda s: s.sum(0), "s"),
    "softmax": (lambda s: torch.sparse.softmax(s, 1), "s"),
    "log_softmax": (lambda s: torch.sparse.log_softmax(s, 0), "s"),
    "cat": (lambda s, z: torch.cat([s, z], 1), "sz"),
    "stack": (lambda s, z: torch.stack([s, z]), "sz"),
    "unsqueeze": (lambda s: s.unsqueeze(0) * 2, "s"),
    "slice": (lambda s: s[1:3], "s"),
    "reshape": (lambda s: s.reshape(2, 3) * 2, "s"),
    "permute": (lambda s: torch.stack([s, s]).permute(2, 0, 1) * 2, "s"),
    "bmm": (lambda s, e: torch.bmm(torch.stack([s, s]), torch.stack([e, e * 2])), "se"),
}
BY_ROWS: dict[str, tuple[Callable[..., Any], str]] = {
    "values": (lambda s: s.values() ** 2, "s"),
    "sampled_addmm": (lambda s, b, e: torch.sparse.sampled_addmm(s, b, e.t(), beta=2, alpha=0.5), "sbe"),
    "sum": (lambda s: s.sum(1, keepdim=True) * 2, "s"),
}
CASES = [
    (kind, name)
    for kind, more in (("coo", COORDINATES), ("uncoalesced", COORDINATES), ("csr", BY_ROWS), ("csc", {}))
    for name in {**BOTH, **more}
]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_derivatives(kind: str, name: str) -> None:
    function, operands = {**BOTH, **(BY_ROWS if kind == "csr" else COORDINATES)}[name]
    there = {"d": d, "e": e, "b": b, "w": w, "k": k, "s": matrix(kind), "z": matrix(kind, 1)}
    inputs = tuple([there[letter] for letter in operands])
    assert torch.autograd.gradcheck(function, inputs)
    if kind == "coo":
        assert torch.sparse.as_sparse_gradcheck(torch.autograd.gradgradcheck)(function, inputs, fast_mode=True)


def test_a_dense_tensor_that_becomes_sparse_has_a_dense_gradient() -> None:
    for function in (
        lambda d: (d * d).to_sparse() * 2,
        lambda d: (d * d).to_sparse(1) * 2,
        lambda d: (d * d).to_sparse_csr().values() ** 2,
        lambda d: (d * d).sparse_mask(matrix("coo").detach()),
        lambda d: torch.sparse_coo_tensor([[0, 0, 1]], d[:, 0], (2,)),
        lambda d: torch.sparse.spdiags(d, torch.tensor([0, 1, -1]), (3, 4)),
    ):
        out = function(d)
        (g,) = torch.autograd.grad(out.to_dense().sum(), d)
        assert g.layout is torch.strided
        torch.autograd.gradcheck(lambda d, f=function: f(d).to_dense(), (d,))


def test_the_gradient_of_a_sum_of_a_sparse_and_a_dense_part_is_dense() -> None:
    table = torch.ones(3, 2, dtype=D, requires_grad=True)
    loss = F.embedding(torch.tensor([1, 1]), table, sparse=True).sum() + (table * 3).sum()
    loss.backward()
    assert table.grad.tolist() == [[3, 3], [5, 5], [3, 3]]


def test_second_derivatives_of_looked_up_rows() -> None:
    def second(sparse: bool) -> torch.Tensor:
        table = dense(4, 2)
        rows = F.embedding(torch.tensor([[1, 1], [0, 2]]), table, padding_idx=2, sparse=sparse)
        (g,) = torch.autograd.grad((rows**3).sum(), table, create_graph=True)
        assert g.is_sparse is sparse
        (found,) = torch.autograd.grad((g.to_dense() ** 2).sum(), table)
        return found.to_dense()

    torch.testing.assert_close(second(True), second(False))


def test_a_function_with_a_sparse_constant_is_transformed() -> None:
    s = matrix("coo").detach()
    x = dense(2, 2).detach()
    value, change = torch.func.jvp(lambda x: (s @ x).sin(), (x,), (torch.ones_like(x),))
    wanted, moved = torch.func.jvp(lambda x: (s.to_dense() @ x).sin(), (x,), (torch.ones_like(x),))
    torch.testing.assert_close((value, change), (wanted, moved))
    g = torch.func.grad(lambda x: (s @ x).sin().sum())(x)
    torch.testing.assert_close(g, torch.func.grad(lambda x: (s.to_dense() @ x).sin().sum())(x))
    batch = torch.stack([x, 2 * x])
    torch.testing.assert_close(torch.vmap(lambda x: s @ x)(batch), s.to_dense() @ batch)
    with pytest.raises(NotImplementedError, match=r"no input of vmap"):
        torch.func.jvp(lambda s: s @ x, (s,), (s,))


# -- values --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dtype", [torch.float32, D, torch.float16, torch.bfloat16, torch.complex64, torch.int64, torch.bool]
)
def test_dtypes(dtype: torch.dtype) -> None:
    s = torch.sparse_coo_tensor([[0, 1, 1], [1, 0, 0]], [1, 0, 1], (2, 2)).to(dtype)
    assert s.dtype is s.coalesce().dtype is s.to_dense().dtype is s.to_sparse_csr().values().dtype is dtype
    assert s.to_dense().to(D).tolist() == [[0, 1], [1, 0]] if not dtype.is_complex else s.coalesce()._nnz() == 2
    if dtype is not torch.bool:
        product = s @ torch.eye(2).to(dtype)
        assert product.dtype is dtype
        assert product.to(torch.complex64).tolist() == [[0, 1], [1, 0]]


def test_a_product_of_many_entries_is_computed_in_parts() -> None:
    rows, columns = torch.randint(3000, (2, 40_000), generator=torch.Generator().manual_seed(0))
    s = torch.sparse_coo_tensor(torch.stack([rows, columns]), torch.ones(40_000, dtype=D), (3000, 3000))
    x = torch.rand(3000, 64, dtype=D)
    torch.testing.assert_close(s @ x, s.to_dense() @ x)
    torch.testing.assert_close(s.to_sparse_csr() @ x[:, 0], s.to_dense() @ x[:, 0])


def test_tensors_without_values() -> None:
    s = torch.sparse_coo_tensor(size=(3, 4)).requires_grad_()
    assert (s @ torch.ones(4, 2)).abs().sum() == 0
    assert torch.sparse.mm(s, torch.ones(4, 2)).shape == (3, 2)
    assert (s + s)._nnz() == (s * s)._nnz() == s.t().coalesce()._nnz() == torch.sparse.softmax(s, 1)._nnz() == 0
    assert s.sum() == s.norm() == torch.sparse.sum(s) == 0
    assert s.to_sparse_csr().crow_indices().tolist() == [0, 0, 0, 0]
    assert torch.zeros(0, 3).to_sparse().to_dense().shape == (0, 3)


def test_a_sparse_tensor_never_densifies_in_silence() -> None:
    s = matrix("coo").detach()
    for call in (
        s.exp, lambda: s + 1, lambda: s > 0, s.max, s.mean, lambda: np.asarray(s), s.tolist,
        lambda: torch.cat([s, torch.ones(1, 2, dtype=D)]), lambda: torch.where(s, s, s), s.log, lambda: s.cumsum(0),
        lambda: torch.linalg.svd(s), lambda: F.softmax(s, 1), lambda: F.conv1d(s[None], s[None]), s.sort, s.cos,
        lambda: torch.ones_like(s), lambda: s.new_ones(2), lambda: torch.ones(2).mul_(torch.ones(2).to_sparse()),
        lambda: torch.ones(3, 2, dtype=D).copy_(s), lambda: s.fill_(1), lambda: torch.rand(2, layout=torch.sparse_coo),
        lambda: torch.eye(2, layout=torch.sparse_csr), lambda: torch.full((2,), 1.0, layout=torch.sparse_coo),
    ):  # fmt: skip
        with pytest.raises((RuntimeError, TypeError)):
            call()


def test_values_cannot_be_changed_behind_a_tensors_back() -> None:
    s = matrix("coo").detach()
    for part in (s.clone().requires_grad_().values(), s.indices()):
        with pytest.raises(RuntimeError, match=r"clone|leaf"):
            part.mul_(2)
    values = torch.ones(1)
    s = torch.sparse_coo_tensor([[0]], values, (1,))
    values.mul_(5)
    assert s.to_dense().tolist() == [1]


def test_values_of_a_tensor_without_gradient_are_its_memory() -> None:
    s = torch.sparse_coo_tensor([[0, 2]], [1.0, 4.0], (3,)).coalesce()
    before, once, alias = s.clone(), s * 1, s.detach()
    s._values().sqrt_().add_(1)
    s.values()[0] = 7
    assert s.to_dense().tolist() == [7, 0, 3]
    assert before.to_dense().tolist() == once.to_dense().tolist() == [1, 0, 4]
    assert alias.to_dense().tolist() == [7, 0, 3]
    x = torch.ones(3, requires_grad=True)
    out = (x * s).to_dense().sum()
    s.values().mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.backward()


def test_a_write_in_place_is_noticed() -> None:
    s = matrix("coo").detach()
    x = dense(2, 2)
    out = s @ x
    s.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
    assert s._version == 1


def test_indices_are_checked() -> None:
    for indices, values, size in (
        ([[0, 3]], [1.0, 2.0], (3,)), ([[0, -1]], [1.0, 2.0], (3,)), ([[0, 1]], [1.0], (3,)), ([[0], [1]], [1.0], (3,)),
    ):  # fmt: skip
        with pytest.raises(RuntimeError):
            torch.sparse_coo_tensor(indices, values, size)
    for rows, columns in (
        ([0, 1], [0]),
        ([1, 1, 1], [0]),
        ([0, 1, 0], [0]),
        ([0, 1, 1], [2]),
        ([0, 1, 1], [-1]),
        ([0, 2, 1], [0]),
    ):
        with pytest.raises(RuntimeError, match=r"satisfied|equal to"):
            torch.sparse_csr_tensor(rows, columns, [1.0], (2, 2))
    with pytest.raises(RuntimeError, match="sorted and distinct"), torch.sparse.check_sparse_tensor_invariants():
        torch.sparse_csr_tensor([0, 2], [1, 0], [1.0, 2.0], (1, 2))
    assert torch.sparse_csr_tensor([0, 2], [1, 0], [1.0, 2.0], (1, 2)).to_dense().tolist() == [[2, 1]]


# -- with the rest of the library ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["coo", "uncoalesced", "csr", "csc"])
def test_copies_pickles_and_files(kind: str) -> None:
    s = matrix(kind)
    file = io.BytesIO()
    torch.save({"s": s.detach(), "p": nn.Parameter(s.detach())}, file)
    file.seek(0)
    loaded = torch.load(file)
    for same in (copy.deepcopy(s), copy.copy(s), pickle.loads(pickle.dumps(s)), loaded["s"], loaded["p"]):
        torch.testing.assert_close(same.detach(), s.detach())
        assert same.layout is s.layout
    assert pickle.loads(pickle.dumps(s)).requires_grad
    assert loaded["p"].requires_grad


def test_a_file_with_a_wrong_sparse_tensor_is_damaged() -> None:
    from chainrule.errors import CorruptFileError
    from chainrule.serialization._rebuild import Tensors

    with pytest.raises(CorruptFileError, match="size is inconsistent"):
        Tensors(lambda *_: None, None).sparse(torch.sparse_coo, (torch.tensor([[5]]), torch.ones(1), (2,), True))
    with pytest.raises(CorruptFileError):
        Tensors(lambda *_: None, None).sparse(3, ())


def test_a_graph_network_learns() -> None:
    torch.manual_seed(0)
    links = torch.rand(20, 20) < 0.2
    adjacency = torch.sparse.softmax((links | links.t() | torch.eye(20).bool()).float().to_sparse(), dim=1)
    features, classes = torch.randn(20, 8), torch.arange(20) % 3
    first, second = nn.Linear(8, 16), nn.Linear(16, 3)
    optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()], lr=0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        hidden = torch.relu(torch.sparse.mm(adjacency, first(features)))
        loss = F.cross_entropy(torch.spmm(adjacency, second(hidden)), classes)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("make", [torch.optim.SparseAdam, torch.optim.Adagrad, torch.optim.SGD])
def test_a_step_along_a_sparse_gradient_touches_its_rows_only(make: Any) -> None:
    m = nn.EmbeddingBag(1000, 3, sparse=True, mode="sum")
    before = m.weight.detach().clone()
    optimizer = make(m.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad(set_to_none=False)
        m(torch.tensor([[1, 5, 5], [7, 1, 1]])).pow(2).sum().backward()
        optimizer.step()
    assert m.weight.grad.is_sparse
    assert (m.weight != before).any(1).nonzero().flatten().tolist() == [1, 5, 7]
    kept = copy.deepcopy(optimizer.state_dict())
    optimizer.load_state_dict(kept)


def test_a_refused_step_changes_nothing() -> None:
    m, other = nn.Embedding(3, 2, sparse=True), torch.ones(2, requires_grad=True)
    m(torch.tensor([1])).sum().backward()
    other.sum().backward()
    optimizer = torch.optim.Adam([other, m.weight])
    with pytest.raises(RuntimeError, match="does not support sparse gradients, please consider SparseAdam"):
        optimizer.step()
    assert other.tolist() == [1, 1]


def test_gradients_of_rows_are_clipped_and_cleared() -> None:
    m = nn.Embedding(3, 2, sparse=True)
    m(torch.tensor([1, 1, 2])).sum().backward()
    total = nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    assert total == pytest.approx(10**0.5)
    assert m.weight.grad.norm() == pytest.approx(1.0, abs=1e-4)
    m.zero_grad(set_to_none=False)
    assert m.weight.grad._nnz() == 0
    assert m.weight.grad.is_sparse


def test_insight_shows_sparse_tensors() -> None:
    s, x = matrix("coo"), dense(2, 2)
    loss = (torch.sparse.mm(s, x) + (s * 2) @ x).sin().sum()
    assert "torch.sparse.mm(s, x)" in str(torch.draw(loss))
    assert "SparseAddmmBackward0" in str(torch.memory(loss))
    assert "its operands, or its gradients, are sparse tensors" in str(torch.explain(loss, x))
    loss.backward()
    assert "the chain rule over 2 uses of it" in str(torch.why(s))
    m = nn.Embedding(3, 2, sparse=True)
    assert "no backward has run" in str(torch.why(m.weight))
    m(torch.tensor([1])).sum().backward()
    assert "of size 1 at most" in str(torch.why(m.weight))


def test_a_batch_that_becomes_sparse_is_refused() -> None:
    i, v, x = torch.tensor([[0, 1], [1, 0]]), torch.ones(3, 2), torch.ones(2, 2)
    with pytest.raises(NotImplementedError, match="over a batch is not supported"):
        torch.vmap(lambda v: torch.sparse_coo_tensor(i, v, (2, 2)) @ x)(v)
    with pytest.raises(NotImplementedError, match="forward mode of a tensor that becomes sparse"):
        torch.func.jvp(lambda v: torch.sparse_coo_tensor(i, v, (2, 2)) @ x, (v[0],), (v[0],))


def test_transforms_and_xla_get_dense_gradients_of_tables() -> None:
    table = torch.ones(3, 2, dtype=D)
    g = torch.func.vmap(torch.func.grad(lambda w, i: F.embedding(i, w, sparse=True).sum()), (None, 0))(
        table, torch.tensor([0, 1])
    )
    assert g.shape == (2, 3, 2)


@pytest.mark.parametrize("settings", [{"weight_decay": 0.1}, {"differentiable": True}])
def test_a_step_that_is_refused_changes_nothing(settings: dict[str, Any]) -> None:
    first, table = torch.ones(2, requires_grad=True), torch.ones(3, 2, requires_grad=True)
    for make in (torch.optim.SGD, torch.optim.Adagrad):
        optimizer = make([first, table], 0.1, **settings)
        (F.embedding(torch.tensor([1]), table, sparse=True).sum() + first.sum()).backward()
        with pytest.raises(RuntimeError, match="sparse"):
            optimizer.step()
        assert first.tolist() == [1, 1]
        assert all(state["step"] == 0 for state in optimizer.state.values())
        optimizer.zero_grad()


def test_nothing_is_said_in_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s = matrix("coo")
        torch.sparse.mm(s, dense(2, 2)).sum().backward()
