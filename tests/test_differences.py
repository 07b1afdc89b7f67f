"""The lines of docs/differences.md."""

from __future__ import annotations

import copy
import gc
import io
import math
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special

import chainrule as torch
from chainrule.autograd import grad
from chainrule.backend.normal_numpy import EXACT
from chainrule.func import jacrev, vmap
from chainrule.nn import functional as F
from chainrule.utils._pytree import tree_map
from chainrule.utils.checkpoint import checkpoint

f64 = torch.float64


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=f64, requires_grad=True)


@pytest.mark.parametrize(
    ("function", "at", "exact"),
    [
        (torch.tanh, 20.0, 4 * math.exp(-40.0)),
        (torch.sigmoid, 40.0, math.exp(-40.0)),
        (torch.expm1, -40.0, math.exp(-40.0)),
        (F.softplus, 25.0, 1 / (1 + math.exp(-25.0))),
        (F.silu, 40.0, 1 + 39 * math.exp(-40.0)),
    ],
)
def test_tails(function, at, exact) -> None:
    x = leaf(at)
    (g,) = grad(function(x).sum(), x)
    assert g.item() == pytest.approx(exact, rel=1e-14)


def test_tails_of_the_normal_distribution() -> None:
    assert torch.special.ndtr(leaf(-10.0)).item() == pytest.approx(7.61985302416e-24, rel=1e-11)
    assert F.gelu(leaf(-10.0)).item() == pytest.approx(-7.61985302416e-23, rel=1e-11)
    assert F.gelu(torch.full((17,), math.inf)).isinf().all()
    x = leaf(-1e6)
    (first,) = grad(torch.special.log_ndtr(x).sum(), x, create_graph=True)
    (second,) = grad(first.sum(), x)
    assert second.item() + 1 == pytest.approx(1e-12, rel=1e-3)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_cross_map_lrn2d(size: int) -> None:
    x = torch.linspace(0.2, 1.5, 8, dtype=f64).view(1, 4, 1, 2).requires_grad_()
    layer = torch.nn.CrossMapLRN2d(size, alpha=0.5)
    assert torch.autograd.gradcheck(layer, x)
    beside = (size - 1) // 2
    squares = [x[:, max(c - beside, 0) : c + beside + 1].square().sum(1) for c in range(4)]
    torch.testing.assert_close(layer(x), x / (1 + 0.5 / size * torch.stack(squares, 1)) ** 0.75)


def test_gamma_and_beta_draws() -> None:
    """The mean of dx/da is the derivative of the mean, a; and each draw moves as its quantile."""
    a = torch.ones(4000, dtype=f64, requires_grad=True)
    torch.manual_seed(0)
    x = torch.distributions.Gamma(a, 1.0).rsample()
    (g,) = grad(x.sum(), a)
    assert g.mean().item() == pytest.approx(1, rel=0.03)
    at = np.argmin(np.abs(x.detach().numpy() - 1))
    step = 1e-4
    u = scipy.special.gammainc(1.0, x[at].item())
    moved = [scipy.special.gammaincinv(1 + k * step, u) for k in (-1, 1)]
    assert g[at].item() == pytest.approx((moved[1] - moved[0]) / (2 * step), rel=1e-7)


def test_bessel_functions_and_polynomials_have_derivatives() -> None:
    x = leaf(0.7)
    (first,) = grad(torch.special.bessel_j0(x).sum(), x, create_graph=True)
    (second,) = grad(first.sum(), x)
    j = [scipy.special.jv(n, 0.7) for n in (0, 1, 2)]
    assert (first.item(), second.item()) == pytest.approx((-j[1], (j[2] - j[0]) / 2))
    (first,) = grad(torch.special.airy_ai(x).sum(), x, create_graph=True)
    (second,) = grad(first.sum(), x)
    assert second.item() == pytest.approx(0.7 * scipy.special.airy(0.7)[0])
    (first,) = grad(torch.special.legendre_polynomial_p(x, 2).sum(), x)
    assert first.item() == pytest.approx(3 * 0.7)
    assert torch.special.bessel_j0(torch.tensor(0.7, dtype=torch.float16)).dtype is torch.float16


