"""Programs as tutorials have them, by names that few others use; each leaves what it shows in ``result``."""

from __future__ import annotations

import contextlib
import io
import warnings
from types import ModuleType
from typing import Any

import numpy as np
from expressions import plain

OPERATORS = """
import numpy as np
from typing import List, Optional, Sequence, Tuple
from torch import Tensor
lib = torch.library
@lib.custom_op("course::sin", mutates_args=())
def sin(x: Tensor) -> Tensor:
    return torch.from_numpy(np.sin(x.numpy()))
x = torch.tensor([1., 2.], requires_grad=True)
"""
WITH_GRAD = (
    OPERATORS
    + """
sin.register_autograd(
    lambda ctx, g: g * ctx.saved_tensors[0].cos(), setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs)
)
"""
)
SEVERAL = (
    OPERATORS
    + """
@lib.custom_op("course::scaled", mutates_args=())
def scaled(xs: List[Tensor], k: int) -> Tuple[Tensor, int]:
    return sum(xs) * k, k
def setup(ctx, inputs, output):
    ctx.k = inputs[1]
def backward(ctx, g, _):
    return [g * ctx.k if need else None for need in ctx.needs_input_grad[0]], None
scaled.register_autograd(backward, setup_context=setup)
"""
)
KEYED = (
    OPERATORS
    + """
@lib.custom_op("course::keyed", mutates_args=())
def keyed(x: Tensor, k: int = 4, *, by: float = 2.) -> Tensor:
    return x * k * by
def setup(ctx, inputs, keyword_only_inputs, output):
    ctx.factor = inputs[1] * keyword_only_inputs["by"]
keyed.register_autograd(lambda ctx, g: (g * ctx.factor, None), setup_context=setup)
"""
)
WRITES = (
    OPERATORS
    + """
@lib.custom_op("course::double_", mutates_args={"x"})
def double_(x: Tensor) -> None:
    np.multiply(x.numpy(), 2, out=x.numpy())
"""
)
FLEX = """
from torch.nn.attention.flex_attention import *
from torch.nn.attention.flex_attention import create_mask, flex_attention, BlockMask, noop_mask
from torch.nn.attention.bias import causal_lower_right, causal_upper_left
torch.manual_seed(0)
q, k, v = (torch.randn(1, 2, 4, 3) for _ in range(3))
causal = lambda b, h, i, j: i >= j
window = lambda b, h, i, j: i - j < 2
sdpa = torch.nn.functional.scaled_dot_product_attention
"""
FLOPS = """
from torch.utils.flop_counter import FlopCounterMode, register_flop_formula
import torch.nn as nn
F = nn.functional
def counts(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return {name: {str(op): n for op, n in counter.get_flop_counts()[name].items()} for name in sorted(counter.get_flop_counts())}
def leaf(*shape):
    return torch.ones(*shape, requires_grad=True)
x, w = leaf(2, 3, 4), leaf(4, 5)
"""

MISC = """
from torch.quasirandom import SobolEngine
from torch.futures import Future, collect_all, wait_all
import io
"""

