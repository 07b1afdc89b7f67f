"""Record what PyTorch does by keyword, in order and by name: tests/golden/names.json (needs torch).

Each line is a program of tests/expressions.py; tests/test_names.py runs them again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.nn.grad
import torch.testing
import torch.utils.benchmark

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from expressions import outcome  # noqa: E402

# What the hooks see, in order: the shapes, the numbers, and whether it is the very operand.
PACKED = (
    "seen = []; F = torch.nn.functional; w = torch.tensor([[1., 2., -1.], [.5, 1., 3.]], requires_grad=True); "
    "c = torch.nn.Parameter(torch.tensor([1., 2.])); r = torch.arange(6.).view(1, 1, 2, 3).requires_grad_(); "
    "known = {{'m': m, 'w': w, 'v': v, 'h': h, 'c': c, 'r': r}}; "
    "describe = lambda t: (list(t.shape), [round(float(e), 3) + 0 for e in t.detach().flatten()], "
    "[n for n, one in known.items() if one is t]); "
    "exec('with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(describe(t)) or t, lambda t: t): {}'); str(seen)"
)
SAVED = """
m * w
h * c[0]
m / w
m + w
m @ w.T
m @ v[:3]
torch.mm(m, w.T)
torch.bmm(m[None], w.T[None])
torch.addmm(c, m, w.T)
torch.baddbmm(m[None, :, :2], m[None], w.T[None])
torch.addmv(c, m, v[:3])
torch.dot(c, v[:2])
torch.outer(c, v)
F.linear(m, w)
F.conv2d(r, r[..., :2])
F.conv2d(r, r[..., :2], c[:1])
h.exp()
h.tanh()
h.sigmoid()
h.sqrt()
h.reciprocal()
F.relu(h)
F.gelu(h)
F.silu(h)
F.softplus(h)
F.leaky_relu(h)
F.softmax(h, 1)
F.log_softmax(h, 1)
h.log()
h.abs()
h.sin()
h ** 3
h.abs() ** w
2 ** h
h.var()
h.std()
h.norm()
h.max()
h.max(1)
h.logsumexp(1)
h.clamp(0, 2)
h.cumsum(0)
h.masked_fill(h > 2, 0)
h[0]
torch.where(h > 2, m, w)
torch.maximum(m, w)
torch.atan2(m, w)
torch.addcmul(m, m, w)
torch.lerp(m, w, .5)
torch.cat([m, w])
F.mse_loss(m, w)
F.huber_loss(m, w)
F.binary_cross_entropy_with_logits(m, w.detach())
F.embedding(n.clamp(max=1), m)
torch.cdist(m, w)
torch.linalg.inv(h[:, :2])
""".strip().splitlines()  # fmt: skip

Q = "q = torch.eye(2) * 2 + 1; "
KEYWORDS = f"""
torch.autograd.grad((m * m).sum(), m, None, None, False, True, True)
torch.autograd.grad(outputs=(m * m).sum(), inputs=m, only_inputs=True)
torch.quantile(m.detach(), .5, axis=0, keepdims=True)
torch.nanquantile(m.detach(), .5, axis=1)
torch.linalg.norm(m, axis=1)
torch.linalg.vector_norm(m, axis=0, keepdims=True)
torch.trapezoid(m, axis=0)
torch.cumulative_trapezoid(m, axis=1)
torch.gradient(m, axis=1)
torch.repeat_interleave(m, 2, axis=1)
torch.take_along_dim(m, a, axis=1)
torch.cross(m, m * 2, axis=1)
torch.fft.fft(m.detach(), axis=0).real
torch.fft.rfft2(m.detach(), axis=(0, 1)).real
torch.tensor_split(m, sections=2)
torch.tensor_split(m, indices=[1], dim=1)
torch.tensor_split(m, tensor_indices_or_sections=torch.tensor(2))
torch.hsplit(m, indices=[1])
torch.vsplit(m, sections=2)
torch.dsplit(x, sections=2)
torch.vsplit(m)
torch.vsplit(m, 2, sections=2)
torch.vsplit(m, parts=2)
torch.true_divide(input=m, other=2)
m.true_divide(other=2)
{Q}torch.linalg.cholesky(input=q)
{Q}torch.linalg.eigh(input=q)[0]
{Q}torch.linalg.eigvalsh(input=q)
{Q}torch.linalg.eigvals(input=q).real.sort()[0]
{Q}torch.linalg.matrix_power(input=q, n=2)
{Q}torch.linalg.matrix_rank(input=q)
{Q}torch.linalg.cond(input=q)
{Q}torch.linalg.pinv(input=q)
{Q}torch.linalg.matrix_exp(input=q)
{Q}torch.linalg.matrix_norm(input=q)
{Q}torch.linalg.tensorinv(input=q, ind=1)
{Q}torch.linalg.lstsq(input=q, b=q)[0]
{Q}torch.linalg.solve_triangular(input=q, B=q, upper=True)
{Q}torch.linalg.tensorsolve(input=q, other=q[0])
{Q}torch.triangular_solve(input=q, A=q)[0]
{Q}torch.cholesky_solve(input=q, input2=q)
{Q}torch.lu_solve(input=q, LU_data=q, LU_pivots=torch.tensor([1, 2], dtype=torch.int32))
{Q}torch.orgqr(input=q, input2=q[0])
{Q}torch.ormqr(input=q, input2=q[0], input3=q)
torch.special.legendre_polynomial_p(x=m.detach(), n=2)
torch.special.airy_ai(x=m.detach())
torch.special.spherical_bessel_j0(x=m.detach())
e.copy_(other=m)
m[:, :1].expand(size=(2, 4))
m[:, :1].expand((2, 4), implicit=False)
m[0].broadcast_to(size=(2, 3))
m.repeat(repeats=(2, 1))
m.tile(dims=(2, 1))
e.clone().resize_(size=(3, 2))
e.clone().resize_as_(n.T, memory_format=torch.contiguous_format)
e.clone().swapaxes_(axis0=0, axis1=1)
torch.nn.Hardtanh(min_value=-.5, max_value=1.)(m)
torch.nn.grad.conv1d_input((1, 1, 3), m[None, :1, :2], m[None, 1:, :2])
torch.nn.grad.conv1d_weight(m[None, :1], (1, 1, 2), m[None, 1:, :2])
torch.nn.grad.conv2d_weight(x.detach()[None, :, :, :3], (4, 1, 2, 2), torch.ones(1, 4, 2, 2), groups=2)
torch.nn.CrossMapLRN2d(3, .5, .75, 2.)(x.detach()[None])
torch.nn.CrossMapLRN2d(3)
torch.nn.CrossMapLRN2d(3)(m)
""".strip().splitlines()

AUTOCAST = """
torch.set_autocast_enabled('cpu', True); y = m @ m.T, torch.is_autocast_enabled('cpu'); torch.set_autocast_enabled('cpu', False); y[0].dtype, y[1], (m @ m.T).dtype
torch.set_autocast_enabled('cpu', True); torch.set_autocast_dtype('cpu', torch.float16); y = m @ m.T; torch.set_autocast_enabled('cpu', False); d = torch.get_autocast_dtype('cpu'); torch.set_autocast_dtype('cpu', torch.bfloat16); y.dtype, d
torch.set_autocast_dtype('cpu', torch.float16); c = torch.autocast('cpu'); c.__enter__(); y = m @ m.T; c.__exit__(None, None, None); torch.set_autocast_dtype('cpu', torch.bfloat16); y.dtype
torch.set_autocast_enabled(True); y = torch.is_autocast_enabled(), torch.is_autocast_enabled('cuda'), torch.is_autocast_enabled('cpu'); torch.set_autocast_enabled(False); y + (torch.is_autocast_enabled(),)
torch.autocast_increment_nesting(), torch.autocast_increment_nesting(), torch.autocast_decrement_nesting(), torch.autocast_decrement_nesting()
torch.set_autocast_cache_enabled(False); y = torch.is_autocast_cache_enabled(); torch.set_autocast_cache_enabled(True); y, torch.is_autocast_cache_enabled()
torch.set_autocast_gpu_dtype(torch.bfloat16); y = torch.get_autocast_dtype('cuda'); torch.set_autocast_gpu_dtype(torch.float16); y
torch.set_autocast_enabled('nothing', True)
torch.set_autocast_enabled(3)
torch.set_autocast_dtype('cpu', 3)
""".strip().splitlines()  # noqa: E501 - a program is a line

MEASURED = (
    "B = torch.utils.benchmark; M = lambda times, setup='pass', stmt='f(x)', **named: torch.utils.benchmark.Measurement("
    "100, times, torch.utils.benchmark.TaskSpec(stmt, setup, **named)); T = [.01, .0102, .0099, .011]; "
)
TIMED = """
str(M(T, 'import x')).split(chr(10))[1:]
str(M([.01], 'import x')).split(chr(10))[1:]
str(M([.01, .0102])).split(chr(10))[1:]
str(M(T, 'x' + chr(10) + 'y', 'a' + chr(10) + 'b')).split(chr(10))[1:]
str(M(T, label='L', sub_label='S', description='D', env='E', num_threads=4)).split(chr(10))[1:]
str(M([.01, .02, .03, .001], sub_label='S')).split(chr(10))[1:]
str(M([.01, .013, .012, .0115, .0101, .0108])).split(chr(10))[1:]
[f'{m.median:.4g} {m.mean:.4g} {m.iqr:.4g} {m.significant_figures} {m.has_warnings} {m.meets_confidence()}' for m in (M(T), M([.01]), M([1., 1.001, 1.0005, 1.0002, .9999]))]
[m.times for m in B.Measurement.merge([M([.01]), M([.02]), M([.03], stmt='h')])]
str(B.Compare([M([.01 * f / t, .011 * f / t, .0109 * f / t], label='A', sub_label=r, description=c, num_threads=t) for f, r, c, t in ((1, 'r1', 'c1', 1), (20, 'row 2', 'c1', 1), (2, 'r1', 'column 2', 1), (3, 'r1', 'c1', 4))]))
c = B.Compare([M([.01, .011, .0109], label='A', sub_label='r1', description='c1'), M([5e-6], label='B', sub_label='r', description='c')]); c.trim_significant_figures(); str(c)
str(B.Compare([M([.01], label='A', sub_label='r1', description='c1', env='e1'), M([.02], label='A', sub_label='r1', description='c1', env='e2')]))
c = B.Compare([M(t, label='f', sub_label='row', num_threads=n, description=d) for n, d, t in ((2, 'first', [1., 2., 3., 4.]), (1, 'first', [.123456] * 4), (1, 'second', [.2] * 3), (2, 'second', [.2, .4, .5]))]); c.highlight_warnings(); str(c)
B.Compare([3])
B.Timer(3)
B.Timer('x').repeat()
B.Timer('raise KeyError').timeit(1)
B.Timer('  y = x + 1', setup='x = 2', label='L').timeit(2).title
[B.select_unit(t) for t in (3, 1e-2, 1e-4, 1e-8, 1e-11)], [B.unit_to_english(u) for u in ('ns', 'us', 'ms', 's')]
""".strip().splitlines()  # noqa: E501

MADE = [
    *[f"dtype=torch.{d}" for d in "float64 float32 float16 bfloat16 complex64 int64 int8 uint8 bool".split()],
    "dtype=torch.float32, low=-1, high=1", "dtype=torch.int64, low=-1.5, high=2.5", "dtype=torch.uint8, low=-5, high=300",
    "dtype=torch.float32, low=float('-inf'), high=float('inf')", "dtype=torch.float32, noncontiguous=True",
    "dtype=torch.int64, low=0, high=2, exclude_zero=True", "dtype=torch.float32, low=1, high=1",
    "dtype=torch.float32, low=2, high=1", "dtype=torch.float32, low=float('nan')", "dtype=torch.int64, requires_grad=True",
    "dtype=torch.float32, requires_grad=True", "dtype='float32'",
]  # fmt: skip


def programs() -> list[str]:
    """All of them."""
    return [
        *[PACKED.format(line) for line in SAVED],
        *KEYWORDS,
        *AUTOCAST,
        *[MEASURED + line for line in TIMED],
        *[
            f"torch.manual_seed(1); (torch.testing.make_tensor(2, 3, device='cpu', {line}), torch.rand(1))"
            for line in MADE
        ],
    ]


def main() -> None:
    """Write the file."""
    lines = [f"{json.dumps(program)}: {json.dumps(outcome(torch, program))}" for program in programs()]
    (TESTS / "golden" / "names.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