def test_sinc() -> None:
    x = leaf(0.0)
    (first,) = grad(torch.sinc(x).sum(), x, create_graph=True)
    (second,) = grad(first.sum(), x)
    assert first.item() == 0
    assert second.item() == pytest.approx(-(math.pi**2) / 3)


def test_determinants_of_singular_matrices() -> None:
    x = torch.tensor(np.diag([2.0, 0.0, 3.0]), requires_grad=True)
    (g,) = grad(torch.det(x), x, create_graph=True)
    assert g.detach().numpy() == pytest.approx(np.diag([0.0, 6.0, 0.0]))
    (second,) = grad(g[1, 1], x)
    assert second.numpy() == pytest.approx(np.diag([3.0, 0.0, 2.0]))


@pytest.mark.parametrize("upper", [False, True])
def test_triangles_of_cholesky_factors(upper) -> None:
    full = torch.tensor([[2.0, 0.5], [1.0, 3.0]], dtype=f64)
    triangle = full.triu() if upper else full.tril()
    for function in (torch.cholesky_inverse, lambda f, upper: torch.cholesky_solve(full, f, upper=upper)):
        (one,), (other,) = (
            grad(function(f.requires_grad_(), upper=upper).square().sum(), f) for f in (full.clone(), triangle.clone())
        )
        assert one.equal(other)
        assert one[1, 0] == 0 if upper else one[0, 1] == 0


def test_matrix_exp_in_half_precision() -> None:
    x = torch.tensor([[3.0, -1.0], [0.5, 4.0]])
    assert torch.matrix_exp(x.half()).float().numpy() == pytest.approx(torch.matrix_exp(x).numpy(), rel=1e-3)


def test_products_with_zeros() -> None:
    x = leaf(0.0, 2.0, 3.0)
    (g,) = grad(x.prod(), x, create_graph=True)
    assert g.tolist() == [6.0, 0.0, 0.0]
    assert grad(g.sum(), x, retain_graph=True)[0].tolist() == [5.0, 3.0, 2.0]
    (g,) = grad(torch.cumprod(x, 0).sum(), x, create_graph=True)
    assert g.tolist() == [9.0, 0.0, 0.0]
    assert grad(g[0], x)[0].tolist() == [0.0, 4.0, 2.0]


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_norms_of_extreme_numbers(scale) -> None:
    x = leaf(3 * scale, 4 * scale)
    norm = torch.linalg.norm(x)
    assert norm.item() == pytest.approx(5 * scale)
    assert grad(norm, x)[0].tolist() == pytest.approx([0.6, 0.8])


def test_repeated_writes() -> None:
    v = leaf(1.0, 2.0)
    y = torch.zeros(3, dtype=f64)
    y[[0, 0]] = v
    assert y.tolist()[0] in (1.0, 2.0)
    (g,) = grad(y.sum(), v)
    assert g.tolist() == [float(y[0] == 1), float(y[0] == 2)]


def test_equal_huge_values() -> None:
    assert torch.full((10,), 1e20).var().item() == 0


def test_checkpoints() -> None:
    def overwriting(x: torch.Tensor) -> torch.Tensor:
        y = x.exp()
        return y.mul_(2).sin()

    x = leaf(0.5)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        grad(checkpoint(overwriting, x, use_reentrant=False).sum(), x)


def test_vmap_gives_what_a_loop_gives() -> None:
    x, values = torch.zeros(2, 3), torch.tensor([1.0, 2.0])
    index = torch.tensor([0])
    filled = vmap(lambda x, value: torch.index_fill(x, 0, index, value))(x, values)
    assert filled[:, 0].tolist() == [1.0, 2.0]
    assert vmap(lambda x: x.index_select(0, torch.tensor(1)))(x).shape == (2, 1)
    assert vmap(lambda x: x.argmax(keepdim=True))(torch.zeros(2, 3, 4)).shape == (2, 1, 1)