PROGRAMS: dict[str, str] = {
    "an operator without derivative": OPERATORS + "y = sin(x); result = y, y.grad_fn.name(), repr(sin)",
    "its backward": OPERATORS + "sin(x).sum().backward()",
    "with derivative": WITH_GRAD + "sin(x).sum().backward(); result = x.grad, torch.ops.course.sin(x), sin(x=x)",
    "twice": WITH_GRAD
    + "g, = torch.autograd.grad(sin(x).sum(), x, create_graph=True); result = torch.autograd.grad(g.sum(), x)",
    "names": OPERATORS
    + """
p = torch.ops.course.sin
o = p.default
result = [str(p), repr(p), str(o), repr(o), o.name(), o.namespace, o.__name__, p.__name__, p.overloads(), str(o._schema), o._overloadname]""",
    "without argument": OPERATORS + "sin()",
    "too many": OPERATORS + "sin(x, x)",
    "no tensor": OPERATORS + "sin(3)",
    "unknown name": OPERATORS + "torch.ops.course.nope",
    "unknown overload": OPERATORS + "torch.ops.course.sin.nope",
    "several, with lists": SEVERAL
    + "y, k = scaled([x, x.detach() * 3], 4); y.sum().backward(); result = y, k, x.grad, scaled([x], 1)",
    "keywords": KEYED + "keyed(x).sum().backward(); result = x.grad, keyed(x, 1, by=1), keyed(x, torch.tensor(3))",
    "positional keyword": KEYED + "keyed(x, 1, 2.)",
    "unknown keyword": KEYED + "keyed(x, q=2.)",
    "twice given": KEYED + "keyed(x, x=x)",
    "a gradient of another structure": SEVERAL
    + "scaled.register_autograd(lambda ctx, g, _: (g, None), setup_context=setup); scaled([x], 1)[0].sum().backward()",
    "aliased": OPERATORS
    + """
@lib.custom_op("course::same", mutates_args=())
def same(x: Tensor) -> Tensor:
    return x[:1]
same(torch.ones(2))""",
    "writes": WRITES + "y = torch.ones(2); double_(y); result = y, y._version",
    "writes, derivative": WRITES + "double_.register_autograd(lambda ctx, g: g)",
    "one kernel by device": OPERATORS
    + """
@lib.custom_op("course::twice", mutates_args=(), device_types="cuda")
def twice(x: Tensor) -> Tensor:
    return x * 2
try:
    twice(x)
except NotImplementedError:
    lib.register_kernel("course::twice", "cpu", lambda x: x * 3)
result = twice(x.detach())""",
    "batches": WITH_GRAD
    + """
@sin.register_vmap
def _(info, in_dims, x):
    return sin(x), in_dims[0]
result = torch.vmap(sin, in_dims=1, out_dims=1)(torch.ones(2, 3)), torch.vmap(torch.vmap(sin))(torch.ones(2, 2, 1))""",
    "batches by a loop": WITH_GRAD + "result = torch.vmap(sin)(torch.arange(6.).reshape(3, 2))",
    "schemas": OPERATORS
    + """
def f(x: Tensor, a: int, b: float = 1.0, c: bool = True, d: str = "q", e: Optional[int] = None, h: Optional[Tensor] = None,
      m: torch.types.Number = 2, *, n: Optional[List[int]] = None, o: int = -1) -> Tuple[Tensor, int, List[Tensor]]: ...
def g(xs: Sequence[Tensor], ys: List[Optional[Tensor]], t: torch.dtype) -> None: ...
result = [lib.infer_schema(f, mutates_args={"x"}), lib.infer_schema(g, mutates_args=(), op_name="g"),
          lib.infer_schema(sin._init_fn, mutates_args="unknown")]""",
    **{
        f"no schema: {text}": OPERATORS + f"def f{text}: ...\nlib.infer_schema(f, mutates_args=())"
        for text in (
            "(x) -> Tensor",
            "(x: Tensor)",
            "(x: dict) -> Tensor",
            "(x: Tuple[int, int]) -> Tensor",
            "(*x: Tensor) -> Tensor",
            "(x: Tensor) -> str",
            "(x: Tensor, y: Sequence[float] = (1.,)) -> Tensor",
            "(x: Optional[List[Tensor]]) -> Tensor",
        )
    },
    "no such argument": OPERATORS + "lib.infer_schema(sin._init_fn, mutates_args={'z'})",
    "a text of names": OPERATORS + "lib.infer_schema(sin._init_fn, mutates_args='x')",
    "checked": WITH_GRAD
    + """
sin.register_fake(lambda x: torch.empty_like(x))
result = lib.opcheck(sin, (x,)), lib.opcheck(sin, (x,), test_utils="test_schema")""",
    "checked, no fake": WITH_GRAD + "lib.opcheck(sin, (x,))",
    "checked, wrong shape": WITH_GRAD + "sin.register_fake(lambda x: x.new_empty(7)); lib.opcheck(sin, (x,))",
    "checked, no such test": WITH_GRAD + "lib.opcheck(sin, (x,), test_utils='nope')",
    "checked, a write": OPERATORS
    + """
@lib.custom_op("course::hidden", mutates_args=())
def hidden(x: Tensor) -> Tensor:
    return x.mul_(2).clone()
lib.opcheck(hidden, (torch.ones(2),))""",
    "a library": OPERATORS
    + """
mine = lib.Library("course_mine", "FRAGMENT")
shown = mine.define("plus(Tensor x, *, int k=2) -> Tensor")
mine.impl("plus", lambda x, *, k=2: x + k, "CompositeImplicitAutograd")
y = torch.ops.course_mine.plus(x, k=5)
result = shown, y, y.grad_fn.name(), str(torch.ops.course_mine.plus.default._schema)
mine._destroy()""",
    "a library, twice": OPERATORS
    + 'a = lib.Library("course_b", "FRAGMENT"); a.define("f(Tensor x) -> Tensor"); a.define("f(Tensor x) -> Tensor")',
    "a library of another kind": OPERATORS + 'lib.Library("course_c", "NOPE")',
    "aten": """
a = torch.ops.aten
x = torch.tensor([[1., -2.]], requires_grad=True)
result = [
    a.add(x, 1), a.add.Tensor(x, x, alpha=2), a.sum.dim_IntList(x, [1], True), a.relu.default(x), a.t(x), a._softmax(x, 1, False),
    a.convolution(x[None], torch.ones(1, 1, 2), None, [1], [0], [1], False, [0], 1), a.slice.Tensor(x, 1, 1), a.mse_loss(x, x * 2),
    repr(a.add), str(a.add.Tensor), a.add.Tensor.name(), str(a.relu.default._schema), a.transpose.int == a.transpose.int,
]""",
    "aten without": "torch.ops.aten.nope",
    "aten, wrong": "torch.ops.aten.add(torch.ones(1))",
    "flex": FLEX + "result = flex_attention(q, k, v, return_lse=True)",
    "flex: scores": FLEX
    + "bias = torch.randn(2, 4, 4); result = flex_attention(q, k, v, lambda s, b, h, i, j: s * 2 + bias[h, i, j] + (b - j), scale=0.5)",
    "flex: a mask": FLEX
    + "mask = create_block_mask(and_masks(causal, window), None, None, 4, 4, device='cpu'); result = flex_attention(q, k, v, block_mask=mask, return_lse=True)",
    "flex: nothing": FLEX
    + "mask = create_block_mask(lambda b, h, i, j: i > j, 1, 1, 4, 4, device='cpu'); result = flex_attention(q, k, v, block_mask=mask, return_lse=True)",
    "flex: groups": FLEX + "result = flex_attention(q, k[:, :1], v[:, :1], enable_gqa=True)",
    "flex: half": FLEX + "result = flex_attention(q.double(), k.double(), v.double())",
    "flex: no groups": FLEX + "flex_attention(q, k[:, :1], v[:, :1])",
    "flex: 3-D": FLEX + "flex_attention(q[0], k[0], v[0])",
    "flex: widths": FLEX + "flex_attention(q, k[..., :1], v)",
    "flex: another length": FLEX
    + "flex_attention(q, k, v, block_mask=create_block_mask(causal, 1, 1, 8, 4, device='cpu'))",
    "masks": FLEX
    + """
m = create_block_mask(causal, 2, 1, 10, 6, device="cpu", BLOCK_SIZE=(2, 3))
result = [create_mask(or_masks(causal, window), 1, 1, 3, 3, device="cpu"), str(m), repr(m), m.shape, m.sparsity(), m.numel(), *m.as_tuple()[:10],
          m.to_dense(), repr(m[0]), repr(m[:, :, 1:]), repr(m._adjust(4, 3)), m.to_string(2, limit=1),
          repr(BlockMask.from_kv_blocks(m.kv_num_blocks, m.kv_indices, BLOCK_SIZE=(2, 3)))]""",
    "a mask from scores": FLEX
    + "result = create_mask(lambda s, b, h, i, j: torch.where(i >= j, s, -float('inf')), 1, 1, 2, 2, device='cpu')",
    "masks of no functions": FLEX + "and_masks(3)",
    "a mask of numbers": FLEX + "create_block_mask(lambda b, h, i, j: i - j, 1, 1, 4, 4, device='cpu')",
    "a mask of one argument": FLEX + "create_mask(lambda s: s, 1, 1, 4, 4, device='cpu')",
    "biases": FLEX
    + "l, u = causal_lower_right(2, 4), causal_upper_left(2, 4); result = repr(l), repr(u), sdpa(q[:, :, :2], k, v, l), sdpa(q[:, :, :2], k, v, u)",
    "a bias and causal": FLEX + "sdpa(q, k, v, causal_upper_left(4, 4), is_causal=True)",
    "flops by module": FLOPS
    + """
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 2)))
with FlopCounterMode(display=False) as counter:
    model(torch.ones(3, 4)).sum().backward()
result = counter.get_total_flops(), counts(lambda: model(torch.ones(3, 4)).sum().backward())""",
    "flops of products": FLOPS
    + """
result = [counts(run) for run in (
    lambda: (x @ w).sum().backward(), lambda: (x @ x.mT).sum().backward(), lambda: torch.einsum("bij,jk->bik", x, w).sum().backward(),
    lambda: F.linear(x, w.t(), torch.ones(5)).sum().backward(), lambda: torch.baddbmm(torch.ones(1, 1, 3), x, x.mT), lambda: x + 1,
    lambda: torch.vmap(lambda a: a @ w)(x), lambda: torch.autograd.grad(torch.autograd.grad(((x @ w) ** 2).sum(), x, create_graph=True)[0].sum(), w),
    lambda: nn.GRU(4, 5)(x)[0].sum().backward(), lambda: nn.RNN(4, 5)(x)[0].sum().backward(), lambda: nn.LSTMCell(4, 5)(x[0])[0].sum().backward(),
    lambda: nn.MultiheadAttention(8, 2, batch_first=True)(*[torch.ones(2, 5, 8)] * 3)[0].sum().backward(),
)]""",
    "flops of convolutions": FLOPS
    + """
c = leaf(2, 4, 5, 6)
result = [counts(run) for run in (
    lambda: F.conv1d(leaf(2, 4, 9), leaf(6, 2, 3), leaf(6), stride=2, groups=2).sum().backward(),
    lambda: F.conv1d(torch.ones(2, 4, 9), leaf(6, 4, 3)).sum().backward(),
    lambda: F.conv_transpose2d(c, leaf(4, 3, 2, 2), stride=2, groups=2).sum().backward(),
    lambda: F.conv2d(c, leaf(4, 1, 3, 3), groups=4).sum().backward(), lambda: F.conv3d(leaf(1, 2, 3, 4, 5), leaf(3, 2, 1, 2, 3)),
)]""",
    "flops by a formula": FLOPS
    + """
with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.mul: lambda a, b, out_shape=None, **k: 3 + len(out_shape)}) as counter:
    torch.ones(2, 3) * torch.ones(3)
result = counter.get_total_flops()""",
    "sobol": MISC
    + """
e, s = SobolEngine(5), SobolEngine(40, scramble=True, seed=5)
torch.manual_seed(3)
d = SobolEngine(2, True)
result = [e.draw(3), e.draw(1), e.draw_base2(2), e.reset().fast_forward(2).draw(2, dtype=torch.float64), s.draw(4), s.sobolstate[:2], s.shift,
          s.draw(), d.draw(3), torch.rand(1), repr(e), repr(s), e.num_generated, e.MAXBIT, SobolEngine(1024).draw(200)[-1]]""",
    "sobol, too many": MISC + "SobolEngine(30000)",
    "sobol, no power of 2": MISC + "e = SobolEngine(2); e.draw(3); e.draw_base2(2)",
    "futures": MISC
    + """
f, seen = Future(), []
g = f.then(lambda done: done.wait() + 1)
f.add_done_callback(lambda done: seen.append(done.value()))
before = f.done()
f.set_result(3)
result = before, f.done(), f.wait(), g.wait(), seen, wait_all([f, g]), [one.value() for one in collect_all([f, g]).wait()]""",
    "a future, twice": MISC + "f = Future(); f.set_result(3); f.set_result(3)",
    "a future with an exception": MISC + "f = Future(); f.set_exception(KeyError('no')); f.wait()",
    "a future after an exception": MISC
    + "f = Future(); f.set_exception(KeyError('no')); f.then(lambda done: done.wait()).wait()",
    "a future without result": MISC + "Future().value()",
    "a future of no exception": MISC + "Future().set_exception(3)",
    "data left out": MISC
    + """
file = io.BytesIO()
with torch.serialization.skip_data():
    torch.save({"a": torch.ones(3), "b": 2}, file)
result = [*torch.load(io.BytesIO(file.getvalue())).values()]""",
    "stances": """
with torch.compiler.set_stance("force_eager"):
    result = torch.compiler.set_stance("eager_on_recompile")(lambda x: x + 1)(3)""",
    "no GPU of Intel's": """
xpu = torch.xpu
result = [xpu.is_available(), xpu.is_initialized(), xpu.device_count(), xpu.is_bf16_supported(), xpu.manual_seed(1), xpu.memory_stats(),
    xpu.manual_seed_all(1), xpu.seed(), xpu.get_rng_state_all(), xpu.empty_cache(), xpu.memory_allocated(), xpu.get_arch_list()]""",
    "a GPU in use": "result = [torch.cuda.is_initialized(), torch.cuda._initialized]",
    "names that older packages import": """
from torch.hub import urlparse
from torch.jit.annotations import Dict, List, Optional, Tuple
result = [urlparse("https://a.b/c/d.pth").path, str(List[int]), str(Dict[str, Tuple[int, Optional[str]]])]""",
    "sums of operands in two orders": """
torch.manual_seed(0)
rows, cols = torch.rand(2, 3, 4), torch.rand(2, 4, 3).mT
scores, mask = torch.rand(2, 3, 4, 4).transpose(0, 1), torch.rand(4, 4)
results = [cols + rows, rows + cols, cols + rows[:1], mask.T + scores, scores + mask, cols * rows * rows, cols > rows,
    torch.lerp(cols, rows, 0.5), torch.addcmul(cols, rows, cols), torch.addcmul(mask.T, scores, scores.contiguous()),
    torch.maximum(cols, rows), torch.atan2(rows, cols), cols.expand(5, 2, 3, 4) - rows, (cols + rows).exp() + rows,
    torch.rand(2, 1, 4).mT + torch.rand(2, 4, 3), torch.clamp(cols, rows, cols), cols // rows,
    torch.where(cols > 1, rows, rows), torch.where(rows > 1, cols, rows), cols.masked_fill(rows > 1, 0)]
result = [r.stride() for r in results]""",
    "draws for a sum lie as it does": """
torch.manual_seed(0)
signal = torch.nn.Conv1d(2, 4, 3, padding=1)(torch.ones(2, 2, 3)).mT + torch.ones(2, 3, 4)
result = [torch.nn.functional.dropout(torch.ones_like(signal), 0.5), torch.rand_like(signal)]""",
    "a GPU of Intel's": "torch.xpu.get_device_name()",
    "settings of the compiler": """
import torch._dynamo
import torch._inductor.config as inductor
from torch._dynamo import config
result = [config.suppress_errors, config.cache_size_limit, inductor.max_autotune, inductor.epilogue_fusion, torch._dynamo.reset()]
config.suppress_errors = torch._inductor.config.max_autotune = True
result += [torch._dynamo.config.suppress_errors, inductor.max_autotune]
config.suppress_errors = torch._inductor.config.max_autotune = False""",
    "more workers than processors": """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("default")
    for _ in range(3):
        torch.utils.data.DataLoader(range(3), num_workers=1000)
result = [(w.category.__name__, str(w.message)[:60]) for w in caught]""",
    "volatile": """
import warnings
x = torch.ones(1)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    x.volatile = True
    result = [x.volatile, [str(w.message) for w in caught]]""",
    "sequences that are no tuples": """
import warnings
a = torch.arange(6.).view(2, 3)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    result = [a[[0, None]], a[[[0, 1], [1, 2]]], a[[..., 0]], a[[0, 1]], a[[True, False]]]
    a[[0, slice(2)]] = 7.
    result += [a, [str(w.message)[:58] for w in caught]]""",
    "lists of arrays": """
a, b = np.arange(6.).reshape(2, 3), np.ones((2, 3))
result = [torch.tensor([a, b]), torch.tensor((a, b)), torch.FloatTensor([a, b]), torch.tensor([a[0]], dtype=torch.uint8),
    torch.as_tensor([a[::-1], b]), torch.tensor([a.astype(np.float32), b.astype(np.int64)]), torch.tensor([[a], [b]]),
    torch.tensor([np.zeros(0), np.zeros(0)]), torch.tensor([a > 1, b > 1]), torch.tensor([a.astype(np.complex64)] * 2)]""",
    "ragged arrays": "torch.tensor([np.ones(2), np.ones(3)])",
    "arrays of texts": """
result = []
for texts in ([np.array(["a"]), np.array(["b"])], [[np.array(["a"])]], ["a"]):
    try:
        torch.tensor(texts)
    except ValueError as error:
        result.append(str(error)[:25])""",
    "arrays of objects": "torch.tensor([np.array([None]), np.array([2])])",
    "names of modules": """
import torch.nn as nn
result = [nn.modules.activation.MultiheadAttention is nn.MultiheadAttention, nn.modules.pixelshuffle.PixelShuffle is nn.PixelShuffle,
    nn.modules.fold.Unfold is nn.Unfold, nn.modules.conv.Conv2d is nn.Conv2d,
    torch._C.Generator is torch.Generator, torch._C._LinAlgError is torch.linalg.LinAlgError]""",
    "what there is": "result = [torch.has_mps, torch.has_cuda, torch.has_cudnn, torch._logging.set_logs(dynamo=10)]",
    "flops, twice a formula": FLOPS + "register_flop_formula(torch.ops.aten.mm)(lambda *a: 1)",
    "flops, no operator": FLOPS + "register_flop_formula(3)(lambda *a: 1)",
}


def outcome(torch: ModuleType, program: str) -> dict[str, Any]:
    """What a program leaves in ``result``, or the exception that it raises."""
    namespace: dict[str, Any] = {"torch": torch, "np": np, "result": None, "__name__": "course"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            exec(program, namespace)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
            return {"raises": type(error).__name__}
    result = namespace["result"]
    values = result if isinstance(result, (list, tuple)) and not hasattr(result, "_fields") else [result]
    return {"values": [described(torch, value) for value in values]}


def described(torch: ModuleType, value: Any) -> Any:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], torch.Tensor):
        return [described(torch, one) for one in value]
    if not isinstance(value, torch.Tensor):
        return repr(value)
    return {"dtype": str(value.dtype), "shape": list(value.shape), "data": plain(value.detach().tolist())}
