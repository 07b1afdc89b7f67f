"""Programs with masked tensors: PyTorch's answers are in tests/golden/masked.json (tools/record_masked.py)."""

from __future__ import annotations

HEAD = """
from torch.masked import MaskedTensor, as_masked_tensor, masked_tensor
data = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.25, -1.0]])
mask = torch.tensor([[True, False, True], [False, False, True]])
m = masked_tensor(data, mask)
r = masked_tensor(data, mask, requires_grad=True)
sp = masked_tensor((data * mask).to_sparse(), mask.to_sparse())
cs = masked_tensor((data * mask).to_sparse_csr(), mask.to_sparse_csr())
x = data.clone().requires_grad_()
i = torch.tensor([[0, 1, 1], [2, 0, 2]])
def grad(f):
    leaf = masked_tensor(data, mask, requires_grad=True)
    y = f(leaf)
    (y.sum() if y.dim() else y).backward()
    return y, leaf.grad
def flow(f):
    leaf = data.clone().requires_grad_()
    y = f(as_masked_tensor(leaf, mask))
    (y.sum() if y.dim() else y).backward()
    return y, leaf.grad
def second(f):
    g, = torch.autograd.grad(f(r).sum(), r, create_graph=True)
    return g, torch.autograd.grad(g.sum(), r)
def seen(leaf):
    found = []
    leaf.register_hook(found.append)
    (leaf * 2).sum().backward()
    return found
def where_example():
    a = torch.tensor([-10.0, -5, 0, 5, 100])
    few = a < 0
    ma = masked_tensor(a, few, requires_grad=True)
    mb = masked_tensor(torch.ones_like(a), ~few, requires_grad=True)
    y = torch.where(few, torch.exp(ma), mb)
    y.sum().backward()
    return y, ma.grad, mb.grad
def no_nan():
    a = torch.tensor([1.0, 1.0], requires_grad=True)
    div = torch.tensor([0.0, 1.0])
    as_masked_tensor(a / div, div != 0).sum().backward()
    return a.grad
def twice():
    for _ in range(2):
        as_masked_tensor(x * 2, mask).sum().backward()
    return x.grad
def of_scalar():
    a, b = torch.tensor([1.0, 2.0, float("nan")]), torch.tensor(1.0, requires_grad=True)
    c = (masked_tensor(a, ~torch.isnan(a)) * b).sum()
    return c, torch.autograd.grad(c, b)
def not_chosen():
    a = masked_tensor(torch.tensor(0.5), torch.tensor(True), requires_grad=True)
    y = torch.where(torch.tensor(False), a / 0, torch.ones(()))
    return y, torch.autograd.grad(y, a)
def adagrad():
    g = torch.sparse_coo_tensor(i, torch.tensor([3.0, 4.0, 5.0]), [2, 3]).coalesce()
    param, total = torch.arange(6.0).reshape(2, 3), torch.full((2, 3), 0.5)
    its = masked_tensor(g, (g.to_dense() != 0).to_sparse())
    total = total + its.pow(2).get_data()
    std = masked_tensor(total.to_sparse(), (g.to_dense() != 0).to_sparse()).sqrt().add(1e-10)
    return param.add((its / std).get_data(), alpha=-0.1)
"""
"""What the programs may use."""

_UNARY = "sin abs exp log sqrt square neg reciprocal rsqrt erf cos expm1 log1p asin atan sinh exp2"
_PLAIN = "sigmoid tanh sign round floor isnan digamma lgamma angle logit frac trunc"
_REDUCTIONS = "sum mean prod amax amin argmax argmin all var std"