def test_second_derivatives_of_batch_and_layer_norms() -> None:
    w, x = torch.tensor([1.5, -2.0], dtype=f64), torch.tensor([[1.0, 0.3], [0.5, 2.0], [-1.0, 0.7]], dtype=f64)
    for norm in (
        lambda w, x: F.batch_norm(x, None, None, w, training=True),
        lambda w, x: F.layer_norm(x, (2,), w, eps=0.1),
    ):

        def loss(w: torch.Tensor, x: torch.Tensor, norm: Any = norm) -> torch.Tensor:
            return (norm(w, x) ** 3).sum()

        by_both = jacrev(jacrev(loss, (0, 1)), (0, 1))(w, x)
        assert torch.allclose(by_both[0][1], by_both[1][0].permute(2, 0, 1))
        assert by_both[0][1].abs().max() > 0.1


def test_running_statistics() -> None:
    x, mean, var = torch.ones(3, 2, requires_grad=True), torch.zeros(2), torch.ones(2)
    out = F.batch_norm(x, mean, var)
    F.batch_norm(x, mean, var, training=True)
    assert var._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
    assert x.grad is None


def test_binary_cross_entropy_of_certain_predictions() -> None:
    target = leaf(0.0, 1.0)
    loss = F.binary_cross_entropy(torch.tensor([0.0, 1.0], dtype=f64), target, reduction="sum")
    assert grad(loss, target)[0].tolist() == [100.0, -100.0]


def test_ctc_loss() -> None:
    scores = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]], dtype=f64).log().unsqueeze(1).requires_grad_()
    (g,) = grad(F.ctc_loss(scores, torch.tensor([[1]]), [2], [1], reduction="sum"), scores)
    assert g.sum(-1).flatten().tolist() == pytest.approx([-1, -1])  # at each time, all of the probability is somewhere
    loss = F.ctc_loss(scores, torch.tensor([[1, 2, 1]]), [2], [3])
    assert loss.item() == math.inf
    assert not grad(loss, scores)[0].any()


def test_bags() -> None:
    table = torch.tensor([[1.0], [2.0], [4.0]], dtype=f64)
    bags = F.embedding_bag(
        torch.tensor([0, 1, 2]), table, torch.tensor([0, 1, 2]), mode="sum", include_last_offset=True
    )
    assert bags.tolist() == [[1.0], [2.0]]


def test_nearest_neighbours_of_volumes() -> None:
    x = torch.arange(27.0, dtype=f64).reshape(1, 1, 3, 3, 3).requires_grad_()
    y = F.interpolate(x, scale_factor=2.3)
    w = torch.arange(float(y.numel()), dtype=f64).reshape(y.shape)
    (g,) = grad((y * w).sum(), x)
    assert (g * x).sum().item() == pytest.approx((y * w).sum().item(), rel=1e-14)


