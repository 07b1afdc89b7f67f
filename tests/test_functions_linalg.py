"""Linear algebra, as PyTorch does it (golden/linalg.json), and as mathematics has it where PyTorch does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expressions import close, outcome

import chainrule as torch
from chainrule.functions.affine import linear
from chainrule.functions.legacy import FloatTensor

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "linalg.json").read_text())

TOLERANCE = 2e-5
"""Relative: the order of a float32 sum is the library's."""

OTHER_NODE = {
    "m @ x", "x[:1] @ x.mT", "torch.tensordot(v, v, 0)", "torch.tensordot(m[:, :1], x, 1)",
    "torch.chain_matmul(m, m.T, m)", "torch.linalg.vecdot(v + 1j, v - 1j)", "torch.einsum('ij,j->i', m[:, :1], v)",
    "torch.linalg.multi_dot([v[:2], m, m.T, m])", "torch.cdist(x, x[:, :2], p=1)", "torch.cdist(m, m, p=3.)",
    "torch.matrix_power(torch.ones(2, 2), 0)",
}  # fmt: skip
"""Programs whose last node PyTorch calls otherwise: it takes other steps there."""

OTHER_ERROR = {"torch.baddbmm(m, x, m)", "q = (m.T @ m + torch.eye(3)); torch.det(q.half())"}
"""Refused by PyTorch in other words: of a dimension out of range, of a kernel."""


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    if "raises" in want:
        assert program in OTHER_ERROR or got["raises"] == want["raises"]
        assert (
            program in OTHER_ERROR or got["says"][:20].lower() == want["says"][:20].lower() or "invalid" in want["says"]
        )
        return
    assert "raises" not in got, got
    for one, other in zip(got["values"], want["values"], strict=True):
        if isinstance(other, str):
            assert one == other
            continue
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        assert close(one["data"], other["data"], TOLERANCE)
        if "nodes" in other:
            assert program in OTHER_NODE or one["nodes"][0] == other["nodes"][0]
        for leaf, gradient in (other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient, TOLERANCE), leaf


# -- where PyTorch is wrong ---------------------------------------------------------------------------------------------