PROGRAMS = [
    *[f"grad(lambda m: m.{name}())" for name in _UNARY.split()],
    *[f"m.{name}()" for name in _PLAIN.split()],
    *[f"m.{name}({args})" for name in _REDUCTIONS.split() for args in ("", "1", "0", "1, keepdim=True")],
    *[f"flow(lambda m: m.{name}({args}))" for name in "sum mean prod amax amin var".split() for args in ("", "1")],
    *[f"sp.{name}()" for name in _REDUCTIONS.split() if name != "all"],
    *[f"cs.{name}()" for name in "sum mean prod amax var".split()],
    *[f"masked_tensor(data.long(), mask).{name}()" for name in ("sum", "mean", "amax", "prod", "argmin")],
    *[
        f"torch.masked.{call}"
        for call in (
            "sum(r, 1)", "amax(m, 1)", "softmax(m, 1)", "normalize(m, 2.0, 1)", "norm(m, 2.0, 1)", "cumsum(m, 1)", "logsumexp(m, 1)",
            "sum(m, 1, mask=~mask)", "median(m, 1)", "prod(m, (0, 1))", "log_softmax(m, 1)", "argmax(m)", "is_masked_tensor(m)",
        )
    ],
    *"""
m
sp
cs
masked_tensor(data.long(), mask)
masked_tensor(data > 0, mask)
masked_tensor(torch.tensor(1.0), torch.tensor(False)), masked_tensor(torch.tensor(3), torch.tensor(True))
masked_tensor(data.half() * 1000, mask), masked_tensor(data * 1e6, mask)
masked_tensor(torch.tensor([float("nan"), float("inf")]), torch.tensor([True, True]))
masked_tensor(torch.arange(24).reshape(2, 3, 4).float(), torch.arange(24).reshape(2, 3, 4) % 2 == 0)[:, :, 2:4]
type(m).__name__, isinstance(m, torch.Tensor), isinstance(m.sum(), MaskedTensor), type(m.get_data()) is torch.Tensor
m.shape, m.dtype, m.layout, sp.layout, cs.layout, m.is_sparse, sp.is_sparse, sp.is_sparse_coo(), cs.is_sparse_csr()
m.get_data(), m.get_mask(), m.to_tensor(0), m.to_tensor(-1.5)
sp.get_data(), sp.get_mask()
cs.get_data()
r.requires_grad, r.is_leaf, r.sum().grad_fn.name(), r.sin().grad_fn.name(), r.get_data().grad_fn.name()
m + 1, 1 + m, 2 * m, m / 2, 2 / m, m**2, -m, m > 1, m == m, m % 2, m // 2
m + data, data * m, m * torch.arange(3), torch.tensor(2.0) * m, m[0] * data
sp + sp, sp * 2, sp / sp, sp + 1, sp.sin(), sp.pow(2), sp == sp, cs * cs, cs.sqrt(), cs.add(1e-10)
sp.to_dense(), cs.to_dense(), m.to_sparse_coo(), m.to_sparse_csr(), m.to_sparse_coo().get_data(), m.to_sparse_csr().get_data()
m + masked_tensor(data, ~mask)
m + masked_tensor(data[0], mask[0])
sp + m
m[0], m[:, 1], m[0, 0], m[mask], m[..., None], m[[0, 1]]
m.t(), m.reshape(-1), m.view(3, 2), m.transpose(0, 1), m.expand(2, 2, 3), m.split(1), m.chunk(2), m.narrow(1, 0, 1)
torch.cat([m, m]), torch.stack([m, m]), m.clone(), m.detach(), m.contiguous(), m.double(), m.long()
torch.where(mask, m, data), torch.where(mask, data, m), torch.maximum(m, m), m.clamp(0, 1), torch.ones_like(m)
m.add_(1), m.sin_(), m.mul_(2)
m.softmax(0), m.softmax(1)
float(m.sum()), m.sum().item(), bool(m.amax())
grad(lambda m: m + 1)
grad(lambda m: m.sum(1))
grad(lambda m: m.amax(0).sin())
grad(lambda m: m.prod(1, keepdim=True) * 2)
grad(lambda m: m * data)
grad(lambda m: m / data)
grad(lambda m: 2 / m)
grad(lambda m: m**3.0)
grad(lambda m: m / m)
grad(lambda m: m * data[0])
grad(lambda m: m.softmax(0))
grad(lambda m: m[0])
grad(lambda m: m[:, 1:])
grad(lambda m: m.view(3, 2))
grad(lambda m: m.t())
grad(lambda m: m.expand(2, 2, 3))
grad(lambda m: torch.cat([m, m]))
grad(lambda m: torch.stack([m, m]))
grad(lambda m: m.to_tensor(0))
grad(lambda m: m.get_data())
grad(lambda m: m.double())
grad(lambda m: torch.where(mask, m.exp(), torch.ones(2, 3)))
grad(lambda m: m.to_sparse_coo().sin().to_dense())
flow(lambda m: m * m.exp())
second(lambda m: m**3)
seen(r)
where_example()
no_nan()
twice()
of_scalar()
not_chosen()
adagrad()
r.backward()
masked_tensor(data, mask.float())
masked_tensor(data, mask[0])
masked_tensor(data, mask[:, :2])
masked_tensor(data.tolist(), mask)
masked_tensor(data, mask.to_sparse())
masked_tensor(data.to(torch.complex64), mask)
masked_tensor(data.bfloat16(), mask)
masked_tensor(m, mask)
as_masked_tensor(data, mask.int())
masked_tensor(data.to_sparse(), mask.to_sparse()).get_data()
masked_tensor(torch.sparse_coo_tensor(i, [3, 4, 5], (2, 3)), torch.sparse_coo_tensor(i, [True, False, True], (2, 3)))
masked_tensor(torch.sparse_csr_tensor([0, 2, 4], [0, 1, 0, 1], [1.0, 2, 3, 4]), torch.sparse_csr_tensor([0, 2, 4], [0, 1, 0, 1], [True, False, False, True]))
m.sort()
m.cumsum(1)
m.median()
m @ m.t()
m.any()
m.numpy()
m.tolist()
m.nonzero()
torch.equal(m, m)
m.new_zeros(2)
sp.values()
sp.sum(1)
~m
""".strip().split("\n"),
]  # fmt: skip


def programs() -> list[str]:
    """All of them."""
    return PROGRAMS