def test_distributions() -> None:
    distributions = torch.distributions

    def draw(factor: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(3)
        return distributions.Wishart(4.5, scale_tril=factor, validate_args=False).rsample((2,))

    factor = torch.tensor([[1.0, 0.0], [0.5, 2.0]], dtype=f64, requires_grad=True)
    assert torch.autograd.gradcheck(draw, factor)
    unit, p = distributions.Uniform(0.0, 1.0), torch.tensor(0.3, requires_grad=True)
    continuous = distributions.ContinuousBernoulli(p)
    assert distributions.kl_divergence(continuous, unit).item() == pytest.approx(-continuous.entropy().item())
    assert distributions.kl_divergence(unit, continuous).item() == pytest.approx(
        -continuous.log_prob(torch.tensor(0.5)).item()
    )
    infinite = distributions.kl_divergence(continuous, distributions.Uniform(0.5, 1.0))
    assert infinite == math.inf
    assert grad(infinite, p)[0] == 0
    circle = distributions.VonMises(leaf(0.0), 1.0).log_prob(torch.zeros(1))
    assert circle.item() == pytest.approx(1 - math.log(2 * math.pi * scipy.special.i0(1.0)), rel=1e-14)
    x = leaf(0.0)
    (density,) = grad(distributions.GeneralizedPareto(leaf(0.0), 2.0, 0.5).cdf(x).sum(), x)
    assert density == 0.5


def test_numpy_memory() -> None:
    array = np.ones(3)
    w = leaf(1.0, 2.0, 3.0)
    out = (torch.from_numpy(array) * w).sum()
    array[1] = 7
    with pytest.raises(RuntimeError, match=r"(?s)modified.*from outside"):
        out.backward()
    assert w.grad is None


def test_a_failed_backward_changes_nothing() -> None:
    x, y = leaf(1.0), leaf(2.0)
    fail = [True]

    def hook(g: torch.Tensor) -> None:
        if fail:
            fail.clear()
            raise ValueError("stop")

    h = y.exp()
    h.register_hook(hook)
    out = (x.exp() * h).sum()
    with pytest.raises(ValueError, match="stop"):
        out.backward()
    assert x.grad is None
    assert y.grad is None
    out.backward()
    assert x.grad.item() == pytest.approx(math.exp(3))


def test_read_only_memory_is_not_written_to() -> None:
    array = np.ones(2)
    array.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only"):
        torch.from_numpy(array).add_(1)
    assert array.tolist() == [1, 1]


def test_pickling_a_non_leaf_raises() -> None:
    with pytest.raises(RuntimeError, match=r"leaf|leaves|graph"):
        pickle.dumps(leaf(1.0) * 2)


def test_loading_executes_nothing() -> None:
    file = io.BytesIO()
    torch.save(print, file)
    for weights_only in (True, False):
        with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print was not an allowed global"):
            torch.load(io.BytesIO(file.getvalue()), weights_only=weights_only)


def test_a_damaged_file_is_an_error() -> None:
    file = io.BytesIO()
    torch.save(torch.ones(4), file)
    data = bytearray(file.getvalue())
    data[data.index(np.ones(4, np.float32).tobytes())] ^= 1
    with pytest.raises(RuntimeError, match="checksum"):
        torch.load(io.BytesIO(bytes(data)))


def test_a_save_to_a_path_is_whole_or_not_there(tmp_path: Path) -> None:
    torch.save(1, tmp_path / "x.pt")
    with pytest.raises((AttributeError, pickle.PicklingError)):
        torch.save([torch.ones(9), lambda: 1], tmp_path / "x.pt")
    assert torch.load(tmp_path / "x.pt") == 1


class Unsendable(torch.utils.data.Dataset[int]):
    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> int:
        class HiddenError(Exception):
            pass

        raise HiddenError("here")


def test_an_exception_that_cannot_be_pickled() -> None:
    with pytest.raises(RuntimeError, match=r"HiddenError.*here"):
        list(torch.utils.data.DataLoader(Unsendable(), num_workers=1))


def test_a_conversion_that_would_overflow_is_refused() -> None:
    with pytest.raises(RuntimeError, match="overflow"):
        torch.full((1,), 2.0**63, dtype=torch.int64)


def test_numpy_calls_are_recorded() -> None:
    x = leaf(0.5)
    assert grad(np.sin(x).sum(), x)[0].item() == pytest.approx(math.cos(0.5))
    assert grad((np.array([3.0]) * x).sum(), x)[0].item() == 3


def test_numpy_arrays_are_written_to_tensors() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    y[0] = np.array([1.0, 2.0, 3.0])[::-1]
    y[[1], :2] = np.array([[7, 8]])
    y[1, 2:] = np.float64(9)
    assert y.tolist() == [[3, 2, 1], [7, 8, 9]]
    assert not torch.autograd.grad(y.sum(), x)[0].any()
    with pytest.raises(RuntimeError, match=r"shape|size"):
        y[0] = np.ones(2)
    with pytest.raises(TypeError, match=r"can't convert np.ndarray of type"):
        y[0] = np.array(["a"])


def test_the_triangle_of_qr_is_differentiable() -> None:
    x = torch.tensor([[3.0, 1.0], [4.0, 2.0], [1.0, 1.0]], dtype=f64, requires_grad=True)
    (alone,) = grad(torch.linalg.qr(x, mode="r").R.square().sum(0), x, torch.ones(2, dtype=f64))
    (together,) = grad(torch.linalg.qr(x).R.square().sum(0), x, torch.ones(2, dtype=f64))
    assert alone.numpy() == pytest.approx(together.numpy())


def test_as_strided_scatter() -> None:
    x, v = leaf(1.0, 2.0, 3.0), leaf(4.0)
    y = torch.as_strided_scatter(x, v, (1,), (1,), 1)
    gx, gv = grad((y * torch.tensor([10.0, 100.0, 1000.0])).sum(), (x, v))
    assert (gx.tolist(), gv.tolist()) == ([10.0, 0.0, 1000.0], [100.0])


def test_ties_in_segment_reduce() -> None:
    x = leaf(2.0, 2.0, 1.0)
    y = torch.segment_reduce(x, "max", lengths=torch.tensor([3]))
    for sign in (1.0, -1.0):
        assert grad(sign * y.sum(), x, retain_graph=True)[0].tolist() == [sign / 2, sign / 2, 0.0]


def test_frexp_of_large_numbers() -> None:
    x = leaf(1e300)
    mantissa, exponent = torch.frexp(x)
    assert grad(mantissa.sum(), x)[0].item() == 2.0 ** -exponent.item()


def test_convolutions_of_no_channels() -> None:
    out = F.conv2d(torch.ones(2, 0, 3, 3), torch.ones(4, 0, 2, 2), torch.arange(4.0))
    assert out.shape == (2, 4, 2, 2)
    assert out[0, :, 0, 0].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_logaddexp_with_minus_infinity() -> None:
    for first in (True, False):
        x, y = leaf(-math.inf), leaf(1.0)
        pair = (x, y) if first else (y, x)
        slopes = grad(torch.logaddexp(*pair).sum(), pair, create_graph=True)
        assert sorted(slope.item() for slope in slopes) == [0.0, 1.0]
        for slope in slopes:
            assert [g.item() for g in grad(slope.sum(), pair, retain_graph=True)] == [0.0, 0.0]


def test_a_value_at_a_batched_mask() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        y[y > 3] = x[0]
        return y

    found = vmap(f)(torch.tensor([[1.0, 2.0], [5.0, 1.0]]))
    assert found.tolist() == [[2.0, 1.0], [5.0, 2.0]]


def test_post_accumulate_hooks_run_when_the_pass_is_over() -> None:
    x, y = leaf(1.0), leaf(2.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(y.grad is not None))
    (x * y.exp()).sum().backward()
    assert seen == [True]


def test_a_leaf_that_nobody_holds() -> None:
    x = leaf(1.0)
    y = leaf(2.0)
    out = (x * y).sum()
    accumulator = out.grad_fn.next_functions[0][0].next_functions[1][0]
    assert accumulator.variable is y
    del y
    gc.collect()
    assert accumulator.variable is None
    out.backward()
    assert x.grad.item() == 2


def test_many_normal_numbers() -> None:
    generator = torch.Generator().manual_seed(0)
    exact = torch.cat([torch.randn(EXACT, generator=generator) for _ in range(2)]).numpy()
    quick = torch.randn(2 * EXACT, generator=generator.manual_seed(0)).numpy()
    apart = np.abs(quick.view(np.int32) - exact.view(np.int32))
    assert apart.max() <= 4
    assert (apart > 2).mean() < 1e-3


class Marked(torch.Tensor):
    """A subclass with nothing of its own."""


def test_copies_of_a_subclass() -> None:
    marked = Marked([1.0]).requires_grad_()
    marked.tag = ["t"]
    for made in (copy.deepcopy(marked), pickle.loads(pickle.dumps(marked))):
        assert type(made) is Marked
        assert made.tag == ["t"]
        assert made.tag is not marked.tag
        assert made.is_leaf
        assert made.requires_grad


def test_two_classes_that_decline() -> None:
    class Other(torch.Tensor):
        pass

    assert (Marked([1.0]) == Other([1.0])) is False


def test_operators_in_forward_mode() -> None:
    @torch.library.custom_op("differences::cube", mutates_args=())
    def cube(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(x.numpy() ** 3)

    cube.register_autograd(
        lambda ctx, g: 3 * g * ctx.saved_tensors[0] ** 2,
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
    )
    assert torch.func.jvp(cube, (torch.tensor([2.0]),), (torch.ones(1),))[1].item() == 12


def test_operations_of_attention_and_of_lstm_are_counted() -> None:
    q = torch.ones(1, 1, 3, 2)
    lstm = torch.nn.LSTM(2, 4)
    with torch.utils.flop_counter.FlopCounterMode(display=False) as counter, torch.no_grad():
        torch.nn.functional.scaled_dot_product_attention(q, q, q)
        lstm(torch.ones(5, 1, 2))
    by_state = 5 * 2 * 4 * 16
    assert counter.get_total_flops() == 2 * 2 * 3 * 3 * 2 + 5 * 2 * 2 * 16 + by_state


def test_flex_attention_has_derivatives() -> None:
    q = torch.randn(1, 1, 3, 2, dtype=torch.float64, requires_grad=True)
    flex = torch.nn.attention.flex_attention.flex_attention
    assert torch.autograd.gradgradcheck(lambda q: flex(q, q, q, lambda s, b, h, i, j: s * s + i - j), (q,))


def test_writes_that_overlap_what_they_read() -> None:
    v = torch.arange(1.0, 13.0, requires_grad=True)
    x = (v * 1).reshape(4, 3)
    x[1:, :2] = x[:3, :2]
    assert x.tolist() == [[1, 2, 3], [1, 2, 6], [4, 5, 9], [7, 8, 12]]
    x[:, 0].square().sum().backward()
    assert v.grad.reshape(4, 3)[:, 0].tolist() == [4, 8, 14, 0]
    whole = torch.arange(4.0)
    with pytest.raises(RuntimeError, match="unsupported operation"):
        whole[1:] = whole[:-1]


def test_warnings_of_numpy() -> None:
    zero = torch.zeros(1)
    with np.errstate(all="raise"):
        assert (zero.log() / 0).item() == -math.inf
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        zero.log()
        assert [one.category for one in caught] == [RuntimeWarning]
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="chainrule")
        zero.log()
        assert len(caught) == 1


def test_dataclasses_are_containers() -> None:
    @dataclass
    class Pair:
        x: Any
        y: Any

    assert tree_map(abs, Pair(-1, [-2])) == Pair(1, [2])
    found = vmap(lambda pair: Pair(pair.x * 2, [pair.y]))(Pair(torch.ones(2), torch.zeros(2)))
    assert found.x.tolist() == [2, 2]


def test_out_may_be_an_operand() -> None:
    a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert torch.mm(a, a, out=a).tolist() == [[7, 10], [15, 22]]
    assert torch.mv(a, a[0], out=a[0]).tolist() == [149, 325]


@pytest.mark.parametrize("training", [False, True])
def test_a_weight_of_a_batch_norm_has_a_gradient_of_its_shape(training: bool) -> None:
    x = torch.tensor([[1.0, 2.0], [4.0, 8.0]], dtype=f64)
    found = []
    for shape in ((2,), (1, 2), (2, 1)):
        weight = torch.ones(shape, dtype=f64, requires_grad=True)
        y = F.batch_norm(x, torch.zeros(2, dtype=f64), torch.ones(2, dtype=f64), weight, training=training)
        (y * x).sum().backward()
        assert weight.grad is not None
        assert weight.grad.shape == shape
        found.append(weight.grad.flatten().tolist())
    assert found[0] == found[1] == found[2]
