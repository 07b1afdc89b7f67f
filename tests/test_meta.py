"""The device "meta": PyTorch's golden programs, and what they do not see."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from meta_programs import HEAD, programs
from sparse_programs import outcome

import chainrule as torch
from chainrule import nn

GOLDEN = json.loads((Path(__file__).parent / "golden" / "meta.json").read_text(encoding="utf-8"))
AT_ONCE = 20


@pytest.mark.parametrize("start", range(0, len(GOLDEN), AT_ONCE))
def test_as_pytorch(start: int) -> None:
    for program in programs()[start : start + AT_ONCE]:
        assert outcome(program, torch, HEAD) == GOLDEN[program], program


def test_all_programs_are_recorded() -> None:
    assert list(GOLDEN) == programs()


# -- what it costs -------------------------------------------------------------------------------------------------------


def test_a_model_of_seven_billion_parameters_is_made_and_run_in_little_memory() -> None:
    """Its weights would have 27 GB; so would, for a moment, what it draws and computes."""
    width = 8192
    tracemalloc.start()
    try:
        with torch.device("meta"):
            layers = [nn.TransformerEncoderLayer(width, 64, 4 * width, batch_first=True) for _ in range(8)]
            model = nn.Sequential(nn.Embedding(64000, width), *layers, nn.Linear(width, 64000))
            tokens = torch.randint(0, 64000, (8, 2048))
        logits = model(tokens)
        logits.sum().backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(p.numel() for p in model.parameters()) > 6.9e9
    assert logits.shape == (8, 2048, 64000)
    assert all(p.grad is not None and p.grad.shape == p.shape and p.grad.is_meta for p in model.parameters())
    assert peak < 50e6


@pytest.mark.parametrize("of_size", [10, 10**6])
def test_large_shapes_are_as_small_ones(of_size: int) -> None:
    """Kernels compute large arrays in blocks and in parts; there is nothing to be cut here."""
    x = torch.empty(4, of_size, device="meta", requires_grad=True)
    w = torch.empty(of_size, device="meta")
    for made in (
        x.clamp(-1, 1), x.corrcoef(), nn.functional.gelu(x), x.softmax(-1), x.sort()[0], x.cumsum(1), x.expm1(), x.logit(),
        nn.functional.layer_norm(x, (of_size,), w, w), nn.functional.linear(x, torch.empty(3, of_size, device="meta")),
    ):  # fmt: skip
        assert made.is_meta
        made.sum().backward()
    assert x.grad is not None
    assert (x.grad.shape, x.grad.stride()) == ((4, of_size), (of_size, 1))
    out, (last, _) = nn.LSTM(3, 4, device="meta")(torch.empty(10, of_size, 3, device="meta"))
    (out.sum() + last.sum()).backward()


def test_it_loads_with_the_first_tensor_that_asks_for_it() -> None:
    program = """
import sys
import chainrule as torch
torch.ones(2).sin(), torch.device("meta")
before = "chainrule.core.meta_level" in sys.modules
torch.empty(2, device="meta")
print(before, "chainrule.core.meta_level" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


# -- what PyTorch would not say -------------------------------------------------------------------------------------------


def test_errors_say_what_to_do() -> None:
    m = torch.empty(2, 3, device="meta")
    with pytest.raises(NotImplementedError, match=r"no data! It looks like you're calling .tolist.*empty_like"):
        m.tolist()
    with pytest.raises(NotImplementedError, match="to_empty"):
        nn.Linear(2, 3, device="meta").to("cpu")
    with pytest.raises(RuntimeError, match=r"two devices, meta and cpu.*add, of shapes"):
        m + torch.ones(2, 3)
    with pytest.raises(RuntimeError, match=r"shapes .2, 3. and .4, 3. do not broadcast"):
        m + torch.empty(4, 3, device="meta")


def test_a_refused_write_changes_nothing() -> None:
    c = torch.ones(2, 3)
    with pytest.raises(NotImplementedError):
        c.copy_(torch.empty(2, 3, device="meta"))
    assert c.tolist() == [[1.0] * 3] * 2
    assert c._version == 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.complex128, torch.bool, torch.uint8])
def test_dtypes(dtype: torch.dtype) -> None:
    m = torch.empty(4, 6, dtype=dtype, device="meta")
    part = m.t()[1:, ::2]
    assert (part.dtype, part.stride(), part.storage_offset()) == (dtype, (1, 12), 1)
    assert part.untyped_storage().nbytes() == m.nbytes == 24 * dtype.itemsize
    assert part.clone().stride() == (1, 5)
    assert torch.empty_strided((2, 2), (1, 5), dtype=dtype, device="meta").nbytes == 4 * dtype.itemsize