def hessian_of_det(a: Any) -> list[Any]:
    x = torch.tensor(a, dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(torch.det(x), x, create_graph=True)
    return [torch.autograd.grad(one, x, retain_graph=True)[0] for one in g.reshape(-1).unbind()]


@pytest.mark.parametrize("a", [[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
def test_the_second_derivative_of_a_2_by_2_determinant_is_constant(a: Any) -> None:
    want = [[[0, 0], [0, 1]], [[0, 0], [-1, 0]], [[0, -1], [0, 0]], [[1, 0], [0, 0]]]
    assert [h.tolist() for h in hessian_of_det(a)] == want


def test_the_gradient_of_det_at_singular_matrices() -> None:
    """PyTorch gives zeros at diag(2, 0, 3), where the derivative by the middle element is 6."""
    for n in (3, 4, 5):
        x = torch.diag(torch.arange(n, dtype=torch.float64)).requires_grad_()
        (g,) = torch.autograd.grad(torch.det(x), x)
        want = np.zeros((n, n))
        want[0, 0] = float(np.prod(range(1, n)))
        np.testing.assert_allclose(g.numpy(), want, atol=1e-14)


def test_the_third_derivative_of_det() -> None:
    """Of 3 by 3 matrices it is the same everywhere: the sum over permutations, polarised."""
    rng = np.random.default_rng(0)
    a, b, c = (torch.tensor(rng.standard_normal((3, 3))) for _ in range(3))
    x = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    y = torch.det(x)
    for direction in (a, b, c):
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        y = (g * direction).sum()
    signs = [(a + b + c, 1), (a + b, -1), (a + c, -1), (b + c, -1), (a, 1), (b, 1), (c, 1)]
    want = sum(sign * np.linalg.det(m.numpy()) for m, sign in signs)
    np.testing.assert_allclose(y.item(), want, rtol=1e-12)


# -- products -----------------------------------------------------------------------------------------------------------


def test_products_need_no_copies() -> None:
    """What a node of a product saves is the operands' own memory, and a transposed view costs nothing."""
    x, w = torch.ones(4, 3, requires_grad=True), torch.ones(5, 3, requires_grad=True)
    node = (x @ w.T).grad_fn
    assert node._saved_self._array is x._array
    assert np.shares_memory(node._saved_mat2._array, w._array)


def test_a_node_keeps_only_the_other_operand() -> None:
    x, w = torch.ones(4, 3), torch.ones(3, 5, requires_grad=True)
    node = (x @ w).grad_fn
    assert node._saved_mat2 is None
    assert node._saved_self.shape == (4, 3)


def test_products_of_halves_are_summed_in_float32() -> None:
    ones = torch.ones(1, 4096, dtype=torch.float16)
    assert (ones @ ones.T).item() == 4096
    assert torch.einsum("ij,kj->ik", ones, ones).item() == 4096
    small = torch.full((1, 1000), 0.001, dtype=torch.bfloat16)
    assert abs((small @ torch.ones(1000, 1, dtype=torch.bfloat16)).item() - 1) < 0.01


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (2, 1, 2, 3)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear(shape: tuple[int, ...], with_bias: bool) -> None:
    rng = np.random.default_rng(0)
    x, w, b = (torch.tensor(rng.standard_normal(s), requires_grad=True) for s in (shape, (5, 3), (5,)))
    y = linear(x, w, b if with_bias else None)
    want = x.detach().numpy() @ w.detach().numpy().T + (b.detach().numpy() if with_bias else 0)
    np.testing.assert_allclose(y.detach().numpy(), want, rtol=1e-14)
    g = torch.tensor(rng.standard_normal(y.shape))
    y.backward(g)
    rows = g.numpy().reshape(-1, 5)
    np.testing.assert_allclose(w.grad.numpy(), rows.T @ x.detach().numpy().reshape(-1, 3), rtol=1e-12)
    np.testing.assert_allclose(x.grad.numpy(), g.numpy() @ w.detach().numpy(), rtol=1e-12)
    if with_bias:
        np.testing.assert_allclose(b.grad.numpy(), rows.sum(0), rtol=1e-12)
        assert y.grad_fn.name() == ("AddmmBackward0" if len(shape) == 2 else "ViewBackward0")
        assert y.grad_fn.next_functions[0][0].variable is b


def test_linear_refusals() -> None:
    x, w = torch.ones(2, 3), torch.ones(4, 3)
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 4x3\)"):
        linear(x, w.T)
    with pytest.raises(RuntimeError, match=r"The expanded size of the tensor \(4\) must match the existing size \(5\)"):
        linear(x, w, torch.ones(5))
    with pytest.raises(RuntimeError, match="m1 and m2 to have the same dtype, but got: float != double"):
        linear(x, w.double())
    with pytest.raises(RuntimeError, match="self and mat2 must have the same dtype, but got Double and Float"):
        linear(x, w, torch.ones(4).double())
    for given, bias in ((x, torch.ones(())), (x, torch.ones(2)), (x[0], torch.ones(1)), (x[None], torch.ones(2))):
        with pytest.raises(RuntimeError, match="mat2 must be a matrix, got 1-D tensor"):
            linear(given, torch.ones(3), bias)
    with pytest.raises(RuntimeError, match="both arguments to linear need to be at least 1D, but they are 0D and 2D"):
        linear(torch.tensor(1.0), w)
    with pytest.raises(TypeError, match=r"argument 'weight' .* must be Tensor, not list"):
        linear(x, [[1.0]])
    assert linear(x, w, torch.ones(1)).shape == (2, 4)
    assert linear(x, torch.ones(3)).tolist() == [3.0, 3.0]


def test_a_bias_that_is_added_has_a_dtype_of_its_own() -> None:
    x, w = torch.ones(2, 3, 5), torch.ones(4, 5)
    for bias in (torch.tensor(1), torch.tensor(1.0, dtype=torch.float64)):
        for y in (linear(x, w, bias), linear(x[0, 0], torch.ones(5), bias), linear(x[0, 0], w, bias)):
            assert y.dtype == torch.float32
            assert (y == 6).all()
    one_each = torch.ones(4, dtype=torch.float64)
    assert linear(x.transpose(0, 1), w, one_each).dtype == torch.float32
    for given in (x, x[0], x[0, 0]):
        with pytest.raises(RuntimeError, match="self and mat2 must have the same dtype, but got Double and Float"):
            linear(given, w, one_each)
    with pytest.raises(RuntimeError, match="result type ComplexFloat can't be cast to the desired output type Float"):
        linear(x, w, torch.tensor(1j))


def test_in_place_forms() -> None:
    x = torch.ones(2, 3)
    for name, args in {
        "addmm_": (torch.ones(2, 2), torch.ones(2, 3)),
        "addr_": (torch.ones(2), torch.ones(3)),
        "addbmm_": (torch.ones(4, 2, 5), torch.ones(4, 5, 3)),
    }.items():
        before = x._version
        assert getattr(x, name)(*args, beta=2, alpha=0.5) is x
        assert x._version == before + 1
    assert torch.ones(2).addmv_(torch.ones(2, 3), torch.ones(3)).tolist() == [4.0, 4.0]
    assert torch.ones(1, 2, 3).baddbmm_(torch.ones(1, 2, 2), torch.ones(1, 2, 3)).sum() == 18
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.ones(2, 3, requires_grad=True).addmm_(torch.ones(2, 2), torch.ones(2, 3))


def test_in_place_addmm_is_recorded() -> None:
    w = torch.ones(2, 2, requires_grad=True)
    y = torch.zeros(2, 3)
    y.addmm_(w, torch.ones(2, 3), alpha=3)
    y.sum().backward()
    assert w.grad.tolist() == [[9.0, 9.0], [9.0, 9.0]]


def test_out() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    out = torch.empty(2, 2)
    assert torch.mm(x, x.T, out=out) is out
    assert out.tolist() == [[5.0, 14.0], [14.0, 50.0]]
    assert out._version == 1
    sign, logabsdet = torch.empty(()), torch.empty(())
    result = torch.slogdet(torch.eye(2) * 2, out=(sign, logabsdet))
    assert result.sign is sign
    assert torch.allclose(logabsdet, torch.tensor(np.log(4.0), dtype=torch.float32))


def test_singular_matrices_are_named() -> None:
    with pytest.raises(torch.linalg.LinAlgError, match=r"\(Batch element 1\): The diagonal element 3 is zero"):
        torch.linalg.inv(torch.stack([torch.eye(3), torch.diag(torch.tensor([1.0, 1.0, 0.0]))]))
    assert issubclass(torch.linalg.LinAlgError, RuntimeError)
    assert torch.isnan(torch.linalg.inv(torch.full((2, 2), float("nan")))).all()


def test_a_singular_slogdet_differentiates_to_infinities() -> None:
    x = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(torch.slogdet(x).logabsdet, x)
    assert not torch.isfinite(g).any()


def test_the_chain_of_products_takes_the_cheapest_order() -> None:
    sizes = [(2, 100), (100, 3), (3, 100), (100, 1)]
    matrices = [torch.ones(*s, requires_grad=True) for s in sizes]
    product = torch.linalg.multi_dot(matrices)
    assert product.shape == (2, 1)
    assert product.grad_fn._saved_self.shape == (2, 100)  # the vector is multiplied back through the chain
    assert product[0, 0] == 30000


def test_names_that_torch_linalg_lacks() -> None:
    with pytest.raises(AttributeError, match="no public name of PyTorch"):
        torch.linalg.foo  # noqa: B018


def test_typed_constructors_know_products() -> None:
    assert isinstance(torch.ones(2) @ torch.ones(2), FloatTensor)


def test_addr_of_bools_is_logical() -> None:
    a, b, c = torch.tensor([[True, False], [False, False]]), torch.tensor([True, False]), torch.tensor([False, True])
    assert torch.addr(a, b, c).tolist() == [[True, True], [False, False]]
    assert torch.addr(a, b, c, beta=0).tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize("keepdim", [False, True])
def test_the_norm_of_a_number_along_a_dimension(keepdim: bool) -> None:
    x = torch.tensor(-3.0, requires_grad=True)
    for dim in (0, -1, (0,)):
        y = torch.linalg.vector_norm(x, 6, dim, keepdim)
        assert y.shape == ()
        assert y.item() == pytest.approx(3)
        assert torch.autograd.grad(y, x)[0].item() == pytest.approx(-1)
    with pytest.raises(IndexError, match="Dimension out of range"):
        torch.linalg.vector_norm(x, 6, 1)