def test_weights_come_from_a_file_to_a_model_that_was_never_drawn(tmp_path: Path) -> None:
    torch.manual_seed(0)
    drawn = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).eval()
    torch.save(drawn.state_dict(), tmp_path / "weights.pt")
    with torch.device("meta"):
        bare = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).eval()
    bare.load_state_dict(torch.load(tmp_path / "weights.pt"), assign=True)
    x = torch.randn(5, 3)
    assert torch.equal(bare(x), drawn(x))
    empty = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).eval().to("meta").to_empty(device="cpu")
    empty.load_state_dict(drawn.state_dict())
    assert torch.equal(empty(x), drawn(x))
    empty(x).sum().backward()
    assert [p.grad is not None for p in empty.parameters()] == [True] * 6


def test_lazy_modules_live_where_they_are_told() -> None:
    with torch.device("meta"):
        lazy = nn.LazyLinear(2)
    assert lazy.weight.device == torch.device("meta")
    assert lazy(torch.empty(4, 3, device="meta")).shape == (4, 2)
    assert nn.LazyLinear(2).to("meta").to(torch.float64).weight.device.type == "meta"
    assert nn.LazyLinear(2, device="meta").to("cpu")(torch.ones(4, 3)).shape == (4, 2)


def test_summaries_and_shape_propagation() -> None:
    from chainrule.fx import symbolic_trace
    from chainrule.fx.passes.shape_prop import ShapeProp

    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 2)).to("meta")
    traced = symbolic_trace(net)
    ShapeProp(traced).propagate(torch.empty(2, 3, 8, 8, device="meta"))
    shapes = [tuple(node.meta["tensor_meta"].shape) for node in traced.graph.nodes if node.op == "call_module"]
    assert shapes == [(2, 8, 6, 6), (2, 8, 6, 6), (2, 288), (2, 2)]


def test_the_graph_is_drawn_and_explained_as_any_other() -> None:
    r = torch.empty(2, 3, device="meta", requires_grad=True)
    assert "relu" in torch.draw((r * 2).relu().sum()).text()


def test_jacobians_have_shapes() -> None:
    x = torch.empty(3, device="meta")
    for found in (
        torch.func.jacrev(torch.sin)(x),
        torch.func.jacfwd(torch.sin)(x),
        torch.func.hessian(lambda v: v.sin().sum())(x),
    ):
        assert found.is_meta
        assert found.shape == (3, 3)


# -- derivatives, and layers that make constants --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["softmax", "cumprod", "svdvals", "sort", "amax", "floor", "var", "istft", "ctc_loss"])
def test_forward_mode(name: str) -> None:
    """Rules make zeros, ones and indices of their own, which have to be where the operand is."""
    x = torch.empty(5, 3, device="meta")
    f = {
        "softmax": lambda x: x.softmax(1),
        "cumprod": lambda x: x.cumprod(1),
        "svdvals": torch.linalg.svdvals,
        "sort": lambda x: x.sort(1).values,
        "amax": lambda x: x.amax(0),
        "floor": torch.floor,
        "var": lambda x: x.var(0),
        "istft": lambda x: torch.istft(torch.complex(x, x), 8, window=torch.empty(8, device="meta")),
        "ctc_loss": lambda x: nn.functional.ctc_loss(
            x[:, None], torch.empty(1, 2, dtype=torch.int64, device="meta"), [5], [2]
        ),
    }[name]
    for value, tangent in (torch.func.jvp(f, (x,), (x,)), (f(x), torch.func.linearize(f, x)[1](x))):
        assert value.is_meta
        assert tangent.is_meta
        assert tangent.shape == value.shape
    for jacobian in (torch.func.jacfwd(f)(x), torch.func.jacrev(f)(x), torch.autograd.functional.jacobian(f, x)):
        assert jacobian.is_meta
        assert jacobian.shape == value.shape + x.shape


def test_gradients_that_are_filled_up_are_there_too() -> None:
    x, y = (torch.empty(3, device="meta", requires_grad=True) for _ in range(2))
    found = torch.autograd.grad(x.sum(), [x, y], allow_unused=True, materialize_grads=True)
    assert [g.is_meta for g in found] == [True, True]
    assert torch.autograd.functional.hessian(lambda x: x.sum(), x).is_meta


def test_attention_with_masks_made_on_the_way() -> None:
    from chainrule.nn.attention.bias import causal_lower_right
    from chainrule.nn.attention.flex_attention import create_block_mask, flex_attention

    with torch.device("meta"):
        model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
        x = torch.empty(2, 3, 8)
        mask = nn.Transformer.generate_square_subsequent_mask(3)
        q = torch.empty(1, 2, 3, 4)
    assert mask.is_meta
    assert model(x, x, tgt_mask=mask, tgt_is_causal=True).shape == (2, 3, 8)
    assert nn.functional.scaled_dot_product_attention(q, q, q, causal_lower_right(3, 3)).is_meta
    causal = create_block_mask(lambda b, h, i, j: i >= j, None, None, 3, 3)
    assert flex_attention(q, q, q, score_mod=lambda s, b, h, i, j: s + i - j, block_mask=causal).is_meta
